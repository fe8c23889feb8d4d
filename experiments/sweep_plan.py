"""The plan of a sweep: every run in an order that never changes, cut into jobs.

Runs that share a history (the same county, behaviour and replicate) stand beside each other, so
that a worker computes it once. A job is a stretch of runs that one worker does and one part of the
store holds; where jobs are cut depends on the plan alone, so a sweep may be resumed with other
workers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from experiments.defaults import MAX_RUNS
from experiments.design import Design
from experiments.design_points import count_points, digest_of, points_of
from experiments.errors import UsageError
from experiments.plan import Settings, check
from scenarios import ScenarioError
from simulation.compiler import SOURCE_HASH
from simulation.fingerprint import fingerprint

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
