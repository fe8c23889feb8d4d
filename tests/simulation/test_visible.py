"""What ties see of each other."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import ScenarioError, load_scenario
from returnee.simulation.run import start
from returnee.simulation.start.own_county import own_ties
from returnee.simulation.state import records as r
from returnee.simulation.state.visible import (
    ACTIVE,
    AT_ONCE,
    BITS,
    MOST_TIES,
    count_of,
    look_around,
    share_of,
)


def test_counts_over_ties_are_those_of_the_bits():
    """Also for who has more ties than are summed at once."""
    county = start(load_scenario("baseline"), 0, 1, 0.002, 12, 12)
    county.seen[:] = np.random.default_rng(1).integers(0, 2**BITS, len(county.seen))
    heavy = np.arange(3 * AT_ONCE + 5) % len(county.workers)
    county = county.with_arrays(
        ties=np.concatenate([heavy, county.ties]).astype(np.int32),
        indptr=np.concatenate([[0, 0], county.indptr[1:] + len(heavy)]),
    )
    county.indptr[1] = len(heavy)
    for i in range(40):
        seen = county.seen[county.ties[county.indptr[i] : county.indptr[i + 1]]]
        counts = [int((seen >> bit & 1).sum()) for bit in range(BITS)]
        around = look_around(county, i)
        assert [count_of(around, bit) for bit in range(BITS)] == counts
        assert share_of(around, BITS - 1) == counts[BITS - 1] / max(counts[ACTIVE], 1)


def test_nobody_has_more_ties_than_can_be_counted():
    def hub(ties):
        workers = np.zeros(ties + 1, r.WORKER).view(np.recarray)
        others = np.arange(1, ties + 1)
        own = np.column_stack([np.zeros_like(others), others, np.full_like(others, r.FRIEND)])
        none = np.zeros(ties + 2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8)
        return own_ties(own, none, workers, len(workers))

    assert len(hub(MOST_TIES)[1]) == 2 * MOST_TIES
    words = f"found a person with {MOST_TIES + 1} ties, allowed at most {MOST_TIES}$"
    with pytest.raises(ScenarioError, match=words):
        hub(MOST_TIES + 1)
