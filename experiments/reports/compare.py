"""The report of a comparison: one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from returnee.experiments.measuring.measures import BY_NAME, smoothed, years_of
from returnee.experiments.measuring.selections import KEY, OVER_TIME
from returnee.experiments.numbers import picked, plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.reports.sections.quality import Quality
from returnee.experiments.reports.sections.section import Part
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.reports.sections.support import Support
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.reports.whom import People
from returnee.experiments.statistics.effects import HIGHER, LOWER, RATIOS
from returnee.experiments.statistics.intervals import TAILS, interval
from returnee.experiments.words import texts as say
from returnee.scenarios import Lever, Scenario, levers, walk
from returnee.scenarios.schema.fields import basis_counts

SECTIONS = ("planned", "support", "funnel", "equity", "quality_ranks")
MAIN_RATIO = "cost_per_firm"


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


class Page(Part):
    """Everything that is told of a comparison."""

    table = "report"

    def effects(self, label: str) -> pd.DataFrame:
        """Effects of a scenario, by measure."""
        return picked(self.found.effects, scenario=label).set_index("measure")

    def years(self, effect: pd.Series) -> float:
        """Years that a measure's level is spread over as it is told."""
        return years_of(effect["kind"], self.found.plan.settings.months)

    def difference_table(self, label: str, keys_only: bool = True) -> doc.Sheet:
        """A scenario beside the reference, flows by year: the key measures, or all."""
        words, effects = self.words, self.effects(label)
        head = [words["measure"], words["columns"]["unit"], self.reference, self.title(label)]
        head += [words["difference"], words["interval"]]
        head += [words["verdict"].format(reference=self.reference), self.text["better_share"]]
        names = KEY if keys_only else effects.index
        rows = [self._row(name, effects.loc[name], keys_only) for name in names]
        return doc.Sheet(head, rows, columns="wwnnnnwn")

    def _row(self, name: str, effect: pd.Series, short: bool) -> doc.Row:
        unit, years = str(effect["unit"]), self.years(effect)
        reference, level = (self.figure(effect[n] / years, unit) for n in ("reference", "level"))
        difference = self.figure(effect["difference"] / years, unit, signed=True)
        sign = {HIGHER: 1, LOWER: -1}.get(effect["verdict"], 0)
        shown = say.unit_name(unit, self.lang)
        by_year = effect["kind"] == "flow" and not short
        return [
            self.phrase(name, "short") if short else str(effect[f"label_{self.lang}"]),
            self.words["by_year"].format(unit=shown) if by_year else shown, reference, level,
            doc.Cell(difference, told=sign != 0),
            doc.Cell(self.span(effect["low"] / years, effect["high"] / years, unit), told=sign != 0),
            doc.Cell(self.verdict(effect), good=sign * int(effect["better"])), self._chances(effect),
        ]  # fmt: skip

    def _chances(self, effect: pd.Series) -> str:
        shares = effect["p_better"], effect["replicates_better"]
        told = np.isfinite(shares).all() and effect["pairs"] > 1
        return " / ".join(map(self.percent, shares)) if told else say.NONE

    def verdict(self, effect: pd.Series) -> str:
        """More, fewer, higher, lower, or that it can't be told apart."""
        if effect["pairs"] < 2:
            return str(self.words["one_replicate"])
        ways = ("more", "fewer") if effect["unit"] in say.COUNTABLE else ("higher", "lower")
        return str(self.words[{HIGHER: ways[0], LOWER: ways[1]}.get(effect["verdict"], "same")])

    def ratio(self, label: str, name: str) -> str:
        """A cost ratio of a scenario as a sentence, or why there is none."""
        row = picked(self.found.ratios, scenario=label, measure=name).iloc[0]
        cost, *ends = (self.figure(row[end], "yuan") for end in ("ratio", "low", "high"))
        outcome = row["outcome"] if np.isfinite(row["gain_difference"]) else "one"
        return str(self.words["ratio"][outcome]).format(
            thing=self.phrase(row["gain"], "thing"), things=self.phrase(row["gain"], "things"),
            years=self.count(self.found.plan.settings.months / 12.0, "year"),
            reference=self.reference, cost=cost, interval=say.to(self.lang, *ends),
        )  # fmt: skip

    def sentence(self, label: str) -> str:
        """What a scenario changes, in plain words."""
        names = {"title": self.title(label), "reference": self.reference}
        keys, parts = self.effects(label).loc[list(KEY)], []
        differs = keys["verdict"].isin((HIGHER, LOWER))
        if differs.any():
            clauses = (self.clause(row) for _, row in keys[differs].iterrows())
            told = self.listed(clauses, "list_and")
            parts.append(self.words["differs"].format(clauses=told, **names))
            if not differs.all():
                rest = self.listed(self.phrase(str(name), "noun") for name in keys.index[~differs])
                parts.append(self.words["unclear"].format(labels=rest))
            parts.append(self.ratio(label, MAIN_RATIO))
        else:
            key = "no_pairs" if (keys["pairs"] < 2).any() else "nothing"
            parts.append(self.words[key].format(**names))
        if label in self.found.plan.other_worlds:
            # First, as it says how everything after it is to be read.
            parts.insert(0, self.words["world"].format(**names))
        return self.joined(*parts)

    def clause(self, effect: pd.Series, sure: str = "") -> str:
        """One difference that can be told, in words; behind it its interval, or how sure it is."""
        unit, years, words = str(effect["unit"]), self.years(effect), self.words["change"]
        way = "up" if effect["difference"] > 0 else "down"
        return self.phrase(str(effect.name), "clause").format(
            size=self.figure(abs(effect["difference"]) / years, unit, digits=3),
            more=words[f"more_{way}"], level=words[f"level_{way}"],
            interval=sure or self.span(effect["low"] / years, effect["high"] / years, unit),
        )  # fmt: skip

    def reading(self) -> str:
        """How the figures are to be read; that intervals are wide where there are few pairs."""
        plan, effects = self.found.plan, self.found.effects
        pairs = 0 if effects.empty else int(effects["pairs"].max())
        replicates = self.count(plan.replicates, "pair")
        parts = [self.words["how_to_read"].format(replicates=replicates)]
        if pairs > 1:
            parts += [self.words["intervals"], say.few_pairs(pairs, self.lang)]
            parts.append(doc.sample_bias(plan.settings.sample, self.lang))
        return self.joined(*parts)

    def subtitle(self) -> str:
        """What was compared, in one line."""
        plan = self.found.plan
        names, months = self.listed(map(self.title, plan.compared)), plan.settings.months
        about = {
            "reference": self.reference,
            "county": self.county,
            "months": self.count(months, "month"),
        }
        return self.fill(
            "subtitle", n=names, replicates=self.count(plan.replicates, "pair"), **about
        )

    def summary(self) -> doc.Section:
        """What each scenario changes, and what it is."""
        blocks = []
        for label in self.found.plan.compared:
            about = getattr(self.found.plan.scenarios[label], f"description_{self.lang}")
            blocks += [doc.Text([self.sentence(label)], "finding"), doc.note(about)]
        end = doc.note(self.reading()), self.failed(self.found.failures)
        return doc.Section(self.words["page"]["in_short"], [*blocks, *end])

    def differences(self) -> doc.Section:
        """Key measures and cost ratios of each scenario."""
        how = self.fill(
            "differences_note", replicates=self.count(self.found.plan.replicates, "pair")
        )
        blocks: list[doc.Block] = [doc.note(how, self.text["better_note"])]
        for label in self.found.plan.compared:
            costs = doc.Text([self.ratio(label, name) for name in RATIOS], "list")
            blocks += [doc.Heading(self.title(label)), self.difference_table(label), costs]
        return doc.Section(self.text["differences"], blocks)

    def charts(self) -> doc.Section:
        """Charts over months."""
        english = self.text["charts_english"] if self.drawn is not self else ""
        drawn = [doc.Picture(self.drawn.over_time(measure)) for measure in OVER_TIME]
        how = doc.note(self.text["charts_note"], english)
        return doc.Section(self.text["charts"], [how, *drawn])

    def over_time(self, measure: str) -> str:
        """Levels, and differences from the reference, by month, as SVG."""
        name, styles = draw.name_of(BY_NAME[measure], self.lang), self.styles
        with draw.paper(measure, 9.2, 3.0) as figure:
            left, right = figure.subplots(1, 2)
            cube, kind = self.found.cube, BY_NAME[measure].kind
            series = {label: smoothed(cube.of(label, measure), kind) for label in styles}
            band = partial(np.nanpercentile, q=TAILS, axis=0)
            for label, style in styles.items():
                _draw(left, series[label], style, 0.12, band, label=self.short(label))
            right.axhline(0.0, color=draw.BLACK, linewidth=0.9)
            for label in self.found.plan.compared:
                paired = series[label] - series[self.found.plan.reference]
                _draw(right, paired, styles[label], 0.2, interval)
            left.set_title(name)
            apart = self.fill("difference_from", reference=self.reference)
            right.set_title(say.in_lines(apart, draw.PANEL))
            for axes in (left, right):
                draw.finish(axes, self.text["month"], self.lang)
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
            return draw.svg_of(figure, name)

    def assumptions(self) -> doc.Section:
        """Levers that differ, by scenario: label, key, values, unit, evidence."""
        plan, text, columns = self.found.plan, self.text, self.words["columns"]
        blocks: list[doc.Block] = [doc.note(self.note("assumptions_note"))]
        for label in plan.compared:
            changes = lever_changes(plan.scenarios[label], plan.scenarios[plan.reference])
            rows = [self.lever(*change) for change in changes]
            head = [text["lever"], columns["key"], self.reference, self.title(label)]
            head += [columns["unit"], text["evidence"]]
            table = doc.Sheet(head, rows, columns="wcnnww")
            none = doc.Text([text["no_difference"]])
            blocks += [doc.Heading(self.title(label)), table if rows else none]
        free = sum(lever.free for lever in levers)
        count = self.fill("basis_count", **basis_counts(levers), total=len(levers), free=free)
        return doc.Section(text["assumptions"], [*blocks, doc.Text([count])])

    def lever(self, month: int, lever: Lever, theirs: Any, ours: Any) -> doc.Row:
        """A lever that differs: name, key, both values, unit, and what it rests on."""
        label = say.label_of(lever, self.lang)
        if month > 1:
            label = f"{label} ({self.fill('from_month', month=month)})"
        basis = say.basis_of(replace(lever, value=ours), self.lang)
        values = map(say.value_text, (theirs, ours))
        return [label, lever.key, *values, say.unit_name(lever.unit, self.lang), basis]

    def repeat(self) -> doc.Section:
        """The command, what else is needed to repeat it, and runs that failed."""
        plan, text, s = self.found.plan, self.text, self.found.plan.settings
        ids = ", ".join(f"{label} {scenario.id}" for label, scenario in plan.scenarios.items())
        rows = [
            [text["seed"], str(s.seed)], [text["replicates"], str(plan.replicates)],
            [text["sample"], f"{s.sample:g}"], [text["months"], str(s.months)],
            [text["scenario_ids"], ids],
        ]  # fmt: skip
        errors = [f"{f['scenario']}, {f['replicate']}: {f['error']}" for f in self.found.failures]
        failed: list[doc.Block] = [doc.Heading(text["failures"]), doc.Text(errors, "list")]
        failed = failed if errors else []
        return doc.repeat(self.lang, [self.found.command], *failed, more=rows)

    def report(self) -> doc.Report:
        """The whole report."""
        found, lang = self.found, self.lang
        parts = [part(found, lang).section() for part in (Spending, Support, Equity, Quality)]
        people = [People(found, lang).section()] if found.whom else []
        every = [
            doc.Fold(self.title(label), [self.difference_table(label, keys_only=False)])
            for label in found.plan.compared
        ]
        sections = [
            self.summary(), self.differences(), self.charts(), *parts, *people, self.assumptions(),
            doc.Section(self.text["not_for"], [doc.Text(self.text["not_for_items"], "list")]),
            self.repeat(), doc.Section(self.text["all_measures"], every),
        ]  # fmt: skip
        return doc.Report(lang, self.text["title"], self.subtitle(), sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: a table and sentences of each scenario, and what money and quality show."""
        blocks: list[doc.Block] = []
        for label in self.found.plan.compared:
            costs = doc.Text([self.ratio(label, name) for name in list(RATIOS)[1:]], "list")
            table = self.difference_table(label).cut(0, 2, 3, 4, 5, 6, title=self.title(label))
            blocks += [table, doc.Text([self.sentence(label)]), costs, GAP]
        blocks += [doc.note(self.reading()), self.failed(self.found.failures)]
        spending, quality = Spending(self.found, self.lang), Quality(self.found, self.lang)
        blocks += [doc.Heading(self.text["spending"]), doc.Text(spending.remarks(), "list"), GAP]
        return [
            *blocks,
            doc.Heading(quality.text["title"]),
            doc.Text(quality.sentences(), "list"),
            GAP,
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs, as plain values; figures are not rounded.

        Beside what was run: ``scenarios`` (effects and cost ratios of each), and lists of rows that
        `Comparison` has as tables of the same name: ``planned`` (spending by programme), ``support``
        (waits, queues, refusals), ``funnel`` (founders' files by stage), ``equity`` (outcomes by
        group), ``quality_ranks`` (ranks over all weightings of the quality index).
        """
        found, plan, s = self.found, self.found.plan, self.found.plan.settings

        def of(frame: pd.DataFrame, label: str) -> list[dict[str, Any]]:
            return plain_rows(picked(frame, scenario=label).drop(columns="scenario"))

        return {
            "reference": plan.reference, "replicates": plan.replicates, "seed": s.seed,
            "sample": s.sample, "months": s.months,
            "folder": None if found.folder is None else str(found.folder),
            "command": found.command, "failures": found.failures,
            "scenarios": [
                {
                    "name": label, "id": plan.scenarios[label].id, "title": self.title(label),
                    "sentence": self.sentence(label), "effects": of(found.effects, label),
                    "ratios": of(found.ratios, label),
                }
                for label in plan.compared
            ],
            **{name: plain_rows(getattr(found, name)) for name in SECTIONS},
        }  # fmt: skip


def _draw(
    axes: Axes, values: np.ndarray, style: draw.Style, alpha: float, band: Callable[[Any], Any],
    **more: Any,
) -> None:  # fmt: skip
    """Means by month of what is there, and a band around them if there is more than one run."""
    there = np.flatnonzero(np.isfinite(values).any(axis=0))
    rows = values[:, there]
    axes.plot(there + 1, np.nanmean(rows, axis=0), linewidth=1.4, **more, **style)
    if np.isfinite(rows).any(axis=1).sum() > 1:
        low, high = band(rows)
        axes.fill_between(there + 1, low, high, color=style["color"], alpha=alpha, linewidth=0)
