"""Child processes in which runs live: a run that ends its process ends nothing else.

A process lives one run at a time. What it is asked for is a function and its arguments, which are pickled.
A run can be told to give way to a more urgent one: it looks once a simulated year.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from returnee.dashboard.settings import take_rules
from returnee.experiments.errors import UsageError
from returnee.experiments.running.executors import CONTEXT, follow_parent, one_thread_each
from returnee.scenarios.schema.own_rules import OwnRules, rules_now

LOG = logging.getLogger("returnee.dashboard")
T = TypeVar("T")
TRIES = 2  # of a run whose process ended: once more, as the system may have taken it for its memory
NICE = 3  # how much processes step back for the page that shows what they found


class GaveWay(Exception):
    """The run was given up for a more urgent one, and is to be done again."""


class Ended(UsageError):
    """A process ended with the run that it lived."""


class Orders:
    """What a child process is asked for; in a process that is nobody's child there are none."""

    def __init__(self) -> None:
        self.pipe: Connection[Any, Any] | None = None
        self.number = -1

    def look(self) -> None:
        """Raise GaveWay if the run that is lived is to give way."""
        while self.pipe is not None and self.pipe.poll():
            if self.pipe.recv() == self.number:
                raise GaveWay

    def follow(self, pipe: Connection[Any, Any]) -> None:
        """Do what comes through a pipe, one after the other, until it is closed."""
        self.pipe = pipe
        with suppress(EOFError, OSError):  # the server has ended
            while True:
                self._take(pipe)

    def _take(self, pipe: Connection[Any, Any]) -> None:
        asked = pipe.recv()
        if isinstance(asked, int):  # to give way: it was done before that came
            return
        self.number, work, args = asked
        try:
            answer = (True, work(*args))
        except Exception as error:
            answer = (False, error)
        pipe.send(answer)


ORDERS = Orders()
MAKING = threading.Lock()  # one process at a time is made


def begin(pipe: Connection[Any, Any], share: float, rules: OwnRules | None = None) -> None:
    """What a child process does; of all room for histories it has a share, and rules as the server has."""
    from returnee.dashboard.live.runs import make_room

    follow_parent()
    if rules is not None:
        take_rules(rules)
    make_room(share)
    with suppress(AttributeError, OSError):  # not on all systems
        os.nice(NICE)
    ORDERS.follow(pipe)


class Child:
    """A process that is made when it is needed, and again when it has ended."""

    def __init__(self, share: float = 1.0) -> None:
        self.share = share  # of the room for histories
        self._numbers = itertools.count()
        self._doing, self._speaks = threading.Lock(), threading.Lock()
        self._process: Any = None
        self._pipe: Any = None
        self._number: int | None = None
        self._is_over = False

    def do(self, work: Callable[..., T], *args: Any) -> T:
        """Have the process do a function of a module.

        Raises
        ------
        GaveWay
            If it was told to give way.
        Ended
            If the process ended on the way, again and again.
        """
        with self._doing:
            for _ in range(0 if self._is_over else TRIES):
                try:
                    done, answer = self._ask(work, args)
                except (EOFError, OSError):
                    code = self._end()
                    if self._is_over:
                        break
                    LOG.error("a run ended its process (code %s)", code)
                    continue
                if not done:
                    raise answer
                return answer  # type: ignore[no-any-return]
        raise Ended(
            "run: found a process that ended on the way, allowed one that ends with the run"
        )

    def _ask(self, work: Callable[..., T], args: tuple[Any, ...]) -> tuple[bool, Any]:
        if self._process is None:
            self._make()
        try:
            with self._speaks:
                self._number = next(self._numbers)
                self._pipe.send((self._number, work, args))
            return self._pipe.recv()  # type: ignore[no-any-return]
        finally:
            with self._speaks:
                self._number = None

    def give_way(self) -> None:
        """Tell the run that is lived, if there is one, to give way; it may be done before it hears."""
        with self._speaks, suppress(OSError):
            if self._number is not None:
                self._pipe.send(self._number)

    def renew(self) -> None:
        """End the process between two runs; its memory goes back to the system."""
        with self._doing:
            self._end()

    def end(self) -> None:
        """End the process with the run that it lives; there will be no other."""
        self._is_over = True
        process = self._process
        if process is not None:
            process.kill()

    @property
    def pid(self) -> int | None:
        """Number of the process, None if there is none."""
        process = self._process
        return None if process is None else process.pid

    def _make(self) -> None:
        with MAKING:
            one_thread_each()
            self._pipe, theirs = CONTEXT.Pipe()
            self._process = CONTEXT.Process(
                target=begin, args=(theirs, self.share, rules_now()), daemon=True
            )
            self._process.start()
            theirs.close()

    def _end(self) -> int | None:
        if self._process is None:
            return None
        self._pipe.close()
        self._process.join(1.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code: int | None = self._process.exitcode
        self._process = None
        return code
