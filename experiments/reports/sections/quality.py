"""The report's section on the quality of return: parts, ranks over weightings, and who comes first."""

from __future__ import annotations

from itertools import groupby

import matplotlib as mpl
import numpy as np

from returnee.experiments.reports.document import Heading, Picture, Section, Text, note
from returnee.experiments.reports.figures import LEGEND, legend, paper, styles, svg_of
from returnee.experiments.reports.sections.section import Line, Part
from returnee.experiments.statistics.quality import FURTHER, GRID, PARTS, POINTS
from returnee.experiments.words.texts import figure, in_lines, percent, title_of, words

READABLE = 0.08  # share of a bar below which its rank is not written into it


class Quality(Part):
    """The index, its parts, and its ranking under other weights."""

    name = "quality"

    def rows(self) -> list[Line]:
        """The index and its parts by scenario."""
        effects = self.found.effects
        index = effects[effects["measure"] == "return_quality"]
        lines = [(self.text["index"], self.cells(index, "index 0-100", 1))]
        for part in (*PARTS, *FURTHER):
            rows = effects[effects["measure"] == part]
            label = self.text["parts"][part]
            if part not in self.found.weighed.names:
                label = self.text["not_in_index"].format(part=label)
            lines.append((label, self.cells(rows, "share", 1)))
        return lines

    def ranks_note(self) -> str:
        """How many weightings were drawn."""
        return str(self.text["ranks_note"]).format(points=figure(POINTS, "files", self.lang))

    def sentences(self) -> list[str]:
        """Who comes first, how surely, and which weights would change it."""
        weighed, text = self.found.weighed, self.text
        if not np.isfinite(weighed.means).all():
            return []
        winner = weighed.default_winner
        value = self.found.quality_ranks["index"].iloc[winner]
        said = [
            text["first_default"].format(
                title=self.titles[winner], value=figure(value, "index 0-100", self.lang),
                share=figure(weighed.ranks[winner, 0], "share", self.lang, digits=2),
            )
        ]  # fmt: skip
        if not np.isfinite(weighed.told):
            said.append(text["untold"])
        elif weighed.told == 0.0:
            said.append(text["told_never"])
        else:
            share = figure(weighed.told, "share", self.lang, digits=2)
            said.append(text["told"].format(share=share))
        return said + (self._changes(winner) or [text["steady"]])

    def _changes(self, winner: int) -> list[str]:
        """Ranges of the weight of single parts in which another scenario comes first more often."""
        said = []
        for k, part in enumerate(self.found.weighed.names):
            shares = self.found.weighed.winners[k]
            best = [int(row.argmax()) if row.max() > row[winner] else winner for row in shares]
            for first, weights in groupby(zip(GRID, best), key=lambda pair: pair[1]):
                if first == winner:
                    continue
                among = [weight for weight, _ in weights]
                fill = {
                    "low": f"{among[0]:.2f}", "high": f"{among[-1]:.2f}",
                    "part": self.text["parts"][part], "other": self.titles[first],
                }  # fmt: skip
                said.append(self.text["between"].format(**fill))
        return said

    def section(self) -> Section:
        """The index and its parts, ranks over weightings, and who comes first under which."""
        text = self.text
        return Section(text["title"], [
            note(self.note()), self.sheet("", self.rows()), Heading(text["ranks"]),
            Text(self.sentences(), "list"), Picture(self.ranks_chart()), note(self.ranks_note()),
            Heading(text["winner"]), Picture(self.winner_chart()), note(text["winner_note"]),
        ])  # fmt: skip

    def ranks_chart(self) -> str:
        """Rank acceptabilities as stacked bars, as SVG."""
        lang = self.chart_lang
        text = words(lang)["quality"]
        ranks, plan = self.found.weighed.ranks, self.found.plan
        shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.95, ranks.shape[1]))
        with paper("ranks", 9.2, 1.3 + 0.34 * len(ranks)) as canvas:
            axes = canvas.subplots()
            start = np.zeros(len(ranks))
            for k, (share, shade) in enumerate(zip(ranks.T, shades)):
                name = text["rank"].format(k=k + 1)
                axes.barh(range(len(ranks)), share, left=start, color=shade, label=name, height=0.7)
                ink = "white" if k < len(shades) / 2 else "black"
                for row in np.flatnonzero(share >= READABLE):
                    middle = start[row] + share[row] / 2.0
                    written = percent(share[row], lang)
                    axes.text(
                        middle, float(row), written, color=ink, ha="center", va="center", size=7.5
                    )
                start += share
            titles = [title_of(plan.scenarios[s], s, lang) for s in self.labels]
            labels = [in_lines(name, LEGEND, 2) for name in titles]
            axes.set_yticks(range(len(ranks)), labels)
            axes.invert_yaxis()
            axes.set_xlim(0.0, 1.0)
            axes.set_xticks((0.0, 0.5, 1.0), ("0", percent(0.5, lang), percent(1.0, lang)))
            axes.set_xlabel(text["weightings"])
            canvas.legend(loc="outside lower center", ncols=8, frameon=False)
            return svg_of(canvas, text["ranks"])

    def winner_chart(self) -> str:
        """Share of weightings won by each scenario, by the weight of one part, as SVG."""
        lang = self.chart_lang
        text = words(lang)["quality"]
        plan, style = self.found.plan, styles(self.found)
        with paper("winner", 9.2, 2.7) as canvas:
            names = self.found.weighed.names
            panels = canvas.subplots(1, len(names), sharey=True)
            for k, (axes, part) in enumerate(zip(panels, names)):
                areas = axes.stackplot(
                    GRID, self.found.weighed.winners[k].T,
                    labels=[in_lines(title_of(plan.scenarios[s], s, lang), LEGEND) for s in self.labels],
                    colors=["#777777" if s == plan.reference else style[s]["color"]
                            for s in self.labels],
                )  # fmt: skip
                for n, area in enumerate(areas):
                    area.set_hatch("" if n <= 7 else "//")  # colours come again
                axes.axvline(1.0 / len(names), color="white", linestyle=":", linewidth=1.4)
                axes.set_title(text["parts"][part], fontsize=8)
                axes.set_xlim(0.0, 1.0)
                axes.set_ylim(0.0, 1.0)
                axes.set_xticks((0.0, 0.5, 1.0), ("0", "0.5", "1"))
            panels[0].set_yticks((0.0, 0.5, 1.0), ("0", percent(0.5, lang), percent(1.0, lang)))
            panels[0].set_ylabel(text["weightings"])
            panels[len(names) // 2].set_xlabel(text["weight_of"])
            legend(canvas, panels[0], 4)
            return svg_of(canvas, text["winner"])
