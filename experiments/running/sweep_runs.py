"""Do the jobs of a sweep, and hand over what comes out as it comes.

Jobs are submitted a few at a time. A run that fails is a
row with its error; a worker that dies has its jobs done by another.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    wait,
)
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import NAMES, levels_of, run_schema, tidy
from returnee.experiments.running.executors import STOPPED, Pool
from returnee.experiments.running.plan import Job
from returnee.experiments.running.runner import PAUSE, WINDOW
from returnee.experiments.running.store import RUNS
from returnee.experiments.running.sweep_store import MONTHLY, Tables
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.county_folder import county_digest
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import SOURCE_HASH

DEATHS = 5  # times in a row that workers may die before anything more is finished


class StoppedError(Exception):
    """A job that was given up because its sweep was interrupted."""


Frozen = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=64)
def check_scenario(name: str, scenario_id: str, fixed: Frozen) -> None:
    """Refuse a scenario whose file is not, on this machine and now, what the plan read.

    Raises
    ------
    UsageError
    """
    found = load_scenario(name, {key: _thawed(value) for key, value in fixed}).id
    if found != scenario_id:
        raise UsageError(f"worker: {name}: found scenario {found}, allowed {scenario_id}")


@lru_cache(maxsize=128)  # about 10 MB
def scenario_at(name: str, scenario_id: str, values: Frozen, counties: Frozen) -> Scenario:
    """A scenario with values laid on top; ids of files, so that an edited one is read again."""
    return load_scenario(name, {key: _thawed(value) for key, value in values})


def frozen(values: dict[str, Any]) -> Frozen:
    """Keys and values that can be looked up."""
    return tuple((key, _frozen(value)) for key, value in values.items())


def _frozen(value: Any) -> Any:
    return tuple(value.items()) if isinstance(value, dict) else value


def _thawed(value: Any) -> Any:
    return dict(value) if isinstance(value, tuple) else value


def run_job(job: Job) -> Tables:
    """Do the runs of a job.

    Parameters
    ----------
    job : Job

    Returns
    -------
    dict
        Tables by the name of the file they belong to: a row a run, with error or figures.

    Raises
    ------
    UsageError
        If this worker's model is not the one of the plan.
    """
    if job.source_hash != SOURCE_HASH:
        raise UsageError(
            f"worker: source_hash: found {SOURCE_HASH}, allowed {job.source_hash}; "
            "install the same version everywhere"
        )
    for name, scenario_id in zip(job.scenarios, job.ids):
        check_scenario(name, scenario_id, frozen(job.fixed))
    counties = frozen(job.counties)
    for folder, digest in job.counties.items():
        if county_digest(Path(folder)) != digest:
            raise UsageError(
                f"worker: {folder}: found a county that changed since the sweep was planned, "
                "allowed the one that was planned with"
            )
    values = np.full((len(job.runs), len(NAMES)), np.nan)
    errors: list[str | None] = []
    monthly = []
    for k, (point, scenario, replicate) in enumerate(job.runs):
        if STOPPED.is_set():
            raise StoppedError
        try:
            at = frozen({**job.fixed, **job.points[point]})
            setting = scenario_at(job.scenarios[scenario], job.ids[scenario], at, counties)
            s = job.settings
            run = simulate(setting, replicate, s.seed, s.sample, s.months, s.burn_in)
            values[k] = levels_of(run)
            if job.keep == "monthly":
                task = Task(job.labels[scenario], job.ids[scenario], point, replicate)
                monthly.append(tidy(run, task))
            errors.append(None)
        except Exception as error:
            errors.append(" ".join(f"{type(error).__name__}: {error}".split()))
    tables = {RUNS: table_of(job, values, errors)}
    if monthly:
        tables[MONTHLY] = pa.concat_tables(monthly)
    return tables


def table_of(job: Job, values: np.ndarray, errors: list[str | None]) -> pa.Table:
    """The rows of a job: what was run, at which point, and what came out."""
    points, scenarios, replicates = np.array(job.runs).T
    columns: list[Any] = [
        [job.labels[s] for s in scenarios],
        [job.ids[s] for s in scenarios],
        points,
        replicates,
        np.full(len(job.runs), job.settings.seed),
        errors,
    ]
    keys = list(next(iter(job.points.values())))
    columns += [[job.points[point][key] for point in points] for key in keys]
    columns += [pa.array(column, pa.float64(), from_pandas=True) for column in values.T]
    schema = run_schema(keys)
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field, column in zip(schema, columns)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def execute_jobs(jobs: Iterable[Job], pool: Pool, take: Callable[[Job, Tables], None]) -> None:
    """Do jobs and hand over what comes out, in this thread.

    Parameters
    ----------
    jobs : iterable of Job
        Made only when they are submitted.
    pool : Pool
    take : callable
        Called with each job and its tables.

    Raises
    ------
    UsageError
        If workers die again and again, or answer with another model.
    """
    waiting, deaths = iter(jobs), 0
    again: list[Job] = []
    pending: dict[Future[Tables], Job] = {}
    executor = pool.open()
    try:
        while True:
            while len(pending) < WINDOW * pool.workers:
                job = again.pop() if again else next(waiting, None)
                if job is None:
                    break
                try:
                    pending[executor.submit(run_job, job)] = job
                except BrokenExecutor:
                    again.append(job)
                    break
            if not pending and not again:
                return
            finished, _ = wait(pending, timeout=PAUSE, return_when=FIRST_COMPLETED)
            lost = [pending.pop(future) for future in finished if _died(future)]
            for future in finished & pending.keys():
                take(pending.pop(future), _tables(future))
                deaths = 0
            if lost:
                deaths += 1
                if deaths > DEATHS:
                    raise UsageError(
                        "workers: found processes that the system ended again and again, allowed "
                        "as many as there is memory for; finished runs are kept"
                    )
                again += lost
                if pool.breaks:
                    again += pending.values()
                    pending.clear()
                    pool.close()
                    executor = pool.open()
    finally:
        pool.close()


def _died(future: Future[Tables]) -> bool:
    """Whether a worker died with the job."""
    error = None if future.cancelled() else future.exception()
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _tables(future: Future[Tables]) -> Tables:
    """What a job gave; what went wrong outside of a run, as one line."""
    try:
        return future.result()
    except (UsageError, MemoryError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)
        where = f" ({place[-1].name})" if place else ""
        raise UsageError(
            f"worker: found {type(error).__name__}: {error}{where}, allowed a worker with the same "
            "packages; finished runs are kept"
        ) from error
