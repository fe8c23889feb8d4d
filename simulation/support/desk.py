"""The service desk and the guaranteed loan (创业担保贷款).

A loan file waits for the desk, takes working days there, and is decided. The bank goes by what it can see
of the project: it lends as much as the income that follows from the signals it has can serve. The principal
is limited by the cap (which rises with the jobs planned, P013, P161), by what can be had without a
counter-guarantee where no guarantor is found (P015, BH033), by the fund times its leverage, and by banks
that have withdrawn (P046, BH048). Whoever waits may give up (BH032). A young firm that is smaller than its owner
wanted may ask once it is open, too, as far as more capital pays.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import (
    capital_missing,
    commercial_in_sight,
    cost_of_applying,
    gain_of_capital,
    is_bankable,
    may_apply,
    project_income,
    put_into_firm,
)
from returnee.simulation.firms.founding import apply_for_loan
from returnee.simulation.firms.loans import borrowers_rate, guaranteed_service, loan_rate
from returnee.simulation.firms.projects import PLAN, drops_out, estimate, seen_by_bank
from returnee.simulation.firms.ventures import venture_income
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, knows
from returnee.simulation.state.channels import FINANCE, SERVICES
from returnee.simulation.state.draws import (
    D_GUARANTOR,
    D_QUEUE,
    I_DAYS,
    I_DESK,
    I_GIVE_UP,
    draws,
)
from returnee.simulation.state.programmes import POT_FUND
from returnee.simulation.state.providers import FUND, HALL, MAX_POSTS, POSTS
from returnee.simulation.state.queues import (
    desk_days,
    has_post,
    is_in_training,
    waits_at_desk,
    withdraw_file,
)
from returnee.simulation.support.linkage import refer
from returnee.simulation.support.targeting import weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


WORKING_DAYS = 21.75  # a month
SEARCH_STEPS = 40  # find a sum to the yuan


@kernel
def cap_for(jobs: float, policy: np.record):
    """Largest principal for the number of jobs planned, yuan."""
    cap = policy.finance_loan_cap
    if jobs < policy.finance_second_jobs:
        return policy.finance_first_step * cap
    if jobs < policy.finance_full_jobs:
        return policy.finance_second_step * cap
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
def loan_that_pays(c: County, f: int):
    """Guaranteed loan that an open firm would ask for: capital it lacks, if more pays; yuan.

    More pays while its marginal return exceeds interest and depreciation, by what applying costs, and by
    what a bank's own loan would earn instead.
    """
    firm, behaviour = c.firms[f], c.behaviour
    missing = capital_missing(c, f)
    if missing < behaviour.money_smallest_loan:
        return 0.0
    gain = gain_of_capital(c, f, borrowers_rate(c)) * missing
    cost = 0.0
    if behaviour.structure_credit_market:
        cost = cost_of_applying(c, c.workers[firm.owner])
        if c.clock.month - firm.opened >= behaviour.money_commercial_age:
            other = commercial_in_sight(c, f)
            gain -= gain_of_capital(c, f, behaviour.money_commercial_rate) * other
    return missing if gain * behaviour.money_payback_months / 12.0 > cost else 0.0


@kernel
def owner_may_apply(c: County, f: int):
    """Whether the owner of an open firm may ask for a loan, or for more of the one there is."""
    firm = c.firms[f]
    owner = c.workers[firm.owner]
    if firm.commercial > 0:
        return False
    if firm.loan > 0:
        return knows(owner, FINANCE) and is_bankable(c, owner)
    return may_apply(c, owner)


@kernel
def may_ask(c: County, firm: np.record):
    """Whether an open firm takes up the question of a loan this month.

    One without a loan does so once a year while it is young; one that never asked, or whose loan was
    cut or refused for want of a guarantor, as soon as a gate is open to it.
    """
    month = c.clock.month
    age = month - firm.opened
    young = 0 < age <= c.policy.finance_young_firm
    if firm.phase != r.OPEN or not young or waits_at_desk(firm):
        return False
    if firm.loan_month == r.NEVER and age % 12 == 0:
        return True
    if not gate_is_open(c, firm):
        return False
    if firm.loan_reason == r.NO_GUARANTOR and firm.loan_stage == r.GRANTED:
        return firm.loan_due - month > c.behaviour.money_term_left
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
        if may_ask(c, firm) and owner_may_apply(c, f):
            missing = loan_that_pays(c, f)
            if missing > 0.0:
                apply_for_loan(c, firm, missing)


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
    elif reason == r.NOT_APPROVED:
        month.refused_not_approved += 1
    if reason != r.GAVE_UP:
        c.services[FUND].refused += 1


@kernel
def left_over(c: County, f: int, log_productivity: float, principal: float):
    """Income of a project with a loan of `principal` yuan beyond the cover that banks ask for; yuan a month."""
    firm, behaviour = c.firms[f], c.behaviour
    added = (1.0 - behaviour.firm_cushion) * (firm.means + principal)
    income = project_income(c, f, log_productivity, firm.capital + added)
    service = guaranteed_service(c, firm.loan / 100.0 + principal, loan_rate(c))
    return income - behaviour.money_cover * service


@kernel
def loan_served(c: County, f: int, most: float):
    """Largest loan up to `most` yuan that a bank expects the project to serve; 0 below the least sum.

    It expects exp(m + s^2 / 2) of a log productivity that it sees as N(m, s^2), and asks that the income
    with that covers instalments and interest a number of times. Each yuan more earns less than the one
    before, so what is left over rises to a peak and falls: it is looked for beyond the peak.
    """
    least = c.behaviour.money_least_loan
    if most < least or not c.behaviour.structure_credit_market:
        return most if most >= least else 0.0
    mean, sd = estimate(c, f, seen_by_bank(c, c.firms[f]))
    seen = mean + 0.5 * sd * sd
    if left_over(c, f, seen, most) >= 0.0:
        return most
    low, high = least, most
    for _ in range(SEARCH_STEPS):
        third = (high - low) / 3.0
        if left_over(c, f, seen, low + third) < left_over(c, f, seen, high - third):
            low += third
        else:
            high -= third
    if left_over(c, f, seen, low) < 0.0:
        return 0.0
    high = most
    for _ in range(SEARCH_STEPS):
        middle = 0.5 * (low + high)
        if left_over(c, f, seen, middle) >= 0.0:
            low = middle
        else:
            high = middle
    return math.floor(low)


@kernel
def decide_loan(c: County, f: int):
    """Decide the loan file `f`: the bank lends what the cap, the fund and the project allow of it."""
    firm, clock, policy = c.firms[f], c.clock, c.policy
    i, least = firm.owner, c.behaviour.money_least_loan
    if clock.withdrawn == 1:
        refuse(c, f, r.BANKS_WITHDRAWN)
        return
    room = (c.pots[POT_FUND, 0] * policy.finance_leverage - clock.outstanding) / 100.0
    if room < least:
        refuse(c, f, r.FUND_EXHAUSTED)
        return
    _, persons = venture_income(c, c.workers[i], firm.sector, firm.capital_wanted)
    had = firm.loan / 100.0
    most = min(firm.loan_wanted / 100.0, cap_for(persons - 1.0, policy) - had, room)
    principal = loan_served(c, f, most)
    if principal <= 0.0:
        refuse(c, f, r.NOT_APPROVED)
        return
    firm.loan_reason = r.NOT_APPROVED if principal < most else r.NO_REASON
    if needs_guarantor(c, firm, had + principal) and firm.guarantor < 0:
        firm.guarantor = find_guarantor(c, i, int(firm.attempt))
        if firm.guarantor < 0:
            firm.loan_reason = r.NO_GUARANTOR
            principal = loan_served(c, f, policy.finance_counter_guarantee_waiver - had)
            if principal <= 0.0:
                refuse(c, f, r.NO_GUARANTOR)
                return
            c.now.refused_no_guarantor += 1
    grant_loan(c, f, int(100.0 * math.floor(principal)))
    refer(c, i, FINANCE)


@kernel
def grant_loan(c: County, f: int, amount: int):
    """A loan of `amount` fen is granted to file `f`, or the one it has is raised by as much."""
    firm, clock, policy, month = c.firms[f], c.clock, c.policy, c.now
    if firm.loan == 0:
        firm.loan_rate = loan_rate(c)
        firm.loan_month = clock.month
        firm.loan_due = clock.month + policy.finance_loan_months
        firm.renewals = 0
        owner = c.workers[firm.owner]
        owner.loans_had = min(int(owner.loans_had) + 1, 255)
        month.loans_number += 1
        month.desk_wait += clock.month - firm.desk_since
        c.services[FUND].served += 1
    firm.loan += amount
    firm.loan_base = firm.loan
    firm.loan_start = clock.month  # what is left is repaid from here on
    firm.loan_granted += amount
    firm.loan_stage = r.GRANTED
    book(c, r.T_LOANS, amount / 100.0)
    if firm.phase == r.OPEN:
        put_into_firm(c, f, amount / 100.0)
    else:
        firm.means += amount / 100.0
    clock.outstanding += amount
    clock.granted += amount
    month.loans_granted += amount / 100.0


@kernel
def chance_of_giving_up(c: County, f: int):
    """Chance a month that the founder of file `f` gives up waiting at the desk; less near a post."""
    chance = c.behaviour.money_giveup
    if has_post(c, int(c.firms[f].township)):
        chance *= c.behaviour.money_near_post
    return chance


@kernel
def gives_up(c: County, f: int):
    """Whether a founder who waits at the desk gives up this month."""
    firm, clock = c.firms[f], c.clock
    u, _, _, _ = draws(clock, D_QUEUE, clock.month, c.workers[firm.owner].id, I_GIVE_UP)
    return u < chance_of_giving_up(c, f)


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
        refer(c, c.firms[f].owner, SERVICES)
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
