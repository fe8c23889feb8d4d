"""Kill a sweep again and again at random moments, resume it, and compare with an undisturbed one.

``python -m benchmarks.kills`` kills twenty times; ``python -m benchmarks.kills 100 7`` a hundred
times with another seed. Prints what was kept at every kill; ends with 1 if the tables differ.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import warm
from benchmarks.sweeps import begun
from returnee.experiments.measuring.measures import NAMES
from returnee.experiments.studies.points.sweep import frame_of

DESIGN = """
scenarios = ["baseline", "linked"]
replicates = {replicates}
sample = 0.002
months = 24
[axes]
policy.training.places = [0, 1000, 3000]
behaviour.firm.luck_sd = [0.2, 0.4]
"""
MOST = 3  # parts finished before a kill
LATER = 0.4  # seconds after that, at most
RUNS_A_KILL = 300  # so that something is left to do at the last


def parts_of(folder: Path) -> int:
    """How many jobs are kept."""
    return len(list((folder / "out/parts").glob("[0-9]*.parquet")))


def killed(folder: Path, design: str, times: int, chance: random.Random) -> bool:
    """Start a sweep, kill it, and again; whether it was never finished before the last kill.

    Moments are drawn in work done and not in seconds, so that a busy machine kills as late: after
    none to a few new parts, and a little more.
    """
    for k in range(times):
        wanted, more = parts_of(folder) + chance.randint(0, MOST), chance.uniform(0.0, LATER)
        begin = time.perf_counter()
        with begun(folder, design) as process:
            while process.poll() is None and parts_of(folder) < wanted:
                time.sleep(0.01)
            time.sleep(more)
            alive = process.poll() is None
            process.kill()
        torn = len(list((folder / "out").rglob(".*.new")))
        after = time.perf_counter() - begin
        kept = parts_of(folder)
        print(f"kill {k + 1:3d} after {after:5.2f} s: {kept} jobs kept, {torn} half-written")
        if not alive:
            return False
    return True


def finished(folder: Path, design: str) -> Path:
    """Do what is left, and where the table is."""
    with begun(folder, design) as process:
        _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said.strip().splitlines()[-1])
    return folder / "out"


def main(times: int = 20, seed: int = 1) -> int:
    """Kill, resume, compare; 0 if nothing differs."""
    warm()
    design = DESIGN.format(replicates=max(times * RUNS_A_KILL // 12, 20))
    with tempfile.TemporaryDirectory() as name:
        disturbed, calm = Path(name) / "disturbed", Path(name) / "calm"
        disturbed.mkdir()
        calm.mkdir()
        if not killed(disturbed, design, times, random.Random(seed)):
            print("found a sweep that finished before it was killed, allowed a longer one")
            return 1
        left, right = finished(disturbed, design), finished(calm, design)
        one, other = frame_of(left), frame_of(right)
        columns = list(NAMES)
        indicators = one[columns].to_numpy().tobytes() == other[columns].to_numpy().tobytes()
        files = (left / "runs.parquet").read_bytes() == (right / "runs.parquet").read_bytes()
    print(
        f"{times} kills, {len(one)} runs, {len(columns)} indicators: "
        f"indicators {'the same' if indicators else 'differ'} byte for byte, "
        f"files {'the same' if files else 'differ'} byte for byte"
    )
    return 0 if indicators and files else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
