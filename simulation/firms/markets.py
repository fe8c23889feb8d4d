"""Markets of the county: prices, local demand, sites, and what firms of each sector would add.

The county price of a sector falls as its supply grows, price = (demand / supply)^(1 / e); the outside
price is given, less transport, times what other counties' supply makes of it. County demand follows what residents spend, S (home incomes less what is
saved, and remittances): demand = demand_0 (1 + share (S / S_0 - 1)), S_0 the spending of the last month
of the history, so that the first month is as the county file says; the rest is bought by visitors and
the public sector. Jobs with other employers follow likewise. Land for firms is limited.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import (
    CAPITAL_UNIT,
    log_city_share,
    owner_income,
    shock_factor,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.draws import D_SITE, draws

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def demand_factor(c: County, share: float):
    """Local demand relative to the end of the history, of which `share` follows residents' spending."""
    clock = c.clock
    if clock.month < 1 or clock.spending_then <= 0.0 or not c.behaviour.structure_local_demand:
        return 1.0
    return max(1.0 + share * (clock.spending / clock.spending_then - 1.0), 0.0)


@kernel
def remember_spending(c: County):
    """The spending to which demand refers is that of the last month of the history."""
    if c.clock.month <= 1:
        c.clock.spending_then = c.clock.spending


@kernel
def price_of(c: County, s: int, ratio: float):
    """County price of sector `s`, 1 at balance, where demand is so many times the supply."""
    price = ratio ** (1.0 / c.behaviour.firm_demand_elasticity)
    bound = c.behaviour.firm_price_bound
    return min(max(price, 1.0 / bound), bound)


@kernel
def price_sectors(c: County):
    """Part of step 1: what a person with 10,000 yuan of capital adds in each sector and township."""
    behaviour, facts, clock = c.behaviour, c.facts, c.clock
    clock.log_farm = math.log(facts.work_farm_income)
    clock.log_city = log_city_share(c)
    remember_spending(c)
    factor = shock_factor(facts, clock.month, facts.shock_local_demand)
    factor *= demand_factor(c, behaviour.firm_residents_share)
    for s in range(len(c.markets)):
        market = c.markets[s]
        if market.supply > 0:
            ratio = market.demand * factor / market.supply
            market.price = price_of(c, s, ratio)
        market.log_labour = math.log(market.labour)
        market.log_scale = math.log(facts.work_local_wage) - market.capital * math.log(
            market.capital_median / CAPITAL_UNIT
        )
    count_sites(c)
    jobs = demand_factor(c, behaviour.careers_local_jobs)
    for t in range(len(c.towns)):
        town = c.towns[t]
        town.slots = int(town.usual_slots * jobs + 0.5)
        price_town(c, t)


@kernel
def price_town(c: County, t: int):
    """Pay and yields of township `t`, and the sector that pays a typical founder best."""
    behaviour, facts, clock, town = c.behaviour, c.facts, c.clock, c.towns[t]
    lost = behaviour.firm_transport * town.distance / 10.0 * (1.0 - clock.road)
    town.reach = max(1.0 - lost, 0.1) * c.others.price
    town.log_wage = math.log(town.wage)
    town.pay = town.wage * facts.firms_pay
    town.log_pay = math.log(town.pay)
    town.log_job = math.log(expected_pay(c, t)) + math.log(max(town.job_chance, 0.01))
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
        income, _ = owner_income(log_one, market, town, market.capital_median, facts, behaviour)
        if income > best_income:
            best, best_income = s, income
    town.best = best


@kernel
def expected_pay(c: County, t: int):
    """Pay that a seeker of mean pay expects: firms pay less than other employers, by shares of jobs."""
    town, employed = c.towns[t], c.stock[t, r.EMPLOYED]
    if employed <= 0:
        return town.wage
    elsewhere = min(town.filled, employed)
    return (elsewhere * town.wage + (employed - elsewhere) * town.pay) / employed


@kernel
def count_sites(c: County):
    """Sites in use, and how easily a firm finds one: a market for land with a fixed stock.

    The stock is what was in use at the end of the history and some vacant sites, and what the county has
    built since. A founder looks at n sites a month, each vacant with the county's vacancy rate, so one is
    found with chance 1 - occupied^n. Founders weigh a sector by the chance to find one within a year.
    """
    clock, behaviour, used = c.clock, c.behaviour, 0
    for k in range(clock.active):
        firm = c.firms[c.active[k]]
        works = firm.phase == r.REGISTERED or firm.phase == r.OPEN
        if works and c.markets[firm.sector].needs_site == 1:
            used += 1
    if clock.month <= 1:
        clock.site_stock = used * (1.0 + c.facts.firms_sites_vacant)
    stock = clock.site_stock + clock.sites
    occupied = min(used / stock, 1.0) if stock > 0.0 else 1.0
    chance = 1.0 if clock.month < 1 else 1.0 - occupied**behaviour.firm_sites_seen
    for s in range(len(c.markets)):
        market = c.markets[s]
        market.site_chance = 1.0 if market.needs_site == 0 else chance
        market.site_worth = math.log(max(1.0 - (1.0 - market.site_chance) ** 12, 1e-4))


@kernel
def finds_site(c: County, firm: np.record):
    """Whether a founder needs no site, or finds one this month."""
    chance = c.markets[firm.sector].site_chance
    if chance >= 1.0:
        return True
    u, _, _, _ = draws(c.clock, D_SITE, c.clock.month, firm.id >> 4, int(firm.attempt))
    return u < chance
