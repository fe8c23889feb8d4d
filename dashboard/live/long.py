"""Long work that a visitor asks for: the full county, and reports. One at a time on a server.

Both are `returnee.experiments.studies.compare` itself, so that the command shown repeats them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import solara

from returnee.dashboard.live import over
from returnee.dashboard.live.answers import (
    HEADLINES,
    MOVED,
    REFERENCE,
    Fact,
    command,
    fact_of,
    lined_up,
)
from returnee.dashboard.live.pool import POOL
from returnee.dashboard.live.runs import SMALL, STAGES, Stopped
from returnee.dashboard.texts import page, words
from returnee.dashboard.visitor.place import ENSEMBLE, Place
from returnee.dashboard.visitor.problems import say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Controls, box, html, use_work
from returnee.experiments.reports.compare import sentence
from returnee.experiments.running.progress import Reporter
from returnee.experiments.studies.compare import Comparison, compare

FULL = 8  # paired runs of the whole county
ONE_AT_A_TIME = threading.Lock()
WAIT = 0.5  # seconds between looks at whether it is one's turn


class Watcher(Reporter):
    """Says how far a comparison is, and stops it when nobody waits any more."""

    def __init__(self, wanted: Callable[[], bool], step: Callable[[int, int], None]) -> None:
        self.wanted, self.step = wanted, step
        self.done = self.total = 0

    def begin(self, total: int, done: int) -> None:
        """Runs begin."""
        self.done, self.total = done, total
        self.step(done, total)

    def advance(self) -> None:
        """One more run is done."""
        self.done += 1
        self.step(self.done, self.total)
        if not self.wanted():
            raise Stopped


@contextmanager
def turn(wanted: Callable[[], bool], step: Callable[[int, int], None]) -> Iterator[None]:
    """Wait until no other long work is going on, and hold others off.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    while not ONE_AT_A_TIME.acquire(timeout=WAIT):
        step(0, 0)
        if not wanted():
            raise Stopped
    try:
        yield
    finally:
        ONE_AT_A_TIME.release()


def compared(
    place: Place,
    replicates: int,
    sample: float,
    wanted: Callable[[], bool],
    step: Callable[[int, int], None],
) -> Comparison:
    """The comparison of Explore by `returnee.experiments.studies.compare`, at any sample.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    lined = lined_up(place)
    with turn(wanted, step):
        return compare(
            [lined[MOVED]], lined[REFERENCE], replicates=replicates, sample=sample,
            months=SMALL.months, seed=SMALL.seed, workers=POOL.workers, progress=Watcher(wanted, step),
        )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """Long work and how far it is.

    Attributes
    ----------
    kind : str
        "" for none, "full" or "report".
    done, total : int
        Runs; a total of 0 means that others come first.
    facts : tuple of Fact
        Of the full county.
    """

    kind: str = ""
    number: int = 0
    place: Place | None = None
    done: int = 0
    total: int = 0
    running: bool = False
    facts: tuple[Fact, ...] = ()
    sentence: str = ""
    error: str = ""


@solara.component
def Actions(session: Session, save: Callable[[Session], None]) -> None:
    """Buttons under the answer, and the long work they begin."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["explore"]
    job = solara.use_reactive(Job())

    def act(data: dict[str, Any]) -> None:
        key = data.get("key")
        if key == "link":
            session.copy_link(text["copied"])
        elif key == "save":
            save(session)
        elif key in ("full", "report"):
            job.value = Job(str(key), job.peek().number + 1, session.place.peek(), running=True)
        elif key == "cancel":
            job.value = Job(number=job.peek().number + 1)

    def work(wanted: Callable[[], bool]) -> None:
        perform(session, job, wanted)

    use_work(work, [job.value.number], job.value.running)
    busy = job.value.running
    buttons = [
        {"type": "button", "key": "save", "label": text["save"], "primary": True},
        {"type": "button", "key": "link", "label": text["link"]},
        {"type": "button", "key": "report", "label": text["report"], "disabled": busy},
        {"type": "button", "key": "full", "label": text["full"], "disabled": busy},
    ]
    if place.over == ENSEMBLE:
        buttons[-1] |= {"disabled": True, "hint": words(lang)["over"]["no_full"]}
    if busy:
        buttons.append({"type": "button", "key": "cancel", "label": text["cancel"]})
    Controls(items=buttons, event_act=act)
    if busy:
        html(progress_line(job.value, lang))
    elif job.value.error:
        html(page("notices.html.j2", lang, lines=[job.value.error], wrong=True))
    elif job.value.facts:
        with box(classes="card"):
            html(page("full.html.j2", lang, job=job.value, n=FULL, months=SMALL.months))


def progress_line(job: Job, lang: str) -> str:
    """How far long work is."""
    text = words(lang)["explore"]
    line = text[f"{job.kind}_running"].format(done=job.done, total=job.total)
    line = line if job.total else text["full_wait"]
    return page("state.html.j2", lang, busy=True, done=job.done, most=max(job.total, 1), line=line)


def perform(session: Session, job: solara.Reactive[Job], wanted: Callable[[], bool]) -> None:
    """Do the long work that a job names."""
    begun = job.peek()
    place = begun.place or session.place.peek()
    lang = place.lang
    last = replace(begun)

    def step(done: int, total: int) -> None:
        nonlocal last
        last = replace(last, done=done, total=total)
        if still():
            job.value = last

    def still() -> bool:
        # A cancel that is not yet rendered has a number of its own already.
        return wanted() and job.peek().number == begun.number

    try:
        if begun.kind == "report":
            made = report(place, wanted, step)
            if still():
                session.download(report_name(place), made, "text/html")
                job.value = Job(number=begun.number)
        else:
            found = compared(place, FULL, 1.0, wanted, step)
            if not still():
                return
            label = found.plan.compared[0]
            rows = found.effects[found.effects["scenario"] == label].set_index("measure")
            facts = tuple(fact_of(found, name, rows.loc[name], lang) for name in HEADLINES)
            job.value = replace(
                last, running=False, facts=facts, sentence=sentence(found, label, lang)
            )
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        line = words(lang)["explore"]["failed"].format(error=say(error, lang))
        job.value = Job(number=begun.number, error=line)


def report_name(place: Place) -> str:
    """Name of a report's file."""
    tail = f"-{ENSEMBLE}" if place.over == ENSEMBLE else ""
    return f"returnee-{place.mix.base}-{place.against}{tail}-{place.lang}.html"


def report(place: Place, wanted: Callable[[], bool], step: Callable[[int, int], None]) -> str:
    """A report as one HTML page, with the command that repeats it.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    from returnee.experiments.reports.compare import html_of

    if place.over == ENSEMBLE:
        with turn(wanted, step):
            return over.report(place, Watcher(wanted, step))
    found = compared(place, STAGES[-1], SMALL.sample, wanted, step)
    return html_of(replace(found, command=command(place, found.plan)), place.lang)
