"""What theory expects, on tiny counties: the sign of a response, nothing where nothing can be.

The expectations are those of `returnee validate --face`; here each is looked at once, with its first
and last value. Rows whose effect is smaller than the luck of a tiny county are left to the command.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from returnee.experiments.measuring.measures import loan_wait
from returnee.experiments.studies.face import SIGNS, expectations
from returnee.scenarios import levers, load_scenario
from returnee.simulation import simulate

ROWS = expectations()["response"]
CLEAR = {
    "policy.training.places", "policy.training.fee", "policy.services.desk_days",
    "policy.services.mass_messages", "policy.services.mentors", "policy.incubation.places",
    "policy.incubation.rent_share", "policy.incubation.rent_cap", "policy.activities.contests",
    "policy.activities.outreach_sessions", "policy.finance.loan_cap",
    "policy.finance.interest_subsidy", "policy.finance.guarantee_fund",
    "policy.finance.counter_guarantee_waiver", "policy.finance.job_subsidy",
    "policy.finance.tax_reach", "policy.technology.extension_visits", "policy.venue.road_quality",
    "policy.linkage.referral", "policy.budget.startup", "policy.budget.employment",
    "policy.budget.interest", "policy.budget.cap", "county.work.city_wage",
}  # fmt: skip
SIGNED = [row for row in ROWS if row["direction"] in SIGNS and row["key"] in CLEAR]
NOTHING = [row for row in ROWS if row["direction"] == "none"]
EXTREMES = expectations()["extreme"]
LONG = 36


@lru_cache(maxsize=256)
def _run_with(values, months, replicate):
    loaded = load_scenario("baseline", dict(values))
    return simulate(loaded, sample=0.01, months=months, replicate=replicate)


def run_with(values, months=24, replicate=0):
    """A run of a tiny county, kept."""
    return _run_with(tuple(sorted(values.items())), months, replicate)


def figure_of(run, measure):
    """A year's flow, or the mean of the last year."""
    if measure.startswith("spent_"):
        return run.ledger[measure.removeprefix("spent_")].sum()
    if measure == "loan_wait":
        return loan_wait(run)
    column = run.monthly[measure]
    last = column.iloc[-12:]
    return last.mean() if measure.startswith(("aware", "loans_out", "mentored")) else column.sum()


def test_every_policy_lever_is_in_the_table():
    """Unit costs and weights of groups aside."""
    known = {row["key"] for row in ROWS}
    aside = ("policy.costs.", "policy.targeting.")
    asked = {lever.key for lever in levers if lever.key.startswith("policy.")}
    assert {key for key in asked if not key.startswith(aside)} <= known
    assert known <= {lever.key for lever in levers}


def test_every_lever_of_the_table_is_there():
    assert {row["key"] for row in SIGNED} == CLEAR
    assert len(NOTHING) >= 5


@pytest.mark.parametrize("row", SIGNED, ids=lambda row: row["key"])
def test_a_lever_moves_its_measure_the_right_way(row):
    also = row.get("also", {})
    first, last = (
        figure_of(run_with({row["key"]: value, **also}), row["measure"])
        for value in (row["values"][0], row["values"][-1])
    )
    assert SIGNS[row["direction"]] * (last - first) > 0, (first, last)


@pytest.mark.parametrize("row", NOTHING, ids=lambda row: f"{row['key']} {row['en']}")
def test_nothing_changes_where_nothing_can(row):
    runs = [run_with({row["key"]: value, **row["also"]}) for value in row["values"]]
    for run in runs[1:]:
        assert np.array_equal(run.monthly, runs[0].monthly, equal_nan=True)
        assert np.array_equal(run.ledger, runs[0].ledger)
        assert np.array_equal(run.workers["savings"], runs[0].workers["savings"])


@pytest.mark.parametrize("row", EXTREMES, ids=lambda row: row["en"])
def test_extreme_conditions(row):
    values = {key: 13 if key.endswith("start_month") else v for key, v in row["set"].items()}
    base, run = run_with({}, LONG), run_with(values, LONG)
    for measure, expected in row["expect"].items():
        level = figure_of(run, measure)
        if expected == "zero":
            assert level == 0.0, measure
        else:
            assert SIGNS[expected] * (level - figure_of(base, measure)) > 0, measure


def test_stocks_do_not_run_away():
    """Per member of the labour force, years 11 to 20 against 21 to 30, over four small counties."""
    runs = [run_with({}, 360, replicate) for replicate in range(4)]
    for name in ("away", "owners", "employed"):
        shares = [run.monthly[name] / run.monthly["labour_force"] for run in runs]
        second = np.mean([share.loc[121:240].mean() for share in shares])
        third = np.mean([share.loc[241:360].mean() for share in shares])
        assert abs(third / second - 1.0) < 0.25, name
