"""Words, chart and tables of counties that act on each other; a part of the page of a region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.region.competition import HALF, TOGETHER, Competition
from returnee.experiments.studies.region.coupling import NAMES
from returnee.experiments.studies.region.region import Region
from returnee.experiments.words.texts import amount, between, minus, to
from returnee.scenarios.schema.fields import Lever, walk


class Spill(Told[Region]):
    """Everything that is told of counties that act on each other."""

    table = "region"

    @property
    def _found(self) -> Competition:
        assert self.found.competition is not None
        return self.found.competition

    def sentences(self) -> list[str]:
        """What came out, in words."""
        rows = self.found.spill.set_index(["world", "measure"])
        told = [self._ratio(rows.loc[(TOGETHER, name)], name) for name in (MAIN, "jobs")]
        told += [self._others(rows.loc[(HALF, name)], name) for name in (MAIN, "jobs")]
        last = dict(zip(NAMES, self._found.factors[TOGETHER][:, -1].mean(axis=0)))
        shown = {key: self.percent(last[name] - 1.0, True, 2) for key, name in _SHOWN.items()}
        settled = "settled" if self._found.settled else "unsettled"
        n, moved = len(self._found.moved), f"{self._found.moved[-1]:.4f}"
        return [*told, self.fill("moves", **shown), self.fill(settled, n=n, moved=moved)]

    def _ratio(self, row: Any, name: str) -> str:
        if not np.isfinite(row.low):
            return self.fill("ratio_untold", label=self.label(name))
        kind = "less" if row.high < 1.0 else "more" if row.low > 1.0 else "none"
        return self.fill(
            "ratio_told", label=self.label(name), n=int(row.adopters), ratio=f"{row.ratio:.2f}",
            low=minus(f"{row.low:.2f}"), high=f"{row.high:.2f}", verdict=self.text[f"verdict_{kind}"],
        )  # fmt: skip

    def _others(self, row: Any, name: str) -> str:
        unit = BY_NAME[name].unit
        return self.fill(
            "others_told", label=self.label(name), others=int(row.others), n=int(row.adopters),
            moved=self.text["others_lose" if row.others_gain < 0 else "others_gain"],
            gain=amount(abs(row.others_gain), unit, self.lang),
            interval=between(row.others_low, row.others_high, unit, self.lang),
            told=self.text["told" if row.others_low * row.others_high > 0 else "not_told"],
            each=amount(row.per_adopter, unit, self.lang, signed=True),
        )  # fmt: skip

    def gains_table(self) -> doc.Sheet:
        """Gains of those that adopt, alone and with others."""
        rows: list[doc.Row] = []
        for world, group in self.found.spill.groupby("world", sort=False):
            rows.append([self._who(group, str(world))])
            for row in group.itertuples():
                told = np.isfinite(row.low)
                low, high = minus(f"{row.low:.2f}"), minus(f"{row.high:.2f}")
                ratio = (f"{row.ratio:.2f}", to(self.lang, low, high)) if told else ("–", "–")
                gains = [self._amount(row.measure, value) for value in (row.alone, row.gain)]
                rows.append([self._measure(row.measure), *gains, *ratio])
        return self.sheet("measure alone gain_so ratio interval", rows)

    def others_table(self) -> doc.Sheet:
        """Gains of those that do not adopt."""
        rows: list[doc.Row] = []
        there = self.found.spill[self.found.spill["others"] > 0]
        for world, group in there.groupby("world", sort=False):
            rows.append([self._who(group, str(world))])
            for row in group.itertuples():
                unit = BY_NAME[row.measure].unit
                interval = between(row.others_low, row.others_high, unit, self.lang)
                gains = [self._amount(row.measure, v) for v in (row.others_gain, row.per_adopter)]
                rows.append([self._measure(row.measure), gains[0], interval, gains[1]])
        return self.sheet("measure others_column interval per_adopter", rows)

    def _who(self, group: pd.DataFrame, world: str) -> str:
        counts = {name: int(group[name].iloc[0]) for name in ("adopters", "others")}
        return self.fill("who_adopts", who=self.text[world], **counts)

    def _measure(self, name: str) -> str:
        return self.label(name) + (self.text["a_year"] if BY_NAME[name].kind == "flow" else "")

    def _amount(self, name: str, value: float) -> str:
        return amount(value, BY_NAME[name].unit, self.lang, signed=True)

    def ratio_chart(self) -> str:
        """The spill-over ratio of each measure, where it is told, in half and together."""
        text, rows = self.text, self.found.spill
        names = list(dict.fromkeys(rows["measure"]))
        with draw.paper("spill", 7.6, 0.9 + 0.4 * len(names)) as figure:
            axes = figure.subplots()
            for k, world in enumerate((HALF, TOGETHER)):
                mine = rows[(rows["world"] == world) & np.isfinite(rows["low"])]
                at = np.array([names.index(name) for name in mine["measure"]]) + 0.2 * (k - 0.5)
                axes.hlines(at, mine["low"], mine["high"], color=draw.COLOURS[k], lw=2, alpha=0.5)
                axes.plot(
                    mine["ratio"], at, "os"[k], color=draw.COLOURS[k], ms=5, label=text[world]
                )
            axes.axvline(1.0, color=draw.BLACK, lw=0.8)
            axes.set_yticks(np.arange(len(names)), [self.label(name) for name in names])
            axes.set_ylim(len(names) - 0.5, -0.5)
            axes.grid(axis="x", color="#dddddd", linewidth=0.5)
            axes.set_xlabel(text["ratio"])
            draw.legend(figure, axes, 2)
            return draw.svg_of(figure, text["ratio_chart"])

    def assumptions_table(self) -> doc.Sheet:
        """What is assumed of how counties act on each other."""
        rows = [
            [
                getattr(lever, self.lang), f"{lever.value:g} {lever.unit}",
                self._source(lever),
                getattr(lever, f"help_{self.lang}"),
            ]
            for _, lever in walk(self._found.coupling)
        ]  # fmt: skip
        return doc.Sheet(self.head("parameter value source what"), rows, columns="wnww")

    def _source(self, lever: Lever) -> str:
        if lever.own or not lever.evidence:
            return str(self.text["assumed_value"])
        key = "source_bound" if lever.basis == "bound" else "source_given"
        return self.fill(key, rows=", ".join(lever.evidence))

    def section(self) -> doc.Section:
        """The part of the page."""
        text = self.text
        blocks: list[doc.Block] = [
            doc.Text(self.sentences()),
            doc.Picture(self.drawn.ratio_chart(), text["ratio_chart"]),
            self.gains_table(),
            self.others_table(),
            doc.note(text["compete_note"]),
            self.assumptions_table(),
            doc.Text(text["compete_assumptions"], "list"),
        ]
        return doc.Section(text["compete"], blocks)

    def as_json(self) -> dict[str, Any]:
        """Gains and ratios, factors by county and year, and how far the rounds went."""
        found = self._found
        rounds = {"moved": found.moved, "settled": found.settled}
        return {
            "spill": plain_rows(self.found.spill), "factors": plain_rows(found.by_year),
            "coupling": found.coupling.model_dump(), "rounds": rounds,
        }  # fmt: skip


_SHOWN = {"price": "price", "wage": "city_wage", "jobs": "city_jobs"}
