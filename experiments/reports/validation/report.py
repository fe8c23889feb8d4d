"""A validation as a report and on the terminal: patterns, and face checks where there are any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.html import write_html
from returnee.experiments.reports.terminal import show as show_blocks
from returnee.experiments.reports.validation import charts
from returnee.experiments.studies.face import (
    DRIFT_ALLOWED,
    SCALE_ALLOWED,
    SD_FACTOR,
    SEED_REPLICATES,
    Agreement,
    Face,
)
from returnee.experiments.studies.validation import Result, Validation
from returnee.experiments.studies.validation_over import ValidationOver
from returnee.experiments.words import texts as say

MISSES = ("miss", "no_response", "wrong", "not_monotone", "not_zero", "differs")


class Page:
    """Everything that is told of a validation.

    `face`: face checks, and `over`: the same over an ensemble, where they were asked for.
    """

    def __init__(
        self,
        found: Validation,
        face: Face | None = None,
        lang: str = "en",
        over: ValidationOver | None = None,
    ) -> None:
        self.found, self.face, self.lang, self.over = found, face, lang, over
        self.text: dict[str, Any] = say.words(lang)["validation"]

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
        return str(self.text["subtitle"]).format(
            scenario=say.plain_title(scenario, self.lang),
            county=say.county_name(scenario.county, self.lang),
            replicates=plan.replicates, sample=s.sample, months=s.months,
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The answer in sentences."""
        results, text = self.found.results, self.text
        fitted = [r for r in results if r.pattern.use == "C"]
        tested = [r for r in results if r.pattern.use == "V"]
        soft = [r for r in results if r.pattern.use == "soft"]
        unseen = [r for r in results if r.pattern.judged and not r.seen]
        missed = [self.miss(r) for r in results if r.missed and r.seen]
        joint = say.words(self.lang)["list_and"].join
        counts = text["counts"].format(
            fitted=len(fitted), fitted_pass=sum(r.passed for r in fitted),
            tested=len(tested), tested_pass=sum(r.passed for r in tested),
        )  # fmt: skip
        if soft:
            outside = [self.miss(r) for r in soft if r.seen and not r.passed]
            loose = text["soft_outside" if outside else "soft_counts"].format(
                soft=len(soft), held=sum(r.passed for r in soft), labels=joint(outside)
            )
            counts = say.joined(self.lang, counts, loose)
        lines = [text["missed"].format(labels=joint(missed)) if missed else "", *self.over_lines()]
        if unseen:
            labels = joint(r.pattern.label(self.lang) for r in unseen)
            lines.append(text["unseen"].format(labels=labels))
        if not missed and not unseen:
            lines.append(text["missed_none"])
        lines.append(counts)
        lines.append(self.face_line() if self.face else "")
        if self.found.failures:
            lines.append(say.words(self.lang)["failed"].format(n=len(self.found.failures)))
        return [line for line in lines if line]

    def over_lines(self) -> list[str]:
        """What is missed over the ensemble, on the mean and in most of the sets."""
        if self.over is None:
            return []
        found, text, joint = self.over.results, self.text, say.words(self.lang)["list_and"].join
        judged = [r for r in found if r.pattern.use in ("C", "V") and r.seen]
        missed = [self.miss(r) for r in judged if r.missed]
        rare = [
            f"{r.pattern.label(self.lang)} ({say.percent(r.inside, self.lang)})"
            for r in judged
            if not r.missed and r.inside < 0.5
        ]
        about = {"sets": self.over.plan.sets, "n": len(judged), "held": len(judged) - len(missed)}
        lines = [
            text["over_missed" if missed else "over_none"].format(labels=joint(missed), **about)
        ]
        return [*lines, text["over_rare"].format(labels=joint(rare))] if rare else lines

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
        sheet = self._sheet("row pattern band value over_sets inside use", "wwnnnnnnnw", rows)
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
        return str(self.text["miss_words"]).format(
            label=p.label(lang),
            value=say.measured(result.value, p.unit, lang),
            band=charts.band_text(p, lang),
        )

    def face_line(self) -> str:
        """How many expectations hold."""
        verdicts = self.seen.verdicts()
        held = sum(verdict == "holds" for verdict in verdicts)
        return str(self.text["face_counts"]).format(held=held, all=len(verdicts))

    def _sheet(self, head: str, columns: str, rows: Iterable[tuple[list[str], str]]) -> doc.Sheet:
        """A table whose last column is the verdict; misses are marked."""
        judged = list(rows)
        names = [self.text.get(key) or say.words(self.lang)[key] for key in head.split()]
        missed = [k for k, (_, verdict) in enumerate(judged) if verdict in MISSES]
        cells = [[*row, self.text[verdict]] for row, verdict in judged]
        title_row = [*names, self.text["verdict"]]
        return doc.Sheet(title_row, cells, columns=f"{columns}w", missed=missed, kept=1)

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
        return self._sheet("row pattern band value interval use source", "wwnnnww", rows)

    def measure(self, name: str) -> str:
        """Label of a measure."""
        return self.text["everything"] if name == "*" else say.label_of(BY_NAME[name], self.lang)

    def responses(self) -> doc.Sheet:
        """Every response."""
        rows = []
        for r in self.seen.responses:
            unit = BY_NAME[r.measure].unit if r.measure != "*" else ""
            mean, low, high = r.changes[-1]
            cells = [
                say.label_of(charts.LEVERS[r.key], self.lang), ", ".join(say.value_text(v) for v in r.values),
                self.measure(r.measure), self.text[r.direction],
                say.figure(mean, unit, self.lang, signed=True) if unit else f"{mean:g}",
                say.span(low, high, unit, self.lang) if unit else "", say.label_of(r, self.lang),
            ]  # fmt: skip
            rows.append((cells, r.verdict))
        return self._sheet("lever range measure expected change interval reason", "wwwwnnw", rows)

    def extremes(self) -> doc.Sheet:
        """Every extreme condition."""
        rows = []
        for r in self.seen.extremes:
            unit, zh = BY_NAME[r.measure].unit, self.lang == "zh"
            cells = [
                r.condition_zh if zh else r.condition_en, self.measure(r.measure),
                self.text[r.expected], say.figure(r.base, unit, self.lang),
                say.figure(r.level, unit, self.lang), r.why_zh if zh else r.why_en,
            ]  # fmt: skip
            rows.append((cells, r.verdict))
        sheet = self._sheet("condition measure expected band value reason", "wwwnnw", rows)
        base = self.seen.levers.scenarios[self.seen.levers.reference]
        sheet.head[3] = say.plain_title(base, self.lang)  # type: ignore[index]
        return sheet

    def drift(self) -> doc.Sheet:
        """Thirty years."""
        rows = [
            (
                [
                    self.measure(r.measure), _decade(r.second), _decade(r.third),
                    self._percent(r.change), self._ends(r.low, r.high),
                ],
                r.verdict,
            )
            for r in self.seen.drift
        ]  # fmt: skip
        return self._sheet("measure decade_2 decade_3 relative interval", "wnnnn", rows)

    def scale(self) -> doc.Sheet:
        """Samples."""
        return self._agreement("sample", self.seen.scale)

    def seeds(self) -> doc.Sheet:
        """Seeds."""
        return self._agreement("seed", self.seen.seed_agreement)

    def _agreement(self, what: str, found: list[Agreement]) -> doc.Sheet:
        rows = [
            (
                [
                    r.pair, self.measure(r.measure), self._percent(r.change),
                    self._ends(r.low, r.high), f"{r.ratio_sd:.2f}",
                ],
                r.verdict,
            )
            for r in found
        ]  # fmt: skip
        return self._sheet(f"{what} measure relative strict ratio_sd", "wwnnn", rows)

    @property
    def drift_note(self) -> str:
        """How drift is judged."""
        return str(self.text["drift_note"]).format(allowed=self._percent(DRIFT_ALLOWED, False))

    @property
    def scale_note(self) -> str:
        """How samples are judged."""
        return str(self.text["scale_note"]).format(allowed=self._percent(SCALE_ALLOWED, False))

    @property
    def seeds_note(self) -> str:
        """How seeds are judged."""
        return str(self.text["seeds_note"]).format(replicates=SEED_REPLICATES, factor=SD_FACTOR)

    @property
    def coverage(self) -> str:
        """How often intervals cover."""
        share, n = self.seen.coverage
        return str(self.text["coverage_line"]).format(share=self._percent(share, False), n=n)

    def _percent(self, value: float, signed: bool = True) -> str:
        return say.percent(value, self.lang, signed, 1).replace(".0", "")

    def _ends(self, low: float, high: float) -> str:
        return say.to(self.lang, self._percent(low), self._percent(high))

    def checks(self) -> list[doc.Block]:
        """Tables of the face checks, each with its notes."""
        notes = {
            "drift": self.drift_note, "scale": self.scale_note,
            "seeds": f"{self.seeds_note} {self.coverage}",
        }  # fmt: skip
        blocks: list[doc.Block] = []
        for name in ("responses", "extremes", "drift", "scale", "seeds"):
            blocks.append(doc.Heading(self.text[name]))
            blocks += [doc.note(notes[name])] if name in notes else []
            blocks.append(getattr(self, name)())
        return blocks

    def report(self) -> doc.Report:
        """Everything the page shows."""
        text = self.text
        sections = [
            doc.in_short(self.lang, self.lines()),
            doc.Section(text["patterns"], [
                doc.Picture(charts.patterns_chart(self.found, self.lang)), self.patterns(),
                doc.note(text["patterns_note"]),
            ]),
        ]  # fmt: skip
        if self.face:
            drawn = doc.Picture(charts.responses_chart(self.face, self.lang))
            sections.append(
                doc.Section(text["face"], [doc.note(text["face_note"]), drawn, *self.checks()])
            )
        if self.over:
            sections.insert(
                2, doc.Section(text["over"], [self.over_table(), doc.note(self.over_note)])
            )
        sections.append(doc.Section(text["how_counted"], [doc.Text(text["counted"], "list")]))
        commands = [self.found.command + (" --face" if self.face else "")]
        commands += [self.over.command] if self.over else []
        sections.append(doc.repeat(self.lang, commands))
        return doc.Report(self.lang, text["title"], self.subtitle(), sections)


def verdict_on(result: Result) -> str:
    """Key of the word for how a pattern came out."""
    if not result.pattern.judged:
        return "reported"
    if result.passed:
        return "pass"
    return "soft_miss" if result.pattern.use == "soft" else "miss"


def _decade(value: float) -> str:
    return say.measured_number(value, "", "en") if abs(value) >= 0.1 else say.short(value)


def write_page(
    found: Validation,
    face: Face | None,
    path: Path,
    lang: str = "en",
    over: ValidationOver | None = None,
) -> Path:
    """Write the report, a page that needs nothing but itself."""
    return write_html(Page(found, face, lang, over).report(), path)


def show(
    found: Validation,
    face: Face | None,
    console: Console,
    lang: str = "en",
    over: ValidationOver | None = None,
) -> None:
    """Print the answer and the tables behind it."""
    page = Page(found, face, lang, over)
    tables = [b for b in page.checks() if not isinstance(b, doc.Text)] if face else []
    wide = [page.over_table().cut(0, 1, 2, 3, 4, 5, 10, title=page.text["over"])] if over else []
    show_blocks([page.patterns(), *wide, *tables, doc.Text(page.lines())], console)
