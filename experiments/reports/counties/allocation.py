"""Words, chart and page of an allocation."""

from __future__ import annotations

from typing import Any

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.counties.region import left_out
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.region.allocation import Allocation
from returnee.experiments.words.texts import (
    amount,
    between,
    counted,
    title_of,
    yuan,
)


class Choices(Told[Allocation]):
    """Everything that is told of an allocation."""

    table = "allocation"

    def sentences(self) -> list[str]:
        """What came out, in words."""
        text, unit = self.text, BY_NAME[self.found.offer.measure].unit
        rows = self.found.table.set_index("way")
        told = []
        for way in ("search", "greedy"):
            row = rows.loc[way]
            told.append(
                text["gains"].format(
                    way=text[way], label=self.label(self.found.offer.measure),
                    gain=amount(row.gain, unit, self.lang, signed=True), interval=between(row.low, row.high, unit, self.lang),
                    counties=int(row.counties), n=len(self.found.members), cost=yuan(row.cost, self.lang),
                )
            )  # fmt: skip
            if (rows.loc["alike", "counties"]) > 0:
                told.append(
                    text["more"].format(
                        gain=amount(row.more, unit, self.lang, signed=True),
                        interval=between(row.more_low, row.more_high, unit, self.lang),
                        told=text["told" if row.more_low * row.more_high > 0 else "not_told"],
                    )
                )
        costs = self.found.expected[1].sum(axis=0)
        least = float(np.where(costs > 0, costs, np.inf).min())
        if rows.loc["alike", "counties"] == 0:
            told.append(text["too_dear"].format(cost=yuan(least, self.lang)))
        return told

    def curve_chart(self) -> str:
        """Expected gain as the budget grows, step by step, beside options that are the same for all."""
        text, label = self.text, self.label(self.found.offer.measure)
        gains, costs = (values.sum(axis=0) for values in self.found.expected)
        with draw.paper("allocation", 7.6, 3.4) as figure:
            axes = figure.subplots()
            axes.plot(
                self.found.curve["cost"],
                self.found.curve["gain"],
                color=draw.COLOURS[0],
                label=text["curve"],
            )
            names = list(dict.fromkeys(policy for policy, _ in self.found.offer.options))
            for k, name in enumerate(names):
                mine = [
                    j for j, (policy, _) in enumerate(self.found.offer.options) if policy == name
                ]
                title = title_of(self.found.plan.policies[name], name, self.lang)
                axes.plot(costs[mine], gains[mine], "os^Dv"[k % 5], color=draw.COLOURS[1 + k % 6], label=text["for_all"].format(policy=title))  # fmt: skip
            axes.axvline(
                self.found.offer.per_year, color=draw.BLACK, lw=0.8, ls="--", label=text["budget"]
            )
            axes.set_xlim(0.0, 1.6 * max(self.found.offer.per_year, float(np.median(costs))))
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(lambda value, _: draw.short_number(value, self.lang))
            axes.set(xlabel=text["cost_axis"], title=label)
            axes.grid(color="#dddddd", linewidth=0.5)
            draw.legend(figure, axes, 2)
            return draw.svg_of(figure, text["chart"])

    def ways_table(self) -> doc.Sheet:
        """The ways of choosing beside each other."""
        text, unit = self.text, BY_NAME[self.found.offer.measure].unit
        rows = [
            [
                text[row.way], str(row.counties), amount(row.gain, unit, self.lang, signed=True), between(row.low, row.high, unit, self.lang),
                yuan(row.cost, self.lang), amount(row.more, unit, self.lang, signed=True), between(row.more_low, row.more_high, unit, self.lang),
                amount(row.regret, unit, self.lang),
            ]
            for row in self.found.table.itertuples()
        ]  # fmt: skip
        head = [text[key] for key in ("way", "counties", "gain", "interval", "cost", "over_alike", "interval", "regret")]  # fmt: skip
        return doc.Sheet(head, rows)

    def counties_table(self) -> doc.Sheet:
        """Who is given what."""
        text, unit = self.text, BY_NAME[self.found.offer.measure].unit
        rows = [
            [f"{row.county} {row.code}", row.city, f"{row.labour_force:,}", row.search or "–", row.greedy or "–",
             amount(row.gain, unit, self.lang, signed=True), yuan(row.cost, self.lang)]
            for row in self.found.counties.itertuples()
        ]  # fmt: skip
        head = [text[key] for key in ("county", "city", "force", "search", "greedy", "expected", "expected_cost")]  # fmt: skip
        return doc.Sheet(head, rows, columns="wwnwwn")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, shared, plan = self.text, self.words["region"], self.found.plan
        subtitle = text["subtitle"].format(
            budget=yuan(self.found.offer.per_year, self.lang), counties=counted(len(self.found.members), "county", self.lang),
            against=title_of(plan.policies[self.found.offer.against], self.found.offer.against, self.lang),
            replicates=plan.replicates, simulated=plan.simulated, months=plan.settings.months,
        )  # fmt: skip
        left = left_out(self.found.left_out, self.lang)
        chart = doc.Picture(self.drawn.curve_chart(), text["chart"])
        return doc.Report(
            self.lang, text["title"], subtitle,
            [
                doc.in_short(self.lang, self.sentences(), self.ways_table(), doc.note(text["note"]), chart),
                doc.Section(text["who"], [self.counties_table(), doc.note(text["who_note"])]),
                doc.Section(shared["assumed"], [doc.Text([*shared["assumptions"], *left], "list")]),
                doc.repeat(self.lang, [self.found.command], doc.no_forecast(self.lang)),
            ],
        )  # fmt: skip

    def printed(self) -> list[doc.Block]:
        """What the terminal shows: what came out, in words, and the ways of choosing."""
        return [doc.Text(self.sentences(), "answer"), self.ways_table()]

    def as_json(self) -> dict[str, Any]:
        """Ways of choosing, and what they give whom."""
        return {name: plain_rows(getattr(self.found, name)) for name in ("table", "counties")}
