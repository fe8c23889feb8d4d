"""Closing: insolvency, outlook, dormancy, and striking off.

A firm stops when its cash is gone and the owner cannot or will not add to it, or when the income the
owner expects falls below the alternatives. A stopped firm stays on the register (dormant) until a
yearly report or the owner strikes it off, so registered survival runs above operating survival.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import income_without
from returnee.simulation.firms.hiring import lay_off
from returnee.simulation.firms.loans import pay_off, service_debts, settle_debts
from returnee.simulation.firms.ventures import LEAST_INCOME, log_city_option, shock_factor
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    book,
    cents,
    enter,
    go_away,
    knows,
)
from returnee.simulation.state.channels import SERVICES
from returnee.simulation.state.draws import D_CLOSE, draws
from returnee.simulation.state.money import fen, receive, scaled
from returnee.simulation.state.programmes import R_EXIT, R_INTEREST
from returnee.simulation.state.queues import withdraw_file

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def income_in_city(c: County, worker: np.record):
    """Income at home that would be worth the city wage: the wage less what being home is worth."""
    hiring = shock_factor(c.facts, c.clock.month, 1.0 - c.facts.shock_city_loss)
    return min(hiring * c.others.city_jobs, 1.0) * math.exp(log_city_option(c, worker))


@kernel
def alternative(c: County, worker: np.record):
    """Income of the best that an owner could do otherwise, at home or in the city."""
    return max(income_without(c, worker), income_in_city(c, worker))


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
    firm.good = 0
    withdraw_file(firm)
    firm.phase = r.DORMANT
    firm.stopped = clock.month
    firm.stop_reason = reason
    firm.venue = r.OWN
    sell_capital(c, f, behaviour.closing_salvage)
    if firm.owed > 0 and receive(c, f, R_INTEREST, firm.owed):
        firm.cash += firm.owed / 100.0
        firm.owed = 0
    settle_debts(c, f)
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
def move_on(c: County, i: int, reason: int):
    """Worker `i` had to stop, or gave up for something better: work at home, or in the city."""
    worker, month = c.workers[i], c.clock.month
    if reason == r.STOP_GAVE_UP and income_in_city(c, worker) > income_without(c, worker):
        go_away(c, i)
        c.due[i] = month + 12
    else:
        enter(c, i, r.SEEKING)
        c.due[i] = month + 1


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
    """Compensation for an owner who knows of it and stops within the years after registering (P071)."""
    firm, policy = c.firms[f], c.policy
    age = c.clock.month - firm.registered
    if age > 12 * policy.finance_years or not knows(c.workers[firm.owner], SERVICES):
        return
    share = policy.finance_exit_tax_share
    amount = fen(scaled(c, min(policy.finance_exit_compensation, share * firm.taxes)))
    if amount > 0 and receive(c, f, R_EXIT, amount):
        firm.cash += amount / 100.0
        c.clock.transfers += amount


@kernel
def least_to_go_on(c: County, f: int, other: float):
    """Income for which the owner of firm `f` goes on, where the best alternative brings `other`."""
    return other * math.exp(c.firms[f].accepted - c.behaviour.closing_outlook_margin)


@kernel
def least_outlook(c: County, f: int):
    """Income below which the owner of firm `f` would rather do something else.

    Who opened a firm that promised less than the alternative values owning it by so much: the firm is
    given up when it turns out worse than that, not for what was known when it was opened.
    """
    firm = c.firms[f]
    other = alternative(c, c.workers[firm.owner])
    if firm.opened == c.clock.month:
        promised = math.log(max(firm.outlook, LEAST_INCOME) / max(other, LEAST_INCOME))
        firm.accepted = min(promised, 0.0)
    return least_to_go_on(c, f, other)


@kernel
def reason_to_stop(c: County, f: int):
    """Why an open firm stops this month, `records.NO_STOP` if it does not."""
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    age = clock.month - firm.opened
    looks = age % behaviour.closing_outlook_months == 0
    if firm.cash >= 0.0 and not looks:
        return r.NO_STOP
    least = least_outlook(c, f)
    if firm.cash < 0.0:
        if firm.outlook > least:
            owner = c.workers[firm.owner]
            covered = cents(max(min(owner.savings, 1.0 - firm.cash), 0.0))
            owner.savings -= covered
            firm.cash += covered
            book(c, r.T_COVER, covered)
        if firm.cash < 0.0:
            return r.STOP_FAILED
    if age > 0 and looks and firm.outlook < least:
        return r.STOP_GAVE_UP
    return r.NO_STOP


@kernel
def is_struck_off(c: County, f: int):
    """Whether a dormant firm leaves the register this month."""
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    u, v, _, _ = draws(clock, D_CLOSE, clock.month, firm.id >> 4, int(firm.attempt))
    if u < behaviour.closing_owner_strikes:
        return True
    report = (clock.month - 1) % 12 + 1 == behaviour.closing_report_month
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
    settle_debts(c, f)
    empty_till(c, f)
    c.workers[i].firm = -1


@kernel
def close_firms(c: County):
    """Step 8 of the month."""
    clock, left, months_to_open = c.clock, 0, c.behaviour.closing_months_to_open
    n = clock.active
    for k in range(n):
        f = c.active[k]
        firm = c.firms[f]
        service_debts(c, f)
        reason = reason_to_stop(c, f) if firm.phase == r.OPEN else r.NO_STOP
        if reason != r.NO_STOP:
            owner = firm.owner
            stop(c, f, reason)
            move_on(c, owner, reason)
        elif firm.phase == r.REGISTERED and clock.month - firm.registered >= months_to_open:
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
        ended = firm.phase == r.CLOSED or firm.phase == r.ABANDONED
        if not ended or firm.loan > 0 or firm.owed > 0:
            c.active[left] = f
            left += 1
    clock.active = left
