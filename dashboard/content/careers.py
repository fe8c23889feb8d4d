"""Career paths and firms' lives out of runs: flows between states, what became of founders, survival.

Survival is the product limit of Kaplan and Meier over firms registered under the policy, all
replicates together; the hazard of a year of age is the share of firms that reach it and end in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy

from returnee.dashboard.content import drawing
from returnee.dashboard.content.drawing import Spec
from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, reduced
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.measuring.measures import kaplan_meier
from returnee.experiments.statistics.intervals import estimate, quantile
from returnee.experiments.words.texts import NONE, counted, percent, plain_title, to
from returnee.scenarios import Scenario
from returnee.simulation import Run
from returnee.simulation.state import records as r

STATES = ("AWAY", "SEEKING", "FARMING", "EMPLOYED", "FOUNDING", "OWNER", "RETIRED")
COLOURS = {"AWAY": "c6", "SEEKING": "c4", "FARMING": "c2", "EMPLOYED": "c0", "FOUNDING": "c3", "OWNER": "c1", "RETIRED": "faint"}  # fmt: skip
COHORTS = ("away", "back", "home", "young", "women")
REPLICATES = 12
BACK = 24  # months within which early returnees come home
MARKS = (0, 24, 60, 120)  # months
YOUNG = 30.0  # years
EARLY = 60  # months: founders who registered up to then have years to be seen after
KINDS = ("operating", "registered")
SPELLS = ("AWAY", "SEEKING", "EMPLOYED", "FOUNDING", "OWNER")
YEARS = 8  # of a firm's age in which ends are counted
EDGES = np.arange(0, 109, 3)  # months of age at which survival is drawn


@dataclass(frozen=True)
class Careers:
    """What is kept of a run.

    Attributes
    ----------
    flows : ndarray, shape (cohorts, marks - 1, states, states)
        People of each cohort by state at one mark and at the next, full county.
    fates : ndarray, shape (states,)
        Those who registered a first firm in the first years, by their state at the end.
    lives : dict of str to ndarray, shape (firms, 2)
        By kind: months, and whether the end was seen.
    spells : dict of str to ndarray, shape (spells, 2)
        By state: months of the spells begun under the policy, and whether the end was seen.
    """

    flows: np.ndarray
    fates: np.ndarray
    lives: dict[str, np.ndarray]
    spells: dict[str, np.ndarray]


def careers_of(run: Run) -> Careers:
    """Reduce a run to its careers."""
    spells = run.paths
    states = {name: k for k, name in enumerate(STATES)}
    code = spells["state"].map(states).fillna(-1).to_numpy(int)
    worker, begin, end = (spells[name].to_numpy() for name in ("worker", "from", "to"))
    ids, place = np.unique(worker, return_inverse=True)
    marks = [mark for mark in MARKS if mark <= run.months]
    at = np.full((len(marks), len(ids)), -1)
    for k, mark in enumerate(marks):
        # The last spell that began by the mark.
        seen = np.flatnonzero(begin <= mark)
        at[k, place[seen]] = code[seen]
    flows = np.zeros((len(COHORTS), len(marks) - 1, len(STATES), len(STATES)))
    for c, members in enumerate(_cohorts(run, ids, at[0])):
        for k in range(len(marks) - 1):
            known = members & (at[k] >= 0) & (at[k + 1] >= 0)
            np.add.at(flows[c, k], (at[k][known], at[k + 1][known]), 1.0)
    firms = run.county.firms[: int(run.county.clock.firms)].view(np.ndarray)
    new = firms[(firms["registered"] >= 1) & (firms["returnee"] == 1)]
    early = np.unique(new["owner"][new["registered"] <= EARLY])
    final = np.array([states.get(name, -1) for name in r.STATES])[run.county.workers.state[early]]
    fates = np.bincount(final[final >= 0], minlength=len(STATES)) / run.sample
    return Careers(
        flows / run.sample, fates, _lives(new, run.months), _spells(code, begin, end, run.months)
    )


def _cohorts(run: Run, ids: np.ndarray, first: np.ndarray) -> list[np.ndarray]:
    workers = run.county.workers.view(np.ndarray)[run.county.row_of[ids]]
    away, there = first == STATES.index("AWAY"), first >= 0
    young = -workers["birth"].astype(int) / 12.0 < YOUNG
    events = run.county.events[: int(run.county.clock.events)]
    came = events[(events["before"] == r.AWAY) & (events["month"] <= BACK)]
    back = np.isin(ids, run.county.workers.id[came["worker"]])
    return [away, away & back, there & ~away, away & young, away & (workers["sex"] == 1)]


def _lives(firms: np.ndarray, months: int) -> dict[str, np.ndarray]:
    found = {}
    for kind, begin, end in (
        ("operating", "opened", "stopped"),
        ("registered", "registered", "closed"),
    ):
        seen = firms[firms[begin] != r.NEVER]
        ended = seen[end] != r.NEVER
        last = np.where(ended, seen[end], months).astype(int)
        found[kind] = np.stack([last - seen[begin].astype(int), ended.astype(int)], axis=1)
    return found


def _spells(
    code: np.ndarray, begin: np.ndarray, end: np.ndarray, months: int
) -> dict[str, np.ndarray]:
    found = {}
    for name in SPELLS:
        here = (code == STATES.index(name)) & (begin > 0)
        found[name] = np.stack([end[here] - begin[here], (end[here] < months).astype(int)], axis=1)
    return found


def survival(lives: np.ndarray) -> np.ndarray:
    """Share of firms alive at each age of `EDGES`; NaN beyond the oldest."""
    times, ended = lives[:, 0].astype(float), lives[:, 1].astype(bool)
    return np.where(
        times.max(initial=-1.0) >= EDGES, kaplan_meier(times, ended, EDGES.tolist()), np.nan
    )


def hazards(lives: np.ndarray, years: int = YEARS) -> np.ndarray:
    """Share of the firms that reach a year of age which end in it, by year.

    Firms whose year is not over at the last month count for the part that was seen.
    """
    found = np.full(years, np.nan)
    for year in range(years):
        at_risk = lives[:, 0] >= 12 * year
        exposed = np.clip(lives[at_risk, 0] - 12 * year, 0, 12).sum() / 12.0
        ends = ((lives[:, 1] == 1) & (lives[:, 0] // 12 == year) & at_risk).sum()
        if exposed >= 20:
            found[year] = 1.0 - np.exp(-ends / exposed)
    return found


@dataclass(frozen=True, eq=False)
class Pair:
    """Careers of several replicates by scenario, and the scenarios."""

    scenarios: dict[str, Scenario]
    careers: dict[str, list[Careers]]


def answer(place: Place, asker: Asker) -> Pair:
    """Careers under Explore's policy and the reference."""
    lined = lined_up(place)
    calls = [
        partial(reduced, "careers", scenario, k, SMALL, careers_of)
        for scenario in lined.values()
        for k in range(REPLICATES)
    ]
    found: list[Careers] = gather(calls, 1, asker)
    halves = (found[:REPLICATES], found[REPLICATES:])
    return Pair(lined, dict(zip(lined, halves, strict=True)))


def jackknifed(
    of: Callable[[np.ndarray], np.ndarray], runs: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A curve of all runs taken together, and the ends of its 90 % interval: leaving out a run at a time.

    The jackknife (Efron and Stein, Ann. Stat. 9, 1981, 586-596) with Student's t of one less than the runs.
    """
    whole = of(np.concatenate(runs))
    if len(runs) < 2:
        return whole, whole, whole
    parts = [np.concatenate([*runs[:k], *runs[k + 1 :]]) for k in range(len(runs))]
    each = np.array([of(part) for part in parts])
    error = np.sqrt((len(runs) - 1) / len(runs) * ((each - each.mean(axis=0)) ** 2).sum(axis=0))
    reach = quantile(np.array(len(runs))) * error
    return whole, np.clip(whole - reach, 0.0, 1.0), np.clip(whole + reach, 0.0, 1.0)


class Lives:
    """What the page shows: careers of several replicates under a policy and the reference."""

    def __init__(self, pair: Pair, lang: str) -> None:
        self.found, self.lang = pair.careers, lang
        self.titles = {label: plain_title(s, lang) for label, s in pair.scenarios.items()}
        self.text = words(lang)["paths"]

    def flows(self, label: str, cohort: str) -> Spec:
        """States of a cohort at a few dates, and the moves between them."""
        mean = np.mean([c.flows[COHORTS.index(cohort)] for c in self.found[label]], axis=0)
        names = [self.text["states"][name] for name in STATES]
        dates = [self.text["year"].format(year=mark // 12) for mark in MARKS[: len(mean) + 1]]
        nodes: dict[tuple[int, int], Spec] = {}
        links: list[Spec] = []
        rows: list[list[Any]] = []
        for k, table in enumerate(mean):
            for i, j in np.argwhere(table > 0):
                ends = f"{k}{STATES[i]}", f"{k + 1}{STATES[j]}"
                for end, depth, state in ((ends[0], k, i), (ends[1], k + 1, j)):
                    nodes[depth, int(state)] = {
                        "name": end, "colour": COLOURS[STATES[state]], "depth": depth,
                        "label_text": names[state],
                    }  # fmt: skip
                value = round(float(table[i, j]), 1)
                links.append({"source": ends[0], "target": ends[1], "value": value,
                              "from": f"{names[i]}, {dates[k]}", "to": f"{names[j]}, {dates[k + 1]}"})  # fmt: skip
                rows.append(
                    [f"{dates[k]}: {names[i]}", f"{dates[k + 1]}: {names[j]}", round(value)]
                )
        title = f"{self.text['cohorts'][cohort]}{self.text['colon']}{self.titles[label]}"
        ordered = [nodes[place] for place in sorted(nodes)]
        return drawing.chart(
            title, "flows", self.lang, f"paths-{cohort}-{label}", nodes=ordered, links=links, whole=round(float(mean[0].sum())), unit="people", height=380,
            note=self.text["flows_note"].format(dates=self.text["comma"].join(dates)),
            columns=[self.text["before"], self.text["after"], self.text["people"]], rows=rows,
        )  # fmt: skip

    def fates(self) -> Spec:
        """What became of those who founded in the first years."""
        names = [self.text["states"][name] for name in STATES]
        lines = []
        for label in (REFERENCE, MOVED):
            mean = np.mean([c.fates for c in self.found[label]], axis=0)
            data = [round(float(v)) for v in mean]
            lines.append(drawing.line(self.titles[label], label, data))
        return drawing.bars(
            self.text["fates"], names, lines, self.lang, "founders", "people",
            note=self.text["fates_note"].format(years=counted(EARLY / 12.0, "year", self.lang)),
        )  # fmt: skip

    def survival(self, kind: str) -> Spec:
        """Share of new returnee firms alive by age."""
        drawn = {"steps": True, "y_low": 0, "y_high": 1}
        title = self.text["survival"][kind]
        return self._curves(title, f"survival-{kind}", kind, survival, EDGES / 12, **drawn)

    def hazard(self, kind: str) -> Spec:
        """Share of firms that end in each year of age."""
        ages = np.arange(1, YEARS + 1)
        return self._curves(
            self.text["hazard"][kind], f"hazard-{kind}", kind, hazards, ages, y_low=0
        )

    def _curves(
        self,
        title: str,
        file: str,
        kind: str,
        of: Callable[[np.ndarray], np.ndarray],
        ages: np.ndarray,
        **more: Any,
    ) -> Spec:
        """A curve of each side with its band."""
        lines, columns = [], []
        for label in (REFERENCE, MOVED):
            found = jackknifed(of, [c.lives[kind] for c in self.found[label]])
            points = [
                [round(float(age), 2), *(round(float(v), 4) for v in values)]
                for age, *values in zip(ages, *found, strict=True)
                if np.isfinite(values).all()
            ]
            line = drawing.line(self.titles[label], label, [point[:2] for point in points])
            lines.append(line | {"band": [[age, *ends] for age, _, *ends in points]})
            columns += [*found]
        rows, csv = [], []
        for k, age in enumerate(ages):
            shares = [percent(float(column[k]), self.lang, places=1) for column in columns]
            cells = [
                f"{shares[j]} ({to(self.lang, shares[j + 1], shares[j + 2])})"
                if np.isfinite(columns[j][k])
                else NONE
                for j in (0, 3)
            ]
            rows.append([f"{age:g}", *cells])
            csv.append([float(age), *drawing.plain(np.array([column[k] for column in columns]))])
        names, parts = [line["name"] for line in lines], words(self.lang)["charts"]["parts"]
        return drawing.chart(
            title, "lines", self.lang, file, series=lines, unit="share", x=self.text["age"], note=self.text["band_note"],
            columns=[self.text["age"], *names], rows=rows, csv=csv,
            csv_columns=[self.text["age"], *(f"{name} {part}" for name in names for part in parts)], **more,
        )  # fmt: skip

    def moved(self, cohort: str) -> Spec:
        """Where a cohort is at the end: the policy less the reference, in the same luck."""
        k = COHORTS.index(cohort)
        ours, theirs = (
            np.array([c.flows[k][-1].sum(axis=0) for c in self.found[label]]) for label in (MOVED, REFERENCE)
        )  # fmt: skip
        means, low, high = estimate(ours - theirs)[:3]
        data = [[float(f"{v:.5g}") for v in row] for row in zip(means, low, high)]
        there = [j for j in range(len(STATES)) if ours[:, j].any() or theirs[:, j].any()]
        title = self.text["moved"].format(cohort=self.text["cohorts"][cohort])
        lines = [drawing.line(self.titles[MOVED], MOVED, [data[j] for j in there])]
        names = [self.text["states"][STATES[j]] for j in there]
        return drawing.intervals(
            title,
            names,
            lines,
            self.lang,
            f"paths-{cohort}-moved",
            "people",
            note=self.text["moved_note"],
        )

    def spells(self) -> list[tuple[str, list[str]]]:
        """By state: label, and per scenario how many spells begin a year and their median months."""
        rows = []
        for name in SPELLS:
            cells = []
            for label in (REFERENCE, MOVED):
                pooled = np.concatenate([c.spells[name] for c in self.found[label]])
                cells.append(self._median(pooled))
            rows.append((self.text["states"][name], cells))
        return rows

    def _median(self, spells: np.ndarray) -> str:
        if len(spells) < 5:
            return "–"
        times, ended = spells[:, 0].astype(float), spells[:, 1].astype(bool)
        curve = scipy.stats.ecdf(scipy.stats.CensoredData.right_censored(times, ~ended)).sf
        below = np.flatnonzero(curve.probabilities <= 0.5)
        if not len(below):
            return str(self.text["longer"].format(months=f"{times.max():.0f}"))
        return str(self.text["median"].format(months=f"{curve.quantiles[below[0]]:.0f}"))
