"""Patterns: the table itself, and every count against a case worked out by hand."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest
from checkout import ROOT

from returnee.experiments.measuring import counterfactual
from returnee.experiments.measuring import patterns as figures
from returnee.experiments.measuring import patterns as pairs
from returnee.experiments.measuring.measures import kaplan_meier
from returnee.experiments.studies.patterns import (
    BY_KEY,
    LONG,
    PAIRED,
    PATTERNS,
    SINGLE,
    UNSUPPORTED,
    observed,
)
from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.run import Run
from returnee.simulation.state import records as r

FITTED = {1, 2, 3, 4, 5, 6, 7, 11, 17, 18, 19}
LOOSE = {"loan_deadweight", "support_share"}


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate("baseline", sample=0.02, months=96)


def test_the_table_is_sound():
    with open(ROOT / "scenarios" / "evidence.csv", encoding="utf-8") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    assert len(BY_KEY) == len(PATTERNS)
    assert {p.number for p in PATTERNS} == set(range(1, 24))
    for p in PATTERNS:
        assert p.judged == (p.low < p.high), p.key
        assert set(p.sources) <= known, p.key
        assert p.sources or p.number in {19, 23}, p.key
        assert (p.use == "C") == (p.number in FITTED), p.key
        assert (p.use == "soft") == (p.key in LOOSE), p.key
        assert p.judged == (p.holds(p.low) and p.holds(p.high)) and not p.holds(np.nan)
    assert sorted([*SINGLE, *PAIRED, *LONG, *UNSUPPORTED]) == sorted(BY_KEY)


def test_survival_counts_late_entry():
    # 40 firms from birth, 20 of them struck off at age 5; 40 seen only from age 8 on, 10 of those
    # struck off at age 10: S(5) = 1/2, S(10) = 1/2 (1 - 10/60).
    entry = np.repeat([0, 0, 8, 8], [20, 20, 10, 30])
    age = np.repeat([5, 20, 10, 20], [20, 20, 10, 30])
    ended = np.repeat([True, False, True, False], [20, 20, 10, 30])
    alive = figures.survival(entry, age, ended, 12)
    assert alive[4] == 1.0
    assert alive[5] == alive[9] == pytest.approx(0.5)
    assert alive[10] == alive[12] == pytest.approx(0.5 * 50 / 60)


def test_survival_is_the_product_limit_without_late_entry():
    rng = np.random.default_rng(1)
    age, ended = rng.integers(0, 90, 500), rng.random(500) < 0.6
    alive = figures.survival(np.zeros(500, int), age, ended, 60)
    assert alive[[12, 36, 60]] == pytest.approx(
        kaplan_meier(age.astype(float), ended, (12, 36, 60))
    )


def test_survival_says_nothing_of_few():
    alive = figures.survival(np.zeros(19, int), np.full(19, 9), np.ones(19, bool), 12)
    assert np.isnan(alive).all()


def test_operating_counts_all_registered_a_year_ago():
    rows = np.zeros(5, r.FIRM)
    rows["registered"] = [1, 1, 1, 1, 30]
    rows["opened"] = [1, 13, 14, 2, 30]
    rows["stopped"] = [r.NEVER, r.NEVER, r.NEVER, 13, r.NEVER]
    # Opened within the year and going on: the first two; the last is not yet a year old.
    assert figures.operating(rows, 36).tolist() == [True, True, False, False]


def test_stays_at_home():
    events = np.array(
        [(0, 3, r.SEEKING, r.AWAY), (1, 5, r.SEEKING, r.AWAY), (1, 6, r.EMPLOYED, r.SEEKING),
         (2, 7, r.SEEKING, r.AWAY), (0, 10, r.AWAY, r.SEEKING), (1, 20, r.RETIRED, r.EMPLOYED),
         (3, 21, r.AWAY, r.FARMING), (0, 22, r.SEEKING, r.AWAY), (4, 23, r.RETIRED, r.AWAY)],
        r.EVENT,
    )  # fmt: skip
    clock = SimpleNamespace(events=len(events))
    run = SimpleNamespace(months=30, county=SimpleNamespace(events=events, clock=clock))
    spans, left, begun = figures.stays(run)
    assert spans.tolist() == [7, 8, 15, 23]
    assert left.tolist() == [True, False, False, False]
    assert begun.tolist() == [3, 22, 5, 7]


def test_what_a_run_shows_agrees_with_its_tables(run):
    found = observed(run)
    firms, monthly = run.firms, run.monthly
    shown = firms[firms["phase"] == "OPEN"]
    mine = shown[shown["returnee"]]
    assert found["jobs_per_founder"] == pytest.approx(mine["persons"].mean() - 1)
    assert found["net_margin"] == pytest.approx(shown["profit"].sum() / shown["sales"].sum(), 1e-5)
    small = shown[~shown["company"]]
    assert found["persons_self_employed"] == pytest.approx(small["persons"].mean())
    assert found["return_rate"] == pytest.approx(
        monthly["returns"].sum() / 8 / monthly["away"].mean()
    )
    assert 0.0 < found["registers_after_return"] < 0.2
    people = run.workers[run.workers["state"] == "OWNER"]
    people = people[people["ever_away"]]
    assert found["aware_training"] == pytest.approx(people["knows_training"].mean())
    assert found["loan_mean"] == pytest.approx(
        monthly["loans_granted"].sum() / monthly["loans_number"].sum()
    )
    new = firms[(firms["registered"] >= 1) & firms["returnee"]]
    assert found["founders_male"] == pytest.approx(
        (run.workers.loc[new["owner"], "sex"] == "male").mean(), abs=0.05
    )
    assert 0.0 < found["intention"] < 1.0
    rare = {"stops_failed", "stops_gave_up", "stops_retired", "handed_on"}
    assert all(np.isfinite(v) for key, v in found.items() if key not in rare)


def test_a_return_is_followed_for_36_months():
    events = np.array(
        [(0, 2, r.SEEKING, r.AWAY), (1, 3, r.SEEKING, r.AWAY), (2, 4, r.FOUNDING, r.AWAY),
         (0, 20, r.AWAY, r.FARMING), (3, 30, r.SEEKING, r.AWAY)] * 20,
        r.EVENT,
    )  # fmt: skip
    firms = np.zeros(4, r.FIRM)
    firms["id"] = np.array([0, 1, 2, 3]) * 16 + 1
    firms["registered"] = [38, 40, 4, 31]  # 36 and 37 months later, at once, and not followed
    clock = SimpleNamespace(events=len(events), firms=4)
    county = SimpleNamespace(events=events, clock=clock, firms=firms, row_of=np.arange(4))
    run = SimpleNamespace(months=60, county=county)
    assert figures.registers_after_return(run) == pytest.approx(2 / 3)


def test_residents_are_counted_as_the_policy_starts():
    workers = np.zeros(100, r.WORKER)
    workers["birth"] = -12 * np.repeat([20, 40, 58, 61, 30], 20)
    workers["sex"] = np.tile([0, 1], 50)
    states = np.repeat([r.FARMING, r.EMPLOYED, r.RETIRED, r.FARMING, r.AWAY], 20)
    run = SimpleNamespace(county=SimpleNamespace(workers=workers), states_at_start=states)
    found = figures.residents(run)
    assert found["residents_age"] == pytest.approx((20 + 40 + 58) / 3)
    assert found["residents_under_30"] == pytest.approx(1 / 3)
    assert found["residents_women"] == 0.5
    assert found["farming_share"] == pytest.approx(2 / 3)


def long_run(states_later, stocks):
    """Forty people of two ages who live from month 0 on; some change their state at month 200."""
    workers = np.zeros(40, r.WORKER)
    workers["birth"] = np.repeat([-240, 0], 20)  # 30 and 10 years old in month 120
    start = np.repeat([r.AWAY, r.FARMING], 20)
    events = np.array(
        [(k, 200, s, before) for k, (s, before) in enumerate(zip(states_later, start))], r.EVENT
    )
    months = np.zeros(
        361, [(n, "f8") for n in ("away", "farming", "firms_open", "loans_outstanding")]
    )
    for name, (before, after) in stocks.items():
        months[name][:200], months[name][200:] = before, after
    clock = SimpleNamespace(events=len(events))
    county = SimpleNamespace(workers=workers, events=events, clock=clock, months=months)
    return SimpleNamespace(county=county, states_at_start=start, months=360)


def test_drift_is_what_ages_and_sexes_do_not_make():
    # All who were away at 30 have retired; those at 30 now farm, as the young did: the pyramid alone
    # would have them away as the 30-year-olds were.
    states = np.repeat([r.RETIRED, r.AWAY], 20)
    stocks = {"away": (20.0, 22.0), "farming": (20.0, 20.0)}
    found = counterfactual.drift(long_run(states, stocks))
    assert found["drift_away"] == pytest.approx(0.1)


def test_deadweight_is_a_share_of_persons(monkeypatch):
    def run(ids, loans):
        firms = np.zeros(len(ids), r.FIRM)
        firms["id"], firms["registered"] = np.array(ids) * 16, 1
        firms["loan_granted"] = loans
        county = SimpleNamespace(firms=firms, clock=SimpleNamespace(firms=len(ids)))
        return SimpleNamespace(county=county)

    within = run([*range(30), 7], [1] * 20 + [0] * 10 + [1])
    without = run(list(range(5, 40)), [0] * 35)
    assert counterfactual.deadweight(within, without) == pytest.approx(15 / 20)


def test_the_season_is_that_of_the_festival():
    months = np.zeros(24, [(n, "f8") for n in ("returns", "away", "returnee_registrations")])
    months["away"] = 1000.0
    months["returns"] = 10.0
    months["returns"][[11, 0, 1, 23, 12, 13]] = 40.0  # December to February
    events = np.zeros(0, r.EVENT)
    clock, facts = SimpleNamespace(events=0), SimpleNamespace(work_festival_month=2)
    county = SimpleNamespace(
        months=np.concatenate([months[:1], months]), clock=clock, facts=facts, events=events
    )
    found = figures.moves(SimpleNamespace(months=24, county=county))
    assert found["festival_share"] == pytest.approx(240 / (240 + 180))
    assert found["return_rate"] == pytest.approx(420 / 2 / 1000)


def test_too_few_cases_say_nothing():
    found = observed(simulate("baseline", sample=0.002, months=12))
    for key in ("hazard_years_4_7", "registered_5_years", "repeat_migration", "persons_company"):
        assert np.isnan(found[key]), key


def test_values_put_into_a_scenario_are_those_of_a_file():
    given = {"policy.finance.tax_relief": 0, "county.shock.city_loss": 0.5}
    changed = load_scenario("baseline").with_(given)
    assert changed.id == load_scenario("baseline", given).id
    later = load_scenario("baseline", {"policy.training.places": {1: 100, 13: 900}})
    grant = later.with_({"policy.finance.startup_grant": 0})
    assert [grant.policy_at(m).finance.startup_grant for m in (1, 20)] == [0, 0]
    assert grant.policy_at(20).training.places == 900


def test_the_same_policy_has_no_effect(run, monkeypatch):
    reached = pairs.again(run, {"policy.finance.tax_reach": 0.3})
    monkeypatch.setattr(pairs, "FEW", 3)
    monkeypatch.setattr(figures, "FEW", 3)
    assert pairs.tax_relief_effect(reached, reached) == 0.0
    without, within = pairs.both(run, run)
    assert len(without) > 20 and np.array_equal(without, within)
    people = without["owner"]
    assert np.nanmin(pairs.incomes(run, people)) >= 0.0


def test_crisis_follows_those_who_are_hit(run):
    shocked = pairs.again(run, pairs.CRISIS, pairs.CRISIS_MONTHS)
    found = pairs.crisis(shocked)
    hit = np.zeros(len(shocked.county.workers), dtype=bool)
    pairs.who_is_hit(shocked.county, pairs.CRISIS_MONTH, 0.5, hit)
    assert hit.mean() == pytest.approx(0.5, abs=0.03)
    more = shocked.monthly["returns"][13] - run.monthly["returns"][13]
    away = run.monthly["away"][12]
    assert found["crisis_come"] == pytest.approx(more / (0.5 * away), abs=0.06)
    assert 0.0 <= found["crisis_leave"] <= 1.0
