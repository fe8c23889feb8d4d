"""Axes of a design: lists and ranges of levers and parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from returnee.experiments.errors import shown, wrong
from returnee.experiments.keys import check_key, lever_of
from returnee.experiments.running.design.values import checked
from returnee.scenarios import Lever

RANGE = {"low", "high", "steps"}


@dataclass(frozen=True)
class Axis:
    """One thing that is varied."""

    key: str  # dotted key of a lever or parameter, or ``county``
    values: tuple[Any, ...] = ()  # what it takes, in order; empty for a range
    # ends of a range
    low: float = 0.0
    high: float = 0.0
    steps: int = 0  # values of a range in a grid; 0 where none is given

    @property
    def lever(self) -> Lever | None:
        """What is known about it; None for the county."""
        return lever_of(self.key)

    @property
    def type(self) -> type:
        """Type of its values."""
        return self.lever.type if self.lever else str

    def plain(self) -> Any:
        """The axis as a design file would write it."""
        if self.values:
            return list(self.values)
        steps = {"steps": self.steps} if self.steps else {}
        return {"low": self.low, "high": self.high, **steps}


def axes_of(given: Any, label: str) -> tuple[tuple[Axis, ...], dict[str, Any]]:
    """Axes and fixed values of a table of keys; keys may be dotted or nested."""
    if not isinstance(given, Mapping):
        raise wrong(label, "axes", shown(given), "a table of keys")
    axes: list[Axis] = []
    fixed: dict[str, Any] = {}
    for key, value in _flat(given, ""):
        check_key(key, f"axes.{key}", label)
        if key in fixed or key in [axis.key for axis in axes]:  # once dotted and once nested
            raise wrong(label, f"axes.{key}", "it twice", "it once")
        if isinstance(value, list):
            axes.append(_listed(key, value, label))
        elif isinstance(value, Mapping) and (not value or value.keys() & RANGE):
            axes.append(_ranged(key, value, label))
        else:
            fixed[key] = checked(key, value, f"axes.{key}", label)
    return tuple(axes), fixed


def _flat(given: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        key = f"{prefix}{name}"
        table = isinstance(value, Mapping) and not value.keys() & RANGE
        inner = table and lever_of(key) is None
        if inner and value:
            yield from _flat(value, f"{key}.")
        else:
            yield key, value


def _listed(key: str, values: list[Any], label: str) -> Axis:
    if not values:
        raise wrong(label, f"axes.{key}", "an empty list", "one value or more")
    found = [checked(key, value, f"axes.{key}", label) for value in values]
    if any(isinstance(value, Mapping) for value in found):
        raise wrong(label, f"axes.{key}", "a timetable in a list", "plain values")
    if len(set(found)) < len(found):
        raise wrong(label, f"axes.{key}", "a value twice", "each value once")
    return Axis(key, tuple(found))


def _ranged(key: str, given: Mapping[str, Any], label: str) -> Axis:
    lever, where = lever_of(key), f"axes.{key}"
    if lever is None or lever.type is bool:
        raise wrong(label, where, "a range", "a list of values")
    for name in sorted(map(str, given.keys() - RANGE)):
        raise wrong(label, f"{where}.{name}", "an unknown key", "low, high and steps")
    for end in ("low", "high"):
        if end not in given:
            raise wrong(label, where, f"no {end}", "{low = ..., high = ...}")
    low, high = (checked(key, given[end], f"axes.{key}", label) for end in ("low", "high"))
    if not low < high:
        raise wrong(label, where, f"low {low:g}, high {high:g}", "low below high")
    steps = given.get("steps", 0)
    if "steps" in given and (isinstance(steps, bool) or not isinstance(steps, int) or steps < 2):
        raise wrong(label, f"{where}.steps", shown(steps), "a whole number from 2")
    return Axis(key, (), low, high, steps)
