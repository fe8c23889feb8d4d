"""What a sweep varies: a design read from TOML or a mapping, checked before anything is run.

A list is swept, a scalar is fixed, ``{low, high}`` is a range. Axes are levers and parameters by
their dotted keys; the schema says what they may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from returnee.experiments.arguments import checked_arguments, plain
from returnee.experiments.errors import shown, wrong
from returnee.experiments.keys import COUNTY
from returnee.experiments.running.design.axes import Axis, axes_of
from returnee.experiments.running.design.values import check_table, is_number, read_table
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.county_folder import FOLDER, county_digest, find_county, read_toml
from returnee.scenarios.schema.errors import guess, nearest

METHODS = {
    "grid": "grid",
    "latin": "latin", "lhs": "latin", "latin_hypercube": "latin",
    "sobol": "sobol",
    "table": "table", "csv": "table",
}  # fmt: skip
"""Ways to draw points, and other names for them."""

HEAD = (
    "scenarios", "replicates", "months", "sample", "seed", "method", "points", "keep", "axes",
)  # fmt: skip
KEEP = ("figures", "monthly")


@dataclass(frozen=True)
class Design:
    """What is run: scenarios, each at every point, each in the same replicates."""

    scenarios: tuple[str, ...]  # names, or paths of files
    axes: tuple[Axis, ...]
    fixed: Mapping[str, Any]  # keys that are the same at every point
    method: str  # "grid", "latin", "sobol" or "table"
    points: int  # how many, for "latin" and "sobol"
    table: pd.DataFrame | None  # the points, for "table"; columns are keys
    replicates: int
    settings: RunSettings
    keep: str = "figures"  # one figure a measure and run; or "monthly", every month as well
    label: str = field(default="design", compare=False)  # where it came from, for errors

    @cached_property
    def read(self) -> dict[str, Scenario]:
        """The scenarios by label, with what is fixed laid on top."""
        labels = zip(self.scenarios, labels_of(self.scenarios))
        return {label: load_scenario(name, dict(self.fixed)) for name, label in labels}

    @cached_property
    def counties(self) -> dict[str, str]:
        """Own counties among the points: folder, and digest of what it holds now."""
        given = [value for axis in self.axes if axis.key == COUNTY for value in axis.values]
        if self.table is not None and COUNTY in self.table:
            given += self.table[COUNTY].unique().tolist()
        return {value: county_digest(Path(value)) for value in given if Path(value).is_absolute()}

    def plain(self) -> dict[str, Any]:
        """The design as a file would write it (without the rows of a table)."""
        s = self.settings
        axes = {**{axis.key: axis.plain() for axis in self.axes}, **self.fixed}
        return {
            "scenarios": list(self.scenarios), "replicates": self.replicates, "months": s.months,
            "sample": s.sample, "seed": s.seed, "method": self.method,
            **({"points": self.points} if self.method in ("latin", "sobol") else {}),
            "keep": self.keep, "axes": axes,
        }  # fmt: skip


def labels_of(scenarios: tuple[str, ...]) -> list[str]:
    """Labels of scenarios in results: their names, told apart where two are the same."""
    labels: list[str] = []
    for given in scenarios:
        stem = Path(given).stem if given.endswith(".toml") else given
        label, n = stem, 2
        while label in labels:
            label, n = f"{stem}_{n}", n + 1
        labels.append(label)
    return labels


@checked_arguments
def read_design(path: str | Path) -> Design:
    """Read a design file.

    Raises
    ------
    UsageError, ScenarioError
        One line that names file, key, what was found and what is allowed.
    """
    path = Path(path)
    return design_of(read_toml(path, str(path)), str(path), path.parent)


@checked_arguments
def design_of(given: Mapping[str, Any], label: str = "design", start: Path = Path()) -> Design:
    """Make a design of a mapping with the keys of a design file.

    Parameters
    ----------
    given : mapping
    label : str
        Where it came from, for errors.
    start : Path
        Folder from which files are named.

    Examples
    --------
    >>> design = design_of({"axes": {"policy.training.places": [500, 1500]}})
    >>> design.method, design.axes[0].values
    ('grid', (500.0, 1500.0))
    """
    for key in given:
        if key not in HEAD:
            hint = guess(nearest(key, HEAD))
            raise wrong(label, key, f"an unknown key{hint}", f"one of {', '.join(HEAD)}")
    given = {k: v if isinstance(v, pd.DataFrame) else plain(v) for k, v in given.items()}
    axes, fixed = axes_of(given.get("axes", {}), label)
    place = partial(_county, source=f"{label}: axes", start=start)
    axes = tuple(
        replace(axis, values=tuple(map(place, axis.values))) if axis.key == COUNTY else axis
        for axis in axes
    )
    fixed |= {COUNTY: place(fixed[COUNTY])} if COUNTY in fixed else {}
    method = _method(given, axes, label)
    points, table = _points(given, method, label, start)
    if table is not None:
        if COUNTY in table:
            table[COUNTY] = [_county(v, f"{label}: points", start) for v in table[COUNTY]]
        if axes:
            raise wrong(label, f"axes.{axes[0].key}", "an axis beside a table", "fixed values")
        for key in table.columns.intersection(list(fixed)):
            raise wrong(label, f"axes.{key}", "a column of the table", "it in one of the two")
    scenarios = _scenarios(given, label, start)
    replicates = _whole(given, "replicates", 1, 1, 100_000, label)
    seed, sample = _whole(given, "seed", 1, 0, 2**32 - 1, label), _share(given, label)
    settings = RunSettings(seed, sample, _whole(given, "months", 120, 1, 600, label))
    keep = given.get("keep", "figures")
    if keep not in KEEP:
        raise wrong(label, "keep", shown(keep), " or ".join(KEEP))
    drawn = axes, fixed, method, points, table
    return Design(scenarios, *drawn, replicates, settings, str(keep), label)


def _county(value: Any, source: str, start: Path) -> str:
    """A county as every process finds it: a name that ships, or the folder's full path.

    Raises ScenarioError: if there is no such county.
    """
    folder = find_county(value, source, start)
    return str(value) if folder.parent == FOLDER / "counties" else str(folder)


def _method(given: Mapping[str, Any], axes: tuple[Axis, ...], label: str) -> str:
    bare = [axis.key for axis in axes if not axis.values and not axis.steps]
    drawn = "latin" if bare else "grid"
    default = "table" if isinstance(given.get("points"), str) else drawn
    method = given.get("method", default)
    known = str(method).lower().replace("-", "_")
    if known not in METHODS:
        raise wrong(label, "method", shown(method), "grid, latin, sobol or table")
    found = METHODS[known]
    if found == "grid" and bare:
        allowed = "a list, or steps, in a grid"
        raise wrong(label, f"axes.{bare[0]}", "a range without steps", allowed)
    if found in ("latin", "sobol") and not axes:
        raise wrong(label, "axes", "nothing to vary", "one axis or more")
    return found


def _points(
    given: Mapping[str, Any], method: str, label: str, start: Path
) -> tuple[int, pd.DataFrame | None]:
    points = given.get("points")
    if method == "table":
        if isinstance(points, pd.DataFrame):
            return 0, check_table(points, f"{label}: points")
        if not isinstance(points, str | Path):
            raise wrong(label, "points", shown(points), "a CSV file with a column for each key")
        return 0, read_table(start / points)
    if method == "grid":
        if points is not None:
            raise wrong(label, "points", shown(points), "none in a grid")
        return 0, None
    if points is None:
        raise wrong(label, "points", "none", "a whole number from 1")
    return _whole(given, "points", 1, 1, 10_000_000, label), None


def _scenarios(given: Mapping[str, Any], label: str, start: Path) -> tuple[str, ...]:
    names = given.get("scenarios", ["baseline"])
    names = [names] if isinstance(names, str | Path) else names
    if not isinstance(names, list | tuple) or not names:
        raise wrong(label, "scenarios", shown(names), "a list of names or files")
    found = []
    for name in names:
        if not isinstance(name, str | Path):
            raise wrong(label, "scenarios", shown(name), "a name or a path")
        is_file = isinstance(name, Path) or str(name).endswith(".toml")
        found.append(str((start / name).resolve()) if is_file else str(name))
    if len(set(found)) < len(found):
        raise wrong(label, "scenarios", "a scenario twice", "each once")
    return tuple(found)


def _whole(
    given: Mapping[str, Any], key: str, default: int, low: int, high: int, label: str
) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise wrong(label, key, shown(value), f"a whole number from {low} to {high}")
    return value


def _share(given: Mapping[str, Any], label: str) -> float:
    value = given.get("sample", 0.005)
    if not is_number(value) or not 0.0 < value <= 1.0:
        raise wrong(label, "sample", shown(value), "a number above 0 up to 1")
    return float(value)
