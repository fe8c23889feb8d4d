"""Linkage: handing a finished file on from one pillar to the next.

A referral tells the person of the next channel and passes the file on, so that the next provider
need not start afresh: the person is entered in its queue, and a loan file takes fewer days. Nothing
else is linked; the gates are in the places where they open.
"""

from __future__ import annotations

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import learn
from returnee.simulation.state.draws import D_REFERRAL, draws
from returnee.simulation.state.providers import FUNDED_TRACKING
from returnee.simulation.state.queues import enter_training_queue

# The pillar that follows each: training -> services, services -> incubation, incubation ->
# activities, activities -> training; finance is reached through services.
AFTER = (r.SERVICES, r.INCUBATION, r.ACTIVITIES, r.TRAINING, r.INCUBATION)


@kernel
def hand_on(c, i, channel):
    """When worker `i` has finished a stage of `channel`, maybe hand the file on to the next."""
    worker, clock = c.workers[i], c.clock
    chance = c.policy.linkage_referral * c.funded[FUNDED_TRACKING]
    u, _, _, _ = draws(clock, D_REFERRAL, clock.month, worker.id, channel)
    if u >= chance:
        return
    following = AFTER[channel]
    learn(c, i, following)
    worker.referred = 1
    c.now.referrals += 1
    if following == r.SERVICES:
        learn(c, i, r.FINANCE)  # the desk handles the loan
    if worker.firm >= 0 and (worker.state == r.OWNER or worker.state == r.FOUNDING):
        enter_next_queue(c, c.firms[worker.firm], following)
    elif following == r.TRAINING:
        enter_training_queue(c, i)


@kernel
def enter_next_queue(c, firm, following):
    """Put a founder's file into the queue of the pillar that follows."""
    month = c.clock.month
    if following == r.SERVICES and firm.mentor_since == r.NEVER:
        firm.mentor_since = month
    elif following == r.INCUBATION and firm.incubation_since == r.NEVER:
        if c.markets[firm.sector].needs_site == 0:
            firm.incubation_since = month
    elif following == r.TRAINING:
        enter_training_queue(c, firm.owner)
