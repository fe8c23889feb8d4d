"""Trading: open firms produce, sell, pay, receive what they are due, and owners learn.

The owner does not know the firm's luck and infers it from sales (Jovanovic 1982) by Bayes' rule for
normal errors. Cash above about three months' outlay (BH091) is partly invested, the rest is drawn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import CAPITAL_UNIT, best_persons
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, knows, shift_peers
from returnee.simulation.state.channels import FINANCE, SERVICES
from returnee.simulation.state.draws import D_TRADE, draws, normal
from returnee.simulation.state.money import fen, left_for, receive
from returnee.simulation.state.programmes import (
    G_INTEREST,
    R_GRANT,
    R_INTEREST,
    R_JOB,
    R_RENT,
    R_TAX,
)
from returnee.simulation.state.providers import SITES

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


TAX_YEARS = 3
SUBSIDY_YEARS = 3
GRANT_RETRIES = 12  # months in which a grant that could not be paid is tried again
SMOOTH = 1.0 / 12.0  # weight of a month in the owner's smoothed income


@kernel
def productivity(firm: np.record, behaviour: np.record, month: int):
    """Log productivity that the owner knows, technology, network and mentoring included."""
    value = firm.known + behaviour.support_technology_gain * firm.technology
    if firm.partners > 0:
        value += behaviour.firm_partner_gain * math.log1p(float(firm.partners))
    if firm.mentor_until != r.NEVER:
        gain = behaviour.support_mentoring_gain
        value += gain if firm.mentor_until > month else gain * behaviour.support_mentoring_after
    return value


@kernel
def update_belief(firm: np.record, signal: float, noise: float):
    """Bayes' rule: the owner's belief about luck after a month's `signal` with sd `noise`."""
    if firm.variance == 0.0:  # of sales without shocks: nothing is left to learn
        return
    gain = firm.variance / (firm.variance + noise * noise)
    firm.belief += gain * (signal - firm.belief)
    firm.variance *= 1.0 - gain


@kernel
def full_rent(c: County, firm: np.record):
    """Rent of a month before relief, yuan."""
    rent = c.markets[firm.sector].rent
    return cents(rent * c.behaviour.support_site_rent if firm.venue == r.COUNTY_SITE else rent)


@kernel
def rent_of(c: County, f: int):
    """Rent of a month after relief; the relief is paid from the start-up pot while it lasts."""
    firm, policy = c.firms[f], c.policy
    rent = full_rent(c, firm)
    book(c, r.T_RENT, rent)
    if firm.venue == r.INCUBATOR_PLACE:
        relief = fen(min(policy.incubation_rent_share * rent, policy.incubation_rent_cap / 12.0))
        if relief > 0 and receive(c, f, R_RENT, relief):
            c.services[SITES + firm.site].spent += relief
            return rent - relief / 100.0
    return rent


@kernel
def interest_of(c: County, f: int):
    """Interest of a month after subsidy; what is not paid on time is owed until January (P045)."""
    firm, policy = c.firms[f], c.policy
    interest = cents(firm.loan / 100.0 * firm.loan_rate / 12.0)
    book(c, r.T_INTEREST, interest)
    if firm.loan > 0 and firm.loan_stage != r.OVERDUE and policy.finance_interest_subsidy > 0.0:
        due = fen(interest * policy.finance_interest_subsidy)
        on_time = min(int(due * policy.budget_arrears), left_for(c, G_INTEREST))
        firm.owed += due - on_time
        receive(c, f, R_INTEREST, on_time)
        interest -= on_time / 100.0
    january = (c.clock.month - 1) % 12 == 0
    if firm.owed > 0 and january and receive(c, f, R_INTEREST, firm.owed):
        interest -= firm.owed / 100.0
        firm.owed = 0
    return interest


@kernel
def tax_of(c: County, f: int, value_added: float):
    """Tax of a month after relief; a firm without tax gains nothing (BH116)."""
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    tax = cents(c.facts.firms_tax * max(value_added, 0.0))
    book(c, r.T_TAX, tax)
    if firm.tax_eligible == 1 and month - firm.opened < 12 * TAX_YEARS:
        relief = fen(min(policy.finance_tax_relief / 12.0, tax))
        if relief > 0 and receive(c, f, R_TAX, relief):
            tax -= relief / 100.0
    firm.taxes += tax
    c.now.tax += tax
    return tax


@kernel
def receive_grant(c: County, f: int):
    """The start-up grant, some months after opening, with a certificate if one is asked for; yuan."""
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    if firm.grant_paid == 1 or policy.finance_startup_grant <= 0.0:
        return 0.0
    late = month - firm.opened - policy.finance_grant_after_months
    if late < 0 or late > GRANT_RETRIES:
        return 0.0
    owner = c.workers[firm.owner]
    if not knows(owner, SERVICES) and not knows(owner, FINANCE):
        return 0.0
    if policy.finance_grant_needs_certificate and owner.certificate == r.NEVER:
        return 0.0
    amount = fen(policy.finance_startup_grant)
    if not receive(c, f, R_GRANT, amount):
        return 0.0
    firm.grant_paid = 1
    c.now.grants += 1
    return amount / 100.0


@kernel
def receive_job_subsidy(c: County, f: int):
    """Once a year: a sum for every post that was held through the year, in the first years; yuan."""
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    age = month - firm.opened
    if age <= 0 or age % 12 != 0:
        return 0.0
    posts = min(firm.employees, firm.posts_last_year) if age > 12 else firm.employees
    firm.posts_last_year = firm.employees
    if posts <= 0 or age > 12 * SUBSIDY_YEARS or not knows(c.workers[firm.owner], SERVICES):
        return 0.0
    amount = fen(posts * policy.finance_job_subsidy)
    if amount <= 0 or not receive(c, f, R_JOB, amount):
        return 0.0
    return amount / 100.0


@kernel
def use_cash(c: County, f: int, outlay: float, capital_return: float):
    """Living, then capital that pays, then what is left above the cushion goes to the household.

    Towards the due date of a loan its principal is set aside as well.
    """
    firm, behaviour, month = c.firms[f], c.behaviour, c.clock.month
    living = cents(behaviour.firm_living)
    firm.cash -= living
    book(c, r.T_LIVING, living)
    target = behaviour.firm_cash_target * (outlay + behaviour.firm_living)
    if firm.loan > 0 and firm.loan_due > firm.loan_month:
        passed = (month - firm.loan_month) / (firm.loan_due - firm.loan_month)
        target += firm.loan / 100.0 * min(passed, 1.0)
    spare = firm.cash - target
    if spare <= 0.0:
        return
    if capital_return > behaviour.firm_hurdle:
        invested = cents(behaviour.firm_reinvest * spare)
        firm.capital += invested
        firm.cash -= invested
        spare -= invested
        book(c, r.T_EQUIPMENT, invested)
    drawn = math.floor(0.5 * spare)
    firm.cash -= drawn
    saved = math.floor(drawn * behaviour.money_saving_rate)
    c.workers[firm.owner].savings += saved
    book(c, r.T_WITHDRAWAL, saved)
    book(c, r.T_LIVING, drawn - saved)


@kernel
def expected_value(c: County, f: int):
    """Value added that the owner of an open firm expects, yuan a month."""
    firm, market = c.firms[f], c.markets[c.firms[f].sector]
    log_value = (
        c.yields[firm.township, firm.sector]
        + productivity(firm, c.behaviour, c.clock.month)
        + market.capital * math.log(max(firm.capital, 1000.0) / CAPITAL_UNIT)
        + market.labour * math.log(1.0 + firm.employees)
        + firm.belief
    )
    return math.exp(log_value)


@kernel
def expected_income(c: County, f: int):
    """Income that the founder expects from firm `f` as it opens, yuan a month.

    Value added less tax, rent, wages, interest and wear, with the staff there is and no relief.
    """
    firm, town = c.firms[f], c.towns[c.firms[f].township]
    interest = firm.loan / 100.0 * firm.loan_rate / 12.0
    wear = firm.capital * c.behaviour.firm_depreciation / 12.0
    value = expected_value(c, f) * (1.0 - c.facts.firms_tax)
    return value - full_rent(c, firm) - firm.employees * town.pay - interest - wear


@kernel
def trade(c: County, f: int):
    """A month of one open firm: production, sales, payments, and what the owner learns."""
    firm, behaviour, clock = c.firms[f], c.behaviour, c.clock
    market, town, month = c.markets[firm.sector], c.towns[firm.township], c.now
    u, v, _, _ = draws(clock, D_TRADE, clock.month, firm.id >> 4, int(firm.attempt))
    noise = behaviour.firm_shock_sd
    shock = noise * normal(u)
    persons = 1.0 + firm.employees
    log_one = (
        c.yields[firm.township, firm.sector]
        + productivity(firm, behaviour, clock.month)
        + market.capital * math.log(max(firm.capital, 1000.0) / CAPITAL_UNIT)
    )
    size = market.labour * math.log(persons)
    value = cents(math.exp(log_one + size + firm.luck + shock - 0.5 * noise * noise))
    update_belief(firm, firm.luck + shock, noise)
    expected = math.exp(log_one + size + firm.belief)
    sales = value / (1.0 - market.intermediate)
    wages = cents(firm.employees * town.pay)
    book(c, r.T_VALUE_ADDED, value)
    book(c, r.T_WAGES, wages)
    costs = wages + rent_of(c, f) + interest_of(c, f)
    income = value - costs - tax_of(c, f, value)
    wear = firm.capital * behaviour.firm_depreciation / 12.0
    firm.capital -= wear
    grants = receive_grant(c, f) + receive_job_subsidy(c, f)
    firm.cash += income + grants
    firm.income += SMOOTH * (income + grants - wear - firm.income)
    firm.outlook = expected * (1.0 - c.facts.firms_tax) - costs - wear
    firm.wanted = best_persons(log_one + firm.belief, market.labour, town.log_pay)
    if firm.company == 0 and firm.capital >= c.facts.firms_company_capital:
        firm.company = 1
    use_cash(c, f, costs + wear, market.capital * expected / max(firm.capital, 1000.0))
    place = (clock.month - 1) % 12
    c.sales[f, place] = sales
    c.profit[f, place] = income - wear - town.wage
    market.supply += int(
        value
        / max(market.local * market.price + (1.0 - market.local) * town.reach, 0.1)
        * market.local
    )
    month.value_added += math.floor(value)
    month.sales += math.floor(sales)
    judge(c, f, town.wage)


@kernel
def judge(c: County, f: int, wage: float):
    """Ties see whether a firm does well: its owner earns more than the local wage."""
    firm = c.firms[f]
    good = 1 if firm.income > wage else 0
    if good != firm.good:
        firm.good = good
        shift_peers(c, firm.owner, r.P_GOOD, 1 if good == 1 else -1)


@kernel
def trade_all(c: County):
    """Step 6 of the month."""
    for s in range(len(c.markets)):
        c.markets[s].supply = 0
    n = c.clock.active
    for k in range(n):
        if k + AHEAD < n:
            prefetch(c.firms, c.active[k + AHEAD])
            prefetch(c.workers, c.firms[c.active[k + AHEAD // 2]].owner)
        f = c.active[k]
        if c.firms[f].phase == r.OPEN:
            trade(c, f)
