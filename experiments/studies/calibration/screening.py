"""Which parameters the targets feel: Morris's elementary effects over the whole box of priors.

Morris, Technometrics 33, 1991, 161-174: along a trajectory every parameter is moved once, across two
thirds of its range. The size of an effect is the median of its absolute values over trajectories, not
their mean: some figures are of few firms or loans and have long tails. All points meet the same luck,
but people who decide otherwise meet other people, so that even a parameter that does nothing has small
effects; as most do nothing, the median of sizes over all parameters is taken as that noise. Felt of a
target, in its standard deviations s, is sqrt(size^2 - noise^2) / s where size > 2 noise, at most `MOST`;
the score is the root of the sum of squares over targets. What is felt most by any one target is
chosen, and then by score.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from returnee.experiments.defaults import MORRIS
from returnee.experiments.statistics.indices import draw, problem_of
from returnee.experiments.studies.calibration.priors import Box
from returnee.experiments.studies.calibration.targets import Target

MOST = 10.0  # standard deviations that a figure can be felt to move; further off is as far off


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
    """A row a parameter, the most felt first: score, and for each target the size in its deviations.

    `found`: as from `effects`.
    """
    sd = np.array([t.sd for t in targets])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a figure that no trajectory shows
        star = np.nanmedian(np.abs(found), axis=0) / sd
        noise = np.nanmedian(star, axis=0)
    told = np.nan_to_num(star) > 2.0 * noise
    rise = np.sqrt(np.maximum(np.nan_to_num(star) ** 2 - np.nan_to_num(noise) ** 2, 0.0))
    felt = np.where(told, np.minimum(rise, MOST), 0.0)
    score = np.sqrt((felt**2).sum(axis=1))
    first = np.zeros(len(score), dtype=bool)
    first[felt.argmax(axis=0)[felt.max(axis=0) > 0.0]] = True
    table = pd.DataFrame(
        {
            "parameter": box.names, "low": box.lows, "high": box.highs,
            "scale": np.where(box.logs, "log", "linear"), "score": score, "first": first,
            "target": [targets[k].indicator for k in felt.argmax(axis=1)],
            **{t.indicator: column for t, column in zip(targets, star.T)},
        }
    )  # fmt: skip
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def chosen(table: pd.DataFrame, number: int) -> list[str]:
    """Keys of so many parameters: the one that each target feels most, then by score."""
    order = table.sort_values("first", ascending=False, kind="stable")
    return list(order["parameter"][:number])
