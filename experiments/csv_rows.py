"""Tables that people write: CSV as text, each row with the line of the file that it ends on.

Nothing is guessed from a column's other cells: who reads a table says what type a cell has. Rows
without anything in them, and empty cells beyond the header, are what spreadsheets leave behind.
"""

from __future__ import annotations

import csv
from pathlib import Path

from returnee.experiments.errors import UsageError, reason_of

SEPARATORS = {";": "semicolons", "\t": "tabs"}
Row = tuple[int, list[str]]


def read_rows(path: Path) -> tuple[list[str], list[Row]]:
    """Names of the columns, and every row with its line; the header is line 1.

    Cells are stripped of space around them. Both lists are empty for a file without anything in it.

    Raises UsageError: one line that names file, row, what was found and what is allowed.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True, skipinitialspace=True)
            found = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except UnicodeDecodeError:
        raise UsageError(f"{path}: found text that is not UTF-8, allowed CSV in UTF-8") from None
    except csv.Error as error:
        raise UsageError(f"{path}: found a mistake: {error}, allowed CSV in UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path}: found {reason_of(error)}, allowed a CSV file") from None
    rows = [(line, cells) for line, cells in found if any(cells)]
    if not rows:
        return [], []
    (line, head), *rest = rows
    width = max(k for k, cell in enumerate(head, start=1) if cell)
    where, head = f"{path}: row {line}", head[:width]
    for mark, name in SEPARATORS.items():
        if any(mark in cell for cell in head):
            raise UsageError(f"{where}: found {name}, allowed commas between the columns")
    for k, cell in enumerate(head):
        if not cell:
            raise UsageError(f"{where}: found a column without a name, allowed one with a name")
        if cell in head[:k]:
            raise UsageError(f"{where}: found {cell} twice, allowed once")
    for line, cells in rest:
        if len(cells) < width or any(cells[width:]):
            raise UsageError(f"{path}: row {line}: found {len(cells)} cells, allowed {width} cells")
    return head, [(line, cells[:width]) for line, cells in rest]
