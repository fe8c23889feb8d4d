"""A page of sections with figures and tables, for sensitivity, discovery and budget search."""

from __future__ import annotations

import textwrap
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from returnee.experiments.files import write_text
from returnee.experiments.words.texts import FOLDER
from returnee.scenarios import Behaviour, County, Policy
from returnee.scenarios.schema.fields import groups

PARTS: dict[str, Any] = {"county": County, "policy": Policy, "behaviour": Behaviour}
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
    captions : list of str
        Above the figures, where a section has several.
    table : (head, rows)
        Cells as text; the first column stands left.
    note : str
    """

    title: str
    lines: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    table: Cells = field(default_factory=lambda: ([], []))
    note: str = ""
    captions: list[str] = field(default_factory=list)


@lru_cache(maxsize=2)
def study_words(lang: str) -> dict[str, Any]:
    """Texts of one language, from ``templates/study_<lang>.toml``."""
    return tomllib.loads((FOLDER / f"study_{lang}.toml").read_text(encoding="utf-8"))


def grouped(key: str, label: str, lang: str) -> str:
    """A parameter's label with that of its group; some labels alone say too little.

    Examples
    --------
    >>> grouped("behaviour.firm.scale", "Level of productivity", "en")
    'Level of productivity (Firms)'
    >>> grouped("jobs", "jobs in firms", "en")
    'jobs in firms'
    """
    part, _, rest = key.partition(".")
    names = groups(PARTS[part]) if part in PARTS else {}
    group = names.get(rest.partition(".")[0])
    if group is None:
        return label
    return f"{label}（{group[1]}）" if lang == "zh" else f"{label} ({group[0]})"


def wrapped(text: str, lang: str, width: int = 52) -> str:
    """A title in lines that fit above a panel; Chinese characters are twice as wide."""
    return "\n".join(textwrap.wrap(text, width // 2 if lang == "zh" else width))


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
    return write_text(path, page)
