"""Kernels that rules, Python and other compiled functions call."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from returnee.simulation.engine import cache, passes
from returnee.simulation.engine.compiler import kernel

COMPILED = True
pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"
)


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Machine code of a test is kept apart."""
    monkeypatch.setattr(cache, "kernel_folder", lambda *_: tmp_path)


@numba.njit
def one_more(x):
    return x + 1


@kernel
def doubled(x):
    """A rule."""
    return 2 * one_more(x)


@kernel
def rule_of_rules(x):
    """A rule that calls another."""
    return doubled(x) + one_more(x)


@numba.njit
def outside(x):
    return doubled(x) + rule_of_rules(x)


def test_any_may_call_any() -> None:
    assert rule_of_rules(3) == 12
    assert (one_more(3), doubled(3), outside(3)) == (4, 8, 20)
    assert (one_more(2.5), doubled(2.5), rule_of_rules(2.5)) == (3.5, 7.0, 10.5)


@kernel
def with_arrays(rows, n):
    """Takes, makes and hands out arrays."""
    keys = np.zeros(n + 1)
    for k in range(n):
        keys[k] = -rows[k]
    keys[-1] = rows[-1]
    return np.argsort(keys), rows[1:].copy()


@kernel
def first_of(rows, n):
    """A rule whose arrays are another's."""
    order, rest = with_arrays(rows, n)
    return order[0] + rest[0]


def test_arrays_are_given_back() -> None:
    rows = np.array([3.0, 5.0, 1.0])
    held = sys.getrefcount(rows)
    for _ in range(50):
        order, rest = with_arrays(rows, 3)
        assert order.tolist() == [1, 0, 2, 3] and rest.tolist() == [5.0, 1.0]
        assert first_of(rows, 3) == 6.0
    assert sys.getrefcount(rows) == held


@kernel
def element(grid, i, j):
    """An element of a table."""
    return grid[i, j]


@kernel
def element_of(grid, i, j):
    """The same by another rule."""
    return element(grid, i, j)


@pytest.mark.parametrize("whole", [int, np.int32, np.uint8])
def test_places(whole: type) -> None:
    grid = np.arange(12.0).reshape(3, 4)
    assert element_of(grid, whole(2), whole(1)) == 9.0
    assert element_of(grid, -1, -2) == 10.0


def test_numba_is_as_it_was() -> None:
    usual = {place: getattr(*place) for place in passes._USUAL}
    assert rule_of_rules(np.float32(1.0)) == 6.0
    assert usual == passes._USUAL == {place: getattr(*place) for place in passes._USUAL}
    assert gc.isenabled()
    with pytest.raises(numba.TypingError):
        rule_of_rules("text")
    assert usual == {place: getattr(*place) for place in passes._USUAL}
    assert gc.isenabled() and not passes._busy


def test_bounds_are_checked_if_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    checked = kernel(element.py_func)
    with pytest.raises(IndexError):
        checked(np.zeros((2, 2), np.float32), 2, 0)
