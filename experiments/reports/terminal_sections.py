"""Support, spending and quality on the terminal, of one run and of a comparison."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from returnee.experiments.measuring.files import KINDS, STAGES, figures_of_files, stage_name
from returnee.experiments.numbers import plain
from returnee.experiments.reports.sections.quality import Quality
from returnee.experiments.reports.sections.section import section_words
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import figure
from returnee.simulation.run import Run


def show_sections(found: Comparison, console: Console, lang: str = "en") -> None:
    """Print where money did not suffice, and who comes first under which quality weights."""
    spending, quality = Spending(found, lang), Quality(found, lang)
    for section, lines in ((spending, spending.remarks()), (quality, quality.sentences())):
        name = section.text.get("title", section.words["report"]["spending"])
        console.print(Text(name, "bold"))
        for line in lines:
            console.print(Text(f"· {line}"), highlight=False)
        console.print()


def services_of(run: Run) -> pd.DataFrame:
    """Providers of a run by kind: how many, capacity, queue, served, refused, wait, funded.

    Returns
    -------
    DataFrame
        Index the kind; full-county units. ``wait`` is the mean of those served, months.
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
    rows = {s: {kind: figures[stage_name(kind, s)] for kind in KINDS} for s in STAGES}
    return pd.DataFrame.from_dict(rows, orient="index")


def support_json(run: Run) -> dict[str, Any]:
    """Providers by kind, and files by stage, as plain rows."""
    services = services_of(run).reset_index().to_dict("records")
    files = stages_of(run).rename_axis("stage").reset_index().to_dict("records")
    return {"services": [plain(row) for row in services], "files": [plain(row) for row in files]}


def show_support(run: Run, console: Console, lang: str = "en") -> None:
    """Print a run's providers, and how far founders' files got."""
    text = section_words(lang)
    units = {"places": "places", "capacity": "", "queue": "people", "served": "people"}
    units |= {"refused": "people", "wait": "months", "funded": "share"}
    table = Table(title=text["services"]["title"], title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(text["services"]["kind"])
    for name in units:
        table.add_column(text["services"][name], justify="right")
    for kind, row in services_of(run).iterrows():
        cells = [figure(float(row[name]), unit, lang) for name, unit in units.items()]
        table.add_row(text["services"]["kinds"][kind], *cells)
    console.print(table)
    funnel = text["funnel"]
    table = Table(title=funnel["run_title"], title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(funnel["stage"])
    for name in ("files", "share", "handed_on", "others"):
        table.add_column(funnel[name], justify="right")
    stages = stages_of(run)
    for stage, row in stages.iterrows():
        shares = row / stages.loc["planned"].where(stages.loc["planned"] > 0)
        cells = [figure(float(shares[kind]), "share", lang, digits=2) for kind in KINDS]
        table.add_row(funnel["stages"][stage], figure(float(row["all"]), "files", lang), *cells)
    console.print(table)
