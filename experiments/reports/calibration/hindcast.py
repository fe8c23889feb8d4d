"""Words, charts and page of the hindcast."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from returnee.experiments.command_line import command_line
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import write_markdown
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.hindcast import AGES, FORECASTS, NOW, SEXES, THEN, Hindcast
from returnee.experiments.words.texts import minus

MARKS = dict(zip(FORECASTS, ("o", "|", "x")))
HUES = dict(zip(FORECASTS, (draw.COLOURS[0], draw.BLACK, draw.COLOURS[1])))


class Forecasts(Told[Hindcast]):
    """Everything that is told of a hindcast."""

    table = "hindcast"

    def sentences(self) -> list[str]:
        """What came out, in words."""
        rows = self.found.counties
        over, n = int((rows["farming_model"] > 0).sum()), len(rows)
        nearer = {
            f"over_{name}": int((rows["error_model"] < rows[f"error_{name}"]).sum())
            for name in FORECASTS[1:]
        }
        errors = {name: self._tenth(rows[f"error_{name}"].median()) for name in FORECASTS}
        farming = {
            name: f"{100 * float(rows[f'farming_{name}'].abs().median()):.1f}" for name in FORECASTS
        }
        total = self._tenth(rows["total_model"].median())
        return [
            self.fill("better", **errors, **self._ends(rows["error_model"])),
            self.fill("beats", **nearer, n=n),
            self.fill("total", model=total, **self._ends(rows["total_model"])),
            self.fill("farming", **farming, over=over, n=n),
        ]

    def _tenth(self, share: float) -> str:
        return self.percent(float(share), places=1)

    def _ends(self, values: pd.Series) -> dict[str, str]:
        return {"low": self._tenth(values.min()), "high": self._tenth(values.max())}

    def errors_chart(self) -> str:
        """Errors of the model and of both plain forecasts, a row a county."""
        text, rows = self.text, self.found.counties.iloc[::-1]
        with draw.paper("hindcast", 7.6, 1.2 + 0.22 * len(rows)) as figure:
            axes, at = figure.subplots(), np.arange(len(rows))
            errors = rows[[f"error_{name}" for name in FORECASTS]].to_numpy(float)
            axes.hlines(at, errors.min(axis=1), errors.max(axis=1), color="#dddddd", lw=1)
            for k, name in enumerate(FORECASTS):
                mark: dict[str, Any] = {"color": HUES[name], "label": text[name], "markersize": 6}
                axes.plot(errors[:, k], at, MARKS[name], **mark)
            axes.set_yticks(at, rows["county" if self.lang == "zh" else "code"].astype(str))
            axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            axes.set_xlim(left=0.0)
            axes.grid(axis="x", color="#dddddd", linewidth=0.5)
            figure.legend(loc="outside lower center", ncols=3, frameon=False)
            return draw.svg_of(figure, text["chart"])

    def people_chart(self) -> str:
        """Residents of the first county by sex and age, in both censuses and in the model."""
        text, figures, code = self.text, self.found.figures, self.found.counties["code"].iloc[0]
        mine, at = figures[figures["code"] == code].set_index("measure"), np.arange(len(AGES))
        then, now = (self.fill("census", year=year) for year in (THEN, NOW))
        with draw.paper(f"hindcast {code}", 7.6, 2.9) as figure:
            for axes, sex in zip(figure.subplots(1, 2, sharey=True), SEXES):
                here = mine.loc[[f"{sex}_{age}" for age in AGES]]
                axes.plot(at, here["census_2010"], "--", color=draw.COLOURS[6], label=then)
                axes.plot(at, here["census_2020"], "-", color=draw.BLACK, label=now)
                model: dict[str, Any] = {"color": draw.COLOURS[0], "label": text["model"], "ms": 4}
                axes.plot(at, here["model"], "o-", **model)
                low, high = (here[end].to_numpy(float) for end in ("low", "high"))
                axes.fill_between(at, low, high, color=draw.COLOURS[0], alpha=0.25, lw=0)
                axes.set_xticks(at, [f"{age}–{age + 4}" for age in AGES], fontsize=7)
                axes.set_ylim(bottom=0.0)
                axes.set(title=text[sex], xlabel=text["age"])
                axes.grid(axis="y", color="#dddddd", linewidth=0.5)
            draw.legend(figure, axes, 3)
            return draw.svg_of(figure, self.fill("people", county=code))

    def counties(self) -> doc.Sheet:
        """Errors of every county and forecast."""
        head = self.head("county province")
        for column in ("error", "total_column", "farming_column"):
            head += [self.fill(column, name=self.text[name]) for name in FORECASTS]
        rows = []
        for _, row in self.found.counties.iterrows():
            errors = [self._tenth(row[f"error_{name}"]) for name in FORECASTS]
            totals = [self.percent(row[f"total_{name}"], True, 1) for name in FORECASTS]
            points = [minus(f"{100 * row[f'farming_{name}']:+.1f}") for name in FORECASTS]
            name = f"{row['county']} {row['code']}"
            rows.append([name, row["province"], *errors, *totals, *points])
        return doc.Sheet(head, rows, columns="wwn")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, plan, charts = self.text, self.found.plan, self.drawn
        counties = self.found.counties
        subtitle = self.fill(
            "subtitle", counties=self.count(len(counties), "county"),
            provinces=self.listed(dict.fromkeys(counties["province"])),
            replicates=self.count(plan.replicates, "run"), sample=plan.settings.sample,
        )  # fmt: skip
        drawn = doc.Picture(charts.errors_chart(), text["chart"])
        name = self.fill("people", county=counties["county"].iloc[0])
        people = doc.Picture(charts.people_chart(), name)
        table: list[doc.Block] = [self.counties(), doc.note(text["note"]), people]
        rule = doc.note(text["rule"]), doc.no_forecast(self.lang)
        sections = [
            doc.in_short(self.lang, self.sentences(), drawn),
            doc.Section(text["by_county"], table),
            doc.repeat(self.lang, [command_of(self.found)], *rule),
        ]
        return doc.Report(self.lang, text["title"], subtitle, sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: the answer, and errors by county."""
        return [block for section in self.report().sections[:2] for block in section.blocks]

    def as_json(self) -> list[dict[str, Any]]:
        """A row for each county."""
        return plain_rows(self.found.counties)


def command_of(found: Hindcast, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """The command that repeats it, with the files in a folder ``census``."""
    return command_line(["hindcast"], {"files": "census", **found.options, **more})


def write_document(found: Hindcast, path: Path) -> Path:
    """Write it up in Markdown, with charts in ``images`` beside it."""
    told = Forecasts(found)
    charts = {"hindcast": told.errors_chart(), "hindcast-people": told.people_chart()}
    return write_markdown(
        path, "hindcast.md.j2", charts, text=told.text, said=told.sentences(), first=found.counties.iloc[0],
        counties=told.counties(), again=command_of(found, {"write-doc": "docs/hindcast.md"}),
        plan=found.plan, named=doc.facts("en"),
    )  # fmt: skip
