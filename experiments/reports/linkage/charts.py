"""Charts of the linkage experiment, as SVG: premium, Shapley bars, interactions, robustness."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.linkage.told import MAIN, Told
from returnee.experiments.statistics.intervals import interval
from returnee.experiments.studies.linkage.design import CELLS, FACTORS, LINKAGE, PILLARS
from returnee.experiments.studies.linkage.effects import OUTCOMES
from returnee.experiments.words.texts import label_of, minus, unit_name

OFF, ON = draw.COLOURS[1], draw.COLOURS[0]


def _bars(axes: Axes, places: list[float], rows: list[tuple[float, float, float]], colour: str, name: str) -> None:  # fmt: skip
    """Horizontal bars with interval whiskers; `rows` are value, low, high."""
    value, low, high = np.array(rows, dtype=float).T
    axes.barh(places, value, height=0.36, color=colour, label=name)
    there = np.isfinite(low)
    axes.hlines(np.array(places)[there], low[there], high[there], color=draw.BLACK, linewidth=1.1)


def premium_chart(page: Told) -> str:
    """The premium of every outcome as a share of its siloed level, with 90 % intervals."""
    told = page.drawn
    with draw.paper("premium", 8.0, 2.8) as figure:
        axes = figure.subplots()
        axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
        for k, name in enumerate(OUTCOMES):
            row = told.found.premium(name)
            scale = 100.0 / row["siloed"] if row["siloed"] else np.nan
            axes.hlines(k, row["low"] * scale, row["high"] * scale, color=ON, linewidth=2.2)
            axes.plot(row["difference"] * scale, k, "o", color=ON)
        draw.down(axes, list(map(told.outcome, OUTCOMES)))
        axes.set(title=told.text["premium_chart"], xlabel=told.text["relative"])
        return draw.svg_of(figure, told.text["premium_chart"])


def shapley_chart(page: Told) -> str:
    """Shapley values by outcome: among the five pillars siloed, and among all six factors."""
    told, sides = page.drawn, (("shapley", PILLARS, OFF, -0.2), ("shapley_linked", FACTORS, ON, 0.2))  # fmt: skip
    with draw.paper("shapley", 9.2, 5.0) as figure:
        grid = figure.subplots(2, 3, sharey=True)
        for name, axes in zip(OUTCOMES, grid.flat):
            axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
            for kind, factors, colour, shift in sides:
                effects = [told.found.effect(kind, factor, name) for factor in factors]
                rows = [(e["value"], e["low"], e["high"]) for e in effects]
                _bars(axes, [k + shift for k in range(len(rows))], rows, colour, told.text[kind])
            axes.set(title=told.outcome(name), xlabel=told.phrase(name, "unit"))
            axes.locator_params(axis="x", nbins=4)
        draw.down(grid[0, 0], list(map(told.factor, FACTORS)))
        draw.legend(figure, grid[0, 0], 2)
        return draw.svg_of(figure, told.text["shapley_chart"])


def interaction_chart(page: Told, measure: str) -> str:
    """Mean over cells with each pillar off and on, with and without linkage, less no support."""
    told, column = page.drawn, (*OUTCOMES, "").index(measure)
    text, cells = told.text, told.found.cells[:, :, column]
    with draw.paper(f"interaction {measure}", 9.2, 2.6) as figure:
        panels = figure.subplots(1, len(PILLARS))
        for pillar, axes in zip(PILLARS, panels):
            for linked, colour in ((0, OFF), (1, ON)):
                label = text["linkage_on" if linked else "linkage_off"]
                _line(axes, cells, pillar, linked, colour, label)
            axes.set_title(told.factor(pillar))
            axes.set_xticks((0, 1), (text["off"], text["on"]))
            axes.set_xlim(-0.3, 1.3)
            axes.locator_params(axis="y", nbins=5)
            axes.grid(axis="y", color="#dddddd", linewidth=0.5)
        panels[0].set_ylabel(told.phrase(measure, "unit"))
        draw.legend(figure, panels[0], 2)
        return draw.svg_of(figure, told.fill("interaction_chart", outcome=told.outcome(measure)))


def _line(axes: Axes, cells: np.ndarray, pillar: str, linked: int, colour: str, label: str) -> None:
    numbers = np.arange(CELLS)
    for_pillar = numbers >> FACTORS.index(pillar) & 1
    for_linkage = numbers >> FACTORS.index(LINKAGE) & 1
    gains = cells - cells[:1]
    each = np.stack(
        [gains[(for_pillar == on) & (for_linkage == linked)].mean(axis=0) for on in (0, 1)], axis=1
    )
    at, mark = np.array([0.0, 1.0]) + 0.04 * (2 * linked - 1), "o-" if linked else "s--"
    axes.plot(at, np.nanmean(each, axis=0), mark, color=colour, label=label, ms=4)
    if len(each) > 1:
        low, high = interval(each)
        axes.vlines(at, low, high, color=colour, linewidth=1.4)


def robust_chart(page: Told) -> str:
    """The premium at every point by rank, and against the parameter it goes with most."""
    told, found = page.drawn, page.found
    text, frame = told.text, found.premiums.sort_values(MAIN)
    with draw.paper("robust", 9.2, 3.2) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        ranks = np.arange(1, len(frame) + 1)
        left.vlines(ranks, frame[f"{MAIN}_low"], frame[f"{MAIN}_high"], color=draw.COLOURS[5], linewidth=1.2)  # fmt: skip
        left.plot(ranks, frame[MAIN], "o", color=ON, ms=3)
        left.set(xlabel=text["rank"], ylabel=f"{told.outcome()}: {text['difference']}")
        keys = found.correlations[found.correlations["measure"] == MAIN]
        if not keys.empty:
            best = keys.iloc[0]
            k = [lever.key for lever in found.moved].index(best["key"])
            lever, lang = found.moved[k], told.lang
            right.plot(found.points[:, k], found.premiums[MAIN], "o", color=ON, ms=3)
            right.set_title(minus(f"{text['rho']} {best['rho']:+.2f}"))
            right.set_xlabel(f"{label_of(lever, lang)} ({unit_name(lever.unit, lang)})")
        for axes in (left, right):
            axes.axhline(0.0, color=draw.BLACK, linewidth=0.9)
        return draw.svg_of(figure, text["robust_chart"])
