"""Face checks: does the model move as theory says, before any figure is fitted?

Responses of a measure to each lever over its range, extreme conditions, thirty years without drift,
samples of different size, and seeds. What is expected stands in ``templates/face.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from experiments import face_findings as findings
from experiments.arguments import checked_arguments
from experiments.executors import workers_of
from experiments.linkage_runs import gather, values_of
from experiments.measures import BY_NAME as MEASURE
from experiments.measures import MEASURES, SCHEMA
from experiments.patterns_paired import with_values
from experiments.plan import Plan, Settings
from experiments.progress import Bar, Reporter
from experiments.texts import FOLDER
from scenarios import Scenario, load_scenario

NAMES = tuple(m.name for m in MEASURES)
MONTHS, REPLICATES, SAMPLE = 60, 8, 0.03
SAMPLES = ((0.02, 24), (0.1, 12), (1.0, 4))  # sample and replicates
SEEDS, SEED_REPLICATES, SEED_SAMPLE = 2, 40, 0.02
LONG, LONG_REPLICATES, LONG_SAMPLE = 360, 6, 0.05
DECADES = ((121, 240), (241, 360))
BASE = "baseline"
STEADY = (
    "firms_open", "jobs", "returns", "remigrations", "registrations", "return_quality",
    "rural_income", "loans_granted", "public_cost",
)  # fmt: skip
DRIFTING = (
    "away", "farming", "employed", "owners", "firms_open", "jobs", "returns", "registrations",
    "closings", "aware_finance", "return_quality", "gini", "loans_outstanding", "guarantee_fund",
    "public_cost",
)  # fmt: skip


@lru_cache(maxsize=1)
def expectations() -> dict[str, Any]:
    """The table of what is expected, from ``templates/face.toml``."""
    return tomllib.loads((FOLDER / "face.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Face:
    """What the runs of the face checks show.

    Attributes
    ----------
    levers : Plan
        Every value of every lever and every extreme condition, with the baseline.
    levels : ndarray of float, shape (scenarios, replicates, measures)
        At the end of those runs, flows by year.
    decades : ndarray of float, shape (replicates, decades, measures)
        Means of the thirty-year runs by member of the labour force, of `DRIFTING`.
    samples : tuple of ndarray, each of shape (replicates, measures)
        Runs with the samples of `SAMPLES`, of `STEADY`.
    seeds : ndarray of float, shape (seeds, replicates, measures)
        Of `STEADY`.
    """

    levers: Plan
    levels: np.ndarray = field(repr=False)
    decades: np.ndarray = field(repr=False)
    samples: tuple[np.ndarray, ...] = field(repr=False)
    seeds: np.ndarray = field(repr=False)

    @cached_property
    def responses(self) -> list[findings.Response]:
        """One for each row of the table."""
        return [
            findings.response_of(row, self._of(row), NAMES) for row in expectations()["response"]
        ]

    @cached_property
    def extremes(self) -> list[findings.Extreme]:
        """One for each condition and measure."""
        base = self._level(BASE)
        return [
            finding
            for k, row in enumerate(expectations()["extreme"])
            for finding in findings.extremes_of(row, base, self._level(f"extreme {k}"), NAMES)
        ]

    @cached_property
    def drift(self) -> list[findings.Drift]:
        """One for each measure of `DRIFTING`."""
        return findings.drift_of(DRIFTING, self.decades)

    @cached_property
    def scale(self) -> list[findings.Agreement]:
        """Each smaller sample against the largest, by measure of `STEADY`."""
        labels = [f"{sample:g}" for sample, _ in SAMPLES]
        return [
            findings.agreement_of(f"{label} : {labels[-1]}", name, some[:, k], self.samples[-1][:, k])
            for label, some in zip(labels[:-1], self.samples)
            for k, name in enumerate(STEADY)
        ]  # fmt: skip

    @cached_property
    def seed_agreement(self) -> list[findings.Agreement]:
        """One seed against the other, by measure of `STEADY`."""
        one, other = self.seeds
        return [
            findings.agreement_of("1 : 2", name, one[:, k], other[:, k])
            for k, name in enumerate(STEADY)
        ]

    @cached_property
    def coverage(self) -> tuple[float, int]:
        """How often intervals of ten replicates cover the mean of the others, and of how many."""
        return findings.coverage_of(self.seeds)

    def verdicts(self) -> list[str]:
        """The verdict of every declared expectation."""
        rows: list[Any] = [
            *self.responses, *self.extremes, *self.drift, *self.scale, *self.seed_agreement
        ]  # fmt: skip
        found = [row.verdict for row in rows if row.verdict != "shown"]
        return [*found, findings.coverage_verdict(self.coverage[0])]

    def plain(self) -> list[dict[str, Any]]:
        """As plain values, for JSON."""
        kinds: dict[str, list[Any]] = {
            "response": self.responses, "extreme": self.extremes, "drift": self.drift,
            "scale": self.scale, "seeds": self.seed_agreement,
        }  # fmt: skip
        rows = [{"check": kind, **row.plain()} for kind, found in kinds.items() for row in found]
        share, n = self.coverage
        verdict = findings.coverage_verdict(share)
        return [*rows, {"check": "coverage", "value": share, "cases": n, "verdict": verdict}]

    def _of(self, row: Mapping[str, Any]) -> np.ndarray:
        labels = [label_of(row, value) for value in row["values"]]
        return np.stack([self._level(label) for label in labels])

    def _level(self, label: str) -> np.ndarray:
        scenarios = self.levers.scenarios
        place = {scenario.id: k for k, scenario in enumerate(scenarios.values())}
        return self.levels[place[scenarios[label].id]]  # the same scenario may have two labels


def label_of(row: Mapping[str, Any], value: Any) -> str:
    """Label of one value of a response in the plan."""
    also = "".join(f", {key}={given}" for key, given in row.get("also", {}).items())
    return f"{row['key']}={value}{also}"


def line_up(base: Scenario, settings: Settings, replicates: int) -> Plan:
    """The plan of responses and extreme conditions; the baseline comes first."""
    found = {BASE: base}
    for row in expectations()["response"]:
        for value in row["values"]:
            values = {row["key"]: value, **row.get("also", {})}
            found[label_of(row, value)] = with_values(base, values)
    for k, row in enumerate(expectations()["extreme"]):
        found[f"extreme {k}"] = with_values(base, row["set"])
    return Plan(found, BASE, replicates, settings)


def decades_of(table: pa.Table, _: int) -> pa.Table:
    """Means of a run by decade and member of the labour force; stocks of one stay as they are."""
    frame = table.to_pandas()
    wide = frame[frame["indicator"].isin([*DRIFTING, "labour_force"])].pivot(
        index="month", columns="indicator", values="value"
    )
    rows, first = [], frame.iloc[0]
    for start, end in DECADES:
        part = wide.loc[start:end]
        for name in DRIFTING:
            counted = MEASURE[name].counts
            values = part[name] / part["labour_force"] if counted else part[name]
            rows.append({"indicator": name, "month": end, "value": values.mean()})
    kept = pd.DataFrame(rows)
    for name in ("scenario", "scenario_id", "point", "replicate", "seed"):
        kept[name] = first[name]
    return pa.Table.from_pandas(kept[SCHEMA.names], schema=SCHEMA, preserve_index=False)


@checked_arguments
def face_checks(
    scenario: str | Path = BASE,
    overrides: Mapping[str, Any] | None = None,
    seed: int = 1,
    workers: int | None = None,
    folder: Path = Path("results/validate-face"),
    as_new: bool = False,
    progress: bool | Reporter = False,
) -> Face:
    """Run all face checks, or take from the folder what is there.

    Parameters
    ----------
    scenario : str or Path
        What is taken as the baseline.
    overrides : mapping, optional
        Dotted keys to values.
    seed : int
    workers : int, optional
        Runs at a time.
    folder : Path
        A folder a check is made in it.
    as_new : bool
        Write to new folders beside those of another plan.
    progress : bool or Reporter
        Show progress on standard error.

    Returns
    -------
    Face

    Raises
    ------
    Interrupted
        If stopped; what is finished is kept.
    """
    base = load_scenario(scenario, overrides or {})
    reporter = progress if isinstance(progress, Reporter) else Bar() if progress else Reporter()
    few = workers_of(workers)

    def run(name: str, plan: Plan, **options: Any) -> Any:
        plan.check()
        command = f"returnee validate {scenario} --face"
        return gather(plan, folder / name, command, as_new, few, False, reporter, **options)

    def alone(replicates: int, settings: Settings) -> Plan:
        return Plan({BASE: base}, BASE, replicates, settings)

    plan = line_up(base, Settings(seed, SAMPLE, MONTHS), REPLICATES)
    levels = values_of(run("levers", plan), NAMES)
    samples = []
    for sample, n in SAMPLES:
        store = run(f"sample-{sample:g}", alone(n, Settings(seed, sample, MONTHS)))
        samples.append(values_of(store, STEADY)[0])
    seeds = []
    for k in range(SEEDS):
        settings = Settings(seed + k, SEED_SAMPLE, MONTHS)
        seeds.append(values_of(run(f"seed-{k + 1}", alone(SEED_REPLICATES, settings)), STEADY)[0])
    store = run("long", alone(LONG_REPLICATES, Settings(seed, LONG_SAMPLE, LONG)), keep=decades_of)
    return Face(plan, levels, by_decade(store.runs()), tuple(samples), np.stack(seeds))


def by_decade(runs: pd.DataFrame) -> np.ndarray:
    """Stored decades as an array, shape (replicates, decades, measures of `DRIFTING`)."""
    wide = runs.pivot(index=["replicate", "month"], columns="indicator", values="value")
    wide = wide[list(DRIFTING)].sort_index()
    return wide.to_numpy(float).reshape(-1, len(DECADES), len(DRIFTING))
