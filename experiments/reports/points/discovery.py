"""Words, figures and page of scenario discovery."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from returnee.experiments.numbers import plain_rows, rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.points.discovery import HELD_BACK, LEAST, Box, Discovery
from returnee.experiments.words.texts import NONE


def number(value: float) -> str:
    """A limit in plain figures; a dash where there is none."""
    return f"{rounded(value, 3):,g}" if np.isfinite(value) else NONE


class Regions(Told[Discovery]):
    """Everything that is told of a discovery."""

    table = "discover"

    def limits(self, box: Box) -> str:
        """The limits of a region in words."""
        parts = []
        for key, (low, high) in box.limits.items():
            values = sorted(set(self.found.points[key]))
            inside = [v for v in values if low <= v <= high]
            form = "limit_below" if np.isneginf(low) else "limit"
            form = "limit_above" if np.isposinf(high) else form
            if len(values) <= 6 and len(inside) < len(values):
                form = "limit_one"
            listed = self.listed(map(number, inside))
            ends = {"low": number(low), "high": number(high), "values": listed}
            parts.append(self.fill(form, label=self.named(key), **ends))
        return self.listed(parts)

    def sentences(self) -> list[str]:
        """Where the policy fails, in words."""
        fails, boxes = self.found.fails, self.found.boxes
        overall = self.percent(fails.mean())
        lines = [self.fill("count", failed=int(fails.sum()), points=len(fails), share=overall)]
        if self.found.missing:
            lines.append(self.fill("missing", n=self.found.missing))
        for box in boxes:
            shares = {
                n: self.percent(getattr(box, n)) for n in ("density", "low", "high", "coverage")
            }
            lines.append(self.fill("box_line", limits=self.limits(box), overall=overall, **shares))
        return lines if boxes else [*lines, self._without_region()]

    def _without_region(self) -> str:
        """Why there is no region: by how many fail."""
        failed, points = int(self.found.fails.sum()), len(self.found.fails)
        least = max(5, round(LEAST * points))
        if failed in (0, points):
            return str(self.text["none_fails" if not failed else "all_fail"])
        if failed < least:
            return self.fill("few_fail", least=least)
        if points - failed < least:
            return self.fill("few_meet", n=points - failed, least=least)
        return self.fill("most_fail" if 2 * failed > points else "no_box", least=least)

    def map_chart(self) -> str:
        """Points over two parameters, failures marked, regions drawn.

        Parameters that the regions are bounded by come first, then those that tell most.
        """
        found, text = self.found, self.text
        bounds = [key for box in found.boxes for key in box.limits]
        keys = list(dict.fromkeys([*bounds, *map(str, found.importance.index)]))
        a, b = keys[0], keys[min(1, len(keys) - 1)]
        x, y = found.points[a].to_numpy(), found.points[b].to_numpy()
        with draw.paper("map", 6.4, 4.4) as chart:
            axes = chart.subplots()
            for fails, mark, colour, name in (
                (False, "o", draw.COLOURS[5], "meets"), (True, "X", draw.COLOURS[1], "fails"),
            ):  # fmt: skip
                kept = found.fails == fails
                style: dict[str, Any] = {"color": colour, "markersize": 4, "alpha": 0.7, "lw": 0}
                axes.plot(x[kept], y[kept], mark, label=text[name], **style)
            for k, box in enumerate(found.boxes):
                (left, right), (low, high) = (
                    np.clip(box.limits.get(key, (-np.inf, np.inf)), values.min(), values.max())
                    for key, values in ((a, x), (b, y))
                )
                frame: dict[str, Any] = {"fill": False, "edgecolor": draw.BLACK, "lw": 1.4}
                axes.add_patch(Rectangle((left, low), right - left, high - low, **frame))
                name, kind = self.fill("box", n=k + 1), "offset points"
                axes.annotate(name, (left, high), (3, -11), textcoords=kind, fontsize=8)
            axes.set(xlabel=self.named(a), ylabel=self.named(b))
            chart.legend(loc="outside lower center", ncols=2, frameon=False)
            return draw.svg_of(chart, text["map"])

    def boxes(self) -> doc.Sheet:
        """Regions with their limits, density and coverage; a row a parameter."""
        rows = []
        for k, box in enumerate(self.found.boxes):
            density, low, high, coverage = map(
                self.percent, (box.density, box.low, box.high, box.coverage)
            )
            told, name = (
                [density, f"{low} – {high}", coverage, str(box.points)],
                self.fill("box", n=k + 1),
            )
            for key, limits in box.limits.items():
                rows.append([name, self.named(key), *map(number, limits), *told])
        return self.sheet("region parameter from to density interval coverage mass", rows, "wwn")

    def as_json(self) -> list[dict[str, Any]]:
        """A row for each limit of each region."""
        return plain_rows(self.found.frame())

    def report(self) -> doc.Report:
        """Everything the page shows."""
        found, text = self.found, self.text
        told = found.importance[found.importance > 0.0]
        sections = []
        if found.boxes:
            how = self.fill("note" if found.held_back else "note_small", least=HELD_BACK)
            sections.append(doc.Section(text["boxes"], [self.boxes(), doc.note(how)]))
        if len(told):
            weights = [[self.named(key), self.percent(value)] for key, value in told.items()]
            table = self.sheet("parameter weight", weights)
            sections.append(doc.Section(text["map"], [doc.Picture(self.drawn.map_chart())]))
            sections.append(doc.Section(text["importance"], [table]))
        about = {
            "scenario": self.named(found.scenario), "against": self.named(found.against),
            "measure": self.label(found.measure), "target": found.target,
            "points": len(found.fails), "failed": int(found.fails.sum()),
        }  # fmt: skip
        subtitle = self.fill("subtitle" if found.against else "subtitle_level", **about)
        return self.answered(subtitle, *sections)
