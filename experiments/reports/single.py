"""Keep one run: its tables, a chart and a manifest, in a folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from returnee.experiments.errors import writing_to
from returnee.experiments.files import to_parquet, whole
from returnee.experiments.measuring.measures import smoothed
from returnee.experiments.reports.compare import OVER_TIME
from returnee.experiments.reports.figures import (
    COLOURS,
    chart_language,
    finish,
    name_of,
    settings,
)
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.manifests import FINISHED, MANIFEST, Manifest
from returnee.experiments.running.options import RunSettings
from returnee.experiments.words.texts import words
from returnee.scenarios import Scenario
from returnee.simulation.columns import TABLES
from returnee.simulation.indicators import BY_NAME
from returnee.simulation.run import Run

KIND = "run"
SHOWN = (*OVER_TIME, "owner_income")


class RunFolder(OwnFolder):
    """The folder of one run; see `OwnFolder`.

    Parameters
    ----------
    folder : Path
        New, empty, or of the same run made before.
    scenario : Scenario
    replicate : int
    settings : RunSettings
    command : str
        The command that repeats the run.
    as_new : bool
        Write to a new sibling folder if this one is in use by another run.
    """

    COMPARED = ("kind", "fingerprint", "seed", "replicate", "sample", "months")

    def __init__(
        self, folder: Path, scenario: Scenario, replicate: int, settings: RunSettings,
        command: str = "", as_new: bool = False,
    ) -> None:  # fmt: skip
        about = {
            "seed": settings.seed, "replicate": replicate, "sample": settings.sample,
            "months": settings.months,
        }  # fmt: skip
        super().__init__(folder, Manifest(KIND, command, {scenario.name: scenario}, about), as_new)

    def _begin(self) -> None:
        """Write nothing before the run is there."""

    def save(self, run: Run, lang: str = "en") -> list[Path]:
        """Write a run's tables, chart and manifest; all are there, or none is changed.

        Parameters
        ----------
        run : Run
            What to keep.
        lang : {"en", "zh"}
            Language of the chart.

        Returns
        -------
        list of Path
            What was written.
        """
        self._manifest.settle(self.folder)
        writers: dict[str, Callable[[Path], Any]] = {  # the first is renamed last
            MANIFEST: lambda new: new.write_text(self._manifest.text(FINISHED), "utf-8"),
            "chart.png": lambda new: chart(run, new, lang),
            "monthly.csv": run.monthly.to_csv,
        }
        for name in TABLES:
            writers[f"{name}.parquet"] = partial(to_parquet, getattr(run, name))
        paths = [self.folder / name for name in writers]
        with ExitStack() as stack:
            for path, write in zip(paths, writers.values()):
                new = stack.enter_context(whole(path))
                with writing_to(path):
                    write(new)
        return paths


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
        figure.savefig(path, dpi=120, format="png")
