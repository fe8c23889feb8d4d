"""The search for the parameters that fit: a sampler of optuna, fed in batches of fixed size.

The simulated method of moments (McFadden, Econometrica 57, 1989, 995-1026) minimises
Q(theta) = sum_k ((m_k(theta) - c_k) / h_k)^2 over the targets, m_k being means over replicates that
are the same at every theta; to it comes a pull towards the values in use
(`calibrate_steps.pull_of`). CMA-ES (Hansen, arXiv:1604.00772) needs no derivatives and bears noise.
What is asked next depends on nothing but the seed and the losses told so far, in order; so a search
goes on by being replayed over the finished runs.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from returnee.experiments.errors import UsageError

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

    from returnee.experiments.statistics.coordinates import Coordinate

METHODS = ("cma", "tpe", "gp")
BATCH = 12  # sets asked for at a time
FIRST_STEP = 0.12  # standard deviation of the first generation, in coordinates
Losses = Callable[[np.ndarray], np.ndarray]


def check_method(method: str) -> None:
    """Refuse a method that is unknown or not installed."""
    if method not in METHODS:
        raise UsageError(f"method: found {method}, allowed {', '.join(METHODS)}")
    if method == "gp" and importlib.util.find_spec("torch") is None:
        raise UsageError(
            "method: found gp, which needs the package torch, allowed cma or tpe without it"
        )


def sampler_of(method: str, axes: Sequence[Coordinate], seed: int) -> BaseSampler:
    """The sampler of a method, starting from the values in use."""
    from optuna import samplers

    if method == "tpe":
        return samplers.TPESampler(seed=seed, multivariate=True)
    if method == "gp":
        return samplers.GPSampler(seed=seed)
    return samplers.CmaEsSampler(
        x0={axis.key: 0.0 for axis in axes},
        sigma0=FIRST_STEP,
        seed=seed,
        popsize=BATCH,
        warn_independent_sampling=False,
    )


def search(
    axes: Sequence[Coordinate],
    method: str,
    seed: int,
    budget: int,
    losses: Losses,
    report: Callable[[int], None] = lambda _: None,
) -> np.ndarray:
    """Look for the least loss.

    `method`: ``cma`` or ``tpe`` or ``gp``. `budget`: points to try, the start included. `losses`:
    points of shape (batch, parameters) to losses of shape (batch,). `report`: called with the
    number of points tried, after each batch. Returns: shape (budget, parameters); points in the
    order they were tried; the first is the start.
    """
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space: dict[str, BaseDistribution] = {
        axis.key: FloatDistribution(*axis.limits) for axis in axes
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        warnings.simplefilter("ignore", FutureWarning)  # of arguments that versions 4 and 5 have
        study = optuna.create_study(sampler=sampler_of(method, axes, seed))
        study.enqueue_trial({axis.key: 0.0 for axis in axes})
        tried: list[list[float]] = []
        while len(tried) < budget:
            # The start stands alone: until something was told, a sampler draws at random.
            number = min(BATCH if tried else 1, budget - len(tried))
            trials = [study.ask(space) for _ in range(number)]
            batch = [[float(trial.params[axis.key]) for axis in axes] for trial in trials]
            for trial, loss in zip(trials, losses(np.array(batch))):
                study.tell(trial, float(loss))
            tried += batch
            report(len(tried))
    return np.array(tried)
