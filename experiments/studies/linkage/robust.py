"""Does the linkage premium hinge on how people are assumed to behave?

Points of a Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979, 239-245) over
behaviour parameters; at each point all pillars run siloed, linked, and with a perfect hand-over (the
ceiling), under the same cap, in the same paired replicates. Parameters are moved around the values in use by `SPREAD` of their allowed
range either way, within that range. Points are not asked to fit the patterns of the county.
Which parameters the premium goes with is told by Spearman's rank correlation over the points.
Parameter sets that do fit the patterns are those of `posterior`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import qmc

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.errors import UsageError, check_range
from returnee.experiments.files import write_frame
from returnee.experiments.keys import Task
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.intervals import interval, mean_interval, mean_of
from returnee.experiments.studies.linkage import design
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES
from returnee.experiments.studies.linkage.experiment import command_of
from returnee.scenarios import Lever, Scenario, load_scenario, walk

SPREAD = 0.05
OVER = ("free", "all")
WEIGHTS = "behaviour.quality."  # of an index, not behaviour


@dataclass(frozen=True)
class PointPlan(Plan):
    """A plan whose points are three scenarios each, siloed, linked and ceiling, in turn."""

    def tasks(self) -> list[Task]:
        """List every run, replicate by replicate."""
        return [
            Task(label, scenario.id, k // 3, replicate)
            for replicate in range(self.replicates)
            for k, (label, scenario) in enumerate(self.scenarios.items())
        ]


@dataclass(frozen=True)
class Robust(Ran):
    """The premium at many points."""

    plan: Plan
    over: str  # which parameters were moved: "free", or "all"
    cap: float  # yuan a year
    moved: list[Lever] = field(repr=False)  # with the values they were moved around
    points: np.ndarray = field(repr=False)  # shape (points, parameters)
    # shape (points, replicates, measures); linked less siloed, of `OUTCOMES` and the public cost
    each: np.ndarray = field(repr=False)
    most: np.ndarray = field(repr=False)  # the same of a perfect hand-over
    # shape (points,); by which share linked support spends more than siloed support
    gaps: np.ndarray = field(repr=False)

    @property
    def replicates(self) -> int:
        """Pairs of runs at each point."""
        return int(self.each.shape[1])

    def ranges(self) -> list[tuple[float, float]]:
        """Between what each parameter is moved."""
        return [bounds_of(lever) for lever in self.moved]

    @cached_property
    def premiums(self) -> pd.DataFrame:
        """Premium by point (index) and outcome (columns), with ``_low`` and ``_high`` of each."""
        bounds = zip(("_low", "_high"), interval(self.each.swapaxes(0, 1)))
        parts = {"": mean_of(self.each, axis=1), **dict(bounds)}
        columns = {
            f"{name}{end}": part[:, m]
            for m, name in enumerate((*OUTCOMES, COST))
            for end, part in parts.items()
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.points), name="point"))

    @cached_property
    def summary(self) -> pd.DataFrame:
        """By outcome: mean over points with interval, shares of points above zero, and the ceiling."""
        rows, frame = [], self.premiums
        for m, name in enumerate((*OUTCOMES, COST)):
            column = frame[name].dropna()
            low, high = interval(column.to_numpy()).tolist()
            row = {
                "measure": name, "points": len(column), "mean": column.mean(), "low": low,
                "high": high, "smallest": column.min(), "largest": column.max(),
                "share_positive": float((column > 0).mean()),
                "share_told_positive": float((frame[f"{name}_low"] > 0).mean()),
                "share_told_negative": float((frame[f"{name}_high"] < 0).mean()),
            }  # fmt: skip
            ceiling = mean_interval(mean_of(self.most[:, :, m], axis=1))
            rows.append(row | dict(zip(("ceiling", "ceiling_low", "ceiling_high"), ceiling)))
        return pd.DataFrame(rows)

    @cached_property
    def alike(self) -> np.ndarray:
        """Whether the two spend alike, by point; shape (points,)."""
        return np.abs(self.gaps) <= design.EQUAL

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """Rank correlation of each parameter with each outcome's premium, the strongest first."""
        keys = [lever.key for lever in self.moved]
        premiums = {name: self.premiums[name].to_numpy() for name in OUTCOMES}
        return rank_correlations(self.points, keys, premiums)


def rank_correlations(
    points: np.ndarray, keys: list[str], premiums: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Spearman's rank correlation of each parameter that differs with each figure, the strongest first.

    `points`: shape (points, parameters). `premiums`: by measure, shape (points,).
    """
    rows = []
    for name, values in premiums.items():
        there = np.isfinite(values)
        if there.sum() < 3 or np.ptp(values[there]) == 0.0:
            continue
        for k, key in enumerate(keys):
            if np.ptp(points[there, k]) > 0.0:
                told = stats.spearmanr(points[there, k], values[there])
                rows.append((name, key, float(told.statistic), float(told.pvalue)))
    frame = pd.DataFrame(rows, columns=["measure", "key", "rho", "p"])
    order = frame["rho"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def parameters(scenario: Scenario, over: str) -> list[Lever]:
    """Behaviour parameters to move: those free in calibration, or all that are not whole numbers."""
    found = [
        lever
        for _, lever in walk(scenario.behaviour, "behaviour.")
        if lever.type is float and not lever.key.startswith(WEIGHTS)
    ]
    return [lever for lever in found if lever.free or over == "all"]


def bounds_of(lever: Lever, spread: float = SPREAD) -> tuple[float, float]:
    """Between what a parameter is moved: its value and a share of its range either way.

    >>> base = load_scenario("baseline", {"behaviour.firm.luck_sd": 0.02})
    >>> [bounds_of(v) for v in parameters(base, "free") if v.key.endswith("luck_sd")]
    [(0.0, 0.07)]
    """
    low, high, value = float(lever.low or 0.0), float(lever.high or 0.0), float(lever.value or 0.0)
    reach = spread * (high - low)
    return max(low, value - reach), min(high, value + reach)


def hypercube(moved: list[Lever], points: int, seed: int, spread: float = SPREAD) -> np.ndarray:
    """Points of a Latin hypercube, shape (points, parameters), the same for the same seed."""
    low, high = np.array([bounds_of(lever, spread) for lever in moved]).T
    drawn = qmc.LatinHypercube(len(moved), seed=np.random.default_rng(seed)).random(points)
    return low + drawn * (high - low)


@checked_arguments
def robust(
    points: int,
    over: str = "free",
    replicates: int = LINKAGE_REPLICATES,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage-robust"),
) -> Robust:
    """Run the capped pair, and its ceiling, at many points of the behaviour parameters.

    Parameters are those of `linkage.linkage`, and:

    `points`: of the Latin hypercube. `over`: which behaviour parameters to move, "free" or "all".
    """
    if over not in OVER:
        raise UsageError(f"over: found {over}, allowed {', '.join(OVER)}")
    check_range("robust", points, 2, 100_000, " points")
    world = dict(overrides or {})
    design.check_world(world)
    cap = design.cap_or_default(cap)
    moved = parameters(load_scenario("baseline", world), over)
    drawn = hypercube(moved, points, settings.seed)
    keys, scenarios = [lever.key for lever in moved], dict[str, Scenario]()
    for k, point in enumerate(drawn.tolist()):
        trio = design.capped_trio({**world, **dict(zip(keys, point))}, cap)
        scenarios |= {f"point {k} {name}": scenario for name, scenario in trio.items()}
    plan = PointPlan(scenarios, "point 0 siloed", replicates, settings)
    command = command_of(replicates, settings, cap, world, "--robust", len(drawn), "--over", over)
    store = run(plan, Tidy(horizon_of), where, results, command)
    values = values_of(store, (*OUTCOMES, COST))
    siloed, linked, ceiling = values[::3], values[1::3], values[2::3]
    each, most = linked - siloed, ceiling - siloed
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = mean_of(each[:, :, -1], axis=1) / mean_of(siloed[:, :, -1], axis=1)
    found = Robust(*store.ran(command), over, cap, moved, drawn, each, most, gaps)
    table = pd.concat([pd.DataFrame(drawn, columns=keys), found.premiums], axis=1)
    write_frame(store.folder / "points.parquet", table)
    return found
