"""What the targets teach of the parameters, and whether they are such as the model can show at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri

from returnee.experiments.studies.calibration.posterior import (
    EDGE,
    Emulates,
    Observed,
    Posterior,
    Prior,
)
from returnee.experiments.studies.calibration.targets import Target

STEP = 0.1  # of a coordinate in which the prior is standard normal


def identified(
    surface: Emulates,
    observed: Observed,
    posterior: Posterior,
    names: list[str],
    targets: tuple[Target, ...],
) -> pd.DataFrame:
    """A row a parameter: how far the targets narrow it, and which of them do.

    ``contraction`` is one less posterior over prior standard deviation, of coordinates. The column
    of a target is how much wider the parameter would be without it, as a share; by the slopes of the
    surface at the posterior mean, as if all were normal.
    """
    spread = np.sqrt(np.diag(posterior.covariance))
    z = ndtri(np.clip(posterior.mean, EDGE, 1.0 - EDGE))
    slopes = _slopes(surface, z)
    _, variance = surface.of(posterior.mean[None])
    told = slopes / np.sqrt(variance[0] + observed.error**2)[:, None]
    told[~np.isfinite(observed.value)] = 0.0
    information = np.eye(len(names)) + told.T @ told
    whole = np.diag(np.linalg.inv(information))
    without = [np.diag(np.linalg.inv(information - np.outer(row, row))) for row in told]
    more = np.sqrt(np.array(without) / whole) - 1.0
    return pd.DataFrame(
        {"parameter": names, "mean": posterior.mean, "sd": spread,
         "contraction": 1.0 - spread * np.sqrt(12.0)}
    ).join(pd.DataFrame(more.T, columns=[t.indicator for t in targets]))  # fmt: skip


def _slopes(surface: Emulates, z: np.ndarray, step: float = STEP) -> np.ndarray:
    """Derivatives of figures by normal coordinates, shape (targets, d)."""
    flat = Prior.flat(len(z))
    moved = step * np.eye(len(z))
    up, down = (surface.of(flat.points(z + sign * moved))[0] for sign in (1.0, -1.0))
    found: np.ndarray = ((up - down) / (2.0 * step)).T
    return found


@dataclass(frozen=True)
class Misfit:
    """Whether the targets are such as the model shows.

    Attributes
    ----------
    frame : DataFrame
        A row a target: what the posterior foretells, with its 90 % interval, and how far the target
        lies from it in standard deviations.
    before, after : float
        Share of draws of prior and posterior that lie as far from the others as the targets do
        (Mahalanobis); near zero, the model cannot show what is observed.
    """

    frame: pd.DataFrame = field(repr=False)
    before: float
    after: float


def misfit(
    surface: Emulates, observed: Observed, prior: Prior, posterior: Posterior,
    targets: tuple[Target, ...], seed: int, number: int = 4000,
) -> Misfit:  # fmt: skip
    """Hold the targets against what prior and posterior foretell, errors included."""
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(np.isfinite(observed.value))
    before = prior.points(rng.standard_normal((number, len(prior.centre))))
    after = posterior.drawn(number, rng)
    foretold = [_foretold(surface, observed, points, rng) for points in (before, after)]
    shares = [_as_far(rows[:, known], observed.value[known]) for rows in foretold]
    low, middle, high = np.quantile(foretold[1], (0.05, 0.5, 0.95), axis=0)
    frame = pd.DataFrame(
        {
            "target": [t.indicator for t in targets], "low": [t.low for t in targets],
            "high": [t.high for t in targets], "foretold_low": low, "foretold": middle,
            "foretold_high": high,
            "distance": (observed.value - foretold[1].mean(axis=0)) / foretold[1].std(axis=0),
            "inside": ((foretold[1] >= observed.low) & (foretold[1] <= observed.high)).mean(axis=0),
        }
    )  # fmt: skip
    frame.loc[np.isfinite(observed.value), "inside"] = np.nan
    return Misfit(frame, *shares)


def _foretold(
    surface: Emulates, observed: Observed, points: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    mean, variance = surface.of(points)
    luck = rng.standard_normal(mean.shape) @ np.linalg.cholesky(surface.correlation).T
    error = observed.error * rng.standard_normal(mean.shape)
    found: np.ndarray = mean + np.sqrt(variance) * luck + error
    return found


def _as_far(rows: np.ndarray, value: np.ndarray) -> float:
    """Share of rows as far from their mean as a value, by their covariance."""
    root = np.linalg.cholesky(np.cov(rows.T) + 1e-12 * np.eye(len(value)) * rows.var())
    away = np.linalg.solve(root, (np.vstack([rows, value]) - rows.mean(axis=0)).T)
    square = (away**2).sum(axis=0)
    return float((square[:-1] >= square[-1]).mean())
