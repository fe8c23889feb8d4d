"""From what the waves leave to a posterior, tests of it, and a weighted ensemble.

1. A first posterior, from surfaces fitted to the sets that the waves left.
2. A design around it: a normal of its mean and 1.5 times its covariance, run under fresh luck.
3. The posterior, from surfaces fitted to both; the luck of a run counts as that of a whole county.
4. Coverage: runs of the design as synthetic counties (`coverage`).
5. Variants without one mechanism, on the first sets of the design, and their weights (`structure`).
6. Draws of every variant, as many as its weight asks for; run once more under luck of their own, in a larger
   sample, for all patterns that a run shows, those kept for validation too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import qmc

from returnee.experiments.statistics.surface import Surface
from returnee.experiments.studies.calibration import structure
from returnee.experiments.studies.calibration.bank import Bank
from returnee.experiments.studies.calibration.posterior import (
    EDGE,
    Emulates,
    Observed,
    Posterior,
    Prior,
    log_likelihood,
)
from returnee.experiments.studies.calibration.targets import INSIDE, Target
from returnee.experiments.studies.ensemble import FULL, STRUCTURE, WEIGHT

WIDER = 1.5  # covariance of the design, times that of the first posterior
LEAST_MISSED = 0.05  # of the variance around a surface that is not luck, at least
LEAST_WEIGHT = 0.01  # a variant below ships no draw
FEWEST = 2  # draws of any other
TRIES = 300  # subsets of draws, of which that most like the posterior is taken


def observed_of(targets: tuple[Target, ...]) -> Observed:
    """What is known of targets: their centres, or only bounds."""
    rows = np.array([(t.centre, t.sd, t.low, t.high) for t in targets])
    bounded = np.array([t.aim == INSIDE for t in targets])
    centre, sd, low, high = rows.T
    return Observed(
        np.where(bounded, np.nan, centre), sd,
        np.where(bounded, low, np.nan), np.where(bounded, high, np.nan),
    )  # fmt: skip


def of_a_county(surface: Surface, bank: Bank) -> Surface:
    """The surface with luck as a whole county has it, a run's times the share that was simulated."""
    with np.errstate(invalid="ignore"):
        luck = np.nan_to_num(np.nanmean(bank.x_var * bank.replicates[:, None], axis=0))
    missed = np.maximum(surface.noise - luck, LEAST_MISSED * surface.noise)
    luck = np.minimum(luck, surface.noise - LEAST_MISSED * surface.noise)
    return surface.quieter((missed + luck * bank.sample) / surface.noise)


def design(prior: Prior, number: int, seed: int) -> np.ndarray:
    """Coordinates of Sobol points of a normal prior, shape (number, d)."""
    power = int(np.ceil(np.log2(max(number, 2))))
    drawn = qmc.Sobol(len(prior.centre), seed=np.random.default_rng(seed)).random_base2(power)
    return prior.points(ndtri(np.clip(drawn[:number], EDGE, 1.0 - EDGE)))


def identified(
    surface: Surface, observed: Observed, posterior: Posterior, names: list[str]
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
    ).join(pd.DataFrame(more.T))  # fmt: skip


def _slopes(surface: Emulates, z: np.ndarray, step: float = 0.1) -> np.ndarray:
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


def like_the_whole(posterior: Posterior, number: int, rng: np.random.Generator) -> np.ndarray:
    """So few draws whose means and spreads are most like the posterior's, shape (number, d)."""
    spread = np.sqrt(np.diag(posterior.covariance))
    best, least = posterior.drawn(number, rng), np.inf
    for _ in range(TRIES):
        some = posterior.drawn(number, rng)
        off = (((some.mean(axis=0) - posterior.mean) / spread) ** 2).sum()
        if number > 2:
            off += ((some.std(axis=0) / spread - 1.0) ** 2).sum()
        if off < least:
            best, least = some, off
    return best


def shared_out(weights: Mapping[str, float], number: int) -> dict[str, int]:
    """Draws of each variant: as many as its weight asks for, few of every one that counts at all."""
    kept = {name: w for name, w in weights.items() if w >= LEAST_WEIGHT}
    total = sum(kept.values())
    return {name: max(FEWEST, round(number * w / total)) for name, w in kept.items()}


def ensemble_frame(
    posteriors: Mapping[str, Posterior], surfaces: Mapping[str, Emulates], observed: Observed,
    bank: Bank, number: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """The ensemble: ``weight``, ``structure`` and parameters, the likeliest of the full model first."""
    rng, weights = np.random.default_rng(seed), structure.weights(posteriors)
    counts = shared_out(weights, number)
    total, frames = sum(weights[name] for name in counts), []
    for name, count in counts.items():
        points = like_the_whole(posteriors[name], count, rng)
        points = points[
            np.argsort(-log_likelihood(surfaces[name], observed, points), kind="stable")
        ]
        frame = pd.DataFrame(bank.box.values(points), columns=bank.names)
        frame.insert(0, WEIGHT, weights[name] / total / count)
        frame.insert(1, STRUCTURE, name)
        frames.append(frame)
    order = sorted(range(len(frames)), key=lambda k: frames[k][STRUCTURE].iloc[0] != FULL)
    return pd.concat([frames[k] for k in order], ignore_index=True)
