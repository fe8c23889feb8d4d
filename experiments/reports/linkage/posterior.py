"""The linkage premium over an ensemble, and what would have to be true for it: sentences and tables."""

from __future__ import annotations

import math

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import STAGES
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.linkage import words as tell
from returnee.experiments.reports.linkage.words import MAIN, Told
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.ensemble import Parts, weighted_mean
from returnee.experiments.statistics.intervals import mean_interval, mean_of
from returnee.experiments.studies.linkage.conditions import LOST, Conditions, Region, lost
from returnee.experiments.studies.linkage.design import EQUAL, FACTORS
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES
from returnee.experiments.studies.linkage.posterior import (
    BEST,
    CEILING,
    LINKED,
    NOTHING,
    SILOED,
    Posterior,
)
from returnee.experiments.words import texts as say

THOUSAND = 1000.0
SPENDERS = (*FACTORS, "venue")
NAMED = 3  # programmes of the best mix that are named


class Fitted(Told):
    """What is told of the premium over an ensemble."""

    found: Posterior

    def headline(self) -> str:
        """The answer to the question in one sentence."""
        parts, gap = self.found.parts(MAIN), self.gap()
        if not math.isfinite(parts.low):
            return str(self.text["few"])
        if not abs(gap) <= EQUAL:
            return str(self.text["unequal"])
        key = {HIGHER: "yes", LOWER: "no"}.get(parts.verdict, "unclear")
        if key == "unclear" and parts.mean_low > 0.0:
            key = "yes_on_average"
        elif key == "unclear" and parts.mean_high < 0.0:
            key = "no_on_average"
        return str(self.text[key])

    def gap(self) -> float:
        """By which share linked support spends more, over all sets."""
        return float(weighted_mean(self.found.gaps, self.found.sets.weights))

    def premium_line(self) -> str:
        """The premium, with luck, parameters and structure."""
        parts, lang = self.found.parts(MAIN), self.lang
        above = weighted_mean(
            (mean_of(self.found.each(MAIN), axis=1) > 0.0).astype(float), self.found.sets.weights
        )
        return str(self.text["ensemble_line"]).format(
            sets=parts.sets, mean=tell.number(parts.difference, MAIN, lang),
            band=tell.ends(parts.low, parts.high, MAIN, lang),
            interval=tell.ends(parts.mean_low, parts.mean_high, MAIN, lang),
            above=say.percent(float(above), lang), word=tell.verdict_word(parts.verdict, lang),
            sources=uncertain.sources_line(parts, lang),
        )  # fmt: skip

    def ceiling_line(self) -> str:
        """What a perfect hand-over would give."""
        parts = self.found.parts(MAIN, CEILING)
        return self._said("ensemble_ceiling", parts)

    def _said(self, key: str, parts: Parts) -> str:
        return str(self.text[key]).format(
            value=tell.number(parts.difference, MAIN, self.lang),
            interval=tell.ends(parts.mean_low, parts.mean_high, MAIN, self.lang),
            band=tell.ends(parts.low, parts.high, MAIN, self.lang),
        )

    def others_line(self) -> str:
        """Other outcomes that can be told from zero whichever set holds."""
        found, lang, told = self.found, self.lang, []
        for name in OUTCOMES[1:]:
            parts = found.parts(name)
            if parts.verdict in (HIGHER, LOWER):
                band = tell.ends(parts.low, parts.high, name, lang)
                told.append(f"{tell.outcome(name, lang)} {tell.number(parts.difference, name, lang)} ({band})")  # fmt: skip
        listed = self.words["list_and"].join(told)
        return str(self.text["others" if told else "others_none"]).format(labels=listed)

    def alike_line(self) -> str:
        """Whether the two spend alike."""
        alike = (np.abs(self.found.gaps) <= EQUAL).astype(float)
        share = float(weighted_mean(alike, self.found.sets.weights))
        return str(self.text["ensemble_alike"]).format(
            share=say.percent(share, self.lang), allowed=say.percent(EQUAL, self.lang),
            gap=say.percent(self.gap(), self.lang, True),
        )  # fmt: skip

    def correlated_line(self) -> str:
        """The parameters that the premium goes with most."""
        named = tell.correlated(self.found.correlations)
        moved = int((np.ptp(self.found.sets.points(), axis=0) > 0.0).sum())
        return tell.keys_line(named, moved, self.lang)

    def lines(self) -> list[str]:
        """Everything in short."""
        lines = [self.headline(), self.premium_line(), self.ceiling_line(), self.others_line()]
        lines += [self.alike_line(), self.correlated_line()]
        return [*lines, *self.best_lines()]

    def note(self) -> str:
        """What a set is, and how the columns are read."""
        how = str(self.text["ensemble_note"]).format(replicates=self.found.plan.each)
        return say.joined(
            self.lang, how, uncertain.how_to_read(self.lang, self.found.plan.settings.sample)
        )

    def subtitle(self) -> str:
        """How many sets, and the county."""
        plan = self.found.plan
        return str(self.text["ensemble_subtitle"]).format(
            county=say.county_name(plan.scenarios[plan.reference].county, self.lang),
            months=plan.settings.months, sets=plan.sets, each=plan.each,
            sample=plan.settings.sample,
        )  # fmt: skip

    def premium(self, names: tuple[str, ...] = (*OUTCOMES, COST)) -> doc.Sheet:
        """Premium and ceiling of each measure, with interval, band, and the three sources."""
        lang, rows = self.lang, []
        for name in names:
            parts, most = self.found.parts(name), self.found.parts(name, CEILING)
            unit = BY_NAME[name].unit
            rows.append(
                [
                    tell.outcome(name, lang),
                    say.figure(self.found.level(SILOED, name), unit, lang),
                    *uncertain.cells(parts, unit, lang), tell.verdict_word(parts.verdict, lang),
                    *uncertain.cells(most, unit, lang)[:3],
                ]
            )  # fmt: skip
        head = [self.text["outcome"], self.text["siloed"]]
        head += [*uncertain.head(self.lang, self.text["difference"]), self.text["word"]]
        head += uncertain.head(self.lang, self.text["ceiling"])[:3]
        return doc.Sheet(head, rows)

    def stages(self) -> doc.Sheet:
        """The same by stage, from hearing of support to firms that last."""
        return self.premium(STAGES)

    def structures(self) -> doc.Sheet:
        """Premium and ceiling by structure of the model."""
        found = self.found
        each = {self.text["difference"]: found.each(MAIN), self.text["ceiling"]: found.each(MAIN, CEILING)}  # fmt: skip
        return uncertain.by_structure(each, found.sets, BY_NAME[MAIN], self.lang)

    # What the money buys

    def mixes(self) -> list[str]:
        """What is compared with no support."""
        return [label for label in (SILOED, LINKED, BEST) if label in self.found.labels]

    def per_thousand(self, label: str) -> tuple[float, float, float]:
        """Firms more than without support for every 1,000 yuan a year, and the interval of the mean."""
        parts = self.found.parts(MAIN, label, NOTHING)
        spent = self.found.level(label, COST) - self.found.level(NOTHING, COST)
        scale = THOUSAND / spent if spent > 0.0 else math.nan
        return parts.difference * scale, parts.mean_low * scale, parts.mean_high * scale

    def use(self) -> doc.Sheet:
        """What each mix leaves beyond no support, and for every 1,000 yuan a year."""
        lang, rows = self.lang, []
        for label in self.mixes():
            parts, jobs = (self.found.parts(name, label, NOTHING) for name in (MAIN, "jobs"))
            each, low, high = self.per_thousand(label)
            rows.append(
                [
                    self.text[f"mix_{label}"],
                    say.figure(self.found.level(label, COST), "yuan", lang),
                    *uncertain.cells(parts, BY_NAME[MAIN].unit, lang),
                    say.short(each, "+.3g"), say.to(lang, say.short(low, "+.3g"), say.short(high, "+.3g")),
                    *uncertain.cells(jobs, BY_NAME["jobs"].unit, lang)[:2],
                ]
            )  # fmt: skip
        head = [self.text["mix"], self.text["spent"]]
        head += uncertain.head(lang, tell.outcome(MAIN, lang))
        head += [self.text["per_thousand"], uncertain.head(lang)[1]]
        return doc.Sheet([*head, *uncertain.head(lang, tell.outcome("jobs", lang))[:2]], rows)

    def spending(self) -> doc.Sheet:
        """Yuan a year by pillar, of every mix."""
        rows = []
        for label in self.mixes():
            spent = self._by_pillar(label)
            rows.append([self.text[f"mix_{label}"], *self.yuan(spent.values())])
        return doc.Sheet([self.text["mix"], *(self.text["factors"][f] for f in SPENDERS)], rows)

    def _by_pillar(self, label: str) -> dict[str, float]:
        return {
            factor: sum(self.found.level(label, f"spent_{n}") for n in tell.programmes_of(factor))
            for factor in SPENDERS
        }

    def best_lines(self) -> list[str]:
        """What the money buys: linked, siloed, and the best mix found."""
        if BEST not in self.found.labels:
            return []
        lang, told = self.lang, {}
        for label in self.mixes():
            parts = self.found.parts(MAIN, label, NOTHING)
            each, *_ = self.per_thousand(label)
            told[label] = str(self.text["use_of"]).format(
                mix=self.text[f"mix_{label}"], gain=tell.number(parts.difference, MAIN, lang),
                interval=tell.ends(parts.mean_low, parts.mean_high, MAIN, lang),
                each=say.short(each, "+.3g"),
            )  # fmt: skip
        against = self.found.parts(MAIN, BEST, LINKED)
        cap = say.figure(self.found.cap, "yuan", lang)
        return [
            str(self.text["use_line"]).format(cap=cap, mixes=self.words["list_and"].join(told.values())),
            self._said("none_better", against) if against.difference <= 0.0
            else self.joined(self._said("best_against", against), self.spends_line()),
        ]  # fmt: skip

    def spends_line(self) -> str:
        """What the best mix spends most on."""
        spent = self._by_pillar(BEST)
        whole = sum(spent.values())
        most = sorted(spent, key=lambda pillar: -spent[pillar])[:NAMED]
        names = (f"{self.text['factors'][p]} {self.percent(spent[p] / whole)}" for p in most if spent[p])  # fmt: skip
        return self.fill("best_spends", pillars=self.listed(names))

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        sheet = self.premium()
        return [sheet.cut(0, 2, 3, 4, 5, 6, 7, 8, 9, title=self.text["premium"])]

    def sections(self) -> list[doc.Section]:
        """The premium over the ensemble, by stage, by structure, and what the money buys."""
        text = self.text
        drawn = doc.Picture(chart(self.found, self.lang))
        use = [doc.Section(text["use"], [doc.note(text["use_note"]), self.use(), self.spending()])]
        return [
            doc.Section(text["over_ensemble"], [
                doc.note(self.note(), text["posterior_chart"]), drawn, self.premium(), self.structures(),
            ]),
            doc.Section(text["stages"], [doc.note(text["stages_note"]), self.stages()]),
            *(use if BEST in self.found.labels else []),
        ]  # fmt: skip


class Wide(Told):
    """What is told of assumptions on handing over."""

    found: Conditions

    def label(self, key: str) -> str:
        """What a parameter is called."""
        if key == LOST:
            return str(self.text["lost"])
        lever = tell.LABELS[key]
        return f"{say.label_of(lever, self.lang)} ({say.unit_name(lever.unit, self.lang)})"

    def limit(self, key: str, value: float) -> str:
        """A limit in figures."""
        return say.percent(value, self.lang) if key == LOST else say.short(value, ".3g")

    def where(self, region: Region) -> str:
        """The limits of a region in words."""
        text, parts = self.words["discover"], []
        for key, (low, high) in region.limits.items():
            ends = {"low": self.limit(key, low), "high": self.limit(key, high)}
            kind = "limit" if np.isfinite([low, high]).all() else "limit_above" if np.isfinite(low) else "limit_below"  # fmt: skip
            parts.append(text[kind].format(label=self.label(key), **ends))
        return str(self.words["list_and"].join(parts)) or str(self.text["everywhere"])

    def today(self) -> float:
        """Share of founders lost at a hand-over as assumed in use."""
        usual = {lever.key: [float(lever.value or 0.0)] for lever in self.found.moved}
        return float(lost(self.found.points.iloc[:1].assign(**usual))[0])

    def lines(self) -> list[str]:
        """Where linkage pays, or that no such region was found."""
        found, lang, text = self.found, self.lang, self.text
        mean, low, high = found.overall
        about = {"n": len(found.points), "mean": tell.number(mean, MAIN, lang), "interval": tell.ends(low, high, MAIN, lang)}  # fmt: skip
        lines = [str(text["wide_line"]).format(**about)]
        for region in found.paying:
            lines.append(
                str(text["pays"]).format(
                    where=self.where(region), share=say.percent(region.share, lang),
                    mean=tell.number(region.mean, MAIN, lang),
                    interval=tell.ends(region.low, region.high, MAIN, lang),
                )
            )  # fmt: skip
        if not found.paying:
            lines.append(str(text["pays_nowhere"]))
        if LOST in found.points:
            lines.append(str(text["lost_today"]).format(share=say.percent(self.today(), lang)))
        return lines

    def subtitle(self) -> str:
        """What a point is."""
        return self.note()

    def note(self) -> str:
        """What a point is and how regions are found."""
        found, pairs = self.found, self.found.premium.shape[1]
        return str(self.text["wide_note"]).format(n=len(found.points), k=len(found.moved), pairs=pairs)  # fmt: skip

    def regions(self) -> doc.Sheet:
        """Every region: limits, share of points, premium, interval, in words."""
        lang, rows = self.lang, []
        for region in self.found.regions:
            verdict = HIGHER if region.low > 0.0 else LOWER if region.high < 0.0 else ""
            rows.append(
                [
                    self.where(region), say.percent(region.share, lang),
                    tell.number(region.mean, MAIN, lang),
                    tell.ends(region.low, region.high, MAIN, lang), tell.verdict_word(verdict, lang),
                ]
            )  # fmt: skip
        head = self.head("region points_share difference interval word")
        return doc.Sheet(head, rows, columns="wn")

    def ranges(self) -> doc.Sheet:
        """Parameters, value in use, and between what each is moved."""
        rows = []
        for lever in self.found.moved:
            values = self.found.points[lever.key]
            ends = say.to(self.lang, say.short(values.min(), ".3g"), say.short(values.max(), ".3g"))
            rows.append([self.label(lever.key), lever.key, say.short(float(lever.value or 0.0), ".3g"), ends])  # fmt: skip
        return doc.Sheet(self.head("parameter key in_use range"), rows, columns="wcn")

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        return [self.regions().cut(*range(5), title=self.text["conditions"])]

    def sections(self) -> list[doc.Section]:
        """What would have to be true."""
        drawn = doc.Picture(wide_chart(self.found, self.lang))
        blocks: list[doc.Block] = [doc.note(self.note()), drawn, self.regions(), self.ranges()]
        return [doc.Section(self.text["conditions"], blocks)]


def chart(found: Posterior, lang: str = "en") -> str:
    """Premium and ceiling in every set, by structure, with the band over sets and the mean."""
    lang = draw.chart_language(lang)
    text, sets = tell.linkage_words(lang), found.sets
    names = list(dict.fromkeys(sets.structures))
    with draw.paper("posterior", 8.0, 1.6 + 0.34 * len(names)) as figure:
        axes = figure.subplots()
        axes.axvline(0.0, color=draw.BLACK, linewidth=0.9)
        for k, (label, colour) in enumerate(
            ((LINKED, draw.COLOURS[0]), (CEILING, draw.COLOURS[1]))
        ):
            parts, shift = found.parts(MAIN, label), 0.22 * k - 0.11
            axes.hlines(shift, parts.low, parts.high, color=colour, linewidth=1.2)
            axes.hlines(shift, parts.mean_low, parts.mean_high, color=colour, linewidth=4.5)
            name = text["difference" if label == LINKED else "ceiling"]
            axes.plot(parts.difference, shift, "o", color=colour, label=name)
            dots = mean_of(found.each(MAIN, label), axis=1)
            rows = [names.index(one) + 1 + shift for one in sets.structures]
            sizes = 14.0 * sets.weights / sets.weights.mean()
            axes.scatter(dots, rows, sizes, color=colour, alpha=0.5, linewidths=0)
        labels = [uncertain.structure_name(name, lang) for name in names]
        axes.set_yticks(range(len(names) + 1), [text["all_sets"], *labels])
        axes.set_ylim(len(names) + 0.5, -0.5)
        axes.set_xlabel(f"{tell.outcome(MAIN, lang)}: {text['difference']}")
        draw.legend(figure, axes, 2)
        return draw.svg_of(figure, text["posterior_chart"])


def wide_chart(found: Conditions, lang: str = "en") -> str:
    """The premium at every point against what is lost between two offices."""
    lang = draw.chart_language(lang)
    text, key = tell.linkage_words(lang), LOST if LOST in found.points else found.points.columns[0]
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
        axes.set_xlabel(text["lost"] if key == LOST else key)
        axes.set_ylabel(text["difference"])
        return draw.svg_of(figure, text["conditions"])
