"""The service desk and the guaranteed loan (创业担保贷款).

A loan file waits for the desk, takes working days there, and is decided: the principal is limited
by the cap (which rises with the jobs planned, P013), by what can be had without a counter-guarantee
where no guarantor is found (P015, BH033), by the fund times its leverage, and by banks that have
withdrawn (P046, BH048). Whoever waits may give up (BH032). A young firm that is smaller than its owner
wanted may ask once it is open, too, as far as more capital pays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.trading import expected_value
from returnee.simulation.firms.ventures import venture_income
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, knows
from returnee.simulation.state.channels import FINANCE, SERVICES
from returnee.simulation.state.draws import (
    D_GUARANTOR,
    D_QUEUE,
    I_DAYS,
    I_DESK,
    I_GIVE_UP,
    draws,
)
from returnee.simulation.state.money import fen
from returnee.simulation.state.programmes import POT_FUND
from returnee.simulation.state.providers import FUND, HALL, MAX_POSTS, POSTS
from returnee.simulation.state.queues import (
    SMALLEST_LOAN,
    is_in_training,
    waits_at_desk,
    withdraw_file,
)
from returnee.simulation.support.linkage import hand_on
from returnee.simulation.support.projects import PLAN, drops_out
from returnee.simulation.support.services import desk_days
from returnee.simulation.support.targeting import weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


WORKING_DAYS = 21.75  # a month
NEAR_POST = 0.7  # of the chance to give up, with a post in the township (assumed)
YOUNG_FIRM = 36  # months after opening up to which a firm may ask for the loan (assumed)
TERM_LEFT = 12  # months of the term that must be left for a loan to be raised (assumed)
FIRST_STEP, SECOND_STEP = 0.2, 0.6  # of the cap, below 2 and below 5 planned jobs (P013)


@kernel
def cap_for(jobs: float, cap: float):
    """Largest principal for the number of jobs planned, yuan."""
    if jobs < 2.0:
        return FIRST_STEP * cap
    if jobs < 5.0:
        return SECOND_STEP * cap
    return cap


@kernel
def find_guarantor(c: County, i: int, attempt: int):
    """Row of a tie who stands guarantor: someone at home with a wage job or a firm; -1: none."""
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    best, best_draw = -1, behaviour.money_guarantor_share
    for k in range(c.indptr[i], c.indptr[i + 1]):
        tie = c.workers[c.ties[k]]
        if tie.state == r.EMPLOYED or tie.state == r.OWNER:
            u, _, _, _ = draws(clock, D_GUARANTOR, attempt, worker.id, tie.id)
            if u < best_draw:
                best, best_draw = c.ties[k], u
    return best


@kernel
def gate_is_open(c: County, firm: np.record):
    """Whether a place in an incubator or a contest's prize stands in for a guarantor."""
    policy = c.policy
    if policy.linkage_incubator_waives_guarantee and firm.venue == r.INCUBATOR_PLACE:
        return True
    return policy.linkage_contest_opens_credit and firm.credit_line == 1


@kernel
def needs_guarantor(c: County, firm: np.record, principal: float):
    """Whether a counter-guarantee is asked for `principal` yuan, by the waiver and the gates."""
    if principal <= c.policy.finance_counter_guarantee_waiver:
        return False
    return not gate_is_open(c, firm)


@kernel
def loan_rate(c: County):
    """Interest of a loan granted now, a year."""
    return c.facts.firms_lpr + c.policy.finance_rate_spread / 10_000.0


@kernel
def capital_missing(c: County, f: int):
    """Capital that an open firm lacks for the start that was wanted, if more pays; yuan.

    More pays while its marginal return exceeds interest and depreciation.
    """
    firm, behaviour = c.firms[f], c.behaviour
    missing = (1.0 - behaviour.firm_cushion) * firm.capital_wanted - firm.capital
    if missing < SMALLEST_LOAN:
        return 0.0
    gain = c.markets[firm.sector].capital * expected_value(c, f) / max(firm.capital, 1000.0)
    yearly = loan_rate(c) + behaviour.firm_depreciation
    return missing if gain > yearly / 12.0 else 0.0


@kernel
def may_ask(c: County, firm: np.record):
    """Whether an open firm takes up the question of a loan this month.

    One without a loan does so once a year while it is young; one that never asked, or whose loan was
    cut or refused for want of a guarantor, as soon as a gate is open to it.
    """
    month = c.clock.month
    age = month - firm.opened
    if firm.phase != r.OPEN or not 0 < age <= YOUNG_FIRM or waits_at_desk(firm):
        return False
    if firm.loan_month == r.NEVER and age % 12 == 0:
        return True
    if not gate_is_open(c, firm):
        return False
    if firm.loan_reason == r.NO_GUARANTOR and firm.loan_stage == r.GRANTED:
        return firm.loan_due - month > TERM_LEFT
    return firm.loan_stage == r.NO_LOAN or firm.loan_reason == r.NO_GUARANTOR


@kernel
def ask_while_open(c: County):
    """Open firms that know of loans, lack capital and may ask put a file before the desk."""
    clock = c.clock
    if c.policy.finance_guarantee_fund <= 0.0:
        return
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        if may_ask(c, firm) and knows(c.workers[firm.owner], FINANCE):
            missing = capital_missing(c, f)
            if missing > 0.0:
                firm.loan_stage = r.AT_DESK
                firm.loan_wanted = fen(missing)
                firm.desk_since = clock.month


@kernel
def refuse(c: County, f: int, reason: int):
    """The file ends without a loan; the founder goes on with own means, or not at all."""
    firm, month = c.firms[f], c.now
    withdraw_file(firm)
    firm.loan_reason = reason
    if reason == r.NO_GUARANTOR:
        month.refused_no_guarantor += 1
    elif reason == r.FUND_EXHAUSTED:
        month.refused_fund += 1
    elif reason == r.BANKS_WITHDRAWN:
        month.refused_banks += 1
    if reason != r.GAVE_UP:
        c.services[FUND].refused += 1


@kernel
def decide_loan(c: County, f: int):
    """Decide the loan file `f`."""
    firm, clock, policy = c.firms[f], c.clock, c.policy
    i = firm.owner
    if clock.withdrawn == 1:
        refuse(c, f, r.BANKS_WITHDRAWN)
        return
    _, persons = venture_income(c, c.workers[i], firm.sector, firm.capital_wanted)
    had = firm.loan / 100.0
    most = cap_for(persons - 1.0, policy.finance_loan_cap) - had
    principal = min(firm.loan_wanted / 100.0, most)
    firm.loan_reason = 0
    if needs_guarantor(c, firm, had + principal) and firm.guarantor < 0:
        firm.guarantor = find_guarantor(c, i, int(firm.attempt))
        if firm.guarantor < 0:
            firm.loan_reason = r.NO_GUARANTOR
            principal = policy.finance_counter_guarantee_waiver - had
            if principal <= 0.0:
                refuse(c, f, r.NO_GUARANTOR)
                return
            c.now.refused_no_guarantor += 1
    amount = fen(math.floor(principal))
    if clock.outstanding + amount > c.pots[POT_FUND, 0] * policy.finance_leverage:
        refuse(c, f, r.FUND_EXHAUSTED)
        return
    grant_loan(c, f, amount)
    hand_on(c, i, FINANCE)


@kernel
def grant_loan(c: County, f: int, amount: int):
    """A loan of `amount` fen is granted to file `f`, or the one it has is raised by as much."""
    firm, clock, policy, month = c.firms[f], c.clock, c.policy, c.now
    if firm.loan == 0:
        firm.loan_rate = loan_rate(c)
        firm.loan_month = clock.month
        firm.loan_due = clock.month + policy.finance_loan_months
        month.loans_number += 1
        month.desk_wait += clock.month - firm.desk_since
        c.services[FUND].served += 1
    firm.loan += amount
    firm.loan_granted += amount
    firm.loan_stage = r.GRANTED
    book(c, r.T_LOANS, amount / 100.0)
    if firm.phase == r.OPEN:
        kept = math.floor(amount / 100.0 * c.behaviour.firm_cushion)
        bought = cents(amount / 100.0 - kept)
        firm.cash += kept
        firm.capital += bought
        book(c, r.T_EQUIPMENT, bought)
    else:
        firm.means += amount / 100.0
    clock.outstanding += amount
    clock.granted += amount
    month.loans_granted += amount / 100.0


@kernel
def gives_up(c: County, f: int):
    """Whether a founder who waits at the desk gives up this month."""
    firm, clock = c.firms[f], c.clock
    u, _, _, _ = draws(clock, D_QUEUE, clock.month, c.workers[firm.owner].id, I_GIVE_UP)
    chance = c.behaviour.money_giveup
    for p in range(MAX_POSTS):
        post = c.services[POSTS + p]
        if post.funded > 0.0 and post.township == firm.township:
            chance *= NEAR_POST
            break
    return u < chance


@kernel
def months_in_process(c: County, f: int):
    """Whole months until a file taken up now is decided (working days, rounded by chance)."""
    firm, clock, policy, behaviour = c.firms[f], c.clock, c.policy, c.behaviour
    worker = c.workers[firm.owner]
    months = desk_days(c) / WORKING_DAYS
    by_certificate = policy.linkage_certificate_speeds_loan and worker.certificate != r.NEVER
    if by_certificate or worker.referred == 1:
        months *= behaviour.support_file_speed
    u, _, _, _ = draws(clock, D_QUEUE, clock.month, worker.id, I_DAYS)
    return int(months + u)


@kernel
def desk_rank(c: County, f: int):
    """Place of a file in the queue: months waited, weighted by target group."""
    firm, clock = c.firms[f], c.clock
    worker = c.workers[firm.owner]
    u, _, _, _ = draws(clock, D_QUEUE, clock.month, worker.id, I_DESK)
    weight = weight_of(worker, c.policy, c.towns[firm.township], clock.month)
    return (clock.month - firm.desk_since + u) * weight


@kernel
def handle_files(c: County):
    """The desk's month: founders give up, files are taken up by rank, and due ones are decided."""
    ask_while_open(c)
    clock, n = c.clock, 0
    files = np.empty(clock.active, np.int64)
    ranks = np.empty(clock.active)
    for k in range(clock.active):
        f = c.active[k]
        stage = c.firms[f].loan_stage
        if not waits_at_desk(c.firms[f]):
            continue
        if c.firms[f].phase == r.PLANNED and is_in_training(c, c.firms[f]):
            continue
        if gives_up(c, f):
            refuse(c, f, r.GAVE_UP)
        elif stage == r.AT_DESK:
            files[n], ranks[n] = f, -desk_rank(c, f)
            n += 1
    hall = c.services[HALL]
    for p in range(MAX_POSTS):
        hall.credit += c.services[POSTS + p].capacity
    hall.credit = min(hall.credit, 2.0 * n + 2.0)
    for k in np.argsort(ranks[:n]):
        if hall.credit < 1.0:
            break
        f = files[k]
        hall.credit -= 1.0
        hall.served += 1
        c.firms[f].loan_stage = r.IN_PROCESS
        hand_on(c, c.firms[f].owner, SERVICES)
        c.firms[f].desk_done = clock.month + months_in_process(c, f)
        hall.waited += clock.month - c.firms[f].desk_since
    decide_due(c)


@kernel
def decide_due(c: County):
    """Decide the files whose days are over, in the order in which they were begun."""
    clock, waiting = c.clock, 0
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        if firm.loan_stage == r.IN_PROCESS and firm.desk_done <= clock.month:
            if drops_out(c, f, PLAN):
                refuse(c, f, r.GAVE_UP)
            else:
                decide_loan(c, f)
        if waits_at_desk(firm):
            waiting += 1
    c.services[HALL].queue = waiting


@kernel
def banks_decide(c: County):
    """Banks withdraw when what the fund paid for them in a year is a large share of the loans."""
    clock, behaviour = c.clock, c.behaviour
    clock.compensated_year *= 11.0 / 12.0
    share = clock.compensated_year / max(clock.outstanding, 1)
    if clock.withdrawn == 0 and clock.outstanding > 0 and share > behaviour.closing_withdraw:
        clock.withdrawn = 1
    elif clock.withdrawn == 1 and share < behaviour.closing_come_back:
        clock.withdrawn = 0
