"""Words of tables and reports, in English and Chinese, and how figures are written."""

from __future__ import annotations

import math
import re
import textwrap
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from returnee.experiments.numbers import rounded
from returnee.scenarios import Behaviour, County, Lever, Policy
from returnee.scenarios.schema.fields import BASES, groups
from returnee.simulation.state.programmes import POT_TABLE, PROGRAMME_TABLE
from returnee.simulation.state.providers import KIND_TABLE

LANGUAGES = ("en", "zh")
MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"
WAN = 10_000
WIDE = 0x2E80  # from here on, characters are Chinese and as wide as two letters
COUNTABLE = ("people", "firms", "jobs", "loans", "files", "places")
PARTS: dict[str, Any] = {"county": County, "policy": Policy, "behaviour": Behaviour}
FEW = 5
"""Pairs below which a reader is told that intervals are wide because there are few."""


@lru_cache(maxsize=len(LANGUAGES))
def words(lang: str) -> dict[str, Any]:
    """Texts of one language, from ``<lang>.toml`` beside this file: a table for each study.

    What programmes, pots and kinds of service are called comes from their tables.
    """
    texts = tomllib.loads(Path(__file__).with_name(f"{lang}.toml").read_text(encoding="utf-8"))
    texts["programmes"] = named(PROGRAMME_TABLE, lang)
    texts["pots"] = named(POT_TABLE, lang)
    texts["services"]["kinds"] = named(KIND_TABLE, lang)
    return texts


def named(rows: Iterable[Any], lang: str) -> dict[str, str]:
    """Keys of the rows of a table, and what they are called in a language."""
    return {row.key: getattr(row, lang) for row in rows}


def figure(value: float, unit: str, lang: str = "en", signed: bool = False, digits: int = 0) -> str:
    """Write a figure as a reader would.

    `value`: NaN is written as a dash. `unit`: shares are written in per cent (differences in
    points), yuan in millions or 万元. `signed`: whether it is a difference, to be written with its
    sign and fewer digits. `digits`: significant digits; 3 for differences and 4 for levels if left
    out.

    >>> figure(27431.0, "firms"), figure(0.0123, "share", signed=True)
    ('27,430', '+1.23 pp')
    """
    if not math.isfinite(value):
        return NONE
    tail = ""
    if unit == "share":
        value, tail = 100.0 * value, " pp" if signed else " %"
        if lang == "zh":
            tail = "个百分点" if signed else "%"
    elif unit.startswith("yuan") and abs(value) >= (1e5 if lang == "zh" else 1e6):
        scale = 1e4 if lang == "zh" else 1e6
        value, tail = value / scale, "万" if lang == "zh" else " m"
    digits = digits or (3 if signed else 4)
    number = rounded(value, digits)
    size = abs(number)
    whole = number == 0.0 or (unit in COUNTABLE and size >= 1.0)
    places = 0 if whole else min(max(digits - 1 - math.floor(math.log10(size)), 0), 2)
    number = round(number, places) + 0.0  # no minus before zero
    text = f"{number:{'+' if signed else ''},.{places}f}"
    return minus(text) + tail


def percent(share: float, lang: str = "en", signed: bool = False, places: int | None = None) -> str:
    """Write a share in per cent; a dash where there is none.

    Whole per cent, or one decimal place where it is signed, unless said otherwise.

    >>> percent(0.125), percent(-0.125, "zh", signed=True)
    ('12 %', '−12.5%')
    """
    if not math.isfinite(share):
        return NONE
    places = (1 if signed else 0) if places is None else places
    value = round(100.0 * share, places) + 0.0  # no minus before zero
    text = minus(f"{value:{'+' if signed else ''}.{places}f}")
    return text + ("%" if lang == "zh" else " %")


def span(low: float, high: float, unit: str, lang: str = "en") -> str:
    """Write an interval of a difference."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NONE
    ends = [figure(end, unit, lang, signed=True) for end in (low, high)]
    return ends[0] if low == high else to(lang, *ends)


def minus(text: str) -> str:
    """A figure with a minus sign for each hyphen."""
    return text.replace("-", MINUS)


def short(value: float, form: str = ".3g") -> str:
    """A bare figure, to three significant digits unless said otherwise; a dash where there is none.

    >>> short(-0.012345), short(2.0, "+.2f"), short(math.nan)
    ('−0.0123', '+2.00', '–')
    """
    return minus(f"{value:{form}}") if math.isfinite(value) else NONE


def to(lang: str, low: str, high: str) -> str:
    """From one written figure to another."""
    return str(words(lang)["to"]).join((low, high))


def yuan(value: float, lang: str) -> str:
    """An amount of money, to three digits."""
    return figure(value, "yuan", lang, digits=3)


def amount(value: float, unit: str, lang: str, signed: bool = False) -> str:
    """A figure as `figure` writes it, but in Chinese large counts in 万."""
    if lang == "zh" and unit in COUNTABLE and abs(value) >= WAN:
        return figure(value / WAN, "", lang, signed) + "万"
    return figure(value, unit, lang, signed)


def between(low: float, high: float, unit: str, lang: str) -> str:
    """An interval of a difference as `span` writes it, but in Chinese large counts in 万."""
    if lang == "zh" and unit in COUNTABLE and max(abs(low), abs(high)) >= WAN:
        return to(lang, amount(low, unit, lang, True), amount(high, unit, lang, True))
    return span(low, high, unit, lang)


def measured(value: float, unit: str, lang: str) -> str:
    """A figure as surveys give it, with its unit: shares in per cent, yuan in thousands or 万元.

    >>> measured(0.0423, "share/yr", "en"), measured(127000.0, "yuan", "zh")
    ('4.23 %', '12.7万元')
    """
    return _measured((value,), unit, lang)


def measured_range(low: float, high: float, unit: str, lang: str) -> str:
    """Two such figures with their unit."""
    return _measured((low, high), unit, lang)


def _measured(values: Sequence[float], unit: str, lang: str) -> str:
    if not all(map(math.isfinite, values)):
        return NONE
    ends = [measured_number(value, unit, lang) for value in values]
    joint = str(words(lang)["to"]) if MINUS in "".join(ends) else NONE
    kind = "share" if unit.startswith("share/") else unit
    name = words(lang)["validation"]["units"].get(kind) or unit_name(unit, lang)
    return joint.join(ends) + (name if lang == "zh" or unit == "yuan" else f" {name}")


def measured_number(value: float, unit: str, lang: str) -> str:
    """Such a figure without its unit."""
    if unit.startswith("share"):
        value = 100.0 * value
    elif unit == "yuan":
        value /= 1e4 if lang == "zh" else 1e3
    text = f"{rounded(value, 3):.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return minus(text) if text != "-0" else "0"


def joined(lang: str, *sentences: str) -> str:
    """Sentences one after the other; empty ones are left out."""
    return ("" if lang == "zh" else " ").join(filter(None, sentences))


def counted(number: float, noun: str, lang: str) -> str:
    """A number with its noun, in the singular where it is one.

    `noun`: a key of ``counts``.

    >>> counted(1, "year", "en"), counted(2.5, "year", "en")
    ('1 year', '2.5 years')
    """
    one, many = words(lang)["counts"][noun]
    shown = f"{rounded(number, 3):,g}"
    return str(one if shown == "1" else many).format(n=shown)


def few_pairs(pairs: int, lang: str) -> str:
    """That intervals are wide because there are few pairs of runs; empty where there are enough.

    >>> few_pairs(20, "en")
    ''
    """
    return str(words(lang)["few_pairs"]).format(n=pairs) if 1 < pairs < FEW else ""


def unit_name(unit: str, lang: str) -> str:
    """A unit in the reader's language."""
    return str(words(lang)["units"].get(unit, unit))


def phrase(measure: Any, kind: str, lang: str) -> str:
    """How a measure is called where its label does not fit; else its label.

    `kind`: ``noun`` or ``short`` or ``tab`` or ``rate`` or ``unit`` or ``clause`` or ``thing`` or
    ``things``; in a sentence, at the head of a row, on a button, as a figure a year, its unit
    there, as a difference, and what is gained, one or many; a key of its table under ``measures``.
    """
    said, label = words(lang)["measures"].get(measure.name, {}), label_of(measure, lang)
    noun = said.get("noun") or label
    usual = {
        "clause": words(lang)["clause"].replace("{label}", noun),
        "unit": unit_name(measure.unit, lang), "short": label[:1].upper() + label[1:],
    }  # fmt: skip
    return str(said.get(kind) or usual.get(kind, noun))


def label_of(item: Any, lang: str) -> str:
    """The label of an indicator or lever in the reader's language."""
    return str(item.zh if lang == "zh" else item.en)


def basis_of(lever: Lever, lang: str) -> str:
    """What a value rests on: its label and the ids of its rows; somebody's own value as such.

    >>> from returnee.scenarios import levers
    >>> known = {lever.key: lever for lever in levers}
    >>> basis_of(known["county.people.married"], "en")
    'measured: N37'
    >>> basis_of(known["county.people.child"], "zh")
    '假设'
    """
    text = words(lang)["basis"]
    label = BASES[lever.basis][lang == "zh"]
    if lever.evidence:
        label = text["with_ids"].format(label=label, ids=text["and"].join(lever.evidence))
    return str(text["own"].format(default=label)) if lever.own else label


def county_name(county: Any, lang: str) -> str:
    """A county's name in the reader's language; also of a township, or a sector."""
    return str(county.name_zh if lang == "zh" else county.name)


def grouped(key: str, label: str, lang: str) -> str:
    """A parameter's label with that of its group; some labels alone say too little.

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


def one_line(text: str) -> str:
    r"""A name given by a user as one line, without control characters.

    >>> one_line(" Plan B\n(draft) ")
    'Plan B (draft)'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def plain_title(scenario: Any, lang: str) -> str:
    """A scenario's title as one line; its name where the title is empty."""
    title = one_line(str(scenario.title_zh if lang == "zh" else scenario.title_en))
    return title or str(scenario.name)


def title_of(scenario: Any, label: str, lang: str) -> str:
    """A scenario's title; the label where two scenarios of a plan would share a title."""
    title = plain_title(scenario, lang)
    return title if label == scenario.name else f"{title} ({label})"


def in_lines(text: str, width: int, most: int = 3) -> str:
    r"""A name in lines that fit into a chart, cut off where it is too long.

    `width`: letters of a line; Chinese characters count as two. `most`: lines.

    >>> in_lines("More mentors and more places", 14)
    'More mentors\nand more\nplaces'
    """
    lines, line, size = [], "", 0
    for word in re.findall(r"\s+|[\u2e80-\U0003ffff]|[^\s\u2e80-\U0003ffff]+", one_line(text)):
        for part in (word[k : k + width] for k in range(0, len(word), width)):
            wide = sum(2 if ord(c) >= WIDE else 1 for c in part)
            if size + wide > width and line:
                lines.append(line.rstrip())
                line, size = "", 0
            if line or not part.isspace():
                line, size = line + part, size + wide
    lines.append(line.rstrip())
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: max(width - 2, 1)] + "…"]
    # A chart leaves what begins with an underscore out of its legend.
    return "\n".join(lines) if not lines[0].startswith("_") else " " + "\n".join(lines)


def value_text(value: Any) -> str:
    """A lever's value as a scenario file would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,.10g}" if isinstance(value, int | float) else "–"
