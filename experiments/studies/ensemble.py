"""The ensemble that ships: behaviour parameters of every set that meets the county's patterns.

``data/ensemble.csv`` holds a set a row, with dotted behaviour keys as columns;
``data/ensemble.toml`` says from which model, targets and command it came. ``returnee calibrate``
writes both into its folder; the ones here are copies.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.csv_rows import read_rows
from returnee.experiments.errors import UsageError
from returnee.experiments.statistics.coordinates import PREFIX
from returnee.experiments.studies.calibration.ensemble import well_spread
from returnee.scenarios import Behaviour, Lever, walk
from returnee.scenarios.schema.errors import guess, nearest

FILE = Path(__file__).parents[1] / "data" / "ensemble.csv"


@checked_arguments
def ensemble(path: Path | None = None) -> list[dict[str, float]]:
    """The parameter sets of an ensemble, the best one first.

    Parameters
    ----------
    path : Path, optional
        The ensemble that ships if left out.

    Returns
    -------
    list of dict
        By dotted key, to be laid over any scenario.

    Raises
    ------
    UsageError
        One line: file, row, column, found, allowed.

    Examples
    --------
    >>> sets = ensemble()
    >>> len(sets) > 10, all(key.startswith("behaviour.") for key in sets[0])
    (True, True)
    """
    return [dict(found) for found in _read(path or FILE)]


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[dict[str, float], ...]:
    head, rows = read_rows(path)
    known = dict(walk(Behaviour, PREFIX))
    for name in head:
        if name not in known:
            hint = guess(nearest(name, known))
            raise UsageError(f"{path}: row 1: found {name!r}{hint}, allowed behaviour parameters")
    if not rows:
        raise UsageError(f"{path}: found no set, allowed one or more rows")
    return tuple(_set(row, head, known, f"{path}: row {line}") for line, row in rows)


def _set(
    cells: Sequence[str], head: Sequence[str], known: dict[str, Lever], where: str
) -> dict[str, float]:
    found = {}
    for name, cell in zip(head, cells):
        lever = known[name]
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if lever.low is None or lever.high is None or not lever.low <= value <= lever.high:
            raise UsageError(f"{where}: {name}: found {cell!r}, allowed {lever.allowed}")
        found[name] = value
    return found


@checked_arguments
def some(number: int, path: Path | None = None) -> list[dict[str, float]]:
    """So many sets of an ensemble, far from each other, in the order of the ensemble.

    Raises UsageError: if there are not so many.
    """
    sets = ensemble(path)
    if not 2 <= number <= len(sets):
        raise UsageError(f"sets: found {number}, allowed 2 to {len(sets)}")
    points = np.array([list(found.values()) for found in sets])
    spread = points.std(axis=0)
    scaled = (points - points.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return [sets[k] for k in sorted(well_spread(scaled, number))]


def origin(path: Path | None = None) -> dict[str, Any]:
    """From which model, targets and command an ensemble came; empty if nobody wrote it down."""
    beside = (path or FILE).with_suffix(".toml")
    try:
        return tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
