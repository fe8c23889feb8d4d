"""A comparison over an ensemble: sentences, rows, a chart, a page and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import KEY, MAIN
from returnee.experiments.numbers import picked, plain_rows, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies.ensemble import FILE, origin
from returnee.experiments.words import texts as say
from returnee.scenarios import levers
from returnee.simulation.fingerprint import fingerprint


class OverSets(OfPlan[over_sets.EnsembleComparison]):
    """Everything that is shown of a comparison over an ensemble."""

    table = "ensemble"

    @property
    def plan(self) -> Plan:
        """Scenarios without the ensemble, and the reference."""
        return self.found.base

    def subtitle(self) -> str:
        """What was compared, in one line."""
        base, s = self.found.base, self.found.base.settings
        about = {"sets": self.found.plan.sets, "replicates": base.replicates, "sample": s.sample}
        names = self.listed(map(self.title, base.compared))
        return self.fill(
            "subtitle",
            n=names,
            reference=self.reference,
            county=self.county,
            months=s.months,
            **about,
        )

    def effects(self, label: str) -> pd.DataFrame:
        """Rows of the key measures of a scenario, by measure."""
        rows = picked(self.found.effects, scenario=label)
        return rows.set_index("measure").loc[list(KEY)]

    def sentence(self, label: str) -> str:
        """What a scenario changes whichever set holds, and where what is unknown comes from."""
        effects = self.effects(label)
        names = {"title": self.title(label), "reference": self.reference}
        if not np.isfinite(effects["low"]).any():
            return self.fill("few", **names)
        told = effects[effects["verdict"].isin([HIGHER, LOWER])]
        rest = [self.phrase(name, "noun") for name in effects.index if name not in told.index]
        clauses = self.listed((self._clause(row) for _, row in told.iterrows()), "list_and")
        parts = [self.fill("told" if clauses else "nothing", clauses=clauses, **names)]
        if clauses and rest:
            parts.append(self.fill("unclear", labels=self.listed(rest)))
        line = uncertain.sources_line(self.found.parts(label, MAIN), self.lang)
        parts.append(self.fill("share_line", label=self.phrase(MAIN, "noun"), line=line))
        return self.joined(*parts)

    def _clause(self, row: pd.Series) -> str:
        name, unit = str(row.name), str(row["unit"])
        return self.fill(
            "clause", label=self.phrase(name, "noun"), same=self.percent(row["same_sign"]),
            size=self.figure(row["difference"], unit, signed=True),
            interval=self.span(row["low"], row["high"], unit),
            mean=self.span(row["mean_low"], row["mean_high"], unit),
        )  # fmt: skip

    def differences(self, label: str) -> doc.Sheet:
        """A scenario's key measures: levels, difference with interval and band, and their sources."""
        text, rows = self.text, []
        verdicts = {HIGHER: text["higher"], LOWER: text["lower"]}
        for row in rows_of(self.effects(label).reset_index()):
            name, unit = row["measure"], row["unit"]
            rows.append([
                self.phrase(name, "short"), self.figure(row["reference"], unit), self.figure(row["level"], unit),
                *uncertain.cells(self.found.parts(label, name), unit, self.lang),
                self.percent(row["same_sign"]), verdicts.get(row["verdict"], self.words["same"]),
            ])  # fmt: skip
        head = [
            self.words["measure"],
            self.reference,
            self.title(label),
            *uncertain.head(self.lang),
        ]
        return doc.Sheet([*head, text["same_sign"], text["verdict"]], rows, self.title(label))

    def by_structure(self) -> doc.Sheet:
        """The main measure's difference by structure of the model, of every scenario."""
        return uncertain.by_structure(
            {self.title(label): self.found.each(label, MAIN) for label in self.found.base.compared},
            self.found.plan.chosen, BY_NAME[MAIN], self.lang,
        )  # fmt: skip

    def how_to_read(self) -> str:
        """What intervals and shares mean."""
        read = uncertain.how_to_read(self.lang, self.found.base.settings.sample)
        return self.joined(self.fill("how_to_read", sets=self.found.plan.sets), read)

    def origin_lines(self) -> list[str]:
        """Where the ensemble comes from, and whether the model has changed since."""
        text, over = self.text, self.found.over
        made = origin(FILE if over == over_sets.SHIPPED else Path(over))
        where = text["from_file"].format(file=over)
        if over == over_sets.SHIPPED and made.get("command"):
            where = text["from_shipped"].format(command=made["command"])
        theirs = made.get("fingerprint", fingerprint())
        if theirs == fingerprint():
            return [where]
        return [where, text["other_model"].format(theirs=theirs, ours=fingerprint())]

    def ranges(self) -> doc.Sheet:
        """Least and greatest value of each parameter."""
        sets = over_sets.Ensemble(self.found.over, self.found.plan.sets).read()
        known, rows = {lever.key: lever for lever in levers}, []
        for key in sets[0]:
            values = [found[key] for found in sets]
            ends = (say.short(end, ".4g") for end in (min(values), max(values)))
            unit = say.unit_name(known[key].unit, self.lang)
            rows.append([say.label_of(known[key], self.lang), key, unit, *ends])
        return self.sheet("parameter key unit least greatest", rows, "wcwn")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, compared = self.text, self.found.base.compared
        said = [doc.Text([self.sentence(label)], "finding") for label in compared]
        sections = [
            doc.Section(self.words["page"]["in_short"], [*said, self.failed(self.found.failures), doc.note(self.how_to_read())]),
            doc.Section(text["differences"], [
                doc.note(text["chart_note"]), doc.Picture(self.drawn.chart()), *map(self.differences, compared), self.by_structure(),
            ]),
            doc.Section(text["ensemble"], [
                doc.Text(self.origin_lines()), doc.note(text["ranges_note"]), self.ranges(),
            ]),
            doc.repeat(self.lang, [self.found.command]),
        ]  # fmt: skip
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: sentences and tables."""
        blocks: list[doc.Block] = []
        for label in self.plan.compared:
            table = self.differences(label).cut(0, *range(3, 11))
            blocks += [table, doc.Text([self.sentence(label)]), GAP]
        origin = doc.Text(self.origin_lines()[1:], "alert")
        return [*blocks, doc.note(self.how_to_read()), origin, self.failed(self.found.failures)]

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs, as plain values; flows by year."""
        found, base, s, rows = self.found, self.plan, self.plan.settings, self.found.effects
        return {
            "reference": base.reference, "over": found.over, "sets": found.plan.sets,
            "replicates": base.replicates, "seed": s.seed, "sample": s.sample, "months": s.months,
            "folder": str(found.folder), "command": found.command, "failures": found.failures,
            "scenarios": [
                {
                    "name": label, "title": self.title(label), "sentence": self.sentence(label),
                    "effects": plain_rows(picked(rows, scenario=label).drop(columns="scenario")),
                }
                for label in base.compared
            ],
        }  # fmt: skip

    def chart(self) -> str:
        """Differences of the key measures: sets, both intervals; a panel a measure, as SVG."""
        title, compared = self.fill("chart_title", reference=self.reference), self.plan.compared
        with draw.paper("ensemble", 9.2, 0.9 + 4 * (0.65 + 0.24 * len(compared))) as figure:
            for axes, name in zip(draw.panels(figure, len(KEY), 2), KEY):
                for k, label in enumerate(compared):
                    self._draw_set(axes, label, name, k)
                axes.axvline(0.0, color=draw.BLACK, linewidth=0.8)
                draw.finish(axes, "", self.lang)
                draw.lines_down(axes, [self.short(label, 2) for label in compared])
                axes.set_title(self.phrase(name, "short"))
                axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
                axes.xaxis.set_major_formatter(lambda x, _: draw.short_number(x, self.lang))
                axes.grid(False)
            figure.suptitle(say.in_lines(title, 2 * draw.PANEL, 2))
            return draw.svg_of(figure, title)

    def _draw_set(self, axes: Axes, label: str, name: str, row: int) -> None:
        """One scenario in one panel."""
        found, effect = self.found, self.effects(label).loc[name]
        colour = draw.COLOURS[row % len(draw.COLOURS)]
        dots, weights = mean_of(found.each(label, name), axis=1), found.plan.chosen.weights
        sizes, places = 9.0 * weights / weights.mean(), np.full(len(dots), row + 0.22)
        axes.scatter(dots, places, sizes, color=colour, alpha=0.5, linewidths=0)
        axes.hlines(row, effect["low"], effect["high"], color=colour, linewidth=1.0)
        axes.hlines(row, effect["mean_low"], effect["mean_high"], color=colour, linewidth=4.0)
