"""What a calibration leaves, as an HTML page, as tables for the terminal, and as plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from returnee.experiments.files import write_text
from returnee.experiments.numbers import plain_rows, rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import posterior
from returnee.experiments.reports.html import fill, standalone, write_html
from returnee.experiments.reports.terminal import show as show_blocks
from returnee.experiments.studies.calibration.calibrate import Calibration
from returnee.experiments.studies.calibration.inference import CHECKED, LARGER, LEAST_WEIGHT
from returnee.experiments.studies.calibration.priors import uncertain
from returnee.experiments.words import texts as say

MIDDLE = (5.0, 95.0)  # per cent of the sets between which a range is told
NARROWED = 0.6  # of a range of 90 %: below it a parameter is named as narrowed
POOR = 0.5  # share explained, below which an emulator is named as poor
REACH = 6.0  # standard deviations beyond which a line stands at the edge
BAND = "#e3ebf0"


def calibrate_words(lang: str) -> dict[str, Any]:
    """Texts of a calibration in one language."""
    return say.words(lang)["calibrate"]


def target_rows(found: Calibration) -> pd.DataFrame:
    """A row a target: what it is, what the sets of the first and last wave show, how it is emulated."""
    bank, last = found.bank, found.bank.wave == found.bank.wave.max()
    good = found.emulators[found.emulators["wave"] == bank.wave.max()].set_index("target")
    rows = []
    for k, target in enumerate(found.targets):
        first_low, first_high = _middle(bank.x[bank.wave == 1, k])
        low, high = _middle(bank.x[last, k])
        told = good.loc[target.indicator] if target.indicator in good.index else {}
        rows.append(
            {
                "target": target.indicator, "low": target.low, "high": target.high,
                "observation_sd": target.observation_sd, "discrepancy_sd": target.discrepancy_sd,
                "first_low": first_low, "first_high": first_high, "last_low": low,
                "last_high": high, "luck_sd": _root_mean(bank.x_var[last, k]),
                "explained": told.get("explained", np.nan), "missed": told.get("missed", np.nan),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def parameter_rows(found: Calibration) -> pd.DataFrame:
    """A row a parameter: its prior, and where the middle 90 % of what is left lie."""
    box, kept = found.bank.box, found.kept
    unit = np.percentile(found.left.unit, MIDDLE, axis=0)
    ends = np.percentile(kept.to_numpy(float), MIDDLE, axis=0)
    return pd.DataFrame(
        {
            "parameter": box.names, "low": box.lows, "high": box.highs, "left_low": ends[0],
            "left_high": ends[1], "share": unit[1] - unit[0],
        }
    )  # fmt: skip


def _root_mean(values: np.ndarray) -> float:
    shown = values[np.isfinite(values)]
    return float(np.sqrt(shown.mean())) if len(shown) else np.nan


def _middle(values: np.ndarray) -> tuple[float, float]:
    shown = values[np.isfinite(values)]
    low, high = np.percentile(shown, MIDDLE) if len(shown) else (np.nan, np.nan)
    return float(low), float(high)


def lines_of(found: Calibration, lang: str) -> list[str]:
    """What came out, in sentences; the last ones say how coarse it is."""
    text, join = calibrate_words(lang), str(say.words(lang)["comma"]).join
    levers, parameters, targets = uncertain(), parameter_rows(found), target_rows(found)
    labels = {t.indicator: t.label(lang) for t in found.targets}
    lines = [
        text["left_line"].format(
            waves=len(found.waves), sets=len(found.bank), n=len(found.bank.names),
            fraction=say.short(found.left.fraction, ".2g"),
        )
    ]  # fmt: skip
    narrowed = parameters[parameters["share"] < NARROWED]["parameter"]
    names = join(say.label_of(levers[key], lang) for key in narrowed)
    lines.append(text["narrowed_line"].format(names=names) if names else text["narrowed_none"])
    sd = np.array([t.sd for t in found.targets])
    luck, missed = targets["luck_sd"] / sd, targets["missed"] / sd
    lines.append(
        text["coarse_line"].format(
            sample=say.percent(found.bank.sample, lang, places=1), runs=int(found.bank.replicates[0]),
            luck=say.short(float(np.nanmedian(luck)), ".2g"),
            missed=say.short(float(np.nanmedian(missed)), ".2g"),
        )
    )  # fmt: skip
    poor = targets[~(targets["explained"] >= POOR)]["target"]
    if len(poor):
        lines.append(text["poor_line"].format(names=join(labels[key] for key in poor)))
    return lines


def target_table(found: Calibration, lang: str) -> doc.Sheet:
    """Every target: its band and deviations, what the last wave shows, and its emulator."""
    text, rows = calibrate_words(lang), []
    for target, row in zip(found.targets, target_rows(found).itertuples()):
        unit = target.unit
        rows.append(
            [
                target.label(lang), say.measured_range(target.low, target.high, unit, lang),
                say.measured(target.observation_sd, unit, lang),
                say.measured(target.discrepancy_sd, unit, lang),
                say.measured_range(row.first_low, row.first_high, unit, lang),
                say.measured_range(row.last_low, row.last_high, unit, lang),
                say.measured(row.luck_sd, unit, lang), say.percent(row.explained, lang),
            ]
        )  # fmt: skip
    keys = ("target", "band", "observation", "discrepancy", "first", "last", "luck", "explained")
    return doc.Sheet([text[key] for key in keys], rows)


def parameter_table(found: Calibration, lang: str) -> doc.Sheet:
    """Every parameter: its prior and why, and what is left of it."""
    text, rows, levers = calibrate_words(lang), [], uncertain()
    for row in parameter_rows(found).itertuples():
        lever = levers[row.parameter]
        assert lever.prior is not None
        rows.append(
            [
                say.label_of(lever, lang), row.parameter, say.unit_name(lever.unit, lang),
                *(
                    say.to(lang, *(say.minus(say.value_text(rounded(x, 3))) for x in ends))
                    for ends in ((row.low, row.high), (row.left_low, row.left_high))
                ),
                say.percent(row.share / 0.9, lang),
                lever.prior.why_zh if lang == "zh" else lever.prior.why_en,
            ]
        )  # fmt: skip
    keys = ("parameter", "key", "unit", "prior", "left", "share", "why")
    return doc.Sheet([text[key] for key in keys], rows, columns="wcwnnnw")


def wave_table(found: Calibration, lang: str) -> doc.Sheet:
    """Every wave: sets, and the fraction of the box that is left after it."""
    text = calibrate_words(lang)
    rows = [
        [str(row.wave), str(row.sets), str(row.emulated_from), str(row.targets),
         say.short(row.fraction, ".2g")]
        for row in found.waves.itertuples()
    ]  # fmt: skip
    keys = ("wave", "sets", "emulated_from", "targets", "fraction")
    return doc.Sheet([text[key] for key in keys], rows)


def fit_chart(found: Calibration, lang: str = "en") -> str:
    """Every target in its standard deviations: sets of the first wave, and of the last."""
    lang = draw.chart_language(lang)
    text, targets, rows = calibrate_words(lang), found.targets, target_rows(found)
    centre, sd = np.array([(t.centre, t.sd) for t in targets]).T
    with draw.paper("fit", 9.2, 1.1 + 0.26 * len(targets)) as figure:
        axes = figure.subplots()
        axes.axvspan(-1.645, 1.645, color=BAND, linewidth=0)
        places = np.arange(len(targets))
        for name, width, colour in (("first", 2, draw.COLOURS[5]), ("last", 5, draw.COLOURS[0])):
            ends = [
                np.clip((rows[f"{name}_{end}"] - centre) / sd, -REACH, REACH)
                for end in ("low", "high")
            ]
            axes.hlines(places, *ends, linewidth=width, color=colour, label=text[name])
        axes.set_yticks(places, [t.label(lang) for t in targets])
        axes.set_ylim(len(targets) - 0.4, -0.6)
        axes.set_xlim(-1.05 * REACH, 1.05 * REACH)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(text["in_sd"])
        axes.set_title(text["fit_chart"])
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
        return draw.svg_of(figure, text["fit_chart"])


def subtitle_of(found: Calibration, lang: str) -> str:
    """County and runs, in one line."""
    text = calibrate_words(lang)
    return str(text["subtitle"]).format(
        county=say.county_name(found.scenario.county, lang), months=found.settings.months,
        sets=len(found.bank), runs=int(found.bank.replicates[0]),
        sample=f"{found.settings.sample:g}",
    )  # fmt: skip


def told_of(found: Calibration, lang: str) -> posterior.Told | None:
    """What is said of the posterior, if there is one."""
    return None if found.inference is None else posterior.Told(found, lang)


def all_lines(found: Calibration, lang: str) -> list[str]:
    """What came out, the posterior first."""
    after = told_of(found, lang)
    return [*(after.lines() if after else []), *lines_of(found, lang)]


def report(found: Calibration, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text = calibrate_words(lang)
    after = told_of(found, lang)
    sections = [
        doc.in_short(lang, all_lines(found, lang), wave_table(found, lang)),
        doc.Section(text["targets_title"], [
            doc.note(text["targets_note"]), doc.Picture(fit_chart(found, lang)), target_table(found, lang),
        ]),
        doc.Section(text["parameters_title"], [
            doc.note(text["parameters_note"]), parameter_table(found, lang),
        ]),
        *(after.sections() if after else []),
        doc.repeat(lang, [found.command]),
    ]  # fmt: skip
    return doc.Report(lang, text["title"], subtitle_of(found, lang), sections)


def write_page(found: Calibration, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(report(found, lang), path)


def show(found: Calibration, console: Console, lang: str = "en") -> None:
    """Print what came out, and the tables behind it."""
    text = calibrate_words(lang)
    targets = target_table(found, lang).cut(0, 1, 5, 7, title=text["targets_title"])
    parameters = parameter_table(found, lang).cut(0, 3, 4, 5, title=text["parameters_title"])
    blocks: list[doc.Block] = [
        doc.Text(all_lines(found, lang), "answer"),
        wave_table(found, lang),
        targets,
        parameters,
    ]
    if after := told_of(found, lang):
        blocks += [after.learned().cut(0, 2, 3, title=text["learned_title"]), after.variants()]
    show_blocks(blocks, console)


def write_document(found: Calibration, path: Path) -> Path:
    """Write it up in Markdown, with charts in ``images`` beside it."""
    charts = {"calibration": fit_chart(found)}
    if after := told_of(found, "en"):
        charts["calibration-posterior"] = after.chart()
    for name, svg in charts.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    text = fill(
        "calibration.md.j2", text=calibrate_words("en"), lines=all_lines(found, "en"), after=after,
        subtitle=subtitle_of(found, "en"), waves=wave_table(found, "en"),
        targets=target_table(found, "en"), parameters=parameter_table(found, "en"),
        again=f"{found.command} --write-doc docs/calibration.md", runs=CHECKED, least=LEAST_WEIGHT,
        sample=LARGER * found.settings.sample, named=doc.facts("en"),
    )  # fmt: skip
    return write_text(path, text)


def as_json(found: Calibration) -> dict[str, Any]:
    """Everything a program needs, as plain values."""
    after = {} if found.inference is None else {"posterior": posterior.as_json(found.inference)}
    return {
        **after,
        "fraction": found.left.fraction, "waves": plain_rows(found.waves),
        "targets": plain_rows(target_rows(found)), "parameters": plain_rows(parameter_rows(found)),
        "emulators": plain_rows(found.emulators), "folder": str(found.folder),
        "command": found.command,
    }  # fmt: skip
