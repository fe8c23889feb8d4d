"""A page of sections with figures and tables, for sensitivity, discovery and budget search."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from experiments.errors import writing_to
from experiments.texts import FOLDER

Cells = tuple[list[str], list[list[str]]]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    title : str
    lines : list of str
        Sentences before the figure.
    figures : list of str
        SVG elements.
    table : (head, rows)
        Cells as text; the first column stands left.
    note : str
    """

    title: str
    lines: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    table: Cells = field(default_factory=lambda: ([], []))
    note: str = ""


@lru_cache(maxsize=2)
def study_words(lang: str) -> dict[str, Any]:
    """Texts of one language, from ``templates/study_<lang>.toml``."""
    return tomllib.loads((FOLDER / f"study_{lang}.toml").read_text(encoding="utf-8"))


def render(
    title: str, subtitle: str, lines: list[str], sections: list[Section], command: str, lang: str
) -> str:
    """The page as HTML, with nothing to load from elsewhere."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True
    )
    page: str = environment.get_template("study.html.j2").render(
        title=title, subtitle=subtitle, lines=lines, sections=sections, command=command,
        text=study_words(lang),
    )  # fmt: skip
    return page


def write_study(path: Path, page: str) -> Path:
    """Write a page, whole or not at all."""
    with writing_to(path.parent):
        new = path.with_name(f".{path.name}.new")
        new.write_text(page, encoding="utf-8")
        os.replace(new, path)
    return path
