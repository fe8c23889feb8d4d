"""Points of a design: all combinations, a Latin hypercube, a Sobol sequence, or a table.

Latin hypercube: McKay, Beckman and Conover, Technometrics 21, 1979, 239-245. Scrambled Sobol
sequence: Sobol 1967, Owen 1998. Both as in `scipy.stats.qmc`, keyed by the design's seed.
"""

from __future__ import annotations

import hashlib
import warnings
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pandas as pd
import scipy

from returnee.experiments.running.design.axes import Axis
from returnee.experiments.running.design.design import Design


def count_points(design: Design) -> int:
    """How many points a design has, without drawing them."""
    if design.table is not None:
        return len(design.table)
    if design.method == "grid":
        return prod(len(levels_in_grid(axis)) for axis in design.axes)
    return design.points


def levels_in_grid(axis: Axis) -> list[Any]:
    """Values that an axis takes in a grid.

    >>> levels_in_grid(Axis("policy.linkage.referral", low=0.0, high=1.0, steps=3))
    [0.0, 0.5, 1.0]
    """
    if axis.values:
        return list(axis.values)
    values = np.linspace(axis.low, axis.high, axis.steps)
    if axis.type is int:
        values = np.unique(np.rint(values))
    return [axis.type(value) for value in values]


def points_of(design: Design) -> pd.DataFrame:
    """Draw the points.

    Returns: a row for each point, a column for each axis; the same for the same design.
    """
    if design.table is not None:
        return design.table
    if design.method == "grid":
        rows = list(product(*(levels_in_grid(axis) for axis in design.axes)))
        return pd.DataFrame(rows, columns=[axis.key for axis in design.axes])
    rng = np.random.default_rng(design.settings.seed)
    if design.method == "latin":
        unit = scipy.stats.qmc.LatinHypercube(len(design.axes), seed=rng).random(design.points)
    else:
        with warnings.catch_warnings():  # that only powers of two are balanced: the guide says so
            warnings.simplefilter("ignore", UserWarning)
            unit = scipy.stats.qmc.Sobol(len(design.axes), seed=rng).random(design.points)
    return pd.DataFrame({axis.key: along(axis, unit[:, k]) for k, axis in enumerate(design.axes)})


def along(axis: Axis, unit: np.ndarray) -> np.ndarray | list[Any]:
    """Values of an axis at places from 0 to 1; whole numbers and lists in equal shares.

    >>> along(Axis("policy.incubation.months", low=12, high=14), np.array([0.0, 0.5, 0.99]))
    [12, 13, 14]
    """
    if axis.values:
        place = np.minimum((unit * len(axis.values)).astype(int), len(axis.values) - 1)
        return [axis.values[k] for k in place]
    if axis.type is int:
        span = int(axis.high) - int(axis.low) + 1
        return [int(axis.low) + int(k) for k in np.minimum((unit * span).astype(int), span - 1)]
    return axis.low + unit * (axis.high - axis.low)


def digest_of(points: pd.DataFrame) -> str:
    """Sixteen hex digits that tell tables of points apart."""
    text = points.to_csv(index=True, float_format="%.17g")
    return hashlib.sha256(text.encode()).hexdigest()[:16]
