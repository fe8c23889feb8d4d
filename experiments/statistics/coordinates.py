"""Free behaviour parameters as coordinates that a search can move in.

A parameter that is a rate, share or scale (at least 0, and above 0 in use) is moved on a
logarithmic axis, by up to a factor `FACTOR` either way; any other on a linear one, by up to `REACH`
of its allowed range. A coordinate is -1 and 1 at the ends of that axis and 0 at the value in use;
ends are cut at what the schema allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from returnee.experiments.errors import UsageError
from returnee.experiments.numbers import rounded
from returnee.scenarios import Lever, Scenario, walk
from returnee.scenarios.schema.errors import guess, nearest

FACTOR = 3.0
REACH = 0.1
DIGITS = 6  # significant digits of a parameter, so that files hold exactly what was run
PREFIX = "behaviour."


@dataclass(frozen=True)
class Coordinate:
    """One parameter to be moved."""

    lever: Lever  # with the value in use

    @property
    def key(self) -> str:
        """Dotted key."""
        return self.lever.key

    @property
    def start(self) -> float:
        """The value in use."""
        return float(self.lever.value or 0.0)

    @property
    def logarithmic(self) -> bool:
        """Whether it is moved by factors."""
        return float(self.lever.low or 0.0) >= 0.0 and self.start > 0.0

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest coordinate, within what the schema allows."""
        low, high = float(self.lever.low or 0.0), float(self.lever.high or 0.0)
        least = self.of(low) if low > 0.0 or not self.logarithmic else -1.0
        return max(-1.0, least), min(1.0, self.of(high))

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that is searched."""
        low, high = self.limits
        return self.value(low), self.value(high)

    def value(self, coordinate: float) -> float:
        """The parameter at a coordinate, to `DIGITS` significant digits."""
        if self.logarithmic:
            found = self.start * FACTOR**coordinate
        else:
            found = self.start + coordinate * self._reach()
        low, high = float(self.lever.low or 0.0), float(self.lever.high or 0.0)
        return min(max(rounded(found, DIGITS), low), high)

    def of(self, value: float) -> float:
        """The coordinate of a value."""
        if self.logarithmic:
            return math.log(value / self.start) / math.log(FACTOR)
        return (value - self.start) / self._reach()

    @property
    def unit_size(self) -> float:
        """What one coordinate is: of the logarithm where it is moved by factors."""
        return math.log(FACTOR) if self.logarithmic else self._reach()

    def _reach(self) -> float:
        return REACH * (float(self.lever.high or 0.0) - float(self.lever.low or 0.0))


def coordinates(scenario: Scenario, keys: Sequence[str] = ()) -> tuple[Coordinate, ...]:
    """The parameters marked free, or those named, as coordinates.

    `scenario`: whose values are in use. `keys`: dotted keys; all free ones if empty. Raises
    UsageError: if a key is no free parameter.

    Examples
    --------
    >>> from returnee.scenarios import load_scenario
    >>> luck, = coordinates(load_scenario("baseline"), ["behaviour.firm.luck_sd"])
    >>> luck.value(0.0) == luck.start, round(luck.of(luck.value(0.5)), 3), luck.limits
    (True, 0.5, (-1.0, 1.0))
    """
    free = {v.key: v for _, v in walk(scenario.behaviour, PREFIX) if v.free and v.type is float}
    for key in keys:
        if key not in free:
            hint = guess(nearest(key, free))
            raise UsageError(f"free: found {key}{hint}, allowed one of {', '.join(free)}")
    return tuple(Coordinate(lever) for key, lever in free.items() if not keys or key in keys)


def values_at(axes: Sequence[Coordinate], point: np.ndarray) -> dict[str, float]:
    """Parameters at a point.

    Returns: by dotted key.
    """
    return {axis.key: axis.value(float(x)) for axis, x in zip(axes, point)}


def point_of(axes: Sequence[Coordinate], values: dict[str, float]) -> np.ndarray:
    """The point of parameters, shape (parameters,)."""
    return np.array([axis.of(values[axis.key]) for axis in axes])
