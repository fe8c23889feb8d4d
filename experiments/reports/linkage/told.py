"""What the results of the linkage experiment have in common, told in one language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.linkage.design import LINKAGE, levels
from returnee.experiments.words import texts as say
from returnee.scenarios import levers
from returnee.simulation.state.programmes import PILLARS as SPENT_BY

LISTED = 3  # correlations that are named
SMALL_P = 0.05
LABELS = {lever.key: lever for lever in levers}
TRACKING = "case_tracking"


def programmes_of(factor: str) -> list[str]:
    """Programmes whose spending is counted with a factor."""
    if factor == LINKAGE:
        return [TRACKING]
    groups = {**SPENT_BY, "services": (*SPENT_BY["services"], *SPENT_BY["technology"])}
    return [name for name in groups[factor] if name != TRACKING]


def rate(value: float) -> str:
    """A difference for an amount of money, to three digits."""
    return say.short(value, "+.3g")


def chance(value: float) -> str:
    """A probability; never written as certain."""
    if not math.isfinite(value):
        return say.NONE
    return "> 0.99" if value > 0.99 else "< 0.01" if value < 0.01 else f"{value:.2f}"


class Told(OfPlan[Any]):
    """What is told of one result; several make one report."""

    table = "linkage"

    def note(self) -> str:
        """What a run is."""
        return ""

    def subtitle(self) -> str:
        """What was run, and the county."""
        return f"{self.note()} ({self.county})"

    def reading(self) -> str:
        """How intervals are to be read; that they are wide where there are few pairs."""
        pairs = say.few_pairs(self.plan.replicates, self.lang)
        bias = doc.sample_bias(self.plan.settings.sample, self.lang)
        return self.joined(self.text["one_in_ten"], pairs, bias)

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        raise NotImplementedError

    def sections(self) -> list[doc.Section]:
        """Sections of the page."""
        raise NotImplementedError

    def more(self) -> dict[str, Any]:
        """What a program needs of this result alone."""
        raise NotImplementedError

    def report(self) -> doc.Report:
        """Everything the page shows."""
        return together([self])

    def printed(self) -> list[doc.Block]:
        """For the terminal: the answer and the tables behind it."""
        answer, failed = doc.Text(self.sentences(), "answer"), self.failed(self.found.failures)
        return [answer, *self.tables(), doc.note(self.reading()), failed]

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs, as plain values; figures are not rounded."""
        found, s = self.found, self.plan.settings
        return {
            "answer": self.sentences(), "cap": found.cap, "replicates": self.plan.replicates,
            "seed": s.seed, "sample": s.sample, "months": s.months, "folder": str(found.folder),
            "command": found.command, "failures": found.failures, **self.more(),
        }  # fmt: skip

    def yuan(self, values: Any) -> list[str]:
        """Amounts of money."""
        return [self.figure(value, "yuan") for value in values]

    def outcome(self, name: str = MAIN) -> str:
        """What an outcome is called."""
        return self.phrase(name, "rate")

    def number(self, value: float, name: str = MAIN, signed: bool = True) -> str:
        """A figure of an outcome, signed unless said otherwise."""
        return self.figure(value, BY_NAME[name].unit, signed)

    def ends(self, low: float, high: float, name: str = MAIN) -> str:
        """An interval of an outcome's difference."""
        return self.span(low, high, BY_NAME[name].unit)

    def rates(self, low: float, high: float) -> str:
        """An interval of differences for an amount of money."""
        return say.to(self.lang, rate(low), rate(high))

    def change(
        self, value: float, low: float, high: float, name: str = MAIN, as_: str = "value"
    ) -> dict[str, str]:
        """A change and its interval, as texts name them, or as the cells of a row."""
        return {as_: self.number(value, name), "interval": self.ends(low, high, name)}

    def change_of(
        self, row: Any, value: str = "difference", name: str = MAIN, as_: str = "value"
    ) -> dict[str, str]:
        """A change of a row; the ends of others than the first bear its name."""
        low, high = (row.get(f"{value}_{end}", row[end]) for end in ("low", "high"))
        return self.change(row[value], low, high, name, as_)

    def gain(self, row: Any, name: str = MAIN, value: str = "value", star: bool = False) -> str:
        """A change with its interval in brackets, perhaps with a star where it is told from zero."""
        told = "*" if star and row["verdict"] in (HIGHER, LOWER) else ""
        return f"{self.number(row[value], name)}{told} ({self.ends(row['low'], row['high'], name)})"

    def verdict(self, verdict: str) -> str:
        """Higher, lower, or not distinguishable from zero."""
        return self.fill({HIGHER: "higher", LOWER: "lower"}.get(verdict, "same"))

    def factor(self, name: str) -> str:
        """What a factor is called."""
        return str(self.text["factors"][name])

    def correlated(self, rows: pd.DataFrame, moved: int) -> str:
        """The parameters that the main premium goes with most, of so many that are moved."""
        named = rows[(rows["measure"] == MAIN) & (rows["p"] < SMALL_P)].head(LISTED)
        if named.empty:
            return self.fill("robust_none")
        keys = [
            f"{say.label_of(LABELS[key], self.lang)} ({say.short(rho, '+.2f')})"
            for key, rho in zip(named["key"], named["rho"])
        ]
        by_chance = f"{SMALL_P * moved:.1f}"
        return self.fill("robust_keys", keys=self.listed(keys), n=moved, chance=by_chance)

    def design(self) -> doc.Sheet:
        """Levers of every factor, off and on."""
        rows = [
            [self.factor(factor), say.label_of(LABELS[key], self.lang), key,
             *map(say.value_text, ends), say.unit_name(LABELS[key].unit, self.lang)]
            for factor, moved in levels().items()
            for key, ends in moved.items()
        ]  # fmt: skip
        factor, *rest = self.head("factor key off on unit")
        return doc.Sheet([factor, self.words["report"]["lever"], *rest], rows, columns="wwcnnw")


def together(parts: Sequence[Told]) -> doc.Report:
    """One report of several results, the answer first."""
    first, lang = parts[0], parts[0].lang
    lines = [line for part in parts for line in part.sentences()]
    failed = [line for part in parts for line in part.failed(part.found.failures).lines]
    text, reading = first.text, doc.note(first.reading())
    return doc.Report(
        lang, text["title"], first.subtitle(),
        [
            doc.in_short(lang, lines, reading, doc.Text(failed, "alert")),
            *(section for part in parts for section in part.sections()),
            doc.Section(text["design"], [doc.note(text["design_note"]), first.design()]),
            doc.Section(text["not_for"], [doc.Text(text["limits"], "list")]),
            doc.repeat(lang, [part.found.command for part in parts]),
        ],
    )  # fmt: skip
