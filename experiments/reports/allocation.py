"""Words, chart and page of an allocation."""

from __future__ import annotations

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.studies.region.allocation import Allocation
from returnee.experiments.words.texts import (
    amount,
    between,
    counted,
    label_of,
    title_of,
    words,
    yuan,
)


def sentences(found: Allocation, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text, unit = words(lang)["allocation"], BY_NAME[found.offer.measure].unit
    rows = found.table.set_index("way")
    told = []
    for way in ("search", "greedy"):
        row = rows.loc[way]
        told.append(
            text["gains"].format(
                way=text[way], label=label_of(BY_NAME[found.offer.measure], lang),
                gain=amount(row.gain, unit, lang, signed=True), interval=between(row.low, row.high, unit, lang),
                counties=int(row.counties), n=len(found.members), cost=yuan(row.cost, lang),
            )
        )  # fmt: skip
        if (rows.loc["alike", "counties"]) > 0:
            told.append(
                text["more"].format(
                    gain=amount(row.more, unit, lang, signed=True),
                    interval=between(row.more_low, row.more_high, unit, lang),
                    told=text["told" if row.more_low * row.more_high > 0 else "not_told"],
                )
            )
    least = float(np.where(found.expected[1].sum(axis=0) > 0, found.expected[1].sum(axis=0), np.inf).min())  # fmt: skip
    if rows.loc["alike", "counties"] == 0:
        told.append(text["too_dear"].format(cost=yuan(least, lang)))
    return told


def curve_chart(found: Allocation, lang: str) -> str:
    """Expected gain as the budget grows, step by step, beside options that are the same for all."""
    text, label = words(lang)["allocation"], label_of(BY_NAME[found.offer.measure], lang)
    gains, costs = (values.sum(axis=0) for values in found.expected)
    with draw.paper("allocation", 7.6, 3.4) as figure:
        axes = figure.subplots()
        axes.plot(
            found.curve["cost"], found.curve["gain"], color=draw.COLOURS[0], label=text["curve"]
        )
        names = list(dict.fromkeys(policy for policy, _ in found.offer.options))
        for k, name in enumerate(names):
            mine = [j for j, (policy, _) in enumerate(found.offer.options) if policy == name]
            title = title_of(found.plan.policies[name], name, lang)
            axes.plot(costs[mine], gains[mine], "os^Dv"[k % 5], color=draw.COLOURS[1 + k % 6], label=text["for_all"].format(policy=title))  # fmt: skip
        axes.axvline(found.offer.per_year, color=draw.BLACK, lw=0.8, ls="--", label=text["budget"])
        axes.set_xlim(0.0, 1.6 * max(found.offer.per_year, float(np.median(costs))))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: draw.short_number(value, lang))
        axes.set_xlabel(text["cost_axis"])
        axes.set_title(label)
        axes.grid(color="#dddddd", linewidth=0.5)
        draw.legend(figure, axes, 2)
        return draw.svg_of(figure, text["chart"])


def ways_table(found: Allocation, lang: str) -> doc.Sheet:
    """The ways of choosing beside each other."""
    text, unit = words(lang)["allocation"], BY_NAME[found.offer.measure].unit
    rows = [
        [
            text[row.way], str(row.counties), amount(row.gain, unit, lang, signed=True), between(row.low, row.high, unit, lang),
            yuan(row.cost, lang), amount(row.more, unit, lang, signed=True), between(row.more_low, row.more_high, unit, lang),
            amount(row.regret, unit, lang),
        ]
        for row in found.table.itertuples()
    ]  # fmt: skip
    head = [text[key] for key in ("way", "counties", "gain", "interval", "cost", "over_alike", "interval", "regret")]  # fmt: skip
    return doc.Sheet(head, rows)


def counties_table(found: Allocation, lang: str) -> doc.Sheet:
    """Who is given what."""
    text, unit = words(lang)["allocation"], BY_NAME[found.offer.measure].unit
    rows = [
        [f"{row.county} {row.code}", row.city, f"{row.labour_force:,}", row.search or "–", row.greedy or "–",
         amount(row.gain, unit, lang, signed=True), yuan(row.cost, lang)]
        for row in found.counties.itertuples()
    ]  # fmt: skip
    head = [text[key] for key in ("county", "city", "force", "search", "greedy", "expected", "expected_cost")]  # fmt: skip
    return doc.Sheet(head, rows, columns="wwnwwn")


def report(found: Allocation, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text, shared, plan = words(lang)["allocation"], words(lang)["region"], found.plan
    subtitle = text["subtitle"].format(
        budget=yuan(found.offer.per_year, lang), counties=counted(len(found.members), "county", lang),
        against=title_of(plan.policies[found.offer.against], found.offer.against, lang),
        replicates=plan.replicates, simulated=plan.simulated, months=plan.settings.months,
    )  # fmt: skip
    left = [shared["left_out_short"].format(n=len(found.left_out))] if found.left_out else []
    chart = doc.Picture(curve_chart(found, draw.chart_language(lang)), text["chart"])
    return doc.Report(
        lang, text["title"], subtitle,
        [
            doc.in_short(lang, sentences(found, lang), ways_table(found, lang), doc.note(text["note"]), chart),
            doc.Section(text["who"], [counties_table(found, lang), doc.note(text["who_note"])]),
            doc.Section(shared["assumed"], [doc.Text([*shared["assumptions"], *left], "list")]),
            doc.repeat(lang, [found.command], doc.no_forecast(lang)),
        ],
    )  # fmt: skip
