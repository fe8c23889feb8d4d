"""A response surface: what a run would show at any point, told from runs at some, with its error.

A figure at point u is y = b' f(u) + e: f holds 1, the coordinates, their squares and products, b is
normal around zero and e is normal too. That is a Gaussian process with a polynomial kernel, written in
its weights, so that thousands of points cost a product of matrices. The spread of b is one for slopes
and one for all that bends, chosen for each figure by the likelihood of the runs (Rasmussen and Williams,
Gaussian Processes for Machine Learning, 2006, ch. 2 and 5). The variance of e holds the luck of a run and
what the polynomial misses; its logarithm is linear in u, by regression of log e^2 (Harvey, Econometrica 44,
1976, 461-465). What runs of a figure share at one point by luck is kept as a correlation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import minimize

from returnee.experiments.statistics.intervals import mean_of

LOG_CHI = -1.2704  # mean of the logarithm of a squared standard normal
LEAST_SPREAD = 1e-9  # of a figure; one that never moves has a variance too
ROWS = 2  # runs for each feature, from which products are among them
FEWEST = 3  # runs that show a figure, below which nothing is said of it
SHRINK = 0.02  # of the spread of a log variance's slopes, by runs: few runs tell little of it


def features(points: np.ndarray, products: bool = True) -> np.ndarray:
    """1, coordinates, squares and, if wanted, products, shape (n, features).

    `points`: shape (n, d), coordinates from 0 to 1.

    >>> features(np.array([[0.0, 1.0]])).tolist()
    [[1.0, -1.0, 1.0, 0.5, 0.5, -1.0]]
    """
    centred = 2.0 * np.asarray(points, dtype=float) - 1.0
    n, d = centred.shape
    found = [np.ones((n, 1)), centred, 1.5 * centred**2 - 1.0]
    if products:
        first, second = np.triu_indices(d, 1)
        found.append(centred[:, first] * centred[:, second])
    return np.hstack(found)


@dataclass(frozen=True)
class Surface:
    """Means and variances of figures at any point.

    Attributes
    ----------
    weights : ndarray, shape (features, figures)
    root : ndarray, shape (features, features)
        A point's leverage is the squared length of its features times this.
    noise : ndarray, shape (figures,)
        Mean variance of a run around the polynomial.
    log_noise : ndarray, shape (1 + d, figures)
        Logarithm of that variance, linear in the coordinates.
    correlation : ndarray, shape (figures, figures)
        Of what runs show beside the polynomial.
    explained : ndarray, shape (figures,)
        Share of the variance between runs that the polynomial explains.
    products : bool
    told : ndarray, shape (figures,), optional
        Variance of the runs that the weights were told from, if another than `noise`.
    """

    weights: np.ndarray = field(repr=False)
    root: np.ndarray = field(repr=False)
    noise: np.ndarray = field(repr=False)
    log_noise: np.ndarray = field(repr=False)
    correlation: np.ndarray = field(repr=False)
    explained: np.ndarray = field(repr=False)
    products: bool = True
    told: np.ndarray | None = field(default=None, repr=False)

    def mean(self, points: np.ndarray) -> np.ndarray:
        """What runs show on average, shape (n, figures)."""
        found: np.ndarray = features(points, self.products) @ self.weights
        return found

    def luck(self, points: np.ndarray) -> np.ndarray:
        """Variance of a run around the polynomial, shape (n, figures)."""
        centred = 2.0 * np.asarray(points, dtype=float) - 1.0
        log = self.log_noise[0] + centred @ self.log_noise[1:]
        return np.exp(np.clip(log, np.log(self.noise) - 3.0, np.log(self.noise) + 3.0))

    def error(self, points: np.ndarray) -> np.ndarray:
        """Variance of the polynomial itself, shape (n, figures)."""
        leverage = ((features(points, self.products) @ self.root) ** 2).sum(axis=1)
        return leverage[:, None] * (self.noise if self.told is None else self.told)

    def of(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means, and variances of a run: luck, what the polynomial misses, and its own error."""
        return self.mean(points), self.luck(points) + self.error(points)

    def quieter(self, factors: np.ndarray) -> Surface:
        """With the variance of a run times a factor for each figure."""
        log = self.log_noise.copy()
        log[0] += np.log(factors)
        return replace(self, noise=self.noise * factors, log_noise=log, told=self.noise)


def fit(
    points: np.ndarray,
    figures: np.ndarray,
    runs: np.ndarray | None = None,
    products: bool | None = None,
) -> Surface:
    """A surface for each figure.

    `points`: shape (n, d), coordinates from 0 to 1. `figures`: shape (n, figures); NaN where a run
    shows none. `runs`: how many runs a row is the mean of, shape (n,); one if left out. `products`:
    whether coordinates act together; if left out, where there are
    `ROWS` rows for each feature.
    """
    n, d = points.shape
    products = n > ROWS * d * (d + 3) // 2 if products is None else products
    heavy = np.sqrt(np.ones(n) if runs is None else runs)[:, None]
    seen = heavy * features(points, products)
    n_features = seen.shape[1]
    columns = [_ridge(seen, column, heavy[:, 0], d) for column in figures.T]
    weights = np.array([found[0] for found in columns]).T
    spread = np.array([found[1] for found in columns])
    noise = np.array([found[2] for found in columns])
    shared = np.exp(np.log(spread / noise[:, None]).mean(axis=0))
    prior = _prior(shared, d, n_features)
    inverse = np.linalg.inv(seen.T @ seen + np.diag(1.0 / prior))
    root = np.linalg.cholesky(inverse)
    leverage = ((seen @ root) ** 2).sum(axis=1)
    # A residual is smaller than the error of a new run by what the run itself told the fit.
    rest = heavy * figures - seen @ weights
    rest /= np.sqrt(np.maximum(1.0 - leverage, 0.05))[:, None]
    noise = np.maximum(_mean(rest**2), (LEAST_SPREAD * _scale(figures)) ** 2)
    log_noise = np.array([_log_variance(points, r, v) for r, v in zip(rest.T, noise)]).T
    whole = np.maximum(_mean((figures - _mean(figures)) ** 2), noise)
    return Surface(
        weights, root, noise, log_noise, _correlation(rest / np.sqrt(noise)), 1.0 - noise / whole,
        products,
    )  # fmt: skip


def _prior(spread: np.ndarray, d: int, n_features: int) -> np.ndarray:
    """Prior variance of each feature's weight; that of the constant is wide."""
    return np.concatenate(
        [[1e6 * spread[0]], np.full(d, spread[0]), np.full(n_features - d - 1, spread[1])]
    )


def _ridge(
    seen: np.ndarray, column: np.ndarray, heavy: np.ndarray, d: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights, prior variances (slopes, bends) and noise variance of one figure."""
    there = np.isfinite(column)
    if there.sum() < FEWEST:
        return np.zeros(seen.shape[1]), np.ones(2), 1.0
    seen, values, heavy = seen[there], column[there], heavy[there]
    middle = float(values.mean())
    scale = max(float(values.std()), LEAST_SPREAD * float(_scale(values[:, None])[0]))
    y = heavy * (values - middle) / scale
    gram, cross, square = seen.T @ seen, seen.T @ y, float(y @ y)
    n, m = seen.shape

    def solve(log: np.ndarray) -> tuple[float, np.ndarray, float]:
        ratio = np.exp(log)  # prior variances over the noise's
        prior = _prior(ratio, d, m)
        factor = np.linalg.cholesky(gram + np.diag(1.0 / prior))
        half = np.linalg.solve(factor, cross)
        noise = max((square - float(half @ half)) / max(n, 1), 1e-12)
        log_det = 2.0 * np.log(np.diag(factor)).sum() + np.log(prior).sum()
        return 0.5 * (n * np.log(noise) + log_det), np.linalg.solve(factor.T, half), noise

    start = np.array([0.0, -3.0])
    best = minimize(
        lambda log: solve(np.clip(log, -12.0, 8.0))[0], start, method="Nelder-Mead",
        options={"maxfev": 40, "xatol": 0.1, "fatol": 0.1},
    )  # fmt: skip
    log = np.clip(best.x, -12.0, 8.0)
    _, weights, noise = solve(log)
    weights = scale * weights
    weights[0] += middle
    return weights, np.exp(log) * noise * scale**2, noise * scale**2


def _log_variance(points: np.ndarray, rest: np.ndarray, noise: float) -> np.ndarray:
    """Logarithm of the variance of residuals, linear in the coordinates; shape (1 + d,)."""
    there = np.isfinite(rest)
    if there.sum() < FEWEST:
        return np.concatenate([[np.log(noise)], np.zeros(points.shape[1])])
    centred = 2.0 * points[there] - 1.0
    log = np.log(rest[there] ** 2 + 1e-4 * noise) - LOG_CHI - np.log(noise)
    mean = centred.mean(axis=0)
    penalty = np.eye(points.shape[1]) / SHRINK
    slopes = np.linalg.solve(
        (centred - mean).T @ (centred - mean) + penalty, (centred - mean).T @ (log - log.mean())
    )
    # The level is such that squared residuals have their mean.
    shape = (centred - mean) @ slopes
    level = np.log(np.mean(rest[there] ** 2 / np.exp(shape)) + 1e-12 * noise)
    return np.concatenate([[level - mean @ slopes], slopes])


def _correlation(rest: np.ndarray) -> np.ndarray:
    """Correlations of residuals, with what is missing as zero; kept positive definite."""
    filled = np.nan_to_num(rest)
    root = np.sqrt(np.maximum((filled**2).mean(axis=0), 1e-12))
    found: np.ndarray = (filled / root).T @ (filled / root) / len(rest)
    found = 0.98 * found
    np.fill_diagonal(found, 1.0)
    return found


def _mean(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(mean_of(values))


def _scale(values: np.ndarray) -> np.ndarray:
    """How large figures are, at least one millionth."""
    return np.maximum(_mean(np.abs(values)), 1e-6)
