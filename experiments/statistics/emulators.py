"""Emulators: what a figure would be at parameters that were not run, and how unsure that is.

A figure is a trend in every parameter (ridge regression on v and v^2, v from -1 to 1 across the range)
and a Gaussian process (Rasmussen and Williams, 2006) of what the trend leaves, over the `ACTIVE`
parameters that the trend leans on most, with a Matern kernel of a length for each. Its noise is the
luck of the runs. How good it is, is told by leaving out a fifth of the sets at a time; where what is
left out is missed by more than was said, the variances are widened by as much. Seeds, starts and the
rounding of what is fitted are fixed, so that every machine finds the same.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import digamma, polygamma

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor

ACTIVE = 8
FOLDS = 5
STEPS = 25  # of the optimiser
RIDGES = np.geomspace(0.01, 1000.0, 11)
LEAST = 1e-6  # of the variance of a figure, that is at least luck
BLOCK = 4096  # places looked at together


def _terms(unit: np.ndarray) -> np.ndarray:
    v = 2.0 * unit - 1.0
    return np.concatenate([v, v**2 - 1.0 / 3.0], axis=1)


@dataclass(frozen=True)
class Emulator:
    """One figure over the box.

    Attributes
    ----------
    missed : float
        Root mean square of what was left out less what was said, in the figure's unit.
    explained : float
        Share of the variance between sets, luck apart, that is said of sets left out.
    within : float
        Share of the sets left out that lie within two standard deviations of what was said.
    """

    centre: float
    size: float
    trend: Any = field(repr=False)
    active: np.ndarray = field(repr=False)
    process: GaussianProcessRegressor = field(repr=False)
    widened: float
    missed: float
    explained: float
    within: float

    def predict(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances at coordinates of shape (n, d); the variance leaves luck out."""
        blocks = [self._block(unit[k : k + BLOCK]) for k in range(0, len(unit), BLOCK)]
        mean, variance = (np.concatenate(part) for part in zip(*blocks)) if blocks else ([], [])
        return np.asarray(mean), np.asarray(variance)

    def mean(self, unit: np.ndarray) -> np.ndarray:
        """Means alone, which take much less."""
        if not len(unit):  # as after moves that all leave the box
            return np.empty(0)
        said = self.trend.predict(_terms(unit)) + self.process.predict(unit[:, self.active])
        found: np.ndarray = self.centre + self.size * said
        return found

    def _block(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, sd = _said(self.trend, self.process, self.active, unit)
        return self.centre + self.size * mean, self.widened * (self.size * sd) ** 2


def _said(
    trend: Any, process: GaussianProcessRegressor, active: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    rest, sd = process.predict(unit[:, active], return_std=True)
    return trend.predict(_terms(unit)) + rest, sd


def emulator(unit: np.ndarray, figure: np.ndarray, noise: np.ndarray) -> Emulator:
    """Fit an emulator.

    `unit`: coordinates, shape (n, d). `figure`: shape (n,). `noise`: variance of each figure by
    luck, shape (n,).
    """
    from sklearn.gaussian_process import kernels

    centre, size = float(figure.mean()), float(figure.std()) or 1.0
    y, alpha = (figure - centre) / size, np.maximum(noise / size**2, LEAST)
    trend = _trend(unit, y)
    d = unit.shape[1]
    weight = np.abs(trend.coef_[:d]) + np.abs(trend.coef_[d:])
    active = np.sort(np.argsort(-weight, kind="stable")[:ACTIVE])
    start = kernels.ConstantKernel(0.3, (1e-4, 10.0)) * kernels.Matern(
        np.ones(len(active)), (0.2, 20.0), nu=2.5
    )
    rest = y - trend.predict(_terms(unit))
    fitted = _process(unit[:, active], rest, alpha, start, _optimised).kernel_
    fitted.theta = np.round(fitted.theta, 2)
    process = _process(unit[:, active], rest, alpha, fitted, None)
    said, spread = np.empty_like(y), np.empty_like(y)
    fold = np.arange(len(y)) % FOLDS
    for k in range(FOLDS):
        out = fold == k
        other = _trend(unit[~out], y[~out])
        left = y[~out] - other.predict(_terms(unit[~out]))
        inner = _process(unit[~out][:, active], left, alpha[~out], fitted, None)
        said[out], spread[out] = _said(other, inner, active, unit[out])
    square, expected = (y - said) ** 2, spread**2 + alpha
    beyond = float(np.mean(square)) - float(np.mean(alpha))
    widened: float = max(1.0, beyond / max(float(np.mean(spread**2)), LEAST))
    between = max(1.0 - float(np.mean(alpha)), LEAST)
    return Emulator(
        centre, size, trend, active, process, widened,
        size * float(np.sqrt(square.mean())), min(1.0 - beyond / between, 1.0),
        float(np.mean(square <= 4.0 * (expected + (widened - 1.0) * spread**2))),
    )  # fmt: skip


def log_variances(square: np.ndarray, count: int, least: float) -> tuple[np.ndarray, float]:
    """Logs of sample variances without their bias, and the variance of such a log.

    `square`: sample variances of a run. `count`: replicates they are of. A chi square with k degrees
    of freedom has E[log(s^2/sigma^2)] = digamma(k/2) - log(k/2) and variance trigamma(k/2).
    """
    half = 0.5 * (count - 1)
    return np.log(np.maximum(square, least)) - (digamma(half) - np.log(half)), float(
        polygamma(1, half)
    )


def _trend(unit: np.ndarray, y: np.ndarray) -> Any:
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=RIDGES).fit(_terms(unit), y)


def _process(
    places: np.ndarray, y: np.ndarray, alpha: np.ndarray, kernel: Any, optimizer: Any
) -> GaussianProcessRegressor:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: no effect
        return GaussianProcessRegressor(kernel, alpha=alpha, optimizer=optimizer).fit(places, y)


def _optimised(loss: Any, start: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.optimize import minimize

    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B",
                     options={"maxiter": STEPS})  # fmt: skip
    return found.x, float(found.fun)
