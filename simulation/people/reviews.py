"""When a worker next takes stock: the calendar of reviews.

Someone away reviews the move in the weeks around Spring Festival, some also once between April and
autumn; a lost city job forces a review. Someone at home reviews about twice a year, a seeker every
month. Nothing is done for anybody in between.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_home

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def next_festival(month: int, festival: int):
    """First festival month whose season (two months before on) lies after `month`."""
    ahead = (festival - 1 - (month + 2)) % 12
    return month + 2 + (ahead if ahead > 0 else 12)


@kernel
def review_away(month: int, festival: int, midyear_share: float, u: float, v: float):
    """Month of the next review of someone away.

    Parameters
    ----------
    month : int
        Month of the present review.
    festival : int
        Month of the year of Spring Festival, 1-12.
    midyear_share : float
        Share that also reviews between the seasons.
    u, v : float
        Uniform draws.
    """
    coming = next_festival(month, festival)
    season = coming - 2 + (0 if v < 0.25 else (1 if v < 0.6 else 2))
    free = coming - 3 - month  # months before the next season
    if free >= 8 and u < midyear_share:
        return month + 2 + int(v * (free - 2))
    return season


@kernel
def months_to_loss(chance: float, u: float):
    """Months until a job is lost with `chance` a month; short for small `u`."""
    if chance <= 0.0:
        return 10000
    return 1 + int(min(math.log1p(-u) / math.log1p(-min(chance, 0.99)), 9999.0))


@kernel
def schedule(c: County, i: int, state: int, u: float, v: float, x: float):
    """Set the month of worker `i`'s next review, for the career state that follows.

    Parameters
    ----------
    u, v, x : float
        Uniform draws: month of the next review (two), and loss of the city job.
    """
    worker, clock = c.workers[i], c.clock
    month = clock.month
    worker.jobless = 0
    if state == r.AWAY:
        behaviour, facts = c.behaviour, c.facts
        due = review_away(
            month, facts.work_festival_month, behaviour.returning_midyear_review, u, v
        )
        if x > 1.0 - facts.work_city_loss * (due - month):  # else surely not lost before
            loss = months_to_loss(facts.work_city_loss, 1.0 - x)
            if month + loss < due:
                due = month + loss
                worker.jobless = 1
        c.due[i] = due
    elif state == r.SEEKING or (worker.waits == 1 and is_home(state)):
        c.due[i] = month + 1 + int(u * (2 * c.behaviour.careers_seeker_review - 1))
    elif is_home(state):
        c.due[i] = month + 1 + int(u * (2 * c.behaviour.careers_home_review - 1))
    else:
        c.due[i] = 32000


@kernel
def list_due(c: County):
    """Fill `due_list` with the rows whose review is this month; return how many."""
    month, n = c.clock.month, 0
    due, rows = c.due, c.due_list
    for i in range(len(due)):
        rows[n] = i  # overwritten by the next unless due: a choice without a branch
        n += int(due[i] == month)
    return n
