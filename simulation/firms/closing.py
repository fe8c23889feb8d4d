"""Closing: insolvency, outlook, dormancy, striking off, and what becomes of the loan.

A firm stops when its cash is gone and the owner cannot or will not add to it, or when the income the
owner expects falls below the alternatives. A stopped firm stays on the register (dormant) until a
yearly report or the owner strikes it off, so registered survival runs above operating survival.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.hiring import lay_off
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    book,
    cents,
    enter,
    job_pay,
    knows,
    shift_peers,
)
from returnee.simulation.state.channels import SERVICES
from returnee.simulation.state.draws import D_CLOSE, draws
from returnee.simulation.state.money import fen, pay, pay_loan, receive
from returnee.simulation.state.programmes import G_GUARANTEE, POT_FUND, R_EXIT, R_INTEREST
from returnee.simulation.state.providers import FUND
from returnee.simulation.state.queues import withdraw_file

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


REPORT_MONTH = 6  # yearly reports are due by the end of June
MONTHS_TO_OPEN = 18  # a firm not opened by then never opens (assumed)
OUTLOOK_MONTHS = 3  # an owner takes stock of the outlook every three months


@kernel
def alternative(c: County, worker: np.record):
    """Income that an owner could have otherwise at home: a job, if one can be found, or farming."""
    town = c.towns[worker.township]
    return max(town.wage * town.job_chance, c.facts.work_farm_income)


@kernel
def repay_from_savings(c: County, f: int, i: int, kept: float):
    """Pay the loan of firm `f` from the savings of worker `i`, of which `kept` yuan are left."""
    worker = c.workers[i]
    worker.savings -= pay_loan(c, f, worker.savings - kept, r.T_REPAID_FROM_SAVINGS)


@kernel
def repay_from_all(c: County, f: int):
    """Pay the loan from cash, the owner's savings and the guarantor's, as far as they go."""
    firm = c.firms[f]
    firm.cash -= pay_loan(c, f, firm.cash, r.T_REPAID_BY_FIRMS)
    repay_from_savings(c, f, firm.owner, 0.0)
    if firm.guarantor >= 0:
        repay_from_savings(c, f, firm.guarantor, 0.0)
    if firm.loan > 0:
        repay_from_household(c, f)
    if firm.loan > 0:
        firm.loan_stage = r.OVERDUE
        firm.loan_due = min(int(firm.loan_due), int(c.clock.month))


@kernel
def repay_from_household(c: County, f: int):
    """The owner's household adds its savings above the buffer."""
    firm, buffer = c.firms[f], c.behaviour.money_buffer
    i = firm.owner
    for k in range(c.indptr[i], c.indptr[i + 1]):
        j = c.ties[k]
        if c.workers[j].household == c.workers[i].household and firm.loan > 0:
            repay_from_savings(c, f, j, buffer)


@kernel
def wage_of(c: County, i: int):
    """Monthly pay of worker `i` from a job, here or away, yuan."""
    worker = c.workers[i]
    if worker.state == r.AWAY:
        return worker.wage
    if worker.state == r.EMPLOYED:
        return job_pay(c, worker)
    if worker.state == r.RETIRED or worker.state == r.OWNER:
        return 0.0
    return c.facts.work_farm_income


@kernel
def stop(c: County, f: int, reason: int):
    """Firm `f` stops: staff go, capital is sold, the loan is paid as far as the money goes.

    Bills that the till cannot pay after that are lost to those who wrote them.
    """
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    i = firm.owner
    worker = c.workers[i]
    while firm.employees > 0:
        lay_off(c, f)
    if firm.good == 1:
        firm.good = 0
        shift_peers(c, i, r.P_GOOD, -1)
    withdraw_file(firm)
    firm.phase = r.DORMANT
    firm.stopped = clock.month
    firm.stop_reason = reason
    firm.venue = r.OWN
    sell_capital(c, f, behaviour.closing_salvage)
    if firm.owed > 0 and receive(c, f, R_INTEREST, firm.owed):
        firm.cash += firm.owed / 100.0
        firm.owed = 0
    if firm.loan > 0:
        repay_from_all(c, f)
    compensate_exit(c, f)
    empty_till(c, f)
    worker.firm = -1
    count_stop(c, worker, reason)


@kernel
def count_stop(c: County, worker: np.record, reason: int):
    """Count a stop by its reason; only who ran out of money has failed, others chose to stop."""
    month = c.now
    month.stops += 1
    if reason == r.STOP_FAILED:
        worker.failed = min(int(worker.failed) + 1, 15)
        month.stops_failed += 1
    elif reason == r.STOP_GAVE_UP:
        month.stops_gave_up += 1
    elif reason == r.STOP_RETIRED:
        month.stops_retired += 1


@kernel
def sell_capital(c: County, f: int, share: float):
    """The capital of firm `f` is sold for a share of what it is worth."""
    firm = c.firms[f]
    sold = cents(share * firm.capital)
    firm.cash += sold
    firm.capital = 0.0
    book(c, r.T_SALVAGE, sold)


@kernel
def empty_till(c: County, f: int):
    """What is left in the till of firm `f` goes to the owner; what is missing is left unpaid."""
    firm = c.firms[f]
    if firm.cash >= 0.0:
        c.workers[firm.owner].savings += firm.cash
        book(c, r.T_WITHDRAWAL, firm.cash)
    else:
        book(c, r.T_BILLS, -firm.cash)
    firm.cash = 0.0


@kernel
def compensate_exit(c: County, f: int):
    """Compensation for an owner who knows of it and stops after one to three years.

    At most half of the taxes paid (P071); the years are assumed.
    """
    firm, policy = c.firms[f], c.policy
    age = c.clock.month - firm.opened
    if not 12 <= age <= 36 or not knows(c.workers[firm.owner], SERVICES):
        return
    amount = fen(min(policy.finance_exit_compensation, 0.5 * firm.taxes))
    if amount > 0 and receive(c, f, R_EXIT, amount):
        firm.cash += amount / 100.0
        c.clock.transfers += amount


@kernel
def reason_to_stop(c: County, f: int):
    """Why an open firm stops this month, `records.NO_STOP` if it does not."""
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    age = clock.month - firm.opened
    if firm.cash < 0.0:
        hopeful = firm.outlook > alternative(c, c.workers[firm.owner]) * math.exp(
            -behaviour.closing_outlook_margin
        )
        if hopeful:
            owner = c.workers[firm.owner]
            covered = cents(max(min(owner.savings, 1.0 - firm.cash), 0.0))
            owner.savings -= covered
            firm.cash += covered
            book(c, r.T_COVER, covered)
        if firm.cash < 0.0:
            return r.STOP_FAILED
    if age > 0 and age % OUTLOOK_MONTHS == 0:
        other = alternative(c, c.workers[firm.owner]) * math.exp(-behaviour.closing_outlook_margin)
        if firm.outlook < other:
            return r.STOP_GAVE_UP
    return r.NO_STOP


@kernel
def meet_due_date(c: County, f: int):
    """The principal is due at the end of the term: from cash, savings, guarantor; else overdue."""
    firm = c.firms[f]
    if firm.loan > 0 and firm.loan_stage != r.OVERDUE and firm.loan_due <= c.clock.month:
        repay_from_all(c, f)


@kernel
def pay_off(c: County, f: int):
    """An overdue loan is paid from income; after some months the fund pays the bank instead.

    A bank waits as long as the firm is open and pays.
    """
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    if firm.phase == r.OPEN:
        part = max(behaviour.closing_debt_share * firm.income, 0.5 * firm.cash)
        firm.cash -= pay_loan(c, f, part, r.T_REPAID_BY_FIRMS)
    else:
        part = wage_of(c, firm.owner)
        if firm.guarantor >= 0:
            part += wage_of(c, firm.guarantor)
        pay_loan(c, f, behaviour.closing_debt_share * part, r.T_REPAID_FROM_WAGES)
    if (
        firm.loan > 0
        and firm.phase != r.OPEN
        and clock.month - firm.loan_due >= behaviour.closing_grace
    ):
        default(c, f)


@kernel
def default(c: County, f: int):
    """The fund pays its share of what is left to the bank; the bank writes off the rest."""
    firm, clock, month = c.firms[f], c.clock, c.now
    left = firm.loan
    part = min(int(c.facts.firms_fund_share * left), c.pots[POT_FUND, 0])
    pay(c, G_GUARANTEE, part)
    book(c, r.T_COMPENSATION, part / 100.0)
    c.services[FUND].spent += part
    clock.compensated += part
    clock.compensated_year += part
    clock.written_off += left - part
    clock.outstanding -= left
    firm.loan = 0
    firm.loan_stage = r.COMPENSATED
    month.loans_defaulted += left / 100.0
    month.loans_compensated += part / 100.0
    month.loans_written_off += (left - part) / 100.0


@kernel
def is_struck_off(c: County, f: int):
    """Whether a dormant firm leaves the register this month."""
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    u, v, _, _ = draws(clock, D_CLOSE, clock.month, firm.id >> 4, int(firm.attempt))
    if u < behaviour.closing_owner_strikes:
        return True
    report = (clock.month - 1) % 12 + 1 == REPORT_MONTH
    dormant = clock.month - firm.stopped >= behaviour.closing_dormant_months
    return report and dormant and v < behaviour.closing_strike_off


@kernel
def strike_off(c: County, f: int):
    """Firm `f` leaves the register."""
    firm = c.firms[f]
    firm.phase = r.CLOSED
    firm.closed = c.clock.month
    c.markets[firm.sector].firms -= 1
    c.now.closings += 1


@kernel
def never_open(c: County, f: int):
    """A firm that was never opened lies dormant; what is left of the money pays the loan."""
    firm = c.firms[f]
    i = firm.owner
    firm.phase = r.DORMANT
    firm.stopped = c.clock.month
    firm.stop_reason = r.STOP_NEVER_OPENED
    c.now.never_opened += 1
    firm.venue = r.OWN
    sell_capital(c, f, 1.0)
    if firm.loan > 0:
        repay_from_all(c, f)
    empty_till(c, f)
    c.workers[i].firm = -1


@kernel
def close_firms(c: County):
    """Step 8 of the month."""
    clock, left = c.clock, 0
    n = clock.active
    for k in range(n):
        f = c.active[k]
        firm = c.firms[f]
        meet_due_date(c, f)
        reason = reason_to_stop(c, f) if firm.phase == r.OPEN else r.NO_STOP
        if reason != r.NO_STOP:
            owner = firm.owner
            stop(c, f, reason)
            enter(c, owner, r.SEEKING)
            c.due[owner] = clock.month + 1
        elif firm.phase == r.REGISTERED and clock.month - firm.registered >= MONTHS_TO_OPEN:
            owner = firm.owner
            never_open(c, f)
            enter(c, owner, r.SEEKING)
            c.due[owner] = clock.month + 1
        if firm.loan_stage == r.OVERDUE:
            pay_off(c, f)
        if firm.phase == r.DORMANT and is_struck_off(c, f):
            strike_off(c, f)
    for k in range(n):
        f = c.active[k]
        firm = c.firms[f]
        if (firm.phase != r.CLOSED and firm.phase != r.ABANDONED) or firm.loan > 0:
            c.active[left] = f
            left += 1
    clock.active = left
