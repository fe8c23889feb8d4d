"""The ensemble that ships: behaviour parameters of every set that meets the county's patterns.

``data/ensemble.csv`` holds a set a row. Its columns are dotted keys of behaviour or county, and two that may be
missing: ``weight``, how much a set counts (equal weights otherwise), and ``structure``, the variant of
the model that it belongs to: ``all``, the full model, or ``no_`` and the mechanism that is turned off,
such as ``no_signals``; several are joined by ``+``. The columns ``behaviour.structure.*`` say the same
and may be there too. ``data/ensemble.toml`` says from which model, targets and command it came.
``returnee calibrate`` writes both into its folder; the ones here are copies.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.csv_rows import read_rows
from returnee.experiments.errors import UsageError, check_range, wrong
from returnee.experiments.running.design.values import cell_of, is_number, read_as
from returnee.scenarios import Behaviour, County, Lever, walk
from returnee.scenarios.schema.errors import guess, nearest

FILE = Path(__file__).parents[1] / "data" / "ensemble.csv"
PREFIX = "behaviour."
WEIGHT, STRUCTURE, FULL, OFF = "weight", "structure", "all", "no_"
SWITCHES = f"{PREFIX}structure."
SWITCH_WORDS = {"1": "true", "1.0": "true", "0": "false", "0.0": "false"}
Values = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Sets(Sequence[Values]):
    """Parameter sets, each with its weight and the structural variant that it belongs to.

    A sequence of the sets: by dotted key, to be laid over any scenario.
    """

    values: tuple[Values, ...] = field(repr=False)
    weights: np.ndarray = field(repr=False)  # shape (sets,); sums to 1
    structures: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]

    def points(self) -> np.ndarray:
        """The sets as numbers, shape (sets, parameters); a switch is 0 or 1."""
        return np.array([list(found.values()) for found in self.values], dtype=float)

    def by_weight(self, number: int) -> list[Values]:
        """So many sets one after the other, each as often as its weight asks for.

        Next comes the set that is furthest behind its weight; equal weights give the sets in turn.
        """
        came, order = np.zeros(len(self)), []
        for k in range(number):
            nearest_due = int(np.argmax((k + 1) * self.weights - came + 1e-9 * self.weights))
            came[nearest_due] += 1.0
            order.append(self.values[nearest_due])
        return order

    def some(self, number: int) -> Sets:
        """So many sets, far from each other; a structure that is among them keeps its weight.

        Raises UsageError: if there are not so many.
        """
        check_range("sets", number, 2, len(self))
        points = self.points()
        spread = points.std(axis=0)
        scaled = (points - points.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
        kept = sorted(well_spread(scaled, number))
        variants, weights = np.array(self.structures), self.weights[kept]
        for name in set(variants[kept].tolist()):
            there = variants[kept] == name
            whole = self.weights[variants == name].sum()
            weights[there] *= whole / weights[there].sum() if weights[there].any() else 0.0
        return self.take(kept, weights)

    def take(self, rows: Sequence[int], weights: np.ndarray) -> Sets:
        """Some of the sets, with other weights."""
        whole = weights.sum()
        return Sets(
            tuple(self.values[k] for k in rows),
            weights / whole if whole > 0.0 else np.full(len(rows), 1.0 / len(rows)),
            tuple(self.structures[k] for k in rows),
        )


@checked_arguments
def ensemble(path: Path | None = None) -> Sets:
    """The parameter sets of an ensemble, the best one first, with weights and structures.

    Parameters
    ----------
    path : Path, optional
        The ensemble that ships if left out.

    Returns
    -------
    Sets
        A sequence of dicts by dotted key, to be laid over any scenario.

    Raises
    ------
    UsageError
        One line: file, row, column, found, allowed.

    Examples
    --------
    >>> sets = ensemble()
    >>> len(sets) > 10, all(key.startswith(("behaviour.", "county.")) for key in sets[0])
    (True, True)
    >>> bool(abs(sets.weights.sum() - 1.0) < 1e-9)
    True
    """
    found = _read(path or FILE)
    return Sets(tuple(dict(one) for one in found.values), found.weights.copy(), found.structures)


@lru_cache(maxsize=8)
def _read(path: Path) -> Sets:
    head, rows = read_rows(path)
    known = dict(walk(Behaviour, PREFIX)) | dict(walk(County, "county."))
    for name in head:
        if name not in known and name not in (WEIGHT, STRUCTURE):
            hint = guess(nearest(name, known))
            raise wrong(f"{path}", "row 1", f"{name!r}{hint}", "behaviour or county parameters")
    if not rows:
        raise UsageError(f"{path}: found no set, allowed one or more rows")
    sets, weights, structures = [], [], []
    for line, cells in rows:
        where, row = f"{path}: row {line}", dict(zip(head, cells))
        weights.append(_weight(row.pop(WEIGHT, "1"), where))
        given = row.pop(STRUCTURE, "")
        found = {
            name: cell_of(name, _text(cell, known[name]), f"row {line}: {name}", str(path))
            for name, cell in row.items()
        }
        found |= _switches(given, found, known, where)
        sets.append(found)
        structures.append(given or structure_of(found))
    if not sum(weights) > 0.0:
        raise UsageError(f"{path}: {WEIGHT}: found nothing above 0, allowed weights that sum to 1")
    usual: dict[str, Any] = {
        key: known[key].value for found in sets for key in found if key.startswith(SWITCHES)
    }
    sets = [{**usual, **found} for found in sets]  # every set says the same keys
    return Sets(tuple(sets), np.array(weights) / sum(weights), tuple(structures))


def _text(cell: str, lever: Lever) -> str:
    """A cell as a table of points has it, where a switch is true or false."""
    return SWITCH_WORDS.get(cell, cell) if lever.type is bool else cell


def _weight(cell: str, where: str) -> float:
    value = read_as(float, cell)
    if not is_number(value) or value < 0.0:
        raise wrong(where, WEIGHT, repr(cell), "a number from 0")
    return float(value)


def _switches(given: str, found: Values, known: Mapping[str, Lever], where: str) -> dict[str, bool]:
    """Mechanisms that the name of a variant turns off and that no column says."""
    if given in ("", FULL) or any(key.startswith(SWITCHES) for key in found):
        return {}
    switches = {}
    for name in given.split("+"):
        key = SWITCHES + name.removeprefix(OFF)
        if key not in known or not name.startswith(OFF):
            names = [OFF + key.removeprefix(SWITCHES) for key in known if key.startswith(SWITCHES)]
            hint = guess(nearest(name, names))
            raise wrong(where, STRUCTURE, f"{name!r}{hint}", f"{FULL}, or {OFF} and a mechanism")
        switches[key] = False
    return switches


def structure_of(found: Values) -> str:
    """Name of the variant that a set's switches make.

    >>> structure_of({"behaviour.structure.signals": False, "behaviour.firm.luck_sd": 0.1})
    'no_signals'
    """
    off = [
        OFF + k.removeprefix(SWITCHES) for k, v in found.items() if k.startswith(SWITCHES) and not v
    ]
    return "+".join(off) or FULL


def origin(path: Path | None = None) -> dict[str, Any]:
    """From which model, targets and command an ensemble came; empty if nobody wrote it down."""
    beside = (path or FILE).with_suffix(".toml")
    try:
        return tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def well_spread(points: np.ndarray, number: int, first: Sequence[int] = (0,)) -> list[int]:
    """Choose points far from each other, one after the other (Gonzalez, 1985).

    `points`: shape (points, parameters). `first`: rows to begin with. Returns: rows, at most
    `number`.

    >>> well_spread(np.array([[0.0], [0.1], [1.0], [0.5]]), 3)
    [0, 2, 3]
    """
    chosen = list(first)[:number]
    while len(chosen) < min(number, len(points)):
        gap = np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1)
        gap[chosen] = -1.0
        chosen.append(int(gap.argmax()))
    return chosen
