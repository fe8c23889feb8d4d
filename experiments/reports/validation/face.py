"""Tables and figure of the face checks."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports.figures import (
    BLACK,
    COLOURS,
    chart_language,
    settings,
    svg_of,
)
from returnee.experiments.reports.linkage.rows import Cells
from returnee.experiments.reports.validation.words import number, words_of
from returnee.experiments.studies.face import (
    DRIFT_ALLOWED,
    SCALE_ALLOWED,
    SD_FACTOR,
    SEED_REPLICATES,
    Agreement,
    Face,
    Response,
)
from returnee.experiments.words.texts import figure, label_of, percent, plain_title, span, unit_name
from returnee.experiments.words.texts import value_text as plain_value
from returnee.scenarios import levers

COLUMNS = 5
LEVERS = {lever.key: lever for lever in levers}
VERDICTS = {"holds": COLOURS[0], "shown": COLOURS[6]}
FAILED = COLOURS[1]


def responses_chart(face: Face, lang: str = "en") -> str:
    """Change of the declared measure against the first value of each lever, with intervals."""
    lang = chart_language(lang)
    text = words_of(lang)
    shown = [r for r in face.responses if r.direction != "none"]
    rows = math.ceil(len(shown) / COLUMNS)
    with mpl.rc_context(settings("face") | {"font.size": 7, "axes.titlesize": 8}):
        figure = Figure(figsize=(10.4, 1.9 * rows), layout="constrained")
        grid = figure.subplots(rows, COLUMNS).flat
        for response, axes in zip(shown, grid):
            draw(axes, response, text, lang)
        for axes in grid:
            axes.axis("off")
        return svg_of(figure, text["responses_chart"])


def draw(axes: Axes, response: Response, text: dict[str, str], lang: str) -> None:
    """One lever."""
    measure, colour = BY_NAME[response.measure], VERDICTS.get(response.verdict, FAILED)
    mean, low, high = np.array(response.changes).T
    places = np.arange(len(mean))
    scale, unit = scaled(float(np.nanmax(np.abs(mean))), measure.unit, lang)
    axes.axhline(0.0, color=BLACK, linewidth=0.6)
    axes.plot(places, mean * scale, "o-", color=colour, ms=3, linewidth=1.2)
    axes.vlines(places, low * scale, high * scale, color=colour, linewidth=1.0)
    axes.set_xticks(places, [tick(value, lang) for value in response.values])
    axes.locator_params(axis="y", nbins=4)
    title = textwrap.fill(label_of(LEVERS[response.key], lang), 26)
    failed = "" if response.verdict in VERDICTS else f"\n{text[response.verdict]}"
    axes.set_title(title + failed, color=colour if failed else BLACK)
    axes.set_ylabel(f"{wrapped(label_of(measure, lang), lang)}\n({unit})", fontsize=6)


def scaled(size: float, unit: str, lang: str) -> tuple[float, str]:
    """Factor and unit in which a change is drawn."""
    if unit == "share":
        return 100.0, "个百分点" if lang == "zh" else "pp"
    if unit == "yuan" and size >= 1e5:
        return (1e-4, "万元") if lang == "zh" else (1e-6, "m yuan")
    return 1.0, unit_name(unit, lang)


def wrapped(text: str, lang: str) -> str:
    """A label in lines of a panel's height."""
    return "\n".join(textwrap.wrap(text, 11 if lang == "zh" else 20))


def tick(value: float | bool, lang: str) -> str:
    """A value of a lever, short.

    Examples
    --------
    >>> tick(300000, "en"), tick(300000, "zh"), tick(True, "zh")
    ('300k', '30万', '是')
    """
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "zh": ("否", "是")}[lang][value]
    if abs(value) < 1e4:
        return f"{value:g}"
    if lang == "zh":
        return f"{value / 1e4:g}万"
    return f"{value / 1e6:g}m" if abs(value) >= 1e6 else f"{value / 1e3:g}k"


# Tables and figure of the face checks.


Rows = tuple[list[str], list[Cells]]


class FaceRows:
    """Everything that a template shows of the face checks.

    Parameters
    ----------
    face : Face or None
    lang : {"en", "zh"}
    """

    def __init__(self, face: Face | None, lang: str = "en") -> None:
        self.face, self.lang, self.text = face, lang, words_of(lang)

    @property
    def seen(self) -> Face:
        """The face checks, which must be there."""
        if self.face is None:
            raise ValueError("face: found none, allowed the checks that a page shows")
        return self.face

    def face_line(self) -> str:
        """How many expectations hold."""
        verdicts = self.seen.verdicts()
        held = sum(verdict == "holds" for verdict in verdicts)
        return str(self.text["face_counts"]).format(held=held, all=len(verdicts))

    def face_chart(self) -> str:
        """Responses as small multiples."""
        return responses_chart(self.seen, self.lang)

    def measure(self, name: str) -> str:
        """Label of a measure."""
        return self.text["everything"] if name == "*" else label_of(BY_NAME[name], self.lang)

    def responses(self) -> Rows:
        """Head and rows: every response."""
        rows = []
        for r in self.seen.responses:
            unit = BY_NAME[r.measure].unit if r.measure != "*" else ""
            mean, low, high = r.changes[-1]
            change = figure(mean, unit, self.lang, signed=True) if unit else f"{mean:g}"
            rows.append(
                [
                    label_of(LEVERS[r.key], self.lang), ", ".join(_value(v) for v in r.values),
                    self.measure(r.measure), self.text[r.direction], change,
                    span(low, high, unit, self.lang) if unit else "", getattr(r, self.lang),
                    self.text[r.verdict],
                ]
            )  # fmt: skip
        return self._head("lever range measure expected change interval reason verdict"), rows

    def extremes(self) -> Rows:
        """Head and rows: every extreme condition."""
        rows = []
        for r in self.seen.extremes:
            unit = BY_NAME[r.measure].unit
            zh = self.lang == "zh"
            rows.append(
                [
                    r.condition_zh if zh else r.condition_en, self.measure(r.measure),
                    self.text[r.expected], figure(r.base, unit, self.lang),
                    figure(r.level, unit, self.lang), r.why_zh if zh else r.why_en,
                    self.text[r.verdict],
                ]
            )  # fmt: skip
        head = self._head("condition measure expected band value reason verdict")
        head[3] = self.seen_base()
        return head, rows

    def seen_base(self) -> str:
        """Title of what is compared with."""
        base = self.seen.levers.scenarios[self.seen.levers.reference]
        return plain_title(base, self.lang)

    def drift(self) -> Rows:
        """Head and rows: thirty years."""
        rows = [
            [
                self.measure(r.measure), _short(r.second), _short(r.third), self._percent(r.change),
                self._ends(r.low, r.high), self.text[r.verdict],
            ]
            for r in self.seen.drift
        ]  # fmt: skip
        return self._head("measure decade_2 decade_3 relative interval verdict"), rows

    def scale(self) -> Rows:
        """Head and rows: samples."""
        return self._agreement("sample", self.seen.scale)

    def seeds(self) -> Rows:
        """Head and rows: seeds."""
        return self._agreement("seed", self.seen.seed_agreement)

    def _agreement(self, what: str, found: list[Agreement]) -> Rows:
        rows = [
            [
                r.pair, self.measure(r.measure), self._percent(r.change), self._ends(r.low, r.high),
                f"{r.ratio_sd:.2f}", self.text[r.verdict],
            ]
            for r in found
        ]  # fmt: skip
        return self._head(f"{what} measure relative strict ratio_sd verdict"), rows

    def drift_note(self) -> str:
        """How drift is judged."""
        return str(self.text["drift_note"]).format(allowed=self._percent(DRIFT_ALLOWED, ""))

    def scale_note(self) -> str:
        """How samples are judged."""
        return str(self.text["scale_note"]).format(allowed=self._percent(SCALE_ALLOWED, ""))

    def seeds_note(self) -> str:
        """How seeds are judged."""
        return str(self.text["seeds_note"]).format(replicates=SEED_REPLICATES, factor=SD_FACTOR)

    def coverage(self) -> str:
        """How often intervals cover."""
        share, n = self.seen.coverage
        return str(self.text["coverage_line"]).format(share=self._percent(share, ""), n=n)

    def _head(self, keys: str) -> list[str]:
        return [self.text[key] for key in keys.split()]

    def _percent(self, value: float, sign: str = "+") -> str:
        return percent(value, self.lang, bool(sign), 1).replace(".0", "")

    def _ends(self, low: float, high: float) -> str:
        return self.text["to"].join((self._percent(low), self._percent(high)))


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else plain_value(value)


def _short(value: float) -> str:
    return number(value, "", "en") if abs(value) >= 0.1 else f"{value:.3g}"
