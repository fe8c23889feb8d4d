"""A county's own people and ties: what is written is read back, and broken files are refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios import ScenarioError, load_scenario
from simulation import exchange, simulate
from simulation import records as r
from simulation.model import CountyModel

EXAMPLE = Path(exchange.__file__).parent.parent / "scenarios" / "counties" / "example"
PEOPLE = sum(1 for _ in (EXAMPLE / "workers.csv").open(encoding="utf-8")) - 1


def copy(folder: Path, workers: str | None = None, ties: str | None = None) -> Path:
    """A copy of the example with other tables; an empty text leaves a table out."""
    for name, text in (("county.toml", None), ("workers.csv", workers), ("ties.csv", ties)):
        text = (EXAMPLE / name).read_text(encoding="utf-8") if text is None else text
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def cells(name: str) -> list[list[str]]:
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def edited(name: str, row: int, column: str, value: str) -> str:
    """A table of the example with another value in one cell; the header is row 1."""
    rows = cells(name)
    rows[row - 1][rows[0].index(column)] = value
    return text_of(rows)


def message(folder: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        exchange.read_county(folder)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def test_the_example_lives() -> None:
    scenario = load_scenario("baseline", {"county": "example"})
    run = simulate(scenario, sample=0.5, months=24)
    assert run.sample == PEOPLE / scenario.county.labour_force
    assert run.monthly.labour_force.iloc[0] == scenario.county.labour_force
    assert run.monthly.equals(simulate(scenario, sample=0.1, months=24).monthly)
    assert run.monthly.registrations.sum() > 0 and run.monthly.returns.sum() > 0


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    exchange.export_county(tmp_path / "a", "baseline", sample=0.001, seed=4)
    scenario = load_scenario("baseline", {"county": tmp_path / "a"})
    exchange.export_county(tmp_path / "b", scenario, seed=4)
    for name in ("county.toml", "workers.csv", "ties.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with pytest.raises(ScenarioError, match=r"county.toml: found a file, allowed a folder"):
        exchange.export_county(tmp_path / "a")


def test_a_county_and_its_file_are_the_same_people(tmp_path: Path) -> None:
    exchange.export_county(tmp_path / "a", sample=0.002, seed=4, replicate=1)
    model = CountyModel(sample=0.002, months=12, seed_key=4, replicate=1)
    workers, (indptr, ties, layer) = exchange.read_county(
        tmp_path / "a", seed=4, replicate=1, months=12
    )
    drawn = model.county.workers
    assert len(workers) == len(drawn)
    for name in ("id", "township", "village", "household", "sex", "birth", "retires", "schooling",
                 "child", "elder", "destination", "enters"):  # fmt: skip
        assert np.array_equal(workers[name], drawn[name]), name
    for name in ("ability", "risk", "attachment"):
        assert np.allclose(workers[name], drawn[name], atol=1e-3), name
    close = {HOUSEHOLD: "household", KIN: "kin"}
    rows = np.repeat(np.arange(len(workers)), np.diff(indptr))
    its = np.repeat(np.arange(len(drawn)), np.diff(model.county.indptr))
    from simulation.model import layers_of

    its_layer = layers_of(model)
    for number, name in close.items():
        mine = sorted(zip(rows[layer == number], ties[layer == number]))
        other = sorted(zip(its[its_layer == number], model.county.ties[its_layer == number]))
        assert mine == other, name


HOUSEHOLD, KIN = r.HOUSEHOLD, r.KIN


def test_no_order_of_rows_matters(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    folders = []
    for name in ("straight", "mixed"):
        tables = []
        for table in ("workers.csv", "ties.csv"):
            header, *rows = cells(table)
            if name == "mixed":
                rng.shuffle(rows)
                if table == "ties.csv":
                    rows = [[b, a, layer] if k % 2 else [a, b, layer]
                            for k, (a, b, layer) in enumerate(rows)]  # fmt: skip
            tables.append(text_of([header, *rows]))
        (tmp_path / name).mkdir()
        folders.append(copy(tmp_path / name, *tables))
    one, two = (exchange.read_county(folder) for folder in folders)
    assert np.array_equal(one[0], two[0])
    assert all(np.array_equal(a, b) for a, b in zip(one[1], two[1], strict=True))


def test_ties_are_symmetric_and_later_people_have_some() -> None:
    workers, (indptr, ties, layer) = exchange.read_county(EXAMPLE)
    assert len(indptr) == len(workers) + 1 and indptr[-1] == len(ties) == len(layer)
    rows = np.repeat(np.arange(len(workers)), np.diff(indptr))
    assert not np.any(rows == ties)
    there = sorted(zip(rows.tolist(), ties.tolist(), layer.tolist()))
    assert there == sorted(zip(ties.tolist(), rows.tolist(), layer.tolist()))
    later = workers.enters != r.NEVER
    assert later.any() and np.all(np.diff(indptr)[later] > 0)
    assert set(layer[later[rows]]) == set(range(len(r.LAYERS)))


def test_columns_left_out_are_drawn(tmp_path: Path) -> None:
    kept = ["id", "township", "village", "sex", "age", "state"]
    rows = cells("workers.csv")
    columns = [rows[0].index(name) for name in kept]
    table = text_of([[row[k] for k in columns] for row in rows])
    workers, (indptr, ties, _) = exchange.read_county(copy(tmp_path, table, ""))
    assert len(ties) == indptr[-1] > 0
    assert set(workers.schooling) > {1, 2, 3} and workers.wage.min() > 0
    assert np.all(workers.ever_away[workers.state == r.AWAY] == 1)
    assert simulate(load_scenario("baseline", {"county": tmp_path}), months=12).monthly.away.all()


def test_facts_follow_from_the_file(tmp_path: Path) -> None:
    table = edited("workers.csv", 2, "age", "65")
    table_rows = list(csv.reader(io.StringIO(table)))
    old = int(table_rows[1][0])
    folder = copy(tmp_path, text_of(table_rows))
    workers, _ = exchange.read_county(folder)
    first = -59
    assert workers.retires[workers.id == old] == first
    assert np.all(workers.retires >= first)
    away = workers.state == r.AWAY
    assert np.all(workers.left[away] == workers.since[away])
    stayed = (workers.ever_away == 0) & (workers.enters == r.NEVER)
    assert np.all(workers.left[stayed] == r.NEVER) and np.all(workers.returned[stayed] == r.NEVER)
    assert simulate(load_scenario("baseline", {"county": folder}), months=12).months == 12


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (7, "age", "abc", 'workers.csv: row 7, column age: found "abc", allowed 16 to 65'),
        (7, "age", "15.9", 'row 7, column age: found "15.9", allowed 16 to 65'),
        (7, "age", "nan", 'row 7, column age: found "nan", allowed 16 to 65'),
        (2, "sex", "f", 'row 2, column sex: found "f", allowed one of male, female'),
        (3, "township", "Nowhere", 'column township: found "Nowhere", allowed one of Dongkan, '),
        (3, "state", "OWNER", "allowed one of AWAY, SEEKING, FARMING, EMPLOYED"),
        (3, "id", "1.5", 'column id: found "1.5", allowed a whole number from 0 to 2147483647'),
        (9, "id", "0", "row 9, column id: found 0 again, allowed each id once"),
        (4, "child", "maybe", 'column child: found "maybe", allowed a whole number from 0 to 1'),
        (4, "wage", "", 'row 4, column wage: found "", allowed 100 to 1000000'),
        (1, "wage", "wgae", 'row 1: found an unknown column "wgae" (did you mean wage?), allowed'),
        (1, "age", "", 'row 1: found an unknown column "", allowed one of id, '),
        (1, "wage", "id", "row 1: found column id twice, allowed each column once"),
    ],
)
def test_broken_workers(tmp_path: Path, row: int, column: str, value: str, expected: str) -> None:
    assert expected in message(copy(tmp_path, edited("workers.csv", row, column, value)))


def test_people_away_have_been_away(tmp_path: Path) -> None:
    rows = cells("workers.csv")
    state, ever = rows[0].index("state"), rows[0].index("ever_away")
    k = next(k for k, row in enumerate(rows) if row[state] == "AWAY")
    rows[k][ever] = "0"
    expected = f"row {k + 1}, column ever_away: found 0, allowed 1 for someone who is AWAY"
    assert expected in message(copy(tmp_path, text_of(rows)))


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (2, "b", "99999", "ties.csv: row 2, column b: found 99999, allowed an id of workers.csv"),
        (2, "a", "x", 'ties.csv: row 2, column a: found "x", allowed a whole number from 0'),
        (5, "layer", "foe", 'found "foe", allowed one of household, kin, friend, fellow'),
    ],
)
def test_broken_ties(tmp_path: Path, row: int, column: str, value: str, expected: str) -> None:
    assert expected in message(copy(tmp_path, ties=edited("ties.csv", row, column, value)))


def test_files_as_a_whole(tmp_path: Path) -> None:
    def of(number: int, *tables: str | None) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        return message(copy(folder, *tables))

    workers = cells("workers.csv")
    assert "the same person as a" in of(0, None, "a,b,layer\n3,3,kin\n")
    assert "workers.csv: row 1: found no column id" in of(1, "age\n30\n")
    assert "found 9 people, allowed 50 to 300000" in of(2, text_of(workers[:10]))
    town = workers[0].index("township")
    fewer = [row for row in workers if row[town] != "Kannan"]
    assert "column township: found nobody in Kannan, allowed" in of(3, text_of(fewer), "")
    short = [*workers[:4], workers[4][:-1], *workers[5:]]
    assert f"row 5: found {len(workers[0]) - 1} cells" in of(4, text_of(short))
    assert "ties.csv: found no workers.csv beside it" in of(5, "", None)
    assert "found no workers.csv, allowed a county with its own people" in of(6, "", "")
    folder = tmp_path / "7"
    folder.mkdir()
    copy(folder)
    (folder / "workers.csv").write_bytes(b"id\n\xff\n")
    assert "found text that is neither UTF-8 nor GBK, allowed a table in UTF-8" in message(folder)


def test_marks_and_blank_lines_are_allowed(tmp_path: Path) -> None:
    text = "\ufeff" + (EXAMPLE / "workers.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    folder = copy(tmp_path)
    (folder / "workers.csv").write_text(text + "\r\n,,\r\n", encoding="utf-8", newline="")
    assert np.array_equal(exchange.read_county(folder)[0], exchange.read_county(EXAMPLE)[0])


def test_an_edit_is_seen(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    before = exchange.read_county(folder)[0]
    wage = cells("workers.csv")[1][cells("workers.csv")[0].index("wage")]
    copy(folder, edited("workers.csv", 2, "wage", f"{float(wage) + 1234:.2f}"))
    after = exchange.read_county(folder)[0]
    assert (before.wage != after.wage).sum() == 1


def test_graphs_out_and_in(tmp_path: Path) -> None:
    model = CountyModel(load_scenario("baseline", {"county": "example"}), months=12)
    graph = model.network()
    ties = exchange.ties_from_graph(graph)
    assert all(a < b and layer in r.LAYERS for a, b, layer in ties)
    assert len(ties) == sum(len(layers) for *_, layers in graph.edges(data="layers"))
    ring = nx.cycle_graph(PEOPLE)
    nx.set_edge_attributes(ring, "kin", "layer")
    ring.add_edge(0, 5)
    folder = copy(tmp_path)
    exchange.write_ties(folder / "ties.csv", exchange.ties_from_graph(ring))
    workers, (indptr, rows, layer) = exchange.read_county(folder)
    zero = int(np.flatnonzero(workers.id == 0)[0])
    mine = slice(indptr[zero], indptr[zero + 1])
    first = workers.enters[rows[mine]] == r.NEVER
    assert sorted(workers.id[rows[mine]][first]) == [1, 5, PEOPLE - 1]
    assert sorted(layer[mine][first]) == [KIN, KIN, r.FRIEND]
    for bad in (nx.Graph([(0, 0)]), nx.Graph([("a", 1)]), nx.Graph([(0, 1, {"layer": "foe"})])):
        with pytest.raises(ScenarioError, match="graph: edge"):
            exchange.ties_from_graph(bad)
    assert exchange.ties_from_graph(nx.DiGraph([(2, 1), (1, 2)])) == [(1, 2, "friend")]
    many = nx.MultiGraph([(1, 2, {"layer": "kin"}), (2, 1, {"layer": "household"})])
    assert exchange.ties_from_graph(many) == [(1, 2, "household"), (1, 2, "kin")]


names = st.sampled_from([column.name for column in exchange.worker_columns(
    load_scenario("baseline").county)])  # fmt: skip
junk = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=8),
    st.integers().map(str),
    st.floats().map(str),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(1, PEOPLE), names, junk), max_size=4))
def test_any_cell_is_taken_or_refused_in_one_line(tmp_path: Path, edits: list[Any]) -> None:
    rows = cells("workers.csv")
    place = {name: k for k, name in enumerate(rows[0])}
    for row, column, value in edits:
        rows[row - 1][place[column]] = value
    folder = copy(tmp_path, text_of(rows))
    try:
        workers, _ = exchange.read_county(folder)
        assert len(workers) >= PEOPLE and sorted(workers.id) == list(range(len(workers)))
    except ScenarioError as error:
        assert len(str(error).splitlines()) == 1 and str(error).startswith(("workers", "ties"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.sampled_from(["workers.csv", "ties.csv"]), st.booleans())
def test_any_bytes_are_refused_in_one_line(
    tmp_path: Path, content: bytes, name: str, after: bool
) -> None:
    folder = copy(tmp_path)
    whole = (EXAMPLE / name).read_bytes()
    (folder / name).write_bytes(whole + content if after else content)
    try:
        exchange.read_county(folder)
    except ScenarioError as error:
        assert len(str(error).splitlines()) == 1 and str(error).startswith(("workers", "ties"))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1),
                          st.sampled_from(r.LAYERS)), max_size=60))  # fmt: skip
def test_any_ties_between_people_are_kept(tmp_path: Path, ties: list[Any]) -> None:
    ties = [(min(a, b), max(a, b), layer) for a, b, layer in ties if a != b]
    folder = copy(tmp_path)
    exchange.write_ties(folder / "ties.csv", ties)
    workers, (indptr, indices, layer) = exchange.read_county(folder)
    ids = workers.id
    rows = np.repeat(ids, np.diff(indptr))
    kept = (rows < ids[indices]) & (ids[indices] < PEOPLE)
    found = zip(rows[kept], ids[indices][kept], np.array(r.LAYERS)[layer[kept]])
    assert sorted((int(a), int(b), str(c)) for a, b, c in found) == sorted(ties)
