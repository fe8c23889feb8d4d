"""Markets of the county: prices, and what firms of each sector and township would add.

The county price of a sector falls as its supply grows, price = (demand / supply)^(1 / e); the outside
price is given, less transport.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import CAPITAL_UNIT, owner_income, shock_factor

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def price_sectors(c: County):
    """Part of step 1: what a person with 10,000 yuan of capital adds in each sector and township.

    The county price of a sector falls as its supply grows, price = (demand / supply)^(1 / e); the
    outside price is given, less transport.
    """
    behaviour, facts, clock = c.behaviour, c.facts, c.clock
    clock.log_farm = math.log(facts.work_farm_income)
    demand_factor = shock_factor(facts, clock.month, facts.shock_local_demand)
    for s in range(len(c.markets)):
        market = c.markets[s]
        if market.supply > 0:
            ratio = market.demand * demand_factor / market.supply
            market.price = min(max(ratio ** (1.0 / behaviour.firm_demand_elasticity), 0.3), 3.0)
        market.log_scale = math.log(facts.work_local_wage) - market.capital * math.log(
            market.capital_median / CAPITAL_UNIT
        )
    for t in range(len(c.towns)):
        town = c.towns[t]
        lost = behaviour.firm_transport * town.distance / 10.0 * (1.0 - clock.road)
        town.reach = max(1.0 - lost, 0.1)
        town.log_wage = math.log(town.wage)
        town.pay = town.wage * facts.firms_pay
        town.log_pay = math.log(town.pay)
        town.log_job = town.log_wage + math.log(max(town.job_chance, 0.01))
        best, best_income = 0, -1e30
        for s in range(len(c.markets)):
            market = c.markets[s]
            price = market.local * market.price + (1.0 - market.local) * town.reach
            c.yields[t, s] = market.log_scale + math.log(price)
            log_one = (
                c.yields[t, s]
                + behaviour.firm_scale
                + market.capital * math.log(market.capital_median / CAPITAL_UNIT)
            )
            income, _ = owner_income(
                log_one, market, town.log_pay, market.capital_median, facts, behaviour
            )
            if income > best_income:
                best, best_income = s, income
        town.best = best
