"""Folders of results: locked, whole, checked, and enough to repeat what was run."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processes import Command
from typer.testing import CliRunner

from returnee import compare, sweep
from returnee.experiments.commands.app import app
from returnee.experiments.errors import StoreError
from returnee.experiments.files import (
    append_line,
    claim,
    read_lines,
    read_table,
    remove_leftovers,
    temporary,
    write_json,
    write_table,
    write_text,
)
from returnee.experiments.running.manifests import read_manifest, scenario_in
from returnee.experiments.running.merge import merge
from returnee.experiments.running.status import status_of, status_text
from returnee.experiments.studies.points.sensitivity import sensitivity
from returnee.simulation import simulate

TINY: dict[str, Any] = {"replicates": 1, "sample": 0.002, "months": 12}
WORDS = ("--sample", "0.002", "--months", "12")
PLACES = "policy.training.places"


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def zeroed(path: Path, at: float = 0.4, size: int = 60) -> None:
    """Overwrite bytes within a file, as a bad disk does."""
    content = bytearray(path.read_bytes())
    begin = int(len(content) * at)
    content[begin : begin + size] = bytes(size)
    path.write_bytes(content)


# Locks and temporary names


def test_the_second_on_a_folder_says_who_has_it(tmp_path: Path) -> None:
    lock = claim(tmp_path / "a")
    words: Any
    for words in (
        ("compare", "linked", "--replicates", 1, *WORDS),
        ("run", "baseline", *WORDS),
        ("validate", "--replicates", 1, "--sample", 0.002),
        ("whom", "linked", "--replicates", 1, *WORDS),
        ("linkage", "--replicates", 1, *WORDS),
        ("budget", "--per-year", "8e6", *WORDS),
        ("calibrate", *WORDS),
    ):
        refused = call(*words, "--out", tmp_path / "a")
        assert refused.exit_code == 2
        assert len(refused.stderr.splitlines()) == 1
        assert f"process {os.getpid()} on {socket.gethostname()} at work" in refused.stderr
    lock.release()
    assert [path.name for path in (tmp_path / "a").iterdir()] == [".lock"]


def test_two_comparisons_at_once(tmp_path: Path, command: Command) -> None:
    words = ("compare", "linked", "--replicates", 3, *WORDS, "--people", 0, "--json")
    both = [command(*words, "--out", tmp_path / "two") for _ in range(2)]
    said = [process.communicate(timeout=600) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 2])
    for process, (_, err) in zip(both, said):
        assert process.returncode == 0 or "at work in it" in err.splitlines()[-1]
    fresh = compare(["linked"], **{**TINY, "replicates": 3})
    found = compare(["linked"], out=tmp_path / "two", **{**TINY, "replicates": 3})
    assert found.effects.equals(fresh.effects)


def test_only_leftovers_of_dead_processes_go(tmp_path: Path) -> None:
    host = socket.gethostname()
    dead = tmp_path / f".runs.parquet.{host}.999999999.new"
    alive = tmp_path / f".runs.parquet.{host}.{os.getppid()}.new"
    elsewhere = tmp_path / ".runs.parquet.another-host.1.new"
    for path in (dead, alive, elsewhere):
        path.write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, elsewhere.name])


# Full disks


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_names_the_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        patch.setattr(pq, "write_table", full)
        for write in (
            lambda: write_text(path, "page"),
            lambda: write_json(path, {}),
            lambda: write_table(path, pa.table({"a": [1]})),
        ):
            with pytest.raises(StoreError, match=r"report\.html: found no space left on the disk"):
                write()
    assert list(tmp_path.iterdir()) == []
    assert not temporary(path).exists()


def test_a_line_that_was_cut_off_goes_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    append_line(path, {"a": 1})
    with path.open("ab") as file:
        file.write(b'{"a": 2, "b')
    assert read_lines(path) == ([{"a": 1}], 1)
    append_line(path, {"a": 3})
    assert read_lines(path) == ([{"a": 1}, {"a": 3}], 0)


# Damaged files


@pytest.mark.parametrize("at", [0.1, 0.4, 0.7, 0.9])
def test_a_damaged_table_is_noticed(tmp_path: Path, at: float) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, pa.table({"a": np.random.default_rng(1).random(1000)}))
    zeroed(path, at)
    with pytest.raises(StoreError, match=r"a\.parquet: found an unreadable file.*delete it"):
        read_table(path)


def test_a_damaged_part_of_a_comparison_is_made_again(tmp_path: Path) -> None:
    whole = compare(["linked"], out=tmp_path / "a", **TINY)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    zeroed(tmp_path / "b/runs.parquet")
    with pytest.raises(StoreError, match=r"runs\.parquet: found an unreadable file.*delete it"):
        compare(["linked"], out=tmp_path / "b", **TINY)
    (tmp_path / "b/runs.parquet").unlink()
    assert compare(["linked"], out=tmp_path / "b", **TINY).runs.equals(whole.runs)


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shares") / "ms"
    for i in (1, 2):
        sweep(design(), folder, shard=f"{i}/2")
    return folder


def design() -> dict[str, Any]:
    return {"axes": {PLACES: [0, 1000, 2000, 3000]}, "sample": 0.002, "months": 12}


def test_a_merge_names_the_damaged_part_and_leaves_no_debris(shares: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ms"
    shutil.copytree(shares, folder)
    part = next((folder / "shard-1-of-2/parts").glob("*.parquet"))
    zeroed(part)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(StoreError, match=f"{part.name}: found an unreadable file") as refusal:
        merge(folder)
    assert "its share again" in str(refusal.value)
    assert sorted(path.name for path in folder.iterdir()) == before
    with pytest.raises(StoreError, match=part.name):
        status_of(folder)
    sweep(design(), folder, shard="1/2")  # notices by itself
    assert status_of(folder)["finished"] == 4
    merge(folder)
    assert status_of(folder)["status"] == "finished"
    found = read_manifest(folder)
    assert found["command"].startswith("returnee sweep") and "--shard" not in found["command"]


def test_a_damaged_table_of_a_sweep_is_noticed_on_resuming(shares: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ms"
    shutil.copytree(shares, folder)
    merge(folder)
    zeroed(folder / "runs.parquet", 0.3)
    with pytest.raises(StoreError, match=r"runs\.parquet: found an unreadable file"):
        sweep(design(), folder)


# Runs


def test_a_run_does_not_overwrite_another(tmp_path: Path) -> None:
    words = ("run", "baseline", *WORDS, "--out", tmp_path / "r")
    assert call(*words).exit_code == 0
    before = (tmp_path / "r/monthly.parquet").read_bytes()
    assert call(*words).exit_code == 0
    for more, says in (
        (("--seed", 2), "seed: found 1, allowed 2"),
        (("--set", f"{PLACES}=5"), "scenarios: found baseline"),
    ):
        refused = call(*words, *more)
        assert refused.exit_code == 2 and says in refused.stderr and "--as-new" in refused.stderr
    assert (tmp_path / "r/monthly.parquet").read_bytes() == before
    assert call(*words, "--seed", 2, "--as-new").exit_code == 0
    assert (tmp_path / "r-2/manifest.json").exists()
    assert not list(tmp_path.rglob("*.new"))


def test_an_interrupted_run_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("returnee.experiments.running.executors.is_compiled", lambda: True)
    monkeypatch.setattr("returnee.simulation.simulate", interrupted)
    done = call("run", "baseline", *WORDS, "--out", tmp_path / "r")
    assert done.exit_code == 130
    assert "interrupted: nothing of this run was written" in done.stderr
    assert not (tmp_path / "r").exists()


# Status of everything


def test_status_answers_for_every_kind(tmp_path: Path, shares: Path) -> None:
    call("run", "baseline", *WORDS, "--out", tmp_path / "run")
    compare(["linked"], out=tmp_path / "comparison", **TINY)
    sensitivity(
        over=["behaviour.firm.luck_sd"], measures=["jobs"], trajectories=2, base=2, top=1, out=tmp_path / "study",
        **TINY,
    )  # fmt: skip
    for kind, runs in (("run", 1), ("comparison", 2), ("study", None)):
        found = status_of(tmp_path / kind)
        assert found["kind"] == kind and found["status"] == "finished" and found["left"] == 0
        assert runs in (None, found["runs"]) and "finished" in status_text(found)
    assert status_of(shares)["finished"] == 4
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="found no manifest.json"):
        status_of(tmp_path / "empty")


# Manifests that repeat the run anywhere


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    assert call("county", "export", folder, "--sample", 0.002).exit_code == 0
    return folder


def test_a_run_is_repeated_from_its_folder_alone(own: Path, tmp_path: Path) -> None:
    first = tmp_path / "first"
    assert call("run", "linked", "--set", f"county={own}", *WORDS, "--out", first).exit_code == 0
    shutil.rmtree(own)
    moved = first.rename(tmp_path / "moved")
    found = read_manifest(moved)
    scenario = scenario_in(moved)
    again = simulate(scenario, found["replicate"], found["seed"], found["sample"], found["months"])
    kept = pd.read_parquet(moved / "monthly.parquet")
    assert again.monthly.equals(kept)
    about = found["scenarios"]["linked"]["county_files"]
    assert set(about["sha256"]) == {"county.toml", "workers.csv", "ties.csv"}
    repeated = shlex.split(found["command"])
    assert repeated[:3] == ["returnee", "run", "linked"] and "--out" in repeated
    # The command works with the copy too.
    copy = moved / about["folder"]
    done = call("run", "linked", "--set", f"county={copy}", *WORDS, "--out", tmp_path / "again")
    assert done.exit_code == 0
    for name in ("monthly.parquet", "workers.parquet", "firms.parquet", "ledger.parquet"):
        assert (tmp_path / "again" / name).read_bytes() == (moved / name).read_bytes()
    (copy / "workers.csv").unlink()
    with pytest.raises(StoreError, match="its county's files"):
        scenario_in(moved)


@pytest.mark.parametrize("kind", ["comparison", "sweep"])
def test_what_a_manifest_says(own: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "out"
    county = {"county": str(own)}
    if kind == "comparison":
        compare(["linked"], out=folder, overrides=county, **TINY)
    else:
        sweep({**design(), "axes": {PLACES: [0, 1000], "county": [str(own), "binhai"]}}, folder)
    found = read_manifest(folder)
    assert found["kind"] == kind and found["status"] == "finished"
    assert "--out" in found["command"] and found["begun"] <= found["ended"]
    assert found["seconds"] >= 0 and found["machine"]["processors"] == os.cpu_count()
    assert {"pandas", "scipy", "pyarrow", "pydantic", "numba", "numpy"} <= set(found["versions"])
    assert len(list((folder / "inputs").glob("own-*/workers.csv"))) == 1
    for label in found["scenarios"]:
        assert scenario_in(folder, label).id == found["scenarios"][label]["id"]
    # What changes from day to day and machine to machine is no reason to refuse.
    path = folder / "manifest.json"
    found |= {"begun": "2001-01-01T00:00:00+00:00", "seconds": 9e9, "machine": {}, "commit": "x"}
    path.write_text(json.dumps(found), "utf-8")
    before = (folder / "runs.parquet").read_bytes()
    if kind == "comparison":
        compare(["linked"], out=folder, overrides=county, **TINY)
    else:
        sweep({**design(), "axes": {PLACES: [0, 1000], "county": [str(own), "binhai"]}}, folder)
    assert (folder / "runs.parquet").read_bytes() == before
    assert read_manifest(folder)["begun"] == "2001-01-01T00:00:00+00:00"
