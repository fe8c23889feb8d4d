"""Figures over an ensemble: what is due to luck, to parameters, and to the model's structure.

The figure of run r in set s of structural variant m is y_msr. Sets have weights w_s that sum to 1; those
of a variant sum to P_m, and p_s = w_s / P_m. By the law of total variance a single run varies by

- luck, E_s[Var(y | s)]: sigma^2 = sum_s w_s s_s^2, with s_s^2 the variance between runs of a set;
- parameters, E_m[Var(mu_s | m)]: tau^2, sum_m P_m V_m with V_m the weighted variance of set means
  within a variant, less what luck leaves in it, sum_s p_s (1 - p_s) sigma^2 / n_s, over 1 - sum_s p_s^2
  (with equal weights that of one-way random effects: Searle, Casella and McCulloch, Variance
  Components, 1992, ch. 3);
- structure, Var(mu_m): omega^2 = sum_m P_m (y_m - y)^2, less what the errors e_m^2 = tau^2 sum_s p_s^2
  + sum_s p_s^2 sigma^2 / n_s of the variants' means leave in it, sum_m P_m (1 - P_m) e_m^2.

None is below zero; shares are of their sum. Luck, and with it its share, depends on the sample that is
simulated. Two 90 % intervals are given, and they say different things:

- the interval of the mean over the ensemble, y +- t sqrt(sum_m P_m^2 e_m^2): how well it is known;
- the band over sets: what the expected figure is in a county of which nobody knows which set holds.
  Set means are drawn together until their variances are tau^2 and omega^2, so that luck is out of it
  (Louis, J. Am. Stat. Assoc. 79, 1984, 393-398), and the band holds 90 % of the weighted mixture of what
  results, each with the error of the mean.

A difference is told from zero where the band leaves zero out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import scipy

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.statistics.effects import UNCLEAR, verdicts
from returnee.experiments.statistics.intervals import LEVEL, TAILS, mean_of

SOURCES = ("luck", "parameters", "structure")


@dataclass(frozen=True)
class Parts:
    """One figure over an ensemble, split."""

    # with a result
    sets: int
    structures: int
    runs: int
    difference: float  # weighted mean over sets
    # 90 % band over sets
    low: float
    high: float
    # 90 % interval of the mean
    mean_low: float
    mean_high: float
    # shares of the variance between single runs
    luck: float
    parameters: float
    structure: float
    variance: float  # between single runs, of any set
    same_sign: float  # weight of sets whose mean has the sign of the mean over sets
    verdict: str  # "higher" or "lower" where the band leaves zero out


def split(
    each: np.ndarray, weights: np.ndarray | None = None, structures: Sequence[str] | None = None
) -> Parts:
    """Split figures, such as paired differences, into luck, parameters and structure.

    `each`: shape (sets, replicates); NaN where a run failed. `weights`: shape (sets,); equal if left
    out. `structures`: variant of each set; one if left out. Band and shares need three sets and two
    replicates of one of them.

    >>> found = split(np.array([[1.0, 3.0], [5.0, 7.0], [9.0, 11.0]]))
    >>> found.difference, found.variance, round(found.parameters, 3), found.same_sign
    (6.0, 17.0, 0.882, 1.0)
    """
    there = np.isfinite(each)
    kept = there.any(axis=1)
    weights = np.ones(len(each)) if weights is None else np.asarray(weights, float)
    kept &= weights > 0.0
    variants = np.array(["all"] * len(each) if structures is None else structures)[kept]
    each, there, w = each[kept], there[kept], weights[kept] / max(weights[kept].sum(), 1e-300)
    count = there.sum(axis=1)
    sets, runs, names = len(each), int(count.sum()), list(dict.fromkeys(variants.tolist()))
    if not sets:
        return Parts(0, 0, 0, *(np.nan,) * 10, UNCLEAR)
    means = np.where(there, each, 0.0).sum(axis=1) / count
    mean = float(w @ means)
    same = float(w @ (np.sign(means) == np.sign(mean)))
    if sets < 3 or runs <= sets:
        return Parts(sets, len(names), runs, mean, *(np.nan,) * 8, same_sign=same, verdict=UNCLEAR)

    within = np.where(there, (each - means[:, None]) ** 2, 0.0).sum(axis=1)
    many = count > 1
    luck = float(w[many] @ (within[many] / (count[many] - 1)) / w[many].sum())
    member = np.array([variants == name for name in names])  # shape (variants, sets)
    share = member @ w
    p = member * w / share[:, None]
    middles = p @ means
    # Parameters, of the variants that have more than one set.
    spread = (p * (means - middles[:, None]) ** 2).sum(axis=1)
    noise = (p * (1.0 - p) / count).sum(axis=1) * luck
    room = np.maximum(1.0 - (p**2).sum(axis=1), 0.0)
    can = room > 1e-9
    asked = (
        (share[can] @ ((spread - noise)[can] / room[can]) / share[can].sum()) if can.any() else 0.0
    )
    parameters = max(0.0, float(asked))
    errors = (p**2 * (parameters + luck / count)).sum(axis=1)
    apart = float(share @ (middles - mean) ** 2 - (share * (1.0 - share)) @ errors)
    structure = max(0.0, apart) if len(names) > 1 else 0.0

    error = math.sqrt(share**2 @ errors)
    reach = error * float(scipy.stats.t.ppf(0.5 + LEVEL / 2.0, max(1, sets - len(names))))
    centre = mean + _drawn(middles - mean, share, structure)
    at = centre @ member + sum(
        (_drawn((means - middles[k]) * member[k], p[k], parameters) for k in range(len(names))),
        start=np.zeros(sets),
    )
    low, high = _mixture(at, w, reach / scipy.stats.norm.ppf(0.5 + LEVEL / 2.0))
    total = luck + parameters + structure
    whole = total if total > 0.0 else np.nan
    verdict = str(verdicts(np.array(low), np.array(high)))
    return Parts(
        sets, len(names), runs, mean, low, high, mean - reach, mean + reach, luck / whole,
        parameters / whole, structure / whole, total, same, verdict,
    )  # fmt: skip


def _drawn(gaps: np.ndarray, weights: np.ndarray, variance: float) -> np.ndarray:
    """Distances from a mean, drawn together until their weighted variance is the one given."""
    now = float(weights @ gaps**2)
    factor = math.sqrt(variance / now) if now > 0.0 else 0.0
    return gaps * min(1.0, factor)


def _mixture(at: np.ndarray, weights: np.ndarray, error: float) -> tuple[float, float]:
    """Ends of the middle 90 % of normal distributions around points, one for each weight."""
    tails = np.array(TAILS) / 100.0
    if error <= 0.0:
        low, high = weighted_quantile(at, weights, tails).tolist()
        return low, high

    def beyond(x: float, tail: float) -> float:
        return float(weights @ scipy.stats.norm.cdf(x, at, error)) - tail

    ends = at.min() - 10.0 * error, at.max() + 10.0 * error
    low, high = (scipy.optimize.brentq(beyond, *ends, args=(tail,)) for tail in tails)
    return float(low), float(high)


def weighted_quantile(
    values: np.ndarray, weights: np.ndarray, at: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Quantiles of points that count by weight, shape (len(at),); points that are missing are left out.

    Between points it goes on in a straight line, as numpy's do: equal weights give the same.

    >>> weighted_quantile(np.array([1.0, 2.0, 3.0]), np.ones(3), [0.25, 0.5]).tolist()
    [1.5, 2.0]
    """
    there = np.isfinite(values) & (weights > 0.0)
    if not there.any():
        return np.full(len(at), np.nan)
    order = np.argsort(values[there], kind="stable")
    x, w = values[there][order], weights[there][order]
    if len(x) == 1:
        return np.full(len(at), x[0])
    # Half of the weights of two neighbours lies between them.
    place = np.concatenate([[0.0], np.cumsum((w[1:] + w[:-1]) / 2.0)])
    return np.interp(np.asarray(at) * place[-1], place, x)


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over axis 0 of what is there; NaN where nothing is.

    `values`: shape (sets, ...). `weights`: shape (sets,).
    """
    there = np.isfinite(values)
    w = np.where(there, weights.reshape(-1, *(1,) * (values.ndim - 1)), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(there, values * w, 0.0).sum(axis=0) / w.sum(axis=0)


def weighted_interval(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Bounds of the 90 % interval of the weighted mean over axis 0, shape (2, ...).

    As many sets count as make up for unequal weights, 1 / sum w^2 (Kish, Survey Sampling, 1965); with
    equal weights the interval is Student's. `values`: shape (sets, ...). `weights`: shape (sets,).
    """
    there = np.isfinite(values)
    w = np.where(there, weights.reshape(-1, *(1,) * (values.ndim - 1)), 0.0)
    mean = weighted_mean(values, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        w = w / w.sum(axis=0)
        square = (w**2).sum(axis=0)
        spread = (w * np.where(there, values - mean, 0.0) ** 2).sum(axis=0) / (1.0 - square)
        free = np.where(square < 1.0 - 1e-9, 1.0 / square - 1.0, np.nan)
    reach = scipy.stats.t.ppf(0.5 + LEVEL / 2.0, free) * np.sqrt(spread * square)
    return np.stack([mean - reach, mean + reach])


def split_all(
    values: np.ndarray, names: Sequence[str], compared: Sequence[str],
    weights: np.ndarray | None = None, structures: Sequence[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Split every measure of every compared scenario.

    `values`: shape (scenarios, sets, replicates, measures); the reference first, then those
    compared; flows by year. `names`: measures. `compared`: labels of the scenarios after the
    first. `weights`, `structures`: as in `split`. Returns: a row a scenario and measure: the fields
    of `Parts`, with ``reference`` and ``level``, weighted means over the runs of both, and the
    measure's label, unit and better side.
    """
    weights = np.ones(values.shape[1]) if weights is None else weights
    rows = []
    for k, label in enumerate(compared, start=1):
        for m, name in enumerate(names):
            measure = BY_NAME[name]
            both = np.isfinite(values[k, ..., m]) & np.isfinite(values[0, ..., m])
            there = (np.where(both, values[j, ..., m], np.nan) for j in (k, 0))
            level, reference = (float(weighted_mean(mean_of(v, axis=1), weights)) for v in there)
            rows.append(
                {
                    "scenario": label, "measure": name, "label_en": measure.en,
                    "label_zh": measure.zh, "unit": measure.unit, "kind": measure.kind,
                    "better": measure.better, "reference": reference, "level": level,
                    **asdict(split(values[k, ..., m] - values[0, ..., m], weights, structures)),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
