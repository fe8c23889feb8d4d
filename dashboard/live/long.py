"""Long work that a visitor asks for: the full county, and reports. One at a time on a server.

All of it is what the command line runs, so that the command shown repeats it.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from returnee.dashboard.live.answers import MOVED, REFERENCE, command, lined_up, sets_of
from returnee.dashboard.live.pool import POOL, Asker, Stopped
from returnee.dashboard.live.runs import SMALL, STAGES
from returnee.dashboard.visitor.place import ENSEMBLE, Place
from returnee.experiments.reports.compare import Page as Compared
from returnee.experiments.reports.ensemble import OverSets
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.running.progress import Reporter
from returnee.experiments.studies.compare import Comparison, compare
from returnee.experiments.studies.compare_ensemble import REPLICATES, compare_ensemble

FULL = 8  # paired runs of the whole county
ONE_AT_A_TIME = threading.Lock()
WAIT = 0.5  # seconds between looks at whether it is one's turn


class Watcher(Reporter):
    """Says how far a study is, and stops it when nobody waits any more.

    Parameters
    ----------
    asker : Asker
    whole : int
        Runs of all parts of a study, where it says of each part how many it has.
    """

    def __init__(self, asker: Asker, whole: int = 0) -> None:
        self.asker, self.whole = asker, whole
        self.done = self.total = 0

    def begin(self, total: int, done: int) -> None:
        """Runs begin."""
        self.done = self.done + done if self.whole else done
        self.total = self.whole or total
        self.asker.step(self.done, self.total)

    def advance(self) -> None:
        """One more run is done."""
        self.done += 1
        self.asker.step(self.done, self.total)
        if not self.asker.wanted():
            raise Stopped


def where() -> Where:
    """Processes on a server, so that a run that ends its process ends nothing else; threads where nothing is served."""
    return Where(POOL.workers, processes=bool(POOL.children))


@contextmanager
def turn(asker: Asker) -> Iterator[None]:
    """Wait until no other long work is going on, and hold others off.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    while not ONE_AT_A_TIME.acquire(timeout=WAIT):
        asker.step(0, 0)
        if not asker.wanted():
            raise Stopped
    try:
        yield
    finally:
        ONE_AT_A_TIME.release()


def full(place: Place, asker: Asker) -> Comparison:
    """The comparison of Explore in the whole county.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    return _compared(place, FULL, 1.0, asker)


def _compared(place: Place, replicates: int, sample: float, asker: Asker) -> Comparison:
    lined = lined_up(place)
    with turn(asker):
        return compare(
            [lined[MOVED]], lined[REFERENCE], replicates, settings=replace(SMALL, sample=sample),
            where=where(), results=Keep(progress=Watcher(asker)),
        )  # fmt: skip


def report(place: Place, asker: Asker) -> str:
    """A report as one HTML page, with the command that repeats it.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    if place.over == ENSEMBLE:
        return _over_ensemble(place, asker)
    found = _compared(place, STAGES[-1], SMALL.sample, asker)
    return Compared(replace(found, command=command(place, found.plan)), place.lang).page()


def _over_ensemble(place: Place, asker: Asker) -> str:
    """A report that tells parameters from luck."""
    sets_of(place, [place.mix])
    lined = lined_up(place)
    with turn(asker), tempfile.TemporaryDirectory() as folder:
        found = compare_ensemble(
            [lined[MOVED]], lined[REFERENCE], replicates=REPLICATES, settings=SMALL,
            where=where(),
            results=Keep(Path(folder) / "runs", progress=Watcher(asker)),
        )  # fmt: skip
        found = replace(found, command=command(place, found.base, REPLICATES))
        return OverSets(found, place.lang).page()


def report_name(place: Place) -> str:
    """Name of a report's file."""
    tail = f"-{ENSEMBLE}" if place.over == ENSEMBLE else ""
    return f"returnee-{place.mix.base}-{place.against}{tail}-{place.lang}.html"
