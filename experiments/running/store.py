"""A folder of results: what was run, what came out, what failed.

Every finished run is written at once, to a temporary name that is then renamed, as
``parts/<scenario id>-<point>-<replicate>.parquet``; at the end the parts become one tidy table,
``runs.parquet``, whose footer lists the runs it holds. What a killed process leaves is therefore
whole runs, and resuming is the plan minus what is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from returnee.experiments.files import (
    DamagedError,
    append_line,
    is_whole,
    read_lines,
    read_table,
    row_groups,
    table_writer,
    write_table,
)
from returnee.experiments.keys import Key, Task
from returnee.experiments.measuring.measures import SCHEMA
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.manifests import Manifest
from returnee.experiments.running.plan import Plan
from returnee.simulation.fingerprint import fingerprint

RUNS, FAILURES, PARTS = "runs.parquet", "failures.jsonl", "parts"
KIND = "comparison"
KEYS = b"returnee.runs"
AGAIN = "it is removed; give the same command again to make it again"
PARTS_AT_ONCE = 64
CATEGORIES = ["scenario", "scenario_id", "indicator"]


def manifest_of(plan: Plan, command: str) -> Manifest:
    """Everything needed to repeat a plan; scenarios in full."""
    s = plan.settings
    about = {
        "seed": s.seed, "replicates": plan.replicates, "sample": s.sample, "months": s.months,
        "burn_in": s.burn_in, "people": s.people, "reference": plan.reference,
    }  # fmt: skip
    return Manifest(KIND, command, plan.scenarios, about)


class Store(OwnFolder):
    """Results of one plan in one folder, which is this process's own until it is closed.

    Parameters
    ----------
    folder : Path
        New, empty, or holding results of the same plan.
    plan : Plan
    command : str
        The command that repeats the plan, for the manifest.
    as_new : bool
        Write to a new sibling folder if this one is in use by another plan.

    Raises
    ------
    StoreError
        If the folder belongs to something else or cannot be written to.
    """

    COMPARED = ("kind", "fingerprint", "seed", "sample", "months", "burn_in")

    def __init__(self, folder: Path, plan: Plan, command: str = "", as_new: bool = False) -> None:
        self.plan = plan
        super().__init__(folder, manifest_of(plan, command), as_new)

    def _begin(self) -> None:
        (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
        self._sweep()
        super()._begin()

    def done(self) -> set[Key]:
        """Keys of all finished runs."""
        return {*self._consolidated(), *self._parts()}

    def add(self, task: Task, table: pa.Table) -> None:
        """Keep a finished run."""
        write_table(self._part(task.key), table)

    def fail(self, task: Task, error: str) -> None:
        """Keep a failed run's error; the run is tried again when the plan is resumed."""
        row = {
            "scenario": task.scenario, "scenario_id": task.scenario_id, "point": task.point,
            "replicate": task.replicate, "fingerprint": task.key[3], "error": error,
        }  # fmt: skip
        append_line(self.folder / FAILURES, row)

    def failures(self) -> list[dict[str, Any]]:
        """The last error of every run of the plan that failed and has not succeeded since."""
        rows = {}
        for row in read_lines(self.folder / FAILURES)[0]:
            with suppress(KeyError):
                rows[row["scenario_id"], row["point"], row["replicate"], row["fingerprint"]] = row
        done = self.done()
        return [row for key, row in rows.items() if key not in done]

    def consolidate(self) -> None:
        """Make one table of all parts, then remove them.

        Raises
        ------
        DamagedError
            If a part cannot be read; it is removed, so that its run is made again.
        """
        parts = self._parts()
        path = self.folder / RUNS
        if parts or not path.exists():
            keys = [*self._consolidated(), *sorted(parts, key=lambda key: (key[2], key[0]))]
            noted = {KEYS: json.dumps(keys).encode()}
            with table_writer(path, SCHEMA.with_metadata(noted)) as out:
                for table in self._tables(parts):
                    out.write_table(table.replace_schema_metadata(noted))
        self._remove_parts(parts)

    def runs(self) -> pd.DataFrame:
        """The tidy table of all finished runs of the plan."""
        table = read_table(self.folder / RUNS, read_dictionary=CATEGORIES)
        frame: pd.DataFrame = table.to_pandas()
        return frame[frame["replicate"] < self.plan.replicates]

    def _remove_parts(self, parts: Iterable[Key]) -> None:
        for key in parts:
            self._part(key).unlink(missing_ok=True)
        with suppress(OSError):  # what else is in it is swept at the next start
            (self.folder / PARTS).rmdir()

    def _tables(self, parts: Iterable[Key]) -> Iterator[pa.Table]:
        if (self.folder / RUNS).exists():
            yield from row_groups(self.folder / RUNS)
        paths = [self._part(key) for key in sorted(parts, key=lambda key: (key[2], key[0]))]
        for first in range(0, len(paths), PARTS_AT_ONCE):
            few = paths[first : first + PARTS_AT_ONCE]
            yield pa.concat_tables([read_part(path) for path in few])

    def _part(self, key: Key) -> Path:
        return self.folder / PARTS / f"{key[0]}-{key[1]}-{key[2]}.parquet"

    def _parts(self) -> set[Key]:
        folder = self.folder / PARTS
        names = [path.stem.split("-") for path in folder.glob("*.parquet")]
        return {(name[0], int(name[1]), int(name[2]), fingerprint()) for name in names}

    def _consolidated(self) -> list[Key]:
        path = self.folder / RUNS
        if not path.exists():
            return []
        try:
            noted = (pq.read_schema(path).metadata or {})[KEYS]
        except (OSError, pa.ArrowException, KeyError):
            raise DamagedError(path) from None
        return [(i, int(p), int(r), h) for i, p, r, h in json.loads(noted)]

    def _sweep(self) -> None:
        """Remove what a killed process left half-done: unfinished parts, parts in the table."""
        twice = set(self._consolidated())
        for path in (self.folder / PARTS).iterdir():
            if path.suffix != ".parquet" or not is_whole(path):
                path.unlink()
        for key in self._parts() & twice:
            self._part(key).unlink()


def read_part(path: Path) -> pa.Table:
    """Read a part; one that is damaged is removed.

    Raises
    ------
    DamagedError
    """
    try:
        return read_table(path)
    except DamagedError:
        path.unlink(missing_ok=True)
        raise DamagedError(path, AGAIN) from None
