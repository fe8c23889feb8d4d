"""The box that a calibration looks in: the flat priors of the schema, and designs in it.

A place in the box is told by coordinates from 0 to 1 (of the parameter, or of its logarithm where it
is moved by factors). Values are rounded to `DIGITS` significant digits, so that every machine runs
the same design and files hold exactly what was run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import qmc

from returnee.experiments.errors import UsageError
from returnee.scenarios import Lever, Scenario, levers, walk
from returnee.scenarios.schema.errors import guess, nearest

DIGITS = 6
ROOMS = ("behaviour.", "county.")


def uncertain(found: Iterable[Lever] = levers) -> dict[str, Lever]:
    """The parameters that have a prior, by dotted key."""
    return {v.key: v for v in found if v.prior is not None and v.prior.low is not None}


def free() -> list[str]:
    """Keys of the parameters that a calibration moves unless others are named."""
    return [key for key, lever in uncertain().items() if lever.free]


@dataclass(frozen=True)
class Box:
    """Parameters and the range of each."""

    names: list[str]
    lows: np.ndarray = field(repr=False)  # shape (d,)
    highs: np.ndarray = field(repr=False)
    logs: np.ndarray = field(repr=False)  # whether moved by factors
    whole: np.ndarray = field(repr=False)  # whether whole numbers

    def values(self, unit: np.ndarray) -> np.ndarray:
        """Parameters at coordinates, shape (n, d).

        >>> box_of(["behaviour.firm.drift_sd"]).values(np.array([[0.0], [0.5], [1.0]])).ravel()
        array([0.011, 0.022, 0.044])
        """
        low, high = self._ends()
        moved = low + np.asarray(unit, dtype=float) * (high - low)
        found = np.where(self.logs, np.exp(np.where(self.logs, moved, 0.0)), moved)
        found = np.where(self.whole, np.rint(found), found)
        short = np.array([float(f"{x:.{DIGITS}g}") for x in found.ravel()]).reshape(found.shape)
        return np.clip(short, self.lows, self.highs)

    def unit(self, theta: np.ndarray) -> np.ndarray:
        """Coordinates of parameters, shape (n, d)."""
        low, high = self._ends()
        theta = np.asarray(theta, dtype=float)
        moved = np.where(self.logs, np.log(np.where(self.logs, theta, 1.0)), theta)
        return (moved - low) / (high - low)

    def sobol(self, number: int, skip: int = 0) -> np.ndarray:
        """Coordinates of points of the Sobol sequence that fill the box, shape (number, d)."""
        with warnings.catch_warnings():  # that only powers of two are balanced
            warnings.simplefilter("ignore", UserWarning)
            drawn = qmc.Sobol(len(self.names), scramble=False)
            drawn.fast_forward(skip + 1)  # the first is a corner
            return np.asarray(drawn.random(number))

    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        lows, highs = (np.where(self.logs, np.log(np.where(self.logs, e, 1.0)), e)
                       for e in (self.lows, self.highs))  # fmt: skip
        return lows, highs


def box_of(names: Sequence[str], own: Mapping[str, Any] | None = None) -> Box:
    """The box of some parameters.

    `names`: dotted keys. `own`: other ranges, by key. Raises UsageError: for a key without a prior,
    or a range that the schema or the default rules out.
    """
    known, own = uncertain(), own or {}
    for key in (*names, *own):
        if key not in known:
            hint = guess(nearest(key, known))
            raise UsageError(f"free: found {key}{hint}, allowed a parameter that has a prior")
    found = [known[key] for key in names]
    ends = np.array([own.get(v.key, (v.prior.low, v.prior.high)) for v in found])  # type: ignore[union-attr]
    for lever, (low, high) in zip(found, ends):
        _check(lever, low, high)
    logs = [v.prior.scale == "log" and low > 0.0 for v, (low, _) in zip(found, ends)]  # type: ignore[union-attr]
    whole = np.array([v.type is int for v in found])
    return Box(list(names), ends[:, 0], ends[:, 1], np.array(logs), whole)


def _check(lever: Lever, low: float, high: float) -> None:
    at = f"prior: {lever.key}"
    assert lever.low is not None and lever.high is not None and lever.default is not None
    if not lever.low <= low < high <= lever.high:
        raise UsageError(
            f"{at}: found {low:g} to {high:g}, allowed within {lever.low:g} to {lever.high:g}"
        )
    if not low <= lever.default <= high:
        raise UsageError(
            f"{at}: found {low:g} to {high:g}, allowed a range that includes the default, "
            f"{lever.default:g}"
        )


def moved_in(
    scenario: Scenario, names: Sequence[str], own: Mapping[str, Any] | None = None
) -> list[str]:
    """Parameters that are a matter of belief in a scenario: those a county states itself are known.

    Raises UsageError: if what a scenario sets lies outside the prior.
    """
    found, here, box = [], dict(walk(scenario)), box_of(names, own)
    for key, low, high in zip(names, box.lows, box.highs):
        lever = here[key]
        if key.startswith("county.") and lever.own:
            continue
        value = float(lever.value or 0.0)
        if not low <= value <= high:
            raise UsageError(
                f"prior: {key}: found {low:g} to {high:g}, allowed a range that includes the value "
                f"in use, {value:g}"
            )
        found.append(key)
    return found
