"""Returning: everybody away whose review is this month weighs home against the city.

Random utility with a nest of what could be done at home (McFadden 1978): a wage job, farming, or a
firm with the means in sight. Family pulls (BH011, BH022), a city home holds (BH012), ties at home
pull (BH013). Support enters only through what a worker knows and could afford.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import means_in_sight
from returnee.simulation.firms.ventures import shock_factor, venture_income
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import age_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


RECENT_MONTHS = 36  # the return quality index looks back that far
OUT_OF_REACH = -1e9  # log income of what cannot be had
MONTHS_TO_FIND = 3.0  # months without pay after a lost city job (assumed)
MONTHS_AHEAD = 6.0  # over which somebody without a job looks ahead (assumed)


@kernel
def logistic(x: float):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


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
def utility_of_city(
    worker: np.record, years_away: float, wage_factor: float, behaviour: np.record, facts: np.record
):
    """Log of the city income a worker may expect, how settled the worker is there, and how far.

    Parameters
    ----------
    years_away : float
    wage_factor : float
        City wages relative to the county file's, below 1 in a shock.
    """
    expected = wage_factor * (1.0 - MONTHS_TO_FIND * facts.work_city_loss)
    utility = behaviour.returning_income_weight * (worker.log_wage + math.log(expected))
    if worker.destination == 1:
        utility -= behaviour.returning_distance
    return utility + behaviour.returning_settled_weight * math.log1p(years_away)


@kernel
def months_to_find(facts: np.record, month: int):
    """Months until somebody finds a job in the city; in a shock vacancies fall as jobs did."""
    hiring = shock_factor(facts, month, 1.0 - facts.shock_city_loss)
    return min(MONTHS_TO_FIND / max(hiring, 0.01), MONTHS_AHEAD)


@kernel
def log_pay_while_looking(facts: np.record, behaviour: np.record, month: int):
    """Log of the share of the wage earned over the months ahead by someone who looks for a city job.

    Odd jobs until one is found, the wage from then on.
    """
    looking = months_to_find(facts, month) / MONTHS_AHEAD
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
def caution(worker: np.record, behaviour: np.record):
    """Log points of income that a worker asks for bearing the risk of a firm."""
    return behaviour.money_risk_aversion * (1.0 - 0.3 * worker.risk)


@kernel
def prospects_at_home(c: County, worker: np.record):
    """Log monthly income of a wage job, of farming, and of a firm, for someone away."""
    town, behaviour = c.towns[worker.township], c.behaviour
    job = town.log_wage if worker.offer >= c.clock.month else town.log_job
    job += worker.log_home
    farm = c.clock.log_farm
    means = means_in_sight(c, worker)
    best = town.best
    if means < behaviour.money_minimum_start * c.markets[best].capital_median:
        return job, farm, OUT_OF_REACH
    income, _ = venture_income(c, worker, best, means)
    if income <= 1.0:
        return job, farm, OUT_OF_REACH
    return job, farm, math.log(income) - caution(worker, behaviour)


@kernel
def chance_of_returning(c: County, i: int, jobless: bool):
    """Chance that worker `i`, away with a job or without, decides to return at this review."""
    worker, behaviour, facts = c.workers[i], c.behaviour, c.facts
    month, peers = c.clock.month, c.peers[i]
    share = peers[r.P_HOME] / max(int(peers[r.P_ACTIVE]), 1)
    years = max(month - worker.left, 0) / 12.0
    city = utility_of_city(
        worker, years, shock_factor(facts, month, facts.shock_city_wage), behaviour, facts
    )
    if jobless:
        city += behaviour.returning_income_weight * log_pay_while_looking(facts, behaviour, month)
    job, farm, venture = prospects_at_home(c, worker)
    home = utility_of_home(job, farm, venture, behaviour)
    pull = home_pull(worker, share, behaviour, month)
    return logistic(behaviour.returning_constant + home + pull - city)


@kernel
def returns(c: County, i: int, u: float):
    """Whether worker `i`, away, returns at this review (uniform draw `u`), and whether to wait.

    Whoever would have stayed with a job, by the same draw, comes home only until the city hires.

    Returns
    -------
    returns, waits : bool
    """
    jobless = c.workers[i].jobless == 1
    if u >= chance_of_returning(c, i, jobless):
        return False, False
    return True, jobless and u >= chance_of_returning(c, i, False)


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
