"""The hook of all pages: staged answers, a full queue, errors, what is given up, and what stays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

import pytest
import solara
from waiting import LIMIT

from returnee.dashboard.live import asking
from returnee.dashboard.live.asking import Job, Shown, follow, use_answers, use_job
from returnee.dashboard.live.pool import Asker, Busy, Stopped

Work = Callable[[Asker], Any]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing but what a test is about."""
    monkeypatch.setattr(asking, "PAUSE", 0.0)
    monkeypatch.setattr(asking, "BREATH", 0.0)


def told(work: Work, wanted: Callable[[], bool] = lambda: True) -> list[Shown[Any]]:
    """Everything that is shown of work."""
    shown: list[Shown[Any]] = []
    follow("asked", work, wanted, shown.append)
    return shown


def test_parts_are_shown_before_the_whole_and_steps_before_the_first_part() -> None:
    def work(asker: Asker) -> str:
        asker.step(1, 2)
        asker.show("part")
        asker.step(2, 2)  # of more of the same: what is shown says how far it is
        return "whole"

    shown = told(work)
    assert [(s.found, s.done, s.busy) for s in shown] == [
        (None, 1, True), ("part", 1, True), ("whole", 1, False),
    ]  # fmt: skip
    assert len({s.stamp for s in shown if s.found}) == 2 and {s.asked for s in shown} == {"asked"}


def test_a_full_queue_is_said_and_asked_again() -> None:
    full = [True, True]

    def work(asker: Asker) -> str:
        if full:
            full.pop()
            raise Busy
        return "whole"

    assert [(s.queued, s.found) for s in told(work)] == [(True, None), (True, None), (False, "whole")]  # fmt: skip


def test_others_before_one_are_said() -> None:
    def work(asker: Asker) -> str:
        asker.step(0, 0)
        asker.step(1, 3)
        return "whole"

    assert [s.queued for s in told(work)] == [True, False, False]


def test_an_error_ends_the_work_and_is_shown() -> None:
    wrong = ValueError("own")

    def work(asker: Asker) -> str:
        asker.show("part")
        raise wrong

    last = told(work)[-1]
    assert last.error is wrong and not last.busy


@pytest.mark.parametrize("end", [Stopped(), ValueError("late"), None])
def test_nothing_is_shown_of_what_nobody_waits_for(end: Exception | None) -> None:
    wanted = [True]

    def work(asker: Asker) -> str:
        wanted[0] = False
        asker.step(1, 2)
        asker.show("part")
        if end is not None:
            raise end
        return "whole"

    assert told(work, lambda: wanted[0]) == []


class Bench:
    """A component with the hook, what it has shown, and work that a test lets go on."""

    def __init__(self, stays: bool = False) -> None:
        self.asked: solara.Reactive[Hashable] = solara.reactive("a")
        self.shown: Shown[Any] = Shown()
        self.drawn = threading.Condition()
        self.free = {name: threading.Event() for name in "abc"}
        self.given_up: list[str] = []

        @solara.component
        def Face() -> None:  # noqa: N802
            asked = str(self.asked.value)
            found = use_answers(asked, lambda asker: self.work(asked, asker), stays)
            solara.Text(str(found.found))
            with self.drawn:
                self.shown = found
                self.drawn.notify_all()

        self.face = Face

    def work(self, asked: str, asker: Asker) -> str:
        """Answer in capitals, once the test says so."""
        assert self.free[asked].wait(LIMIT)
        if not asker.wanted():
            self.given_up.append(asked)
            raise Stopped
        return asked.upper()

    def wait(self, until: Callable[[Shown[Any]], bool]) -> Shown[Any]:
        """What is shown, once it is so."""
        with self.drawn:
            assert self.drawn.wait_for(lambda: until(self.shown), LIMIT)
            return self.shown


@pytest.mark.parametrize("stays", [True, False])
def test_what_was_shown_stays_only_where_it_shall(stays: bool) -> None:
    bench = Bench(stays)
    _, drawn = solara.render(bench.face(), handle_error=False)
    try:
        assert bench.shown.busy and bench.shown.found is None
        bench.free["a"].set()
        first = bench.wait(lambda s: s.found == "A")
        assert first.fresh and not first.busy
        bench.asked.value = "b"
        now = bench.wait(lambda s: s.busy)
        assert now.found == ("A" if stays else None) and now.fresh == (not stays)
        bench.free["b"].set()
        assert bench.wait(lambda s: s.found == "B").fresh
    finally:
        drawn.close()


def test_the_work_before_is_given_up() -> None:
    bench = Bench()
    _, drawn = solara.render(bench.face(), handle_error=False)
    try:
        bench.asked.value = "b"
        bench.free["b"].set()
        bench.wait(lambda s: s.found == "B")
        bench.free["a"].set()
        bench.asked.value = "c"
        bench.free["c"].set()
        assert bench.wait(lambda s: s.found == "C").asked == "c"
    finally:
        drawn.close()
    assert "b" not in bench.given_up


def test_a_cancel_counts_before_it_is_drawn() -> None:
    job: solara.Reactive[Job | None] = solara.reactive(None)
    begun, free, wanted = threading.Event(), threading.Event(), []
    ended = threading.Event()

    def work(begun_job: Job, asker: Asker) -> str:
        begun.set()
        assert free.wait(LIMIT)
        wanted.append(asker.wanted())
        ended.set()
        return str(begun_job.of)

    shown: list[Shown[str]] = []

    @solara.component
    def Face() -> None:  # noqa: N802
        shown.append(use_job(job, work))

    _, drawn = solara.render(Face(), handle_error=False)
    try:
        assert not shown[-1].busy  # nothing was asked
        job.value = Job("search", 7)
        assert shown[-1].busy and begun.wait(LIMIT)
        job.value = None
        assert not shown[-1].busy
        free.set()
        assert ended.wait(LIMIT) and wanted == [False]
        assert shown[-1].found is None
    finally:
        drawn.close()
