"""Words, figures and page of scenario discovery."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import rounded
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.html import html
from returnee.experiments.studies.discovery import HELD_BACK, LEAST, Box, Discovery
from returnee.experiments.words.texts import NONE, grouped, label_of, percent, words


def label(found: Discovery, key: str, lang: str) -> str:
    """Label of a parameter, with its unit."""
    names = found.attrs["labels_zh" if lang == "zh" else "labels"]
    return grouped(key, str(names.get(key, key)), lang)


def number(value: float) -> str:
    """A limit in plain figures."""
    return f"{rounded(value, 3):,g}"


def limits_text(found: Discovery, box: Box, lang: str) -> str:
    """The limits of a region in words."""
    text = words(lang)["discover"]
    parts = []
    for key, (low, high) in box.limits.items():
        name = label(found, key, lang)
        values = sorted(set(found.points[key]))
        inside = [v for v in values if low <= v <= high]
        if len(values) <= 6 and len(inside) < len(values):
            listed = words(lang)["comma"].join(number(v) for v in inside)
            parts.append(text["limit_one"].format(label=name, values=listed))
        elif np.isfinite(low) and np.isfinite(high):
            parts.append(text["limit"].format(label=name, low=number(low), high=number(high)))
        elif np.isfinite(low):
            parts.append(text["limit_above"].format(label=name, low=number(low)))
        else:
            parts.append(text["limit_below"].format(label=name, high=number(high)))
    return str(words(lang)["comma"].join(parts))


def sentences(found: Discovery, lang: str = "en") -> list[str]:
    """Where the policy fails, in words."""
    text, fails = words(lang)["discover"], found.fails
    failed, points = int(fails.sum()), len(fails)
    lines = [text["count"].format(failed=failed, points=points, share=percent(fails.mean(), lang))]
    if found.missing:
        lines.append(text["missing"].format(n=found.missing))
    if not found.boxes:
        return [*lines, _without_region(found, text)]
    return [
        *lines,
        *(
            text["box_line"].format(
                limits=limits_text(found, box, lang), density=percent(box.density, lang),
                low=percent(box.low, lang), high=percent(box.high, lang),
                overall=percent(fails.mean(), lang), coverage=percent(box.coverage, lang),
            )
            for box in found.boxes
        ),
    ]  # fmt: skip


def _without_region(found: Discovery, text: dict[str, str]) -> str:
    """Why there is no region: by how many fail."""
    failed, points = int(found.fails.sum()), len(found.fails)
    least = max(5, round(LEAST * points))
    if failed in (0, points):
        return text["none_fails" if not failed else "all_fail"]
    if failed < least:
        return text["few_fail"].format(least=least)
    if points - failed < least:
        return text["few_meet"].format(n=points - failed, least=least)
    return text["most_fail" if 2 * failed > points else "no_box"].format(least=least)


def map_chart(found: Discovery, lang: str) -> str:
    """Points over two parameters, failures marked, regions drawn.

    Parameters that the regions are bounded by come first, then those that tell most.
    """
    text = words(lang)["discover"]
    bounds = [key for box in found.boxes for key in box.limits]
    keys = list(dict.fromkeys([*bounds, *map(str, found.importance.index)]))
    a, b = keys[0], keys[min(1, len(keys) - 1)]
    x, y = found.points[a].to_numpy(), found.points[b].to_numpy()
    ends = {key: (found.points[key].min(), found.points[key].max()) for key in (a, b)}
    with draw.paper("map", 6.4, 4.4) as chart:
        axes = chart.subplots()
        for fails, mark, colour, name in (
            (False, "o", draw.COLOURS[5], "meets"), (True, "X", draw.COLOURS[1], "fails"),
        ):  # fmt: skip
            kept = found.fails == fails
            axes.plot(
                x[kept],
                y[kept],
                mark,
                color=colour,
                markersize=4,
                alpha=0.7,
                lw=0,
                label=text[name],
            )
        for k, box in enumerate(found.boxes):
            (left, right), (low, high) = (
                np.clip(box.limits.get(key, (-np.inf, np.inf)), *ends[key]) for key in (a, b)
            )
            axes.add_patch(
                Rectangle(
                    (left, low), right - left, high - low, fill=False, edgecolor=draw.BLACK, lw=1.4
                )
            )
            name = text["box"].format(n=k + 1)
            axes.annotate(name, (left, high), (3, -11), textcoords="offset points", fontsize=8)
        axes.set_xlabel(label(found, a, lang))
        axes.set_ylabel(label(found, b, lang))
        chart.legend(loc="outside lower center", ncols=2, frameon=False)
        return draw.svg_of(chart, text["map"])


def boxes_table(found: Discovery, lang: str) -> doc.Sheet:
    """Regions with their limits, density and coverage; a row a parameter."""
    text, rows = words(lang)["discover"], []
    head = [text[key] for key in ("region", "parameter", "from", "to", "density")]
    head += [words(lang)["interval"], text["coverage"], text["mass"]]
    for k, box in enumerate(found.boxes):
        shares = [percent(value, lang) for value in (box.density, box.low, box.high, box.coverage)]
        density, low, high, coverage = shares
        for key, limits in box.limits.items():
            ends = [number(end) if np.isfinite(end) else NONE for end in limits]
            rows.append(
                [text["box"].format(n=k + 1), label(found, key, lang), *ends, density,
                 f"{low} – {high}", coverage, str(box.points)]
            )  # fmt: skip
    return doc.Sheet(head, rows, columns="wwn")


def report(found: Discovery, command: str, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text = words(lang)["discover"]
    told = found.importance[found.importance > 0.0]
    sections = [doc.in_short(lang, sentences(found, lang))]
    if found.boxes:
        how = text["note" if found.held_back else "note_small"].format(least=HELD_BACK)
        sections.append(doc.Section(text["boxes"], [boxes_table(found, lang), doc.note(how)]))
    if len(told):
        weights = [[label(found, str(key), lang), percent(value, lang)] for key, value in told.items()]  # fmt: skip
        head = [text["parameter"], text["weight"]]
        drawn = doc.Picture(map_chart(found, draw.chart_language(lang)))
        sections.append(doc.Section(text["map"], [drawn]))
        sections.append(doc.Section(text["importance"], [doc.Sheet(head, weights)]))
    about = {
        "scenario": label(found, found.scenario, lang), "against": label(found, found.against, lang),
        "measure": label_of(BY_NAME[found.measure], lang), "target": found.target,
        "points": len(found.fails), "failed": int(found.fails.sum()),
    }  # fmt: skip
    subtitle = text["subtitle" if found.against else "subtitle_level"].format(**about)
    return doc.Report(
        lang,
        text["title"],
        subtitle,
        [*sections, doc.repeat(lang, [command], doc.no_forecast(lang))],
    )


def discover_page(found: Discovery, command: str, lang: str = "en") -> str:
    """The page of a discovery."""
    return html(report(found, command, lang))
