"""Tables and figure of the face checks."""

from __future__ import annotations

from typing import Any

from experiments.face import SEED_REPLICATES, Face
from experiments.face_charts import responses_chart
from experiments.face_findings import DRIFT_ALLOWED, SCALE_ALLOWED, SD_FACTOR, Agreement
from experiments.linkage_rows import Cells
from experiments.measures import BY_NAME
from experiments.report import value_text as plain_value
from experiments.texts import figure, label_of, percent, plain_title, span
from experiments.validation_words import number, words_of
from scenarios import levers

LEVERS = {lever.key: lever for lever in levers}
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
