"""Intervals, ratios and survival against what they must be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from returnee import Comparison
from returnee.experiments.measuring.measures import MEASURES, derived, kaplan_meier
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import (
    CHEAPER,
    DEARER,
    INDEX,
    PER_GAIN,
    SAVED,
    UNCLEAR,
    Cube,
    effects_of,
    ratios_of,
)
from returnee.scenarios import load_scenario
from returnee.simulation import simulate

R, T = 12, 24


def plan_of(*labels: str) -> Plan:
    scenario = load_scenario("baseline")
    return Plan(dict.fromkeys(labels, scenario), labels[0], R, RunSettings(months=T))


def cube_with(**differences: float) -> tuple[Cube, Plan]:
    """Two scenarios whose flows differ by a constant a month, and stocks by a constant."""
    rng = np.random.default_rng(5)
    values = np.broadcast_to(rng.normal(100, 10, (1, R, 1, 1)), (2, R, len(MEASURES), T)).copy()
    for name, difference in differences.items():
        values[1, :, INDEX[name]] += difference + rng.normal(0, 0.01, (R, 1))
    return Cube(values, ("a", "b")), plan_of("a", "b")


def test_equal_runs_differ_by_exactly_nothing() -> None:
    cube, plan = cube_with()
    effects = effects_of(cube, plan)
    assert (effects[["difference", "low", "high"]] == 0.0).all(axis=None)
    assert (effects["verdict"] == UNCLEAR).all()
    assert (effects["p_higher"] == 0.5).all()


def test_stocks_are_averaged_over_the_last_year_and_flows_summed() -> None:
    cube, _ = cube_with()
    cube.values[0, :, INDEX["firms_open"], :12] = 0.0
    level = cube.levels[0]
    assert np.allclose(level[:, INDEX["firms_open"]], cube.values[0, :, INDEX["jobs"], 0])
    assert np.allclose(level[:, INDEX["returns"]], T * cube.values[0, :, INDEX["returns"], 0])


def test_a_difference_is_found_with_its_side() -> None:
    cube, plan = cube_with(firms_open=5.0, firms_dormant=5.0)
    effects = effects_of(cube, plan).set_index("measure")
    assert effects.loc["firms_open", "verdict"] == "higher"
    assert effects.loc["firms_open", "difference"] == pytest.approx(5.0, abs=0.02)
    assert effects.loc["firms_open", "p_better"] == 1.0
    assert effects.loc["firms_dormant", "replicates_better"] == 0.0


def test_missing_replicates_are_left_out() -> None:
    cube, plan = cube_with(firms_open=5.0)
    cube.values[1, :3] = np.nan
    row = effects_of(cube, plan).set_index("measure").loc["firms_open"]
    assert row["pairs"] == R - 3
    assert row["difference"] == pytest.approx(5.0, abs=0.02)


def test_one_pair_has_no_interval_no_chance_and_no_verdict() -> None:
    cube, plan = cube_with(firms_open=5.0)
    cube.values[1, 1:] = np.nan
    row = effects_of(cube, plan).set_index("measure").loc["firms_open"]
    assert row["pairs"] == 1 and row["difference"] == pytest.approx(5.0, abs=0.1)
    assert np.isnan([row["low"], row["high"], row["p_higher"], row["p_better"]]).all()
    assert row["verdict"] == UNCLEAR


@pytest.mark.parametrize(
    ("cost", "gain", "outcome"),
    [(7.0, 3.0, PER_GAIN), (-7.0, -3.0, SAVED), (-7.0, 3.0, CHEAPER), (7.0, -3.0, DEARER), (7.0, 0.0, UNCLEAR)],
)  # fmt: skip
def test_a_ratio_is_given_only_where_it_means_something(
    cost: float, gain: float, outcome: str
) -> None:
    cube, plan = cube_with(public_cost=cost, **({"firms_open": gain} if gain else {}))
    row = ratios_of(cube, plan).set_index("measure").loc["cost_per_firm"]
    assert row["outcome"] == outcome
    if outcome in (PER_GAIN, SAVED):
        assert row["ratio"] == pytest.approx(T * 7.0 / 3.0, rel=0.02)
        assert row["low"] < row["ratio"] < row["high"]
    else:
        assert np.isnan(row["ratio"])


def test_survival_of_a_known_sample() -> None:
    # Ends at 6, 6 and 18 of 5, one lost at 12: 3/5, then 3/5 * 1/2.
    spans = np.array([6.0, 6.0, 12.0, 18.0, 40.0])
    ended = np.array([True, True, False, True, False])
    shares = kaplan_meier(spans, ended, (12, 36, 60))
    assert shares[:2] == pytest.approx([0.6, 0.3])
    assert np.isnan(shares[2])
    assert all(np.isnan(kaplan_meier(spans[:0], ended[:0], (12,))))


def test_survival_is_what_the_library_finds() -> None:
    rng = np.random.default_rng(1)
    ages = (0, 1, 12, 36)
    for number in range(1, 40):
        spans = rng.integers(0, 50, number).astype(float)
        for observed in (0.0, 0.5, 1.0):
            ended = rng.random(number) < observed
            curve = stats.ecdf(stats.CensoredData.right_censored(spans, ~ended)).sf
            for age, share in zip(ages, kaplan_meier(spans, ended, ages)):
                assert share == curve.evaluate(age) or (np.isnan(share) and age > spans.max())


def test_figures_of_a_run_agree_with_its_tables() -> None:
    run = simulate("baseline", sample=0.01, months=24)
    found = derived(run)
    firms = run.firms
    kept = firms[(firms.registered >= 1) & firms.returnee & (firms.phase == "OPEN")]
    assert found["firms_surviving"] == pytest.approx(len(kept) / 0.01)
    assert 0.0 < found["survival_registered_12"] <= 1.0
    assert np.isnan(found["survival_registered_36"])


def test_every_measure_has_a_row(small: Comparison) -> None:
    assert isinstance(small.effects, pd.DataFrame)
    counts = small.effects.groupby("scenario").size()
    assert (counts == len(MEASURES)).all()
    lost = small.effect("no_support", "public_cost")
    assert lost["verdict"] == "lower" and lost["p_better"] > 0.98
