"""The linkage experiment as a report, on the terminal, and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from returnee.experiments.files import write_text
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import fill, standalone, write_html
from returnee.experiments.reports.linkage import charts, posterior
from returnee.experiments.reports.linkage import words as tell
from returnee.experiments.reports.linkage.posterior import Fitted, Wide
from returnee.experiments.reports.linkage.summary import summary
from returnee.experiments.reports.terminal import show
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.statistics.ensemble import SOURCES
from returnee.experiments.studies.linkage.conditions import Conditions
from returnee.experiments.studies.linkage.design import (
    FACTORS,
    LINKED,
    OTHER_CAPS,
    PILLARS,
    SILOED,
    capped_label,
    cell_of,
    label_of_cell,
    levels,
)
from returnee.experiments.studies.linkage.effects import COST, KEPT, OUTCOMES, spending_gap
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.studies.linkage.gates import Gates, GatesOver
from returnee.experiments.studies.linkage.posterior import Posterior
from returnee.experiments.studies.linkage.robust import Robust
from returnee.experiments.words import texts as say

CONTRASTS = ("alone", "last", "last_linked", "shapley", "shapley_linked", "main")


class Experiment(tell.Told):
    """Tables of the 64 cells."""

    found: Linkage

    def lines(self) -> list[str]:
        """The answer."""
        return tell.answer(self.found, self.lang)

    def reading(self) -> str:
        """How intervals are to be read; that they are wide where there are few pairs."""
        return reading(self.found, self.lang)

    def subtitle(self) -> str:
        """County, months and replicates."""
        plan = self.found.plan
        return str(self.text["subtitle"]).format(
            county=say.county_name(plan.scenarios[plan.reference].county, self.lang),
            months=plan.settings.months, fewer=plan.fewer, replicates=plan.replicates,
            sample=plan.settings.sample,
        )  # fmt: skip

    def premium(self, basis: str) -> doc.Sheet:
        """The premium of every outcome, and what it is per million yuan."""
        head = self.head("outcome unit siloed linked difference interval probability word per_million interval ceiling interval")  # fmt: skip
        above = "ceiling" if basis == "capped" else "ceiling_uncapped"
        lang, rows = self.lang, []
        for name in (*OUTCOMES, COST):
            row, most = self.found.premium(name, basis), self.found.premium(name, above)
            word = tell.verdict_word(row["verdict"], lang)
            per = [tell.rate(row["per_million"]), tell.rates(row["per_million_low"], row["per_million_high"], lang)]  # fmt: skip
            rows.append(
                [
                    tell.outcome(name, self.lang), say.phrase(BY_NAME[name], "unit", self.lang),
                    tell.number(row["siloed"], name, lang, False), tell.number(row["linked"], name, lang, False),
                    tell.number(row["difference"], name, lang), tell.ends(row["low"], row["high"], name, lang),
                    tell.chance(row["p_higher"]), word if row["pairs"] > 1 else self.words["one_replicate"],
                    *(per if name != COST else [say.NONE, say.NONE]),
                    tell.number(most["difference"], name, lang), tell.ends(most["low"], most["high"], name, lang),
                ]
            )  # fmt: skip
        return doc.Sheet(head, rows)

    def caps(self) -> doc.Sheet:
        """Cap, spending, gap, and the premium in firms surviving, at every cap and without one."""
        found, text, lang, rows = self.found, self.text, self.lang, []
        caps = {f"cap x {share:g}": share for share in sorted(OTHER_CAPS)} | {"capped": 1.0}
        for basis in (*caps, "uncapped"):
            cap = say.figure(found.cap * caps[basis], "yuan", lang) if basis in caps else ""
            row, cost = found.premium(tell.MAIN, basis), found.premium(COST, basis)
            rows.append(
                [
                    text["other_cap"].format(cap=cap) if cap else text["uncapped"],
                    tell.number(cost["siloed"], COST, lang, False),
                    say.percent(spending_gap(found.premiums, basis), lang, True), str(row["pairs"]),
                    tell.number(row["difference"], tell.MAIN, lang), tell.ends(row["low"], row["high"], tell.MAIN, lang),
                    tell.chance(row["p_higher"]), tell.verdict_word(row["verdict"], lang),
                ]
            )  # fmt: skip
        head = self.head("basis siloed spending_gap difference interval probability word")
        unit = say.phrase(BY_NAME[COST], "unit", lang)
        head[1] = f"{head[1]} ({unit})"
        return doc.Sheet([*head[:3], self.words["report"]["replicates"], *head[3:]], rows)

    def effects(self, measure: str) -> doc.Sheet:
        """Factor, alone, last, last linked, Shapley (siloed, its share; all six, its share), mean."""
        lang, rows = self.lang, []
        for factor in FACTORS:
            row = [self.text["factors"][factor]]
            for kind in CONTRASTS:
                if factor not in PILLARS and kind in ("last", "shapley"):
                    row += [say.NONE] * (2 if kind == "shapley" else 1)
                    continue
                effect = self.found.effect(kind, factor, measure)
                told = "*" if effect["verdict"] in (HIGHER, LOWER) else ""
                interval = tell.ends(effect["low"], effect["high"], measure, lang)
                row.append(f"{tell.number(effect['value'], measure, lang)}{told} ({interval})")
                if kind.startswith("shapley"):
                    row.append(say.percent(effect["share"], lang))
            rows.append(row)
        return doc.Sheet(self.head("factor alone last last_linked shapley share shapley_linked share main"), rows)  # fmt: skip

    def interactions(self, measure: str) -> doc.Sheet:
        """Pair of factors, interaction, interval, words."""
        text, lang, rows = self.text["factors"], self.lang, self.found.effects
        rows = rows[(rows["kind"] == "interaction") & (rows["measure"] == measure)]
        cells = [
            [
                f"{text[row['factor']]} × {text[row['other']]}",
                tell.number(row["value"], measure, lang), tell.ends(row["low"], row["high"], measure, lang),
                tell.verdict_word(row["verdict"], lang),
            ]
            for _, row in rows.iterrows()
        ]  # fmt: skip
        return doc.Sheet(self.head("interactions interaction interval word"), cells)

    def spending(self) -> doc.Sheet:
        """Public cost a year by cell and factor."""
        found, text = self.found, self.text
        cells = [label_of_cell(cell_of()), *(label_of_cell(cell_of(pillar)) for pillar in PILLARS)]
        cells += [label_of_cell(SILOED), label_of_cell(LINKED)]
        cells += [capped_label(False), capped_label(True)]
        names = [text["nothing"], *(text["factors"][p] for p in PILLARS)]
        for cap in (text["uncapped"], text["capped"].format(cap=say.figure(found.cap, "yuan", self.lang))):  # fmt: skip
            names += [f"{text[k]}, {cap}" for k in ("siloed", "linked")]
        place = list(found.plan.scenarios)
        columns = [[KEPT.index(f"spent_{p}") for p in tell.programmes_of(f)] for f in FACTORS]
        rows = []
        for label, name in zip(cells, names):
            values = np.nanmean(found.values[place.index(label)], axis=0)
            parts = [values[column].sum() for column in columns] + [values[KEPT.index(COST)]]
            rows.append([name, *self.yuan(parts)])
        return doc.Sheet(
            [text["cell"], *(text["factors"][f] for f in FACTORS), text["total"]], rows
        )

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
        text = self.text
        of_main = f"{text['effects']}: {tell.outcome(tell.MAIN, self.lang)}"
        return [
            self.premium("capped").cut(0, 2, 3, 4, 5, 6, 10, title=text["premium"]),
            self.effects(tell.MAIN).cut(0, 1, 2, 4, 5, title=of_main),
        ]

    def sections(self) -> list[doc.Section]:
        """Premium, interactions, effects and spending."""
        text, found, lang = self.text, self.found, self.lang
        names = [(name, tell.outcome(name, lang)) for name in OUTCOMES]
        pairs: list[doc.Block] = [
            doc.Fold(
                label,
                [doc.Picture(charts.interaction_chart(found, name, lang)), self.interactions(name)],
            )  # fmt: skip
            for name, label in names[1:]
        ]
        return [
            doc.Section(text["premium"], [
                doc.Picture(charts.premium_chart(found, lang)), self.premium("capped"),
                doc.note(text["premium_note"], text["cap_note"]),
                doc.Heading(text["uncapped"]), self.premium("uncapped"),
                doc.Heading(tell.outcome(tell.MAIN, lang)), self.caps(),
            ]),
            doc.Section(text["interactions"], [
                doc.note(text["interaction_note"]), doc.Picture(charts.interaction_chart(found, tell.MAIN, lang)),
                doc.note(text["interaction_table_note"]), self.interactions(tell.MAIN), *pairs,
            ]),
            doc.Section(text["effects"], [
                doc.note(text["effects_note"]), doc.Picture(charts.shapley_chart(found, lang)),
                *(doc.Fold(label, [self.effects(name)], name == tell.MAIN) for name, label in names),
            ]),
            doc.Section(text["spending"], [doc.note(text["spending_note"]), self.spending(), self.by_number()]),
        ]  # fmt: skip


class Points(tell.Told):
    """Tables of the points over which behaviour is moved."""

    found: Robust

    def lines(self) -> list[str]:
        """What robustness says."""
        return tell.robust_lines(self.found, self.lang)

    def note(self) -> str:
        """What a point is."""
        return str(self.text["robust_note"]).format(replicates=self.found.replicates)

    def subtitle(self) -> str:
        """What a point is, and the county."""
        plan = self.found.plan
        return (
            f"{self.note()} ({say.county_name(plan.scenarios[plan.reference].county, self.lang)})"
        )

    def summary(self) -> doc.Sheet:
        """The premium over the points, by outcome."""
        lang, rows = self.lang, []
        for _, row in self.found.summary.iterrows():
            name = row["measure"]
            told = (
                say.percent(row[f"share_told_{side}"], lang) for side in ("positive", "negative")
            )
            rows.append(
                [
                    tell.outcome(name, self.lang), tell.number(row["mean"], name, lang),
                    tell.ends(row["low"], row["high"], name, lang),
                    tell.ends(row["smallest"], row["largest"], name, lang),
                    say.percent(row["share_positive"], lang), " / ".join(told),
                    tell.number(row["ceiling"], name, lang),
                    tell.ends(row["ceiling_low"], row["ceiling_high"], name, lang),
                ]
            )  # fmt: skip
        return doc.Sheet(self.head("outcome mean interval smallest_largest share_positive share_told ceiling interval"), rows)  # fmt: skip

    def parameters(self) -> doc.Sheet:
        """Parameters moved, and their rank correlation with the main premium."""
        found, rows = self.found, []
        told = found.correlations
        told = told[told["measure"] == tell.MAIN].set_index("key")
        order = list(told.index) + [v.key for v in found.moved if v.key not in told.index]
        by_key = {lever.key: (lever, *bounds) for lever, bounds in zip(found.moved, found.ranges())}
        for key in order:
            lever, low, high = by_key[key]
            rho, p = told.loc[key, ["rho", "p"]] if key in told.index else (np.nan, np.nan)
            rows.append(
                [
                    say.label_of(lever, self.lang), key,
                    say.to(self.lang, say.short(low, ".4g"), say.short(high, ".4g")),
                    tell.rate(float(f"{rho:.2f}")), say.short(p, ".3f"),
                ]
            )  # fmt: skip
        return doc.Sheet(self.head("parameter key range rho p_value"), rows, columns="wcn")

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        return [self.summary().cut(*range(7), title=self.text["robustness"])]

    def sections(self) -> list[doc.Section]:
        """When behaviour is otherwise."""
        text, drawn = self.text, doc.Picture(charts.robust_chart(self.found, self.lang))
        how = doc.note(self.note(), text["robust_chart"])
        return [doc.Section(text["robustness"], [how, drawn, self.summary(), self.parameters()])]


class Links(tell.Told):
    """Tables of the parts of linkage, one by one."""

    found: Gates

    def lines(self) -> list[str]:
        """What the parts do."""
        return tell.gates_lines(self.found, self.lang)

    @property
    def sets(self) -> int:
        """Sets of an ensemble that it was run in; 0 for the parameters in use."""
        return self.found.plan.sets if isinstance(self.found, GatesOver) else 0

    def subtitle(self) -> str:
        """What is compared, and the county."""
        plan = self.found.plan
        county = say.county_name(plan.scenarios[plan.reference].county, self.lang)
        return f"{self.note()} ({county})"

    def note(self) -> str:
        """What a cell is."""
        cap = say.figure(self.found.cap, "yuan", self.lang)
        told = str(self.text["gates_note"]).format(cap=cap)
        if not isinstance(self.found, GatesOver):
            more = str(self.text["gates_luck"]).format(replicates=self.found.plan.replicates)
        else:
            more = str(self.text["gates_over"]).format(sets=self.sets, each=self.found.plan.each)
        return say.joined(self.lang, told, more)

    def effects(self, measure: str) -> doc.Sheet:
        """Part, then effect and gap in spending: alone, on top of the others, and Shapley value if known."""
        kinds = [k for k in ("alone", "last", "shapley") if k in set(self.found.effects["kind"])]
        rows = [[tell.part_name(part, self.lang), *self._cells(kinds, part, measure)] for part in self.found.parts]  # fmt: skip
        rows.append(
            [tell.part_name("", self.lang), *self._cells(["joint"] * len(kinds), "", measure)]
        )
        heads = [[self.text[f"part_{kind}"], self.text["spends"]] for kind in kinds]
        sources = uncertain.head(self.lang)[3:] if self.sets else []
        return doc.Sheet(
            [self.text["part"], *(head for pair in heads for head in pair), *sources], rows
        )

    def _cells(self, kinds: list[str], part: str, measure: str) -> list[str]:
        cells, found = [], [self.found.effect(kind, part, measure) for kind in kinds]
        for row in found:
            told = "*" if row["verdict"] in (HIGHER, LOWER) else ""
            ends = [("low", "high"), *([("band_low", "band_high")] if self.sets else [])]
            spans = (tell.ends(row[low], row[high], measure, self.lang) for low, high in ends)
            cells += [f"{tell.number(row['value'], measure, self.lang)}{told} ({'; '.join(spans)})"]
            cells += [say.percent(row["spending_gap"], self.lang, True)]
        return [*cells, *(say.percent(found[-1][s], self.lang) for s in SOURCES if self.sets)]

    def tables(self) -> list[doc.Sheet]:
        """Tables for the terminal."""
        sheet = self.effects(tell.MAIN)
        return [sheet.cut(*range(len(sheet.head)), title=self.text["gates"])]

    def sections(self) -> list[doc.Section]:
        """Which part of linkage does it."""
        folds = [
            doc.Fold(tell.outcome(name, self.lang), [self.effects(name)], name == tell.MAIN)
            for name in OUTCOMES
        ]
        return [doc.Section(self.text["gates"], [doc.note(self.note()), *folds])]


Result = Linkage | Robust | Gates | Posterior | Conditions


def reading(result: Result, lang: str) -> str:
    """How intervals are to be read; that they are wide where there are few pairs."""
    if isinstance(result, Posterior | Conditions | GatesOver):
        return str(say.words(lang)["linkage"]["one_in_ten_sets"])
    pairs = 0 if isinstance(result, Robust) else result.plan.replicates
    carried = isinstance(result, Robust) or doc.sample_bias(result.plan.settings.sample, lang)
    told = say.words(lang)["linkage"]["one_in_ten"], say.few_pairs(pairs, lang)
    return say.joined(lang, *told, "" if carried is True else carried)


def design(lang: str = "en") -> doc.Sheet:
    """Levers of every factor, off and on."""
    told, rows = tell.Told(None, lang), []
    for factor, moved in levels().items():
        for key, (off, on) in moved.items():
            lever = tell.LABELS[key]
            rows.append(
                [
                    told.text["factors"][factor], say.label_of(lever, lang), key,
                    say.value_text(off), say.value_text(on), say.unit_name(lever.unit, lang),
                ]
            )  # fmt: skip
    factor, *rest = told.head("factor key off on unit")
    return doc.Sheet([factor, told.words["report"]["lever"], *rest], rows, columns="wwcnnw")


def failures(lang: str, *results: Result) -> list[str]:
    """How many runs failed, if any."""
    failed = (len(result.failures) for result in results)
    return [say.words(lang)["failed"].format(n=n) for n in failed if n]


def report(results: Sequence[Result], lang: str = "en") -> doc.Report:
    """Everything the page shows, of each result in turn."""
    text = say.words(lang)["linkage"]
    sections, lines, commands, subtitles = (
        list[doc.Section](),
        list[str](),
        list[str](),
        list[str](),
    )
    for part in parts(results, lang):
        sections += part.sections()
        lines += part.lines()
        commands.append(part.found.command)
        subtitles.append(part.subtitle())
    failed = doc.Text(failures(lang, *results), "alert")
    return doc.Report(
        lang, text["title"], subtitles[0],
        [
            doc.in_short(lang, lines, doc.note(reading(results[0], lang)), failed), *sections,
            doc.Section(text["design"], [doc.note(text["design_note"]), design(lang)]),
            doc.Section(text["not_for"], [doc.Text(text["limits"], "list")]),
            doc.repeat(lang, commands),
        ],
    )  # fmt: skip


def parts(
    results: Sequence[Result], lang: str
) -> list[Experiment | Points | Links | Fitted | Wide]:
    """What is told of each result."""
    told: dict[type, Any] = {
        Linkage: Experiment, Robust: Points, Gates: Links, GatesOver: Links, Posterior: Fitted,
        Conditions: Wide,
    }  # fmt: skip
    return [told[type(result)](result, lang) for result in results]


def write_page(results: Sequence[Result], path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(report(results, lang), path)


def show_linkage(result: Result, console: Console, lang: str = "en") -> None:
    """Print the answer and the tables behind it."""
    there = parts([result], lang)
    lines = [line for part in there for line in part.lines()]
    tables = [table for part in there for table in part.tables()]
    failed = doc.Text(failures(lang, result), "alert")
    show([doc.Text(lines, "answer"), *tables, doc.note(reading(result, lang)), failed], console)


@dataclass(frozen=True)
class Answered:
    """Everything that the document rests on."""

    fitted: Posterior
    wide: Conditions
    gates: GatesOver
    found: Linkage

    @property
    def all(self) -> tuple[Result, ...]:
        """Each result; the answer first."""
        return self.fitted, self.found, self.gates, self.wide


def write_document(answered: Answered, path: Path) -> list[Path]:
    """Write the document and its summaries in Markdown, with their figures in ``images`` beside them.

    The summaries, a page each in English and Chinese, are written as pages to print, too.
    """
    found, fitted, wide = answered.found, answered.fitted, answered.wide
    figures = {
        "linkage-posterior": posterior.chart(fitted),
        "linkage-posterior-zh": posterior.chart(fitted, "zh"),
        "linkage-conditions": posterior.wide_chart(wide),
        "linkage-premium": charts.premium_chart(found),
        "linkage-interaction": charts.interaction_chart(found, tell.MAIN),
        "linkage-shapley": charts.shapley_chart(found),
    }
    for name, svg in figures.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    again = "returnee linkage --write-doc docs/linkage.md"
    text = fill(
        "linkage.md.j2", page=Experiment(found), design=design(), fitted=Fitted(fitted),
        wide=Wide(wide), links=Links(answered.gates), text=say.words("en")["linkage"], again=again,
        failed=failures("en", *answered.all), facts=doc.facts("en"),
        main_outcome=tell.outcome(tell.MAIN, "en"),
    )  # fmt: skip
    written = [write_text(path, text)]
    for lang in say.LANGUAGES:
        short = summary(Fitted(fitted, lang), Wide(wide, lang), lang)
        tail = "" if lang == "en" else f".{lang}"
        sheet = path.with_name(f"{path.stem}-summary{tail}.html")
        picture = f"images/linkage-posterior{tail.replace('.', '-')}.svg"
        page = fill("summary.md.j2", report=short, picture=picture, again=again)
        written += [write_html(short, sheet), write_text(sheet.with_suffix(".md"), page)]
    return written
