"""A county's own people and ties: tables in its folder, and networkx graphs.

A county folder may hold, beside ``county.toml``, ``workers.csv`` with a row per member of the
labour force and ``ties.csv`` with a row per tie. They describe the county when its history starts
(five years before the policy, unless a run says otherwise). Columns that a file leaves out are
drawn from the county's margins, ties too if there is no ``ties.csv``. The file is simulated in
full: its share of the labour force takes the place of ``sample``.

Those who turn 18 later are drawn. They inherit the household and kin ties of the person whose
place they take (as in ``returnee.simulation.start.ties``) and find friends and fellows as drawn people do.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from returnee.scenarios import County as Facts
from returnee.scenarios import Scenario, ScenarioError, load_scenario, record_of
from returnee.scenarios.files.editor import county_toml
from returnee.scenarios.schema.county_folder import unusable, written_whole
from returnee.scenarios.schema.errors import problem, show
from returnee.simulation.start.population import (
    draw_initial,
    margins,
    month_of_retirement,
    people,
    people_drawn,
    with_entrants,
)
from returnee.simulation.start.tables import (
    HISTORY,
    LARGEST,
    STATES,
    TIE_COLUMNS,
    TIES,
    WORKERS,
    Population,
    tables_of,
    worker_columns,
)
from returnee.simulation.start.ties import passed_on, ties_of, to_csr
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.visible import MOST_TIES

if TYPE_CHECKING:
    import networkx as nx

FACTS = "county.toml"
NAMES = (WORKERS, TIES, FACTS)  # as they are put in place: a folder without facts is no county
SOURCE = "baseline"  # any scenario: only its county is looked at
LONGEST = 600  # months that a run may have


def sample_of(scenario: Scenario, sample: float) -> float:
    """Share of the county that a run simulates: of the people drawn, or in the county's file."""
    tables, facts = tables_of(scenario), scenario.county
    people = people_drawn(facts, sample) if tables is None else len(tables[0].lines)
    return people / facts.labour_force


def population_of(
    scenario: Scenario, facts: np.record, clock: np.record, months: int
) -> Population | None:
    """People and ties of a county that brings its own.

    Parameters
    ----------
    scenario : Scenario
        Names the county's folder.
    facts : record
        The county as a record.
    clock : record
        With seed, replicate, sample and first month; ``initial`` is set.
    months : int
        Last month of the horizon.

    Returns
    -------
    workers : record array of WORKER
        Those of the file by township, village, household and id, then those who turn 18 later.
        People are numbered from 0 in the order of their ids.
    ties : tuple of indptr, indices and layer
        See `returnee.simulation.start.ties.to_csr`.

    None if people are drawn.

    Raises
    ------
    ScenarioError
    """
    tables = tables_of(scenario)
    if tables is None:
        return None
    table, own = tables
    m = margins(scenario.county)
    thrift = scenario.behaviour.money.thrift_sigma
    workers = place_workers(table.columns)
    draw_initial(workers, clock, facts, m, thrift)
    overwrite(workers, table.columns, int(clock.first), facts)
    clock.initial = len(workers)
    workers = with_entrants(workers, scenario.county, facts, clock, months, m, thrift)
    drawn = ties_of(workers, facts, clock)
    return workers, drawn if own is None else own_ties(own, drawn, workers, int(clock.initial))


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


def overwrite(
    workers: np.recarray, columns: dict[str, np.ndarray], first: int, facts: np.record
) -> None:
    """Put what the file says in place of what was drawn, and what follows from it."""
    start = first - 1
    households = columns.get("household", np.cumsum(workers.household))
    workers.household = changes(workers.village, households)
    for name in set(columns) & set(r.WORKER.names or ()) - {
        "id", "township", "village", "household", "state",
    }:  # fmt: skip
        workers[name] = columns[name]
    workers.log_wage = np.log(workers["wage"])
    if "home_pay" in columns:
        workers.log_home = np.log(columns["home_pay"] / facts.work_local_wage)
    workers.birth = start - np.rint(columns["age"] * 12.0)
    birth = np.asarray(workers["birth"])
    adult = np.maximum(start - (birth + 216), 0)
    # Whoever is older than the age of retirement retires in the first month.
    retirement = cache(lambda born, sex: month_of_retirement(born, sex, facts))
    retires = [retirement(b, s) for b, s in zip(birth.tolist(), workers["sex"].tolist())]
    workers.retires = np.maximum(retires, first)
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
    for bit, channel in enumerate(CHANNELS):
        known = columns.get(f"knows_{channel}", workers.knows >> bit & 1).astype(np.uint8)
        workers.knows = (workers.knows & ~np.uint8(1 << bit)) | (known << bit)


def own_ties(
    own: np.ndarray,
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
    workers: np.recarray,
    initial: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ties of the file, and those of people who turn 18 later; as `returnee.simulation.start.ties.to_csr`."""
    indptr, indices, layer = drawn
    rows = np.repeat(np.arange(len(workers)), np.diff(indptr))
    later = (rows < indices) & (indices >= initial) & (layer >= r.FRIEND)
    pairs, layers = own[:, :2].astype(np.int32, "C"), own[:, 2].astype(np.uint8)
    pairs, layers = passed_on(pairs, layers, workers, initial)
    found = np.column_stack([rows[later], indices[later]]).astype(np.int32)
    pairs, layers = np.concatenate([pairs, found]), np.concatenate([layers, layer[later]])
    indptr, indices, layer = to_csr(pairs, layers, len(pairs), len(workers))
    most = int(np.diff(indptr).max(initial=0))
    if most > MOST_TIES:
        raise problem(TIES, "", f"a person with {most} ties", f"at most {MOST_TIES}")
    return indptr, indices, layer


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
    if not isinstance(folder, str | Path):
        raise problem("county", "", show(folder), "a folder")
    if isinstance(scenario, Scenario):
        scenario = scenario.with_({"county": folder})
    else:
        scenario = load_scenario(scenario, {"county": folder})
    clock = start_clock(seed, replicate, sample_of(scenario, 1.0), burn_in)[0]
    found = population_of(scenario, record_of(scenario.county)[0], clock, months)
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
    sample: float = 0.005,
    seed: int = 1,
    replicate: int = 0,
    burn_in: int = HISTORY,
) -> None:
    """Write a county's people and ties, drawn or its own, as tables that can be edited.

    Parameters
    ----------
    folder : str or Path
        Made if need be; ``county.toml``, ``workers.csv`` and ``ties.csv`` must not exist in it. All
        three are there in the end, or none.
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
        If one of the files exists, or cannot be written.
    ValueError
        If an argument is out of range.
    """
    from returnee.simulation.start.arguments import check_arguments  # which needs this module

    if not isinstance(folder, str | Path):
        raise problem("county", "", show(folder), "a folder")
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    check_arguments(scenario, replicate, seed, sample, LONGEST, burn_in)
    folder = Path(folder)
    for name in sorted(NAMES):
        if (folder / name).exists():
            raise problem(str(folder), name, "a file", "a folder without one")
    clock = start_clock(seed, replicate, sample_of(scenario, sample), burn_in)[0]
    workers, (indptr, ties, layer) = population_before(scenario, clock)
    once = np.repeat(workers.id, np.diff(indptr)) < workers.id[ties]
    ends = np.repeat(workers.id, np.diff(indptr))[once], workers.id[ties][once]
    layers = np.array(r.LAYERS)[layer[once]]
    there, made = folder.exists(), [folder / name for name in NAMES]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as inside:
            new = Path(inside)
            with written_whole(new / WORKERS, str(folder / WORKERS)) as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(column.name for column in worker_columns(scenario.county))
                writer.writerows(worker_rows(workers, scenario.county, int(clock.month)))
            ties_there = zip(*(end.tolist() for end in ends), layers, strict=True)
            write_ties(new / TIES, ties_there, str(folder / TIES))
            with written_whole(new / FACTS, str(folder / FACTS)) as file:
                file.write(facts_text(scenario))
            for path in made:
                os.rename(new / path.name, path)
    except BaseException as error:
        with suppress(OSError):
            for path in made:
                path.unlink(missing_ok=True)
            if not there:
                folder.rmdir()
        if isinstance(error, OSError):
            raise unusable(folder, error, "a folder that can be written") from None
        raise


def facts_text(scenario: Scenario) -> str:
    """What ``county.toml`` says: the county's own file if it says what the scenario has."""
    source = scenario.county_folder
    with suppress(ScenarioError, OSError):  # it may be gone, or no county any more
        if (
            source is not None
            and load_scenario(SOURCE, {"county": source}).county == scenario.county
        ):
            return (source / FACTS).read_text(encoding="utf-8-sig")
    return county_toml(scenario.county)


def population_before(scenario: Scenario, clock: np.record) -> Population:
    """People and ties before the history, drawn or the county's own, without later entrants."""
    facts, month = record_of(scenario.county)[0], int(clock.month)
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
    cells["home_pay"] = facts.work.local_wage * np.exp(ordered.log_home)
    cells["state"] = np.searchsorted([r.STATES.index(s) for s in STATES], ordered.state)
    for bit, channel in enumerate(CHANNELS):
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


def write_ties(path: str | Path, ties: Iterable[tuple[int, int, str]], label: str = "") -> None:
    """Write ``ties.csv``, sorted; whole, or what was there stays. Errors name it by `label`."""
    with written_whole(Path(path), label) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in TIE_COLUMNS)
        writer.writerows(sorted((int(a), int(b), str(layer)) for a, b, layer in ties))


def ties_from_graph(graph: nx.Graph) -> list[tuple[int, int, str]]:
    """Rows of ``ties.csv`` for a networkx graph whose nodes are the ids of workers.

    Parameters
    ----------
    graph : networkx graph
        Directions do not count. Nodes may be texts that hold ids, as files of graphs are read back.
        An edge's ``layers`` (several, or a text that names several) or ``layer`` (one) must be of
        ``records.LAYERS``; an edge with neither ties friends.

    Raises
    ------
    ScenarioError
        If a node is not the id of a worker, an edge ties a node to itself, or a layer is unknown.
    """
    if not hasattr(graph, "to_undirected"):
        raise problem("graph", "", show(graph), "a networkx graph")
    found = []
    for a, b, data in graph.to_undirected().edges(data=True):
        edge = f"edge {show(a)} - {show(b)}"
        one, other = (person(end, edge) for end in (a, b))
        if one == other:
            raise problem("graph", edge, "a person tied to itself", "ties between two people")
        for layer in layers_in(data):
            if layer not in r.LAYERS:
                raise problem("graph", edge, f"layer {layer!r}", f"one of {', '.join(r.LAYERS)}")
            found.append((min(one, other), max(one, other), str(layer)))
    return sorted(found)


def person(node: Any, edge: str) -> int:
    """Id of the worker that a node stands for: a whole number, or a text that holds one."""
    whole = isinstance(node, int | np.integer) and not isinstance(node, bool)
    written = isinstance(node, str) and node.strip().isascii() and node.strip().isdigit()
    if (whole or (written and len(node.strip()) <= 10)) and 0 <= int(node) <= LARGEST:
        return int(node)
    raise problem("graph", edge, f"node {show(node)}", f"ids of {WORKERS}, numbers from 0")


def layers_in(data: dict[str, Any]) -> Iterable[Any]:
    """Layers of an edge; a text may name several, with commas, semicolons or bars between."""
    layers = data.get("layers") or data.get("layer", "friend")
    return re.split(r"[\s,;|]+", layers.strip()) if isinstance(layers, str) else layers


__all__ = [
    "ScenarioError", "export_county", "population_of", "read_county", "sample_of",
    "ties_from_graph", "write_ties",
]  # fmt: skip
