"""Hold a scenario against the patterns: many replicates, means with intervals, pass or miss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import UsageError
from returnee.experiments.files import write_json, write_text
from returnee.experiments.keys import Task
from returnee.experiments.measuring.counterfactual import effects, thirty_years
from returnee.experiments.measuring.patterns import paired
from returnee.experiments.numbers import plain
from returnee.experiments.running.figures import table_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran, Store
from returnee.experiments.statistics.intervals import mean_interval
from returnee.experiments.studies import patterns as known
from returnee.scenarios import load_scenario
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.run import Run

# What a replicate has besides its run, as bits of the design point: runs to compare it with, runs
# without support, and thirty years. The last two are dear and made for the first replicates only.
PAIRS, EFFECTS, YEARS = 1, 2, 4
MORE = {
    PAIRS: (known.PAIRED, paired),
    EFFECTS: (known.UNSUPPORTED, effects),
    YEARS: (known.LONG, thirty_years),
}
DEAR, DEAR_REPLICATES = EFFECTS | YEARS, 4
CHOICES = ("all", "C", "V")
MONTHS = 120


def chosen_of(patterns: str) -> list[known.Pattern]:
    """The patterns asked for: "C", "V", or "all"; UsageError for anything else."""
    if patterns not in CHOICES:
        raise UsageError(f"patterns: found {patterns}, allowed one of {', '.join(CHOICES)}")
    fitted = {"C": (True,), "V": (False,)}.get(patterns, (True, False))
    return [p for p in known.PATTERNS if (p.use == known.FITTED) in fitted]


def more_for(patterns: str) -> int:
    """What patterns take besides a run, as bits."""
    keys = {p.key for p in chosen_of(patterns)}
    return sum(bit for bit, (some, _) in MORE.items() if keys & {*some})


def check_months(settings: RunSettings) -> None:
    """Refuse runs of another length than that of the patterns."""
    if settings.months != MONTHS:
        raise UsageError(f"months: found {settings.months}, allowed {MONTHS}")


@dataclass(frozen=True)
class ValidationPlan(Plan):
    """Replicates of one scenario, and whether patterns of compared runs are asked for."""

    patterns: str = "all"

    @property
    def chosen(self) -> list[known.Pattern]:
        """The patterns asked for."""
        return chosen_of(self.patterns)

    def point(self, replicate: int) -> int:
        """What is run for a replicate."""
        bits = more_for(self.patterns)
        return bits if replicate < DEAR_REPLICATES else bits & ~DEAR

    def tasks(self) -> list[Task]:
        """One task a replicate."""
        return [replace(task, point=self.point(task.replicate)) for task in super().tasks()]


@dataclass(frozen=True)
class Result:
    """What the replicates show of one pattern."""

    pattern: known.Pattern
    value: float  # mean over the replicates that show it; NaN if none does
    # student's interval of that mean (90 %); NaN with fewer than two replicates
    low: float
    high: float

    @property
    def passed(self) -> bool:
        """Whether the mean lies in the band."""
        return self.pattern.holds(self.value)

    @property
    def missed(self) -> bool:
        """Whether it is counted as a miss: neither told only, nor with a loose band."""
        return self.pattern.use not in (known.SOFT, known.REPORT) and not self.passed

    @property
    def seen(self) -> bool:
        """Whether any replicate shows it."""
        return not np.isnan(self.value)

    def plain(self) -> dict[str, Any]:
        """As plain values for JSON and CSV; what could not be seen is None."""
        p = self.pattern
        found = {
            "pattern": p.key, "number": p.number, "use": p.use, "low": p.low, "high": p.high,
            "value": self.value, "value_low": self.low, "value_high": self.high,
            "pass": self.passed if p.judged else None, "source": " ".join(p.sources),
            "unit": p.unit, "label_en": p.en, "label_zh": p.zh,
        }  # fmt: skip
        return dict(plain(found))


@dataclass(frozen=True)
class Validation(Ran):
    """A validated scenario."""

    plan: ValidationPlan
    # shape (replicates, patterns); in the order of `plan.chosen`; NaN where a replicate does not
    # show it
    values: np.ndarray = field(repr=False)

    @property
    def results(self) -> list[Result]:
        """One for each pattern asked for."""
        return [
            Result(p, *mean_interval(column)) for p, column in zip(self.plan.chosen, self.values.T)
        ]

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        s = self.plan.settings
        return {
            "patterns": [result.plain() for result in self.results],
            "scenario": self.plan.reference, "replicates": self.plan.replicates,
            "sample": s.sample, "months": s.months, "seed": s.seed,
            "failed": len(self.failures), "fingerprint": fingerprint(), "command": self.command,
        }  # fmt: skip


def pattern_table(run: Run, task: Task) -> pa.Table:
    """The patterns of a replicate as a table with the columns of `measures.SCHEMA`."""
    found = known.observed(run)
    for bit, (_, look) in MORE.items():
        if task.point & bit:
            found |= look(run)
    rows = {"indicator": list(found), "month": run.months, "value": list(found.values())}
    return table_of(pd.DataFrame(rows), run, task)


@checked_arguments
def validate(
    scenario: str | Path = "baseline",
    replicates: int = 20,
    patterns: str = "all",
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=0.05),
    where: Where = Where(),
    results: Keep = Keep("results/validate"),
) -> Validation:
    """Run replicates of a scenario and hold them against the patterns.

    Parameters
    ----------
    scenario : str or Path
        Name or file.
    replicates : int
    patterns : {"all", "C", "V"}
        Those that calibration may use, all others, or both.
    overrides : mapping, optional
        Dotted keys to values.
    settings : RunSettings
        Or its fields: seed, sample; patterns are those of 120 months.

    Returns
    -------
    Validation
    """
    chosen_of(patterns)  # refuses what is none of them
    given = overrides or {}
    read = load_scenario(scenario, given)
    check_months(settings)
    plan = ValidationPlan({read.name: read}, read.name, replicates, settings, patterns=patterns)
    command = command_of(scenario, plan, given)
    store = run(plan, Tidy(pattern_table), where, results, command)
    return Validation(*store.ran(command), shown_in(store, plan, patterns))


def shown_in(store: Store, plan: Plan, patterns: str) -> np.ndarray:
    """What each replicate of a plan shows, shape (replicates, patterns); NaN where it shows nothing."""
    column = {p.key: k for k, p in enumerate(chosen_of(patterns))}
    asked, runs = {task.key for task in plan.tasks()}, store.runs()
    keys = zip(runs["scenario_id"], runs["point"], runs["replicate"])
    mine = np.array([f"{i}-{point}-{replicate}" in asked for i, point, replicate in keys], bool)
    runs = runs[mine & runs["indicator"].isin(column)]
    values = np.full((plan.replicates, len(column)), np.nan)
    values[runs["replicate"], runs["indicator"].astype(str).map(column)] = runs["value"]
    return values


def command_of(scenario: str | Path, plan: ValidationPlan, overrides: Mapping[str, Any]) -> str:
    """The command line that repeats a validation."""
    s = plan.settings
    options = {
        "set": overrides, "replicates": plan.replicates, "sample": f"{s.sample:g}", "seed": s.seed,
        "patterns": plan.patterns,
    }  # fmt: skip
    return command_line(["validate", scenario], options)


def save(found: Validation) -> list[Path]:
    """Write ``validation.json`` and ``validation.csv`` into the folder of a validation."""
    content = found.plain()
    paths = [found.folder / f"validation.{kind}" for kind in ("json", "csv")]
    write_json(paths[0], content)
    table = pd.DataFrame(content["patterns"]).to_csv(index=False, lineterminator="\n")
    write_text(paths[1], str(table))
    return paths
