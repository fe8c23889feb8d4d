"""What a calibration aims at: figures with a band, or a value and its standard deviation.

A band [low, high] counts as its centre c and half-width h, a value as c with h its standard
deviation; a simulated figure m lies (m - c) / h half-widths from its target. Where one edge of a
band is only a natural limit (no firm, every loan), the distance is counted from the edge on:
`aim` is then "inside". The shipped targets are the patterns of use ``C`` that a run of ten years shows.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.csv_rows import read_rows
from returnee.experiments.errors import UsageError, reason_of
from returnee.experiments.measuring.counterfactual import thirty_years
from returnee.experiments.studies.patterns import BY_KEY, FITTED, LONG, SINGLE, observed
from returnee.scenarios.schema.errors import ScenarioError, guess, nearest, problem, show
from returnee.simulation.indicators import BY_NAME as INDICATORS
from returnee.simulation.run import Run

CENTRE, INSIDE = "centre", "inside"
AIMS = (CENTRE, INSIDE)
EDGES = ("firms_over_100", "aware_gap", "loan_recovery", *LONG)
"""Patterns of which one edge is a natural limit, or that are only bounded."""
COLUMNS = ("indicator", "low", "high", "value", "sd", "source", "weight", "aim")
NUMBERS = ("low", "high", "value", "sd", "weight")
YEAR = 12
MISSING = 10.0  # half-widths; distance of a figure that a run cannot show


@dataclass(frozen=True)
class Target:
    """One figure to be met."""

    # key of a pattern, or name of a monthly indicator (stocks and means: mean of the last 12
    # months; flows: their sum)
    indicator: str
    # band; for a value, one standard deviation either way
    low: float
    high: float
    source: str = ""
    weight: float = 1.0  # factor on the squared distance
    aim: str = CENTRE  # {"centre", "inside"}

    @property
    def centre(self) -> float:
        """Middle of the band."""
        return 0.5 * (self.low + self.high)

    @property
    def half(self) -> float:
        """Half of the band's width."""
        return 0.5 * (self.high - self.low)

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
    return tuple(
        Target(
            p.key, p.low, p.high, ", ".join(p.sources), 1.0, INSIDE if p.key in EDGES else CENTRE
        )
        for p in BY_KEY.values()
        if p.use == FITTED and p.key not in LONG
    )


def distances(targets: Iterable[Target], figures: np.ndarray) -> np.ndarray:
    """How far figures lie from their targets, in half-widths and times the root of the weight.

    `figures`: shape (..., targets); NaN counts as `MISSING`. Returns: shape (..., targets).

    Examples
    --------
    >>> two = (Target("return_rate", 1.0, 3.0), Target("net_margin", 0.0, 1.0, aim="inside"))
    >>> distances(two, np.array([[3.0, 0.9], [2.0, 1.5]])).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    targets = tuple(targets)
    centre, half = np.array([(t.centre, t.half) for t in targets]).T
    away = (figures - centre) / half
    inside = np.array([t.aim == INSIDE for t in targets])
    away = np.where(inside, np.sign(away) * np.maximum(np.abs(away) - 1.0, 0.0), away)
    away = np.where(np.isfinite(figures), away, MISSING)
    return away * np.sqrt([t.weight for t in targets])


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
    ScenarioError: one line: file, row, column, found, allowed.
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
    return tuple(targets)


def _toml_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise problem(str(path), "", "text that is not UTF-8", "text in UTF-8") from None
    except OSError as error:
        raise problem(str(path), "", reason_of(error), "a TOML or CSV file") from None
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise problem(
            str(path), f"line {line[1]}" if line else "", f"a mistake: {error}", "TOML"
        ) from None
    for key in table:
        if key != "target":
            raise problem(str(path), key, "an unknown key", "[[target]] tables")
    rows = table.get("target", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise problem(str(path), "target", show(rows), "[[target]] tables")
    return [(f"target {k}", row) for k, row in enumerate(rows, start=1)]


def _csv_rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Rows of a CSV; empty cells are left out, numbers are read."""
    try:
        head, lines = read_rows(path)
    except UsageError as error:
        raise ScenarioError(str(error)) from None
    for name in head:
        if name not in COLUMNS:
            hint = guess(nearest(name, COLUMNS))
            raise problem(f"{path}: row 1", name, f"an unknown column{hint}", ", ".join(COLUMNS))
    rows = []
    for line, cells in lines:
        row: dict[str, Any] = {name: cell for name, cell in zip(head, cells) if cell}
        for name in NUMBERS:
            try:
                row[name] = float(row[name])
            except KeyError:
                continue
            except ValueError:
                raise problem(f"{path}: row {line}", name, show(row[name]), "a number") from None
        rows.append((f"row {line}", row))
    return rows


def _target(row: dict[str, Any], where: str) -> Target:
    """Check one row and make it a target."""
    for name in row:
        if name not in COLUMNS:
            hint = guess(nearest(name, COLUMNS))
            raise problem(where, name, f"an unknown column{hint}", ", ".join(COLUMNS))
    for name in NUMBERS:
        value = row.get(name, 0.0)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise problem(where, name, show(value), "a number")
    indicator, known = row.get("indicator"), (*SINGLE, *LONG, *INDICATORS)
    if indicator not in known:
        found = "nothing" if indicator is None else show(indicator)
        hint = guess(nearest(str(indicator), known)) if indicator is not None else ""
        raise problem(
            where,
            "indicator",
            found + hint,
            f"a pattern ({', '.join((*SINGLE, *LONG))}) or an indicator",
        )
    low, high = _band(row, where)
    weight, aim = float(row.get("weight", 1.0)), row.get("aim", CENTRE)
    if not weight > 0.0:
        raise problem(where, "weight", show(weight), "a number above 0")
    if aim not in AIMS:
        raise problem(where, "aim", show(aim), " or ".join(AIMS))
    return Target(str(indicator), low, high, str(row.get("source", "")), weight, str(aim))


def _band(row: dict[str, Any], where: str) -> tuple[float, float]:
    """Band of a row: low and high, or value and sd."""
    given = [name for name in ("low", "high", "value", "sd") if name in row]
    if given == ["low", "high"]:
        if not row["low"] < row["high"]:
            raise problem(
                where, "low", f"{row['low']:g} with high {row['high']:g}", "low below high"
            )
        return float(row["low"]), float(row["high"])
    if given == ["value", "sd"]:
        if not row["sd"] > 0.0:
            raise problem(where, "sd", f"{row['sd']:g}", "a number above 0")
        return float(row["value"] - row["sd"]), float(row["value"] + row["sd"])
    missing = {"low": "high", "high": "low", "value": "sd", "sd": "value"}
    column = missing.get(given[0], "low") if len(given) == 1 else "low"
    found = "no uncertainty" if given == ["value"] else (", ".join(given) or "nothing")
    raise problem(where, column, found, "low and high, or value and sd")


def targets_frame(targets: Iterable[Target]) -> pd.DataFrame:
    """Targets as a table that `read_targets` reads back."""
    rows = [(t.indicator, t.low, t.high, t.source, t.weight, t.aim) for t in targets]
    columns = ["indicator", "low", "high", "source", "weight", "aim"]
    return pd.DataFrame(rows, columns=columns)
