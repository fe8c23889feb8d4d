"""Records and arrays that fill whole lines of the cache, copies of them, and orders of rows."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.simulation.engine.lines import LINE, whole_lines, with_rows, zeros
from returnee.simulation.start.ties import in_order
from returnee.simulation.state import records as r

PAIR = whole_lines([("month", "i2"), ("money", "f8"), ("stage", "u1")])


@pytest.mark.parametrize("record", [PAIR, r.WORKER])
def test_records_fill_lines(record):
    assert record.itemsize % LINE == 0 and record.isalignedstruct


@pytest.mark.parametrize("shape", [(0,), (5,), (3, 4)])
@pytest.mark.parametrize("dtype", [np.int16, PAIR])
def test_arrays_begin_at_a_line(dtype, shape):
    found = zeros(shape[0], np.dtype(dtype), *shape[1:])
    assert found.shape == shape and (found.size == 0 or found.ctypes.data % LINE == 0)
    assert found.tobytes() == bytes(found.nbytes)


@pytest.mark.parametrize("more", [(), (12,)])
@pytest.mark.parametrize("dtype", [np.float32, PAIR])
def test_rows_in_use_are_copied(dtype, more):
    array = np.ones((4, *more), dtype)
    found = with_rows(array, 3, 6)
    assert found.shape == (6, *more) and found.dtype == array.dtype
    assert found[:3].tolist() == array[:3].tolist()
    assert found[3:].tobytes() == bytes(found[3:].nbytes)
    found[0] = 0
    assert array[0].tolist() == np.ones((1, *more), dtype)[0].tolist()


def test_records_stay_records():
    array = np.zeros(2, PAIR).view(np.recarray)
    array.money = [1.5, 2.5]
    assert with_rows(array, 2, 2).money.tolist() == [1.5, 2.5]


@pytest.mark.parametrize("rising", [False, True])
def test_rows_are_sorted_by_several_keys(rising):
    luck = np.random.default_rng(1)
    first = np.arange(500) if rising else luck.permutation(500)
    second, third = luck.integers(-9, 9, 500).astype(np.int16), luck.integers(0, 5, 500)
    for keys in ((first,), (first, second), (first, second, third)):
        np.testing.assert_array_equal(in_order(*keys), np.lexsort(keys))
