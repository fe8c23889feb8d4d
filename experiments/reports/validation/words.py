"""Words and figures of a validation, in English and Chinese."""

from __future__ import annotations

import math
import tomllib
from functools import lru_cache
from typing import Any

from returnee.experiments.numbers import rounded
from returnee.experiments.studies.patterns import Pattern
from returnee.experiments.words.texts import FOLDER, LANGUAGES, unit_name

MINUS = "\N{MINUS SIGN}"


@lru_cache(maxsize=len(LANGUAGES))
def words_of(lang: str) -> dict[str, Any]:
    """Texts of one language, from ``templates/validation_<lang>.toml``."""
    return tomllib.loads((FOLDER / f"validation_{lang}.toml").read_text(encoding="utf-8"))


def number(value: float, unit: str, lang: str) -> str:
    """A figure without its unit: shares in per cent, yuan in thousands or 万元."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    if unit.startswith("share"):
        value = 100.0 * value
    elif unit == "yuan":
        value /= 1e4 if lang == "zh" else 1e3
    text = f"{rounded(value, 3):.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS) if text != "-0" else "0"


def tail(unit: str, lang: str) -> str:
    """The unit behind a figure."""
    if unit == "share points":
        return "个百分点" if lang == "zh" else " pp"
    if unit.startswith("share"):
        return "%" if lang == "zh" else " %"
    if unit == "yuan":
        return "万元" if lang == "zh" else "k yuan"
    name = words_of(lang)["units"].get(unit) or unit_name(unit, lang)
    return name if lang == "zh" else f" {name}"


def value_text(value: float, unit: str, lang: str) -> str:
    """A figure with its unit.

    Examples
    --------
    >>> value_text(0.0423, "share/yr", "en"), value_text(127000.0, "yuan", "zh")
    ('4.23 %', '12.7万元')
    """
    return number(value, unit, lang) + tail(unit, lang) if math.isfinite(value) else "\N{EN DASH}"


def range_text(low: float, high: float, unit: str, lang: str) -> str:
    """Two ends with their unit."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "\N{EN DASH}"
    ends = number(low, unit, lang), number(high, unit, lang)
    joint = words_of(lang)["to"].join(ends) if MINUS in "".join(ends) else "\N{EN DASH}".join(ends)
    return joint + tail(unit, lang)


def band_text(pattern: Pattern, lang: str) -> str:
    """A pattern's band in words."""
    return range_text(pattern.low, pattern.high, pattern.unit, lang)
