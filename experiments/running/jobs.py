"""Jobs: runs that one worker makes one after the other, with all that a worker anywhere needs.

A job is a part of a folder of results. A run that goes wrong is its error; what is kept of the
others is the measure's: tables, by the names of the files they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from returnee.experiments.errors import wrong
from returnee.experiments.keys import Task
from returnee.experiments.measuring import measures
from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.measuring.people import PEOPLE, people_of
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.county_folder import county_digest
from returnee.scenarios.schema.own_rules import OwnRules, reading_with
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import SOURCE_HASH
from returnee.simulation.run import Run

RUNS, MONTHLY, PERSONS = "runs.parquet", "monthly.parquet", "people.parquet"
RUN_COLUMNS = pa.schema([("scenario_id", pa.string()), ("replicate", pa.int32())])
Tables = dict[str, pa.Table]
Frozen = tuple[tuple[str, Any], ...]


class StoppedError(Exception):
    """A job of many runs that was given up because its plan was interrupted."""


class Measure(Protocol):
    """What is kept of runs."""

    def of(self, run: Run, task: Task) -> Any:
        """What is kept of one run."""

    def tables(self, job: Job, kept: Sequence[Any], errors: Sequence[str | None]) -> Tables:
        """The tables of a job, from what is kept of each run; None of those that went wrong."""


@dataclass(frozen=True)
class Done:
    """What came out of a job: tables, and the error of every run or None."""

    tables: Tables
    errors: tuple[str | None, ...]


@dataclass(frozen=True)
class Job:
    """Runs that one worker makes."""

    name: str  # of its parts
    runs: tuple[Task, ...]
    scenes: Given | Laid  # where it finds the scenarios
    settings: RunSettings
    measure: Measure  # what is kept of runs
    # of the model that made the plan; a worker with another one refuses
    source_hash: str = SOURCE_HASH

    def do(self, is_stopped: Callable[[], bool] = lambda: False) -> Done:
        """Make the runs.

        Raises UsageError: if this worker's model, files or counties are not those of the plan.
        Raises StoppedError: if stopped between two runs.
        """
        if self.source_hash != SOURCE_HASH:
            allowed = f"{self.source_hash}; install the same version everywhere"
            raise wrong("worker", "source_hash", SOURCE_HASH, allowed)
        self.scenes.check()
        kept, errors = [], []
        for task in self.runs:
            if is_stopped():
                raise StoppedError
            found, error = run_task(task, self)
            kept.append(found)
            errors.append(error)
        return Done(self.measure.tables(self, kept, errors), tuple(errors))


def run_task(task: Task, job: Job) -> tuple[Any, str | None]:
    """Make one run: what is kept of it, or what went wrong."""
    s = job.settings
    try:
        scenario = job.scenes.of(task)
        run = simulate(scenario, task.replicate, s.seed, s.sample, s.months, s.burn_in)
        return job.measure.of(run, task), None
    except Exception as error:
        return None, " ".join(f"{type(error).__name__}: {error}".split())


@dataclass(frozen=True)
class Tidy:
    """A table of every run with the columns of `measures.SCHEMA`, and perhaps its people."""

    # makes the table; with processes a function of a module
    measure: Callable[[Run, Task], pa.Table] = measures.tidy
    people: int = 0  # replicates of which every person's outcome is kept, see `measuring.people`

    def of(self, run: Run, task: Task) -> Tables:
        """The tables of one run."""
        found = {RUNS: self.measure(run, task)}
        if task.replicate < self.people:
            found[PERSONS] = persons_of(run, task)
        return found

    def tables(self, job: Job, kept: Sequence[Any], errors: Sequence[str | None]) -> Tables:
        """All tables of a job, one below the other."""
        there = [tables for tables in kept if tables is not None]
        names = dict.fromkeys(name for tables in there for name in tables)
        return {
            name: pa.concat_tables([tables[name] for tables in there if name in tables])
            for name in names
        }


def persons_of(run: Run, task: Task) -> pa.Table:
    """Everybody in a run, with the columns that tell runs apart."""
    table, told = people_of(run), zip((task.scenario_id, task.replicate), RUN_COLUMNS)
    columns = [pa.repeat(pa.scalar(one, f.type), len(table)) for one, f in told]
    schema = pa.schema([*RUN_COLUMNS, *PEOPLE])
    return pa.Table.from_arrays([*columns, *table.columns], schema=schema)


@dataclass(frozen=True)
class Figures:
    """A row a run with every measure, an error where it went wrong, and perhaps every month."""

    monthly: bool = False

    def of(self, run: Run, task: Task) -> tuple[np.ndarray, pa.Table | None]:
        """Figures of one run."""
        return measures.levels_of(run), measures.tidy(run, task) if self.monthly else None

    def tables(self, job: Job, kept: Sequence[Any], errors: Sequence[str | None]) -> Tables:
        """What was run, at which point, and what came out."""
        tables = {RUNS: rows_of(job, [found and found[0] for found in kept], errors)}
        if self.monthly:
            months = [found[1] for found in kept if found is not None]
            tables[MONTHLY] = pa.concat_tables(months) if months else measures.SCHEMA.empty_table()
        return tables


def rows_of(
    job: Job, kept: Sequence[Any], errors: Sequence[str | None], told: Sequence[Any] = MEASURES
) -> pa.Table:
    """The rows of a job; `told` has name, unit and labels of each column of values."""
    points = job.scenes.points if isinstance(job.scenes, Laid) else {}
    ran = [(t.scenario, t.scenario_id, t.point, t.replicate, job.settings.seed) for t in job.runs]
    columns: list[Any] = [*map(list, zip(*ran)), list(errors)]
    keys = list(next(iter(points.values()), {}))
    columns += [[points[task.point][key] for task in job.runs] for key in keys]
    nothing = np.full(len(told), np.nan)
    values = np.array([nothing if found is None else found for found in kept])
    columns += [pa.array(column, pa.float64(), from_pandas=True) for column in values.T]
    # Without units and labels, which weigh more than the rows of a small part.
    schema = pa.schema([field.remove_metadata() for field in measures.run_schema(keys, told)])
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field, column in zip(schema, columns)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


# Where workers find scenarios.


@dataclass(frozen=True)
class Given:
    """Scenarios that travel with the job, by label, and digests of their own counties."""

    scenarios: Mapping[str, Scenario]
    counties: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse counties that changed."""
        check_counties(self.counties)

    def of(self, task: Task) -> Scenario:
        """The scenario of a run."""
        return self.scenarios[task.scenario]


@dataclass(frozen=True)
class Laid:
    """Scenarios that a worker reads, with the values of points laid on top."""

    # name or path, and id without a point, by label
    names: dict[str, str]
    ids: dict[str, str]
    fixed: dict[str, Any]  # laid on every scenario
    points: dict[int, dict[str, Any]]  # values of the points that occur
    # own counties among the points: folder, and digest of what it held when the plan was made
    counties: dict[str, str]
    rules: OwnRules | None = None  # with which they are read

    def check(self) -> None:
        """Refuse files and counties that changed."""
        with reading_with(self.rules):
            for label, name in self.names.items():
                planned = self.ids[label]
                found = scenario_at(name, planned, frozen(self.fixed), ()).id
                if found != planned:
                    raise wrong("worker", name, f"scenario {found}", planned)
        check_counties(self.counties)

    def of(self, task: Task) -> Scenario:
        """The scenario of a run."""
        at = frozen({**self.fixed, **self.points[task.point]})
        name, counties = self.names[task.scenario], frozen(self.counties)
        with reading_with(self.rules):
            return scenario_at(name, task.scenario_id, at, counties)


def check_counties(counties: Mapping[str, str]) -> None:
    """Refuse own counties that are not, on this machine and now, what the plan read."""
    for folder, digest in counties.items():
        if county_digest(Path(folder)) != digest:
            found = "a county that changed since the sweep was planned"
            raise wrong("worker", folder, found, "the one that was planned with")


@lru_cache(maxsize=128)  # about 10 MB
def scenario_at(name: str, scenario_id: str, values: Frozen, counties: Frozen) -> Scenario:
    """A scenario with values laid on top; ids of files, so that an edited one is read again."""
    thawed = {key: dict(value) if isinstance(value, tuple) else value for key, value in values}
    return load_scenario(name, thawed)


def frozen(values: Mapping[str, Any]) -> Frozen:
    """Keys and values that can be looked up."""
    return tuple(
        (key, tuple(value.items()) if isinstance(value, dict) else value)
        for key, value in values.items()
    )
