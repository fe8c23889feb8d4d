"""What a firm would earn: the economics on which founders, owners and returnees decide.

Value added a month = price Z K^a L^g with a + g < 1 (span of control: Lucas 1978), K in 10,000 yuan
and L persons including the owner. The best number of persons is L* = (g P Z K^a / w)^(1 / (1 - g)).
log Z = scale + ability and skill + technology + network + what the owner does not know. The scale
of a sector is such that one person with the sector's median capital and log Z = 0 adds the value of
one local wage.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import skill_of
from returnee.simulation.state.draws import draw_each

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


CAPITAL_UNIT = 10_000.0
LEAST_CAPITAL, LEAST_INCOME = 1_000.0, 100.0  # yuan, and yuan a month, so that logs stay finite


@kernel
def open_firms(c: County):
    """Rows of the firms that are open, oldest first."""
    rows, n = np.empty(c.clock.active, np.int64), 0
    for k in range(c.clock.active):
        rows[n] = c.active[k]
        n += 1 if c.firms[c.active[k]].phase == r.OPEN else 0
    return rows[:n]


@kernel
def luck_of_firms(c: County, rows: np.ndarray, decision: int, first: int, by_attempt: bool):
    """Draws of this month for each of some firms, numbered from `first` on by attempt; shape (4, firms)."""
    n, month = len(rows), c.clock.month
    founders, items, luck = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((4, n))
    for k in range(n):
        firm = c.firms[rows[k]]
        founders[k] = firm.id >> 4
        items[k] = first + (int(firm.attempt) if by_attempt else 0)
    draw_each(c.clock, decision, month, founders, items, luck)
    return luck


@kernel
def known_productivity(worker: np.record, behaviour: np.record):
    """Log productivity that a founder knows: ability with convex returns (BH143), and skill."""
    ability = worker.ability
    convex = behaviour.firm_ability_convexity * ability * abs(ability)
    return (
        behaviour.firm_scale
        + behaviour.firm_ability_gain * ability
        + convex
        + behaviour.firm_skill_gain * skill_of(worker, behaviour)
    )


@kernel
def optimism_of(worker: np.record, behaviour: np.record):
    """What a founder believes of his luck before anybody has looked: less of it after a course."""
    if behaviour.structure_signals and worker.certificate != r.NEVER:
        return behaviour.firm_optimism * (1.0 - behaviour.support_optimism_corrected)
    return behaviour.firm_optimism


@kernel
def best_persons(log_one: float, market: np.record, town: np.record):
    """Persons (incl. owner) that maximise profit, for log value added of one person `log_one`."""
    gap = market.log_labour + log_one - town.log_pay
    return math.exp(min(gap / (1.0 - market.labour), 7.0))


@kernel
def gross_income(log_one: float, market: np.record, town: np.record):
    """Owner's income before rent and capital cost, and persons, at the best size.

    Returns
    -------
    income, value_added, persons : float
        Yuan a month, yuan a month, persons including the owner.
    """
    persons = best_persons(log_one, market, town)
    if persons <= 1.0:
        value = math.exp(log_one)
        return value, value, 1.0
    value = town.pay * persons / market.labour
    return value - town.pay * (persons - 1.0), value, persons


@kernel
def tax_rate(value: float, market: np.record, facts: np.record):
    """Share of value added `value` (yuan a month) that goes in taxes: less below the VAT threshold."""
    sales = value / (1.0 - market.intermediate)
    return facts.firms_tax if sales >= facts.firms_tax_threshold else facts.firms_tax_below


@kernel
def base_ahead(customers: float, behaviour: np.record):
    """Mean customer base over the months that owners plan for, from a base of `customers` on.

    The base b grows as b' = b + (1 - b) / tau on average, so that 1 - b falls as exp(-t / tau).
    """
    if customers >= 1.0:
        return 1.0
    ratio = behaviour.firm_plan_months / behaviour.firm_customer_months
    return 1.0 - (1.0 - customers) * (1.0 - math.exp(-ratio)) / ratio


@kernel
def first_customers(behaviour: np.record):
    """Customer base of a firm that opens."""
    return behaviour.firm_first_customers if behaviour.structure_customer_base else 1.0


@kernel
def owner_income(
    log_one: float,
    market: np.record,
    town: np.record,
    capital: float,
    facts: np.record,
    behaviour: np.record,
):
    """Owner's income after rent, tax and capital cost, yuan a month; and persons."""
    income, value, persons = gross_income(log_one, market, town)
    cost = capital * (behaviour.firm_depreciation + facts.firms_lpr) / 12.0
    tax = tax_rate(value, market, facts) * value
    return income - market.rent - cost - tax, persons


@kernel
def shock_factor(facts: np.record, month: int, factor: float):
    """`factor` while the county's shock lasts, else 1."""
    start = facts.shock_start_month
    if start > 0 and start <= month < start + facts.shock_months:
        return factor
    return 1.0


@kernel
def capital_for(market: np.record, means: float, behaviour: np.record):
    """Capital that `means` yuan buy at a start: less the cushion, at most some medians."""
    largest = behaviour.firm_largest_start * market.capital_median
    return min(means * (1.0 - behaviour.firm_cushion), largest)


@kernel
def log_city_pay(c: County, worker: np.record):
    """Log of the city income that a worker may expect, job loss counted, yuan a month."""
    return worker.log_wage + c.clock.log_city


@kernel
def log_city_share(c: County):
    """Log of the share of the usual city wage that this month's work there brings, job loss counted."""
    facts = c.facts
    factor = shock_factor(facts, c.clock.month, facts.shock_city_wage)
    in_work = max(1.0 - c.behaviour.returning_months_to_find * facts.work_city_loss, 0.05)
    return math.log(factor * in_work * c.others.city_wage)


@kernel
def log_city_option(c: County, worker: np.record):
    """Log of what leaving for the city is worth to someone at home: its pay less being home."""
    return log_city_pay(c, worker) - c.behaviour.returning_home_worth


@kernel
def venture_income(c: County, worker: np.record, sector: int, means: float):
    """Income that a worker expects from a firm in `sector` with `means` yuan, and persons.

    Too little money means a smaller firm (Evans and Jovanovic 1989). The founder foresees that
    customers come one by one.
    """
    behaviour, market, town = c.behaviour, c.markets[sector], c.towns[worker.township]
    capital = capital_for(market, means, behaviour)
    log_one = (
        c.yields[worker.township, sector]
        + known_productivity(worker, behaviour)
        + optimism_of(worker, behaviour)
        + math.log(base_ahead(first_customers(behaviour), behaviour))
        + market.capital * math.log(max(capital, LEAST_CAPITAL) / CAPITAL_UNIT)
    )
    return owner_income(log_one, market, town, capital, c.facts, behaviour)
