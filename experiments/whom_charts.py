"""The waterfall from supported firms to additional firms, as SVG."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from experiments.charts import BLACK, COLOURS, chart_language, settings, svg_of
from experiments.stories_words import people_words
from experiments.whom import Whom
from experiments.whom_sums import AMOUNTS, SIGNS, STEPS
from experiments.whom_words import People

UP, DOWN, NET = COLOURS[0], COLOURS[1], COLOURS[6]


def waterfall(people: People, label: str) -> str:
    """Firms and jobs of one scenario, from gross to net, with intervals of every step."""
    lang = chart_language(people.lang)
    text = people_words(lang)
    name = f"{People(people.plan, people.whom, lang).title(label)}: {text['report']['waterfall']}"
    with mpl.rc_context(settings(f"whom {label}")):
        figure = Figure(figsize=(9.2, 3.1), layout="constrained")
        panels = figure.subplots(1, len(AMOUNTS), sharey=True)
        for axes, amount in zip(panels, AMOUNTS):
            _bars(axes, _rows(people.whom, label, amount))
            axes.set_title(text["amounts"][amount])
        panels[0].set_yticks(range(len(STEPS)), [text["steps"][step] for step in STEPS])
        panels[0].invert_yaxis()
        return svg_of(figure, name)


def _rows(whom: Whom, label: str, amount: str) -> pd.DataFrame:
    some = whom.waterfall
    some = some[(some["scenario"] == label) & (some["amount"] == amount)]
    return some.set_index("step").loc[list(STEPS)]


def _bars(axes: Axes, rows: pd.DataFrame) -> None:
    """A bar a step, each from where the one before ended; the last from zero."""
    means = rows["mean"].to_numpy()
    changes = np.append(means[:-1] * SIGNS, means[-1])
    ends = np.append(np.cumsum(changes[:-1]), means[-1])
    begins = np.append(ends[:-1] - changes[:-1], 0.0)
    colours = [UP if change >= 0 else DOWN for change in changes[:-1]] + [NET]
    axes.barh(range(len(STEPS)), changes, left=begins, color=colours, height=0.66)
    spread = rows[["low", "high"]].to_numpy() - means[:, None]
    if np.isfinite(spread).all():
        sides = np.append(SIGNS, 1)[:, None] * spread
        low, high = -sides.min(axis=1), sides.max(axis=1)
        places = np.arange(len(STEPS))
        bars = np.abs(np.array([low, high]))
        axes.errorbar(ends, places, xerr=bars, fmt="none", ecolor=BLACK, elinewidth=0.9, capsize=2)
    axes.axvline(0.0, color=BLACK, linewidth=0.9)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
