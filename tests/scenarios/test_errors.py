"""Whatever is wrong with a scenario is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from returnee.scenarios import Scenario, ScenarioError, levers, load_scenario, parse_override
from returnee.scenarios.schema.county_folder import FOLDER
from returnee.scenarios.schema.fields import Lever

NOBODY = [{"age": age, "men": 0, "women": 0} for age in (0, 5, 10, 15)]
TOWN = {"name": "a", "name_zh": "甲", "weight": 1, "distance_km": 30}


def message(*args: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(*args)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def of_file(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return message(path).replace(str(folder), "").lstrip("/\\")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("policy.training.places", 40_000, "found 40000, allowed a number from 0 to 10000"),
        ("policy.training.places", "12", "found '12', allowed a number from 0"),
        ("policy.training.places", True, "found true, allowed a number from 0"),
        ("policy.training.places", float("nan"), "found nan, allowed a number"),
        ("policy.training.places", 10**400, "allowed a number from 0 to 10000"),
        ("policy.training.class_size", 25.5, "allowed a whole number from 20 to 40"),
        ("policy.linkage.contest_opens_credit", 1, "found 1, allowed true or false"),
        ("policy.finance.leverage", 0.5, "allowed a number from 2 to 16"),
        ("policy.training.places", {25: -1}, "places from month 25: found -1, allowed"),
        ("policy.training.places", {0: 5}, "found month 0, allowed each month once, from 1"),
        ("policy.training.places", {"1": 5, 1: 6}, "found month 1, allowed each month once"),
        ("policy.training.places", {"x": 5}, "found month 'x', allowed each month once"),
        ("policy.training.places", {}, "found a table without months"),
        ("policy.training", 3, "policy.training: found 3, allowed a table"),
        ("behaviour.firm.scale", {1: 0.1}, "only policy levers may change over time"),
        (
            "policy.finance.guarantee_fund",
            49_000,
            "policy.finance.guarantee_fund: found 49000, allowed 0 or at least "
            "finance.loan_cap / finance.leverage, 50000",
        ),
        (
            "policy.finance.guarantee_fund",
            {13: 1000},
            "policy.finance.guarantee_fund from month 13: found 1000, allowed 0 or at least",
        ),
        ("county.work.local_wage", {1: 4000}, "only policy levers may change over time"),
        ("county.work.wage_floor", 5000, "found 5000, allowed at most work.local_wage, 4291"),
        ("county.people.schooling_none", 0.1, "found a sum of 1.092, allowed 1"),
        ("county.people.home_schooling_none", 0.1, "found a sum of 1.024, allowed 1"),
        (
            "county.work.farming",
            0.7,
            "found 0.7 with work.other_jobs 0.4, allowed a sum of at most 1",
        ),
        (
            "county.residents",
            [{"age": 15, "men": 1, "women": 1}],
            "residents.*.age: found [15], allowed",
        ),
        ("county.children", [{"age": 15, "men": 1}], "children.0.women: found nothing, allowed"),
        ("county.children", NOBODY, "children: found nobody, allowed people in some rows"),
        ("county.townships", [], "found [], allowed one or more tables"),
        ("county.townships", [{**TOWN, "weight": 0.5}], "found a sum of 0.5, allowed 1"),
        ("county.townships", [{**TOWN, "weight": "1"}], "townships.0.weight: found '1', allowed"),
        ("county.townships", [{**TOWN, "weigth": 1}], "(did you mean county.townships.0.weight?)"),
        ("county.townships", [{"name": "a"}], "townships.0.name_zh: found nothing, allowed a text"),
        ("county.townships", [3], "townships.0: found 3, allowed a table"),
        ("county.name", "", "allowed a text of 1 to 100 characters"),
        ("county", "binhia", "(did you mean binhai?)"),
        ("county", 3, "found 3, allowed a county's name or folder"),
    ],
)
def test_wrong_values(key: str, value: Any, expected: str) -> None:
    text = message("baseline", {key: value})
    assert text.startswith("override: ") and expected in text


def test_a_pyramid_beyond_the_labour_force_of_the_file(tmp_path: Path) -> None:
    facts = (FOLDER / "counties" / "binhai" / "county.toml").read_text("utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "county.toml").write_text(
        facts.replace("labour_force = 685000", "labour_force = 300000"), encoding="utf-8"
    )
    text = message("baseline", {"county": tmp_path / "own"})
    assert "own/county.toml: county.residents: found 413403 people aged 18 to 59" in text
    assert text.endswith("allowed at most labour_force, 300000")
    # A size laid over the file's is meant: the tables tell shapes.
    assert load_scenario("baseline", {"county.labour_force": 1000}).county.labour_force == 1000


def test_a_fund_below_its_loans_is_refused_with_the_file_that_gives_it(tmp_path: Path) -> None:
    text = of_file(
        tmp_path, "county = 'binhai'\n[policy.finance]\nguarantee_fund = 100_000\nleverage = 4\n"
    )
    assert text == (
        "mine.toml: policy.finance.guarantee_fund: found 100000, allowed 0 or at least "
        "finance.loan_cap / finance.leverage, 125000"
    )


def test_span_of_control() -> None:
    sector = load_scenario("baseline").county.sectors[0].model_dump()
    text = message(
        "baseline", {"county.sectors": [{**sector, "labour_share": 0.5, "capital_share": 0.5}]}
    )
    assert "labour_share + capital_share: found 1, allowed below 1" in text
    text = message("baseline", {"county.sectors": [sector, sector]})
    assert "sectors.*.key: found ['farming', 'farming'], allowed each once" in text


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("policy.training.placs", "policy.training.places"),
        ("training.places", "policy.training.places"),
        ("polcy.training.hours", "policy.training.hours"),
        ("policy.services.class_size", "policy.training.class_size"),
        ("behaviour.returning.constnat", "behaviour.returning.constant"),
        ("county.shock.city_los", "county.shock.city_loss"),
    ],
)
def test_unknown_keys_name_the_nearest(key: str, meant: str) -> None:
    text = message("baseline", {key: 1})
    assert f"override: {key}: found an unknown key (did you mean {meant}" in text


def test_unknown_scenarios_name_the_nearest() -> None:
    assert "found 'baselin' (did you mean baseline?), allowed baseline, " in message("baselin")
    assert "did you mean" not in message("xyz")


def test_files_are_named(tmp_path: Path) -> None:
    base = 'extends = "baseline"\n'
    bad = of_file(tmp_path, base + "[policy.training]\nplaces = 99999\n")
    assert bad.startswith("mine.toml: policy.training.places: found 99999, allowed a number from 0")
    bad = of_file(tmp_path, base + "titel_en = 'a'\n")
    assert bad.startswith("mine.toml: titel_en: found an unknown key (did you mean title_en?)")
    bad = of_file(tmp_path, base + "title_en = 5\n")
    assert bad == "mine.toml: title_en: found 5, allowed a text"
    bad = of_file(tmp_path, base + "[policy.training]\nplaces = = 5\n")
    assert bad.startswith("mine.toml: line 3: found a mistake: Invalid value")
    bad = of_file(tmp_path, "title_en = 'no county'\n")
    assert bad == "mine.toml: county: found no county, allowed a county's name or folder"
    bad = of_file(tmp_path, 'extends = "basline"\n')
    assert bad.startswith("mine.toml: extends: scenario: found 'basline' (did you mean baseline?)")
    assert of_file(tmp_path, "extends = 5\n").startswith("mine.toml: extends: found 5, allowed")
    assert of_file(tmp_path, base + "x = " + "9" * 5000).startswith("mine.toml: found a mistake")
    assert of_file(tmp_path, base + "policy = 5\n") == "mine.toml: policy: found 5, allowed a table"


def test_the_file_that_gave_the_value_is_named(tmp_path: Path) -> None:
    head = '[policy.training]\nplaces = 99999\nfee = {7 = "x"}\n'
    (tmp_path / "parent.toml").write_text('extends = "baseline"\n' + head, encoding="utf-8")
    child = 'extends = "parent.toml"\n[policy.training]\n'
    assert of_file(tmp_path, child).startswith("parent.toml: policy.training.places: found 9999")
    bad = of_file(tmp_path, child + "places = 5\n")
    assert bad.startswith("parent.toml: policy.training.fee from month 7: found 'x'")


def test_circles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('extends = "mine.toml"\n', encoding="utf-8")
    assert "extends: found a circle back to " in of_file(tmp_path, 'extends = "other.toml"\n')
    assert "extends: found a circle back to " in of_file(tmp_path, 'extends = "./mine.toml"\n')


def test_circles_among_several_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = ["linked", "b.toml"]\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = ["siloed", "mine.toml"]\n', encoding="utf-8")
    bad = of_file(tmp_path, 'extends = ["baseline", "a.toml"]\n')
    assert bad == "b.toml: extends: found a circle back to /mine.toml, allowed no circle"
    bad = of_file(tmp_path, 'extends = ["linked", "mine.toml"]\n')
    assert bad == "mine.toml: extends: found a circle back to /mine.toml, allowed no circle"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("[]", "found [], allowed a scenario's name or a relative path, or a list of them"),
        ('["linked", 5]', "found ['linked', 5], allowed a scenario's name or a relative path, or"),
        ('[["linked"]]', "found [['linked']], allowed a scenario's name"),
        ("{a = 1}", "found a table, allowed a scenario's name"),
        ('["linked", "linked"]', "extends: found 'linked' twice, allowed each once"),
        ('["a.toml", "./a.toml"]', "extends: found './a.toml' twice, allowed each once"),
        ('["linked", "silod"]', "scenario: found 'silod' (did you mean siloed"),
        ('["linked", "none.toml"]', "none.toml: found no such file"),
        (r'["linked", "a\u0000.toml"]', "allowed a TOML file"),
    ],
)
def test_parents_that_cannot_be(tmp_path: Path, given: str, found: str) -> None:
    (tmp_path / "a.toml").write_text('extends = "baseline"\n', encoding="utf-8")
    assert found in of_file(tmp_path, f"extends = {given}\n")


def test_the_parent_that_gave_the_value_is_named(tmp_path: Path) -> None:
    head = 'extends = "baseline"\n[policy.training]\n'
    (tmp_path / "left.toml").write_text(head + "places = 99999\n", encoding="utf-8")
    (tmp_path / "right.toml").write_text(head + "fee = 1\nhours = 50\n", encoding="utf-8")
    child = 'extends = ["left.toml", "right.toml"]\n[policy.training]\n'
    assert of_file(tmp_path, child).startswith("left.toml: policy.training.places: found 9999")
    bad = of_file(tmp_path, child + "places = 5\n")
    assert bad.startswith("right.toml: policy.training.fee: found 1, allowed")
    bad = of_file(tmp_path, child + "places = 5\nfee = 500\nhours = 1\n")
    assert bad.startswith("mine.toml: policy.training.hours: found 1, allowed")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in message(tmp_path / "none.toml")
    assert "allowed a TOML file" in message(tmp_path)
    assert "allowed a TOML file" in message("a\0b.toml")
    (tmp_path / "latin.toml").write_bytes(b"title_zh = '\xff'\n")
    assert "not UTF-8" in message(tmp_path / "latin.toml")
    (tmp_path / "deep.toml").write_text("x = " + "[" * 5000, encoding="utf-8")
    assert "allowed" in message(tmp_path / "deep.toml")
    assert "found 5, allowed a name or a path" in message(5)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("policy.training.places=1500", ("policy.training.places", 1500)),
        ("policy.venue.road_quality = 0.5", ("policy.venue.road_quality", 0.5)),
        ("a.b=true", ("a.b", True)),
        ("a={1 = 10, 25 = 15}", ("a", {"1": 10, "25": 15})),
        ("county=my/folder", ("county", "my/folder")),
        ('county="binhai"', ("county", "binhai")),
    ],
)
def test_overrides_from_the_command_line(text: str, pair: tuple[str, Any]) -> None:
    assert parse_override(text) == pair


@pytest.mark.parametrize("text", ["", "a", "=3", "a=", "a=yes", 'a="', "a=1\nb=2", "county="])
def test_overrides_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_override(text)
    assert len(str(caught.value).splitlines()) == 1


def within(lever: Lever) -> st.SearchStrategy[Any]:
    if lever.type is bool:
        return st.booleans()
    if lever.type is int:
        return st.integers(int(lever.low or 0), int(lever.high or 0))
    if lever.key == "policy.finance.guarantee_fund":  # must back the largest loan at any leverage
        return st.just(0.0) | st.floats(300_000, lever.high)
    return st.floats(lever.low, lever.high)


free_levers = [lever for lever in levers if lever.key.startswith(("policy.", "behaviour."))]
good = st.lists(st.sampled_from(free_levers), max_size=5, unique_by=lambda lever: lever.key)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(scalars, inner, max_size=2),
    max_leaves=4,
)
keys = st.sampled_from([lever.key for lever in levers]) | st.sampled_from(
    ["policy", "behaviour", "county", "county.townships", "county.sectors", "policy.training", "x"]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_value_within_bounds_is_taken(data: st.DataObject) -> None:
    chosen = data.draw(good)
    overrides = {lever.key: data.draw(within(lever)) for lever in chosen}
    scenario = load_scenario("baseline", overrides)
    for key, value in overrides.items():
        found: Any = scenario
        for part in key.split("."):
            found = getattr(found, part)
        assert found == value
    assert scenario.id == load_scenario("baseline", overrides).id


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys | st.text(max_size=8), anything, max_size=3))
def test_anything_else_is_a_scenario_error(overrides: dict[str, Any]) -> None:
    try:
        assert isinstance(load_scenario("baseline", overrides), Scenario)
    except ScenarioError as error:
        assert len(str(error).splitlines()) == 1


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_an_override_or_a_scenario_error(text: str) -> None:
    try:
        load_scenario("baseline", dict([parse_override(text)]))
    except ScenarioError as error:
        assert len(str(error).splitlines()) == 1
