"""Whom a policy changed, in rows, words and plain values: for the report, the terminal and JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from returnee.experiments.numbers import plain_rows, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics import persons
from returnee.experiments.studies.stories import words as story
from returnee.experiments.studies.stories.choice import stories_json
from returnee.experiments.studies.stories.life import Life
from returnee.experiments.studies.whom import Whom
from returnee.experiments.words import texts as say

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
        return story.people_words(self.lang)

    @cached_property
    def reference(self) -> str:
        """Title of the reference."""
        return story.titles(self.plan, self.plan.reference, self.lang)["reference"]

    @property
    def labels(self) -> list[str]:
        """Scenarios of which there are pairs."""
        there = set(self.whom.counts["scenario"])
        return [label for label in self.plan.compared if label in there]

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return story.titles(self.plan, label, self.lang)["policy"]

    def reading(self) -> str:
        """How to read the section."""
        t, pairs = self.text["report"], self.whom.replicates
        said = t["note"].format(replicates=pairs, reference=self.reference)
        few = t["no_interval"] if pairs == 1 else say.few_pairs(pairs, self.lang)
        return say.joined(self.lang, said, few)

    def counts(self, label: str) -> doc.Sheet:
        """Everybody, a row an outcome."""
        t, all_ = self.text, self._of(self.whom.counts, label)
        all_ = all_[all_["dimension"] == "all"]
        head = [
            t["report"]["outcome"],
            *(t["changes"][c] for c in persons.CHANGES),
            t["changes"]["net"],
        ]
        rows = []
        for outcome in persons.OUTCOMES:
            some = all_[all_["outcome"] == outcome].set_index("change")
            cells = [self._number(some.loc[change]) for change in persons.CHANGES]
            rows.append([t["outcomes"][outcome], *cells, *self._net(some.loc["net"])])
        return doc.Sheet([*head, say.words(self.lang)["interval"]], rows)

    def groups(self, label: str, outcome: str) -> doc.Sheet:
        """One outcome, a row a group."""
        t, some = self.text, self._of(self.whom.counts, label)
        some = some[some["outcome"] == outcome]
        by_group = {(row["dimension"], row["group"], row["change"]): row for row in rows_of(some)}
        head = [
            t["report"]["group"], *(t["changes"][c] for c in persons.CHANGES[:3]), t["changes"]["net"],
            say.words(self.lang)["interval"],
        ]  # fmt: skip
        rows = []
        for dimension, group in persons.GROUPS[1:]:
            one = [by_group[dimension, group, change] for change in persons.CHANGES[:3]]
            net = self._net(by_group[dimension, group, "net"])
            rows.append([t["groups"][group], *map(self._number, one), *net])
        return doc.Sheet(head, rows)

    def served(self, label: str) -> doc.Sheet:
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
                    say.figure(row["served"], "people", self.lang),
                    say.figure(row["founded"], "people", self.lang),
                    self._share(row, "founded_anyway"),
                    say.figure(row["open"], "people", self.lang),
                    self._share(row, "open_anyway"),
                    say.figure(row["yuan"], "yuan", self.lang) if row["yuan"] else say.NONE,
                    self._share(row, "yuan_ran_anyway"),
                    self._share(row, "yuan_open_anyway"),
                ]
            )
        return doc.Sheet(head, rows)

    def steps(self, label: str) -> doc.Sheet:
        """The waterfall, firms and jobs side by side."""
        t, some = self.text, self._of(self.whom.waterfall, label)
        head = [t["report"]["step"]]
        for amount in persons.AMOUNTS:
            head += [t["amounts"][amount], say.words(self.lang)["interval"]]
        rows = []
        for step in persons.STEPS:
            row = [t["steps"][step]]
            if "withdrawn" in step and not some[some["step"] == step]["mean"].any():
                continue
            for amount in persons.AMOUNTS:
                one = some[(some["amount"] == amount) & (some["step"] == step)].iloc[0]
                row += [
                    self._amount(one["mean"], step, UNITS[amount]),
                    self._bounds(one, step, amount),
                ]
            rows.append(row)
        return doc.Sheet(head, rows)

    def others(self, label: str) -> doc.Sheet:
        """What others gained and lost."""
        t, some = self.text, self._of(self.whom.others, label)
        head = [t["report"]["others"]]
        for amount in persons.AMOUNTS:
            head += [f"{t['amounts'][amount]}{say.words(self.lang)['list_and'].strip()} {t['steps'][step]}"
                     for step in ("gained_others", "lost_others")]  # fmt: skip
        rows = []
        for kind in persons.OTHERS:
            cells = [
                say.figure(
                    some[
                        (some["amount"] == amount) & (some["others"] == kind)
                        & (some["change"] == change)
                    ]["mean"].iloc[0],
                    UNITS[amount], self.lang,
                )
                for amount in persons.AMOUNTS for change in persons.CHANGES[:2]
            ]  # fmt: skip
            rows.append([t["others"][kind], *cells])
        return doc.Sheet(head, rows)

    def ratios(self, label: str) -> doc.Sheet:
        """Displacement and cost."""
        t, some = self.text, self._of(self.whom.ratios, label)
        head = [t["report"]["ratio"]]
        for amount in persons.AMOUNTS:
            head += [t["amounts"][amount], say.words(self.lang)["interval"]]
        rows = []
        for name in dict.fromkeys(some["ratio"]):
            row = [t["ratios"][name]]
            for amount in persons.AMOUNTS:
                one = some[(some["ratio"] == name) & (some["amount"] == amount)].iloc[0]
                cost = name.startswith("cost")
                row += self._ratio(one, "yuan" if cost else "per 100")
            rows.append(row)
        return doc.Sheet(head, rows)

    def stories(self, label: str) -> list[doc.Block]:
        """Example lives: of how many, who, both lives, and where they part."""
        t, blocks = self.text["report"], list[doc.Block]()
        names = story.titles(self.plan, label, self.lang)
        for pair in self.whom.pairs.get(label, []):
            one_of = t["one_of"].format(n=pair.candidates) if pair.kind else ""
            lives = (names["reference"], pair.reference), (names["policy"], pair.policy)
            blocks += [
                doc.Heading(self.text["kinds"][pair.kind] if pair.kind else "", 4), doc.note(one_of),
                doc.Text([story.who(pair.policy, self.lang)]), doc.Beside([self._life(*life) for life in lives]),
                doc.Text([t["part"]], "alert"), doc.Text(story.parting(self.plan, label, pair, self.lang)),
            ]  # fmt: skip
        return blocks

    def _life(self, name: str, life: Life) -> list[doc.Block]:
        lines = [f"{date} {line}" for date, line in story.event_lines(life, self.lang)]
        return [doc.Heading(name, 5), doc.Text([*lines, story.ending(life, self.lang)], "list")]

    def section(self) -> doc.Section:
        """Everything the page shows."""
        t = self.text["report"]
        blocks: list[doc.Block] = [doc.note(self.reading())]
        blocks += [] if self.labels else [doc.Text([t["no_pairs"]])]
        for label in self.labels:
            blocks += self._blocks(label)
        return doc.Section(t["title"], blocks)

    def _blocks(self, label: str) -> list[doc.Block]:
        """Of one scenario."""
        t, stories = self.text["report"], self.stories(label)
        fill = {"reference": self.reference}
        groups: list[doc.Block] = [doc.note(t["gross_note"])]
        for outcome, name in self.text["outcomes"].items():
            groups += [doc.Heading(name, 4), self.groups(label, outcome)]
        return [
            doc.Heading(self.title(label)), doc.Heading(t["counts"], 4), self.counts(label),
            doc.Heading(t["waterfall"], 4), doc.note(t["waterfall_note"].format(**fill)),
            doc.Picture(waterfall(self, label)), self.steps(label),
            doc.Heading(t["ratios"], 4), self.ratios(label),
            doc.Fold(t["others"], [doc.note(t["others_note"]), self.others(label)]),
            doc.Fold(t["deadweight"], [doc.note(t["deadweight_note"].format(**fill)), self.served(label)]),
            doc.Fold(t["groups"], groups),
            *([doc.Fold(t["stories"], [doc.note(t["stories_note"]), *stories])] if stories else []),
        ]  # fmt: skip

    def told(self) -> list[doc.Block]:
        """Tables and example lives of every scenario, for the terminal."""
        t = self.text["report"]
        blocks: list[doc.Block] = [] if self.labels else [doc.Text([t["no_pairs"]])]
        for label in self.labels:
            for name, sheet in (
                ("counts", self.counts(label)), ("waterfall", self.steps(label)),
                ("ratios", self.ratios(label)), ("deadweight", self.served(label)),
            ):  # fmt: skip
                blocks.append(replace(sheet, title=f"{self.title(label)}: {t[name]}"))
            for pair in self.whom.pairs.get(label, []):
                blocks.append(doc.Heading(self.text["kinds"][pair.kind]))
                blocks += [doc.Text(story.story_lines(self.plan, label, pair, self.lang)), GAP]
        return [*blocks, doc.note(self.reading())]

    def _of(self, frame: pd.DataFrame, label: str) -> pd.DataFrame:
        return frame[frame["scenario"] == label]

    def _number(self, row: pd.Series | dict[str, Any]) -> str:
        return say.figure(row["mean"], "people", self.lang)

    def _net(self, row: pd.Series | dict[str, Any]) -> list[str]:
        mean = say.figure(row["mean"], "people", self.lang, signed=True)
        return [mean, say.span(row["low"], row["high"], "people", self.lang)]

    def _share(self, row: pd.Series, name: str) -> str:
        if pd.isna(row[name]):
            return say.NONE
        ends = row[f"{name}_low"], row[f"{name}_high"]
        shown = say.percent(row[name], self.lang)
        if pd.isna(ends[0]):
            return shown
        return f"{shown} ({100 * ends[0]:.0f}–{100 * ends[1]:.0f})"

    def _amount(self, value: float, step: str, unit: str) -> str:
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        # Adding zero makes a negative zero one without a sign.
        return say.figure(sign * value + 0.0, unit, self.lang, signed=step != "gross", digits=4)

    def _bounds(self, row: pd.Series, step: str, amount: str) -> str:
        if pd.isna(row["low"]):
            return say.NONE
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        low, high = sorted((sign * row["low"] + 0.0, sign * row["high"] + 0.0))
        if step != "gross":
            return say.span(low, high, UNITS[amount], self.lang)
        ends = (say.figure(end, UNITS[amount], self.lang) for end in (low, high))
        return say.to(self.lang, *ends)

    def _ratio(self, row: pd.Series, unit: str) -> list[str]:
        if pd.isna(row["mean"]):
            return [self.text["report"]["not_told"], say.NONE]
        ends = [say.figure(row[name], unit, self.lang, digits=3) for name in ("low", "high")]
        shown = say.figure(row["mean"], unit, self.lang, digits=3)
        if unit == "yuan" and row["high"] < 0.0:
            shown = self.text["report"]["costs_less"].format(yuan=shown)
        return [shown, say.to(self.lang, *ends)]


def whom_json(plan: Plan, whom: Whom) -> dict[str, Any]:
    """Everything a program needs, as plain values; figures are not rounded, counts full county."""
    frames = {
        name: plain_rows(getattr(whom, name))
        for name in ("counts", "served", "waterfall", "others", "ratios")
    }
    return {
        "reference": plan.reference,
        "replicates": whom.replicates,
        "any_programme": persons.ANY,
        **frames,
        "stories": stories_json(plan, whom.pairs),
    }


# The waterfall from supported firms to additional firms, as SVG.


UP, DOWN, NET = draw.COLOURS[0], draw.COLOURS[1], draw.COLOURS[6]


def waterfall(people: People, label: str) -> str:
    """Firms and jobs of one scenario, from gross to net, with intervals of every step."""
    lang = draw.chart_language(people.lang)
    text = story.people_words(lang)
    name = f"{People(people.plan, people.whom, lang).title(label)}: {text['report']['waterfall']}"
    with draw.paper(f"whom {label}", 9.2, 3.1) as figure:
        panels = figure.subplots(1, len(persons.AMOUNTS), sharey=True)
        for axes, amount in zip(panels, persons.AMOUNTS):
            _bars(axes, _rows(people.whom, label, amount))
            axes.set_title(text["amounts"][amount])
        panels[0].set_yticks(
            range(len(persons.STEPS)), [text["steps"][step] for step in persons.STEPS]
        )
        panels[0].invert_yaxis()
        return draw.svg_of(figure, name)


def _rows(whom: Whom, label: str, amount: str) -> pd.DataFrame:
    some = whom.waterfall
    some = some[(some["scenario"] == label) & (some["amount"] == amount)]
    return some.set_index("step").loc[list(persons.STEPS)]


def _bars(axes: Axes, rows: pd.DataFrame) -> None:
    """A bar a step, each from where the one before ended; the last from zero."""
    means = rows["mean"].to_numpy()
    changes = np.append(means[:-1] * persons.SIGNS, means[-1])
    ends = np.append(np.cumsum(changes[:-1]), means[-1])
    begins = np.append(ends[:-1] - changes[:-1], 0.0)
    colours = [UP if change >= 0 else DOWN for change in changes[:-1]] + [NET]
    axes.barh(range(len(persons.STEPS)), changes, left=begins, color=colours, height=0.66)
    spread = rows[["low", "high"]].to_numpy() - means[:, None]
    if np.isfinite(spread).all():
        sides = np.append(persons.SIGNS, 1)[:, None] * spread
        low, high = -sides.min(axis=1), sides.max(axis=1)
        places = np.arange(len(persons.STEPS))
        bars = np.abs(np.array([low, high]))
        axes.errorbar(
            ends, places, xerr=bars, fmt="none", ecolor=draw.BLACK, elinewidth=0.9, capsize=2
        )
    axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
