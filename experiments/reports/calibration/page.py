"""What a calibration leaves, as an HTML page, as tables for the terminal, and as plain values."""

from __future__ import annotations

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.numbers import plain_rows, rounded, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.calibration.posterior import BAND, Learned
from returnee.experiments.reports.html import write_markdown
from returnee.experiments.reports.told import Told
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies.calibration.calibrate import Calibration
from returnee.experiments.studies.calibration.inference import CHECKED, LARGER, LEAST_WEIGHT
from returnee.experiments.studies.calibration.priors import uncertain
from returnee.experiments.words import texts as say

MIDDLE = (5.0, 95.0)  # per cent of the sets between which a range is told
NARROWED = 0.6  # of a range of 90 %: below it a parameter is named as narrowed
POOR = 0.5  # share explained, below which an emulator is named as poor
REACH = 6.0  # standard deviations beyond which a line stands at the edge


def target_rows(found: Calibration) -> pd.DataFrame:
    """A row a target: what it is, what the sets of the first and last wave show, how it is emulated."""
    bank = found.bank
    first, last = bank.wave == 1, bank.wave == bank.wave.max()
    good = found.emulators[found.emulators["wave"] == bank.wave.max()].set_index("target")
    keys = ["low", "high", "observation_sd", "discrepancy_sd"]
    names = [target.indicator for target in found.targets]
    rows = pd.DataFrame([[getattr(t, key) for key in keys] for t in found.targets], names, keys)
    rows[["first_low", "first_high"]] = _middle(bank.x[first])
    rows[["last_low", "last_high"]] = _middle(bank.x[last])
    rows["luck_sd"] = np.sqrt(mean_of(bank.x_var[last], axis=0))
    rows[["explained", "missed"]] = good.reindex(names, columns=["explained", "missed"])
    return rows.rename_axis("target").reset_index()


def parameter_rows(found: Calibration) -> pd.DataFrame:
    """A row a parameter: its prior, and where the middle 90 % of what is left lie."""
    box, ends = found.bank.box, _middle(found.kept.to_numpy(float))
    left = {"left_low": ends[:, 0], "left_high": ends[:, 1]}
    share = np.diff(_middle(found.left.unit))[:, 0]
    prior = {"parameter": box.names, "low": box.lows, "high": box.highs}
    return pd.DataFrame({**prior, **left, "share": share})


def _middle(values: np.ndarray) -> np.ndarray:
    """Both ends of the middle 90 % of each column; NaN where nothing is seen. Shape (columns, 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanpercentile(values, MIDDLE, axis=0).T


class Calibrated(Told[Calibration]):
    """Everything that is told of a calibration."""

    table = "calibrate"

    @cached_property
    def learned(self) -> Learned | None:
        """What is said of the posterior, if there is one."""
        return None if self.found.inference is None else Learned(self.found, self.lang)

    def sentences(self) -> list[str]:
        """What came out, the posterior first; the last ones say how coarse it is."""
        found, levers = self.found, uncertain()
        parameters, targets = parameter_rows(found), target_rows(found)
        labels = {t.indicator: t.label(self.lang) for t in found.targets}
        lines = self.learned.sentences() if self.learned else []
        left = say.short(found.left.fraction, ".2g")
        about = {"waves": len(found.waves), "sets": len(found.bank), "n": len(found.bank.names)}
        lines.append(self.fill("left_line", fraction=left, **about))
        narrowed = parameters[parameters["share"] < NARROWED]["parameter"]
        names = self.listed(say.label_of(levers[key], self.lang) for key in narrowed)
        lines.append(self.fill("narrowed_line" if names else "narrowed_none", names=names))
        sd = np.array([t.sd for t in found.targets])
        luck, missed = (
            say.short((targets[name] / sd).median(), ".2g") for name in ("luck_sd", "missed")
        )
        sample = self.percent(found.bank.sample, places=1)
        runs = int(found.bank.replicates[0])
        lines.append(self.fill("coarse_line", sample=sample, runs=runs, luck=luck, missed=missed))
        poor = targets[~(targets["explained"] >= POOR)]["target"]
        if len(poor):
            lines.append(self.fill("poor_line", names=self.listed(labels[key] for key in poor)))
        return lines

    def targets(self) -> doc.Sheet:
        """Every target: its band and deviations, what the last wave shows, and its emulator."""
        rows = []
        for target, row in zip(self.found.targets, target_rows(self.found).itertuples()):
            unit = target.unit, self.lang
            observed, discrepant, luck = (
                say.measured(sd, *unit)
                for sd in (row.observation_sd, row.discrepancy_sd, row.luck_sd)
            )
            rows.append([
                target.label(self.lang), say.measured_range(row.low, row.high, *unit), observed, discrepant,
                say.measured_range(row.first_low, row.first_high, *unit),
                say.measured_range(row.last_low, row.last_high, *unit), luck, self.percent(row.explained),
            ])  # fmt: skip
        return self.sheet("target band observation discrepancy first last luck explained", rows)

    def parameters(self) -> doc.Sheet:
        """Every parameter: its prior and why, and what is left of it."""
        rows, levers = [], uncertain()
        for row in parameter_rows(self.found).itertuples():
            lever = levers[row.parameter]
            assert lever.prior is not None
            ranges = (
                say.to(self.lang, *(say.minus(say.value_text(rounded(x, 3))) for x in ends))
                for ends in ((row.low, row.high), (row.left_low, row.left_high))
            )
            rows.append([
                say.label_of(lever, self.lang), row.parameter, say.unit_name(lever.unit, self.lang),
                *ranges, self.percent(row.share / 0.9), getattr(lever.prior, f"why_{self.lang}"),
            ])  # fmt: skip
        return self.sheet("parameter key unit prior left share why", rows, "wcwnnnw")

    def waves(self) -> doc.Sheet:
        """Every wave: sets, and the fraction of the box that is left after it."""
        keys = ("wave", "sets", "emulated_from", "targets")
        rows = [
            [*(str(row[key]) for key in keys), say.short(row["fraction"], ".2g")]
            for row in rows_of(self.found.waves)
        ]
        return self.sheet(" ".join((*keys, "fraction")), rows)

    def fit_chart(self) -> str:
        """Every target in its standard deviations: sets of the first wave, and of the last."""
        text, targets, rows = self.text, self.found.targets, target_rows(self.found)
        centre, sd = np.array([(t.centre, t.sd) for t in targets]).T
        with draw.paper("fit", 9.2, 1.1 + 0.26 * len(targets)) as figure:
            axes = figure.subplots()
            axes.axvspan(-1.645, 1.645, color=BAND, linewidth=0)
            places = np.arange(len(targets))
            for name, width, colour in (
                ("first", 2, draw.COLOURS[5]),
                ("last", 5, draw.COLOURS[0]),
            ):
                away = ((rows[f"{name}_{end}"] - centre) / sd for end in ("low", "high"))
                ends = (np.clip(end, -REACH, REACH) for end in away)
                axes.hlines(places, *ends, linewidth=width, color=colour, label=text[name])
            draw.lines_down(axes, [t.label(self.lang) for t in targets])
            axes.set_xlim(-1.05 * REACH, 1.05 * REACH)
            axes.set(xlabel=text["in_sd"], title=text["fit_chart"])
            figure.legend(loc="outside lower center", ncols=2, frameon=False)
            return draw.svg_of(figure, text["fit_chart"])

    def subtitle(self) -> str:
        """County and runs, in one line."""
        found, s = self.found, self.found.settings
        county = say.county_name(found.scenario.county, self.lang)
        about = {"months": s.months, "sets": len(found.bank), "sample": f"{s.sample:g}"}
        return self.fill("subtitle", county=county, runs=int(found.bank.replicates[0]), **about)

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, drawn = self.text, doc.Picture(self.drawn.fit_chart())
        sections = [
            doc.in_short(self.lang, self.sentences(), self.waves()),
            doc.Section(text["targets_title"], [doc.note(text["targets_note"]), drawn, self.targets()]),
            doc.Section(text["parameters_title"], [doc.note(text["parameters_note"]), self.parameters()]),
            *(self.learned.sections() if self.learned else []),
            doc.repeat(self.lang, [self.found.command]),
        ]  # fmt: skip
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: what came out, and the tables behind it."""
        text, after = self.text, self.learned
        more: list[doc.Block] = []
        if after:
            more = [after.learned().cut(0, 2, 3, title=text["learned_title"]), after.variants()]
        return [
            doc.Text(self.sentences(), "answer"), self.waves(),
            self.targets().cut(0, 1, 5, 7, title=text["targets_title"]),
            self.parameters().cut(0, 3, 4, 5, title=text["parameters_title"]), *more,
        ]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs, as plain values."""
        found = self.found
        return {
            **({"posterior": self.learned.as_json()} if self.learned else {}),
            "fraction": found.left.fraction, "waves": plain_rows(found.waves),
            "targets": plain_rows(target_rows(found)), "parameters": plain_rows(parameter_rows(found)),
            "emulators": plain_rows(found.emulators), "folder": str(found.folder),
            "command": found.command,
        }  # fmt: skip

    def write_document(self, path: Path) -> Path:
        """Write it up in Markdown, with charts in ``images`` beside it."""
        charts = {"calibration": self.fit_chart()}
        if self.learned:
            charts["calibration-posterior"] = self.learned.chart()
        return write_markdown(
            path, "calibration.md.j2", charts, text=self.text, page=self, after=self.learned,
            again=f"{self.found.command} --write-doc docs/calibration.md", runs=CHECKED,
            least=LEAST_WEIGHT, sample=LARGER * self.found.settings.sample, named=doc.facts("en"),
        )  # fmt: skip
