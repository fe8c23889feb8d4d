"""Counties, each under some policies, as one plan: a job is a county, with all its runs.

Every county has luck of its own and a sample of its own, so that as many people are simulated in
each; policies are compared in the same luck.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Task
from returnee.experiments.measuring import measures
from returnee.experiments.running import manifests
from returnee.experiments.running.figures import table_of
from returnee.experiments.running.jobs import MONTHLY, RUNS, Figures, Given, Job, Measure
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Batch, ByNumber, check, name_of
from returnee.scenarios import Scenario
from returnee.scenarios.schema.county_folder import county_digest, tables_in

MOST_SEED = 2**31


@dataclass(frozen=True)
class RegionPlan(ByNumber):
    """Scenarios by county and label.

    Attributes
    ----------
    counties : mapping of str to (mapping of str to Scenario)
        By code, then by label of the policy.
    policies : mapping of str to Scenario
        The policies as they were read, in the shipped county, for the manifest.
    replicates : int
    simulated : int
        Workers that are simulated in each county; all of a smaller one.
    settings : RunSettings
        Its sample is that of no county.
    """

    counties: Mapping[str, Mapping[str, Scenario]]
    policies: Mapping[str, Scenario]
    replicates: int
    simulated: int
    settings: RunSettings

    KIND = "region"

    def check(self) -> None:
        """Refuse what no run can have, before anything is run or written."""
        if self.simulated < 1:
            raise UsageError(f"simulated: found {self.simulated}, allowed 1 or more workers")
        for code, scenarios in self.counties.items():
            for scenario in scenarios.values():
                check(scenario, self.replicates - 1, self.settings_of(code))

    def settings_of(self, code: str) -> RunSettings:
        """Settings of a county's runs: the sample that simulates so many workers, and its own luck."""
        force = next(iter(self.counties[code].values())).county.labour_force
        mixed = hashlib.sha256(f"{self.settings.seed} {code}".encode()).digest()[:4]
        seed = int.from_bytes(mixed) % MOST_SEED
        return replace(self.settings, seed=seed, sample=min(self.simulated / force, 1.0))

    @cached_property
    def codes(self) -> dict[str, str]:
        """Code of the county of each job."""
        return {name_of(k): code for k, code in enumerate(self.counties)}

    def tasks(self, name: str) -> list[Task]:
        """Runs of a county, replicate by replicate; policies that are the same are run once."""
        first: dict[str, str] = {}
        for label, scenario in self.counties[self.codes[name]].items():
            first.setdefault(scenario.id, label)
        return [
            Task(label, scenario_id, int(name), replicate)
            for replicate in range(self.replicates)
            for scenario_id, label in first.items()
        ]

    def read_in(self) -> Iterable[Scenario]:
        """The scenarios that are run."""
        return [one for found in self.counties.values() for one in found.values()]

    def wanted(self) -> dict[str, Sequence[str]]:
        """A job for each county."""
        return {RUNS: list(self.codes)}

    def size(self, name: str) -> int:
        """Runs of a county."""
        return len({s.id for s in self.counties[self.codes[name]].values()}) * self.replicates

    def batches(self, names: Iterator[str], workers: int, measure: Measure) -> Iterator[Batch]:
        """Counties one at a time."""
        for name in names:
            code = self.codes[name]
            scenarios = self.counties[code]
            folder = next(iter(scenarios.values())).county_folder
            own = {str(folder): county_digest(folder)} if folder and tables_in(folder) else {}
            scenes, settings = Given(scenarios, own), self.settings_of(code)
            yield (Job(name, tuple(self.tasks(name)), scenes, settings, measure),)

    def levels(self, runs: pd.DataFrame, label: str) -> np.ndarray:
        """Levels of all runs under the policies of a label, shape (replicates, counties, measures).

        `runs`: of the table that `Figures` keeps. NaN where a run failed.
        """
        ids = [scenarios[label].id for scenarios in self.counties.values()]
        rows = runs.set_index(["point", "scenario_id", "replicate"])[list(measures.NAMES)]
        wanted = pd.MultiIndex.from_tuples(
            (k, found, replicate)
            for replicate in range(self.replicates)
            for k, found in enumerate(ids)
        )
        found = rows.reindex(wanted).to_numpy(float)
        return found.reshape(self.replicates, len(ids), len(measures.NAMES))

    @cached_property
    def digest(self) -> str:
        """Of all scenarios, by county."""
        lines = (
            f"{code} {label} {scenario.id}"
            for code, scenarios in self.counties.items()
            for label, scenario in scenarios.items()
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> manifests.Manifest:
        """What repeats the plan: policies in full, counties by the digest of all their scenarios."""
        s = self.settings
        about = {
            "seed": s.seed, "replicates": self.replicates, "simulated": self.simulated, "months": s.months,
            "burn_in": s.burn_in, "runs": self.total(self.names), "jobs": len(self.names),
            "digest": self.digest, "counties": len(self.counties), **more,
        }  # fmt: skip
        return manifests.Manifest(self.KIND, command, self.policies, about)

    def differs(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """In settings, policies or counties."""
        keys = (*manifests.COMPARED, "replicates", "simulated", "counties", "yearly")
        told = manifests.differs(found, wanted, [key for key in keys if key != "sample"])
        if not told and found.get("digest") != wanted.get("digest"):
            told = "counties: found others, allowed those of this region"
        return told


@dataclass(frozen=True)
class ByYear(Figures):
    """Levels of a run, and its values of some monthly measures by year."""

    monthly: bool = True
    measures: tuple[str, ...] = ()

    def of(self, run: Any, task: Task) -> tuple[np.ndarray, Any]:
        """Figures of one run."""
        yearly = {n: years_in(run.monthly[n].to_numpy(float), n) for n in self.measures}
        rows = pd.concat(
            pd.DataFrame(
                {"indicator": n, "month": measures.YEAR * np.arange(1, len(v) + 1), "value": v}
            )
            for n, v in yearly.items()
        )
        return measures.levels_of(run), table_of(rows, run, task)


def years_in(monthly: np.ndarray, name: str) -> np.ndarray:
    """Sums of a flow, means of others, by whole year."""
    year = measures.YEAR
    whole = monthly[: len(monthly) // year * year].reshape(-1, year)
    return whole.sum(axis=1) if measures.BY_NAME[name].kind == "flow" else whole.mean(axis=1)


class YearlyPlan(RegionPlan):
    """A plan of which values by year are kept too."""

    def wanted(self) -> dict[str, Sequence[str]]:
        """Values by year and levels of every county."""
        return {MONTHLY: list(self.codes), RUNS: list(self.codes)}

    def yearly(self, rows: pd.DataFrame, measure: str) -> np.ndarray:
        """Values of a measure by year, shape (replicates, counties, labels, years); NaN where a run failed.

        `rows`: of the table that `ByYear` keeps.
        """
        rows = rows[rows["indicator"] == measure]
        values = rows.set_index(["point", "scenario_id", "replicate", "month"])["value"]
        shape = self.replicates, len(self.counties), self.settings.months // measures.YEAR
        found = []
        for label in next(iter(self.counties.values())):
            wanted = pd.MultiIndex.from_tuples(
                (k, scenarios[label].id, replicate, measures.YEAR * (year + 1))
                for replicate in range(shape[0])
                for k, scenarios in enumerate(self.counties.values())
                for year in range(shape[2])
            )
            found.append(values.reindex(wanted).to_numpy(float).reshape(shape))
        return np.stack(found, axis=2)
