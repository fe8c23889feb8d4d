"""Whom a policy changed, in rows, words and plain values: for the report, the terminal and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from returnee.experiments.numbers import plain
from returnee.experiments.reports.figures import (
    BLACK,
    COLOURS,
    chart_language,
    settings,
    svg_of,
)
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
from returnee.experiments.studies.stories.life import Life, Pair
from returnee.experiments.studies.stories.words import (
    ending,
    event_lines,
    parting,
    people_words,
    titles,
    who,
)
from returnee.experiments.studies.whom import Whom
from returnee.experiments.words.texts import few_pairs, figure, percent, span, words

UNITS = {"firms": "firms", "jobs": "jobs"}
Rows = list[list[str]]


@dataclass(frozen=True)
class People:
    """Everything a page shows about whom a policy changed.

    Parameters
    ----------
    plan : Plan
    whom : Whom
    lang : {"en", "zh"}
    """

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

    def note(self) -> str:
        """How to read the section."""
        t, pairs = self.text["report"], self.whom.replicates
        note = t["note"].format(replicates=pairs, reference=self.reference)
        parts = (note, t["no_interval"] if pairs == 1 else few_pairs(pairs, self.lang))
        return ("" if self.lang == "zh" else " ").join(filter(None, parts))

    def counts(self, label: str) -> tuple[list[str], Rows]:
        """Head and rows: everybody, a row an outcome."""
        t, all_ = self.text, self._of(self.whom.counts, label)
        all_ = all_[all_["dimension"] == "all"]
        head = [t["report"]["outcome"], *(t["changes"][c] for c in CHANGES), t["changes"]["net"]]
        rows = []
        for outcome in OUTCOMES:
            some = all_[all_["outcome"] == outcome].set_index("change")
            cells = [self._number(some.loc[change]) for change in CHANGES]
            rows.append([t["outcomes"][outcome], *cells, self._net(some.loc["net"])])
        return [*head, t["report"]["interval"]], [[*row[:-1], *row[-1].split("\t")] for row in rows]

    def groups(self, label: str, outcome: str) -> tuple[list[str], Rows]:
        """Head and rows: one outcome, a row a group."""
        t, some = self.text, self._of(self.whom.counts, label)
        some = some[some["outcome"] == outcome]
        head = [
            t["report"]["group"], *(t["changes"][c] for c in CHANGES[:3]), t["changes"]["net"],
            t["report"]["interval"],
        ]  # fmt: skip
        rows = []
        for dimension, group in GROUPS[1:]:
            one = some[(some["dimension"] == dimension) & (some["group"] == group)]
            one = one.set_index("change")
            cells = [self._number(one.loc[change]) for change in CHANGES[:3]]
            name = t["groups"][group]
            rows.append([name, *cells, *self._net(one.loc["net"]).split("\t")])
        return head, rows

    def served(self, label: str) -> tuple[list[str], Rows]:
        """Head and rows of deadweight by programme; programmes that served nobody are left out."""
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
                    figure(row["yuan"], "yuan", self.lang) if row["yuan"] else "–",
                    self._share(row, "yuan_ran_anyway"),
                    self._share(row, "yuan_open_anyway"),
                ]
            )
        return head, rows

    def steps(self, label: str) -> tuple[list[str], Rows]:
        """Head and rows of the waterfall, firms and jobs side by side."""
        t, some = self.text, self._of(self.whom.waterfall, label)
        head = [t["report"]["step"]]
        for amount in AMOUNTS:
            head += [t["amounts"][amount], t["report"]["interval"]]
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
        return head, rows

    def others(self, label: str) -> tuple[list[str], Rows]:
        """Head and rows of what others gained and lost."""
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
        return head, rows

    def ratios(self, label: str) -> tuple[list[str], Rows]:
        """Head and rows of displacement and cost."""
        t, some = self.text, self._of(self.whom.ratios, label)
        head = [t["report"]["ratio"]]
        for amount in AMOUNTS:
            head += [t["amounts"][amount], t["report"]["interval"]]
        rows = []
        for name in dict.fromkeys(some["ratio"]):
            row = [t["ratios"][name]]
            for amount in AMOUNTS:
                one = some[(some["ratio"] == name) & (some["amount"] == amount)].iloc[0]
                cost = name.startswith("cost")
                row += self._ratio(one, "yuan" if cost else "per 100")
            rows.append(row)
        return head, rows

    def stories(self, label: str) -> list[dict[str, Any]]:
        """Example lives: kind, of how many, who, both lives, where they part."""
        return [told(self.plan, label, pair, self.lang) for pair in self.whom.pairs.get(label, [])]

    def _of(self, frame: pd.DataFrame, label: str) -> pd.DataFrame:
        return frame[frame["scenario"] == label]

    def _number(self, row: pd.Series) -> str:
        return figure(row["mean"], "people", self.lang)

    def _net(self, row: pd.Series) -> str:
        mean = figure(row["mean"], "people", self.lang, signed=True)
        return f"{mean}\t{span(row['low'], row['high'], 'people', self.lang)}"

    def _share(self, row: pd.Series, name: str) -> str:
        if pd.isna(row[name]):
            return "–"
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
            return "–"
        sign = -1.0 if step == "deadweight" or step.startswith("lost") else 1.0
        low, high = sorted((sign * row["low"] + 0.0, sign * row["high"] + 0.0))
        if step != "gross":
            return span(low, high, UNITS[amount], self.lang)
        ends = (figure(end, UNITS[amount], self.lang) for end in (low, high))
        return str(words(self.lang)["to"]).join(ends)

    def _ratio(self, row: pd.Series, unit: str) -> list[str]:
        if pd.isna(row["mean"]):
            return [self.text["report"]["not_told"], "–"]
        ends = [figure(row[name], unit, self.lang, digits=3) for name in ("low", "high")]
        shown = figure(row["mean"], unit, self.lang, digits=3)
        if unit == "yuan" and row["high"] < 0.0:
            shown = self.text["report"]["costs_less"].format(yuan=shown)
        return [shown, str(words(self.lang)["to"]).join(ends)]


def told(plan: Plan, label: str, pair: Pair, lang: str) -> dict[str, Any]:
    """A pair of lives for a page."""
    text, names = people_words(lang), titles(plan, label, lang)
    kind = text["kinds"][pair.kind] if pair.kind else ""

    def side(name: str, life: Life) -> dict[str, Any]:
        return {"name": names[name], "lines": event_lines(life, lang), "end": ending(life, lang)}

    return {
        "kind": kind,
        "one_of": text["report"]["one_of"].format(n=pair.candidates) if pair.kind else "",
        "who": who(pair.policy, lang),
        "sides": [side("reference", pair.reference), side("policy", pair.policy)],
        "parting": parting(plan, label, pair, lang),
    }


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
