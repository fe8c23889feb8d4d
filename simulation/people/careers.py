"""Careers at home: taking stock of a job, beginning a venture, asking for training, leaving again.

A venture is begun at a review by someone with an idea in hand who intends to follow it up and has the
money (`ideas`), at home or on coming home.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.founding import begin_venture
from returnee.simulation.firms.hiring import leave_employer
from returnee.simulation.people.ideas import (
    OUT_OF_REACH,
    drop_idea,
    log_income_at_home,
    months_of_thought,
    think,
    venture_in_hand,
    will_to_found,
)
from returnee.simulation.people.information import apply_notes, take_stock
from returnee.simulation.people.returning import (
    come_home,
    home_pull,
    log_pay_while_looking,
    months_to_find,
    returns,
    settle_at_home,
    utility_of_city,
)
from returnee.simulation.people.reviews import list_due, schedule
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    age_of,
    enter,
    go_away,
    happens,
    knows,
    surely_above,
)
from returnee.simulation.state.channels import TRAINING
from returnee.simulation.state.draws import (
    BLOCK,
    D_HEAR,
    D_REVIEW,
    I_HEARD,
    I_IDEAS,
    ONLY,
    draw_each,
)
from returnee.simulation.state.queues import enter_training_queue
from returnee.simulation.state.visible import HOME, fetch_ties, look_around, share_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


# What a worker may decide at a review.
NOTHING, LOSE_JOB, FOUND, LEAVE, TO_FARM, TO_SEEK, RETURN, RETURN_TO_WAIT, RETURN_TO_FOUND = range(
    9
)
CODES = 16  # a decision is kept as row * CODES + code


@kernel
def hazard_of_leaving(c: County, i: int, share: float):
    """Hazard in half a year that worker `i`, at home, leaves for the city.

    Parameters
    ----------
    share : float
        Share of the ties at home.
    """
    return math.exp(min(score_of_leaving(c, c.workers[i], share), 3.0))


@kernel
def score_of_leaving(c: County, worker: np.record, share: float):
    """Log of that hazard."""
    behaviour, facts, month = c.behaviour, c.facts, c.clock.month
    city = utility_of_city(c, worker, 0)
    jobs = c.others.city_jobs
    usual = months_to_find(facts, behaviour, 0, 1.0)
    if (
        months_to_find(facts, behaviour, month, jobs) != usual
    ):  # the constant holds the usual search
        city += behaviour.returning_income_weight * (
            log_pay_while_looking(facts, behaviour, month, jobs)
            - log_pay_while_looking(facts, behaviour, 0, 1.0)
        )
    home = behaviour.returning_income_weight * log_income_at_home(c, worker)
    score = behaviour.careers_leave_constant + city - home
    score -= home_pull(worker, share, behaviour, month)
    score -= behaviour.careers_leave_age * max(age_of(worker, month) - 30.0, 0.0) / 10.0
    score += behaviour.careers_leave_youth * max(30.0 - age_of(worker, month), 0.0) / 10.0
    if worker.sex == 1:
        score -= behaviour.careers_leave_women
    if worker.ever_away == 1:
        score += behaviour.careers_leave_experience
    return score


@kernel
def hazard_of_going(c: County, i: int, share: float):
    """Hazard a month that worker `i` goes to the city; who waits goes when a job there is found."""
    usual = hazard_of_leaving(c, i, share) / 6.0
    if c.workers[i].waits == 1:
        jobs = c.others.city_jobs
        return max(usual, 1.0 / months_to_find(c.facts, c.behaviour, c.clock.month, jobs))
    return usual


@kernel
def surely_does_not_leave(c: County, i: int, share: float, u: float, months: int):
    """Whether the draw `u` surely keeps worker `i` at home, by a bound that costs little."""
    worker = c.workers[i]
    return worker.waits == 0 and surely_above(6.0 / months * u, score_of_leaving(c, worker, share))


@kernel
def leaves(c: County, i: int, share: float, u: float, months: int):
    """Whether worker `i`, at home, goes to the city within some months (uniform draw `u`)."""
    if surely_does_not_leave(c, i, share, u, months):
        return False
    return happens(u, hazard_of_going(c, i, share) * months)


@kernel
def hazard_of_losing_job(c: County, i: int, months: int):
    """Cumulated hazard over some months that worker `i` loses a job with another employer than a firm."""
    return c.behaviour.careers_separation * months


@kernel
def decide_at_home(
    c: County, i: int, share: float, log_venture: float, move: float, ask: float, job: float
):
    """What worker `i`, at home without a firm, decides at this review.

    Parameters
    ----------
    share : float
        Share of the ties at home.
    log_venture : float
        Log income of the venture that would be begun, less caution; OUT_OF_REACH if none.
    move, ask, job : float
        Uniform draws: leaving, asking for training, loss or change of job.
    """
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    if worker.waits == 1:
        settle_at_home(c, i, share, log_venture)
    often = worker.state == r.SEEKING or worker.waits == 1
    usual = behaviour.careers_seeker_review if often else behaviour.careers_home_review
    months = min(clock.month - int(worker.since), usual)
    if months <= 0:
        return NOTHING
    if log_venture > OUT_OF_REACH:
        return FOUND
    if ask < behaviour.support_ask_rate and knows(worker, TRAINING):
        if ask < behaviour.support_ask_rate * will_to_found(c, i):
            enter_training_queue(c, i)
    if leaves(c, i, share, move, months):
        return LEAVE
    if worker.state == r.EMPLOYED and worker.firm < 0:
        if happens(job, hazard_of_losing_job(c, i, months)):
            return LOSE_JOB
    return farm_or_seek(c, worker, months, job)


@kernel
def farm_or_seek(c: County, worker: np.record, months: int, u: float):
    """Farmers look for a job where it pays more; seekers fall back on farming after a while."""
    clock, behaviour = c.clock, c.behaviour
    if worker.state == r.FARMING and u < behaviour.careers_search_rate / 12.0 * months:
        if c.towns[worker.township].log_job + worker.log_home > clock.log_farm:
            return TO_SEEK
    if worker.state == r.SEEKING and clock.month - worker.since >= behaviour.careers_seek_patience:
        if happens(u, behaviour.careers_fall_back * months):
            return TO_FARM
    return NOTHING


@kernel
def ask_while_away(c: County, i: int, u: float):
    """Someone away who means to found may ask for training at the destination."""
    worker, behaviour = c.workers[i], c.behaviour
    rate = behaviour.support_ask_rate * behaviour.support_ask_away
    if u < rate and worker.certificate == r.NEVER and knows(worker, TRAINING):
        if u < rate * will_to_found(c, i):
            enter_training_queue(c, i)


@kernel
def decide_away(c: County, i: int, share: float, log_venture: float, move: float, ask: float):
    """What worker `i`, away, decides at this review; returning with a venture in mind begins it.

    Who goes to a neighbouring county instead stays away from this one; who comes from there is stood
    for by one of this county's own.
    """
    home, waits = returns(c, i, share, move / c.others.returning, log_venture)
    if not home:
        ask_while_away(c, i, ask)
        return NOTHING
    if log_venture > OUT_OF_REACH:
        return RETURN_TO_FOUND
    return RETURN_TO_WAIT if waits else RETURN


@kernel
def decide(
    c: County, i: int, share: float, months: int, move: float, idea: float, ask: float, job: float
):
    """What worker `i` decides at this review: a code, NOTHING for most.

    Parameters
    ----------
    share : float
        Share of the ties at home.
    months : int
        Over which a venture idea may have come.
    move, idea, ask, job : float
        Uniform draws: moving, an idea, asking for training, loss or change of job.
    """
    state = c.workers[i].state
    if not r.AWAY <= state <= r.EMPLOYED:
        return NOTHING
    log_venture = OUT_OF_REACH
    if state != r.AWAY or c.behaviour.structure_return_to_found:
        think(c, i, months, idea)
        log_venture = venture_in_hand(c, i)
    if state == r.AWAY:
        return decide_away(c, i, share, log_venture, move, ask)
    return decide_at_home(c, i, share, log_venture, move, ask, job)


@kernel
def state_after(state: int, code: int):
    """Career state that follows a decision, as far as the next review is concerned."""
    if code == LEAVE:
        return r.AWAY
    if code >= TO_SEEK or code == LOSE_JOB:  # back home, too
        return r.SEEKING
    return int(state)


@kernel
def review(c: County, i: int, luck: np.ndarray, k: int):
    """Steps 2 to 4 for worker `i`: hear, review the move or the career, set the next review.

    Parameters
    ----------
    luck : float64 array, shape (3, 4, workers)
        See `luck_of_reviews`; that of worker `i` is in column `k`.

    Returns
    -------
    int
        Code of the decision, which is carried out when everybody has decided.
    """
    worker = c.workers[i]
    u, v, x, move = luck[0, 0, k], luck[0, 1, k], luck[0, 2, k], luck[0, 3, k]
    idea, ask, job = luck[2, 1, k], luck[2, 2, k], luck[2, 3, k]
    months = months_of_thought(c, worker)
    around = look_around(c, i)
    take_stock(c, i, around, luck, k)
    code = decide(c, i, share_of(around, HOME), months, move, idea, ask, job)
    schedule(c, i, state_after(worker.state, code), u, v, x)
    return code


@kernel
def luck_of_reviews(c: County, rows: np.ndarray):
    """Draws for the reviews of the workers of some rows, shape (3, 4, rows).

    For the next review (three) and the move; for four channels; for the last one, an idea, training and a job.
    """
    clock, n = c.clock, len(rows)
    agents, items, luck = np.empty(n, np.int64), np.empty(n, np.int64), np.empty((3, 4, n))
    for k in range(n):
        agents[k] = c.ids[rows[k]]
    items[:] = ONLY
    draw_each(clock, D_REVIEW, clock.month, agents, items, luck[0])
    items[:] = I_HEARD
    draw_each(clock, D_HEAR, clock.month, agents, items, luck[1])
    items[:] = I_IDEAS
    draw_each(clock, D_HEAR, clock.month, agents, items, luck[2])
    return luck


@kernel
def review_all(c: County):
    """Reviews of everybody due, on the state at the start of the month.

    Returns
    -------
    int
        Number of decisions in `moves`, as row * CODES + code.
    """
    n_due, n = list_due(c), 0
    for first in range(0, n_due, BLOCK):
        rows = c.due_list[first : min(first + BLOCK, n_due)]
        for i in rows:
            prefetch(c.workers, i)
            fetch_ties(c, i)
        luck = luck_of_reviews(c, rows)
        for k in range(len(rows)):
            code = review(c, rows[k], luck, k)
            if code != NOTHING:
                c.moves[n] = rows[k] * CODES + code
                n += 1
    return n


@kernel
def carry_out(c: County, n: int):
    """Carry out the decisions; return how many rows of founders are left in `moves`."""
    founders = 0
    for k in range(n):
        i, code = c.moves[k] // CODES, c.moves[k] % CODES
        if code == FOUND or code == RETURN_TO_FOUND:
            c.moves[founders] = i
            founders += 1
            if code == FOUND:
                continue
        if code >= RETURN:
            come_home(c, i)
        elif code == LOSE_JOB or (code != TO_SEEK and c.workers[i].state == r.EMPLOYED):
            leave_employer(c, i)
        if code == LEAVE:
            go_away(c, i)
        else:
            enter(c, i, r.FARMING if code == TO_FARM else r.SEEKING)
            if code == RETURN_TO_WAIT:
                c.workers[i].waits = 1
    return founders


@kernel
def found(c: County, founders: int):
    """Those who decided to found begin, in the order of their ids; who lacks money saves up."""
    ids = np.empty(founders, np.int64)
    for k in range(founders):
        ids[k] = c.workers[c.moves[k]].id
    ids.sort()
    for k in range(founders):
        i = c.row_of[ids[k]]
        begin_venture(c, i)
        if c.workers[i].state == r.FOUNDING:
            drop_idea(c.workers[i])
        else:
            c.workers[i].saves = 1


@kernel
def new_files(c: County):
    """How many venture files this month's decisions may bring, at most."""
    count = 0
    for k in range(c.clock.decisions):
        code = c.moves[k] % CODES
        if code == FOUND or code == RETURN_TO_FOUND:
            count += 1
    return count


@kernel
def most_events(c: County):
    """More changes of state than may come until decisions are carried out next month.

    They are made by those who have decided, seekers, founders, owners, employees, those who turn 18 or
    retire next month, and heirs of the latter: four each, as who begins a venture and gives it up, or is
    hired, laid off and hired again.
    """
    clock = c.clock
    movers, next_month = clock.decisions, clock.month + 1 - clock.first
    for t in range(len(c.towns)):
        for state in (r.SEEKING, r.EMPLOYED, r.FOUNDING, r.OWNER):
            movers += c.stock[t, state]
    if next_month + 1 < c.calendar.shape[1]:  # it is of the run
        movers += c.calendar[0, next_month + 1] - c.calendar[0, next_month]
        movers += 2 * (c.calendar[1, next_month + 1] - c.calendar[1, next_month])
    return 4 * movers + 100


@kernel
def take_decisions(c: County):
    """Decisions of steps 3 (returning) and 4 (careers at home) of the month, and what ties say."""
    c.clock.decisions = review_all(c)
    c.clock.decided = 1


@kernel
def act(c: County):
    """Decisions are carried out, and ties see what was heard."""
    apply_notes(c)
    found(c, carry_out(c, c.clock.decisions))
    c.clock.decided = 0
