"""Figures and page of a budget search."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import html
from returnee.experiments.statistics.ensemble import weighted_mean
from returnee.experiments.studies.budget import USUAL, Budget
from returnee.experiments.words import texts as say
from returnee.scenarios import Policy
from returnee.scenarios.schema.fields import groups
from returnee.simulation.state.programmes import COLOURS as OF_PILLAR
from returnee.simulation.state.programmes import PILLARS, PROGRAMMES


def front_chart(found: Budget, lang: str) -> str:
    """Gains over the baseline's mix by each pair of objectives, with 90 % intervals of the mean."""
    text, names = say.words(lang)["budget"], found.search.objectives
    gains = found.gains.join(found.table[["front", "spent", "spent_low", "spent_high"]])
    pairs = list(combinations(names, 2)) or [(names[0], "spent")]
    columns = min(len(pairs), 2)
    with draw.paper("front", 4.7 * columns, 3.7 * -(-len(pairs) // 2)) as chart:
        for (a, b), axes in zip(pairs, draw.panels(chart, len(pairs), columns)):
            for mix, row in gains.iterrows():
                colour = (
                    draw.BLACK
                    if mix == USUAL
                    else draw.COLOURS[0]
                    if row["front"]
                    else draw.COLOURS[6]
                )
                x, y = row[a], row[b]
                axes.hlines(y, row[f"{a}_low"], row[f"{a}_high"], color=colour, lw=0.8, alpha=0.45)
                axes.vlines(x, row[f"{b}_low"], row[f"{b}_high"], color=colour, lw=0.8, alpha=0.45)
                axes.plot(x, y, "s" if mix == USUAL else "o", color=colour, markersize=5)
                # The baseline's name stands below, where none of its near ones has its own.
                place, side = ((-4, -4), "right") if mix == USUAL else ((4, 4), "left")
                axes.annotate(
                    mix_name(str(mix), lang), (x, y), place, textcoords="offset points", fontsize=8,
                    ha=side, va="top" if mix == USUAL else "bottom",
                )  # fmt: skip
            axes.set_xlabel(say.wrapped(measure_name(a, lang), lang, 44))
            axes.set_ylabel(say.wrapped(measure_name(b, lang), lang, 36))
            axes.locator_params(nbins=5)
            axes.margins(0.12)  # room for the names
        return draw.svg_of(chart, text["gains"])


def spending_chart(found: Budget, lang: str) -> str:
    """Yearly spending of each mix by pillar, from the ledger, and the cap."""
    text = say.words(lang)["budget"]
    spent, pillars = found.by_programme, groups(Policy)
    place = {name: k for k, name in enumerate(PROGRAMMES)}
    names = [mix_name(name, lang) for name in found.table.index]
    scale, unit = (1e4, "万") if lang == "zh" else (1e6, " m")
    with draw.paper("spending", 8.6, 1.2 + 0.32 * len(names)) as chart:
        axes, left = chart.subplots(), np.zeros(len(names))
        for pillar, inner in PILLARS.items():
            part = spent[:, [place[name] for name in inner]].sum(axis=1) / scale
            axes.barh(
                names, part, left=left, color=OF_PILLAR[pillar], label=pillars[pillar][lang == "zh"]
            )
            left += part
        axes.axvline(found.search.cap / scale, color=draw.BLACK, lw=1.2, ls="--", label=text["cap"])
        axes.invert_yaxis()
        axes.set_xlabel(f"{text['spent']} ({unit.strip()} {say.unit_name('yuan', lang)})")
        chart.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
        return draw.svg_of(chart, text["spending"])


def mix_name(name: str, lang: str) -> str:
    """Name of a mix in the reader's language."""
    return str(say.words(lang)["budget"]["usual"]) if name == USUAL else name


def measure_name(name: str, lang: str) -> str:
    """Label of an objective or of spending."""
    if name in BY_NAME:
        return say.label_of(BY_NAME[name], lang)
    return str(say.words(lang)["budget"]["spent"])


def sentences(found: Budget, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text, table = say.words(lang)["budget"], found.table
    lines = []
    within = table[table["spent"] <= found.search.most]
    form = text["line_best" if len(within) else "line_best_any"]
    within = within if len(within) else table
    for name in found.search.objectives:
        mix = within[name].idxmax()
        unit, row = BY_NAME[name].unit, table.loc[mix]
        value, low, high = (
            say.figure(row[f"{name}{end}"], unit, lang) for end in ("", "_low", "_high")
        )
        line = form.format(
            measure=measure_name(name, lang), mix=mix_name(str(mix), lang), value=value, low=low,
            high=high,
        )  # fmt: skip
        lines.append(
            line if mix == USUAL else say.joined(lang, line, _gain_line(found, name, mix, lang))
        )
    mix = within["regret_worst"].idxmin()
    worst = say.percent(within["regret_worst"].min(), lang)
    lines.append(text["line_regret"].format(mix=mix_name(str(mix), lang), regret=worst))
    ends = dict.fromkeys(say.yuan(v, lang) for v in (table["spent"].min(), table["spent"].max()))
    spent, cap = say.words(lang)["to"].join(ends), say.yuan(found.search.cap, lang)
    lines.append(text["line_spent"].format(spent=spent, cap=cap))
    over = table.index[table["spent"] > found.search.most]
    if len(over):
        names = say.words(lang)["comma"].join(mix_name(name, lang) for name in over)
        lines.append(text["line_over"].format(mixes=names))
    return lines


def _gain_line(found: Budget, name: str, mix: Any, lang: str) -> str:
    """What a mix has more of than the baseline's, and whether that is told from none."""
    text, row, unit = say.words(lang)["budget"], found.gains.loc[mix], BY_NAME[name].unit
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    told = low > 0.0 or high < 0.0
    line = str(text["gain_told" if told else "gain_not_told"]).format(
        gain=say.figure(row[name], unit, lang, signed=True),
        interval=say.span(low, high, unit, lang),
    )
    place = found.table.index.get_loc(mix), found.search.objectives.index(name)
    return say.joined(lang, line, uncertain.sources_line(found.parts(*place), lang))


def report(found: Budget, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text, drawn = say.words(lang)["budget"], draw.chart_language(lang)
    search = found.search
    about = {
        "trials": found.tried, "levers": len(search.levers), "kept": len(found.table) - 1,
        "front": int(found.table["front"].sum()), "months": search.settings.months,
        "sample": f"{search.settings.sample:g}",
        "county": say.county_name(search.scenario.county, lang), "worlds": len(found.worlds),
        "replicates": search.replicates,
    }  # fmt: skip
    sections = [
        doc.in_short(lang, sentences(found, lang)),
        doc.Section(text["front"], [_front(found, lang), doc.note(text["front_note"])]),
        doc.Section(text["gains"], [
            doc.Picture(front_chart(found, drawn)), _gains(found, lang), doc.note(text["gains_note"]),
        ]),
        doc.Section(text["spending"], [
            doc.Picture(spending_chart(found, drawn)), _spending(found, lang), doc.note(text["spending_note"]),
        ]),
        doc.Section(text["levers"], [_levers(found, lang)]),
        doc.Section(text["regret"], [_regret(found, lang), doc.note(text["regret_note"])]),
        doc.repeat(lang, [found.command], doc.no_forecast(lang)),
    ]  # fmt: skip
    title = text["title"].format(yuan=say.yuan(search.cap, lang))
    return doc.Report(lang, title, text["subtitle"].format(**about), sections)


def budget_page(found: Budget, lang: str = "en") -> str:
    """The page of a search."""
    return html(report(found, lang))


def _names(found: Budget, lang: str) -> list[str]:
    return [mix_name(str(name), lang) for name in found.table.index]


def _front(found: Budget, lang: str) -> doc.Sheet:
    text, table = say.words(lang)["budget"], found.table
    columns = [*found.search.objectives, "spent"]
    head = [text["mix"], *(measure_name(name, lang) for name in columns), text["unbeaten"]]
    rows = []
    for mix, row in table.iterrows():
        cells = [mix_name(str(mix), lang)]
        for name in columns:
            unit = BY_NAME[name].unit if name in BY_NAME else "yuan"
            value, low, high = (
                say.figure(row[f"{name}{e}"], unit, lang) for e in ("", "_low", "_high")
            )
            cells.append(f"{value} ({low} – {high})")
        rows.append([*cells, text["yes" if row["front"] else "no"]])
    return doc.Sheet(head, rows, columns="w" + "n" * len(columns) + "w")


def _gains(found: Budget, lang: str) -> doc.Sheet:
    text, names = say.words(lang)["budget"], found.search.objectives
    rows = []
    for mix, row in found.gains.drop(index=USUAL).iterrows():
        cells = [mix_name(str(mix), lang)]
        for name in names:
            unit = BY_NAME[name].unit
            value = say.figure(row[name], unit, lang, signed=True)
            cells.append(
                f"{value} ({say.span(row[f'{name}_low'], row[f'{name}_high'], unit, lang)})"
            )
        rows.append(cells)
    return doc.Sheet([text["mix"], *(measure_name(name, lang) for name in names)], rows)


def _spending(found: Budget, lang: str) -> doc.Sheet:
    text, spent = say.words(lang)["budget"], found.by_programme
    rows = [
        [str(say.words(lang)["programmes"][name]), *(say.yuan(v, lang) for v in spent[:, k])]
        for k, name in enumerate(PROGRAMMES)
        if spent[:, k].any()
    ]
    return doc.Sheet([text["programme"], *_names(found, lang)], rows)


def _levers(found: Budget, lang: str) -> doc.Sheet:
    text = say.words(lang)["budget"]
    rows = []
    for lever in found.search.levers:
        values = [
            say.value_text(v if isinstance(v, bool | np.bool_) else rounded(float(v), 3))
            for v in found.mixes[lever.key]
        ]
        rows.append([say.label_of(lever, lang), say.unit_name(lever.unit, lang), *values])
    return doc.Sheet([text["lever"], text["unit"], *_names(found, lang)], rows, columns="wwn")


def _regret(found: Budget, lang: str) -> doc.Sheet:
    text = say.words(lang)["budget"]
    head = [text["mix"]]
    for name in found.search.objectives:
        head += [f"{measure_name(name, lang)}: {text['worst']}", text["mean"]]
    worst = np.nanmax(found.regret, axis=1)
    mean = weighted_mean(found.regret.swapaxes(0, 1), found.weights)
    rows = [
        [name, *(say.percent(v, lang) for pair in zip(worst[k], mean[k]) for v in pair)]
        for k, name in enumerate(_names(found, lang))
    ]
    return doc.Sheet(head, rows)
