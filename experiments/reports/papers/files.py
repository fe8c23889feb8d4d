"""Papers of a comparison as files; their kind is the ending of the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from returnee.experiments.errors import UsageError
from returnee.experiments.files import write_bytes
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.figures import Drawn
from returnee.experiments.reports.html import html, standalone
from returnee.experiments.reports.papers.brief import annex, brief
from returnee.experiments.reports.papers.tables import tables
from returnee.experiments.studies.compare import Comparison

BRIEFS, TABLES = (".docx", ".html"), (".xlsx",)
MADE_WITH = {"docx": "python-docx", "xlsx": "openpyxl"}


def drawer(ending: str) -> Callable[[doc.Report], bytes]:
    """What makes a file of a kind out of a report.

    Raises
    ------
    UsageError
        One line, where the package that writes such files is not installed.
    """
    kind = ending.removeprefix(".")
    if kind == "html":
        return lambda report: html(report).encode()
    try:
        room = import_module(f"returnee.experiments.reports.papers.{kind}")
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{ending}: found no {MADE_WITH[kind]} ({error.name}), allowed after "
            "`pip install 'returnee[office]'`"
        ) from None
    made: Callable[[doc.Report], bytes] = getattr(room, f"{kind}_of")
    return made


def checked(option: str, path: Path | None, endings: tuple[str, ...]) -> None:
    """See before anything is run that a file of this name can be written.

    Raises
    ------
    UsageError
        One line.
    """
    if path is None:
        return
    if path.suffix.lower() not in endings:
        allowed = " or ".join(endings)
        raise UsageError(f"{option}: found {path.name}, allowed a name that ends in {allowed}")
    drawer(path.suffix.lower())


def write_brief(found: Comparison, path: Path, lang: str = "en") -> list[Path]:
    """Write the brief, and its annex beside it under the same name and ``-annex``."""
    draw, beside = drawer(path.suffix.lower()), path.with_name(f"{path.stem}-annex{path.suffix}")
    return [
        write_bytes(path, draw(brief(found, lang))), write_bytes(beside, draw(annex(found, lang))),
    ]  # fmt: skip


def write_tables(found: Comparison, path: Path, lang: str = "en") -> Path:
    """Write the tables as a workbook."""
    return write_bytes(path, drawer(path.suffix.lower())(tables(found, lang)))


def write_figures(report: doc.Report, folder: Path) -> list[Path]:
    """Write every chart of a report as SVG and as PNG."""
    written = []
    for number, (name, drawn) in enumerate(figures_of(report), start=1):
        stem = f"{number:02d}-{name}"
        written.append(write_bytes(folder / f"{stem}.svg", standalone(drawn).encode()))
        written.append(write_bytes(folder / f"{stem}.png", drawn.png()))
    return written


def figures_of(report: doc.Report) -> Iterator[tuple[str, Drawn]]:
    """Charts of a report, each with a name that a file may have."""
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, doc.Picture) and isinstance(block.svg, Drawn):
                words = "".join(c if c.isalnum() else " " for c in block.svg.name).split()
                yield "-".join(words)[:60], block.svg
