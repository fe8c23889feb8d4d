"""The brief of a comparison: two sheets of paper that answer one question, and for what they hold.

Question, answer with how sure it is, one figure, cost and who pays, who gains, what it rests on, what
it must not be used for. Everything else is in the annex, the report of the same comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.groups import COUNTED, DIMENSIONS, groups_of
from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.measuring.selections import COST, KEY, MAIN
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.compare import (
    Page,
    clause,
    lever_changes,
    over_time,
    ratio_words,
)
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.reports.sections.section import Line, Part
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.statistics.effects import (
    HIGHER,
    INDEX,
    LOWER,
    RATIOS,
    UNCLEAR,
    effects_on,
)
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words import texts as say
from returnee.scenarios import levers
from returnee.scenarios.schema.fields import basis_counts

FORM = "brief"
NAMED = 4  # levers that the question names; the annex has all
DRAWN = "firms_open"
"""What the figure shows."""
GROUPED = ("sex", "age", "schooling")
GAINS = ("firms_surviving", "jobs", "returns")
PAID = ("public_cost", "above_county", "county_cost", "tax", "net_cost")
"""Public spending, the share of budgets above the county, the county's own, what comes back, the rest."""


def brief(found: Comparison, lang: str = "en", more: Sequence[str] = ()) -> doc.Report:
    """The brief of a comparison.

    Parameters
    ----------
    found : Comparison
        Of one policy with a reference, or of several.
    more : sequence of str
        Further lines on what it rests on.
    """
    return Brief(found, lang).report(more)


def annex(found: Comparison, lang: str = "en") -> doc.Report:
    """All that the brief leaves out: the report of the comparison, its folds left out on paper."""
    report = Page(found, lang).report()
    title = say.words(lang)[FORM]["annex"].format(title=report.title)
    kept = [section for section in report.sections if not section.is_folded]
    return doc.Report(lang, title, report.subtitle, kept)


class Brief(Part):
    """Sections of a brief."""

    name = FORM

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        super().__init__(found, lang)
        plan = found.plan
        self.compared = list(plan.compared)
        self.reference = draw.title(found, plan.reference, lang)
        self.policies = [draw.title(found, label, lang) for label in self.compared]
        self.is_one = len(self.compared) == 1
        self.fill = {
            "policy": self.policies[0], "policies": self.words["comma"].join(self.policies),
            "reference": self.reference,
            "county": say.county_name(plan.scenarios[plan.reference].county, lang),
            "years": say.counted(plan.settings.months / 12.0, "year", lang),
            "replicates": say.counted(plan.replicates, "pair", lang),
            "sample": say.percent(plan.settings.sample, lang, places=1),
        }  # fmt: skip

    def said(self, key: str, **more: Any) -> str:
        """A text of the brief, filled in."""
        return str(self.text[key]).format(**self.fill, **more)

    def section(self) -> doc.Section:
        """The answer."""
        return doc.Section(self.text["answer"], self.answer())

    def report(self, more: Sequence[str] = ()) -> doc.Report:
        """The whole brief."""
        text = self.text
        sections = [
            doc.Section(text["question"], self.question()), self.section(),
            doc.Section(text["costs"], self.costs(), on_new_page=True),
            doc.Section(text["gains"], self.gains()),
            doc.Section(text["rests"], self.rests(more)),
            doc.Section(text["not_for"], [doc.Text(self.words["report"]["not_for_items"], "list")]),
        ]  # fmt: skip
        title = self.said("title" if self.is_one else "title_many")
        return doc.Report(self.lang, title, text["signed"], sections, FORM)

    def question(self) -> list[doc.Block]:
        """What is asked, and what the policy is."""
        lines = [self.said("asked" if self.is_one else "asked_many")]
        return [doc.Text(lines, "answer"), doc.Text([self.about(k) for k in self.compared])]

    def about(self, label: str) -> str:
        """What a policy is, and where it differs from the reference."""
        plan, title = self.found.plan, draw.title(self.found, label, self.lang)
        described = say.one_line(getattr(plan.scenarios[label], f"description_{self.lang}"))
        changes = list(lever_changes(plan.scenarios[label], plan.scenarios[plan.reference]))
        named = [
            self.text["change"].format(
                lever=say.label_of(lever, self.lang),
                before=self.value(before), after=self.value(after),
            )
            for _, lever, before, after in changes[:NAMED]
        ]  # fmt: skip
        some = self.words["comma"].join(named)
        key = "levers" if len(changes) > NAMED else "levers_all" if changes else "levers_none"
        differs = self.text[key].format(n=len(changes), some=some, reference=self.reference)
        if self.is_one:
            return say.joined(self.lang, described, differs)
        return str(self.text["lead"].format(title=title)) + differs

    def value(self, value: Any) -> str:
        """A lever's value as people write it."""
        if isinstance(value, bool):
            return str(self.words["columns"]["switch"]).split("/")[not value]
        return say.value_text(value)

    def answer(self) -> list[doc.Block]:
        """What is so, how sure that is, and the figure."""
        lines = [line for label in self.compared for line in self.answer_of(label)]
        chart = over_time(self.found, DRAWN, self.chart_lang)
        return [
            doc.Text(lines, "answer"), self.outcomes(),
            doc.note(self.said("how_sure" if self.is_one else "how_sure_many")),
            doc.Picture(chart, self.said("figure", measure=say.phrase(BY_NAME[DRAWN], "short", self.lang))),
        ]  # fmt: skip

    def answer_of(self, label: str) -> list[str]:
        """The answer on one policy: its main clause, the others, and what can't be told apart."""
        rows = self.effects(label)
        told = [name for name in (MAIN, *KEY) if rows[name]["verdict"] != UNCLEAR]
        told = list(dict.fromkeys(told))
        title = draw.title(self.found, label, self.lang)
        if not told:
            return [self.words["nothing"].format(title=title, reference=self.reference)]
        said = self.words["list_and"].join(
            clause(self.found, rows[name], self.lang, self.sure(label, name)) for name in told
        )
        line = self.words["differs"].format(title=title, reference=self.reference, clauses=said)
        rest = [say.phrase(BY_NAME[n], "noun", self.lang) for n in KEY if n not in told]
        unclear = self.words["unclear"].format(labels=self.words["comma"].join(rest))
        return [line, unclear] if rest and self.is_one else [line]

    def effects(self, label: str) -> dict[str, pd.Series]:
        """Rows of the effects of a scenario by measure."""
        rows = self.found.effects[self.found.effects["scenario"] == label].set_index("measure")
        return {name: rows.loc[name] for name in KEY}

    def sure(self, label: str, name: str) -> str:
        """In how many of the paired runs a difference goes the way that the mean does."""
        k, n = self.agreeing(label, name)
        return str(self.text["sure"]).format(k=k, n=n)

    def agreeing(self, label: str, name: str) -> tuple[int, int]:
        """Paired runs whose difference has the sign of the mean, and all of them."""
        levels = self.found.cube.levels[..., INDEX[name]]
        ours, theirs = (levels[self.labels.index(k)] for k in (label, self.found.plan.reference))
        paired = (ours - theirs)[np.isfinite(ours - theirs)]
        way = np.sign(paired.mean()) if len(paired) else 0.0
        return int((np.sign(paired) == way).sum()), len(paired)

    def outcomes(self) -> doc.Sheet:
        """Key measures: levels, differences, intervals, and how sure their direction is."""
        if not self.is_one:
            return self.sheet(self.words["measure"], [self.line(name) for name in KEY])
        text, label = self.words, self.compared[0]
        head = [text["measure"], self.reference, self.policies[0], text["difference"]]
        head += [text["interval"], self.text["same_way"]]
        rows = []
        for name, row in self.effects(label).items():
            unit, years = str(row["unit"]), years_of(row["kind"], self.found.plan.settings.months)
            sign = {HIGHER: 1, LOWER: -1}.get(row["verdict"], 0)
            low, high = row["low"] / years, row["high"] / years
            rows.append([
                say.phrase(BY_NAME[name], "short", self.lang),
                *(say.figure(row[k] / years, unit, self.lang) for k in ("reference", "level")),
                doc.Cell(say.figure(row["difference"] / years, unit, self.lang, signed=True),
                         told=sign != 0, good=sign * int(row["better"])),
                say.span(low, high, unit, self.lang), self.sure(label, name),
            ])  # fmt: skip
        return doc.Sheet(head, rows, columns="wnnnnn")

    def line(self, name: str) -> Line:
        """One measure with a cell for each scenario."""
        rows = self.found.effects[self.found.effects["measure"] == name]
        label, cells = self.yearly(say.phrase(BY_NAME[name], "short", self.lang), rows)
        shares = ["", *("{}/{}".format(*self.agreeing(k, name)) for k in self.compared)]
        return label, [
            replace(cell, below=(*cell.below[:1], share)) if cell.below else cell
            for cell, share in zip(cells, shares)
        ]

    def yearly(self, label: str, effects: pd.DataFrame) -> Line:
        """A line of effects, flows by year."""
        first, effects = effects.iloc[0], effects.copy()
        years = years_of(first["kind"], self.found.plan.settings.months)
        effects[["reference", "level", "difference", "low", "high"]] /= years
        return label, self.cells(effects, str(first["unit"]), int(first["better"]))

    def costs(self) -> list[doc.Block]:
        """Who pays, what comes back, cost for each gain, and what was due but not paid."""
        ratios = [
            (self.text["lead"].format(title=title) if not self.is_one else "")
            + ratio_words(self.found, label, name, self.lang)
            for label, title in zip(self.compared, self.policies)
            for name in (list(RATIOS)[1:] if self.is_one else list(RATIOS)[1:2])
        ]
        unpaid = Spending(self.found, self.lang).remarks() if self.is_one else []
        return [self.sheet(self.text["a_year"], self.payers), doc.Text([*ratios, *unpaid], "list")]

    @cached_property
    def payers(self) -> list[Line]:
        """What is spent a year, of whose budget, and what comes back."""
        levels = self.found.cube.levels
        known = {name: levels[..., INDEX[name]] for name in PAID if name in INDEX}
        known["above_county"] = known[COST] - known["county_cost"]
        base = pd.DataFrame({
            "measure": PAID, "unit": "yuan", "kind": "flow",
            "better": [0 if name == "above_county" else BY_NAME[name].better for name in PAID],
        })  # fmt: skip
        effects = effects_on(np.stack([known[name] for name in PAID], -1), base, self.found.plan)
        return [
            self.shortened(
                self.yearly(self.text["payers"][name], effects[effects["measure"] == name])
            )
            for name in PAID
        ]

    def shortened(self, line: Line) -> Line:
        """The line, without intervals where several policies share the page."""
        label, cells = line
        if self.is_one:
            return line
        return label, [replace(cell, below=cell.below[:1]) for cell in cells]

    def gains(self) -> list[doc.Block]:
        """Differences by group of people, and in which townships they can be told."""
        equity, frame = Equity(self.found, self.lang), self.found.equity
        facts = self.found.plan.scenarios[self.found.plan.reference].county
        short = self.words["equity"]["short"]
        names = GAINS if self.is_one else GAINS[:1]
        units = {counted.name: counted.unit for counted in COUNTED}
        rows: list[doc.Row] = []
        for dimension in GROUPED:
            for key in groups_of(facts)[dimension]:
                ours = frame[(frame["dimension"] == dimension) & (frame["group"] == key)]
                cells = [
                    self.gain(ours, label, name, units[name])
                    for name in names for label in self.compared
                ]  # fmt: skip
                rows.append([equity.group(dimension, key), *cells])
        head = [short[name] for name in names] if self.is_one else self.policies
        note = (
            self.said("gains_note", measure=short[GAINS[0]])
            if not self.is_one
            else self.said("gains_one")
        )
        return [doc.note(note), doc.Sheet([self.words["equity"]["group"], *head], rows),
                doc.Text([self.places(equity, label) for label in self.compared])]  # fmt: skip

    def gain(self, ours: pd.DataFrame, label: str, name: str, unit: str) -> doc.Cell:
        """Difference of a group with its interval."""
        row = ours[(ours["scenario"] == label) & (ours["measure"] == name)].iloc[0]
        sign = {HIGHER: 1, LOWER: -1}.get(row["verdict"], 0)
        shown = [say.short(float(row[k]), "+.2g") for k in ("difference", "low", "high")]
        if say.NONE in shown:
            return doc.Cell(shown[0])
        if not self.is_one:
            return doc.Cell(shown[0], (), sign != 0, sign)
        return doc.Cell(shown[0], (f"({say.to(self.lang, *shown[1:])})",), sign != 0, sign)

    def places(self, equity: Equity, label: str) -> str:
        """Townships in which new firms can be told to be more."""
        frame = self.found.equity
        rows = frame[(frame["dimension"] == DIMENSIONS[-1]) & (frame["measure"] == MAIN)]
        rows = rows[rows["scenario"] == label].sort_values("difference", ascending=False)
        told = [equity.group(DIMENSIONS[-1], k) for k in rows["group"][rows["verdict"] == HIGHER]]
        lead = (
            ""
            if self.is_one
            else self.text["lead"].format(title=draw.title(self.found, label, self.lang))
        )
        names = self.words["comma"].join(told)
        return lead + str(self.text["places" if told else "no_place"]).format(places=names)

    def rests(self, more: Sequence[str]) -> list[doc.Block]:
        """Runs, what is measured and assumed, and the command."""
        counts = self.words["report"]["basis_count"].format(
            **basis_counts(levers), total=len(levers), free=sum(lever.free for lever in levers)
        )
        bias = doc.sample_bias(self.found.plan.settings.sample, self.lang)
        lines = [self.said("runs"), counts, *filter(None, [bias, *more])]
        model = self.said("model", hash=doc.fingerprint())
        return [doc.Text(lines, "list"), doc.Code(self.found.command), doc.note(model)]
