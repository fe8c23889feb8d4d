"""Where persons of a comparison's runs are kept: ``people/`` while it runs, then ``people.parquet``.

Runs come in one by one as Arrow files, which take a tenth of the time that Parquet takes. A row group
of ``people.parquet`` is a run; the footer lists them in order, so that one pair of runs is in memory
at a time. Like runs, a table is written to a temporary name and renamed.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from returnee.experiments.files import (
    DamagedError,
    checked,
    remove_leftovers,
    table_writer,
    whole,
)
from returnee.experiments.keys import Key, Task
from returnee.experiments.measuring.people import PEOPLE
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.store import AGAIN
from returnee.simulation.fingerprint import fingerprint

TABLE, PARTS, PART = "people.parquet", "people", ".arrow"
KEYS = b"returnee.people"
RUN_COLUMNS = pa.schema([("scenario_id", pa.string()), ("replicate", pa.int32())])
SCHEMA = pa.schema([*RUN_COLUMNS, *PEOPLE])


class PeopleStore:
    """Persons of the first replicates of a plan.

    Parameters
    ----------
    folder : Path
        The folder of the comparison; its `returnee.experiments.running.store.Store` was opened before.
    plan : Plan
        ``plan.settings.people`` says how many replicates are kept.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self._places: dict[Key, int] = {}
        if (folder / PARTS).is_dir():
            remove_leftovers(folder / PARTS)

    def wants(self, task: Task) -> bool:
        """Whether the persons of a run are to be kept."""
        return task.replicate < self.plan.settings.people

    def done(self) -> set[Key]:
        """Keys of all runs whose persons are kept."""
        return {*self._consolidated(), *self._parts()}

    def add(self, task: Task, people: pa.Table) -> None:
        """Keep the persons of a finished run."""
        with whole(self._part(task.key)) as new:
            feather.write_feather(people, str(new), compression="zstd")

    def consolidate(self) -> None:
        """Make one table of all parts, a row group a run, then remove them."""
        parts, old = self._parts(), self._consolidated()
        if parts - set(old):
            keys = sorted({*old, *parts}, key=lambda key: (key[2], key[0]))
            schema = SCHEMA.with_metadata({KEYS: json.dumps(keys).encode()})
            # Counts and sums hardly repeat: a dictionary costs time and saves no space.
            with table_writer(
                self.folder / TABLE, schema, use_dictionary=["scenario_id"], write_statistics=False
            ) as out:
                for key in keys:
                    table = self.read(key).cast(PEOPLE)
                    run = [pa.repeat(key[0], len(table)), pa.repeat(key[2], len(table))]
                    columns = [c.cast(f.type) for c, f in zip(run, RUN_COLUMNS)]
                    one = pa.Table.from_arrays([*columns, *table.columns], schema=schema)
                    out.write_table(one, row_group_size=max(len(one), 1))
            self._places = {}
        for key in parts:
            self._part(key).unlink(missing_ok=True)
        with suppress(OSError):
            (self.folder / PARTS).rmdir()

    def read(self, key: Key) -> pa.Table:
        """Persons of one run, with the columns of `whom_people.PEOPLE`."""
        path = self._part(key)
        if path.exists():
            return _part_at(path)
        self._places = self._places or {k: n for n, k in enumerate(self._consolidated())}
        with checked(self.folder / TABLE) as file:
            table = file.read_row_group(self._places[key], columns=PEOPLE.names)
        return table.replace_schema_metadata(None)

    def _part(self, key: Key) -> Path:
        return self.folder / PARTS / f"{key[0]}-{key[1]}-{key[2]}{PART}"

    def _parts(self) -> set[Key]:
        names = [path.stem.split("-") for path in (self.folder / PARTS).glob(f"*{PART}")]
        return {(name[0], int(name[1]), int(name[2]), fingerprint()) for name in names}

    def _consolidated(self) -> list[Key]:
        path = self.folder / TABLE
        if not path.exists():
            return []
        try:
            noted = (pq.read_schema(path).metadata or {})[KEYS]
        except (OSError, pa.ArrowException, KeyError):
            raise DamagedError(path) from None
        return [(i, int(p), int(r), h) for i, p, r, h in json.loads(noted)]


def _part_at(path: Path) -> pa.Table:
    """Read a part; one that is damaged is removed."""
    try:
        return feather.read_table(path)
    except (OSError, pa.ArrowException):
        path.unlink(missing_ok=True)
        raise DamagedError(path, AGAIN) from None
