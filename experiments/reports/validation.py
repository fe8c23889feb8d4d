"""A validation as a report, on the terminal and as a document: patterns, face checks, and what is assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from matplotlib.axes import Axes

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import write_markdown
from returnee.experiments.reports.parameters import constants, counts, tables_of
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.studies import face as checked
from returnee.experiments.studies.patterns import FITTED, PATTERNS, REPORT, SOFT, TESTED, Pattern
from returnee.experiments.studies.validation import Result, Validation
from returnee.experiments.studies.validation_over import ValidationOver
from returnee.experiments.words import texts as say
from returnee.scenarios import levers, load_scenario, walk
from returnee.scenarios.schema.fields import basis_counts

MISSES = ("miss", "no_response", "wrong", "not_monotone", "not_zero", "differs")
HIT, MISSED, BAND = draw.COLOURS[0], draw.COLOURS[1], "#e3ebf0"
REACH = 1.6  # band half-widths beyond which a value is drawn at the edge, with an arrow
COLUMNS = 5
WIDTH = {"en": 20, "zh": 22}  # letters of a panel's height
LEVERS = {lever.key: lever for lever in levers}
VERDICTS = {"holds": draw.COLOURS[0], "shown": draw.COLOURS[6]}
ROOMS = {"county": "county facts", "policy": "policy levers", "behaviour": "behaviour parameters"}


def band_text(pattern: Pattern, lang: str) -> str:
    """A pattern's band in words."""
    return say.measured_range(pattern.low, pattern.high, pattern.unit, lang)


class Judged(OfPlan[Validation]):
    """Everything that is told of a validation.

    `face`: face checks, and `over`: the same over an ensemble, where they were asked for.
    """

    table = "validation"

    def __init__(
        self, found: Validation, face: checked.Face | None = None, lang: str = "en",
        over: ValidationOver | None = None,
    ) -> None:  # fmt: skip
        super().__init__(found, lang)
        self.face, self.over = face, over

    @cached_property
    def drawn(self) -> Self:
        """The same in the language of charts, see `figures.chart_language`."""
        return type(self)(self.found, self.face, draw.chart_language(self.lang), self.over)

    @property
    def seen(self) -> checked.Face:
        """The face checks, which must be there."""
        if self.face is None:
            raise ValueError("face: found none, allowed the checks that a page shows")
        return self.face

    def subtitle(self) -> str:
        """Scenario, county and replicates."""
        scenario, s = self.plan.scenarios[self.plan.reference], self.plan.settings
        return self.fill(
            "subtitle", scenario=say.plain_title(scenario, self.lang), county=self.county,
            replicates=self.plan.replicates, sample=s.sample, months=s.months,
        )  # fmt: skip

    def sentences(self) -> list[str]:
        """The answer in sentences."""
        results = self.found.results
        unseen = [r.pattern.label(self.lang) for r in results if r.pattern.judged and not r.seen]
        missed = [self.miss(r) for r in results if r.missed and r.seen]
        lines = [self.fill("missed", labels=self.all_of(missed))] if missed else []
        lines += self.over_lines()
        lines += [self.fill("unseen", labels=self.all_of(unseen))] if unseen else []
        lines += [] if missed or unseen else [self.text["missed_none"]]
        lines += [self.held_line(), *([self.face_line()] if self.face else [])]
        return [*lines, *self.failed(self.found.failures).lines]

    def held_line(self) -> str:
        """How many patterns lie in their bands."""
        fitted, tested, soft = (
            [r for r in self.found.results if r.pattern.use == use]
            for use in (FITTED, TESTED, SOFT)
        )
        line = self.fill(
            "counts", fitted=len(fitted), fitted_pass=sum(r.passed for r in fitted),
            tested=len(tested), tested_pass=sum(r.passed for r in tested),
        )  # fmt: skip
        outside = [self.miss(r) for r in soft if r.seen and not r.passed]
        held = {"soft": len(soft), "held": sum(r.passed for r in soft)}
        key = "soft_outside" if outside else "soft_counts"
        more = self.fill(key, labels=self.all_of(outside), **held) if soft else ""
        return self.joined(line, more)

    def all_of(self, names: list[str]) -> str:
        """Names as a list in a sentence."""
        return self.listed(names, "list_and")

    def over_lines(self) -> list[str]:
        """What is missed over the ensemble, on the mean and in most of the sets."""
        if self.over is None:
            return []
        judged = [r for r in self.over.results if r.pattern.use in (FITTED, TESTED) and r.seen]
        missed = [self.miss(r) for r in judged if r.missed]
        rare = [
            f"{r.pattern.label(self.lang)} ({self.percent(r.inside)})"
            for r in judged
            if not r.missed and r.inside < 0.5
        ]
        key, held = "over_missed" if missed else "over_none", len(judged) - len(missed)
        about = {"sets": self.over.plan.sets, "n": len(judged), "held": held}
        lines = [self.fill(key, labels=self.all_of(missed), **about)]
        return [*lines, self.fill("over_rare", labels=self.all_of(rare))] if rare else lines

    def miss(self, result: Result) -> str:
        """A missed pattern in words."""
        _, label, band, value = self._beginning(result)
        return self.fill("miss_words", label=label, value=value, band=band)

    def face_line(self) -> str:
        """How many expectations hold."""
        verdicts = self.seen.verdicts()
        return self.fill("face_counts", held=verdicts.count("holds"), all=len(verdicts))

    def judged(self, head: str, columns: str, rows: Iterable[tuple[list[str], str]]) -> doc.Sheet:
        """A table whose last column is the verdict; misses are marked."""
        judged = list(rows)
        missed = [k for k, (_, verdict) in enumerate(judged) if verdict in MISSES]
        cells = [[*row, self.text[verdict]] for row, verdict in judged]
        return self.sheet(f"{head} verdict", cells, f"{columns}w", missed=missed, kept=1)

    def _beginning(self, result: Result) -> list[str]:
        """Number, label, band and value of a pattern."""
        p, lang = result.pattern, self.lang
        return [
            str(p.number),
            p.label(lang),
            band_text(p, lang),
            say.measured(result.value, p.unit, lang),
        ]

    def _ends(self, result: Result) -> str:
        return say.measured_range(result.low, result.high, result.pattern.unit, self.lang)

    def patterns(self) -> doc.Sheet:
        """Every pattern with band, value, interval, use, source and verdict."""
        rows = []
        for r in self.found.results:
            more = self._ends(r), self.text["uses"][r.pattern.use], " ".join(r.pattern.sources)
            rows.append(([*self._beginning(r), *more], verdict_on(r)))
        return self.judged("row pattern band value interval use source", "wwnnnww", rows)

    def over_table(self) -> doc.Sheet:
        """Every pattern over the ensemble: band, mean, band over sets, weight in the band, sources."""
        rows = []
        for r in self.over.results if self.over else []:
            inside = self.percent(r.inside) if r.pattern.judged and r.seen else say.NONE
            more = (
                self._ends(r),
                inside,
                *uncertain.shares(r.parts, self.lang),
                self.text["uses"][r.pattern.use],
            )
            rows.append(([*self._beginning(r), *more], verdict_on(r)))
        sheet = self.judged("row pattern band value over_sets inside use", "wwnnnnnnnw", rows)
        head = [*sheet.head[:6], *uncertain.head(self.lang)[3:], *sheet.head[6:]]
        return replace(sheet, head=head)

    @property
    def over_note(self) -> str:
        """How the table over the ensemble is read."""
        if self.over is None:
            return ""
        plan = self.over.plan
        about = {"replicates": plan.each, "sample": plan.settings.sample}
        return self.fill("over_note", sets=plan.sets, **about)

    def measure(self, name: str) -> str:
        """Label of a measure."""
        return str(self.text["everything"]) if name == "*" else self.label(name)

    def responses(self) -> doc.Sheet:
        """Every response."""
        rows = []
        for r in self.seen.responses:
            unit = BY_NAME[r.measure].unit if r.measure != "*" else ""
            mean, low, high = r.changes[-1]
            cells = [
                say.label_of(LEVERS[r.key], self.lang), ", ".join(map(say.value_text, r.values)),
                self.measure(r.measure), self.text[r.direction],
                self.figure(mean, unit, signed=True) if unit else f"{mean:g}",
                self.span(low, high, unit) if unit else "", say.label_of(r, self.lang),
            ]  # fmt: skip
            rows.append((cells, r.verdict))
        return self.judged("lever range measure expected change interval reason", "wwwwnnw", rows)

    def extremes(self) -> doc.Sheet:
        """Every extreme condition."""
        rows, reference = [], self.seen.levers.scenarios[self.seen.levers.reference]
        for r in self.seen.extremes:
            base, level = (self.figure(x, BY_NAME[r.measure].unit) for x in (r.base, r.level))
            condition, why = (getattr(r, f"{name}_{self.lang}") for name in ("condition", "why"))
            measured = self.measure(r.measure), self.text[r.expected]
            rows.append(([condition, *measured, base, level, why], r.verdict))
        sheet = self.judged("condition measure expected band value reason", "wwwnnw", rows)
        head = [*sheet.head[:3], say.plain_title(reference, self.lang), *sheet.head[4:]]
        return replace(sheet, head=head)

    def drift(self) -> doc.Sheet:
        """Thirty years."""
        rows = [
            ([self.measure(r.measure), _decade(r.second), _decade(r.third), *self._change(r)], r.verdict)
            for r in self.seen.drift
        ]  # fmt: skip
        return self.judged("measure decade_2 decade_3 relative interval", "wnnnn", rows)

    def agreement(self, what: str) -> doc.Sheet:
        """Each sample or seed (`what`) against another."""
        found = self.seen.scale if what == "sample" else self.seen.seed_agreement
        rows = [
            ([r.pair, self.measure(r.measure), *self._change(r), f"{r.ratio_sd:.2f}"], r.verdict)
            for r in found
        ]
        return self.judged(f"{what} measure relative strict ratio_sd", "wwnnn", rows)

    @property
    def notes(self) -> dict[str, str]:
        """How drift, samples and seeds are judged, and how often intervals cover."""
        share, n = self.seen.coverage
        drift, scale, share_ = (
            self._percent(x, False) for x in (checked.DRIFT_ALLOWED, checked.SCALE_ALLOWED, share)
        )
        seeds = self.fill(
            "seeds_note", replicates=checked.SEED_REPLICATES, factor=checked.SD_FACTOR
        )
        return {
            "drift": self.fill("drift_note", allowed=drift),
            "scale": self.fill("scale_note", allowed=scale),
            "seeds": f"{seeds} {self.fill('coverage_line', share=share_, n=n)}",
        }

    def _percent(self, value: float, signed: bool = True) -> str:
        return self.percent(value, signed, 1).replace(".0", "")

    def _change(self, r: checked.Drift | checked.Agreement) -> tuple[str, str]:
        """A relative change and its interval."""
        change, *ends = map(self._percent, (r.change, r.low, r.high))
        return change, say.to(self.lang, *ends)

    def checks(self) -> list[doc.Block]:
        """Tables of the face checks, each with its notes."""
        sheets = {
            "responses": self.responses(), "extremes": self.extremes(), "drift": self.drift(),
            "scale": self.agreement("sample"), "seeds": self.agreement("seed"),
        }  # fmt: skip
        blocks: list[doc.Block] = []
        for name, sheet in sheets.items():
            how = [doc.note(self.notes[name])] if name in self.notes else []
            blocks += [doc.Heading(self.text[name]), *how, sheet]
        return blocks

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, commands = self.text, [self.found.command + (" --face" if self.face else "")]
        drawn = doc.Picture(self.drawn.patterns_chart())
        sections = [
            doc.in_short(self.lang, self.sentences()),
            doc.Section(text["patterns"], [drawn, self.patterns(), doc.note(text["patterns_note"])]),
        ]  # fmt: skip
        if self.over:
            sections.append(
                doc.Section(text["over"], [self.over_table(), doc.note(self.over_note)])
            )
            commands.append(self.over.command)
        if self.face:
            drawn = doc.Picture(self.drawn.responses_chart())
            blocks = [doc.note(text["face_note"]), drawn, *self.checks()]
            sections.append(doc.Section(text["face"], blocks))
        sections.append(doc.Section(text["how_counted"], [doc.Text(text["counted"], "list")]))
        sections.append(doc.repeat(self.lang, commands))
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: the answer and the tables behind it."""
        tables = [b for b in self.checks() if not isinstance(b, doc.Text)] if self.face else []
        columns = (0, 1, 2, 3, 4, 5, 10)
        wide = [self.over_table().cut(*columns, title=self.text["over"])] if self.over else []
        return [self.patterns(), *wide, *tables, doc.Text(self.sentences())]

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        more = {"face": self.face.plain()} if self.face else {}
        return self.found.plain() | more | ({"over": self.over.plain()} if self.over else {})

    def patterns_chart(self) -> str:
        """All patterns, each in units of its band: the mean, its interval, and misses marked; as SVG."""
        text, results = self.text, [r for r in self.found.results if r.pattern.judged]
        with draw.paper("validation", 9.2, 0.7 + 0.24 * len(results)) as figure:
            axes = figure.subplots()
            axes.axvspan(-1.0, 1.0, color=BAND, linewidth=0)
            for k, result in enumerate(results):
                self._draw_result(axes, k, result)
            names = (
                f"{r.pattern.number}{r.pattern.use[0]}  {r.pattern.label(self.lang)}"
                for r in results
            )
            draw.lines_down(axes, list(names))
            axes.set_xlim(-2.0 * REACH, 2.0 * REACH)
            axes.set_xticks((-1, 0, 1), (text["band_low"], "", text["band_high"]))
            axes.spines["left"].set_visible(False)
            axes.set_title(text["chart_title"])
            return draw.svg_of(figure, text["chart_title"])

    def _draw_result(self, axes: Axes, row: int, result: Result) -> None:
        """One line of the figure: the interval, the mean, and the figures in words at the right."""
        p, colour, edge = result.pattern, HIT if result.passed else MISSED, 1.9 * REACH
        said, right = "{3}  ({2})".format(*self._beginning(result)), axes.get_yaxis_transform()
        axes.text(1.01, row, said, transform=right, va="center", fontsize=8, color=colour)
        if not result.seen:
            return
        # -1 at the lower end of the band, 1 at its upper end
        at, *ends = (
            (2.0 * x - p.low - p.high) / (p.high - p.low)
            for x in (result.value, result.low, result.high)
        )
        axes.hlines(row, *np.clip(ends, -edge, edge), color=colour, linewidth=2.0)
        marker = "o" if result.passed else "D"
        if abs(at) > edge:
            marker = ">" if at > 0 else "<"
        axes.plot(np.clip(at, -edge, edge), row, marker, color=colour, ms=5, clip_on=False)
        if not result.passed:
            axes.axhspan(row - 0.45, row + 0.45, color=MISSED, alpha=0.07, linewidth=0)
        axes.axhline(row, color=draw.BLACK, linewidth=0.2, alpha=0.4, zorder=0)

    def responses_chart(self) -> str:
        """Change of the declared measure against the first value of each lever, with intervals; as SVG."""
        shown = [r for r in self.seen.responses if r.direction != "none"]
        smaller = {"font.size": 7, "axes.titlesize": 8}
        with draw.paper("face", 10.4, 1.9 * -(-len(shown) // COLUMNS), **smaller) as figure:
            for response, axes in zip(shown, draw.panels(figure, len(shown), COLUMNS)):
                self._draw_response(axes, response)
            return draw.svg_of(figure, self.text["responses_chart"])

    def _draw_response(self, axes: Axes, response: checked.Response) -> None:
        """One lever."""
        measure, colour = BY_NAME[response.measure], VERDICTS.get(response.verdict, MISSED)
        mean, low, high = np.array(response.changes).T
        places = np.arange(len(mean))
        scale, unit = scaled(float(np.nanmax(np.abs(mean))), measure.unit, self.lang)
        axes.axhline(0.0, color=draw.BLACK, linewidth=0.6)
        axes.plot(places, mean * scale, "o-", color=colour, ms=3, linewidth=1.2)
        axes.vlines(places, low * scale, high * scale, color=colour, linewidth=1.0)
        axes.set_xticks(places, [tick(value, self.lang) for value in response.values])
        axes.locator_params(axis="y", nbins=4)
        title = textwrap.fill(say.label_of(LEVERS[response.key], self.lang), 26)
        failed = "" if response.verdict in VERDICTS else f"\n{self.text[response.verdict]}"
        axes.set_title(title + failed, color=colour if failed else draw.BLACK)
        name = say.wrapped(say.label_of(measure, self.lang), self.lang, WIDTH[self.lang])
        axes.set_ylabel(f"{name}\n({unit})", fontsize=6)

    def write_document(self, path: Path) -> Path:
        """Write it up in Markdown, with its charts in ``images`` beside it; of all patterns, checks and sets."""
        charts = {
            "validation": self.patterns_chart(),
            "validation-responses": self.responses_chart(),
        }
        again = "returnee validate --write-doc docs/validation.md"
        about = {"facts": facts(), "again": again, "named": doc.facts("en")}
        return write_markdown(path, "validation.md.j2", charts, page=self, text=self.text, **about)


def verdict_on(result: Result) -> str:
    """Key of the word for how a pattern came out."""
    if not result.pattern.judged:
        return "reported"
    if result.passed:
        return "pass"
    return "soft_miss" if result.pattern.use == SOFT else "miss"


def _decade(value: float) -> str:
    return say.measured_number(value, "", "en") if abs(value) >= 0.1 else say.short(value)


def scaled(size: float, unit: str, lang: str) -> tuple[float, str]:
    """Factor and unit in which a change is drawn."""
    if unit == "share":
        return 100.0, "个百分点" if lang == "zh" else "pp"
    if unit == "yuan" and size >= 1e5:
        return (1e-4, "万元") if lang == "zh" else (1e-6, "m yuan")
    return 1.0, say.unit_name(unit, lang)


def tick(value: float | bool, lang: str) -> str:
    """A value of a lever, short.

    >>> tick(300000, "en"), tick(300000, "zh"), tick(True, "zh")
    ('300k', '30万', '是')
    """
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "zh": ("否", "是")}[lang][value]
    return f"{value:g}" if abs(value) < 1e4 else draw.short_number(value, lang).replace(" ", "")


class Sources(NamedTuple):
    """How many parameters of one kind are measured, bounded, fitted, or assumed."""

    name: str
    all: int
    measured: int
    bound: int
    free: int

    @property
    def assumed(self) -> int:
        """Without evidence, and not moved by calibration."""
        return self.all - self.measured - self.bound - self.free


def sources() -> list[Sources]:
    """Parameters by kind and their sum, counted from the schema as in the page of parameters."""
    rows = []
    for room, n in counts().items():
        free = sum(v.free and v.basis == "assumed" for v in levers if v.key.startswith(f"{room}."))
        rows.append(Sources(ROOMS[room], sum(n.values()), n["measured"], n["bound"], free))
    return [*rows, Sources("together", *(sum(column) for column in list(zip(*rows))[1:]))]


def besides() -> list[Sources]:
    """What stands beside the parameters: cells of the bundled county's tables, and constants."""
    rows = chain(*(rows for _, rows in tables_of(load_scenario("baseline").county)))
    cells = basis_counts(lever for row in rows for _, lever in walk(row))
    known = sum(cells.values()), cells["measured"], cells["bound"], 0
    fixed = ["(assumed)" in comment for _, _, comment in constants()]
    return [
        Sources("cells of the bundled county's tables", *known),
        Sources("constants in the rules", len(fixed), fixed.count(False), 0, 0),
    ]


def facts() -> dict[str, str]:
    """Sentences of the document that need no run, to be checked against the schema."""
    rows, total = sources(), sources()[-1]
    fitted, tested, soft, told = (
        sum(p.use == use for p in PATTERNS) for use in (FITTED, TESTED, SOFT, REPORT)
    )
    sentence = (
        f"Of {total.all} defaults {total.measured} are measured ({say.percent(total.measured / total.all)}); "
        f"of {total.bound} more the evidence gives a sign or a bound only, {total.free} more are moved by "
        f"calibration, and {total.assumed} are assumed."
    )
    table = "\n".join(
        f"| {r.name} | {r.all} | {r.measured} | {r.bound} | {r.free} | {r.assumed} |"
        for r in (*rows, *besides())
    )
    patterns = (
        f"{len({p.number for p in PATTERNS})} patterns give {len(PATTERNS)} figures: {fitted} that calibration "
        f"may use (C), {tested} kept for validation (V), {soft} with a loose band (soft), and {told} that are "
        "only told (report)."
    )
    return {"sentence": sentence, "table": table, "patterns": patterns}
