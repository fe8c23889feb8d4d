"""What a calibration aims at: figures with a band, or a value and its standard deviation.

A figure that is observed is off by the size of its sample (`observation_sd`), and by what the model
is not meant to meet: other years, places and definitions (`discrepancy_sd`). A band is the middle
90 % of both: half of its width is `Z` times the root of the sum of their squares. Where one edge of a
band is only a natural limit (no firm, every loan), the distance is counted from the edge on: `aim` is
then "inside". The shipped targets are the patterns of use ``C`` that a run of ten years shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.csv_rows import read_rows
from returnee.experiments.errors import UsageError, shown
from returnee.experiments.measuring.counterfactual import thirty_years
from returnee.experiments.running.design.values import is_number, read_as
from returnee.experiments.studies.patterns import BY_KEY, FITTED, LONG, SINGLE, observed
from returnee.scenarios.schema.county_folder import read_toml
from returnee.scenarios.schema.errors import guess, nearest, problem, show
from returnee.simulation.indicators import BY_NAME as INDICATORS
from returnee.simulation.run import Run

CENTRE, INSIDE = "centre", "inside"
AIMS = (CENTRE, INSIDE)
EDGES = ("firms_over_100", "aware_gap", "loan_recovery", *LONG)
"""Patterns of which one edge is a natural limit, or that are only bounded."""
COLUMNS = ("indicator", "low", "high", "value", "sd", "discrepancy", "source", "aim")
NUMBERS = ("low", "high", "value", "sd", "discrepancy")
YEAR = 12
Z = 1.645  # standard deviations of half a band, which holds 90 %
LIKELY = 0.1  # discrepancy of an indicator that is no pattern, relative to its value


@dataclass(frozen=True)
class Target:
    """One figure to be met."""

    # key of a pattern, or name of a monthly indicator (stocks and means: mean of the last 12
    # months; flows: their sum)
    indicator: str
    # band; for a value, `Z` standard deviations either way
    low: float
    high: float
    source: str = ""
    aim: str = CENTRE  # {"centre", "inside"}
    observation_sd: float = 0.0  # the rest of the band is discrepancy

    @property
    def centre(self) -> float:
        """Middle of the band."""
        return 0.5 * (self.low + self.high)

    @property
    def half(self) -> float:
        """Half of the band's width."""
        return 0.5 * (self.high - self.low)

    @property
    def sd(self) -> float:
        """Standard deviation of what is observed about what the model shows."""
        return self.half / Z

    @property
    def discrepancy_sd(self) -> float:
        """The part of it that is no matter of sample sizes."""
        return math.sqrt(max(self.sd**2 - self.observation_sd**2, 0.0))

    @property
    def unit(self) -> str:
        """Unit of the figure."""
        known: Any = BY_KEY.get(self.indicator) or INDICATORS[self.indicator]
        return str(known.unit)

    def label(self, lang: str) -> str:
        """The figure's label in the reader's language."""
        known: Any = BY_KEY.get(self.indicator) or INDICATORS[self.indicator]
        return str(known.zh if lang == "zh" else known.en)

    def holds(self, value: float, error: float = 0.0) -> bool:
        """Whether a figure lies in the band, widened by an error; never for NaN."""
        return self.low - error <= value <= self.high + error


def default_targets() -> tuple[Target, ...]:
    """The patterns that the baseline may be fitted to, but those that take a run of thirty years."""
    aims = dict.fromkeys(EDGES, INSIDE)
    return tuple(
        Target(
            p.key, p.low, p.high, ", ".join(p.sources), aims.get(p.key, CENTRE), p.observation_sd
        )
        for p in BY_KEY.values()
        if p.use == FITTED and p.key not in LONG
    )


def distances(targets: Iterable[Target], figures: np.ndarray) -> np.ndarray:
    """How far figures lie from their targets, or from the band they are to be in, unsigned.

    `figures`: shape (..., targets). Returns: the same shape, in the unit of each figure.

    >>> two = (Target("return_rate", 1.0, 3.0), Target("net_margin", 0.0, 1.0, aim="inside"))
    >>> distances(two, np.array([[3.0, 0.9], [2.0, 1.5]])).tolist()
    [[1.0, 0.0], [0.0, 0.5]]
    """
    targets = tuple(targets)
    centre, half = np.array([(t.centre, t.half) for t in targets]).T
    away = np.abs(figures - centre)
    inside = np.array([t.aim == INSIDE for t in targets])
    found: np.ndarray = np.where(inside, np.maximum(away - half, 0.0), away)
    return found


def figures_of(run: Run, targets: Iterable[Target]) -> dict[str, float]:
    """Every pattern that a run shows, and the monthly indicators that targets name.

    Thirty years are lived only where a target asks for them.
    """
    found = observed(run)
    if any(target.indicator in LONG for target in targets):
        found |= thirty_years(run)
    last = run.monthly.iloc[-YEAR:]
    for target in targets:
        if target.indicator not in found:
            column = last[target.indicator]
            flow = INDICATORS[target.indicator].kind == "flow"
            found[target.indicator] = float(column.sum() if flow else column.mean())
    return found


@checked_arguments
def read_targets(
    path: str | Path, warn: Callable[[str], None] = lambda _: None
) -> tuple[Target, ...]:
    """Read a TOML file with ``[[target]]`` tables, or a CSV file, with the columns of `COLUMNS`.

    `warn`: called with one line for each pattern that the model keeps for validation. Raises
    ScenarioError, UsageError: one line: file, row, column, found, allowed.
    """
    path = Path(path)
    if path.suffix.lower() not in (".toml", ".csv"):
        raise problem(str(path), "", f"the ending {show(path.suffix)}", ".toml or .csv")
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _toml_rows(path)
    if not rows:
        raise problem(str(path), "", "no target", "one or more")
    targets: list[Target] = []
    for place, row in rows:
        target = _target(row, f"{path}: {place}")
        if target.indicator in {t.indicator for t in targets}:
            raise problem(f"{path}: {place}", "indicator", f"{target.indicator} again", "once each")
        pattern = BY_KEY.get(target.indicator)
        if pattern is not None and pattern.use != FITTED:
            warn(
                f"{path}: {place}: {target.indicator} is kept for validation; fitted to, it says "
                "nothing about the model any more"
            )
        targets.append(target)
    refuse_contradictions(targets, str(path))
    return tuple(targets)


def _toml_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    table = read_toml(path, str(path))
    for key in table:
        if key != "target":
            raise problem(str(path), key, "an unknown key", "[[target]] tables")
    rows = table.get("target", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise problem(str(path), "target", show(rows), "[[target]] tables")
    return [(f"target {k}", row) for k, row in enumerate(rows, start=1)]


def _csv_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Rows of a CSV; empty cells are left out, numbers are read."""
    head, lines = read_rows(path)
    _check_columns(head, f"{path}: row 1")
    return [
        (
            f"row {line}",
            {k: read_as(float, v) if k in NUMBERS else v for k, v in zip(head, row) if v},
        )
        for line, row in lines
    ]


def _check_columns(names: Iterable[str], where: str) -> None:
    for name in names:
        if name not in COLUMNS:
            hint = guess(nearest(name, COLUMNS))
            raise problem(where, name, f"an unknown column{hint}", ", ".join(COLUMNS))


def _target(row: dict[str, Any], where: str) -> Target:
    """Check one row and make it a target."""
    _check_columns(row, where)
    for name in NUMBERS:
        if not is_number(row.get(name, 0.0)):
            raise problem(where, name, show(row[name]), "a number")
    indicator, known = row.get("indicator"), (*SINGLE, *LONG, *INDICATORS)
    if indicator not in known:
        hint = guess(nearest(str(indicator), known)) if indicator is not None else ""
        allowed = f"a pattern ({', '.join((*SINGLE, *LONG))}) or an indicator"
        raise problem(where, "indicator", shown(indicator) + hint, allowed)
    aim = row.get("aim", CENTRE)
    if not row.get("discrepancy", 0.0) >= 0.0:
        raise problem(where, "discrepancy", f"{row['discrepancy']:g}", "a number from 0")
    if aim not in AIMS:
        raise problem(where, "aim", show(aim), " or ".join(AIMS))
    low, high, observed = _band(row, where)
    return Target(str(indicator), low, high, str(row.get("source", "")), str(aim), observed)


def _band(row: dict[str, Any], where: str) -> tuple[float, float, float]:
    """Band of a row: low and high, or value and sd; and the sd that is the observation's."""
    given = [name for name in ("low", "high", "value", "sd") if name in row]
    if given in (["low", "high"], ["low", "high", "sd"]) and "discrepancy" not in row:
        low, high, sd = float(row["low"]), float(row["high"]), float(row.get("sd", 0.0))
        if not low < high:
            raise problem(where, "low", f"{low:g} with high {high:g}", "low below high")
        if not 0.0 <= Z * sd <= 0.5 * (high - low):
            raise problem(where, "sd", f"{sd:g}", "what the band has room for")
        return low, high, sd
    if given == ["value", "sd"]:
        if not row["sd"] > 0.0:
            raise problem(where, "sd", f"{row['sd']:g}", "a number above 0")
        value, sd = float(row["value"]), float(row["sd"])
        half = Z * math.hypot(sd, float(row.get("discrepancy", _usual(row["indicator"], value))))
        return value - half, value + half, sd
    missing = {"low": "high", "high": "low", "value": "sd", "sd": "value"}
    column = missing.get(given[0], "low") if len(given) == 1 else "low"
    found = "no uncertainty" if given == ["value"] else (", ".join(given) or "nothing")
    if given[:2] == ["low", "high"] and "value" not in given:
        column, found = "discrepancy", "it with low and high, which hold it"
    raise problem(where, column, found, "low and high, or value and sd")


def _usual(indicator: str, value: float) -> float:
    """Discrepancy where none is given: that of the pattern, as a share of its value."""
    pattern = BY_KEY.get(indicator)
    if pattern is None or pattern.use != FITTED or not pattern.low + pattern.high > 0.0:
        return LIKELY * abs(value)
    return pattern.discrepancy_sd * abs(value) / (0.5 * (pattern.low + pattern.high))


def refuse_contradictions(targets: Iterable[Target], where: str = "targets") -> None:
    """Refuse targets that cannot all hold: survival follows from the years' closing hazards.

    Raises UsageError: one line that names them.
    """
    by = {t.indicator: t for t in targets}
    years = [f"hazard_year_{k}" for k in (1, 2, 3)]
    if "registered_3_years" in by and by.keys() >= {*years}:
        low = math.prod(1.0 - by[k].high for k in years)
        high = math.prod(1.0 - by[k].low for k in years)
        _overlap(where, by["registered_3_years"], low, high, ", ".join(years))
    if {"registered_3_years", "registered_5_years"} <= by.keys():
        most = by["registered_3_years"].high
        _overlap(where, by["registered_5_years"], -math.inf, most, "registered_3_years")


def _overlap(where: str, target: Target, low: float, high: float, others: str) -> None:
    if target.low > high or target.high < low:
        allowed = f"at most {high:.4g}" if low == -math.inf else f"{low:.4g} to {high:.4g}"
        raise UsageError(
            f"{where}: {target.indicator}: found {target.low:.4g} to {target.high:.4g}, "
            f"allowed {allowed}, as {others} say"
        )


def targets_frame(targets: Iterable[Target]) -> pd.DataFrame:
    """Targets as a table that `read_targets` reads back."""
    rows = [(t.indicator, t.low, t.high, t.observation_sd, t.source, t.aim) for t in targets]
    columns = ["indicator", "low", "high", "sd", "source", "aim"]
    return pd.DataFrame(rows, columns=columns)
