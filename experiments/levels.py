"""One figure a measure of a run: what sweeps keep, and the words that go with it.

Stocks and means are the mean of the last 12 months, flows the sum over the horizon, figures of
whole runs as they are: the same as `effects.Cube.levels`, without the monthly table in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.design_values import BY_KEY
from experiments.measures import DERIVED, LAST, MEASURES, derived
from simulation.indicators import INDICATORS
from simulation.run import FEN, Run

NAMES = tuple(measure.name for measure in MEASURES)
TYPES = {float: pa.float64(), int: pa.int64(), bool: pa.bool_(), str: pa.string()}
HEAD = pa.schema(
    [
        ("scenario", pa.string()),
        ("scenario_id", pa.string()),
        ("point", pa.int32()),
        ("replicate", pa.int32()),
        ("seed", pa.int64()),
        ("error", pa.string()),
    ]
)
_LEVEL = np.array([indicator.kind != "flow" for indicator in INDICATORS])


def levels_of(run: Run) -> np.ndarray:
    """Figures of a run, full county.

    Parameters
    ----------
    run : Run

    Returns
    -------
    ndarray of float, shape (measures,)
        In the order of `measures.MEASURES`; NaN where a run has no such figure.
    """
    rows = run.county.months[1:]
    scale = 1.0 / run.sample
    values = np.array([rows[i.name] * (scale if i.counts else 1.0) for i in INDICATORS])
    monthly = np.where(_LEVEL, values[:, -LAST:].mean(axis=1), values.sum(axis=1))
    whole = derived(run)
    spent = run.county.ledger[1:].sum(axis=0) / (FEN * run.sample)
    unpaid = run.county.unpaid[1:].sum(axis=0) / (FEN * run.sample)
    return np.concatenate([monthly, [whole[d.name] for d in DERIVED], spent, unpaid])


def described(name: str, kind: pa.DataType, unit: str, en: str, zh: str) -> pa.Field:
    """A column with its unit and labels, which travel with the file."""
    return pa.field(name, kind, metadata={"unit": unit, "label_en": en, "label_zh": zh})


def measure_fields() -> list[pa.Field]:
    """A column for each measure."""
    return [described(m.name, pa.float64(), m.unit, m.en, m.zh) for m in MEASURES]


def run_schema(keys: Iterable[str]) -> pa.Schema:
    """Columns of a table of runs: what was run, the axes, and a column for each measure.

    Parameters
    ----------
    keys : iterable of str
        Dotted keys of the axes.
    """
    axes = []
    for key in keys:
        lever = BY_KEY.get(key)
        words = (lever.unit, lever.en, lever.zh) if lever else ("", "county", "县")
        axes.append(described(key, TYPES[lever.type if lever else str], *words))
    return pa.schema([*HEAD, *axes, *measure_fields()])


def undescribed(table: pa.Table) -> pa.Table:
    """The table without units and labels, which weigh more than the rows of a small part."""
    return table.cast(pa.schema([field.remove_metadata() for field in table.schema]))


def redescribed(table: pa.Table) -> pa.Table:
    """The table with units and labels."""
    known = {*HEAD.names, *NAMES}
    return table.cast(run_schema(name for name in table.column_names if name not in known))


def attributes(schema: pa.Schema) -> dict[str, Any]:
    """Labels and units of columns, as they stand in ``DataFrame.attrs``.

    Returns
    -------
    dict
        ``units``, ``labels`` (English) and ``labels_zh``, each by column.
    """
    found: dict[str, Any] = {"units": {}, "labels": {}, "labels_zh": {}}
    for field in schema:
        about = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        for name, key in (("units", "unit"), ("labels", "label_en"), ("labels_zh", "label_zh")):
            if key in about:
                found[name][field.name] = about[key]
    return found
