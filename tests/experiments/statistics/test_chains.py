"""Chains of support: steps lie within each other, and whoever did not take one has one reason."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.experiments.measuring.chains import (
    CHAINS,
    INDEX,
    NAMES,
    OTHER,
    WAITED,
    Chain,
    chains_of,
    counts_of,
    step_name,
)
from returnee.experiments.measuring.files import files_of, reached
from returnee.simulation import simulate
from returnee.simulation.run import Run


@pytest.fixture(scope="module")
def run() -> Run:
    """A tiny county."""
    return simulate("linked", sample=0.002, months=24, burn_in=12)


@pytest.fixture(scope="module")
def chains(run: Run) -> dict[str, Chain]:
    """Its chains."""
    return chains_of(run)


@pytest.mark.parametrize("name", CHAINS)
def test_steps_lie_within_each_other_and_reasons_count_everybody_once(
    chains: dict[str, Chain], name: str
) -> None:
    chain = chains[name]
    before = np.ones(len(chain.workers), bool)
    assert tuple(chain.steps) == CHAINS[name]
    for step, inside in chain.steps.items():
        assert not (inside & ~before).any()
        lost = np.sum([mask.astype(int) for mask in chain.reasons[step].values()], axis=0)
        np.testing.assert_array_equal(lost, (before & ~inside).astype(int))
        assert OTHER in chain.reasons[step]
        before = inside


def test_counts_are_those_of_the_files(run: Run) -> None:
    counts, files = counts_of(run), reached(run)
    assert counts.shape == (len(NAMES),)
    planned = counts[INDEX[step_name("finance", "planned")]]
    assert planned == pytest.approx(files["planned"].sum() / run.sample)
    granted = counts[INDEX[step_name("finance", "granted")]] * run.sample
    assert granted <= files["loan_granted"].sum() + 0.5
    assert len(files_of(run)[0]) == round(planned * run.sample)


def test_waits_are_months_of_those_who_got_it(chains: dict[str, Chain]) -> None:
    for name in WAITED:
        waited = chains[name].waited[chains[name].steps["granted"]]
        assert (waited[np.isfinite(waited)] >= 0.0).all()


def test_without_support_nobody_is_granted_anything() -> None:
    bare = chains_of(simulate("no_support", sample=0.002, months=24, burn_in=12))
    for name in ("finance", "incubation", "services", "activities", "grant"):
        assert not bare[name].steps["granted"].any()
