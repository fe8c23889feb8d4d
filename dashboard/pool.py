"""One pool of threads for all users of a server: a bounded queue, the most urgent work first.

Kernels of the model release the interpreter's lock, so threads use all processors. Work that nobody
waits for any more is dropped before it starts; a run that has started is finished (tens of
milliseconds) and kept.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
ROOM = 2000  # calls that may wait
LAST = 1_000_000  # urgency of work that nobody waits for


class Busy(RuntimeError):
    """The queue is full."""


class Pool:
    """Threads that do the most urgent call first.

    Parameters
    ----------
    workers : int, optional
        Threads; as many as there are processors if left out.
    room : int
        Calls that may wait.
    """

    def __init__(self, workers: int | None = None, room: int = ROOM) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._queue: queue.PriorityQueue[tuple[int, int, Future[Any], Callable[[], Any]]] = (
            queue.PriorityQueue(room)
        )
        self._order = itertools.count()
        self._start = threading.Lock()
        self._threads: list[threading.Thread] = []

    def submit(self, urgency: int, call: Callable[[], T]) -> Future[T]:
        """Put a call into the queue.

        Parameters
        ----------
        urgency : int
            Smaller numbers are done first; calls of the same urgency in the order they came.
        call : callable
            Without arguments.

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
        try:
            self._queue.put_nowait((urgency, next(self._order), future, call))
        except queue.Full:
            raise Busy from None
        return future

    def waiting(self) -> int:
        """How many calls wait."""
        return self._queue.qsize()

    def start(self) -> None:
        """Start the threads; a server does so before it has users, so that no thread is one user's."""
        with self._start:
            while len(self._threads) < self.workers:
                name = f"county-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while True:
            _, _, future, call = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)


POOL = Pool()
