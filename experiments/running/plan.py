"""What is to be run: scenarios, each in the same replicates, in an order that never changes.

All scenarios of a replicate meet the same people and the same luck, and share the history before
the policy, so they are run together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Settings, Task, check
from returnee.experiments.running.design import Design
from returnee.experiments.running.points import count_points, digest_of, points_of
from returnee.scenarios import Scenario, ScenarioError
from returnee.simulation.engine.compiler import SOURCE_HASH
from returnee.simulation.fingerprint import fingerprint


@dataclass(frozen=True)
class Plan:
    """Scenarios, replicates and settings of a comparison.

    Attributes
    ----------
    scenarios : mapping of str to Scenario
        By label; the reference is one of them.
    reference : str
        Label of the scenario that the others are compared with.
    replicates : int
    settings : Settings
    """

    scenarios: Mapping[str, Scenario]
    reference: str
    replicates: int
    settings: Settings

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

        Raises
        ------
        UsageError
            If an argument is out of range.
        ScenarioError
            If a scenario does not fit the horizon.
        """
        if not 1 <= self.replicates <= 100_000:
            raise UsageError(f"replicates: found {self.replicates}, allowed 1 to 100000")
        s = self.settings
        if not 0 <= s.people <= self.replicates:
            raise UsageError(f"people: found {s.people}, allowed 0 to {self.replicates} replicates")
        for scenario in self.scenarios.values():
            check(scenario, self.replicates - 1, s)

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


def jobs(tasks: Iterable[Task], workers: int) -> list[tuple[Task, ...]]:
    """Group runs that share a history, unless that would leave workers idle.

    Parameters
    ----------
    tasks : iterable of Task
        In the order of `Plan.tasks`.
    workers : int
        Runs at a time.
    """
    together = [tuple(group) for _, group in groupby(tasks, key=lambda task: task.replicate)]
    if len(together) >= 2 * workers:
        return together
    return [(task,) for group in together for task in group]


# The plan of a sweep: every run in an order that never changes, cut into jobs.
#
# Runs that share a history (the same county, behaviour and replicate) stand beside each other, so
# that a worker computes it once. A job is a stretch of runs that one worker does and one part of the
# store holds; where jobs are cut depends on the plan alone, so a sweep may be resumed with other
# workers.


JOB_SECONDS = 3.0  # work in a job, at most, if a run takes as long as expected
JOBS_AT_LEAST = 48  # so that the last ones to finish leave few workers idle
RUNS_AT_MOST = 64  # in a job
# Expected before any run was made: about twice what the machine of docs/speed.md takes.
WORKER_MONTH = 150e-9  # seconds
SET_UP = 0.015  # seconds a run


@dataclass(frozen=True)
class Job:
    """A stretch of the plan, with all that a worker anywhere needs to do it.

    Attributes
    ----------
    number : int
    runs : tuple of (int, int, int)
        Point, scenario and replicate of each run.
    points : mapping of int to dict
        Values of the points that occur.
    scenarios : tuple of str
        Names or paths.
    labels : tuple of str
    ids : tuple of str
        Of the scenarios without a point.
    fixed : dict
        Laid on every scenario.
    settings : Settings
    keep : str
    source_hash : str
        Of the model that made the plan; a worker with another one refuses.
    counties : dict
        Own counties among the points: folder, and digest of what it held when the plan was made.
    """

    number: int
    runs: tuple[tuple[int, int, int], ...]
    points: dict[int, dict[str, Any]]
    scenarios: tuple[str, ...]
    labels: tuple[str, ...]
    ids: tuple[str, ...]
    fixed: dict[str, Any]
    settings: Settings
    keep: str
    source_hash: str
    counties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SweepPlan:
    """A design with its points drawn.

    Attributes
    ----------
    design : Design
    points : DataFrame
        A row for each point, a column for each axis.
    """

    design: Design
    points: pd.DataFrame

    @property
    def runs(self) -> int:
        """How many runs."""
        return len(self.points) * len(self.design.scenarios) * self.design.replicates

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        """Every run (point, scenario, replicate), and where a new history begins."""
        n = len(self.points), len(self.design.scenarios), self.design.replicates
        point, scenario, replicate = (axis.ravel() for axis in np.indices(n, dtype=np.int32))
        world, inner = self._world_of_point()[point], self._world_of_scenario()[scenario]
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

    def _world_of_point(self) -> np.ndarray:
        """Number of the county and behaviour that each point sets."""
        keys = [key for key in self.points.columns if not key.startswith("policy.")]
        if not keys:
            return np.zeros(len(self.points), dtype=np.int64)
        found: np.ndarray = self.points.groupby(keys, sort=False).ngroup().to_numpy()
        return found

    def _world_of_scenario(self) -> np.ndarray:
        worlds: dict[str, int] = {}
        of = [worlds.setdefault(s.world_id, len(worlds)) for s in self.design.read.values()]
        return np.array(of)

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
        ends = np.append(self.histories[1:], self.runs)
        for start, end in zip(self.histories, ends):
            if end - begun <= self.batch:
                continue
            if start > begun:
                cuts.append(int(start))
            pieces = -(-(end - start) // self.batch)
            inner = start + (np.arange(1, pieces) * (end - start)) // pieces
            cuts.extend(int(cut) for cut in inner)
            begun = cuts[-1]
        return np.array([*cuts, self.runs])

    @property
    def jobs(self) -> int:
        """How many jobs."""
        return len(self.cuts) - 1

    def job(self, number: int) -> Job:
        """One job."""
        design = self.design
        rows = self.order[self.cuts[number] : self.cuts[number + 1]]
        wanted = {int(k) for k in rows[:, 0]}
        keys = list(self.points.columns)
        points = {k: dict(zip(keys, self._rows[k])) for k in sorted(wanted)}
        return Job(
            number,
            tuple((int(p), int(s), int(r)) for p, s, r in rows),
            points,
            design.scenarios,
            tuple(design.read),
            tuple(scenario.id for scenario in design.read.values()),
            dict(design.fixed),
            design.settings,
            design.keep,
            SOURCE_HASH,
            self.design.counties,
        )

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        columns = [self.points[key].tolist() for key in self.points.columns]
        return list(zip(*columns)) if columns else [()] * len(self.points)

    def some(self, numbers: Iterator[int]) -> Iterator[Job]:
        """Jobs one at a time, made when they are asked for."""
        return (self.job(number) for number in numbers)

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits that tell plans apart: what is run, not with how many workers."""
        text = json.dumps(
            [
                {k: v for k, v in self.design.plain().items() if k != "scenarios"},
                {label: scenario.id for label, scenario in self.design.read.items()},
                digest_of(self.points),
                self.design.settings.burn_in,
                fingerprint(),
                # A county's folder says nothing of what is in it.
                *([self.design.counties] if self.design.counties else []),
            ],
            sort_keys=True,
            default=str,
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def plan_of(design: Design, max_runs: int = MAX_RUNS) -> SweepPlan:
    """Draw the points of a design, after checking that nothing is wrong with it.

    Raises
    ------
    UsageError, ScenarioError
        One line; nothing has been run then.
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
