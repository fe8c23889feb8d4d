"""The page of a sweep: how measures go with the axes, and how they differ from the first scenario.

A point is the mean of its replicates. Lines are means over the points at a value of an axis, or in
an eighth of the points, whatever the other axes are there, with the 90 % interval of that mean.
Rank correlation: Spearman.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import scipy
from matplotlib.axes import Axes

from returnee.experiments.files import read_table
from returnee.experiments.measuring.measures import BY_NAME, HEAD, NAMES, attributes
from returnee.experiments.measuring.selections import OVER_AXES
from returnee.experiments.numbers import rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import html
from returnee.experiments.running.jobs import RUNS
from returnee.experiments.running.manifests import read_manifest, titles_of
from returnee.experiments.statistics.intervals import LEVEL, interval, mean_interval
from returnee.experiments.studies.discovery import outcome_of
from returnee.experiments.words import texts as say

BINS = 8  # of a range
VALUES = 10  # of a list, each shown by itself
PANELS = 6  # axes in a figure, the strongest
LEAST = 4  # points, for a rank correlation


@dataclass(frozen=True)
class Found:
    """What came out of a sweep."""

    runs: pd.DataFrame  # A row a run that did not fail
    # A row a point and scenario, means over replicates: ``scenario``, the axes, the measures
    means: pd.DataFrame
    keys: Sequence[str]
    measures: Sequence[str]
    # english and Chinese title of each scenario, the first one first
    titles: dict[str, tuple[str, str]]
    attrs: dict[str, Any]  # labels and units of columns
    about: dict[str, Any]  # runs, failed, points, replicates, sample, months

    def axis(self, key: str, lang: str) -> str:
        """Label of an axis."""
        names = self.attrs["labels_zh" if lang == "zh" else "labels"]
        return say.grouped(key, str(names.get(key, key)), lang)

    def title(self, scenario: str, lang: str) -> str:
        """Title of a scenario."""
        return self.titles[scenario][lang == "zh"]

    @cached_property
    def ranks(self) -> dict[tuple[str, str, str], float]:
        """Rank correlation over points, by scenario, axis and measure; NaN where there is none."""
        return {
            (scenario, key, measure): rank_correlation(rows[key], rows[measure])
            for scenario, rows in self.means.groupby("scenario")
            for key in self.keys
            for measure in self.measures
        }

    def by_strength(self, measure: str) -> list[str]:
        """Axes that vary, those first with which a measure goes most in any scenario."""
        there = [key for key in self.keys if self.means[key].nunique() > 1]
        strength = {
            key: np.nanmax([0.0, *(abs(self.ranks[s, key, measure]) for s in self.titles)])
            for key in there
        }
        return sorted(there, key=lambda key: -strength[key])


def rank_correlation(values: pd.Series, outcome: pd.Series) -> float:
    """Spearman's, of numbers, switches or names in their order; NaN for few points or no change."""
    rows = pd.DataFrame({"x": pd.factorize(values, sort=True)[0], "y": outcome}).dropna()
    if len(rows) < LEAST or rows["x"].nunique() < 2 or rows["y"].nunique() < 2:
        return float("nan")
    return float(scipy.stats.spearmanr(rows["x"], rows["y"]).statistic)


def chance_correlation(points: int) -> float:
    """Size of a rank correlation that luck alone gives in one of ten designs (Student's t)."""
    if points < LEAST:
        return float("nan")
    t = float(scipy.stats.t.ppf(0.5 + LEVEL / 2.0, points - 2))
    return float(t / np.sqrt(points - 2 + t**2))


def read_sweep(folder: Path, measures: Sequence[str] = OVER_AXES) -> Found:
    """Read what the page needs of a finished sweep."""
    path, manifest = folder / RUNS, read_manifest(folder)
    schema = pq.read_schema(path)
    keys = [name for name in schema.names if name not in (*HEAD.names, *NAMES)]
    runs = read_table(path, columns=[*HEAD.names, *keys, *measures]).to_pandas()
    there = runs[runs["error"].isna()]
    first = there.drop_duplicates(["scenario", "point"]).set_index(["scenario", "point"])[keys]
    means = there.groupby(["scenario", "point"])[list(measures)].mean().join(first)
    design = manifest["design"]
    about = {
        "runs": len(runs), "failed": len(runs) - len(there), "points": runs["point"].nunique(),
        "replicates": runs["replicate"].nunique(), "sample": design["sample"],
        "months": design["months"],
    }  # fmt: skip
    frame, ran = means.reset_index(), set(there["scenario"])
    titles = {label: both for label, both in titles_of(manifest).items() if label in ran}
    return Found(there, frame, keys, list(measures), titles, attributes(schema), about)


def binned(values: pd.Series, outcome: pd.Series) -> pd.DataFrame:
    """Means at each value, or in each eighth of the points, with 90 % intervals.

    Returns: ``x``, ``mean``, ``low`` and ``high``; x is the mean of the values of a bin.
    """
    place = values
    if values.nunique() > VALUES:
        place = pd.qcut(values.rank(method="first"), BINS, labels=False)
    table = pd.DataFrame({"place": place, "x": values, "y": outcome})
    by = table.groupby("place", sort=True)
    x = by["x"].mean() if pd.api.types.is_numeric_dtype(values) else by["x"].first()
    ends = np.array([interval(y.to_numpy(float)) for _, y in by["y"]]).reshape(-1, 2)
    return pd.DataFrame({"x": x, "mean": by["y"].mean(), "low": ends[:, 0], "high": ends[:, 1]})


def chart(found: Found, measure: str, lang: str) -> str:
    """A measure against each axis, a line for each scenario."""
    keys = found.by_strength(measure)[:PANELS]
    columns = 2 if len(keys) == 4 else min(3, len(keys))
    rows = -(-len(keys) // columns)
    with draw.paper(f"sweep {measure}", 9.0, 2.5 * rows + 0.4) as drawn:
        grid = draw.panels(drawn, len(keys), columns, sharey=True)
        for key, axes in zip(keys, grid):
            _panel(axes, found, key, measure, lang)
        for axes in grid[::columns]:
            unit = say.unit_name(BY_NAME[measure].unit, lang)
            axes.set_ylabel(
                say.wrapped(f"{say.label_of(BY_NAME[measure], lang)} ({unit})", lang, 36)
            )
        if len(found.titles) > 1:
            draw.legend(drawn, grid[0], 3)
        return draw.svg_of(drawn, say.label_of(BY_NAME[measure], lang))


def _panel(axes: Axes, found: Found, key: str, measure: str, lang: str) -> None:
    numbers = pd.api.types.is_numeric_dtype(found.means[key]) and found.means[key].dtype != bool
    names = sorted(map(str, found.means[key].unique()))
    for k, scenario in enumerate(found.titles):
        here = found.means[found.means["scenario"] == scenario]
        line = binned(here[key] if numbers else here[key].astype(str), here[measure])
        colour = draw.BLACK if k == 0 else draw.COLOURS[(k - 1) % len(draw.COLOURS)]
        x = line["x"].to_numpy() if numbers else [names.index(name) for name in line["x"]]
        axes.fill_between(x, line["low"], line["high"], color=colour, alpha=0.15, lw=0)
        axes.plot(
            x, line["mean"], marker="o", markersize=3, color=colour,
            linestyle=draw.DASHES[k % len(draw.DASHES)], label=say.in_lines(found.title(scenario, lang), draw.LEGEND),
        )  # fmt: skip
    if numbers:
        axes.locator_params(axis="x", nbins=4)
    else:
        axes.set_xticks(range(len(names)), names)
    axes.set_xlabel(say.wrapped(found.axis(key, lang), lang, 34))
    axes.locator_params(axis="y", nbins=5)
    unit = BY_NAME[measure].unit
    axes.yaxis.set_major_formatter(lambda value, _: say.figure(value, unit, lang, digits=3))


def levels(found: Found, lang: str) -> doc.Sheet:
    """Mean of each measure over points, and its range, for each scenario."""
    text, rows = say.words(lang)["sweep"], []
    for measure in found.measures:
        unit = BY_NAME[measure].unit
        for scenario in found.titles:
            values = found.means[found.means["scenario"] == scenario][measure].dropna()
            if len(values):
                ends = " – ".join(say.figure(v, unit, lang) for v in (values.min(), values.max()))
                label = say.label_of(BY_NAME[measure], lang)
                name = found.title(scenario, lang)
                rows.append([label, name, say.figure(values.mean(), unit, lang), ends])
    head = [say.words(lang)["measure"], text["scenario"], text["mean"], text["range"]]
    return doc.Sheet(head, rows, columns="wwn")


def differences(found: Found, lang: str) -> doc.Sheet:
    """Difference of each scenario from the first one at the same point."""
    text, rows = say.words(lang)["sweep"], []
    first, *others = found.titles
    for measure in found.measures:
        unit = BY_NAME[measure].unit
        for scenario in others:
            apart = outcome_of(found.runs, scenario, first, measure).dropna()
            if apart.empty:
                continue
            mean, low, high = mean_interval(apart.to_numpy(float))
            ends = [say.figure(v, unit, lang, signed=True) for v in (apart.min(), apart.max())]
            rows.append(
                [say.label_of(BY_NAME[measure], lang), found.title(scenario, lang),
                 say.figure(mean, unit, lang, signed=True), say.span(low, high, unit, lang),
                 say.to(lang, *ends), say.percent(float((apart > 0.0).mean()), lang)]
            )  # fmt: skip
    head = ("measure", "scenario", "mean", "interval", "range", "above")
    return doc.Sheet(
        [text.get(name) or say.words(lang)[name] for name in head], rows, columns="wwn"
    )


def correlations(found: Found, lang: str) -> doc.Sheet:
    """Rank correlation of measures with axes; a star where luck alone seldom gives as much."""
    text, rows = say.words(lang)["sweep"], []
    beyond = chance_correlation(found.about["points"])
    for scenario in found.titles:
        for key in found.keys:
            cells = []
            for measure in found.measures:
                value = found.ranks[scenario, key, measure]
                star = "*" if abs(value) > beyond else ""
                cells.append(f"{say.short(rounded(value, 2), '+.2f')}{star}")
            if set(cells) != {say.NONE}:
                rows.append([found.title(scenario, lang), found.axis(key, lang), *cells])
    labels = [say.label_of(BY_NAME[measure], lang) for measure in found.measures]
    return doc.Sheet([text["scenario"], text["axis"], *labels], rows, columns="wwn")


def sentences(found: Found, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text, lines = say.words(lang)["sweep"], []
    first, *others = found.titles
    main = found.measures[0]
    keys = [found.axis(key, lang) for key in found.by_strength(main)[:2]]
    if keys:
        names = say.words(lang)["comma"].join(keys)
        label = say.label_of(BY_NAME[main], lang)
        lines.append(text["goes_with"].format(measure=label[:1].upper() + label[1:], keys=names))
    for cells in differences(found, lang).rows[: len(others)]:
        row = [str(cell) for cell in cells]
        name = found.title(first, lang)
        lines.append(
            text["differs"].format(
                scenario=row[1], measure=row[0][:1].upper() + row[0][1:], first=name, mean=row[2],
                interval=row[3], range=row[4], share=row[5],
            )
        )  # fmt: skip
    if found.about["failed"]:
        lines.append(text["failed"].format(n=found.about["failed"], runs=found.about["runs"]))
    return lines or [text["one_point"]]


def sweep_page(folder: Path, lang: str = "en", measures: Sequence[str] = OVER_AXES) -> str:
    """The page of a finished sweep; empty if every run failed."""
    found = read_sweep(folder, measures)
    text = say.words(lang)["sweep"]
    if found.means.empty:
        return ""
    sections = [
        doc.in_short(lang, sentences(found, lang)),
        doc.Section(text["levels"], [levels(found, lang), doc.note(text["levels_note"])]),
    ]
    if len(found.titles) > 1:
        apart = text["differences"].format(first=found.title(next(iter(found.titles)), lang))
        sections.append(
            doc.Section(apart, [differences(found, lang), doc.note(text["apart_note"])])
        )
    drawn = [m for m in found.measures if found.by_strength(m)]
    if drawn:
        charts = [
            doc.Picture(
                chart(found, measure, draw.chart_language(lang)),
                say.label_of(BY_NAME[measure], lang),
            )
            for measure in drawn
        ]
        sections.append(doc.Section(text["lines"], [*charts, doc.note(text["lines_note"])]))
        table = correlations(found, lang)
        if table.rows:
            sections.append(doc.Section(text["ranks"], [table, doc.note(text["ranks_note"])]))
    counts = {name: f"{found.about[name]:,}" for name in ("runs", "points")}
    subtitle = text["subtitle"].format(scenarios=len(found.titles), **{**found.about, **counts})
    command = str(read_manifest(folder).get("command", ""))
    return html(
        doc.Report(
            lang,
            text["title"],
            subtitle,
            [*sections, doc.repeat(lang, [command], doc.no_forecast(lang))],
        )
    )
