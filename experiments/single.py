"""Keep one run: its tables, a chart and a manifest, in a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from experiments.charts import (
    COLOURS,
    OVER_TIME,
    chart_language,
    finish,
    name_of,
    settings,
    smoothed,
)
from experiments.errors import StoreError, writing_to
from experiments.store import MANIFEST, is_used, read_manifest, versions, write_json
from experiments.texts import words
from simulation.compiler import SOURCE_HASH
from simulation.indicators import BY_NAME
from simulation.run import Run

KIND = "run"
TABLES = (
    "monthly",
    "workers",
    "firms",
    "files",
    "services",
    "ledger",
    "unpaid",
    "transactions",
    "paths",
)
SHOWN = (*OVER_TIME, "owner_income")


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier run.

    Raises
    ------
    StoreError
        If it does, or cannot be written to.
    """
    with writing_to(folder):
        if is_used(folder):
            if not (folder / MANIFEST).is_file() or read_manifest(folder).get("kind") != KIND:
                raise StoreError(
                    f"{folder}: found other files, allowed a new folder or one of an earlier run"
                )
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "permission denied")


def save_run(run: Run, folder: Path, command: str, lang: str = "en") -> list[Path]:
    """Write a run's tables, chart and manifest; all are there, or none is changed.

    Parameters
    ----------
    run : Run
        What to keep.
    folder : Path
        See `check_folder`.
    command : str
        The command that repeats the run.
    lang : {"en", "zh"}
        Language of the chart.

    Returns
    -------
    list of Path
        What was written.
    """
    with writing_to(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as temporary:
        new = Path(temporary)
        for name in TABLES:
            table: pd.DataFrame = getattr(run, name)
            table.to_parquet(new / f"{name}.parquet")
        run.monthly.to_csv(new / "monthly.csv")
        chart(run, new / "chart.png", lang)
        write_json(new / MANIFEST, manifest(run, command))
        written = []
        for path in sorted(new.iterdir(), key=lambda path: path.name == MANIFEST):
            os.replace(path, folder / path.name)
            written.append(folder / path.name)
    return written


def manifest(run: Run, command: str) -> dict[str, Any]:
    """Everything needed to repeat a run."""
    scenario = run.scenario
    return {
        "kind": KIND,
        "command": command,
        "versions": versions(),
        "source_hash": SOURCE_HASH,
        "seed": run.seed,
        "replicate": run.replicate,
        "sample": run.sample,
        "months": run.months,
        "scenario": {
            "name": scenario.name,
            "id": scenario.id,
            "title_en": scenario.title_en,
            "title_zh": scenario.title_zh,
            **scenario.canonical(),
        },
    }


def chart(run: Run, path: Path, lang: str) -> None:
    """Draw main indicators over months."""
    lang = chart_language(lang)
    with mpl.rc_context(settings("run")):
        figure = Figure(figsize=(10, 8), layout="constrained")
        panels = figure.subplots(4, 2).ravel()
        for axes, name in zip(panels, SHOWN):
            indicator = BY_NAME[name]
            values = smoothed(run.monthly[name].to_numpy()[None, :], indicator.kind)[0]
            axes.plot(run.monthly.index, values, color=COLOURS[0])
            axes.set_title(name_of(indicator, lang))
            finish(axes, "", lang)
        for axes in panels[len(SHOWN) :]:
            axes.axis("off")
        figure.supxlabel(words(lang)["report"]["month"])
        figure.savefig(path, dpi=120)
