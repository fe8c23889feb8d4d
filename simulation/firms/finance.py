"""Money for a start: what a person has and may count on.

Own savings above the buffer, and a guaranteed loan for who knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state.channels import FINANCE

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def credit_in_sight(c: County, worker: np.record):
    """Loan a worker may count on without knowing more: the first step of the cap, if known."""
    policy = c.policy
    bit = 1 << FINANCE
    if int(worker.knows) & bit == 0 or c.clock.withdrawn == 1:
        return 0.0
    if policy.finance_guarantee_fund <= 0.0:
        return 0.0
    return 0.2 * policy.finance_loan_cap


@kernel
def means_in_sight(c: County, worker: np.record):
    """Money a worker could put into a firm: savings above the buffer, and credit in sight."""
    own = max(worker.savings - c.behaviour.money_buffer, 0.0)
    return own + credit_in_sight(c, worker)
