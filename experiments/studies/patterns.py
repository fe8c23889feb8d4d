"""The patterns that the baseline is held against, and what one run shows of each.

A row of the model's list of patterns gives one `Pattern` for each figure in it. Those of use ``C``
may be calibrated to, those of use ``V`` never are. ``soft`` ones are tested, too, but the literature
gives their bands loosely; those of use ``report`` have no band and are only told. Bands and sources
stand in ``data/patterns.csv``; how a figure is counted stands in
`returnee.experiments.measuring.patterns` and `returnee.experiments.measuring.counterfactual`.
Patterns 15, 16, 21 and 22 compare two runs with the same luck; 19 takes thirty years.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from returnee.experiments.measuring import patterns as figures
from returnee.simulation.run import Run

FITTED, TESTED, SOFT, REPORT = "C", "V", "soft", "report"


@dataclass(frozen=True)
class Pattern:
    """One figure that a county of this kind is known to show."""

    key: str
    number: int  # row of the list of patterns, 1 to 23
    # {"C", "V", "soft", "report"}; Whether calibration may use it, it is kept for validation, its
    # band is loose, or it has none
    use: Literal["C", "V", "soft", "report"]
    # band, both ends included; NaN where there is none
    low: float
    high: float
    unit: str  # ``share`` figures are parts of one; ``share points`` are differences of such
    # label
    en: str
    zh: str
    sources: tuple[str, ...]  # ids of rows of ``scenarios/evidence.csv``
    # standard deviations of those that may be fitted to: of the observation by the size of its
    # sample, and of what the model is not meant to meet; with where they are from
    observation_sd: float = math.nan
    observed_by: str = ""
    discrepancy_sd: float = math.nan
    discrepant_by: str = ""

    def label(self, lang: str) -> str:
        """The label in the reader's language."""
        return self.zh if lang == "zh" else self.en

    @property
    def judged(self) -> bool:
        """Whether it has a band."""
        return self.use != REPORT

    def holds(self, value: float) -> bool:
        """Whether a figure lies in the band; never for NaN."""
        return self.low <= value <= self.high


FILE = Path(__file__).parents[1] / "data" / "patterns.csv"


def _end(text: str) -> float:
    return float(text) if text else math.nan


AS: dict[str, Callable[[str], Any]] = {
    "number": int, "sources": lambda text: tuple(text.split()),
    **dict.fromkeys(("low", "high", "observation_sd", "discrepancy_sd"), _end),
}  # fmt: skip
"""What the columns of the file are, but for texts."""


def _read() -> tuple[Pattern, ...]:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return tuple(Pattern(**{k: AS.get(k, str)(v) for k, v in row.items()}) for row in rows)


PATTERNS = _read()
BY_KEY = {pattern.key: pattern for pattern in PATTERNS}
PAIRED = ("tax_relief_effect", "grant_fade", "crisis_come", "crisis_leave")
LONG = tuple(pattern.key for pattern in PATTERNS if pattern.key.startswith("drift_"))
UNSUPPORTED = ("loan_deadweight", "support_share")
"""Patterns that take runs without the fund, or without any support."""
SINGLE = tuple(
    pattern.key for pattern in PATTERNS if pattern.key not in (*PAIRED, *LONG, *UNSUPPORTED)
)
LOOKS = (
    figures.register, figures.firms_open, figures.awareness, figures.moves, figures.loans,
    figures.founders, figures.intentions, figures.residents, figures.stops,
)  # fmt: skip


def observed(run: Run) -> dict[str, float]:
    """Every pattern that one run under baseline policy can show.

    `run`: of 84 months or more, for all of them. Returns: by the keys of `SINGLE`; NaN where there
    are too few cases, or too few months.

    >>> from returnee.simulation import simulate
    >>> found = observed(simulate("baseline", sample=0.002, months=24))
    >>> list(found) == list(SINGLE), 0.0 < found["return_rate"] < 0.2
    (True, True)
    """
    found = {key: value for look in LOOKS for key, value in look(run).items()}
    found["registers_after_return"] = figures.registers_after_return(run)
    return {key: float(found[key]) for key in SINGLE}
