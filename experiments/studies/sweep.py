"""Sweep levers and assumptions: scenarios at many points, each in many replicates, into a folder."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.errors import Interrupted, UsageError
from returnee.experiments.measuring.measures import attributes
from returnee.experiments.running.design import Design, design_of, read_design
from returnee.experiments.running.executors import Cluster, Pool, Where
from returnee.experiments.running.manifests import FINISHED, INTERRUPTED
from returnee.experiments.running.parts import runs_in
from returnee.experiments.running.plan import Job, SweepPlan, plan_of
from returnee.experiments.running.progress import Bar, Reporter
from returnee.experiments.running.runner import compile_first
from returnee.experiments.running.sweep_runs import execute_jobs
from returnee.experiments.running.sweep_store import SHARD, SweepStore, Tables

Given = str | Path | Mapping[str, Any] | Design


@checked_arguments
def sweep(
    design: Given,
    out: str | Path | None = None,
    *,
    shard: str = "",
    where: Where | None = None,
    progress: bool | Reporter = False,
    as_new: bool = False,
    retry: bool = False,
    max_runs: int = MAX_RUNS,
    command: str = "",
) -> pd.DataFrame:
    """Run scenarios at the points of a design; a row for each run.

    Parameters
    ----------
    design : path, mapping or Design
        A design file, or what stands in one.
    out : path, optional
        Folder to keep the runs in, and to resume from; a temporary one if left out.
    shard : str
        ``"2/8"`` does the second of eight shares, for array jobs; see `merge`.
    where : Where, optional
        Threads, processes or a cluster; threads on all processors if left out.
    progress : bool or Reporter
        Show progress on standard error.
    as_new : bool
        Write to a new folder beside `out` if that holds another design.
    retry : bool
        Try runs again that failed.
    max_runs : int
        More runs than this are refused.
    command : str
        For the manifest.

    Returns
    -------
    DataFrame
        Scenario, point, replicate, seed, error (missing where there is none), a column for each
        axis and one for each measure: stocks and means over the last 12 months, flows over the
        horizon, full county. ``attrs`` has ``units``, ``labels`` and ``labels_zh`` by column,
        ``folder`` and the number ``failed``.

    Raises
    ------
    ScenarioError, UsageError, Interrupted
        One line; nothing has been run or overwritten for the first two.

    Examples
    --------
    >>> runs = sweep({"axes": {"policy.training.places": [0, 3000]}, "sample": 0.002, "months": 12})
    >>> runs[["policy.training.places", "replicate"]].to_numpy().tolist()
    [[0.0, 0.0], [3000.0, 0.0]]
    >>> runs.attrs["units"]["jobs"]
    'jobs'
    """
    plan = plan_of(as_design(design), max_runs)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="returnee-") as folder:
            store = run_plan(plan, Path(folder) / "sweep", "", where, progress)
            return frame_of(store.folder)
    store = run_plan(plan, Path(out), shard, where, progress, as_new, retry, command)
    return frame_of(store.folder)


def as_design(design: Given) -> Design:
    """A design from what a user gives."""
    if isinstance(design, Design):
        return design
    return design_of(design) if isinstance(design, Mapping) else read_design(design)


@checked_arguments
def frame_of(folder: str | Path) -> pd.DataFrame:
    """The runs of a sweep's folder, finished or not, with units and labels in ``attrs``.

    Raises
    ------
    StoreError
    """
    table = runs_in(Path(folder))
    frame: pd.DataFrame = table.to_pandas()
    frame.attrs = {**attributes(table.schema), "folder": str(folder)}
    frame.attrs["failed"] = int(frame["error"].notna().sum())
    return frame


def shard_of(text: str) -> tuple[int, int]:
    """Which share of how many: ``"2/8"``.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> shard_of("2/8")
    (2, 8)
    """
    first, _, last = text.partition("/")
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise UsageError(f"shard: found {text}, allowed i/N with i from 1 to N, as in 2/8")
    return int(first), int(last)


def shard_folder(folder: Path, i: int, n: int) -> Path:
    """Where a share is kept, inside the folder of the sweep."""
    return folder / f"{SHARD}{i}-of-{n}"


def run_plan(
    plan: SweepPlan,
    folder: Path,
    shard: str = "",
    where: Where | None = None,
    progress: bool | Reporter = False,
    as_new: bool = False,
    retry: bool = False,
    command: str = "",
) -> SweepStore:
    """Do what a folder does not hold yet; see `sweep`."""
    where = where or Where()
    where.check()
    reporter = progress if isinstance(progress, Reporter) else Bar() if progress else Reporter()
    mine = list(range(plan.jobs))
    about: dict[str, Any] = {}
    if shard:
        i, n = shard_of(shard)
        folder, mine = shard_folder(folder, i, n), mine[i - 1 :: n]
        sizes = plan.cuts[1:] - plan.cuts[:-1]
        about = {"shard": shard, "whole": plan.runs, "runs": int(sizes[mine].sum())}
    # A cluster is asked before anything is written.
    pool = where.pool(reporter.say) if where.scheduler or where.local_cluster else None
    store = SweepStore(folder, plan, command or command_of(plan.design, folder), as_new, about)
    try:
        _fill(store, mine, shard, pool, where, reporter, retry)
    finally:
        store.close()
    return store


def _fill(
    store: SweepStore, mine: list[int], shard: str, pool: Pool | None, where: Where,
    reporter: Reporter, retry: bool,
) -> None:  # fmt: skip
    """Do what is left, and make one table of it."""
    if retry:
        store.retry()
    store.check()
    done = store.done()
    todo = [number for number in mine if number not in done]
    if todo:
        _gather(store, todo, mine, pool or where.pool(reporter.say), reporter)
    elif pool is not None:
        pool.close()
    if not shard and (todo or not store.is_finished()):
        store.consolidate()
    store.remove_empty()
    store.status(FINISHED)


def _gather(
    store: SweepStore, todo: list[int], mine: list[int], pool: Pool, reporter: Reporter
) -> None:
    """Do jobs into a store."""
    plan = store.plan
    sizes = plan.cuts[1:] - plan.cuts[:-1]

    def take(job: Job, tables: Tables) -> None:
        store.add(job.number, tables)
        for _ in job.runs:
            reporter.advance()

    def left() -> Iterator[Job]:
        for number in store.in_turn(todo):
            if store.has(number):  # another process did it
                for _ in range(int(sizes[number])):
                    reporter.advance()
            else:
                yield plan.job(number)

    runs = int(sizes[mine].sum())
    try:
        if not isinstance(pool, Cluster):
            compile_first(reporter.say)
        with reporter:
            reporter.begin(runs, runs - int(sizes[todo].sum()))
            execute_jobs(left(), pool, take)
    except KeyboardInterrupt:
        store.status(INTERRUPTED)
        kept = int(sum(sizes[k] for k in store.done()))
        raise Interrupted(
            f"interrupted: {kept} of {plan.runs} runs are kept in {store.folder}; "
            "give the same command again to go on"
        ) from None
    finally:
        pool.close()


def command_of(design: Design, folder: Path) -> str:
    """The command line that repeats a sweep."""
    return shlex.join(["returnee", "sweep", design.label, "--out", str(folder)])
