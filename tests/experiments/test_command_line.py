"""Command lines of manifests and reports say what was done, so that giving them repeats it."""

from __future__ import annotations

import shlex

import pytest

from returnee.experiments.command_line import command_line
from returnee.experiments.running.options import RunSettings
from returnee.experiments.studies.linkage.experiment import command_of as of_linkage
from returnee.experiments.studies.validation import ValidationPlan
from returnee.experiments.studies.validation import command_of as of_validation
from returnee.scenarios import load_scenario, parse_override

OVERRIDES = {
    "policy.training.places": {1: 1000, 25: 1500},
    "policy.linkage.contest_opens_credit": False,
    "behaviour.firm.luck_sd": 0.25,
    "county": "example",
}


def given_in(line: str) -> dict[str, object]:
    """What a command line lays on top of its scenario."""
    words = shlex.split(line)
    return dict(parse_override(words[k + 1]) for k, word in enumerate(words) if word == "--set")


@pytest.mark.parametrize("key", OVERRIDES)
def test_what_was_laid_on_top_is_read_back(key: str) -> None:
    line = command_line(["run", "linked"], {"set": {key: OVERRIDES[key]}, "seed": 1})
    again = load_scenario("linked", given_in(line))
    assert again.id == load_scenario("linked", {key: OVERRIDES[key]}).id
    assert again.id != load_scenario("linked").id


def test_studies_name_a_lever_that_changes_over_time_and_a_switch() -> None:
    read = load_scenario("linked", OVERRIDES)
    plan = ValidationPlan({read.name: read}, read.name, 2, RunSettings())
    for line in (
        of_validation("linked", plan, OVERRIDES),
        of_linkage(2, RunSettings(), 14e6, OVERRIDES),
    ):
        assert load_scenario("linked", given_in(line)).id == read.id


def test_what_is_empty_is_left_out() -> None:
    options = {"out": None, "over": "", "free": (), "replicate": 0}
    assert command_line(["run"], options) == "returnee run --replicate 0"
