"""One run: its tables, a chart and a manifest in a folder, and what is printed of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from returnee.experiments.errors import writing_to
from returnee.experiments.files import to_parquet, whole
from returnee.experiments.measuring.files import KINDS, STAGE_OF, STAGES, figures_of_files
from returnee.experiments.measuring.measures import BY_NAME, smoothed
from returnee.experiments.measuring.selections import BY_YEAR, OF_A_RUN
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.document import Block, Sheet
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.manifests import FINISHED, MANIFEST, Manifest
from returnee.experiments.running.options import RunSettings
from returnee.experiments.words.texts import figure, phrase, plain_title, words
from returnee.scenarios import Scenario
from returnee.simulation.columns import TABLES
from returnee.simulation.run import Run

OF_SERVICES = {
    "places": "places", "capacity": "", "queue": "people", "served": "people", "refused": "people",
    "wait": "months", "funded": "share",
}  # fmt: skip
"""Figures of providers, and their units."""


class RunFolder(OwnFolder):
    """The folder of one run; see `OwnFolder`.

    `folder`: new, empty, or of the same run made before. `command`: the command that repeats the
    run. `as_new`: write to a new sibling folder if this one is in use by another run.
    """

    COMPARED = ("kind", "fingerprint", "seed", "replicate", "sample", "months")

    def __init__(
        self, folder: Path, scenario: Scenario, replicate: int, settings: RunSettings,
        command: str = "", as_new: bool = False,
    ) -> None:  # fmt: skip
        s = settings
        about = {"seed": s.seed, "replicate": replicate, "sample": s.sample, "months": s.months}
        super().__init__(folder, Manifest("run", command, {scenario.name: scenario}, about), as_new)

    def _begin(self) -> None:
        """Write nothing before the run is there."""

    def save(self, run: Run, lang: str = "en") -> list[Path]:
        """Write a run's tables, chart and manifest; all are there, or none is changed.

        `run`: what to keep. Returns: what was written.
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
    lang = draw.chart_language(lang)
    with draw.paper("run", 10, 8) as canvas:
        for axes, name in zip(draw.panels(canvas, len(OF_A_RUN), 2), OF_A_RUN):
            indicator = BY_NAME[name]
            values = smoothed(run.monthly[name].to_numpy()[None, :], indicator.kind)[0]
            axes.plot(run.monthly.index, values, color=draw.COLOURS[0])
            axes.set_title(draw.name_of(indicator, lang))
            draw.finish(axes, "", lang)
        canvas.supxlabel(words(lang)["report"]["month"])
        canvas.savefig(path, dpi=120, format="png")


def yearly(monthly: pd.DataFrame) -> pd.DataFrame:
    """Indicators by year: flows summed, stocks at the year's end, means averaged.

    `monthly`: as in `Run.monthly`; the last year may be short.
    """
    year = pd.Index((monthly.index.to_numpy() - 1) // 12 + 1, name="year")
    ways = {"stock": "last", "flow": "sum", "mean": "mean"}
    how = {name: ways[BY_NAME[name].kind] for name in monthly.columns}
    return monthly.groupby(year).agg(how)


def services_of(run: Run) -> pd.DataFrame:
    """Providers of a run by kind: how many, capacity, queue, served, refused, wait, funded.

    Returns: index the kind; full-county units. ``wait`` is the mean of those served, months.
    """
    services = run.services.assign(waited=lambda s: s["mean_wait"] * s["served"])
    by_kind = services.groupby("kind", sort=False)
    frame = by_kind[["capacity", "queue", "served", "refused", "waited"]].sum()
    frame.insert(0, "places", by_kind.size())
    frame["wait"] = frame.pop("waited") / frame["served"].where(frame["served"] > 0)
    frame["funded"] = by_kind["funded"].mean()
    return frame


def stages_of(run: Run) -> pd.DataFrame:
    """Files of a run (full county) by stage, index, and by kind of file, columns."""
    figures = figures_of_files(run)
    rows = {s: {kind: figures[STAGE_OF[kind, s]] for kind in KINDS} for s in STAGES}
    return pd.DataFrame.from_dict(rows, orient="index")


def run_json(run: Run) -> dict[str, Any]:
    """Years, providers by kind, and files by stage, as plain rows."""
    tables = {"years": yearly(run.monthly), "services": services_of(run)}
    tables["files"] = stages_of(run).rename_axis("stage")
    return {name: plain_rows(table.reset_index()) for name, table in tables.items()}


def run_listed(run: Run, lang: str = "en") -> list[Block]:
    """A run by year, its providers, and how far founders' files got."""
    text = words(lang)
    services, funnel = text["services"], text["funnel"]

    def cells(name: Any, row: pd.Series, units: Mapping[str, str]) -> list[str]:
        return [str(name), *(figure(float(row[n]), unit, lang) for n, unit in units.items())]

    by_year = {name: BY_NAME[name].unit for name in BY_YEAR}
    years = [cells(year, row, by_year) for year, row in yearly(run.monthly).iterrows()]
    head = [text["year"], *(phrase(BY_NAME[n], "noun", lang) for n in BY_YEAR)]
    named = services_of(run).rename(services["kinds"])
    kinds = [cells(kind, row, OF_SERVICES) for kind, row in named.iterrows()]
    stages, files = stages_of(run), []
    for stage, row in stages.iterrows():
        shares = row / stages.loc["planned"].where(stages.loc["planned"] > 0)
        told = [figure(float(shares[kind]), "share", lang, digits=2) for kind in KINDS]
        files.append([funnel["stages"][stage], figure(float(row["all"]), "files", lang), *told])
    names = [funnel[n] for n in ("stage", "files", "share", "handed_on", "others")]
    return [
        Sheet(head, years, plain_title(run.scenario, lang), "n"),
        Sheet([services[n] for n in ("kind", *OF_SERVICES)], kinds, services["title"]),
        Sheet(names, files, funnel["run_title"]),
    ]
