"""The folder of a sweep: a part for each finished job, then one table.

A job's rows are written to a temporary name that is then renamed, as ``parts/<job>.parquet``; when
all jobs are there they become ``runs.parquet``, in the order of the plan, and the parts are removed.
What a killed process leaves is therefore whole jobs, and resuming is the plan minus what is there.
Two processes may work on one folder: whoever comes second begins at the end, and a job that both do
is written twice with the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from filelock import FileLock

from returnee.experiments.errors import StoreError, writing_to
from returnee.experiments.files import (
    LOCK,
    DamagedError,
    check_table,
    checked,
    claim_if_free,
    is_temporary,
    is_used,
    next_to,
    read_table,
    remove_leftovers,
    table_writer,
    write_table,
)
from returnee.experiments.measuring.measures import redescribed, undescribed
from returnee.experiments.running.manifests import MANIFEST, RUNNING, read_manifest
from returnee.experiments.running.parts import failed_in, in_groups, parts_in
from returnee.experiments.running.plan import SweepPlan
from returnee.experiments.running.store import PARTS, RUNS
from returnee.experiments.running.sweep_manifest import difference, manifest_of

DIGEST = b"returnee.sweep"
MONTHLY, POINTS = "monthly.parquet", "points.parquet"
MONTHLY_PARTS = "parts-monthly"
TEXTS = ["scenario", "scenario_id", "indicator"]  # columns of few values
SHARD = "shard-"  # beginning of the names of folders of shares
Tables = dict[str, pa.Table]  # by RUNS and MONTHLY


class SweepStore:
    """Results of one sweep in one folder.

    Parameters
    ----------
    folder : Path
        New, empty, or holding results of the same plan.
    plan : SweepPlan
    command : str
        The command that repeats the plan, for the manifest.
    as_new : bool
        Write to a new sibling folder if this one is in use by another plan.
    about : dict, optional
        More for the manifest.

    Raises
    ------
    StoreError
        If the folder belongs to something else or cannot be written to.
    """

    def __init__(
        self,
        folder: Path,
        plan: SweepPlan,
        command: str = "",
        as_new: bool = False,
        about: dict[str, Any] | None = None,
    ) -> None:
        self.plan = plan
        self._lock: FileLock | None = None
        self._manifest = manifest_of(plan, command, folder, about)
        self.manifest = self._manifest.content
        different = self._difference(folder)
        if different and as_new:
            folder, different = next_to(folder), ""
            self._manifest = manifest_of(plan, command, folder, about)
        if different:
            raise StoreError(f"{different}; --as-new writes to a new folder beside it")
        self.folder = folder
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._manifest.settle(folder)
            self.status(RUNNING)  # first of all, since it says whose folder this is
            for name in self._part_folders().values():
                (folder / name).mkdir(exist_ok=True)
            self._remove_torn()
            if not (folder / POINTS).exists():
                points = plan.points.rename_axis("point").reset_index()
                self.write(folder / POINTS, pa.Table.from_pandas(points))

    def _difference(self, folder: Path) -> str:
        with writing_to(folder):
            names = (
                [path for path in folder.iterdir() if not _is_ours(path)] if is_used(folder) else []
            )
        if not names:
            return ""
        if not (folder / MANIFEST).is_file():
            return f"{folder}: found other files, allowed a new folder or results of this design"
        found = difference(read_manifest(folder), self.manifest)
        return f"{folder}/{MANIFEST}: {found}" if found else ""

    def status(self, status: str) -> None:
        """Write the manifest with a status: running, interrupted, finished."""
        self._manifest.write(self.folder, status)

    def is_finished(self) -> bool:
        """Whether all runs stand in one table."""
        path = self.folder / RUNS
        if not path.exists():
            return False
        with checked(path) as file:
            noted = (file.schema_arrow.metadata or {}).get(DIGEST)
        if noted != self.plan.digest.encode():
            raise DamagedError(path)
        return True

    def check(self) -> None:
        """Read what is finished through.

        Raises
        ------
        DamagedError
            If a table is not as it was written.
        """
        for name in self._part_folders():
            if (self.folder / name).exists():
                check_table(self.folder / name)

    def done(self) -> set[int]:
        """Numbers of the jobs that are finished."""
        return set(range(self.plan.jobs)) if self.is_finished() else parts_in(self.folder)

    def has(self, number: int) -> bool:
        """Whether a job is finished, perhaps by another process."""
        return self.part(number).exists() or (self.folder / RUNS).exists()

    def in_turn(self, numbers: list[int]) -> list[int]:
        """Jobs in the order this process does them: backwards if another works on the folder.

        The lock is held until it is released or this process ends, however it ends; where there are
        no locks, two processes do the same jobs, which is a waste and no harm.
        """
        with suppress(OSError):
            self._lock = claim_if_free(self.folder)
            return numbers if self._lock else numbers[::-1]
        return numbers

    def close(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            self._lock.release()

    def add(self, number: int, tables: Tables) -> None:
        """Keep a finished job; its runs are written last, for they say that it is finished."""
        for name in sorted(tables, key=lambda name: name == RUNS):
            table = undescribed(tables[name]) if name == RUNS else tables[name]
            self.write(self.part(number, name), table)

    def write(self, path: Path, table: pa.Table) -> None:
        """Write a table as Parquet, whole or not at all."""
        write_table(path, table, use_dictionary=TEXTS)

    def part(self, number: int, name: str = RUNS) -> Path:
        """File of a job."""
        return self.folder / self._part_folders()[name] / f"{number:06d}.parquet"

    def consolidate(self, part: Callable[[int, str], Path] | None = None) -> None:
        """Make one table of all parts, in the order of the plan.

        The parts are then removed, unless some runs failed: then they stay, so that those can be
        tried again.

        Parameters
        ----------
        part : callable, optional
            Where the file of a job is, for parts that stand elsewhere and stay there.
        """
        try:
            if not self.is_finished():
                for name in sorted(self._part_folders(), key=lambda name: name == RUNS):
                    paths = ((part or self.part)(number, name) for number in range(self.plan.jobs))
                    self._join(paths, self.folder / name)
        except StoreError:
            if not self.is_finished():  # else another process was first, and removed the parts
                raise
        if part is None and not failed_in(self.folder):
            self._remove_parts(range(self.plan.jobs))

    def retry(self) -> int:
        """Take back the jobs in which a run failed; how many runs failed."""
        failed = 0
        for path in (self.folder / PARTS).glob("[0-9]*.parquet"):
            errors = read_table(path, columns=["error"])["error"]
            if len(errors) > errors.null_count:
                failed += len(errors) - errors.null_count
                (self.folder / RUNS).unlink(missing_ok=True)
                (self.folder / MONTHLY).unlink(missing_ok=True)
                self._remove_parts([int(path.stem)])
        return failed

    def _remove_parts(self, numbers: Iterable[int]) -> None:
        numbers = list(numbers)
        with suppress(OSError):
            for name in self._part_folders():
                for number in numbers:
                    self.part(number, name).unlink(missing_ok=True)
        self.remove_empty()

    def remove_empty(self) -> None:
        """Remove the folders of parts if nothing is in them."""
        for folder in self._part_folders().values():
            with suppress(OSError):
                (self.folder / folder).rmdir()

    def _join(self, paths: Iterable[Path], path: Path) -> None:
        noted = {DIGEST: self.plan.digest.encode()}
        groups = in_groups(read_table(place) for place in paths)
        tables = (_joined(group, path.name).replace_schema_metadata(noted) for group in groups)
        first = next(tables, None)
        if first is None:
            return
        with table_writer(path, first.schema, use_dictionary=TEXTS) as writer:
            writer.write_table(first)
            for table in tables:
                writer.write_table(table)

    def _part_folders(self) -> dict[str, str]:
        monthly = {MONTHLY: MONTHLY_PARTS} if self.plan.design.keep == "monthly" else {}
        return {RUNS: PARTS, **monthly}

    def _remove_torn(self) -> None:
        """Remove what a killed process left half-done, and parts that cannot be read."""
        remove_leftovers(self.folder)
        for name in self._part_folders().values():
            remove_leftovers(self.folder / name)
            for path in (self.folder / name).glob("[0-9]*.parquet"):
                try:
                    check_table(path)
                except DamagedError:  # or removed by another process
                    for other in self._part_folders():
                        self.part(int(path.stem), other).unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether a sweep's folder may hold it before there is a manifest."""
    return path.name == LOCK or path.name.startswith(SHARD) or is_temporary(path)


def _joined(tables: list[pa.Table], name: str) -> pa.Table:
    table = pa.concat_tables(tables)
    return redescribed(table) if name == RUNS else table
