"""Tables of a comparison for a workbook: figures as figures, a sheet each, with units and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import OVER_TIME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.compare import Page, lever_changes
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words import texts as say

EFFECTS = ("reference", "level", "difference", "low", "high")
CHANCES = ("p_better", "replicates_better")
RATIO = ("cost_difference", "gain_difference", "ratio", "low", "high")
SIGNED = frozenset({"difference", "low", "high", "cost_difference", "gain_difference"})


def tables(found: Comparison, lang: str = "en") -> doc.Report:
    """All tables of a comparison."""
    return Tables(found, lang).tables()


class Tables(Page):
    """Sheets of a comparison."""

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        super().__init__(found, lang)
        self.own: dict[str, str] = self.words["tables"]

    def tables(self) -> doc.Report:
        """All of them."""
        sheets = (
            self.about, self.outcomes, self.costs, self.months, self.spending, self.equity,
            self.support, self.differing,
        )  # fmt: skip
        return doc.Report(
            self.lang, self.own["title"], self.subtitle(), [make() for make in sheets]
        )

    def number(self, value: Any, unit: str = "", signed: bool = False) -> doc.Cell:
        """A figure that a workbook keeps as one."""
        value = float(value)
        text = self.figure(value, unit, signed) if unit else say.short(value)
        return doc.Cell(text, value=value, unit=unit)

    def one(
        self, name: str, head: Sequence[str], rows: Sequence[doc.Row], note: str = ""
    ) -> doc.Section:
        """A table with what is to be said of it."""
        said = self.own.get(f"{name}_note", note).format(reference=self.reference)
        return doc.Section(self.own[name], [doc.note(said), doc.Sheet(head, rows)])

    def about(self) -> doc.Section:
        """What was compared, how figures are to be read, and how they are repeated."""
        repeat, report = self.repeat(), self.text
        return doc.Section(self.own["about"], [
            doc.Text([self.own["title"], self.subtitle(), self.reading()]),
            doc.Text([report["not_for"], *report["not_for_items"]]), *repeat.blocks,
        ])  # fmt: skip

    def outcomes(self) -> doc.Section:
        """Every measure of every policy beside the reference."""
        head = [self.own["policy"], self.words["measure"], self.words["columns"]["unit"]]
        head += [*self._effects, *(self.own[name] for name in CHANCES)]
        head += [self.words["verdict"].format(reference=self.reference)]
        rows: list[doc.Row] = [
            [
                self.title(row["scenario"]), row[f"label_{self.lang}"],
                say.unit_name(row["unit"], self.lang), *self._figures(row, row["unit"]),
                *(self.number(row[name], "share") for name in CHANCES),
                self.verdict(pd.Series(row)),
            ]
            for row in self.found.effects.to_dict("records")
        ]  # fmt: skip
        return self.one("outcomes", head, rows)

    @property
    def _effects(self) -> list[str]:
        text = self.words
        return [
            self.reference, self.own["policy"], text["difference"],
            self.own["low"], self.own["high"],
        ]  # fmt: skip

    def _figures(self, row: Any, unit: str) -> Iterator[doc.Cell]:
        return (self.number(row[k], unit, k in SIGNED) for k in EFFECTS)

    def costs(self) -> doc.Section:
        """Public cost for each gain."""
        head = [self.own["policy"], *(self.own[k] for k in ("gain", *RATIO))]
        rows: list[doc.Row] = []
        for row in self.found.ratios.to_dict("records"):
            gain = BY_NAME[row["gain"]]
            units = ("yuan", gain.unit, "yuan", "yuan", "yuan")
            cells = [
                self.number(row[k], unit, k in SIGNED - {"low", "high"})
                for k, unit in zip(RATIO, units)
            ]
            rows.append([self.title(row["scenario"]), self.phrase(row["gain"], "noun"), *cells])
        return self.one("ratios", head, rows)

    def months(self) -> doc.Section:
        """Means of what reports draw, month by month."""
        cube, labels = self.found.cube, list(self.found.plan.scenarios)
        there = [(name, label) for name in OVER_TIME for label in labels]
        with np.errstate(invalid="ignore"):
            series = [np.nanmean(cube.of(label, name), axis=0) for name, label in there]
        head = [self.text["month"]]
        for name, label in there:
            unit = say.unit_name(BY_NAME[name].unit, self.lang)
            measure = say.label_of(BY_NAME[name], self.lang)
            named = self.words["with_unit"].format(label=measure, unit=unit)
            head.append(f"{named}: {self.title(label)}")
        rows = [
            [
                doc.Cell(str(month + 1), value=month + 1),
                *(self.number(v[month], BY_NAME[n].unit) for (n, _), v in zip(there, series)),
            ]
            for month in range(self.found.plan.settings.months)
        ]
        return self.one("months", head, rows)

    def spending(self) -> doc.Section:
        """Planned, spent and unpaid by programme."""
        kinds, report = ("planned", "spent", "unpaid"), self.text
        head = [self.own["policy"], report["programme"], report["pot"]]
        head += [report["planned"], report["used"], report["unpaid"]]
        rows: list[doc.Row] = [
            [
                self.title(row["scenario"]), self.words["programmes"][row["programme"]],
                self.words["pots"].get(row["pot"], ""),
                *(self.number(row[kind], "yuan") for kind in kinds),
            ]
            for row in self.found.planned.to_dict("records")
        ]  # fmt: skip
        return self.one("spending", head, rows)

    def equity(self) -> doc.Section:
        """Outcomes by group of people."""
        section = Equity(self.found, self.lang)
        text = section.text
        head = [self.own["policy"], self.own["dimension"], text["group"], self.words["measure"]]
        head += [self.own["people"], *self._effects]
        rows: list[doc.Row] = []
        for row in self.found.equity.to_dict("records"):
            kind = "share" if row["measure"] == "aware_finance" else "index"
            rows.append([
                self.title(row["scenario"]), text["dimensions"][row["dimension"]],
                section.group(row["dimension"], row["group"]), text["measures"][row["measure"]],
                self.number(row["people"], "people"), *self._figures(row, kind),
            ])  # fmt: skip
        return self.one("equity", head, rows, section.note())

    def support(self) -> doc.Section:
        """Waits, queues, refusals."""
        text = self.words["support"]
        head = [self.own["policy"], text["title"], *self._effects]
        rows: list[doc.Row] = [
            [self.title(row["scenario"]), text["figures"][row["measure"]],
             *self._figures(row, row["unit"])]
            for row in self.found.support.dropna(subset=["reference", "level"], how="all").to_dict("records")
        ]  # fmt: skip
        return self.one("support", head, rows)

    def differing(self) -> doc.Section:
        """Levers that differ from the reference, with what they rest on."""
        plan, text, columns = self.found.plan, self.text, self.words["columns"]
        head = [self.own["policy"], text["lever"], columns["key"], self.reference]
        head += [self.own["policy"], columns["unit"], text["evidence"]]
        rows: list[doc.Row] = []
        for label in plan.compared:
            for change in lever_changes(plan.scenarios[label], plan.scenarios[plan.reference]):
                name, key, theirs, ours, unit, basis = self.lever(*change)
                values = (
                    _as_number(text, value) for text, value in zip((theirs, ours), change[2:])
                )
                rows.append([self.title(label), name, key, *values, unit, basis])
        return self.one("levers", head, rows)


def _as_number(text: doc.Cell | str, value: Any) -> doc.Cell | str:
    """A lever's value as a figure where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text
    return doc.Cell(str(text), value=value)
