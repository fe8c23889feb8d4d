"""Is the posterior right: synthetic counties whose parameters are known.

A county is drawn from the prior, lives under luck of its own, and is observed with errors as assumed; its
posterior is made from surfaces that have not seen it. If all is right, the share of the posterior below
the true value is uniform (Talts et al., arXiv:1804.06788, 2018), and 90 % intervals hold nine in ten true values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, kstest

from returnee.experiments.statistics.surface import fit
from returnee.experiments.studies.calibration.posterior import LEVEL, Observed, Prior, sample

FOLDS = 4
DRAWS, ROUNDS = 600, 8


@dataclass(frozen=True)
class Coverage:
    """What synthetic counties say of the posterior.

    Attributes
    ----------
    names : sequence of str
    ranks : ndarray, shape (counties, parameters)
        Share of the posterior below the true value.
    effective : ndarray, shape (counties,)
        Effective draws of each posterior.
    """

    names: list[str]
    ranks: np.ndarray = field(repr=False)
    effective: np.ndarray = field(repr=False)

    @property
    def held(self) -> np.ndarray:
        """Whether intervals hold the true values, shape (counties, parameters)."""
        return np.abs(self.ranks - 0.5) < 0.5 * LEVEL

    @property
    def share(self) -> float:
        """Over all parameters."""
        return float(self.held.mean())

    @property
    def error(self) -> float:
        """Standard error of `share`: counties are independent, parameters of one are not."""
        return float(self.held.mean(axis=1).std(ddof=1) / np.sqrt(len(self.ranks)))

    def frame(self) -> pd.DataFrame:
        """A row a parameter: share held with its binomial 90 % interval, and the uniformity of ranks."""
        rows = []
        for j, name in enumerate(self.names):
            count = int(self.held[:, j].sum())
            low, high = binomtest(count, len(self.ranks)).proportion_ci(LEVEL, "wilson")
            rows.append(
                {
                    "parameter": name, "counties": len(self.ranks), "covered": count / len(self.ranks),
                    "low": low, "high": high, "mean_rank": float(self.ranks[:, j].mean()),
                    "p_uniform": float(kstest(self.ranks[:, j], "uniform").pvalue),
                }
            )  # fmt: skip
        return pd.DataFrame(rows)


class Simulated(NamedTuple):
    """What runs show.

    Attributes
    ----------
    points : ndarray, shape (n, d)
        Coordinates.
    figures : ndarray, shape (n, targets)
        Means of so many `runs`.
    runs : ndarray, shape (n,)
    """

    points: np.ndarray
    figures: np.ndarray
    runs: np.ndarray


def coverage(
    names: list[str],
    simulated: Simulated,
    counties: np.ndarray,
    observed: Observed,
    prior: Prior,
    seed: int = 1,
    rounded: Callable[[np.ndarray], np.ndarray] = lambda points: points,
) -> Coverage:
    """Make the posterior of every synthetic county, by surfaces fitted to the others.

    `counties`: rows of single runs that are draws from `prior`, each to be a county in turn, a quarter of
    them at a time. `observed`: whose errors the counties are observed with.
    `rounded`: what coordinates become in a run, as some parameters are whole numbers; a tie is
    broken by a draw.
    """
    rng = np.random.default_rng(seed)
    points, figures, runs = simulated
    ranks, effective = np.empty((len(counties), points.shape[1])), np.empty(len(counties))
    for fold in range(FOLDS):
        mine = np.arange(len(counties)) % FOLDS == fold
        others = np.setdiff1d(np.arange(len(points)), counties[mine])
        surface = fit(points[others], figures[others], runs[others])
        for k in np.flatnonzero(mine):
            county = counties[k]
            seen = observed.again(figures[county], rng)
            found = sample(surface, seen, prior, seed + int(k), DRAWS, ROUNDS)
            found = replace(found, points=rounded(found.points))
            ranks[k], effective[k] = found.below(points[county], rng.random()), found.effective
    return Coverage(names, ranks, effective)
