"""Where persons of a comparison's runs are kept: ``people/`` while it runs, then ``people.parquet``.

Runs come in one by one as Arrow files, which take a tenth of the time that Parquet takes. A row group
of ``people.parquet`` is a run; the footer lists them in order, so that one pair of runs is in memory
at a time. Like runs, a table is written to a temporary name and renamed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from experiments.errors import StoreError, writing_to
from experiments.plan import Key, Plan, Task
from experiments.whom_people import PEOPLE
from simulation.compiler import SOURCE_HASH

TABLE, PARTS, PART = "people.parquet", "people", ".arrow"
KEYS = b"returnee.people"
RUN_COLUMNS = pa.schema([("scenario_id", pa.string()), ("replicate", pa.int32())])
SCHEMA = pa.schema([*RUN_COLUMNS, *PEOPLE])


class PeopleStore:
    """Persons of the first replicates of a plan.

    Parameters
    ----------
    folder : Path
        The folder of the comparison; its `experiments.store.Store` was opened before.
    plan : Plan
        ``plan.settings.people`` says how many replicates are kept.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self._open: pq.ParquetFile | None = None
        self._places: dict[Key, int] = {}
        for path in (folder / PARTS).glob("*"):
            if path.suffix != PART:  # what a killed process left half-done
                path.unlink()

    def wants(self, task: Task) -> bool:
        """Whether the persons of a run are to be kept."""
        return task.replicate < self.plan.settings.people

    def done(self) -> set[Key]:
        """Keys of all runs whose persons are kept."""
        return {*self._consolidated(), *self._parts()}

    def add(self, task: Task, people: pa.Table) -> None:
        """Keep the persons of a finished run."""
        path = self._part(task.key)
        new = path.with_suffix(".new")
        with writing_to(self.folder):
            path.parent.mkdir(exist_ok=True)
            try:
                feather.write_feather(people, str(new), compression="zstd")
                os.replace(new, path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise

    def consolidate(self) -> None:
        """Make one table of all parts, a row group a run, then remove them."""
        parts, old = self._parts(), self._consolidated()
        if parts - set(old):
            keys = sorted({*old, *parts}, key=lambda key: (key[2], key[0]))
            noted = {KEYS: json.dumps(keys).encode()}
            new = self.folder / f".{TABLE}.new"
            with writing_to(self.folder):
                try:
                    schema = SCHEMA.with_metadata(noted)
                    # Counts and sums hardly repeat: a dictionary costs time and saves no space.
                    with pq.ParquetWriter(
                        new, schema, compression="zstd", use_dictionary=["scenario_id"],
                        write_statistics=False,
                    ) as out:  # fmt: skip
                        for key in keys:
                            table = self.read(key).cast(PEOPLE)
                            run = [pa.repeat(key[0], len(table)), pa.repeat(key[2], len(table))]
                            columns = [c.cast(f.type) for c, f in zip(run, RUN_COLUMNS)]
                            whole = pa.Table.from_arrays([*columns, *table.columns], schema=schema)
                            out.write_table(whole, row_group_size=max(len(whole), 1))
                    self._open = None
                    os.replace(new, self.folder / TABLE)
                except OSError:
                    new.unlink(missing_ok=True)
                    raise
        for key in parts:
            self._part(key).unlink(missing_ok=True)
        with suppress(OSError):
            (self.folder / PARTS).rmdir()

    def read(self, key: Key) -> pa.Table:
        """Persons of one run, with the columns of `whom_people.PEOPLE`."""
        path = self._part(key)
        if path.exists():
            return feather.read_table(path)
        try:
            if self._open is None:
                keys = self._consolidated()
                self._open = pq.ParquetFile(self.folder / TABLE)
                self._places = {k: place for place, k in enumerate(keys)}
            table = self._open.read_row_group(self._places[key], columns=PEOPLE.names)
        except (OSError, pa.ArrowException):
            raise self._unreadable() from None
        return table.replace_schema_metadata(None)

    def _part(self, key: Key) -> Path:
        return self.folder / PARTS / f"{key[0]}-{key[1]}-{key[2]}{PART}"

    def _parts(self) -> set[Key]:
        names = [path.stem.split("-") for path in (self.folder / PARTS).glob(f"*{PART}")]
        return {(name[0], int(name[1]), int(name[2]), SOURCE_HASH) for name in names}

    def _consolidated(self) -> list[Key]:
        path = self.folder / TABLE
        if not path.exists():
            return []
        try:
            noted = (pq.read_schema(path).metadata or {})[KEYS]
        except (OSError, pa.ArrowException, KeyError):
            raise self._unreadable() from None
        return [(i, int(p), int(r), h) for i, p, r, h in json.loads(noted)]

    def _unreadable(self) -> StoreError:
        return StoreError(
            f"{self.folder / TABLE}: found an unreadable file, allowed Parquet of this plan"
        )
