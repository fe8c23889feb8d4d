"""Posterior predictive: what the draws that ship show, and what none of them meets.

Every draw lives again under luck that it was not chosen by. A band is the middle 90 % of what errors of
the observation and the discrepancy of the model allow, so were all of these as assumed and had runs no luck, a
draw would meet nine targets in ten. A target that no draw meets is one that this model cannot show wherever
it shows the others. Draws are judged by their runs, not by surfaces: what a surface gets wrong shows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from returnee.experiments.studies.calibration.posterior import LEVEL
from returnee.experiments.studies.calibration.targets import Target, Z
from returnee.experiments.studies.patterns import BY_KEY, FITTED, REPORT, SINGLE, TESTED

SHOWN = (0.05, 0.5, 0.95)


class Band(NamedTuple):
    """What a figure is held against; ``use`` is that of a pattern."""

    name: str
    use: str
    low: float
    high: float


def bands_of(targets: Sequence[Target]) -> list[Band]:
    """Bands of the patterns that a run shows and of all targets.

    A target has its own band. A pattern that may be fitted to and is no target is kept for validation.
    """
    aims = {t.indicator: Band(t.indicator, FITTED, t.low, t.high) for t in targets}
    found = []
    for name in SINGLE:
        one = BY_KEY[name]
        use = TESTED if one.use == FITTED else one.use
        found.append(aims.pop(name, Band(name, use, one.low, one.high)))
    return [*found, *aims.values()]


@dataclass(frozen=True)
class Predicted:
    """What draws show.

    Attributes
    ----------
    frame : DataFrame
        A row a figure: its band, what the draws show by weight, the weight of those inside, and how
        far the nearest draw lies from the band.
    met : ndarray of int, shape (draws,)
        Targets that a draw meets at once.
    weights : ndarray, shape (draws,)
        Sum to one.
    """

    frame: pd.DataFrame = field(repr=False)
    met: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)

    def never(self, targets: bool) -> pd.DataFrame:
        """Rows that no draw meets, the furthest first: of the targets, or of what is kept for validation."""
        rows = self.judged(targets)
        return rows[rows["inside"] == 0.0].sort_values("away_sd", ascending=False)

    def judged(self, targets: bool) -> pd.DataFrame:
        """Rows that have a band and that some draw shows."""
        rows = self.frame[self.frame["inside"].notna()]
        return rows[(rows["use"] == FITTED) == targets]

    def at_once(self) -> tuple[float, float, float, float]:
        """Targets that a draw meets at once: mean, 5 % and 95 %, and what is expected at most."""
        ends = weighted_ends(self.met.astype(float), self.weights)
        whole = len(self.judged(targets=True))
        return float(self.weights @ self.met), float(ends[0]), float(ends[2]), LEVEL * whole


def predicted(bands: Sequence[Band], figures: np.ndarray, weights: np.ndarray) -> Predicted:
    """Hold what draws show against bands.

    `figures`: shape (draws, bands); NaN where a draw shows none. `weights`: shape (draws,).
    """
    share = weights / weights.sum()
    rows = [_row(band, column, share) for band, column in zip(bands, figures.T)]
    aims = np.array([band.use == FITTED for band in bands])
    low, high = np.array([(band.low, band.high) for band in bands]).T
    with np.errstate(invalid="ignore"):
        met = ((figures >= low) & (figures <= high))[:, aims].sum(axis=1)
    return Predicted(pd.DataFrame(rows), met, share)


def _row(band: Band, column: np.ndarray, weights: np.ndarray) -> dict[str, object]:
    there = np.isfinite(column)
    values, share = column[there], weights[there] / max(weights[there].sum(), 1e-12)
    ends = weighted_ends(values, share)
    told: dict[str, object] = {
        "pattern": band.name, "use": band.use, "low": band.low, "high": band.high,
        "shown_low": ends[0], "shown": ends[1], "shown_high": ends[2],
        "inside": np.nan, "nearest": np.nan, "away": np.nan, "away_sd": np.nan,
    }  # fmt: skip
    if band.use != REPORT and there.any():
        away = np.maximum(np.maximum(band.low - values, values - band.high), 0.0)
        first = int(away.argmin())
        told |= {
            "inside": float(share[away == 0.0].sum()), "nearest": values[first],
            "away": away[first], "away_sd": away[first] / (0.5 * (band.high - band.low) / Z),
        }  # fmt: skip
    return told


def weighted_ends(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Quantiles `SHOWN` of weighted values, shape (3,)."""
    if not len(values):
        return np.full(len(SHOWN), np.nan)
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(SHOWN, below, values[order])
