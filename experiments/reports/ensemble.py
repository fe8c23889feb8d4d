"""A comparison over an ensemble: sentences, rows, a chart, a page and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from rich.console import Console

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import KEY, MAIN
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import write_html
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.reports.terminal import show as show_blocks
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies import compare_ensemble as over_sets
from returnee.experiments.studies.ensemble import FILE, origin
from returnee.experiments.words import texts as say
from returnee.scenarios import levers
from returnee.simulation.fingerprint import fingerprint


class Page:
    """Everything that is shown of a comparison over an ensemble."""

    def __init__(self, found: over_sets.EnsembleComparison, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = say.words(lang)
        self.text: dict[str, Any] = self.words["ensemble"]

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return say.title_of(self.found.base.scenarios[label], label, self.lang)

    @property
    def reference(self) -> str:
        """Title of the reference."""
        return self.title(self.found.base.reference)

    def subtitle(self) -> str:
        """What was compared, in one line."""
        base, s = self.found.base, self.found.base.settings
        county = base.scenarios[base.reference].county
        return str(self.text["subtitle"]).format(
            n=self.words["comma"].join(self.title(label) for label in base.compared),
            reference=self.reference, county=say.county_name(county, self.lang),
            months=s.months, sets=self.found.plan.sets, replicates=base.replicates,
            sample=s.sample,
        )  # fmt: skip

    def effects(self, label: str) -> pd.DataFrame:
        """Rows of the key measures of a scenario, by measure."""
        rows = self.found.effects
        return rows[rows["scenario"] == label].set_index("measure").loc[list(KEY)]

    def sentence(self, label: str) -> str:
        """What a scenario changes whichever set holds, and where what is unknown comes from."""
        text, effects = self.text, self.effects(label)
        names = {"title": self.title(label), "reference": self.reference}
        if not np.isfinite(effects["low"]).any():
            return str(text["few"]).format(**names)
        told = effects[effects["verdict"].isin([HIGHER, LOWER])]
        rest = [
            say.phrase(BY_NAME[name], "noun", self.lang)
            for name in effects.index
            if name not in told.index
        ]
        parts = []
        if len(told):
            clauses = [self._clause(row) for _, row in told.iterrows()]
            parts.append(text["told"].format(clauses=self.words["list_and"].join(clauses), **names))
            if rest:
                parts.append(text["unclear"].format(labels=self.words["comma"].join(rest)))
        else:
            parts.append(text["nothing"].format(**names))
        noun = say.phrase(BY_NAME[MAIN], "noun", self.lang)
        line = uncertain.sources_line(self.found.parts(label, MAIN), self.lang)
        parts.append(text["share_line"].format(label=noun, line=line))
        return say.joined(self.lang, *parts)

    def _clause(self, row: pd.Series) -> str:
        name, unit = str(row.name), str(row["unit"])
        return str(self.text["clause"]).format(
            label=say.phrase(BY_NAME[name], "noun", self.lang), same=say.percent(row["same_sign"], self.lang),
            size=say.figure(row["difference"], unit, self.lang, signed=True),
            interval=say.span(row["low"], row["high"], unit, self.lang),
            mean=say.span(row["mean_low"], row["mean_high"], unit, self.lang),
        )  # fmt: skip

    def table(self, label: str) -> doc.Sheet:
        """A scenario's key measures: levels, difference with interval and band, and their sources."""
        text, lang, rows = self.text, self.lang, []
        verdicts = {HIGHER: text["higher"], LOWER: text["lower"]}
        for name, row in self.effects(label).iterrows():
            unit = str(row["unit"])
            rows.append(
                [
                    say.phrase(BY_NAME[str(name)], "short", lang), say.figure(row["reference"], unit, lang),
                    say.figure(row["level"], unit, lang),
                    *uncertain.cells(self.found.parts(label, str(name)), unit, lang),
                    say.percent(row["same_sign"], lang),
                    verdicts.get(row["verdict"], self.words["same"]),
                ]
            )  # fmt: skip
        head = [self.words["measure"], self.reference, self.title(label), *uncertain.head(lang)]
        return doc.Sheet([*head, text["same_sign"], text["verdict"]], rows, self.title(label))

    def by_structure(self) -> doc.Sheet:
        """The main measure's difference by structure of the model, of every scenario."""
        return uncertain.by_structure(
            {self.title(label): self.found.each(label, MAIN) for label in self.found.base.compared},
            self.found.plan.chosen, BY_NAME[MAIN], self.lang,
        )  # fmt: skip

    def how_to_read(self) -> str:
        """What intervals and shares mean."""
        sets = str(self.text["how_to_read"]).format(sets=self.found.plan.sets)
        read = uncertain.how_to_read(self.lang, self.found.base.settings.sample)
        return say.joined(self.lang, sets, read)

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
        sets = over_sets.sets_of(self.found.over, self.found.plan.sets)
        known, rows = {lever.key: lever for lever in levers}, []
        for key in sets[0]:
            values = [found[key] for found in sets]
            ends = (say.short(end, ".4g") for end in (min(values), max(values)))
            unit = say.unit_name(known[key].unit, self.lang)
            rows.append([say.label_of(known[key], self.lang), key, unit, *ends])
        head = [self.text[k] for k in ("parameter", "key", "unit", "least", "greatest")]
        return doc.Sheet(head, rows, columns="wcwn")

    def failures(self) -> doc.Text:
        """How many runs failed, if any."""
        number = len(self.found.failures)
        return doc.Text([self.words["failed"].format(n=number)] if number else [], "alert")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, compared = self.text, self.found.base.compared
        said = [doc.Text([self.sentence(label)], "finding") for label in compared]
        sections = [
            doc.Section(self.words["page"]["in_short"], [*said, self.failures(), doc.note(self.how_to_read())]),
            doc.Section(text["differences"], [
                doc.note(text["chart_note"]), doc.Picture(chart(self)), *map(self.table, compared), self.by_structure(),
            ]),
            doc.Section(text["ensemble"], [
                doc.Text(self.origin_lines()), doc.note(text["ranges_note"]), self.ranges(),
            ]),
            doc.repeat(self.lang, [self.found.command]),
        ]  # fmt: skip
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)


def chart(page: Page) -> str:
    """Differences of the key measures: sets, both intervals; a panel a measure, as SVG."""
    shown = Page(page.found, draw.chart_language(page.lang))
    title = shown.text["chart_title"].format(reference=shown.reference)
    compared = page.found.base.compared
    height = 0.9 + 4 * (0.65 + 0.24 * len(compared))
    with draw.paper("ensemble", 9.2, height) as figure_:
        for axes, name in zip(draw.panels(figure_, len(KEY), 2), KEY):
            for k, label in enumerate(compared):
                draw_set(axes, shown, label, name, k)
            axes.axvline(0.0, color=draw.BLACK, linewidth=0.8)
            axes.set_yticks(
                range(len(compared)),
                [say.in_lines(shown.title(label), draw.LEGEND, 2) for label in compared],
            )
            axes.set_ylim(len(compared) - 0.4, -0.6)
            axes.set_title(say.phrase(BY_NAME[name], "short", shown.lang))
            finish_across(axes, shown.lang)
        figure_.suptitle(say.in_lines(title, 2 * draw.PANEL, 2))
        return draw.svg_of(figure_, title)


def draw_set(axes: Axes, page: Page, label: str, name: str, row: int) -> None:
    """One scenario in one panel."""
    found, effect = page.found, page.effects(label).loc[name]
    colour = draw.COLOURS[row % len(draw.COLOURS)]
    dots, weights = mean_of(found.each(label, name), axis=1), found.plan.chosen.weights
    sizes = 9.0 * weights / weights.mean()
    axes.scatter(dots, np.full(len(dots), row + 0.22), sizes, color=colour, alpha=0.5, linewidths=0)
    axes.hlines(row, effect["low"], effect["high"], color=colour, linewidth=1.0)
    axes.hlines(row, effect["mean_low"], effect["mean_high"], color=colour, linewidth=4.0)


def finish_across(axes: Axes, lang: str) -> None:
    """Figures along the lower edge, short where they are large."""
    draw.finish(axes, "", lang)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    axes.xaxis.set_major_formatter(lambda value, _: draw.short_number(value, lang))
    axes.yaxis.set_major_formatter(
        mpl.ticker.FixedFormatter([t.get_text() for t in axes.get_yticklabels()])
    )
    axes.grid(False)
    axes.tick_params(axis="y", length=0)


def write_page(found: over_sets.EnsembleComparison, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(Page(found, lang).report(), path)


def show(found: over_sets.EnsembleComparison, console: Console, lang: str = "en") -> None:
    """Print sentences and tables."""
    page, blocks = Page(found, lang), list[doc.Block]()
    for label in found.base.compared:
        blocks.append(page.table(label).cut(0, *range(3, 11)))
        blocks += [doc.Text([page.sentence(label)]), GAP]
    origin = doc.Text(page.origin_lines()[1:], "alert")
    show_blocks([*blocks, doc.note(page.how_to_read()), origin, page.failures()], console)


def as_json(found: over_sets.EnsembleComparison, lang: str = "en") -> dict[str, Any]:
    """Everything a program needs, as plain values; flows by year."""
    s, page = found.base.settings, Page(found, lang)
    rows = found.effects
    return {
        "reference": found.base.reference, "over": found.over, "sets": found.plan.sets,
        "replicates": found.base.replicates, "seed": s.seed, "sample": s.sample,
        "months": s.months, "folder": str(found.folder), "command": found.command,
        "failures": found.failures,
        "scenarios": [
            {
                "name": label, "title": page.title(label), "sentence": page.sentence(label),
                "effects": plain_rows(rows[rows["scenario"] == label].drop(columns="scenario")),
            }
            for label in found.base.compared
        ],
    }  # fmt: skip
