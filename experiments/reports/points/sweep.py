"""The page of a sweep: how measures go with the axes, and how they differ from the first scenario.

A point is the mean of its replicates. Lines are means over the points at a value of an axis, or in
an eighth of the points, whatever the other axes are there, with the 90 % interval of that mean.
Rank correlation: Spearman.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
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
from returnee.experiments.numbers import picked, rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.told import Told
from returnee.experiments.running.jobs import RUNS
from returnee.experiments.running.manifests import read_manifest, rules_in, titles_of
from returnee.experiments.statistics.intervals import LEVEL, interval, mean_interval
from returnee.experiments.studies.points.discovery import outcome_of
from returnee.experiments.words import texts as say
from returnee.scenarios.schema.own_rules import reading_with

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
    keys: list[str]
    measures: Sequence[str]
    # english and Chinese title of each scenario, the first one first
    titles: dict[str, tuple[str, str]]
    attrs: dict[str, Any]  # labels and units of columns
    about: dict[str, Any]  # runs, failed, points, replicates, sample, months
    command: str

    @cached_property
    def ranks(self) -> dict[tuple[str, str, str], float]:
        """Spearman's rank correlation over points, by scenario, axis and measure.

        Axes are numbers, switches or names in their order. NaN for few points or no change.
        """
        found = {}
        for scenario, rows in self.means.groupby("scenario"):
            axes = rows[self.keys].apply(lambda values: pd.factorize(values, sort=True)[0])
            for key, measure in product(self.keys, self.measures):
                both = pd.DataFrame({"x": axes[key], "y": rows[measure]})
                found[scenario, key, measure] = float(both.corr("spearman", LEAST).loc["x", "y"])
        return found

    def by_strength(self, measure: str) -> list[str]:
        """Axes that vary, those first with which a measure goes most in any scenario."""
        there = [key for key in self.keys if self.means[key].nunique() > 1]
        strength = {
            key: np.nanmax([0.0, *(abs(self.ranks[s, key, measure]) for s in self.titles)])
            for key in there
        }
        return sorted(there, key=lambda key: -strength[key])


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
    told = attributes(schema), about, str(manifest.get("command", ""))
    return Found(there, frame, keys, list(measures), titles, *told)


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


class Lines(Told[Found]):
    """Everything that is told of a sweep."""

    table = "sweep"

    def title(self, scenario: str) -> str:
        """Title of a scenario."""
        return self.found.titles[scenario][self.lang == "zh"]

    def chart(self, measure: str) -> str:
        """A measure against each axis, a line for each scenario."""
        keys, label = self.found.by_strength(measure)[:PANELS], self.label(measure)
        columns = 2 if len(keys) == 4 else min(3, len(keys))
        with draw.paper(f"sweep {measure}", 9.0, 2.5 * -(-len(keys) // columns) + 0.4) as drawn:
            grid = draw.panels(drawn, len(keys), columns, sharey=True)
            for key, axes in zip(keys, grid):
                self._panel(axes, key, measure)
            unit = say.unit_name(BY_NAME[measure].unit, self.lang)
            for axes in grid[::columns]:
                axes.set_ylabel(say.wrapped(f"{label} ({unit})", self.lang, 36))
            if len(self.found.titles) > 1:
                draw.legend(drawn, grid[0], 3)
            return draw.svg_of(drawn, label)

    def _panel(self, axes: Axes, key: str, measure: str) -> None:
        means, unit = self.found.means, BY_NAME[measure].unit
        numbers = pd.api.types.is_numeric_dtype(means[key]) and means[key].dtype != bool
        names = sorted(map(str, means[key].unique()))
        for k, scenario in enumerate(self.found.titles):
            here = picked(means, scenario=scenario)
            line = binned(here[key] if numbers else here[key].astype(str), here[measure])
            colour = draw.BLACK if k == 0 else draw.COLOURS[(k - 1) % len(draw.COLOURS)]
            x = line["x"].to_numpy() if numbers else [names.index(name) for name in line["x"]]
            name = say.in_lines(self.title(scenario), draw.LEGEND)
            draw.banded(axes, x, line, k, colour, name)
        if numbers:
            axes.locator_params(axis="x", nbins=4)
        else:
            axes.set_xticks(range(len(names)), names)
        axes.set_xlabel(say.wrapped(self.named(key), self.lang, 34))
        axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: self.figure(value, unit, digits=3))

    def levels(self) -> doc.Sheet:
        """Mean of each measure over points, and its range, for each scenario."""
        rows, means = [], self.found.means
        for measure, scenario in product(self.found.measures, self.found.titles):
            unit, here = BY_NAME[measure].unit, means["scenario"] == scenario
            if len(values := means[here][measure].dropna()):
                mean, *ends = (self.figure(float(f(values)), unit) for f in (np.mean, min, max))
                rows.append([self.label(measure), self.title(scenario), mean, " – ".join(ends)])
        return self.sheet("measure scenario mean range", rows, "wwn")

    def differences(self) -> doc.Sheet:
        """Difference of each scenario from the first one at the same point."""
        rows, (first, *others) = [], self.found.titles
        for measure, scenario in product(self.found.measures, others):
            apart = outcome_of(self.found.runs, scenario, first, measure).dropna()
            if apart.empty:
                continue
            unit, (mean, low, high) = BY_NAME[measure].unit, mean_interval(apart.to_numpy(float))
            figures = mean, apart.min(), apart.max()
            told, *ends = (self.figure(v, unit, signed=True) for v in figures)
            rows.append(
                [self.label(measure), self.title(scenario), told, self.span(low, high, unit),
                 say.to(self.lang, *ends), self.percent(float((apart > 0.0).mean()))]
            )  # fmt: skip
        return self.sheet("measure scenario mean interval range above", rows, "wwn")

    def correlations(self) -> doc.Sheet:
        """Rank correlation of measures with axes; a star where luck alone seldom gives as much."""
        rows, beyond = [], chance_correlation(self.found.about["points"])
        for scenario, key in product(self.found.titles, self.found.keys):
            values = [self.found.ranks[scenario, key, measure] for measure in self.found.measures]
            cells = [say.short(rounded(v, 2), "+.2f") + "*" * (abs(v) > beyond) for v in values]
            if set(cells) != {say.NONE}:
                rows.append([self.title(scenario), self.named(key), *cells])
        head = [*self.head("scenario axis"), *map(self.label, self.found.measures)]
        return doc.Sheet(head, rows, columns="wwn")

    def sentences(self) -> list[str]:
        """What came out, in words."""
        lines, (first, *others) = [], self.found.titles
        main, about = self.found.measures[0], self.found.about
        keys = [self.named(key) for key in self.found.by_strength(main)[:2]]
        if keys:
            label = begun(self.label(main))
            lines.append(self.fill("goes_with", measure=label, keys=self.listed(keys)))
        names = ("scenario", "mean", "interval", "range", "share")
        for cells in self.differences().rows[: len(others)]:
            row = dict(zip(names, map(str, cells[1:])), measure=begun(str(cells[0])))
            lines.append(self.fill("differs", first=self.title(first), **row))
        if about["failed"]:
            lines.append(self.fill("failed", n=about["failed"], runs=about["runs"]))
        return lines or [str(self.text["one_point"])]

    def report(self) -> doc.Report:
        """Everything the page shows."""
        found, text = self.found, self.text
        sections = [doc.Section(text["levels"], [self.levels(), doc.note(text["levels_note"])])]
        if len(found.titles) > 1:
            name = self.fill("differences", first=self.title(next(iter(found.titles))))
            sections.append(doc.Section(name, [self.differences(), doc.note(text["apart_note"])]))
        drawn = [m for m in found.measures if found.by_strength(m)]
        if drawn:
            charts = [doc.Picture(self.drawn.chart(m), self.label(m)) for m in drawn]
            sections.append(doc.Section(text["lines"], [*charts, doc.note(text["lines_note"])]))
            if (table := self.correlations()).rows:
                sections.append(doc.Section(text["ranks"], [table, doc.note(text["ranks_note"])]))
        counts = {name: f"{found.about[name]:,}" for name in ("runs", "points")}
        subtitle = self.fill("subtitle", scenarios=len(found.titles), **{**found.about, **counts})
        return self.answered(subtitle, *sections)


def begun(text: str) -> str:
    """A text as the first of a sentence."""
    return text[:1].upper() + text[1:]


def sweep_page(folder: Path, lang: str = "en", measures: Sequence[str] = OVER_AXES) -> str:
    """The page of a finished sweep; empty if every run failed."""
    with reading_with(rules_in(read_manifest(folder))):
        found = read_sweep(folder, measures)
        return "" if found.means.empty else Lines(found, lang).page()
