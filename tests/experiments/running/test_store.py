"""Result folders: resumed, refused, and whole after any mishap."""

from __future__ import annotations

import errno
import json
import signal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from processes import Command, wait_for_parts
from waiting import LIMIT

from returnee import compare
from returnee.experiments.errors import StoreError
from returnee.experiments.running import jobs as executors
from returnee.experiments.studies.compare import TABLES
from returnee.simulation.fingerprint import fingerprint

SMALL: dict[str, Any] = {"replicates": 2, "sample": 0.002, "months": 12}
LONG = ("linked", "--replicates", 400, "--sample", 0.002, "--months", 12)


def test_a_finished_folder_is_read_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compare(["linked"], out=tmp_path / "a", **SMALL)
    monkeypatch.setattr(executors, "simulate", None)
    again = compare(["linked"], out=tmp_path / "a", **SMALL)
    assert again.runs.equals(first.runs)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "manifest.json",
        "runs.parquet",
        ".lock",
        *(f"{name}.parquet" for name in TABLES),
    }
    manifest = json.loads((tmp_path / "a/manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "finished"
    assert manifest["scenarios"]["linked"]["policy"]["linkage"]["referral"] == 0.9


def test_more_replicates_go_on_from_fewer(tmp_path: Path) -> None:
    few = compare(["linked"], out=tmp_path / "a", **SMALL)
    more = compare(["linked"], out=tmp_path / "a", **{**SMALL, "replicates": 4})
    fewer = compare(["linked"], out=tmp_path / "a", **SMALL)
    assert len(more.runs) == 2 * len(few.runs) == 2 * len(fewer.runs)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 2}, "seed: found 1, allowed 2"),
        ({"sample": 0.003}, "sample: found 0.002, allowed 0.003"),
        ({"months": 13}, "months: found 12, allowed 13"),
        ({"scenarios": ["siloed"]}, "scenarios: found linked"),
    ],
)
def test_another_plan_is_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    folder = tmp_path / "a"
    compare(["linked"], out=folder, **SMALL)
    other = {"scenarios": ["linked"], "out": folder, **SMALL, **change}
    with pytest.raises(StoreError, match=says) as refusal:
        compare(**other)
    assert "\n" not in str(refusal.value)
    assert compare(**other, as_new=True).folder == tmp_path / "a-2"


@pytest.mark.parametrize(
    ("theirs", "found"),
    [({"fingerprint": "0" * 16}, "0" * 16), ({"source_hash": "abc"}, "none, source_hash abc")],
)
def test_another_version_of_the_model_is_refused(
    tmp_path: Path, theirs: dict[str, str], found: str
) -> None:
    compare(["linked"], out=tmp_path, **SMALL)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["fingerprint"]
    path.write_text(json.dumps({**manifest, **theirs}), encoding="utf-8")
    with pytest.raises(StoreError) as refusal:
        compare(["linked"], out=tmp_path, **SMALL)
    assert str(refusal.value) == (
        f"{path}: fingerprint: found {found}, allowed {fingerprint()}, as the results there are of "
        "another version of the model; --as-new writes to a new folder beside it"
    )


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(StoreError, match="found other files"):
        compare(["linked"], out=tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_failed_run_is_a_row_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = executors.simulate

    def sometimes(scenario: Any, replicate: int, *rest: Any) -> Any:
        if scenario.name == "linked" and replicate == 1:
            raise RuntimeError("no luck")
        return whole(scenario, replicate, *rest)

    monkeypatch.setattr(executors, "simulate", sometimes)
    broken = compare(["linked"], out=tmp_path, **{**SMALL, "replicates": 3})
    assert [(row["replicate"], row["error"]) for row in broken.failures] == [
        (1, "RuntimeError: no luck")
    ]
    assert broken.effect("linked", "jobs")["pairs"] == 2
    monkeypatch.setattr(executors, "simulate", whole)
    mended = compare(["linked"], out=tmp_path, **{**SMALL, "replicates": 3})
    assert mended.failures == []
    assert mended.effect("linked", "jobs")["pairs"] == 3


def test_a_full_disk_is_one_line_and_keeps_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = pq.write_table, []

    def full(table: Any, where: Any, **options: Any) -> None:
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(where)
        write(table, where, **options)

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(StoreError, match="no space left on the disk"):
        compare(["linked"], out=tmp_path, workers=1, **SMALL)
    assert len(list((tmp_path / "parts").iterdir())) == 2
    monkeypatch.setattr(pq, "write_table", write)
    assert compare(["linked"], out=tmp_path, **SMALL).effect("linked", "jobs")["pairs"] == 2


def test_a_killed_comparison_goes_on_where_it_was(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = command("compare", *LONG, "--out", tmp_path)
    wait_for_parts(tmp_path, 4)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    parts = tmp_path / "parts"
    kept = len(list(parts.glob("*.parquet")))
    (parts / "torn.parquet").write_bytes(b"PAR1 and then nothing")
    runs: list[int] = []
    whole = executors.run_task
    monkeypatch.setattr(
        executors, "run_task", lambda task, *rest: runs.append(task.replicate) or whole(task, *rest)
    )
    plan: dict[str, Any] = {"replicates": 10, "sample": 0.002, "months": 12}
    resumed = compare(["linked"], out=tmp_path, **plan)
    assert 0 < len(runs) <= 20 - min(kept, 20) or kept >= 20
    fresh = compare(["linked"], **plan)
    assert resumed.effects.equals(fresh.effects)


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path, command: Command) -> None:
    process = command("compare", *LONG, "--out", tmp_path, "--workers", 2)
    wait_for_parts(tmp_path, 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert out == "" and "Traceback" not in err
    assert "runs are kept" in err.splitlines()[-1]
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "interrupted"
    assert pq.read_metadata(tmp_path / "runs.parquet").num_rows > 0
    assert not (tmp_path / "parts").exists()


def test_a_table_of_an_earlier_version_is_refused_in_one_line(tmp_path: Path) -> None:
    compare(["linked"], out=tmp_path / "a", **SMALL)
    path = tmp_path / "a/runs.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(StoreError, match="does not name its runs, as of an earlier version"):
        compare(["linked"], out=tmp_path / "a", **SMALL)
