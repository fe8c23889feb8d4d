"""Sweep levers and assumptions: scenarios at many points, each in many replicates, into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.errors import ShareDone
from returnee.experiments.measuring.measures import attributes
from returnee.experiments.running.design.design import Design, design_of, read_design
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.running.plan import SweepPlan, plan_of
from returnee.experiments.running.run import run, running
from returnee.experiments.running.store import runs_in

Given = str | Path | Mapping[str, Any] | Design


@checked_arguments
def sweep(
    design: Given,
    out: str | Path | None = None,
    *,
    where: Where = Where(),
    results: Keep = Keep(),
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
    results : Keep
        Or its fields: as_new, progress, shard; of a share, what is finished is returned.
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

    Examples
    --------
    >>> runs = sweep({"axes": {"policy.training.places": [0, 3000]}, "sample": 0.002, "months": 12})
    >>> runs[["policy.training.places", "replicate"]].to_numpy().tolist()
    [[0.0, 0.0], [3000.0, 0.0]]
    >>> runs.attrs["units"]["jobs"]
    'jobs'
    """
    if not isinstance(design, Design):
        design = design_of(design) if isinstance(design, Mapping) else read_design(design)
    plan = plan_of(design, max_runs)
    results = results if out is None else replace(results, out=out)
    words = command or command_of(plan.design)
    try:
        with running(plan, figures_of(plan), where, results, words, retry) as store:
            return frame_of(store.folder)
    except ShareDone as share:
        return frame_of(share.folders[0])


def figures_of(plan: SweepPlan) -> Figures:
    """What is kept of the runs of a sweep."""
    return Figures(plan.design.keep == "monthly")


def swept(plan: SweepPlan, where: Where, results: Keep, command: str = "") -> pd.DataFrame:
    """The runs of a plan inside a study; see `sweep`."""
    command = command or command_of(plan.design)
    return frame_of(run(plan, figures_of(plan), where, results, command).folder)


@checked_arguments
def frame_of(folder: str | Path) -> pd.DataFrame:
    """The runs of a sweep's folder, finished or not, with units and labels in ``attrs``."""
    table = runs_in(Path(folder))
    frame: pd.DataFrame = table.to_pandas()
    frame.attrs = {**attributes(table.schema), "folder": str(folder)}
    frame.attrs["failed"] = int(frame["error"].notna().sum())
    return frame


def command_of(design: Design) -> str:
    """The command line that repeats a sweep."""
    return command_line(["sweep", design.label], {})
