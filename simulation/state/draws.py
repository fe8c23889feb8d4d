"""Keyed random numbers: Philox4x32-10.

A draw is a function of (seed, replicate, decision, month, agent, item) and of nothing else, so a
person meets the same luck under every policy, whatever the others do and in whatever order they
are asked.

Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3",
SC '11; constants and known-answer vectors from the authors' Random123 library.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from returnee.simulation.engine.compiler import draw_kernel, kernel
from returnee.simulation.state.records import CLOCK

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
UNIT = 2.0**-32
MONTH_ZERO = 4096  # added to the month, so that months before the policy have a counter too

NORMAL = ndtri((np.arange(4096) + 0.5) / 4096)
NORMAL.setflags(write=False)  # kernels hold a copy

# What is decided by a draw; the third word of the counter. Never renumber: results depend on it.
(
    D_BODY,
    D_LIFE,
    D_MONEY,
    D_START,
    D_TIES,
    D_KIN,
    D_FRIEND,
    D_FELLOW,
    D_FIRM,
    D_REVIEW,
    D_HEAR,
    D_MESSAGE,
    D_POST,
    D_STATION,
    D_SESSION,
    D_RETURN,
    D_CAREER,
    D_IDEA,
    D_VENTURE,
    D_FAMILY,
    D_GUARANTOR,
    D_FOUNDING,
    D_QUEUE,
    D_REFERRAL,
    D_CONTEST,
    D_VISIT,
    D_TRADE,
    D_HIRE,
    D_MATCH,
    D_CLOSE,
    D_SHOCK,
    D_INCUBATOR,
    D_SERVICE,
) = range(1, 34)


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: ten rounds on a counter of four 32-bit words under a key of two.

    Parameters
    ----------
    c0, c1, c2, c3, k0, k1 : uint64
        Words of counter and key, each below 2**32.

    Returns
    -------
    tuple of four uint64, each below 2**32
    """
    for _ in range(10):
        p0 = M0 * c0
        p1 = M1 * c2
        c0 = (p1 >> HALF) ^ c1 ^ k0
        c2 = (p0 >> HALF) ^ c3 ^ k1
        c1 = p1 & LOW
        c3 = p0 & LOW
        k0 = (k0 + W0) & LOW
        k1 = (k1 + W1) & LOW
    return c0, c1, c2, c3


@draw_kernel(CLOCK)
def draws(clock, decision, month, agent, item):
    """Four uniform draws in (0, 1) for one decision of one agent in one month.

    Parameters
    ----------
    clock : record with fields ``seed`` and ``replicate``
    decision : int
        One of the ``D_`` constants.
    month : int
        Month of the decision, from -4096 on.
    agent : int
        Id of the person or provider (not the row).
    item : int
        Which of several draws of the same decision, such as the attempt of a founder.

    Returns
    -------
    tuple of four float
    """
    a, b, c, d = philox(
        np.uint64(agent),
        np.uint64(month + MONTH_ZERO),
        np.uint64(decision),
        np.uint64(item),
        np.uint64(clock.seed),
        np.uint64(clock.replicate),
    )
    return (
        (float(a) + 0.5) * UNIT,
        (float(b) + 0.5) * UNIT,
        (float(c) + 0.5) * UNIT,
        (float(d) + 0.5) * UNIT,
    )


@kernel
def normal(u):
    """Standard normal deviate for a uniform ``u`` (one of 4,096 equally likely values)."""
    return NORMAL[int(u * 4096.0)]
