"""Indices of sensitivity: Morris's elementary effects, and Sobol's shares of variance.

Morris, Technometrics 33, 1991, 161-174; mu* after Campolongo, Cariboni and Saltelli, Environ. Model.
Softw. 22, 2007, 1509-1518: the mean absolute effect of moving one parameter, in units of the
outcome for a step across its whole range. Sobol, Math. Comput. Simul. 55, 2001, 271-280, with the
estimators of Saltelli et al., Comput. Phys. Commun. 181, 2010, 259-270: first order S1 is the share
of variance that a parameter explains alone, S2 a pair beyond the two alone, total ST with all it
takes part in. All as in SALib. Intervals: Student's t over trajectories for mu*; SALib's bootstrap over
base points for shares of variance.
"""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.defaults import MORRIS
from returnee.experiments.statistics.intervals import LEVEL, quantile

GRID = 4  # levels of Morris's grid
RESAMPLES = 200
COLUMNS = {
    **dict.fromkeys(("method", "index", "key", "key2"), "str"), "n": "int64",
    **dict.fromkeys(("value", "low", "high"), "float64"),
}  # fmt: skip


def problem_of(keys: list[str], bounds: np.ndarray) -> dict[str, Any]:
    """Parameters and their bounds, as SALib takes them."""
    return {"num_vars": len(keys), "names": keys, "bounds": bounds.tolist()}


def draw(method: str, problem: dict[str, Any], n: int, seed: int) -> np.ndarray:
    """Points, shape (n * block, parameters): `n` trajectories, or base points, block by block."""
    from SALib.sample import morris, sobol

    if method == MORRIS:
        return morris.sample(problem, n, num_levels=GRID, seed=seed)
    with warnings.catch_warnings():  # that only powers of two are balanced: checked before
        warnings.simplefilter("ignore", UserWarning)
        found = sobol.sample(problem, n, calc_second_order=True, seed=seed)
    return found


def indices_of(
    method: str, problem: dict[str, Any], points: np.ndarray, values: np.ndarray, seed: int
) -> pd.DataFrame:
    """Indices from outcomes at the points, for a growing number of trajectories or base points.

    `method`: ``morris`` or ``sobol``. `problem`: as from `problem_of`. `points`: shape (n * block,
    parameters). `values`: shape (n * block,); a block with a missing value is left out. `seed`: of
    the bootstrap. Returns: columns `COLUMNS`: `index` is mu, mu_star, sigma, S1, ST or S2; `n` of
    how many trajectories or base points, the largest being all; `low` and `high` bound the 90 %
    interval.
    """
    parameters = problem["num_vars"]
    block = parameters + 1 if method == MORRIS else 2 * parameters + 2
    blocks = values.reshape(-1, block)
    there = np.isfinite(blocks).all(axis=1)
    whole, places = blocks[there], points.reshape(len(blocks), block, -1)[there]
    frames = []
    for n in steps_of(method, len(whole)):
        x, y = places[:n].reshape(n * block, -1), whole[:n].ravel()
        rows = _morris(problem, x, y, seed) if method == MORRIS else _sobol(problem, y, seed)
        frames.append(pd.DataFrame(rows, columns=["index", "key", "key2", "value", "half"]))
        frames[-1]["n"] = n
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in COLUMNS.items()})
    found = pd.concat(frames, ignore_index=True)
    found["method"] = method
    found["low"], found["high"] = found["value"] - found["half"], found["value"] + found["half"]
    return found[list(COLUMNS)]


def steps_of(method: str, n: int) -> list[int]:
    """Numbers of blocks at which convergence is looked at; Sobol's are powers of two.

    >>> steps_of("morris", 20), steps_of("sobol", 64)
    ([5, 10, 15, 20], [16, 32, 64])
    """
    if method == MORRIS:
        return sorted({max(round(n * k / 4), 2) for k in (1, 2, 3, 4) if n > 1})
    return sorted({m for m in (n // 4, n // 2, n) if m > 1})


def _morris(problem: dict[str, Any], x: np.ndarray, y: np.ndarray, seed: int) -> list[Any]:
    from SALib.analyze import morris

    found = morris.analyze(
        problem, x, y, num_resamples=RESAMPLES, conf_level=LEVEL, num_levels=GRID, seed=seed
    )
    n = len(y) // (problem["num_vars"] + 1)
    half = _reach(found, n)
    return [
        (name, key, "", found[name][k], half[k] if name == "mu_star" else np.nan)
        for k, key in enumerate(problem["names"])
        for name in ("mu_star", "mu", "sigma")
    ]


def _reach(found: Any, n: int) -> np.ndarray:
    """Half of the t interval of mu_star, the mean size of n elementary effects.

    SALib gives their mean mu and standard deviation sigma; the sizes have the same mean square.
    """
    mu, star, sigma = (np.asarray(found[name], dtype=float) for name in ("mu", "mu_star", "sigma"))
    square = sigma**2 + n / (n - 1) * (mu**2 - star**2)
    return quantile(np.array(n)) * np.sqrt(np.maximum(square, 0.0) / n)


def _sobol(problem: dict[str, Any], y: np.ndarray, seed: int) -> list[Any]:
    from SALib.analyze import sobol

    keys = problem["names"]
    if np.ptp(y) == 0.0:  # nothing varies, so nothing has a share
        return [(name, key, "", np.nan, np.nan) for name in ("S1", "ST") for key in keys]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = sobol.analyze(
            problem, y, calc_second_order=True, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed
        )
    rows = [
        (name, key, "", found[name][k], found[f"{name}_conf"][k])
        for name in ("S1", "ST")
        for k, key in enumerate(keys)
    ]
    return rows + [
        ("S2", keys[k], keys[m], found["S2"][k, m], found["S2_conf"][k, m])
        for k, m in combinations(range(len(keys)), 2)
    ]
