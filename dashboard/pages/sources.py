"""Sources: what every parameter rests on, and the patterns, missed ones included."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import solara

from returnee.dashboard.live.asking import Job, Shown, use_job
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import reduced
from returnee.dashboard.live.stored import evidence, stored
from returnee.dashboard.pages.widgets import (
    Control,
    box,
    button,
    controls,
    failed,
    html,
    piece,
    select,
    working,
)
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.reports.listing import headings
from returnee.experiments.reports.validation import band_text
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.intervals import mean_interval
from returnee.experiments.studies.patterns import BY_KEY, PATTERNS, SINGLE, observed
from returnee.experiments.words.texts import (
    label_of,
    measured,
    measured_range,
    unit_name,
    value_text,
)
from returnee.scenarios import Lever, levers, load_scenario
from returnee.scenarios.schema.fields import BASES, basis_counts
from returnee.scenarios.schema.layers import MODELS
from returnee.simulation import Run
from returnee.simulation.fingerprint import fingerprint

NOW = RunSettings(seed=1, sample=0.02, months=120)
REPLICATES = 8
SHOWS = ("all", *BASES)
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
    judged: bool


Values = dict[str, tuple[float, float, float]]  # mean and interval by pattern


def pattern_rows(values: Values, lang: str) -> list[Row]:
    """A row for every pattern."""
    rows = []
    for p in PATTERNS:
        value, low, high = values.get(p.key, (math.nan,) * 3)
        rows.append(
            Row(
                p.number, p.label(lang), p.use, band_text(p, lang), measured(value, p.unit, lang),
                measured_range(low, high, p.unit, lang), p.holds(value), math.isfinite(value), ", ".join(p.sources), p.judged,
            )
        )  # fmt: skip
    return rows


def stored_values() -> tuple[Values, dict[str, Any]]:
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


def check(asker: Asker) -> Values:
    """Run the baseline and look for the patterns that single runs show."""
    scenario = load_scenario("baseline")
    calls = [partial(reduced, "patterns", scenario, k, NOW, _look) for k in range(REPLICATES)]
    table: np.ndarray = np.array(gather(calls, 3, asker))
    return {key: mean_interval(table[:, k]) for k, key in enumerate(SINGLE)}


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
        if show not in ("all", lever.basis):
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
        "help": lever.help_zh if lang == "zh" else lever.help_en, "basis": lever.basis, "label_of_basis": BASES[lever.basis][lang == "zh"],
        "free": lever.free,
        "ids": " ".join(lever.evidence),
        "cited": [
            (i, f"{row.get('quantity', '')}: {row.get('value', '')} {row.get('unit', '')} ({row.get('year', '')}, {row.get('place', '')})",
             row.get("url", "") if row.get("url", "").startswith(("http://", "https://")) else "", row.get("source_title", ""))
            for i, row in cited
        ],
    }  # fmt: skip


def not_for(lang: str) -> str:
    """What the model is not for, and what its defaults rest on."""
    return str(words(lang)["not_for"].format(**basis_counts(levers), total=len(levers)))


@solara.component
def Sources(session: Session) -> None:
    """Patterns first, then parameters."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["sources"]
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    shown = use_job(job, lambda _, asker: check(asker))
    asked = solara.use_reactive("")
    with box(classes="stack"):
        piece("about", lang, line=not_for(lang), hash=fingerprint())
        with box(classes="card"):
            Patterns(shown, lang)
            again = button("check", text["check"], disabled=shown.busy)
            controls([again], lambda _: job.set(Job("check")))
        with box(classes="card"):
            html(f"<h2>{text['parameters']}</h2>")
            controls(choices(place, asked.value), lambda data: pick(session, data, asked))
            room, show = place.option("room", "all"), place.option("show", "all")
            piece("parameters", lang, groups=parameter_rows(room, show, asked.value, lang))


@solara.component
def Patterns(shown: Shown[Values], lang: str) -> None:
    """The table of patterns: a check made now, or the stored one."""
    text = words(lang)["sources"]
    values, how = stored_values()
    note = text["stored"].format(**how) if how else text["none"]
    if how and not how["current"]:
        note += " " + text["older"].format(theirs=how["fingerprint"], hash=fingerprint())
    if shown.found is not None:
        values, note = shown.found, text["now"].format(replicates=REPLICATES, sample=f"{NOW.sample:g}")  # fmt: skip
    rows = pattern_rows(values, lang)
    counts = text["counts"].format(
        passed=sum(row.passed for row in rows),
        missed=sum(row.judged and row.known and not row.passed for row in rows),
        unseen=sum(row.judged and not row.known for row in rows),
    )  # fmt: skip
    piece("patterns", lang, rows=rows, note=note, counts=counts)
    if shown.error is not None:
        failed(shown, lang)
    elif shown.busy:
        working(shown, REPLICATES, lang)


def choices(place: Place, asked: str) -> list[Control]:
    """Which parameters are listed."""
    text = words(place.lang)["sources"]
    rooms = [(key, text["rooms"][key]) for key in ("all", *MODELS)]
    shows = [("all", text["shows"]["all"])]
    shows += [(basis, labels[place.lang == "zh"]) for basis, labels in BASES.items()]
    return [
        {"type": "text", "key": "asked", "label": text["find"], "value": asked},
        select("room", text["room"], place.option("room", "all"), rooms),
        select("show", text["show"], place.option("show", "all"), shows),
    ]


def pick(session: Session, data: dict[str, Any], asked: solara.Reactive[str]) -> None:
    """Take a choice of what is listed."""
    if data.get("key") == "asked":
        asked.value = str(data.get("value"))[:LONGEST]
    else:
        session.pick(data, OPTIONS)
