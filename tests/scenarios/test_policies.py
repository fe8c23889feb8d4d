"""Policies that ship: they spend alike where they say so, and differ only in what they say."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from returnee.scenarios import Scenario, load_scenario, scenario_names
from returnee.scenarios.schema.fields import walk
from returnee.simulation import simulate

SAMPLE, MONTHS, REPLICATES = 0.01, 120, 3
POTS = ["pot_startup", "pot_employment", "pot_interest"]
PAIRS = (
    ("siloed", "linked"),
    ("credit_push", "space"),
    ("training_volume", "training_quality"),
    ("coastal_siloed", "coastal_linked"),
    ("coastal_credit", "coastal_space"),
)
MIXES = {
    "coastal_credit": "credit_push",
    "coastal_space": "space",
    "coastal_training": "training_volume",
    "coastal_awareness": "awareness",
    "coastal_linked": "linked",
    "coastal_siloed": "siloed",
}
NO_LINKS = {
    "policy.finance.grant_needs_certificate": False,
    "policy.linkage.referral": 0,
    "policy.linkage.certificate_speeds_loan": False,
    "policy.linkage.incubator_waives_guarantee": False,
    "policy.linkage.contest_opens_credit": False,
    "policy.linkage.training_paid_on_opening": False,
}


@lru_cache(maxsize=256)
def money(name: str, replicate: int) -> tuple[float, pd.DataFrame]:
    """Yuan a year in the ledger of one run, and its pots month by month."""
    run = simulate(name, replicate=replicate, sample=SAMPLE, months=MONTHS)
    return float(run.ledger.to_numpy().sum()) / (MONTHS / 12.0), run.monthly[POTS]


def mean_spending(name: str) -> float:
    return float(np.mean([money(name, k)[0] for k in range(REPLICATES)]))


def policy_of(scenario: Scenario) -> dict[str, object]:
    return {key: lever.value for key, lever in walk(scenario.policy)}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_those_said_to_spend_alike_do(one: str, other: str) -> None:
    caps = {load_scenario(name).policy.budget.cap for name in (one, other)}
    assert len(caps) == 1 and caps.pop() > 0
    assert mean_spending(one) == pytest.approx(mean_spending(other), rel=0.02)


@pytest.mark.parametrize("name", sorted({name for pair in PAIRS for name in pair}))
def test_a_cap_is_below_what_would_be_spent(name: str) -> None:
    scenario = load_scenario(name)
    free = simulate(
        load_scenario(name, {"policy.budget.cap": 0}), sample=SAMPLE, months=MONTHS, replicate=0
    )
    assert free.ledger.to_numpy().sum() / (MONTHS / 12.0) > scenario.policy.budget.cap


@pytest.mark.parametrize("name", sorted({name for pair in PAIRS for name in pair}))
def test_the_cap_binds_before_the_pots(name: str) -> None:
    left = money(name, 0)[1].iloc[11::12]
    assert (left.sum(axis=1) > 0).all()


def test_without_links_linked_and_siloed_are_the_same_run() -> None:
    linked, siloed = (load_scenario(name, NO_LINKS) for name in ("linked", "siloed"))
    assert linked.id == siloed.id == load_scenario("siloed").id
    ours, theirs = (simulate(s, sample=0.005, months=24) for s in (linked, siloed))
    assert ours.monthly.equals(theirs.monthly) and ours.ledger.equals(theirs.ledger)


@pytest.mark.parametrize(("name", "base"), MIXES.items())
def test_a_mix_in_the_shock_is_the_mix_and_the_shock(name: str, base: str) -> None:
    found, shock, mix = (load_scenario(n) for n in (name, "coastal_shock", base))
    assert found.county == shock.county
    ours, theirs = policy_of(found), policy_of(mix)
    changed = {key for key in ours if ours[key] != theirs[key]}
    lower_cap = {"budget.cap"} if base in ("linked", "siloed") else set()
    assert changed <= {"budget.arrears", "finance.interest_subsidy"} | lower_cap
    assert found.policy.budget.arrears == shock.policy.budget.arrears == 0.6
    if name != "coastal_credit":
        assert found.policy.finance.interest_subsidy == 0.25


def test_the_shock_about_doubles_the_return_wave() -> None:
    waves = []
    for name in ("coastal_shock", "baseline"):
        runs = [simulate(name, sample=0.05, months=24, replicate=k) for k in range(3)]
        waves.append(sum(run.monthly["returns"].loc[13:24].sum() for run in runs))
    assert 1.7 < waves[0] / waves[1] < 2.3


@pytest.mark.parametrize("name", scenario_names())
def test_a_description_says_nothing_that_runs_say(name: str) -> None:
    """What a policy costs depends on the county, the sample and the horizon: tables say it."""
    scenario = load_scenario(name)
    assert not re.search(r"costs|about [\d.,]+ ", scenario.description_en)
    assert not re.search(r"约需|每年约", scenario.description_zh)


def test_without_support_only_what_was_owed_before_is_paid() -> None:
    ledger = simulate("no_support", sample=SAMPLE, months=MONTHS).ledger
    owed = ["interest_subsidy", "guarantee"]  # on loans of the history
    assert ledger.drop(columns=owed).to_numpy().sum() == 0.0
    assert mean_spending("no_support") < 100_000


def test_the_pilot_is_the_baseline_and_a_package() -> None:
    ours, base = load_scenario("pilot"), load_scenario("baseline")
    values = {key: lever.value for key, lever in walk(base)}
    changed = {key: lever.value for key, lever in walk(ours) if lever.value != values[key]}
    assert set(changed) == {
        "policy.venue.sites_land", "policy.venue.road_quality", "policy.incubation.places",
        "policy.finance.guarantee_fund", "policy.budget.works",
    }  # fmt: skip
    assert all(value > values[key] for key, value in changed.items())


def test_the_ceiling_is_linked_without_what_it_costs() -> None:
    ours, linked = load_scenario("ceiling"), load_scenario("linked")
    values = {key: lever.value for key, lever in walk(linked)}
    changed = {key: lever.value for key, lever in walk(ours) if lever.value != values[key]}
    assert set(changed) == {
        key
        for key in changed
        if key.startswith(("policy.linkage.", "policy.costs.", "policy.budget.", "behaviour."))
    }
    assert changed["policy.costs.case_officer"] == 0
