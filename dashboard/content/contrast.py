"""Several policies beside each other: a table of differences, the frontier, who gains, quality ranks."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from returnee.dashboard.content import drawing
from returnee.dashboard.content.drawing import Spec
from returnee.dashboard.content.facts import Told, told
from returnee.dashboard.live.answers import Answer, answer_of, grown, sets_of
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import cubes, group_runs
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import ENSEMBLE, Place, address_of
from returnee.experiments.measuring.groups import COUNTED, groups_of
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import CONTRASTED, MULTIPLES
from returnee.experiments.reports.compare import Page
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.quality import weighed_of
from returnee.experiments.studies.compare import command_of
from returnee.experiments.words.texts import amount, phrase, plain_title
from returnee.scenarios import Scenario

DIMENSIONS = ("sex", "age", "schooling", "place", "township")
GROUPED = tuple(counted.name for counted in COUNTED)
NEAR = 0.02  # difference in public cost up to which spending counts as equal


def lined_up(place: Place) -> tuple[dict[str, Scenario], str]:
    """Scenarios of the page by label, and the label of the reference.

    Raises
    ------
    ScenarioError
        One line.
    """
    reference = place.named()
    found: dict[str, Scenario] = {reference: _named(place, reference)}
    for name in place.compared:
        if name != reference:
            found[name] = _named(place, name)
    return found, reference


def asked(place: Place) -> tuple[object, ...]:
    """What the runs of the page depend on."""
    return place.named(), tuple(place.mix_of(name) for name in place.compared), place.over


def answer(place: Place, asker: Asker) -> Answer:
    """What the scenarios change; shown again and again with more replicates."""
    scenarios, reference = lined_up(place)
    sets = sets_of(place, [place.mix_of(name) for name in scenarios])
    stages = cubes(scenarios, reference, asker, sets=sets)
    return grown(stages, asker, lambda plan, cube: answer_of(plan, cube, group_runs(plan, sets)))


def command(place: Place, plan: Plan) -> str:
    """What repeats the comparison: a command line, or the address where a policy has levers moved."""
    reference = place.named()
    names = [name for name in place.compared if name != reference]
    if place.over == ENSEMBLE or any(place.mix_of(name).levers for name in names):
        return f"returnee dashboard: /?{address_of(place)}"
    return command_of(names, reference, plan, {}, 1).rpartition(" --workers")[0]


def _named(place: Place, name: str) -> Scenario:
    mix = place.mix_of(name)
    scenario = mix.scenario()
    titles = {"title_en": mix.title, "title_zh": mix.title} if mix.title else {}
    return scenario.with_(name=name, **titles)


class Contrast:
    """What the page shows of an answer."""

    def __init__(self, found: Answer, lang: str, sets: bool = False) -> None:
        self.found, self.lang, self.sets = found, lang, sets
        self.text = words(lang)["compare"]
        self.names = {k: plain_title(s, lang) for k, s in found.plan.scenarios.items()}
        self.years = found.plan.settings.months / 12.0

    def rows(self) -> list[tuple[str, str, list[Told]]]:
        """By measure: label, the reference's level, and a cell per scenario."""
        plan, rows = self.found.plan, []
        for name in CONTRASTED:
            label = phrase(BY_NAME[name], "short", self.lang)
            effects = [self.found.by_measure[k][name] for k in plan.compared]
            cells = [told(plan, name, effect, self.lang) for effect in effects]
            rows.append((label, cells[0].reference, cells))
        return rows

    def spending_lines(self) -> list[str]:
        """Which scenarios spend alike, and which don't."""
        cost = {k: self._level(k, "public_cost") / self.years for k in self.found.plan.scenarios}
        lines = []
        for k in self.found.plan.compared:
            near = [o for o, c in cost.items() if abs(c - cost[k]) <= NEAR * max(c, 1.0) and o != k]
            line = self.text["alike" if near else "unlike"]
            others = self.text["comma"].join(self.names[o] for o in near)
            spent = amount(cost[k], "yuan", self.lang)
            lines.append(line.format(name=self.names[k], others=others, cost=spent))
        return lines

    def _level(self, label: str, measure: str) -> float:
        if label == self.found.plan.reference:
            first = self.found.plan.compared[0]
            return float(self.found.by_measure[first][measure]["reference"])
        return float(self.found.by_measure[label][measure]["level"])

    def ratios(self) -> list[str]:
        """Cost per additional firm and job, in words."""
        return [
            f"{self.names[k]}{self.text['colon']}{Page(self.found, self.lang).ratio(k, name)}"
            for k in self.found.plan.compared
            for name in ("cost_per_returnee_firm", "cost_per_job")
        ]

    def multiples(self) -> list[Spec]:
        """Differences over months, a small chart a measure."""
        specs = [
            drawing.differences(self.found, name, self.lang, sets=self.sets) for name in MULTIPLES
        ]
        return [spec | {"height": 230, "small": True} for spec in specs]

    def frontier(self, gain: str) -> Spec:
        """Public cost against a gain; what another scenario betters in both is pale."""
        cost = {k: self._level(k, "public_cost") / self.years for k in self.names}
        gained = {k: self._level(k, gain) for k in self.names}
        front = [k for k in self.names if not any(
            cost[o] <= cost[k] and gained[o] >= gained[k] and (cost[o], gained[o]) != (cost[k], gained[k])
            for o in self.names)]  # fmt: skip
        x, y = self.text["cost_axis"], drawing.label(gain, self.lang)
        rows: list[list[str | float]] = []
        points: dict[str, list[Spec]] = {"on_front": [], "off_front": []}
        for k, name in self.names.items():
            side, value = "on_front" if k in front else "off_front", [round(cost[k]), round(gained[k], 1)]  # fmt: skip
            rows.append([name, *value, self.text[side]])
            points[side].append({"name": name, "value": value})
        line = sorted((round(cost[k]), round(gained[k], 1)) for k in front)
        return drawing.chart(
            self.text["frontier"], "points", self.lang, f"frontier-{gain}", note=self.text["frontier_note"],
            x=x, y=y, x_unit="yuan", unit=BY_NAME[gain].unit, height=340,
            series=[
                drawing.line(self.text["on_front"], "policy", points["on_front"]),
                drawing.line(self.text["off_front"], "c6", points["off_front"]) | {"faded": True},
            ],
            front=line, columns=[words(self.lang)["charts"]["what"], x, y, ""], rows=rows,
        )  # fmt: skip

    @cached_property
    def equity(self) -> pd.DataFrame:
        """Differences by group of people."""
        return self.found.equity

    def who_gains(self, measure: str, dimension: str) -> Spec:
        """Differences by group, with intervals; townships by their distance."""
        section = Equity(self.found, self.lang)
        facts = self.found.plan.scenarios[self.found.plan.reference].county
        groups = list(groups_of(facts)[dimension])
        tails = dict.fromkeys(groups, "")
        if dimension == "township":
            towns = {town.name: town for town in facts.townships}
            groups.sort(key=lambda name: towns[name].distance_km)
            tails = {name: f" ({towns[name].distance_km:g} km)" for name in groups}
        frame = self.equity
        frame = frame[(frame["measure"] == measure) & (frame["dimension"] == dimension)]
        lines = []
        for k, label in enumerate(self.found.plan.compared):
            rows = frame[frame["scenario"] == label].set_index("group")
            data = [_triple(rows.loc[group]) for group in groups]
            lines.append(drawing.line(self.names[label], k, data))
        unit = str(frame["unit"].iloc[0])
        title = f"{section.text['measures'][measure]}{self.text['colon']}{section.text['dimensions'][dimension]}"
        return drawing.intervals(
            title, [section.group(dimension, g) + tails[g] for g in groups], lines, self.lang,
            f"{measure}-by-{dimension}", "share" if unit == "share" else "",
            note=self.text["who_note"].format(reference=self.names[self.found.plan.reference]),
        )  # fmt: skip

    def ranks(self) -> Spec:
        """How often each scenario has each rank of return quality over all weightings."""
        weighed = weighed_of(self.found.made, self.found.plan)
        names = [self.names[k] for k in weighed.labels]
        shares = [[round(float(v), 4) for v in column] for column in weighed.ranks.T]
        lines = [
            drawing.line(self.text["rank"].format(n=k + 1), k, data)
            for k, data in enumerate(shares)
        ]
        note = self.text["ranks_note"].format(share=f"{100 * weighed.told:.0f}")
        return drawing.bars(
            self.text["ranks"], names, lines, self.lang, "quality-ranks", "share", stack=True,
            note=note,
        )  # fmt: skip


def _triple(row: pd.Series) -> list[float] | None:
    values = [float(row[name]) for name in ("difference", "low", "high")]
    return [float(f"{v:.5g}") for v in values] if np.isfinite(values).all() else None


def without(place: Place, name: str) -> Place:
    """The place with a scenario taken away."""
    compared = tuple(k for k in place.compared if k != name)
    return replace(place, compared=compared, saved=tuple(m for m in place.saved if m.title != name))
