"""Models as flat numpy records, for the compiled rules.

A field ``places`` of the group ``training`` becomes ``training_places``; a field on the model
itself keeps its name. Switches are ``?``, whole numbers ``i8``, other numbers ``f8``. Texts and
tables are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np

from returnee.scenarios.schema.fields import Group, walk

_FORMATS = {bool: "?", int: "i8", float: "f8"}


@cache
def dtype_of(model: type[Group]) -> np.dtype:
    """Give the record type of a model class.

    Parameters
    ----------
    model : type
        ``Policy``, ``Behaviour``, ``County`` or the class of a table's rows.

    Returns
    -------
    numpy.dtype
        Aligned structured type, one field per parameter.
    """
    return np.dtype(
        [(key.replace(".", "_"), _FORMATS[lever.type]) for key, lever in walk(model)],
        align=True,
    )


@cache
def _getters(model: type[Group]) -> tuple[Callable[[Group], Any], ...]:
    """How to take each parameter from a model of a class, in the order of its record."""
    return tuple(attrgetter(key) for key, _ in walk(model))


def record_of(model: Group) -> np.recarray:
    """Give the values of one model as a record array of shape ``(1,)``.

    Returns
    -------
    numpy.recarray
        Shape ``(1,)``; fields as in :func:`dtype_of`.
    """
    return table_of([model])


def table_of(models: Sequence[Group]) -> np.recarray:
    """Give the values of several models of one class as a record array.

    Parameters
    ----------
    models : sequence of Group
        Rows of a table, or one policy per month. At least one, all of the same class.

    Returns
    -------
    numpy.recarray
        Shape ``(len(models),)``; fields as in :func:`dtype_of`.

    Raises
    ------
    ValueError
        If there are no models, or models of different classes.
    """
    classes = {type(model) for model in models}
    if len(classes) != 1:
        raise ValueError(f"a table needs rows of exactly one class, found {len(classes)}")
    kind = classes.pop()
    rows = [tuple(get(model) for get in _getters(kind)) for model in models]
    return np.array(rows, dtype_of(kind)).view(np.recarray)
