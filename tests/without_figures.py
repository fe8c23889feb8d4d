"""Figures that are left out, in tests and in commands that run as processes of their own."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

INTERRUPT, ROOM = "--interrupt", "--room"


def blank(figure: Figure, file: Path, **_: Any) -> None:
    """Stand for ``Figure.savefig``: drawing takes longer than everything else of a tiny study."""
    file.write_bytes(b"")


def blank_svg(canvas: FigureCanvasSVG, file: IO[str], **_: Any) -> None:
    """Stand for ``FigureCanvasSVG.print_svg``."""
    file.write('<svg xmlns="http://www.w3.org/2000/svg"></svg>')


def leave_out(put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Have figures blank and not laid out; `put` may be one that puts back what was there."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    put(Figure, "savefig", blank)
    put(FigureCanvasSVG, "print_svg", blank_svg)
    put(ConstrainedLayoutEngine, "execute", lambda *_: None)


class LeftOut(MetaPathFinder):
    """Has figures blank once they are imported, which takes as long as a tiny study."""

    FIGURES = "returnee.experiments.reports.figures"

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name != self.FIGURES:
            return None
        sys.meta_path.remove(self)
        spec: Any = find_spec(name)
        load = spec.loader.exec_module

        def load_blank(module: ModuleType) -> None:
            load(module)
            leave_out()

        spec.loader.exec_module = load_blank
        return spec


def leave_out_once_imported() -> None:
    """Have figures blank, now or when what draws them is imported."""
    if LeftOut.FIGURES in sys.modules:
        leave_out()
    else:
        sys.meta_path.insert(0, LeftOut())


def interrupt_after_the_first() -> None:
    """Have the command interrupted once a job is kept, however fast it is."""
    from returnee.experiments.running.store import Store

    add = Store.add

    def add_and_interrupt(store: Any, job: Any, done: Any) -> None:
        add(store, job, done)
        Store.add = add  # type: ignore[method-assign]
        os.kill(os.getpid(), signal.SIGINT)

    Store.add = add_and_interrupt  # type: ignore[method-assign]


def small_disk() -> None:
    """Let no file grow beyond some bytes, as on a disk that fills up."""
    place = sys.argv.index(ROOM)
    most = int(sys.argv[place + 1])
    del sys.argv[place : place + 2]
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def main() -> None:
    """The command, with blank figures, and without the page of a sweep."""
    leave_out_once_imported()
    from returnee.experiments.commands import points

    points.write_report = lambda *_: None
    if INTERRUPT in sys.argv:
        sys.argv.remove(INTERRUPT)
        interrupt_after_the_first()
    if ROOM in sys.argv:
        small_disk()
    from returnee.experiments.commands.app import main

    main()


if __name__ == "__main__":
    main()
