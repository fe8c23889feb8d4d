"""What observations leave of the parameters: the posterior, by importance sampling on a response surface.

A target observed as y says y = x + e: x is what a run shows, emulated with mean and variance (luck, what the
emulator misses, its own error), and e is the error of the observation and of the model (discrepancy), with
a standard deviation for each target. Luck is correlated between targets as it is between runs. A target of
which only bounds are known says that x + e lies within them. Priors are flat in the box.

Draws come from a mixture that is fitted to the draws before it, each weighed against all proposals so
far (adaptive multiple importance sampling: Cornuet et al., Scand. J. Stat. 39, 2012, 798-812), in
coordinates in which the prior is standard normal. The likelihood is raised to a power below one until
enough draws carry weight. The mean weight is the evidence, by which variants of a model are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri
from scipy.stats import multivariate_t

DRAWS = 1500  # in a round
ROUNDS = 12
DEGREES = 20.0  # of the t distribution that proposals come from
PRIOR_SHARE = 0.05  # of the proposals
ENOUGH = 4.0  # effective draws a parameter, from which a proposal is fitted
EDGE = 1e-6
LEVEL = 0.9


class Emulates(Protocol):
    """What tells means and variances of runs at points."""

    @property
    def correlation(self) -> np.ndarray:
        """Of what runs show beside their means, shape (targets, targets)."""

    def of(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances, each of shape (points, targets)."""


@dataclass(frozen=True)
class Observed:
    """What is known of the targets.

    Attributes
    ----------
    value : ndarray, shape (targets,)
        NaN where nothing is known.
    error : ndarray, shape (targets,)
        Standard deviation of observation and discrepancy together.
    low, high : ndarray, shape (targets,)
        Bounds, where only these are known; NaN elsewhere.
    """

    value: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def bounded(self) -> np.ndarray:
        """Whether only bounds are known."""
        return np.isfinite(self.low)

    def again(self, figures: np.ndarray, rng: np.random.Generator) -> Observed:
        """What would be known of a county that shows these figures, errors drawn as assumed.

        A bounded target that a drawn figure misses is not known: its bound would be another.
        """
        return self.known(figures + self.error * rng.standard_normal(len(figures)))

    def known(self, drawn: np.ndarray) -> Observed:
        """What is known of a county of which these figures are observed."""
        return Observed(np.where(self.bounded, np.nan, drawn), self.error, *self._hold(drawn))

    def _hold(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of which a drawn figure lies inside, or the side on which it lies outside."""
        under, over = drawn < self.low, drawn > self.high
        low = np.where(under, -np.inf, np.where(over, self.high, self.low))
        high = np.where(over, np.inf, np.where(under, self.low, self.high))
        missing = self.bounded & ~np.isfinite(drawn)
        return np.where(missing, np.nan, low), np.where(missing, np.nan, high)


def log_likelihood(surface: Emulates, observed: Observed, points: np.ndarray) -> np.ndarray:
    """Log likelihood at points, shape (points,)."""
    mean, variance = surface.of(points)
    known = np.flatnonzero(np.isfinite(observed.value))
    spread = np.sqrt(variance[:, known])
    cover = spread[:, :, None] * surface.correlation[np.ix_(known, known)] * spread[:, None, :]
    k = np.arange(len(known))
    cover[:, k, k] += observed.error[known] ** 2
    root = np.linalg.cholesky(cover)
    away = np.linalg.solve(root, (observed.value[known] - mean[:, known])[..., None])[..., 0]
    log = np.log(root[:, k, k]).sum(axis=1)
    found = -0.5 * (away**2).sum(axis=1) - log - 0.5 * len(known) * np.log(2.0 * np.pi)
    for j in np.flatnonzero(observed.bounded | np.isfinite(observed.high)):
        sd = np.sqrt(variance[:, j] + observed.error[j] ** 2)
        found += _log_between(
            (observed.low[j] - mean[:, j]) / sd, (observed.high[j] - mean[:, j]) / sd
        )
    return np.asarray(found)


def _log_between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Log of the normal probability between two ends, exact in the tails."""
    flip = low > 0.0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = log_ndtr(high), log_ndtr(low)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.where(np.isneginf(lower), -np.inf, lower - upper)
        return np.asarray(upper + np.log1p(-np.exp(np.minimum(gap, -1e-12))))


@dataclass(frozen=True)
class Posterior:
    """Weighted draws.

    Attributes
    ----------
    points : ndarray, shape (draws, d)
        Coordinates from 0 to 1.
    weights : ndarray, shape (draws,)
        Sum to one.
    log_evidence : float
        Log of the mean likelihood under the prior.
    """

    points: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    log_evidence: float

    @property
    def effective(self) -> float:
        """Effective number of draws."""
        return float(1.0 / (self.weights**2).sum())

    @cached_property
    def mean(self) -> np.ndarray:
        """Means of the coordinates, shape (d,)."""
        found: np.ndarray = self.weights @ self.points
        return found

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of the coordinates, shape (d, d)."""
        apart = self.points - self.mean
        return (self.weights[:, None] * apart).T @ apart

    def below(self, point: np.ndarray, ties: float = 0.5) -> np.ndarray:
        """Probability that each coordinate lies below that of a point, shape (d,).

        `ties`: share of what is equal to it that counts as below.
        """
        found: np.ndarray = self.weights @ (self.points < point)
        return found + ties * (self.weights @ (self.points == point))

    def quantiles(self, shares: Sequence[float]) -> np.ndarray:
        """Of each coordinate, shape (shares, d)."""
        found = np.empty((len(shares), self.points.shape[1]))
        for j, column in enumerate(self.points.T):
            order = np.argsort(column)
            below = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            found[:, j] = np.interp(shares, below, column[order])
        return found

    def drawn(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Equally weighted draws, by systematic resampling, in random order; shape (number, d)."""
        at = (rng.random() + np.arange(number)) / number
        rows = np.searchsorted(np.cumsum(self.weights), at).clip(max=len(self.points) - 1)
        return self.points[rng.permutation(rows)]


@dataclass(frozen=True)
class Prior:
    """A normal prior, in coordinates in which a flat prior on the box is standard normal."""

    centre: np.ndarray  # shape (d,)
    root: np.ndarray = field(repr=False)  # shape (d, d); Cholesky factor of the covariance

    @classmethod
    def flat(cls, d: int) -> Prior:
        """The flat prior on the box."""
        return cls(np.zeros(d), np.eye(d))

    @classmethod
    def around(cls, points: np.ndarray, weights: np.ndarray, wider: float = 1.0) -> Prior:
        """A normal of the mean and covariance of weighted points of the box, the latter times `wider`."""
        z = ndtri(np.clip(points, EDGE, 1.0 - EDGE))
        centre = weights @ z
        cover = wider * ((weights[:, None] * (z - centre)).T @ (z - centre))
        return cls(centre, np.linalg.cholesky(cover + 1e-9 * np.eye(len(centre))))

    def points(self, normal: np.ndarray) -> np.ndarray:
        """Points of the box at standard normal draws, shape (n, d)."""
        return np.clip(ndtr(self.centre + normal @ self.root.T), EDGE, 1.0 - EDGE)


def sample(
    surface: Emulates,
    observed: Observed,
    prior: Prior,
    seed: int = 1,
    draws: int = DRAWS,
    rounds: int = ROUNDS,
) -> Posterior:
    """Draw from what the observations leave of a prior."""
    rng, d = np.random.default_rng(seed), len(prior.centre)
    found = _adaptive(
        lambda z: log_likelihood(surface, observed, prior.points(z)), d, rng, draws, rounds
    )
    return Posterior(prior.points(found.points), found.weights, found.log_evidence)


def _adaptive(
    log_of: Callable[[np.ndarray], np.ndarray],
    d: int,
    rng: np.random.Generator,
    draws: int,
    rounds: int,
) -> Posterior:
    z = rng.standard_normal((2 * draws, d))
    log = log_of(z)
    prior = _log_prior(z)
    kernels: list[tuple[np.ndarray, np.ndarray]] = []
    # Sum over proposals of their density at each draw, times the draws they made.
    mixed = np.log(len(z)) + prior
    number = len(z)
    for _ in range(rounds):
        weight = _tempered(log + prior - mixed, log, ENOUGH * d)
        centre = weight @ z
        apart = z - centre
        cover = (weight[:, None] * apart).T @ apart + 1e-4 * np.eye(d)
        kernels.append((centre, cover * (DEGREES - 2.0) / DEGREES * 1.2))
        new = _propose(kernels[-1], draws, d, rng)
        log_new, prior_new = log_of(new), _log_prior(new)
        mixed_new = np.full(draws, np.log(2.0 * draws)) + prior_new
        z, log, prior = (
            np.concatenate([z, new]),
            np.concatenate([log, log_new]),
            np.concatenate([prior, prior_new]),
        )
        for kernel in kernels:
            mixed_new = np.logaddexp(
                mixed_new, np.log(draws) + _log_proposal(kernel, new, prior_new)
            )
        mixed = np.logaddexp(
            mixed, np.log(draws) + _log_proposal(kernels[-1], z[:-draws], prior[:-draws])
        )
        mixed = np.concatenate([mixed, mixed_new])
        number += draws
    whole = log + prior - mixed
    evidence = float(logsumexp(whole))
    weights = np.exp(whole - evidence)
    kept = weights > 1e-12
    return Posterior(z[kept], weights[kept] / weights[kept].sum(), evidence)


def _tempered(rest: np.ndarray, log: np.ndarray, wanted: float) -> np.ndarray:
    """Weights, with the likelihood raised to the largest power that leaves enough effective draws."""
    low, high, power = 0.0, 1.0, 1.0
    for _ in range(30):
        whole = rest - log + power * log
        weight = np.exp(whole - logsumexp(whole))
        if 1.0 / (weight**2).sum() >= wanted:
            if power >= 1.0:
                break
            low = power
        else:
            high = power
        power = 0.5 * (low + high)
    return np.asarray(weight)


def _propose(
    kernel: tuple[np.ndarray, np.ndarray], number: int, d: int, rng: np.random.Generator
) -> np.ndarray:
    centre, cover = kernel
    found = multivariate_t(centre, cover, DEGREES, seed=rng).rvs(number).reshape(number, d)
    from_prior = rng.random(number) < PRIOR_SHARE
    found[from_prior] = rng.standard_normal((int(from_prior.sum()), d))
    return np.asarray(found)


def _log_proposal(
    kernel: tuple[np.ndarray, np.ndarray], z: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    centre, cover = kernel
    log = multivariate_t(centre, cover, DEGREES).logpdf(z)
    return np.asarray(np.logaddexp(np.log(1.0 - PRIOR_SHARE) + log, np.log(PRIOR_SHARE) + prior))


def _log_prior(z: np.ndarray) -> np.ndarray:
    found: np.ndarray = -0.5 * (z**2).sum(axis=1) - 0.5 * z.shape[1] * np.log(2.0 * np.pi)
    return found
