"""Information: workers learn of the channels of support, one by one, and forget them.

Mass messages, cadres at township posts and stations in the cities reach people drawn from lists;
ties that know a channel pass it on when they meet. What ties pass on between two reviews is drawn
at the review: with k knowing ties and an amount of contact X since, a channel is learned with
chance 1 - exp(-rate k X). Contact between home and away ties is rare but for Spring Festival.
Everybody sees what others knew when the month began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.scenarios import Scenario
from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    happens,
    knows,
    settle,
    show,
)
from returnee.simulation.state.channels import N_CHANNELS, is_used
from returnee.simulation.state.draws import D_HEAR, I_HEARD_FURTHER, draws
from returnee.simulation.state.visible import HOME, KNOWS, count_of, share_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


TOGETHER = 5  # channels whose draws are made with the others of a review


def contact_sums(scenario: Scenario, first: int, months: int) -> np.ndarray:
    """Contact cumulated up to each month, shape (2, months - first + 2).

    Row 0: ties at the same place; row 1: ties between home and away. Column ``m - first + 1`` holds
    the sum up to and including month ``m``.
    """
    information = scenario.behaviour.information
    month = np.arange(first, months + 1)
    festival = (month - 1) % 12 + 1 == scenario.county.work.festival_month
    across = information.cross_contact * np.where(festival, information.festival_contact, 1.0)
    same = np.ones(len(month))
    return np.concatenate([np.zeros((2, 1)), np.cumsum([same, across], axis=1)], axis=1)


@kernel
def hazard_of_hearing(
    c: County, i: int, knowing: int, share_same: float, same: float, across: float
):
    """Cumulated hazard that worker `i` hears of a channel from ties.

    Parameters
    ----------
    knowing : int
        Ties that know the channel.
    share_same : float
        Share of the ties at the same place (home or away).
    same, across : float
        Contact since the last review with ties at the same place, and elsewhere.
    """
    rate = c.behaviour.information_tie_rate
    return rate * knowing * (share_same * same + (1.0 - share_same) * across)


@kernel
def hazard_of_forgetting(c: County, i: int, months: int):
    """Cumulated hazard that worker `i` forgets a channel over some months."""
    return c.behaviour.information_forget_rate * months


@kernel
def note(c: County, i: int, channel: int, gain: bool):
    """Worker `i` learns (or forgets) a channel; the ties will see it after `apply_notes`."""
    worker, clock = c.workers[i], c.clock
    if knows(worker, channel) != gain:
        if int(worker.knows) == int(c.seen[i]) >> KNOWS:  # not on the list yet
            c.pending[clock.pending] = i
            clock.pending += 1
        worker.knows = int(worker.knows) ^ (1 << channel)


@kernel
def apply_notes(c: County):
    """Let the ties see what was noted."""
    n = c.clock.pending
    for k in range(n):
        if k + AHEAD < n:
            prefetch(c.workers, c.pending[k + AHEAD])
        i = c.pending[k]
        known = int(c.seen[i]) >> KNOWS
        show(c, i)
        for channel in range(N_CHANNELS):
            bit = 1 << channel
            c.aware[channel] += (int(c.workers[i].knows) & bit) - (known & bit) >> channel
    c.clock.pending = 0


@kernel
def take_stock(c: County, i: int, around: tuple[int, int], luck: np.ndarray, k: int):
    """What worker `i` heard from ties, and forgot, since the last review.

    Parameters
    ----------
    around : tuple of two int
        What the ties show, see `visible.look_around`.
    luck : float64 array, shape (blocks, 4, workers)
        From the second block on column `k` has a uniform draw for each of the first channels; those after
        them draw their own.
    """
    settle(c, i)
    worker, clock = c.workers[i], c.clock
    month = clock.month
    months = month - worker.heard
    now, then = month - clock.first + 1, worker.heard - clock.first + 1
    same = c.contact[0, now] - c.contact[0, then]
    across = c.contact[1, now] - c.contact[1, then]
    share = share_of(around, HOME)
    if worker.state == r.AWAY:
        share = 1.0 - share
    lost = hazard_of_forgetting(c, i, months)
    for channel in range(N_CHANNELS):
        if channel < TOGETHER:
            u = luck[1 + channel // 4, channel % 4, k]
        else:
            u, _, _, _ = draws(clock, D_HEAR, month, worker.id, I_HEARD_FURTHER + channel)
        knowing, known = count_of(around, KNOWS + channel), knows(worker, channel)
        heard = hazard_of_hearing(c, i, knowing, share, same, across)
        if happens(u, lost if known else heard) and not (known and is_used(channel, c, worker)):
            note(c, i, channel, not known)
    worker.heard = month
