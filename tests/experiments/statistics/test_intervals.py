"""Intervals cover as often as they say, also with few runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from returnee.experiments.statistics.intervals import (
    estimate,
    interval,
    mean_interval,
    ratio_interval,
)
from returnee.experiments.studies.linkage.effects import premium_of

TRIALS = 4000
COUNTS = (2, 3, 5, 10, 20)


def covered(bounds: np.ndarray, truth: float) -> float:
    return float(np.mean((bounds[0] <= truth) & (truth <= bounds[1])))


@pytest.mark.parametrize("runs", COUNTS)
def test_nine_in_ten_intervals_of_a_mean_cover_it(runs: int) -> None:
    values = np.random.default_rng(runs).normal(3.0, 2.0, size=(runs, TRIALS))
    assert 0.88 <= covered(interval(values), 3.0) <= 0.92


@pytest.mark.parametrize("runs", COUNTS)
def test_intervals_of_skewed_figures_cover_nearly_as_often(runs: int) -> None:
    rng = np.random.default_rng(100 + runs)
    drawn = rng.exponential(size=(2, runs, TRIALS))
    assert 0.80 <= covered(interval(drawn[0]), 1.0) <= 0.93
    assert 0.88 <= covered(interval(drawn[0] - drawn[1]), 0.0) <= 0.97  # paired: no skew is left


@pytest.mark.parametrize("runs", COUNTS)
def test_nine_in_ten_intervals_of_a_ratio_cover_it(runs: int) -> None:
    rng = np.random.default_rng(200 + runs)
    below = rng.normal(100.0, 5.0, size=(runs, TRIALS))
    above = 2.0 * below + rng.normal(0.0, 20.0, size=(runs, TRIALS))
    bounds = ratio_interval(above, below)
    told = np.isfinite(bounds).all(axis=0)
    assert told.mean() > 0.95
    assert 0.87 <= covered(bounds[:, told], 2.0) <= 0.93


def test_chances_are_those_of_the_t_test() -> None:
    values = np.random.default_rng(3).normal(0.3, 1.0, size=(7, 50))
    found = estimate(values)
    one_sided = stats.ttest_1samp(values, 0.0, alternative="greater").pvalue
    assert found.p_higher == pytest.approx(1.0 - one_sided)
    ends = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    assert np.allclose([found.low, found.high], [ends.low, ends.high])


def test_a_chance_and_an_interval_agree() -> None:
    found = estimate(np.random.default_rng(4).normal(0.5, 1.0, size=(4, 500)))
    assert np.array_equal(found.low > 0.0, found.p_higher > 0.95)


@pytest.mark.parametrize(("value", "chance"), [(0.0, 0.5), (0.1, 1.0), (-1e-9, 0.0)])
def test_runs_that_are_all_equal_leave_no_doubt(value: float, chance: float) -> None:
    found = estimate(np.full(3, value))
    assert found.p_higher == chance
    assert found.low == found.high == found.mean


def test_missing_runs_are_left_out() -> None:
    values = np.array([[1.0, np.nan, 4.0], [2.0, 5.0, np.nan], [4.0, np.nan, np.nan]])
    found = estimate(values)
    assert found.pairs.tolist() == [3, 1, 1]
    assert np.isfinite(found.low).tolist() == [True, False, False]
    assert mean_interval(values[:, 0]) == pytest.approx(
        (found.mean[0], found.low[0], found.high[0])
    )
    nobody = estimate(np.full((2, 1), np.nan))
    assert np.isnan(nobody.mean[0]) and np.isnan(nobody.p_higher[0])


def test_a_ratio_over_what_may_be_nothing_has_no_interval() -> None:
    assert np.isnan(ratio_interval(np.array([1.0, 2.0]), np.array([-1.0, 2.0]))).all()
    assert np.isnan(ratio_interval(np.array([1.0]), np.array([2.0]))).all()
    assert ratio_interval(np.full(3, 2.0), np.full(3, 4.0)) == pytest.approx([0.5, 0.5])


def test_gains_by_million_cover_what_they_are() -> None:
    # Siloed: 2 firms for 1 million; linked: 6 for 2 million; 3 less 2 is 1 more by million.
    hits, trials, runs = 0, 300, 5
    rng = np.random.default_rng(8)
    for _ in range(trials):
        cost = np.stack([np.zeros(runs), *(1e6 * rng.normal(m, 0.02, runs) for m in (1, 2))])
        firms = np.stack([np.zeros(runs), 2e-6 * cost[1], 3e-6 * cost[2]])
        firms += rng.normal(0.0, 0.3, size=firms.shape)
        tables = [np.repeat(f[:, None], 6, axis=1) for f in firms]
        nothing, siloed, linked = (np.column_stack([t, c]) for t, c in zip(tables, cost))
        row = premium_of(siloed, linked, nothing).iloc[0]
        hits += row["per_million_low"] <= 1.0 <= row["per_million_high"]
    assert 0.85 <= hits / trials <= 0.95
