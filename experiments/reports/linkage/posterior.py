"""The linkage premium over an ensemble, and what would have to be true for it: sentences and tables."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import STAGES
from returnee.experiments.numbers import plain, plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.linkage.told import LABELS, MAIN, Told, programmes_of, rate
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.ensemble import Parts, weighted_mean
from returnee.experiments.statistics.intervals import mean_interval, mean_of
from returnee.experiments.studies.linkage.conditions import LOST, Conditions, Region, lost
from returnee.experiments.studies.linkage.design import EQUAL, FACTORS
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES
from returnee.experiments.studies.linkage.posterior import (
    BEST,
    CEILING,
    KEPT,
    LINKED,
    NOTHING,
    SILOED,
    Posterior,
)
from returnee.experiments.words import texts as say

THOUSAND = 1000.0
SPENDERS = (*FACTORS, "venue")
NAMED = 3  # programmes of the best mix that are named


class OverSets(Told):
    """What is told of sets, each of which lives with its own assumptions and luck."""

    def reading(self) -> str:
        """How intervals are to be read."""
        return self.fill("one_in_ten_sets")


class Fitted(OverSets):
    """What is told of the premium over an ensemble."""

    found: Posterior

    def headline(self) -> str:
        """The answer to the question in one sentence."""
        parts = self.found.parts(MAIN)
        if not math.isfinite(parts.low):
            return self.fill("few")
        if not abs(self.gap()) <= EQUAL:
            return self.fill("unequal")
        key = {HIGHER: "yes", LOWER: "no"}.get(parts.verdict, "unclear")
        if key == "unclear" and (parts.mean_low > 0.0 or parts.mean_high < 0.0):
            key = "yes_on_average" if parts.mean_low > 0.0 else "no_on_average"
        return self.fill(key)

    def weighed(self, values: np.ndarray) -> float:
        """Mean over all sets by their weights."""
        return float(weighted_mean(values.astype(float), self.found.sets.weights))

    def gap(self) -> float:
        """By which share linked support spends more, over all sets."""
        return self.weighed(self.found.gaps)

    def premium_line(self) -> str:
        """The premium, with luck, parameters and structure."""
        parts = self.found.parts(MAIN)
        above = self.weighed(mean_of(self.found.each(MAIN), axis=1) > 0.0)
        return self.fill(
            "ensemble_line", sets=parts.sets, mean=self.number(parts.difference),
            above=self.percent(above), word=self.verdict(parts.verdict),
            sources=uncertain.sources_line(parts, self.lang), **self._ends(parts),
        )  # fmt: skip

    def _ends(self, parts: Parts) -> dict[str, str]:
        """Band over sets, and interval of the mean."""
        interval = self.ends(parts.mean_low, parts.mean_high)
        return {"band": self.ends(parts.low, parts.high), "interval": interval}

    def _said(self, key: str, parts: Parts) -> str:
        return self.fill(key, value=self.number(parts.difference), **self._ends(parts))

    def others_line(self) -> str:
        """Other outcomes that can be told from zero whichever set holds."""
        parts = {name: asdict(self.found.parts(name)) for name in OUTCOMES[1:]}
        told = [
            f"{self.outcome(name)} {self.gain(part, name, 'difference')}"
            for name, part in parts.items()
            if part["verdict"] in (HIGHER, LOWER)
        ]
        return self.fill("others" if told else "others_none", labels=self.listed(told, "list_and"))

    def alike_line(self) -> str:
        """Whether the two spend alike."""
        share = self.percent(self.weighed(np.abs(self.found.gaps) <= EQUAL))
        gap, allowed = self.percent(self.gap(), True), self.percent(EQUAL)
        return self.fill("ensemble_alike", share=share, allowed=allowed, gap=gap)

    def correlated_line(self) -> str:
        """The parameters that the premium goes with most."""
        moved = int((np.ptp(self.found.sets.points(), axis=0) > 0.0).sum())
        return self.correlated(self.found.correlations, moved)

    def sentences(self) -> list[str]:
        """Everything in short."""
        ceiling = self._said("ensemble_ceiling", self.found.parts(MAIN, CEILING))
        lines = [self.headline(), self.premium_line(), ceiling, self.others_line()]
        return [*lines, self.alike_line(), self.correlated_line(), *self.best_lines()]

    def note(self) -> str:
        """What a set is, and how the columns are read."""
        how = self.fill("ensemble_note", replicates=self.found.plan.each)
        read = uncertain.how_to_read(self.lang, self.found.plan.settings.sample)
        return self.joined(how, read)

    def subtitle(self) -> str:
        """How many sets, and the county."""
        plan, s = self.found.plan, self.found.plan.settings
        about = {"months": s.months, "sample": s.sample, "sets": plan.sets, "each": plan.each}
        return self.fill("ensemble_subtitle", county=self.county, **about)

    def premium(self, names: tuple[str, ...] = (*OUTCOMES, COST)) -> doc.Sheet:
        """Premium and ceiling of each measure, with interval, band, and the three sources."""
        lang, rows = self.lang, []
        for name in names:
            parts, most = self.found.parts(name), self.found.parts(name, CEILING)
            unit = BY_NAME[name].unit
            rows.append(
                [
                    self.outcome(name), self.figure(self.found.level(SILOED, name), unit),
                    *uncertain.cells(parts, unit, lang), self.verdict(parts.verdict),
                    *uncertain.cells(most, unit, lang)[:3],
                ]
            )  # fmt: skip
        text = self.text
        head = [text["outcome"], text["siloed"], *uncertain.head(lang, text["difference"])]
        return doc.Sheet([*head, text["word"], *uncertain.head(lang, text["ceiling"])[:3]], rows)

    def stages(self) -> doc.Sheet:
        """The same by stage, from hearing of support to firms that last."""
        return self.premium(STAGES)

    def structures(self) -> doc.Sheet:
        """Premium and ceiling by structure of the model."""
        found = self.found
        each = {self.text["difference"]: found.each(MAIN), self.text["ceiling"]: found.each(MAIN, CEILING)}  # fmt: skip
        return uncertain.by_structure(each, found.sets, BY_NAME[MAIN], self.lang)

    # What the money buys

    def mixes(self) -> dict[str, str]:
        """What is compared with no support, and what it is called."""
        there = (label for label in (SILOED, LINKED, BEST) if label in self.found.labels)
        return {label: self.text[f"mix_{label}"] for label in there}

    def per_thousand(self, label: str) -> tuple[float, float, float]:
        """Firms more than without support for every 1,000 yuan a year, and the interval of the mean."""
        parts = self.found.parts(MAIN, label, NOTHING)
        spent = self.found.level(label, COST) - self.found.level(NOTHING, COST)
        scale = THOUSAND / spent if spent > 0.0 else math.nan
        return parts.difference * scale, parts.mean_low * scale, parts.mean_high * scale

    def use(self) -> doc.Sheet:
        """What each mix leaves beyond no support, and for every 1,000 yuan a year."""
        lang, rows, head = self.lang, [], uncertain.head
        for label, name in self.mixes().items():
            firms, jobs = (
                uncertain.cells(self.found.parts(measure, label, NOTHING), BY_NAME[measure].unit, lang)
                for measure in (MAIN, "jobs")
            )  # fmt: skip
            each, *ends = self.per_thousand(label)
            spent = self.figure(self.found.level(label, COST), "yuan")
            rows.append([name, spent, *firms, rate(each), self.rates(*ends), *jobs[:2]])
        text, of_jobs = self.text, head(lang, self.outcome("jobs"))[:2]
        of_firms = [*head(lang, self.outcome()), text["per_thousand"], head(lang)[1]]
        return doc.Sheet([text["mix"], text["spent"], *of_firms, *of_jobs], rows)

    def spending(self) -> doc.Sheet:
        """Yuan a year by pillar, of every mix."""
        rows = [
            [name, *self.yuan(self._by_pillar(label).values())]
            for label, name in self.mixes().items()
        ]
        return doc.Sheet([self.text["mix"], *map(self.factor, SPENDERS)], rows)

    def _by_pillar(self, label: str) -> dict[str, float]:
        return {
            factor: sum(self.found.level(label, f"spent_{n}") for n in programmes_of(factor))
            for factor in SPENDERS
        }

    def best_lines(self) -> list[str]:
        """What the money buys: linked, siloed, and the best mix found."""
        if BEST not in self.found.labels:
            return []
        told = []
        for label, name in self.mixes().items():
            parts, each = self.found.parts(MAIN, label, NOTHING), self.per_thousand(label)[0]
            change = self.change(parts.difference, parts.mean_low, parts.mean_high, as_="gain")
            told.append(self.fill("use_of", mix=name, each=rate(each), **change))
        against = self.found.parts(MAIN, BEST, LINKED)
        best = self._said("none_better", against)
        if against.difference > 0.0:
            best = self.joined(self._said("best_against", against), self.spends_line())
        cap = self.figure(self.found.cap, "yuan")
        return [self.fill("use_line", cap=cap, mixes=self.listed(told, "list_and")), best]

    def spends_line(self) -> str:
        """What the best mix spends most on."""
        spent = self._by_pillar(BEST)
        whole = sum(spent.values())
        most = sorted(spent, key=lambda pillar: -spent[pillar])[:NAMED]
        names = (f"{self.factor(p)} {self.percent(spent[p] / whole)}" for p in most if spent[p])
        return self.fill("best_spends", pillars=self.listed(names))

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        sheet = self.premium()
        return [sheet.cut(0, 2, 3, 4, 5, 6, 7, 8, 9, title=self.text["premium"])]

    def sections(self) -> list[doc.Section]:
        """The premium over the ensemble, by stage, by structure, and what the money buys."""
        text, drawn = self.text, doc.Picture(chart(self))
        use = [doc.Section(text["use"], [doc.note(text["use_note"]), self.use(), self.spending()])]
        return [
            doc.Section(text["over_ensemble"], [
                doc.note(self.note(), text["posterior_chart"]), drawn, self.premium(), self.structures(),
            ]),
            doc.Section(text["stages"], [doc.note(text["stages_note"]), self.stages()]),
            *(use if BEST in self.found.labels else []),
        ]  # fmt: skip

    def more(self) -> dict[str, Any]:
        """Sets, and what is told of each mix, parameter and set."""
        found = self.found
        parts = {
            label: {name: plain(asdict(found.parts(name, label))) for name in KEPT}
            for label in found.labels
            if label != SILOED
        }
        return {
            "over": found.over, "sets": found.plan.sets, "replicates": found.plan.each,
            "against": SILOED, "parts": parts, "best": plain(dict(found.best)),
            "correlations": plain_rows(found.correlations), "points": plain_rows(found.frame),
        }  # fmt: skip


class Wide(OverSets):
    """What is told of assumptions on handing over."""

    found: Conditions

    def called(self, key: str) -> str:
        """What a parameter is called."""
        if key == LOST:
            return self.fill("lost")
        lever = LABELS[key]
        return f"{say.label_of(lever, self.lang)} ({say.unit_name(lever.unit, self.lang)})"

    def limit(self, key: str, value: float) -> str:
        """A limit in figures."""
        return self.percent(value) if key == LOST else say.short(value)

    def where(self, region: Region) -> str:
        """The limits of a region in words."""
        text, parts = self.words["discover"], []
        for key, (low, high) in region.limits.items():
            ends = {"low": self.limit(key, low), "high": self.limit(key, high)}
            kind = "limit" if np.isfinite([low, high]).all() else "limit_above" if np.isfinite(low) else "limit_below"  # fmt: skip
            parts.append(text[kind].format(label=self.called(key), **ends))
        return self.listed(parts, "list_and") or self.fill("everywhere")

    def today(self) -> float:
        """Share of founders lost at a hand-over as assumed in use."""
        usual = {lever.key: [float(lever.value or 0.0)] for lever in self.found.moved}
        return float(lost(self.found.points.iloc[:1].assign(**usual))[0])

    def sentences(self) -> list[str]:
        """Where linkage pays, or that no such region was found."""
        found = self.found
        overall = self.change(*found.overall, as_="mean")
        lines = [self.fill("wide_line", n=len(found.points), **overall)]
        for region in found.paying:
            mean = self.change(region.mean, region.low, region.high, as_="mean")
            about = {"where": self.where(region), "share": self.percent(region.share)}
            lines.append(self.fill("pays", **about, **mean))
        if not found.paying:
            lines.append(self.fill("pays_nowhere"))
        if LOST in found.points:
            lines.append(self.fill("lost_today", share=self.percent(self.today())))
        return lines

    def subtitle(self) -> str:
        """What a point is."""
        return self.note()

    def note(self) -> str:
        """What a point is and how regions are found."""
        found, pairs = self.found, self.found.premium.shape[1]
        return self.fill("wide_note", n=len(found.points), k=len(found.moved), pairs=pairs)

    def regions(self) -> doc.Sheet:
        """Every region: limits, share of points, premium, interval, in words."""
        rows = []
        for region in self.found.regions:
            verdict = HIGHER if region.low > 0.0 else LOWER if region.high < 0.0 else ""
            mean = self.change(region.mean, region.low, region.high).values()
            share = self.percent(region.share)
            rows.append([self.where(region), share, *mean, self.verdict(verdict)])
        return self.sheet("region points_share difference interval word", rows)

    def ranges(self) -> doc.Sheet:
        """Parameters, value in use, and between what each is moved."""
        rows = []
        for lever in self.found.moved:
            values = self.found.points[lever.key]
            ends = say.to(self.lang, say.short(values.min()), say.short(values.max()))
            used = say.short(float(lever.value or 0.0))
            rows.append([self.called(lever.key), lever.key, used, ends])
        return self.sheet("parameter key in_use range", rows, "wcn")

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        return [self.regions().cut(*range(5), title=self.text["conditions"])]

    def sections(self) -> list[doc.Section]:
        """What would have to be true."""
        drawn = doc.Picture(wide_chart(self))
        blocks: list[doc.Block] = [doc.note(self.note()), drawn, self.regions(), self.ranges()]
        return [doc.Section(self.text["conditions"], blocks)]

    def more(self) -> dict[str, Any]:
        """What was moved, and where linkage pays."""
        found, names = self.found, ("mean", "low", "high")
        return {
            "replicates": found.plan.each, "moved": [lever.key for lever in found.moved],
            "overall": plain(dict(zip(names, found.overall))), "regions": plain_rows(found.frame()),
        }  # fmt: skip


def chart(page: Fitted) -> str:
    """Premium and ceiling in every set, by structure, with the band over sets and the mean."""
    told, found, sets = page.drawn, page.found, page.found.sets
    text, both = told.text, ((LINKED, draw.COLOURS[0]), (CEILING, draw.COLOURS[1]))
    names = list(dict.fromkeys(sets.structures))
    with draw.paper("posterior", 8.0, 1.6 + 0.34 * len(names)) as figure:
        axes = figure.subplots()
        axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
        for k, (label, colour) in enumerate(both):
            parts, shift = found.parts(MAIN, label), 0.22 * k - 0.11
            axes.hlines(shift, parts.low, parts.high, color=colour, linewidth=1.2)
            axes.hlines(shift, parts.mean_low, parts.mean_high, color=colour, linewidth=4.5)
            name = text["difference" if label == LINKED else "ceiling"]
            axes.plot(parts.difference, shift, "o", color=colour, label=name)
            dots = mean_of(found.each(MAIN, label), axis=1)
            rows = [names.index(one) + 1 + shift for one in sets.structures]
            sizes = 14.0 * sets.weights / sets.weights.mean()
            axes.scatter(dots, rows, sizes, color=colour, alpha=0.5, linewidths=0)
        labels = [uncertain.structure_name(name, told.lang) for name in names]
        axes.set_yticks(range(len(names) + 1), [text["all_sets"], *labels])
        axes.set(ylim=(len(names) + 0.5, -0.5), xlabel=f"{told.outcome()}: {text['difference']}")
        draw.legend(figure, axes, 2)
        return draw.svg_of(figure, text["posterior_chart"])


def wide_chart(page: Wide) -> str:
    """The premium at every point against what is lost between two offices."""
    text, found = page.drawn.text, page.found
    key = LOST if LOST in found.points else found.points.columns[0]
    with draw.paper("wide", 8.0, 3.0) as figure:
        axes = figure.subplots()
        x, y = found.points[key].to_numpy(), mean_of(found.premium, axis=1)
        axes.axhline(0.0, color=draw.BLACK, linewidth=0.9)
        axes.plot(x, y, "o", color=draw.COLOURS[5], ms=3)
        order = np.argsort(x, kind="stable")
        for part in np.array_split(order, min(8, max(1, len(order) // 8))):
            mean, low, high = mean_interval(y[part])
            axes.plot(x[part].mean(), mean, "o", color=draw.COLOURS[0])
            axes.vlines(x[part].mean(), low, high, color=draw.COLOURS[0], linewidth=2.0)
        axes.set(xlabel=text["lost"] if key == LOST else key, ylabel=text["difference"])
        return draw.svg_of(figure, text["conditions"])
