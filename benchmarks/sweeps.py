"""Sweeps as a user starts them: how long, how well two workers are used, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import ROOT, Row, sample_of, warm

THOUSAND = """
scenarios = ["linked"]
method = "latin"
points = {points}
sample = {sample:.6f}
months = 120
[axes]
policy.training.places = {{low = 0, high = 3000}}
behaviour.firm.luck_sd = {{low = 0.2, high = 0.4}}
"""
TINY = """
scenarios = ["baseline"]
replicates = {replicates}
sample = 0.0005
months = 12
[axes]
policy.training.places = {{low = 0, high = 3000, steps = 64}}
behaviour.firm.luck_sd = [0.2, 0.3, 0.4, 0.5]
"""
POINTS = 256  # of the tiny design; 64 that share a history make one job
QUARTERS = (0.1, 0.25, 0.5, 0.75, 0.95)


@contextmanager
def begun(folder: Path, design: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command ``returnee sweep`` as a process of its own, on a design."""
    path = folder / "design.toml"
    path.write_text(design, encoding="utf-8")
    command = ["-m", "returnee", "sweep", str(path), "--out", str(folder / "out"), *words]
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def timed(design: str, *words: str) -> tuple[float, float]:
    """Seconds of a whole command, and of its processors."""
    with tempfile.TemporaryDirectory() as name:
        clock, before = time.perf_counter(), os.times()
        with begun(Path(name), design, *words) as process:
            _, said = process.communicate()
        seconds, after = time.perf_counter() - clock, os.times()
        if process.returncode:
            raise RuntimeError(said.strip().splitlines()[-1])
    used = after.children_user + after.children_system
    return seconds, used - before.children_user - before.children_system


def load() -> str:
    """What else the machine does: its mean number of running processes in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}"


def sweep(points: int = 1000) -> list[Row]:
    """1,000 runs of 3,000 workers × 120 months by the command, each with its own history."""
    warm()
    before = load()
    seconds, used = timed(THOUSAND.format(points=points, sample=sample_of(3_000)))
    note = f"start, store and all; {used:.0f} s of processors; {before} before"
    return [Row(f"sweep of {points:,} runs of 3,000 x 120, s", f"{seconds:.1f}", "60", "20", note)]


def efficiency(points: int = 1000, few: int = 200) -> list[Row]:
    """One worker against two, on threads and on processes: the whole command, and runs alone.

    The time of `few` runs is taken off for the second, and with it the start and the end.
    """
    warm()
    rows = []
    for kind, words in (("threads", ("--threads",)), ("processes", ("--processes",))):
        before, seconds = load(), {}
        for n in "12":
            for runs in (few, points):
                design = THOUSAND.format(points=runs, sample=sample_of(3_000))
                seconds[n, runs] = timed(design, "--workers", n, *words)[0]
        one, two = (seconds[n, points] for n in "12")
        more = [seconds[n, points] - seconds[n, few] for n in "12"]
        note = f"{one:.1f} s with one, {two:.1f} s with two; {before} before"
        share = f"{one / two / 2:.0%}"
        rows.append(Row(f"two {kind}, a command of {points:,} runs", share, "90 %", "", note))
        note = f"{more[0]:.1f} s with one, {more[1]:.1f} s with two, for {points - few} runs more"
        rows.append(Row("  the runs alone", f"{more[0] / more[1] / 2:.0%}", "90 %", "", note))
    return rows


def flat(runs: int = 20_000) -> list[Row]:
    """Memory of the process that does many small runs, on the way and at its highest."""
    warm()
    held: dict[float, float] = {}
    highest = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with begun(folder, TINY.format(replicates=runs // POINTS), "--workers", "2") as process:
            while process.poll() is None:
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                highest = max(highest, megabytes(status, "VmHWM"))
                share = runs_in(folder / "out") / runs
                for mark in QUARTERS:
                    if share >= mark:
                        held.setdefault(mark, megabytes(status, "VmRSS"))
                time.sleep(0.25)
            if process.returncode:
                raise RuntimeError(process.communicate()[1].strip().splitlines()[-1])
    way = ", ".join(f"{held[mark]:.0f} at {mark:.0%}" for mark in QUARTERS if mark in held)
    return [Row(f"memory of a sweep of {runs:,} runs, MB", f"{highest:.0f}", "flat", "", way)]


def runs_in(folder: Path) -> int:
    """How many runs of a sweep under way are finished: parts have 64 but for few."""
    return 64 * len(list((folder / "parts").glob("[0-9]*.parquet")))


def megabytes(status: str, name: str) -> float:
    """A line of a process's status."""
    found = [line for line in status.splitlines() if line.startswith(name)]
    return int(found[0].split()[1]) / 1024 if found else 0.0
