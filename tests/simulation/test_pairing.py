"""The same luck under every policy, and no result that depends on the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.start.assemble import assemble, with_policy
from returnee.simulation.start.history import advance, open_county

MONTHS, SAMPLE, BURN_IN = 14, 0.005, 24


def test_null_policy_is_bit_identical():
    plain = simulate("baseline", sample=0.01, months=24)
    same = simulate(
        load_scenario("baseline", {"policy.training.places": 1000}), sample=0.01, months=24
    )
    pd.testing.assert_frame_equal(plain.monthly, same.monthly, check_exact=True)
    pd.testing.assert_frame_equal(plain.firms, same.firms, check_exact=True)
    pd.testing.assert_frame_equal(plain.workers, same.workers, check_exact=True)


def test_a_policy_that_starts_later_changes_nothing_before():
    plain = simulate("baseline", sample=0.01, months=24)
    later = load_scenario("baseline", {"policy.services.mass_messages": {13: 1_000_000}})
    changed = simulate(later, sample=0.01, months=24)
    pd.testing.assert_frame_equal(plain.monthly[:12], changed.monthly[:12], check_exact=True)
    assert (plain.monthly.aware_training != changed.monthly.aware_training).any()


def test_a_longer_horizon_begins_with_the_same_months():
    short = simulate("baseline", sample=0.01, months=12).monthly
    long = simulate("baseline", sample=0.01, months=24).monthly[:12]
    pd.testing.assert_frame_equal(short, long, check_exact=True)


def test_replicates_and_seeds_differ():
    one = simulate("baseline", sample=0.005, months=12).monthly.returns.sum()
    assert one != simulate("baseline", replicate=1, sample=0.005, months=12).monthly.returns.sum()
    assert one != simulate("baseline", seed=2, sample=0.005, months=12).monthly.returns.sum()


def lived(population=None):
    """A county after a history and some months, from given people and ties."""
    scenario = load_scenario("linked")
    county, layer = assemble(scenario, 1, 0, SAMPLE, MONTHS, BURN_IN, population)
    people = county.workers.copy(), (county.indptr.copy(), county.ties.copy(), layer)
    open_county(county)
    county = advance(county, 0)
    return advance(with_policy(county, scenario, MONTHS), MONTHS), people


def shuffled(people, rng):
    """The same people and ties in another order of rows."""
    workers, (indptr, ties, layer) = people
    order = rng.permutation(len(workers))
    new_row = np.empty(len(workers), np.int64)
    new_row[order] = np.arange(len(workers))
    lengths = np.diff(indptr)[order]
    # Of the type that runs have, for which the model is compiled.
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(indptr.dtype)
    take = np.concatenate([np.arange(indptr[i], indptr[i + 1]) for i in order])
    moved = new_row[ties[take]].astype(np.int32)
    return workers[order].copy(), (ptr, moved, layer[take].copy())


def test_results_do_not_depend_on_the_order_of_rows():
    first, people = lived()
    second, _ = lived(shuffled(people, np.random.default_rng(5)))
    for name in first.months.dtype.names:
        assert (first.months[name] == second.months[name]).all(), name
    assert (first.ledger == second.ledger).all()
    place = np.argsort(second.workers.id)
    mine = np.argsort(first.workers.id)
    for name in ("state", "savings", "since", "knows", "certificate", "attempts"):
        assert (first.workers[name][mine] == second.workers[name][place]).all(), name
