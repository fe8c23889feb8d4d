"""Keyed draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from returnee.simulation.state import records as r
from returnee.simulation.state.draws import draw_each, draws, normal, philox

COMPILED = True
KNOWN_ANSWERS = [  # Random123, kat_vectors: philox4x32, 10 rounds
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(counter, key, answer):
    words = [np.uint64(w) for w in (*counter, *key)]
    assert tuple(int(w) for w in philox(*words)) == answer


def clock(seed=1, replicate=0):
    record = np.zeros(1, r.CLOCK).view(np.recarray)
    record.seed, record.replicate = seed, replicate
    return record[0]


def test_draws_depend_on_every_part_of_the_key():
    one = draws(clock(), 5, 7, 11, 0)
    others = [
        draws(clock(seed=2), 5, 7, 11, 0),
        draws(clock(replicate=1), 5, 7, 11, 0),
        draws(clock(), 6, 7, 11, 0),
        draws(clock(), 5, 8, 11, 0),
        draws(clock(), 5, 7, 12, 0),
        draws(clock(), 5, 7, 11, 1),
    ]
    assert one == draws(clock(), 5, 7, 11, 0)
    assert len({one, *others}) == 7


def test_draws_for_many_are_those_for_each():
    agents, items = np.array([0, 7, 11, 2**31 - 1, 5]), np.array([0, 1, 0, 65_552, 3])
    luck = np.empty((4, len(agents)))
    draw_each(clock(), 5, -60, agents, items, luck)
    for k, (agent, item) in enumerate(zip(agents, items, strict=True)):
        assert tuple(luck[:, k]) == draws(clock(), 5, -60, agent, item)


def test_draws_are_uniform():
    sample = np.array([draws(clock(), 3, m, i, 0) for m in range(-20, 20) for i in range(100)])
    for column in sample.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(sample.T) - np.eye(4)).max() < 0.06


def test_normal_deviates():
    grid = [normal((k + 0.5) / 4096) for k in range(4096)]
    assert abs(np.mean(grid)) < 1e-9
    assert np.std(grid) == pytest.approx(1.0, abs=5e-3)
