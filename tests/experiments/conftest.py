"""Small plans, and the command as a process."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest
import without_figures
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from processes import Command, Nursery, Process

from returnee import Comparison, compare
from returnee.experiments import reports
from returnee.experiments.reports.told import Told

SAVE, PRINT = Figure.savefig, FigureCanvasSVG.print_svg
SMALL = {"sample": 0.002, "months": 12}


@pytest.fixture(scope="session")
def small() -> Comparison:
    return compare(["linked", "no_support"], replicates=4, **SMALL)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def undrawn() -> Iterator[None]:
    """Pages hold blank figures: ``test_snapshots`` draws those of every study."""
    with pytest.MonkeyPatch.context() as patch:
        without_figures.leave_out(patch.setattr)
        yield


@pytest.fixture
def drawn(undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn where they are; a layout moves letters only, and takes half of the time."""
    monkeypatch.setattr(Figure, "savefig", SAVE)
    monkeypatch.setattr(FigureCanvasSVG, "print_svg", PRINT)


@pytest.fixture
def unreported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are empty: what is printed or kept is the point."""
    for found in walk_packages(reports.__path__, f"{reports.__name__}."):
        import_module(found.name)
    monkeypatch.setattr("returnee.experiments.reports.html.html", lambda *_: "")
    todo: list[type[Told]] = [Told]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if "report" in vars(kind):
            monkeypatch.setattr(kind, "report", lambda _: None)


@pytest.fixture
def command(commands: Nursery) -> Iterator[Command]:
    started: list[Process] = []

    def start(*words: object) -> Process:
        """Start the command, with blank figures."""
        started.append(commands.start(without_figures.__file__, *words))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
