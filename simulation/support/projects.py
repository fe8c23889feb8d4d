"""Projects: their quality, which nobody sees whole, and the signals that offices have of it.

The quality of a project is what its firm's log productivity will be: what the founder knows, ability and
skill, and what nobody knows, the luck of the draw. An office that looks at a project sees it with an
error. Signals x_k = quality + e_k with e_k ~ N(0, s_k^2) are pooled with what is known of all projects,
N(m, s^2), by their precisions (Bayes): the mean is (m / s^2 + sum x_k / s_k^2) / (1 / s^2 + sum 1 / s_k^2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state.draws import D_SIGNAL, draws, normal

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


BANK, TRAINER, MENTOR, INCUBATOR, JURY = range(
    5
)  # who has looked at a project: bits of `firm.signals`


@kernel
def error_of(k: int, behaviour: np.record):
    """Standard deviation of the error with which office `k` sees a project, log points."""
    return behaviour.support_signal_error


@kernel
def signal(c: County, f: int, k: int):
    """What office `k` sees of project `f`: its quality and an error, the same whenever it looks."""
    firm = c.firms[f]
    item = 16 * int(firm.attempt) + k
    u, _, _, _ = draws(c.clock, D_SIGNAL, 0, firm.id >> 4, item)
    return firm.known + firm.luck + error_of(k, c.behaviour) * normal(u)


@kernel
def seen_by_bank(c: County, firm: np.record):
    """Offices whose signals the bank sees, as bits: its own."""
    return 1 << BANK


@kernel
def estimate(c: County, f: int, seen: int):
    """Log productivity of project `f` that follows from the signals in the bits `seen`.

    Returns
    -------
    mean, sd : float
        Log points.
    """
    behaviour = c.behaviour
    spread = behaviour.firm_ability_gain**2 + behaviour.firm_luck_sd**2
    precision = 1.0 / max(spread, 1e-6)
    total = precision * behaviour.firm_scale
    for k in range(5):
        if seen & (1 << k):
            weight = 1.0 / max(error_of(k, behaviour), 1e-3) ** 2
            precision += weight
            total += weight * signal(c, f, k)
    return total / precision, 1.0 / np.sqrt(precision)
