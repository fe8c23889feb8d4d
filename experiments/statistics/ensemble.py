"""Differences over an ensemble: what is due to parameters, and what to luck.

The paired difference in set s and replicate r is y_sr = mu + a_s + e_sr, a_s ~ (0, tau^2) from the
parameters, e_sr ~ (0, sigma^2) from luck; every set has replicates of its own. With mean squares
between and within sets (one-way random effects, Searle, Casella and McCulloch, Variance Components,
1992, ch. 3), sigma^2 = MSW and tau^2 = max(0, (MSB - MSW) / n0), n0 = (N - sum n_s^2 / N) / (S - 1).
Two 90 % intervals are given: for the expected effect in a county whose parameters are any that meet
the patterns, mu +- t sqrt(tau^2 + MSB / N) (Higgins, Thompson and Spiegelhalter, J. R. Stat. Soc. A
172, 2009, 137-159), and for the mean if parameters made no difference, mu +- t sqrt(MSW / N). The
share due to parameters is tau^2 / (tau^2 + sigma^2), of the variance between single runs; luck, and
so this share, depends on the sample that is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import scipy

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.statistics.effects import HIGHER, LOWER, UNCLEAR
from returnee.experiments.statistics.intervals import LEVEL


@dataclass(frozen=True)
class Parts:
    """One difference over an ensemble, split."""

    # with a result
    sets: int
    runs: int
    difference: float  # mean over sets
    # 90 % interval over parameters and luck
    low: float
    high: float
    # 90 % interval for luck alone
    luck_low: float
    luck_high: float
    # variance due to parameters and to luck
    between: float
    within: float
    share: float  # due to parameters, of the variance between single runs
    same_sign: float  # share of sets whose mean difference has the sign of the mean over sets
    verdict: str  # "higher" or "lower" where the interval over both leaves out zero


def split(each: np.ndarray) -> Parts:
    """Split paired differences into parameters and luck.

    `each`: shape (sets, replicates); NaN where a run failed. Intervals need three sets and two
    replicates of one of them.

    Examples
    --------
    >>> found = split(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 11.0]]))
    >>> found.difference, found.within, found.between, found.same_sign
    (6.0, 2.0, 15.0, 1.0)
    """
    there = np.isfinite(each)
    each, there = each[there.any(axis=1)], there[there.any(axis=1)]
    count = there.sum(axis=1)
    sets, runs = len(each), int(count.sum())
    if not sets:
        return Parts(0, 0, *(np.nan,) * 9, UNCLEAR)
    means = np.where(there, each, 0.0).sum(axis=1) / count
    mean = float(means.mean())
    same = _same_sign(means, mean)
    if sets < 3 or runs <= sets:
        return Parts(sets, runs, mean, *(np.nan,) * 7, same, UNCLEAR)
    middle = float((count * means).sum() / runs)
    msw = float(np.where(there, (each - means[:, None]) ** 2, 0.0).sum() / (runs - sets))
    msb = float((count * (means - middle) ** 2).sum() / (sets - 1))
    n0 = (runs - (count**2).sum() / runs) / (sets - 1)
    between = max(0.0, float((msb - msw) / n0))
    reach = scipy.stats.t.ppf(0.5 + LEVEL / 2.0, [sets - 2, runs - sets]).tolist()
    # The error of the mean over sets is that of set means: luck, and parameters by chance of sets.
    both = reach[0] * math.sqrt(between + max(msb, msw) / runs)
    luck = reach[1] * math.sqrt(msw / runs)
    total = between + msw
    verdict = HIGHER if mean > both else LOWER if mean < -both else UNCLEAR
    share = between / total if total > 0.0 else np.nan
    return Parts(
        sets, runs, mean, mean - both, mean + both, mean - luck, mean + luck, between, msw, share,
        same, verdict,
    )  # fmt: skip


def _same_sign(means: np.ndarray, mean: float) -> float:
    """Share of means on the side of the mean; where that is zero, of means that are zero too."""
    return float((np.sign(means) == np.sign(mean)).mean())


def split_all(values: np.ndarray, names: Sequence[str], compared: Sequence[str]) -> pd.DataFrame:
    """Split every measure of every compared scenario.

    `values`: shape (scenarios, sets, replicates, measures); the reference first, then those
    compared; flows by year. `names`: measures. `compared`: labels of the scenarios after the
    first. Returns: a row a scenario and measure: the fields of `Parts`, with ``reference`` and
    ``level``, means over all runs, and the measure's label, unit and better side.
    """
    rows = []
    for k, label in enumerate(compared, start=1):
        for m, name in enumerate(names):
            measure = BY_NAME[name]
            both = np.isfinite(values[k, ..., m]) & np.isfinite(values[0, ..., m])
            level, reference = (
                float(values[j, ..., m][both].mean()) if both.any() else np.nan for j in (k, 0)
            )
            rows.append(
                {
                    "scenario": label, "measure": name, "label_en": measure.en,
                    "label_zh": measure.zh, "unit": measure.unit, "kind": measure.kind,
                    "better": measure.better, "reference": reference, "level": level,
                    **asdict(split(values[k, ..., m] - values[0, ..., m])),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
