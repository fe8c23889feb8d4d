"""What the sections of a report have in common: words, titles, and cells of tables by scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.numbers import picked, rows_of
from returnee.experiments.reports.document import Cell, Section, Sheet
from returnee.experiments.reports.figures import BLACK, COLOURS, DASHES, Style
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.compare import Comparison

LONGEST = 16  # letters of an interval on one line; a Chinese character counts as two
GREY = "#777777"  # the reference, where black would cover what is drawn on it
LEVELS = ["reference", "level", "difference", "low", "high"]  # figures of an effect
HALVES = (0.0, 0.5, 1.0)  # ticks of an axis of shares
Line = tuple[str, list[Cell]]  # label, and a cell per scenario
Rows = list[dict[str, Any]]  # of a table, by column


class Part(OfPlan[Comparison]):
    """A section of a comparison's report; charts ask it in their own language, see `Told.drawn`."""

    @property
    def labels(self) -> list[str]:
        """Labels of the scenarios."""
        return list(self.found.plan.scenarios)

    @property
    def titles(self) -> list[str]:
        """Titles of the scenarios, the reference first."""
        return [self.title(label) for label in self.labels]

    @cached_property
    def styles(self) -> dict[str, Style]:
        """Colour and dash of every scenario, by label."""
        plan, n = self.found.plan, len(COLOURS)
        compared = {
            label: {"color": COLOURS[k % n], "linestyle": DASHES[(k + k // n) % len(DASHES)]}
            for k, label in enumerate(plan.compared)
        }
        return {plan.reference: {"color": BLACK, "linestyle": "-"}, **compared}

    def note(self, key: str = "note") -> str:
        """A note, with the reference's title and the number of replicates filled in."""
        return self.fill(key, reference=self.reference, replicates=self.found.plan.replicates)

    def by_scenario(self, first: str, lines: Iterable[Line]) -> Sheet:
        """Lines as a table with a column for each scenario."""
        return Sheet([first, *self.titles], [[label, *cells] for label, cells in lines])

    def lines(
        self, names: Mapping[str, str], frame: pd.DataFrame, unit: str, better: int = 0
    ) -> list[Line]:
        """A line for each measure, by what it is called."""
        return [
            (said, self.cells(picked(frame, measure=name), unit, better))
            for name, said in names.items()
        ]

    @property
    def halves(self) -> tuple[str, ...]:
        """What stands at `HALVES`."""
        return "0", self.percent(0.5), self.percent(1.0)

    def section(self) -> Section:
        """Everything that the page shows of it."""
        raise NotImplementedError

    def cells(self, effects: pd.DataFrame | Rows, unit: str, better: int = 0) -> list[Cell]:
        """A row of a table: the reference's level, then levels and differences.

        `effects`: rows of one figure, one per compared scenario, as from `effects.effects_on`.
        `unit`: of the figure, as `texts.figure` takes it. `better`: 1 where more is better, -1
        where less is, 0 for neither.
        """
        rows = rows_of(effects) if isinstance(effects, pd.DataFrame) else effects
        by_label = {row["scenario"]: row for row in rows}
        reference = Cell(self.figure(float(rows[0]["reference"]), unit))
        others = (self._cell(by_label[k], unit, better) for k in self.found.plan.compared)
        return [reference, *others]

    def _cell(self, effect: dict[str, Any], unit: str, better: int) -> Cell:
        level = self.figure(effect["level"], unit)
        if not np.isfinite(effect["difference"]):
            return Cell(level)
        below = [self.figure(effect["difference"], unit, signed=True)]
        sign = {HIGHER: 1, LOWER: -1}.get(effect["verdict"], 0)
        if effect["low"] < effect["high"]:
            bounds = self.span(effect["low"], effect["high"], unit)
            for points in (" pp", "个百分点"):  # the line above says so
                bounds = bounds.replace(points, "")
            low, to, high = bounds.partition(self.words["to"])
            long = sum(1 + (letter > "\u2fff") for letter in bounds) > LONGEST
            below += [f"({low} {to.strip()}", f"{high})"] if long else [f"({bounds})"]
        return Cell(level, tuple(below), sign != 0, sign * better)
