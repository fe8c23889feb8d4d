"""The report's section on the quality of return: parts, ranks over weightings, and who comes first."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import matplotlib as mpl
import numpy as np

from returnee.experiments.reports.document import Heading, Picture, Section, Text, note
from returnee.experiments.reports.figures import down, legend, paper, svg_of
from returnee.experiments.reports.sections.section import GREY, HALVES, Line, Part
from returnee.experiments.statistics.quality import FURTHER, GRID, PARTS, POINTS

READABLE = 0.08  # share of a bar below which its rank is not written into it


class Quality(Part):
    """The index, its parts, and its ranking under other weights."""

    table = "quality"

    def rows(self) -> list[Line]:
        """The index and its parts by scenario."""
        effects, parts = self.found.effects, {n: self.text["parts"][n] for n in (*PARTS, *FURTHER)}
        for name in parts.keys() - set(self.found.weighed.names):
            parts[name] = self.fill("not_in_index", part=parts[name])
        index = self.lines({"return_quality": self.text["index"]}, effects, "index 0-100", 1)
        return [*index, *self.lines(parts, effects, "share", 1)]

    def sentences(self) -> list[str]:
        """Who comes first, how surely, and which weights would change it."""
        weighed, text = self.found.weighed, self.text
        if not np.isfinite(weighed.means).all():
            return []
        winner = weighed.default_winner
        value = self.found.quality_ranks["index"].iloc[winner]
        share, told = (
            self.figure(s, "share", digits=2) for s in (weighed.ranks[winner, 0], weighed.told)
        )
        about = {"title": self.titles[winner], "value": self.figure(value, "index 0-100")}
        key = "told" if weighed.told else "told_never"
        key = key if np.isfinite(weighed.told) else "untold"
        said = [self.fill("first_default", share=share, **about), self.fill(key, share=told)]
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
                ends = {"low": f"{among[0]:.2f}", "high": f"{among[-1]:.2f}"}
                names = {"part": self.text["parts"][part], "other": self.titles[first]}
                said.append(self.fill("between", **ends, **names))
        return said

    def section(self) -> Section:
        """The index and its parts, ranks over weightings, and who comes first under which."""
        text, drawn = self.text, self.fill("ranks_note", points=self.figure(POINTS, "files"))
        return Section(text["title"], [
            note(self.note()), self.by_scenario("", self.rows()), Heading(text["ranks"]),
            Text(self.sentences(), "list"), Picture(self.drawn.ranks_chart()), note(drawn),
            Heading(text["winner"]), Picture(self.drawn.winner_chart()), note(text["winner_note"]),
        ])  # fmt: skip

    def ranks_chart(self) -> str:
        """Rank acceptabilities as stacked bars, as SVG."""
        text, ranks = self.text, self.found.weighed.ranks
        shades = mpl.colormaps["viridis"](np.linspace(0.15, 0.95, ranks.shape[1]))
        with paper("ranks", 9.2, 1.3 + 0.34 * len(ranks)) as canvas:
            axes = canvas.subplots()
            start = np.zeros(len(ranks))
            for k, (share, shade) in enumerate(zip(ranks.T, shades)):
                name, ink = self.fill("rank", k=k + 1), "white" if k < len(shades) / 2 else "black"
                axes.barh(range(len(ranks)), share, 0.7, start, color=shade, label=name)
                middle: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "size": 7.5}
                for row in np.flatnonzero(share >= READABLE):
                    at = start[row] + share[row] / 2.0, float(row)
                    axes.text(*at, self.percent(share[row]), **middle)
                start += share
            down(axes, [self.short(label, 2) for label in self.labels])
            axes.set_xlim(0.0, 1.0)
            axes.set_xticks(HALVES, self.halves)
            axes.set_xlabel(text["weightings"])
            canvas.legend(loc="outside lower center", ncols=8, frameon=False)
            return svg_of(canvas, text["ranks"])

    def winner_chart(self) -> str:
        """Share of weightings won by each scenario, by the weight of one part, as SVG."""
        text, names, plan = self.text, self.found.weighed.names, self.found.plan
        colours = {s: style["color"] for s, style in self.styles.items()} | {plan.reference: GREY}
        looks: dict[str, Any] = {
            "labels": [self.short(s) for s in self.labels], "colors": [colours[s] for s in self.labels],
        }  # fmt: skip
        with paper("winner", 9.2, 2.7) as canvas:
            panels = canvas.subplots(1, len(names), sharey=True)
            for k, (axes, part) in enumerate(zip(panels, names)):
                areas = axes.stackplot(GRID, self.found.weighed.winners[k].T, **looks)
                for n, area in enumerate(areas):
                    area.set_hatch("" if n <= 7 else "//")  # colours come again
                axes.axvline(1.0 / len(names), color="white", linestyle=":", linewidth=1.4)
                axes.set_title(text["parts"][part], fontsize=8)
                axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
                axes.set_xticks(HALVES, ("0", "0.5", "1"))
            panels[0].set_yticks(HALVES, self.halves)
            panels[0].set_ylabel(text["weightings"])
            panels[len(names) // 2].set_xlabel(text["weight_of"])
            legend(canvas, panels[0], 4)
            return svg_of(canvas, text["winner"])
