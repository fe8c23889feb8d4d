"""All parameter sets that meet the targets, not only the best.

Proposals are scrambled Sobol points of a normal distribution around the best point, with the
covariance that the targets leave (`identify.Identification.covariance`). A proposal that a linear
forecast puts far outside a band is not run (history matching: Andrianakis et al., PLoS Comput.
Biol. 11, 2015, e1003968); what is run is kept or not by its own figures alone. The spread of
proposals follows the share that is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import qmc

from returnee.experiments.statistics.coordinates import Coordinate
from returnee.experiments.studies.calibration.identify import Identification
from returnee.experiments.studies.calibration.targets import Target

DRAWN = 4096  # proposals a round, before the forecast
ROUND = 24  # of them run
SLACK = 0.3  # half-widths by which a forecast may miss a band
NARROWEST = 0.05
Judge = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Bands:
    """Bands that a set must lie in, widened by simulation error.

    Where the best set itself misses a band, the band reaches out to it.
    """

    targets: Sequence[Target]
    # shape (targets,); By how much a band is widened, in the unit of the figure
    error: np.ndarray = field(repr=False)
    best: np.ndarray = field(repr=False)  # shape (targets,); Figures of the best set

    @property
    def low(self) -> np.ndarray:
        """Lower edges."""
        return np.fmin([t.low for t in self.targets], self.best) - self.error

    @property
    def high(self) -> np.ndarray:
        """Upper edges."""
        return np.fmax([t.high for t in self.targets], self.best) + self.error

    def hold(self, figures: np.ndarray, slack: float = 0.0) -> np.ndarray:
        """Whether all figures (last axis) lie in their bands.

        `figures`: shape (..., targets); a figure that the best set cannot show either is not asked
        for. `slack`: half-widths by which bands are widened further.
        """
        more = slack * np.array([t.half for t in self.targets])
        inside = (figures >= self.low - more) & (figures <= self.high + more)
        return (inside | ~np.isfinite(self.best)).all(axis=-1)


def proposals(
    axes: Sequence[Coordinate], centre: np.ndarray, covariance: np.ndarray, seed: int
) -> np.ndarray:
    """Normal Sobol points that lie within the axes, shape (points, parameters)."""
    rng = np.random.default_rng(seed)
    drawn = qmc.MultivariateNormalQMC(centre, covariance, seed=rng).random(DRAWN)
    low, high = np.array([axis.limits for axis in axes]).T
    return drawn[((drawn >= low) & (drawn <= high)).all(axis=1)]


def sample_around(
    centre: np.ndarray,
    identified: Identification,
    bands: Bands,
    judge: Judge,
    wanted: int,
    most: int,
    seed: int,
) -> np.ndarray:
    """Draw sets around the best until enough hold.

    `centre`: shape (parameters,); the best set. `identified`: at the best set. `judge`: points of
    shape (points, parameters) to figures of shape (points, targets). `wanted`: sets that hold.
    `most`: sets to run at most. Returns: shape (sets, parameters); those that hold, in the order
    they were found.
    """
    axes, targets = identified.response.axes, identified.response.targets
    half = np.array([t.half for t in targets])
    slopes = identified.response.jacobian * half[:, None]
    kept: list[np.ndarray] = []
    spread, ran, rounds = 1.0, 0, 0
    while len(kept) < wanted and ran < most and spread > NARROWEST:
        covariance = spread**2 * identified.covariance
        drawn = proposals(axes, centre, covariance, seed + rounds)
        likely = drawn[bands.hold(bands.best + (drawn - centre) @ slopes.T, SLACK)]
        rounds += 1
        if len(likely) < ROUND:
            spread *= 0.8
            continue
        tried = likely[: min(ROUND, most - ran)]
        held = bands.hold(judge(tried))
        ran += len(tried)
        kept += list(tried[held])
        spread *= 0.8 if held.mean() < 0.2 else 1.2 if held.mean() > 0.6 else 1.0
    return np.array(kept).reshape(-1, len(axes))


def well_spread(points: np.ndarray, number: int, first: int = 0) -> list[int]:
    """Choose points far from each other, one after the other (Gonzalez, 1985).

    `points`: shape (points, parameters). `first`: row to begin with. Returns: rows, at most
    `number`.

    Examples
    --------
    >>> well_spread(np.array([[0.0], [0.1], [1.0], [0.5]]), 3)
    [0, 2, 3]
    """
    if not len(points):
        return []
    chosen = [first]
    gap = np.linalg.norm(points - points[first], axis=1)
    while len(chosen) < min(number, len(points)):
        chosen.append(int(gap.argmax()))
        gap = np.minimum(gap, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen
