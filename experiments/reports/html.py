"""A report as one HTML page that needs nothing but itself, and parts of it as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from returnee.experiments.files import write_text
from returnee.experiments.reports.document import Report, Sheet
from returnee.experiments.words.texts import words

FOLDER = Path(__file__).parents[1] / "templates"


@lru_cache(maxsize=2)
def environment(escape: bool) -> Environment:
    """Templates of ``templates/``; what is put into a page is escaped."""
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=escape, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters["markdown"] = markdown
    return made


def html(report: Report) -> str:
    """The page; it makes no request and can be mailed or printed."""
    template = environment(True).get_template("page.html.j2")
    return template.render(report=report, text=words(report.lang)["page"])


def write_html(report: Report, path: Path) -> Path:
    """Write the page, whole or not at all."""
    return write_text(path, html(report))


def fill(template: str, **what: Any) -> str:
    """A document in Markdown from its template."""
    return environment(False).get_template(template).render(**what)


def markdown(sheet: Sheet) -> str:
    """A table in Markdown; misses stand in bold letters."""
    lines = ["| " + " | ".join(sheet.head) + " |", "|" + " --- |" * len(sheet.head)]
    for number, row in enumerate(sheet.rows):
        cells = [str(cell) for cell in row]
        if number in sheet.missed:
            cells[-1] = f"**{cells[-1]}**"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_markdown(path: Path, template: str, charts: Mapping[str, str], **what: Any) -> Path:
    """Write a document in Markdown from its template, with charts in ``images`` beside it."""
    for name, svg in charts.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    return write_text(path, fill(template, **what))


def standalone(svg: str) -> str:
    """An SVG made for a page as a file of its own."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return svg.replace("<svg", f"<svg {names}", 1) + "\n"
