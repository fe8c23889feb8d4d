"""Figures and page of a sensitivity study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from returnee.experiments.defaults import MORRIS, SOBOL
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import html
from returnee.experiments.studies.sensitivity import EFFECT, settled
from returnee.experiments.words.texts import figure, grouped, joined, percent, wrapped
from returnee.experiments.words.texts import words as catalogue

SHOWN = 10  # parameters in a tornado
SHOWN_IN_HEAT = 20
LINES = 5  # parameters in a figure of convergence
NAMED = 3  # parameters in a sentence
MAIN = {MORRIS: "mu_star", SOBOL: "ST"}
HEAT = "Blues"


class Words:
    """Names of measures, parameters and targets in one language."""

    def __init__(self, found: pd.DataFrame, lang: str) -> None:
        self.lang, self.text = lang, catalogue(lang)["sensitivity"]
        self.labels = found.attrs["labels_zh" if lang == "zh" else "labels"]

    def __call__(self, key: str) -> str:
        """Label of a measure or parameter."""
        return grouped(key, str(self.labels.get(key, key)), self.lang)

    def target(self, scenario: str, target: str, measure: str) -> str:
        """What an index is of."""
        form = self.text["effect_of" if target == EFFECT else "level_of"]
        return str(form.format(measure=self(measure), scenario=self(scenario)))


def targets(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Scenario, target and measure of what is shown: effects where there are any, else levels."""
    kinds = found[["scenario", "target", "measure"]].drop_duplicates()
    effects = kinds[kinds["target"] == EFFECT]
    rows = (effects if len(effects) else kinds).itertuples(index=False)
    return [(str(row.scenario), str(row.target), str(row.measure)) for row in rows]


def rows_of(found: pd.DataFrame, method: str, place: tuple[str, str, str]) -> pd.DataFrame:
    """Indices of one target."""
    scenario, target, measure = place
    return found[
        (found["method"] == method)
        & (found["scenario"] == scenario)
        & (found["target"] == target)
        & (found["measure"] == measure)
    ]


def tornado(found: pd.DataFrame, method: str, words: Words) -> str:
    """Bars of the strongest parameters for every target."""
    places = targets(found[found["method"] == method])
    height = (0.9 + 0.24 * min(SHOWN, found["key"].nunique())) * -(-len(places) // 2)
    with draw.paper("tornado", 9.6, height) as chart:
        grid = draw.panels(chart, len(places), min(2, len(places)))
        for place, axes in zip(places, grid):
            _bars(axes, settled(rows_of(found, method, place)), method, words)
            axes.set_title(wrapped(words.target(*place), words.lang), fontsize=9)
        draw.legend(chart, grid[0], 3, fontsize=8)
        return draw.svg_of(chart, words.text[method])


def _bars(axes: Axes, rows: pd.DataFrame, method: str, words: Words) -> None:
    main = rows[rows["index"] == MAIN[method]].set_index("key")
    main = main.sort_values("value", ascending=False, kind="stable")[:SHOWN]
    places = np.arange(len(main))
    values = main["value"].to_numpy(dtype=float)
    label = words.text["mu_star" if method == MORRIS else "total"]
    axes.barh(places, np.nan_to_num(values), height=0.62, color=draw.COLOURS[5], label=label)
    ends = main["low"].clip(lower=0), main["high"]
    axes.hlines(
        places, *ends, color=draw.BLACK, linewidth=1.1, label=catalogue(words.lang)["interval"]
    )
    if method == SOBOL:
        alone = rows[rows["index"] == "S1"].set_index("key")["value"].reindex(main.index)
        axes.plot(
            alone, places, "D", color=draw.COLOURS[1], markersize=4, label=words.text["alone"]
        )
    axes.set_yticks(places, [words(key) for key in main.index], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0.0)
    axes.locator_params(axis="x", nbins=5)


def heat_map(found: pd.DataFrame, method: str, words: Words) -> str:
    """Targets by parameters, each row as a share of its largest index."""
    rows = settled(found[(found["method"] == method) & (found["index"] == MAIN[method])])
    wide = rows.pivot_table(
        index="key", columns=["target", "scenario", "measure"], values="value", dropna=False
    )
    wide = wide.loc[:, wide.notna().any()].clip(lower=0.0)
    if wide.empty:
        return ""
    share = (wide / wide.max()).fillna(0.0)
    share = share.loc[share.max(axis=1).sort_values(ascending=False).index[:SHOWN_IN_HEAT]]
    share = share.loc[share.mean(axis=1).sort_values(ascending=False).index]
    share = share.T
    size = (4.4 + 0.36 * max(share.shape[1], 6), 1.6 + 0.3 * len(share))
    with draw.paper("heat", *size) as chart:
        axes = chart.subplots()
        axes.imshow(share.to_numpy(), cmap=HEAT, vmin=0.0, vmax=1.0, aspect="auto")
        for (k, m), value in np.ndenumerate(share.to_numpy()):
            colour = "white" if value > 0.6 else draw.BLACK
            axes.text(m, k, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
        names = [words.target(scenario, kind, m) for kind, scenario, m in share.index]
        names = [wrapped(name, words.lang) for name in names]
        keys = [words(key) for key in share.columns]
        axes.set_xticks(
            range(len(keys)), keys, rotation=40, ha="right", rotation_mode="anchor", fontsize=8
        )
        axes.set_yticks(range(len(share)), names, fontsize=8)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        return draw.svg_of(chart, words.text["heat"])


def settling(found: pd.DataFrame, method: str, words: Words) -> str:
    """Indices against the number of trajectories or base points."""
    places = targets(found[found["method"] == method])
    with draw.paper("settling", 9.6, 3.1 * -(-len(places) // 2)) as chart:
        grid = draw.panels(chart, len(places), min(2, len(places)))
        for place, axes in zip(places, grid):
            all_n = rows_of(found, method, place)
            all_n = all_n[all_n["index"] == MAIN[method]]
            last = settled(all_n).sort_values("value", ascending=False)["key"][:LINES]
            for k, key in enumerate(last):
                line = all_n[all_n["key"] == key].sort_values("n")
                axes.fill_between(
                    line["n"], line["low"], line["high"], color=draw.COLOURS[k], alpha=0.15, lw=0
                )
                axes.plot(
                    line["n"], line["value"], marker="o", markersize=3, color=draw.COLOURS[k],
                    linestyle=draw.DASHES[k % len(draw.DASHES)], label=words(key),
                )  # fmt: skip
            axes.set_title(wrapped(words.target(*place), words.lang), fontsize=9)
            axes.legend(
                frameon=False, fontsize=7, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.12)
            )
            axes.set_xticks(sorted(all_n["n"].unique()))
        return draw.svg_of(chart, words.text["settling"])


def sentences(found: pd.DataFrame, lang: str = "en") -> list[str]:
    """What decides, a line for each target."""
    words = Words(found, lang)
    method = SOBOL if (found["method"] == SOBOL).any() else MORRIS
    lines = []
    for place in targets(found):
        scenario, target, measure = place
        rows = settled(rows_of(found, method, place))
        rows = rows[rows["index"] == MAIN[method]].sort_values("value", ascending=False)
        if rows.empty:  # told of below
            continue
        rows = rows[rows["value"] > 0.0]
        form = "flat" if rows.empty else "line_effect" if target == EFFECT else "line_level"
        keys = catalogue(lang)["comma"].join(words(key) for key in rows["key"][:NAMED])
        line = words.text[form].format(measure=words(measure), scenario=words(scenario), keys=keys)
        lines.append(joined(lang, line, *_signs(found, method, place, words)))
    lines += [
        words.text[f"untold_{row['method']}"].format(
            target=words.target(row["scenario"], row["target"], row["measure"]),
            there=row["there"], points=row["points"],
        )
        for row in found.attrs["untold"]
    ]  # fmt: skip
    return lines


def _signs(
    found: pd.DataFrame, method: str, place: tuple[str, str, str], words: Words
) -> list[str]:
    """Between what an effect lay at the points, and how often it was above zero."""
    scenario, target, measure = place
    unit = found.attrs["units"][measure]
    return [
        words.text["sign"].format(
            low=figure(row["low"], unit, words.lang, signed=True),
            high=figure(row["high"], unit, words.lang, signed=True),
            share=percent(row["above"], words.lang), points=row["points"],
        )
        for row in found.attrs["effects"]
        if target == EFFECT
        and (row["method"], row["scenario"], row["measure"]) == (method, scenario, measure)
        and row["low"] < row["high"]
    ]  # fmt: skip


def _sections(found: pd.DataFrame, words: Words, charts: Words) -> Iterator[doc.Section]:
    text = words.text
    for method in (MORRIS, SOBOL):
        if not (found["method"] == method).any():
            continue
        head, rows = [text["target"], text["parameter"]], []
        names = ["mu_star"] if method == MORRIS else ["ST", "S1"]
        label = {"mu_star": text["mu_star"], "ST": text["total"], "S1": text["alone"]}
        for name in names:
            head += [label[name], catalogue(words.lang)["interval"]]
        for place in targets(found[found["method"] == method]):
            here = settled(rows_of(found, method, place))
            wide = {name: here[here["index"] == name].set_index("key") for name in names}
            order = wide[names[0]].sort_values("value", ascending=False).index[:SHOWN]
            for key in order:
                cells = [words.target(*place), words(key)]
                for name in names:
                    row = wide[name].loc[key]
                    cells += [
                        _number(row["value"]),
                        f"{_number(row['low'])} – {_number(row['high'])}",
                    ]
                rows.append(cells)
        drawn = {
            text["bars"]: tornado(found, method, charts),
            text["heat"]: heat_map(found, method, charts),
            text["settling"]: settling(found, method, charts),
        }
        charts_ = [doc.Picture(svg, caption) for caption, svg in drawn.items() if svg]
        table = doc.Sheet(head, rows, columns="wwn")
        yield doc.Section(text[method], [*charts_, table, doc.note(text[f"{method}_note"])])
        if method == SOBOL:
            yield _pairs(found, words)


def _pairs(found: pd.DataFrame, words: Words) -> doc.Section:
    text, rows = words.text, []
    for place in targets(found):
        here = settled(rows_of(found, SOBOL, place))
        here = here[here["index"] == "S2"].sort_values("value", ascending=False)[:NAMED]
        for row in here.itertuples():
            span = f"{_number(row.low)} – {_number(row.high)}"
            rows.append(
                [words.target(*place), words(row.key), words(row.key2), _number(row.value), span]
            )
    head = [
        text["target"],
        text["first"],
        text["second"],
        text["value"],
        catalogue(words.lang)["interval"],
    ]
    return doc.Section(text["pairs"], [doc.Sheet(head, rows, columns="wwwn")])


def _number(value: float) -> str:
    return figure(float(value), "", digits=3)


def report(found: pd.DataFrame, about: dict[str, Any], command: str, lang: str) -> doc.Report:
    """Everything the page of a study shows.

    `found`: as from `sensitivity_study.sensitivity`. `about`: n, spread, county, months,
    replicates, sample.
    """
    words, charts = Words(found, lang), Words(found, draw.chart_language(lang))
    sections = [
        doc.in_short(lang, sentences(found, lang)), *_sections(found, words, charts),
        doc.repeat(lang, [command], doc.no_forecast(lang)),
    ]  # fmt: skip
    return doc.Report(lang, words.text["title"], words.text["subtitle"].format(**about), sections)


def sensitivity_page(found: pd.DataFrame, about: dict[str, Any], command: str, lang: str) -> str:
    """The page of a study; see `report`."""
    return html(report(found, about, command, lang))
