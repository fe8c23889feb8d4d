"""The ensemble that ships: draws from what the county's patterns leave of the assumptions.

``data/ensemble.csv`` holds a draw a row, with dotted behaviour keys as columns, and two more:
``weight``, which sum to one, and ``structure``, the variant of the model that the draw belongs to:
``all`` for the model as it is, or ``no_`` and a switch of ``behaviour.structure`` for the model
without that mechanism. The draw of the greatest probability comes first. A file without these two
columns holds equal weights and the model as it is. ``data/ensemble.toml`` says from which model,
targets and command it came. ``returnee calibrate`` writes both into its folder; the ones here are
copies.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
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
WEIGHT, STRUCTURE = "weight", "structure"
ALL, WITHOUT = "all", "no_"
SWITCHES = f"{PREFIX}{STRUCTURE}."


@dataclass(frozen=True)
class Member:
    """One draw of an ensemble."""

    numbers: dict[str, float]  # by dotted key, the same keys for every draw
    weight: float  # sums to one over the ensemble
    structure: str = ALL  # "all", or "no_" and the switch that is off

    @property
    def values(self) -> dict[str, float]:
        """Numbers and the switch that is off, to be laid over any scenario."""
        return {**self.numbers, **switches_of(self.structure)}


def switches_of(structure: str) -> dict[str, float]:
    """The switches that a variant of the model turns off.

    Examples
    --------
    >>> switches_of("all"), switches_of("no_signals")
    ({}, {'behaviour.structure.signals': False})
    """
    return {} if structure == ALL else {SWITCHES + structure.removeprefix(WITHOUT): False}


@checked_arguments
def members(path: Path | None = None) -> list[Member]:
    """The draws of an ensemble with weights and structures, the most probable first.

    `path`: the ensemble that ships if left out. Raises UsageError: one line: file, row, column,
    found, allowed.
    """
    return [
        Member(dict(found.numbers), found.weight, found.structure) for found in _read(path or FILE)
    ]


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
    return [found.values for found in _read(path or FILE)]


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[Member, ...]:
    head, rows = read_rows(path)
    known = dict(walk(Behaviour, PREFIX))
    for name in head:
        if name not in (*known, WEIGHT, STRUCTURE):
            hint = guess(nearest(name, known))
            raise UsageError(
                f"{path}: row 1: found {name!r}{hint}, "
                f"allowed behaviour parameters, {WEIGHT}, {STRUCTURE}"
            )
    if not rows:
        raise UsageError(f"{path}: found no set, allowed one or more rows")
    found = [_member(dict(zip(head, row)), known, f"{path}: row {line}") for line, row in rows]
    total = sum(member.weight for member in found)
    return tuple(Member(m.numbers, m.weight / total, m.structure) for m in found)


def _member(cells: dict[str, str], known: dict[str, Lever], where: str) -> Member:
    weight = _number(cells.pop(WEIGHT, "1"))
    if not 0.0 < weight < math.inf:
        raise UsageError(f"{where}: {WEIGHT}: found {weight}, allowed a number above 0")
    structure = cells.pop(STRUCTURE, ALL)
    for key in switches_of(structure):
        if key not in known or not structure.startswith(WITHOUT):
            allowed = [ALL, *(WITHOUT + k.removeprefix(SWITCHES) for k in known if SWITCHES in k)]
            hint = guess(nearest(structure, allowed))
            raise UsageError(
                f"{where}: {STRUCTURE}: found {structure!r}{hint}, allowed {', '.join(allowed)}"
            )
    numbers = {}
    for name, cell in cells.items():
        lever, value = known[name], _number(cell)
        if lever.low is None or lever.high is None or not lever.low <= value <= lever.high:
            raise UsageError(f"{where}: {name}: found {cell!r}, allowed {lever.allowed}")
        numbers[name] = value
    return Member(numbers, weight, structure)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


@checked_arguments
def some(number: int, path: Path | None = None) -> list[dict[str, float]]:
    """So many sets of an ensemble, far from each other, in the order of the ensemble.

    Raises UsageError: if there are not so many.
    """
    sets = ensemble(path)
    if not 2 <= number <= len(sets):
        raise UsageError(f"sets: found {number}, allowed 2 to {len(sets)}")
    points = np.array([list(found.numbers.values()) for found in members(path)])
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
