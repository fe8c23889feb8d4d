"""A calibration as an HTML page, and as tables for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import write_html
from returnee.experiments.reports.terminal import show as show_blocks
from returnee.experiments.statistics.intervals import interval
from returnee.experiments.studies.calibration.calibrate import Calibration
from returnee.experiments.studies.calibration.identify import PRIOR
from returnee.experiments.studies.calibration.steps import means
from returnee.experiments.words import texts as say


def calibrate_words(lang: str) -> dict[str, Any]:
    """Texts of a calibration in one language."""
    return say.words(lang)["calibrate"]


def lines_of(found: Calibration, lang: str) -> list[str]:
    """What came out, in sentences."""
    text, join = calibrate_words(lang), str(say.words(lang)["comma"]).join
    targets, met = found.targets, found.in_band
    if met.all():
        lines = [text["all_met"].format(n=len(targets))]
    else:
        missed = join(t.label(lang) for t, hit in zip(targets, met) if not hit)
        lines = [text["some_met"].format(met=int(met.sum()), n=len(targets), missed=missed)]
    if found.losses.argmin() == 0:
        lines.append(text["kept_start"])
    lines.append(
        text["loss_line"].format(start=found.losses[0], least=found.losses.min(), end=found.loss)
    )
    told = found.identified.frame()["identified"].to_numpy()
    names = np.array([say.label_of(axis.lever, lang) for axis in found.axes])
    known = text["identified_line"].format(n=told.sum(), total=len(told), names=join(names[told]))
    lines.append(known if told.any() else text["identified_none"])
    if not told.all():
        lines.append(text["unidentified_line"].format(names=join(names[~told])))
    lines.append(_members_line(found, text))
    unmoved = found.identified.response.unmoved()
    if unmoved:
        lines.append(text["unmoved_line"].format(names=join(t.label(lang) for t in unmoved)))
    return lines


def _members_line(found: Calibration, text: dict[str, Any]) -> str:
    wanted, number = found.options.members, len(found.members)
    if not wanted:
        return str(text["ensemble_none"])
    key = "ensemble_line" if number >= wanted else "ensemble_few"
    return str(text[key]).format(n=number, wanted=wanted)


def target_table(found: Calibration, lang: str) -> doc.Sheet:
    """Every target: its band, the start and the result."""
    from returnee.experiments.studies.calibration.files import targets_frame

    text, rows = calibrate_words(lang), []
    for target, row in zip(found.targets, targets_frame(found).itertuples()):
        unit = target.unit
        rows.append(
            [
                target.label(lang), say.measured_range(target.low, target.high, unit, lang),
                say.measured(row.start, unit, lang), say.measured(row.value, unit, lang),
                say.measured(row.error, unit, lang), say.short(row.distance, "+.2f"),
                text["yes"] if row.in_band else text["no"], target.source,
            ]
        )  # fmt: skip
    keys = ("target", "band", "start", "value", "error", "distance", "in_band", "source")
    return doc.Sheet([text[key] for key in keys], rows, columns="wnnnnnww")


def parameter_table(found: Calibration, lang: str) -> doc.Sheet:
    """Every parameter: start, result, range, ensemble, and how much was learned."""
    from returnee.experiments.studies.calibration.files import parameters_frame

    text, rows = calibrate_words(lang), []
    for axis, row in zip(found.axes, parameters_frame(found).itertuples()):
        rows.append(
            [
                say.label_of(axis.lever, lang), axis.key.removeprefix("behaviour."),
                say.unit_name(axis.lever.unit, lang), say.short(row.start), say.short(row.value),
                say.short(row.standard_error), say.to(lang, say.short(row.low), say.short(row.high)),
                say.to(lang, say.short(row.ensemble_low), say.short(row.ensemble_high)),
                say.percent(row.learned, lang),
            ]
        )  # fmt: skip
    keys = ("parameter", "key", "unit", "start", "value", "error", "range", "ensemble", "learned")
    return doc.Sheet([text[key] for key in keys], rows, columns="wcwn")


BAND = "#e3ebf0"
START = "#999999"
REACH = 2.5  # half-widths beyond which a dot stands at the edge


def fit_chart(found: Calibration, lang: str = "en") -> str:
    """Every target in units of its band: members, start and result."""
    lang = draw.chart_language(lang)
    text, targets = calibrate_words(lang), found.targets
    centre, half = np.array([(t.centre, t.half) for t in targets]).T

    def place(figures: np.ndarray) -> np.ndarray:
        return np.clip((figures - centre) / half, -REACH, REACH)

    with draw.paper("fit", 9.2, 1.1 + 0.26 * len(targets)) as figure:
        axes = figure.subplots()
        axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
        rows = np.arange(len(targets))
        for k, member in enumerate(found.member_figures):
            name = text["ensemble"] if k == 0 else None
            axes.plot(place(member), rows, "|", color=draw.COLOURS[5], ms=7, label=name)
        axes.plot(
            place(means(found.first.figures[0])), rows, "o", mfc="none", color=START,
            label=text["start"],
        )  # fmt: skip
        reach = interval(found.verified)[1] - found.fit
        axes.errorbar(
            place(found.fit), rows, xerr=reach / half, fmt="o",
            color=draw.COLOURS[0], ms=5, label=text["value"],
        )  # fmt: skip
        missed = ~found.in_band
        axes.plot(
            place(found.fit)[missed], rows[missed], "D", color=draw.COLOURS[1], ms=6, zorder=5
        )
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
    return draw.svg_of(figure, title)


def ranges_chart(found: Calibration, lang: str = "en") -> str:
    """Every parameter over its searched range: members, start and result."""
    lang = draw.chart_language(lang)
    text, axes_of = calibrate_words(lang), found.axes
    with draw.paper("ranges", 9.2, 1.1 + 0.26 * len(axes_of)) as figure:
        axes = figure.subplots()
        for k, axis in enumerate(axes_of):
            axes.hlines(k, *axis.limits, color=BAND, linewidth=7)
            dots = [axis.of(member[axis.key]) for member in found.members]
            name = text["ensemble"] if k == 0 else None
            axes.plot(dots, [k] * len(dots), "|", color=draw.COLOURS[5], ms=8, label=name)
            name = text["start"] if k == 0 else None
            axes.plot(0.0, k, "o", mfc="none", color=START, label=name)
            name = text["value"] if k == 0 else None
            axes.plot(
                axis.of(found.best[axis.key]), k, "o", color=draw.COLOURS[0], ms=5, label=name
            )
            low, high = map(say.short, axis.bounds)
            axes.text(-1.03, k, low, ha="right", va="center", fontsize=7)
            axes.text(1.03, k, high, ha="left", va="center", fontsize=7)
        finish_rows(axes, [say.label_of(a.lever, lang) for a in axes_of], 1.25)
        axes.set_xticks((-1, 1), (text["bounds_low"], text["bounds_high"]))
        return titled(figure, axes, text["ranges_chart"])


def response_chart(found: Calibration, lang: str = "en") -> str:
    """How far each figure answers to each parameter, as a heat map."""
    lang = draw.chart_language(lang)
    text, response = calibrate_words(lang), found.identified.response
    shown = np.where(response.told, 0.5 * response.jacobian, 0.0)
    reach = max(float(np.percentile(np.abs(shown), 98)), 1e-9)
    size = max(2.6 + 0.36 * shown.shape[1], 6.0), 2.0 + 0.27 * shown.shape[0]
    with draw.paper("response", *size) as figure:
        axes = figure.subplots()
        axes.imshow(shown, cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto")
        for (row, column), value in np.ndenumerate(shown):
            if value:
                colour = "white" if abs(value) > 0.65 * reach else draw.BLACK
                number = say.short(value, ".1f")
                axes.text(column, row, number, ha="center", va="center", fontsize=7, color=colour)
        labels = [say.label_of(axis.lever, lang) for axis in found.axes]
        axes.set_xticks(range(len(labels)), labels, rotation=50, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(found.targets)), [t.label(lang) for t in found.targets])
        axes.tick_params(length=0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.set_title(text["response_chart"])
        return draw.svg_of(figure, text["response_chart"])


def search_chart(found: Calibration, lang: str = "en") -> str:
    """Loss of every set that was tried, and the least so far."""
    lang = draw.chart_language(lang)
    text = calibrate_words(lang)
    with draw.paper("search", 9.2, 2.8) as figure:
        axes = figure.subplots()
        number = np.arange(1, len(found.losses) + 1)
        axes.plot(number, found.losses, ".", color=draw.COLOURS[5], ms=3)
        axes.plot(number, np.minimum.accumulate(found.losses), color=draw.COLOURS[0])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: f"{v:g}"))
        axes.set_xlabel(text["set_number"])
        axes.set_ylabel(text["loss"])
        axes.set_title(text["search_chart"])
        return draw.svg_of(figure, text["search_chart"])


def subtitle(found: Calibration, lang: str) -> str:
    """County and runs, in one line."""
    county, options = found.frame.scenario.county, found.options
    return str(calibrate_words(lang)["subtitle"]).format(
        county=say.county_name(county, lang), months=found.frame.months,
        tried=len(found.losses), replicates=options.replicates, sample=options.sample,
        verified=options.verify_replicates, verify_sample=options.verify_sample,
    )  # fmt: skip


def report(found: Calibration, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text = calibrate_words(lang)
    values = ", ".join(f"{value:.2g}" for value in found.identified.singular_values)
    sections = [
        doc.in_short(lang, lines_of(found, lang)),
        doc.Section(text["targets"], [
            doc.note(text["targets_note"]), doc.Picture(fit_chart(found, lang)), target_table(found, lang),
        ]),
        doc.Section(text["parameters"], [
            doc.note(text["parameters_note"]), doc.Picture(ranges_chart(found, lang)),
            parameter_table(found, lang),
        ]),
        doc.Section(text["identification"], [
            doc.Text([text["singular_line"].format(values=values, least=1.0 / PRIOR)]),
            doc.note(text["identification_note"]), doc.Picture(response_chart(found, lang)),
        ]),
        doc.Section(text["search"], [doc.note(text["search_note"]), doc.Picture(search_chart(found, lang))]),
        doc.repeat(lang, [found.command]),
    ]  # fmt: skip
    return doc.Report(lang, text["title"], subtitle(found, lang), sections)


def write_page(found: Calibration, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(report(found, lang), path)


def show(found: Calibration, console: Console, lang: str = "en") -> None:
    """Print what came out, and the tables behind it."""
    text = calibrate_words(lang)
    targets = target_table(found, lang).cut(0, 1, 2, 3, 5, 6, title=text["targets"])
    parameters = parameter_table(found, lang).cut(0, 1, 3, 4, 7, 8, title=text["parameters"])
    show_blocks([doc.Text(lines_of(found, lang), "answer"), targets, parameters], console)
