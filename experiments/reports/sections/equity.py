"""The report's section on who gains: a table per dimension, and a chart of differences."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from returnee.experiments.measuring.groups import COUNTED, DIMENSIONS, groups_of
from returnee.experiments.numbers import picked, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.sections.section import LEVELS, Line, Part, Rows
from returnee.experiments.words.texts import county_name

DRAWN = ("sex", "age", "schooling", "place")
SMALLEST = 0.01  # share of the labour force below which a group is left out of the chart
BAND = 0.8  # of a group's line that its scenarios take


class Equity(Part):
    """Outcomes by group."""

    table = "equity"

    def group(self, dimension: str, key: str) -> str:
        """Name of a group in the reader's language."""
        if dimension != "township":
            return str(self.text["groups"][key])
        county = self.found.plan.scenarios[self.found.plan.reference].county
        return county_name(next(town for town in county.townships if town.name == key), self.lang)

    def tables(self) -> list[tuple[str, str, list[tuple[str, list[Line]]]]]:
        """Key and title of each dimension; by measure its title and a line per group."""
        facts = self.found.plan.scenarios[self.found.plan.reference].county
        by_group = defaultdict[tuple[str, ...], Rows](list)
        for row in rows_of(self.found.equity):
            by_group[row["dimension"], row["measure"], row["group"]].append(row)

        def line(*place: str) -> Line:
            dimension, _, key = place
            return self.group(dimension, key), self.cells(
                by_group[place], by_group[place][0]["unit"], 1
            )

        tables = []
        for dimension in DIMENSIONS:
            blocks = []
            for measure in (counted.name for counted in COUNTED):
                lines = [line(dimension, measure, key) for key in groups_of(facts)[dimension]]
                blocks.append((self.text["measures"][measure], lines))
            tables.append((dimension, self.text["dimensions"][dimension], blocks))
        return tables

    def people_line(self) -> str:
        """People at the end in each group that is drawn, in one line."""
        rows = picked(self.found.equity, scenario=self.found.plan.compared[0], measure="jobs")
        parts = [
            self.joined(self.group(row["dimension"], row["group"]), self.figure(row["people"], "people"))
            for row in rows_of(rows[rows["dimension"].isin(DRAWN)])
        ]  # fmt: skip
        return self.fill("people", groups=self.listed(parts))

    def gini(self) -> Line:
        """Gini of incomes at home, 0 to 100."""
        effects = picked(self.found.effects, measure="gini").copy()
        effects[LEVELS] *= 100.0
        return self.text["gini"], self.cells(effects, "index 0-100", -1)

    def section(self) -> doc.Section:
        """A chart of differences, and a table for each dimension; townships are folded."""
        text, blocks = self.text, list[doc.Block]()
        for key, name, measures in self.tables():
            rows: list[Any] = []
            for measure, lines in measures:
                rows += [[measure], *([label, *cells] for label, cells in lines)]
            sheet = doc.Sheet([text["group"], *self.titles], rows)
            blocks += [doc.Fold(name, [sheet])] if key == "township" else [doc.Heading(name), sheet]
        return doc.Section(text["title"], [
            doc.note(self.note()), doc.Picture(self.drawn.chart()), doc.note(text["chart_note"], self.people_line()),
            self.by_scenario("", [self.gini()]), doc.note(text["gini_note"]), *blocks,
        ])  # fmt: skip

    def chart(self) -> str:
        """Differences per 1,000 people by group, a panel per measure, as SVG."""
        text, frame, compared = self.text, self.found.equity, self.found.plan.compared
        everybody = frame["people"][frame["dimension"] == "sex"].max()
        large = frame["people"] >= SMALLEST * everybody
        drawn = frame[frame["dimension"].isin(DRAWN) & large]
        groups = list(dict.fromkeys(zip(drawn["dimension"], drawn["group"])))
        places = np.arange(len(groups)) + 0.5 * np.cumsum(
            [k > 0 and groups[k][0] != groups[k - 1][0] for k in range(len(groups))]
        )
        with draw.paper("equity", 9.2, 1.2 + 0.5 * len(groups)) as canvas:
            panels = canvas.subplots(1, len(text["short"]), sharey=True)
            for axes, (measure, label) in zip(panels, text["short"].items()):
                axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
                for k, scenario in enumerate(compared):
                    rows = picked(drawn, measure=measure, scenario=scenario)
                    shift = BAND * ((k + 0.5) / len(compared) - 0.5)
                    at, colour = places + shift, self.styles[scenario]["color"]
                    axes.hlines(at, rows["low"], rows["high"], color=colour, linewidth=1.1)
                    mark: dict[str, Any] = {"ms": 3, "color": colour, "label": self.short(scenario)}
                    axes.plot(rows["difference"], at, "o", **mark)
                axes.set_title(label)
                axes.locator_params(axis="x", nbins=4)
            panels[0].set_yticks(places, [text["groups"][key] for _, key in groups])
            panels[0].invert_yaxis()
            draw.legend(canvas, panels[0], 4)
            return draw.svg_of(canvas, self.fill("chart", reference=self.reference))
