"""The folder of a sweep: a part for each finished job, then one table.

A job's rows are written to a temporary name that is then renamed, as ``parts/<job>.parquet``; when
all jobs are there they become ``runs.parquet``, in the order of the plan, and the parts are removed.
What a killed process leaves is therefore whole jobs, and resuming is the plan minus what is there.
Two processes may work on one folder: whoever comes second begins at the end, and a job that both do
is written twice with the same rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.errors import StoreError, writing_to
from experiments.levels import redescribed, undescribed
from experiments.store import (
    MANIFEST,
    PARTS,
    RUNS,
    is_used,
    is_whole,
    next_to,
    read_manifest,
    temporary,
    write_json,
)
from experiments.sweep_manifest import difference, manifest_of
from experiments.sweep_parts import (
    failed_in,
    in_groups,
    is_being_written,
    parts_in,
    torn,
)
from experiments.sweep_plan import SweepPlan

DIGEST = b"returnee.sweep"
MONTHLY, POINTS = "monthly.parquet", "points.parquet"
MONTHLY_PARTS = "parts-monthly"
TEXTS = ["scenario", "scenario_id", "indicator"]  # columns of few values
SHARD = "shard-"  # beginning of the names of folders of shares
LOCK = ".lock"
Tables = dict[str, pa.Table]  # by RUNS and MONTHLY


def is_worked_on(folder: Path) -> bool:
    """Whether a process works on a folder, as far as its lock tells; yes where there are no locks."""
    try:
        import fcntl

        with open(folder / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except (ImportError, OSError):
        return True
    return False


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
        # As JSON has it, so that what is read again compares equal.
        self.manifest = json.loads(
            json.dumps({**manifest_of(plan, command), **(about or {})}, default=str)
        )
        with writing_to(folder):
            different = self._difference(folder) if is_used(folder) else ""
            if different and as_new:
                folder, different = next_to(folder), ""
            if different:
                raise StoreError(f"{different}; --as-new writes to a new folder beside it")
        self.folder = folder
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self.status("running")  # first of all, since it says whose folder this is
            for name in self._part_folders().values():
                (folder / name).mkdir(exist_ok=True)
            self._remove_torn()
            if not (folder / POINTS).exists():
                self.write(folder / POINTS, plan.points.rename_axis("point").reset_index())

    def _difference(self, folder: Path) -> str:
        if not (folder / MANIFEST).is_file():
            if all(path.name.startswith(SHARD) or torn(path) for path in folder.iterdir()):
                return ""
            return f"{folder}: found other files, allowed a new folder or results of this design"
        found = difference(read_manifest(folder), self.manifest)
        return f"{folder}/{MANIFEST}: {found}" if found else ""

    def status(self, status: str) -> None:
        """Write the manifest with a status: running, interrupted, finished."""
        with writing_to(self.folder):
            write_json(self.folder / MANIFEST, {"status": status, **self.manifest})

    def is_finished(self) -> bool:
        """Whether all runs stand in one table."""
        path = self.folder / RUNS
        if not path.exists():
            return False
        try:
            noted = (pq.read_schema(path).metadata or {}).get(DIGEST)
        except (OSError, pa.ArrowException):
            noted = None
        if noted != self.plan.digest.encode():
            raise StoreError(f"{path}: found an unreadable file, allowed Parquet of this design")
        return True

    def done(self) -> set[int]:
        """Numbers of the jobs that are finished."""
        return set(range(self.plan.jobs)) if self.is_finished() else parts_in(self.folder)

    def has(self, number: int) -> bool:
        """Whether a job is finished, perhaps by another process."""
        return self.part(number).exists() or (self.folder / RUNS).exists()

    def in_turn(self, numbers: list[int]) -> list[int]:
        """Jobs in the order this process does them: backwards if another works on the folder.

        The lock is held until this process ends, however it ends; where there are no locks, two
        processes do the same jobs, which is a waste and no harm.
        """
        try:
            import fcntl

            self._lock = open(self.folder / LOCK, "w")  # noqa: SIM115
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return numbers[::-1]
        except (ImportError, OSError):
            pass
        return numbers

    def add(self, number: int, tables: Tables) -> None:
        """Keep a finished job; its runs are written last, for they say that it is finished."""
        for name in sorted(tables, key=lambda name: name == RUNS):
            table = undescribed(tables[name]) if name == RUNS else tables[name]
            self.write(self.part(number, name), table)

    def write(self, path: Path, table: Any) -> None:
        """Write a table as Parquet, whole or not at all."""
        new = temporary(path)
        table = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
        with writing_to(self.folder):
            try:
                path.parent.mkdir(exist_ok=True)  # another process may have removed it
                pq.write_table(table, new, compression="zstd", use_dictionary=TEXTS)
                os.replace(new, path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise

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
            errors = pq.read_table(path, columns=["error"])["error"]
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
        new = temporary(path)
        noted = {DIGEST: self.plan.digest.encode()}
        with writing_to(self.folder):
            try:
                writer: pq.ParquetWriter | None = None
                for tables in in_groups(pq.read_table(place) for place in paths):
                    table = pa.concat_tables(tables)
                    table = redescribed(table) if path.name == RUNS else table
                    table = table.replace_schema_metadata(noted)
                    writer = writer or pq.ParquetWriter(
                        new, table.schema, compression="zstd", use_dictionary=TEXTS
                    )
                    writer.write_table(table)
                if writer is not None:
                    writer.close()
                    os.replace(new, path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise

    def _part_folders(self) -> dict[str, str]:
        monthly = {MONTHLY: MONTHLY_PARTS} if self.plan.design.keep == "monthly" else {}
        return {RUNS: PARTS, **monthly}

    def _remove_torn(self) -> None:
        """Remove what a killed process left half-done."""
        for name in ("", *self._part_folders().values()):
            for path in (self.folder / name).iterdir():
                with suppress(FileNotFoundError):  # renamed or removed by another process
                    half = path.suffix == ".parquet" and name and not is_whole(path)
                    if half or (torn(path) and not is_being_written(path)):
                        path.unlink()
