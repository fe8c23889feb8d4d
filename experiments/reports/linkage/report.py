"""The linkage experiment, its points and its parts: in sentences and tables, and as a document."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.files import write_text
from returnee.experiments.numbers import picked, plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import fill, standalone, write_html
from returnee.experiments.reports.linkage import charts, posterior
from returnee.experiments.reports.linkage import told as tell
from returnee.experiments.reports.linkage.posterior import Fitted, Wide
from returnee.experiments.reports.linkage.summary import summary
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.ensemble import SOURCES
from returnee.experiments.studies.linkage.conditions import Conditions
from returnee.experiments.studies.linkage.design import (
    EQUAL,
    FACTORS,
    LINKED,
    OTHER_CAPS,
    PILLARS,
    SILOED,
    capped_label,
    cell_of,
    label_of_cell,
)
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
        if not abs(self.gap()) <= EQUAL:
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
        row = self.found.premium(tell.MAIN, basis)
        return self.change(row["difference"], row["low"], row["high"])

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
        free = self.found.premium(tell.MAIN, "uncapped")
        siloed, linked = (self.number(cost[side], COST, False) for side in ("siloed", "linked"))
        return [
            self.fill(
                "spending_equal" if abs(gap) <= EQUAL else "spending_unequal", siloed=siloed,
                linked=linked, cap=self.figure(self.found.cap, "yuan"),
                gap=self.percent(gap, True), allowed=self.percent(EQUAL),
            ),
            self.fill(
                "yuan_line", value=tell.rate(row["per_million"]),
                interval=self.rates(row["per_million_low"], row["per_million_high"]),
                word=self.verdict(row["per_million_verdict"]),
            ),
            self.fill(
                "uncapped_line", gap=self.percent(self.gap("uncapped"), True),
                word=self.verdict(free["verdict"]), **self._change("uncapped"),
            ),
        ]  # fmt: skip

    def pillars_line(self) -> str:
        """Shapley shares of the five pillars, the largest first."""
        rows = {factor: self.found.effect("shapley", factor, tell.MAIN) for factor in PILLARS}
        if not all(math.isfinite(row["share"]) for row in rows.values()):
            return self.fill("pillars_nothing")
        told = {f: row for f, row in rows.items() if row["verdict"] in (HIGHER, LOWER)}
        shares = []
        for factor, row in sorted(told.items(), key=lambda pair: -pair[1]["share"]):
            share, *ends = (self.percent(row[key]) for key in ("share", "share_low", "share_high"))
            about = {"name": self.factor(factor), "interval": say.to(self.lang, *ends)}
            shares.append(self.fill("pillar_share", share=share, **about))
        rest = self.listed(self.factor(factor) for factor in PILLARS if factor not in told)
        shares += [self.fill("pillar_unclear", names=rest)] if rest else []
        joint = self.number(self.found.effect("joint", "", tell.MAIN)["value"])
        return self.fill("pillars_line", joint=joint, shares=self.listed(shares, "list_and"))

    def interactions_line(self) -> str:
        """Pairs of factors whose interaction can be told from zero."""
        rows = self.found.effects
        rows = rows[(rows["kind"] == "interaction") & (rows["measure"] == tell.MAIN)]
        told = rows[rows["verdict"].isin((HIGHER, LOWER))]
        if told.empty:
            return self.fill("interactions_none")
        pairs = []
        for k in told["value"].abs().sort_values(ascending=False).index:
            a, b = map(self.factor, told.loc[k, ["factor", "other"]])
            pairs.append(self.fill("pair", a=a, b=b, value=self.number(told.loc[k, "value"])))
        return self.fill("interactions_line", pairs=self.listed(pairs), n=len(rows))

    def subtitle(self) -> str:
        """County, months and replicates."""
        plan, s = self.found.plan, self.found.plan.settings
        about = {"months": s.months, "sample": s.sample, "replicates": plan.replicates}
        return self.fill("subtitle", county=self.county, fewer=plan.fewer, **about)

    def premium(self, basis: str) -> doc.Sheet:
        """The premium of every outcome, and what it is per million yuan."""
        head = self.head("outcome unit siloed linked difference interval probability word per_million interval ceiling interval")  # fmt: skip
        above, rows = "ceiling" if basis == "capped" else "ceiling_uncapped", []
        for name in (*OUTCOMES, COST):
            row, most = self.found.premium(name, basis), self.found.premium(name, above)
            per = [tell.rate(row["per_million"]), self.rates(row["per_million_low"], row["per_million_high"])]  # fmt: skip
            word = self.verdict(row["verdict"]) if row["pairs"] > 1 else self.words["one_replicate"]
            rows.append(
                [
                    self.outcome(name), self.phrase(name, "unit"),
                    *(self.number(row[side], name, False) for side in ("siloed", "linked")),
                    *self.change(row["difference"], row["low"], row["high"], name).values(),
                    tell.chance(row["p_higher"]), word, *(per if name != COST else [say.NONE] * 2),
                    *self.change(most["difference"], most["low"], most["high"], name).values(),
                ]
            )  # fmt: skip
        return doc.Sheet(head, rows)

    def caps(self) -> doc.Sheet:
        """Cap, spending, gap, and the premium in firms surviving, at every cap and without one."""
        found, rows = self.found, []
        caps = {f"cap x {share:g}": share for share in sorted(OTHER_CAPS)} | {"capped": 1.0}
        for basis in (*caps, "uncapped"):
            cap = self.figure(found.cap * caps[basis], "yuan") if basis in caps else ""
            row, cost = found.premium(tell.MAIN, basis), found.premium(COST, basis)
            rows.append(
                [
                    self.fill("other_cap", cap=cap) if cap else self.fill("uncapped"),
                    self.number(cost["siloed"], COST, False), self.percent(self.gap(basis), True),
                    str(row["pairs"]), *self._change(basis).values(), tell.chance(row["p_higher"]),
                    self.verdict(row["verdict"]),
                ]
            )  # fmt: skip
        head = self.head("basis siloed spending_gap difference interval probability word")
        head[1] = f"{head[1]} ({self.phrase(COST, 'unit')})"
        return doc.Sheet([*head[:3], self.words["report"]["replicates"], *head[3:]], rows)

    def effects(self, measure: str) -> doc.Sheet:
        """Factor, alone, last, last linked, Shapley (siloed, its share; all six, its share), mean."""
        rows = []
        for factor in FACTORS:
            row = [self.factor(factor)]
            for kind in CONTRASTS:
                if factor not in PILLARS and kind in ("last", "shapley"):
                    row += [say.NONE] * (2 if kind == "shapley" else 1)
                    continue
                effect = self.found.effect(kind, factor, measure)
                row.append(self.gain(effect, measure, star=True))
                if kind.startswith("shapley"):
                    row.append(self.percent(effect["share"]))
            rows.append(row)
        return doc.Sheet(self.head("factor alone last last_linked shapley share shapley_linked share main"), rows)  # fmt: skip

    def interactions(self, measure: str) -> doc.Sheet:
        """Pair of factors, interaction, interval, words."""
        rows = self.found.effects
        rows = rows[(rows["kind"] == "interaction") & (rows["measure"] == measure)]
        cells = [
            [
                f"{self.factor(row['factor'])} × {self.factor(row['other'])}",
                *self.change(row["value"], row["low"], row["high"], measure).values(),
                self.verdict(row["verdict"]),
            ]
            for _, row in rows.iterrows()
        ]
        return doc.Sheet(self.head("interactions interaction interval word"), cells)

    def spending(self) -> doc.Sheet:
        """Public cost a year by cell and factor."""
        found, text = self.found, self.text
        cells = [label_of_cell(cell_of()), *(label_of_cell(cell_of(pillar)) for pillar in PILLARS)]
        cells += [label_of_cell(SILOED), label_of_cell(LINKED)]
        cells += [capped_label("siloed"), capped_label("linked")]
        names = [text["nothing"], *map(self.factor, PILLARS)]
        for cap in (text["uncapped"], self.fill("capped", cap=self.figure(found.cap, "yuan"))):
            names += [f"{text[k]}, {cap}" for k in ("siloed", "linked")]
        place = list(found.plan.scenarios)
        columns = [[KEPT.index(f"spent_{p}") for p in tell.programmes_of(f)] for f in FACTORS]
        rows = []
        for label, name in zip(cells, names):
            values = np.nanmean(found.values[place.index(label)], axis=0)
            parts = [values[column].sum() for column in columns] + [values[KEPT.index(COST)]]
            rows.append([name, *self.yuan(parts)])
        return doc.Sheet([text["cell"], *map(self.factor, FACTORS), text["total"]], rows)

    def by_number(self) -> doc.Sheet:
        """Mean public cost by how many programmes are on, without and with linkage."""
        cost, rows = np.nanmean(self.found.cells[:, :, -1], axis=1), []
        for n in range(len(PILLARS) + 1):
            alike = [cell for cell in range(SILOED + 1) if cell.bit_count() == n]
            both = [cost[alike].mean(), cost[[cell + SILOED + 1 for cell in alike]].mean()]
            rows.append([str(n), *self.yuan(both)])
        return doc.Sheet(self.head("pillars_on linkage_off linkage_on"), rows)

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
        shares = {
            key: self.percent(row[f"share_{name}"])
            for key, name in (("share", "positive"), ("told", "told_positive"), ("against", "told_negative"))
        }  # fmt: skip
        return [
            self.fill(
                "robust_line", n=len(found.moved), spread=self.percent(SPREAD),
                points=int(row["points"]), **shares,
                **self.change(row["mean"], row["low"], row["high"], as_="mean"),
            ),
            self.fill(
                "robust_ceiling",
                **self.change(row["ceiling"], row["ceiling_low"], row["ceiling_high"]),
            ),
            self.fill(
                "robust_alike", share=self.percent(float(found.alike.mean())),
                allowed=self.percent(EQUAL), mean=self.number(there.mean()),
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
        rows = []
        for _, row in self.found.summary.iterrows():
            name = row["measure"]
            told = (self.percent(row[f"share_told_{side}"]) for side in ("positive", "negative"))
            rows.append(
                [
                    self.outcome(name),
                    *self.change(row["mean"], row["low"], row["high"], name).values(),
                    self.ends(row["smallest"], row["largest"], name),
                    self.percent(row["share_positive"]), " / ".join(told),
                    *self.change(row["ceiling"], row["ceiling_low"], row["ceiling_high"], name).values(),
                ]
            )  # fmt: skip
        return doc.Sheet(self.head("outcome mean interval smallest_largest share_positive share_told ceiling interval"), rows)  # fmt: skip

    def parameters(self) -> doc.Sheet:
        """Parameters moved, and their rank correlation with the main premium."""
        found, rows = self.found, []
        told = found.correlations
        told = told[told["measure"] == tell.MAIN].set_index("key")
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
        apart = rows[rows["spending_gap"].abs() > EQUAL]["part"].unique()
        if len(apart):
            names = self.listed(map(self.part, apart))
            told.append(self.fill("gates_unequal", parts=names, allowed=self.percent(EQUAL)))
        return told

    def reading(self) -> str:
        """How intervals are to be read."""
        return self.fill("one_in_ten_sets") if self.sets else super().reading()

    def note(self) -> str:
        """What a cell is."""
        note = self.fill("gates_note", cap=self.figure(self.found.cap, "yuan"))
        if isinstance(self.found, GatesOver):
            more = self.fill("gates_over", sets=self.sets, each=self.found.plan.each)
        else:
            more = self.fill("gates_luck", replicates=self.found.plan.replicates)
        return self.joined(note, more)

    def effects(self, measure: str) -> doc.Sheet:
        """Part, then effect and gap in spending: alone, on top of the others, and Shapley value if known."""
        kinds = [k for k in ("alone", "last", "shapley") if k in set(self.found.effects["kind"])]
        rows = [[self.part(part), *self._cells(kinds, part, measure)] for part in self.found.parts]
        rows.append([self.part(""), *self._cells(["joint"] * len(kinds), "", measure)])
        heads = (
            name for kind in kinds for name in (self.text[f"part_{kind}"], self.text["spends"])
        )
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
        sheet = self.effects(tell.MAIN)
        return [sheet.cut(*range(len(sheet.head)), title=self.text["gates"])]

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


def write_document(answered: Answered, path: Path) -> list[Path]:
    """Write the document and its summaries in Markdown, with their figures in ``images`` beside them.

    The summaries, a page each in English and Chinese, are written as pages to print, too.
    """
    fitted, page, over, links, wide = parts = answered.parts
    figures = {
        "linkage-posterior": posterior.chart(fitted),
        "linkage-posterior-zh": posterior.chart(Fitted(answered.fitted, "zh")),
        "linkage-conditions": posterior.wide_chart(wide),
        "linkage-premium": charts.premium_chart(page),
        "linkage-interaction": charts.interaction_chart(page, tell.MAIN),
        "linkage-shapley": charts.shapley_chart(page),
    }
    for name, svg in figures.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    again = "returnee linkage --write-doc docs/linkage.md"
    failed = [line for part in parts for line in part.failed(part.found.failures).lines]
    text = fill(
        "linkage.md.j2", page=page, fitted=fitted, wide=wide, over=over, links=links, text=page.text,
        again=again, failed=failed, facts=doc.facts("en"),
    )  # fmt: skip
    written = [write_text(path, text)]
    for lang in say.LANGUAGES:
        short = summary(Fitted(answered.fitted, lang), Wide(answered.wide, lang))
        tail = "" if lang == "en" else f".{lang}"
        sheet = path.with_name(f"{path.stem}-summary{tail}.html")
        picture = f"images/linkage-posterior{tail.replace('.', '-')}.svg"
        again_page = fill("summary.md.j2", report=short, picture=picture, again=again)
        written += [write_html(short, sheet), write_text(sheet.with_suffix(".md"), again_page)]
    return written
