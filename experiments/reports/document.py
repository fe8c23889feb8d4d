"""A plain report: sections of sentences, charts and tables, as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from returnee.experiments.files import write_text
from returnee.experiments.words.texts import (
    FOLDER,
)

Cells = Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """A table of a page.

    Attributes
    ----------
    head : sequence of str
    rows : sequence of sequence of str
    title : str
    words : int
        So many columns from the left hold words; the others hold figures.
    """

    head: Cells
    rows: Sequence[Cells]
    title: str = ""
    words: int = 1


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    title : str
    lines : sequence of str
        Sentences.
    note : str
        How to read what follows.
    charts : sequence of str
        As SVG.
    sheets : sequence of Sheet
    code : sequence of str
        Commands.
    """

    title: str
    lines: Sequence[str] = ()
    note: str = ""
    charts: Sequence[str] = ()
    sheets: Sequence[Sheet] = ()
    code: Sequence[str] = field(default=())


def write_report(
    path: Path, lang: str, title: str, subtitle: str, sections: Sequence[Section]
) -> Path:
    """Write a page that needs nothing but itself; the first section is its answer."""
    page = {"language": lang, "title": title, "subtitle": subtitle, "sections": sections}
    return write_text(path, render("page.html.j2", page=page))


def render(template: str, **what: Any) -> str:
    """Fill a template of ``templates/``."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(template).render(**what)
