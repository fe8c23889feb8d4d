"""Sweeps that are killed, that meet each other, a full disk, or a cluster that loses a worker."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from processes import Command, Nursery, Process, cluster, wait_for_parts
from typer.testing import CliRunner
from waiting import LIMIT
from without_figures import INTERRUPT, ROOM

from returnee import sweep
from returnee.experiments.commands.app import app
from returnee.experiments.running import executors as pools
from returnee.experiments.running.status import status_of

KILLS = int(os.environ.get("RETURNEE_KILLS", "3"))
PLACES = "policy.training.places"
DESIGN = f"""
scenarios = ["baseline", "linked"]
replicates = 5
sample = 0.002
months = 12
[axes]
{PLACES} = [0, 1000, 3000]
behaviour.firm.luck_sd = [0.2, 0.4]
"""
RUNS = 60
LEAST = 60_000  # bytes: more than a part has, less than the table


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("design") / "d.toml"
    path.write_text(DESIGN, "utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(design: Path) -> bytes:
    folder = design.parent / "undisturbed"
    assert len(sweep(design, folder)) == RUNS
    return (folder / "runs.parquet").read_bytes()


def finish(process: Process, code: int = 0) -> None:
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == code, err


def swept(design: Path, folder: Path, *words: object) -> None:
    """Give the command in this process."""
    given = CliRunner().invoke(app, ["sweep", *map(str, (design, "--out", folder, *words))])
    assert given.exit_code == 0, given.output


def test_killed_again_and_again(
    tmp_path: Path, command: Command, design: Path, undisturbed: bytes
) -> None:
    chance = random.Random(1)
    for _ in range(KILLS):
        parts = len(list((tmp_path / "parts").glob("*.parquet")))
        process = command("sweep", design, "--out", tmp_path)
        if (tmp_path / "runs.parquet").exists():
            break
        wait_for_parts(tmp_path, parts + 1)
        assert status_of(tmp_path)["status"] in ("running", "finished")
        time.sleep(chance.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if not (tmp_path / "runs.parquet").exists():
            assert status_of(tmp_path)["status"] == "stopped"
    (tmp_path / "parts").mkdir(exist_ok=True)
    (tmp_path / "parts/000000.parquet").write_bytes(b"PAR1 and then nothing")
    swept(design, tmp_path)
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed
    assert not (tmp_path / "parts").exists()


def test_two_processes_share_a_folder(
    tmp_path: Path, command: Command, design: Path, undisturbed: bytes
) -> None:
    both = [command("sweep", design, "--out", tmp_path, "--workers", 1) for _ in range(2)]
    for process in both:
        finish(process)
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed
    assert not list(tmp_path.glob(".*.new"))


def test_an_interrupt_says_what_is_kept(
    tmp_path: Path, command: Command, design: Path, undisturbed: bytes
) -> None:
    process = command("sweep", design, "--out", tmp_path, INTERRUPT)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130 and "Traceback" not in err
    assert re.search(rf"\d+ of {RUNS} runs are kept", err.splitlines()[-1])
    swept(design, tmp_path)
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed


def test_a_full_disk_loses_nothing(
    tmp_path: Path, command: Command, design: Path, undisturbed: bytes
) -> None:
    """Files may not grow beyond a few kilobytes, as on a disk that fills up."""

    process = command("sweep", design, "--out", tmp_path, ROOM, LEAST)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 2
    assert "finished runs are kept" in err.splitlines()[-1] and "Traceback" not in err
    assert not (tmp_path / "runs.parquet").exists()
    assert len(list((tmp_path / "parts").glob("*.parquet"))) > 10
    assert not list(tmp_path.glob(".*.new"))
    swept(design, tmp_path)
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster may take its time to answer."""
    monkeypatch.setattr(pools, "ANSWER", LIMIT)
    monkeypatch.setattr(pools, "WORKERS", LIMIT)


@pytest.mark.usefixtures("patient")
def test_a_cluster_that_loses_a_worker_gives_the_same_table(
    tmp_path: Path, commands: Nursery, design: Path, undisturbed: bytes
) -> None:

    def kill() -> None:
        wait_for_parts(tmp_path, 6)
        workers[0].kill()

    with cluster(commands, 2) as (address, workers):
        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        swept(design, tmp_path, "--scheduler", address)
        killer.join()
    assert pq.read_metadata(tmp_path / "runs.parquet").num_rows == RUNS
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed


def test_a_process_that_dies_has_its_runs_done_by_another(
    tmp_path: Path, command: Command, design: Path, undisturbed: bytes
) -> None:
    import psutil

    process = command("sweep", design, "--out", tmp_path, "--processes", "--workers", 1)
    wait_for_parts(tmp_path, 2)
    with suppress(psutil.NoSuchProcess, IndexError):  # it may be done by now
        children = psutil.Process(process.pid).children(recursive=True)
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        workers[-1].kill()
    finish(process)
    assert (tmp_path / "runs.parquet").read_bytes() == undisturbed


def test_processes_end_when_their_parent_is_killed(tmp_path: Path, command: Command) -> None:
    import psutil

    design = tmp_path / "d.toml"  # of more runs than this test waits for
    design.write_text(DESIGN.replace("replicates = 5", "replicates = 4000"), "utf-8")
    process = command("sweep", design, "--out", tmp_path / "a", "--processes", "--workers", 1)
    wait_for_parts(tmp_path / "a", 2)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=LIMIT)
    assert alive == []
