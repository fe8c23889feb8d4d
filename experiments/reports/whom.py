"""Whom a policy changed, in rows, words and plain values: for the report, the terminal and JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from returnee.experiments.numbers import plain
from returnee.experiments.reports.document import (
    Beside,
    Block,
    Fold,
    Heading,
    Picture,
    Section,
    Sheet,
    Text,
    note,
)
from returnee.experiments.reports.figures import BLACK, COLOURS, chart_language, settings, svg_of
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.persons import (
    AMOUNTS,
    ANY,
    CHANGES,
    GROUPS,
    OTHERS,
    OUTCOMES,
    SIGNS,
    STEPS,
)
from returnee.experiments.studies.stories.choice import stories_json
from returnee.experiments.studies.stories.life import Life
from returnee.experiments.studies.stories.words import (
    ending,
    event_lines,
    parting,
    people_words,
    story_lines,
    titles,
    who,
)
from returnee.experiments.studies.whom import Whom
from returnee.experiments.words.texts import (
    NONE,
    few_pairs,
    figure,
    joined,
    percent,
    span,
    to,
    words,
)

UNITS = {"firms": "firms", "jobs": "jobs"}


@dataclass(frozen=True)
class People:
    """Everything a page shows about whom a policy changed."""

    plan: Plan
    whom: Whom
    lang: str = "en"

    @cached_property
    def text(self) -> dict[str, Any]:
        """Words of the section."""
        return people_words(self.lang)

    @cached_property
    def reference(self) -> str:
        """Title of the reference."""
        return titles(self.plan, self.plan.reference, self.lang)["reference"]

    @property
    def labels(self) -> list[str]:
        """Scenarios of which there are pairs."""
        there = set(self.whom.counts["scenario"])
        return [label for label in self.plan.compared if label in there]

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return titles(self.plan, label, self.lang)["policy"]

    def reading(self) -> str:
        """How to read the section."""
        t, pairs = self.text["report"], self.whom.replicates
        said = t["note"].format(replicates=pairs, reference=self.reference)
        few = t["no_interval"] if pairs == 1 else few_pairs(pairs, self.lang)
        return joined(self.lang, said, few)

    def counts(self, label: str) -> Sheet:
        """Everybody, a row an outcome."""
        t, all_ = self.text, self._of(self.whom.counts, label)
        all_ = all_[all_["dimension"] == "all"]
        head = [t["report"]["outcome"], *(t["changes"][c] for c in CHANGES), t["changes"]["net"]]
        rows = []
        for outcome in OUTCOMES:
            some = all_[all_["outcome"] == outcome].set_index("change")
            cells = [self._number(some.loc[change]) for change in CHANGES]
            rows.append([t["outcomes"][outcome], *cells, *self._net(some.loc["net"])])
        return Sheet([*head, words(self.lang)["interval"]], rows)

    def groups(self, label: str, outcome: str) -> Sheet:
        """One outcome, a row a group."""
        t, some = self.text, self._of(self.whom.counts, label)
        some = some[some["outcome"] == outcome]
        head = [
            t["report"]["group"], *(t["changes"][c] for c in CHANGES[:3]), t["changes"]["net"],
            words(self.lang)["interval"],
        ]  # fmt: skip
        rows = []
        for dimension, group in GROUPS[1:]:
            one = some[(some["dimension"] == dimension) & (some["group"] == group)]
            one = one.set_index("change")
            cells = [self._number(one.loc[change]) for change in CHANGES[:3]]
            rows.append([t["groups"][group], *cells, *self._net(one.loc["net"])])
        return Sheet(head, rows)

    def served(self, label: str) -> Sheet:
        """Deadweight by programme; programmes that served nobody are left out."""
        t = self.text["report"]
        head = [
            t[name]
            for name in ("programme", "served", "founders", "founded_anyway", "open",
                         "open_anyway", "yuan", "yuan_ran", "yuan_open")
        ]  # fmt: skip
        rows = []
        for _, row in self._of(self.whom.served, label).iterrows():
            if row["served"] == 0.0:
                continue
            rows.append(
                [
                    self.text["programmes"][row["programme"]],
                    figure(row["served"], "people", self.lang),
                    figure(row["founded"], "people", self.lang),
                    self._share(row, "founded_anyway"),
                    figure(row["open"], "people", self.lang),
                    self._share(row, "open_anyway"),
                    figure(row["yuan"], "yuan", self.lang) if row["yuan"] else NONE,
                    self._share(row, "yuan_ran_anyway"),
                    self._share(row, "yuan_open_anyway"),
                ]
            )
        return Sheet(head, rows)

    def steps(self, label: str) -> Sheet:
        """The waterfall, firms and jobs side by side."""
        t, some = self.text, self._of(self.whom.waterfall, label)
        head = [t["report"]["step"]]
        for amount in AMOUNTS:
            head += [t["amounts"][amount], words(self.lang)["interval"]]
        rows = []
        for step in STEPS:
            row = [t["steps"][step]]
            if "withdrawn" in step and not some[some["step"] == step]["mean"].any():
                continue
            for amount in AMOUNTS:
                one = some[(some["amount"] == amount) & (some["step"] == step)].iloc[0]
                row += [
                    self._amount(one["mean"], step, UNITS[amount]),
                    self._bounds(one, step, amount),
                ]
            rows.append(row)
        return Sheet(head, rows)

    def others(self, label: str) -> Sheet:
        """What others gained and lost."""
        t, some = self.text, self._of(self.whom.others, label)
        head = [t["report"]["others"]]
        for amount in AMOUNTS:
            head += [f"{t['amounts'][amount]}{words(self.lang)['list_and'].strip()} {t['steps'][step]}"
                     for step in ("gained_others", "lost_others")]  # fmt: skip
        rows = []
        for kind in OTHERS:
            cells = [
                figure(
                    some[
                        (some["amount"] == amount) & (some["others"] == kind)
                        & (some["change"] == change)
                    ]["mean"].iloc[0],
                    UNITS[amount], self.lang,
                )
                for amount in AMOUNTS for change in CHANGES[:2]
            ]  # fmt: skip
            rows.append([t["others"][kind], *cells])
        return Sheet(head, rows)

    def ratios(self, label: str) -> Sheet:
        """Displacement and cost."""
        t, some = self.text, self._of(self.whom.ratios, label)
        head = [t["report"]["ratio"]]
        for amount in AMOUNTS:
            head += [t["amounts"][amount], words(self.lang)["interval"]]
        rows = []
        for name in dict.fromkeys(some["ratio"]):
            row = [t["ratios"][name]]
            for amount in AMOUNTS:
                one = some[(some["ratio"] == name) & (some["amount"] == amount)].iloc[0]
                cost = name.startswith("cost")
                row += self._ratio(one, "yuan" if cost else "per 100")
            rows.append(row)
        return Sheet(head, rows)

    def stories(self, label: str) -> list[Block]:
        """Example lives: of how many, who, both lives, and where they part."""
        t, blocks = self.text["report"], list[Block]()
        names = titles(self.plan, label, self.lang)
        for pair in self.whom.pairs.get(label, []):
            one_of = t["one_of"].format(n=pair.candidates) if pair.kind else ""
            lives = (names["reference"], pair.reference), (names["policy"], pair.policy)
            blocks += [
                Heading(self.text["kinds"][pair.kind] if pair.kind else "", 4), note(one_of),
                Text([who(pair.policy, self.lang)]), Beside([self._life(*life) for life in lives]),
                Text([t["part"]], "alert"), Text(parting(self.plan, label, pair, self.lang)),
            ]  # fmt: skip
        return blocks

    def _life(self, name: str, life: Life) -> list[Block]:
        lines = [f"{date} {line}" for date, line in event_lines(life, self.lang)]
        return [Heading(name, 5), Text([*lines, ending(life, self.lang)], "list")]

    def section(self) -> Section:
        """Everything the page shows."""
        t = self.text["report"]
        blocks: list[Block] = [note(self.reading())]
        blocks += [] if self.labels else [Text([t["no_pairs"]])]
        for label in self.labels:
            blocks += self._blocks(label)
        return Section(t["title"], blocks)

    def _blocks(self, label: str) -> list[Block]:
        """Of one scenario."""
        t, stories = self.text["report"], self.stories(label)
        fill = {"reference": self.reference}
        groups: list[Block] = [note(t["gross_note"])]
        for outcome, name in self.text["outcomes"].items():
            groups += [Heading(name, 4), self.groups(label, outcome)]
        return [
            Heading(self.title(label)), Heading(t["counts"], 4), self.counts(label),
            Heading(t["waterfall"], 4), note(t["waterfall_note"].format(**fill)),
            Picture(waterfall(self, label)), self.steps(label),
            Heading(t["ratios"], 4), self.ratios(label),
            Fold(t["others"], [note(t["others_note"]), self.others(label)]),
            Fold(t["deadweight"], [note(t["deadweight_note"].format(**fill)), self.served(label)]),
            Fold(t["groups"], groups),
            *([Fold(t["stories"], [note(t["stories_note"]), *stories])] if stories else []),
        ]  # fmt: skip

    def told(self) -> list[Block]:
        """Tables and example lives of every scenario, for the terminal."""
        t = self.text["report"]
        blocks: list[Block] = [] if self.labels else [Text([t["no_pairs"]])]
        for label in self.labels:
            for name, sheet in (
                ("counts", self.counts(label)), ("waterfall", self.steps(label)),
                ("ratios", self.ratios(label)), ("deadweight", self.served(label)),
            ):  # fmt: skip
                blocks.append(replace(sheet, title=f"{self.title(label)}: {t[name]}"))
            for pair in self.whom.pairs.get(label, []):
                blocks.append(Heading(self.text["kinds"][pair.kind]))
                blocks += [Text(story_lines(self.plan, label, pair, self.lang)), GAP]
        return [*blocks, note(self.reading())]

    def _of(self, frame: pd.DataFrame, label: str) -> pd.DataFrame:
        return frame[frame["scenario"] == label]

    def _number(self, row: pd.Series) -> str:
        return figure(row["mean"], "people", self.lang)

    def _net(self, row: pd.Series) -> list[str]:
        mean = figure(row["mean"], "people", self.lang, signed=True)
        return [mean, span(row["low"], row["high"], "people", self.lang)]

    def _share(self, row: pd.Series, name: str) -> str:
        if pd.isna(row[name]):
            return NONE
        ends = row[f"{name}_low"], row[f"{name}_high"]
        shown = percent(row[name], self.lang)
        if pd.isna(ends[0]):
            return shown
        return f"{shown} ({100 * ends[0]:.0f}–{100 * ends[1]:.0f})"

    def _amount(self, value: float, step: str, unit: str) -> str:
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        # Adding zero makes a negative zero one without a sign.
        return figure(sign * value + 0.0, unit, self.lang, signed=step != "gross", digits=4)

    def _bounds(self, row: pd.Series, step: str, amount: str) -> str:
        if pd.isna(row["low"]):
            return NONE
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        low, high = sorted((sign * row["low"] + 0.0, sign * row["high"] + 0.0))
        if step != "gross":
            return span(low, high, UNITS[amount], self.lang)
        ends = (figure(end, UNITS[amount], self.lang) for end in (low, high))
        return to(self.lang, *ends)

    def _ratio(self, row: pd.Series, unit: str) -> list[str]:
        if pd.isna(row["mean"]):
            return [self.text["report"]["not_told"], NONE]
        ends = [figure(row[name], unit, self.lang, digits=3) for name in ("low", "high")]
        shown = figure(row["mean"], unit, self.lang, digits=3)
        if unit == "yuan" and row["high"] < 0.0:
            shown = self.text["report"]["costs_less"].format(yuan=shown)
        return [shown, to(self.lang, *ends)]


def whom_json(plan: Plan, whom: Whom) -> dict[str, Any]:
    """Everything a program needs, as plain values; figures are not rounded, counts full county."""
    frames = {
        name: [plain(row) for row in getattr(whom, name).to_dict("records")]
        for name in ("counts", "served", "waterfall", "others", "ratios")
    }
    return {
        "reference": plan.reference,
        "replicates": whom.replicates,
        "any_programme": ANY,
        **frames,
        "stories": stories_json(plan, whom.pairs),
    }


# The waterfall from supported firms to additional firms, as SVG.


UP, DOWN, NET = COLOURS[0], COLOURS[1], COLOURS[6]


def waterfall(people: People, label: str) -> str:
    """Firms and jobs of one scenario, from gross to net, with intervals of every step."""
    lang = chart_language(people.lang)
    text = people_words(lang)
    name = f"{People(people.plan, people.whom, lang).title(label)}: {text['report']['waterfall']}"
    with mpl.rc_context(settings(f"whom {label}")):
        figure = Figure(figsize=(9.2, 3.1), layout="constrained")
        panels = figure.subplots(1, len(AMOUNTS), sharey=True)
        for axes, amount in zip(panels, AMOUNTS):
            _bars(axes, _rows(people.whom, label, amount))
            axes.set_title(text["amounts"][amount])
        panels[0].set_yticks(range(len(STEPS)), [text["steps"][step] for step in STEPS])
        panels[0].invert_yaxis()
        return svg_of(figure, name)


def _rows(whom: Whom, label: str, amount: str) -> pd.DataFrame:
    some = whom.waterfall
    some = some[(some["scenario"] == label) & (some["amount"] == amount)]
    return some.set_index("step").loc[list(STEPS)]


def _bars(axes: Axes, rows: pd.DataFrame) -> None:
    """A bar a step, each from where the one before ended; the last from zero."""
    means = rows["mean"].to_numpy()
    changes = np.append(means[:-1] * SIGNS, means[-1])
    ends = np.append(np.cumsum(changes[:-1]), means[-1])
    begins = np.append(ends[:-1] - changes[:-1], 0.0)
    colours = [UP if change >= 0 else DOWN for change in changes[:-1]] + [NET]
    axes.barh(range(len(STEPS)), changes, left=begins, color=colours, height=0.66)
    spread = rows[["low", "high"]].to_numpy() - means[:, None]
    if np.isfinite(spread).all():
        sides = np.append(SIGNS, 1)[:, None] * spread
        low, high = -sides.min(axis=1), sides.max(axis=1)
        places = np.arange(len(STEPS))
        bars = np.abs(np.array([low, high]))
        axes.errorbar(ends, places, xerr=bars, fmt="none", ecolor=BLACK, elinewidth=0.9, capsize=2)
    axes.axvline(0.0, color=BLACK, linewidth=0.9)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
