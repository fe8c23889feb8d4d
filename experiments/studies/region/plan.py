"""Counties, each under some policies, as one plan: a job is a county, with all its runs.

Every county has luck of its own and a sample of its own, so that as many people are simulated in
each; policies are compared in the same luck.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Task
from returnee.experiments.running import manifests
from returnee.experiments.running.jobs import RUNS, Given, Job, Measure
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
        keys = (*manifests.COMPARED, "replicates", "simulated", "counties")
        told = manifests.differs(found, wanted, [key for key in keys if key != "sample"])
        if not told and found.get("digest") != wanted.get("digest"):
            told = "counties: found others, allowed those of this region"
        return told
