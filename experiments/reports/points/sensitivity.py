"""Figures and page of a sensitivity study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from returnee.experiments.defaults import MORRIS, SOBOL
from returnee.experiments.numbers import picked, plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.points.sensitivity import EFFECT, settled
from returnee.experiments.words.texts import figure, wrapped

SHOWN = 10  # parameters in a tornado
SHOWN_IN_HEAT = 20
LINES = 5  # parameters in a figure of convergence
NAMED = 3  # parameters in a sentence
MAIN = {MORRIS: "mu_star", SOBOL: "ST"}
HEAT = "Blues"
CHARTS = {"tornado": "bars", "heat_map": "heat", "settling": "settling"}  # and what stands above
PLACE = ["scenario", "target", "measure"]
Place = tuple[str, str, str]  # scenario, "effect" or "level", and measure


def at(found: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Indices of one target."""
    return picked(found, **dict(zip(PLACE, place)))


def rows_of(found: pd.DataFrame, place: Place, index: str = "") -> pd.DataFrame:
    """Indices of one target, or one index of it, at the last step; the largest first."""
    rows = settled(at(found, place))
    rows = picked(rows, index=index) if index else rows
    return rows.sort_values("value", ascending=False)


class Indices(Told[pd.DataFrame]):
    """Everything that is told of a study; `found` is as from `sensitivity.sensitivity`."""

    table = "sensitivity"
    about: Mapping[str, Any] = MappingProxyType({})  # n, spread, county, months, replicates, sample

    def target(self, scenario: str, target: str, measure: str) -> str:
        """What an index is of."""
        form = "effect_of" if target == EFFECT else "level_of"
        return self.fill(form, measure=self.named(measure), scenario=self.named(scenario))

    def of(self, method: str) -> pd.DataFrame:
        """Indices of one method."""
        return picked(self.found, method=method)

    def targets(self, found: pd.DataFrame) -> list[Place]:
        """Scenario, target and measure of what is shown: effects where there are any, else levels."""
        kinds = found[PLACE].drop_duplicates()
        effects = picked(kinds, target=EFFECT)
        rows = (effects if len(effects) else kinds).itertuples(index=False, name=None)
        return list(rows)

    def tornado(self, method: str) -> str:
        """Bars of the strongest parameters for every target."""
        places, strongest = self.targets(self.of(method)), min(SHOWN, self.found["key"].nunique())
        with draw.paper("tornado", 9.6, (0.9 + 0.24 * strongest) * -(-len(places) // 2)) as chart:
            grid = draw.panels(chart, len(places), min(2, len(places)))
            for place, axes in zip(places, grid):
                self._bars(axes, place, method)
                axes.set_title(wrapped(self.target(*place), self.lang), fontsize=9)
            draw.legend(chart, grid[0], 3, fontsize=8)
            return draw.svg_of(chart, self.text[method])

    def _bars(self, axes: Axes, place: Place, method: str) -> None:
        rows = settled(at(self.of(method), place)).set_index("key")
        main = picked(rows, index=MAIN[method])
        main = main.sort_values("value", ascending=False, kind="stable")[:SHOWN]
        places, values = np.arange(len(main)), np.nan_to_num(main["value"].to_numpy(dtype=float))
        label = self.text["mu_star" if method == MORRIS else "total"]
        axes.barh(places, values, height=0.62, color=draw.COLOURS[5], label=label)
        ends = main["low"].clip(lower=0), main["high"]
        axes.hlines(places, *ends, color=draw.BLACK, linewidth=1.1, label=self.words["interval"])
        if method == SOBOL:
            alone = picked(rows, index="S1")["value"].reindex(main.index)
            axes.plot(alone, places, "D", color=draw.COLOURS[1], ms=4, label=self.text["alone"])
        draw.down(axes, [self.named(key) for key in main.index], fontsize=8)
        axes.set_xlim(left=0.0)
        axes.locator_params(axis="x", nbins=5)

    def heat_map(self, method: str) -> str:
        """Targets by parameters, each row as a share of its largest index."""
        found = self.of(method)
        columns = ["target", "scenario", "measure"]
        main = settled(picked(found, index=MAIN[method]))
        wide = main.pivot_table("value", "key", columns, dropna=False)
        wide = wide.loc[:, wide.notna().any()].clip(lower=0.0)
        if wide.empty:
            return ""
        share = (wide / wide.max()).fillna(0.0)
        share = share.loc[share.max(axis=1).sort_values(ascending=False).index[:SHOWN_IN_HEAT]]
        share = share.loc[share.mean(axis=1).sort_values(ascending=False).index].T
        size = (4.4 + 0.36 * max(share.shape[1], 6), 1.6 + 0.3 * len(share))
        with draw.paper("heat", *size) as chart:
            axes = chart.subplots()
            axes.imshow(share.to_numpy(), cmap=HEAT, vmin=0.0, vmax=1.0, aspect="auto")
            middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}
            for (k, m), value in np.ndenumerate(share.to_numpy()):
                colour = "white" if value > 0.6 else draw.BLACK
                axes.text(m, k, f"{value:.2f}", color=colour, **middle)
            names = [wrapped(self.target(s, t, m), self.lang) for t, s, m in share.index]
            slant: dict[str, Any] = {"rotation": 40, "rotation_mode": "anchor", "ha": "right"}
            keys = [self.named(key) for key in share.columns]
            axes.set_xticks(range(len(keys)), keys, fontsize=8, **slant)
            axes.set_yticks(range(len(share)), names, fontsize=8)
            axes.spines[:].set_visible(False)
            axes.tick_params(length=0)
            return draw.svg_of(chart, self.text["heat"])

    def settling(self, method: str) -> str:
        """Indices against the number of trajectories or base points."""
        found = self.of(method)
        places = self.targets(found)
        with draw.paper("settling", 9.6, 3.1 * -(-len(places) // 2)) as chart:
            grid = draw.panels(chart, len(places), min(2, len(places)))
            for place, axes in zip(places, grid):
                steps = at(picked(found, index=MAIN[method]), place).sort_values("n")
                last = rows_of(found, place, index=MAIN[method])["key"][:LINES]
                for k, key in enumerate(last):
                    line = picked(steps, key=key)
                    draw.banded(axes, line["n"], line, k, draw.COLOURS[k], self.named(key), "value")
                axes.set_title(wrapped(self.target(*place), self.lang), fontsize=9)
                below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12)}
                axes.legend(frameon=False, fontsize=7, ncols=2, **below)
                axes.set_xticks(sorted(steps["n"].unique()))
            return draw.svg_of(chart, self.text["settling"])

    def sentences(self) -> list[str]:
        """What decides, a line for each target."""
        method = SOBOL if len(self.of(SOBOL)) else MORRIS
        lines = []
        for place in self.targets(self.found):
            scenario, target, measure = place
            rows = rows_of(self.of(method), place, index=MAIN[method])
            if rows.empty:  # told of below
                continue
            rows = rows[rows["value"] > 0.0]
            form = "flat" if rows.empty else "line_effect" if target == EFFECT else "line_level"
            keys = self.listed(map(self.named, rows["key"][:NAMED]))
            names = {"measure": self.named(measure), "scenario": self.named(scenario)}
            said = self.fill(form, keys=keys, **names)
            lines.append(self.joined(said, *self._signs(method, place)))
        for row in self.found.attrs["untold"]:
            target = self.target(row["scenario"], row["target"], row["measure"])
            about = {"target": target, "there": row["there"], "points": row["points"]}
            lines.append(self.fill(f"untold_{row['method']}", **about))
        return lines

    def _signs(self, method: str, place: Place) -> Iterator[str]:
        """Between what an effect lay at the points, and how often it was above zero."""
        scenario, target, measure = place
        unit = self.found.attrs["units"][measure]
        for row in self.found.attrs["effects"]:
            same = (row["method"], row["scenario"], row["measure"]) == (method, scenario, measure)
            if target == EFFECT and same and row["low"] < row["high"]:
                low, high = (self.figure(row[end], unit, signed=True) for end in ("low", "high"))
                share = self.percent(row["above"])
                yield self.fill("sign", low=low, high=high, share=share, points=row["points"])

    def _sections(self) -> Iterator[doc.Section]:
        text = self.text
        for method, names in ((MORRIS, ["mu_star"]), (SOBOL, ["ST", "S1"])):
            if not len(self.of(method)):
                continue
            head, rows = self.head("target parameter"), []
            for name in names:
                named = text[{"ST": "total", "S1": "alone"}.get(name, name)]
                head += [named, self.words["interval"]]
            for place in self.targets(self.of(method)):
                here = rows_of(self.of(method), place)
                wide = {name: picked(here, index=name).set_index("key") for name in names}
                for key in wide[names[0]].index[:SHOWN]:
                    cells = [cell for name in names for cell in self._cells(wide[name].loc[key])]
                    rows.append([self.target(*place), self.named(key), *cells])
            drawn = {name: getattr(self.drawn, name)(method) for name in CHARTS}
            charts = [doc.Picture(svg, text[CHARTS[name]]) for name, svg in drawn.items() if svg]
            table = doc.Sheet(head, rows, columns="wwn")
            yield doc.Section(text[method], [*charts, table, doc.note(text[f"{method}_note"])])
            if method == SOBOL:
                yield doc.Section(text["pairs"], [self._pairs()])

    def _pairs(self) -> doc.Sheet:
        rows = []
        for place in self.targets(self.found):
            for _, row in rows_of(self.of(SOBOL), place, index="S2")[:NAMED].iterrows():
                names = self.named(row["key"]), self.named(row["key2"])
                rows.append([self.target(*place), *names, *self._cells(row)])
        return self.sheet("target first second value interval", rows, "wwwn")

    def _cells(self, row: pd.Series) -> list[str]:
        """An index and its interval."""
        value, low, high = (figure(float(row[n]), "", digits=3) for n in ("value", "low", "high"))
        return [value, f"{low} – {high}"]

    def as_json(self) -> list[dict[str, Any]]:
        """Every index at the last step."""
        return plain_rows(settled(self.found))

    def report(self) -> doc.Report:
        """Everything the page shows."""
        return self.answered(self.fill("subtitle", **self.about), *self._sections())
