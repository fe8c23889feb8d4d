"""The report of a comparison: one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from rich.console import Console

from returnee.experiments.files import write_text
from returnee.experiments.measuring.measures import BY_NAME, smoothed, years_of
from returnee.experiments.measuring.selections import KEY, OVER_TIME
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import html
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.reports.sections.quality import Quality
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.reports.sections.support import Support
from returnee.experiments.reports.terminal import GAP, show
from returnee.experiments.reports.whom import People
from returnee.experiments.statistics.effects import (
    CHEAPER,
    DEARER,
    HIGHER,
    LOWER,
    PER_GAIN,
    RATIOS,
    SAVED,
)
from returnee.experiments.statistics.intervals import TAILS, interval
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words import texts as say
from returnee.scenarios import Lever, Scenario, levers, walk
from returnee.scenarios.schema.fields import basis_counts

SECTIONS = ("planned", "support", "funnel", "equity", "quality_ranks")
MAIN_RATIO = "cost_per_firm"


def difference_table(
    found: Comparison, scenario: str, lang: str, keys_only: bool = True
) -> doc.Sheet:
    """A scenario beside the reference, flows by year: the key measures, or all."""
    text, names = (
        say.words(lang),
        [draw.title(found, s, lang) for s in (found.plan.reference, scenario)],
    )
    effects = found.effects[found.effects["scenario"] == scenario].set_index("measure")
    shown = KEY if keys_only else effects.index
    head = [text["measure"], text["columns"]["unit"], *names, text["difference"], text["interval"]]
    head += [text["verdict"].format(reference=names[0]), text["report"]["better_share"]]
    rows = [_row(found, name, effects.loc[name], lang, keys_only) for name in shown]
    return doc.Sheet(head, rows, columns="wwnnnnwn")


def _row(found: Comparison, name: str, effect: pd.Series, lang: str, short: bool) -> doc.Row:
    text, unit = say.words(lang), str(effect["unit"])
    years, flow = years_of(effect["kind"], found.plan.settings.months), effect["kind"] == "flow"
    sign = {HIGHER: 1, LOWER: -1}.get(effect["verdict"], 0)
    shown = say.unit_name(unit, lang)
    return [
        say.phrase(BY_NAME[name], "short", lang) if short else str(effect[f"label_{lang}"]),
        text["by_year"].format(unit=shown) if flow and not short else shown,
        say.figure(effect["reference"] / years, unit, lang),
        say.figure(effect["level"] / years, unit, lang),
        doc.Cell(say.figure(effect["difference"] / years, unit, lang, signed=True), told=sign != 0),
        doc.Cell(
            say.span(effect["low"] / years, effect["high"] / years, unit, lang), told=sign != 0
        ),
        doc.Cell(verdict_word(effect, lang), good=sign * int(effect["better"])),
        _chances(effect, lang),
    ]


def _chances(effect: pd.Series, lang: str) -> str:
    shares = effect["p_better"], effect["replicates_better"]
    if not np.isfinite(shares).all() or effect["pairs"] < 2:
        return say.NONE
    return " / ".join(say.percent(share, lang) for share in shares)


def verdict_word(effect: pd.Series, lang: str) -> str:
    """More, fewer, higher, lower, or that it can't be told apart."""
    text = say.words(lang)
    if effect["pairs"] < 2:
        return str(text["one_replicate"])
    countable = effect["unit"] in say.COUNTABLE
    if effect["verdict"] == HIGHER:
        return str(text["more" if countable else "higher"])
    if effect["verdict"] == LOWER:
        return str(text["fewer" if countable else "lower"])
    return str(text["same"])


def ratio_words(found: Comparison, scenario: str, measure: str, lang: str) -> str:
    """A cost ratio as a sentence, or why there is none."""
    text, ratios = say.words(lang), found.ratios
    row = ratios[(ratios["scenario"] == scenario) & (ratios["measure"] == measure)].iloc[0]
    years = say.counted(found.plan.settings.months / 12.0, "year", lang)
    gained = BY_NAME[row["gain"]]
    fill = {
        "thing": say.phrase(gained, "thing", lang),
        "things": say.phrase(gained, "things", lang),
        "years": years,
        "reference": draw.title(found, found.plan.reference, lang),
        "cost": say.figure(row["ratio"], "yuan", lang),
        "interval": say.to(
            lang, say.figure(row["low"], "yuan", lang), say.figure(row["high"], "yuan", lang)
        ),
    }
    kinds = {
        PER_GAIN: "ratio_cost", SAVED: "ratio_saved", CHEAPER: "ratio_cheaper", DEARER: "ratio_dearer",
    }  # fmt: skip
    nothing = "ratio_unclear" if np.isfinite(row["gain_difference"]) else "ratio_one"
    return str(text[kinds.get(row["outcome"], nothing)]).format(**fill)


def sentence(found: Comparison, scenario: str, lang: str) -> str:
    """What a scenario changes, in plain words."""
    text = say.words(lang)
    names = {
        "title": draw.title(found, scenario, lang),
        "reference": draw.title(found, found.plan.reference, lang),
    }
    effects = found.effects[found.effects["scenario"] == scenario].set_index("measure")
    keys = effects.loc[list(KEY)]
    told = [
        clause(found, row, lang) for _, row in keys.iterrows() if row["verdict"] in (HIGHER, LOWER)
    ]
    rest = [
        say.phrase(BY_NAME[str(name)], "noun", lang)
        for name, row in keys.iterrows()
        if row["verdict"] not in (HIGHER, LOWER)
    ]
    parts = []
    if told:
        parts.append(text["differs"].format(clauses=text["list_and"].join(told), **names))
        if rest:
            parts.append(text["unclear"].format(labels=text["comma"].join(rest)))
        parts.append(ratio_words(found, scenario, MAIN_RATIO, lang))
    elif (keys["pairs"] < 2).any():
        parts.append(text["no_pairs"].format(**names))
    else:
        parts.append(text["nothing"].format(**names))
    scenarios = found.plan.scenarios
    if scenarios[scenario].world_id != scenarios[found.plan.reference].world_id:
        # First, as it says how everything after it is to be read.
        parts.insert(0, text["world"].format(**names))
    return say.joined(lang, *parts)


def reading(found: Comparison, lang: str) -> str:
    """How the figures are to be read; that intervals are wide where there are few pairs."""
    text = say.words(lang)
    pairs = 0 if found.effects.empty else int(found.effects["pairs"].max())
    parts = [
        text["how_to_read"].format(replicates=say.counted(found.plan.replicates, "pair", lang))
    ]
    if pairs > 1:
        parts += [text["intervals"], say.few_pairs(pairs, lang)]
        parts.append(doc.sample_bias(found.plan.settings.sample, lang))
    return say.joined(lang, *parts)


def clause(found: Comparison, effect: pd.Series, lang: str, sure: str = "") -> str:
    """One difference that can be told, in words; behind it its interval, or how sure it is."""
    text, unit = say.words(lang), str(effect["unit"])
    years = years_of(effect["kind"], found.plan.settings.months)
    way = "up" if effect["difference"] > 0 else "down"
    return say.phrase(BY_NAME[str(effect.name)], "clause", lang).format(
        size=say.figure(abs(effect["difference"]) / years, unit, lang, digits=3),
        more=text["change"][f"more_{way}"],
        level=text["change"][f"level_{way}"],
        interval=sure or say.span(effect["low"] / years, effect["high"] / years, unit, lang),
    )


def as_json(found: Comparison, lang: str = "en") -> dict[str, Any]:
    """Everything a program needs, as plain values; figures are not rounded.

    Beside what was run: ``scenarios`` (effects and cost ratios of each), and lists of rows that
    `Comparison` has as tables of the same name: ``planned`` (spending by programme), ``support``
    (waits, queues, refusals), ``funnel`` (founders' files by stage), ``equity`` (outcomes by group),
    ``quality_ranks`` (ranks over all weightings of the quality index).
    """
    s = found.plan.settings
    scenarios = []
    for label in found.plan.compared:
        effects = found.effects[found.effects["scenario"] == label].drop(columns="scenario")
        ratios = found.ratios[found.ratios["scenario"] == label].drop(columns="scenario")
        scenarios.append(
            {
                "name": label,
                "id": found.plan.scenarios[label].id,
                "title": draw.title(found, label, lang),
                "sentence": sentence(found, label, lang),
                "effects": plain_rows(effects),
                "ratios": plain_rows(ratios),
            }
        )
    return {
        "reference": found.plan.reference,
        "replicates": found.plan.replicates,
        "seed": s.seed,
        "sample": s.sample,
        "months": s.months,
        "folder": None if found.folder is None else str(found.folder),
        "command": found.command,
        "failures": found.failures,
        "scenarios": scenarios,
        **{name: plain_rows(getattr(found, name)) for name in SECTIONS},
    }


def lever_changes(scenario: Scenario, reference: Scenario) -> Iterator[tuple[int, Lever, Any, Any]]:
    """List levers that differ from the reference.

    Yields: from which month, and what; a lever comes again where the difference changes later.
    """
    for (_, ours), (_, theirs) in zip(walk(scenario), walk(reference)):
        if not ours.key.startswith("policy.") and ours.value != theirs.value:
            yield 1, ours, theirs.value, ours.value
    months = {1, *(c.month for s in (scenario, reference) for c in s.changes)}
    before: dict[str, tuple[Any, Any]] = {}
    for month in sorted(months):
        policies = (s.policy_at(month) for s in (scenario, reference))
        for (_, ours), (_, theirs) in zip(*(walk(p, "policy.") for p in policies)):
            pair = (theirs.value, ours.value)
            if pair != before.get(ours.key, (ours.value, ours.value)):
                yield month, ours, *pair
            if ours.value != theirs.value or ours.key in before:
                before[ours.key] = pair


class Page:
    """Everything that the page of a comparison shows."""

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = say.words(lang)
        self.text = self.words["report"]
        self.reference = self.title(found.plan.reference)

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return draw.title(self.found, label, self.lang)

    def subtitle(self) -> str:
        """What was compared, in one line."""
        plan = self.found.plan
        return str(self.text["subtitle"]).format(
            n=self.words["comma"].join(self.title(label) for label in plan.compared),
            reference=self.reference,
            county=say.county_name(plan.scenarios[plan.reference].county, self.lang),
            months=say.counted(plan.settings.months, "month", self.lang),
            replicates=say.counted(plan.replicates, "pair", self.lang),
        )

    def summary(self) -> doc.Section:
        """What each scenario changes, and what it is."""
        blocks: list[doc.Block] = []
        for label in self.found.plan.compared:
            about = getattr(self.found.plan.scenarios[label], f"description_{self.lang}")
            blocks += [
                doc.Text([sentence(self.found, label, self.lang)], "finding"),
                doc.note(about),
            ]
        return doc.Section(
            self.words["page"]["in_short"],
            [*blocks, doc.note(reading(self.found, self.lang)), failures(self.found, self.lang)],
        )

    def differences(self) -> doc.Section:
        """Key measures and cost ratios of each scenario."""
        pairs = say.counted(self.found.plan.replicates, "pair", self.lang)
        how = self.text["differences_note"].format(replicates=pairs)
        blocks: list[doc.Block] = [doc.note(how, self.text["better_note"])]
        for label in self.found.plan.compared:
            costs = [ratio_words(self.found, label, name, self.lang) for name in RATIOS]
            table = difference_table(self.found, label, self.lang)
            blocks += [doc.Heading(self.title(label)), table, doc.Text(costs, "list")]
        return doc.Section(self.text["differences"], blocks)

    def charts(self) -> doc.Section:
        """Charts over months."""
        shown = draw.chart_language(self.lang)
        english = self.text["charts_english"] if shown != self.lang else ""
        drawn = [doc.Picture(over_time(self.found, measure, shown)) for measure in OVER_TIME]
        return doc.Section(
            self.text["charts"], [doc.note(self.text["charts_note"], english), *drawn]
        )

    def assumptions(self) -> doc.Section:
        """Levers that differ, by scenario: label, key, values, unit, evidence."""
        plan, text, columns = self.found.plan, self.text, self.words["columns"]
        blocks: list[doc.Block] = [
            doc.note(text["assumptions_note"].format(reference=self.reference))
        ]
        for label in plan.compared:
            changes = lever_changes(plan.scenarios[label], plan.scenarios[plan.reference])
            rows = [self.lever_row(*change) for change in changes]
            head = [text["lever"], columns["key"], self.reference, self.title(label)]
            head += [columns["unit"], text["evidence"]]
            table = (
                doc.Sheet(head, rows, columns="wcnnww")
                if rows
                else doc.Text([text["no_difference"]])
            )
            blocks += [doc.Heading(self.title(label)), table]
        count = text["basis_count"].format(
            **basis_counts(levers), total=len(levers), free=sum(lever.free for lever in levers)
        )
        return doc.Section(text["assumptions"], [*blocks, doc.Text([count])])

    def lever_row(self, month: int, lever: Lever, theirs: Any, ours: Any) -> doc.Row:
        """A lever that differs: name, key, both values, unit, and what it rests on."""
        label = say.label_of(lever, self.lang)
        if month > 1:
            label = f"{label} ({self.text['from_month'].format(month=month)})"
        unit, basis = (
            say.unit_name(lever.unit, self.lang),
            say.basis_of(replace(lever, value=ours), self.lang),
        )
        return [label, lever.key, say.value_text(theirs), say.value_text(ours), unit, basis]

    def repeat(self) -> doc.Section:
        """The command, what else is needed to repeat it, and runs that failed."""
        plan, text = self.found.plan, self.text
        s = plan.settings
        rows = [
            [text["seed"], str(s.seed)], [text["replicates"], str(plan.replicates)],
            [text["sample"], f"{s.sample:g}"], [text["months"], str(s.months)],
        ]  # fmt: skip
        ids = ", ".join(f"{label} {scenario.id}" for label, scenario in plan.scenarios.items())
        errors = [f"{f['scenario']}, {f['replicate']}: {f['error']}" for f in self.found.failures]
        failed: list[doc.Block] = []
        if errors:
            failed = [doc.Heading(text["failures"]), doc.Text(errors, "list")]
        return doc.repeat(
            self.lang, [self.found.command], *failed, more=[*rows, [text["scenario_ids"], ids]]
        )

    def report(self) -> doc.Report:
        """The whole report."""
        found, lang = self.found, self.lang
        parts = [part(found, lang).section() for part in (Spending, Support, Equity, Quality)]
        people = [People(found.plan, found.whom, lang).section()] if found.whom else []
        every = [
            doc.Fold(self.title(label), [difference_table(found, label, lang, keys_only=False)])
            for label in found.plan.compared
        ]
        sections = [
            self.summary(), self.differences(), self.charts(), *parts, *people, self.assumptions(),
            doc.Section(self.text["not_for"], [doc.Text(self.text["not_for_items"], "list")]),
            self.repeat(), doc.Section(self.text["all_measures"], every),
        ]  # fmt: skip
        return doc.Report(lang, self.text["title"], self.subtitle(), sections)


def failures(found: Comparison, lang: str) -> doc.Text:
    """How many runs failed, if any."""
    number = len(found.failures)
    return doc.Text([say.words(lang)["failed"].format(n=number)] if number else [], "alert")


def html_of(found: Comparison, lang: str = "en") -> str:
    """The report as the text of an HTML page."""
    return html(Page(found, lang).report())


def write_report(found: Comparison, path: Path, lang: str = "en") -> Path:
    """Write the report; the page makes no request and can be mailed or printed.

    Parameters
    ----------
    found : Comparison
        What to report.
    """
    return write_text(path, html_of(found, lang))


def show_comparison(found: Comparison, console: Console, lang: str = "en") -> None:
    """Print a table and plain sentences for each scenario, and what support, money and quality show."""
    blocks: list[doc.Block] = []
    for label in found.plan.compared:
        table = difference_table(found, label, lang)
        costs = [ratio_words(found, label, name, lang) for name in list(RATIOS)[1:]]
        blocks.append(table.cut(0, 2, 3, 4, 5, 6, title=draw.title(found, label, lang)))
        blocks += [doc.Text([sentence(found, label, lang)]), doc.Text(costs, "list"), GAP]
    blocks += [doc.note(reading(found, lang)), failures(found, lang)]
    spending, quality = Spending(found, lang), Quality(found, lang)
    blocks += [
        doc.Heading(say.words(lang)["report"]["spending"]),
        doc.Text(spending.remarks(), "list"),
        GAP,
    ]
    blocks += [doc.Heading(quality.text["title"]), doc.Text(quality.sentences(), "list"), GAP]
    show(blocks, console)


def over_time(found: Comparison, measure: str, lang: str) -> str:
    """Levels, and differences from the reference, by month, as SVG."""
    text = say.words(lang)["report"]
    indicator = BY_NAME[measure]
    name = draw.name_of(indicator, lang)
    with draw.paper(measure, 9.2, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        drawn = draw.styles(found)
        series = {label: smoothed(found.cube.of(label, measure), indicator.kind) for label in drawn}
        for label, style in drawn.items():
            _levels(
                left,
                series[label],
                style,
                say.in_lines(draw.title(found, label, lang), draw.LEGEND),
            )
        right.axhline(0.0, color=draw.BLACK, linewidth=0.9)
        for label in found.plan.compared:
            _differences(right, series[label] - series[found.plan.reference], drawn[label])
        left.set_title(name)
        reference = draw.title(found, found.plan.reference, lang)
        right.set_title(
            say.in_lines(text["difference_from"].format(reference=reference), draw.PANEL)
        )
        for axes in (left, right):
            draw.finish(axes, text["month"], lang)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        return draw.svg_of(figure, name)


def _levels(axes: Axes, values: np.ndarray, style: draw.Style, name: str) -> None:
    months, there = _months(values)
    axes.plot(months, np.nanmean(values[:, there], axis=0), label=name, linewidth=1.4, **style)
    if len(values) > 1:
        low, high = np.nanpercentile(values[:, there], TAILS, axis=0)
        axes.fill_between(months, low, high, color=style["color"], alpha=0.12, linewidth=0)


def _differences(axes: Axes, paired: np.ndarray, style: draw.Style) -> None:
    months, there = _months(paired)
    axes.plot(months, np.nanmean(paired[:, there], axis=0), linewidth=1.4, **style)
    if np.isfinite(paired[:, there]).any(axis=1).sum() > 1:
        low, high = interval(paired[:, there])
        axes.fill_between(months, low, high, color=style["color"], alpha=0.2, linewidth=0)


def _months(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.flatnonzero(np.isfinite(values).any(axis=0))
    return there + 1, there
