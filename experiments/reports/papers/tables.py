"""Tables of a comparison for a workbook: figures as figures, a sheet each, with units and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import OVER_TIME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.compare import Page, lever_changes, reading, verdict_word
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words import texts as say

EFFECTS = ("reference", "level", "difference", "low", "high")
CHANCES = ("p_better", "replicates_better")
RATIO = ("cost_difference", "gain_difference", "ratio", "low", "high")
SIGNED = frozenset({"difference", "low", "high", "cost_difference", "gain_difference"})


def number(value: Any, unit: str = "", lang: str = "en", signed: bool = False) -> doc.Cell:
    """A figure that a workbook keeps as one."""
    value = float(value)
    text = say.figure(value, unit, lang, signed) if unit else say.short(value)
    return doc.Cell(text, value=value, unit=unit)


def tables(found: Comparison, lang: str = "en") -> doc.Report:
    """All tables of a comparison."""
    page = Tables(found, lang)
    sheets = (
        page.about, page.outcomes, page.ratios, page.months, page.spending, page.equity,
        page.support, page.levers,
    )  # fmt: skip
    return doc.Report(lang, page.text["title"], page.page.subtitle(), [make() for make in sheets])


class Tables:
    """Sheets of a comparison."""

    def __init__(self, found: Comparison, lang: str) -> None:
        self.found, self.lang = found, lang
        self.words, self.page = say.words(lang), Page(found, lang)
        self.text: dict[str, str] = self.words["tables"]
        self.years = found.plan.settings.months / 12.0

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return draw.title(self.found, label, self.lang)

    def sheet(
        self, name: str, head: Sequence[str], rows: Sequence[doc.Row], note: str = ""
    ) -> doc.Section:
        """A table with what is to be said of it."""
        said = self.text.get(f"{name}_note", note).format(reference=self.page.reference)
        return doc.Section(self.text[name], [doc.note(said), doc.Sheet(head, rows)])

    def about(self) -> doc.Section:
        """What was compared, how figures are to be read, and how they are repeated."""
        repeat, report = self.page.repeat(), self.words["report"]
        return doc.Section(self.text["about"], [
            doc.Text([self.text["title"], self.page.subtitle(), reading(self.found, self.lang)]),
            doc.Text([report["not_for"], *report["not_for_items"]]), *repeat.blocks,
        ])  # fmt: skip

    def outcomes(self) -> doc.Section:
        """Every measure of every policy beside the reference."""
        head = [self.text["policy"], self.words["measure"], self.words["columns"]["unit"]]
        head += [*self._effects, *(self.text[name] for name in CHANCES)]
        head += [self.words["verdict"].format(reference=self.page.reference)]
        rows: list[doc.Row] = [
            [
                self.title(row["scenario"]), row[f"label_{self.lang}"],
                say.unit_name(row["unit"], self.lang), *self._figures(row, row["unit"]),
                *(number(row[name], "share", self.lang) for name in CHANCES),
                verdict_word(pd.Series(row), self.lang),
            ]
            for row in self.found.effects.to_dict("records")
        ]  # fmt: skip
        return self.sheet("outcomes", head, rows)

    @property
    def _effects(self) -> list[str]:
        text = self.words
        return [
            self.page.reference, self.text["policy"], text["difference"],
            self.text["low"], self.text["high"],
        ]  # fmt: skip

    def _figures(self, row: Any, unit: str) -> Iterator[doc.Cell]:
        return (number(row[k], unit, self.lang, k in SIGNED) for k in EFFECTS)

    def ratios(self) -> doc.Section:
        """Public cost for each gain."""
        head = [self.text["policy"], *(self.text[k] for k in ("gain", *RATIO))]
        rows: list[doc.Row] = []
        for row in self.found.ratios.to_dict("records"):
            gain = BY_NAME[row["gain"]]
            units = ("yuan", gain.unit, "yuan", "yuan", "yuan")
            cells = [
                number(row[k], unit, self.lang, k in SIGNED - {"low", "high"})
                for k, unit in zip(RATIO, units)
            ]
            rows.append([self.title(row["scenario"]), say.phrase(gain, "noun", self.lang), *cells])
        return self.sheet("ratios", head, rows)

    def months(self) -> doc.Section:
        """Means of what reports draw, month by month."""
        cube, labels = self.found.cube, list(self.found.plan.scenarios)
        there = [(name, label) for name in OVER_TIME for label in labels]
        with np.errstate(invalid="ignore"):
            series = [np.nanmean(cube.of(label, name), axis=0) for name, label in there]
        head = [self.words["report"]["month"]]
        for name, label in there:
            unit = say.unit_name(BY_NAME[name].unit, self.lang)
            measure = say.label_of(BY_NAME[name], self.lang)
            named = self.words["with_unit"].format(label=measure, unit=unit)
            head.append(f"{named}: {self.title(label)}")
        rows = [
            [
                doc.Cell(str(month + 1), value=month + 1),
                *(number(v[month], BY_NAME[n].unit, self.lang) for (n, _), v in zip(there, series)),
            ]
            for month in range(self.found.plan.settings.months)
        ]
        return self.sheet("months", head, rows)

    def spending(self) -> doc.Section:
        """Planned, spent and unpaid by programme."""
        kinds, report = ("planned", "spent", "unpaid"), self.words["report"]
        head = [self.text["policy"], report["programme"], report["pot"]]
        head += [report["planned"], report["used"], report["unpaid"]]
        rows: list[doc.Row] = [
            [
                self.title(row["scenario"]), self.words["programmes"][row["programme"]],
                self.words["pots"].get(row["pot"], ""),
                *(number(row[kind], "yuan", self.lang) for kind in kinds),
            ]
            for row in self.found.planned.to_dict("records")
        ]  # fmt: skip
        return self.sheet("spending", head, rows)

    def equity(self) -> doc.Section:
        """Outcomes by group of people."""
        section = Equity(self.found, self.lang)
        text = section.text
        head = [self.text["policy"], self.text["dimension"], text["group"], self.words["measure"]]
        head += [self.text["people"], *self._effects]
        rows: list[doc.Row] = []
        for row in self.found.equity.to_dict("records"):
            kind = "share" if row["measure"] == "aware_finance" else "index"
            rows.append([
                self.title(row["scenario"]), text["dimensions"][row["dimension"]],
                section.group(row["dimension"], row["group"]), text["measures"][row["measure"]],
                number(row["people"], "people", self.lang), *self._figures(row, kind),
            ])  # fmt: skip
        return self.sheet("equity", head, rows, section.note())

    def support(self) -> doc.Section:
        """Waits, queues, refusals."""
        text = self.words["support"]
        head = [self.text["policy"], text["title"], *self._effects]
        rows: list[doc.Row] = [
            [self.title(row["scenario"]), text["figures"][row["measure"]],
             *self._figures(row, row["unit"])]
            for row in self.found.support.to_dict("records")
        ]  # fmt: skip
        return self.sheet("support", head, rows)

    def levers(self) -> doc.Section:
        """Levers that differ from the reference, with what they rest on."""
        plan, text, columns = self.found.plan, self.words["report"], self.words["columns"]
        head = [self.text["policy"], text["lever"], columns["key"], self.page.reference]
        head += [self.text["policy"], columns["unit"], text["evidence"]]
        rows: list[doc.Row] = []
        for label in plan.compared:
            for change in lever_changes(plan.scenarios[label], plan.scenarios[plan.reference]):
                name, key, theirs, ours, unit, basis = self.page.lever_row(*change)
                values = (
                    _as_number(text, value) for text, value in zip((theirs, ours), change[2:])
                )
                rows.append([self.title(label), name, key, *values, unit, basis])
        return self.sheet("levers", head, rows)


def _as_number(text: doc.Cell | str, value: Any) -> doc.Cell | str:
    """A lever's value as a figure where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text
    return doc.Cell(str(text), value=value)
