"""One figure a run and measure, for plans of many cells over many months.

Their monthly tables would not fit into memory: of every run each measure is kept once, at the last
month: stocks and means as the mean of the last 12 months, flows as their sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.keys import Task
from returnee.experiments.measuring import measures as kept
from returnee.experiments.measuring.measures import BY_NAME, LAST, SCHEMA
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.store import Store
from returnee.simulation.run import Run


def horizon_of(run: Run, task: Task) -> pa.Table:
    """One figure a measure of a run, at its last month."""
    monthly = pd.DataFrame(kept.monthly_of(run).T, columns=list(kept.EVERY_MONTH))
    values = monthly.iloc[-LAST:].mean()
    flows = [name for name in monthly if BY_NAME[name].kind == "flow"]
    values[flows] = monthly[flows].sum(min_count=1)
    values = pd.concat([values, pd.Series(kept.derived(run))]).sort_index()
    rows = {"indicator": values.index, "month": run.months, "value": values.to_numpy()}
    return table_of(pd.DataFrame(rows), run, task)


def table_of(rows: pd.DataFrame, run: Run, task: Task) -> pa.Table:
    """Figures of a run (columns indicator, month, value) with the columns of `measures.SCHEMA`."""
    told = {
        "scenario": task.scenario, "scenario_id": task.scenario_id, "point": task.point,
        "replicate": task.replicate, "seed": run.seed,
    }  # fmt: skip
    return pa.Table.from_pandas(
        rows.assign(**told)[SCHEMA.names], schema=SCHEMA, preserve_index=False
    )


def arranged(runs: pd.DataFrame, plan: Plan, names: Sequence[str], months: int = 0) -> np.ndarray:
    """Figures of a tidy table of runs, by scenario and replicate of a plan; NaN where there are none.

    `runs`: columns of `measures.SCHEMA`. `names`: measures, or other figures of runs. `months`: of a
    run, if figures are told apart by month. Returns: shape (scenarios, replicates, names), or (...,
    months); scenarios that are the same are run once, and have the same figures.
    """
    asked = [scenario.id for scenario in plan.scenarios.values()]
    ids = {scenario_id: k for k, scenario_id in enumerate(dict.fromkeys(asked))}
    shape = (len(ids), plan.replicates, len(names), *([months] if months else []))
    values = np.full(shape, np.nan)
    scenario, name = _codes(runs["scenario_id"], ids), _codes(runs["indicator"], names)
    known = np.flatnonzero((scenario >= 0) & (name >= 0))
    place = [scenario[known], runs["replicate"].to_numpy()[known], name[known]]
    place += [runs["month"].to_numpy()[known] - 1] if months else []
    values[tuple(place)] = runs["value"].to_numpy()[known]
    return values[[ids[scenario_id] for scenario_id in asked]]


def _codes(column: pd.Series, names: Iterable[str]) -> np.ndarray:
    """Place of each value of a column among names; -1 where it is none."""
    categories = column.astype("category").cat
    places = {name: k for k, name in enumerate(names)}
    table = np.array([places.get(name, -1) for name in categories.categories], dtype=int)
    return table[categories.codes.to_numpy()]


def values_of(store: Store, measures: tuple[str, ...]) -> np.ndarray:
    """Figures of all runs; flows by year.

    Returns: shape (scenarios, replicates, measures); in the order of the plan; NaN where there is
    no run, or one that the plan does not ask for (the store may come from a longer plan).
    """
    plan = store.plan
    assert isinstance(plan, Plan)
    values = arranged(store.runs(), plan, measures)
    asked = {(task.scenario_id, task.replicate) for task in plan.tasks()}
    for k, scenario in enumerate(plan.scenarios.values()):
        values[k, [r for r in range(plan.replicates) if (scenario.id, r) not in asked]] = np.nan
    values[..., [BY_NAME[name].kind == "flow" for name in measures]] /= plan.settings.months / 12.0
    return values
