"""What the sections of a report have in common: words, titles, and cells of tables by scenario."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.numbers import rows_of
from returnee.experiments.reports.document import Cell, Section, Sheet
from returnee.experiments.reports.figures import chart_language, title
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import figure, span, words

LONGEST = 16  # letters of an interval on one line; a Chinese character counts as two
Line = tuple[str, list[Cell]]  # label, and a cell per scenario
Rows = list[dict[str, Any]]  # of a table, by column


class Part(ABC):
    """A section of a comparison's report."""

    name = ""

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = words(lang)
        self.text: dict[str, Any] = self.words[self.name]
        self.labels = list(found.plan.scenarios)

    @property
    def chart_lang(self) -> str:
        """Language of the charts."""
        return chart_language(self.lang)

    @property
    def titles(self) -> list[str]:
        """Titles of the scenarios, the reference first."""
        return [title(self.found, label, self.lang) for label in self.labels]

    def note(self, key: str = "note") -> str:
        """A note, with the reference's title and the number of replicates filled in."""
        plan = self.found.plan
        reference = title(self.found, plan.reference, self.lang)
        return str(self.text[key]).format(reference=reference, replicates=plan.replicates)

    def sheet(self, first: str, lines: Iterable[Line]) -> Sheet:
        """Lines as a table with a column for each scenario."""
        return Sheet([first, *self.titles], [[label, *cells] for label, cells in lines])

    @abstractmethod
    def section(self) -> Section:
        """Everything that the page shows of it."""

    def cells(self, effects: pd.DataFrame | Rows, unit: str, better: int = 0) -> list[Cell]:
        """A row of a table: the reference's level, then levels and differences.

        `effects`: rows of one figure, one per compared scenario, as from `effects.effects_on`.
        `unit`: of the figure, as `texts.figure` takes it. `better`: 1 where more is better, -1
        where less is, 0 for neither.
        """
        rows = rows_of(effects) if isinstance(effects, pd.DataFrame) else effects
        by_label = {row["scenario"]: row for row in rows}
        return [
            Cell(figure(float(rows[0]["reference"]), unit, self.lang))
            if label == self.found.plan.reference
            else self._cell(by_label[label], unit, better)
            for label in self.labels
        ]

    def _cell(self, effect: dict[str, Any], unit: str, better: int) -> Cell:
        level = figure(effect["level"], unit, self.lang)
        if not np.isfinite(effect["difference"]):
            return Cell(level)
        below = [figure(effect["difference"], unit, self.lang, signed=True)]
        sign = {HIGHER: 1, LOWER: -1}.get(effect["verdict"], 0)
        if effect["low"] < effect["high"]:
            bounds = span(effect["low"], effect["high"], unit, self.lang)
            for points in (" pp", "个百分点"):  # the line above says so
                bounds = bounds.replace(points, "")
            low, to, high = bounds.partition(self.words["to"])
            long = sum(1 + (letter > "\u2fff") for letter in bounds) > LONGEST
            below += [f"({low} {to.strip()}", f"{high})"] if long else [f"({bounds})"]
        return Cell(level, tuple(below), sign != 0, sign * better)
