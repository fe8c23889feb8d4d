"""Linkage: handing a finished file on from one pillar to the next, by a case officer.

Of the stages that are finished the share `referral` is handed on with the file. A file is carried by a case
officer, who tells the person of the next channel, enters the person in its queue, spares the forms and lets
offices see what others saw. An officer keeps so many open cases; one who is full takes no more. A case is
over a year after the opening, or when nothing comes of it. The gates are in the places where they open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_active, learn
from returnee.simulation.state.channels import (
    AFTER,
    N_CHANNELS,
    NO_OTHER,
    TOLD_OF,
    enter_queue,
    has_venture,
)
from returnee.simulation.state.draws import D_CASE, D_REFERRAL, draws
from returnee.simulation.state.programmes import G_TRACKING, officers_at_work
from returnee.simulation.state.queues import A_CASES, whole_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


NO_CASE, OPEN_CASE, PAST_CASE = range(3)  # of `worker.referred`


@kernel
def refer(c: County, i: int, channel: int):
    """When worker `i` has finished a stage of `channel`, maybe a referral of the file is asked for."""
    worker, clock = c.workers[i], c.clock
    u, _, _, _ = draws(clock, D_REFERRAL, clock.month, worker.id, channel)
    if u < c.policy.linkage_referral and clock.requests < len(c.due_list):
        c.due_list[clock.requests] = i * N_CHANNELS + channel
        clock.requests += 1


@kernel
def pass_on(c: County, i: int, channel: int):
    """The case officer passes the file of worker `i` on to the channel after `channel`."""
    following = AFTER[channel]
    learn(c, i, following)
    c.now.referrals += 1
    if TOLD_OF[following] != NO_OTHER:
        learn(c, i, TOLD_OF[following])
    enter_queue(following, c, i)


@kernel
def case_is_over(c: County, worker: np.record):
    """Whether a case needs no officer any more."""
    month, behaviour = c.clock.month, c.behaviour
    if not is_active(worker.state):
        return True
    if has_venture(worker):
        firm = c.firms[worker.firm]
        return firm.phase == r.OPEN and month - firm.opened >= behaviour.support_followed_months
    return month - worker.case_since > behaviour.support_case_patience


@kernel
def close_cases(c: County):
    """Officers lay down the cases that are over."""
    clock, left = c.clock, 0
    for k in range(clock.cases):
        i = c.cases[k]
        if case_is_over(c, c.workers[i]):
            c.workers[i].referred = PAST_CASE
        else:
            c.cases[left] = i
            left += 1
    clock.cases = left


@kernel
def room_for_cases(c: County):
    """Cases that the officers who are paid can keep open."""
    officers = officers_at_work(c.policy) * c.funded[G_TRACKING]
    return whole_of(c, officers * c.behaviour.support_officer_load * c.clock.sample, A_CASES)


@kernel
def serve_referrals(c: County):
    """The officers' month: referrals are taken by lot while there is room, and the files passed on."""
    close_cases(c)
    clock, n, room = c.clock, c.clock.requests, room_for_cases(c)
    lots = np.empty(n)
    for k in range(n):
        code = c.due_list[k]
        i = code // N_CHANNELS
        u, _, _, _ = draws(clock, D_CASE, clock.month, c.workers[i].id, code % N_CHANNELS)
        lots[k] = u
    for k in np.argsort(lots):
        code = c.due_list[k]
        i, channel = code // N_CHANNELS, code % N_CHANNELS
        worker = c.workers[i]
        if worker.referred != OPEN_CASE:
            if clock.cases >= room or not is_active(worker.state):
                continue
            worker.referred = OPEN_CASE
            worker.case_since = clock.month
            c.cases[clock.cases] = i
            clock.cases += 1
        pass_on(c, i, channel)
    clock.requests = 0
