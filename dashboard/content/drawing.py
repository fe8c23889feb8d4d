"""What a chart shows, as plain values; ``vue/chart.vue`` draws it.

Every description holds the table that stands for the chart (``columns``, ``rows``) and the figures of
its CSV.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from returnee.dashboard.live.answers import MOVED, Answer, series
from returnee.dashboard.texts import measure_name, unit_of, words
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.statistics.intervals import interval
from returnee.experiments.statistics.samples import bias_of, wider
from returnee.experiments.statistics.spread import spread
from returnee.experiments.words.texts import NONE, amount, label_of, percent, plain_title, to

Spec = dict[str, Any]


def plain(values: np.ndarray) -> list[float | None]:
    """Numbers that JSON knows, to five digits; what is missing is None."""
    return [None if not np.isfinite(v) else float(f"{v:.5g}") for v in values]


def chart(title: str, kind: str, lang: str, file: str, **more: Any) -> Spec:
    """What every chart has."""
    safe = re.sub(r"[^\w-]+", "-", file).strip("-")
    return {"title": title, "kind": kind, "lang": lang, "file": f"returnee-{safe}", **more}


def line(name: str, colour: str | int, data: Sequence[Any]) -> Spec:
    """What one scenario, or another kind of thing, contributes to a chart."""
    return {"name": name, "colour": colour, "data": data}


def levels(
    found: Answer,
    measure: str,
    lang: str,
    start: int = 1,
    move: int = 0,
    before: Answer | None = None,
) -> Spec:
    """Levels by month of every scenario, with bands; the policy before the last move as a pale line.

    `move`: the move of a lever that this answers, which the browser is told of.
    """
    indicator, text = BY_NAME[measure], words(lang)["charts"]
    lines = []
    for k, (label, scenario) in enumerate(found.plan.scenarios.items()):
        values = series(found.made, label, measure)
        name, colour = plain_title(scenario, lang), _colour(found, label, k)
        lines.append(_band(name, colour, values, ends_of(found, values, label, None, measure)))
    if before is not None:
        lines.append(_ghost(series(before.made, MOVED, measure), text))
    title = f"{measure_name(indicator, lang)} ({unit_of(indicator, lang)})"
    spec = chart(
        title, "bands", lang, f"{measure}-levels", unit=indicator.unit,
        note=text["spread_note" if found.luck else "levels_note"], start=start, zero=False, move=move,
    )  # fmt: skip
    return _over_months(spec, lines, found.plan.settings.months, lang)


def differences(
    found: Answer, measure: str, lang: str, start: int = 1, before: Answer | None = None
) -> Spec:
    """Paired differences from the reference by month, with bands; that before the last move is pale."""
    indicator, text = BY_NAME[measure], words(lang)["charts"]
    reference = series(found.made, found.plan.reference, measure)
    lines = []
    for k, (label, scenario) in enumerate(found.plan.scenarios.items()):
        if label == found.plan.reference:
            continue
        paired = series(found.made, label, measure) - reference
        ends = ends_of(found, paired, label, found.plan.reference, measure)
        lines.append(_band(plain_title(scenario, lang), _colour(found, label, k), paired, ends))
    if before is not None:
        theirs = series(before.made, before.plan.reference, measure)
        lines.append(_ghost(series(before.made, MOVED, measure) - theirs, text))
    title = text["difference"].format(
        measure=measure_name(indicator, lang),
        reference=plain_title(found.plan.scenarios[found.plan.reference], lang),
    )
    spec = chart(
        title, "bands", lang, f"{measure}-difference", unit=indicator.unit,
        note=text["spread_note" if found.luck else "difference_note"], start=start, zero=True,
    )  # fmt: skip
    return _over_months(spec, lines, found.plan.settings.months, lang)


def _colour(found: Answer, label: str, k: int) -> str | int:
    if label == found.plan.reference:
        return "reference"
    return "policy" if label == MOVED else k - 1


def _band(name: str, colour: str | int, values: np.ndarray, ends: np.ndarray) -> Spec:
    """A mean by month between two ends; missing months are missing in every replicate."""
    mean, low, high = (plain(line) for line in (values.mean(axis=0), *ends))
    return {"name": name, "colour": colour, "mean": mean, "low": low, "high": high}


def _ghost(values: np.ndarray, text: dict[str, Any]) -> Spec:
    """The mean of what was there before the last move; without a band."""
    mean = plain(values.mean(axis=0))
    return {"name": text["ghost"], "colour": "ghost", "mean": mean, "low": None, "high": None}


def ends_of(
    found: Answer, values: np.ndarray, label: str, reference: str | None, measure: str
) -> np.ndarray:
    """Ends of the band, shape (2, months): where the full county's answer lies, nine times in ten.

    Over the ensemble it is the spread over sets, else the interval of the mean; both carry what a
    small county gets wrong.
    """
    if found.luck is None:
        middle = values.mean(axis=0)
        low, high = middle + wider(measure, found.sample) * (interval(values) - middle)
    else:
        luck = series(found.luck, label, measure)
        if reference is not None:
            luck = luck - series(found.luck, reference, measure)
        low, high = spread(values, luck)[1:3]
    off = bias_of([measure], found.plan.settings.sample)[0] * np.abs(values.mean(axis=0))
    return np.stack([low - off, high + off])


def _over_months(spec: Spec, lines: list[Spec], months: int, lang: str) -> Spec:
    text = words(lang)["charts"]
    columns = [text["year"]]
    for line in lines:
        columns.append(line["name"])
        if line["low"]:
            columns.append(f"{line['name']}: {percent(0.9, lang)}")
    ends = range(11, months, 12)
    unit = spec["unit"]
    rows = []
    for i in ends:
        row: list[Any] = [str((i + 1) // 12)]
        for line in lines:
            row.append(_text(line["mean"][i], unit, lang, spec["zero"]))
            if line["low"]:
                pair = [_text(line[side][i], unit, lang, spec["zero"]) for side in ("low", "high")]
                row.append(to(lang, *pair))
        rows.append(row)
    aria = text["aria"].format(
        title=spec["title"],
        ends=text["comma"].join(f"{line['name']}: {rows[-1][1 + 2 * k]}" for k, line in enumerate(lines)),
    ) if rows else spec["title"]  # fmt: skip
    return spec | {
        "series": lines, "months": months, "x": text["years"], "month_label": text["month_label"],
        "start_label": text["start"], "columns": columns, "rows": rows, "parts": text["parts"],
        "month": text["month"], "aria": aria,
    }  # fmt: skip


def _text(value: float | None, unit: str, lang: str, signed: bool) -> str:
    return NONE if value is None else amount(value, unit, lang, signed)


def bars(
    title: str,
    names: Sequence[str],
    lines: Sequence[Spec],
    lang: str,
    file: str,
    unit: str = "",
    **more: Any,
) -> Spec:
    """Horizontal bars: a row of bars a name, a bar a line."""
    heads = [words(lang)["charts"]["what"], *(line["name"] for line in lines)]
    csv = [[name, *(line["data"][i] for line in lines)] for i, name in enumerate(names)]
    rows = [[row[0], *(_text(v, unit, lang, False) for v in row[1:])] for row in csv]
    height = max(120, 46 + len(names) * max(26, 15 * len(lines) if not more.get("stack") else 26))
    return chart(
        title, "bars", lang, file, names=list(names), series=list(lines), unit=unit, columns=heads,
        rows=rows, csv=csv, height=height, **more,
    )  # fmt: skip


def intervals(
    title: str,
    names: Sequence[str],
    lines: Sequence[Spec],
    lang: str,
    file: str,
    unit: str = "",
    **more: Any,
) -> Spec:
    """Differences with intervals: a row a name, a mark a line; ``data`` holds (mean, low, high)."""
    text = words(lang)["charts"]
    heads = [text["what"]]
    for line in lines:
        heads += [line["name"], f"{line['name']}: {percent(0.9, lang)}"]
    csv, rows = [], []
    for i, name in enumerate(names):
        raw: list[Any] = [name]
        shown: list[str] = [name]
        for line in lines:
            mean, low, high = line["data"][i] or (None, None, None)
            raw += [mean, low, high]
            ends = to(lang, *(_text(v, unit, lang, True) for v in (low, high)))
            shown += [_text(mean, unit, lang, True), ends]
        csv.append(raw)
        rows.append(shown)
    names_csv = [text["what"], *(f"{li['name']} {part}" for li in lines for part in text["parts"])]
    height = 46 + len(names) * max(30, 13 * len(lines) + 8)
    return chart(
        title, "intervals", lang, file, names=list(names), series=list(lines), unit=unit,
        columns=heads, rows=rows, csv=csv, csv_columns=names_csv, height=height, **more,
    )  # fmt: skip


def label(measure: str, lang: str) -> str:
    """Label of a measure."""
    return label_of(BY_NAME[measure], lang)
