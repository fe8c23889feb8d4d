"""One pool of threads for all users of a server: a bounded queue, the most urgent work first.

Kernels of the model release the interpreter's lock, so threads use all processors. Among calls that
are equally urgent, the visitor who was served longest ago comes first. Work of a visitor whose page
is not connected waits; work that nobody waits for any more is dropped before it starts. A run that
has started is finished (tens of milliseconds) and kept.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
ROOM = 2000  # calls that may wait
LAST = 1_000_000  # urgency of work that nobody waits for
LOOK = 1.0  # seconds between looks at whether a visitor is back
NOBODY = ""


class Busy(RuntimeError):
    """The queue is full."""


class Stopped(Exception):
    """Nobody waits for the answer any more."""


class Asker(NamedTuple):
    """Who waits for an answer.

    Attributes
    ----------
    wanted : callable
        Whether the answer is still wanted.
    step : callable
        Told how many runs are done, of how many; a total of 0 means that others come first.
    show : callable
        Given what is known before the answer is complete.
    """

    wanted: Callable[[], bool] = lambda: True
    step: Callable[[int, int], None] = lambda done, total: None
    show: Callable[[Any], None] = lambda found: None


class Call(NamedTuple):
    """Work that waits."""

    urgency: int
    order: int
    future: Future[Any]
    work: Callable[[], Any]


class Pool:
    """Threads that do the most urgent call first, and serve visitors in turn.

    Parameters
    ----------
    workers : int, optional
        Threads; as many as there are processors if left out.
    room : int
        Calls that may wait.
    is_here : callable
        Whether a visitor's page is connected.
    """

    def __init__(
        self,
        workers: int | None = None,
        room: int = ROOM,
        is_here: Callable[[str], bool] = lambda visitor: True,
    ) -> None:
        self.workers, self.room, self.is_here = workers or os.cpu_count() or 1, room, is_here
        self._queues: dict[str, list[Call]] = {}
        self._served: dict[str, int] = {}
        self._order, self._turns = itertools.count(), itertools.count(1)
        self._changed = threading.Condition()
        self._start = threading.Lock()
        self._threads: list[threading.Thread] = []

    def submit(self, urgency: int, call: Callable[[], T], visitor: str = NOBODY) -> Future[T]:
        """Put a call into the queue.

        Parameters
        ----------
        urgency : int
            Smaller numbers are done first.
        call : callable
            Without arguments.
        visitor : str
            Whose it is; a visitor's calls of the same urgency are done in the order they came.

        Returns
        -------
        concurrent.futures.Future
            ``cancel()`` drops the call if it has not begun.

        Raises
        ------
        Busy
            If too many calls wait.
        """
        self.start()
        future: Future[T] = Future()
        with self._changed:
            if self.waiting() >= self.room:
                self._drop_cancelled()
                if self.waiting() >= self.room:
                    raise Busy
            queue = self._queues.setdefault(visitor, [])
            heapq.heappush(queue, Call(urgency, next(self._order), future, call))
            self._changed.notify()
        return future

    def waiting(self) -> int:
        """How many calls wait."""
        return sum(map(len, list(self._queues.values())))

    def start(self) -> None:
        """Start the threads; a server does so before it has users, so that no thread is one user's."""
        with self._start:
            while len(self._threads) < self.workers:
                name = f"county-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _drop_cancelled(self) -> None:
        for visitor, queue in list(self._queues.items()):
            kept = [call for call in queue if not call.future.cancelled()]
            heapq.heapify(kept)
            self._queues[visitor] = kept
        self._forget()

    def _forget(self) -> None:
        """Forget visitors for whom nothing waits; who was served when is kept while others wait."""
        self._queues = {visitor: queue for visitor, queue in self._queues.items() if queue}
        if not self._queues:
            self._served.clear()

    def _next(self) -> Call | None:
        """The call whose turn it is, taken out of its queue; None if there is none to do."""
        found = ""
        best: tuple[int, int, int] | None = None
        for visitor, queue in self._queues.items():
            while queue and queue[0].future.cancelled():
                heapq.heappop(queue)
            if not queue:
                continue
            rank = (queue[0].urgency, self._served.get(visitor, 0), queue[0].order)
            if (best is None or rank < best) and self.is_here(visitor):
                best, found = rank, visitor
        if best is None:
            self._forget()
            return None
        self._served[found] = next(self._turns)
        call = heapq.heappop(self._queues[found])
        self._forget()
        return call

    def _work(self) -> None:
        while True:
            with self._changed:
                while (call := self._next()) is None:
                    self._changed.wait(LOOK if self._queues else None)
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                call.future.set_result(call.work())
            except BaseException as error:
                call.future.set_exception(error)
            del call


def visitor_here() -> str:
    """Name of the page (the library's kernel) that this thread works for; empty if for none."""
    from solara.server import kernel_context

    if not kernel_context.has_current_context():
        return NOBODY
    return str(kernel_context.get_current_context().id)


def is_connected(visitor: str) -> bool:
    """Whether a page is there: not closed, and not cut off for the moment."""
    from solara.server import kernel_context

    context = kernel_context.contexts.get(visitor)
    if visitor == NOBODY or context is None:
        return visitor == NOBODY
    status = list(context.page_status.values())
    # A page that is only being made has no connection to lose yet.
    return not status or kernel_context.PageStatus.CONNECTED in status


POOL = Pool(is_here=is_connected)


def gather(
    calls: Sequence[Callable[[], T]], urgency: int, asker: Asker, pool: Pool = POOL
) -> list[T]:
    """Have calls done by the pool and wait for all.

    Parameters
    ----------
    calls : sequence of callables
        Without arguments.
    urgency : int
        Smaller is done first, see `Pool.submit`.
    asker : Asker
        Asked after each result and while there is none; when the answer is not wanted, what has not
        begun is dropped.

    Returns
    -------
    list
        What the calls returned, in their order.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    Busy
        If the queue is full.
    """
    futures: list[Future[T]] = []
    results: list[T] = []
    visitor = visitor_here()
    try:
        for call in calls:
            futures.append(pool.submit(urgency, call, visitor))
        for future in futures:
            while not wait([future], timeout=LOOK).done:
                if not asker.wanted():
                    raise Stopped
            results.append(future.result())
            if not asker.wanted():
                raise Stopped
            asker.step(len(results), len(calls))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return results
