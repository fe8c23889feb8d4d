"""Queues for training and at the loan desk: who enters, waits and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.draws import D_CAPACITY, I_SHARED, draws
from returnee.simulation.state.programmes import DESK_DAYS_SLOWEST, G_DESK
from returnee.simulation.state.providers import MAX_POSTS, POSTS

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def desk_days(c: County):
    """Working days a loan file takes; as far as the desk is not paid for it is as slow as it can be."""
    gained = max(DESK_DAYS_SLOWEST - c.policy.services_desk_days, 0.0)
    return DESK_DAYS_SLOWEST - gained * c.funded[G_DESK]


@kernel
def has_post(c: County, township: int):
    """Whether a service post works in a township."""
    for p in range(MAX_POSTS):
        post = c.services[POSTS + p]
        if post.funded > 0.0 and post.township == township:
            return True
    return False


@kernel
def waits_at_desk(firm: np.record):
    """Whether a loan file waits or is in process."""
    return firm.loan_stage == r.AT_DESK or firm.loan_stage == r.IN_PROCESS


@kernel
def withdraw_file(firm: np.record):
    """The owner takes the file back: no loan, or the one there already is."""
    if waits_at_desk(firm):
        firm.loan_stage = r.GRANTED if firm.loan > 0 else r.REFUSED
        firm.loan_reason = r.GAVE_UP


# What a sample has a fraction of, and where whole ones are needed: the agents of `D_CAPACITY`.
A_CASES, A_MENTORS, A_COUNTY_SITES, A_PLACES = range(4)


@kernel
def whole_of(c: County, amount: float, what: int):
    """`amount` of something, rounded to a whole number by chance: right on average over replicates.

    The draw is one for the whole run, so that the number does not jump from month to month.
    """
    u, _, _, _ = draws(c.clock, D_CAPACITY, 0, what, I_SHARED)
    return int(amount + u)


@kernel
def is_in_training(c: County, firm: np.record):
    """Whether a founder waits for a course, or is in one, before going on with the plan."""
    worker, month = c.workers[firm.owner], c.clock.month
    behaviour = c.behaviour
    if worker.certificate != r.NEVER:
        after = worker.certificate >= firm.planned
        return after and month - worker.certificate < behaviour.support_course_months
    asked = worker.training_since != r.NEVER
    return asked and month - firm.planned <= behaviour.support_training_wait


@kernel
def enter_training_queue(c: County, i: int):
    """Put worker `i` into the queue for training, unless trained or already in it."""
    worker, clock = c.workers[i], c.clock
    waits = worker.training_since != r.NEVER or worker.certificate != r.NEVER
    if not waits and clock.training_queue < len(c.queue):
        worker.training_since = clock.month
        c.queue[clock.training_queue] = i
        clock.training_queue += 1
