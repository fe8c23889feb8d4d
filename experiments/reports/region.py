"""Words, charts, map and page of a region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.measuring.selections import COST, MAIN
from returnee.experiments.reports import atlas
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.statistics.intervals import beyond_luck
from returnee.experiments.studies.region.counties import CROWDED, THIRDS
from returnee.experiments.studies.region.region import Region, gains_of, scales_of
from returnee.experiments.words.texts import (
    amount,
    between,
    counted,
    label_of,
    minus,
    percent,
    short,
    title_of,
    to,
    words,
)
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.fields import walk

ROWS = 60  # counties in a chart, most
SHOWN = 3000  # rows of the table of counties


def gain_unit(name: str, lang: str) -> str:
    """Label of a measure's gain for each 1,000 workers."""
    text = words(lang)["region"]
    measure = BY_NAME[name]
    form = text["per_1000"] if measure.counts else "{label}"
    return str(form).format(label=label_of(measure, lang))


def sentences(found: Region, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text = words(lang)["region"]
    totals = found.totals.set_index("measure")
    told = [
        text["total"].format(
            label=label_of(BY_NAME[name], lang),
            gain=amount(float(row.gain), BY_NAME[name].unit, lang, signed=True),
            interval=between(float(row.low), float(row.high), BY_NAME[name].unit, lang),
            reference=amount(float(row.reference), BY_NAME[name].unit, lang),
            told=text["told" if row.low * row.high > 0 else "not_told"],
        )
        for name, row in totals.loc[[MAIN, "jobs", COST]].iterrows()
    ]
    rows = found.counties
    mine = rows[rows["measure"] == MAIN]
    more, less = int((mine["low"] > 0).sum()), int((mine["high"] < 0).sum())
    told.append(
        text["many"].format(n=len(mine), more=more, less=less, rest=len(mine) - more - less)
    )
    gains, _ = gains_of(found, [MAIN])
    apart, luck = (float(v[0]) for v in beyond_luck(gains / scales_of(found, [MAIN])))
    if luck == 1.0:
        told.append(text["alike"])
    elif np.isfinite(luck):
        told.append(
            text["apart"].format(
                sd=short(apart), luck=percent(luck, lang), label=gain_unit(MAIN, lang)
            )
        )
    return told


def counties_chart(found: Region, lang: str) -> str:
    """Gains of counties for each 1,000 workers in their order, with intervals; of many, their spread."""
    rows = found.counties
    mine = rows[rows["measure"] == MAIN].sort_values("per_1000", ignore_index=True)
    label = gain_unit(MAIN, lang)
    many = len(mine) > ROWS
    with draw.paper("region", 7.6, 3.2 if many else 1.2 + 0.2 * len(mine)) as figure:
        axes = figure.subplots()
        if many:
            axes.hist(mine["per_1000"], bins="auto", color=draw.COLOURS[0])
            axes.set_ylabel(words(lang)["region"]["counties"])
        else:
            at = np.arange(len(mine))
            axes.hlines(at, mine["low_1000"], mine["high_1000"], color=draw.COLOURS[5], lw=2)
            axes.plot(mine["per_1000"], at, "o", color=draw.COLOURS[0], ms=4)
            axes.set_yticks(at, [place(row, lang) for row in mine.itertuples()])
            axes.grid(axis="x", color="#dddddd", linewidth=0.5)
        axes.axvline(0.0, color=draw.BLACK, lw=0.8)
        axes.set_xlabel(label)
        return draw.svg_of(figure, label)


def place(row: object, lang: str) -> str:
    """A county as charts name it: its characters where a font has them, else its code."""
    return str(getattr(row, "county" if draw.chart_language("zh") == "zh" else "code"))


def map_of(found: Region, lang: str, folder: Path | None) -> tuple[str, str]:
    """Gains for each 1,000 workers on a map, and its kind; see `atlas.chart`."""
    rows = found.counties
    gains = rows[rows["measure"] == MAIN].set_index("code")["per_1000"]
    spots = [
        atlas.Spot(
            m.code, m.name, m.city or m.province or m.name, float(gains[m.code]), force,
            *(float(m.more.get(key, np.nan) or np.nan) for key in ("lon", "lat")),
        )
        for m, force in zip(found.members, found.forces)
    ]  # fmt: skip
    spots += [atlas.Spot(code, name, "", np.nan, 0.0) for code, name, _ in found.left_out]
    return atlas.chart(spots, gain_unit(MAIN, lang), atlas.shapes_in(folder), lang)


def totals_table(found: Region, lang: str) -> doc.Sheet:
    """Sums over all counties."""
    text = words(lang)["region"]
    rows = [
        [
            label_of(BY_NAME[row.measure], lang) + (words(lang)["region"]["a_year"] if years_of(BY_NAME[row.measure].kind, 12) == 1 and BY_NAME[row.measure].kind == "flow" else ""),
            amount(row.reference, BY_NAME[row.measure].unit, lang),
            amount(row.gain, BY_NAME[row.measure].unit, lang, signed=True),
            between(row.low, row.high, BY_NAME[row.measure].unit, lang),
        ]
        for row in found.totals.itertuples()
    ]  # fmt: skip
    return doc.Sheet([text["measure"], text["reference"], text["gain"], text["interval"]], rows)


def groups_table(found: Region, lang: str) -> doc.Sheet:
    """Who gains: gains by thirds of facts."""
    text, levers = words(lang)["region"], dict(walk(County))
    rows: list[doc.Row] = []
    for fact, group in found.groups.groupby("fact", sort=False):
        rows.append([label_of(levers[fact], lang) if fact in levers else str(fact)])
        for row in group.itertuples():
            rows.append(
                [
                    text["thirds"][THIRDS.index(row.third)],
                    to(lang, f"{row.low_end:,g}", f"{row.high_end:,g}"),
                    str(row.counties),
                    minus(f"{row.gain:+.2f}"),
                    minus(to(lang, f"{row.low:+.2f}", f"{row.high:+.2f}")),
                    minus(f"{row.cost:+,.0f}"),
                ]
            )
    head = [text["third"], text["range"], text["counties"], gain_unit(MAIN, lang), text["interval"], gain_unit(COST, lang)]  # fmt: skip
    return doc.Sheet(head, rows)


def counties_table(found: Region, lang: str) -> doc.Sheet:
    """Gains of every county."""
    text = words(lang)["region"]
    shown = (MAIN, "jobs", COST)
    titles = {name: title_of(s, name, lang) for name, s in found.plan.policies.items()}
    rows = []
    wide = found.counties.pivot_table(
        index="code", columns="measure", values=["per_1000", "low_1000", "high_1000"], sort=False
    )
    for member, force in zip(found.members[:SHOWN], found.forces):
        mine = wide.loc[member.code] if member.code in wide.index else pd.Series(dtype=float)
        cells = [f"{member.name} {member.code}", member.city, titles[found.policies[member.code]], f"{force:,.0f}"]  # fmt: skip
        for name in shown:
            mean, low, high = (float(mine.get((end, name), np.nan)) for end in ("per_1000", "low_1000", "high_1000"))  # fmt: skip
            form = "+,.0f" if name == COST else "+.2f"
            cells += [minus(f"{mean:{form}}"), minus(to(lang, f"{low:{form}}", f"{high:{form}}"))]
        rows.append(cells)
    head = [text["county"], text["city"], text["policy"], text["force"]]
    for name in shown:
        head += [gain_unit(name, lang), text["interval"]]
    return doc.Sheet(head, rows, columns="wwwn")


def report(found: Region, lang: str = "en", shapes: Path | None = None) -> doc.Report:
    """Everything the page shows."""
    text, plan = words(lang)["region"], found.plan
    charts = draw.chart_language(lang)
    svg, kind = map_of(found, charts, shapes)
    titles = {name: title_of(s, name, lang) for name, s in plan.policies.items()}
    subtitle = text["subtitle"].format(
        counties=counted(len(found.members), "county", lang), policy=titles[found.given.scenario],
        against=titles[found.given.against], replicates=counted(plan.replicates, "pair", lang),
        simulated=plan.simulated, months=plan.settings.months,
    )  # fmt: skip
    left = [text["left_out"].format(n=len(found.left_out))] if found.left_out else []
    blocks: list[doc.Block] = [
        totals_table(found, lang),
        doc.Picture(svg, gain_unit(MAIN, lang)),
        doc.note(text[kind]),
        doc.Picture(counties_chart(found, charts), text["spread"]),
    ]
    sections = [
        doc.in_short(lang, sentences(found, lang), *blocks),
        doc.Section(text["who"], [groups_table(found, lang), doc.note(text["who_note"])]),
        doc.Section(text["by_county"], [counties_table(found, lang), doc.note(text["pooled"])]),
        doc.Section(text["assumed"], [doc.Text([*text["assumptions"], *left], "list")]),
    ]
    if found.left_out:
        rows = [
            [*row[:2], text["crowded"] if row[2] == CROWDED else row[2]] for row in found.left_out
        ]
        sheet = doc.Sheet([text["code"], text["county"], text["why"]], rows, columns="w")
        sections.append(doc.Section(text["lacking"], [sheet]))
    sections.append(doc.repeat(lang, [found.command], doc.no_forecast(lang)))
    return doc.Report(lang, text["title"], subtitle, sections)
