"""Linkage: handing a finished file on from one pillar to the next.

A referral tells the person of the next channel and passes the file on, so that the next provider
need not start afresh: the person is entered in its queue, and a loan file takes fewer days. Nothing
else is linked; the gates are in the places where they open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state.changes import learn
from returnee.simulation.state.channels import AFTER, NO_OTHER, TOLD_OF, enter_queue
from returnee.simulation.state.draws import D_REFERRAL, draws
from returnee.simulation.state.programmes import G_TRACKING

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def hand_on(c: County, i: int, channel: int):
    """When worker `i` has finished a stage of `channel`, maybe hand the file on to the next."""
    worker, clock = c.workers[i], c.clock
    chance = c.policy.linkage_referral * c.funded[G_TRACKING]
    u, _, _, _ = draws(clock, D_REFERRAL, clock.month, worker.id, channel)
    if u >= chance:
        return
    following = AFTER[channel]
    learn(c, i, following)
    worker.referred = 1
    c.now.referrals += 1
    if TOLD_OF[following] != NO_OTHER:
        learn(c, i, TOLD_OF[following])
    enter_queue(following, c, i)
