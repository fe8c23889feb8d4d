"""Charts of a validation, as SVG: all patterns in one figure, and responses as small multiples."""

from __future__ import annotations

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import figures as draw
from returnee.experiments.studies.face import Face, Response
from returnee.experiments.studies.patterns import Pattern
from returnee.experiments.studies.validation import Result, Validation
from returnee.experiments.words import texts as say
from returnee.scenarios import levers

HIT, MISSED, BAND = draw.COLOURS[0], draw.COLOURS[1], "#e3ebf0"
REACH = 1.6  # band half-widths beyond which a value is drawn at the edge, with an arrow
COLUMNS = 5
WIDTH = {"en": 20, "zh": 22}  # letters of a panel's height
LEVERS = {lever.key: lever for lever in levers}
VERDICTS = {"holds": draw.COLOURS[0], "shown": draw.COLOURS[6]}
FAILED = draw.COLOURS[1]


def band_text(pattern: Pattern, lang: str) -> str:
    """A pattern's band in words."""
    return say.measured_range(pattern.low, pattern.high, pattern.unit, lang)


def place_in_band(result: Result, value: float) -> float:
    """Where a value lies: -1 at the lower end of the band, 1 at its upper end."""
    p = result.pattern
    return (2.0 * value - p.low - p.high) / (p.high - p.low)


def patterns_chart(found: Validation, lang: str = "en") -> str:
    """All patterns, each in units of its band: the mean, its interval, and misses marked."""
    lang = draw.chart_language(lang)
    text = say.words(lang)["validation"]
    results = [result for result in found.results if result.pattern.judged]
    with draw.paper("validation", 9.2, 0.7 + 0.24 * len(results)) as figure:
        axes = figure.subplots()
        axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
        for k, result in enumerate(results):
            draw_result(axes, k, result, lang)
        labels = [f"{r.pattern.number}{r.pattern.use[0]}  {r.pattern.label(lang)}" for r in results]
        axes.set_yticks(range(len(results)), labels)
        axes.set_ylim(len(results) - 0.4, -0.6)
        axes.set_xlim(-2.0 * REACH, 2.0 * REACH)
        axes.set_xticks((-1, 0, 1), (text["band_low"], "", text["band_high"]))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(text["chart_title"])
        return draw.svg_of(figure, text["chart_title"])


def draw_result(axes: Axes, row: int, result: Result, lang: str) -> None:
    """One line of the figure: the interval, the mean, and the figures in words at the right."""
    p, colour = result.pattern, HIT if result.passed else MISSED
    said = f"{say.measured(result.value, p.unit, lang)}  ({band_text(p, lang)})"
    axes.text(
        1.01, row, said, transform=axes.get_yaxis_transform(), va="center", fontsize=8, color=colour
    )
    if np.isnan(result.value):
        return
    edge = 1.9 * REACH
    at = place_in_band(result, result.value)
    ends = np.clip([place_in_band(result, x) for x in (result.low, result.high)], -edge, edge)
    axes.hlines(row, *ends, color=colour, linewidth=2.0)
    marker = "o" if result.passed else "D"
    if abs(at) > edge:
        marker = ">" if at > 0 else "<"
    axes.plot(np.clip(at, -edge, edge), row, marker, color=colour, ms=5, clip_on=False)
    if not result.passed:
        axes.axhspan(row - 0.45, row + 0.45, color=MISSED, alpha=0.07, linewidth=0)
    axes.axhline(row, color=draw.BLACK, linewidth=0.2, alpha=0.4, zorder=0)


def responses_chart(face: Face, lang: str = "en") -> str:
    """Change of the declared measure against the first value of each lever, with intervals."""
    lang = draw.chart_language(lang)
    text = say.words(lang)["validation"]
    shown = [r for r in face.responses if r.direction != "none"]
    rows = math.ceil(len(shown) / COLUMNS)
    smaller = {"font.size": 7, "axes.titlesize": 8}
    with draw.paper("face", 10.4, 1.9 * rows, **smaller) as figure:
        for response, axes in zip(shown, draw.panels(figure, len(shown), COLUMNS)):
            draw_response(axes, response, text, lang)
        return draw.svg_of(figure, text["responses_chart"])


def draw_response(axes: Axes, response: Response, text: dict[str, str], lang: str) -> None:
    """One lever."""
    measure, colour = BY_NAME[response.measure], VERDICTS.get(response.verdict, FAILED)
    mean, low, high = np.array(response.changes).T
    places = np.arange(len(mean))
    scale, unit = scaled(float(np.nanmax(np.abs(mean))), measure.unit, lang)
    axes.axhline(0.0, color=draw.BLACK, linewidth=0.6)
    axes.plot(places, mean * scale, "o-", color=colour, ms=3, linewidth=1.2)
    axes.vlines(places, low * scale, high * scale, color=colour, linewidth=1.0)
    axes.set_xticks(places, [tick(value, lang) for value in response.values])
    axes.locator_params(axis="y", nbins=4)
    title = textwrap.fill(say.label_of(LEVERS[response.key], lang), 26)
    failed = "" if response.verdict in VERDICTS else f"\n{text[response.verdict]}"
    axes.set_title(title + failed, color=colour if failed else draw.BLACK)
    name = say.wrapped(say.label_of(measure, lang), lang, WIDTH[lang])
    axes.set_ylabel(f"{name}\n({unit})", fontsize=6)


def scaled(size: float, unit: str, lang: str) -> tuple[float, str]:
    """Factor and unit in which a change is drawn."""
    if unit == "share":
        return 100.0, "个百分点" if lang == "zh" else "pp"
    if unit == "yuan" and size >= 1e5:
        return (1e-4, "万元") if lang == "zh" else (1e-6, "m yuan")
    return 1.0, say.unit_name(unit, lang)


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
