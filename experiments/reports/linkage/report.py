"""The linkage experiment, its points and its parts: in sentences and tables, and as a document."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.numbers import picked, plain_rows, rows_of
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import write_html, write_markdown
from returnee.experiments.reports.linkage import charts, posterior
from returnee.experiments.reports.linkage import told as tell
from returnee.experiments.reports.linkage.posterior import Fitted, Wide
from returnee.experiments.reports.linkage.summary import summary
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.ensemble import SOURCES
from returnee.experiments.studies.linkage import design as lay
from returnee.experiments.studies.linkage.conditions import Conditions
from returnee.experiments.studies.linkage.effects import COST, KEPT, OUTCOMES, spending_gap
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.studies.linkage.gates import Gates, GatesOver
from returnee.experiments.studies.linkage.posterior import Posterior
from returnee.experiments.studies.linkage.robust import SPREAD, Robust
from returnee.experiments.words import texts as say

CONTRASTS = ("alone", "last", "last_linked", "shapley", "shapley_linked", "main")


class Experiment(tell.Told):
    """What is told of the 64 cells."""

    found: Linkage

    def headline(self) -> str:
        """The answer to the question in one sentence: yes, no, or not distinguishable from zero."""
        row = self.found.premium(tell.MAIN)
        if row["pairs"] < 2:
            return self.fill("few")
        if not abs(self.gap()) <= lay.EQUAL:
            return self.fill("unequal")
        return self.fill({HIGHER: "yes", LOWER: "no"}.get(row["verdict"], "unclear"))

    def gap(self, basis: str = "capped") -> float:
        """By which share linked support spends more."""
        return spending_gap(self.found.premiums, basis)

    def sentences(self) -> list[str]:
        """What the experiment says, the answer to the question first."""
        lines = [self.headline(), self.premium_line(), self.ceiling_line(), *self.by_outcome()]
        return [*lines, *self.money_lines(), self.pillars_line(), self.interactions_line()]

    def _change(self, basis: str) -> dict[str, str]:
        return self.change_of(self.found.premium(tell.MAIN, basis))

    def premium_line(self) -> str:
        """The premium in firms surviving."""
        row = self.found.premium(tell.MAIN)
        share = row["difference"] / row["siloed"] if row["siloed"] else math.nan
        return self.fill(
            "premium_line", chance=tell.chance(row["p_higher"]),
            siloed=self.number(row["siloed"], signed=False), share=self.percent(share, True),
            years=self.count(self.plan.settings.months / 12.0, "year"), **self._change("capped"),
        )  # fmt: skip

    def ceiling_line(self) -> str:
        """What a perfect hand-over would give."""
        return self.fill("ceiling_line", **self._change("ceiling"))

    def by_outcome(self) -> list[str]:
        """Which outcomes are better, worse, or not distinguishable."""
        told: dict[str, list[str]] = {"better": [], "worse": [], "cannot": []}
        for name in OUTCOMES:
            row = self.found.premium(name)
            side = {HIGHER: "better", LOWER: "worse"}.get(row["verdict"], "cannot")
            told[side].append(f"{self.outcome(name)} {self.gain(row, name, 'difference')}")
        return [self.fill(k, labels=self.listed(v, "list_and")) for k, v in told.items() if v]

    def money_lines(self) -> list[str]:
        """Whether the two spent alike under the cap, the premium per yuan, and without the cap."""
        cost, gap, row = self.found.premium(COST), self.gap(), self.found.premium(tell.MAIN)
        key = "spending_equal" if abs(gap) <= lay.EQUAL else "spending_unequal"
        about = {side: self.number(cost[side], COST, False) for side in ("siloed", "linked")}
        about |= {"cap": self.figure(self.found.cap, "yuan"), "allowed": self.percent(lay.EQUAL)}
        each = self.rates(row["per_million_low"], row["per_million_high"])
        told, word = tell.rate(row["per_million"]), self.verdict(row["per_million_verdict"])
        free = {"word": self.verdict(self.found.premium(tell.MAIN, "uncapped")["verdict"])}
        apart = self.percent(self.gap("uncapped"), True)
        return [
            self.fill(key, gap=self.percent(gap, True), **about),
            self.fill("yuan_line", value=told, interval=each, word=word),
            self.fill("uncapped_line", gap=apart, **free, **self._change("uncapped")),
        ]

    def pillars_line(self) -> str:
        """Shapley shares of the five pillars, the largest first."""
        rows = {factor: self.found.effect("shapley", factor, tell.MAIN) for factor in lay.PILLARS}
        if not all(math.isfinite(row["share"]) for row in rows.values()):
            return self.fill("pillars_nothing")
        told = {f: row for f, row in rows.items() if row["verdict"] in (HIGHER, LOWER)}
        shares = []
        for factor, row in sorted(told.items(), key=lambda pair: -pair[1]["share"]):
            share, *ends = (self.percent(row[key]) for key in ("share", "share_low", "share_high"))
            about = {"name": self.factor(factor), "interval": say.to(self.lang, *ends)}
            shares.append(self.fill("pillar_share", share=share, **about))
        rest = self.listed(self.factor(factor) for factor in lay.PILLARS if factor not in told)
        shares += [self.fill("pillar_unclear", names=rest)] if rest else []
        joint = self.number(self.found.effect("joint", "", tell.MAIN)["value"])
        return self.fill("pillars_line", joint=joint, shares=self.listed(shares, "list_and"))

    def interactions_line(self) -> str:
        """Pairs of factors whose interaction can be told from zero."""
        rows = picked(self.found.effects, kind="interaction", measure=tell.MAIN)
        told = rows[rows["verdict"].isin((HIGHER, LOWER))]
        if told.empty:
            return self.fill("interactions_none")
        pairs = []
        for row in rows_of(told.sort_values("value", key=abs, ascending=False)):
            a, b = self.factor(row["factor"]), self.factor(row["other"])
            pairs.append(self.fill("pair", a=a, b=b, value=self.number(row["value"])))
        return self.fill("interactions_line", pairs=self.listed(pairs), n=len(rows))

    def subtitle(self) -> str:
        """County, months and replicates."""
        plan, s = self.found.plan, self.found.plan.settings
        about = {"months": s.months, "sample": s.sample, "replicates": plan.replicates}
        return self.fill("subtitle", county=self.county, fewer=plan.fewer, **about)

    def premium(self, basis: str) -> doc.Sheet:
        """The premium of every outcome, and what it is per million yuan."""
        above = "ceiling" if basis == "capped" else "ceiling_uncapped"

        def cells(name: str) -> list[str]:
            row, most = self.found.premium(name, basis), self.found.premium(name, above)
            per = [tell.rate(row["per_million"]), self.rates(row["per_million_low"], row["per_million_high"])]  # fmt: skip
            word = self.verdict(row["verdict"]) if row["pairs"] > 1 else self.words["one_replicate"]
            return [
                self.outcome(name), self.phrase(name, "unit"),
                *(self.number(row[side], name, False) for side in ("siloed", "linked")),
                *self.change_of(row, name=name).values(), tell.chance(row["p_higher"]), word,
                *(per if name != COST else [say.NONE] * 2), *self.change_of(most, name=name).values(),
            ]  # fmt: skip

        keys = "outcome unit siloed linked difference interval probability word per_million interval ceiling interval"
        return self.sheet(keys, [cells(name) for name in (*OUTCOMES, COST)])

    def caps(self) -> doc.Sheet:
        """Cap, spending, gap, and the premium in firms surviving, at every cap and without one."""
        caps = {f"cap x {share:g}": share for share in sorted(lay.OTHER_CAPS)} | {"capped": 1.0}

        def cells(basis: str) -> list[str]:
            row, cost = self.found.premium(tell.MAIN, basis), self.found.premium(COST, basis)
            cap = self.figure(self.found.cap * caps.get(basis, 0.0), "yuan")
            return [
                self.fill("other_cap", cap=cap) if basis in caps else self.fill("uncapped"),
                self.number(cost["siloed"], COST, False), self.percent(self.gap(basis), True),
                str(row["pairs"]), *self._change(basis).values(), tell.chance(row["p_higher"]),
                self.verdict(row["verdict"]),
            ]  # fmt: skip

        head = self.head("basis siloed spending_gap difference interval probability word")
        head[1] = f"{head[1]} ({self.phrase(COST, 'unit')})"
        head.insert(3, self.words["report"]["replicates"])
        return doc.Sheet(head, [cells(basis) for basis in (*caps, "uncapped")])

    def effects(self, measure: str) -> doc.Sheet:
        """Factor, alone, last, last linked, Shapley (siloed, its share; all six, its share), mean."""
        rows = []
        for factor in lay.FACTORS:
            row = [self.factor(factor)]
            for kind in CONTRASTS:
                if factor not in lay.PILLARS and kind in ("last", "shapley"):
                    row += [say.NONE] * (2 if kind == "shapley" else 1)
                    continue
                effect = self.found.effect(kind, factor, measure)
                row.append(self.gain(effect, measure, star=True))
                if kind.startswith("shapley"):
                    row.append(self.percent(effect["share"]))
            rows.append(row)
        keys = "factor alone last last_linked shapley share shapley_linked share main"
        return self.sheet(keys, rows)

    def interactions(self, measure: str) -> doc.Sheet:
        """Pair of factors, interaction, interval, words."""
        rows = [
            [f"{self.factor(row['factor'])} × {self.factor(row['other'])}",
             *self.change_of(row, "value", measure).values(), self.verdict(row["verdict"])]
            for row in rows_of(picked(self.found.effects, kind="interaction", measure=measure))
        ]  # fmt: skip
        return self.sheet("interactions interaction interval word", rows)

    def spending(self) -> doc.Sheet:
        """Public cost a year by cell and factor."""
        found, text = self.found, self.text
        cells = [lay.cell_of(), *map(lay.cell_of, lay.PILLARS), lay.SILOED, lay.LINKED]
        labels = [*map(lay.label_of_cell, cells), *map(lay.capped_label, ("siloed", "linked"))]
        names = [text["nothing"], *map(self.factor, lay.PILLARS)]
        for cap in (text["uncapped"], self.fill("capped", cap=self.figure(found.cap, "yuan"))):
            names += [f"{text[k]}, {cap}" for k in ("siloed", "linked")]
        place = list(found.plan.scenarios)
        columns = [[KEPT.index(f"spent_{p}") for p in tell.programmes_of(f)] for f in lay.FACTORS]
        rows = []
        for label, name in zip(labels, names):
            values = np.nanmean(found.values[place.index(label)], axis=0)
            parts = [values[column].sum() for column in columns] + [values[KEPT.index(COST)]]
            rows.append([name, *self.yuan(parts)])
        return doc.Sheet([text["cell"], *map(self.factor, lay.FACTORS), text["total"]], rows)

    def by_number(self) -> doc.Sheet:
        """Mean public cost by how many programmes are on, without and with linkage."""
        cost, rows = np.nanmean(self.found.cells[:, :, -1], axis=1), []
        for n in range(len(lay.PILLARS) + 1):
            alike = [cell for cell in range(lay.SILOED + 1) if cell.bit_count() == n]
            both = [cost[alike].mean(), cost[[cell + lay.SILOED + 1 for cell in alike]].mean()]
            rows.append([str(n), *self.yuan(both)])
        return self.sheet("pillars_on linkage_off linkage_on", rows)

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        of_main = f"{self.text['effects']}: {self.outcome()}"
        return [
            self.premium("capped").cut(0, 2, 3, 4, 5, 6, 10, title=self.text["premium"]),
            self.effects(tell.MAIN).cut(0, 1, 2, 4, 5, title=of_main),
        ]

    def sections(self) -> list[doc.Section]:
        """Premium, interactions, effects and spending."""
        text = self.text

        def pair(name: str) -> doc.Picture:
            return doc.Picture(charts.interaction_chart(self, name))

        pairs = [
            doc.Fold(self.outcome(name), [pair(name), self.interactions(name)])
            for name in OUTCOMES[1:]
        ]
        return [
            doc.Section(text["premium"], [
                doc.Picture(charts.premium_chart(self)), self.premium("capped"),
                doc.note(text["premium_note"], text["cap_note"]),
                doc.Heading(text["uncapped"]), self.premium("uncapped"),
                doc.Heading(self.outcome()), self.caps(),
            ]),
            doc.Section(text["interactions"], [
                doc.note(text["interaction_note"]), pair(tell.MAIN),
                doc.note(text["interaction_table_note"]), self.interactions(tell.MAIN), *pairs,
            ]),
            doc.Section(text["effects"], [
                doc.note(text["effects_note"]), doc.Picture(charts.shapley_chart(self)),
                *folds(self),
            ]),
            doc.Section(text["spending"], [doc.note(text["spending_note"]), self.spending(), self.by_number()]),
        ]  # fmt: skip

    def more(self) -> dict[str, Any]:
        """Replicates, and rows of both tables."""
        return {
            "question": self.text["title"], "replicates": self.found.plan.fewer,
            "premium_replicates": self.found.plan.replicates, "spending_gap": self.gap(),
            "premiums": plain_rows(self.found.premiums), "effects": plain_rows(self.found.effects),
        }  # fmt: skip


def folds(page: Experiment | Links) -> list[doc.Fold]:
    """Effects on each outcome, those on the main one open."""
    return [
        doc.Fold(page.outcome(name), [page.effects(name)], name == tell.MAIN) for name in OUTCOMES
    ]


class Points(tell.Told):
    """What is told of the points over which behaviour is moved."""

    found: Robust

    def sentences(self) -> list[str]:
        """What moving the behaviour parameters does to the premium in firms surviving."""
        found, row = self.found, self.found.summary.set_index("measure").loc[tell.MAIN]
        there = found.premiums[tell.MAIN][found.alike]
        return [
            self.fill(
                "robust_line", n=len(found.moved), spread=self.percent(SPREAD),
                points=int(row["points"]), share=self.percent(row["share_positive"]),
                told=self.percent(row["share_told_positive"]),
                against=self.percent(row["share_told_negative"]), **self.change_of(row, "mean", as_="mean"),
            ),
            self.fill("robust_ceiling", **self.change_of(row, "ceiling")),
            self.fill(
                "robust_alike", share=self.percent(float(found.alike.mean())),
                allowed=self.percent(lay.EQUAL), mean=self.number(there.mean()),
                above=self.percent(float((there > 0).mean())) if len(there) else say.NONE,
                gap=self.percent(float(np.median(found.gaps)), True),
            ),
            self.correlated(found.correlations, len(found.moved)),
        ]  # fmt: skip

    def reading(self) -> str:
        """How intervals are to be read."""
        return self.fill("one_in_ten")

    def note(self) -> str:
        """What a point is."""
        return self.fill("robust_note", replicates=self.found.replicates)

    def summary(self) -> doc.Sheet:
        """The premium over the points, by outcome."""

        def cells(row: dict[str, Any]) -> list[str]:
            name = row["measure"]
            told = (self.percent(row[f"share_told_{side}"]) for side in ("positive", "negative"))
            return [
                self.outcome(name), *self.change_of(row, "mean", name).values(),
                self.ends(row["smallest"], row["largest"], name), self.percent(row["share_positive"]),
                " / ".join(told), *self.change_of(row, "ceiling", name).values(),
            ]  # fmt: skip

        keys = "outcome mean interval smallest_largest share_positive share_told ceiling interval"
        return self.sheet(keys, [cells(row) for row in rows_of(self.found.summary)])

    def parameters(self) -> doc.Sheet:
        """Parameters moved, and their rank correlation with the main premium."""
        found, rows = self.found, []
        told = picked(found.correlations, measure=tell.MAIN).set_index("key")
        by_key = {lever.key: (lever, *bounds) for lever, bounds in zip(found.moved, found.ranges())}
        for key in dict.fromkeys([*told.index, *by_key]):
            lever, *ends = by_key[key]
            rho, p = told.loc[key, ["rho", "p"]] if key in told.index else (np.nan, np.nan)
            between = say.to(self.lang, *(say.short(end, ".4g") for end in ends))
            correlated = tell.rate(float(f"{rho:.2f}")), say.short(p, ".3f")
            rows.append([say.label_of(lever, self.lang), key, between, *correlated])
        return self.sheet("parameter key range rho p_value", rows, "wcn")

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        return [self.summary().cut(*range(7), title=self.text["robustness"])]

    def sections(self) -> list[doc.Section]:
        """When behaviour is otherwise."""
        text, drawn = self.text, doc.Picture(charts.robust_chart(self))
        how = doc.note(self.note(), text["robust_chart"])
        return [doc.Section(text["robustness"], [how, drawn, self.summary(), self.parameters()])]

    def more(self) -> dict[str, Any]:
        """What was moved, and what that does."""
        found = self.found
        return {
            "replicates": found.replicates, "over": found.over,
            "moved": [lever.key for lever in found.moved], "summary": plain_rows(found.summary),
            "correlations": plain_rows(found.correlations), "points": plain_rows(found.premiums),
        }  # fmt: skip


class Links(tell.Told):
    """What is told of the parts of linkage, one by one."""

    found: Gates

    def part(self, key: str) -> str:
        """What a part of linkage is called: its lever's label, or all of them."""
        return say.label_of(tell.LABELS[key], self.lang) if key else self.fill("all_parts")

    @property
    def sets(self) -> int:
        """Sets of an ensemble that it was run in; 0 for the parameters in use."""
        return self.found.plan.sets if isinstance(self.found, GatesOver) else 0

    def _named(self, rows: pd.DataFrame, low: str = "low", high: str = "high") -> str:
        named = (
            f"{self.part(row['part'])} {self.number(row['value'])} ({self.ends(row[low], row[high])})"
            for _, row in rows.iterrows()
        )
        return self.listed(named) or self.fill("gates_none")

    def sentences(self) -> list[str]:
        """Which parts can be told from zero, alone and left out, and which spend unequally."""
        told, rows = [], self.found.effects
        rows = rows[(rows["measure"] == tell.MAIN) & (rows["part"] != "")]
        ends = ("band_low", "band_high") if self.sets else ("low", "high")
        for kind in ("alone", "last", *(["shapley"] if self.sets else [])):
            there = picked(rows, kind=kind)
            if len(there):
                there = there[there["verdict"].isin((HIGHER, LOWER))]
                told.append(self.fill(f"gates_{kind}", parts=self._named(there, *ends)))
        shapley = picked(rows, kind="shapley")
        if self.sets and len(shapley):
            average = self._named(shapley[shapley["low"] * shapley["high"] > 0.0])
            told.append(self.fill("gates_average", sets=self.sets, parts=average))
        apart = rows[rows["spending_gap"].abs() > lay.EQUAL]["part"].unique()
        if len(apart):
            names = self.listed(map(self.part, apart))
            told.append(self.fill("gates_unequal", parts=names, allowed=self.percent(lay.EQUAL)))
        return told

    def reading(self) -> str:
        """How intervals are to be read."""
        return self.fill("one_in_ten_sets") if self.sets else super().reading()

    def note(self) -> str:
        """What a cell is."""
        note = self.fill("gates_note", cap=self.figure(self.found.cap, "yuan"))
        more = self.fill("gates_luck", replicates=self.found.plan.replicates)
        if isinstance(self.found, GatesOver):
            more = self.fill("gates_over", sets=self.sets, each=self.found.plan.each)
        return self.joined(note, more)

    def effects(self, measure: str) -> doc.Sheet:
        """Part, then effect and gap in spending: alone, on top of the others, and Shapley value if known."""
        kinds = [k for k in ("alone", "last", "shapley") if k in set(self.found.effects["kind"])]
        rows = [[self.part(part), *self._cells(kinds, part, measure)] for part in self.found.parts]
        rows.append([self.part(""), *self._cells(["joint"] * len(kinds), "", measure)])
        heads = self.head(" ".join(f"part_{kind} spends" for kind in kinds))
        sources = uncertain.head(self.lang)[3:] if self.sets else []
        return doc.Sheet([self.text["part"], *heads, *sources], rows)

    def _cells(self, kinds: list[str], part: str, measure: str) -> list[str]:
        cells, found = [], [self.found.effect(kind, part, measure) for kind in kinds]
        for row in found:
            gain = self.gain(row, measure, star=True)
            if self.sets:
                gain = f"{gain[:-1]}; {self.ends(row['band_low'], row['band_high'], measure)})"
            cells += [gain, self.percent(row["spending_gap"], True)]
        return [*cells, *(self.percent(found[-1][source]) for source in SOURCES if self.sets)]

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        return [replace(self.effects(tell.MAIN), title=self.text["gates"])]

    def sections(self) -> list[doc.Section]:
        """Which part of linkage does it."""
        title = self.text["gates_ensemble" if self.sets else "gates"]
        return [doc.Section(title, [doc.note(self.note()), *folds(self)])]

    def more(self) -> dict[str, Any]:
        """The parts, and rows of their effects."""
        found = self.found
        over = {"over": found.over, "sets": self.sets} if isinstance(found, GatesOver) else {}
        replicates = found.values.shape[2 if over else 1]
        rows = {"parts": list(found.parts), "effects": plain_rows(found.effects)}
        return {**over, "replicates": replicates, **rows}


@dataclass(frozen=True)
class Answered:
    """Everything that the document rests on."""

    fitted: Posterior
    wide: Conditions
    gates_over: GatesOver
    gates: Gates
    found: Linkage

    @property
    def parts(self) -> tuple[Fitted, Experiment, Links, Links, Wide]:
        """What is told of each result; the answer first."""
        links = Links(self.gates_over), Links(self.gates)
        return Fitted(self.fitted), Experiment(self.found), *links, Wide(self.wide)

    def write_document(self, path: Path) -> list[Path]:
        """Write the document and its summaries in Markdown, with charts in ``images`` beside them.

        The summaries, a page each in English and Chinese, are written as pages to print, too.
        """
        fitted, page, over, links, wide = parts = self.parts
        drawn = {
            "posterior": posterior.chart(fitted),
            "posterior-zh": posterior.chart(Fitted(self.fitted, "zh")),
            "conditions": posterior.wide_chart(wide), "premium": charts.premium_chart(page),
            "interaction": charts.interaction_chart(page, tell.MAIN),
            "shapley": charts.shapley_chart(page),
        }  # fmt: skip
        again = "returnee linkage --write-doc docs/linkage.md"
        failed = [line for part in parts for line in part.failed(part.found.failures).lines]
        text = write_markdown(
            path, "linkage.md.j2", {f"linkage-{name}": svg for name, svg in drawn.items()},
            page=page, fitted=fitted, wide=wide, over=over, links=links, text=page.text,
            again=again, failed=failed, facts=doc.facts("en"),
        )  # fmt: skip
        written = [text]
        for lang, tail in (("en", ""), ("zh", ".zh")):
            short = summary(Fitted(self.fitted, lang), Wide(self.wide, lang))
            sheet = path.with_name(f"{path.stem}-summary{tail}.html")
            picture = f"images/linkage-posterior{tail.replace('.', '-')}.svg"
            about = {"report": short, "picture": picture, "again": again}
            page_ = write_markdown(sheet.with_suffix(".md"), "summary.md.j2", {}, **about)
            written += [write_html(short, sheet), page_]
        return written
