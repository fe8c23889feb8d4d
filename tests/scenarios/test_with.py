"""Changing a scenario: what `with_` makes is what the files and overrides would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_errors import anything, keys

from returnee.scenarios import Scenario, ScenarioError, load_scenario, scenario_names
from returnee.scenarios.schema.county_folder import FOLDER
from returnee.scenarios.schema.policy import Policy

PLACES, CAP = "policy.training.places", "policy.budget.cap"
CHANGES: list[dict[str, Any]] = [
    {},
    {PLACES: 1500, "behaviour.firm.luck_sd": 0.3, "county": "binhai"},
    {PLACES: {1: 1500, 25: 300}},
    {PLACES: {13: 7}, CAP: {5: 1e6, 30: 2e6}},
    {PLACES: {25: 1000}},
    {"county": "example"},
    {"county.shock.months": 3, "county": FOLDER / "counties" / "example"},
    {"county": {"extends": "example", "shock": {"city_loss": 0.1}}},
    {"policy": {"training": {"fee": 500}}, "behaviour.firm": {"scale": -0.0}},
    {"policy.linkage.contest_opens_credit": True, "policy.services.mentors": 3},
]


def message(scenario: Scenario, *args: Any, **named: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        scenario.with_(*args, **named)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("name", scenario_names())
def test_it_is_what_would_be_loaded(name: str, changes: dict[str, Any]) -> None:
    base = load_scenario(name)
    before = base.canonical()
    made, loaded = base.with_(changes), load_scenario(name, changes)
    assert made == loaded and type(made) is Scenario
    assert (made.id, made.world_id) == (loaded.id, loaded.world_id)
    assert base.canonical() == before


def test_months_lie_on_top_of_months() -> None:
    base = load_scenario("baseline", {PLACES: {1: 100, 13: 200, 37: 300}, CAP: {20: 9e6}})
    assert [c.month for c in base.changes] == [13, 20, 37]
    later = base.with_({PLACES: {25: 50}})
    assert [later.policy_at(m).training.places for m in (1, 13, 24, 25, 37)] == [
        *(100, 200, 200, 50, 50)
    ]
    assert later.policy_at(20).budget.cap == 9e6
    for_good = base.with_({PLACES: 100})
    assert [c.month for c in for_good.changes] == [20]
    assert base.with_({PLACES: 100, CAP: 0}).changes == ()


def test_facts_laid_over_a_county_stay_in_another(tmp_path: Path) -> None:
    text = (FOLDER / "counties" / "binhai" / "county.toml").read_text(encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    for old, new in (("Binhai", "Elsewhere"), ("local_wage = 4291", "local_wage = 5000")):
        assert old in text
        text = text.replace(old, new)
    (other / "county.toml").write_text(text, encoding="utf-8")
    # What the county has anyway is given all the same.
    over = '[county]\nextends = "binhai"\n[county.work]\nlocal_wage = 4291\n'
    mine = tmp_path / "mine.toml"
    mine.write_text(f'extends = "baseline"\n{over}', encoding="utf-8")
    for base in (load_scenario(mine), load_scenario("baseline", {"county.work.local_wage": 4291})):
        made = base.with_({"county": other})
        assert (made.county.name, made.county_folder) == ("Elsewhere", other)
        assert made.county.work.local_wage == 4291
        assert made.with_({"county": "binhai"}).id == base.id
    assert load_scenario("baseline").with_({"county": other}).county.work.local_wage == 5000
    (other / "workers.csv").write_text("id\n", encoding="utf-8")
    assert dict(load_scenario("baseline").with_({"county": other}).files).keys() == {"workers.csv"}


def test_rooms_of_another_scenario() -> None:
    base, linked = load_scenario("baseline"), load_scenario("linked")
    dated = base.with_({PLACES: {13: 50}})
    assert dated.with_({"policy": linked.policy}).id == linked.id
    assert base.with_({"policy.linkage": linked.policy.linkage}).policy.linkage.referral == 0.9
    assert "policy: found a number" not in message(base, {"policy": 5})
    assert "policy: found" in message(base, {"policy": base.behaviour})
    assert base.with_({"policy": Policy()}).id == base.id


def test_names_and_titles() -> None:
    base = load_scenario("linked")
    named = base.with_(name="mine", title_en="Mine", title_zh="我的")
    assert (named.name, named.title_en, named.title_zh) == ("mine", "Mine", "我的")
    assert named.id == base.id and named.description_en == base.description_en
    assert base.with_(name="mine").title_en == base.title_en
    assert (
        message(base, name="") == "scenario: name: found '', allowed a text of 1 to 100 characters"
    )
    assert message(base, title_en=5) == (
        "scenario: title_en: found 5, allowed a text of 1 to 100 characters"
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({PLACES: -1}, f"override: {PLACES}: found -1, allowed a number from 0 to 10000"),
        ({PLACES: {25: -1}}, f"override: {PLACES} from month 25: found -1, allowed a number"),
        ({PLACES: {0: 1}}, f"override: {PLACES}: found month 0, allowed each month once, from 1"),
        ({"policy.training.placs": 1}, "found an unknown key (did you mean policy.training.places"),
        ({"training.places": 1}, "found an unknown key (did you mean policy.training.places"),
        ({"behaviour.firm.scale": {1: 0}}, "only policy levers may change over time"),
        ({"county": "binhia"}, "override: county: found 'binhia' (did you mean binhai?)"),
        ({"county.work.wage_floor": 5000}, "override: county.work.wage_floor: found 5000, allowed"),
        ({"county.people.schooling_none": 0.1}, "schooling_*: found a sum of 1.092, allowed 1"),
        ({5: 1}, "override: 5: found an unknown key"),
        (5, "override: found 5, allowed a mapping of dotted keys to values"),
    ],
)
def test_what_is_refused_is_said_in_one_line(changes: Any, found: str) -> None:
    assert found in message(load_scenario("baseline"), changes)


def outcome(make: Any) -> str:
    try:
        return str(make().id)
    except ScenarioError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys, anything, max_size=3), st.sampled_from(["baseline", "coastal_linked"]))
def test_whatever_is_given_comes_out_as_when_loaded(overrides: Any, name: str) -> None:
    base = load_scenario(name)
    assert outcome(lambda: base.with_(overrides)) == outcome(lambda: load_scenario(name, overrides))


def test_a_copy_changes_nothing() -> None:
    base = load_scenario("baseline")
    assert base.model_copy() == base and base.model_copy(deep=True).id == base.id
    with pytest.raises(TypeError, match="with_"):
        base.model_copy(update={"policy": Policy()})
