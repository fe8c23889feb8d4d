"""Charts of a calibration, as SVG: fit, ranges, responses, and the search."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.calibrate import Calibration
from experiments.calibrate_steps import means
from experiments.calibrate_words import calibrate_words
from experiments.charts import BLACK, COLOURS, chart_language, settings, svg_of
from experiments.intervals import interval
from experiments.texts import label_of

BAND = "#e3ebf0"
START = "#999999"
REACH = 2.5  # half-widths beyond which a dot stands at the edge


def fit_chart(found: Calibration, lang: str = "en") -> str:
    """Every target in units of its band: members, start and result."""
    lang = chart_language(lang)
    text, targets = calibrate_words(lang), found.targets
    centre, half = np.array([(t.centre, t.half) for t in targets]).T

    def place(figures: np.ndarray) -> np.ndarray:
        return np.clip((figures - centre) / half, -REACH, REACH)

    with mpl.rc_context(settings("fit")):
        figure = Figure(figsize=(9.2, 1.1 + 0.26 * len(targets)), layout="constrained")
        axes = figure.subplots()
        axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
        rows = np.arange(len(targets))
        for k, member in enumerate(found.member_figures):
            name = text["ensemble"] if k == 0 else None
            axes.plot(place(member), rows, "|", color=COLOURS[5], ms=7, label=name)
        axes.plot(
            place(means(found.first.figures[0])), rows, "o", mfc="none", color=START,
            label=text["start"],
        )  # fmt: skip
        reach = interval(found.verified)[1] - found.fit
        axes.errorbar(
            place(found.fit), rows, xerr=reach / half, fmt="o",
            color=COLOURS[0], ms=5, label=text["value"],
        )  # fmt: skip
        missed = ~found.in_band
        axes.plot(place(found.fit)[missed], rows[missed], "D", color=COLOURS[1], ms=6, zorder=5)
        finish_rows(axes, [t.label(lang) for t in targets], 1.05 * REACH)
        axes.set_xticks((-1, 1), (text["band_low"], text["band_high"]))
        return titled(figure, axes, text["fit_chart"])


def finish_rows(axes: Axes, labels: list[str], reach: float) -> None:
    """A row a label, the first at the top, from -reach to reach."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(-reach, reach)
    axes.tick_params(axis="y", length=0)


def titled(figure: Figure, axes: Axes, title: str) -> str:
    """The figure with title and legend, as SVG."""
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return svg_of(figure, title)


def ranges_chart(found: Calibration, lang: str = "en") -> str:
    """Every parameter over its searched range: members, start and result."""
    lang = chart_language(lang)
    text, axes_of = calibrate_words(lang), found.axes
    with mpl.rc_context(settings("ranges")):
        figure = Figure(figsize=(9.2, 1.1 + 0.26 * len(axes_of)), layout="constrained")
        axes = figure.subplots()
        for k, axis in enumerate(axes_of):
            axes.hlines(k, *axis.limits, color=BAND, linewidth=7)
            dots = [axis.of(member[axis.key]) for member in found.members]
            name = text["ensemble"] if k == 0 else None
            axes.plot(dots, [k] * len(dots), "|", color=COLOURS[5], ms=8, label=name)
            name = text["start"] if k == 0 else None
            axes.plot(0.0, k, "o", mfc="none", color=START, label=name)
            name = text["value"] if k == 0 else None
            axes.plot(axis.of(found.best[axis.key]), k, "o", color=COLOURS[0], ms=5, label=name)
            low, high = (f"{v:.3g}".replace("-", "\N{MINUS SIGN}") for v in axis.bounds)
            axes.text(-1.03, k, low, ha="right", va="center", fontsize=7)
            axes.text(1.03, k, high, ha="left", va="center", fontsize=7)
        finish_rows(axes, [label_of(a.lever, lang) for a in axes_of], 1.25)
        axes.set_xticks((-1, 1), (text["bounds_low"], text["bounds_high"]))
        return titled(figure, axes, text["ranges_chart"])


def response_chart(found: Calibration, lang: str = "en") -> str:
    """How far each figure answers to each parameter, as a heat map."""
    lang = chart_language(lang)
    text, response = calibrate_words(lang), found.identified.response
    shown = np.where(response.told, 0.5 * response.jacobian, 0.0)
    reach = max(float(np.percentile(np.abs(shown), 98)), 1e-9)
    with mpl.rc_context(settings("response")):
        size = 2.6 + 0.36 * shown.shape[1], 2.0 + 0.27 * shown.shape[0]
        figure = Figure(figsize=(max(size[0], 6.0), size[1]), layout="constrained")
        axes = figure.subplots()
        axes.imshow(shown, cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto")
        for (row, column), value in np.ndenumerate(shown):
            if value:
                colour = "white" if abs(value) > 0.65 * reach else BLACK
                number = f"{value:.1f}".replace("-", "\N{MINUS SIGN}")
                axes.text(column, row, number, ha="center", va="center", fontsize=7, color=colour)
        labels = [label_of(axis.lever, lang) for axis in found.axes]
        axes.set_xticks(range(len(labels)), labels, rotation=50, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(found.targets)), [t.label(lang) for t in found.targets])
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.set_title(text["response_chart"])
        return svg_of(figure, text["response_chart"])


def search_chart(found: Calibration, lang: str = "en") -> str:
    """Loss of every set that was tried, and the least so far."""
    lang = chart_language(lang)
    text = calibrate_words(lang)
    with mpl.rc_context(settings("search")):
        figure = Figure(figsize=(9.2, 2.8), layout="constrained")
        axes = figure.subplots()
        number = np.arange(1, len(found.losses) + 1)
        axes.plot(number, found.losses, ".", color=COLOURS[5], ms=3)
        axes.plot(number, np.minimum.accumulate(found.losses), color=COLOURS[0])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: f"{v:g}"))
        axes.set_xlabel(text["set_number"])
        axes.set_ylabel(text["loss"])
        axes.set_title(text["search_chart"])
        return svg_of(figure, text["search_chart"])
