"""A validation as a report and on the terminal: patterns, and face checks where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.told import OfPlan
from returnee.experiments.reports.validation import charts
from returnee.experiments.studies.face import (
    DRIFT_ALLOWED,
    SCALE_ALLOWED,
    SD_FACTOR,
    SEED_REPLICATES,
    Agreement,
    Drift,
    Face,
)
from returnee.experiments.studies.validation import Result, Validation
from returnee.experiments.studies.validation_over import ValidationOver
from returnee.experiments.words import texts as say

MISSES = ("miss", "no_response", "wrong", "not_monotone", "not_zero", "differs")


class Page(OfPlan[Validation]):
    """Everything that is told of a validation.

    `face`: face checks, and `over`: the same over an ensemble, where they were asked for.
    """

    table = "validation"

    def __init__(
        self,
        found: Validation,
        face: Face | None = None,
        lang: str = "en",
        over: ValidationOver | None = None,
    ) -> None:
        super().__init__(found, lang)
        self.face, self.over = face, over

    @property
    def seen(self) -> Face:
        """The face checks, which must be there."""
        if self.face is None:
            raise ValueError("face: found none, allowed the checks that a page shows")
        return self.face

    def subtitle(self) -> str:
        """Scenario, county and replicates."""
        plan = self.found.plan
        scenario, s = plan.scenarios[plan.reference], plan.settings
        return self.fill(
            "subtitle", scenario=say.plain_title(scenario, self.lang),
            county=self.county, replicates=plan.replicates, sample=s.sample, months=s.months,
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The answer in sentences."""
        results = self.found.results
        fitted, tested, soft = (
            [r for r in results if r.pattern.use == use] for use in ("C", "V", "soft")
        )
        unseen = [r.pattern.label(self.lang) for r in results if r.pattern.judged and not r.seen]
        missed = [self.miss(r) for r in results if r.missed and r.seen]
        counts = self.fill(
            "counts", fitted=len(fitted), fitted_pass=sum(r.passed for r in fitted),
            tested=len(tested), tested_pass=sum(r.passed for r in tested),
        )  # fmt: skip
        if soft:
            outside = [self.miss(r) for r in soft if r.seen and not r.passed]
            held = {
                "soft": len(soft),
                "held": sum(r.passed for r in soft),
                "labels": self.all_of(outside),
            }
            counts = self.joined(
                counts, self.fill("soft_outside" if outside else "soft_counts", **held)
            )
        lines = [self.fill("missed", labels=self.all_of(missed))] if missed else []
        lines += self.over_lines()
        lines += [self.fill("unseen", labels=self.all_of(unseen))] if unseen else []
        lines += [] if missed or unseen else [self.text["missed_none"]]
        lines += [counts, *([self.face_line()] if self.face else [])]
        return [*lines, *self.failed(self.found.failures).lines]

    def all_of(self, names: list[str]) -> str:
        """Names as a list in a sentence."""
        return self.listed(names, "list_and")

    def over_lines(self) -> list[str]:
        """What is missed over the ensemble, on the mean and in most of the sets."""
        if self.over is None:
            return []
        judged = [r for r in self.over.results if r.pattern.use in ("C", "V") and r.seen]
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

    def over_table(self) -> doc.Sheet:
        """Every pattern over the ensemble: band, mean, band over sets, weight in the band, sources."""
        lang, rows = self.lang, []
        for r in self.over.results if self.over else []:
            p = r.pattern
            cells = [
                str(p.number), p.label(lang), charts.band_text(p, lang),
                say.measured(r.value, p.unit, lang), say.measured_range(r.low, r.high, p.unit, lang),
                say.percent(r.inside, lang) if p.judged and r.seen else say.NONE,
                *uncertain.shares(r.parts, lang), self.text["uses"][p.use],
            ]  # fmt: skip
            rows.append((cells, verdict_on(r)))
        sheet = self.judged("row pattern band value over_sets inside use", "wwnnnnnnnw", rows)
        head = [*sheet.head[:6], *uncertain.head(lang)[3:], *sheet.head[6:]]
        return replace(sheet, head=head)

    @property
    def over_note(self) -> str:
        """How the table over the ensemble is read."""
        if self.over is None:
            return ""
        plan = self.over.plan
        return str(self.text["over_note"]).format(
            sets=plan.sets, replicates=plan.each, sample=plan.settings.sample
        )

    def miss(self, result: Result) -> str:
        """A missed pattern in words."""
        p, lang = result.pattern, self.lang
        value, band = say.measured(result.value, p.unit, lang), charts.band_text(p, lang)
        return self.fill("miss_words", label=p.label(lang), value=value, band=band)

    def face_line(self) -> str:
        """How many expectations hold."""
        verdicts = self.seen.verdicts()
        held = sum(verdict == "holds" for verdict in verdicts)
        return self.fill("face_counts", held=held, all=len(verdicts))

    def judged(self, head: str, columns: str, rows: Iterable[tuple[list[str], str]]) -> doc.Sheet:
        """A table whose last column is the verdict; misses are marked."""
        judged = list(rows)
        missed = [k for k, (_, verdict) in enumerate(judged) if verdict in MISSES]
        cells = [[*row, self.text[verdict]] for row, verdict in judged]
        names = self.head(f"{head} verdict")
        return doc.Sheet(names, cells, columns=f"{columns}w", missed=missed, kept=1)

    def patterns(self) -> doc.Sheet:
        """Every pattern with band, value, interval, use, source and verdict."""
        lang, rows = self.lang, []
        for result in self.found.results:
            p = result.pattern
            cells = [
                str(p.number), p.label(lang), charts.band_text(p, lang),
                say.measured(result.value, p.unit, lang),
                say.measured_range(result.low, result.high, p.unit, lang), self.text["uses"][p.use],
                " ".join(p.sources),
            ]  # fmt: skip
            rows.append((cells, verdict_on(result)))
        return self.judged("row pattern band value interval use source", "wwnnnww", rows)

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
                say.label_of(charts.LEVERS[r.key], self.lang), ", ".join(say.value_text(v) for v in r.values),
                self.measure(r.measure), self.text[r.direction],
                self.figure(mean, unit, signed=True) if unit else f"{mean:g}",
                self.span(low, high, unit) if unit else "", say.label_of(r, self.lang),
            ]  # fmt: skip
            rows.append((cells, r.verdict))
        return self.judged("lever range measure expected change interval reason", "wwwwnnw", rows)

    def extremes(self) -> doc.Sheet:
        """Every extreme condition."""
        rows = []
        for r in self.seen.extremes:
            unit, zh = BY_NAME[r.measure].unit, self.lang == "zh"
            cells = [
                r.condition_zh if zh else r.condition_en, self.measure(r.measure),
                self.text[r.expected], self.figure(r.base, unit),
                self.figure(r.level, unit), r.why_zh if zh else r.why_en,
            ]  # fmt: skip
            rows.append((cells, r.verdict))
        sheet = self.judged("condition measure expected band value reason", "wwwnnw", rows)
        base = self.seen.levers.scenarios[self.seen.levers.reference]
        sheet.head[3] = say.plain_title(base, self.lang)  # type: ignore[index]
        return sheet

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
        drift, scale, (share, n) = DRIFT_ALLOWED, SCALE_ALLOWED, self.seen.coverage
        seeds = self.fill("seeds_note", replicates=SEED_REPLICATES, factor=SD_FACTOR)
        covered = self.fill("coverage_line", share=self._percent(share, False), n=n)
        return {
            "drift": self.fill("drift_note", allowed=self._percent(drift, False)),
            "scale": self.fill("scale_note", allowed=self._percent(scale, False)),
            "seeds": f"{seeds} {covered}",
        }

    def _percent(self, value: float, signed: bool = True) -> str:
        return self.percent(value, signed, 1).replace(".0", "")

    def _change(self, r: Drift | Agreement) -> tuple[str, str]:
        """A relative change and its interval."""
        change, *ends = map(self._percent, (r.change, r.low, r.high))
        return change, say.to(self.lang, *ends)

    def checks(self) -> list[doc.Block]:
        """Tables of the face checks, each with its notes."""
        notes, blocks = self.notes, list[doc.Block]()
        sheets = {
            "responses": self.responses(), "extremes": self.extremes(), "drift": self.drift(),
            "scale": self.agreement("sample"), "seeds": self.agreement("seed"),
        }  # fmt: skip
        for name, sheet in sheets.items():
            blocks.append(doc.Heading(self.text[name]))
            blocks += [doc.note(notes[name])] if name in notes else []
            blocks.append(sheet)
        return blocks

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text, command = self.text, self.found.command + (" --face" if self.face else "")
        drawn = doc.Picture(charts.patterns_chart(self.found, self.lang))
        sections = [
            doc.in_short(self.lang, self.lines()),
            doc.Section(
                text["patterns"], [drawn, self.patterns(), doc.note(text["patterns_note"])]
            ),
        ]
        if self.face:
            drawn = doc.Picture(charts.responses_chart(self.face, self.lang))
            blocks: list[doc.Block] = [doc.note(text["face_note"]), drawn, *self.checks()]
            sections.append(doc.Section(text["face"], blocks))
        if self.over:
            blocks = [self.over_table(), doc.note(self.over_note)]
            sections.insert(2, doc.Section(text["over"], blocks))
        sections.append(doc.Section(text["how_counted"], [doc.Text(text["counted"], "list")]))
        more = [self.over.command] if self.over else []
        sections.append(doc.repeat(self.lang, [command, *more]))
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)

    def printed(self) -> list[doc.Block]:
        """For the terminal: the answer and the tables behind it."""
        tables = [b for b in self.checks() if not isinstance(b, doc.Text)] if self.face else []
        columns = (0, 1, 2, 3, 4, 5, 10)
        wide = [self.over_table().cut(*columns, title=self.text["over"])] if self.over else []
        return [self.patterns(), *wide, *tables, doc.Text(self.lines())]

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        more = {"face": self.face.plain()} if self.face else {}
        return self.found.plain() | more | ({"over": self.over.plain()} if self.over else {})


def verdict_on(result: Result) -> str:
    """Key of the word for how a pattern came out."""
    if not result.pattern.judged:
        return "reported"
    if result.passed:
        return "pass"
    return "soft_miss" if result.pattern.use == "soft" else "miss"


def _decade(value: float) -> str:
    return say.measured_number(value, "", "en") if abs(value) >= 0.1 else say.short(value)
