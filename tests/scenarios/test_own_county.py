"""A county of one's own: the folder and files that a scenario was made with, and codes as names."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from returnee.scenarios import Scenario, ScenarioError, load_scenario, parse_override
from returnee.scenarios.files.editor import county_toml, toml_of, write_json_schema
from returnee.scenarios.schema.county_folder import FOLDER, unchanged_tables, written_whole
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.scale import AMOUNTS, SHIPPED, amounts_of_another_size, at_size

FACTS = (FOLDER / "counties" / "binhai" / "county.toml").read_text(encoding="utf-8")


def county(folder: Path, **tables: str) -> Path:
    """A folder with a county and tables; what is in the tables plays no part here."""
    folder.mkdir(parents=True)
    (folder / "county.toml").write_text(FACTS, encoding="utf-8")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def one_line(call: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(ValueError) as caught:
        call(*args, **named)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_a_folder_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county(tmp_path / "own", workers="id\n")
    monkeypatch.chdir(tmp_path)
    scenarios = [load_scenario("baseline", {"county": "own"})]
    scenarios.append(Scenario(**{**dict(scenarios[0]), "county_folder": "own"}))
    scenarios.append(load_scenario("baseline").with_({"county": "own"}))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for scenario in scenarios:
        assert scenario.county_folder == tmp_path / "own"
        assert list(unchanged_tables(scenario.county_folder, scenario.files)) == ["workers.csv"]


def test_a_scenario_keeps_its_id(tmp_path: Path) -> None:
    folder = county(tmp_path / "own", workers="id\n")
    one, two = (load_scenario("baseline", {"county": folder}) for _ in range(2))
    first = one.id
    (folder / "workers.csv").write_text("id\n1\n", encoding="utf-8")
    assert two.id == first == pickle.loads(pickle.dumps(two)).id
    other = load_scenario("baseline", {"county": folder})
    assert other.id != first and other.world_id != two.world_id


@pytest.mark.parametrize(
    ("change", "found"),
    [("edit", "changed since"), ("remove", "is gone since"), ("add", "is new since")],
)
def test_files_that_are_others_are_refused(tmp_path: Path, change: str, found: str) -> None:
    folder = county(tmp_path / "own", workers="id\n")
    scenario = load_scenario("baseline", {"county": folder})
    name = "ties.csv" if change == "add" else "workers.csv"
    if change == "remove":
        (folder / name).unlink()
    else:
        (folder / name).write_text("id\n7\n", encoding="utf-8")
    text = one_line(unchanged_tables, scenario.county_folder, scenario.files)
    assert str(folder / name) in text and found in text and "load the scenario again" in text


def test_what_a_manifest_holds_makes_the_scenario_again(tmp_path: Path) -> None:
    folder = county(tmp_path / "own", workers="id\n")
    scenario = load_scenario("baseline", {"county": folder})
    held = {"name": "baseline", "id": scenario.id, **scenario.canonical()}
    assert Scenario(**held, county_folder=folder).id == scenario.id
    assert "county_folder: found none, allowed the folder of" in one_line(Scenario, **held)
    plain = load_scenario("linked")
    held = {"name": "linked", "id": plain.id, **plain.canonical()}
    assert Scenario(**held).id == plain.id
    held["policy"]["training"]["places"] = 7.0
    assert "scenario: id: found" in one_line(Scenario, **held)
    del held["id"]
    assert Scenario(**held).policy.training.places == 7
    held["policy"]["training"]["places"] = -1.0
    assert "scenario: policy.training.places: found -1.0, allowed a number" in one_line(
        Scenario, **held
    )
    assert "scenario: county: found nothing" in one_line(Scenario, name="x")


def test_a_copy_has_ids_of_its_own() -> None:
    base, linked = load_scenario("baseline"), load_scenario("linked")
    assert base.id != linked.id
    copied = base.with_({"policy": linked.policy})
    assert copied.id == linked.id


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("county=320922", ("county", "320922")),
        ("county=032092", ("county", "032092")),
        ("county=1_000", ("county", "1_000")),
        ("county=true", ("county", "true")),
        ("county=2024-01-01", ("county", "2024-01-01")),
        ("county=NA", ("county", "NA")),
        ('county="320922"', ("county", "320922")),
        ('county={extends = "binhai"}', ("county", {"extends": "binhai"})),
        ("county.name=320922", ("county.name", "320922")),
        ("county.name_zh=滨海", ("county.name_zh", "滨海")),
    ],
)
def test_codes_are_names(text: str, pair: tuple[str, Any]) -> None:
    assert parse_override(text) == pair


def test_a_county_named_by_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county(tmp_path / "032092")
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario("baseline", dict([parse_override("county=032092")]))
    assert scenario.county_folder == tmp_path / "032092"
    text = one_line(load_scenario, "baseline", {"county": 32092})
    assert "found 32092, allowed a county's name or folder, in quotes" in text
    assert "found ''" in one_line(load_scenario, "baseline", {"county": ""})


def test_relative_paths_from_a_base(tmp_path: Path) -> None:
    county(tmp_path / "own")
    (tmp_path / "mine.toml").write_text('extends = "linked"\ncounty = "own"\n', encoding="utf-8")
    scenario = load_scenario("mine.toml", base=tmp_path)
    assert scenario.county_folder == tmp_path / "own"
    other = load_scenario("baseline", {"county": "own"}, base=tmp_path)
    assert other.county_folder == tmp_path / "own"


@pytest.mark.parametrize(
    ("call", "args", "expected"),
    [
        (load_scenario, ("baseline", ["a"]), "override: found ['a'], allowed a mapping"),
        (load_scenario, ("baseline", "a"), "override: found 'a', allowed a mapping"),
        (load_scenario, (["baseline"],), "found ['baseline'], allowed a name or a path"),
        (load_scenario, ("baseline", None, 5), "base: found 5, allowed a folder"),
        (parse_override, (5,), "override: found 5, allowed key=value"),
        (load_scenario("baseline").policy_at, ("1",), "month: found '1', allowed"),
        (load_scenario("baseline").policy_at, (True,), "month: found true, allowed"),
    ],
)
def test_wrong_types_at_the_door(call: Any, args: tuple[Any, ...], expected: str) -> None:
    assert expected in one_line(call, *args)


def test_a_file_beside_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "remote_first.toml").write_text('extends = "baseline"\n', encoding="utf-8")
    path = tmp_path / "higher.toml"
    path.write_text('extends = "remote_first"\n', encoding="utf-8")
    text = one_line(load_scenario, path)
    assert "found 'remote_first' (did you mean remote_first.toml?)" in text


def test_files_in_gbk_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes('extends = "baseline"\ntitle_zh = "返乡创业"\n'.encode("gbk"))
    assert "not UTF-8 (GBK, it seems: save it again as UTF-8)" in one_line(load_scenario, path)


@pytest.mark.parametrize(
    "text", ['a "b" \\ c', "two\nlines\r\n", '"""', "\x00\x1f\x7f\t", "乡镇", "'", "]\nextends=1"]
)
def test_any_text_stands_in_toml(text: str) -> None:
    written = toml_of({"title_en": text})
    assert len(written.splitlines()) == 1
    assert tomllib.loads(written) == {"title_en": text}


def test_a_county_is_written_and_read(tmp_path: Path) -> None:
    wanted = load_scenario("baseline", {"county.labour_force": 600_000}).county
    (tmp_path / "county.toml").write_text(county_toml(wanted), encoding="utf-8")
    assert load_scenario("baseline", {"county": tmp_path}).county == wanted


def test_ages_are_written_for_the_labour_force_that_was_set(tmp_path: Path) -> None:
    wanted = load_scenario("baseline", {"county.labour_force": 60_000}).county
    (tmp_path / "county.toml").write_text(county_toml(wanted), encoding="utf-8")
    read = load_scenario("baseline", {"county": tmp_path}).county
    tables = {"residents": (), "children": ()}
    assert read.model_copy(update=tables) == wanted.model_copy(update=tables)
    assert read.adults == pytest.approx(60_000 * (1 - wanted.away_share), abs=1)
    for one, other in ((read.residents, wanted.residents), (read.children, wanted.children)):
        share = [row.women / row.men for row in one], [row.women / row.men for row in other]
        np.testing.assert_allclose(*share, rtol=1e-4)


def test_files_are_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as file:
        file.write("half")
        raise KeyboardInterrupt
    full = pytest.raises(ScenarioError, match=r"a\.csv: found no space left on the disk")
    with full, written_whole(path):
        raise OSError(28, "No space left on device")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.csv", "before")]
    assert "schema.json: found no such file" in one_line(
        write_json_schema, tmp_path / "none" / "schema.json"
    )


def test_the_example_says_where_it_is_made_up() -> None:
    lines = {
        name: (FOLDER / "counties" / name / "county.toml").read_text("utf-8").splitlines()
        for name in ("binhai", "example")
    }
    keys = {
        name: [line.partition("#") for line in found if line and not line.startswith("#")][2:]
        for name, found in lines.items()
    }
    for real, example in zip(keys["binhai"], keys["example"], strict=True):
        same = real[0].strip() == example[0].strip()
        assert same != ("made up" in example[2]), example[0]
    assert "no real county" in " ".join(lines["example"][:4])


def test_amounts_of_another_size() -> None:
    known = {key for key, _ in walk(load_scenario("baseline").policy)}
    assert set(AMOUNTS) <= known

    def found(name: str, people: int, **more: Any) -> list[str]:
        return amounts_of_another_size(load_scenario(name, {"county.labour_force": people, **more}))

    assert found("baseline", 685_000) == found("baseline", 343_000) == []
    assert "policy.training.places" in found("baseline", 60_000)
    assert "policy.training.places" in found("linked", 3_000_000)
    assert found("no_support", 60_000) == []
    own = {"policy.training.places": 200}
    assert "policy.training.places" not in found("baseline", 60_000, **own)


def test_amounts_of_a_history_follow_the_size_of_the_county() -> None:
    policy = load_scenario("baseline").policy
    assert at_size(policy, SHIPPED) == policy
    half = dict(walk(at_size(policy, SHIPPED / 2)))
    for key, lever in walk(policy):
        assert lever.value is not None
        wanted = lever.value / 2 if key in AMOUNTS else lever.value
        assert half[key].value == (round(wanted) if lever.type is int else wanted), key
    assert dict(walk(at_size(policy, 100 * SHIPPED)))["finance.guarantee_fund"].value == 200_000_000
