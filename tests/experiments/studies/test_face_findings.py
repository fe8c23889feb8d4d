"""Verdicts of the face checks on numbers with a known answer, and the table of expectations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.running.figures import arranged
from returnee.experiments.running.options import RunSettings
from returnee.experiments.studies import face
from returnee.experiments.studies import face as face_findings
from returnee.experiments.studies.face import (
    agreement_of,
    coverage_of,
    drift_of,
    response_of,
    verdict_of,
)
from returnee.scenarios import levers, load_scenario

NOISE = np.random.default_rng(3).normal(size=(4, 8))


def levels(*means, noise=0.1):
    return np.array(means)[:, None] + noise * NOISE[: len(means)]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (levels(0.0, 1.0, 2.0), "holds"),
        (levels(0.0, 3.0, 3.0), "holds"),
        (levels(0.0, 3.0, 2.0), "not_monotone"),
        (levels(2.0, 1.0, 0.0), "wrong"),
        (levels(0.0, 0.0, 0.0), "no_response"),
        (np.zeros((3, 8)), "no_response"),
    ],
)
def test_a_direction_is_judged(values, verdict):
    assert verdict_of(values, 1.0) == verdict
    assert verdict_of(-values, -1.0) == verdict


def test_nothing_means_nothing():
    row = {"key": "policy.training.hours", "values": [24, 80], "measure": "*", "direction": "none", "en": "", "zh": ""}  # fmt: skip
    same = np.repeat(NOISE[None, :, :], 2, axis=0)
    same[:, 0, 0] = np.nan
    assert response_of(row, same, "").verdict == "holds"
    other = same.copy()
    other[1, 2, 3] += 1e-9
    assert response_of(row, other, "").verdict == "not_zero"


def test_drift_is_relative():
    decades = np.array([[[1.0, 10.0], [1.05, 12.0]], [[1.0, 10.0], [1.07, 12.0]]])
    steady, moving = drift_of(["a", "b"], decades)
    assert steady.change == pytest.approx(0.06) and steady.verdict == "holds"
    assert moving.change == pytest.approx(0.2) and moving.verdict == "differs"


def test_samples_agree_within_the_interval_or_the_margin():
    rng = np.random.default_rng(5)
    base = rng.normal(100.0, 0.1, 30)
    assert agreement_of("0.02 : 1", "a", base + 2.0, base).verdict == "holds"  # within the margin
    assert agreement_of("0.02 : 1", "a", base + 5.0, base).verdict == "differs"
    wide = rng.normal(100.0, 30.0, 10)
    assert agreement_of("0.02 : 1", "a", wide + 5.0, wide).verdict == "holds"  # not told apart
    spread = 100.0 + 3.0 * (base - 100.0)
    assert agreement_of("1 : 2", "a", spread, base).verdict == "differs"


def test_intervals_cover_as_they_say():
    rng = np.random.default_rng(7)
    share, n = coverage_of(rng.normal(size=(2, 40, 60)))
    assert n == 8 * 60 and share == pytest.approx(0.9, abs=0.04)
    blocks = np.repeat(np.arange(8.0), 10).reshape(2, 40, 1)  # every block has a mean of its own
    far, _ = coverage_of(blocks + 0.01 * rng.normal(size=blocks.shape))
    assert face_findings.coverage_verdict(far) == "differs"


def test_the_table_names_what_there_is():
    known = {lever.key: lever for lever in levers}
    table = face.expectations()
    for row in table["response"]:
        lever = known[row["key"]]
        assert row["direction"] in ("up", "down", "none", "open")
        assert row["measure"] == "*" or row["measure"] in BY_NAME
        assert row["en"] and row["zh"]
        if lever.type is not bool:
            assert all(lever.low <= value <= lever.high for value in row["values"]), row["key"]
        assert set(row.get("also", {})) <= set(known)
    for row in table["extreme"]:
        assert set(row["set"]) <= set(known) and set(row["expect"]) <= set(BY_NAME)
        assert set(row["expect"].values()) <= {"up", "down", "zero"}


def test_every_lever_that_acts_at_first_hand_is_in_the_table():
    """Targeting moves who is served, not how many; costs are prices: both are tested elsewhere."""
    keys = {row["key"] for row in face.expectations()["response"]}
    policy = {v.key for v in levers if v.key.startswith("policy.")}
    left = {key for key in policy - keys if not key.startswith(("policy.costs.", "policy.targeting."))}  # fmt: skip
    assert not left


def test_labels_of_the_same_scenario_share_its_runs():
    plan = face.line_up(load_scenario("baseline"), RunSettings(), 2)
    ids = [scenario.id for scenario in plan.scenarios.values()]
    assert len(set(ids)) < len(ids)
    runs = pd.DataFrame([(name, r, "jobs", k) for k, name in enumerate(ids) for r in range(2)])
    runs = runs.set_axis(["scenario_id", "replicate", "indicator", "value"], axis=1)
    runs = runs.drop_duplicates(["scenario_id", "replicate"])
    found = arranged(runs, plan, ["jobs"])
    checks = face.Face(plan, found, np.zeros((0,)), (), np.zeros((0,)))
    assert all(np.isfinite(checks._level(label)).all() for label in plan.scenarios)
    same = face.label_of({"key": "policy.training.places"}, 1000)
    assert np.array_equal(checks._level(same), checks._level(face.BASE))
