"""Accounts: three incomes, the county's prices, whose money support is, and the parts of quality."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from returnee.experiments.measuring.measures import loan_growth, loan_reach, loan_recovery
from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.accounts import free_of_debt, price_index
from returnee.simulation.run import Run
from returnee.simulation.state import records as r

TINY = {"sample": 0.002, "months": 24, "burn_in": 24}
SHARES = ("startup", "employment", "interest", "works", "fund", "tax")
FURTHER = ("steady", "pay", "debt", "family", "lasting", "second")


def plainly(rule, *given):
    """A rule as it is written."""
    return getattr(rule, "py_func", rule)(*given)


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate("baseline", **TINY)


def market_of(supply, price):
    return SimpleNamespace(supply=supply, price=price)


def county_of(spending, *markets):
    return SimpleNamespace(clock=SimpleNamespace(spending=spending), markets=list(markets))


def test_prices_at_balance_leave_incomes_as_they_are():
    assert plainly(price_index, county_of(1000.0, market_of(200, 1.0), market_of(50, 1.0))) == 1.0
    assert plainly(price_index, county_of(0.0)) == 1.0


def test_the_price_index_is_that_of_what_residents_consume():
    # 100 at price 2 and 100 at price 0.5 of 1,000 spent: 950 at prices of balance.
    county = county_of(1000.0, market_of(100, 2.0), market_of(100, 0.5))
    assert plainly(price_index, county) == pytest.approx(1000.0 / 950.0)
    # Visitors buy, too: where more is sold than residents spend, only what is sold counts.
    county = county_of(10.0, market_of(100, 2.0))
    assert plainly(price_index, county) == pytest.approx(2.0)


def test_three_incomes(run):
    m, facts = run.monthly, run.scenario.county
    assert m["real_income"].to_numpy() == pytest.approx(
        (m["rural_income"] / m["price_index"]).to_numpy()
    )
    # Of the same money, households count what members away earn instead of what they send.
    dependants = float(run.county.clock.dependants) / run.sample
    away = float(run.county.clock.away_wages) / run.sample
    last = m.iloc[-1]
    at_home = last["rural_income"] / 12.0 * (last["home"] + dependants)
    at_home -= facts.work.remittance * away
    everybody = last["labour_force"] + dependants
    assert last["household_income"] == pytest.approx(12.0 * (at_home + away) / everybody)
    saved = 1.0 - run.scenario.behaviour.money.saving_rate
    assert last["consumption"] == pytest.approx(saved * at_home + facts.work.remittance * away)


def test_dependants_stay_when_workers_leave(run):
    none = simulate("no_support", **TINY)
    assert none.county.clock.dependants == run.county.clock.dependants


def test_net_cost_is_what_is_paid_out_less_taxes(run):
    m, relief = run.monthly, run.ledger["tax_relief"]
    assert (m["public_cost"] - relief - m["tax"]).to_numpy() == pytest.approx(
        m["net_cost"].to_numpy()
    )


def test_the_funds_capital_could_earn_interest_elsewhere(run):
    m, facts = run.monthly, run.scenario.county
    fund = run.scenario.policy.finance.guarantee_fund
    assert m["fund_capital"].to_numpy() == pytest.approx(np.full(len(m), fund), rel=1e-3)
    assert m["fund_cost"].to_numpy() == pytest.approx(
        (m["fund_capital"] * facts.firms.lpr / 12.0).to_numpy()
    )


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_countys_share_is_nothing_or_all(share):
    values = {f"county.shares.{name}": share for name in SHARES}
    m = simulate(load_scenario("baseline", values), **TINY).monthly
    assert m["public_cost"].sum() > 0.0
    assert m["county_cost"].to_numpy() == pytest.approx((share * m["public_cost"]).to_numpy())


def test_the_county_bears_its_share_of_each_pot(run):
    facts, ledger = run.scenario.county.shares, run.ledger
    by_hand = (
        facts.employment * (ledger["training"] + ledger["job_subsidy"])
        + facts.interest * ledger["interest_subsidy"]
        + facts.tax * ledger["tax_relief"]
        + facts.fund * ledger["guarantee"]
        + facts.works * (ledger["sites"] + ledger["roads"])
    )
    # The rest is the start-up pot's, and what of it other pots pay.
    least = facts.startup * (ledger["posts"] + ledger["stations"] + ledger["messages"])
    assert (run.monthly["county_cost"] >= least - 1.0).all()
    assert run.monthly["county_cost"].sum() <= (by_hand + ledger.sum(axis=1)).sum()


def test_debt_over_a_years_income():
    def county(loan, informal):
        return SimpleNamespace(firms=[SimpleNamespace(loan=loan, informal=informal, commercial=0)])

    owner = SimpleNamespace(firm=0, state=r.OWNER)
    assert plainly(free_of_debt, county(0, 0), owner, 0.0) == 1.0
    assert plainly(free_of_debt, county(100 * 6_000, 100 * 6_000), owner, 2_000.0) == 0.5
    assert plainly(free_of_debt, county(100 * 90_000, 0), owner, 2_000.0) == 0.0
    employee = SimpleNamespace(firm=0, state=r.EMPLOYED)
    assert plainly(free_of_debt, county(100 * 90_000, 0), employee, 2_000.0) == 1.0


def test_further_parts_weigh_nothing_unless_asked(run):
    weights = run.scenario.behaviour.quality
    assert [getattr(weights, name) for name in FURTHER] == [0.0] * len(FURTHER)
    parts = run.monthly[[f"quality_{name}" for name in FURTHER]]
    assert ((parts >= 0.0) & (parts <= 1.0)).all(axis=None)
    assert (
        (parts[["quality_steady", "quality_pay", "quality_debt", "quality_family"]] > 0).any().all()
    )


@pytest.mark.parametrize("part", ["steady", "debt"])
def test_a_part_can_be_switched_into_the_index(run, part):
    five = ("productive", "income", "staying", "skill", "enterprise")
    values = {f"behaviour.quality.{name}": 0.0 for name in five}
    values[f"behaviour.quality.{part}"] = 1.0
    m = simulate(load_scenario("baseline", values), **TINY).monthly
    assert m["return_quality"].to_numpy() == pytest.approx(
        100.0 * run.monthly[f"quality_{part}"].to_numpy()
    )


def test_what_a_loan_programme_is_judged_by(run):
    months = run.county.months
    granted = months["loans_granted"][1:]
    assert loan_growth(run) == pytest.approx(
        granted[12:].sum() / granted[:12].sum() - 1.0, nan_ok=True
    ) if granted[:12].sum() else np.isnan(loan_growth(run))  # fmt: skip
    assert np.isnan(loan_recovery(run)) or 0.0 <= loan_recovery(run) <= 1.0
    new = run.firms[run.firms["registered"] >= 1]
    assert loan_reach(run) == pytest.approx((new["loan"] > 0).mean())
