"""Figures and page of a budget search."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import plain_rows, rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.told import Told
from returnee.experiments.statistics.ensemble import weighted_mean
from returnee.experiments.studies.points.budget import USUAL, Budget
from returnee.experiments.words import texts as say
from returnee.simulation.state.programmes import PROGRAMMES

ENDS = ("", "_low", "_high")


class Mixes(Told[Budget]):
    """Everything that is told of a search."""

    table = "budget"

    def mix(self, name: Any) -> str:
        """Name of a mix in the reader's language."""
        return str(self.text["usual"]) if name == USUAL else str(name)

    @property
    def mixes(self) -> list[str]:
        """Names of all mixes."""
        return [self.mix(name) for name in self.found.table.index]

    def label(self, name: str) -> str:
        """Label of an objective or of spending."""
        return super().label(name) if name in BY_NAME else str(self.text["spent"])

    def ranged(self, row: pd.Series, name: str) -> list[str]:
        """A figure of a mix with both ends of its range."""
        unit = BY_NAME[name].unit if name in BY_NAME else "yuan"
        return [self.figure(row[f"{name}{end}"], unit) for end in ENDS]

    def gain(self, row: pd.Series, name: str) -> tuple[str, str]:
        """What a mix has more of than the baseline's, and the interval."""
        unit = BY_NAME[name].unit
        span = self.span(row[f"{name}_low"], row[f"{name}_high"], unit)
        return self.figure(row[name], unit, signed=True), span

    def sentences(self) -> list[str]:
        """What came out, in words."""
        search, table = self.found.search, self.found.table
        within = table[table["spent"] <= search.most]
        form = "line_best" if len(within) else "line_best_any"
        within, lines = within if len(within) else table, []
        for name in search.objectives:
            mix = within[name].idxmax()
            figures = dict(zip(("value", "low", "high"), self.ranged(table.loc[mix], name)))
            best = self.fill(form, measure=self.label(name), mix=self.mix(mix), **figures)
            lines.append(self.joined(best, "" if mix == USUAL else self._gain_line(name, mix)))
        mix, worst = within["regret_worst"].idxmin(), self.percent(within["regret_worst"].min())
        lines.append(self.fill("line_regret", mix=self.mix(mix), regret=worst))
        ends = [say.yuan(v, self.lang) for v in (table["spent"].min(), table["spent"].max())]
        spent, cap = self.listed(dict.fromkeys(ends), "to"), say.yuan(search.cap, self.lang)
        lines.append(self.fill("line_spent", spent=spent, cap=cap))
        over = table.index[table["spent"] > search.most]
        if len(over):
            lines.append(self.fill("line_over", mixes=self.listed(map(self.mix, over))))
        return lines

    def _gain_line(self, name: str, mix: Any) -> str:
        """What a mix has more of than the baseline's, and whether that is told from none."""
        row = self.found.gains.loc[mix]
        told = row[f"{name}_low"] > 0.0 or row[f"{name}_high"] < 0.0
        gain, interval = self.gain(row, name)
        line = self.fill("gain_told" if told else "gain_not_told", gain=gain, interval=interval)
        place = self.found.table.index.get_loc(mix), self.found.search.objectives.index(name)
        return self.joined(line, uncertain.sources_line(self.found.parts(*place), self.lang))

    def as_json(self) -> list[dict[str, Any]]:
        """A row for each mix."""
        return plain_rows(self.found.table.reset_index())

    def front_chart(self) -> str:
        """Gains over the baseline's by each pair of objectives, with 90 % intervals of the mean."""
        found, names = self.found, self.found.search.objectives
        gains = found.gains.join(found.table[["front", "spent", "spent_low", "spent_high"]])
        pairs = list(combinations(names, 2)) or [(names[0], "spent")]
        columns = min(len(pairs), 2)
        with draw.paper("front", 4.7 * columns, 3.7 * -(-len(pairs) // 2)) as chart:
            for (a, b), axes in zip(pairs, draw.panels(chart, len(pairs), columns)):
                for mix, row in gains.iterrows():
                    usual, x, y = mix == USUAL, row[a], row[b]
                    colour = draw.BLACK if usual else draw.COLOURS[0 if row["front"] else 6]
                    bar: dict[str, Any] = {"color": colour, "lw": 0.8, "alpha": 0.45}
                    axes.hlines(y, row[f"{a}_low"], row[f"{a}_high"], **bar)
                    axes.vlines(x, row[f"{b}_low"], row[f"{b}_high"], **bar)
                    axes.plot(x, y, "s" if usual else "o", color=colour, markersize=5)
                    # The baseline's name stands below, where none of its near ones has its own.
                    place, side = ((-4, -4), "right") if usual else ((4, 4), "left")
                    axes.annotate(
                        self.mix(mix), (x, y), place, textcoords="offset points", fontsize=8,
                        ha=side, va="top" if usual else "bottom",
                    )  # fmt: skip
                axes.set_xlabel(say.wrapped(self.label(a), self.lang, 44))
                axes.set_ylabel(say.wrapped(self.label(b), self.lang, 36))
                axes.locator_params(nbins=5)
                axes.margins(0.12)  # room for the names
            return draw.svg_of(chart, self.text["gains"])

    def spending_chart(self) -> str:
        """Yearly spending of each mix by pillar, from the ledger, and the cap."""
        text, cap = self.text, self.found.search.cap
        scale, unit = (1e4, "万") if self.lang == "zh" else (1e6, "m")
        with draw.paper("spending", 8.6, 1.2 + 0.32 * len(self.mixes)) as chart:
            axes = chart.subplots()
            draw.stacked(axes, draw.by_pillar(self.found.by_programme / scale, self.lang))
            axes.axvline(cap / scale, color=draw.BLACK, lw=1.2, ls="--", label=text["cap"])
            draw.down(axes, self.mixes)
            axes.set_xlabel(f"{text['spent']} ({unit} {say.unit_name('yuan', self.lang)})")
            chart.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
            return draw.svg_of(chart, text["spending"])

    def front(self) -> doc.Sheet:
        """Objectives and spending of every mix with their ranges."""
        columns, rows = [*self.found.search.objectives, "spent"], []
        for mix, row in self.found.table.iterrows():
            cells = ("{} ({} – {})".format(*self.ranged(row, name)) for name in columns)
            rows.append([self.mix(mix), *cells, self.text["yes" if row["front"] else "no"]])
        head = [self.text["mix"], *map(self.label, columns), self.text["unbeaten"]]
        return doc.Sheet(head, rows, columns="w" + "n" * len(columns) + "w")

    def gains(self) -> doc.Sheet:
        """What every mix has more of than the baseline's."""
        names = self.found.search.objectives
        rows = [
            [self.mix(mix), *("{} ({})".format(*self.gain(row, name)) for name in names)]
            for mix, row in self.found.gains.drop(index=USUAL).iterrows()
        ]
        return doc.Sheet([self.text["mix"], *map(self.label, names)], rows)

    def spending(self) -> doc.Sheet:
        """Yearly spending by programme."""
        rows = [
            [str(self.words["programmes"][name]), *(say.yuan(v, self.lang) for v in spent)]
            for name, spent in zip(PROGRAMMES, self.found.by_programme.T)
            if spent.any()
        ]
        return doc.Sheet([self.text["programme"], *self.mixes], rows)

    def levers(self) -> doc.Sheet:
        """Levers of every mix."""

        def value(v: Any) -> str:
            return say.value_text(
                bool(v) if isinstance(v, bool | np.bool_) else rounded(float(v), 3)
            )

        rows = [
            [say.label_of(lever, self.lang), say.unit_name(lever.unit, self.lang),
             *map(value, self.found.mixes[lever.key])]
            for lever in self.found.search.levers
        ]  # fmt: skip
        return doc.Sheet([self.text["lever"], self.text["unit"], *self.mixes], rows, columns="wwn")

    def regret(self) -> doc.Sheet:
        """Worst and mean regret of every mix, by objective."""
        head, regret = [self.text["mix"]], self.found.regret
        for name in self.found.search.objectives:
            head += [f"{self.label(name)}: {self.text['worst']}", self.text["mean"]]
        mean = weighted_mean(regret.swapaxes(0, 1), self.found.weights)
        both = np.stack([np.nanmax(regret, axis=1), mean], axis=-1)
        cells = [[self.percent(v) for v in row.ravel()] for row in both]
        return doc.Sheet(head, [[name, *row] for name, row in zip(self.mixes, cells)])

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, search, table = self.text, self.found.search, self.found.table
        about = {
            "trials": self.found.tried, "levers": len(search.levers), "kept": len(table) - 1,
            "front": int(table["front"].sum()), "months": search.settings.months,
            "sample": f"{search.settings.sample:g}", "worlds": len(self.found.worlds),
            "county": say.county_name(search.scenario.county, self.lang),
            "replicates": search.replicates,
        }  # fmt: skip
        charts = self.drawn
        sections = [
            doc.Section(text["front"], [self.front(), doc.note(text["front_note"])]),
            doc.Section(text["gains"], [
                doc.Picture(charts.front_chart()), self.gains(), doc.note(text["gains_note"]),
            ]),
            doc.Section(text["spending"], [
                doc.Picture(charts.spending_chart()), self.spending(), doc.note(text["spending_note"]),
            ]),
            doc.Section(text["levers"], [self.levers()]),
            doc.Section(text["regret"], [self.regret(), doc.note(text["regret_note"])]),
        ]  # fmt: skip
        title = self.fill("title", yuan=say.yuan(search.cap, self.lang))
        return self.answered(self.fill("subtitle", **about), *sections, title=title)
