"""Run tasks on threads or processes, and hand over what comes out as it comes.

Kernels release the interpreter's lock, so threads share compiled code, scenarios and histories
without copying; they call no linear algebra that would start threads of its own. Jobs are submitted a few at a time. A run that fails is an outcome with its error.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import parent_process, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

import pyarrow as pa

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Settings, Task
from returnee.experiments.measuring.measures import tidy
from returnee.experiments.measuring.people import people_of
from returnee.experiments.running.plan import Plan
from returnee.scenarios import Scenario
from returnee.simulation import simulate
from returnee.simulation.engine.cache import COMPILING, said
from returnee.simulation.engine.compiler import is_compiled
from returnee.simulation.run import Run
from returnee.simulation.start.history import HISTORIES

Measure = Callable[[Run, Task], pa.Table]
Work = tuple[tuple[Task, Scenario], ...]
Call = tuple[Callable[[Work, Settings, Measure], list["Outcome"]], Work, Settings, Measure]
WINDOW = 2  # jobs submitted per worker
PAUSE = 0.2  # seconds between looks at what has finished
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Outcome:
    """What came out of a task: a table, or an error."""

    task: Task
    table: pa.Table | None
    error: str = ""
    people: pa.Table | None = None  # a row a person, of the first replicates


def run_task(
    task: Task, scenario: Scenario, settings: Settings, measure: Measure = tidy
) -> Outcome:
    """Run one task and measure it; whatever goes wrong is its outcome."""
    s = settings
    try:
        run = simulate(scenario, task.replicate, s.seed, s.sample, s.months, s.burn_in)
        people = people_of(run) if task.replicate < s.people else None
        return Outcome(task, measure(run, task), people=people)
    except Exception as error:
        return Outcome(task, None, " ".join(f"{type(error).__name__}: {error}".split()))


def run_work(work: Work, settings: Settings, measure: Measure = tidy) -> list[Outcome]:
    """Run the tasks of one job, one after the other (in a process of its own)."""
    return [run_task(task, scenario, settings, measure) for task, scenario in work]


def workers_of(workers: int | None) -> int:
    """How many runs at a time.

    Raises
    ------
    UsageError
        If it is not a number from 1.
    """
    if workers is not None and not 1 <= workers <= 1024:
        raise UsageError(f"workers: found {workers}, allowed 1 to 1024")
    return workers or os.cpu_count() or 1


def compile_first(say: Callable[[str], None]) -> None:
    """Compile the model once, before many threads would wait for it; say so first."""
    if is_compiled():
        return
    say(COMPILING)
    said(COMPILING)
    simulate("baseline", sample=0.002, months=12)


def execute(
    works: Sequence[Work],
    settings: Settings,
    take: Callable[[Outcome], None],
    workers: int,
    processes: bool = False,
    measure: Measure = tidy,
) -> None:
    """Run jobs and hand each outcome to `take`, in this thread.

    When interrupted, runs in progress are finished and handed over before the interrupt goes on.

    Parameters
    ----------
    works : sequence of Work
        Jobs; the tasks of a job run one after the other.
    settings : Settings
        What every run is called with.
    take : callable
        Called with each `Outcome`.
    workers : int
        Runs at a time.
    processes : bool
        Use processes instead of threads.
    measure : callable
        Makes the table of an outcome from a `Run` and its `Task`; with processes a function of a
        module.
    """
    HISTORIES.kept = max(HISTORIES.kept, workers + 1)
    done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    stop = threading.Event()

    def work_through(work: Work, _: Settings, __: Measure) -> list[Outcome]:
        for task, scenario in work:
            if stop.is_set():
                break
            done.put(run_task(task, scenario, settings, measure))
        return []

    threads = ThreadPoolExecutor(workers, thread_name_prefix="run")
    call = run_work if processes else work_through
    calls = [(call, work, settings, measure) for work in works]
    with process_pool(workers) if processes else threads as pool:
        try:
            _feed(pool, calls, take, done, stop, WINDOW * workers)
        except BrokenExecutor:
            raise UsageError(
                "workers: found a process that the system ended, allowed as many as there is "
                "memory for; finished runs are kept"
            ) from None


def _feed(
    pool: Executor,
    calls: Iterable[Call],
    take: Callable[[Outcome], None],
    done: queue.SimpleQueue[Outcome],
    stop: threading.Event,
    window: int,
) -> None:
    """Submit calls a few at a time; take outcomes from their results and from the queue."""
    waiting = iter(calls)
    pending: set[Future[list[Outcome]]] = set()
    more = True
    try:
        while more or pending:
            while more and len(pending) < window:
                call = next(waiting, None)
                more = call is not None
                if call is not None:
                    do, work, settings, measure = call
                    pending.add(pool.submit(do, work, settings, measure))
            finished, pending = wait(pending, timeout=PAUSE, return_when=FIRST_COMPLETED)
            _take_all(done, finished, take)
    except BaseException as error:
        stop.set()
        running = {future for future in pending if not future.cancel()}
        wait(running)
        if isinstance(error, KeyboardInterrupt):
            _take_all(done, running, take)
        raise


def _take_all(
    done: queue.SimpleQueue[Outcome],
    finished: Iterable[Future[list[Outcome]]],
    take: Callable[[Outcome], None],
) -> None:
    for future in finished:
        for outcome in future.result():
            take(outcome)
    while not done.empty():  # this thread is the only one that takes
        take(done.get_nowait())


@contextmanager
def main_left_out() -> Iterator[None]:
    """Processes that are started meanwhile do not run the user's script again.

    Python has a new process import the main script, for what it may define. A run needs nothing of
    it, and a script without ``if __name__ == "__main__"``, or one read from standard input, would
    start its own work again in every process, or end it.
    """
    whole = spawn.get_preparation_data

    def without_main(name: str) -> dict[str, Any]:
        found = whole(name)
        return {key: value for key, value in found.items() if not key.startswith("init_main")}

    spawn.get_preparation_data = without_main
    try:
        yield
    finally:
        spawn.get_preparation_data = whole


class _Process(SpawnProcess):
    @staticmethod
    def _Popen(process: Any) -> Any:  # noqa: N802
        with main_left_out():
            return SpawnProcess._Popen(process)  # type: ignore[attr-defined]


class _Context(SpawnContext):
    Process = _Process


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Processes that end with their parent, and leave interrupts from the keyboard to it."""
    for name in THREAD_VARIABLES:  # read by a new process when it loads numpy
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(workers, mp_context=_Context(), initializer=_follow_parent)


def _follow_parent() -> None:
    # Interrupts from the keyboard reach every process; only the parent answers them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()  # comes back also when the parent was killed
        os._exit(1)


def works_of(
    tasks: list[Task], plan: Plan, workers: int
) -> list[tuple[tuple[Task, Scenario], ...]]:
    """Group runs that share a history; split the groups where workers would be idle."""

    def history(task: Task) -> tuple[int, str]:
        return task.replicate, plan.scenarios[task.scenario].world_id

    groups = [tuple(group) for _, group in groupby(tasks, key=history)]
    if len(groups) < 2 * workers:
        groups = [(task,) for group in groups for task in group]
    return [tuple((task, plan.scenarios[task.scenario]) for task in group) for group in groups]
