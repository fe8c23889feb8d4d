"""What a server keeps between visitors: memory within a bound, and the first views from one start to the next."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import logging
import sys
import threading
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from returnee.dashboard.live import runs
from returnee.dashboard.live.pool import LAST, POOL
from returnee.dashboard.live.runs import (
    FIGURES,
    MONTHLY,
    REDUCED,
    SMALL,
    STAGES,
    VARIANTS,
    Figures,
    Lived,
    elsewhere,
    live_history,
    make_room,
)
from returnee.dashboard.settings import first_county
from returnee.dashboard.visitor.place import Mix
from returnee.experiments.errors import StoreError
from returnee.experiments.files import whole
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import Scenario
from returnee.simulation.engine.cache import cache_root
from returnee.simulation.fingerprint import fingerprint

LOG = logging.getLogger("returnee.dashboard")
LOOK = 20.0  # seconds between looks at the memory
PAGE = 4096  # bytes
MB = 1_000_000
Key = tuple[str, int, RunSettings]


def resident() -> int:
    """Bytes of memory that this process and those of its runs hold; 0 where the system does not say."""
    return sum(map(_resident, ["self", *(child.pid for child in POOL.children)]))


def _resident(pid: int | str | None) -> int:
    """Bytes of memory of a process; what it shares with the files that it runs from counts for this process alone."""
    try:
        held, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
        return (int(held) - (0 if pid == "self" else int(shared))) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def give_back() -> None:
    """Have the system take what nobody uses, where it can be told to."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # only one of the C libraries has it
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def keep_within(most: int) -> bool:
    """Drop half of what is kept if the process holds more than so many bytes; whether it did."""
    held = resident()
    if held <= most:
        give_back()
        make_room()
        return False
    for kept in (FIGURES, MONTHLY, REDUCED, VARIANTS):
        kept.halve()
    make_room(0.25)  # the next history that is lived drops older ones
    for child in POOL.children:
        child.renew()
    give_back()
    LOG.warning("memory: %d MB held, at most %d wanted; %d MB after old runs were dropped",
                held // MB, most // MB, resident() // MB)  # fmt: skip
    return True


def watch_memory(most: int) -> None:
    """Look at the memory now and then, in a thread of its own, as long as the server lives."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(LOOK):
            keep_within(most)

    threading.Thread(target=look, name="memory", daemon=True).start()


class Views:
    """Figures of the runs that a first visitor sees, kept in the folder of compiled rules.

    Parameters
    ----------
    scenarios : sequence of Scenario
    replicates : int
    settings : RunSettings
    """

    def __init__(
        self, scenarios: Sequence[Scenario], replicates: int, settings: RunSettings
    ) -> None:
        self.keys: list[Key] = [(s.id, k, settings) for s in scenarios for k in range(replicates)]

    @property
    def path(self) -> Path | None:
        """The file: another one for another model, county or way of running; None without a folder."""
        root = cache_root()
        if root is None:
            return None
        told = f"{fingerprint()} {Figures._fields} {runs.PERSON.descr} {self.keys}"
        return root / "views" / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"

    def load(self) -> bool:
        """Read what an earlier start has kept; whether it was there, and whole."""
        path = self.path
        try:
            if path is None or not path.is_file():
                return False
            with np.load(path, allow_pickle=False) as file:
                found = {key: _figures(file, n) for n, key in enumerate(self.keys)}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            LOG.warning("views: found a damaged file, made anew: %s", path)
            return False
        for key, figures in found.items():
            FIGURES.put(key, figures)
        return True

    def store(self) -> bool:
        """Keep the figures for the next start; whether all were there and could be written."""
        found = {key: FIGURES.get(key) for key in self.keys}
        path = self.path
        if path is None or any(figures is None for figures in found.values()):
            return False
        arrays = {
            f"{n}.{name}": getattr(figures, name)
            for n, figures in enumerate(found.values())
            for name in Figures._fields
        }
        try:
            for old in path.parent.glob("*.npz"):  # of other models; one is enough
                old.unlink(missing_ok=True)
            with whole(path) as new, new.open("wb") as file:
                np.savez(file, **arrays)
        except (OSError, StoreError) as error:
            LOG.warning("views: not kept for the next start: %s", error)
            return False
        return True


def _figures(file: Mapping[str, np.ndarray], n: int) -> Figures:
    return Figures(*(file[f"{n}.{name}"] for name in Figures._fields))


def store_when_done(views: Views, calls: Iterable[object]) -> None:
    """Keep the views once their runs are done, in a thread of its own."""

    def wait() -> None:
        for call in calls:
            with suppress(Exception):
                call.result()  # type: ignore[attr-defined]
        views.store()

    threading.Thread(target=wait, name="views", daemon=True).start()


def prewarm(
    names: Sequence[str] = ("linked", "baseline", "siloed"), settings: RunSettings = SMALL
) -> None:
    """Have what a first visitor asks for: from an earlier start, or run now; does not wait.

    Histories are lived in any case, as a lever that is moved begins from them.
    """
    scenarios = [Mix(name, county=first_county()).scenario() for name in names]
    views = Views(scenarios, STAGES[-1], settings)
    stored, calls = views.load(), []
    for replicate in range(STAGES[-1]):
        for scenario in scenarios[:1] if stored else scenarios:
            work: Callable[[], object] = Lived(scenario, replicate, settings)
            if stored:
                work = partial(elsewhere, live_history, scenario, replicate, settings)
            calls.append(POOL.submit(LAST, work, lane=replicate))
    if not stored:
        store_when_done(views, calls)
