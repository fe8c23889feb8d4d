"""Scenarios that ship, values that change over time, and ids."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest

from returnee.scenarios import Scenario, load_scenario, scenario_names
from returnee.scenarios.files.editor import json_schema, write_json_schema
from returnee.scenarios.files.loader import SHIPPED
from returnee.scenarios.schema.county_folder import FOLDER
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.policy import Policy
from returnee.scenarios.schema.scenario import Change

PLACES = "policy.training.places"
TRAINING = "[policy.training]\n"


def values(scenario: Scenario) -> dict[str, object]:
    return {key: lever.value for key, lever in walk(scenario)}


def places(scenario: Scenario, months: int) -> list[float]:
    return [policy.training.places for policy in scenario.policies(months)]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_names_begin_with_the_baseline() -> None:
    names = scenario_names()
    assert names[0] == "baseline"
    assert {"no_support", "siloed", "linked"} <= set(names)


@pytest.mark.parametrize("name", scenario_names())
def test_scenarios_that_ship_have_titles_and_descriptions(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title_en and scenario.description_en
    assert scenario.title_zh != scenario.title_en and scenario.description_zh
    assert "\n" not in scenario.description_en + scenario.description_zh


OF_THE_CENSUS = {"county.people.female_home", "county.people.age_home"}  # L42; defaults: N34, N30
"""Facts of Binhai's residents, where a county without the census's table has the survey's."""


def test_baseline_is_the_default_of_every_parameter() -> None:
    found = walk(load_scenario("baseline"))
    assert {key for key, lever in found if lever.value != lever.default} == OF_THE_CENSUS


def test_siloed_and_linked_differ_in_links_only() -> None:
    base, siloed, linked = (values(load_scenario(n)) for n in ("baseline", "siloed", "linked"))
    links = {key for key in base if key.startswith("policy.linkage.")}
    links.remove("policy.linkage.officers")  # as many where there is something to hand on
    links.add("policy.finance.grant_needs_certificate")
    assert {key for key in base if siloed[key] != linked[key]} == links
    assert {key for key in base if base[key] != linked[key]} <= links | {"policy.budget.cap"}


def test_no_support_differs_in_policy_only() -> None:
    base, none = (values(load_scenario(n)) for n in ("baseline", "no_support"))
    changed = {key for key in base if base[key] != none[key]}
    assert all(key.startswith("policy.") for key in changed)
    assert none["policy.finance.guarantee_fund"] == none[PLACES] == 0


def test_shares_of_the_bundled_county() -> None:
    county = load_scenario("baseline").county
    assert len(county.townships) == 14
    assert sum(town.weight for town in county.townships) == pytest.approx(1)
    assert min(town.distance_km for town in county.townships) == 0


def test_a_value_holds_from_its_month_on() -> None:
    scenario = load_scenario("baseline", {PLACES: {1: 800, 3: 1500, 5: 0}})
    assert places(scenario, 6) == [800, 800, 1500, 1500, 0, 0]
    assert scenario.policy_at(100).training.places == 0
    assert scenario.policy_at(5).training.hours == 70
    with pytest.raises(ValueError, match="allowed from 1"):
        scenario.policy_at(0)


def test_the_inherited_value_holds_until_the_first_month(tmp_path: Path) -> None:
    head = 'extends = "baseline"\n[policy.training]\n'
    write(tmp_path, "a.toml", head + "places = {1 = 500, 3 = 600, 6 = 700}\n")
    extending = head.replace("baseline", "a.toml")
    child = write(tmp_path, "b.toml", extending + "places = {5 = 900}\n")
    assert places(load_scenario(child), 7) == [500, 500, 600, 600, 900, 900, 900]
    flat = write(tmp_path, "c.toml", extending + "places = 10\n")
    assert places(load_scenario(flat), 7) == [10] * 7


def test_months_in_which_nothing_changes_are_left_out() -> None:
    plain = load_scenario("baseline")
    idle = load_scenario("baseline", {PLACES: {1: 1000, 25: 1000}})
    assert idle.changes == () and idle.id == plain.id
    dated = load_scenario("baseline", {PLACES: {25: 1500}, "policy.services.mentors": {13: 50}})
    assert [change.month for change in dated.changes] == [13, 25]


def test_id_is_stable_and_follows_what_is_simulated(tmp_path: Path) -> None:
    base = load_scenario("baseline")
    assert len(base.id) == 16 and int(base.id, 16) >= 0
    assert base.id == load_scenario("baseline").id
    assert base.id == load_scenario("baseline", {PLACES: 1000, "county": "binhai"}).id
    renamed = write(tmp_path, "mine.toml", 'extends = "baseline"\ntitle_en = "Mine"\n')
    assert load_scenario(renamed).id == base.id
    overrides = [
        {PLACES: 1001},
        {PLACES: {2: 1001}},
        {PLACES: {3: 1001}},
        {"behaviour.firm.scale": 0.1},
        {"county.shock.city_loss": 0.2},
        {"policy.linkage.contest_opens_credit": True},
    ]
    ids = [load_scenario("baseline", override).id for override in overrides]
    assert len({base.id, *ids}) == 7
    zero, minus = (load_scenario("baseline", {"behaviour.firm.scale": z}) for z in (0.0, -0.0))
    assert zero.id == minus.id


def test_a_county_of_ones_own(tmp_path: Path) -> None:
    text = (FOLDER / "counties" / "binhai" / "county.toml").read_text(encoding="utf-8")
    folder = tmp_path / "xian"
    folder.mkdir()
    write(folder, "county.toml", text.replace('"Binhai"', '"Elsewhere"'))
    path = write(tmp_path, "own.toml", 'extends = "baseline"\ncounty = "xian"\n')
    scenario = load_scenario(path)
    assert scenario.county.name == "Elsewhere" and scenario.county_folder == folder
    assert load_scenario("baseline", {"county": str(folder)}).id == scenario.id
    write(folder, "ties.csv", "a,b\n1,2\n")
    with_ties = load_scenario(path)
    assert with_ties.id != scenario.id
    assert {**with_ties.canonical(), "files": 0} == {**scenario.canonical(), "files": 0}
    write(folder, "ties.csv", "a,b\n1,3\n")
    assert load_scenario(path).id != with_ties.id


def test_county_facts_lie_on_top_of_the_county_named(tmp_path: Path) -> None:
    text = 'extends = "linked"\n[county]\nextends = "binhai"\n[county.shock]\nstart_month = 12\n'
    path = write(tmp_path, "winter.toml", text)
    scenario = load_scenario(path, {"county.shock.city_loss": 0.3})
    assert scenario.county.shock.start_month == 12
    assert scenario.county.shock.city_loss == 0.3
    assert scenario.policy == load_scenario("linked").policy


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_text('extends = "baseline"\ntitle_zh = "甲"\n', encoding="utf-8-sig")
    assert load_scenario(str(path)).title_zh == "甲"


def test_titles_are_not_inherited(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, "mine.toml", 'extends = "linked"\n'))
    assert (scenario.title_en, scenario.description_en) == ("mine", "")


IDS = {
    "baseline": "67abd5dbd518f4c6",
    "linked": "0c852635509e0ff3",
    "coastal_shock": "71c96e6db8ea2955",
    "coastal_awareness": "c4163eab78185cb7",
    "coastal_credit": "a08427cd554c162b",
    "coastal_linked": "0e39e6f3c9cff29a",
    "coastal_siloed": "954a225a209cb421",
    "coastal_space": "31973fdc41d07f3a",
    "coastal_training": "4855e0854fd65d9b",
}


@pytest.mark.parametrize(("name", "known"), IDS.items())
def test_what_is_made_of_several_has_the_id_it_had_written_out(name: str, known: str) -> None:
    assert load_scenario(name).id == known


def test_several_parents_lie_one_on_another(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", f'extends = "linked"\n{TRAINING}places = 1\nfee = 101\nhours = 25\n')
    write(tmp_path, "b.toml", f'extends = "siloed"\n{TRAINING}places = 2\nfee = 102\n')
    mine = write(tmp_path, "c.toml", f'extends = ["./a.toml", "b.toml"]\n{TRAINING}places = 3\n')
    policy = load_scenario(mine).policy
    assert (policy.training.places, policy.training.fee, policy.training.hours) == (3, 102, 25)
    assert policy.linkage.referral == 0 and not policy.linkage.training_paid_on_opening
    write(tmp_path, "c.toml", 'extends = ["b.toml", "a.toml"]\n')
    policy = load_scenario(mine).policy
    assert (policy.training.places, policy.training.fee, policy.training.hours) == (1, 101, 25)
    assert policy.linkage.referral == 0.9
    write(tmp_path, "c.toml", 'extends = ["linked"]\n')
    assert load_scenario(mine).id == load_scenario("linked").id


def test_what_several_build_on_is_laid_once_beneath_them(tmp_path: Path) -> None:
    write(tmp_path, "top.toml", f'extends = "baseline"\n{TRAINING}places = 1\nfee = 101\n')
    write(tmp_path, "left.toml", f'extends = "top.toml"\n{TRAINING}places = {{1 = 2, 13 = 7}}\n')
    write(tmp_path, "right.toml", f'extends = "top.toml"\n{TRAINING}fee = 102\n')
    mine = write(tmp_path, "c.toml", 'extends = ["left.toml", "right.toml"]\n')
    policy = load_scenario(mine).policy
    assert (policy.training.places, policy.training.fee) == (2, 102)
    assert places(load_scenario(mine), 13)[-1] == 7
    for order in ('["top.toml", "left.toml"]', '["left.toml", "top.toml"]'):
        write(tmp_path, "c.toml", f"extends = {order}\n")
        assert load_scenario(mine).id == load_scenario(tmp_path / "left.toml").id


def test_changes_must_be_in_order() -> None:
    base = load_scenario("baseline")
    changes = (Change(month=5, policy=Policy()), Change(month=3, policy=Policy()))
    with pytest.raises(ValueError, match="in order"):
        Scenario(name="x", county=base.county, changes=changes)


def test_models_are_frozen() -> None:
    policy = load_scenario("baseline").policy
    with pytest.raises(ValueError, match="frozen"):
        policy.training.places = 5


def test_json_schema_takes_what_ships_and_refuses_mistakes(tmp_path: Path) -> None:
    write_json_schema(tmp_path / "schema.json")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    for name in scenario_names():
        check.validate(tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8")))
    county = (FOLDER / "counties" / "binhai" / "county.toml").read_text(encoding="utf-8")
    check.validate({"county": tomllib.loads(county)})
    check.validate({"extends": ["linked", "coastal_shock"]})
    for wrong in ([], [5], ["linked", "linked"], 5):
        assert not check.is_valid({"extends": wrong})
    check.validate({"policy": {"training": {"places": {"1": 1000, "25": 1500}}}})
    assert not check.is_valid({"policy": {"training": {"places": 40000}}})
    assert not check.is_valid({"policy": {"training": {"placs": 40}}})
    assert not check.is_valid({"behaviour": {"firm": {"scale": {"1": 0}}}})
