"""Where jobs are done: threads, processes, or a Dask cluster, each a `concurrent.futures.Executor`.

Kernels release the interpreter's lock, so threads share compiled code, scenarios and histories
without copying; they call no linear algebra that would start threads of its own. Jobs are handed
in a few at a time; a worker that dies has its jobs done by another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from multiprocessing import parent_process, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any
from urllib.parse import urlsplit

from returnee.experiments.errors import UsageError
from returnee.experiments.running.jobs import StoppedError
from returnee.experiments.running.options import Where
from returnee.scenarios import load_scenario
from returnee.scenarios.schema.own_rules import OwnRules
from returnee.simulation import simulate
from returnee.simulation.engine.cache import COMPILING, COMPILING_RULES, said
from returnee.simulation.engine.compiler import is_compiled
from returnee.simulation.own_rules import model_of, running_under
from returnee.simulation.start.assemble import assemble
from returnee.simulation.start.history import HISTORIES

ANSWER = 10.0  # seconds that a scheduler has to answer
WORKERS = 60.0  # seconds that it has to find a worker
WINDOW = 2  # batches handed in per worker
PAUSE = 0.2  # seconds between looks at what has finished
DEATHS = 5  # times in a row that workers may die before anything more is finished
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


Batch = tuple[Any, ...]  # work that one worker does in turn, for it has something in common


def workers_of(workers: int | None) -> int:
    """How many runs at a time."""
    return workers or os.cpu_count() or 1


def compile_first(say: Callable[[str], None], models: Sequence[OwnRules] = ()) -> None:
    """Compile the model once, before many threads would wait for it; say so first.

    `models`: rules of one's own; each file is compiled with a model of its own.
    """
    if not is_compiled():
        say(COMPILING)
        said(COMPILING)
        simulate("baseline", sample=0.002, months=12)
    for rules in models:
        if not is_compiled(model_of(rules).mark):
            say(COMPILING_RULES)
            said(COMPILING_RULES)
            simulate("baseline", sample=0.002, months=12, rules=rules)


def try_out(models: Sequence[OwnRules]) -> None:
    """Refuse rules of one's own that cannot be compiled, before anything is run anywhere.

    Raises RulesError: a line for each rule.
    """
    for rules in models:
        if not is_compiled(model_of(rules).mark):
            county, _ = assemble(load_scenario("baseline"), 1, 0, 0.001, 12, 12)
            with running_under(rules, county):
                pass


class Inbox:
    """Where threads put what is done, and see whether they are to stop."""

    def __init__(self) -> None:
        self.done: queue.SimpleQueue[tuple[Any, Any]] = queue.SimpleQueue()
        self.stop = threading.Event()

    def taken(self) -> Iterator[tuple[Any, Any]]:
        """What has come in; one thread takes."""
        while not self.done.empty():
            yield self.done.get_nowait()


def do_all(batch: Batch, inbox: Inbox | None = None) -> list[Any]:
    """Do the work of a batch: what came out of each, unless it was put into the inbox."""
    if inbox is None:
        return [work.do() for work in batch]
    for work in batch:
        try:
            inbox.done.put((work, work.do(inbox.stop.is_set)))
        except StoppedError:
            break
    return []


class Local:
    """Threads of this process, which share histories and compiled code; or processes beside it."""

    def __init__(self, workers: int, processes: bool) -> None:
        self.workers, self.breaks = workers, processes
        self.inbox = None if processes else Inbox()
        self._pool: futures.Executor | None = None

    def open(self) -> futures.Executor:
        """Start them; processes once more if the system ended one."""
        if self.breaks:
            one_thread_each()
            self._pool = futures.ProcessPoolExecutor(self.workers, CONTEXT, follow_parent)
        else:
            HISTORIES.kept = max(HISTORIES.kept, self.workers + 1)
            self._pool = futures.ThreadPoolExecutor(self.workers, thread_name_prefix="run")
        return self._pool

    def close(self) -> None:
        """Give up what runs: threads at the end of the run, processes at once."""
        if self.inbox is not None:
            self.inbox.stop.set()
        if self._pool is not None:
            processes = list((getattr(self._pool, "_processes", None) or {}).values())
            self._pool.shutdown(wait=not self.breaks, cancel_futures=True)
            for process in processes:
                process.terminate()


class Cluster:
    """Workers of a Dask cluster; a job whose worker dies is done by another.

    `address`: of a scheduler, such as ``tcp://node1:8786``; empty to start a cluster here.
    `workers`: processes of a cluster that is started here; 0 for none. `say`: told that there are
    no workers yet, if so. Raises UsageError: if Dask is not installed, or the scheduler does not
    answer or has no workers.
    """

    breaks = False  # whether the executor must be opened anew when a worker has died
    inbox: Inbox | None = None

    def __init__(self, address: str, workers: int, say: Callable[[str], None]) -> None:
        self.address, self.workers = address, workers
        self._main = ExitStack()
        self._client: Any = None
        self._cluster: Any = None
        try:
            import distributed
        except ImportError:
            raise UsageError(
                "scheduler: found no dask, allowed after pip install 'returnee[cluster]'"
            ) from None
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        where: Any = address
        if not address:
            self._main.enter_context(main_left_out())  # also of a worker that is started again
            self._cluster = where = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50
            )
        try:
            if address:
                _knock(address)
            self._client = distributed.Client(where, timeout=ANSWER, set_as_default=False)
            if address and not self._client.nthreads():
                say(f"{address} has no workers yet; waiting for one, at most {WORKERS:.0f} s")
            self._client.wait_for_workers(1, timeout=WORKERS)
        except (OSError, ValueError, TypeError) as error:
            found = "no workers" if self._client is not None else "no answer"
            self.close()
            if isinstance(error, ValueError | TypeError) and not self._client:
                found = str(error).splitlines()[0]
            raise UsageError(
                f"scheduler: {address}: found {found}, allowed the address of a Dask scheduler "
                "with workers, as in tcp://node1:8786"
            ) from None
        self.workers = max(sum(self._client.nthreads().values()), 1)

    def open(self) -> futures.Executor:
        """The cluster as an executor."""
        return self._client.get_executor(pure=False)

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()
        self._main.close()


Pool = Local | Cluster


def pool_of(where: Where, say: Callable[[str], None]) -> Pool:
    """The place itself; a cluster is asked whether it answers, and `say` told if it must wait."""
    where.check()
    if where.is_cluster:
        return Cluster(where.scheduler, where.local_cluster, say)
    return Local(workers_of(where.workers), where.processes)


def _knock(address: str) -> None:
    """See whether a scheduler answers.

    Dask itself would try for long where nobody listens, and wait without end where somebody takes
    the connection and says nothing.
    """
    from distributed.comm import resolve_address

    place = resolve_address(address)
    parts = urlsplit(place)
    if parts.scheme in ("tcp", "tls"):
        socket.create_connection((parts.hostname, parts.port), timeout=ANSWER).close()
    # In a thread of its own: where this is called, as in a notebook, a loop may be running.
    with futures.ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_greet(place))).result()


async def _greet(address: str) -> None:
    """Exchange Dask's greetings and leave."""
    from distributed import Security
    from distributed.comm import connect

    options = Security().get_connection_args("client")
    try:
        comm = await asyncio.wait_for(connect(address, timeout=ANSWER, **options), ANSWER)
    except Exception as error:  # whatever a stranger's answer leads to, MemoryError too
        raise OSError("no greeting") from error
    comm.abort()


def execute(batches: Iterable[Batch], pool: Pool, take: Callable[[Any, Any], None]) -> None:
    """Do work and hand over what comes out, in this thread.

    When interrupted, threads finish the runs that they are at, which are handed over before the
    interrupt goes on; processes and clusters give theirs up.

    `batches`: made only when they are handed in. `take`: called with each piece of work and what
    came out. Raises UsageError: if workers die again and again, or answer with another model.
    """
    waiting, deaths, executor = iter(batches), 0, pool.open()
    again: list[Batch] = []
    pending: dict[futures.Future[list[Any]], Batch] = {}
    try:
        while True:
            while len(pending) < WINDOW * pool.workers:
                batch = again.pop() if again else next(waiting, None)
                if batch is None:
                    break
                try:
                    words = (batch,) if pool.inbox is None else (batch, pool.inbox)
                    pending[executor.submit(do_all, *words)] = batch
                except futures.BrokenExecutor:
                    again.append(batch)
                    break
            if not pending and not again:
                return
            finished, _ = futures.wait(pending, timeout=PAUSE, return_when=futures.FIRST_COMPLETED)
            lost = [pending.pop(future) for future in finished if _died(future)]
            for future in finished & pending.keys():
                batch = pending.pop(future)
                _hand_over(zip(batch, _results(future)), take)
                deaths = 0
            if pool.inbox is not None:
                _hand_over(pool.inbox.taken(), take)
            if lost:
                deaths += 1
                if deaths > DEATHS:
                    raise UsageError(
                        "workers: found processes that the system ended again and again, allowed "
                        "as many as there is memory for; finished runs are kept"
                    )
                again += lost
                if pool.breaks:
                    again += pending.values()
                    pending.clear()
                    pool.close()
                    executor = pool.open()
    except KeyboardInterrupt:
        if pool.inbox is not None:
            pool.close()
            _hand_over(pool.inbox.taken(), take)
        raise
    finally:
        pool.close()


def _hand_over(found: Iterable[tuple[Any, Any]], take: Callable[[Any, Any], None]) -> None:
    for work, done in found:
        take(work, done)


def _died(future: futures.Future[Any]) -> bool:
    """Whether a worker died with the job."""
    error = None if future.cancelled() else future.exception()
    return isinstance(error, futures.BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _results(future: futures.Future[list[Any]]) -> list[Any]:
    """What a batch gave; what went wrong outside of a run, as one line."""
    try:
        return future.result()
    except (UsageError, MemoryError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)
        where = f" ({place[-1].name})" if place else ""
        raise UsageError(
            f"worker: found {type(error).__name__}: {error}{where}, allowed a worker with the same "
            "packages; finished runs are kept"
        ) from error


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


CONTEXT = _Context()
"""How processes are made: they do not run the user's script again."""


def one_thread_each() -> None:
    """Have processes that are made from now on do linear algebra in one thread."""
    for name in THREAD_VARIABLES:  # read by a new process when it loads numpy
        os.environ.setdefault(name, "1")


def follow_parent() -> None:
    """End with the parent, and leave interrupts from the keyboard to it."""
    # Interrupts from the keyboard reach every process; only the parent answers them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()  # comes back also when the parent was killed
        os._exit(1)
