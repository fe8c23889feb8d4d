"""Run a plan of many cells into a store that keeps one figure a run and measure.

Many cells over many months would not fit into memory as monthly tables, and the linkage
experiment asks for none: of every run the store keeps each measure once, at the last month: stocks
and means as the mean of the last 12 months, flows as their sum.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.errors import Interrupted
from returnee.experiments.measuring.measures import BY_NAME, LAST, SCHEMA, tidy
from returnee.experiments.running.manifests import FINISHED
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.progress import Reporter
from returnee.experiments.running.runner import Measure, Outcome, compile_first, execute, works_of
from returnee.experiments.running.store import Store


def horizon(table: pa.Table, months: int) -> pa.Table:
    """One figure a measure of a run.

    Parameters
    ----------
    table : Table
        As from `measures.tidy`.
    months : int
        Months of the run.

    Returns
    -------
    Table
        Columns of `measures.SCHEMA`, one row a measure, at the last month.
    """
    frame = table.to_pandas()
    kinds = frame["indicator"].map({name: measure.kind for name, measure in BY_NAME.items()})
    counted = (kinds == "flow") | (kinds == "final") | (frame["month"] > months - LAST)
    frame = frame[kinds.notna() & counted]
    rows = frame.groupby("indicator", sort=True)["value"]
    flow = np.array([_is_flow(name) for name in rows.groups])
    values = rows.mean().where(~flow, rows.sum(min_count=1))
    first = frame.iloc[0]
    kept = pd.DataFrame({"indicator": values.index, "value": values.to_numpy()})
    for name in ("scenario", "scenario_id", "point", "replicate", "seed"):
        kept[name] = first[name]
    kept["month"] = months
    return pa.Table.from_pandas(kept[SCHEMA.names], schema=SCHEMA, preserve_index=False)


def _is_flow(name: str) -> bool:
    return BY_NAME[name].kind == "flow"


def gather(
    plan: Plan,
    folder: Path,
    command: str,
    as_new: bool,
    workers: int,
    processes: bool,
    reporter: Reporter,
    measure: Measure = tidy,
    keep: Callable[[pa.Table, int], pa.Table] = horizon,
) -> Store:
    """Run what a store does not hold yet.

    Parameters
    ----------
    plan : Plan
    folder : Path
    command : str
        The command that repeats it.
    as_new : bool
        Write to a new folder beside one of another plan.
    workers : int
    processes : bool
    reporter : Reporter
    measure : callable
        See `execute`.
    keep : callable
        What of that table is kept, given the months of the run.

    Raises
    ------
    Interrupted
        If stopped; what is finished is kept.
    StoreError
        If the folder cannot be used.
    """
    with Store(folder, plan, command, as_new) as store:
        return _filled(store, workers, processes, reporter, measure, keep)


def _filled(
    store: Store,
    workers: int,
    processes: bool,
    reporter: Reporter,
    measure: Measure,
    keep: Callable[[pa.Table, int], pa.Table],
) -> Store:
    """Run what the store does not hold, and make one table."""
    plan = store.plan
    tasks, done = plan.tasks(), store.done()
    todo = [task for task in tasks if task.key not in done]

    def take(outcome: Outcome) -> None:
        if outcome.table is None:
            store.fail(outcome.task, outcome.error)
        else:
            store.add(outcome.task, keep(outcome.table, plan.settings.months))
        reporter.advance()

    try:
        if todo:
            compile_first(reporter.say)
        with reporter:
            reporter.begin(len(tasks), len(tasks) - len(todo))
            works = works_of(todo, plan, workers)
            execute(works, plan.settings, take, workers, processes, measure)
    except KeyboardInterrupt:
        store.consolidate()
        kept = len({task.key for task in tasks} & store.done())
        raise Interrupted(
            f"interrupted: {kept} of {len(tasks)} runs are kept in {store.folder}; "
            "give the same command again to go on"
        ) from None
    store.consolidate()
    store.status(FINISHED)
    return store


def values_of(store: Store, measures: tuple[str, ...]) -> np.ndarray:
    """Figures of all runs; flows by year.

    Returns
    -------
    ndarray of float, shape (scenarios, replicates, measures)
        In the order of the plan; NaN where there is no run, or one that the plan does not ask for
        (the store may come from a longer plan).
    """
    plan = store.plan
    values = np.full((len(plan.scenarios), plan.replicates, len(measures)), np.nan)
    runs = store.runs()
    runs = runs[runs["indicator"].isin(measures)]
    place = {scenario.id: k for k, scenario in enumerate(plan.scenarios.values())}
    column = {name: k for k, name in enumerate(measures)}
    rows = runs["scenario_id"].astype(str).map(place)
    known = rows.notna()
    runs, rows = runs[known], rows[known].astype(int)
    columns = runs["indicator"].astype(str).map(column).astype(int)
    values[rows, runs["replicate"], columns] = runs["value"]
    asked = np.zeros(values.shape[:2], dtype=bool)
    for task in plan.tasks():
        asked[place[task.scenario_id], task.replicate] = True
    values[~asked] = np.nan
    years = plan.settings.months / 12.0
    for name, k in column.items():
        if _is_flow(name):
            values[..., k] /= years
    return values
