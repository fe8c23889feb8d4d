"""What is measured: a function per figure, each giving rows of a table."""

from __future__ import annotations

import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np

from returnee.scenarios import Scenario, load_scenario
from returnee.simulation import simulate
from returnee.simulation.run import start
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import BURN_IN, advance, live_history
from returnee.simulation.state.draws import philox

MONTHS, SEED = 120, 1
ROOT = Path(__file__).resolve().parent.parent


class Row(NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    reach: str = ""
    stretch: str = ""
    note: str = ""


def best(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some calls."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


@numba.njit
def many_draws(n):
    total = np.uint64(0)
    for k in range(n):
        a, _, _, _ = philox(
            np.uint64(k), np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
        )
        total += a
    return total


def probe() -> float:
    """Nanoseconds of one Philox4x32-10 block on this machine: divide by it to compare machines."""
    many_draws(10)
    return best(lambda: many_draws(5_000_000)) / 5_000_000 * 1e9


def months_alone(scenario: Scenario, sample: float, times: int = 3) -> tuple[float, float]:
    """Nanoseconds a worker-month, and seconds, of the processor for 120 months after the history."""
    seconds, workers = [], 0
    history = live_history(scenario, SEED, 0, sample, MONTHS, BURN_IN)
    for _ in range(times):
        county = with_policy(history, scenario, MONTHS)
        workers = int(county.clock.initial)
        begun = time.process_time()
        advance(county, MONTHS)
        seconds.append(time.process_time() - begun)
    return min(seconds) / workers / MONTHS * 1e9, min(seconds)


def in_turns(counties: Sequence[tuple[Scenario, float]], turns: int = 3) -> np.ndarray:
    """Nanoseconds a worker-month of several scenarios and samples, in turns."""
    taken = [[months_alone(*county, 2)[0] for county in counties] for _ in range(turns)]
    least: np.ndarray = np.min(taken, axis=0)
    return least


def sample_of(workers: int) -> float:
    """Share of the county that has so many workers."""
    return workers / load_scenario("baseline").county.labour_force


def warm() -> None:
    """Compile, or load from the cache, before anything is timed."""
    simulate("baseline", sample=0.002, months=12)


def full() -> list[Row]:
    """Full county, 300,000 workers × 120 months, one core."""
    warm()
    nanoseconds, seconds = months_alone(load_scenario("baseline"), sample_of(300_000))
    what = "300,000 workers x 120 months, ns a worker-month"
    return [Row(what, f"{nanoseconds:.1f}", "15", "5", f"{seconds:.2f} s after the history")]


def small() -> list[Row]:
    """30,000 workers × 120 months, people, ties and history included."""
    warm()
    replicates = iter(range(1000, 2000))
    seconds = best(lambda: simulate("baseline", next(replicates), sample=sample_of(30_000)).monthly)
    again = best(lambda: simulate("linked", 1000, sample=sample_of(30_000)).monthly)
    return [
        Row("30,000 workers x 120 months, set-up and all, s", f"{seconds:.2f}", "0.15", "0.05",
            "with 60 months of history"),
        Row("   the same, another policy on a known history", f"{again:.2f}"),
    ]  # fmt: skip


def plain(workers: int = 3000, months: int = 12) -> list[Row]:
    """Against the same rules as plain Mesa objects, side by side."""
    warm()
    scenario = load_scenario("baseline")
    sample = workers / scenario.county.labour_force
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "county.pickle"
        county = start(scenario, 0, SEED, sample, months, BURN_IN)
        arrays = {name: np.asarray(array) for name, array in county.by_name().items()}
        path.write_bytes(pickle.dumps(arrays))
        run_python("-m", "benchmarks.plain_mesa", str(path), str(months), NUMBA_DISABLE_JIT="1")
        slow, indicators = pickle.loads(path.with_suffix(".out").read_bytes())
    seconds = []
    for _ in range(5):
        county = start(scenario, 0, SEED, sample, months, BURN_IN)
        begun = time.perf_counter()
        county = advance(county, months)
        seconds.append(time.perf_counter() - begun)
    mine = np.array(county.months[1:].tolist())
    worst = float(np.max(np.abs(mine - indicators[1:]) / np.maximum(np.abs(mine), 1.0)))
    same = "same results" if worst == 0 else f"results differ by up to {worst:.1g} of their size"
    note = f"{slow:.2f} s against {min(seconds) * 1e3:.1f} ms for {workers} x {months}; {same}"
    what = "faster than plain Mesa objects, times"
    return [Row(what, f"{slow / min(seconds):.0f}", "300", "1000", note)]


def memory() -> list[Row]:
    """Bytes a worker, ties included: the arrays, and the process."""
    text = run_python("-c", "from benchmarks.figures import memory_here; memory_here()")
    arrays, both, process = (float(word) for word in text.split())
    return [
        Row("memory a worker, ties included, bytes", f"{arrays:.0f}", "300", "200",
            "arrays of one county of 300,000"),
        Row("   with a kept history beside it", f"{both:.0f}"),
        Row("   peak of the process above its start", f"{process:.0f}", "", "", "after a run"),
    ]  # fmt: skip


def memory_here() -> None:
    """Print bytes a worker of the arrays, of county and history, and of this process."""
    warm()
    before = peak()
    scenario = load_scenario("baseline")
    run = simulate(scenario, sample=1.0)
    workers = int(run.county.clock.initial)
    after = peak()
    history = live_history(scenario, SEED, 0, 0.01, MONTHS, BURN_IN)
    later = with_policy(history, scenario, MONTHS)
    kept = history.by_name()
    shared = {name for name, array in later.by_name().items() if array is kept[name]}
    sizes = {name: array.nbytes for name, array in run.county.by_name().items()}
    once = sum(sizes.values())
    twice = once + sum(size for name, size in sizes.items() if name not in shared)
    print(once / workers, twice / workers, (after - before) / workers)


def peak() -> int:
    """Most memory this process has held so far, bytes."""
    status = Path("/proc/self/status")  # where there is one: getrusage counts the parent's as well
    if status.is_file():
        lines = status.read_text(encoding="utf-8").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def processor_seconds(work: Callable[[], object]) -> float:
    """Seconds of processor time of the processes that a call starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compiling() -> list[Row]:
    """First compile in an empty cache, and start with a warm one."""
    first_run = (
        "from returnee.simulation import simulate; simulate('baseline', sample=0.002, months=12)"
    )
    with tempfile.TemporaryDirectory() as folder:

        def run() -> None:
            run_python("-c", first_run, RETURNEE_CACHE=folder)

        cold = processor_seconds(run)
        start_up = min(processor_seconds(run) for _ in range(3))
    return [
        Row("first run, nothing compiled, CPU s", f"{cold:.1f}", "25", "12", "new process"),
        Row("first run, warm cache, CPU s", f"{start_up:.2f}", "1.0", "0.7", "imports too"),
    ]


def many(runs: int = 100) -> list[Row]:
    """1,000 runs of 3,000 workers × 120 months on all cores."""
    warm()
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        begun = time.perf_counter()
        small = sample_of(3_000)
        used = time.process_time()
        for run in pool.map(lambda k: simulate("baseline", 5000 + k, sample=small), range(runs)):
            run.monthly  # noqa: B018
        seconds, used = time.perf_counter() - begun, time.process_time() - used
    note = f"from {runs} runs in {seconds:.1f} s ({used:.1f} of processors), {cores} threads, each with its own history"
    return [Row("1,000 runs of 3,000 x 120, s", f"{seconds / runs * 1000:.0f}", "60", "20", note)]


def scaling(turns: int = 3) -> list[Row]:
    """Cost a worker from 30,000 to 1,200,000 workers, the sizes in turns.

    The largest is a county four times the size, under a policy with the same budget.
    """
    warm()
    sizes, counties = (30_000, 300_000, 1_200_000), []
    for workers in sizes:
        force = max(workers, 300_000)
        counties.append(
            (load_scenario("baseline", {"county.labour_force": force}), workers / force)
        )
    least = in_turns(counties, turns)
    rows = [Row(f"{sizes[0]:,} workers, ns a worker-month", f"{least[0]:.1f}")]
    for workers, nanoseconds in zip(sizes[1:], least[1:], strict=True):
        note = f"{nanoseconds / least[0] - 1.0:+.0%} against {sizes[0]:,}"
        rows.append(Row(f"{workers:,} workers", f"{nanoseconds:.1f}", "+-20 %", "", note))
    return rows


def resume(runs: int = 10_000) -> list[Row]:
    """Time to find what is left to do of a comparison whose runs are all finished."""
    from returnee.experiments.measuring.measures import SCHEMA
    from returnee.experiments.running.jobs import RUNS, Done, Tidy
    from returnee.experiments.running.options import RunSettings
    from returnee.experiments.running.plan import Plan
    from returnee.experiments.running.store import Store

    scenarios = {name: load_scenario(name) for name in ("baseline", "linked")}
    plan = Plan(scenarios, "baseline", runs // 2, RunSettings(1, 0.05, 120))

    def left(folder: Path) -> int:
        with Store(folder, plan) as store:
            done = store.done()
        return sum(task.key not in done for task in plan.tasks())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store(folder, plan) as store:
            for (job,) in plan.batches(iter(plan.names), runs, Tidy()):
                store.add(job, Done({RUNS: SCHEMA.empty_table()}, (None,)))
        assert left(folder) == 0
        parts = best(lambda: left(folder))
        with Store(folder, plan) as store:
            store.consolidate()
        assert left(folder) == 0
        return [
            Row("resume over 10,000 finished runs, s", f"{parts:.2f}", "1", "", "runs in parts"),
            Row("", f"{best(lambda: left(folder)):.2f}", "1", "", "runs in one table"),
        ]


def run_python(*arguments: str, **environment: str) -> str:
    """What a new Python process prints, run in the project's folder."""
    known = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=known,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout


FIGURES: dict[str, Callable[[], list[Row]]] = {
    "full": full,
    "small": small,
    "plain": plain,
    "memory": memory,
    "compiling": compiling,
    "many": many,
    "scaling": scaling,
    "resume": resume,
}
