"""From the plan to the opened firm: sector, money, registration.

A founder first uses own savings, then what family and friends give, then a guaranteed loan if one is in
sight, and borrows what is still wanting from a tie. Who counted on a loan and is refused goes on smaller, or
gives up. A registered firm opens at once or some months later (BH077, BH078).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import (
    borrow_from_tie,
    credit_in_sight,
    means_in_sight,
    money_of_ties,
    take_gifts,
)
from returnee.simulation.firms.hiring import leave_employer
from returnee.simulation.firms.markets import finds_site
from returnee.simulation.firms.projects import FUNDED, OPENED, drops_out, recall_course
from returnee.simulation.firms.trading import expected_income
from returnee.simulation.firms.ventures import (
    LEAST_INCOME,
    first_customers,
    known_productivity,
    optimism_of,
    venture_income,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    book,
    cents,
    enter,
    knows,
    learn,
)
from returnee.simulation.state.channels import (
    INCUBATION,
    N_CHANNELS,
    SERVICES,
    TRAINING,
    is_offered,
)
from returnee.simulation.state.draws import (
    CHANNELS_MOST,
    D_FIRM,
    D_FOUNDING,
    D_VENTURE,
    I_ASKS,
    I_REGISTER,
    I_TOLD,
    I_TOLD_FIFTH,
    I_TOLD_FURTHER,
    draws,
    normal,
)
from returnee.simulation.state.money import fen, pay_loan
from returnee.simulation.state.queues import (
    enter_training_queue,
    is_in_training,
    waits_at_desk,
    withdraw_file,
)

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


MAX_ATTEMPTS = 15


@kernel
def choose_sector(c: County, i: int, attempt: int, means: float):
    """Sector with the highest expected income, and a personal taste."""
    worker, clock = c.workers[i], c.clock
    best, best_value = 0, -1e30
    for s in range(len(c.markets)):
        u, _, _, _ = draws(clock, D_VENTURE, 0, worker.id, attempt * 16 + s)
        income, _ = venture_income(c, worker, s, means)
        value = (
            math.log(max(income, LEAST_INCOME))
            + c.behaviour.firm_taste * normal(u)
            + c.markets[s].appeal
            + c.markets[s].site_worth
        )
        if value > best_value:
            best, best_value = s, value
    return best


@kernel
def start_money(market: np.record, behaviour: np.record, u: float):
    """Money wanted for a start, whole yuan: lognormal capital (BH039, BH042), and the cushion."""
    capital = market.capital_median * math.exp(market.capital_sigma * normal(u))
    return math.floor(capital / (1.0 - behaviour.firm_cushion))


@kernel
def plan_of(c: County, i: int, means: float):
    """Sector and money wanted, yuan, of what worker `i` would found with `means` in sight."""
    worker, behaviour = c.workers[i], c.behaviour
    attempt = int(worker.attempts)
    best = c.markets[c.towns[worker.township].best]
    sector = choose_sector(
        c, i, attempt, max(means, behaviour.money_minimum_start * best.capital_median)
    )
    u, _, _, _ = draws(c.clock, D_FIRM, 0, worker.id, attempt)
    return sector, start_money(c.markets[sector], behaviour, u)


@kernel
def new_file(c: County, i: int, sector: int):
    """A venture file for worker `i`: its row, its id bound to founder and attempt."""
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    f = clock.firms
    clock.firms += 1
    c.active[clock.active] = f
    clock.active += 1
    firm = c.firms[f]
    attempt = int(worker.attempts)
    u, v, _, _ = draws(clock, D_FIRM, 0, worker.id, attempt)
    market = c.markets[sector]
    firm.id = int(worker.id) * 16 + attempt
    firm.owner, firm.attempt = i, attempt
    firm.sector, firm.township = sector, worker.township
    firm.returnee = worker.ever_away
    firm.planned = clock.month
    firm.head, firm.guarantor, firm.lender = -1, -1, -1
    firm.capital_wanted = start_money(market, behaviour, u)
    firm.luck = behaviour.firm_luck_sd * normal(v)
    firm.known = known_productivity(worker, behaviour)
    firm.belief = optimism_of(worker, behaviour)
    firm.variance = behaviour.firm_luck_sd**2
    firm.customers = first_customers(behaviour)
    clear_months(firm)
    worker.attempts = min(attempt + 1, MAX_ATTEMPTS)
    return f


@kernel
def clear_months(firm: np.record):
    """No date of a new file has come yet."""
    firm.registered = r.NEVER
    firm.opened = r.NEVER
    firm.stopped = r.NEVER
    firm.closed = r.NEVER
    firm.loan_month = r.NEVER
    firm.loan_due = r.NEVER
    firm.loan_start = r.NEVER
    firm.desk_since = r.NEVER
    firm.desk_done = r.NEVER
    firm.incubation_since = r.NEVER
    firm.incubator_until = r.NEVER
    firm.mentor_since = r.NEVER
    firm.mentor_until = r.NEVER


@kernel
def begin_venture(c: County, i: int):
    """Worker `i` begins to prepare a firm, if the money in sight allows a start at all."""
    worker, behaviour = c.workers[i], c.behaviour
    attempt = int(worker.attempts)
    if attempt >= MAX_ATTEMPTS or c.clock.firms >= len(c.firms):
        return
    sector, wanted = plan_of(c, i, means_in_sight(c, worker))
    market = c.markets[sector]
    own = cents(min(max(worker.savings - behaviour.money_buffer, 0.0), wanted))
    given, lent, _ = money_of_ties(c, i, attempt, wanted - own)
    credit = credit_in_sight(c, worker, sector, own + given, wanted, lent)
    if own + given + credit + lent < behaviour.money_minimum_start * wanted:
        return
    take_gifts(c, i, attempt, given)
    f = new_file(c, i, sector)
    firm = c.firms[f]
    worker.savings -= own
    firm.means = own + given
    book(c, r.T_INVESTMENT, firm.means)
    if worker.state == r.EMPLOYED:
        leave_employer(c, i)
    enter(c, i, r.FOUNDING)
    worker.firm = f
    recall_course(c, f)
    c.now.plans += 1
    u, _, _, _ = draws(c.clock, D_FOUNDING, 0, worker.id, I_ASKS + attempt)
    if u < behaviour.support_ask_founder and knows(worker, TRAINING):
        enter_training_queue(c, i)
    if knows(worker, INCUBATION) and market.needs_site == 0:
        firm.incubation_since = c.clock.month
    shortfall = wanted - firm.means
    if credit > 0.0 and shortfall >= behaviour.money_smallest_loan:
        apply_for_loan(c, firm, shortfall)


@kernel
def apply_for_loan(c: County, firm: np.record, yuan: float):
    """A file for a guaranteed loan of `yuan` goes to the desk."""
    firm.loan_stage = r.AT_DESK
    firm.loan_wanted = fen(yuan)
    firm.desk_since = c.clock.month
    c.now.loans_asked += 1


@kernel
def give_up(c: County, f: int):
    """The founder of file `f` gives up: a loan is repaid at once, the rest of the money comes back."""
    firm = c.firms[f]
    i = firm.owner
    worker = c.workers[i]
    withdraw_file(firm)
    firm.phase = r.ABANDONED
    firm.closed = c.clock.month
    firm.means -= pay_loan(c, f, firm.means, r.T_REPAID_BY_FIRMS)
    worker.savings += firm.means
    book(c, r.T_WITHDRAWAL, firm.means)
    firm.means = 0.0
    worker.firm = -1
    c.now.giveups += 1
    enter(c, i, r.SEEKING)
    c.due[i] = c.clock.month + 1


@kernel
def register(c: County, f: int):
    """File `f` becomes a registered firm, with capital and a cushion of cash, or is given up."""
    firm, behaviour, clock = c.firms[f], c.behaviour, c.clock
    borrow_from_tie(c, f)
    if firm.means < behaviour.money_minimum_start * firm.capital_wanted:
        give_up(c, f)
        return
    worker = c.workers[firm.owner]
    firm.phase = r.REGISTERED
    firm.registered = clock.month
    firm.cash = math.floor(firm.means * behaviour.firm_cushion)
    firm.capital = cents(firm.means - firm.cash)
    book(c, r.T_EQUIPMENT, firm.capital)
    firm.means = 0.0
    firm.company = 1 if firm.capital >= c.facts.firms_company_capital else 0
    firm.known = known_productivity(worker, behaviour)
    c.markets[firm.sector].firms += 1
    worker.founded = min(int(worker.founded) + 1, 15)
    month = c.now
    month.registrations += 1
    if firm.returnee == 1:
        month.returnee_registrations += 1
    tell(c, firm.owner, int(firm.attempt))
    u, v, _, _ = draws(clock, D_FOUNDING, 0, worker.id, I_REGISTER + int(firm.attempt))
    firm.tax_eligible = 1 if v < c.policy.finance_tax_reach else 0
    if u < behaviour.firm_open_at_once:
        open_firm(c, f)


@kernel
def tell(c: County, i: int, attempt: int):
    """At registration a founder may be told of the channels of support that are offered."""
    worker, clock, chance = c.workers[i], c.clock, c.behaviour.information_told_at_desk
    a, b, d, e = draws(clock, D_FOUNDING, 0, worker.id, I_TOLD + attempt)
    g, _, _, _ = draws(clock, D_FOUNDING, 0, worker.id, I_TOLD_FIFTH + attempt)
    luck = a, b, d, e, g
    for channel in range(N_CHANNELS):
        if channel < len(luck):
            u = luck[channel]
        else:
            item = I_TOLD_FURTHER + attempt * CHANNELS_MOST + channel
            u, _, _, _ = draws(clock, D_FOUNDING, 0, worker.id, item)
        if u < chance and is_offered(channel, c.policy):
            learn(c, i, channel)


@kernel
def open_firm(c: County, f: int):
    """A registered firm opens; the founder is its owner, and expects an income from it."""
    firm, clock = c.firms[f], c.clock
    firm.phase = r.OPEN
    firm.opened = clock.month
    firm.known = known_productivity(c.workers[firm.owner], c.behaviour)
    firm.income = expected_income(c, f)
    enter(c, firm.owner, r.OWNER)
    c.now.openings += 1
    firm.left_support = 1 if drops_out(c, f, OPENED) else 0
    if knows(c.workers[firm.owner], SERVICES) and firm.left_support == 0:
        firm.mentor_since = clock.month


@kernel
def prepare(c: County):
    """Founders without a loan file register, once they have a site; registered firms open."""
    clock, behaviour = c.clock, c.behaviour
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        if firm.phase == r.PLANNED:
            ready = not waits_at_desk(firm) and not is_in_training(c, firm)
            if ready and firm.planned < clock.month:
                if not finds_site(c, firm):
                    if clock.month - firm.planned >= behaviour.firm_site_patience:
                        give_up(c, f)
                elif firm.loan > 0 and drops_out(c, f, FUNDED):
                    give_up(c, f)
                else:
                    register(c, f)
        elif firm.phase == r.REGISTERED:
            item = I_REGISTER + int(firm.attempt)
            u, _, _, _ = draws(clock, D_FOUNDING, clock.month, firm.id >> 4, item)
            if firm.registered < clock.month and u < behaviour.firm_opening_rate:
                open_firm(c, f)
