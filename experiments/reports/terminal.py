"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from returnee.experiments.reports.compare import Row, ratio_words, reading, rows_of, sentence
from returnee.experiments.reports.figures import title
from returnee.experiments.statistics.effects import RATIOS
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import figure, plain_title, words
from returnee.simulation.indicators import BY_NAME
from returnee.simulation.run import Run

STYLES = {1: "green", -1: "red", 0: ""}


def difference_table(rows: Iterable[Row], reference: str, scenario: str, lang: str) -> Table:
    """Rows of one scenario beside the reference."""
    text = words(lang)
    table = Table(title=scenario, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column(text["measure"])
    for name in (reference, scenario, text["difference"], text["interval"]):
        table.add_column(name, justify="right")
    table.add_column(text["verdict"].format(reference=reference))
    for row in rows:
        style = "bold" if row.told else ""
        table.add_row(
            row.label, row.reference, row.level, Text(row.difference, style),
            row.interval, Text(row.verdict, STYLES[row.good]),
        )  # fmt: skip
    return table


def show_comparison(found: Comparison, console: Console, lang: str = "en") -> None:
    """Print what a comparison found: a table and plain sentences for each scenario."""
    text = words(lang)
    reference = title(found, found.plan.reference, lang)
    for label in found.plan.compared:
        rows = rows_of(found, label, lang, keys_only=True)
        costs = [Text("· " + ratio_words(found, label, name, lang)) for name in RATIOS]
        parts: list[RenderableType] = [
            difference_table(rows, reference, title(found, label, lang), lang),
            Text(sentence(found, label, lang)),
            *costs[1:],
            Text(),
        ]
        console.print(Group(*parts), highlight=False)
    console.print(Text(reading(found, lang), "dim"))
    if found.failures:
        console.print(Text(text["failed"].format(n=len(found.failures)), "red"))


def yearly(monthly: pd.DataFrame) -> pd.DataFrame:
    """Indicators by year: flows summed, stocks at the year's end, means averaged.

    Parameters
    ----------
    monthly : DataFrame
        As in `Run.monthly`; the last year may be short.
    """
    year = pd.Index((monthly.index.to_numpy() - 1) // 12 + 1, name="year")
    ways = {"stock": "last", "flow": "sum", "mean": "mean"}
    how = {name: ways[BY_NAME[name].kind] for name in monthly.columns}
    return monthly.groupby(year).agg(how)


def yearly_table(run: Run, lang: str = "en") -> Table:
    """A run by year, in the figures a planner asks for first."""
    text = words(lang)
    names = text["yearly"]
    table = Table(title=title_of_run(run, lang), title_justify="left", box=box.SIMPLE_HEAD)
    for label in names.values():
        table.add_column(label, justify="right")
    frame = yearly(run.monthly)
    for year, row in frame.iterrows():
        cells = [figure(row[name], BY_NAME[name].unit, lang) for name in names if name != "year"]
        table.add_row(str(year), *cells)
    return table


def title_of_run(run: Run, lang: str) -> str:
    """Title of the scenario that was run."""
    return plain_title(run.scenario, lang)
