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
from returnee.simulation.firms.loans import borrowers_rate, debt_service, guaranteed_service
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
def income_with(
    c: County,
    worker: np.record,
    sector: int,
    own: float,
    least: float,
    loan: float,
    lent: float,
):
    """Income of a founder with `own` yuan, a guaranteed loan and a tie's, interest paid; yuan a month.

    Parameters
    ----------
    least : float
        The least that a start needs; with less there is no firm.
    loan, lent : float
        Guaranteed loan, and what a tie lends; yuan.
    """
    if own + loan + lent < least:
        return income_without(c, worker)
    income, _ = venture_income(c, worker, sector, own + loan + lent)
    interest = loan * (borrowers_rate(c) - c.facts.firms_lpr)
    interest += lent * (c.behaviour.money_informal_rate - c.facts.firms_lpr)
    return income - interest / 12.0


@kernel
def is_worth_applying(
    c: County,
    worker: np.record,
    sector: int,
    means: float,
    least: float,
    amount: float,
    lent: float,
    wanted: float,
):
    """Whether a guaranteed loan of `amount` yuan is worth what applying for it costs.

    Won is what it adds to the income over the best that can be had without it: with a tie's loan of
    `lent` yuan at most, or with the money there is. The tie is asked for what the loan leaves wanting.
    """
    behaviour = c.behaviour
    if not behaviour.structure_credit_market:
        return True
    rest = min(lent, max(wanted - means - amount, 0.0))
    alone = min(lent, max(wanted - means, 0.0))
    without = max(
        income_with(c, worker, sector, means, least, 0.0, 0.0),
        income_with(c, worker, sector, means, least, 0.0, alone),
    )
    gain = income_with(c, worker, sector, means, least, amount, rest) - without
    return gain * behaviour.money_payback_months > cost_of_applying(c, worker)


@kernel
def credit_in_sight(
    c: County, worker: np.record, sector: int, means: float, wanted: float, lent: float
):
    """Guaranteed loan that a worker may count on without knowing more: the first step of the cap.

    Parameters
    ----------
    means, wanted : float
        Own and family money, and money wanted for the start; yuan.
    lent : float
        What the tie who can lend most would lend, yuan.
    """
    behaviour, policy = c.behaviour, c.policy
    if not may_apply(c, worker):
        return 0.0
    amount = policy.finance_first_step * policy.finance_loan_cap
    if not behaviour.structure_credit_market:
        return amount
    if wanted - means < behaviour.money_smallest_loan:
        return 0.0
    amount = min(amount, wanted - means)
    if amount < behaviour.money_least_loan:
        return 0.0
    least = behaviour.money_minimum_start * wanted
    worth = is_worth_applying(c, worker, sector, means, least, amount, lent, wanted)
    return amount if worth else 0.0


@kernel
def gift_of_tie(c: County, i: int, j: int, spare: float):
    """What tie `j` who gives would give worker `i` for a venture, of `spare` yuan above its buffer."""
    return c.behaviour.money_family_share * spare


@kernel
def loan_of_tie(c: County, i: int, j: int, spare: float):
    """What tie `j` who lends would lend worker `i` for a venture, of `spare` yuan above its buffer."""
    return c.behaviour.money_informal_share * spare


@kernel
def offers_of_ties(c: County, i: int, attempt: int):
    """What ties of worker `i` in the labour force would give, and lend, for a venture; whole yuan.

    With fixed chances a tie gives, and lends, a share of its savings above the buffer.

    Returns
    -------
    rows : int64 array
        Of those ties.
    gifts, loans : float64 arrays
    luck : float64 array
        Uniform draws that decide between equal offers.
    """
    behaviour, first, last, n = c.behaviour, c.indptr[i], c.indptr[i + 1], 0
    rows, ids = np.empty(last - first, np.int64), np.empty(last - first, np.int64)
    for k in range(first, last):
        j = c.ties[k]
        rows[n], ids[n] = j, c.ids[j]  # overwritten by the next unless in the labour force
        n += int(c.seen[j]) >> ACTIVE & 1
    luck = np.empty((4, n))
    draw_each(c.clock, D_FAMILY, attempt, np.full(n, c.workers[i].id, np.int64), ids, luck)
    for k in range(n):
        gives = luck[0, k] < behaviour.money_family_chance
        lends = behaviour.structure_credit_market and luck[1, k] < behaviour.money_informal_chance
        luck[0, k], luck[1, k] = 0.0, 0.0  # what is given and lent takes the place of the draws
        if gives or lends:
            tie = c.workers[rows[k]]
            months = c.clock.month - int(tie.settled)
            savings = savings_after(c, tie, months) if months > 0 else tie.savings
            spare = max(savings - behaviour.money_buffer, 0.0)
            luck[0, k] = math.floor(gift_of_tie(c, i, rows[k], spare)) if gives else 0.0
            luck[1, k] = math.floor(loan_of_tie(c, i, rows[k], spare)) if lends else 0.0
    return rows, luck[0], luck[1], luck[2]


@kernel
def money_of_ties(c: County, i: int, attempt: int, wanted: float):
    """What ties of worker `i` would give, and what the one who can lend most would lend; yuan.

    Together they give at most `wanted`. Nothing is lent beyond a multiple of a year's income at home.

    Returns
    -------
    given, lent : float
        Whole fen.
    lender : int
        Row of the lender; -1: none.
    """
    given, lent, lender, tie_break = 0.0, 0.0, -1, 0.0
    rows, gifts, loans, luck = offers_of_ties(c, i, attempt)
    for k in range(len(loans)):
        given += gifts[k]
        if loans[k] > lent or (loans[k] == lent and lent > 0.0 and luck[k] < tie_break):
            lent, lender, tie_break = loans[k], rows[k], luck[k]
    income = income_without(c, c.workers[i])
    limit = math.floor(c.behaviour.money_informal_multiple * 12.0 * income)
    return cents(min(given, max(wanted, 0.0))), min(lent, limit), lender


@kernel
def take_gifts(c: County, i: int, attempt: int, yuan: float):
    """Ties of worker `i` give `yuan` (whole fen) together, each in the proportion of what it would.

    What rounding leaves over comes from the tie who would give most.
    """
    total, most, largest, tie_break = 0.0, 0.0, -1, 0.0
    rows, gifts, _, luck = offers_of_ties(c, i, attempt)
    for k in range(len(gifts)):
        total += gifts[k]
        if gifts[k] > most or (gifts[k] == most and most > 0.0 and luck[k] < tie_break):
            most, largest, tie_break = gifts[k], rows[k], luck[k]
    if largest < 0:
        return
    left, part = fen(yuan), yuan / total
    for k in range(len(gifts)):
        if gifts[k] > 0.0:
            settle(c, rows[k])
            amount = int(math.floor(100.0 * gifts[k] * part))
            c.workers[rows[k]].savings -= amount / 100.0
            left -= amount
    c.workers[largest].savings -= left / 100.0


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
            credit_in_sight(c, worker, sector, own, wanted, 0.0) if c.clock.withdrawn == 0 else 0.0
        )
    if own >= wanted:
        return own
    i = c.row_of[worker.id]
    given, lent, _ = money_of_ties(c, i, int(worker.attempts), wanted - own)
    means = own + given
    if c.clock.withdrawn == 0:
        means += credit_in_sight(c, worker, sector, means, wanted, lent)
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
    sector = int(firm.sector)
    without = income_with(c, worker, sector, firm.means, least, 0.0, 0.0)
    if income_with(c, worker, sector, firm.means, least, 0.0, amount) <= without:
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
    income, _ = owner_income(log_one, market, town, capital, c.facts, c.behaviour)
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

    They lend to the bankable what the income so far covers the instalments of; firms borrow where more
    capital earns more than that costs. Whoever waits for a guaranteed loan does not ask.
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
        amount = commercial_in_sight(c, f)
        if amount > 0.0:
            grant_commercial(c, f, amount)


@kernel
def commercial_in_sight(c: County, f: int):
    """What a bank would lend open firm `f` at its own risk and the firm would take, whole yuan."""
    firm, behaviour = c.firms[f], c.behaviour
    rate = behaviour.money_commercial_rate
    amount = min(capital_missing(c, f), behaviour.money_commercial_cap)
    if amount < behaviour.money_least_loan or gain_of_capital(c, f, rate) <= 0.0:
        return 0.0
    served = guaranteed_service(c, firm.loan / 100.0, firm.loan_rate)
    left = firm.income - behaviour.money_cover * served
    if left <= 0.0:
        return 0.0
    asked = behaviour.money_cover * debt_service(1.0, rate, behaviour.money_commercial_months)
    if amount * asked > left:
        amount = left / asked
    return math.floor(amount) if amount >= behaviour.money_least_loan else 0.0


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
