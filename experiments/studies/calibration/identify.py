"""Which parameters the targets identify, from derivatives of the figures at the best point.

With g_k the figure k in half-widths and x_p the coordinate p, J = dg/dx by central differences in
common replicates. A half-width counts as one standard deviation of a target; simulation adds its
own, so Omega = diag(1 + (error_k / h_k)^2). Standard errors come from (J' Omega^-1 J)^-1, the
covariance of the simulated method of moments with the best weights (Gourieroux and Monfort,
Simulation-Based Econometric Methods, 1996, ch. 2). Where targets say little that matrix is
singular; the searched range, taken as a normal prior of standard deviation 1/2 on each coordinate,
keeps it finite, and `learned` = 1 - posterior / prior variance tells how much of a parameter the
targets settle: 0 nothing, 1 all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from returnee.experiments.statistics.coordinates import Coordinate
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies.calibration.targets import Target

STEP = 0.15  # of a coordinate, either way
PRIOR = 0.5  # standard deviation of a coordinate: the searched range is about 90 % of it
TOLD = 2.5  # standard errors from which a response counts as told from zero
IDENTIFIED = 0.5  # from which share learned a parameter counts as identified


def one_at_a_time(axes: Sequence[Coordinate], centre: np.ndarray, step: float = STEP) -> np.ndarray:
    """A point, and each parameter moved down and up from it.

    Returns: shape (1 + 2 parameters, parameters); moves are cut at the ends of the axes.
    """
    points = np.tile(centre, (1 + 2 * len(axes), 1))
    for p, axis in enumerate(axes):
        low, high = axis.limits
        points[1 + 2 * p, p] = max(low, centre[p] - step)
        points[2 + 2 * p, p] = min(high, centre[p] + step)
    return points


@dataclass(frozen=True)
class Response:
    """How figures answer to each parameter, moved alone."""

    axes: Sequence[Coordinate]
    targets: Sequence[Target]
    # shape (1 + 2 parameters, parameters); As from `one_at_a_time`
    points: np.ndarray = field(repr=False)
    figures: np.ndarray = field(repr=False)  # shape (1 + 2 parameters, replicates, targets)

    @cached_property
    def differences(self) -> np.ndarray:
        """Up less down by replicate, in half-widths, shape (parameters, replicates, targets)."""
        return (self.figures[2::2] - self.figures[1::2]) / self._half

    @property
    def _half(self) -> np.ndarray:
        return np.array([target.half for target in self.targets])

    @property
    def moves(self) -> np.ndarray:
        """How far each coordinate was moved in all, shape (parameters,)."""
        k = np.arange(len(self.axes))
        return self.points[2 + 2 * k, k] - self.points[1 + 2 * k, k]

    @cached_property
    def jacobian(self) -> np.ndarray:
        """Half-widths per coordinate, shape (targets, parameters); 0 where nothing is seen."""
        mean = np.nan_to_num(mean_of(self.differences, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = mean / self.moves[:, None]
        return np.where(self.moves[:, None] > 0.0, slopes, 0.0).T

    @cached_property
    def told(self) -> np.ndarray:
        """Whether a response is told from zero, shape (targets, parameters)."""
        count = np.isfinite(self.differences).sum(axis=1)
        mean = mean_of(self.differences, 1)
        square = mean_of((self.differences - mean[:, None]) ** 2, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(square / np.maximum(count - 1, 1))
        return ((np.abs(mean) > TOLD * error) & (mean != 0.0) & (count > 0)).T

    def unmoved(self) -> list[Target]:
        """Targets that no parameter moves."""
        return [t for t, told in zip(self.targets, self.told) if not told.any()]


@dataclass(frozen=True)
class Identification:
    """What the targets say about each parameter at a point."""

    response: Response  # at the point
    # shape (targets,); Simulation error of each figure, in half-widths
    errors: np.ndarray = field(repr=False)

    @cached_property
    def information(self) -> np.ndarray:
        """J' Omega^-1 J, weights included, shape (parameters, parameters)."""
        weight = np.array([t.weight for t in self.response.targets]) / (1.0 + self.errors**2)
        j = self.response.jacobian
        return j.T @ (weight[:, None] * j)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of the coordinates, given targets and searched range, shape (parameters, parameters)."""
        n = len(self.information)
        return np.linalg.inv(self.information + np.eye(n) / PRIOR**2)

    @cached_property
    def singular_values(self) -> np.ndarray:
        """Of the weighted Jacobian, the largest first; below 1 / `PRIOR` a direction is not seen."""
        values = np.linalg.eigvalsh(self.information)[::-1]
        return np.sqrt(np.maximum(values, 0.0))

    @cached_property
    def learned(self) -> np.ndarray:
        """Share of each parameter that the targets settle, shape (parameters,)."""
        return 1.0 - np.diag(self.covariance) / PRIOR**2

    def frame(self) -> pd.DataFrame:
        """A row a parameter: what was learned, widths, and the response of every target to it.

        ``standard_error`` is that of the parameter, in its own unit (of its logarithm where it is
        moved by factors, see ``axis``); ``profile_width`` how far its coordinate can go while the
        others make up for it, ``conditional_width`` while they stay. Responses are half-widths per
        coordinate; those not told from zero are 0.
        """
        axes = self.response.axes
        spread = np.sqrt(np.diag(self.covariance))
        alone = 1.0 / np.sqrt(np.diag(self.information) + 1.0 / PRIOR**2)
        unit = [axis.unit_size for axis in axes]
        shown = np.where(self.response.told, self.response.jacobian, 0.0)
        return pd.DataFrame(
            {
                "parameter": [axis.key for axis in axes],
                "axis": ["log" if axis.logarithmic else "linear" for axis in axes],
                "learned": self.learned,
                "identified": self.learned >= IDENTIFIED,
                "standard_error": spread * unit,
                "profile_width": spread,
                "conditional_width": alone,
                **{t.indicator: row for t, row in zip(self.response.targets, shown)},
            }
        )
