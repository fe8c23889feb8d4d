"""Words, charts and page of the hindcast."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from returnee.experiments.command_line import command_line
from returnee.experiments.files import write_text
from returnee.experiments.reports import document
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import fill, standalone
from returnee.experiments.studies.hindcast import AGES, FORECASTS, NOW, SEXES, THEN, Hindcast
from returnee.experiments.words.texts import counted, minus, percent, words

MARKS = dict(zip(FORECASTS, ("o", "|", "x")))
HUES = dict(zip(FORECASTS, (draw.COLOURS[0], draw.BLACK, draw.COLOURS[1])))


def sentences(found: Hindcast, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text, rows = words(lang)["hindcast"], found.counties

    def middle(name: str) -> str:
        return percent(float(rows[name].median()), lang, places=1)

    def ends(name: str) -> dict[str, str]:
        low, high = float(rows[name].min()), float(rows[name].max())
        return {"low": percent(low, lang, places=1), "high": percent(high, lang, places=1)}

    errors = {name: middle(f"error_{name}") for name in FORECASTS}
    farming = {
        name: f"{100 * float(rows[f'farming_{name}'].abs().median()):.1f}" for name in FORECASTS
    }
    nearer = {
        f"over_{name}": int((rows["error_model"] < rows[f"error_{name}"]).sum())
        for name in FORECASTS[1:]
    }
    over, n = int((rows["farming_model"] > 0).sum()), len(rows)
    return [
        text["better"].format(**errors, **ends("error_model")),
        text["beats"].format(**nearer, n=n),
        text["total"].format(model=middle("total_model"), **ends("total_model")),
        text["farming"].format(**farming, over=over, n=n),
    ]


def errors_chart(found: Hindcast, lang: str) -> str:
    """Errors of the model and of both plain forecasts, a row a county."""
    text, rows = words(lang)["hindcast"], found.counties.iloc[::-1]
    with draw.paper("hindcast", 7.6, 1.2 + 0.22 * len(rows)) as figure:
        axes = figure.subplots()
        at = np.arange(len(rows))
        errors = rows[[f"error_{name}" for name in FORECASTS]].to_numpy(float)
        axes.hlines(at, errors.min(axis=1), errors.max(axis=1), color="#dddddd", lw=1)
        for k, name in enumerate(FORECASTS):
            axes.plot(
                errors[:, k], at, MARKS[name], color=HUES[name], label=text[name], markersize=6
            )
        axes.set_yticks(at, [place_name(row, lang) for row in rows.itertuples()])
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlim(left=0.0)
        axes.grid(axis="x", color="#dddddd", linewidth=0.5)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        return draw.svg_of(figure, text["chart"])


def place_name(row: object, lang: str) -> str:
    """A county as charts name it: its characters where the language has them, else its code."""
    return str(getattr(row, "county" if lang == "zh" else "code"))


def people_chart(found: Hindcast, code: str, lang: str) -> str:
    """Residents of one county by sex and age, in both censuses and in the model."""
    text = words(lang)["hindcast"]
    mine = found.figures[found.figures["code"] == code].set_index("measure")
    with draw.paper(f"hindcast {code}", 7.6, 2.9) as figure:
        for axes, sex in zip(figure.subplots(1, 2, sharey=True), SEXES):
            cells = [f"{sex}_{age}" for age in AGES]
            at = np.arange(len(cells))
            then, now = text["census"].format(year=THEN), text["census"].format(year=NOW)
            axes.plot(at, mine.loc[cells, "census_2010"], "--", color=draw.COLOURS[6], label=then)
            axes.plot(at, mine.loc[cells, "census_2020"], "-", color=draw.BLACK, label=now)
            low, high = (mine.loc[cells, end].to_numpy(float) for end in ("low", "high"))
            axes.plot(
                at, mine.loc[cells, "model"], "o-", color=draw.COLOURS[0], label=text["model"], ms=4
            )
            axes.fill_between(at, low, high, color=draw.COLOURS[0], alpha=0.25, lw=0)
            axes.set_xticks(at, [f"{age}–{age + 4}" for age in AGES], fontsize=7)
            axes.set_ylim(bottom=0.0)
            axes.set_title(text[sex])
            axes.set_xlabel(text["age"])
            axes.grid(axis="y", color="#dddddd", linewidth=0.5)
        draw.legend(figure, axes, 3)
        return draw.svg_of(figure, text["people"].format(county=code))


def counties_table(found: Hindcast, lang: str) -> doc.Sheet:
    """Errors of every county and forecast."""
    text, names = words(lang)["hindcast"], FORECASTS
    head = [text["county"], text["province"]]
    for column in ("error", "total_column", "farming_column"):
        head += [text[column].format(name=text[name]) for name in names]

    def cells(row: pd.Series) -> list[str]:
        errors = [percent(row[f"error_{name}"], lang, places=1) for name in names]
        totals = [percent(row[f"total_{name}"], lang, signed=True, places=1) for name in names]
        points = [minus(f"{100 * row[f'farming_{name}']:+.1f}") for name in names]
        return [f"{row['county']} {row['code']}", row["province"], *errors, *totals, *points]

    return doc.Sheet(head, [cells(row) for _, row in found.counties.iterrows()], columns="wwn")


def report(found: Hindcast, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text, plan = words(lang)["hindcast"], found.plan
    first = found.counties.iloc[0]
    charts = draw.chart_language(lang)
    provinces = words(lang)["comma"].join(dict.fromkeys(found.counties["province"]))
    subtitle = text["subtitle"].format(
        counties=counted(len(found.counties), "county", lang), provinces=provinces,
        replicates=counted(plan.replicates, "run", lang), sample=plan.settings.sample,
    )  # fmt: skip
    drawn = doc.Picture(errors_chart(found, charts), text["chart"])
    people = doc.Picture(
        people_chart(found, first["code"], charts), text["people"].format(county=first["county"])
    )
    return doc.Report(
        lang, text["title"], subtitle,
        [
            doc.in_short(lang, sentences(found, lang), drawn),
            doc.Section(text["by_county"], [counties_table(found, lang), doc.note(text["note"]), people]),
            doc.repeat(lang, [command_of(found)], doc.note(text["rule"]), doc.no_forecast(lang)),
        ],
    )  # fmt: skip


def command_of(found: Hindcast, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """The command that repeats it, with the files in a folder ``census``."""
    return command_line(["hindcast"], {"files": "census", **found.options, **more})


def write_document(found: Hindcast, path: Path) -> Path:
    """Write it up in Markdown, with charts in ``images`` beside it."""
    first = found.counties.iloc[0]
    charts = {
        "hindcast": errors_chart(found, "en"),
        "hindcast-people": people_chart(found, first["code"], "en"),
    }
    for name, svg in charts.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    text = fill(
        "hindcast.md.j2", text=words("en")["hindcast"], said=sentences(found), first=first,
        counties=counties_table(found, "en"), again=command_of(found, {"write-doc": "docs/hindcast.md"}),
        plan=found.plan, named=document.facts("en"),
    )  # fmt: skip
    return write_text(path, text)
