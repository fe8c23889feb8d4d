"""Where the jobs of a sweep are done: threads, processes, or a Dask cluster.

Each opens a `concurrent.futures.Executor`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from returnee.experiments.arguments import check_fields
from returnee.experiments.errors import UsageError
from returnee.experiments.running.runner import main_left_out, process_pool, workers_of
from returnee.simulation.start.history import HISTORIES

ANSWER = 10.0  # seconds that a scheduler has to answer
WORKERS = 60.0  # seconds that it has to find a worker
STOPPED = threading.Event()
"""Set while threads are to give up their jobs."""


class Pool(Protocol):
    """Where jobs are done."""

    workers: int  # runs at a time
    breaks: bool  # whether the executor must be opened anew when a worker has died

    def open(self) -> Executor:
        """Start, or start again after workers died."""

    def close(self) -> None:
        """Stop; what runs is finished or given up."""


class Threads:
    """Threads of this process; they share histories and compiled code."""

    breaks = False

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: Executor | None = None

    def open(self) -> Executor:
        """Start the threads."""
        STOPPED.clear()
        HISTORIES.kept = max(HISTORIES.kept, self.workers + 1)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="sweep")
        return self._pool

    def close(self) -> None:
        """Give up what runs, at the end of the run."""
        STOPPED.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        STOPPED.clear()


class Processes:
    """Processes on this machine."""

    breaks = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: Executor | None = None

    def open(self) -> Executor:
        """Start the processes; once more if the system ended one."""
        self._pool = process_pool(self.workers)
        return self._pool

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            processes = list((getattr(self._pool, "_processes", None) or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()


class Cluster:
    """Workers of a Dask cluster; a job whose worker dies is done by another.

    Parameters
    ----------
    address : str
        Of a scheduler, such as ``tcp://node1:8786``; empty to start a cluster here.
    workers : int
        Processes of a cluster that is started here; 0 for none.
    say : callable
        Told that there are no workers yet, if so.

    Raises
    ------
    UsageError
        If Dask is not installed, or the scheduler does not answer or has no workers.
    """

    breaks = False

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

    def open(self) -> Executor:
        """The cluster as an executor."""
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def close(self) -> None:
        """Leave the cluster; end it if it was started here."""
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()
        self._main.close()


def _knock(address: str) -> None:
    """See whether a scheduler answers.

    Dask itself would try for long where nobody listens, and wait without end where somebody takes
    the connection and says nothing.

    Raises
    ------
    OSError, ValueError
    """
    from distributed.comm import resolve_address

    place = resolve_address(address)
    parts = urlsplit(place)
    if parts.scheme in ("tcp", "tls"):
        socket.create_connection((parts.hostname, parts.port), timeout=ANSWER).close()
    # In a thread of its own: where this is called, as in a notebook, a loop may be running.
    with ThreadPoolExecutor(1) as thread:
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


@dataclass(frozen=True)
class Where:
    """With what a sweep is done.

    Attributes
    ----------
    workers : int or None
        Runs at a time; as many as there are processors if None.
    processes : bool
        Use processes instead of threads.
    scheduler : str
        Address of a Dask scheduler.
    local_cluster : int
        Processes of a Dask cluster that is started here; 0 for none.
    """

    workers: int | None = None
    processes: bool = False
    scheduler: str = ""
    local_cluster: int = 0

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)

    def check(self) -> None:
        """Refuse what cannot be done at once.

        Raises
        ------
        UsageError
        """
        workers_of(self.workers)
        if not 0 <= self.local_cluster <= 1024:
            raise UsageError(f"local-cluster: found {self.local_cluster}, allowed 1 to 1024")
        if self.scheduler and self.local_cluster:
            raise UsageError("scheduler: found a local cluster too, allowed one of the two")

    def pool(self, say: Callable[[str], None]) -> Pool:
        """The place itself; a cluster is asked whether it answers, and `say` told if it must wait."""
        self.check()
        if self.scheduler or self.local_cluster:
            return Cluster(self.scheduler, self.local_cluster, say)
        workers = workers_of(self.workers)
        return Processes(workers) if self.processes else Threads(workers)
