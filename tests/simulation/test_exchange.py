"""A county's own people and ties: what is written is read back, and broken files are refused."""

from __future__ import annotations

import csv
import io
import pickle
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from returnee.scenarios import ScenarioError, load_scenario
from returnee.simulation import simulate
from returnee.simulation.model import CountyModel
from returnee.simulation.start import own_county as exchange
from returnee.simulation.state import records as r

EXAMPLE = Path(exchange.__file__).parents[2] / "scenarios" / "counties" / "example"
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
    assert (
        0.85 < run.monthly.labour_force.iloc[0] / scenario.county.labour_force <= 1
    )  # some have retired
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
    from returnee.simulation.model import layers_of

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
    assert "found 9 people, allowed 50 to 685000" in of(2, text_of(workers[:10]))
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
    assert len(ties) == sum(len(layers.split()) for *_, layers in graph.edges(data="layers"))
    two = nx.Graph([(1, 2, {"layers": "kin friend"}), (2, 3, {"layers": "kin"})])
    assert exchange.ties_from_graph(two) == [(1, 2, "friend"), (1, 2, "kin"), (2, 3, "kin")]
    with pytest.raises(ScenarioError, match="found layer 'kinn', allowed one of household"):
        exchange.ties_from_graph(nx.Graph([(1, 2, {"layers": "kinn"})]))
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


def test_an_edit_after_loading_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    scenario = load_scenario("baseline", {"county": folder})
    before = simulate(scenario, months=12)
    rows = cells("workers.csv")
    money = rows[0].index("savings")
    for row in rows[1:]:
        row[money] = f"{float(row[money]) * 10:.2f}"
    copy(folder, text_of(rows))
    with pytest.raises(ScenarioError, match=r"workers\.csv: found a file that changed since"):
        simulate(scenario, months=12)
    with pytest.raises(ScenarioError, match="load the scenario again"):
        CountyModel(scenario, months=12)
    again = load_scenario("baseline", {"county": folder})
    after = simulate(again, months=12)
    assert after.workers.savings.mean() > 2 * before.workers.savings.mean()
    assert again.world_id != scenario.world_id


def test_a_county_is_found_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "results").mkdir()
    copy(tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario("baseline", {"county": "own"})
    monkeypatch.chdir(tmp_path / "results")
    sent = pickle.loads(pickle.dumps(scenario))
    assert exchange.sample_of(sent, 0.5) == PEOPLE / scenario.county.labour_force
    (tmp_path / "own").rename(tmp_path / "moved")
    for mine in (scenario, sent):
        with pytest.raises(ScenarioError, match=r"workers\.csv: found a file that is gone since"):
            simulate(mine, sample=0.002, months=12)


def people(folder: Path, content: bytes) -> np.recarray:
    """People of the example with another file of workers."""
    (folder / "workers.csv").write_bytes(content)
    return exchange.read_county(folder)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters_encodings_and_chinese_words(tmp_path: Path, mark: str, encoding: str) -> None:
    folder, facts = copy(tmp_path), load_scenario("baseline", {"county": "example"}).county
    rows = cells("workers.csv")
    zh = {town.name: town.name_zh for town in facts.townships}
    zh |= {sector.name: sector.name_zh for sector in facts.city_sectors}
    zh |= {"male": "男", "female": "女", "in the province": "省内", "outside": "省外"}
    zh |= {"AWAY": "在外务工", "SEEKING": "在乡求职", "FARMING": "在乡务农", "EMPLOYED": "在乡就业"}
    flags = {rows[0].index(name) for name in ("married", "child", "ever_away", "knows_finance")}
    level = rows[0].index("schooling")
    levels = ["未上过学", "小学", "初中", "高中", "大专及以上"]
    for row in rows[1:]:
        for k, cell in enumerate(row):
            row[k] = zh.get(cell, cell)
            row[k] = ("否", "是")[int(cell)] if k in flags else row[k]
            row[k] = levels[int(cell)] if k == level else row[k]
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\r\n").writerows([*rows, [""] * len(rows[0])])
    found = people(folder, out.getvalue().encode(encoding))
    assert np.array_equal(found, exchange.read_county(EXAMPLE)[0])
    if mark == ";":
        assert np.array_equal(found, people(folder, b"sep=;\r\n" + out.getvalue().encode("utf-8")))


@pytest.mark.parametrize("yes", ["是", "yes", "Yes", "TRUE", "True", "1"])
def test_words_for_yes(tmp_path: Path, yes: str) -> None:
    row = next(k for k, row in enumerate(cells("workers.csv")) if row[7] == "1")
    found = people(copy(tmp_path), edited("workers.csv", row + 1, "married", yes).encode())
    assert np.array_equal(found, exchange.read_county(EXAMPLE)[0])


def test_decimal_commas_are_named(tmp_path: Path) -> None:
    table = text_of(cells("workers.csv")).replace(",", ";").replace(";59.50;", ";59,50;", 1)
    text = message(copy(tmp_path, table))
    assert 'row 2, column age: found "59,50", allowed 16 to 65 with a decimal point' in text


def test_villages_and_households_may_have_names(tmp_path: Path) -> None:
    rows = cells("workers.csv")
    place = {name: rows[0].index(name) for name in ("village", "household")}
    for row in rows[1:]:
        row[place["village"]] = f"{int(row[place['village']]):04d}村"
        row[place["household"]] = f"3209220012{int(row[place['household']]):05d}"
    found = exchange.read_county(copy(tmp_path, text_of(rows)))[0]
    assert np.array_equal(found, exchange.read_county(EXAMPLE)[0])
    rows[3][place["village"]] = " "
    text = message(copy(tmp_path, text_of(rows)))
    assert 'row 4, column village: found " ", allowed a whole number from 0 to' in text
    assert text.endswith("or a name")


def test_a_row_is_the_line_of_the_file(tmp_path: Path) -> None:
    table = edited("workers.csv", 7, "age", "abc")
    header, rest = table.split("\n", 1)
    assert "row 10, column age" in message(copy(tmp_path, f"\n,,\n{header}\n\n{rest}"))
    assert "row 8, column age" in message(copy(tmp_path, f"sep=,\n{table}"))
    bad = header.replace("wage", "wgae")
    assert "row 3: found an unknown column" in message(copy(tmp_path, f"\n\n{bad}\n{rest}"))


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("there", [True, False])
def test_an_export_is_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, there: bool
) -> None:
    folder = tmp_path / "own"
    if there:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")

    class Cut:
        def writerow(self, row: Any) -> None:
            pass

        def writerows(self, rows: Any) -> None:
            if len(next(iter(rows))) == 3:  # ties, after the workers were written
                raise failure

    with monkeypatch.context() as patched:
        patched.setattr(exchange.csv, "writer", lambda *args, **options: Cut())
        expected = KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else ScenarioError
        with pytest.raises(expected) as caught:
            exchange.export_county(folder, sample=0.001)
    if expected is ScenarioError:
        assert f"{folder / 'ties.csv'}: found no space left on the disk" in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*")] == (["own", "notes.txt"] if there else [])
    exchange.export_county(folder, sample=0.001)
    assert {"county.toml", "workers.csv", "ties.csv"} <= {path.name for path in folder.iterdir()}
    assert not list(folder.glob(".*"))


def test_what_stops_between_two_files_takes_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = []

    def rename(old: Path, new: Path) -> None:
        if put:
            raise KeyboardInterrupt
        put.append(Path(old).replace(new))

    with monkeypatch.context() as patched:
        patched.setattr(exchange.os, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            exchange.export_county(tmp_path / "own", sample=0.001)
    assert put and not (tmp_path / "own").exists()


def test_an_export_has_the_facts_that_were_set(tmp_path: Path) -> None:
    scenario = load_scenario("baseline", {"county.labour_force": 60_000})
    exchange.export_county(tmp_path / "small", scenario, sample=0.01)
    read = load_scenario("baseline", {"county": tmp_path / "small"})
    tables = {"residents": (), "children": ()}  # written for the labour force that was set
    assert read.county.model_copy(update=tables) == scenario.county.model_copy(update=tables)
    assert exchange.sample_of(read, 1.0) < 0.011


def test_ties_are_written_whole(tmp_path: Path) -> None:
    exchange.write_ties(str(tmp_path / "ties.csv"), [(1, 2, "kin")])

    def broken() -> Any:
        yield 3, 4, "kin"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exchange.write_ties(tmp_path / "ties.csv", broken())
    assert (tmp_path / "ties.csv").read_text() == "a,b,layer\n1,2,kin\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_graph_files_read_back_have_text_ids(tmp_path: Path) -> None:
    graph = nx.Graph([(0, 1), (1, 2)])
    nx.set_edge_attributes(graph, {(0, 1): "kin; friend", (1, 2): "fellow"}, "layers")
    wanted = [(0, 1, "friend"), (0, 1, "kin"), (1, 2, "fellow")]
    assert exchange.ties_from_graph(graph) == wanted
    for write, read in (
        (nx.write_graphml, nx.read_graphml),
        (nx.write_gexf, nx.read_gexf),
        (nx.write_edgelist, nx.read_edgelist),
    ):
        write(graph, tmp_path / "graph")
        back = read(tmp_path / "graph")
        assert "0" in back
        assert exchange.ties_from_graph(back) == wanted


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (nx.Graph([("Valjean", "Javert")]), "found node 'Valjean', allowed ids of workers.csv"),
        (nx.Graph([(-1, 1)]), "found node -1, allowed ids of workers.csv, numbers from 0"),
        (nx.Graph([("1.0", 1)]), "found node '1.0'"),
        (nx.Graph([("1", 1)]), "found a person tied to itself"),
        (nx.Graph([(True, 2)]), "found node true"),
        (nx.Graph([(0, 1, {"layers": "kin,foe"})]), "found layer 'foe'"),
        ([(0, 1)], "graph: found [(0, 1)], allowed a networkx graph"),
    ],
)
def test_graphs_of_something_else(graph: Any, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        exchange.ties_from_graph(graph)
    assert expected in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"folder": 5}, "county: found 5, allowed a folder"),
        ({"sample": 2.0}, "sample: found 2.0"),
        ({"seed": -1}, "seed: found -1"),
        ({"burn_in": 0}, "burn_in: found 0"),
    ],
)
def test_arguments_of_an_export(tmp_path: Path, arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError) as caught:
        exchange.export_county(**{"folder": tmp_path / "own", "sample": 0.001, **arguments})
    assert expected in str(caught.value) and not (tmp_path / "own").exists()
    if "folder" in arguments:
        with pytest.raises(ScenarioError, match="county: found 5"):
            exchange.read_county(5)  # type: ignore[arg-type]


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
