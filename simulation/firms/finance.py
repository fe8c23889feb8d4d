"""Money for a start and for growth: what a person has, may count on, and can borrow.

Own savings above the buffer; gifts of ties; a guaranteed loan for who knows of it, is eligible, and to
whom it is worth what applying costs; a loan of the tie who can lend most; and, for a firm that has been
open for a while, a small loan of a bank at its own risk. Informal credit is the commoner source (BH038,
P163). With the credit market switched off whoever knows of guaranteed loans has one in sight, and there is
no other credit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.loans import debt_service, guaranteed_service, loan_rate
from returnee.simulation.firms.trading import expected_value
from returnee.simulation.firms.ventures import (
    CAPITAL_UNIT,
    base_ahead,
    owner_income,
    venture_income,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, knows, savings_after, settle
from returnee.simulation.state.channels import FINANCE
from returnee.simulation.state.draws import D_CREDIT, D_FAMILY, I_ELIGIBLE, draw_each, draws, normal
from returnee.simulation.state.money import fen
from returnee.simulation.state.queues import desk_days, has_post, waits_at_desk
from returnee.simulation.state.visible import ACTIVE

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def rate_borrowers(c: County):
    """Who is eligible for bank credit, fixed for life (P149); everybody without a credit market."""
    behaviour = c.behaviour
    for i in range(len(c.workers)):
        worker = c.workers[i]
        u, _, _, _ = draws(c.clock, D_CREDIT, 0, worker.id, I_ELIGIBLE)
        all_are = not behaviour.structure_credit_market
        worker.eligible = 1 if all_are or u < behaviour.money_eligible else 0


@kernel
def is_bankable(c: County, worker: np.record):
    """Whether banks deal with a worker: eligible, and without arrears or a default."""
    if not c.behaviour.structure_credit_market:
        return True
    return worker.eligible == 1 and worker.record == r.CLEAN


@kernel
def may_apply(c: County, worker: np.record):
    """Whether a worker knows of guaranteed loans and is not excluded from a new one."""
    policy = c.policy
    if policy.finance_guarantee_fund <= 0.0 or not knows(worker, FINANCE):
        return False
    if not c.behaviour.structure_credit_market:
        return True
    return is_bankable(c, worker) and int(worker.loans_had) < policy.finance_loans_allowed


@kernel
def cost_of_applying(c: County, worker: np.record):
    """What an application costs a worker in visits and papers, yuan; a post nearby makes it less."""
    behaviour = c.behaviour
    _, v, _, _ = draws(c.clock, D_CREDIT, 0, worker.id, I_ELIGIBLE)
    cost = behaviour.money_visit_cost * math.exp(behaviour.money_visit_spread * normal(v))
    if has_post(c, int(worker.township)):
        cost *= behaviour.money_near_post
    return cost * behaviour.money_visits_per_day * desk_days(c)


@kernel
def income_without(c: County, worker: np.record):
    """Income at home without a firm: a wage job, if one can be found, or farming; yuan a month."""
    town = c.towns[worker.township]
    return math.exp(max(town.log_job + worker.log_home, c.clock.log_farm))


@kernel
def gain_of_loan(
    c: County,
    worker: np.record,
    sector: int,
    means: float,
    least: float,
    amount: float,
    rate: float,
):
    """What `amount` yuan more at `rate` a year add to a founder's income, yuan a month.

    Parameters
    ----------
    means, least : float
        Money there is, and the least that a start needs; with less there is no firm without the loan.
    """
    more, _ = venture_income(c, worker, sector, means + amount)
    if means >= least:
        without, _ = venture_income(c, worker, sector, means)
    else:
        without = income_without(c, worker)
    return more - without - amount * (rate - c.facts.firms_lpr) / 12.0


@kernel
def is_worth_applying(
    c: County, worker: np.record, sector: int, means: float, least: float, amount: float
):
    """Whether a guaranteed loan of `amount` yuan is worth what applying for it costs."""
    behaviour, policy = c.behaviour, c.policy
    if not behaviour.structure_credit_market:
        return True
    rate = loan_rate(c) * (1.0 - policy.finance_interest_subsidy)
    gain = gain_of_loan(c, worker, sector, means, least, amount, rate)
    return gain * behaviour.money_payback_months > cost_of_applying(c, worker)


@kernel
def credit_in_sight(c: County, worker: np.record, sector: int, means: float, wanted: float):
    """Guaranteed loan that a worker may count on without knowing more: the first step of the cap.

    Parameters
    ----------
    means, wanted : float
        Own and family money, and money wanted for the start; yuan.
    """
    behaviour, policy = c.behaviour, c.policy
    if not may_apply(c, worker):
        return 0.0
    amount = policy.finance_first_step * policy.finance_loan_cap
    if not behaviour.structure_credit_market:
        return amount
    amount = min(amount, wanted - means)
    if amount < behaviour.money_smallest_loan:
        return 0.0
    least = behaviour.money_minimum_start * wanted
    return amount if is_worth_applying(c, worker, sector, means, least, amount) else 0.0


@kernel
def luck_of_ties(c: County, i: int, decision: int, attempt: int):
    """Draws for the ties of worker `i` in the labour force.

    Returns
    -------
    rows : int64 array
        Of those ties.
    luck : float64 array, shape (4, ties)
    """
    first, last, n = c.indptr[i], c.indptr[i + 1], 0
    rows, ids = np.empty(last - first, np.int64), np.empty(last - first, np.int64)
    for k in range(first, last):
        j = c.ties[k]
        if int(c.seen[j]) & (1 << ACTIVE):
            rows[n], ids[n] = j, c.workers[j].id
            n += 1
    luck = np.empty((4, n))
    draw_each(c.clock, decision, attempt, np.full(n, c.workers[i].id, np.int64), ids[:n], luck)
    return rows[:n], luck


@kernel
def money_of_ties(c: County, i: int, attempt: int, wanted: float):
    """What ties of worker `i` would give, and what the one who can lend most would lend; yuan.

    A tie gives, and lends, with fixed chances a share of its savings above the buffer; together they give
    at most `wanted`. Nothing is lent beyond a multiple of a year's income at home.

    Returns
    -------
    given, lent : float
        Whole fen.
    lender : int
        Row of the lender; -1: none.
    """
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    lends = behaviour.structure_credit_market
    given, lent, lender, tie_break = 0.0, 0.0, -1, 0.0
    rows, luck = luck_of_ties(c, i, D_FAMILY, attempt)
    for k in range(len(rows)):
        u, v, x = luck[0, k], luck[1, k], luck[2, k]
        gives, would_lend = u < behaviour.money_family_chance, v < behaviour.money_informal_chance
        if not gives and not (lends and would_lend):
            continue
        j = rows[k]
        tie = c.workers[j]
        months = clock.month - int(tie.settled)
        savings = savings_after(c, tie, months) if months > 0 else tie.savings
        spare = savings - behaviour.money_buffer
        if spare <= 0.0:
            continue
        if gives:
            given += math.floor(behaviour.money_family_share * spare)
        if lends and would_lend:
            amount = math.floor(behaviour.money_informal_share * spare)
            if amount > lent or (amount == lent and x < tie_break):
                lent, lender, tie_break = amount, j, x
    limit = math.floor(behaviour.money_informal_multiple * 12.0 * income_without(c, worker))
    return cents(min(given, max(wanted, 0.0))), min(lent, limit), lender


@kernel
def means_in_sight(c: County, worker: np.record):
    """Money that a worker could put into a firm now, yuan.

    Savings above the buffer, gifts and a loan of ties, and guaranteed credit for the eligible who know of
    it and to whom applying is worth it; judged by what a start in the best sector usually takes.
    """
    behaviour = c.behaviour
    sector = int(c.towns[worker.township].best)
    own = max(worker.savings - behaviour.money_buffer, 0.0)
    wanted = c.markets[sector].capital_median / (1.0 - behaviour.firm_cushion)
    if not behaviour.structure_credit_market:
        return own + (
            credit_in_sight(c, worker, sector, own, wanted) if c.clock.withdrawn == 0 else 0.0
        )
    if own >= wanted:
        return own
    i = c.row_of[worker.id]
    given, lent, _ = money_of_ties(c, i, int(worker.attempts), wanted - own)
    means = own + given
    if c.clock.withdrawn == 0:
        means += credit_in_sight(c, worker, sector, means, wanted)
    return means + min(lent, max(wanted - means, 0.0))


@kernel
def borrow_from_tie(c: County, f: int):
    """The founder of file `f` borrows from a tie what is wanting, where that pays."""
    firm, behaviour = c.firms[f], c.behaviour
    worker, gap = c.workers[firm.owner], firm.capital_wanted - firm.means
    if gap <= 0.0 or not behaviour.structure_credit_market:
        return
    _, lent, lender = money_of_ties(c, firm.owner, int(firm.attempt), 0.0)
    least = behaviour.money_minimum_start * firm.capital_wanted
    amount = cents(min(lent, gap))
    if amount <= 0.0 or firm.means + amount < least:
        return
    rate = behaviour.money_informal_rate
    if gain_of_loan(c, worker, int(firm.sector), firm.means, least, amount, rate) <= 0.0:
        return
    settle(c, lender)
    c.workers[lender].savings -= amount
    firm.means += amount
    firm.lender = lender
    firm.informal = fen(amount)
    firm.informal_granted = firm.informal
    book(c, r.T_INFORMAL_LOANS, amount)
    c.now.informal_loans += 1
    c.now.informal_lent += amount


@kernel
def capital_missing(c: County, f: int):
    """Money for the capital that an open firm lacks for the start that was wanted, yuan."""
    firm = c.firms[f]
    return (1.0 - c.behaviour.firm_cushion) * firm.capital_wanted - firm.capital


@kernel
def gain_of_capital(c: County, f: int, rate: float):
    """Yearly return of a yuan more capital in an open firm, above interest at `rate` and wear."""
    firm = c.firms[f]
    gain = c.markets[firm.sector].capital * expected_value(c, f) / max(firm.capital, 1000.0)
    return 12.0 * gain - rate - c.behaviour.firm_depreciation


@kernel
def project_income(c: County, f: int, log_productivity: float, capital: float):
    """Owner's income of a project by its log productivity and capital, yuan a month.

    Customers are foreseen to come one by one.
    """
    firm = c.firms[f]
    market, town = c.markets[firm.sector], c.towns[firm.township]
    log_one = (
        c.yields[firm.township, firm.sector]
        + log_productivity
        + math.log(base_ahead(firm.customers, c.behaviour))
        + market.capital * math.log(max(capital, 1000.0) / CAPITAL_UNIT)
    )
    income, _ = owner_income(log_one, market, town.log_pay, capital, c.facts, c.behaviour)
    return income


@kernel
def put_into_firm(c: County, f: int, yuan: float):
    """An open firm keeps its cushion of borrowed money as cash and buys capital with the rest."""
    firm = c.firms[f]
    kept = math.floor(yuan * c.behaviour.firm_cushion)
    bought = cents(yuan - kept)
    firm.cash += kept
    firm.capital += bought
    book(c, r.T_EQUIPMENT, bought)


@kernel
def lend_commercially(c: County):
    """Banks lend at their own risk to firms that have been open for a while, once a year at most.

    They lend to the bankable whose income so far covers the instalments; firms borrow where more capital
    earns more than that costs. Whoever waits for a guaranteed loan does not ask.
    """
    clock, behaviour = c.clock, c.behaviour
    if not behaviour.structure_credit_market:
        return
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        age = clock.month - int(firm.opened)
        if firm.phase != r.OPEN or age < behaviour.money_commercial_age or age % 12 != 0:
            continue
        if firm.commercial > 0 or waits_at_desk(firm) or not is_bankable(c, c.workers[firm.owner]):
            continue
        amount = math.floor(min(capital_missing(c, f), behaviour.money_commercial_cap))
        rate = behaviour.money_commercial_rate
        if amount < behaviour.money_commercial_least or gain_of_capital(c, f, rate) <= 0.0:
            continue
        service = debt_service(amount, rate, behaviour.money_commercial_months)
        if firm.loan > 0:
            service += guaranteed_service(c, firm.loan / 100.0)
        if firm.income >= behaviour.money_cover * service:
            grant_commercial(c, f, amount)


@kernel
def grant_commercial(c: County, f: int, yuan: float):
    """Open firm `f` gets a bank's own loan."""
    firm = c.firms[f]
    firm.commercial = fen(yuan)
    firm.commercial_base = firm.commercial
    firm.commercial_granted += firm.commercial
    c.clock.commercial += firm.commercial
    book(c, r.T_COMMERCIAL_LOANS, yuan)
    put_into_firm(c, f, yuan)
    c.now.commercial_loans += 1
    c.now.commercial_lent += yuan
