"""Tiny counties for the tests of the simulation."""

from __future__ import annotations

from functools import lru_cache

import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate

SAMPLE, MONTHS = 0.01, 24


@lru_cache(maxsize=256)
def run_of(
    overrides: tuple[tuple[str, object], ...] = (),
    scenario: str = "baseline",
    months: int = MONTHS,
    replicate: int = 0,
) -> Run:
    """A cached run of a tiny county."""
    loaded = load_scenario(scenario, overrides=dict(overrides))
    return simulate(loaded, sample=SAMPLE, months=months, replicate=replicate)


@pytest.fixture(scope="session")
def tiny():
    """Function that runs a tiny county: ``tiny({"policy.training.places": 0})``."""

    def run(overrides: dict[str, object] | None = None, **kwargs: object) -> Run:
        return run_of(tuple(sorted((overrides or {}).items())), **kwargs)

    return run
