"""The spread of an answer over parameter sets, out of small samples of the county.

A paired difference in a sample is d_k = a + b_k + e_k: b_k is what set k makes of it, e_k the luck of a few
people, which the full county all but averages away. With the variance of luck known from runs that share one
set, the part of the variance that is not luck is w = 1 - var(e) / var(d), at least 0. Each d_k is drawn
towards the mean until the variance is that of b_k and of the mean's own error, so that the spread is that of the
full county's answers (the linear empirical Bayes estimate: Efron and Morris, J. Am. Stat. Assoc. 68, 1973,
117-130, kept at the right variance as in Louis, J. Am. Stat. Assoc. 79, 1984, 393-398).
"""

from __future__ import annotations

import numpy as np

from returnee.experiments.statistics.intervals import TAILS, Estimate, mean_of, moments_of


def drawn_in(each: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Single differences without the luck of a small sample, of the same mean.

    `each`: shape (sets, ...); a run a set. `luck`: shape (runs, ...); of one set. Runs that are missing
    are NaN.

    >>> drawn_in(np.array([1.0, 3.0, 5.0]), np.array([2.0, 2.0])).tolist()
    [1.0, 3.0, 5.0]
    """
    mean, error, pairs = moments_of(each)
    whole, noise = error**2 * pairs, moments_of(luck)[1] ** 2 * moments_of(luck)[2]
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.minimum(np.where(np.isfinite(noise), noise, 0.0), whole)
        kept = np.where(whole > 0.0, 1.0 - noise / whole * (1.0 - 1.0 / pairs), 1.0)
    return mean + (each - mean) * np.sqrt(np.maximum(kept, 0.0))


def spread(each: np.ndarray, luck: np.ndarray) -> Estimate:
    """Mean over sets, the middle 90 % of the full county's answers, and the share above zero.

    `each`, `luck`: see `drawn_in`; differences.
    """
    drawn = drawn_in(each, luck)
    there = np.isfinite(drawn)
    pairs = there.sum(axis=0)
    low, high = (np.full(drawn.shape[1:], np.nan) for _ in TAILS)
    some = pairs > 1
    if some.any():
        low[some], high[some] = np.nanpercentile(drawn[:, some], TAILS, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = ((drawn > 0) & there).sum(axis=0) + 0.5 * ((drawn == 0) & there).sum(axis=0)
        share = np.where(some, above / pairs, np.nan)
    return Estimate(mean_of(each), low, high, share, pairs)
