"""Words, charts, map and page of a region."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import COST, MAIN
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.counties import atlas
from returnee.experiments.reports.counties.competition import Spill
from returnee.experiments.reports.told import Told
from returnee.experiments.statistics.intervals import beyond_luck
from returnee.experiments.studies.region.counties import CROWDED, THIRDS, LeftOut
from returnee.experiments.studies.region.region import Region, gains_of, scales_of
from returnee.experiments.words.texts import (
    amount,
    between,
    counted,
    label_of,
    minus,
    percent,
    short,
    title_of,
    to,
    words,
)
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.fields import walk

APART = 3  # of the assumptions: counties do not compete
ROWS = 60  # counties in a chart, most
SHOWN = 3000  # rows of the table of counties


def left_out(counties: Sequence[LeftOut], lang: str) -> list[str]:
    """How many counties are left out, if any."""
    said = str(words(lang)["region"]["left_out_short"])
    return [said.format(n=len(counties))] if counties else []


def place(row: object) -> str:
    """A county as charts name it: its characters where a font has them, else its code."""
    return str(getattr(row, "county" if draw.chart_language("zh") == "zh" else "code"))


class Gains(Told[Region]):
    """Everything that is told of a region.

    `shapes`: folder with shapes of counties, see `atlas.shapes_in`.
    """

    table = "region"

    def __init__(self, found: Region, lang: str = "en", shapes: Path | None = None) -> None:
        super().__init__(found, lang)
        self.shapes = shapes

    def gain_unit(self, name: str) -> str:
        """Label of a measure's gain for each 1,000 workers."""
        label = self.label(name)
        return self.fill("per_1000", label=label) if BY_NAME[name].counts else label

    def sentences(self) -> list[str]:
        """What came out, in words."""
        text = self.text
        totals = self.found.totals.set_index("measure")
        told = [
            text["total"].format(
                label=self.label(name),
                gain=amount(float(row.gain), BY_NAME[name].unit, self.lang, signed=True),
                interval=between(float(row.low), float(row.high), BY_NAME[name].unit, self.lang),
                reference=amount(float(row.reference), BY_NAME[name].unit, self.lang),
                told=text["told" if row.low * row.high > 0 else "not_told"],
            )
            for name, row in totals.loc[[MAIN, "jobs", COST]].iterrows()
        ]
        rows = self.found.counties
        mine = rows[rows["measure"] == MAIN]
        more, less = int((mine["low"] > 0).sum()), int((mine["high"] < 0).sum())
        told.append(
            text["many"].format(n=len(mine), more=more, less=less, rest=len(mine) - more - less)
        )
        gains, _ = gains_of(self.found, [MAIN])
        apart, luck = (float(v[0]) for v in beyond_luck(gains / scales_of(self.found, [MAIN])))
        if luck == 1.0:
            told.append(text["alike"])
        elif np.isfinite(luck):
            told.append(
                text["apart"].format(
                    sd=short(apart), luck=percent(luck, self.lang), label=self.gain_unit(MAIN)
                )
            )
        return told + (self.competition.sentences()[:1] if self.competition else [])

    @cached_property
    def competition(self) -> Spill | None:
        """What is told of counties that act on each other, where they were let to."""
        return Spill(self.found, self.lang) if self.found.competition else None

    def counties_chart(self) -> str:
        """Gains of counties for each 1,000 workers in their order, with intervals; of many, their spread."""
        rows = self.found.counties
        mine = rows[rows["measure"] == MAIN].sort_values("per_1000", ignore_index=True)
        label = self.gain_unit(MAIN)
        many = len(mine) > ROWS
        with draw.paper("region", 7.6, 3.2 if many else 1.2 + 0.2 * len(mine)) as figure:
            axes = figure.subplots()
            if many:
                axes.hist(mine["per_1000"], bins="auto", color=draw.COLOURS[0])
                axes.set_ylabel(self.text["counties"])
            else:
                at = np.arange(len(mine))
                axes.hlines(at, mine["low_1000"], mine["high_1000"], color=draw.COLOURS[5], lw=2)
                axes.plot(mine["per_1000"], at, "o", color=draw.COLOURS[0], ms=4)
                axes.set_yticks(at, [place(row) for row in mine.itertuples()])
                axes.grid(axis="x", color="#dddddd", linewidth=0.5)
            axes.axvline(0.0, color=draw.BLACK, lw=0.8)
            axes.set_xlabel(label)
            return draw.svg_of(figure, label)

    def map(self, folder: Path | None) -> tuple[str, str]:
        """Gains for each 1,000 workers on a map, and its kind; see `atlas.chart`."""
        rows = self.found.counties
        gains = rows[rows["measure"] == MAIN].set_index("code")["per_1000"]
        spots = [
            atlas.Spot(
                m.code, m.name, m.city or m.province or m.name, float(gains[m.code]), force,
                *(float(m.more.get(key, np.nan) or np.nan) for key in ("lon", "lat")),
            )
            for m, force in zip(self.found.members, self.found.forces)
        ]  # fmt: skip
        spots += [atlas.Spot(code, name, "", np.nan, 0.0) for code, name, _ in self.found.left_out]
        return atlas.chart(spots, self.gain_unit(MAIN), atlas.shapes_in(folder), self.lang)

    def totals_table(self) -> doc.Sheet:
        """Sums over all counties."""
        text = self.text
        rows = [
            [
                self.label(row.measure) + (text["a_year"] if BY_NAME[row.measure].kind == "flow" else ""),
                amount(row.reference, BY_NAME[row.measure].unit, self.lang),
                amount(row.gain, BY_NAME[row.measure].unit, self.lang, signed=True),
                between(row.low, row.high, BY_NAME[row.measure].unit, self.lang),
            ]
            for row in self.found.totals.itertuples()
        ]  # fmt: skip
        return doc.Sheet([text["measure"], text["reference"], text["gain"], text["interval"]], rows)

    def groups_table(self) -> doc.Sheet:
        """Who gains: gains by thirds of facts."""
        text, levers = self.text, dict(walk(County))
        rows: list[doc.Row] = []
        for fact, group in self.found.groups.groupby("fact", sort=False):
            rows.append([label_of(levers[fact], self.lang) if fact in levers else str(fact)])
            for row in group.itertuples():
                rows.append(
                    [
                        text["thirds"][THIRDS.index(row.third)],
                        to(self.lang, f"{row.low_end:,.7g}", f"{row.high_end:,.7g}"),
                        str(row.counties),
                        minus(f"{row.gain:+.2f}"),
                        minus(to(self.lang, f"{row.low:+.2f}", f"{row.high:+.2f}")),
                        minus(f"{row.cost:+,.0f}"),
                    ]
                )
        head = [text["third"], text["range"], text["counties"], self.gain_unit(MAIN), text["interval"], self.gain_unit(COST)]  # fmt: skip
        return doc.Sheet(head, rows)

    def counties_table(self) -> doc.Sheet:
        """Gains of every county."""
        text = self.text
        shown = (MAIN, "jobs", COST)
        titles = {
            name: title_of(s, name, self.lang) for name, s in self.found.plan.policies.items()
        }
        rows = []
        wide = self.found.counties.pivot_table(
            index="code",
            columns="measure",
            values=["per_1000", "low_1000", "high_1000"],
            sort=False,
        )
        for member, force in zip(self.found.members[:SHOWN], self.found.forces):
            mine = wide.loc[member.code] if member.code in wide.index else pd.Series(dtype=float)
            cells = [f"{member.name} {member.code}", member.city, titles[self.found.policies[member.code]], f"{force:,.0f}"]  # fmt: skip
            for name in shown:
                mean, low, high = (float(mine.get((end, name), np.nan)) for end in ("per_1000", "low_1000", "high_1000"))  # fmt: skip
                form = "+,.0f" if name == COST else "+.2f"
                cells += [
                    minus(f"{mean:{form}}"),
                    minus(to(self.lang, f"{low:{form}}", f"{high:{form}}")),
                ]
            rows.append(cells)
        head = [text["county"], text["city"], text["policy"], text["force"]]
        for name in shown:
            head += [self.gain_unit(name), text["interval"]]
        return doc.Sheet(head, rows, columns="wwwn")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, plan, competition = self.text, self.found.plan, self.competition
        assumptions = list(text["assumptions"])
        if competition:
            assumptions[APART] = text["coupled"]
        svg, kind = self.drawn.map(self.shapes)
        titles = {name: title_of(s, name, self.lang) for name, s in plan.policies.items()}
        subtitle = text["subtitle"].format(
            counties=counted(len(self.found.members), "county", self.lang), policy=titles[self.found.given.scenario],
            against=titles[self.found.given.against], replicates=counted(plan.replicates, "pair", self.lang),
            simulated=plan.simulated, months=plan.settings.months,
        )  # fmt: skip
        left = [text["left_out"].format(n=len(self.found.left_out))] if self.found.left_out else []
        blocks: list[doc.Block] = [
            self.totals_table(),
            doc.Picture(svg, self.gain_unit(MAIN), whole=True),
            doc.note(text[kind]),
            doc.Picture(self.drawn.counties_chart(), text["spread"]),
        ]
        sections = [
            doc.in_short(self.lang, self.sentences(), *blocks),
            doc.Section(text["who"], [self.groups_table(), doc.note(text["who_note"])]),
            doc.Section(text["by_county"], [self.counties_table(), doc.note(text["pooled"])]),
            *([competition.section()] if competition else []),
            doc.Section(text["assumed"], [doc.Text([*assumptions, *left], "list")]),
        ]
        if self.found.left_out:
            rows = [
                [*row[:2], text["crowded"] if row[2] == CROWDED else row[2]]
                for row in self.found.left_out
            ]
            sheet = doc.Sheet([text["code"], text["county"], text["why"]], rows, columns="w")
            sections.append(doc.Section(text["lacking"], [sheet]))
        sections.append(doc.repeat(self.lang, [self.found.command], doc.no_forecast(self.lang)))
        return doc.Report(self.lang, text["title"], subtitle, sections)

    def printed(self) -> list[doc.Block]:
        """What the terminal shows: what came out, in words, sums and who gains."""
        tables = [self.totals_table(), self.groups_table()]
        if self.competition:
            tables += [self.competition.gains_table(), self.competition.others_table()]
        return [doc.Text(self.sentences(), "answer"), *tables]

    def as_json(self) -> dict[str, Any]:
        """Sums, thirds and counties; where they act on each other, gains and factors too."""
        tables = {name: getattr(self.found, name) for name in ("totals", "groups", "counties")}
        found: dict[str, Any] = {name: plain_rows(table) for name, table in tables.items()}
        if self.competition:
            found |= self.competition.as_json()
        return found
