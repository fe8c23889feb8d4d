"""Values of a design, checked against the schema before anything is run; tables of points."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.errors import UsageError
from scenarios import Lever, levers
from scenarios.errors import guess, nearest, show
from scenarios.layers import MODELS

COUNTY = "county"
BY_KEY: dict[str, Lever] = {lever.key: lever for lever in levers}


def shown(value: Any) -> str:
    """A value as a file would write it; ``nothing`` for none."""
    return "nothing" if value is None else show(value)


def wrong(label: str, key: str, found: str, allowed: str) -> UsageError:
    """The error of one key of a design."""
    return UsageError(f"{label}: {key}: found {found}, allowed {allowed}")


def check_key(key: str, where: str, label: str) -> None:
    """Refuse what is not a lever, a parameter or ``county``, naming the nearest.

    Raises
    ------
    UsageError
    """
    if key == COUNTY or key in BY_KEY:
        return
    hint = guess(nearest(key, BY_KEY))
    room = key.rpartition(".")[0]
    beside = [k for k in BY_KEY if k.rpartition(".")[0] == room]
    everything = f"a key of `returnee levers`, beginning with {', '.join(MODELS)}"
    allowed = "one of " + ", ".join(beside) if beside else everything
    raise wrong(label, where, f"an unknown key{hint}", allowed)


def checked(key: str, value: Any, where: str, label: str) -> Any:
    """A value as the schema's type.

    Parameters
    ----------
    key : str
        Dotted key.
    value : bool, int, float, str or mapping
        Policy levers may have a mapping of months to values.
    where, label : str
        Place and file, for errors.

    Raises
    ------
    UsageError
        If the schema would refuse it.
    """
    lever = BY_KEY.get(key)
    if lever is None:
        if not isinstance(value, str):
            raise wrong(label, where, shown(value), "a county's name or folder")
        return value
    if isinstance(value, Mapping) and key.startswith("policy.") and value:
        return {month: checked(key, inner, where, label) for month, inner in value.items()}
    if lever.type is bool:
        if not isinstance(value, bool):
            raise wrong(label, where, shown(value), lever.allowed)
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (lever.type is int and value != int(value)):
        raise wrong(label, where, shown(value), lever.allowed)
    low = float("-inf") if lever.low is None else lever.low
    high = float("inf") if lever.high is None else lever.high
    if not low <= value <= high:
        raise wrong(label, where, shown(value), lever.allowed)
    return lever.type(value)


def read_table(path: Path) -> pd.DataFrame:
    """Points from a CSV file: a column for each key, a row for each point.

    Raises
    ------
    UsageError
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(path, encoding="utf-8-sig", index_col=False)
        if COUNTY in table:  # codes are texts: 320922 is no number, and NA is a name
            texts = pd.read_csv(
                path, encoding="utf-8-sig", index_col=False, dtype=str, keep_default_na=False
            )
            table[COUNTY] = texts[COUNTY].str.strip()
    except pd.errors.ParserWarning:  # what has no column would be left out
        raise UsageError(
            f"{path}: found more values than columns, allowed a column for each value"
        ) from None
    except OSError as error:
        reason = (error.strerror or "an unreadable file").lower()
        raise UsageError(f"{path}: found {reason}, allowed a CSV file") from None
    except ValueError as error:  # no columns, cut rows, other encodings
        reason = str(error).splitlines()[0]
        raise UsageError(f"{path}: found {reason}, allowed CSV in UTF-8") from None
    return check_table(table, str(path))


def check_table(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """A table of points with values of the schema's types; a column ``point`` is left out.

    Raises
    ------
    UsageError
        For unknown columns, none, missing values, or values out of range.
    """
    table = table.drop(columns=[name for name in ("point",) if name in table])
    if not len(table.columns) or not len(table):
        raise UsageError(f"{label}: found no points, allowed a row for each and a column a key")
    columns = {}
    for key in map(str, table.columns):
        check_key(key, f"column {key}", label)
        values = []
        for k, value in enumerate(table[key].tolist()):
            where = f"row {k + 1}: {key}"
            if pd.isna(value):
                raise wrong(label, where, "nothing", "a value")
            values.append(checked(key, value, where, label))
        columns[key] = values
    return pd.DataFrame(columns)
