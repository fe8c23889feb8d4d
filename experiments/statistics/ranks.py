"""Ranks of several policies with how sure they are.

Means over n paired runs are about normal with covariance S / n, S that of the runs; over an ensemble the single
sets stand for themselves. From `DRAWS` draws, the same in every call, comes the chance of each rank. What a small
sample of the county gets wrong makes each mean less certain by as much, so that it can't decide a rank.
"""

from __future__ import annotations

import numpy as np
import scipy

from returnee.experiments.statistics.quality import rank_shares

DRAWS, SEED = 4096, 16
HALF = 1.645  # standard deviations in half of a 90 % range


def rank_chances(levels: np.ndarray, off: float = 0.0, better: int = 1) -> np.ndarray:
    """Chance of each rank, shape (scenarios, ranks); ranks of what ties are shared.

    `levels`: shape (scenarios, runs); run by run with the same luck. `off`: share of a difference
    that a small sample gets wrong. `better`: 1 where more is better, -1 where less is.

    >>> rank_chances(np.array([[5.0, 6.0, 7.0], [1.0, 2.0, 3.0]])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    values = np.asarray(levels, float)
    values = values[:, np.isfinite(values).all(axis=0)]
    k, n = values.shape
    if n < 2:
        return np.full((k, k), np.nan)
    mean = values.mean(axis=1)
    # Only differences count; what all share is left out, so that luck in common is no doubt.
    apart = values - values.mean(axis=0)
    sizes, ways = np.linalg.eigh(np.atleast_2d(np.cov(apart)) / n)
    spread = ways * np.sqrt(np.maximum(sizes, 0.0))
    chance = scipy.stats.qmc.Sobol(2 * k + 1, seed=SEED).random(DRAWS)
    normal = scipy.stats.norm.ppf(np.clip(chance, 1e-9, 1.0 - 1e-9))
    heavy = np.sqrt((n - 1) / scipy.stats.chi2.ppf(np.clip(chance[:, 2 * k], 1e-9, 1.0 - 1e-9), n - 1))  # fmt: skip
    drawn = mean + (normal[:, :k] @ spread.T) * heavy[:, None]
    drawn += normal[:, k : 2 * k] * off * np.abs(mean - mean.mean()) / HALF
    # What is the same in all runs is the same in all draws.
    drawn = np.round(drawn, 9 - int(np.ceil(np.log10(max(np.abs(mean).max(), 1.0)))))
    return rank_shares(better * drawn)
