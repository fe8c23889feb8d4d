"""What docs/extending.md shows works: each change made in a copy of the tree, and looked at.

Rules run in plain Python, so that nothing is compiled, in counties of a few hundred people.
"""

from __future__ import annotations

from pathlib import Path

from changes import changes_of, copy_with, told

SHOWN = """
import json
from typer.testing import CliRunner
from returnee.dashboard.content.levers import rooms
from returnee.dashboard.visitor.place import Mix
from returnee.experiments.commands.app import app
from returnee.scenarios import load_scenario, scenario_names
from returnee.scenarios.files.editor import json_schema
from returnee.simulation import simulate

KEY = "policy.services.{name}"
said = CliRunner().invoke(app, ["levers"])
assert "{en}" in " ".join(said.stdout.split()), said.stdout
said = json.loads(CliRunner().invoke(app, ["levers", "--json"]).stdout)
assert KEY in [row["key"] for row in said]
schema = json_schema()["properties"]["policy"]["properties"]["services"]["properties"]
assert "{zh}" in schema["{name}"]["title"]
sliders = [s for room in rooms(Mix(), "zh") for g in room["groups"] for s in g["levers"]]
assert [s["label"] for s in sliders if s["key"] == KEY] == ["{zh}"]

def run(value):
    often = {{"behaviour.returning.constant": -2.0}}  # so that few people are enough to show it
    scenario = load_scenario("no_support").with_({{KEY: value, **often}})
    return simulate(scenario, sample=0.001, months=6, burn_in=12)

without, some = run(0), run({value})
money = ["public_cost", "unpaid", "pot_startup"]
"""
PAID = """
from returnee.experiments.studies.planned import planned
cost = planned(some.scenario, 6)["{name}"]
assert (abs(cost / {month} - 1.0) < 1e-9).all(), cost
assert (abs(some.ledger["{name}"] / {month} - 1.0) < 1e-3).all()  # a sample pays whole fen
assert not without.ledger["{name}"].any()
assert some.monthly["public_cost"].sum() - without.monthly["public_cost"].sum() > 5.9 * {month}
assert not some.monthly.drop(columns=money).equals(without.monthly.drop(columns=money))
"""
# Runs of a study that neither wait for a compiler nor try the model first.
UNCOMPILED = """
from returnee.simulation import fingerprint
fingerprint.fingerprint = lambda: 16 * "0"
from returnee.experiments.running import executors
executors.is_compiled = lambda: True
"""


def test_a_lever(tmp_path: Path) -> None:
    assert len(changes_of("A lever")) <= 4
    about = {"name": "bulletins", "en": "Job bulletins", "zh": "岗位推送", "value": 1_000_000}
    code = SHOWN.format(**about) + PAID.format(name="bulletins", month=1_000_000 * 0.5 / 12)
    told(copy_with("A lever", tmp_path), code)


def test_an_indicator(tmp_path: Path) -> None:
    assert len(changes_of("An indicator")) <= 2
    code = (
        UNCOMPILED
        + """
import json
from typer.testing import CliRunner
from returnee.dashboard.content.contrast import Contrast
from returnee.dashboard.live.answers import answer_of
from returnee.experiments.commands.app import app
from returnee.experiments.reports.compare import html_of
from returnee.experiments.running.options import RunSettings, Where
from returnee.experiments.studies.compare import compare

listed = json.loads(CliRunner().invoke(app, ["measures", "--json"]).stdout)
assert "women_owners" in str(listed)
tiny = RunSettings(sample=0.001, months=6, burn_in=12)
found = compare(["linked"], replicates=2, settings=tiny, where=Where(workers=1))
for name in ("reference", "level"):
    assert 0.0 < found.effect("linked", "women_owners")[name] < 1.0
answer = answer_of(found.plan, found.cube)
for lang, label in (("en", "women among owners"), ("zh", "企业主中女性占比")):
    assert label in html_of(found, lang).lower()
    assert label in [row[0].lower() for row in Contrast(answer, lang).rows()]
"""
    )
    told(copy_with("An indicator", tmp_path), code)


def test_a_service(tmp_path: Path) -> None:
    assert len(changes_of("A service")) <= 5
    about = {"name": "studios", "en": "Radio studios", "zh": "乡镇广播站", "value": 6}
    look = """
rows = some.services[some.services["kind"] == "radio studio"]
assert rows["funded"].tolist() == [1.0] * 6, rows.to_string()
assert rows["served"].sum() > 0 and rows["place"].nunique() > 1, rows.to_string()
assert (rows["pot"] == "startup").all() and rows["quality"].std() > 0
"""
    code = SHOWN.format(**about) + PAID.format(name="studios", month=6 * 80_000 / 12) + look
    told(copy_with("A service", tmp_path), code)


def test_a_study(tmp_path: Path) -> None:
    assert len(changes_of("A study")) <= 3
    code = (
        UNCOMPILED
        + """
from pathlib import Path
from typer.testing import CliRunner
from returnee.experiments.commands.app import app
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.studies.doubling import doubling

tiny = RunSettings(sample=0.001, months=6, burn_in=12)
there = Where(workers=1), Keep("out")
found = doubling("baseline", ["policy.services.mentors"], 2, tiny, *there)
paid = found[found["measure"] == "spent_mentors"].squeeze()
assert paid["level"] > 1.9 * paid["reference"] > 0.0, paid.to_string()
files = {path: path.stat().st_mtime_ns for path in Path("out").glob("*.parquet")}
assert files, list(Path("out").iterdir())
assert doubling("baseline", ["policy.services.mentors"], 2, tiny, *there).equals(found)
assert files == {path: path.stat().st_mtime_ns for path in Path("out").glob("*.parquet")}

told = CliRunner().invoke(app, ["doubling", "--help"])
assert told.exit_code == 0 and "--scheduler" in told.stdout and "--lever" in told.stdout
told = CliRunner().invoke(app, ["doubling", "baseline", "--lever", "policy.budget.arrears"])
assert told.exit_code == 2 and told.stderr.count(chr(10)) == 1
assert "policy.budget.arrears: found 1.8, allowed a number from 0 to 1" in told.stderr
"""
    )
    told(copy_with("A study", tmp_path), code)


def test_a_page(tmp_path: Path) -> None:
    assert len(changes_of("A page")) <= 4
    code = """
import solara
from returnee.dashboard.app import PAGES, arrival_of, first_session
from returnee.dashboard.texts import words

def texts_in(widget):
    yield str(getattr(widget, "unsafe_innerHTML", ""))
    for child in getattr(widget, "children", None) or ():
        yield from texts_in(child)

def seen(query):
    box, drawn = solara.render(PAGES["townships"](first_session(query)), handle_error=False)
    found = "".join(texts_in(box))
    drawn.close()
    return found

assert arrival_of("v=1&page=townships").ignored == ()
assert "townships" in words("zh")["pages"]
assert "<td>Dongkan</td>" in seen("v=1&page=townships&lang=en")
assert "劳动力占比" in seen("v=1&page=townships&lang=zh")
"""
    told(copy_with("A page", tmp_path), code)
