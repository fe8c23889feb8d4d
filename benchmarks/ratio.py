"""How much faster than another commit, in one run on one machine.

``python -m benchmarks against 795c21e`` takes a commit of this repository, or the folder of another
checkout. Each side measures itself with the function `months_alone` of its own benchmarks, by time of
the processor, in turns. Machine code is kept in the user's cache as ever, so only a first run compiles.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np

from benchmarks.figures import MONTHS, ROOT, Row

SIZES = 30_000, 300_000
TURNS = 3

# Run in the folder of either side; what is called has the same name in all commits.
MEASURE = f"""
import sys, time
time.perf_counter = time.process_time
from benchmarks import figures
figures.warm()
scenario = figures.load_scenario("baseline")
for workers in {SIZES}:
    print(figures.months_alone(scenario, workers / scenario.county.labour_force, 2)[0])
"""
BUILD = "import setuptools; setuptools.setup()"


@contextmanager
def checkout(wanted: str) -> Iterator[Path]:
    """Folder with the sources of a commit, or of another checkout.

    Raises
    ------
    ValueError
        If there is no such folder and no such commit.
    """
    if Path(wanted).is_dir():
        yield Path(wanted).resolve()
        return
    packed = subprocess.run(
        ["git", "archive", "--format=tar", wanted], cwd=ROOT, capture_output=True, check=False
    )
    if packed.returncode:
        raise ValueError(f"against: found {wanted!r}, allowed a folder, or a commit of {ROOT}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def measured(sources: Path, packages: Path) -> list[float]:
    """Nanoseconds of the processor for a worker-month, for each of `SIZES`."""
    paths = os.pathsep.join((str(packages), str(sources)))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return [float(line) for line in done.stdout.split()]


def built(sources: Path, packages: Path) -> None:
    """Lay the packages of a checkout out as they are installed."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(
            [sys.executable, "-c", BUILD, "-q", "egg_info", "--egg-base", work,
             "build", "--build-base", work, "--build-lib", str(packages)],
            cwd=sources, capture_output=True, check=True,
        )  # fmt: skip


def against(wanted: str) -> Iterator[Row]:
    """This checkout against another, in turns."""
    with checkout(wanted) as other, tempfile.TemporaryDirectory() as folder:
        sides = [(ROOT, Path(folder) / "ours"), (other, Path(folder) / "theirs")]
        for side in sides:
            built(*side)
        turns = np.array([[measured(*side) for side in sides] for _ in range(TURNS)])
    ours, theirs = turns.min(0)
    for k, workers in enumerate(SIZES):
        pairs = turns[:, 1, k] / turns[:, 0, k]
        note = f"{theirs[k]:.1f} ns there; in {TURNS} turns {pairs.min():.2f} to {pairs.max():.2f} times"
        yield Row(f"{workers:,} workers x {MONTHS} months, ns", f"{ours[k]:.1f}", "", "", note)
        what = f"   faster than {wanted[:12]}, times"
        yield Row(what, f"{theirs[k] / ours[k]:.2f}", "4", "8")
