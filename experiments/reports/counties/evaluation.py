"""Words, charts and page of a virtual evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.counties.region import left_out
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.region.evaluation import ESTIMATORS, RANDOM, Evaluation
from returnee.experiments.words.texts import (
    counted,
    label_of,
    minus,
    percent,
    short,
    title_of,
)
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.fields import walk


class Studies(Told[Evaluation]):
    """Everything that is told of a virtual evaluation."""

    table = "evaluation"

    def outcome(self) -> str:
        """The outcome with what it is divided by."""
        measure = BY_NAME[self.found.question.measure]
        label = self.label(measure.name)
        if measure.kind == "flow":
            label += self.words["region"]["a_year"]
        return (
            str(self.words["region"]["per_1000"]).format(label=label) if measure.counts else label
        )

    def sentences(self) -> list[str]:
        """What came out, in words."""
        text, told = self.text, []
        last = self.found.table[self.found.table["counties"] == self.found.table["counties"].max()]
        for row in last.itertuples():
            told.append(
                text["finds"].format(
                    estimator=text["named"][row.estimator], n=row.counties, truth=short(row.truth),
                    estimate=short(row.estimate), bias=minus(f"{row.bias:+.3g}"), error=short(1.65 * row.bias_error),
                    coverage=percent(row.coverage, self.lang), power=percent(row.power, self.lang),
                )
            )  # fmt: skip
        return told

    def estimates_chart(self) -> str:
        """Estimates of all studies by number of counties and estimator, beside the truth."""
        text, rows = self.text, self.found.studies
        sizes = sorted(rows["counties"].unique())
        with draw.paper("evaluation", 7.6, 3.2) as figure:
            axes = figure.subplots()
            for k, name in enumerate(ESTIMATORS):
                groups = [
                    rows[(rows["counties"] == n) & (rows["estimator"] == name)] for n in sizes
                ]
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
            axes.set_title(self.outcome())
            axes.grid(axis="y", color="#dddddd", linewidth=0.5)
            draw.legend(figure, axes, 4)
            return draw.svg_of(figure, text["estimates"])

    def path_chart(self) -> str:
        """The true effect by years since adoption."""
        text, path = self.text, self.found.path
        with draw.paper("evaluation path", 7.6, 2.6) as figure:
            axes = figure.subplots()
            axes.errorbar(
                path["since"], path["effect"], 1.65 * path["luck"].fillna(0.0), fmt="o-",
                color=draw.COLOURS[0], capsize=2,
            )  # fmt: skip
            axes.axhline(0.0, color=draw.BLACK, lw=0.8)
            axes.axvline(-0.5, color=draw.BLACK, lw=0.8, ls=":")
            axes.set(xlabel=text["since"], title=self.outcome())
            axes.grid(axis="y", color="#dddddd", linewidth=0.5)
            return draw.svg_of(figure, text["path"])

    def sheet_of(self) -> doc.Sheet:
        """Bias, coverage and power by number of counties and estimator."""
        text = self.text
        rows = [
            [
                str(row.counties), text["named"][row.estimator], short(row.truth), short(row.estimate),
                minus(f"{row.bias:+.3g} ± {1.65 * row.bias_error:.2g}"), short(row.rmse),
                percent(row.coverage, self.lang), percent(row.power, self.lang),
            ]
            for row in self.found.table.itertuples()
        ]  # fmt: skip
        head = [text[key] for key in ("counties", "estimator", "truth", "estimate", "bias", "rmse", "coverage", "power")]  # fmt: skip
        return doc.Sheet(head, rows, columns="wwn")

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, shared, plan, asked = self.text, self.words["region"], self.found.plan, self.found.question  # fmt: skip
        levers = dict(walk(County))
        by = label_of(levers[asked.by], self.lang) if asked.by in levers else asked.by
        how = text["random"] if asked.by == RANDOM else text["by"].format(fact=by)
        subtitle = text["subtitle"].format(
            policy=title_of(plan.policies[asked.policy], asked.policy, self.lang),
            against=title_of(plan.policies[asked.against], asked.against, self.lang),
            counties=counted(len(self.found.members), "county", self.lang), how=how,
            studies=self.found.table["studies"].max(), simulated=plan.simulated,
        )  # fmt: skip
        left = left_out(self.found.left_out, self.lang)
        notes = doc.Text([*text["notes"], *left], "list")
        return doc.Report(
            self.lang, text["title"], subtitle,
            [
                doc.in_short(self.lang, self.sentences(), self.sheet_of(), doc.note(text["note"]),
                             doc.Picture(self.drawn.estimates_chart(), text["estimates"]),
                             doc.Picture(self.drawn.path_chart(), text["path"])),
                doc.Section(shared["assumed"], [notes]),
                doc.repeat(self.lang, [self.found.command], doc.no_forecast(self.lang)),
            ],
        )  # fmt: skip

    def printed(self) -> list[doc.Block]:
        """What the terminal shows: what came out, in words, and the table."""
        return [doc.Text(self.sentences(), "answer"), self.sheet_of()]

    def as_json(self) -> dict[str, Any]:
        """Bias and power, and the true effect by years since adoption."""
        return {name: plain_rows(getattr(self.found, name)) for name in ("table", "path")}
