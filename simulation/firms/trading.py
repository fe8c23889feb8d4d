"""Trading: open firms produce, sell, pay, receive what they are due, and owners learn.

Value added = price Z K^a L^g b exp(shock), L the owner and the staff in units of mean pay. The customer
base b starts low and grows with sales (Foster, Haltiwanger and Syverson 2016): b' = b + (1 - b) / tau x,
x the month's sales against what such a firm would sell. log Z = known + luck + drift, and the drift
goes on, drift' = rho drift + e (Hopenhayn 1992). The owner knows the base, and infers luck and drift from
sales (Jovanovic 1982) by Bayes' rule for normal errors; as the target moves, the variance of the belief
grows every month by that of e (a Kalman filter). Cash above about three months' outlay (BH091) is partly
invested, part of the rest is drawn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.loans import interest_of_others
from returnee.simulation.firms.ventures import (
    CAPITAL_UNIT,
    base_ahead,
    best_persons,
    gross_income,
    luck_of_firms,
    open_firms,
    tax_rate,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, knows, show
from returnee.simulation.state.channels import FINANCE, SERVICES
from returnee.simulation.state.draws import D_TRADE, normal
from returnee.simulation.state.money import fen, left_for, receive, scaled
from returnee.simulation.state.programmes import (
    G_INTEREST,
    R_GRANT,
    R_INTEREST,
    R_JOB,
    R_RENT,
    R_TAX,
    R_UPGRADE,
)
from returnee.simulation.state.providers import SITES

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


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
    """Bayes' rule: the owner's belief about luck and drift after a month's `signal` with sd `noise`."""
    if firm.variance + noise * noise <= 0.0:  # of sales without shocks: nothing is left to learn
        return
    gain = firm.variance / (firm.variance + noise * noise)
    firm.belief += gain * (signal - firm.belief)
    firm.variance *= 1.0 - gain


@kernel
def drift_on(firm: np.record, behaviour: np.record, u: float):
    """Productivity drifts by a month (uniform draw `u`); the owner knows as much, so is less sure."""
    if behaviour.structure_persistent_shocks:
        sd = behaviour.firm_drift_sd
        firm.drift = behaviour.firm_drift_kept * firm.drift + sd * normal(u)
        firm.variance += sd * sd


@kernel
def win_customers(firm: np.record, behaviour: np.record, sold: float):
    """The customer base grows with sales: `sold` against what such a firm would sell."""
    gap = 1.0 - firm.customers
    if gap > 0.0:
        firm.customers += gap * min(sold / behaviour.firm_customer_months, 1.0)


@kernel
def full_rent(c: County, firm: np.record):
    """Rent of a month before relief, yuan."""
    rent = c.markets[firm.sector].rent
    return cents(rent * c.behaviour.support_site_rent if firm.venue == r.COUNTY_SITE else rent)


@kernel
def rent_of(c: County, f: int):
    """Rent of a month after relief.

    An incubator spares a share of it; up to the cap the start-up pot pays while it lasts, the rest the site
    bears, so that it is not charged at all.
    """
    firm, policy = c.firms[f], c.policy
    rent, spared = full_rent(c, firm), 0.0
    if firm.venue == r.INCUBATOR_PLACE:
        spared = cents(policy.incubation_rent_share * rent)
        paid = cents(min(spared, policy.incubation_rent_cap / 12.0))
        rent -= spared - paid
        spared = paid
    book(c, r.T_RENT, rent)
    if spared > 0.0:
        relief = fen(scaled(c, spared))
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
        due = fen(scaled(c, interest * policy.finance_interest_subsidy))
        on_time = min(int(due * policy.budget_arrears), left_for(c, G_INTEREST))
        firm.owed += due - on_time
        receive(c, f, R_INTEREST, on_time)
        interest -= on_time / 100.0
    january = (c.clock.month - 1) % 12 == 0
    if firm.owed > 0 and january and receive(c, f, R_INTEREST, firm.owed):
        interest -= firm.owed / 100.0
        firm.owed = 0
    return interest + interest_of_others(c, f)


@kernel
def tax_of(c: County, f: int, value_added: float):
    """Tax of a month after relief; a firm without tax gains nothing (BH116)."""
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    tax = cents(tax_rate(value_added, c.markets[firm.sector], c.facts) * value_added)
    book(c, r.T_TAX, tax)
    if firm.tax_eligible == 1 and month - firm.opened < 12 * policy.finance_years:
        relief = fen(scaled(c, min(policy.finance_tax_relief / 12.0, tax)))
        if relief > 0 and receive(c, f, R_TAX, relief):
            tax -= relief / 100.0
    firm.taxes += tax
    c.now.tax += tax
    return tax


@kernel
def receive_grant(c: County, f: int):
    """The start-up grant of a first firm (P069), some months after opening; yuan.

    With a certificate if one is asked for. A grant that the pot could not pay is asked for again.
    """
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    if firm.grant_paid == 1 or firm.left_support == 1 or policy.finance_startup_grant <= 0.0:
        return 0.0
    late = month - firm.opened - policy.finance_grant_after_months
    owner = c.workers[firm.owner]
    if late < 0 or late > policy.finance_grant_wait or owner.founded > 1:
        return 0.0
    if not knows(owner, SERVICES) and not knows(owner, FINANCE):
        return 0.0
    if policy.finance_grant_needs_certificate and owner.certificate == r.NEVER:
        return 0.0
    amount = fen(scaled(c, policy.finance_startup_grant))
    if not receive(c, f, R_GRANT, amount):
        return 0.0
    firm.grant_paid = 1
    c.now.grants += 1
    return amount / 100.0


@kernel
def receive_job_subsidy(c: County, f: int):
    """Once a year: a sum for every post held through the year, in the first years, once a post (P077); yuan."""
    firm, policy, month = c.firms[f], c.policy, c.clock.month
    age = month - firm.opened
    if age <= 0 or age % 12 != 0:
        return 0.0
    held = min(firm.employees, firm.posts_last_year) if age > 12 else int(firm.employees)
    firm.posts_last_year = firm.employees
    posts = held - int(firm.posts_paid)
    if posts <= 0 or age > 12 * policy.finance_years or not knows(c.workers[firm.owner], SERVICES):
        return 0.0
    amount = fen(scaled(c, posts * policy.finance_job_subsidy))
    if amount <= 0 or not receive(c, f, R_JOB, amount):
        return 0.0
    firm.posts_paid = held
    return amount / 100.0


@kernel
def turn_into_company(c: County, f: int):
    """A household business that has grown becomes a company, with a grant if certified (P072); yuan."""
    firm, policy = c.firms[f], c.policy
    if firm.company == 1 or firm.capital < c.facts.firms_company_capital:
        return 0.0
    firm.company = 1
    owner, amount = c.workers[firm.owner], fen(scaled(c, policy.technology_upgrade_grant))
    left = firm.left_support == 1 or not knows(owner, SERVICES)
    if owner.certificate == r.NEVER or left:
        return 0.0
    if amount <= 0 or not receive(c, f, R_UPGRADE, amount):
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
    if firm.loan > 0 and firm.loan_due > firm.loan_start:
        passed = (month - firm.loan_start) / (firm.loan_due - firm.loan_start)
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
    drawn = math.floor(behaviour.firm_drawn * spare)
    firm.cash -= drawn
    saved = math.floor(drawn * behaviour.money_saving_rate)
    c.workers[firm.owner].savings += saved
    book(c, r.T_WITHDRAWAL, saved)
    book(c, r.T_LIVING, drawn - saved)


@kernel
def staff_of(firm: np.record):
    """Employees of a firm in units of mean pay."""
    return firm.payroll / 1000.0


@kernel
def expected_value(c: County, f: int):
    """Value added that the owner of an open firm expects now, yuan a month."""
    firm, market = c.firms[f], c.markets[c.firms[f].sector]
    log_value = (
        c.yields[firm.township, firm.sector]
        + productivity(firm, c.behaviour, c.clock.month)
        + market.capital * math.log(max(firm.capital, 1000.0) / CAPITAL_UNIT)
        + market.labour * math.log(1.0 + staff_of(firm))
        + firm.belief
        + math.log(firm.customers)
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
    value = expected_value(c, f)
    value *= 1.0 - tax_rate(value, c.markets[firm.sector], c.facts)
    return value - full_rent(c, firm) - staff_of(firm) * town.pay - interest - wear


@kernel
def trade(c: County, f: int, u: float, v: float):
    """A month of one open firm: production, sales, payments, and what the owner learns.

    Parameters
    ----------
    u, v : float
        Uniform draws: sales, and drift.
    """
    firm, behaviour, clock = c.firms[f], c.behaviour, c.clock
    market, town, month = c.markets[firm.sector], c.towns[firm.township], c.now
    noise = behaviour.firm_shock_sd
    shock = noise * normal(u)
    staff = staff_of(firm)
    log_one = (
        c.yields[firm.township, firm.sector]
        + productivity(firm, behaviour, clock.month)
        + market.capital * math.log(max(firm.capital, 1000.0) / CAPITAL_UNIT)
    )
    size = market.labour * math.log(1.0 + staff)
    log_one += math.log(firm.customers)
    ahead = base_ahead(firm.customers, behaviour) / firm.customers
    signal = firm.luck + firm.drift + shock
    sold = math.exp(signal - 0.5 * noise * noise)
    value = cents(math.exp(log_one + size) * sold)
    update_belief(firm, signal, noise)
    expected = math.exp(log_one + size + firm.belief)
    sales = value / (1.0 - market.intermediate)
    wages = cents(staff * town.pay)
    book(c, r.T_VALUE_ADDED, value)
    book(c, r.T_WAGES, wages)
    costs = wages + rent_of(c, f) + interest_of(c, f)
    income = value - costs - tax_of(c, f, value)
    wear = firm.capital * behaviour.firm_depreciation / 12.0
    firm.capital -= wear
    grants = receive_grant(c, f) + receive_job_subsidy(c, f) + turn_into_company(c, f)
    firm.cash += income + grants
    firm.income += (income + grants - wear - firm.income) / behaviour.firm_income_months
    earned, produced, _ = gross_income(log_one + math.log(ahead) + firm.belief, market, town)
    tax = tax_rate(produced, market, c.facts) * produced
    firm.outlook = earned - tax - (costs - wages) - wear
    firm.wanted = best_persons(log_one + firm.belief, market, town)
    use_cash(c, f, costs + wear, market.capital * expected / max(firm.capital, 1000.0))
    place = (clock.month - 1) % 12
    c.sales[f, place] = sales
    c.profit[f, place] = income - wear - town.wage
    # What such a firm sells on average: the luck of a month is nil in a market, and must be in a sample.
    usual = math.exp(log_one + size + firm.luck + firm.drift)
    price = max(market.local * market.price + (1.0 - market.local) * town.reach, 0.1)
    market.supply += int(usual / price * market.local)
    win_customers(firm, behaviour, sold)
    drift_on(firm, behaviour, v)
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
        show(c, firm.owner)


@kernel
def trade_all(c: County):
    """Step 6 of the month."""
    for s in range(len(c.markets)):
        c.markets[s].supply = 0
    firms = open_firms(c)
    n, luck = len(firms), luck_of_firms(c, firms, D_TRADE, 0, True)
    for k in range(n):
        if k + AHEAD < n:
            prefetch(c.firms, firms[k + AHEAD])
            prefetch(c.workers, c.firms[firms[k + AHEAD // 2]].owner)
        trade(c, firms[k], luck[0, k], luck[1, k])
