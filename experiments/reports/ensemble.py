"""A comparison over an ensemble: sentences, rows, a chart, a page and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import KEY
from returnee.experiments.numbers import plain
from returnee.experiments.reports.document import (
    Block,
    Picture,
    Report,
    Section,
    Sheet,
    Text,
    note,
    repeat,
)
from returnee.experiments.reports.figures import (
    BLACK,
    COLOURS,
    LEGEND,
    PANEL,
    chart_language,
    finish,
    settings,
    short_number,
    svg_of,
)
from returnee.experiments.reports.html import write_html
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.reports.terminal import show as show_blocks
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.compare_ensemble import (
    NAMES,
    SHIPPED,
    EnsembleComparison,
    sets_of,
)
from returnee.experiments.studies.ensemble import FILE, origin
from returnee.experiments.words.texts import (
    county_name,
    figure,
    in_lines,
    joined,
    label_of,
    percent,
    phrase,
    short,
    span,
    title_of,
    unit_name,
    words,
)
from returnee.scenarios import levers
from returnee.simulation.fingerprint import fingerprint


class Page:
    """Everything that is shown of a comparison over an ensemble."""

    def __init__(self, found: EnsembleComparison, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = words(lang)
        self.text: dict[str, Any] = self.words["ensemble"]

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return title_of(self.found.base.scenarios[label], label, self.lang)

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
            reference=self.reference, county=county_name(county, self.lang),
            months=s.months, sets=self.found.plan.sets, replicates=base.replicates,
            sample=s.sample,
        )  # fmt: skip

    def effects(self, label: str) -> pd.DataFrame:
        """Rows of the key measures of a scenario, by measure."""
        rows = self.found.effects
        return rows[rows["scenario"] == label].set_index("measure").loc[list(KEY)]

    def sentence(self, label: str) -> str:
        """What a scenario changes whatever the parameters, and what share is due to them."""
        text, effects = self.text, self.effects(label)
        names = {"title": self.title(label), "reference": self.reference}
        if not np.isfinite(effects["low"]).any():
            return str(text["few"]).format(**names)
        told = effects[effects["verdict"].isin([HIGHER, LOWER])]
        rest = [
            phrase(BY_NAME[name], "noun", self.lang)
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
        shares = effects["share"].dropna()
        if len(shares):
            ends = {
                "least": percent(shares.min(), self.lang),
                "most": percent(shares.max(), self.lang),
            }
            key = "share_equal" if ends["least"] == ends["most"] else "share_line"
            parts.append(
                text[key].format(label=phrase(BY_NAME[shares.idxmax()], "noun", self.lang), **ends)
            )
        return joined(self.lang, *parts)

    def _clause(self, row: pd.Series) -> str:
        name, unit = str(row.name), str(row["unit"])
        return str(self.text["clause"]).format(
            label=phrase(BY_NAME[name], "noun", self.lang), same=percent(row["same_sign"], self.lang),
            size=figure(row["difference"], unit, self.lang, signed=True),
            interval=span(row["low"], row["high"], unit, self.lang),
            luck=span(row["luck_low"], row["luck_high"], unit, self.lang),
        )  # fmt: skip

    def table(self, label: str) -> Sheet:
        """A scenario's key measures: levels, difference, both intervals, and what is due to parameters."""
        text, lang, rows = self.text, self.lang, []
        verdicts = {HIGHER: text["higher"], LOWER: text["lower"]}
        for name, row in self.effects(label).iterrows():
            unit = str(row["unit"])
            rows.append(
                [
                    phrase(BY_NAME[str(name)], "short", lang), figure(row["reference"], unit, lang),
                    figure(row["level"], unit, lang),
                    figure(row["difference"], unit, lang, signed=True),
                    span(row["low"], row["high"], unit, lang),
                    span(row["luck_low"], row["luck_high"], unit, lang), percent(row["share"], lang),
                    percent(row["same_sign"], lang),
                    verdicts.get(row["verdict"], self.words["same"]),
                ]
            )  # fmt: skip
        keys = ("both", "luck", "share", "same_sign", "verdict")
        head = [self.words["measure"], self.reference, self.title(label), self.words["difference"]]
        return Sheet([*head, *(text[key] for key in keys)], rows, self.title(label))

    def how_to_read(self) -> str:
        """What intervals and shares mean."""
        return str(self.text["how_to_read"]).format(
            sets=self.found.plan.sets, sample=self.found.base.settings.sample
        )

    def origin_lines(self) -> list[str]:
        """Where the ensemble comes from, and whether the model has changed since."""
        text, over = self.text, self.found.over
        made = origin(FILE if over == SHIPPED else Path(over))
        where = text["from_file"].format(file=over)
        if over == SHIPPED and made.get("command"):
            where = text["from_shipped"].format(command=made["command"])
        theirs = made.get("fingerprint", fingerprint())
        if theirs == fingerprint():
            return [where]
        return [where, text["other_model"].format(theirs=theirs, ours=fingerprint())]

    def ranges(self) -> Sheet:
        """Least and greatest value of each parameter."""
        sets = sets_of(self.found.over, self.found.plan.sets)
        known, rows = {lever.key: lever for lever in levers}, []
        for key in sets[0]:
            values = [found[key] for found in sets]
            ends = (short(end, ".4g") for end in (min(values), max(values)))
            unit = unit_name(known[key].unit, self.lang)
            rows.append([label_of(known[key], self.lang), key, unit, *ends])
        head = [self.text[k] for k in ("parameter", "key", "unit", "least", "greatest")]
        return Sheet(head, rows, columns="wcwn")

    def failures(self) -> Text:
        """How many runs failed, if any."""
        number = len(self.found.failures)
        return Text([self.words["failed"].format(n=number)] if number else [], "alert")

    def report(self) -> Report:
        """Everything the page shows."""
        text, compared = self.text, self.found.base.compared
        said = [Text([self.sentence(label)], "finding") for label in compared]
        sections = [
            Section(self.words["page"]["in_short"], [*said, self.failures(), note(self.how_to_read())]),
            Section(text["differences"], [
                note(text["chart_note"]), Picture(chart(self)), *map(self.table, compared),
            ]),
            Section(text["ensemble"], [
                Text(self.origin_lines()), note(text["ranges_note"]), self.ranges(),
            ]),
            repeat(self.lang, [self.found.command]),
        ]  # fmt: skip
        return Report(self.lang, text["title"], self.subtitle(), sections)


def chart(page: Page) -> str:
    """Differences of the key measures: sets, both intervals; a panel a measure, as SVG."""
    shown = Page(page.found, chart_language(page.lang))
    title = shown.text["chart_title"].format(reference=shown.reference)
    compared = page.found.base.compared
    height = 0.9 + 4 * (0.65 + 0.24 * len(compared))
    with mpl.rc_context(settings("ensemble")):
        figure_ = Figure(figsize=(9.2, height), layout="constrained")
        panels = figure_.subplots(4, 2).ravel()
        for axes, name in zip(panels, KEY):
            for k, label in enumerate(compared):
                draw(axes, shown, label, name, k)
            axes.axvline(0.0, color=BLACK, linewidth=0.8)
            axes.set_yticks(
                range(len(compared)),
                [in_lines(shown.title(label), LEGEND, 2) for label in compared],
            )
            axes.set_ylim(len(compared) - 0.4, -0.6)
            axes.set_title(phrase(BY_NAME[name], "short", shown.lang))
            finish_across(axes, shown.lang)
        for axes in panels[len(KEY) :]:
            axes.axis("off")
        figure_.suptitle(in_lines(title, 2 * PANEL, 2))
        return svg_of(figure_, title)


def draw(axes: Axes, page: Page, label: str, name: str, row: int) -> None:
    """One scenario in one panel."""
    found, effect = page.found, page.effects(label).loc[name]
    k, m = list(found.base.scenarios).index(label), NAMES.index(name)
    each = found.values[k, ..., m] - found.values[0, ..., m]
    there = np.isfinite(each).any(axis=1)
    dots = np.nanmean(each[there], axis=1)
    colour = COLOURS[row % len(COLOURS)]
    axes.plot(dots, np.full(len(dots), row + 0.22), ".", color=colour, ms=3, alpha=0.5)
    axes.hlines(row, effect["low"], effect["high"], color=colour, linewidth=1.0)
    axes.hlines(row, effect["luck_low"], effect["luck_high"], color=colour, linewidth=4.0)


def finish_across(axes: Axes, lang: str) -> None:
    """Figures along the lower edge, short where they are large."""
    finish(axes, "", lang)
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    axes.xaxis.set_major_formatter(lambda value, _: short_number(value, lang))
    axes.yaxis.set_major_formatter(
        mpl.ticker.FixedFormatter([t.get_text() for t in axes.get_yticklabels()])
    )
    axes.grid(False)
    axes.tick_params(axis="y", length=0)


def write_page(found: EnsembleComparison, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(Page(found, lang).report(), path)


def show(found: EnsembleComparison, console: Console, lang: str = "en") -> None:
    """Print sentences and tables."""
    page, blocks = Page(found, lang), list[Block]()
    for label in found.base.compared:
        blocks.append(page.table(label).cut(0, 3, 4, 5, 6, 7, 8))
        blocks += [Text([page.sentence(label)]), GAP]
    origin = Text(page.origin_lines()[1:], "alert")
    show_blocks([*blocks, note(page.how_to_read()), origin, page.failures()], console)


def as_json(found: EnsembleComparison, lang: str = "en") -> dict[str, Any]:
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
                "effects": [
                    plain(row)
                    for row in rows[rows["scenario"] == label]
                    .drop(columns="scenario")
                    .to_dict("records")
                ],
            }
            for label in found.base.compared
        ],
    }  # fmt: skip
