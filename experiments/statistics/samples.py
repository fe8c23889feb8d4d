"""What a sample of the county gets wrong, and intervals that carry it.

Some things are finite: a place in an incubator is a whole place, a month's claims on a pot come in lumps, and in
a market with few firms the largest has a market of its own. Where the level of a measure in a sample
differs from the full county's beyond luck, ``data/samples.csv`` has by how much, as a share of the full county's
level: it is written by ``python -m benchmarks.samples --write``. A difference between two policies is taken to be
off by that share, either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.special

from returnee.experiments.measuring import selections
from returnee.experiments.statistics.intervals import Estimate

FILE = Path(__file__).parents[1] / "data" / "samples.csv"
SMALL = 0.02  # samples below are less certain than their runs say
WIDER, WIDER_MONEY, WIDER_OTHERS = 1.5, 2.5, 1.8
"""By how much: of key measures, of public money, and of others. In a hundredth of the county, Student's intervals of
`python -m benchmarks.coverage` held 81, 58 and 70 % of the whole county's answers instead of 90 % (seeds 3 and 4)."""
TOLD = 2.576  # standard errors beyond which a bias is not luck: two-sided, 99 %


@lru_cache(maxsize=1)
def table() -> dict[float, dict[str, float]]:
    """Size of the bias by sample (the smallest first) and measure, a share of the level; 0 if it may be luck."""
    rows = pd.read_csv(FILE)
    rows["bias"] = rows["bias"].abs().where(rows["bias"].abs() > TOLD * rows["error"], 0.0)
    named = rows.set_index("measure")["bias"].groupby(rows["sample"].to_numpy())
    return {float(sample): of.to_dict() for sample, of in named}


def bias_of(measures: Sequence[str], sample: float) -> np.ndarray:
    """By which share a sample gets each measure wrong; 0 for the full county and where none is known.

    That of the largest sample measured that is not larger, else of the smallest.

    >>> bias_of(["firms_open", "nothing known"], 1.0).tolist()
    [0.0, 0.0]
    """
    found = table()
    smaller = [of for size, of in found.items() if size <= sample]
    known = {} if sample >= 1.0 else smaller[-1] if smaller else next(iter(found.values()))
    return np.array([known.get(name, 0.0) for name in measures])


def widened(found: Estimate, measures: Sequence[str], sample: float) -> Estimate:
    """The same with intervals that carry what a sample gets wrong; measures on the last axis."""
    reach = bias_of(measures, sample) * np.abs(found.mean)
    return found._replace(low=found.low - reach, high=found.high + reach)


def wider(measure: str, sample: float) -> float:
    """Factor by which an interval of a mean over very small counties is too narrow; 1 for others."""
    if sample >= SMALL:
        return 1.0
    if measure in selections.PUBLIC_MONEY:
        return WIDER_MONEY
    return WIDER if measure in (*selections.KEY, *selections.INCOMES) else WIDER_OTHERS


def made_wider(effects: Mapping[str, Any] | pd.DataFrame, sample: float) -> dict[str, np.ndarray]:
    """Columns of effects (`effects.effects_on`) as certain as very small counties are: those that change."""
    by = np.array([wider(name, sample) for name in effects["measure"]])
    if (by == 1.0).all():
        return {}
    middle = np.asarray(effects["difference"])
    low, high = (middle + by * (np.asarray(effects[side]) - middle) for side in ("low", "high"))
    with np.errstate(invalid="ignore"):
        chance = scipy.special.ndtr(scipy.special.ndtri(np.asarray(effects["p_higher"])) / by)
    better = np.asarray(effects["better"])
    sided = np.where(better > 0, chance, 1.0 - chance)
    return {
        "low": low, "high": high, "p_higher": chance, "p_better": np.where(better != 0, sided, np.nan),
        "verdict": np.where(low > 0, "higher", np.where(high < 0, "lower", "can't tell apart")),
    }  # fmt: skip
