"""How the ranking of scenarios by return quality depends on the weights of its parts.

The index is 100 times the weighted mean of its parts, so that any other weights can be put on the
parts of finished runs (`returnee.simulation.accounts.rate_returns`): the five that count by default,
and further ones to which a scenario gives a weight. Weightings are drawn uniformly from all
that sum to one, a Dirichlet distribution with all parameters 1; the shares of weightings in which a
scenario has each rank are rank acceptabilities (Lahdelma, Hokkanen and Salminen, Eur. J. Oper. Res.
106, 1998, 137-143).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy

from returnee.experiments.measuring.groups import QUALITY
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube
from returnee.experiments.statistics.intervals import interval
from returnee.scenarios import Scenario
from returnee.scenarios.schema.behaviour import Quality as Weights

PARTS = tuple(f"quality_{name}" for name in QUALITY)
FURTHER = tuple(
    f"quality_{name}" for name in Weights.model_fields if f"quality_{name}" not in PARTS
)
POINTS, KEY = 2000, 20_230_906
GRID = np.linspace(0.0, 1.0, 21)  # weights of one part, the others sharing the rest


def weightings(points: int = POINTS, parts: int = len(PARTS)) -> np.ndarray:
    """Weights of the parts, uniform over all that sum to one, shape (points, parts)."""
    rng = np.random.Generator(np.random.Philox(key=KEY))
    return rng.dirichlet(np.ones(parts), size=points)


def weight_in(scenario: Scenario, part: str) -> float:
    """Weight that a scenario gives to a part."""
    return float(getattr(scenario.behaviour.quality, part.removeprefix("quality_")))


def parts_of(plan: Plan) -> tuple[str, ...]:
    """The five parts, and further ones to which some scenario gives a weight."""
    scenarios = plan.scenarios.values()
    return (*PARTS, *(p for p in FURTHER if any(weight_in(s, p) > 0.0 for s in scenarios)))


def default_weights(plan: Plan) -> np.ndarray:
    """Weights of each scenario's own index, summing to one, shape (scenarios, parts)."""
    names = parts_of(plan)
    given = np.array([[weight_in(s, part) for part in names] for s in plan.scenarios.values()])
    return given / np.maximum(given.sum(axis=1, keepdims=True), 1e-9)


def rank_shares(scores: np.ndarray) -> np.ndarray:
    """Share of points at which each scenario has each rank; scenarios that tie share their ranks.

    `scores`: shape (points, scenarios); higher is better. Returns: shape (scenarios, ranks).

    >>> rank_shares(np.array([[3.0, 1.0, 1.0]])).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
    """
    first, last = (scipy.stats.rankdata(-scores, method, axis=1) for method in ("min", "max"))
    ranks = np.arange(1, scores.shape[1] + 1)
    among = (first[..., None] <= ranks) & (ranks <= last[..., None])
    return (among / (last - first + 1)[..., None]).mean(axis=0)


@dataclass(frozen=True)
class Weighed:
    """The index of every scenario under any weights."""

    parts: np.ndarray  # shape (scenarios, replicates, parts); Means of the last 12 months, 0 to 1
    labels: tuple[str, ...]  # of the scenarios
    own: np.ndarray  # shape (scenarios, parts); Weights of each scenario's own index
    names: tuple[str, ...] = PARTS  # of the parts

    @cached_property
    def means(self) -> np.ndarray:
        """Means of the parts over replicates in which all scenarios are there, (scenarios, parts)."""
        there = np.isfinite(self.parts).all(axis=(0, 2))
        if not there.any():
            return np.full((len(self.parts), len(self.names)), np.nan)
        return self.parts[:, there].mean(axis=1)

    def index(self, weights: np.ndarray) -> np.ndarray:
        """Index 0-100 at each point; `weights` (points, parts); shape (points, scenarios)."""
        return 100.0 * weights @ self.means.T

    @cached_property
    def ranks(self) -> np.ndarray:
        """Rank acceptabilities over all weightings, shape (scenarios, ranks)."""
        return rank_shares(self.index(weightings(POINTS, len(self.names))))

    @cached_property
    def default_winner(self) -> int:
        """Place of the scenario with the highest index under its own weights."""
        return int(np.argmax((self.own * self.means).sum(axis=1)))

    @cached_property
    def winners(self) -> np.ndarray:
        """Share of weightings each scenario wins, by the weight of each part.

        With the weight of a part fixed, the others are uniform over what is left.

        Returns: shape (parts, weights of `GRID`, scenarios).
        """
        weights = weightings(POINTS, len(self.names))
        shares = np.empty((len(self.names), len(GRID), len(self.labels)))
        for part in range(len(self.names)):
            rest = weights / (1.0 - weights[:, [part]])
            rest[:, part] = 0.0
            for k, weight in enumerate(GRID):
                points = (1.0 - weight) * rest
                points[:, part] = weight
                shares[part, k] = rank_shares(self.index(points))[:, 0]
        return shares

    @cached_property
    def told(self) -> float:
        """Share of weightings in which the first is told from the second.

        That is, in which the 90 % interval of their paired difference leaves out zero.
        NaN with fewer than two replicates.
        """
        there = np.isfinite(self.parts).all(axis=(0, 2))
        if there.sum() < 2:
            return float("nan")
        weights = weightings(POINTS, len(self.names))
        order = np.argsort(-self.index(weights), axis=1, kind="stable")[:, :2]
        told = np.zeros(len(weights), bool)
        for first, second in np.unique(order, axis=0):
            points = np.flatnonzero((order == (first, second)).all(axis=1))
            leads = (self.parts[first] - self.parts[second])[there] @ weights[points].T
            told[points] = interval(leads)[0] > 0.0
        return float(told.mean())


def weighed_of(cube: Cube, plan: Plan) -> Weighed:
    """The parts of a comparison's return quality index."""
    names = parts_of(plan)
    parts = cube.levels[:, :, [INDEX[name] for name in names]]
    return Weighed(parts, tuple(plan.scenarios), default_weights(plan), names)


def ranks_of(weighed: Weighed) -> pd.DataFrame:
    """Rank acceptabilities as a table.

    Returns: scenario, index (under its own weights), and ``rank_1``, ``rank_2``, …: share of all
    weightings in which the scenario has the rank.
    """
    index = 100.0 * (weighed.own * weighed.means).sum(axis=1)
    ranks = {f"rank_{k + 1}": column for k, column in enumerate(weighed.ranks.T)}
    frame = pd.DataFrame({"scenario": weighed.labels, "index": index, **ranks})
    frame.attrs["units"] = {"index": "index 0-100", **dict.fromkeys(ranks, "share")}
    return frame
