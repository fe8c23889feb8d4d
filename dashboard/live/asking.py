"""What a page asks for and what it shows of it: one hook for all pages, asked to shown, busy and error.

A page says by a value what it asks for; when that changes, work begins in a thread of its own, and the
work before is given up. Work may show what it knows before it is done.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import solara

from returnee.dashboard.live.pool import Asker, Busy, Stopped
from returnee.experiments.errors import UsageError
from returnee.scenarios import ScenarioError

LOG = logging.getLogger("returnee.dashboard")
A = TypeVar("A")
BREATH = 0.1  # seconds for the browser to draw a first answer before more is run
PAUSE = 0.25  # seconds before asking again when the queue is full
_stamps = itertools.count(1)


@dataclass(frozen=True, eq=False)
class Shown(Generic[A]):
    """What there is to show of what was asked.

    Attributes
    ----------
    asked : hashable
        What the answer, or the error, belongs to.
    found : A or None
        The answer, so far as it is known.
    stamp : int
        Another one for every answer.
    fresh : bool
        Whether this is what is asked now; else it was asked before, and the answer is on its way.
    busy : bool
        Whether more is on its way.
    done, total : int
        Runs on the way to a first answer.
    queued : bool
        Whether others come first: the server has no room for this visitor's runs yet.
    error : Exception or None
        Why there is no answer.
    """

    asked: Hashable = None
    found: A | None = None
    stamp: int = 0
    fresh: bool = True
    busy: bool = False
    done: int = 0
    total: int = 0
    queued: bool = False
    error: Exception | None = None


NOTHING: Shown[Any] = Shown()


@dataclass(frozen=True, eq=False)
class Job:
    """Work that a visitor asks for by a button: asked for twice, it is done twice."""

    kind: str
    of: Any = None


def follow(
    asked: Hashable,
    work: Callable[[Asker], A],
    wanted: Callable[[], bool],
    show: Callable[[Shown[A]], None],
    begun: Callable[[], None] = lambda: None,
) -> None:
    """Do work and show what comes of it, while it is wanted; an error is shown too.

    Parameters
    ----------
    asked : hashable
    work : callable
        Gets an `Asker` and returns the answer; done anew when the queue of runs was full.
    wanted : callable
        Whether anybody still waits.
    show : callable
        Gets a `Shown` at every step.
    begun : callable
        Told that runs are asked for.
    """
    last: Shown[A] = Shown(asked, busy=True)

    def tell(**changes: Any) -> None:
        nonlocal last
        last = replace(last, **changes)
        if wanted():
            show(last)

    def step(done: int, total: int) -> None:
        if last.found is None:
            tell(done=done, total=total, queued=total == 0)

    def part(found: A) -> None:
        first = last.found is None
        tell(found=found, stamp=next(_stamps), queued=False)
        if first:
            time.sleep(BREATH)

    while wanted():
        try:
            found = work(Asker(wanted, step, part, begun))
            tell(found=found, stamp=next(_stamps), queued=False, busy=False)
            return
        except Busy:
            tell(queued=True)
            time.sleep(PAUSE)
        except Stopped:
            return
        except Exception as error:  # shown in its place; the page stays alive
            if not isinstance(error, UsageError | ScenarioError):
                LOG.error("an answer failed: %s", asked, exc_info=error)
            tell(error=error, stamp=next(_stamps), queued=False, busy=False)
            return


class Question(Generic[A]):
    """What is asked at the moment, the work on it, and what there is to show.

    A page asks when it is drawn (`use_answers`); a lever that is moved asks at once.
    """

    def __init__(self) -> None:
        self.shown: solara.Reactive[Shown[A]] = solara.reactive(NOTHING)
        self._asked: Hashable = None
        self._stop = threading.Event()
        self._guard = threading.Lock()

    def ask(
        self,
        asked: Hashable,
        work: Callable[[Asker], A],
        stays: bool = False,
        patience: float = 0.0,
    ) -> None:
        """Begin work in a thread of its own, and give up the work before; nothing if this is asked already.

        `patience`: seconds to wait, at most, until the work has asked for runs.
        """
        with self._guard:
            if asked == self._asked:
                return
            self._stop.set()
            self._asked, self._stop = asked, threading.Event()
            stop, gone = self._stop, closing()
            begun = threading.Event()

        def wanted() -> bool:
            return not stop.is_set() and not gone.is_set()

        def show(new: Shown[A]) -> None:
            before = self.shown.peek()
            kept = stays and before.found is not None and before.error is None
            if kept and new.found is None and new.error is None:
                if new.queued == before.queued:
                    return
                new = replace(before, queued=new.queued)
            self.shown.value = new

        if asked is not None:
            args = (asked, work, wanted, show, begun.set)
            threading.Thread(target=follow, args=args, daemon=True).start()
            begun.wait(patience)


def use_answers(
    asked: Hashable,
    work: Callable[[Asker], A],
    stays: bool = False,
    question: Question[A] | None = None,
) -> Shown[A]:
    """Ask for something, and have what there is to show of it.

    Work is given up once another thing is asked, the page is turned or closed, or was cut off so long that it
    is forgotten.

    Parameters
    ----------
    asked : hashable
        What the answer depends on; another value asks anew. None: nothing is asked.
    work : callable
        Gets an `Asker` and returns the answer; it runs in a thread of its own.
    stays : bool
        Whether an answer stays until the one to the next question is there.
    question : Question, optional
        Through which it may have been asked already.

    Returns
    -------
    Shown
    """
    own: Question[A] = solara.use_memo(Question, [])
    through = question or own
    solara.use_effect(lambda: through.ask(asked, work, stays), [asked])
    solara.use_effect(lambda: lambda: through.ask(None, work), [])
    current = through.shown.value
    if current.asked == asked:
        return current
    if stays and current.error is None:
        return replace(current, fresh=False, busy=True)
    return Shown(asked, busy=asked is not None)


def use_job(job: solara.Reactive[Job | None], work: Callable[[Job, Asker], A]) -> Shown[A]:
    """Do the work of a job that a button began.

    Parameters
    ----------
    job : Reactive of Job or None
        None, as after a cancel: no work.
    work : callable
        Gets the job and an `Asker`, and returns the answer.

    Returns
    -------
    Shown
    """
    begun = job.value

    def do(asker: Asker) -> A:
        assert begun is not None
        # A cancel counts before the page is drawn anew.
        wanted = lambda: asker.wanted() and job.peek() is begun  # noqa: E731
        return work(begun, asker._replace(wanted=wanted))

    return use_answers(begun, do)


def closing() -> threading.Event:
    """What is set once the page is closed; never, where there is no page as in a test."""
    from solara.server import kernel_context

    if not kernel_context.has_current_context():
        return threading.Event()
    return kernel_context.get_current_context().closed_event
