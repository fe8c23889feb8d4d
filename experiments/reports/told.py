"""What was found, told in one language: words, figures, and the charts' own language."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.figures import LEGEND, chart_language
from returnee.experiments.reports.html import html
from returnee.experiments.running.plan import Plan
from returnee.experiments.words import texts as say

Found = TypeVar("Found")


class Told(Generic[Found]):
    """What a study found, in one language; the base of every report."""

    table = ""  # of the catalogue of words
    command = ""  # which repeats it

    def __init__(self, found: Found, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = say.words(lang)
        self.text: dict[str, Any] = self.words[self.table]

    @cached_property
    def drawn(self) -> Self:
        """The same in the language of charts, see `figures.chart_language`."""
        shown = chart_language(self.lang)
        return self if shown == self.lang else type(self)(self.found, shown)

    def sentences(self) -> list[str]:
        """What came out, in words."""
        raise NotImplementedError

    def report(self) -> doc.Report:
        """Everything the page shows."""
        raise NotImplementedError

    def printed(self) -> list[doc.Block]:
        """What the terminal shows: what came out, in words, unless said otherwise."""
        return [doc.Text(self.sentences())]

    def as_json(self) -> Any:
        """What a program needs, as plain values."""
        raise NotImplementedError

    def answered(self, subtitle: str, *sections: doc.Section, title: str = "") -> doc.Report:
        """A report with the answer first, and at the end how to repeat it and what it is not for."""
        answer = doc.in_short(self.lang, self.sentences())
        again = [self.command or getattr(self.found, "command", "")]
        end = doc.repeat(self.lang, again, doc.no_forecast(self.lang))
        return doc.Report(
            self.lang, title or self.text["title"], subtitle, [answer, *sections, end]
        )

    def page(self) -> str:
        """The text of the page."""
        return html(self.report())

    def fill(self, key: str, /, **what: Any) -> str:
        """A text of the study with its gaps filled."""
        return str(self.text[key]).format(**what)

    def head(self, keys: str) -> list[str]:
        """Words over columns: the study's own, else those of all."""
        return [str(self.text.get(key) or self.words[key]) for key in keys.split()]

    def sheet(self, keys: str, rows: list[Any], columns: str = "wn", **more: Any) -> doc.Sheet:
        """A table under the words of `head`."""
        return doc.Sheet(self.head(keys), rows, columns=columns, **more)

    def listed(self, names: Iterable[str], key: str = "comma") -> str:
        """Names one after the other, by commas, or as a list in a sentence (``list_and``)."""
        return str(self.words[key]).join(names)

    def joined(self, *sentences: str) -> str:
        """Sentences one after the other; empty ones are left out."""
        return say.joined(self.lang, *sentences)

    def label(self, name: str) -> str:
        """Label of a measure."""
        return say.label_of(BY_NAME[name], self.lang)

    def named(self, key: Any) -> str:
        """Label of a measure, parameter or scenario of a sweep, with its group."""
        names = self.found.attrs["labels_zh" if self.lang == "zh" else "labels"]  # type: ignore[attr-defined]
        return say.grouped(str(key), str(names.get(key, key)), self.lang)

    def phrase(self, name: str, kind: str) -> str:
        """How a measure is called where its label does not fit, see `texts.phrase`."""
        return say.phrase(BY_NAME[name], kind, self.lang)

    def count(self, number: float, noun: str) -> str:
        """A number with its noun."""
        return say.counted(number, noun, self.lang)

    def figure(self, value: float, unit: str, signed: bool = False, digits: int = 0) -> str:
        """A figure, see `texts.figure`."""
        return say.figure(value, unit, self.lang, signed, digits)

    def span(self, low: float, high: float, unit: str) -> str:
        """An interval of a difference."""
        return say.span(low, high, unit, self.lang)

    def percent(self, share: float, signed: bool = False, places: int | None = None) -> str:
        """A share in per cent."""
        return say.percent(share, self.lang, signed, places)

    def failed(self, failures: list[Any]) -> doc.Text:
        """How many runs failed, if any."""
        lines = [str(self.words["failed"]).format(n=len(failures))] if failures else []
        return doc.Text(lines, "alert")


class OfPlan(Told[Found]):
    """What was found of scenarios against a reference."""

    @property
    def plan(self) -> Plan:
        """Scenarios and the reference."""
        return self.found.plan  # type: ignore[attr-defined, no-any-return]

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return say.title_of(self.plan.scenarios[label], label, self.lang)

    def short(self, label: str, lines: int = 3) -> str:
        """Title of a scenario in lines that fit into a chart."""
        return say.in_lines(self.title(label), LEGEND, lines)

    @property
    def reference(self) -> str:
        """Title of the reference."""
        return self.title(self.plan.reference)

    @property
    def county(self) -> str:
        """Name of the county."""
        return say.county_name(self.plan.scenarios[self.plan.reference].county, self.lang)
