"""Words of the pages, from ``texts/<lang>.toml``, and small pieces of HTML.

Labels, units and help of levers and indicators come from their own definitions; programmes, pots and
units share the catalogue of the reports (`returnee.experiments.words.texts`).
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from returnee.experiments.measuring.measures import Measure
from returnee.experiments.words import texts as reports
from returnee.experiments.words.texts import amount, label_of, unit_name

FOLDER = Path(__file__).parent


@lru_cache(maxsize=2)
def words(lang: str) -> dict[str, Any]:
    """Texts of one language."""
    return tomllib.loads((FOLDER / "texts" / f"{lang}.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of ``templates/``; everything put into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["figure"] = amount
    return made


def page(template: str, lang: str, **content: Any) -> str:
    """HTML of a template, with the words of a language."""
    text = words(lang)
    return (
        environment()
        .get_template(template)
        .render(text=text, report=reports.words(lang), lang=lang, **content)
    )


def measure_name(indicator: Measure, lang: str) -> str:
    """An indicator's label, beginning with a capital."""
    label = label_of(indicator, lang)
    return label[:1].upper() + label[1:]


def unit_of(indicator: Measure, lang: str) -> str:
    """An indicator's unit; flows are by year."""
    tail = f" {reports.words(lang)['per_year']}" if indicator.kind == "flow" else ""
    return f"{unit_name(indicator.unit, lang)}{tail}"


def escaped(text: str) -> str:
    """Text made safe to stand in HTML."""
    return str(Markup.escape(text))
