"""A validation as an HTML page, a table for the terminal, and a document."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from returnee.experiments.files import write_text
from returnee.experiments.reports.document import render
from returnee.experiments.reports.linkage.rows import Cells
from returnee.experiments.reports.validation.charts import patterns_chart
from returnee.experiments.reports.validation.face import FaceRows
from returnee.experiments.reports.validation.words import (
    band_text,
    range_text,
    value_text,
    words_of,
)
from returnee.experiments.running.manifests import versions
from returnee.experiments.studies.face import Face
from returnee.experiments.studies.validation import Result, Validation
from returnee.experiments.words.texts import plain_title
from returnee.simulation.fingerprint import fingerprint


class Page(FaceRows):
    """Everything a template shows.

    Parameters
    ----------
    found : Validation
    face : Face or None
        Face checks, where they were asked for.
    lang : {"en", "zh"}
    """

    def __init__(self, found: Validation, face: Face | None = None, lang: str = "en") -> None:
        super().__init__(face, lang)
        self.found = found

    @property
    def bad(self) -> set[str]:
        """Verdicts that are marked."""
        keys = ("miss", "no_response", "wrong", "not_monotone", "not_zero", "differs")
        return {self.text[key] for key in keys}

    def subtitle(self) -> str:
        """Scenario, county and replicates."""
        plan = self.found.plan
        scenario = plan.scenarios[plan.reference]
        zh, s = self.lang == "zh", plan.settings
        return str(self.text["subtitle"]).format(
            scenario=plain_title(scenario, self.lang),
            county=scenario.county.name_zh if zh else scenario.county.name,
            replicates=plan.replicates, sample=s.sample, months=s.months,
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The answer in sentences."""
        results, text = self.found.results, self.text
        fitted = [r for r in results if r.pattern.use == "C"]
        tested = [r for r in results if r.pattern.use == "V"]
        counts = text["counts"].format(
            fitted=len(fitted), fitted_pass=sum(r.passed for r in fitted),
            tested=len(tested), tested_pass=sum(r.passed for r in tested),
        )  # fmt: skip
        unseen = [r for r in results if r.value != r.value]
        missed = [self.miss(r) for r in results if not r.passed and r not in unseen]
        joint = "；" if self.lang == "zh" else "; "
        lines = [counts]
        lines.append(text["missed"].format(labels=joint.join(missed)) if missed else "")
        if unseen:
            labels = joint.join(r.pattern.label(self.lang) for r in unseen)
            lines.append(text["unseen"].format(labels=labels))
        if not missed and not unseen:
            lines.append(text["missed_none"])
        if self.face:
            lines.append(self.face_line())
        if self.found.failures:
            lines.append(text["failed"].format(n=len(self.found.failures)))
        return [line for line in lines if line]

    def miss(self, result: Result) -> str:
        """A missed pattern in words."""
        p, lang = result.pattern, self.lang
        return str(self.text["miss_words"]).format(
            label=p.label(lang), value=value_text(result.value, p.unit, lang),
            band=band_text(p, lang),
        )  # fmt: skip

    def patterns(self) -> tuple[list[str], list[Cells]]:
        """Head and rows: every pattern with band, value, interval, use, source and verdict."""
        text, lang, rows = self.text, self.lang, []
        for result in self.found.results:
            p = result.pattern
            rows.append(
                [
                    str(p.number), p.label(lang), band_text(p, lang),
                    value_text(result.value, p.unit, lang),
                    range_text(result.low, result.high, p.unit, lang), p.use,
                    " ".join(p.sources), text["pass" if result.passed else "miss"],
                ]
            )  # fmt: skip
        keys = ("row", "pattern", "band", "value", "interval", "use", "source", "verdict")
        return [text[key] for key in keys], rows

    def chart(self) -> str:
        """All patterns in one figure."""
        return patterns_chart(self.found, self.lang)

    def commands(self) -> list[str]:
        """Commands that repeat what is shown."""
        return [self.found.command + (" --face" if self.face else "")]

    def facts(self) -> list[tuple[str, str]]:
        """What is needed to repeat it besides."""
        used = ", ".join(f"{name} {version}" for name, version in versions().items())
        return [(self.text["fingerprint"], fingerprint()), (self.text["versions"], used)]


def write_page(found: Validation, face: Face | None, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    page = Page(found, face, lang)
    return write_text(path, render("validation.html.j2", page=page, text=page.text))


def table_of(content: tuple[list[str], list[Cells]], bad: set[str], words: int) -> Table:
    """A table with its first `words` columns to the left, and misses in red."""
    head, rows = content
    table = Table(box=box.SIMPLE_HEAD)
    for k, name in enumerate(head):
        left = k < words or k == len(head) - 1
        table.add_column(
            name, justify="left" if left else "right", min_width=28 if k == 1 else None
        )
    for row in rows:
        table.add_row(*row[:-1], Text(row[-1], "bold red" if row[-1] in bad else ""))
    return table


def show(found: Validation, face: Face | None, console: Console, lang: str = "en") -> None:
    """Print the answer and the tables behind it."""
    page = Page(found, face, lang)
    console.print(table_of(page.patterns(), page.bad, 2))
    if face:
        for name in ("responses", "extremes", "drift", "scale", "seeds"):
            console.print(Text(words_of(lang)[name], "bold"))
            console.print(table_of(getattr(page, name)(), page.bad, 2))
    for line in page.lines():
        console.print(line, highlight=False)
