"""Intervals of means and ratios over few runs: the one place where they are made.

Means: Student's t interval (Student, Biometrika 6, 1908, 1-25), mean +- t s / sqrt(n), with n - 1
degrees of freedom; paired differences are taken before anything is averaged. The chance that the
true mean is above zero is the t distribution's. Ratios of two means: the set of r for which the mean
of a - r b can't be told from zero (Fieller, J. R. Stat. Soc. B 16, 1954, 175-185), which is an
interval where the mean of b can be told from zero. Other smooth functions of means: the t interval
of the function's linear part, run by run (Cochran, Sampling Techniques, 1977, ch. 6).

Where every run gives the same, the interval is that value. One run has no interval.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

LEVEL = 0.90
TAILS = (50.0 * (1.0 - LEVEL), 50.0 * (1.0 + LEVEL))
"""Percentiles that bound the middle 90 % of single runs; not an interval of a mean."""


class Estimate(NamedTuple):
    """Means over runs with their intervals."""

    # bounds are NaN with fewer than two runs
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    # chance that the true mean is above zero; where all runs are equal 0, 0.5 or 1; NaN with fewer
    # than two runs
    p_higher: np.ndarray
    pairs: np.ndarray  # runs that are there


def mean_of(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """Mean of what is there; NaN where nothing is."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, values, 0.0).sum(axis=axis) / there.sum(axis=axis)


def quotient(above: np.ndarray, below: np.ndarray | float) -> np.ndarray:
    """Element by element; NaN where nothing stands below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0.0, above / below, np.nan)


def moments_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard error of the mean and count over axis 0; missing runs are left out."""
    values = np.asarray(values, dtype=float)
    there = np.isfinite(values)
    pairs = there.sum(axis=0)
    mean = mean_of(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(there, values - mean, 0.0)
        error = np.sqrt((apart**2).sum(axis=0) / (pairs - 1) / pairs)
    error = np.where(pairs > 1, error, np.nan)
    # Rounding of the mean must not make luck of runs that are all equal.
    most = np.where(there, values, -np.inf).max(axis=0, initial=-np.inf)
    least = np.where(there, values, np.inf).min(axis=0, initial=np.inf)
    return mean, np.where((pairs > 1) & (most == least), 0.0, error), pairs


def interval(values: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Bounds of the t interval of the mean over axis 0, shape (2, ...).

    `values`: shape (runs, ...); NaN where a run is missing.

    >>> interval(np.array([1.0, 2.0, 3.0])).round(2).tolist()
    [0.31, 3.69]
    """
    mean, error, pairs = moments_of(values)
    reach = quantile(pairs, level) * error
    return np.stack([mean - reach, mean + reach])


def estimate(values: np.ndarray) -> Estimate:
    """Means over axis 0 with intervals and chances.

    `values`: shape (runs, ...); paired differences; NaN where a run is missing.
    """
    mean, error, pairs = moments_of(values)
    reach = quantile(pairs) * error
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = scipy.stats.t.cdf(
            mean / np.where(error > 0.0, error, np.nan), np.maximum(pairs - 1, 1)
        )
    chance = np.where(error == 0.0, 0.5 * (1.0 + np.sign(mean)), chance)
    return Estimate(mean, mean - reach, mean + reach, chance, pairs)


def quantile(pairs: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Upper quantile of Student's t for each count; few counts differ, so each is asked for once."""
    counts, place = np.unique(pairs, return_inverse=True)
    with np.errstate(invalid="ignore"):
        found = scipy.stats.t.ppf(0.5 + level / 2.0, np.where(counts > 1, counts - 1.0, np.nan))
    return found[place].reshape(np.shape(pairs))


def mean_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """Mean of one figure over runs, and its bounds.

    >>> mean_interval(np.array([1.0, 3.0, np.nan]))[0]
    2.0
    """
    low, high = interval(values, level)
    return float(moments_of(values)[0]), float(low), float(high)


def pooled(values: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Mean over runs of each unit and its bounds, where luck is of one size in all units.

    `values`: shape (runs, units, ...); NaN where a run is missing. Returns: shape (3, units, ...).

    >>> pooled(np.array([[1.0, 5.0], [3.0, 7.0]])).round(2).tolist()
    [[2.0, 6.0], [-0.92, 3.08], [4.92, 8.92]]
    """
    mean, error, pairs = moments_of(values)
    there = pairs > 1
    free = np.where(there, pairs - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(there, error**2 * pairs * free, 0.0).sum(axis=0) / free.sum(axis=0)
        reach = quantile(free.sum(axis=0) + 1, level) * np.sqrt(variance / np.maximum(pairs, 1))
    return np.stack([mean, mean - reach, mean + reach])


def sum_of(values: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Sum over units of their means, and its bounds, where units have luck of their own.

    Degrees of freedom as Welch and Satterthwaite have them (Biometrics Bulletin 2, 1946, 110-114).
    `values`: shape (runs, units, ...); units without a run are left out. Returns: shape (3, ...).

    >>> sum_of(np.array([[1.0, 5.0], [3.0, 7.0]])).round(2).tolist()
    [8.0, 3.87, 12.13]
    """
    mean, error, pairs = moments_of(values)
    total = np.nansum(mean, axis=0)
    variance = np.where(pairs > 1, error**2, np.where(pairs == 1, np.nan, 0.0))
    parts = variance**2 / np.maximum(pairs - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        free = variance.sum(axis=0) ** 2 / parts.sum(axis=0)
        reach = scipy.stats.t.ppf(0.5 + level / 2.0, free) * np.sqrt(variance.sum(axis=0))
    reach = np.where(variance.sum(axis=0) == 0.0, 0.0, reach)
    return np.stack([total, total - reach, total + reach])


def beyond_luck(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation of units' true means, and the share of the spread of their means that is luck.

    The variance of the means over units less that of luck in a mean. `values`: shape (runs, units,
    ...). Returns: each of shape (...); NaN with one run or one unit.
    """
    mean, error, pairs = moments_of(values)
    luck = mean_of(np.where(pairs > 1, error**2, np.nan))
    spread = moments_of(mean)[1] ** 2 * np.isfinite(mean).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(spread > 0.0, np.minimum(luck / spread, 1.0), np.nan)
    return np.sqrt(np.maximum(spread - luck, 0.0)), share


def ratio_interval(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Bounds of the ratio of two means over axis 0, shape (2, ...).

    `above`, `below`: shape (runs, ...); of the same runs; runs in which either is missing are left
    out. Returns: NaN where the mean of `below` can't be told from zero, or with fewer than two
    runs.
    """
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    there = np.isfinite(above) & np.isfinite(below)
    above, below = np.where(there, above, np.nan), np.where(there, below, np.nan)
    (a, a_error, pairs), (b, b_error, _) = moments_of(above), moments_of(below)
    t2 = quantile(pairs) ** 2
    both = shared_error(above, below, a, b, pairs)
    return fieller(a, b, a_error**2, b_error**2, both, t2)


def shared_error(
    above: np.ndarray, below: np.ndarray, a: np.ndarray, b: np.ndarray, pairs: np.ndarray
) -> np.ndarray:
    """Covariance of two means over axis 0, from runs in which both are there or missing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(np.isfinite(above), (above - a) * (below - b), 0.0).sum(axis=0)
        return apart / (pairs - 1) / pairs


def fieller(
    a: np.ndarray, b: np.ndarray, aa: np.ndarray, bb: np.ndarray, ab: np.ndarray, t2: np.ndarray
) -> np.ndarray:
    """Bounds of a / b from variances and covariance and a squared quantile; see `ratio_interval`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # Roots of r^2 (b^2 - t^2 s_bb) - 2 r (a b - t^2 s_ab) + (a^2 - t^2 s_aa).
        square = b**2 - t2 * bb
        middle = a * b - t2 * ab
        inside = np.maximum(middle**2 - square * (a**2 - t2 * aa), 0.0)
        square = np.where(square > 0.0, square, np.nan)
        return np.stack([(middle - np.sqrt(inside)) / square, (middle + np.sqrt(inside)) / square])


def ratio_of_sums(above: np.ndarray, below: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Ratio of two sums over units of their means, and its bounds, where units have luck of their own.

    `above`, `below`: shape (runs, units, ...). Returns: shape (3, ...); bounds as in `ratio_interval`, with the
    degrees of freedom of the sum of what is left of `above` once the ratio times `below` is taken off.

    >>> ratio_of_sums(np.array([[1.0, 5.1], [1.2, 4.9]]), np.array([[2.0, 10.0], [2.2, 10.0]])).round(2).tolist()
    [0.5, 0.47, 0.54]
    """
    there = np.isfinite(above) & np.isfinite(below)
    above, below = np.where(there, above, np.nan), np.where(there, below, np.nan)
    (a, a_error, pairs), (b, b_error, _) = moments_of(above), moments_of(below)
    both = shared_error(above, below, a, b, pairs)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.nansum(a, axis=0) / np.nansum(b, axis=0)
        parts = np.maximum(a_error**2 - 2.0 * ratio * both + (ratio * b_error) ** 2, 0.0)
        free = parts.sum(axis=0) ** 2 / (parts**2 / np.maximum(pairs - 1, 1)).sum(axis=0)
        t2 = scipy.stats.t.ppf(0.5 + level / 2.0, np.where(free > 0.0, free, 1e9)) ** 2
    few = (pairs == 1).any(axis=0)
    a, b, aa, bb, ab = (np.nansum(x, axis=0) for x in (a, b, a_error**2, b_error**2, both))
    return np.stack([ratio, *np.where(few, np.nan, fieller(a, b, aa, bb, ab, t2))])
