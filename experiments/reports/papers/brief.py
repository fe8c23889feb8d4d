"""The brief of a comparison: two sheets of paper that answer one question, and for what they hold.

Question, answer with how sure it is, one figure, cost and who pays, who gains, what it rests on, what
it must not be used for. Everything else is in the annex, the report of the same comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.groups import groups_of
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import COST, KEY, MAIN
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.compare import Page, lever_changes
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.reports.sections.section import Line
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
from returnee.simulation.fingerprint import fingerprint

FORM = "brief"
NAMED = 4  # levers that the question names; the annex has all
DRAWN = "firms_open"
"""What the figure shows."""
GROUPED, TOWNSHIP = ("sex", "age", "schooling"), "township"
GAINS = ("firms_surviving", "jobs", "returns")
PAID = ("public_cost", "above_county", "county_cost", "tax", "net_cost")
"""Public spending, the share of budgets above the county, the county's own, what comes back, the rest."""
ENDS = ["reference", "level", "difference", "low", "high"]
SIGNS = {HIGHER: 1, LOWER: -1}


def brief(found: Comparison, lang: str = "en", more: Sequence[str] = ()) -> doc.Report:
    """The brief of a comparison.

    Parameters
    ----------
    found : Comparison
        Of one policy with a reference, or of several.
    more : sequence of str
        Further lines on what it rests on.
    """
    return Brief(found, lang).brief(more)


def annex(found: Comparison, lang: str = "en") -> doc.Report:
    """All that the brief leaves out: the report of the comparison, without what is folded up."""
    report = Page(found, lang).report()
    title = say.words(lang)[FORM]["annex"].format(title=report.title)
    kept = [section for section in report.sections if not section.is_folded]
    return doc.Report(lang, title, report.subtitle, kept)


class Brief(Page):
    """Sections of a brief."""

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        super().__init__(found, lang)
        self.own: dict[str, Any] = self.words[FORM]
        self.compared = list(found.plan.compared)
        self.is_one = len(self.compared) == 1

    @cached_property
    def gaps(self) -> dict[str, str]:
        """What fills the gaps of the brief's texts."""
        plan = self.found.plan
        policies = [self.title(label) for label in self.compared]
        return {
            "policy": policies[0], "policies": self.listed(policies), "reference": self.reference,
            "county": say.county_name(plan.scenarios[plan.reference].county, self.lang),
            "years": self.count(plan.settings.months / 12.0, "year"),
            "replicates": self.count(plan.replicates, "pair"),
            "sample": self.percent(plan.settings.sample, places=1),
        }  # fmt: skip

    def said(self, key: str, **more: Any) -> str:
        """A text of the brief, filled in; there is another where several policies are compared."""
        many = f"{key}_many"
        text = self.own[many if not self.is_one and many in self.own else key]
        return str(text).format(**self.gaps, **more)

    def led(self, label: str, line: str) -> str:
        """A line on one policy, led by its title where there are several."""
        lead = "" if self.is_one else str(self.own["lead"]).format(title=self.title(label))
        return lead + line

    def brief(self, more: Sequence[str] = ()) -> doc.Report:
        """The whole brief."""
        own = self.own
        sections = [
            doc.Section(own["question"], self.question()),
            doc.Section(own["answer"], self.answer()),
            doc.Section(own["costs"], self.costs(), on_new_page=True),
            doc.Section(own["gains"], self.gains()), doc.Section(own["rests"], self.rests(more)),
            doc.Section(own["not_for"], [doc.Text(self.text["not_for_items"], "list")]),
        ]  # fmt: skip
        return doc.Report(self.lang, self.said("title"), own["signed"], sections, FORM)

    def question(self) -> list[doc.Block]:
        """What is asked, and what the policies are."""
        about = [self.about(label) for label in self.compared]
        return [doc.Text([self.said("asked")], "answer"), doc.Text(about)]

    def about(self, label: str) -> str:
        """What a policy is, and where it differs from the reference."""
        plan = self.found.plan
        described = say.one_line(getattr(plan.scenarios[label], f"description_{self.lang}"))
        changes = list(lever_changes(plan.scenarios[label], plan.scenarios[plan.reference]))
        named = (
            self.own["change"].format(
                lever=say.label_of(lever, self.lang), before=self.value(before), after=self.value(after)
            )
            for _, lever, before, after in changes[:NAMED]
        )  # fmt: skip
        key = "levers" if len(changes) > NAMED else "levers_all" if changes else "levers_none"
        differs = self.said(key, n=len(changes), some=self.listed(named))
        return self.led(label, self.joined(described, differs) if self.is_one else differs)

    def value(self, value: Any) -> str:
        """A lever's value as people write it."""
        if isinstance(value, bool):
            return str(self.words["columns"]["switch"]).split("/")[not value]
        return say.value_text(value)

    def answer(self) -> list[doc.Block]:
        """What is so, how sure that is, and the figure."""
        lines = [line for label in self.compared for line in self.answer_of(label)]
        caption = self.said("figure", measure=self.phrase(DRAWN, "short"))
        return [
            doc.Text(lines, "answer"), self.outcomes(), doc.note(self.said("how_sure")),
            doc.Picture(self.drawn.over_time(DRAWN), caption),
        ]  # fmt: skip

    def answer_of(self, label: str) -> list[str]:
        """The answer on one policy: its main clause, the others, and what can't be told apart."""
        rows, names = self.effects(label), {"title": self.title(label), "reference": self.reference}
        told = [n for n in dict.fromkeys((MAIN, *KEY)) if rows.loc[n, "verdict"] != UNCLEAR]
        if not told:
            return [self.words["nothing"].format(**names)]
        said = (self.clause(rows.loc[name], self.sure(label, name)) for name in told)
        line = self.words["differs"].format(clauses=self.listed(said, "list_and"), **names)
        rest = self.listed(self.phrase(name, "noun") for name in KEY if name not in told)
        return [line, self.words["unclear"].format(labels=rest)] if rest and self.is_one else [line]

    def sure(self, label: str, name: str) -> str:
        """In how many of the paired runs a difference goes the way that the mean does."""
        k, n = self.agreeing(label, name)
        return self.said("sure", k=k, n=n)

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
            return self.by_scenario(self.words["measure"], map(self.line, KEY))
        label, words = self.compared[0], self.words
        head = [words["measure"], self.reference, self.title(label), words["difference"]]
        rows = [self.row(label, name) for name in KEY]
        return doc.Sheet([*head, words["interval"], self.own["same_way"]], rows)

    def row(self, label: str, name: str) -> doc.Row:
        """One measure of the only policy."""
        effect = self.effects(label).loc[name]
        unit, sign = str(effect["unit"]), SIGNS.get(effect["verdict"], 0)
        reference, level, difference, low, high = (effect[k] / self.years(effect) for k in ENDS)
        changed = self.figure(difference, unit, signed=True)
        return [
            self.phrase(name, "short"), self.figure(reference, unit), self.figure(level, unit),
            doc.Cell(changed, told=sign != 0, good=sign * int(effect["better"])),
            self.span(low, high, unit), self.sure(label, name),
        ]  # fmt: skip

    def line(self, name: str) -> Line:
        """One measure of several policies."""
        effects = self.found.effects
        cells = self.yearly(effects[effects["measure"] == name])
        shares = ["", *("{}/{}".format(*self.agreeing(label, name)) for label in self.compared)]
        return self.phrase(name, "short"), [
            replace(cell, below=(*cell.below[:1], share)) if cell.below else cell
            for cell, share in zip(cells, shares)
        ]

    def yearly(self, effects: pd.DataFrame) -> list[doc.Cell]:
        """Cells of effects on one measure, flows by year."""
        first, effects = effects.iloc[0], effects.copy()
        effects[ENDS] /= self.years(first)
        return self.cells(effects, str(first["unit"]), int(first["better"]))

    def costs(self) -> list[doc.Block]:
        """Who pays, what comes back, cost for each gain, and what was due but not paid."""
        gained = list(RATIOS)[1:] if self.is_one else list(RATIOS)[1:2]
        lines = [self.led(k, self.ratio(k, name)) for k in self.compared for name in gained]
        lines += Spending(self.found, self.lang).remarks() if self.is_one else []
        return [self.by_scenario(self.own["a_year"], self.payers), doc.Text(lines, "list")]

    @cached_property
    def payers(self) -> list[Line]:
        """What is spent a year, of whose budget, and what comes back."""
        levels = self.found.cube.levels
        known = {name: levels[..., INDEX[name]] for name in PAID if name in INDEX}
        known["above_county"] = known[COST] - known["county_cost"]
        better = [BY_NAME[name].better if name in BY_NAME else 0 for name in PAID]
        base = pd.DataFrame({"measure": PAID, "unit": "yuan", "kind": "flow", "better": better})
        effects = effects_on(np.stack([known[name] for name in PAID], -1), base, self.found.plan)
        cells = {name: self.yearly(effects[effects["measure"] == name]) for name in PAID}
        short = 2 if self.is_one else 1  # intervals of several policies do not fit
        return [
            (self.own["payers"][name], [replace(c, below=c.below[:short]) for c in cells[name]])
            for name in PAID
        ]

    def gains(self) -> list[doc.Block]:
        """Differences by group of people, and in which townships they can be told."""
        equity, frame = Equity(self.found, self.lang), self.found.equity
        facts = self.found.plan.scenarios[self.found.plan.reference].county
        names = GAINS if self.is_one else GAINS[:1]
        by_group = frame.set_index(["dimension", "group", "measure", "scenario"])
        rows: list[doc.Row] = [
            [equity.group(dimension, key), *(
                self.gain(by_group.loc[(dimension, key, name, label)])
                for name in names for label in self.compared
            )]
            for dimension in GROUPED for key in groups_of(facts)[dimension]
        ]  # fmt: skip
        short = self.words["equity"]["short"]
        head = [short[name] for name in names] if self.is_one else map(self.title, self.compared)
        table = doc.Sheet([self.words["equity"]["group"], *head], rows)
        places = doc.Text([self.places(equity, label) for label in self.compared])
        return [doc.note(self.said("group", measure=short[GAINS[0]])), table, places]

    def gain(self, row: pd.Series) -> doc.Cell:
        """Difference of a group, and its interval where there is room."""
        sign = SIGNS.get(row["verdict"], 0)
        shown, *ends = (say.short(float(row[k]), "+.2g") for k in ENDS[2:])
        below = (f"({say.to(self.lang, *ends)})",) if self.is_one and say.NONE not in ends else ()
        return doc.Cell(shown, below, sign != 0, sign)

    def places(self, equity: Equity, label: str) -> str:
        """Townships in which new firms can be told to be more."""
        frame = self.found.equity
        ours = frame[(frame["dimension"] == TOWNSHIP) & (frame["measure"] == MAIN)]
        ours = ours[(ours["scenario"] == label) & (ours["verdict"] == HIGHER)]
        told: Iterable[str] = ours.sort_values("difference", ascending=False)["group"]
        names = self.listed(equity.group(TOWNSHIP, key) for key in told)
        return self.led(label, self.said("places" if names else "no_place", places=names))

    def rests(self, more: Sequence[str]) -> list[doc.Block]:
        """Runs, what is measured and assumed, and the command."""
        free = sum(lever.free for lever in levers)
        counts = self.fill("basis_count", **basis_counts(levers), total=len(levers), free=free)
        bias = doc.sample_bias(self.found.plan.settings.sample, self.lang)
        lines = [self.said("runs"), counts, *filter(None, [bias, *more])]
        model = doc.note(self.said("model", hash=fingerprint()))
        return [doc.Text(lines, "list"), doc.Code(self.found.command), model]
