"""Compare policies in every parameter set of an ensemble: same people, same luck, within each set.

Every set has replicates of its own, so that differences between sets hold parameters, structure and
luck, and differences within a set hold luck alone (see `returnee.experiments.statistics.ensemble`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from returnee.experiments.arguments import Options, checked_arguments
from returnee.experiments.errors import UsageError, wrong
from returnee.experiments.files import write_frame
from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import NAMES
from returnee.experiments.numbers import picked
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.ensemble import Parts, split_all
from returnee.experiments.studies.compare import DEFAULT, Given, command_of, line_up
from returnee.experiments.studies.efforts import SHIPPED
from returnee.experiments.studies.ensemble import FILE, Sets, ensemble
from returnee.scenarios import Scenario

REPLICATES = 2


@dataclass(frozen=True)
class OwnLuckPlan(Plan):
    """A plan whose points are parameter sets, each with replicates of its own."""

    chosen: Sets = field(kw_only=True, repr=False)  # scenarios stand set by set, all in each
    each: int = 1  # replicates of each set

    @classmethod
    def of(
        cls,
        sets: Sets,
        scenarios: Mapping[str, Scenario],
        each: int,
        settings: RunSettings,
        **more: Any,
    ) -> Self:
        """The plan of scenarios, the reference first, in every set."""
        rows = {
            f"{label}, set {k}": scenario.with_(values)
            for k, values in enumerate(sets)
            for label, scenario in scenarios.items()
        }
        runs = each * len(sets)
        return cls(rows, next(iter(rows)), runs, settings, chosen=sets, each=each, **more)

    @property
    def sets(self) -> int:
        """Number of sets."""
        return len(self.chosen)

    @property
    def in_set(self) -> int:
        """Scenarios of a set."""
        return len(self.scenarios) // self.sets

    def tasks(self) -> list[Task]:
        """List every run, set by set and replicate by replicate; those that share a history."""
        rows = list(self.scenarios.items())
        tasks = [
            Task(label, scenario.id, k, k * self.each + r)
            for k in range(self.sets)
            for r in range(self.each)
            for label, scenario in rows[k * self.in_set : (k + 1) * self.in_set]
        ]
        return list({task.key: task for task in tasks}.values())

    def own(self, values: np.ndarray) -> np.ndarray:
        """Arrange figures of all runs by set.

        `values`: shape (scenarios, replicates, measures). Returns: shape (scenarios of a set, sets,
        replicates of a set, measures).
        """
        shape = (self.sets, self.in_set, self.sets, self.each, values.shape[-1])
        k = np.arange(self.sets)
        # Indexing both set axes alike brings the set to the front.
        return values.reshape(shape)[k, :, k].swapaxes(0, 1)


def check_overrides(overrides: Mapping[str, Any], sets: Sets) -> None:
    """Refuse overrides of what the ensemble sets."""
    for key in overrides:
        if key in sets[0]:
            raise wrong("override", key, "a parameter of the ensemble", "keys it does not set")


@dataclass(frozen=True)
class Ensemble(Options):
    """Which parameter sets."""

    over: str = SHIPPED  # "ensemble", or the path of a CSV file of parameter sets
    sets: int | None = None  # so many of them, far from each other; all if left out

    def read(self) -> Sets:
        """The sets."""
        over = self.over
        if over != SHIPPED and not over.lower().endswith(".csv"):
            allowed = f"{SHIPPED}, or a .csv file of parameter sets"
            raise UsageError(f"over: found {over}, allowed {allowed}")
        found = ensemble(FILE if over == SHIPPED else Path(over))
        return found if self.sets is None else found.some(self.sets)


@dataclass(frozen=True)
class EnsembleComparison(Ran):
    """What came out of a comparison over an ensemble."""

    plan: OwnLuckPlan
    base: Plan  # scenarios without the ensemble; the reference first
    over: str  # which ensemble
    # shape (scenarios, sets, replicates of a set, measures), in the order of `base`; flows by year
    values: np.ndarray = field(repr=False)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Differences from the reference, split, see `statistics.ensemble.split_all`."""
        chosen = self.plan.chosen
        return split_all(self.values, NAMES, self.base.compared, chosen.weights, chosen.structures)

    def each(self, scenario: str, measure: str) -> np.ndarray:
        """Paired differences from the reference, shape (sets, replicates of a set)."""
        k, m = list(self.base.scenarios).index(scenario), NAMES.index(measure)
        found: np.ndarray = self.values[k, ..., m] - self.values[0, ..., m]
        return found

    def parts(self, scenario: str, measure: str) -> Parts:
        """A difference, split into luck, parameters and structure."""
        row = self.effect(scenario, measure)
        return Parts(**row[[one.name for one in fields(Parts)]])

    def effect(self, scenario: str, measure: str) -> pd.Series:
        """The row of one scenario and measure."""
        return picked(self.effects, scenario=scenario, measure=measure).iloc[0]


@checked_arguments
def compare_ensemble(
    scenarios: Sequence[Given] | None = None,
    against: Given = "baseline",
    within: Ensemble = Ensemble(),
    replicates: int = REPLICATES,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep("results/compare-ensemble"),
) -> EnsembleComparison:
    """Run scenarios in every parameter set of an ensemble and compare each with a reference.

    Parameters are those of `comparison.compare`, and:

    Parameters
    ----------
    replicates : int
        Of each set; luck can be told from parameters with two or more.
    """
    changes = dict(overrides or {})
    chosen = within.read()
    check_overrides(changes, chosen)
    asked = list(scenarios) if scenarios is not None else list(DEFAULT)
    base = line_up(asked, against, replicates, settings, changes)
    base.check()
    plan = OwnLuckPlan.of(chosen, base.scenarios, replicates, settings)
    sets = {"over": within.over, "sets": len(chosen)}
    command = command_of(asked, against, base, changes, sets=sets)
    store = run(plan, Tidy(horizon_of), where, results, command)
    values = plan.own(values_of(store, NAMES))
    found = EnsembleComparison(*store.ran(command), base, within.over, values)
    write_frame(store.folder / "effects.parquet", found.effects)
    return found
