"""Verdicts of the face checks, each from arrays of replicates.

A move is told from zero by Student's interval of paired differences; two independent sets of
replicates are compared by Welch's (Biometrika 34, 1947).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from experiments.intervals import LEVEL, mean_interval

# Of a step against the declared direction, and of two sets of replicates that should agree: there
# are many of each, so that at 90 % some would stand out by chance.
STRICT = 0.99
DRIFT_ALLOWED = 0.1  # relative change from one decade to the next
SCALE_ALLOWED = 0.03  # relative difference that is let pass even where it is told from zero
SD_FACTOR = 1.6  # between standard deviations of two seeds, about 99 % for 40 replicates each
BLOCK = 10
COVERED = (0.8, 0.98)  # share of 90 % intervals that should cover
SIGNS = {"up": 1.0, "down": -1.0}


class Plain:
    """A finding that can be given as plain values."""

    def plain(self) -> dict[str, Any]:
        """Plain values; NaN as None."""
        return {key: _plain(value) for key, value in asdict(self).items()}  # type: ignore[call-overload]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and np.isnan(value) else value


@dataclass(frozen=True)
class Response(Plain):
    """One lever over its range: changes against its first value, with 90 % intervals."""

    key: str
    values: list[Any]
    measure: str
    direction: str
    changes: list[tuple[float, float, float]]
    base: float
    verdict: str
    en: str
    zh: str


@dataclass(frozen=True)
class Extreme(Plain):
    """One measure under an extreme condition, against the baseline."""

    condition_en: str
    condition_zh: str
    measure: str
    expected: str
    base: float
    level: float
    verdict: str
    why_en: str
    why_zh: str


@dataclass(frozen=True)
class Drift(Plain):
    """A measure by decade, and its relative change with a 90 % interval."""

    measure: str
    second: float
    third: float
    change: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Agreement(Plain):
    """Two sets of replicates: relative difference of means with a 99 % interval."""

    pair: str
    measure: str
    one: float
    other: float
    change: float
    low: float
    high: float
    ratio_sd: float
    verdict: str


def response_of(row: Mapping[str, Any], levels: np.ndarray, names: Sequence[str]) -> Response:
    """What a lever did.

    Parameters
    ----------
    row : mapping
        Of ``face.toml``.
    levels : ndarray of float, shape (values, replicates, measures)
    names : sequence of str
        Of the measures.
    """
    direction = row["direction"]
    if direction == "none":
        same = bool(
            np.array_equal(levels, np.broadcast_to(levels[:1], levels.shape), equal_nan=True)
        )
        gaps = np.nanmax(np.abs(levels - levels[:1]), axis=(1, 2))
        changes = [(float(gap), float(gap), float(gap)) for gap in gaps]
        return _response(row, changes, np.nan, "holds" if same else "not_zero")
    one = levels[:, :, names.index(row["measure"])]
    changes = [mean_interval(one[k] - one[0]) for k in range(len(one))]
    verdict = "shown" if direction == "open" else verdict_of(one, SIGNS[direction])
    return _response(row, changes, float(np.nanmean(one[0])), verdict)


def _response(row: Mapping[str, Any], changes: list[Any], base: float, verdict: str) -> Response:
    return Response(
        row["key"], list(row["values"]), row["measure"], row["direction"], changes, base, verdict,
        row["en"], row["zh"],
    )  # fmt: skip


def verdict_of(values: np.ndarray, sign: float) -> str:
    """Whether paired levels move one way.

    Parameters
    ----------
    values : ndarray of float, shape (values of the lever, replicates)
    sign : float
        1 where they must rise, -1 where they must fall.

    Returns
    -------
    str
        ``holds``, ``no_response``, ``wrong`` or ``not_monotone``.

    Examples
    --------
    >>> verdict_of(np.array([[1.0, 2.0], [2.0, 3.1], [3.0, 4.0]]), 1.0)
    'holds'
    """
    _, low, high = mean_interval(sign * (values[-1] - values[0]))
    if high < 0.0:
        return "wrong"
    for step in np.diff(values, axis=0):
        if mean_interval(sign * step, STRICT)[2] < 0.0:
            return "not_monotone"
    return "holds" if low > 0.0 else "no_response"


def extremes_of(
    row: Mapping[str, Any], base: np.ndarray, level: np.ndarray, names: Sequence[str]
) -> list[Extreme]:
    """What an extreme condition did to each measure that it names; arrays (replicates, measures)."""
    found = []
    for measure, expected in row["expect"].items():
        k = names.index(measure)
        if expected == "zero":
            verdict = "holds" if (level[:, k] == 0.0).all() else "not_zero"
        else:
            verdict = verdict_of(np.stack([base[:, k], level[:, k]]), SIGNS[expected])
        means = float(np.nanmean(base[:, k])), float(np.nanmean(level[:, k]))
        found.append(
            Extreme(
                row["en"], row["zh"], measure, expected, *means, verdict, row["why_en"],
                row["why_zh"],
            )
        )  # fmt: skip
    return found


def drift_of(names: Sequence[str], decades: np.ndarray) -> list[Drift]:
    """Change between two decades, by measure; `decades` has shape (replicates, 2, measures)."""
    found = []
    for k, name in enumerate(names):
        second, third = decades[:, 0, k], decades[:, 1, k]
        mean = float(second.mean())
        change, low, high = (x / mean if mean else np.nan for x in mean_interval(third - second))
        verdict = "holds" if abs(change) <= DRIFT_ALLOWED else "differs"
        found.append(Drift(name, mean, float(third.mean()), change, low, high, verdict))
    return found


def agreement_of(pair: str, measure: str, one: np.ndarray, other: np.ndarray) -> Agreement:
    """Whether two independent sets of replicates have the same mean; of seeds also the spread."""
    welch = stats.ttest_ind(one, other, equal_var=False)
    ends = welch.confidence_interval(STRICT)
    mean = float(other.mean())
    change = float(one.mean() - mean) / mean
    low, high = float(ends.low) / mean, float(ends.high) / mean
    ratio = float(one.std(ddof=1) / other.std(ddof=1))
    agree = low <= 0.0 <= high or abs(change) <= SCALE_ALLOWED
    if pair == "1 : 2":
        agree = agree and 1.0 / SD_FACTOR <= ratio <= SD_FACTOR
    return Agreement(
        pair, measure, float(one.mean()), mean, change, low, high, ratio,
        "holds" if agree else "differs",
    )  # fmt: skip


def coverage_of(seeds: np.ndarray) -> tuple[float, int]:
    """How often the interval of a block of replicates covers the mean of all others.

    Parameters
    ----------
    seeds : ndarray of float, shape (seeds, replicates, measures)

    Returns
    -------
    share : float
    cases : int
    """
    runs = seeds.reshape(-1, seeds.shape[-1])
    blocks = len(runs) // BLOCK
    hits = []
    for b in range(blocks):
        chosen = np.zeros(len(runs), dtype=bool)
        chosen[b * BLOCK : (b + 1) * BLOCK] = True
        for k in range(runs.shape[1]):
            some, rest = runs[chosen, k], runs[~chosen, k]
            welch = stats.ttest_ind(some, rest, equal_var=False).confidence_interval(LEVEL)
            hits.append(bool(welch.low <= 0.0 <= welch.high))
    return float(np.mean(hits)), len(hits)


def coverage_verdict(share: float) -> str:
    """Whether intervals cover about as often as they say."""
    return "holds" if COVERED[0] <= share <= COVERED[1] else "differs"
