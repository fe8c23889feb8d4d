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
from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Task
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.statistics.ensemble import Parts, split, weighted_mean, weighted_quantile
from returnee.experiments.statistics.intervals import TAILS, mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies import patterns as known
from returnee.experiments.studies.validation import MONTHS, MORE, Result, chosen_of, pattern_table
from returnee.scenarios import load_scenario


@dataclass(frozen=True)
class OverPlan(over_sets.OwnLuckPlan):
    """Sets of an ensemble, and what is run for each replicate."""

    patterns: str = "all"

    def tasks(self) -> list[Task]:
        """One task a set and replicate; compared and long runs for the first of each set."""
        keys = {p.key for p in chosen_of(self.patterns)}
        bits = sum(bit for bit, (patterns, _) in MORE.items() if keys & {*patterns})
        return [
            replace(task, point=0 if task.replicate % self.each else bits)
            for task in super().tasks()
        ]


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
    """A scenario validated over an ensemble.

    Attributes
    ----------
    over : str
    values : ndarray of float, shape (sets, replicates of a set, patterns)
    """

    plan: OverPlan
    over: str
    values: np.ndarray = field(repr=False)

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

    Parameters are those of `validation.validate`, and:

    Parameters
    ----------
    drawn : Ensemble
        Or its fields: over, sets.
    replicates : int
        Of each set.
    """
    changes = dict(overrides or {})
    listed = chosen_of(patterns)
    over, chosen = drawn.over, drawn.read()
    over_sets.check_overrides(changes, chosen)
    if settings.months != MONTHS:
        raise UsageError(f"months: found {settings.months}, allowed {MONTHS}")
    base = load_scenario(scenario, changes)
    rows = {f"{base.name}, set {k}": base.with_(values) for k, values in enumerate(chosen)}
    plan = OverPlan(
        rows, next(iter(rows)), replicates * len(chosen), settings, chosen=chosen, each=replicates,
        patterns=patterns,
    )  # fmt: skip
    options = {
        "over": over, "sets": len(chosen), "set": changes, "replicates": replicates,
        "sample": f"{settings.sample:g}", "seed": settings.seed, "patterns": patterns,
    }  # fmt: skip
    command = command_line(["validate", scenario], options)
    store = run(plan, Tidy(pattern_table), where, results, command)
    runs = store.runs()
    column = {p.key: k for k, p in enumerate(listed)}
    asked = {
        (task.scenario_id, task.replicate): (task.point, task.scenario) for task in plan.tasks()
    }
    place = {label: k for k, label in enumerate(plan.scenarios)}
    values = np.full((len(chosen), replicates, len(listed)), np.nan)
    for row in runs[runs["indicator"].isin(column)].itertuples(index=False):
        point, label = asked.get((str(row.scenario_id), row.replicate), (-1, ""))
        if row.point == point:
            k = place[label]
            values[k, row.replicate - k * replicates, column[str(row.indicator)]] = row.value
    return ValidationOver(*store.ran(command), over, values)
