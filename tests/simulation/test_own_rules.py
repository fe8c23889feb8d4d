"""Rules of one's own: read, checked, put in the place of the model's, and told of when they go wrong."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from processes import PLAINLY, Nursery

from returnee.scenarios import ScenarioError, load_scenario
from returnee.scenarios.schema.own_rules import (
    OwnRules,
    RulesError,
    content_of,
    in_force,
    read_everywhere_with,
    reading_with,
    rules_now,
    rules_of,
)
from returnee.scenarios.schema.scenario import Scenario
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import SOURCE_HASH, is_compiled, kernel_folder
from returnee.simulation.engine.variants import Circle, called_by, plain
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.model import CountyModel
from returnee.simulation.month import live_until
from returnee.simulation.own_rules import check_rules, model_of, reason_of, replaced_by
from returnee.simulation.people import careers, ideas, returning
from returnee.simulation.replaceable import REPLACEABLE, by_name
from returnee.simulation.start.assemble import assemble, behaviour_of

COMPILED = True  # see `conftest`
COPYING = ROOT / "docs" / "rules" / "copying.py"
TINY: dict[str, Any] = {"sample": 0.001, "months": 6, "burn_in": 12}
compiled = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="not compiled")


def own(text: str, file: str = "mine.py") -> OwnRules:
    content_of(text, file)
    return OwnRules(file=file, text=text)


def test_the_content_counts_and_the_name_does_not(tmp_path: Path) -> None:
    usual = load_scenario("baseline")
    ours = load_scenario("baseline", {"rules": COPYING})
    (tmp_path / "other.py").write_text(COPYING.read_text("utf-8"), encoding="utf-8")
    (tmp_path / "more.py").write_text(COPYING.read_text("utf-8") + "\n", encoding="utf-8")
    other, more = (
        load_scenario("baseline", {"rules": tmp_path / f"{n}.py"}) for n in ("other", "more")
    )
    weak = load_scenario("baseline", {"rules": str(COPYING), "rules.copying": 0.3})
    assert ours.id == other.id and ours.world_id == other.world_id
    assert len({s.id for s in (usual, ours, more, weak)}) == 4
    assert len({s.world_id for s in (usual, ours, more, weak)}) == 4
    assert (
        ours.with_({"rules.copying": 0.3}).id
        == weak.id
        == usual.with_({"rules": COPYING, "rules.copying": 0.3}).id
    )
    assert "rules" not in usual.canonical()
    assert weak.with_({"policy.training.places": 5}).rules == weak.rules


def test_a_manifest_has_it_whole() -> None:
    weak = load_scenario("baseline", {"rules": COPYING, "rules.copying": 0.3})
    content = json.loads(json.dumps(weak.canonical()))
    assert content["rules"]["levers"] == {"copying": 0.3}
    assert content["rules"]["text"] == COPYING.read_text("utf-8")
    again = Scenario(name="baseline", county_folder=weak.county_folder, id=weak.id, **content)
    assert again.rules == weak.rules
    content["rules"]["text"] += "\n"
    with pytest.raises(ScenarioError, match="rules: found .*, allowed"):
        Scenario(name="baseline", **content)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"rules.copying": 1}, "rules.copying: found a lever, allowed none without"),
        ({"rules": COPYING, "rules.copyin": 1}, "did you mean rules.copying"),
        ({"rules": COPYING, "rules.copying": 4}, "found 4, allowed a number from 0 to 3"),
        ({"rules": COPYING, "rules.copying": True}, "found true"),
        ({"rules": "nothere.py"}, "nothere.py: found no such file"),
        ({"rules": 5}, "found 5, allowed a Python file"),
    ],
)
def test_levers_and_files_are_checked(overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        load_scenario("baseline", overrides)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def home_pul(worker): return 0",
            r"home_pul \(line 1\): found an unknown rule .*home_pull",
        ),
        (
            "def home_pull(worker, shares): return 0",
            "found the argument shares, allowed worker, share",
        ),
        ("def home_pull(worker, share=1): return 0", "without defaults"),
        ("def norm(c, i: return 0", "line 1: found a mistake"),
        ("x = 1", "found no function"),
        ("def norm(c): return 0\ndef norm(c): return 1", "found the rule twice"),
        ('LEVERS = {"a": (1, 0, 2, "a", "b")}\ndef tax_rate(a): return 0', "it gets no levers"),
        ('LEVERS = {"a": (1, 0, 2, "a", "b")}\ndef norm(b): return 0', "c, i, and levers: a"),
        ('LEVERS = {"a": (3, 0, 2, "a", "b")}\ndef norm(c): return 0', "the default between"),
        ('LEVERS = {"share": (1, 0, 2, "a", "b")}\ndef norm(c): return 0', "found share"),
        ("LEVERS = {n: 1 for n in ()}\ndef norm(c): return 0", "something to be computed"),
    ],
)
def test_a_file_is_checked_without_running_it(text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        check_rules(own(text))


def test_what_cannot_be_loaded_names_the_line() -> None:
    with pytest.raises(ScenarioError, match="line 2: found ModuleNotFoundError"):
        model_of(own("x = 1\nimport nothere\ndef norm(c): return 0.0"))


def test_only_what_calls_the_rule_is_copied() -> None:
    model = model_of(rules_of(COPYING))
    assert model.of(live_until) is not live_until
    assert model.of(returning.home_pull) is not returning.home_pull
    assert model.of(returning.utility_of_home) is returning.utility_of_home
    assert returning.home_pull is called_by(returning.score_of_returning)["home_pull"]
    inner = called_by(model.of(returning.score_of_returning), "returnee_rules_")
    assert inner["home_pull"] is model.of(returning.home_pull)
    assert inner["utility_of_city"] is returning.utility_of_city
    assert model_of(rules_of(COPYING)) is model and model_of(None).of(live_until) is live_until


def test_a_bound_of_a_rule_that_is_replaced_is_left_out() -> None:
    model = model_of(own("def ideas_a_year(c): return 9.0\ndef hazard_of_leaving(c): return 9.0"))
    for bound in (ideas.surely_no_idea, careers.surely_does_not_leave):
        copy = plain(model.of(bound))
        assert copy(*[None] * copy.__code__.co_argcount) is False
    assert model.of(returning.surely_stays) is not None
    for one in REPLACEABLE:
        for bound in one.bounds:
            assert plain(bound).__name__.startswith("surely_")


def test_a_circle_is_refused() -> None:
    text = (
        "from returnee.simulation.people.returning import chance_of_returning\n"
        "def score_of_returning(c, worker, share, jobless, home):\n"
        "    return chance_of_returning(c, 0, share, jobless, 0.0)\n"
    )
    with pytest.raises(Circle, match="score_of_returning"):
        model_of(own(text)).of(live_until)


def test_rules_explain_themselves() -> None:
    from returnee.simulation.replaceable import ARGUMENTS

    assert len(by_name()) == len(REPLACEABLE) >= 15
    for one in REPLACEABLE:
        assert one.used_in() and one.equation and one.says, one.name
        assert set(one.arguments) <= {*ARGUMENTS}, one.name
        assert len(inspect.getsource(one.function).splitlines()) < 50, one.name


def test_rules_hold_while_scenarios_are_read() -> None:
    before = fingerprint()
    with reading_with(COPYING):
        assert load_scenario("linked").rules == rules_now() == rules_of(COPYING)
        assert fingerprint() == f"{before}+{rules_of(COPYING).mark}"
        assert in_force().named == str(COPYING)
    assert rules_now() is None and load_scenario("linked").rules is None
    read_everywhere_with(COPYING)
    try:
        assert load_scenario("linked").rules is not None
    finally:
        read_everywhere_with(None)
    assert fingerprint() == before


def test_levers_reach_the_rules() -> None:
    weak = load_scenario("baseline", {"rules": COPYING, "rules.copying": 0.3})
    assert (
        behaviour_of(weak)[0].own_0 == 0.3
        and behaviour_of(load_scenario("baseline"))[0].own_0 == 0.0
    )
    assert replaced_by(rules_of(COPYING)) == ["home_pull"]


PLAIN = """
import json, sys
from pathlib import Path
from returnee.scenarios import load_scenario
from returnee.simulation import simulate
tiny = dict(sample=0.0002, months=3, burn_in=12)
usual = simulate("baseline", **tiny)
rules = sys.argv[1]
none = simulate(load_scenario("baseline", {"rules": rules, "rules.copying": 0.0}), **tiny)
said = []
for text in sys.argv[2:]:
    Path("wrong.py").write_text(text)
    try:
        simulate("baseline", rules="wrong.py", **tiny)
    except ValueError as error:
        said.append(str(error))
print(json.dumps({"same": usual.monthly.equals(none.monthly), "said": said}))
"""


def test_in_plain_python_whoever_meets_a_wrong_number_is_named(
    tmp_path: Path, libraries: Nursery
) -> None:
    wrong = [
        "def home_pull(worker, month): return float('nan') if month > 2 else 0.0",
        "def norm(c, i):\n    if c.clock.month > 1: return 'much'\n    return 0.1",
    ]
    words = ("-c", COPYING, *wrong)
    found = json.loads(libraries.run(*words, code=PLAIN, folder=tmp_path, environment=PLAINLY))
    assert found["same"]
    nan, text = found["said"]
    assert "wrong.py: home_pull, person " in nan and ", month 3: found nan, allowed a number" in nan
    assert "wrong.py: norm, person " in text and "found 'much' (str), allowed a number" in text


@compiled
def test_rules_that_cannot_be_compiled_are_told_one_by_one() -> None:
    text = (
        "def norm(c, i):\n    return 'a' + 1\n"
        "def caution(worker):\n    return worker.riks\n"
        "def control(worker):\n    if worker.risk > 0.0:\n        return 1.0\n"
        "def freedom_to_act(worker):\n    return worker.risk\n"
    )
    county, _ = assemble(load_scenario("baseline"), 1, 0, 0.0002, 12, 12)
    with pytest.raises(RulesError) as wrong:
        model_of(own(text)).get_ready(county)  # type: ignore[union-attr]
    lines = str(wrong.value).splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        f"mine.py: {n}" for n in ("norm", "caution", "control")
    ]
    assert "riks" in lines[1] and "nothing in some cases" in lines[2]


def test_a_reason_is_one_line() -> None:
    long = ValueError(
        "Failed in nopython mode\n\nUnknown attribute 'x' of type y\n\nFile \"<m>\", line 3:"
    )
    assert reason_of(long, "<m>") == "Unknown attribute 'x' of type y (line 3)"


@compiled
def test_compiled_once_and_apart_from_the_model() -> None:
    """The one model with other rules that the suite compiles."""
    usual = simulate("baseline", **TINY)
    none = simulate(load_scenario("baseline", {"rules": COPYING, "rules.copying": 0.0}), **TINY)
    most = simulate(load_scenario("baseline", {"rules": COPYING, "rules.copying": 3.0}), **TINY)
    assert none.monthly.equals(usual.monthly) and not most.monthly.equals(usual.monthly)
    assert simulate("baseline", **TINY).monthly.equals(usual.monthly)
    mark = model_of(rules_of(COPYING)).mark
    assert is_compiled(mark) and kernel_folder(SOURCE_HASH, mark) != kernel_folder(SOURCE_HASH)
    model = CountyModel("baseline", rules=str(COPYING), sample=0.001, months=6, burn_in=12)
    assert model.run().monthly.equals(simulate("baseline", rules=COPYING, **TINY).monthly)
    assert "rules='copying.py'" in repr(most) and model.agents
