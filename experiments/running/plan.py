"""What is to be run, in an order that never changes, and cut into jobs.

Runs of the same replicate, county and behaviour meet the same people and luck and share the history
before the policy, so one worker makes them. A `Plan` names its cells one by one, and may grow: a job
is a run, found again by scenario, point and replicate. A `SweepPlan` makes its cells of a design: a
job is a stretch of runs, and where jobs are cut depends on the plan alone.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.errors import UsageError, check_range
from returnee.experiments.keys import COUNTY, Task
from returnee.experiments.measuring.measures import redescribed
from returnee.experiments.running import manifests
from returnee.experiments.running.design.design import Design
from returnee.experiments.running.design.points import count_points, digest_of, points_of
from returnee.experiments.running.jobs import MONTHLY, PERSONS, RUNS, Given, Job, Laid, Measure
from returnee.experiments.running.options import RunSettings, Share
from returnee.scenarios import Scenario, ScenarioError
from returnee.scenarios.schema.county_folder import county_digest
from returnee.scenarios.schema.own_rules import OwnRules, rules_now
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.start.arguments import check_arguments

Batch = tuple[Job, ...]


class Runs(ABC):
    """What a store keeps and `run` makes: jobs by name, in an order that never changes."""

    settings: RunSettings
    grows: bool  # whether a later plan may have more runs of the same scenarios
    rows: int  # in a group of the table, at least, but for the last

    @abstractmethod
    def wanted(self) -> dict[str, Sequence[str]]:
        """Names of the jobs that each table has a part of; the table of runs is the last."""

    def size(self, name: str) -> int:
        """How many runs a job has."""
        return 1

    @abstractmethod
    def batches(self, names: Iterator[str], workers: int, measure: Measure) -> Iterator[Batch]:
        """Jobs that one worker does in turn, made when they are asked for."""

    @abstractmethod
    def place(self, name: str) -> Any:
        """By which jobs stand in order in a table."""

    @abstractmethod
    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> manifests.Manifest:
        """Everything needed to repeat it; scenarios in full."""

    @abstractmethod
    def differs(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """In what two manifests differ, as "key: found ..., allowed ..."; empty if in nothing."""

    def described(self, table: pa.Table) -> pa.Table:
        """The table of runs with units and labels, where parts are kept without."""
        return table

    def check(self) -> None:  # noqa: B027
        """Refuse what no run can have, before anything is run or written."""

    @abstractmethod
    def share(self, share: Share) -> list[str]:
        """Names of the jobs of one share of many."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Sixteen hex digits that tell plans apart: what is run, not with how many workers."""

    @cached_property
    def names(self) -> Sequence[str]:
        """Names of all jobs."""
        return self.wanted()[RUNS]

    def total(self, names: Sequence[str]) -> int:
        """How many runs some jobs have."""
        return sum(self.size(name) for name in names)

    @property
    def models(self) -> list[OwnRules]:
        """Rules of one's own that scenarios have, each file once."""
        found = {s.rules.digest: s.rules for s in self.read_in() if s.rules}
        return list(found.values())

    def read_in(self) -> Iterable[Scenario]:
        """The scenarios that are run; none where only tables are put together."""
        return ()


class ByNumber(Runs):
    """Jobs that are called by their number; a plan of them does not grow."""

    grows = False
    rows = 4096

    def described(self, table: pa.Table) -> pa.Table:
        """With units and labels."""
        return redescribed(table)

    def share(self, share: Share) -> list[str]:
        """Every so many-th job."""
        return list(self.names[share.number - 1 :: share.of])

    def place(self, name: str) -> Any:
        """By number."""
        return name


@dataclass(frozen=True)
class Plan(Runs):
    """Scenarios, replicates and settings of a comparison."""

    scenarios: Mapping[str, Scenario]  # by label
    reference: str  # label of the one that the others are compared with
    replicates: int
    settings: RunSettings
    people: int = 0  # replicates of which every person's outcome is kept, see `measuring.people`

    KIND = "comparison"
    grows = True
    rows = 500_000

    @property
    def compared(self) -> list[str]:
        """Labels of the scenarios other than the reference."""
        return [label for label in self.scenarios if label != self.reference]

    @property
    def other_worlds(self) -> list[str]:
        """Labels of scenarios whose county or behaviour is not the reference's."""
        world = self.scenarios[self.reference].world_id
        return [label for label in self.compared if self.scenarios[label].world_id != world]

    def check(self) -> None:
        """Refuse what no run can have, before anything is run or written.

        Raises UsageError: if an argument is out of range. Raises ScenarioError: if a scenario does
        not fit the horizon.
        """
        check_range("replicates", self.replicates, 1, 100_000)
        check_range("people", self.people, 0, self.replicates, " replicates")
        for scenario in self.scenarios.values():
            check(scenario, self.replicates - 1, self.settings)

    def read_in(self) -> Iterable[Scenario]:
        """The scenarios that are run."""
        return self.scenarios.values()

    def tasks(self) -> list[Task]:
        """List every run, replicate by replicate; scenarios that are the same are run once."""
        first: dict[str, str] = {}
        for label, scenario in self.scenarios.items():
            first.setdefault(scenario.id, label)
        labels = sorted(first.items(), key=lambda item: self.scenarios[item[1]].world_id)
        return [
            Task(label, scenario_id, 0, replicate)
            for replicate in range(self.replicates)
            for scenario_id, label in labels
        ]

    @cached_property
    def _tasks(self) -> dict[str, Task]:
        return {task.key: task for task in self.tasks()}

    def wanted(self) -> dict[str, Sequence[str]]:
        """Every run; and people of the first replicates."""
        few = [key for key, task in self._tasks.items() if task.replicate < self.people]
        return {**({PERSONS: few} if few else {}), RUNS: list(self._tasks)}

    def share(self, share: Share) -> list[str]:
        """Runs that share a history go together, unless there are few of them."""
        groups = together(list(self._tasks.values()), self.scenarios, share.of)
        return [task.key for group in groups[share.number - 1 :: share.of] for task in group]

    @cached_property
    def digest(self) -> str:
        """Of the names of all runs; settings are compared by themselves."""
        return hashlib.sha256(" ".join(self.names).encode()).hexdigest()[:16]

    def place(self, name: str) -> Any:
        """By which jobs stand in order in a table: replicate and scenario."""
        scenario_id, _, replicate = name.split("-")
        return int(replicate), scenario_id

    def batches(self, names: Iterator[str], workers: int, measure: Measure) -> Iterator[Batch]:
        """Runs that share a history, unless that would leave workers idle."""
        folders = {s.county_folder for s in self.scenarios.values() if s.county_folder}
        shipped = manifests.COUNTIES.resolve()
        own = [path for path in folders if path.parent.resolve() != shipped]
        digests = {path: {str(path): county_digest(path)} for path in own}  # of what they hold now

        def job(task: Task) -> Job:
            scenario = self.scenarios[task.scenario]
            folder = scenario.county_folder
            scenes = Given({task.scenario: scenario}, digests.get(folder, {}) if folder else {})
            return Job(task.key, (task,), scenes, self.settings, measure)

        for tasks in together([self._tasks[name] for name in names], self.scenarios, workers):
            yield tuple(map(job, tasks))

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> manifests.Manifest:
        """Everything needed to repeat the plan; scenarios in full."""
        s = self.settings
        about = {
            "seed": s.seed, "replicates": self.replicates, "sample": s.sample, "months": s.months,
            "burn_in": s.burn_in, "people": self.people, "reference": self.reference,
            "runs": self.total(self.names), **more,
        }  # fmt: skip
        return manifests.Manifest(self.KIND, command, self.scenarios, about)

    def differs(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """In settings or scenarios."""
        return manifests.differs(found, wanted, manifests.COMPARED)


def check(scenario: Scenario, replicate: int, settings: RunSettings) -> None:
    """Refuse arguments that no run can have, as one line (see `Plan.check`)."""
    s = settings
    try:
        check_arguments(scenario, replicate, s.seed, s.sample, s.months, s.burn_in)
    except ValueError as error:
        # A UsageError, or a ScenarioError that names its own place, passes as it is.
        raise error if type(error) is not ValueError else UsageError(str(error)) from None


def together(
    tasks: Sequence[Task], scenarios: Mapping[str, Scenario], workers: int
) -> list[tuple[Task, ...]]:
    """Group runs that share a history; split the groups where workers would be idle.

    `tasks`: in the order of `Plan.tasks`. `scenarios`: by label. `workers`: runs at a time.
    """
    same = groupby(tasks, key=lambda task: (task.replicate, scenarios[task.scenario].world_id))
    groups = [tuple(group) for _, group in same]
    if len(groups) >= 2 * workers:
        return groups
    return [(task,) for group in groups for task in group]


# A sweep's plan: every run in an order that never changes, cut into jobs.


JOB_SECONDS = 3.0  # work in a job, at most, if a run takes as long as expected
JOBS_AT_LEAST = 48  # so that the last ones to finish leave few workers idle
RUNS_AT_MOST = 64  # in a job
# Expected before any run was made: about twice what the machine of docs/speed.md takes.
WORKER_MONTH = 150e-9  # seconds
SET_UP = 0.015  # seconds a run


@dataclass(frozen=True)
class SweepPlan(ByNumber):
    """A design with its points drawn."""

    design: Design
    points: pd.DataFrame  # A row for each point, a column for each axis

    KIND = "sweep"

    @property
    def settings(self) -> RunSettings:  # type: ignore[override]
        """What every run is called with."""
        return self.design.settings

    def read_in(self) -> Iterable[Scenario]:
        """The scenarios that are run, without points."""
        return self.design.read.values()

    @property
    def runs(self) -> int:
        """How many runs."""
        return len(self.points) * len(self.design.scenarios) * self.design.replicates

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """Point, scenario and replicate of every run, and where a new history begins."""
        n = len(self.points), len(self.design.scenarios), self.design.replicates
        point, scenario, replicate = (axis.ravel() for axis in np.indices(n, dtype=np.int32))
        worlds = np.array([s.world_id for s in self.design.read.values()])
        inner = pd.factorize(worlds)[0][scenario]
        keys = [key for key in self.points.columns if not key.startswith("policy.")]
        world = np.zeros_like(point)  # a number for each county and behaviour that points set
        if keys:
            world = self.points.groupby(keys, sort=False).ngroup().to_numpy()[point]
        order = np.lexsort((scenario, point, replicate, inner, world))
        place = np.stack([world, inner, replicate])[:, order]
        begins = np.flatnonzero((np.diff(place, axis=1) != 0).any(axis=0)) + 1
        runs = np.stack([point, scenario, replicate], axis=1)[order]
        return runs, np.concatenate([[0], begins])

    @property
    def order(self) -> np.ndarray:
        """Point, scenario and replicate of every run, int32 of shape (runs, 3)."""
        return self._sorted[0]

    @property
    def histories(self) -> np.ndarray:
        """First run of each stretch that shares a history."""
        return self._sorted[1]

    @cached_property
    def seconds_a_run(self) -> float:
        """About how long a run takes, before any was made."""
        s = self.design.settings
        workers = max(v.county.labour_force for v in self.design.read.values()) * s.sample
        return SET_UP + WORKER_MONTH * workers * s.months

    @cached_property
    def batch(self) -> int:
        """Most runs of a job."""
        few = max(int(JOB_SECONDS / self.seconds_a_run), 1)
        return max(1, min(few, self.runs // JOBS_AT_LEAST, RUNS_AT_MOST))

    @cached_property
    def cuts(self) -> np.ndarray:
        """First run of every job, and the number of runs at the end.

        Whole histories where they fit into a job; else a history is cut into jobs of like size.
        """
        cuts, begun = [0], 0
        for start, end in pairwise([*self.histories.tolist(), self.runs]):
            if end - begun <= self.batch:
                continue
            if start > begun:
                cuts.append(start)
            pieces = -(-(end - start) // self.batch)
            cuts += [start + k * (end - start) // pieces for k in range(1, pieces)]
            begun = cuts[-1]
        return np.array([*cuts, self.runs])

    @property
    def jobs(self) -> int:
        """How many jobs."""
        return len(self.cuts) - 1

    def wanted(self) -> dict[str, Sequence[str]]:
        """All jobs, by number."""
        names = [name_of(number) for number in range(self.jobs)]
        monthly = {MONTHLY: names} if self.design.keep == "monthly" else {}
        return {**monthly, RUNS: names}

    def size(self, name: str) -> int:
        """Runs of a job."""
        return int(self.cuts[int(name) + 1] - self.cuts[int(name)])

    def batches(self, names: Iterator[str], workers: int, measure: Measure) -> Iterator[Batch]:
        """Jobs one at a time."""
        return ((self.job(int(name), measure),) for name in names)

    def job(self, number: int, measure: Measure) -> Job:
        """One job."""
        design, rows = self.design, self.order[self.cuts[number] : self.cuts[number + 1]]
        scenarios = [(label, scenario.id) for label, scenario in design.read.items()]
        files = dict(zip(design.read, design.scenarios))
        values = {
            k: dict(zip(self.points.columns, self._rows[k])) for k in np.unique(rows[:, 0]).tolist()
        }
        scenes = Laid(
            files, dict(scenarios), dict(design.fixed), values, design.counties, rules_now()
        )
        tasks = tuple(Task(scenarios[s][0], scenarios[s][1], int(p), int(r)) for p, s, r in rows)
        return Job(name_of(number), tasks, scenes, design.settings, measure)

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> manifests.Manifest:
        """Everything needed to repeat a sweep; scenarios in full, files as seen from the folder."""
        s, design = self.settings, self.design.plain()
        design["scenarios"] = [manifests.seen_from(folder, name) for name in design["scenarios"]]
        about = {
            "seed": s.seed, "sample": s.sample, "months": s.months, "burn_in": s.burn_in,
            "replicates": self.design.replicates, "keep": self.design.keep, "design": design,
            "points": len(self.points), "runs": self.runs, "jobs": self.jobs,
            "digest": self.digest, "counties": self.design.counties, **more,
        }  # fmt: skip
        own = self.points[COUNTY].unique() if COUNTY in self.points else ()
        counties = manifests.counties_of(own)
        return manifests.Manifest(self.KIND, command, self.design.read, about, counties)

    def differs(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """In settings, scenarios, axes or points."""
        return manifests.difference(found, wanted)

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        columns = [self.points[key].tolist() for key in self.points.columns]
        return list(zip(*columns)) if columns else [()] * len(self.points)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that tell plans apart: what is run, not with how many workers."""
        design = self.design
        given = {k: v for k, v in design.plain().items() if k != "scenarios"}
        ids = {label: scenario.id for label, scenario in design.read.items()}
        what = [given, ids, digest_of(self.points), design.settings.burn_in, fingerprint()]
        # A county's folder says nothing of what is in it.
        what += [design.counties] if design.counties else []
        text = json.dumps(what, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def name_of(number: int) -> str:
    """Name of a job of a sweep.

    >>> name_of(7)
    '000007'
    """
    return f"{number:06d}"


def plan_of(design: Design, max_runs: int = MAX_RUNS) -> SweepPlan:
    """Draw the points of a design, after checking that nothing is wrong with it.

    Raises UsageError, ScenarioError: one line; nothing has been run then.
    """
    runs = count_points(design) * len(design.scenarios) * design.replicates
    if runs > max_runs:
        raise UsageError(
            f"{design.label}: points: found {runs:,} runs ({count_points(design):,} points, "
            f"{len(design.scenarios)} scenarios, {design.replicates} replicates), "
            f"allowed {max_runs:,}; --max-runs allows more"
        )
    for scenario in design.read.values():
        try:
            check(scenario, design.replicates - 1, design.settings)
        except ScenarioError as error:
            raise UsageError(f"{design.label}: {error}") from None
    return SweepPlan(design, points_of(design))
