"""Records and arrays that fill whole lines of the cache, so that a row costs as few of them as can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

LINE = 64  # bytes of a cache line


def whole_lines(fields: list[tuple[str, str]]) -> np.dtype:
    """A record of these fields that takes up whole lines of the cache."""
    record = np.dtype(fields, align=True)
    places: Mapping[str, Any] = record.fields or {}
    return np.dtype(
        {
            "names": [name for name, _ in fields],
            "formats": [kind for _, kind in fields],
            "offsets": [places[name][1] for name, _ in fields],
            "itemsize": -(-record.itemsize // LINE) * LINE,
        },
        align=True,
    )


def zeros(rows: int, dtype: np.dtype, *more: int) -> np.ndarray:
    """Zeros of shape (rows, *more) that begin at a line of the cache; memory is taken when it is used."""
    shape = (rows, *more)
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + LINE, np.uint8)
    skip = -raw.ctypes.data % LINE
    found: np.ndarray = raw[skip : skip + size].view(dtype).reshape(shape)
    return found


def with_rows(array: np.ndarray, used: int, rows: int) -> np.ndarray:
    """The first `used` rows of an array in one of so many `rows`, the rest zero.

    Bytes are copied: numpy copies records field by field, eight times slower.
    """
    more = zeros(rows, array.dtype, *array.shape[1:])
    kept = np.ascontiguousarray(array[:used]).view(np.ndarray)
    more[:used].view(np.uint8)[...] = kept.view(np.uint8)
    return more.view(np.recarray) if isinstance(array, np.recarray) else more
