"""Careers at home: taking stock of a job, forming a venture, asking for training, leaving again.

The intention to found follows the theory of planned behaviour (Ajzen 1991): attitude (owner income
against the best alternative), norm (share of ties who own firms that do well), and control (skill,
training, known support, money in sight). A venture is begun when a workable idea comes to someone
with the intention.
"""

from __future__ import annotations

import math

import numpy as np

from simulation import records as r
from simulation.compiler import kernel
from simulation.founding import begin_venture
from simulation.philox import D_CAREER, D_IDEA, draws
from simulation.returning import (
    come_home,
    decide_returns,
    home_pull,
    logistic,
    utility_of_city,
)
from simulation.reviews import schedule
from simulation.state import age_of, enter, knows, now
from simulation.training import ask_for_training
from simulation.ventures import means_in_sight, shock_factor, venture_income
from simulation.workforce import leave_employer

# What a worker decides at a review at home.
NOTHING, LOSE_JOB, FOUND, LEAVE, TO_FARM, TO_SEEK = range(6)
PAYBACK_YEARS = 10.0  # working years left below which a firm seems less worth while (assumed)
SKILLED = 3  # schooling from which farming is below one's level


@kernel
def income_at_home(c, worker):
    """What a worker may expect at home without a firm, yuan a month."""
    town, farm = c.towns[worker.township], c.facts[0].work_farm_income
    if worker.state == r.EMPLOYED:
        return town.wage
    if worker.state == r.FARMING:
        return farm
    return max(town.wage * town.job_chance, farm)


@kernel
def known_channels(worker):
    """How many channels of support a worker knows."""
    count = 0
    for channel in range(r.N_CHANNELS):
        if knows(worker, channel):
            count += 1
    return count


@kernel
def control(worker, has_means, behaviour):
    """Perceived control: support known, a certificate, money in sight (0 to about 2)."""
    value = known_channels(worker) / r.N_CHANNELS
    if has_means:
        value += 0.5
    if worker.certificate != r.NEVER:
        value += behaviour.support_control_gain
    return value


@kernel
def intention(worker, venture, alternative, share_good, has_means, month, behaviour):
    """Chance that a worker would found if a workable idea came.

    Parameters
    ----------
    venture, alternative : float
        Income expected from a firm, and from the best alternative, yuan a month.
    share_good : float
        Share of ties who own a firm that does well.
    has_means : bool
        Whether the money in sight allows at least a small start.
    """
    caution = behaviour.money_risk_aversion * (1.0 - 0.3 * worker.risk)
    gain = math.log(max(venture, 100.0)) - caution - math.log(max(alternative, 100.0))
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
def freedom_to_act(worker, behaviour, month):
    """Share of ideas that can be followed up: care at home falls on women (assumed)."""
    if worker.sex == 1 and (worker.child == 1 or (worker.elder == 1 and age_of(worker, month) > 30)):
        return math.exp(-behaviour.careers_care_burden)
    return 1.0


@kernel
def wants_to_found(c, i, months):
    """Whether worker `i` begins a venture, and the intention."""
    worker, clock, behaviour = c.workers[i], c.clock[0], c.behaviour[0]
    month, town = clock.month, c.towns[worker.township]
    means = means_in_sight(c, worker)
    enough = means >= behaviour.money_minimum_start * c.markets[town.best].capital_median
    venture, _ = venture_income(c, worker, town.best, max(means, 20_000.0))
    peers = c.peers[i]
    share_good = peers[r.P_GOOD] / max(int(peers[r.P_ACTIVE]), 1)
    will = intention(
        worker, venture, income_at_home(c, worker), share_good, enough, month, behaviour
    )
    ideas = behaviour.careers_idea_rate / 12.0 * months * freedom_to_act(worker, behaviour, month)
    u, _, _, _ = draws(clock, D_IDEA, month, worker.id, 0)
    return u < 1.0 - math.exp(-ideas * will), will


@kernel
def chance_of_leaving(c, i, months):
    """Chance that worker `i`, at home, leaves for the city within the `months` since a review."""
    worker, behaviour, facts = c.workers[i], c.behaviour[0], c.facts[0]
    month, peers = c.clock[0].month, c.peers[i]
    share = peers[r.P_HOME] / max(int(peers[r.P_ACTIVE]), 1)
    factor = shock_factor(facts, month, facts.shock_city_wage)
    city = utility_of_city(worker, 0.0, factor, behaviour, facts)
    if shock_factor(facts, month, 0.0) == 0.0:
        city -= behaviour.returning_jobless_penalty
    home = behaviour.returning_income_weight * math.log(income_at_home(c, worker))
    score = behaviour.careers_leave_constant + city - home
    score -= home_pull(worker, share, behaviour, month)
    score -= behaviour.careers_leave_age * max(age_of(worker, month) - 30.0, 0.0) / 10.0
    if worker.ever_away == 1:
        score += behaviour.careers_leave_experience
    half_year = min(logistic(score), 0.99)
    return 1.0 - math.exp(months / 6.0 * math.log1p(-half_year))


@kernel
def decide_at_home(c, i):
    """What worker `i`, at home without a firm, decides at this review."""
    worker, clock, behaviour = c.workers[i], c.clock[0], c.behaviour[0]
    month, town = clock.month, c.towns[worker.township]
    months = 1 if worker.state == r.SEEKING else min(month - int(worker.since), 6)
    if months <= 0:
        return NOTHING
    a, b, d, e = draws(clock, D_CAREER, month, worker.id, 0)
    founds, will = wants_to_found(c, i, months)
    if founds:
        return FOUND
    if d < will * behaviour.support_ask_rate:
        ask_for_training(c, i)
    if a < chance_of_leaving(c, i, months):
        return LEAVE
    if worker.state == r.EMPLOYED and worker.firm < 0:
        if b < 1.0 - math.exp(-behaviour.careers_separation * months):
            return LOSE_JOB
    # Farmers look for a job where it pays more, seekers give up after a while where it does not.
    ratio = town.wage * town.job_chance / c.facts[0].work_farm_income
    if worker.state == r.FARMING and e < 0.5 * ratio / (1.0 + ratio):
        return TO_SEEK
    if worker.state == r.SEEKING and month - worker.since >= behaviour.careers_seek_patience:
        if e < 0.5 / (1.0 + ratio):
            return TO_FARM
    return NOTHING


@kernel
def go_away(c, i):
    """Worker `i` leaves for the city."""
    worker, month = c.workers[i], c.clock[0].month
    if worker.ever_away == 1:
        now(c).remigrations += 1
    else:
        now(c).departures += 1
    enter(c, i, r.AWAY)
    worker.left = month
    worker.ever_away = 1


@kernel
def decide_careers(c, n_due, n):
    """Step 4 of the month: decisions at home, appended to `moves` as rows and codes.

    Returns
    -------
    int
        Number of entries in `moves`; the first `n` are returns, the rest are row * 8 + code.
    """
    for k in range(n_due):
        i = c.due_list[k]
        state = c.workers[i].state
        if state == r.SEEKING or state == r.FARMING or state == r.EMPLOYED:
            code = decide_at_home(c, i)
            if code != NOTHING:
                c.moves[n] = i * 8 + code
                n += 1
        elif state == r.AWAY:
            decide_training_away(c, i)
    return n


@kernel
def decide_training_away(c, i):
    """Someone away who means to found may ask for training at the destination."""
    worker, clock, behaviour = c.workers[i], c.clock[0], c.behaviour[0]
    if knows(worker, r.TRAINING) and worker.certificate == r.NEVER:
        u, _, _, _ = draws(clock, D_CAREER, clock.month, worker.id, 1)
        if u < behaviour.support_ask_rate * behaviour.support_ask_away:
            ask_for_training(c, i)


@kernel
def carry_out(c, n_returns, n):
    """Carry out what was decided in steps 3 and 4; founders begin in the order of their ids."""
    for k in range(n_returns):
        come_home(c, c.moves[k])
        enter(c, c.moves[k], r.SEEKING)
    founders = 0
    for k in range(n_returns, n):
        i, code = c.moves[k] // 8, c.moves[k] % 8
        if code == FOUND:
            c.moves[founders] = i
            founders += 1
            continue
        if code == LOSE_JOB:
            c.towns[c.workers[i].township].filled -= 1
            enter(c, i, r.SEEKING)
            continue
        if c.workers[i].state == r.EMPLOYED:
            leave_employer(c, i)
        if code == LEAVE:
            go_away(c, i)
        elif code == TO_FARM:
            enter(c, i, r.FARMING)
        elif code == TO_SEEK:
            enter(c, i, r.SEEKING)
    return founders


@kernel
def found(c, founders):
    """Those who decided to found begin, in the order of their ids."""
    ids = np.empty(founders, np.int64)
    for k in range(founders):
        ids[k] = c.workers[c.moves[k]].id
    ids.sort()
    for k in range(founders):
        i = c.row_of[ids[k]]
        begin_venture(c, i)


@kernel
def decide_moves(c, n_due):
    """Steps 3 and 4: who returns, and what those at home do; everybody sees the month's start."""
    n_returns = decide_returns(c, n_due)
    n = decide_careers(c, n_due, n_returns)
    found(c, carry_out(c, n_returns, n))
    for k in range(n_due):
        schedule(c, c.due_list[k])
