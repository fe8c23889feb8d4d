"""Channels of support: what a worker can be told of, one bit each.

A row says when a channel is in use, and so not forgotten, when there is anything behind it, what queue
somebody who is handed on enters, and to which channel a finished file is handed on. The order of the
rows is that of the bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from returnee.simulation.engine.compiler import by_code, kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.queues import enter_training_queue

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


Rule = Callable[..., Any]


class Channel(NamedTuple):
    """A channel of support.

    Attributes
    ----------
    key, zh : str
        Key, and what it is called in Chinese tables.
    used : rule of county and worker
        Whether a worker makes use of it.
    offered : rule of a policy
        Whether there is anything behind it.
    enter : rule of county and a worker's row
        Enter the worker in its queue, if there is one for him.
    next : str
        Channel to which a finished file is handed on.
    tells : str
        Channel that somebody who is handed on to this one learns of besides.
    """

    key: str
    zh: str
    used: Rule
    offered: Rule
    enter: Rule
    next: str
    tells: str = ""


_channels: list[Channel] = []


def channel(
    key: str, zh: str, used: Rule, offered: Rule, enter: Rule, next: str, tells: str = ""
) -> int:
    """Declare a channel; its code."""
    _channels.append(Channel(key, zh, used, offered, enter, next, tells))
    return len(_channels) - 1


@kernel
def has_venture(worker: np.record):
    """Whether a worker prepares or owns a firm."""
    return worker.firm >= 0 and (worker.state == r.OWNER or worker.state == r.FOUNDING)


@kernel
def uses_training(_c: County, worker: np.record):
    """Training was asked for."""
    return worker.training_since != r.NEVER


@kernel
def offers_training(policy: np.record):
    """There are places."""
    return policy.training_places > 0.0


@kernel
def uses_services(c: County, worker: np.record):
    """A firm with a mentor or a loan."""
    if not has_venture(worker):
        return False
    firm = c.firms[worker.firm]
    return firm.mentor_until != r.NEVER or firm.loan > 0


@kernel
def offers_services(policy: np.record):
    """There are posts or mentors."""
    return policy.services_township_posts > 0 or policy.services_mentors > 0


@kernel
def wait_for_mentor(c: County, i: int):
    """Whoever has a venture asks for a mentor."""
    worker = c.workers[i]
    if has_venture(worker) and c.firms[worker.firm].mentor_since == r.NEVER:
        c.firms[worker.firm].mentor_since = c.clock.month


@kernel
def uses_incubation(c: County, worker: np.record):
    """A firm with a place in an incubator."""
    return has_venture(worker) and c.firms[worker.firm].venue == r.INCUBATOR_PLACE


@kernel
def offers_incubation(policy: np.record):
    """There are places."""
    return policy.incubation_places > 0.0


@kernel
def wait_for_place(c: County, i: int):
    """Whoever has a venture that fits asks for a place in an incubator."""
    worker = c.workers[i]
    if has_venture(worker):
        firm = c.firms[worker.firm]
        if firm.incubation_since == r.NEVER and c.markets[firm.sector].needs_site == 0:
            firm.incubation_since = c.clock.month


@kernel
def uses_activities(c: County, worker: np.record):
    """A firm that won a contest."""
    return has_venture(worker) and c.firms[worker.firm].credit_line == 1


@kernel
def offers_activities(policy: np.record):
    """There are contests or sessions."""
    return policy.activities_contests > 0 or policy.activities_outreach_sessions > 0


@kernel
def uses_finance(c: County, worker: np.record):
    """A firm with a loan, or a file at the desk."""
    if not has_venture(worker):
        return False
    firm = c.firms[worker.firm]
    return firm.loan > 0 or firm.loan_stage == r.AT_DESK or firm.loan_stage == r.IN_PROCESS


@kernel
def offers_finance(policy: np.record):
    """There is a guarantee fund."""
    return policy.finance_guarantee_fund > 0.0


@kernel
def no_queue(c: County, i: int):
    """Contests and the desk are come to, not waited for."""


# Training -> services -> incubation -> activities -> training; finance is reached through services,
# whose desk handles the loan.
TRAINING = channel(
    "training", "培训", uses_training, offers_training, enter_training_queue, "services"
)
SERVICES = channel(
    "services", "服务", uses_services, offers_services, wait_for_mentor, "incubation",
    tells="finance",
)  # fmt: skip
INCUBATION = channel(
    "incubation", "孵化", uses_incubation, offers_incubation, wait_for_place, "activities"
)
ACTIVITIES = channel("activities", "活动", uses_activities, offers_activities, no_queue, "training")
FINANCE = channel("finance", "资金", uses_finance, offers_finance, no_queue, "incubation")

CHANNEL_TABLE = tuple(_channels)
CHANNELS = tuple(row.key for row in CHANNEL_TABLE)
N_CHANNELS = len(CHANNELS)
NO_OTHER = -1
AFTER = tuple(CHANNELS.index(row.next) for row in CHANNEL_TABLE)  # by channel
TOLD_OF = tuple(CHANNELS.index(row.tells) if row.tells else NO_OTHER for row in CHANNEL_TABLE)

is_used = by_code("is_used", [row.used for row in CHANNEL_TABLE], "c, worker")
is_offered = by_code("is_offered", [row.offered for row in CHANNEL_TABLE], "policy")
enter_queue = by_code("enter_queue", [row.enter for row in CHANNEL_TABLE], "c, i")
