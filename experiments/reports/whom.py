"""Whom a policy changed, in rows, words and plain values: for the report, the terminal and JSON."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from returnee.experiments.numbers import picked, plain_rows, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.terminal import GAP
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.statistics import persons
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.studies.stories import words as story
from returnee.experiments.studies.stories.choice import stories_json
from returnee.experiments.studies.stories.life import Life
from returnee.experiments.studies.whom import Whom
from returnee.experiments.words import texts as say

UP, DOWN, NET = draw.COLOURS[0], draw.COLOURS[1], draw.COLOURS[6]


class People(OfPlan[Comparison]):
    """Everything that is told of whom a policy changed, where people were kept."""

    table = "people"

    @property
    def whom(self) -> Whom:
        """Whom the policies changed."""
        assert self.found.whom is not None
        return self.found.whom

    @property
    def labels(self) -> list[str]:
        """Scenarios of which there are pairs."""
        there = set(self.whom.counts["scenario"])
        return [label for label in self.plan.compared if label in there]

    def head(self, keys: str) -> list[str]:
        """Words over columns: those of the section, of changes or amounts, else those of all."""
        texts = self.text["report"] | self.text["changes"] | self.text["amounts"]
        return [str(texts.get(key) or self.words[key]) for key in keys.split()]

    def reading(self) -> str:
        """How to read the section."""
        t, pairs = self.text["report"], self.whom.replicates
        few = t["no_interval"] if pairs == 1 else say.few_pairs(pairs, self.lang)
        return self.joined(t["note"].format(replicates=pairs, reference=self.reference), few)

    def counts(self, label: str) -> doc.Sheet:
        """Everybody, a row an outcome."""
        rows = [
            [name, *self._changes(label, outcome, "all", "all", persons.CHANGES)]
            for outcome, name in self.text["outcomes"].items()
        ]
        return self.sheet(" ".join(("outcome", *persons.CHANGES, "net interval")), rows)

    def groups(self, label: str, outcome: str) -> doc.Sheet:
        """One outcome, a row a group."""
        shown, names = persons.CHANGES[:3], self.text["groups"]
        rows = [
            [names[group], *self._changes(label, outcome, dimension, group, shown)]
            for dimension, group in persons.GROUPS[1:]
        ]
        return self.sheet(" ".join(("group", *shown, "net interval")), rows)

    def _changes(
        self, label: str, outcome: str, dimension: str, group: str, shown: Any
    ) -> list[str]:
        """How many people changed in each way, and the net change with its interval."""
        counts = picked(self.whom.counts, scenario=label, outcome=outcome)
        some = picked(counts, dimension=dimension, group=group).set_index("change")
        net = some.loc["net"]
        cells = [self.figure(some.loc[change, "mean"], "people") for change in shown]
        cells.append(self.figure(net["mean"], "people", signed=True))
        return [*cells, self.span(net["low"], net["high"], "people")]

    def served(self, label: str) -> doc.Sheet:
        """Deadweight by programme; programmes that served nobody are left out."""
        rows, names = [], self.text["programmes"]
        served = picked(self.whom.served, scenario=label)
        for row in rows_of(served[served["served"] != 0.0]):
            cells = [names[row["programme"]], self.figure(row["served"], "people")]
            for name in ("founded", "open"):
                cells += [self.figure(row[name], "people"), self._share(row, f"{name}_anyway")]
            cells.append(self.figure(row["yuan"], "yuan") if row["yuan"] else say.NONE)
            rows.append([*cells, *(self._share(row, f"yuan_{n}_anyway") for n in ("ran", "open"))])
        keys = "programme served founders founded_anyway open open_anyway yuan yuan_ran yuan_open"
        return self.sheet(keys, rows)

    def steps(self, label: str) -> doc.Sheet:
        """The waterfall, firms and jobs side by side."""
        some, rows = picked(self.whom.waterfall, scenario=label), []
        for step in persons.STEPS:
            here = picked(some, step=step).set_index("amount")
            if "withdrawn" not in step or here["mean"].any():
                cells = (self._step(here.loc[amount], step, amount) for amount in persons.AMOUNTS)
                rows.append([self.text["steps"][step], *chain(*cells)])
        return self.sheet("step firms interval jobs interval", rows)

    def _step(self, row: pd.Series, step: str, unit: str) -> tuple[str, str]:
        """A step of the waterfall with its sign, and its interval."""
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        signed = step != "gross"
        # Adding zero makes a negative zero one without a sign.
        mean, *ends = (sign * row[name] + 0.0 for name in ("mean", "low", "high"))
        shown = self.figure(mean, unit, signed, digits=4)
        if pd.isna(row["low"]):
            return shown, say.NONE
        low, high = sorted(ends)
        if signed:
            return shown, self.span(low, high, unit)
        return shown, say.to(self.lang, self.figure(low, unit), self.figure(high, unit))

    def others(self, label: str) -> doc.Sheet:
        """What others gained and lost."""
        t, some = self.text, picked(self.whom.others, scenario=label)
        means = some.set_index(["others", "amount", "change"])["mean"]
        pairs = list(product(persons.AMOUNTS, persons.CHANGES[:2]))
        both = self.words["list_and"].strip()
        head = [f"{t['amounts'][a]}{both} {t['steps'][f'{c}_others']}" for a, c in pairs]
        rows = [
            [t["others"][kind], *(self.figure(means[kind, a, c], a) for a, c in pairs)]
            for kind in persons.OTHERS
        ]
        return doc.Sheet([t["report"]["others"], *head], rows)

    def ratios(self, label: str) -> doc.Sheet:
        """Displacement and cost."""
        some, rows = picked(self.whom.ratios, scenario=label), []
        for name, here in some.groupby("ratio", sort=False):
            by_amount = here.set_index("amount")
            unit = "yuan" if name.startswith("cost") else "per 100"
            cells = (self._ratio(by_amount.loc[amount], unit) for amount in persons.AMOUNTS)
            rows.append([self.text["ratios"][name], *chain(*cells)])
        return self.sheet("ratio firms interval jobs interval", rows)

    def _ratio(self, row: pd.Series, unit: str) -> list[str]:
        if pd.isna(row["mean"]):
            return [self.text["report"]["not_told"], say.NONE]
        shown, *ends = (self.figure(row[n], unit, digits=3) for n in ("mean", "low", "high"))
        if unit == "yuan" and row["high"] < 0.0:
            shown = self.text["report"]["costs_less"].format(yuan=shown)
        return [shown, say.to(self.lang, *ends)]

    def _share(self, row: pd.Series, name: str) -> str:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        interval = "" if pd.isna(low) else f" ({100 * low:.0f}–{100 * high:.0f})"
        return say.NONE if pd.isna(row[name]) else self.percent(row[name]) + interval

    def stories(self, label: str) -> list[doc.Block]:
        """Example lives: of how many, who, both lives, and where they part."""
        t, blocks = self.text["report"], list[doc.Block]()
        for pair in self.whom.pairs.get(label, []):
            one_of = t["one_of"].format(n=pair.candidates) if pair.kind else ""
            lives = (self.reference, pair.reference), (self.title(label), pair.policy)
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
        none = [] if self.labels else [doc.Text([t["no_pairs"]])]
        told = chain(*map(self._blocks, self.labels))
        return doc.Section(t["title"], [doc.note(self.reading()), *none, *told])

    def _blocks(self, label: str) -> list[doc.Block]:
        """Of one scenario."""
        t, stories = self.text["report"], self.stories(label)
        waterfall, deadweight = (
            doc.note(t[f"{name}_note"].format(reference=self.reference)) for name in ("waterfall", "deadweight")
        )  # fmt: skip
        groups: list[doc.Block] = [doc.note(t["gross_note"])]
        for outcome, name in self.text["outcomes"].items():
            groups += [doc.Heading(name, 4), self.groups(label, outcome)]
        return [
            doc.Heading(self.title(label)), doc.Heading(t["counts"], 4), self.counts(label),
            doc.Heading(t["waterfall"], 4), waterfall, doc.Picture(self.drawn.waterfall(label)), self.steps(label),
            doc.Heading(t["ratios"], 4), self.ratios(label),
            doc.Fold(t["others"], [doc.note(t["others_note"]), self.others(label)]),
            doc.Fold(t["deadweight"], [deadweight, self.served(label)]), doc.Fold(t["groups"], groups),
            *([doc.Fold(t["stories"], [doc.note(t["stories_note"]), *stories])] if stories else []),
        ]  # fmt: skip

    def printed(self) -> list[doc.Block]:
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

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs, as plain values; figures are not rounded, counts full county."""
        frames = ("counts", "served", "waterfall", "others", "ratios")
        return {
            "reference": self.plan.reference, "replicates": self.whom.replicates,
            "any_programme": persons.ANY,
            **{name: plain_rows(getattr(self.whom, name)) for name in frames},
            "stories": stories_json(self.plan, self.whom.pairs),
        }  # fmt: skip

    def waterfall(self, label: str) -> str:
        """Firms and jobs of one scenario, from gross to net, with intervals of every step, as SVG."""
        text, some = self.text, picked(self.whom.waterfall, scenario=label)
        with draw.paper(f"whom {label}", 9.2, 3.1) as figure:
            panels = figure.subplots(1, len(persons.AMOUNTS), sharey=True)
            for axes, amount in zip(panels, persons.AMOUNTS):
                _bars(axes, picked(some, amount=amount).set_index("step").loc[list(persons.STEPS)])
                axes.set_title(text["amounts"][amount])
            draw.down(panels[0], [text["steps"][step] for step in persons.STEPS])
            return draw.svg_of(figure, f"{self.title(label)}: {text['report']['waterfall']}")


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
        look: Any = {"fmt": "none", "ecolor": draw.BLACK, "elinewidth": 0.9, "capsize": 2}
        axes.errorbar(ends, np.arange(len(ends)), xerr=np.abs(np.array([low, high])), **look)
    axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="x", color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)
