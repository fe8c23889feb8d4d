"""Charts of a validation, as SVG: all patterns in one figure, and responses as small multiples."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from returnee.experiments.reports.figures import (
    BLACK,
    COLOURS,
    chart_language,
    settings,
    svg_of,
)
from returnee.experiments.reports.validation.words import band_text, value_text, words_of
from returnee.experiments.studies.validation import Result, Validation

HIT, MISSED, BAND = COLOURS[0], COLOURS[1], "#e3ebf0"
REACH = 1.6  # band half-widths beyond which a value is drawn at the edge, with an arrow


def place_in_band(result: Result, value: float) -> float:
    """Where a value lies: -1 at the lower end of the band, 1 at its upper end."""
    p = result.pattern
    return (2.0 * value - p.low - p.high) / (p.high - p.low)


def patterns_chart(found: Validation, lang: str = "en") -> str:
    """All patterns, each in units of its band: the mean, its interval, and misses marked."""
    lang = chart_language(lang)
    text, results = words_of(lang), found.results
    with mpl.rc_context(settings("validation")):
        figure = Figure(figsize=(9.2, 0.7 + 0.24 * len(results)), layout="constrained")
        axes = figure.subplots()
        axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
        for k, result in enumerate(results):
            draw_result(axes, k, result, lang)
        labels = [f"{r.pattern.number}{r.pattern.use}  {r.pattern.label(lang)}" for r in results]
        axes.set_yticks(range(len(results)), labels)
        axes.set_ylim(len(results) - 0.4, -0.6)
        axes.set_xlim(-2.0 * REACH, 2.0 * REACH)
        axes.set_xticks((-1, 0, 1), (text["band_low"], "", text["band_high"]))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_title(text["chart_title"])
        return svg_of(figure, text["chart_title"])


def draw_result(axes: Axes, row: int, result: Result, lang: str) -> None:
    """One line of the figure: the interval, the mean, and the figures in words at the right."""
    p, colour = result.pattern, HIT if result.passed else MISSED
    words = f"{value_text(result.value, p.unit, lang)}  ({band_text(p, lang)})"
    axes.text(
        1.01,
        row,
        words,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=8,
        color=colour,
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
    axes.axhline(row, color=BLACK, linewidth=0.2, alpha=0.4, zorder=0)
