"""Values of a design, checked against the schema before anything is run; tables of points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from returnee.experiments.csv_rows import read_rows
from returnee.experiments.errors import UsageError, shown, wrong
from returnee.experiments.keys import check_key, lever_of


def checked(key: str, value: Any, where: str, label: str) -> Any:
    """A value as the schema's type.

    `key`: dotted key. `value`: policy levers may have a mapping of months to values. `where`,
    `label`: place and file, for errors. Raises UsageError: if the schema would refuse it.
    """
    lever = lever_of(key)
    if lever is None:
        code = isinstance(value, int) and not isinstance(value, bool)  # 320922 is a county's name
        if not isinstance(value, str | Path) and not code:
            raise wrong(label, where, shown(value), "a county's name or folder")
        return str(value)
    if isinstance(value, Mapping) and key.startswith("policy.") and value:
        return {month: checked(key, inner, where, label) for month, inner in value.items()}
    if lever.type is bool:
        if not isinstance(value, bool):
            raise wrong(label, where, shown(value), lever.allowed)
        return value
    low = -math.inf if lever.low is None else lever.low
    high = math.inf if lever.high is None else lever.high
    whole = lever.type is int
    if not is_number(value) or (whole and value != int(value)) or not low <= value <= high:
        raise wrong(label, where, shown(value), lever.allowed)
    return lever.type(value)


def is_number(value: Any) -> bool:
    """Whether a value is a number, and a finite one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def read_table(path: Path) -> pd.DataFrame:
    """Points from a CSV file: a column for each key, a row for each point."""
    head, rows = read_rows(path)
    if not head:
        raise UsageError(f"{path}: found nothing, allowed CSV in UTF-8")
    table = pd.DataFrame([cells for _, cells in rows], columns=head, dtype=object)
    return check_table(table, str(path), [line for line, _ in rows])


def check_table(
    table: pd.DataFrame, label: str, lines: Sequence[int] | None = None
) -> pd.DataFrame:
    """A table of points with values of the schema's types; a column ``point`` is left out.

    `table`: cells may be text, as in a file. `label`: where it came from, for errors. `lines`:
    number of each row for errors; counted from 1 if left out. Raises UsageError: for unknown
    columns, none, missing values, or values out of range.
    """
    table = table.drop(columns=[name for name in ("point",) if name in table])
    if not len(table.columns) or not len(table):
        raise UsageError(f"{label}: found no points, allowed a row for each and a column a key")
    names = list(map(str, table.columns))
    for key in names:
        check_key(key, f"column {key}", label)
    if len(set(names)) < len(names):
        raise UsageError(f"{label}: found a column twice, allowed each once")
    numbers = lines if lines is not None else range(1, len(table) + 1)
    columns = {key: table.iloc[:, k].tolist() for k, key in enumerate(names)}
    rows = zip(numbers, zip(*columns.values()))
    # Row by row, so that the first mistake of the file is the one that is told.
    found = [
        [cell_of(key, value, f"row {n}: {key}", label) for key, value in zip(names, row)]
        for n, row in rows
    ]
    return pd.DataFrame({key: list(values) for key, values in zip(names, zip(*found))})


def cell_of(key: str, value: Any, where: str, label: str) -> Any:
    """A cell as its key's type; text stands for what a file would mean by it."""
    if value is None or value is pd.NaT or value is pd.NA or value != value or value == "":
        raise wrong(label, where, "nothing", "a value")
    if isinstance(value, str) and (lever := lever_of(key)) is not None:
        value = read_as(lever.type, value)
    return checked(key, value, where, label)


def read_as(type_: type, text: str) -> Any:
    """What a text means as a type; the text itself where it means nothing."""
    if type_ is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    for read in (int, float):
        try:
            return text if "_" in text else read(text)
        except ValueError:
            continue
    return text
