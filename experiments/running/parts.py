"""Parts of a sweep's folder: which are there, which failed, which are still being written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from returnee.experiments.errors import StoreError
from returnee.experiments.files import checked, read_table
from returnee.experiments.measuring.measures import redescribed
from returnee.experiments.running.store import PARTS, RUNS

ROW_GROUP = 4096  # rows, at least, but for the last


def in_groups(tables: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """Tables a few at a time, about `ROW_GROUP` rows together."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(inner.num_rows for inner in held) >= ROW_GROUP:
            yield held
            held = []
    if held:
        yield held


def parts_in(folder: Path) -> set[int]:
    """Numbers of the jobs whose parts stand in a folder."""
    return {int(path.stem) for path in (folder / PARTS).glob("[0-9]*.parquet")}


def failed_in(folder: Path) -> int:
    """How many runs of a folder failed: in its table, or in its parts."""
    table = folder / RUNS
    paths = [table] if table.exists() else sorted((folder / PARTS).glob("[0-9]*.parquet"))
    return sum(_errors_in(path) for path in paths)


def _errors_in(path: Path) -> int:
    """Rows with an error, from the file's footer alone."""
    with checked(path) as file:
        about = file.metadata
    column = about.schema.names.index("error")
    groups = (about.row_group(k) for k in range(about.num_row_groups))
    return sum(group.num_rows - group.column(column).statistics.null_count for group in groups)


def runs_in(folder: Path) -> pa.Table:
    """All finished runs of a folder, from its table or from its parts.

    Raises
    ------
    StoreError
    """
    table = folder / RUNS
    paths = [table] if table.exists() else sorted((folder / PARTS).glob("[0-9]*.parquet"))
    if not paths:
        raise StoreError(f"{folder}: found no finished runs, allowed the folder of a sweep")
    return redescribed(pa.concat_tables([read_table(path) for path in paths]))
