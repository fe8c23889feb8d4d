"""Queues for training and at the loan desk: who enters, waits and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


SMALLEST_LOAN = 50_000  # yuan; less is not worth the paperwork (assumed)


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


@kernel
def enter_training_queue(c: County, i: int):
    """Put worker `i` into the queue for training, unless trained or already in it."""
    worker, clock = c.workers[i], c.clock
    waits = worker.training_since != r.NEVER or worker.certificate != r.NEVER
    if not waits and clock.training_queue < len(c.queue):
        worker.training_since = clock.month
        c.queue[clock.training_queue] = i
        clock.training_queue += 1
