"""Which parameters the targets feel: Morris's elementary effects over the whole box of priors.

Morris, Technometrics 33, 1991, 161-174: along a trajectory every parameter is moved once, across two
thirds of its range. All points meet the same luck, but people who decide otherwise meet other people,
so that even a parameter that does nothing here has small effects; most parameters do nothing, and the
median of mu* over all of them is taken as that noise and left out of the score:
score = max over targets of sqrt(mu*^2 - noise^2) / s, s the standard deviation of the target.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from returnee.experiments.defaults import MORRIS
from returnee.experiments.statistics.indices import draw, problem_of
from returnee.experiments.studies.calibration.priors import Box
from returnee.experiments.studies.calibration.targets import Target

CHOSEN = 30  # parameters that are moved afterwards


def trajectories(box: Box, number: int, seed: int) -> np.ndarray:
    """Coordinates of the points, trajectory by trajectory, shape (number * (d + 1), d)."""
    d = len(box.names)
    ends = np.tile([0.0, 1.0], (d, 1))
    return np.asarray(draw(MORRIS, problem_of(box.names, ends), number, seed))


def effects(unit: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Elementary effects, shape (trajectories, d, targets): of a step across the whole range.

    `unit`: as from `trajectories`. `values`: shape (points, targets); an effect is missing where
    one of its two figures is.
    """
    d = unit.shape[1]
    places = unit.reshape(-1, d + 1, d)
    steps, rises = (
        np.diff(places, axis=1),
        np.diff(values.reshape(-1, d + 1, values.shape[1]), axis=1),
    )
    moved = np.abs(steps).argmax(axis=2)
    sizes = np.take_along_axis(steps, moved[..., None], axis=2)
    found = np.empty_like(rises)
    np.put_along_axis(found, moved[..., None], rises / sizes, axis=1)
    return found


def screened(box: Box, targets: Sequence[Target], found: np.ndarray) -> pd.DataFrame:
    """A row a parameter, the most felt first: score, and for each target mu* in its deviations.

    `found`: as from `effects`.
    """
    sd = np.array([t.sd for t in targets])
    with np.errstate(invalid="ignore"):
        star = np.nanmean(np.abs(found), axis=0) / sd
    noise = np.nanmedian(star, axis=0)
    felt = np.sqrt(np.maximum(np.nan_to_num(star) ** 2 - noise**2, 0.0))
    table = pd.DataFrame(
        {
            "parameter": box.names, "low": box.lows, "high": box.highs,
            "scale": np.where(box.logs, "log", "linear"), "score": felt.max(axis=1),
            "target": [targets[k].indicator for k in felt.argmax(axis=1)],
            **{t.indicator: column for t, column in zip(targets, star.T)},
        }
    )  # fmt: skip
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
