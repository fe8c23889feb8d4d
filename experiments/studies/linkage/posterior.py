"""The linkage premium over an ensemble: luck, parameters and the structure of the model.

In every set of the ensemble all pillars run siloed, linked, and with a perfect hand-over (the ceiling),
no pillar runs (nothing), and, where one is given, so does the mix that makes the most of the money
(best), all under the same cap, with the same people and the same luck; every set has luck of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.files import write_frame
from returnee.experiments.measuring import selections
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.ensemble import Parts, split, weighted_mean
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies.ensemble import Sets
from returnee.experiments.studies.linkage import design
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES, SPENT
from returnee.experiments.studies.linkage.experiment import command_of
from returnee.experiments.studies.linkage.robust import rank_correlations

NOTHING, SILOED, LINKED, CEILING, BEST = "nothing", "siloed", "linked", "ceiling", "best"
KEPT = tuple(dict.fromkeys((*OUTCOMES, COST, *selections.STAGES, *SPENT)))


@dataclass(frozen=True)
class Posterior(Ran):
    """The premium in every set."""

    plan: over_sets.OwnLuckPlan
    over: str  # which ensemble
    cap: float  # yuan a year
    labels: tuple[str, ...]  # what ran in each set: siloed, linked, ceiling, nothing, perhaps best
    best: Mapping[str, Any] = field(repr=False)  # levers of the best mix; empty if none was given
    # shape (labels, sets, replicates of a set, measures), of `KEPT`; flows by year
    values: np.ndarray = field(repr=False)

    @property
    def sets(self) -> Sets:
        """The parameter sets."""
        return self.plan.chosen

    def levels(self, label: str, measure: str) -> np.ndarray:
        """Figures of what ran, shape (sets, replicates)."""
        found: np.ndarray = self.values[self.labels.index(label), :, :, KEPT.index(measure)]
        return found

    def level(self, label: str, measure: str) -> float:
        """Weighted mean of what ran."""
        return float(weighted_mean(mean_of(self.levels(label, measure), axis=1), self.sets.weights))

    def each(self, measure: str, label: str = LINKED, against: str = SILOED) -> np.ndarray:
        """Paired differences, shape (sets, replicates)."""
        found: np.ndarray = self.levels(label, measure) - self.levels(against, measure)
        return found

    def parts(self, measure: str, label: str = LINKED, against: str = SILOED) -> Parts:
        """A difference, by default the premium, split into luck, parameters and structure."""
        each = self.each(measure, label, against)
        return split(each, self.sets.weights, self.sets.structures)

    @cached_property
    def gaps(self) -> np.ndarray:
        """By which share linked support spends more than siloed support, shape (sets,)."""
        siloed, more = (mean_of(v, axis=1) for v in (self.levels(SILOED, COST), self.each(COST)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(more / siloed)

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """Rank correlation of each parameter with each outcome's premium, the strongest first."""
        premiums = {name: mean_of(self.each(name), axis=1) for name in OUTCOMES}
        return rank_correlations(self.sets.points(), list(self.sets[0]), premiums)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a set: weight, structure, parameters, and the mean premium in each outcome."""
        keys = pd.DataFrame(self.sets.points(), columns=list(self.sets[0]))
        keys.insert(0, "structure", list(self.sets.structures))
        keys.insert(0, "weight", self.sets.weights)
        return keys.assign(**{n: mean_of(self.each(n), axis=1) for n in (*OUTCOMES, COST)})


@checked_arguments
def posterior(
    drawn: over_sets.Ensemble = over_sets.Ensemble(),
    replicates: int = LINKAGE_REPLICATES,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage-robust-ensemble"),
    best: Mapping[str, Any] | None = None,
) -> Posterior:
    """Run the capped pair, its ceiling and no support in every set of an ensemble.

    Parameters are those of `linkage.linkage`, and:

    `drawn`: or its fields over and sets. `best`: levers of a mix that runs beside them, such as that of
    a budget search.
    """
    world, mix = dict(overrides or {}), dict(best or {})
    design.check_world(world)
    cap = design.cap_or_default(cap)
    over, chosen = drawn.over, drawn.read()
    over_sets.check_overrides(world, chosen)
    scenarios = design.capped_trio(world, cap)
    scenarios[NOTHING] = design.read_cell(design.NOTHING, design.levels(), world, cap)
    if mix:
        scenarios[BEST] = scenarios[SILOED].with_(mix)
    plan = over_sets.OwnLuckPlan.of(chosen, scenarios, replicates, settings)
    command = command_of(replicates, settings, cap, world, "--over", over, "--robust", len(chosen))
    store = run(plan, Tidy(horizon_of), where, results, command)
    values = plan.own(values_of(store, KEPT))
    found = Posterior(*store.ran(command), over, cap, tuple(scenarios), mix, values)
    write_frame(store.folder / "points.parquet", found.frame)
    return found
