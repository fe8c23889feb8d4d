"""Several policies beside each other: a table of differences, the frontier, who gains, quality ranks."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.dashboard.content import drawing
from returnee.dashboard.content.drawing import Spec
from returnee.dashboard.content.facts import FUTURES, Told, told, years_of
from returnee.dashboard.content.levers import value_text
from returnee.dashboard.live.answers import Answer, answer_of, grown, luck_of, sets_of
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import cubes, group_runs
from returnee.dashboard.texts import measure_name, words
from returnee.dashboard.visitor.place import ENSEMBLE, Place, address_of
from returnee.experiments.measuring.groups import COUNTED, groups_of
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import CONTRASTED, MULTIPLES
from returnee.experiments.reports.compare import Page
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX
from returnee.experiments.statistics.quality import weighed_of
from returnee.experiments.statistics.ranks import rank_chances
from returnee.experiments.statistics.samples import bias_of, wider
from returnee.experiments.statistics.spread import drawn_in
from returnee.experiments.studies.compare import command_of
from returnee.experiments.words.texts import amount, label_of, phrase, plain_title
from returnee.scenarios import Scenario, walk

DIMENSIONS = ("sex", "age", "schooling", "place", "township")
GROUPED = tuple(counted.name for counted in COUNTED)
NEAR = 0.02  # difference in public cost up to which spending counts as equal


RANKED = ("firms_surviving", "jobs", "return_quality", "rural_income", "public_cost")
VERSUS = "siloed"  # what policies are compared with, unless it is said otherwise
MOST_BANDS = 2  # in one small chart


def versus(place: Place) -> str:
    """What the page compares with: today's money spent programme by programme, or what was chosen."""
    return place.option("versus", VERSUS)


def lined_up(place: Place) -> tuple[dict[str, Scenario], str]:
    """Scenarios of the page by label, and the label of the reference.

    Raises
    ------
    ScenarioError
        One line.
    """
    reference = versus(place)
    found: dict[str, Scenario] = {reference: _named(place, reference)}
    for name in place.compared:
        if name != reference:
            found[name] = _named(place, name)
    return found, reference


def asked(place: Place) -> tuple[object, ...]:
    """What the runs of the page depend on."""
    return versus(place), tuple(place.mix_of(name) for name in place.compared), place.over


def answer(place: Place, asker: Asker) -> Answer:
    """What the scenarios change; shown again and again with more replicates."""
    scenarios, reference = lined_up(place)
    sets = sets_of(place, [place.mix_of(name) for name in scenarios])
    luck = luck_of(scenarios, reference, asker, sets)
    stages = cubes(scenarios, reference, asker, sets=sets)
    return grown(
        stages, asker, lambda plan, cube: answer_of(plan, cube, group_runs(plan, sets), luck=luck)
    )


def command(place: Place, plan: Plan) -> str:
    """What repeats the comparison: a command line, or the address where a policy has levers moved."""
    reference = versus(place)
    names = [name for name in place.compared if name != reference]
    if place.over == ENSEMBLE or any(place.mix_of(name).levers for name in names):
        return f"returnee dashboard: /?{address_of(place)}"
    return command_of(names, reference, plan, {})


def _named(place: Place, name: str) -> Scenario:
    mix = place.mix_of(name)
    scenario = mix.scenario()
    titles = {"title_en": mix.title, "title_zh": mix.title} if mix.title else {}
    return scenario.with_(name=name, **titles)


class Contrast:
    """What the page shows of an answer."""

    def __init__(self, found: Answer, lang: str) -> None:
        self.found, self.lang = found, lang
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

    @cached_property
    def cost(self) -> dict[str, float]:
        """Public cost a year of every scenario."""
        return {k: self._level(k, "public_cost") / self.years for k in self.found.plan.scenarios}

    @cached_property
    def alike(self) -> list[str]:
        """The most scenarios that spend alike: all within `NEAR` of the one in their middle."""
        groups = [
            [o for o, c in self.cost.items() if abs(c - middle) <= NEAR * max(c, middle, 1.0)]
            for middle in self.cost.values()
        ]
        return max(groups, key=len)

    def spending_lines(self) -> list[str]:
        """Which scenarios spend alike, and what the others spend."""
        comma, lines = self.text["comma"], []
        spent = {k: amount(c, "yuan", self.lang) for k, c in self.cost.items()}
        if len(self.alike) > 1:
            each = comma.join(f"{self.names[k]} {spent[k]}" for k in self.alike)
            lines.append(self.text["alike"].format(names=each))
        lines += [
            self.text["unlike"].format(name=self.names[k], cost=spent[k])
            for k in self.cost
            if k not in self.alike or len(self.alike) < 2
        ]
        return lines

    def ranks_alike(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """By scenario among those that spend alike: rank in each of `RANKED`, and how sure."""
        if len(self.alike) < 2:
            return []
        places = [self.found.made.labels.index(k) for k in self.alike]
        columns = []
        for name in RANKED:
            levels = self.found.made.levels[places][:, :, INDEX[name]].astype(float)
            if self.found.luck is None:
                middle = levels.mean(axis=1)[:, None]
                levels = middle + wider(name, self.found.sample) * (levels - middle)
            else:
                levels = drawn_in(levels.T, self.found.luck.levels[places][:, :, INDEX[name]].T).T
                levels = levels.mean(axis=1)[:, None] + (levels - levels.mean(axis=1)[:, None]) * (
                    levels.shape[1] ** 0.5
                )  # single sets, not the mean of them
            off = bias_of([name], self.found.plan.settings.sample)[0]
            chances = rank_chances(levels, float(off), int(BY_NAME[name].better) or 1)
            order = (-levels.mean(axis=1) * (int(BY_NAME[name].better) or 1)).argsort()
            columns.append([self._rank(int((order == k).argmax()), chances[k]) for k in range(len(places))])  # fmt: skip
        return [
            (self.names[label], [column[k] for column in columns])
            for k, label in enumerate(self.alike)
        ]

    def _rank(self, place: int, chances: np.ndarray) -> tuple[str, str]:
        n = round(FUTURES * float(chances[place])) if np.isfinite(chances[place]) else 0
        sure = words(self.lang)["sure"]["all" if n == FUTURES else "told"]
        return self.text["rank"].format(n=place + 1), sure.format(n=n, most=FUTURES)

    def gaps(self, measure: str) -> Spec:
        """Differences from the reference on their own scale, a row a scenario."""
        plan = self.found.plan
        years = years_of(plan, measure)
        rows = [self.found.by_measure[k][measure] for k in plan.compared]
        data = [
            None
            if not np.isfinite([row["low"], row["high"]]).all()
            else [float(f"{row[name] / years:.5g}") for name in ("difference", "low", "high")]
            for row in rows
        ]
        title = words(self.lang)["charts"]["difference"].format(
            measure=measure_name(BY_NAME[measure], self.lang), reference=self.names[plan.reference]
        )
        note = words(self.lang)["charts"]["spread_note" if self.found.luck else "difference_note"]
        return drawing.intervals(
            title, [self.names[k] for k in plan.compared], [drawing.line(self.text["gap"], "policy", data)],
            self.lang, f"{measure}-gaps", BY_NAME[measure].unit, note=note,
        )  # fmt: skip

    def described(self) -> list[tuple[str, str]]:
        """Title and description of every scenario."""
        return [
            (self.names[k], str(getattr(s, f"description_{self.lang}", "") or ""))
            for k, s in self.found.plan.scenarios.items()
        ]

    def lever_rows(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """Levers in which the scenarios differ: label, and each value with whether it differs."""
        scenarios = list(self.found.plan.scenarios.values())
        known = [dict(walk(s.policies(1)[0], "policy.")) for s in scenarios]
        rows = []
        for key, lever in known[0].items():
            values = [of[key].value for of in known]
            if len(set(values)) > 1:
                cells = [(value_text(lever, v, self.lang), v != values[0]) for v in values]
                rows.append((label_of(lever, self.lang), cells))
        return rows

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
        specs = [drawing.differences(self.found, name, self.lang) for name in MULTIPLES]
        if len(self.found.plan.compared) > MOST_BANDS:  # bands on bands can't be told apart
            note = words(self.lang)["charts"]["no_bands"]
            bare = {"low": None, "high": None}
            specs = [
                spec | {"note": note, "series": [line | bare for line in spec["series"]]}
                for spec in specs
            ]
        return [spec | {"height": 230, "small": True} for spec in specs]

    def frontier(self, gain: str) -> Spec:
        """Public cost against a gain; what another scenario betters in both is pale."""
        cost = self.cost
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
            points[side].append({"name": name, "value": value} | self._reach(k, gain))
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

    def _reach(self, label: str, gain: str) -> dict[str, Any]:
        """Ends of the 90 % ranges of a scenario's cost and gain, beyond the reference's."""
        if label == self.found.plan.reference:
            return {}
        ends: list[float] = []
        for name, years in (("public_cost", self.years), (gain, 1.0)):
            row = self.found.by_measure[label][name]
            ends += [round((row["reference"] + row[side]) / years, 1) for side in ("low", "high")]
        return {"range": ends} if np.isfinite(ends).all() else {}

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
    """The place with a scenario taken out of the comparison; it is kept."""
    return replace(place, compared=tuple(k for k in place.compared if k != name))


def forgotten(place: Place, name: str) -> Place:
    """The place without a scenario that was kept."""
    kept = tuple(mix for mix in place.saved if mix.title != name)
    return replace(without(place, name), saved=kept)
