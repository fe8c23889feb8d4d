"""What a report is: sections of sentences, charts and tables, whoever draws them.

A study makes a `Report` of what it found. `html` draws it as a page, `terminal` draws blocks as
lines and tables, `markdown` as part of a document, `papers` as a document or a workbook of an office;
all from the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import COST, OF_LINKAGE
from returnee.experiments.running.manifests import versions
from returnee.experiments.statistics.samples import bias_of
from returnee.experiments.words.texts import percent, phrase, words
from returnee.scenarios.schema.own_rules import OwnRules, rules_now
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.own_rules import replaced_by


@dataclass(frozen=True)
class Cell:
    """A figure in a table that says more than its digits."""

    text: str
    # difference from the reference and its interval, or other remarks, a line each
    below: tuple[str, ...] = ()
    told: bool = False  # whether it stands out, as a difference that can be told from none
    good: int = 0  # 1 for the better, -1 for the worse, 0 where neither or not told
    value: float | None = None  # the figure itself, for a workbook
    unit: str = ""  # of the value

    def __str__(self) -> str:
        return self.text


Row = Sequence[Cell | str]


@dataclass(frozen=True)
class Sheet:
    """A table."""

    kind: ClassVar[str] = "sheet"
    head: Sequence[str]  # empty: a table of names and values
    rows: Sequence[Row]  # A row of one cell is a heading over those that follow it
    title: str = ""
    # A letter a column: w words, n numbers, c code; the last one holds for all that follow
    columns: str = "wn"
    missed: Sequence[int] = ()  # rows that are marked as misses
    kept: int | None = None  # column of names that a narrow terminal leaves its width

    def style(self, column: int) -> str:
        """Letter of a column."""
        return self.columns[min(column, len(self.columns) - 1)]

    def cut(self, *columns: int, title: str = "") -> Sheet:
        """The same table with some of its columns only."""
        rows = [[row[k] for k in columns] for row in self.rows]
        styles = "".join(self.style(k) for k in columns)
        return replace(
            self, head=[self.head[k] for k in columns], rows=rows, columns=styles,
            title=title or self.title,
        )  # fmt: skip


@dataclass(frozen=True)
class Text:
    """Sentences: an ``answer``, ``plain`` ones, a ``list``, a ``note`` on how to read, an ``alert``."""

    kind: ClassVar[str] = "text"
    lines: Sequence[str]
    manner: str = "plain"


@dataclass(frozen=True)
class Picture:
    """A chart as an SVG element, and what stands above it."""

    kind: ClassVar[str] = "picture"
    svg: str
    caption: str = ""
    whole: bool = False  # shown whole on a narrow screen, as a map, not scrolled


@dataclass(frozen=True)
class Heading:
    """A heading within a section, of level 3 or below."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 3


@dataclass(frozen=True)
class Code:
    """A command."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Fold:
    """Blocks that a reader opens by their name."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: Sequence[Block]
    is_open: bool = False


@dataclass(frozen=True)
class Beside:
    """Blocks beside each other where there is room."""

    kind: ClassVar[str] = "beside"
    columns: Sequence[Sequence[Block]]


Block = Text | Sheet | Picture | Heading | Code | Fold | Beside


@dataclass(frozen=True)
class Section:
    """A part of a report, with a title of its own."""

    title: str
    blocks: Sequence[Block]
    on_new_page: bool = False  # of paper

    @property
    def is_folded(self) -> bool:
        """Whether there is nothing but what a reader may open; a printed page leaves it out."""
        return all(isinstance(block, Fold) and not block.is_open for block in self.blocks)


@dataclass(frozen=True)
class Report:
    """A whole report; the first section is its answer."""

    lang: str
    title: str
    subtitle: str
    sections: Sequence[Section]
    form: str = ""  # "brief": two sheets of paper; "sheet-of-paper": one


def note(*lines: str) -> Text:
    """How to read what stands beside it."""
    said = " ".join(filter(None, lines))
    return Text([said] if said else [], "note")


def facts(lang: str) -> list[tuple[str, str]]:
    """Fingerprint of the model, and versions of what it stands on."""
    text = words(lang)["page"]
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    rules = rules_now()
    own = [(text["rules"], rules_line(rules, lang))] if rules else []
    return [(text["fingerprint"], fingerprint()), *own, (text["versions"], used)]


def rules_line(rules: OwnRules, lang: str) -> str:
    """Rules of one's own in a line: file, the beginning of the hash, and what is replaced."""
    names = (", " if lang == "en" else "、").join(replaced_by(rules))
    return f"{rules.file}: {names} (SHA-256 {rules.digest[:16]})"


def in_short(lang: str, lines: Sequence[str], *blocks: Block) -> Section:
    """The first section: the answer."""
    return Section(words(lang)["page"]["in_short"], [Text(lines, "answer"), *blocks])


def repeat(lang: str, commands: Sequence[str], *blocks: Block, more: Sequence[Row] = ()) -> Section:
    """The section on how to repeat it: commands, and what else is needed."""
    text = words(lang)["page"]
    rows: list[Row] = [*more, *facts(lang)]
    needed = Sheet((), rows, columns="wc")
    return Section(text["repeat"], [*map(Code, commands), needed, *blocks])


def sample_bias(sample: float, lang: str) -> str:
    """What a sample gets wrong, and that intervals carry it; empty where nothing is known."""
    names = (*OF_LINKAGE, COST)
    most, name = max(zip(bias_of(names, sample).tolist(), names))
    if most <= 0.0:
        return ""
    label = phrase(BY_NAME[name], "noun", lang)
    return str(words(lang)["sample_bias"]).format(
        sample=percent(sample, lang, places=1), label=label, most=percent(most, lang, places=1)
    )


def no_forecast(lang: str) -> Text:
    """What the model is not for, in short."""
    return note(words(lang)["page"]["no_forecast"])
