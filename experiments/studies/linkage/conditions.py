"""What would have to be true for linkage to pay?

What is assumed about handing over is moved far: each parameter on a logarithmic axis by up to a factor
`WIDE` either way, within what is allowed (points of a scrambled Sobol sequence). Every point lives with
a set of the ensemble, each set as often as its weight asks for, and with luck of its own; all pillars
run siloed and linked under the same cap. A regression tree (Breiman et al., Classification and
Regression Trees, 1984) looks for regions of a high premium in one half of the points; the premium of each
region and its interval are measured in the other half, which had no part in finding it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import LINKAGE_SAMPLE
from returnee.experiments.errors import check_range
from returnee.experiments.files import write_frame
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.numbers import rounded
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.intervals import mean_interval, mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies.ensemble import SWITCHES, Sets
from returnee.experiments.studies.linkage import design
from returnee.experiments.studies.linkage.experiment import command_of
from returnee.experiments.studies.linkage.posterior import LINKED, SILOED
from returnee.experiments.studies.points.discovery import Limits, inside
from returnee.scenarios import Lever, load_scenario, walk

WIDE = 5.0
SUPPORT = "behaviour.support."
FORMS, DAYS, HAZARD = (SUPPORT + k for k in ("forms_again", "handover_days", "handover_hazard"))
HANDED = (
    FORMS, DAYS, HAZARD, SUPPORT + "file_speed", SUPPORT + "officer_load", SUPPORT + "bank_error",
    SUPPORT + "trainer_error", SUPPORT + "mentor_error", SUPPORT + "incubator_error",
    SUPPORT + "jury_error", "behaviour.money.giveup", "behaviour.money.guarantor_share",
)  # fmt: skip
"""What handing over rests on: what is lost between two offices, what each of them sees, who gives up."""
LOST = "lost"
"""Share of founders lost at a hand-over without an officer; it follows from three of them."""
DEPTH, LEAST = 2, 0.1  # limits of a region, and the share of points in it, at least


@dataclass(frozen=True)
class Region:
    """A region of the assumptions, and the premium in it."""

    limits: Limits  # parameter to its lower and upper end; infinite where there is none
    points: int  # in it, among those it is measured on
    share: float  # of them all
    mean: float
    # 90 % interval of the mean
    low: float
    high: float


@dataclass(frozen=True)
class Conditions(Ran):
    """The premium over assumptions on handing over."""

    plan: over_sets.OwnLuckPlan
    # A row a point, a column a parameter, `LOST`, and switches of the model that differ
    points: pd.DataFrame = field(repr=False)
    # shape (points, replicates); linked less siloed, in new returnee firms still open
    premium: np.ndarray = field(repr=False)
    moved: list[Lever] = field(repr=False)
    cap: float

    @cached_property
    def overall(self) -> tuple[float, float, float]:
        """Mean premium over all points, and its interval."""
        return mean_interval(mean_of(self.premium, axis=1))

    @cached_property
    def regions(self) -> list[Region]:
        """All regions, the one with the highest premium first."""
        return regions_of(self.points, mean_of(self.premium, axis=1), self.plan.settings.seed)

    def frame(self) -> pd.DataFrame:
        """A row a limit of a region."""
        rows = [
            (k + 1, key, *ends, region.points, region.share, region.mean, region.low, region.high)
            for k, region in enumerate(self.regions)
            for key, ends in region.limits.items()
        ]
        names = ["region", "key", "from", "to", "points", "share", "mean", "low", "high"]
        return pd.DataFrame(rows, columns=names)

    @property
    def paying(self) -> list[Region]:
        """Regions in which the premium is told from zero and above it."""
        return [region for region in self.regions if region.low > 0.0]


def lost(points: pd.DataFrame) -> np.ndarray:
    """Share of founders who drop out between two offices, 1 - exp(-forms x days x hazard).

    >>> lost(pd.DataFrame({FORMS: [5.0], DAYS: [10.0], HAZARD: [0.002]})).round(3).tolist()
    [0.095]
    """
    return np.asarray(1.0 - np.exp(-points[FORMS] * points[DAYS] * points[HAZARD]))


def drawn(moved: list[Lever], number: int, seed: int) -> pd.DataFrame:
    """Points of the wide design, a column a parameter."""
    unit = qmc.Sobol(len(moved), seed=np.random.default_rng(seed)).random_base2(
        math.ceil(math.log2(number))
    )[:number]
    values = [float(lever.value or 0.0) for lever in moved]
    low = np.log([max(float(v.low or 0.0), x / WIDE) for v, x in zip(moved, values)])
    high = np.log([min(float(v.high or math.inf), x * WIDE) for v, x in zip(moved, values)])
    found = np.vectorize(rounded)(np.exp(low + unit * (high - low)), 6)
    return pd.DataFrame(found, columns=[lever.key for lever in moved])


def regions_of(points: pd.DataFrame, premium: np.ndarray, seed: int) -> list[Region]:
    """Regions of a tree grown on one half of the points, measured on the other.

    `points`: a row a point, a column a parameter. `premium`: shape (points,).
    """
    from sklearn.tree import DecisionTreeRegressor

    order = np.random.default_rng(seed).permutation(np.flatnonzero(np.isfinite(premium)))
    seen, kept = order[: len(order) // 2], order[len(order) // 2 :]
    least = max(5, round(LEAST * len(seen)))
    if len(seen) < 2 * least:
        return []
    grown = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree = grown.fit(points.iloc[seen].to_numpy(float), premium[seen]).tree_
    found, waiting = [], [(0, Limits())]
    while waiting:
        node, limits = waiting.pop()
        if tree.children_left[node] < 0:
            there = inside(limits, points.iloc[kept])
            mean, low, high = mean_interval(premium[kept][there])
            found.append(Region(limits, int(there.sum()), float(there.mean()), mean, low, high))
            continue
        key, cut = str(points.columns[tree.feature[node]]), float(tree.threshold[node])
        low, high = limits.get(key, (-np.inf, np.inf))
        waiting.append((tree.children_left[node], {**limits, key: (low, min(high, cut))}))
        waiting.append((tree.children_right[node], {**limits, key: (max(low, cut), high)}))
    return sorted(found, key=lambda region: -region.mean)


@checked_arguments
def conditions(
    points: int = 256,
    over: str = over_sets.SHIPPED,
    replicates: int = 1,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage-conditions"),
) -> Conditions:
    """Run all pillars siloed and linked where handing over is assumed to be otherwise.

    Parameters are those of `posterior.posterior`, and:

    `points`: sets of assumptions. `replicates`: of each.
    """
    check_range("points", points, 2, 100_000)
    world = dict(overrides or {})
    design.check_world(world)
    cap = design.cap_or_default(cap)
    sets = over_sets.Ensemble(over).read()
    known = dict(walk(load_scenario("baseline", world)))
    moved = [known[key] for key in HANDED if key not in world]
    table = drawn(moved, points, settings.seed)
    met = sets.by_weight(points)
    rows = [{**one, **row} for one, row in zip(met, table.to_dict("records"))]
    many = Sets(tuple(rows), np.full(points, 1.0 / points), ("all",) * points)
    trio = design.capped_trio(world, cap)
    pair = {label: trio[label] for label in (SILOED, LINKED)}
    plan = over_sets.OwnLuckPlan.of(many, pair, replicates, settings)
    command = command_of(
        replicates, settings, cap, world, "--conditions", points, "--over", over
    )  # fmt: skip
    store = run(plan, Tidy(horizon_of), where, results, command)
    siloed, linked = plan.own(values_of(store, (MAIN,)))[..., 0]
    if {FORMS, DAYS, HAZARD} <= set(table):
        table[LOST] = lost(table)
    switches = {key for one in met for key in one if key.startswith(SWITCHES)}
    for key in sorted(switches):
        table[key] = [float(one[key]) for one in met]
    found = Conditions(*store.ran(command), table, linked - siloed, moved, cap)
    write_frame(
        store.folder / "points.parquet", table.assign(premium=mean_of(found.premium, axis=1))
    )
    return found
