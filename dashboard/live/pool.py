"""One pool of threads for all users of a server: a bounded queue, the most urgent work first.

Among calls that are equally urgent, the visitor who was served longest ago comes first. Work of a visitor
whose page is not connected waits; work that nobody waits for any more is dropped. On a server each thread has
a child process of its own, where runs live: a crash ends the run alone, and the interpreter of the server is free
for pages. A run in a child gives way to a more urgent call, and is done again later.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Any, NamedTuple, TypeVar

from returnee.dashboard.live.children import Child, GaveWay

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
    begun : callable
        Told that runs are asked for.
    """

    wanted: Callable[[], bool] = lambda: True
    step: Callable[[int, int], None] = lambda done, total: None
    show: Callable[[Any], None] = lambda found: None
    begun: Callable[[], None] = lambda: None


def always() -> bool:
    """Wanted in any case."""
    return True


class Call(NamedTuple):
    """Work that waits, or is done; `lane` says by which thread, None by any."""

    urgency: int
    order: int
    future: Future[Any]
    work: Callable[[], Any]
    visitor: str
    wanted: Callable[[], bool]
    lane: int | None

    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.future.cancelled() or not self.wanted()

    def drop(self) -> None:
        """Tell who waits, if anybody, that it is not done."""
        if self.future.cancel():
            self.future.set_running_or_notify_cancel()


class Here(threading.local):
    """The child process of this thread; none in a thread that is not a pool's, or before `have_children`."""

    child: Child | None = None


HERE = Here()


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
        self.children: list[Child] = []
        self._queues: dict[str, list[Call]] = {}
        self._served: dict[str, int] = {}
        self._order, self._turns = itertools.count(), itertools.count(1)
        self._changed = threading.Condition()
        self._start = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._doing: list[Call | None] = [None] * self.workers

    def submit(
        self,
        urgency: int,
        call: Callable[[], T],
        visitor: str = NOBODY,
        wanted: Callable[[], bool] = always,
        lane: int | None = None,
    ) -> Future[T]:
        """Put a call into the queue.

        Parameters
        ----------
        urgency : int
            Smaller numbers are done first.
        call : callable
            Without arguments.
        visitor : str
            Whose it is; a visitor's calls of the same urgency are done in the order they came.
        wanted : callable
            Whether anybody still waits; if not, it is dropped.
        lane : int, optional
            Calls of one lane are done in one thread, where what they have in common is kept.

        Returns
        -------
        concurrent.futures.Future
            ``cancel()`` drops the call.

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
            lane = None if lane is None else lane % self.workers
            new = Call(urgency, next(self._order), future, call, visitor, wanted, lane)
            self._put(new)
            self._make_way(new)
        return future

    def _put(self, call: Call) -> None:
        heapq.heappush(self._queues.setdefault(call.visitor, []), call)
        self._changed.notify_all()

    def _make_way(self, new: Call) -> None:
        """Have runs give way that nobody waits for, and else the least urgent if it is less so than a new call."""
        if not self.children:
            return
        has_room, found = False, (new.urgency, -1)
        for n, doing in enumerate(self._doing):
            is_free = doing is None or doing.is_over()
            if doing is not None and is_free:  # it takes a processor, wherever the new call is done
                self.children[n].give_way()
            if new.lane in (None, n):
                has_room = has_room or is_free
                found = max(found, (0 if doing is None else doing.urgency, n))
        if not has_room and found[0] > new.urgency:
            self.children[found[1]].give_way()

    def waiting(self) -> int:
        """How many calls wait."""
        return sum(map(len, list(self._queues.values())))

    def start(self) -> None:
        """Start the threads; a server does so before it has users, so that no thread is one user's."""
        with self._start:
            while (n := len(self._threads)) < self.workers:
                thread = threading.Thread(
                    target=self._work, args=(n,), name=f"county-{n}", daemon=True
                )
                self._threads.append(thread)
                thread.start()

    def end(self) -> None:
        """End the processes in which runs live, at the end of the server."""
        for child in self.children:
            child.end()

    def have_children(self) -> None:
        """Give each thread a process in which its runs live; before the threads start."""
        self.children = [Child(1.0 / self.workers) for _ in range(self.workers)]

    def _drop_cancelled(self) -> None:
        for visitor, queue in list(self._queues.items()):
            kept = [call for call in queue if not call.is_over()]
            heapq.heapify(kept)
            self._queues[visitor] = kept
        self._forget()

    def _forget(self) -> None:
        """Forget visitors for whom nothing waits; who was served when is kept while others wait."""
        self._queues = {visitor: queue for visitor, queue in self._queues.items() if queue}
        if not self._queues:
            self._served.clear()

    def _next(self, thread: int) -> Call | None:
        """The call whose turn it is in a thread, taken out of its queue; None if there is none to do."""
        found: Call | None = None
        best: tuple[int, int, int] | None = None
        for visitor, queue in self._queues.items():
            while queue and queue[0].is_over():
                heapq.heappop(queue).drop()
            mine = (call for call in queue if call.lane in (None, thread))
            call = min(mine, default=None)
            if call is None:
                continue
            rank = (call.urgency, self._served.get(visitor, 0), call.order)
            if (best is None or rank < best) and self.is_here(visitor):
                best, found = rank, call
        if found is None:
            self._forget()
            return None
        self._served[found.visitor] = next(self._turns)
        queue = self._queues[found.visitor]
        queue.remove(found)
        heapq.heapify(queue)
        self._forget()
        return found

    def _work(self, thread: int) -> None:
        if self.children:
            HERE.child = self.children[thread]
        while True:
            with self._changed:
                self._doing[thread] = None
                while (call := self._next(thread)) is None:
                    self._changed.wait(LOOK if self._queues else None)
                self._doing[thread] = call
            self._do(call)
            del call

    def _do(self, call: Call) -> None:
        if call.is_over():
            call.drop()
            return
        try:
            found, error = call.work(), None
        except GaveWay:
            with self._changed:
                self._put(call)
            return
        except BaseException as wrong:
            found, error = None, wrong
        if not call.future.set_running_or_notify_cancel():
            return
        if error is None:
            call.future.set_result(found)
        else:
            call.future.set_exception(error)


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
        Without arguments; an attribute ``lane`` says in which thread, see `Pool.submit`.
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
            lane = getattr(call, "lane", None)
            futures.append(pool.submit(urgency, call, visitor, asker.wanted, lane))
        asker.begun()
        for future in futures:
            while not wait([future], timeout=LOOK).done:
                if not asker.wanted():
                    raise Stopped
            if not asker.wanted():
                raise Stopped
            results.append(future.result())
            asker.step(len(results), len(calls))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return results
