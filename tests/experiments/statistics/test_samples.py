"""What samples get wrong is known by measure, and intervals of differences carry it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports.document import sample_bias
from returnee.experiments.statistics import samples
from returnee.experiments.statistics.intervals import estimate


@pytest.fixture
def known(monkeypatch):
    """A table of two samples in which one measure is off beyond luck."""
    rows = [(0.01, "jobs", -0.03, 0.01), (0.01, "returns", 0.01, 0.01), (0.1, "jobs", 0.01, 0.001)]
    frame = pd.DataFrame(rows, columns=["sample", "measure", "bias", "error"])
    monkeypatch.setattr(samples.pd, "read_csv", lambda path: frame.copy())
    samples.table.cache_clear()
    yield
    samples.table.cache_clear()


@pytest.mark.usefixtures("known")
def test_the_bias_is_that_of_the_next_smaller_sample_and_nothing_in_the_full_county():
    names = ["jobs", "returns", "unknown"]
    for sample, expected in ((0.002, 0.03), (0.01, 0.03), (0.05, 0.03), (0.1, 0.01), (1.0, 0.0)):
        assert samples.bias_of(names, sample).tolist() == [expected, 0.0, 0.0]


@pytest.mark.usefixtures("known")
def test_an_interval_carries_it_to_both_sides():
    found = estimate(np.array([[90.0, 1.0], [110.0, 3.0]]))
    wider = samples.widened(found, ["jobs", "returns"], 0.02)
    assert (found.low - wider.low).tolist() == pytest.approx([3.0, 0.0])
    assert (wider.high - found.high).tolist() == pytest.approx([3.0, 0.0])
    assert "3" in sample_bias(0.02, "en") and "3" in sample_bias(0.02, "zh")
    assert sample_bias(1.0, "en") == ""


def test_what_is_measured_is_known():
    rows = pd.read_csv(samples.FILE)
    assert set(rows["measure"]) <= set(BY_NAME)
    assert rows["sample"].between(0, 1, inclusive="neither").all() and (rows["error"] >= 0).all()
