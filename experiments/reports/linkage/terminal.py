"""Tables of the linkage experiment for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from returnee.experiments.reports.linkage.report import Page
from returnee.experiments.reports.linkage.rows import Cells
from returnee.experiments.reports.linkage.words import MAIN
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.studies.linkage.robust import Robust


def table_of(content: tuple[list[str], list[Cells]], title: str) -> Table:
    """A table with the first column to the left and figures to the right."""
    head, rows = content
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for k, name in enumerate(head):
        table.add_column(name, justify="left" if k == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table


def show_linkage(
    found: Linkage | None, robust: Robust | None, console: Console, lang: str = "en"
) -> None:
    """Print the answer and the tables behind it."""
    page = Page(found, robust, lang)
    text = page.text
    for k, line in enumerate(page.lines()):
        console.print(Text(line, "bold" if k == 0 else ""))
    if found:
        head, rows = page.premium("capped")
        shown: tuple[int, ...] = (0, 2, 3, 4, 5, 6)
        cut = [head[k] for k in shown], [[row[k] for k in shown] for row in rows]
        console.print(table_of(cut, text["premium"]))
        head, rows = page.effects(MAIN)
        shown = (0, 1, 2, 4, 5)
        cut = [head[k] for k in shown], [[row[k] for k in shown] for row in rows]
        console.print(table_of(cut, f"{text['effects']}: {text['outcomes'][MAIN]}"))
    if robust:
        console.print(table_of(page.robust_summary(), text["robustness"]))
    console.print(Text(page.reading(), "dim"))
    for line in page.failures():
        console.print(Text(line, "red"))
