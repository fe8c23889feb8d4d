"""Blocks of a report on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich import table as rich_table
from rich.console import Console
from rich.text import Text as Line

from returnee.experiments.reports.document import Block, Cell, Fold, Heading, Sheet, Text

MANNERS = {"note": "dim", "alert": "red", "answer": "bold"}
GOOD = {1: "green", -1: "red", 0: ""}
NAME = 28  # letters that a column of names keeps, however narrow the terminal
GAP = Text([""])
"""An empty line."""


def show(blocks: Iterable[Block], console: Console) -> None:
    """Print sentences and tables; charts are left to the page."""
    for block in blocks:
        match block:
            case Text():
                _say(block, console)
            case Sheet():
                console.print(table_of(block))
            case Heading():
                console.print(Line(block.text, "bold"))
            case Fold():
                console.print(Line(block.title, "bold"))
                show(block.blocks, console)


def _say(block: Text, console: Console) -> None:
    mark, style = "· " if block.manner == "list" else "", MANNERS.get(block.manner, "")
    for number, line in enumerate(block.lines):
        first_only = block.manner == "answer" and number > 0
        console.print(Line(f"{mark}{line}", "" if first_only else style))


def table_of(sheet: Sheet) -> rich_table.Table:
    """A table with words to the left and figures to the right; what is told stands out."""
    table = rich_table.Table(
        title=Line(sheet.title) if sheet.title else None, title_justify="left",
        title_style="bold", box=box.SIMPLE_HEAD,
    )  # fmt: skip
    for k, name in enumerate(sheet.head):
        words = sheet.style(k) != "n"
        table.add_column(
            Line(name), justify="left" if words else "right", overflow="fold",
            min_width=NAME if k == sheet.kept else None,
        )  # fmt: skip
    for number, row in enumerate(sheet.rows):
        cells = [_cell(cell) for cell in row]
        if number in sheet.missed:
            cells[-1].stylize("bold red")
        table.add_row(*cells)
    return table


def _cell(cell: Cell | str) -> Line:
    if not isinstance(cell, Cell):
        return Line(cell)
    style = GOOD[cell.good] or ("bold" if cell.told else "")
    return Line("\n".join((cell.text, *cell.below)), style)
