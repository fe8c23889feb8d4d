"""A county's own people and ties: tables in its folder, and networkx graphs.

A county folder may hold, beside ``county.toml``, ``workers.csv`` with a row per member of the
labour force and ``ties.csv`` with a row per tie. They describe the county when its history starts
(five years before the policy, unless a run says otherwise). Columns that a file leaves out are
drawn from the county's margins, ties too if there is no ``ties.csv``. The file is simulated in
full: its share of the labour force takes the place of ``sample``.

Those who turn 18 later are drawn. They inherit the household and kin ties of the person whose
place they take (as in ``simulation.ties``) and find friends and fellows as drawn people do.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from scenarios import County as Facts
from scenarios import Scenario, ScenarioError, load_scenario, record_of
from scenarios.errors import guess, nearest, problem
from simulation import records as r
from simulation.population import (
    WORKING_YEARS_MEN,
    WORKING_YEARS_WOMEN,
    age_quantiles,
    draw_initial,
    people,
    with_entrants,
)
from simulation.ties import successors, tie_successors, ties_of, to_csr

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


def sample_of(scenario: Scenario, sample: float) -> float:
    """Share of the county that a run simulates: that of the county's file if it has one."""
    tables = tables_of(scenario)
    return sample if tables is None else len(tables[0].lines) / scenario.county.labour_force


def population_of(
    scenario: Scenario, facts: np.recarray, clock: np.recarray, months: int
) -> Population | None:
    """People and ties of a county that brings its own.

    Parameters
    ----------
    scenario : Scenario
        Names the county's folder.
    facts : record array, shape (1,)
        The county as a record.
    clock : record array, shape (1,)
        With seed, replicate, sample and first month; ``initial`` is set.
    months : int
        Last month of the horizon.

    Returns
    -------
    workers : record array of WORKER
        Those of the file by township, village, household and id, then those who turn 18 later.
        People are numbered from 0 in the order of their ids.
    ties : tuple of indptr, indices and layer
        See `simulation.ties.to_csr`.

    None if people are drawn.

    Raises
    ------
    ScenarioError
    """
    tables = tables_of(scenario)
    if tables is None:
        return None
    table, own = tables
    away, home, cities = margins(scenario.county)
    thrift = scenario.behaviour.money.thrift_sigma
    workers = place_workers(table.columns)
    draw_initial(workers, clock[0], facts[0], away, home, cities, thrift)
    overwrite(workers, table.columns, int(clock.first[0]))
    clock.initial[0] = len(workers)
    workers = with_entrants(workers, facts, clock, months, cities, away, thrift)
    drawn = ties_of(workers, facts, clock)
    return workers, drawn if own is None else own_ties(own, drawn, workers, int(clock.initial[0]))


def margins(county: Facts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages away and at home, and city sectors, as `simulation.population.draw_initial` takes them."""
    away = age_quantiles(county.people.age_away, county.people.female_away)
    home = age_quantiles(county.people.age_home, county.people.female_home)
    shares = np.array([s.share for s in county.city_sectors])
    wages = np.array([s.wage for s in county.city_sectors])
    relative = wages / np.average(wages, weights=shares)
    return away, home, np.column_stack([np.cumsum(shares) / shares.sum(), relative])


def place_workers(columns: dict[str, np.ndarray]) -> np.recarray:
    """Workers with number, township and village, the rest still empty."""
    workers = np.zeros(len(columns["id"]), r.WORKER).view(np.recarray)
    workers.id = np.argsort(np.argsort(columns["id"]))
    workers.township = columns["township"]
    workers.village = changes(columns["township"], columns["village"])
    return workers


def changes(*keys: np.ndarray) -> np.ndarray:
    """Number from 0 of the run of equal keys in which each row lies."""
    new = np.zeros(len(keys[0]), bool)
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.cumsum(new)


def overwrite(workers: np.recarray, columns: dict[str, np.ndarray], first: int) -> None:
    """Put what the file says in place of what was drawn, and what follows from it."""
    start = first - 1
    households = columns.get("household", np.cumsum(workers.household))
    workers.household = changes(workers.village, households)
    for name in set(columns) & set(r.WORKER.names or ()) - {
        "id", "township", "village", "household", "state",
    }:  # fmt: skip
        workers[name] = columns[name]
    workers.birth = start - np.rint(columns["age"] * 12.0)
    years = np.where(workers.sex == 1, WORKING_YEARS_WOMEN, WORKING_YEARS_MEN)
    birth = np.asarray(workers["birth"])
    adult = np.maximum(start - (birth + 216), 0)
    # Whoever is older than the age of retirement retires in the first month.
    workers.retires = np.maximum(birth + 216 + years * 12, first)
    workers.state = np.array([r.STATES.index(name) for name in STATES])[
        columns["state"].astype(int)
    ]
    away = workers.state == r.AWAY
    workers.ever_away |= away
    stay = np.minimum(start - workers["since"].astype(np.int64), adult)
    entered = start - stay
    workers.since = entered
    returnee = ~away & (workers.ever_away == 1)
    workers.left = np.where(away, entered, np.where(returnee, entered - 1, r.NEVER))
    workers.returned = np.where(returnee, entered, r.NEVER)
    if "experience" not in columns:
        workers.experience = np.where(
            away, np.maximum(stay, workers.experience), workers.experience * returnee
        )
    for bit, channel in enumerate(r.CHANNELS):
        known = columns.get(f"knows_{channel}", workers.knows >> bit & 1).astype(np.uint8)
        workers.knows = (workers.knows & ~np.uint8(1 << bit)) | (known << bit)


def own_ties(
    own: np.ndarray,
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
    workers: np.recarray,
    initial: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the file, and those of people who turn 18 later; as `simulation.ties.to_csr`."""
    indptr, indices, layer = drawn
    rows = np.repeat(np.arange(len(workers)), np.diff(indptr))
    later = (rows < indices) & (indices >= initial) & (layer >= r.FRIEND)
    pairs = np.empty((4 * len(own) + int(later.sum()), 2), np.int32)
    layers = np.empty(len(pairs), np.uint8)
    pairs[: len(own)], layers[: len(own)] = own[:, :2], own[:, 2]
    n = tie_successors(pairs, layers, len(own), successors(workers, initial))
    end = n + int(later.sum())
    pairs[n:end] = np.column_stack([rows[later], indices[later]])
    layers[n:end] = layer[later]
    return to_csr(pairs, layers, end, len(workers))


def read_county(
    folder: str | Path,
    scenario: str | Path | Scenario = "baseline",
    seed: int = 1,
    replicate: int = 0,
    months: int = 120,
    burn_in: int = HISTORY,
) -> Population:
    """People and ties of a county folder, checked; see `population_of`.

    Raises
    ------
    ScenarioError
        If a table cannot be used, or there is none.
    """
    if isinstance(scenario, Scenario):
        scenario = scenario.model_copy(update={"county_folder": Path(folder)})
    else:
        scenario = load_scenario(scenario, {"county": folder})
    clock = start_clock(seed, replicate, sample_of(scenario, 1.0), burn_in)
    found = population_of(scenario, record_of(scenario.county), clock, months)
    if found is None:
        raise problem(str(folder), "", f"no {WORKERS}", "a county with its own people")
    return found


def start_clock(seed: int, replicate: int, sample: float, burn_in: int) -> np.recarray:
    """A clock before the history: CLOCK, shape (1,)."""
    clock = np.zeros(1, r.CLOCK).view(np.recarray)
    clock.seed, clock.replicate, clock.sample = seed, replicate, sample
    clock.first, clock.month = 1 - burn_in, -burn_in
    return clock


def export_county(
    folder: str | Path,
    scenario: str | Path | Scenario = "baseline",
    sample: float = 0.01,
    seed: int = 1,
    replicate: int = 0,
    burn_in: int = HISTORY,
) -> None:
    """Write a county's people and ties, drawn or its own, as tables that can be edited.

    Parameters
    ----------
    folder : str or Path
        Made if need be; ``county.toml``, ``workers.csv`` and ``ties.csv`` must not exist in it.
    scenario : str, Path or Scenario
        Its county is written; the policy plays no part.
    sample : float
        Share of the labour force to draw.
    seed, replicate : int
        Key of the draws.
    burn_in : int
        Months of history for which the people are drawn.

    Raises
    ------
    ScenarioError
        If one of the files exists.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    folder, source = Path(folder), scenario.county_folder
    for name in ("county.toml", WORKERS, TIES):
        if (folder / name).exists():
            raise problem(str(folder), name, "a file", "a folder without one")
    clock = start_clock(seed, replicate, sample_of(scenario, sample), burn_in)
    workers, (indptr, ties, layer) = population_before(scenario, clock)
    folder.mkdir(parents=True, exist_ok=True)
    if source is not None:
        shutil.copyfile(source / "county.toml", folder / "county.toml")
    with (folder / WORKERS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in worker_columns(scenario.county))
        writer.writerows(worker_rows(workers, scenario.county, int(clock.month[0])))
    rows, others = np.repeat(workers.id, np.diff(indptr)), workers.id[ties]
    once = rows < others
    names = np.array(r.LAYERS)[layer[once]]
    write_ties(folder / TIES, zip(rows[once].tolist(), others[once].tolist(), names, strict=True))


def population_before(scenario: Scenario, clock: np.recarray) -> Population:
    """People and ties before the history, drawn or the county's own, without later entrants."""
    facts, month = record_of(scenario.county), int(clock.month[0])
    own = population_of(scenario, facts, clock, month)
    if own is not None:
        return own
    workers = people(scenario.county, facts, clock, month, scenario.behaviour.money.thrift_sigma)
    return workers, ties_of(workers, facts, clock)


def worker_rows(workers: np.recarray, facts: Facts, month: int) -> Iterator[list[Any]]:
    """Rows of ``workers.csv`` in the order of the ids; `month` is that before the history."""
    ordered = workers[np.argsort(workers.id)].view(np.recarray)
    cells: dict[str, np.ndarray] = {name: ordered[name] for name in r.WORKER.names or ()}
    cells["age"] = (month - ordered.birth.astype(float)) / 12.0
    cells["state"] = np.searchsorted([r.STATES.index(s) for s in STATES], ordered.state)
    for bit, channel in enumerate(r.CHANNELS):
        cells[f"knows_{channel}"] = ordered.knows >> bit & 1
    columns = worker_columns(facts)
    written = []
    for column in columns:
        values = cells[column.name]
        if column.words:
            written.append(np.array(column.words)[values].tolist())
        elif column.decimals:
            written.append([f"{value:.{column.decimals}f}" for value in values.tolist()])
        else:
            written.append(values.tolist())
    return (list(row) for row in zip(*written, strict=True))


def write_ties(path: Path, ties: Iterable[tuple[int, int, str]]) -> None:
    """Write ``ties.csv``, sorted."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in TIE_COLUMNS)
        writer.writerows(sorted((int(a), int(b), str(layer)) for a, b, layer in ties))


def ties_from_graph(graph: nx.Graph) -> list[tuple[int, int, str]]:
    """Rows of ``ties.csv`` for a networkx graph whose nodes are the ids of workers.

    Parameters
    ----------
    graph : networkx graph
        Directions do not count. An edge's ``layers`` (several) or ``layer`` (one) must be of
        ``records.LAYERS``; an edge with neither ties friends.

    Raises
    ------
    ScenarioError
        If a node is not a whole number, an edge ties a node to itself, or a layer is unknown.
    """
    found = []
    for a, b, data in graph.to_undirected().edges(data=True):
        edge = f"edge {a!r} - {b!r}"
        if not all(isinstance(end, int | np.integer) for end in (a, b)) or a == b:
            raise problem("graph", edge, "this tie", "ties between two people, by id")
        for layer in data.get("layers") or (data.get("layer", "friend"),):
            if layer not in r.LAYERS:
                raise problem("graph", edge, f"layer {layer!r}", f"one of {', '.join(r.LAYERS)}")
            found.append((min(int(a), int(b)), max(int(a), int(b)), str(layer)))
    return sorted(found)


__all__ = [
    "ScenarioError", "export_county", "population_of", "read_county", "sample_of",
    "ties_from_graph", "write_ties",
]  # fmt: skip
