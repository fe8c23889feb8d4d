"""Hold a scenario against the patterns in every set of an ensemble: what it shows whatever holds.

Each set has replicates of its own. Patterns of compared runs, of runs without support and of thirty years
are those of a set's first replicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.keys import Task
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.ensemble import Parts, split, weighted_mean, weighted_quantile
from returnee.experiments.statistics.intervals import TAILS, mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies import patterns as known
from returnee.experiments.studies.validation import (
    Result,
    check_months,
    chosen_of,
    more_for,
    pattern_table,
    shown_in,
)
from returnee.scenarios import load_scenario


@dataclass(frozen=True)
class OverPlan(over_sets.OwnLuckPlan):
    """Sets of an ensemble, and what is run for each replicate."""

    patterns: str = "all"

    def tasks(self) -> list[Task]:
        """One task a set and replicate; compared and long runs for the first of each set."""
        bits = more_for(self.patterns)
        return [replace(t, point=0 if t.replicate % self.each else bits) for t in super().tasks()]


@dataclass(frozen=True)
class Spread(Result):
    """What an ensemble shows of one pattern: `value`, the weighted mean; `low` and `high`, the band over sets."""

    inside: float  # weight of the sets whose mean lies in the pattern's band
    parts: Parts

    def plain(self) -> dict[str, Any]:
        """As plain values; what could not be seen is None."""
        shares = {name: getattr(self.parts, name) for name in ("luck", "parameters", "structure")}
        shares["inside"] = self.inside
        return super().plain() | {
            k: float(v) if np.isfinite(v) else None for k, v in shares.items()
        }


@dataclass(frozen=True)
class ValidationOver(Ran):
    """A scenario validated over an ensemble."""

    plan: OverPlan
    over: str
    values: np.ndarray = field(repr=False)  # shape (sets, replicates of a set, patterns)

    @property
    def results(self) -> list[Spread]:
        """One for each pattern asked for."""
        sets = self.plan.chosen
        return [
            spread_of(pattern, self.values[..., k], sets.weights, sets.structures)
            for k, pattern in enumerate(chosen_of(self.plan.patterns))
        ]

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        s = self.plan.settings
        return {
            "patterns": [result.plain() for result in self.results], "over": self.over,
            "sets": self.plan.sets, "replicates": self.plan.each, "sample": s.sample,
            "seed": s.seed, "failed": len(self.failures), "command": self.command,
        }  # fmt: skip


def spread_of(
    pattern: known.Pattern, values: np.ndarray, weights: np.ndarray, structures: tuple[str, ...]
) -> Spread:
    """Mean, band over sets, and the weight of sets in the band of a pattern.

    `values`: shape (sets, replicates); NaN where it is not seen. The band is that of set means where
    luck can't be told from parameters.
    """
    means, parts = mean_of(values, axis=1), split(values, weights, structures)
    low, high = parts.low, parts.high
    if not np.isfinite(low):
        low, high = weighted_quantile(means, weights, np.array(TAILS) / 100.0).tolist()
    held = np.array([pattern.holds(x) if np.isfinite(x) else np.nan for x in means], dtype=float)
    return Spread(pattern, parts.difference, low, high, float(weighted_mean(held, weights)), parts)


@checked_arguments
def validate_over(
    scenario: str | Path = "baseline",
    drawn: over_sets.Ensemble = over_sets.Ensemble(),
    replicates: int = over_sets.REPLICATES,
    patterns: str = "all",
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=0.02),
    where: Where = Where(),
    results: Keep = Keep("results/validate-ensemble"),
) -> ValidationOver:
    """Run a scenario in every set of an ensemble and hold it against the patterns.

    Parameters are those of `validation.validate`; `drawn`: or its fields over and sets. `replicates`:
    of each set.
    """
    changes = dict(overrides or {})
    chosen_of(patterns)  # refuses what is none of them
    over, chosen = drawn.over, drawn.read()
    over_sets.check_overrides(changes, chosen)
    check_months(settings)
    base = load_scenario(scenario, changes)
    plan = OverPlan.of(chosen, {base.name: base}, replicates, settings, patterns=patterns)
    options = {
        "over": over, "sets": len(chosen), "set": changes, "replicates": replicates,
        "sample": f"{settings.sample:g}", "seed": settings.seed, "patterns": patterns,
    }  # fmt: skip
    command = command_line(["validate", scenario], options)
    store = run(plan, Tidy(pattern_table), where, results, command)
    values = shown_in(store, plan, patterns)
    shape = (len(chosen), replicates, -1)
    return ValidationOver(*store.ran(command), over, values.reshape(shape))
