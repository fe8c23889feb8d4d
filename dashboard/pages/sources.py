"""Sources: every parameter with its source or "assumed", and the patterns, missed ones included."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import solara

from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import Stopped, gather, reduced
from returnee.dashboard.live.stored import evidence, stored
from returnee.dashboard.texts import page, words
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Controls, box, html, use_work
from returnee.experiments.reports.listing import headings
from returnee.experiments.reports.validation.words import band_text, range_text
from returnee.experiments.reports.validation.words import value_text as pattern_text
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.intervals import mean_interval
from returnee.experiments.studies.patterns import BY_KEY, PATTERNS, SINGLE, observed
from returnee.experiments.words.texts import label_of, unit_name, value_text
from returnee.scenarios import Lever, levers, load_scenario
from returnee.scenarios.files.layers import MODELS
from returnee.simulation import Run
from returnee.simulation.fingerprint import fingerprint

NOW = RunSettings(seed=1, sample=0.05, months=120)
REPLICATES = 8
SHOWS = ("all", "assumed", "sourced")
OPTIONS = {"room": frozenset({"all", *MODELS}), "show": frozenset(SHOWS)}
LONGEST = 60


class Row(NamedTuple):
    """A pattern as written."""

    number: int
    label: str
    use: str
    band: str
    value: str
    interval: str
    passed: bool
    known: bool
    sources: str


@dataclass(frozen=True)
class Check:
    """A check of the patterns that is being made, or has been."""

    number: int = 0
    running: bool = False
    done: int = 0
    values: tuple[tuple[str, float, float, float], ...] = ()
    error: str = ""


def pattern_rows(values: dict[str, tuple[float, float, float]], lang: str) -> list[Row]:
    """A row for every pattern."""
    rows = []
    for p in PATTERNS:
        value, low, high = values.get(p.key, (math.nan,) * 3)
        rows.append(
            Row(
                p.number, p.label(lang), p.use, band_text(p, lang), pattern_text(value, p.unit, lang),
                range_text(low, high, p.unit, lang), p.holds(value), math.isfinite(value), ", ".join(p.sources),
            )
        )  # fmt: skip
    return rows


def stored_values() -> tuple[dict[str, tuple[float, float, float]], dict[str, Any]]:
    """Figures of the stored validation by pattern, and how it was made."""
    found = stored("validation.json")
    if found is None:
        return {}, {}
    values = {}
    for row in found.content.get("patterns", ()):
        if isinstance(row, dict) and row.get("pattern") in BY_KEY:
            numbers = (row.get(key) for key in ("value", "value_low", "value_high"))
            values[str(row["pattern"])] = tuple(
                math.nan if v is None else float(v) for v in numbers
            )
    made = {
        key: found.content.get(key, "–")
        for key in ("replicates", "sample", "months", "command", "fingerprint")
    }
    return values, {**made, "current": found.current}  # type: ignore[return-value]


def _look(run: Run) -> tuple[float, ...]:
    found = observed(run)
    return tuple(found[key] for key in SINGLE)


def check(number: int, wanted: Callable[[], bool], show: Callable[[Check], None]) -> None:
    """Run the baseline and look for the patterns that single runs show."""
    scenario = load_scenario("baseline")
    calls = [
        lambda k=k: reduced("patterns", scenario, k, NOW, _look)  # type: ignore[misc]
        for k in range(REPLICATES)
    ]
    try:
        rows = gather(calls, 3, wanted, lambda done: show(Check(number, True, done)))
    except Stopped:
        return
    except (Busy, Exception) as error:
        show(Check(number, error=" ".join(f"{type(error).__name__} {error}".split())))
        return
    table = np.array(rows)
    found = tuple((key, *mean_interval(table[:, k])) for k, key in enumerate(SINGLE))
    show(Check(number, values=found))


@lru_cache(maxsize=24)
def parameter_rows(
    room: str, show: str, asked: str, lang: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Parameters by group: title, and rows as written."""
    titles, known = headings(lang), evidence()
    grouped: dict[str, list[dict[str, Any]]] = {}
    for lever in levers:
        if room != "all" and not lever.key.startswith(f"{room}."):
            continue
        if show != "all" and lever.assumed != (show == "assumed"):
            continue
        row = parameter_row(lever, lang, known)
        if (
            asked
            and asked.lower()
            not in f"{row['label']} {lever.key} {row['help']} {row['ids']}".lower()
        ):
            continue
        grouped.setdefault(lever.key.rpartition(".")[0], []).append(row)
    return [(titles.get(key, key), rows) for key, rows in grouped.items()]


def parameter_row(lever: Lever, lang: str, known: dict[str, dict[str, str]]) -> dict[str, Any]:
    """One parameter as written."""
    low, high = value_text(lever.low), value_text(lever.high)
    cited = [(i, known.get(i, {})) for i in lever.evidence]
    return {
        "key": lever.key, "label": label_of(lever, lang), "unit": unit_name(lever.unit, lang),
        "value": value_text(lever.default), "range": "" if lever.type is bool else f"{low}–{high}",
        "help": lever.help_zh if lang == "zh" else lever.help_en, "assumed": lever.assumed, "free": lever.free,
        "ids": " ".join(lever.evidence),
        "cited": [
            (i, f"{row.get('quantity', '')}: {row.get('value', '')} {row.get('unit', '')} ({row.get('year', '')}, {row.get('place', '')})",
             row.get("url", "") if row.get("url", "").startswith(("http://", "https://")) else "", row.get("source_title", ""))
            for i, row in cited
        ],
    }  # fmt: skip


def not_for(lang: str) -> str:
    """What the model is not for, and how much of it is assumed."""
    assumed = sum(lever.assumed for lever in levers)
    return str(words(lang)["not_for"].format(assumed=assumed, total=len(levers)))


@solara.component
def Sources(session: Session) -> None:
    """Patterns first, then parameters."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["sources"]
    made = solara.use_reactive(Check())
    asked = solara.use_reactive("")
    number = made.value.number
    use_work(lambda wanted: check(number, wanted, made.set), [number], made.value.running)
    with box(classes="stack"):
        html(page("about.html.j2", lang, line=not_for(lang), hash=fingerprint()))
        with box(classes="card"):
            Patterns(made.value, lang)
            button = {
                "type": "button",
                "key": "check",
                "label": text["check"],
                "disabled": made.value.running,
            }
            Controls(
                items=[button], event_act=lambda _: made.set(Check(made.peek().number + 1, True))
            )
        with box(classes="card"):
            html(f"<h2>{text['parameters']}</h2>")
            Controls(
                items=controls(place, asked.value),
                event_act=lambda data: pick(session, data, asked),
            )
            groups = parameter_rows(
                place.option("room", "all"), place.option("show", "all"), asked.value, lang
            )
            html(page("parameters.html.j2", lang, groups=groups))


@solara.component
def Patterns(made: Check, lang: str) -> None:
    """The table of patterns: a check made now, or the stored one."""
    text = words(lang)["sources"]
    values, how = stored_values()
    note = text["stored"].format(**how) if how else text["none"]
    if how and not how["current"]:
        note += " " + text["older"].format(hash=fingerprint())
    if made.values:
        values = {key: (value, low, high) for key, value, low, high in made.values}
        note = text["now"].format(replicates=REPLICATES, sample=f"{NOW.sample:g}")
    rows = pattern_rows(values, lang)
    counts = text["counts"].format(
        passed=sum(row.passed for row in rows), missed=sum(row.known and not row.passed for row in rows),
        unseen=sum(not row.known for row in rows),
    )  # fmt: skip
    html(page("patterns.html.j2", lang, rows=rows, note=note, counts=counts))
    if made.running:
        line = words(lang)["working"].format(done=made.done, total=REPLICATES)
        html(page("state.html.j2", lang, busy=True, done=made.done, most=REPLICATES, line=line))
    if made.error:
        html(page("notices.html.j2", lang, lines=[made.error], wrong=True))


def controls(place: Any, asked: str) -> list[dict[str, Any]]:
    """Which parameters are listed."""
    text = words(place.lang)["sources"]
    return [
        {"type": "text", "key": "asked", "label": text["find"], "value": asked},
        {"type": "select", "key": "room", "label": text["room"], "value": place.option("room", "all"),
         "options": [{"value": key, "text": text["rooms"][key]} for key in ("all", *MODELS)]},
        {"type": "select", "key": "show", "label": text["show"], "value": place.option("show", "all"),
         "options": [{"value": key, "text": text["shows"][key]} for key in SHOWS]},
    ]  # fmt: skip


def pick(session: Session, data: dict[str, Any], asked: solara.Reactive[str]) -> None:
    """Take a choice of what is listed."""
    key, value = str(data.get("key")), str(data.get("value"))
    if key == "asked":
        asked.value = value[:LONGEST]
    elif value in OPTIONS.get(key, ()):
        session.choose(**{key: value})
