"""Which part of linkage does it? Referral and the gates one by one, at equal spending.

Each part is opened alone beside silos, and left out of linked support; all pillars are on, under one cap, in
the same paired replicates. A cell is numbered by its parts: bit k is set where part k is open. With y(S) the
outcome when the set S of n parts is open:

- alone: y({i}) - y(none); last: y(all) - y(all but i); joint: y(all) - y(none), the linkage premium.
- Shapley value, where all 2^n cells are run: see `effects`.

Over an ensemble each cell runs in every set, in luck of the set's own, and a contrast is split into luck,
parameters and structure as any other difference (`returnee.experiments.statistics.ensemble`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.files import write_frame
from returnee.experiments.numbers import picked
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.effects import verdicts
from returnee.experiments.statistics.ensemble import SOURCES, Parts, split, weighted_mean
from returnee.experiments.statistics.intervals import estimate, mean_of
from returnee.experiments.statistics.samples import widened
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies.linkage import design
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES, shapley
from returnee.experiments.studies.linkage.experiment import command_of
from returnee.scenarios import Scenario

MEASURES = (*OUTCOMES, COST)
JOINT, SILOED = "joint", "siloed"
SETS, EACH = 10, 2  # of the ensemble, and runs of every cell in each


@dataclass(frozen=True)
class Gates(Ran):
    """What the parts of linkage do."""

    plan: Plan
    cap: float  # yuan a year
    parts: tuple[str, ...]  # keys of the levers
    cells: tuple[int, ...]  # in the order of the plan
    values: np.ndarray = field(repr=False)  # shape (cells, replicates, measures), of `MEASURES`

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Every contrast of every measure, with interval and the gap in spending that goes with it."""
        whole = self.values[:, np.isfinite(self.values).all(axis=(0, 2))]
        listed = contrasts(len(self.parts), self.cells)
        weights = np.array([row[list(self.cells)] for _, _, row in listed])
        each = np.einsum("cs,srm->rcm", weights, whole)
        mean, low, high, chance, _ = widened(estimate(each), MEASURES, self.plan.settings.sample)
        told, gap = verdicts(low, high), mean[:, -1] / whole[self.cells.index(0), :, -1].mean()
        return pd.DataFrame(
            {
                "kind": kind, "part": self.parts[k] if k >= 0 else "", "measure": name,
                "value": mean[c, m], "low": low[c, m], "high": high[c, m], "p_higher": chance[c, m],
                "verdict": told[c, m], "spending_gap": gap[c],
            }
            for m, name in enumerate(MEASURES)
            for c, (kind, k, _) in enumerate(listed)
        )  # fmt: skip

    def effect(self, kind: str, part: str, measure: str) -> pd.Series:
        """The row of one contrast and measure."""
        return picked(self.effects, kind=kind, part=part, measure=measure).iloc[0]


@dataclass(frozen=True)
class GatesOver(Gates):
    """What the parts of linkage do in the sets of an ensemble.

    `values`: shape (cells, sets, replicates of a set, measures).
    """

    plan: over_sets.OwnLuckPlan
    over: str

    @cached_property
    def effects(self) -> pd.DataFrame:
        """As of `Gates`, split: interval of the mean, band over sets, and the share of each source."""
        chosen, siloed = self.plan.chosen, self.values[self.cells.index(0), ..., -1]
        spent = weighted_mean(mean_of(siloed, axis=1), chosen.weights)
        rows = []
        for kind, k, weights in contrasts(len(self.parts), self.cells):
            each = np.tensordot(weights[list(self.cells)], self.values, axes=1)
            more = weighted_mean(mean_of(each[..., -1], axis=1), chosen.weights)
            for m, name in enumerate(MEASURES):
                parts = split(each[..., m], chosen.weights, chosen.structures)
                rows.append(
                    {
                        "kind": kind, "part": self.parts[k] if k >= 0 else "", "measure": name,
                        **_columns(parts), "spending_gap": float(more / spent),
                    }
                )  # fmt: skip
        return pd.DataFrame(rows)


def _columns(parts: Parts) -> dict[str, Any]:
    """Columns of a contrast over an ensemble."""
    return {
        "value": parts.difference, "low": parts.mean_low, "high": parts.mean_high,
        "band_low": parts.low, "band_high": parts.high, "verdict": parts.verdict,
        **{source: getattr(parts, source) for source in SOURCES},
    }  # fmt: skip


def one_by_one(n: int) -> tuple[int, ...]:
    """Cells with none, all, one, and all but one of `n` parts."""
    every, bits = (1 << n) - 1, [1 << k for k in range(n)]
    return tuple(dict.fromkeys((0, every, *bits, *(every ^ bit for bit in bits))))


def contrasts(n: int, cells: Sequence[int]) -> list[tuple[str, int, np.ndarray]]:
    """Kind, part (-1: all) and weights of each contrast over all 2^n cells.

    Shapley values are among them if every cell is there.

    >>> [(kind, part, row.tolist()) for kind, part, row in contrasts(1, (0, 1))][:2]
    [('joint', -1, [-1.0, 1.0]), ('alone', 0, [-1.0, 1.0])]
    """
    every = (1 << n) - 1

    def between(plus: int, minus: int) -> np.ndarray:
        return np.eye(every + 1)[plus] - np.eye(every + 1)[minus]

    found = [(JOINT, -1, between(every, 0))]
    for k in range(n):
        found.append(("alone", k, between(1 << k, 0)))
        found.append(("last", k, between(every, every ^ 1 << k)))
        if len(cells) > every:
            found.append(("shapley", k, shapley(k, n, every + 1)))
    return found


def scenarios_of(cells: Sequence[int], cap: float, world: Mapping[str, Any]) -> dict[str, Scenario]:
    """The scenario of each cell, none open first."""
    moved, scenarios = design.levels(), {}
    parts = moved[design.LINKAGE]
    silos = design.read_cell(design.SILOED, moved, world, cap)
    for cell in cells:
        open_now = {key: on for k, (key, (_, on)) in enumerate(parts.items()) if cell >> k & 1}
        label = "+".join(key.rpartition(".")[2] for key in open_now) or SILOED
        scenarios[label] = silos.with_(open_now)
    return scenarios


@checked_arguments
def gates(
    replicates: int = LINKAGE_REPLICATES,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage-gates"),
    every: bool = False,
) -> Gates:
    """Run the parts of linkage one by one, or all combinations of them.

    Parameters are those of `linkage.linkage`; every cell has `design.EXTRA` times as many replicates,
    like the cells of the premium, and:

    `every`: run every combination, for Shapley values.
    """
    world, cap, parts, cells = _asked(overrides, cap, every)
    scenarios = scenarios_of(cells, cap, world)
    plan = Plan(scenarios, SILOED, design.EXTRA * replicates, settings)
    command = command_of(replicates, settings, cap, world, "--gates", *(["--every"] * every))
    store = run(plan, Tidy(horizon_of), where, results, command)
    found = Gates(*store.ran(command), cap, parts, cells, values_of(store, MEASURES))
    write_frame(store.folder / "effects.parquet", found.effects)
    return found


@checked_arguments
def gates_over(
    drawn: over_sets.Ensemble = over_sets.Ensemble(sets=SETS),
    replicates: int = EACH,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage-gates-ensemble"),
    every: bool = False,
) -> GatesOver:
    """Run the parts of linkage in sets of an ensemble, far from each other.

    Parameters are those of `gates`, and:

    `drawn`: or its fields over and sets. `replicates`: of each set; luck can be told from parameters
    with two or more.
    """
    world, cap, parts, cells = _asked(overrides, cap, every)
    chosen = drawn.read()
    over_sets.check_overrides(world, chosen)
    scenarios = scenarios_of(cells, cap, world)
    plan = over_sets.OwnLuckPlan.of(chosen, scenarios, replicates, settings)
    flags = ["--gates", *(["--every"] * every), "--over", drawn.over, "--robust", len(chosen)]
    command = command_of(replicates, settings, cap, world, *flags)
    store = run(plan, Tidy(horizon_of), where, results, command)
    values = plan.own(values_of(store, MEASURES))
    found = GatesOver(*store.ran(command), cap, parts, cells, values, drawn.over)
    write_frame(store.folder / "effects.parquet", found.effects)
    return found


def _asked(
    overrides: Mapping[str, Any] | None, cap: float | None, every: bool
) -> tuple[dict[str, Any], float, tuple[str, ...], tuple[int, ...]]:
    """World, cap, parts and cells."""
    world = dict(overrides or {})
    design.check_world(world)
    parts = tuple(design.levels()[design.LINKAGE])
    cells = tuple(range(1 << len(parts))) if every else one_by_one(len(parts))
    return world, design.cap_or_default(cap), parts, cells
