"""One figure a run and measure, for plans of many cells over many months.

Their monthly tables would not fit into memory: of every run each measure is kept once, at the last
month: stocks and means as the mean of the last 12 months, flows as their sum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import BY_NAME, LAST, SCHEMA, tidy
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.store import Store
from returnee.simulation.run import Run


def horizon_of(run: Run, task: Task) -> pa.Table:
    """One figure a measure of a run, see `horizon`."""
    return table_of(horizon(tidy(run, task).to_pandas(), run.months), run, task)


def table_of(rows: pd.DataFrame, run: Run, task: Task) -> pa.Table:
    """Figures of a run (columns indicator, month, value) with the columns of `measures.SCHEMA`."""
    told = {
        "scenario": task.scenario, "scenario_id": task.scenario_id, "point": task.point,
        "replicate": task.replicate, "seed": run.seed,
    }  # fmt: skip
    kept = rows.assign(**told)[SCHEMA.names]
    return pa.Table.from_pandas(kept, schema=SCHEMA, preserve_index=False)


def horizon(frame: pd.DataFrame, months: int) -> pd.DataFrame:
    """One figure a measure of a run.

    `frame`: as from `measures.tidy`. `months`: months of the run. Returns: indicator, month and
    value, one row a measure, at the last month.
    """
    kinds = frame["indicator"].map({name: measure.kind for name, measure in BY_NAME.items()})
    counted = (kinds == "flow") | (kinds == "final") | (frame["month"] > months - LAST)
    frame = frame[kinds.notna() & counted]
    rows = frame.groupby("indicator", sort=True)["value"]
    flow = np.array([_is_flow(name) for name in rows.groups])
    values = rows.mean().where(~flow, rows.sum(min_count=1))
    found = {"indicator": values.index, "month": months, "value": values.to_numpy()}
    return pd.DataFrame(found)


def _is_flow(name: str) -> bool:
    return BY_NAME[name].kind == "flow"


def values_of(store: Store, measures: tuple[str, ...]) -> np.ndarray:
    """Figures of all runs; flows by year.

    Returns: shape (scenarios, replicates, measures); in the order of the plan; NaN where there is
    no run, or one that the plan does not ask for (the store may come from a longer plan).
    """
    plan = store.plan
    assert isinstance(plan, Plan)
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
