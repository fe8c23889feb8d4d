"""What a policy changes against a reference: paired differences with their intervals.

The same person meets the same luck under every policy, so the difference d_r of replicate r is
taken before anything is averaged. Intervals: see `intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring import selections
from returnee.experiments.measuring.measures import MEASURES, NAMES, levels_over
from returnee.experiments.running.figures import arranged
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.intervals import (
    Estimate,
    estimate,
    interval,
    mean_of,
    ratio_interval,
)
from returnee.experiments.statistics.samples import widened
from returnee.experiments.statistics.spread import spread

HIGHER, LOWER, UNCLEAR = "higher", "lower", "can't tell apart"

RATIOS = selections.GAINED

PER_GAIN, SAVED = "cost per gain", "saved per loss"
CHEAPER, DEARER = "more for less", "less for more"


@dataclass(frozen=True)
class Cube:
    """Values of all runs."""

    # shape (scenarios, replicates, measures, months); NaN where a run failed, and before the last
    # month for figures of whole runs
    values: np.ndarray
    labels: tuple[str, ...]  # of the scenarios

    def of(self, label: str, measure: str) -> np.ndarray:
        """One measure of one scenario, shape (replicates, months)."""
        return self.values[self.labels.index(label), :, INDEX[measure]]

    @cached_property
    def levels(self) -> np.ndarray:
        """One figure a run, shape (scenarios, replicates, measures).

        See `levels_over`.
        """
        return levels_over(self.values)


INDEX = {name: k for k, name in enumerate(NAMES)}


def cube_of(runs: pd.DataFrame, plan: Plan) -> Cube:
    """Arrange a tidy table of runs (columns of `measures.SCHEMA`) by scenario and replicate."""
    return Cube(arranged(runs, plan, NAMES, plan.settings.months), tuple(plan.scenarios))


def effects_of(cube: Cube, plan: Plan, luck: Cube | None = None) -> pd.DataFrame:
    """Effects of every compared scenario on every measure; a row each.

    `luck`: see `effects_on`.

    Returns: ``reference`` and ``level`` are means over replicates, ``difference`` the mean of
    paired differences with ``low`` and ``high``; ``p_higher`` and ``p_better`` are the chances
    that the true mean is above the reference and on its better side, ``replicates_better`` the
    share of replicates there (ties count half); ``verdict`` is "higher" or "lower" where the
    interval leaves out zero. ``pairs`` counts replicates. Intervals and chances need two pairs.
    """
    columns = ["measure", "label_en", "label_zh", "unit", "kind", "better"]
    base = pd.DataFrame(
        [(m.name, m.en, m.zh, m.unit, m.kind, m.better) for m in MEASURES], columns=columns
    )
    return effects_on(cube.levels, base, plan, None if luck is None else luck.levels)


def effects_on(
    levels: np.ndarray, base: pd.DataFrame, plan: Plan, luck: np.ndarray | None = None
) -> pd.DataFrame:
    """Effects of every compared scenario on any figures of whole runs; a row each.

    `levels`: shape (scenarios, replicates, figures); in the plan's order of scenarios; NaN where a
    run failed. `base`: a row per figure; a column ``better`` is 1, -1 or 0 (see `Indicator`).
    `luck`: the same of runs that all live with one set of parameters, where those of `levels` live
    with a set each: the interval is then the spread over sets (`spread.spread`), not that of a mean.
    Returns: columns of `base`, and those of `effects_of`.
    """
    found = effect_columns(levels, base, plan, luck)
    frames = [pd.DataFrame({"scenario": k, **base, **effect}) for k, effect in found.items()]
    return pd.concat(frames, ignore_index=True) if frames else base.iloc[:0]


def effect_columns(
    levels: np.ndarray,
    base: Mapping[str, Any] | pd.DataFrame,
    plan: Plan,
    luck: np.ndarray | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """The columns that `effects_on` adds to `base`, by scenario, without a table."""
    labels = list(plan.scenarios)
    place = labels.index(plan.reference)
    names, better = list(base["measure"]), np.asarray(base["better"])
    found = {}
    for label in plan.compared:
        k = labels.index(label)
        paired = levels[k] - levels[place]
        change = estimate(paired) if luck is None else spread(paired, luck[k] - luck[place])
        change = widened(change, names, plan.settings.sample)
        found[label] = _effect(levels[k], levels[place], change, better)
    return found


def _effect(
    level: np.ndarray, reference: np.ndarray, change: Estimate, better: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of the effects of one scenario; `level` and `reference` (replicates, measures)."""
    difference, low, high, higher, pairs = change
    of_replicates = mean_of(0.5 * (1.0 + np.sign(level - reference)))
    sided = better != 0
    towards = {
        "p_better": np.where(better > 0, higher, 1.0 - higher),
        "replicates_better": np.where(better > 0, of_replicates, 1.0 - of_replicates),
    }
    return {
        "reference": mean_of(reference),
        "level": mean_of(level),
        "difference": difference,
        "low": low,
        "high": high,
        "p_higher": higher,
        **{name: np.where(sided, share, np.nan) for name, share in towards.items()},
        "verdict": verdicts(low, high),
        "pairs": pairs,
    }


def verdicts(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether intervals are above zero, below it, or neither."""
    return np.where(low > 0.0, HIGHER, np.where(high < 0.0, LOWER, UNCLEAR))


def ratios_of(cube: Cube, plan: Plan) -> pd.DataFrame:
    """Public cost per additional firm and job, against the reference; a row each.

    Cost and gain are differences over the horizon and at its end. Where the gain can't be told from
    zero there is no ratio. ``outcome`` says what a ratio means: "cost per gain", "saved per loss",
    or, without a ratio, "more for less", "less for more", "can't tell apart".
    """
    reference = cube.labels.index(plan.reference)
    rows = []
    for label in plan.compared:
        paired = cube.levels[cube.labels.index(label)] - cube.levels[reference]
        for name, gained in RATIOS.items():
            both = paired[:, [INDEX[selections.COST], INDEX[gained]]]
            both = both[np.isfinite(both).all(axis=1)]
            rows.append({"scenario": label, "measure": name, "gain": gained, **_ratio(both)})
    return pd.DataFrame(rows)


def _ratio(both: np.ndarray) -> dict[str, object]:
    nothing = {"ratio": np.nan, "low": np.nan, "high": np.nan, "outcome": UNCLEAR}
    if len(both) < 2:
        return {"cost_difference": np.nan, "gain_difference": np.nan, **nothing}
    cost, gain = both.mean(axis=0)
    found: dict[str, object] = {"cost_difference": cost, "gain_difference": gain}
    low, high = interval(both[:, 1])
    if low <= 0.0 <= high:
        return {**found, **nothing}
    if cost * gain <= 0.0:
        return {**found, **nothing, "outcome": CHEAPER if gain > 0 else DEARER}
    low, high = ratio_interval(both[:, 0], both[:, 1]).tolist()
    outcome = PER_GAIN if gain > 0 else SAVED
    return {**found, "ratio": cost / gain, "low": low, "high": high, "outcome": outcome}
