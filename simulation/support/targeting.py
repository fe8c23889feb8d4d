"""Whom support turns to first: weights of people under the policy's targets."""

from __future__ import annotations

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state.changes import (
    age_of,
)


@kernel
def weight_of(worker: np.record, policy: np.record, town: np.record, month: int):
    """Product of the targeting weights of the groups that a worker belongs to."""
    weight = 1.0
    if worker.sex == 1:
        weight *= policy.targeting_women
    if age_of(worker, month) < 35.0:
        weight *= policy.targeting_under_35
    if worker.schooling <= 1:
        weight *= policy.targeting_low_schooling
    if town.remote == 1:
        weight *= policy.targeting_remote
    if worker.failed > 0:
        weight *= policy.targeting_failed_founders
    return weight


@kernel
def top_weight(policy: np.record):
    """Largest weight that anybody can have."""
    return (
        max(policy.targeting_women, 1.0)
        * max(policy.targeting_under_35, 1.0)
        * max(policy.targeting_low_schooling, 1.0)
        * max(policy.targeting_remote, 1.0)
        * max(policy.targeting_failed_founders, 1.0)
    )
