"""Numbers as texts and JSON hold them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def plain(value: Any) -> Any:
    """A value, list or row with numbers that JSON knows; what is not a number is null."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, as `plain` gives them."""
    return [plain(row) for row in frame.to_dict("records")]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table with its numbers as they are, for tables of which many rows are looked up."""
    columns = [frame[name].to_numpy() for name in frame]
    return [dict(zip(frame.columns, row)) for row in zip(*columns)]


def picked(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """Rows of a table with some values in some columns."""
    same = [frame[name].to_numpy() == value for name, value in values.items()]
    return frame[np.logical_and.reduce(same)]


def rounded(value: float, digits: int) -> float:
    """The value to a number of significant digits."""
    if value == 0.0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))
