"""Paths: curves have bands, and where people end up is compared run by run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from returnee.dashboard.content import careers
from returnee.dashboard.content.careers import COHORTS, STATES, Lives, hazards, jackknifed, survival
from returnee.dashboard.live.answers import MOVED, REFERENCE
from returnee.scenarios import load_scenario


def firms(rng: np.random.Generator, n: int = 40) -> np.ndarray:
    """Months lived, and whether the firm ended."""
    return np.column_stack([rng.integers(3, 110, n), rng.random(n) < 0.4])


@pytest.mark.parametrize("of", [survival, hazards])
def test_a_curve_lies_in_its_band_which_narrows_with_runs(of: object) -> None:
    rng = np.random.default_rng(1)
    runs = [firms(rng) for _ in range(16)]
    widths = []
    for some in (runs[:4], runs):
        whole, low, high = jackknifed(of, some)  # type: ignore[arg-type]
        known = np.isfinite(whole) & np.isfinite(low)
        assert (low[known] <= whole[known]).all() and (whole[known] <= high[known]).all()
        widths.append(np.nanmean(high - low))
    assert widths[1] < widths[0]
    whole, low, high = jackknifed(of, runs[:1])  # type: ignore[arg-type]
    assert np.array_equal(low, whole, equal_nan=True) and np.array_equal(
        high, whole, equal_nan=True
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_differs_is_paired_and_tables_have_ranges(lang: str) -> None:
    rng = np.random.default_rng(2)

    def one(more: float) -> SimpleNamespace:
        flows = np.ones((len(COHORTS), 3, len(STATES), len(STATES)))
        flows[:, -1, 0, 3] += more
        return SimpleNamespace(flows=flows, lives={"operating": firms(rng)})

    lucks = rng.random(12)
    found = {REFERENCE: [one(v) for v in lucks], MOVED: [one(v + 5.0) for v in lucks]}
    scenario = load_scenario("baseline")
    pair = SimpleNamespace(careers=found, scenarios={REFERENCE: scenario, MOVED: scenario})
    lives = Lives(pair, lang)  # type: ignore[arg-type]
    data = lives.moved("away")["series"][0]["data"]
    assert data[3][0] == pytest.approx(5.0) and data[3][1] == pytest.approx(5.0)
    assert data[0] == [0.0, 0.0, 0.0]
    for spec in (lives.survival("operating"), lives.hazard("operating")):
        assert len(spec["series"][0]["band"]) == len(spec["series"][0]["data"])
        assert "%" in spec["rows"][0][1] and len(spec["csv"][0]) == len(spec["csv_columns"]) == 7
    assert len(hazards(firms(rng))) == careers.YEARS
