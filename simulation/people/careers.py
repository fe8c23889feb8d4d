"""Careers at home: taking stock of a job, forming a venture, asking for training, leaving again.

The intention to found follows the theory of planned behaviour (Ajzen 1991): attitude (owner income
against the best alternative), norm (share of ties who own firms that do well), and control (skill,
training, known support, money in sight). A venture is begun when a workable idea comes to someone
with the intention.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import means_in_sight
from returnee.simulation.firms.founding import begin_venture
from returnee.simulation.firms.hiring import leave_employer
from returnee.simulation.firms.ventures import shock_factor, venture_income
from returnee.simulation.people.information import apply_notes, take_stock
from returnee.simulation.people.returning import (
    MONTHS_TO_FIND,
    caution,
    come_home,
    home_pull,
    log_pay_while_looking,
    logistic,
    months_to_find,
    returns,
    utility_of_city,
)
from returnee.simulation.people.reviews import SEEKER_REVIEW, list_due, schedule
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import age_of, enter, happens, job_pay, knows
from returnee.simulation.state.channels import N_CHANNELS, TRAINING
from returnee.simulation.state.draws import (
    D_HEAR,
    D_REVIEW,
    I_HEARD,
    I_IDEAS,
    ONLY,
    draws,
)
from returnee.simulation.state.queues import enter_training_queue

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


# What a worker may decide at a review.
NOTHING, LOSE_JOB, FOUND, LEAVE, TO_FARM, TO_SEEK, RETURN, RETURN_TO_WAIT = range(8)
FALL_BACK = 0.7  # hazard a month that a seeker out of patience goes farming (assumed)
PAYBACK_YEARS = 10.0  # working years left below which a firm seems less worth while (assumed)


@kernel
def log_income_at_home(c: County, worker: np.record):
    """Log of what a worker may expect at home without a firm, yuan a month."""
    town, farm = c.towns[worker.township], c.clock.log_farm
    if worker.state == r.EMPLOYED:
        return math.log(job_pay(c, worker))
    if worker.state == r.FARMING:
        return farm
    return max(town.log_job + worker.log_home, farm)


@kernel
def known_channels(worker: np.record):
    """How many channels of support a worker knows."""
    count = 0
    for channel in range(N_CHANNELS):
        if knows(worker, channel):
            count += 1
    return count


@kernel
def control(worker: np.record, has_means: bool, behaviour: np.record):
    """Perceived control: support known, a certificate, money in sight (0 to about 2)."""
    value = known_channels(worker) / N_CHANNELS
    if has_means:
        value += 0.5
    if worker.certificate != r.NEVER:
        value += behaviour.support_control_gain
    return value


@kernel
def intention(
    worker: np.record,
    log_venture: float,
    log_alternative: float,
    share_good: float,
    has_means: bool,
    month: int,
    behaviour: np.record,
):
    """Chance that a worker would found if a workable idea came.

    Parameters
    ----------
    log_venture, log_alternative : float
        Log of the income expected from a firm, and from the best alternative, yuan a month.
    share_good : float
        Share of ties who own a firm that does well.
    has_means : bool
        Whether the money in sight allows at least a small start.
    """
    gain = log_venture - caution(worker, behaviour) - log_alternative
    horizon = min(max(worker.retires - month, 0) / 12.0 / PAYBACK_YEARS, 1.0)
    score = (
        behaviour.careers_intention_constant
        + behaviour.careers_attitude_weight * gain * horizon
        + behaviour.careers_norm_weight * share_good
        + behaviour.careers_control_weight * control(worker, has_means, behaviour)
    )
    if worker.failed > 0:
        score += behaviour.closing_retry
    return logistic(score)


@kernel
def freedom_to_act(worker: np.record, behaviour: np.record, month: int):
    """Share of ideas that can be followed up: care at home falls on women (assumed)."""
    if worker.sex == 1 and (
        worker.child == 1 or (worker.elder == 1 and age_of(worker, month) > 30)
    ):
        return math.exp(-behaviour.careers_care_burden)
    return 1.0


@kernel
def will_to_found(c: County, i: int):
    """Intention of worker `i`, at home or away, to found a firm (a chance)."""
    worker, behaviour = c.workers[i], c.behaviour
    town = c.towns[worker.township]
    means = means_in_sight(c, worker)
    enough = means >= behaviour.money_minimum_start * c.markets[town.best].capital_median
    venture, _ = venture_income(c, worker, town.best, max(means, 20_000.0))
    peers = c.peers[i]
    share_good = peers[r.P_GOOD] / max(int(peers[r.P_ACTIVE]), 1)
    return intention(
        worker,
        math.log(max(venture, 100.0)),
        log_income_at_home(c, worker),
        share_good,
        enough,
        c.clock.month,
        behaviour,
    )


@kernel
def wants_to_found(c: County, i: int, months: int, u: float):
    """Whether a workable idea comes to worker `i` and is followed up (uniform draw `u`)."""
    worker, behaviour = c.workers[i], c.behaviour
    ideas = behaviour.careers_idea_rate / 12.0 * months
    if u >= ideas:  # few ideas come, so the intention is seldom needed
        return False
    ideas *= freedom_to_act(worker, behaviour, c.clock.month)
    return u < ideas and happens(u, ideas * will_to_found(c, i))


@kernel
def hazard_of_leaving(c: County, i: int):
    """Hazard in half a year that worker `i`, at home, leaves for the city."""
    worker, behaviour, facts = c.workers[i], c.behaviour, c.facts
    month, peers = c.clock.month, c.peers[i]
    share = peers[r.P_HOME] / max(int(peers[r.P_ACTIVE]), 1)
    factor = shock_factor(facts, month, facts.shock_city_wage)
    city = utility_of_city(worker, 0.0, factor, behaviour, facts)
    if months_to_find(facts, month) > MONTHS_TO_FIND:  # the constant holds the usual search
        city += behaviour.returning_income_weight * (
            log_pay_while_looking(facts, behaviour, month)
            - log_pay_while_looking(facts, behaviour, 0)
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
    return math.exp(min(score, 3.0))


@kernel
def hazard_of_going(c: County, i: int):
    """Hazard a month that worker `i` goes to the city; who waits goes when a job there is found."""
    if c.workers[i].waits == 1:
        return 1.0 / months_to_find(c.facts, c.clock.month)
    return hazard_of_leaving(c, i) / 6.0


@kernel
def decide_at_home(c: County, i: int, move: float, idea: float, ask: float, job: float):
    """What worker `i`, at home without a firm, decides at this review.

    Parameters
    ----------
    move, idea, ask, job : float
        Uniform draws: leaving, a venture idea, asking for training, loss or change of job.
    """
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    usual = SEEKER_REVIEW if worker.state == r.SEEKING else behaviour.careers_home_review
    months = min(clock.month - int(worker.since), usual)
    if months <= 0:
        return NOTHING
    if wants_to_found(c, i, months, idea):
        return FOUND
    if ask < behaviour.support_ask_rate and knows(worker, TRAINING):
        if ask < behaviour.support_ask_rate * will_to_found(c, i):
            enter_training_queue(c, i)
    if happens(move, hazard_of_going(c, i) * months):
        return LEAVE
    if worker.state == r.EMPLOYED and worker.firm < 0:
        if happens(job, behaviour.careers_separation * months):
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
        if happens(u, FALL_BACK * months):
            return TO_FARM
    return NOTHING


@kernel
def go_away(c: County, i: int):
    """Worker `i` leaves for the city."""
    worker, month = c.workers[i], c.clock.month
    if worker.ever_away == 1:
        c.now.remigrations += 1
    else:
        c.now.departures += 1
    enter(c, i, r.AWAY)
    worker.left = month
    worker.ever_away = 1


@kernel
def ask_while_away(c: County, i: int, u: float):
    """Someone away who means to found may ask for training at the destination."""
    worker, behaviour = c.workers[i], c.behaviour
    rate = behaviour.support_ask_rate * behaviour.support_ask_away
    if u < rate and worker.certificate == r.NEVER and knows(worker, TRAINING):
        if u < rate * will_to_found(c, i):
            enter_training_queue(c, i)


@kernel
def decide(c: County, i: int, move: float, idea: float, ask: float, job: float):
    """What worker `i` decides at this review, by four uniform draws: a code, NOTHING for most."""
    state = c.workers[i].state
    if state == r.AWAY:
        home, waits = returns(c, i, move)
        if home:
            return RETURN_TO_WAIT if waits else RETURN
        ask_while_away(c, i, ask)
    elif state == r.SEEKING or state == r.FARMING or state == r.EMPLOYED:
        return decide_at_home(c, i, move, idea, ask, job)
    return NOTHING


@kernel
def state_after(state: int, code: int):
    """Career state that follows a decision, as far as the next review is concerned."""
    if code == LEAVE:
        return r.AWAY
    if code >= TO_SEEK or code == LOSE_JOB:  # back home, too
        return r.SEEKING
    return int(state)


@kernel
def review(c: County, i: int):
    """Steps 2 to 4 for worker `i`: hear, review the move or the career, set the next review.

    Returns
    -------
    int
        Code of the decision, which is carried out when everybody has decided.
    """
    clock, worker = c.clock, c.workers[i]
    u, v, x, move = draws(clock, D_REVIEW, clock.month, worker.id, ONLY)
    a, b, d, e = draws(clock, D_HEAR, clock.month, worker.id, I_HEARD)
    f, idea, ask, job = draws(clock, D_HEAR, clock.month, worker.id, I_IDEAS)
    take_stock(c, i, (a, b, d, e, f))
    code = decide(c, i, move, idea, ask, job)
    schedule(c, i, state_after(worker.state, code), u, v, x)
    return code


@kernel
def review_all(c: County):
    """Reviews of everybody due, on the state at the start of the month.

    Returns
    -------
    int
        Number of decisions in `moves`, as row * 8 + code.
    """
    n_due, n = list_due(c), 0
    for k in range(n_due):
        if k + AHEAD < n_due:
            prefetch(c.workers, c.due_list[k + AHEAD])
            prefetch(c.peers, c.due_list[k + AHEAD])
        code = review(c, c.due_list[k])
        if code != NOTHING:
            c.moves[n] = c.due_list[k] * 8 + code
            n += 1
    return n


@kernel
def carry_out(c: County, n: int):
    """Carry out the decisions; return how many rows of founders are left in `moves`."""
    founders = 0
    for k in range(n):
        i, code = c.moves[k] // 8, c.moves[k] % 8
        if code == FOUND:
            c.moves[founders] = i
            founders += 1
            continue
        if code == RETURN or code == RETURN_TO_WAIT:
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
    """Those who decided to found begin, in the order of their ids."""
    ids = np.empty(founders, np.int64)
    for k in range(founders):
        ids[k] = c.workers[c.moves[k]].id
    ids.sort()
    for k in range(founders):
        begin_venture(c, c.row_of[ids[k]])


@kernel
def most_new_files(c: County):
    """More venture files than a month can bring: ideas come to people at home without a firm."""
    behaviour = c.behaviour
    months = max(int(behaviour.careers_home_review), SEEKER_REVIEW)
    free = 0
    for t in range(len(c.towns)):
        for state in range(r.SEEKING, r.FOUNDING):
            free += c.stock[t, state]
    ideas = free * min(behaviour.careers_idea_rate / 12.0 * months, 1.0)
    return int(min(ideas + 6.0 * math.sqrt(ideas), float(free))) + 100


@kernel
def most_events(c: County):
    """More changes of state than a month can bring: nobody changes more than twice."""
    return 2 * len(c.workers) + 100


@kernel
def take_decisions(c: County):
    """Steps 2 (what ties say), 3 (returning) and 4 (careers at home) of the month."""
    n = review_all(c)
    apply_notes(c)
    found(c, carry_out(c, n))
