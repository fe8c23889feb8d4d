"""Every parameter: words, bounds, sources, and its place in the records."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
from checkout import ROOT

from returnee.scenarios import dtype_of, levers, load_scenario, record_of
from returnee.scenarios.schema import fields
from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import CitySector, County, Sector, Township
from returnee.scenarios.schema.fields import Group, Lever, groups, walk
from returnee.scenarios.schema.policy import Policy
from returnee.scenarios.schema.priors import between
from returnee.scenarios.schema.record import table_of

ROWS = [lever for row in (Township, Sector, CitySector) for _, lever in walk(row)]
PARAMETERS = levers + ROWS
MODELS = (Policy, Behaviour, County)


def evidence_ids() -> set[str]:
    with (ROOT / "scenarios" / "evidence.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"] for row in csv.DictReader(file)}


def test_keys_are_complete_and_unique() -> None:
    keys = [lever.key for lever in levers]
    assert len(keys) == len(set(keys))
    assert {"policy.training.places", "behaviour.returning.constant", "county.work.local_wage"} <= {
        *keys
    }


@pytest.mark.parametrize("lever", PARAMETERS, ids=lambda lever: lever.key)
def test_every_parameter_has_words_unit_and_bounds(lever: Lever) -> None:
    for text in (lever.en, lever.help_en, lever.unit):
        assert text.strip() == text != ""
    for text in (lever.zh, lever.help_zh):
        assert re.search(r"[\u4e00-\u9fff]", text) or lever.zh == "LPR"
    for text in (lever.help_en, lever.help_zh):
        assert "\n" not in text
    assert lever.type in (bool, int, float)
    if lever.type is bool:
        assert lever.low is lever.high is None
    else:
        assert lever.low is not None and lever.high is not None and lever.low < lever.high


@pytest.mark.parametrize("lever", levers, ids=lambda lever: lever.key)
def test_defaults_lie_within_bounds(lever: Lever) -> None:
    assert type(lever.default) is lever.type
    if lever.low is not None and lever.high is not None and lever.default is not None:
        assert lever.low <= lever.default <= lever.high


def test_every_evidence_id_resolves() -> None:
    known = evidence_ids()
    for lever in PARAMETERS:
        assert set(lever.evidence) <= known, lever.key
        assert (lever.basis == "assumed") == (not lever.evidence)
        named = re.findall(r"\b(?:BH|[NLEHWP])\d{2,3}\b", lever.help_en + " " + lever.help_zh)
        assert set(named) <= known, lever.key


def test_ids_in_the_county_file_resolve() -> None:
    text = (ROOT / "scenarios" / "counties" / "binhai" / "county.toml").read_text("utf-8")
    named = set(re.findall(r"\b(?:BH|[NLEHWP])\d{2,3}\b", text))
    assert named and named <= evidence_ids()


def test_what_is_assumed_has_a_prior_or_says_why_not() -> None:
    for lever in levers:
        asked = not lever.key.startswith("policy.") and (lever.basis != "measured" or lever.free)
        assert (lever.prior is not None) == asked, lever.key
        if lever.prior is None:
            continue
        low, high = lever.prior.low, lever.prior.high
        assert lever.prior.why_en and re.search(r"[\u4e00-\u9fff]", lever.prior.why_zh)
        if low is None or high is None:
            assert not lever.free
            continue
        assert lever.low <= low < high <= lever.high and low <= lever.default <= high, lever.key  # type: ignore[operator]
        assert lever.prior.scale == "linear" or low > 0.0


@pytest.mark.parametrize("ends", [(0.2, 0.4), (0.1, 0.1), (-1.0, 0.4)])
def test_a_prior_that_excludes_the_default_is_refused(ends: tuple[float, float]) -> None:
    words = {"unit": "share", "within": (0, 1), "en": "Thing", "zh": "物", "help": ("A.", "甲。")}
    with pytest.raises(ValueError, match="^Thing: prior: found .*, allowed") as error:
        fields.lever(0.1, prior=between(*ends, "why", "因"), **words)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_the_free_parameters_are_those_of_the_screening() -> None:
    with (ROOT / "experiments" / "data" / "screening.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    free = {lever.key for lever in levers if lever.free}
    order = sorted(rows, key=lambda row: row["first"] != "True")
    assert free == {row["parameter"] for row in order[: len(free)]}
    priors = {lever.key: lever.prior for lever in levers}
    for row in rows:
        prior = priors[row["parameter"]]
        assert prior is not None and (float(row["low"]), float(row["high"])) == (
            prior.low,
            prior.high,
        )


@pytest.mark.parametrize("model", MODELS)
def test_groups_have_labels_in_both_languages(model: type[Group]) -> None:
    named = groups(model)
    assert {key.partition(".")[0] for key, _ in walk(model) if "." in key} == set(named)
    assert all(en and re.search(r"[\u4e00-\u9fff]", zh) for en, zh in named.values())


@pytest.mark.parametrize("model", (*MODELS, Township, Sector, CitySector))
def test_record_types_follow_the_model(model: type[Group]) -> None:
    dtype = dtype_of(model)
    assert dtype.isalignedstruct
    assert dtype.names == tuple(key.replace(".", "_") for key, _ in walk(model))
    kinds = {bool: "?", int: "q", float: "d"}
    for key, lever in walk(model):
        assert dtype[key.replace(".", "_")].char.replace("l", "q") == kinds[lever.type]


def test_records_hold_the_values() -> None:
    scenario = load_scenario("baseline", {"policy.training.places": 1234})
    for model in (scenario.policy, scenario.behaviour, scenario.county):
        record = record_of(model)
        assert record.shape == (1,)
        assert record.dtype == dtype_of(type(model))
        for key, lever in walk(model):
            assert record[0][key.replace(".", "_")] == lever.value
    assert record_of(scenario.policy).training_places[0] == 1234


def test_tables_hold_a_row_each() -> None:
    county = load_scenario("baseline").county
    towns = table_of(county.townships)
    np.testing.assert_array_equal(towns.remote, [town.remote for town in county.townships])
    np.testing.assert_array_equal(towns.distance_km > 20, towns.remote)
    assert len(table_of(county.sectors)) == 5
    scenario = load_scenario("baseline", {"policy.training.places": {3: 10}})
    months = table_of(scenario.policies(4))
    np.testing.assert_array_equal(months.training_places, [1000, 1000, 10, 10])


def test_tables_need_one_class_of_rows() -> None:
    with pytest.raises(ValueError, match="exactly one class"):
        table_of([])
    with pytest.raises(ValueError, match="exactly one class"):
        table_of([Policy(), Behaviour()])
