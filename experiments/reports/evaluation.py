"""Words, charts and page of a virtual evaluation."""

from __future__ import annotations

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.studies.region.evaluation import ESTIMATORS, RANDOM, Evaluation
from returnee.experiments.words.texts import (
    counted,
    label_of,
    minus,
    percent,
    short,
    title_of,
    words,
)
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.fields import walk


def outcome_of(found: Evaluation, lang: str) -> str:
    """The outcome with what it is divided by."""
    measure = BY_NAME[found.question.measure]
    label = label_of(measure, lang)
    if measure.kind == "flow":
        label += words(lang)["region"]["a_year"]
    return str(words(lang)["region"]["per_1000"]).format(label=label) if measure.counts else label


def sentences(found: Evaluation, lang: str = "en") -> list[str]:
    """What came out, in words."""
    text = words(lang)["evaluation"]
    told = []
    last = found.table[found.table["counties"] == found.table["counties"].max()]
    for row in last.itertuples():
        told.append(
            text["finds"].format(
                estimator=text["named"][row.estimator], n=row.counties, truth=short(row.truth),
                estimate=short(row.estimate), bias=minus(f"{row.bias:+.3g}"), error=short(1.65 * row.bias_error),
                coverage=percent(row.coverage, lang), power=percent(row.power, lang),
            )
        )  # fmt: skip
    return told


def estimates_chart(found: Evaluation, lang: str) -> str:
    """Estimates of all studies by number of counties and estimator, beside the truth."""
    text, rows = words(lang)["evaluation"], found.studies
    sizes = sorted(rows["counties"].unique())
    with draw.paper("evaluation", 7.6, 3.2) as figure:
        axes = figure.subplots()
        for k, name in enumerate(ESTIMATORS):
            groups = [rows[(rows["counties"] == n) & (rows["estimator"] == name)] for n in sizes]
            boxes = axes.boxplot(
                [group["estimate"].dropna() for group in groups],
                positions=np.arange(len(sizes)) + 0.25 * (k - 1), widths=0.2, whis=(5, 95),
                showfliers=False, patch_artist=True, manage_ticks=False,
                medianprops={"color": draw.BLACK},
            )  # fmt: skip
            for box in boxes["boxes"]:
                box.set(facecolor=draw.COLOURS[k], alpha=0.7)
            axes.plot([], [], "s", color=draw.COLOURS[k], label=text["named"][name])
        truth = [rows.loc[rows["counties"] == n, "truth"].mean() for n in sizes]
        axes.hlines(truth, np.arange(len(sizes)) - 0.4, np.arange(len(sizes)) + 0.4, color=draw.BLACK, ls="--", label=text["truth"])  # fmt: skip
        axes.set_xticks(np.arange(len(sizes)), [text["of"].format(n=n) for n in sizes])
        axes.set_title(outcome_of(found, lang))
        axes.grid(axis="y", color="#dddddd", linewidth=0.5)
        draw.legend(figure, axes, 4)
        return draw.svg_of(figure, text["estimates"])


def path_chart(found: Evaluation, lang: str) -> str:
    """The true effect by years since adoption."""
    text, path = words(lang)["evaluation"], found.path
    with draw.paper("evaluation path", 7.6, 2.6) as figure:
        axes = figure.subplots()
        axes.errorbar(
            path["since"], path["effect"], 1.65 * path["luck"].fillna(0.0), fmt="o-",
            color=draw.COLOURS[0], capsize=2,
        )  # fmt: skip
        axes.axhline(0.0, color=draw.BLACK, lw=0.8)
        axes.axvline(-0.5, color=draw.BLACK, lw=0.8, ls=":")
        axes.set_xlabel(text["since"])
        axes.set_title(outcome_of(found, lang))
        axes.grid(axis="y", color="#dddddd", linewidth=0.5)
        return draw.svg_of(figure, text["path"])


def table_of(found: Evaluation, lang: str) -> doc.Sheet:
    """Bias, coverage and power by number of counties and estimator."""
    text = words(lang)["evaluation"]
    rows = [
        [
            str(row.counties), text["named"][row.estimator], short(row.truth), short(row.estimate),
            minus(f"{row.bias:+.3g} ± {1.65 * row.bias_error:.2g}"), short(row.rmse),
            percent(row.coverage, lang), percent(row.power, lang),
        ]
        for row in found.table.itertuples()
    ]  # fmt: skip
    head = [text[key] for key in ("counties", "estimator", "truth", "estimate", "bias", "rmse", "coverage", "power")]  # fmt: skip
    return doc.Sheet(head, rows, columns="wwn")


def report(found: Evaluation, lang: str = "en") -> doc.Report:
    """Everything the page shows."""
    text, shared, plan, asked = words(lang)["evaluation"], words(lang)["region"], found.plan, found.question  # fmt: skip
    levers = dict(walk(County))
    by = label_of(levers[asked.by], lang) if asked.by in levers else asked.by
    how = text["random"] if asked.by == RANDOM else text["by"].format(fact=by)
    subtitle = text["subtitle"].format(
        policy=title_of(plan.policies[asked.policy], asked.policy, lang),
        against=title_of(plan.policies[asked.against], asked.against, lang),
        counties=counted(len(found.members), "county", lang), how=how,
        studies=found.table["studies"].max(), simulated=plan.simulated,
    )  # fmt: skip
    charts = draw.chart_language(lang)
    left = [shared["left_out_short"].format(n=len(found.left_out))] if found.left_out else []
    notes = doc.Text([*text["notes"], *left], "list")
    return doc.Report(
        lang, text["title"], subtitle,
        [
            doc.in_short(lang, sentences(found, lang), table_of(found, lang), doc.note(text["note"]),
                         doc.Picture(estimates_chart(found, charts), text["estimates"]),
                         doc.Picture(path_chart(found, charts), text["path"])),
            doc.Section(shared["assumed"], [notes]),
            doc.repeat(lang, [found.command], doc.no_forecast(lang)),
        ],
    )  # fmt: skip
