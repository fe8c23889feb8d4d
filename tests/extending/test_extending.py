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


def test_a_lever(tmp_path: Path) -> None:
    assert len(changes_of("A lever")) <= 4
    about = {"name": "bulletins", "en": "Job bulletins", "zh": "岗位推送", "value": 1_000_000}
    code = SHOWN.format(**about) + PAID.format(name="bulletins", month=1_000_000 * 0.5 / 12)
    told(copy_with("A lever", tmp_path), code)


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
