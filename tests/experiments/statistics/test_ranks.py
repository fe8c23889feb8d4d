"""Ranks with how sure they are."""

import numpy as np

from returnee.experiments.statistics.ranks import rank_chances

RNG = np.random.default_rng(5)
LUCK = RNG.normal(0.0, 50.0, 40)  # that all have in common
OWN = RNG.normal(0.0, 1.0, (3, 40))
OWN -= OWN.mean(axis=1, keepdims=True)


def test_luck_in_common_is_no_doubt() -> None:
    chances = rank_chances(np.array([[30.0], [20.0], [10.0]]) + LUCK + OWN)
    np.testing.assert_allclose(np.diag(chances), 1.0)
    np.testing.assert_allclose(chances.sum(axis=0), 1.0)
    worse = rank_chances(np.array([[30.0], [20.0], [10.0]]) + LUCK + OWN, better=-1)
    np.testing.assert_allclose(worse[:, ::-1].diagonal(), 1.0)


def test_what_is_equal_shares_ranks_and_small_differences_are_not_sure() -> None:
    same = np.tile(LUCK, (2, 1))
    np.testing.assert_allclose(rank_chances(same), 0.5)
    near = rank_chances(np.array([[0.1], [0.0]]) + LUCK + 3.0 * OWN[:2])
    assert 0.1 < near[0, 0] < 0.9


def test_what_a_small_sample_gets_wrong_makes_a_rank_less_sure() -> None:
    levels = np.array([[1000.0], [990.0]]) + LUCK + OWN[:2]
    assert rank_chances(levels)[0, 0] == 1.0
    assert rank_chances(levels, off=3.0)[0, 0] < 0.9


def test_one_run_has_no_ranks() -> None:
    assert np.isnan(rank_chances(np.array([[1.0], [2.0]]))).all()
