"""Local demand: what residents spend, and what follows it."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.firms.markets import demand_factor, expected_pay, price_sectors
from returnee.simulation.run import start
from returnee.simulation.start.history import advance


def county_at(month, overrides=None):
    return advance(start(load_scenario("baseline", overrides or {}), 0, 1, 0.005, 12, 12), month)


def test_the_first_month_is_as_the_county_file_says():
    here = county_at(0)
    here.clock.month = 1
    price_sectors(here)
    assert here.clock.spending_then == here.clock.spending > 0
    assert demand_factor(here, 1.0) == 1.0
    assert (here.towns.slots == np.floor(here.towns.usual_slots + 0.5)).all()


def test_sales_and_jobs_follow_what_residents_spend():
    here = county_at(2)
    behaviour = here.behaviour
    priced = []
    for factor in (1.0, 1.2):
        here.clock.spending = factor * here.clock.spending_then
        price_sectors(here)
        priced.append((here.markets.price.copy(), int(here.towns.slots.sum())))
    assert demand_factor(here, behaviour.firm_residents_share) == pytest.approx(1.16)
    rise = (1.0 + 0.2 * behaviour.firm_residents_share) ** (1.0 / behaviour.firm_demand_elasticity)
    supplied = here.markets.supply > 0
    inside = supplied & (priced[0][0] > 0.3) & (priced[1][0] < 3.0)  # else bounds hold them
    assert inside.any()
    assert (priced[1][0] / priced[0][0])[inside] == pytest.approx(rise)
    assert priced[1][1] == pytest.approx(
        priced[0][1] * (1.0 + 0.2 * behaviour.careers_local_jobs), rel=0.02
    )


def test_demand_stays_without_the_switch():
    here = county_at(2, {"behaviour.structure.local_demand": False})
    here.clock.spending = 2.0 * here.clock.spending_then
    assert demand_factor(here, 1.0) == 1.0


def test_seekers_know_what_firms_pay():
    here = county_at(2)
    for t in range(len(here.towns)):
        town = here.towns[t]
        assert town.pay <= expected_pay(here, t) <= town.wage
    assert (here.towns.log_job < np.log(here.towns.wage * here.towns.job_chance)).any()


def gain(local: bool) -> float:
    """Extra spending of residents when demand from outside is a fifth higher, in the second year."""
    spent = []
    for demand in (1.0, 1.2):
        run = simulate(
            load_scenario(
                "baseline",
                {
                    "behaviour.structure.local_demand": local,
                    "county.shock.start_month": 1,
                    "county.shock.months": 60,
                    "county.shock.local_demand": demand,
                },
            ),
            sample=0.3, months=24,
        )  # fmt: skip
        spent.append(run.monthly.consumption.loc[13:].mean())
    return spent[1] - spent[0]


def test_the_multiplier_is_that_of_an_open_county():
    """Of each further yuan residents spend a part at home: 1.1 to 1.4 times the first round in all."""
    multiplier = gain(True) / gain(False)
    assert 1.0 < multiplier < 1.5
