"""Responses to levers as small multiples, as SVG."""

from __future__ import annotations

import math
import textwrap

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.charts import BLACK, COLOURS, chart_language, settings, svg_of
from experiments.face import Face
from experiments.face_findings import Response
from experiments.measures import BY_NAME
from experiments.texts import label_of, unit_name
from experiments.validation_words import words_of
from scenarios import levers

COLUMNS = 5
LEVERS = {lever.key: lever for lever in levers}
VERDICTS = {"holds": COLOURS[0], "shown": COLOURS[6]}
FAILED = COLOURS[1]


def responses_chart(face: Face, lang: str = "en") -> str:
    """Change of the declared measure against the first value of each lever, with intervals."""
    lang = chart_language(lang)
    text = words_of(lang)
    shown = [r for r in face.responses if r.direction != "none"]
    rows = math.ceil(len(shown) / COLUMNS)
    with mpl.rc_context(settings("face") | {"font.size": 7, "axes.titlesize": 8}):
        figure = Figure(figsize=(10.4, 1.9 * rows), layout="constrained")
        grid = figure.subplots(rows, COLUMNS).flat
        for response, axes in zip(shown, grid):
            draw(axes, response, text, lang)
        for axes in grid:
            axes.axis("off")
        return svg_of(figure, text["responses_chart"])


def draw(axes: Axes, response: Response, text: dict[str, str], lang: str) -> None:
    """One lever."""
    measure, colour = BY_NAME[response.measure], VERDICTS.get(response.verdict, FAILED)
    mean, low, high = np.array(response.changes).T
    places = np.arange(len(mean))
    scale, unit = scaled(float(np.nanmax(np.abs(mean))), measure.unit, lang)
    axes.axhline(0.0, color=BLACK, linewidth=0.6)
    axes.plot(places, mean * scale, "o-", color=colour, ms=3, linewidth=1.2)
    axes.vlines(places, low * scale, high * scale, color=colour, linewidth=1.0)
    axes.set_xticks(places, [tick(value, lang) for value in response.values])
    axes.locator_params(axis="y", nbins=4)
    title = textwrap.fill(label_of(LEVERS[response.key], lang), 26)
    failed = "" if response.verdict in VERDICTS else f"\n{text[response.verdict]}"
    axes.set_title(title + failed, color=colour if failed else BLACK)
    axes.set_ylabel(f"{wrapped(label_of(measure, lang), lang)}\n({unit})", fontsize=6)


def scaled(size: float, unit: str, lang: str) -> tuple[float, str]:
    """Factor and unit in which a change is drawn."""
    if unit == "share":
        return 100.0, "个百分点" if lang == "zh" else "pp"
    if unit == "yuan" and size >= 1e5:
        return (1e-4, "万元") if lang == "zh" else (1e-6, "m yuan")
    return 1.0, unit_name(unit, lang)


def wrapped(text: str, lang: str) -> str:
    """A label in lines of a panel's height."""
    return "\n".join(textwrap.wrap(text, 11 if lang == "zh" else 20))


def tick(value: float | bool, lang: str) -> str:
    """A value of a lever, short.

    Examples
    --------
    >>> tick(300000, "en"), tick(300000, "zh"), tick(True, "zh")
    ('300k', '30万', '是')
    """
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "zh": ("否", "是")}[lang][value]
    if abs(value) < 1e4:
        return f"{value:g}"
    if lang == "zh":
        return f"{value / 1e4:g}万"
    return f"{value / 1e6:g}m" if abs(value) >= 1e6 else f"{value / 1e3:g}k"
