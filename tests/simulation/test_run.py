"""The tables of a run, its arguments, and a golden baseline."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.month import live_until
from returnee.simulation.run import start
from returnee.simulation.start.own_county import sample_of
from returnee.simulation.state import records as r
from returnee.simulation.state.visible import ACTIVE

GOLDEN = Path(__file__).with_name("golden.json")
LEVELS = ("none", "primary", "junior", "senior", "college")
COLUMNS = [
    "away",
    "home",
    "founders",
    "firms_registered",
    "firms_open",
    "firms_dormant",
    "jobs",
    "loans_outstanding",
    "guarantee_fund",
    "return_quality",
    "aware_training",
    "aware_services",
    "aware_incubation",
    "aware_activities",
    "aware_finance",
    "returns",
    "remigrations",
    "registrations",
    "openings",
    "closings",
    "loans_granted",
    "loans_defaulted",
    "value_added",
    "public_cost",
    "rural_income",
]


def active_ties(county):
    """How many ties of each worker are in the labour force."""
    seen = np.append(county.seen[county.ties] >> ACTIVE & 1, 0)
    return np.add.reduceat(seen, county.indptr[:-1], dtype=int) * (np.diff(county.indptr) > 0)


def summary(run):
    """Sums over the months of every indicator, to nine digits."""
    return {name: float(f"{run.monthly[name].sum():.9g}") for name in run.monthly.columns}


def test_golden_baseline(tiny):
    """Exact outputs of a tiny baseline."""
    found = summary(tiny())
    wanted = json.loads(GOLDEN.read_text())
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, rel=1e-7), name


def write_golden() -> None:
    """Renew the golden file after a change that is meant: python tests/simulation/test_run.py."""
    run = simulate("baseline", sample=0.01, months=24)
    GOLDEN.write_text(json.dumps(summary(run), indent=1) + "\n")


def test_monthly(tiny):
    monthly = tiny().monthly
    assert list(monthly.index) == list(range(1, 25)) and monthly.index.name == "month"
    assert set(COLUMNS) <= set(monthly.columns)
    assert monthly.attrs["units"]["rural_income"] == "yuan/head/year"
    assert {i.name for i in INDICATORS} == set(monthly.columns)
    assert np.isfinite(monthly.to_numpy()).all()
    assert (monthly.away + monthly.home == monthly.labour_force).all()
    assert (monthly.firms_open + monthly.firms_dormant <= monthly.firms_registered).all()
    assert monthly.return_quality.between(0, 100).all()
    shares = [c for c in monthly if c.startswith(("aware_", "quality_"))]
    assert monthly[shares].ge(0).all().all() and monthly[shares].le(1).all().all()
    # A sample is scaled up to the full county.
    # Women of 55 to 59 are among the residents of working age, and have retired; in the five years of
    # the history more people retire than turn 18.
    assert monthly.labour_force.iloc[0] == pytest.approx(0.907 * 685_000, rel=0.02)


def test_firms(tiny):
    run = tiny(months=60)
    firms = run.firms
    assert firms.index.is_unique
    assert ((firms.opened.isna()) | (firms.opened >= firms.registered)).all()
    assert ((firms.closed.isna()) | (firms.closed >= firms.registered)).all()
    assert (firms.persons >= 1).all()
    assert set(firms.phase) <= {"REGISTERED", "OPEN", "DORMANT", "CLOSED"}
    # Who founded a firm of attempt k has made at least k + 1 attempts; an heir need not have.
    attempts = run.workers.attempts.reindex(firms.founder)
    assert (attempts.dropna() > firms.attempt.to_numpy()[attempts.notna()]).all()
    new = firms[firms.registered >= 1]
    scale = 1 / run.sample
    assert len(new) * scale == pytest.approx(run.monthly.registrations.sum())
    closed = (firms.closed >= 1).sum() * scale
    assert closed == pytest.approx(run.monthly.closings.sum())


def test_workers_and_paths(tiny):
    run = tiny(months=60)
    workers, paths = run.workers, run.paths
    assert (paths["from"] <= paths["to"]).all()
    spells = paths.sort_values(["worker", "from"])
    follows = spells.worker.eq(spells.worker.shift())
    assert (spells["from"][follows] == spells["to"].shift()[follows]).all()
    last = spells.groupby("worker").tail(1).set_index("worker").state
    common = last.index.intersection(workers.index)
    assert (last[common] == workers.state[common]).all()
    first = spells.groupby("worker").head(1)
    assert (first["from"] == 0).sum() > 0.8 * len(first)


def test_services_and_ledger(tiny):
    run = tiny(months=24)
    assert {"training centre", "service desk", "incubator site"} <= set(run.services.kind)
    assert run.ledger.to_numpy().sum() == pytest.approx(run.monthly.public_cost.sum())
    assert (run.unpaid.to_numpy() >= 0).all()


def test_a_county_without_support_spends_nothing(tiny):
    run = tiny(scenario="no_support", months=48)
    kept_promises = ["interest_subsidy", "guarantee", "tax_relief"]  # to firms of the history
    assert run.ledger.drop(columns=kept_promises).to_numpy().sum() == 0
    assert run.monthly.loans_number.sum() == 0
    assert run.monthly.trained.sum() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sample": 0}, "sample: found 0, allowed"),
        ({"sample": 2.0}, "sample: found 2.0, allowed"),
        ({"months": 0}, "months: found 0, allowed"),
        ({"seed": -1}, "seed: found -1, allowed"),
        ({"replicate": 2**32}, "replicate: found"),
        ({"burn_in": 1}, "burn_in: found 1, allowed"),
    ],
)
def test_arguments_out_of_range(arguments, words):
    with pytest.raises(ValueError, match=words):
        simulate("baseline", **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"months": "12"}, "months: found '12', allowed a whole number from 1 to 600"),
        ({"months": 12.0}, "months: found 12.0, allowed a whole number from 1 to 600"),
        ({"months": True}, "months: found true, allowed a whole number"),
        ({"months": None}, "months: found None, allowed a whole number"),
        ({"months": np.float64(12)}, "months: found 12.0, allowed a whole number"),
        ({"burn_in": 60.5}, "burn_in: found 60.5, allowed a whole number from 12"),
        ({"replicate": 1.7}, "replicate: found 1.7, allowed a whole number from 0"),
        ({"seed": 1.9}, "seed: found 1.9, allowed a whole number from 0"),
        ({"seed": 10**5000}, "seed: found"),
        ({"sample": "0.01"}, "sample: found '0.01', allowed above 0 up to 1"),
        ({"sample": True}, "sample: found true, allowed above 0 up to 1"),
        ({"sample": float("nan")}, "sample: found nan, allowed above 0 up to 1"),
    ],
)
def test_arguments_of_the_wrong_kind(arguments, words):
    with pytest.raises(ValueError, match=words) as caught:
        simulate("baseline", **arguments)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_numbers_of_numpy_are_plain_in_the_run():
    run = simulate(
        "baseline", np.int64(1), np.uint8(2), np.float64(0.002), np.int32(6), np.int64(12)
    )
    kinds = [type(v) for v in (run.replicate, run.seed, run.sample, run.months)]
    assert kinds == [int, int, float, int]
    plain = simulate("baseline", 1, 2, 0.002, 6, 12)
    assert run.monthly.equals(plain.monthly)


@pytest.mark.parametrize(
    ("people", "sample", "drawn"),
    [(1000, 0.01, 50), (3000, 0.01, 50), (300_000, 1e-7, 50), (300_000, 0.0001, 50),
     (1000, 1.0, 1000), (12_345, 0.01, 123), (300_000, 0.002, 600)],
)  # fmt: skip
def test_figures_are_scaled_by_the_people_there_are(people, sample, drawn):
    scenario = load_scenario("linked", {"county.labour_force": people})
    run = simulate(scenario, sample=sample, months=6, burn_in=12)
    assert run.county.clock.initial == drawn
    assert run.sample == run.county.clock.sample == drawn / people
    assert run.monthly.labour_force.to_numpy() == pytest.approx(0.95 * people, rel=0.1)
    again = simulate(scenario, sample=run.sample, months=6, burn_in=12)
    assert again.monthly.equals(run.monthly)


def test_the_usual_samples_are_what_was_asked_for():
    facts = load_scenario("baseline")
    for sample in (0.001, 0.002, 0.004, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0):
        assert sample_of(facts, sample) == sample


@pytest.mark.parametrize(("months", "burn_in"), [(600, 60), (60, 600)])
def test_the_labour_force_is_replaced_generation_by_generation(months, burn_in):
    run = simulate("baseline", sample=0.001, months=months, burn_in=burn_in)
    months = run.monthly
    change = (months.entries - months.retirements).cumsum() - (months.entries - months.retirements)[
        1
    ]
    assert np.allclose(months.labour_force - months.labour_force[1], change)
    # The pyramid makes it shrink; beyond the known children it levels off.
    kept = months.labour_force.iloc[-1] / months.labour_force[1]
    assert 0.4 < kept <= 1.0 if burn_in == 60 else kept == pytest.approx(1.0, abs=0.1)
    months = len(months)
    workers = run.county.workers
    assert (np.diff(workers.enters[int(run.county.clock.initial) :]) >= 0).all()
    # Those who come late have ties as those who came early.
    ties = active_ties(run.county)
    active = ~np.isin(workers.state, (r.PRE, r.RETIRED))
    late = active & (workers.enters > 400)
    assert months < 600 or ties[late].mean() > 0.5 * ties[active].mean()


def test_a_horizon_shorter_than_the_wait_for_the_grant():
    """It is the beginning of a longer one; nobody gets the grant within it."""
    late = load_scenario("no_support", {"policy.finance.startup_grant": 5000})
    short, long = (simulate(late, sample=0.004, months=months) for months in (4, 12))
    assert short.monthly.equals(long.monthly[:4]) and short.monthly.grants.sum() == 0


@pytest.mark.parametrize(
    "overrides",
    [
        {"county.ties.kin": 0, "county.ties.friends": 0, "county.ties.fellows": 0},
        {"behaviour.information.tie_rate": 0, "policy.services.mass_messages": 0},
        {"policy.budget.startup": 0, "policy.budget.employment": 0, "policy.budget.interest": 0},
        {"policy.finance.guarantee_fund": 60e6, "policy.finance.leverage": 16},
        {"county.work.city_wage": 1000},
        {"county.shock.start_month": 6, "county.shock.city_loss": 0.9},
    ],
)
def test_extreme_counties_live_on(tiny, overrides):
    monthly = tiny(overrides).monthly
    assert np.isfinite(monthly.to_numpy()).all()
    assert (monthly.labour_force > 0).all()


def test_empty_pots_pay_nothing(tiny):
    pots = ("startup", "employment", "interest", "works")
    run = tiny({f"policy.budget.{pot}": 0 for pot in pots})
    paid = run.ledger.drop(columns=["tax_relief", "guarantee"])
    assert paid.to_numpy().sum() == 0
    assert run.unpaid.to_numpy().sum() > 0


def test_a_shock_brings_people_home(tiny):
    shock = {"county.shock.start_month": 2, "county.shock.city_loss": 0.5}
    assert tiny(shock).monthly.returns[:3].sum() > 1.5 * tiny().monthly.returns[:3].sum()


def test_low_city_wages_bring_people_home(tiny):
    poor = tiny({"county.work.city_wage": 3000}, months=24)
    assert poor.monthly.away.iloc[-1] < tiny(months=24).monthly.away.iloc[-1]


def test_margins_of_the_population():
    county = simulate("baseline", sample=0.02, months=12, burn_in=12).county
    facts = load_scenario("baseline").county
    workers = county.workers[: int(county.clock.initial)]
    age = -12 - workers.birth.astype(int)
    away = workers.left > -2000
    assert (workers.sex == 1).mean() == pytest.approx(0.396 * 0.305 + 0.604 * 0.499, abs=0.02)
    assert workers.wage.mean() == pytest.approx(facts.work.city_wage, rel=0.04)
    assert (age / 12).mean() == pytest.approx(0.396 * 39.0 + 0.604 * 41.8, abs=1.0)
    schooling = np.bincount(workers.schooling, minlength=5) / len(workers)
    away_from, at_home = (
        np.array([getattr(facts.people, f"{group}schooling_{level}") for level in LEVELS])
        for group in ("", "home_")
    )
    assert schooling == pytest.approx(0.396 * away_from + 0.604 * at_home, abs=0.02)
    assert (workers.destination == 1).mean() == pytest.approx(0.134, abs=0.02)
    assert away.any()


def test_ties_per_worker():
    county = simulate("baseline", sample=0.02, months=12, burn_in=12).county
    active = active_ties(county)[county.workers.state != r.PRE]
    assert 17 <= active.mean() <= 27  # 11 kin households, 7 friends, household and fellows
    assert np.percentile(active, 99) > 1.5 * active.mean()  # some have many


if __name__ == "__main__":
    write_golden()


def test_a_kernel_gives_back_what_it_was_given():
    """The arrays of a county go with the county, however often kernels were called with it."""
    county = start(load_scenario("baseline"), 0, 1, 0.001, 12, 12)
    held = sys.getrefcount(county.table)
    for month in range(1, 13):
        live_until(county, month)
    after = sys.getrefcount(county.table)
    assert (int(county.clock.month), after) == (12, held)
