"""Tables of a county folder: `workers.csv` and `ties.csv`, read and checked cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scenarios import County as Facts
from scenarios import Scenario
from scenarios.errors import guess, nearest, problem
from simulation import records as r

WORKERS, TIES = "workers.csv", "ties.csv"
STATES = ("AWAY", "SEEKING", "FARMING", "EMPLOYED")  # owners are chosen when the history starts
FEWEST, HISTORY = 50, 60  # people in a file; months of history
MOST_VILLAGES, MOST_TIES = 30_000, 10_000  # as far as the records count
Population = tuple[np.recarray, tuple[np.ndarray, np.ndarray, np.ndarray]]


class Column(NamedTuple):
    """A column of a table: what it may hold, and how it is written."""

    name: str
    low: float = 0
    high: float = 1
    decimals: int = 0  # 0: whole numbers only
    words: tuple[str, ...] = ()  # instead of numbers
    required: bool = False

    @property
    def allowed(self) -> str:
        """What may stand in a cell, in words."""
        if self.words:
            return "one of " + ", ".join(self.words)
        whole = "" if self.decimals else "a whole number from "
        return f"{whole}{self.low:.10g} to {self.high:.10g}"


class Table(NamedTuple):
    """A table as read: numbers by column, and the line of each row in the file."""

    name: str
    columns: dict[str, np.ndarray]
    lines: Sequence[int]

    def refuse(self, bad: np.ndarray, column: str, found: str, allowed: str) -> None:
        """Raise the error of the first row that is `bad`; `found` may use its number as ``{}``."""
        if bad.any():
            k = int(np.argmax(bad))
            value = f"{self.columns[column][k]:.10g}" if column in self.columns else ""
            where = f"row {self.lines[k]}" + (f", column {column}" if column else "")
            raise problem(self.name, where, found.format(value), allowed)


def worker_columns(facts: Facts) -> list[Column]:
    """Columns of ``workers.csv``: age in years, money in yuan, experience in months, tastes in sd."""
    towns = tuple(town.name for town in facts.townships)
    jobs = tuple(sector.name for sector in facts.city_sectors)
    flags = [Column(name) for name in ("married", "child", "elder", "city_home")]
    return [
        Column("id", 0, 2**31 - 1, required=True),
        Column("township", words=towns, required=True),
        Column("village", 0, 2**31 - 1, required=True),
        Column("household", 0, 2**31 - 1),
        Column("sex", words=("male", "female"), required=True),
        Column("age", 16, 65, 2, required=True),
        Column("schooling", 0, 4),
        *flags,
        Column("destination", words=("in the province", "outside")),
        Column("city_sector", words=jobs),
        Column("state", words=STATES, required=True),
        Column("wage", 100, 1_000_000, 2),
        Column("savings", 0, 1e9, 2),
        *(Column(name, -6, 6, 3) for name in ("ability", "risk", "attachment")),
        Column("experience", 0, 600),
        Column("ever_away"),
        *(Column(f"knows_{channel}") for channel in r.CHANNELS),
    ]


TIE_COLUMNS = [
    Column("a", 0, 2**31 - 1, required=True),
    Column("b", 0, 2**31 - 1, required=True),
    Column("layer", words=r.LAYERS, required=True),
]


def read_table(path: Path, columns: Iterable[Column]) -> Table:
    """Read and check a table.

    Raises
    ------
    ScenarioError
        One line that names file, row (the header is row 1), column, what was found and allowed.
    """
    known = {column.name: column for column in columns}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise problem(path.name, "", f"a mistake: {error}", "a table in UTF-8") from None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    check_header(path.name, header, known)
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise problem(path.name, f"row {line}", f"{len(row)} cells", f"{len(header)}")
    lines = [line for line, _ in rows[1:]]
    cells = list(zip(*(row for _, row in rows[1:]), strict=True)) or [()] * len(header)
    numbers = {
        name: to_numbers(path.name, known[name], texts, lines)
        for name, texts in zip(header, cells, strict=True)
    }
    return Table(path.name, numbers, lines)


def check_header(source: str, header: list[str], known: dict[str, Column]) -> None:
    """Refuse columns that are unknown, named twice, or missing."""
    for name in header:
        if name not in known:
            found = f'an unknown column "{name[:60]}"' + guess(nearest(name, known))
            raise problem(source, "row 1", found, f"one of {', '.join(known)}")
        if header.count(name) > 1:
            raise problem(source, "row 1", f"column {name} twice", "each column once")
    for column in known.values():
        if column.required and column.name not in header:
            raise problem(source, "row 1", f"no column {column.name}", "a table with it")


def to_numbers(
    source: str, column: Column, texts: Sequence[str], lines: Sequence[int]
) -> np.ndarray:
    """Cells of a column as numbers, float64; words become their place in ``column.words``."""
    if column.words:
        place = {word: k for k, word in enumerate(column.words)}
        values = np.array([place.get(text.strip(), -1) for text in texts], float)
        bad = values < 0
    else:
        values = np.array([_number(text) for text in texts], float)
        bad = ~((values >= column.low) & (values <= column.high))
        if not column.decimals:
            bad |= values != np.floor(values)
    if bad.any():
        k = int(np.argmax(bad))
        where = f"row {lines[k]}, column {column.name}"
        raise problem(source, where, f'"{texts[k][:60]}"', column.allowed)
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def read_workers(path: Path, facts: Facts) -> Table:
    """Read ``workers.csv``, sorted by township, village, household and id."""
    table = read_table(path, worker_columns(facts))
    columns, n = table.columns, len(table.lines)
    if not FEWEST <= n <= facts.labour_force:
        raise problem(path.name, "", f"{n} people", f"{FEWEST} to {facts.labour_force}")
    order = np.lexsort((columns["id"],))
    twice = np.zeros(n, bool)
    twice[order[1:]] = np.diff(columns["id"][order]) == 0
    table.refuse(twice, "id", "{} again", "each id once")
    empty = set(range(len(facts.townships))) - set(columns["township"].astype(int).tolist())
    if empty:
        town = facts.townships[min(empty)].name
        raise problem(path.name, "column township", f"nobody in {town}", "people in every township")
    villages = len(set(zip(columns["township"].tolist(), columns["village"].tolist())))
    if villages > MOST_VILLAGES:
        raise problem(path.name, "column village", f"{villages} villages", f"up to {MOST_VILLAGES}")
    if "ever_away" in columns:
        stayed = (columns["state"] == 0) & (columns["ever_away"] == 0)
        table.refuse(stayed, "ever_away", "{}", "1 for someone who is AWAY")
    household = columns.get("household", columns["id"])
    order = np.lexsort((columns["id"], household, columns["village"], columns["township"]))
    ordered = {name: values[order] for name, values in columns.items()}
    return Table(path.name, ordered, [table.lines[k] for k in order])


def read_ties(path: Path, ids: np.ndarray) -> np.ndarray:
    """Read ``ties.csv``: rows (lower, higher row of `ids`, layer), int64, shape (ties, 3), sorted."""
    table = read_table(path, TIE_COLUMNS)
    by_id = np.argsort(ids)
    ends = []
    for name in ("a", "b"):
        place = np.searchsorted(ids[by_id], table.columns[name]).clip(0, len(ids) - 1)
        table.refuse(ids[by_id][place] != table.columns[name], name, "{}", f"an id of {WORKERS}")
        ends.append(by_id[place])
    table.refuse(ends[0] == ends[1], "b", "{}, the same person as a", "ties between two people")
    degree = np.bincount(np.concatenate(ends), minlength=len(ids))
    if degree.max() > MOST_TIES:
        whose = f"{degree.max()} ties of {ids[degree.argmax()]:.0f}"
        raise problem(path.name, "", whose, f"up to {MOST_TIES} a person")
    ties = np.column_stack([np.minimum(*ends), np.maximum(*ends), table.columns["layer"]])
    return ties[np.lexsort(ties.T[::-1])].astype(np.int64)


def tables_of(scenario: Scenario) -> tuple[Table, np.ndarray | None] | None:
    """People and ties that a scenario's county brings; None where they are drawn."""
    folder = scenario.county_folder
    if folder is None:
        return None
    stamps = [(p.stat().st_mtime_ns, p.stat().st_size) if p.is_file() else None
              for p in (folder / WORKERS, folder / TIES)]  # fmt: skip
    if stamps[0] is None:
        if stamps[1] is not None:
            raise problem(TIES, "", f"no {WORKERS} beside it", "ties between people of that file")
        return None
    return _tables(folder, scenario.county, tuple(stamps))


@lru_cache(maxsize=4)
def _tables(folder: Path, facts: Facts, stamps: tuple[Any, ...]) -> tuple[Table, np.ndarray | None]:
    workers = read_workers(folder / WORKERS, facts)
    ties = read_ties(folder / TIES, workers.columns["id"]) if stamps[1] else None
    return workers, ties
