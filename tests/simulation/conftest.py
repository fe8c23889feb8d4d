"""Tiny counties for the tests of the simulation, and rules that are tried by themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate
from returnee.simulation.engine.kernels import Kernel

HERE = str(Path(__file__).parent)
OF_A_RUN = (
    "all_ties", "begun", "count_afresh", "draw_entrants", "draw_initial", "live_until", "most_events",
    "new_files", "open_county", "qualities", "stated_by_returnees", "take_traits", "tie_successors",
    "to_csr", "who_is_hit",
)  # fmt: skip
"""Rules that runs call from Python, and that are compiled for them."""

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


class Plainly:
    """Calls of rules: in plain Python if a test makes them, compiled if a run does.

    What a run calls is compiled already. Another rule that a test calls would be compiled by itself, with
    all that it calls, which takes as long as a hundred tiny runs; that both do the same is what
    ``test_fingerprint`` shows.
    """

    def __init__(self) -> None:
        self.compiled, self.within = Kernel.__call__, False

    def call(self, rule: Kernel, *given: Any) -> Any:
        if self.within:
            return rule.py_func(*given)
        caller = sys._getframe(2).f_code.co_filename
        if rule.__name__ in OF_A_RUN or not caller.startswith(HERE):
            return self.compiled(rule, *given)
        self.within = True
        try:
            return rule.py_func(*given)
        finally:
            self.within = False


@pytest.fixture(scope="module", autouse=True)
def plainly(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rules that a test calls are not compiled, unless its module says ``COMPILED = True``."""
    with pytest.MonkeyPatch.context() as patch:
        if not getattr(request.module, "COMPILED", False):
            calls = Plainly()
            patch.setattr(Kernel, "__call__", lambda rule, *given: calls.call(rule, *given))
        yield


@pytest.fixture(scope="session")
def tiny():
    """Function that runs a tiny county: ``tiny({"policy.training.places": 0})``."""

    def run(overrides: dict[str, object] | None = None, **kwargs: object) -> Run:
        return run_of(tuple(sorted((overrides or {}).items())), **kwargs)

    return run
