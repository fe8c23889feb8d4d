"""Returning: everybody away whose review is this month weighs home against the city.

Random utility with a nest of what could be done at home (McFadden 1978): a wage job, farming, and,
for who has a venture idea in hand and would and could follow it up, that venture: returning with one
begins it at once. Family pulls (BH011, BH022), a city home holds (BH012), ties at home pull (BH013).
Support enters only through what a worker knows and could afford.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import log_city_pay, shock_factor
from returnee.simulation.people.ideas import OUT_OF_REACH, logistic
from returnee.simulation.state.changes import age_of, log_of_years, surely_above
from returnee.simulation.state.draws import D_RECALL, ONLY, draws

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


LOG_2, LOG_3 = math.log(2.0), math.log(3.0)
RECENT_MONTHS = 36  # the return quality index looks back that far


@kernel
def home_pull(worker: np.record, share_home: float, behaviour: np.record, month: int):
    """Family, age, attachment and ties that draw a worker home (log odds)."""
    age = age_of(worker, month)
    pull = behaviour.returning_peers_weight * share_home
    pull += behaviour.returning_attachment_sd * worker.attachment
    pull += behaviour.returning_age_pull * max(age - 40.0, 0.0) / 10.0
    if worker.child == 1:
        pull += behaviour.returning_child_pull
    if worker.elder == 1 and age > 30.0:
        pull += behaviour.returning_elder_pull
    if worker.city_home == 1:
        pull -= behaviour.returning_city_home
    return pull


@kernel
def utility_of_city(c: County, worker: np.record, months_away: int):
    """Log of the city income a worker may expect, how settled the worker is there, and how far away.

    Parameters
    ----------
    months_away : int
        Since the last departure.
    """
    behaviour = c.behaviour
    utility = behaviour.returning_income_weight * log_city_pay(c, worker)
    if worker.destination == 1:
        utility -= behaviour.returning_distance
    return utility + behaviour.returning_settled_weight * log_of_years(months_away)


@kernel
def most_at_home(log_job: float, log_farm: float, log_venture: float, behaviour: np.record):
    """At least `utility_of_home`: as if all that can be done at home were as good as the best."""
    options = LOG_2 if log_venture <= OUT_OF_REACH else LOG_3
    best = max(log_job, log_farm, log_venture)
    return behaviour.returning_income_weight * best + behaviour.returning_nest_scale * options


@kernel
def months_to_find(facts: np.record, behaviour: np.record, month: int, jobs: float):
    """Months until somebody finds a job in the city; in a shock vacancies fall as jobs did.

    `jobs`: how fast one is found, relative to what is usual, for what other counties do.
    """
    hiring = shock_factor(facts, month, 1.0 - facts.shock_city_loss) * jobs
    usual = behaviour.returning_months_to_find
    return min(usual / max(hiring, 0.01), behaviour.returning_months_ahead)


@kernel
def log_pay_while_looking(facts: np.record, behaviour: np.record, month: int, jobs: float):
    """Log of the share of the wage earned over the months ahead by someone who looks for a city job.

    Odd jobs until one is found, the wage from then on; `jobs` as in `months_to_find`.
    """
    looking = months_to_find(facts, behaviour, month, jobs) / behaviour.returning_months_ahead
    return math.log(1.0 - (1.0 - behaviour.returning_odd_jobs) * looking)


@kernel
def utility_of_home(log_job: float, log_farm: float, log_venture: float, behaviour: np.record):
    """Inclusive value of what can be done at home: scale * log sum of exp(weight * log y / scale).

    Parameters
    ----------
    log_job, log_farm, log_venture : float
        Log of yuan a month to be expected from each; OUT_OF_REACH where there is none.
    """
    scale = behaviour.returning_nest_scale
    power = behaviour.returning_income_weight / scale
    best = max(log_job, log_farm, log_venture)
    total = math.exp(power * (log_job - best)) + math.exp(power * (log_farm - best))
    if log_venture > OUT_OF_REACH:
        total += math.exp(power * (log_venture - best))
    return scale * (power * best + math.log(total))


@kernel
def prospects_at_home(c: County, worker: np.record):
    """Log monthly income of a wage job, and of farming, for someone away."""
    town = c.towns[worker.township]
    job = town.log_wage if worker.offer >= c.clock.month else town.log_job
    return job + worker.log_home, c.clock.log_farm


@kernel
def chance_of_returning(c: County, i: int, share: float, jobless: bool, log_venture: float):
    """Chance that worker `i` decides for home at a review, with a city job in hand or without.

    Parameters
    ----------
    share : float
        Share of the ties at home.
    log_venture : float
        Log of the income from the venture that would be begun, less caution; OUT_OF_REACH if none.
    """
    worker = c.workers[i]
    job, farm = prospects_at_home(c, worker)
    home = utility_of_home(job, farm, log_venture, c.behaviour)
    return logistic(score_of_returning(c, worker, share, jobless, home))


@kernel
def score_of_returning(c: County, worker: np.record, share: float, jobless: bool, home: float):
    """Log odds that a worker decides for home, where what can be done has utility `home`."""
    behaviour, month = c.behaviour, c.clock.month
    city = utility_of_city(c, worker, max(int(month) - int(worker.left), 0))
    if jobless:
        pay = log_pay_while_looking(c.facts, behaviour, month, c.others.city_jobs)
        city += behaviour.returning_income_weight * pay
    pull = home_pull(worker, share, behaviour, month)
    return behaviour.returning_constant + home + pull - city


@kernel
def surely_stays(c: County, worker: np.record, share: float, u: float, log_venture: float):
    """Whether the draw `u` surely keeps a worker away, by a bound on the odds that costs little."""
    job, farm = prospects_at_home(c, worker)
    most = most_at_home(job, farm, log_venture, c.behaviour)
    return surely_above(u, score_of_returning(c, worker, share, worker.jobless == 1, most))


@kernel
def returns(c: County, i: int, share: float, u: float, log_venture: float):
    """Whether worker `i`, away, returns at this review (uniform draw `u`), and whether to wait.

    Whoever would have stayed with a job, by the same draw, comes home only until the city hires.

    Returns
    -------
    returns, waits : bool
    """
    worker = c.workers[i]
    jobless = worker.jobless == 1
    if surely_stays(c, worker, share, u, log_venture):
        return False, False
    if u >= chance_of_returning(c, i, share, jobless, log_venture):
        return False, False
    return True, jobless and u >= chance_of_returning(c, i, share, False, log_venture)


@kernel
def city_hires_since(facts: np.record, worker: np.record, month: int):
    """Month since which the city hires those who came home for want of a job there."""
    start = facts.shock_start_month
    if 0 < start <= month:
        return max(int(worker.returned), int(start + facts.shock_months))
    return int(worker.returned)


@kernel
def settle_at_home(c: County, i: int, share: float, log_venture: float):
    """Worker `i` waits for the city no longer: its time is over, or home would win against a job there.

    Work taken up at home in the meantime is a stop-gap (forced against voluntary return: Cassarino 2004).
    """
    worker, clock = c.workers[i], c.clock
    over = city_hires_since(c.facts, worker, clock.month) + c.behaviour.returning_recall_months
    u, _, _, _ = draws(clock, D_RECALL, clock.month, worker.id, ONLY)
    if clock.month > over or u < chance_of_returning(c, i, share, False, log_venture):
        worker.waits = 0


@kernel
def come_home(c: County, i: int):
    """Worker `i` returns and looks for work."""
    worker, clock = c.workers[i], c.clock
    # As the last month's accounts left the list: who came back 37 months ago is on it still.
    listed = clock.month - 1 - worker.returned <= RECENT_MONTHS
    worker.returned = clock.month
    worker.jobless = 0
    c.now.returns += 1
    if not listed and clock.recent < len(c.recent):
        c.recent[clock.recent] = i
        clock.recent += 1
