"""A folder of results: what was run, what came out, what failed.

Every finished job is written at once, to a temporary name that is then renamed, as a part of each
table; at the end the parts become one table, whose footer names the jobs it holds. What a killed
process leaves is therefore whole jobs, and resuming is the plan minus what is there.

A plan that grows has its folder to itself. Two processes may work on one folder of a sweep: whoever
comes second begins at the end, and a job that both do is written twice with the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from returnee.experiments import files
from returnee.experiments.errors import StoreError, writing_to
from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import SCHEMA, redescribed
from returnee.experiments.measuring.people import PEOPLE
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.jobs import MONTHLY, PERSONS, RUNS, Done, Job
from returnee.experiments.running.plan import Runs, SweepPlan

FAILURES, POINTS = "failures.jsonl", "points.parquet"
PARTS = {RUNS: "parts", MONTHLY: "parts-monthly", PERSONS: "people"}
JOBS = b"returnee.jobs"
AGAIN = "it is removed; give the same command again to make it again"
TEXTS = ["scenario", "scenario_id", "indicator"]  # columns of few values
TEXTUAL: dict[str, Any] = {"use_dictionary": TEXTS}
# Counts and sums of people hardly repeat: a dictionary costs time and saves no space.
OPTIONS: dict[str, dict[str, Any]] = {
    RUNS: TEXTUAL, MONTHLY: TEXTUAL,
    PERSONS: {"use_dictionary": ["scenario_id"], "write_statistics": False},
}  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What every study has of its runs; the base of what came out."""

    plan: Any
    failures: list[dict[str, Any]] = field(repr=False)  # runs that failed, with their errors
    folder: Path  # where it is kept
    command: str  # that repeats it


class Store(OwnFolder):
    """Results of one plan in one folder.

    `folder`: new, empty, or holding results of the same plan. `command`: the command that repeats
    the plan, for the manifest. `as_new`: write to a new sibling folder if this one is in use by
    another plan. `about`: more for the manifest. Raises StoreError: if the folder belongs to
    something else or cannot be written to.
    """

    def __init__(
        self,
        folder: Path,
        plan: Runs,
        command: str = "",
        as_new: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.plan, self.tables = plan, list(plan.wanted())
        self._noted: dict[str, list[str]] = {}
        super().__init__(folder, plan.manifest(command, folder, about or {}), as_new)

    def differs(self, found: dict[str, Any]) -> str:
        """In what a manifest differs; empty if in nothing."""
        return self.plan.differs(found, self.manifest)

    def _claim(self, folder: Path) -> FileLock | None:
        if self.plan.grows:
            return files.claim(folder)
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return None

    def _begin(self) -> None:
        super()._begin()
        for name in self.tables:
            (self.folder / PARTS[name]).mkdir(exist_ok=True)
            self._remove_torn(name)
        points = self.folder / POINTS
        if isinstance(self.plan, SweepPlan) and not points.exists():
            table = self.plan.points.rename_axis("point").reset_index()
            files.write_table(points, pa.Table.from_pandas(table), use_dictionary=TEXTS)

    def in_turn(self, names: list[str]) -> list[str]:
        """Jobs in the order this process does them: backwards if another works on the folder.

        The lock is held until it is released or this process ends, however it ends; where there are
        no locks, two processes do the same jobs, which is a waste and no harm.
        """
        with suppress(OSError):
            self._lock = self._lock or files.locked(self.folder)
            return names if self._lock else names[::-1]
        return names

    def part(self, name: str, job: str) -> Path:
        """File of a job's part of a table."""
        return self.folder / PARTS[name] / f"{job}.parquet"

    def done(self, name: str = RUNS) -> set[str]:
        """Names of the jobs that a table, or its parts, hold."""
        return {*self.noted(name), *parts_in(self.folder, name)}

    def noted(self, name: str = RUNS) -> list[str]:
        """Names of the jobs in a table, in its order."""
        if name not in self._noted and (self.folder / name).exists():
            self._noted[name] = noted_in(self.folder / name)
        return self._noted.get(name, [])

    def left(self, mine: Iterable[str]) -> list[str]:
        """Jobs of which some part is missing, in the order of the plan."""
        missing: set[str] = set()
        for name, jobs in self.plan.wanted().items():
            missing |= {*jobs} - self.done(name)
        return [job for job in mine if job in missing]

    def has(self, job: str) -> bool:
        """Whether a job has been finished by another process."""
        shared = not self.plan.grows
        return shared and (self.part(RUNS, job).exists() or (self.folder / RUNS).exists())

    def add(self, job: Job, done: Done) -> None:
        """Keep a finished job; its runs are written last, for they say that it is finished."""
        for name in sorted(done.tables, key=lambda name: name == RUNS):
            if job.name not in self.noted(name):
                files.write_table(self.part(name, job.name), done.tables[name], **OPTIONS[name])
        if self.plan.grows:
            for task, error in zip(job.runs, done.errors):
                if error is not None:
                    self.fail(task, error)

    def fail(self, task: Task, error: str) -> None:
        """Keep a failed run's error; the run is tried again when the plan is resumed."""
        row = {
            "scenario": task.scenario, "scenario_id": task.scenario_id, "point": task.point,
            "replicate": task.replicate, "fingerprint": self.manifest["fingerprint"],
            "error": error,
        }  # fmt: skip
        files.append_line(self.folder / FAILURES, row)

    def failures(self) -> list[dict[str, Any]]:
        """The last error of every run of the plan that failed and has not succeeded since."""
        rows, done = failures_in(self.folder), self.done()
        return [row for key, row in rows.items() if key not in done]

    def ran(self, command: str) -> tuple[Any, list[dict[str, Any]], Path, str]:
        """What `Ran` says of the runs; `command` repeats them."""
        return self.plan, self.failures(), self.folder, command

    def check(self) -> None:
        """Read finished tables through.

        Raises DamagedError: if one is not as it was written.
        """
        for name in self.tables:
            if (self.folder / name).exists():
                files.check_table(self.folder / name)

    def consolidate(self, parts: Callable[[str], Mapping[str, Path]] | None = None) -> None:
        """Make one table of all parts.

        The parts are then removed, unless some runs of a sweep failed: then they stay, so that
        those can be tried again.

        `parts`: the files of a table by job, for parts that stand elsewhere and stay there. Raises
        DamagedError: if a part cannot be read.
        """
        try:
            for name in self.tables:
                self._join(name, (parts or self._parts)(name))
        except StoreError:
            self._noted.clear()
            if self.plan.grows or len(self.noted()) < len(self.plan.names):
                raise  # else another process was first, and removed the parts
        if parts is None and (self.plan.grows or not failed_in(self.folder)):
            with suppress(OSError):
                for name in self.tables:
                    for job in parts_in(self.folder, name):
                        self.part(name, job).unlink(missing_ok=True)
            self.remove_empty()

    def _parts(self, name: str) -> dict[str, Path]:
        jobs = parts_in(self.folder, name) if self.plan.grows else self.plan.names
        return {job: self.part(name, job) for job in jobs}

    def _join(self, name: str, parts: Mapping[str, Path]) -> None:
        path, old = self.folder / name, self.noted(name)
        new = sorted(parts.keys() - {*old}, key=self.plan.place)
        if not new and (path.exists() or name != RUNS):
            return
        about = {JOBS: json.dumps([*old, *new]).encode()}
        tables = self._tables(name, [parts[job] for job in new])
        first = next(tables, SCHEMA.empty_table())
        schema = first.schema.with_metadata(about)
        with files.table_writer(path, schema, **OPTIONS[name]) as writer:
            for table in chain([first], tables):
                one = table.replace_schema_metadata(about)
                writer.write_table(one, row_group_size=max(len(one), 1))
        self._noted[name] = [*old, *new]

    def _tables(self, name: str, paths: Iterable[Path]) -> Iterator[pa.Table]:
        """What stands in the table, then the parts, as row groups."""
        if self.noted(name):
            yield from files.row_groups(self.folder / name)
        rows = 0 if name == PERSONS else self.plan.rows  # one pair of runs in memory at a time
        for group in in_groups((self._read(path) for path in paths), rows):
            table = pa.concat_tables(group)
            yield self.plan.described(table) if name == RUNS else table

    def _read(self, path: Path) -> pa.Table:
        """Read a part; one of a run that is damaged is removed."""
        try:
            return files.read_table(path)
        except files.DamagedError:
            if not self.plan.grows:
                raise
            path.unlink(missing_ok=True)
            raise files.DamagedError(path, AGAIN) from None

    def runs(self) -> pd.DataFrame:
        """The tidy table of all finished runs of a plan that grows."""
        table = files.read_table(self.folder / RUNS, read_dictionary=TEXTS)
        frame: pd.DataFrame = table.to_pandas()
        return frame[frame["replicate"] < self.plan.replicates]  # type: ignore[attr-defined]

    def persons(self, task: Task) -> pa.Table:
        """Everybody in a run, with the columns of `measuring.people.PEOPLE`."""
        part = self.part(PERSONS, task.key)
        if part.exists():
            return self._read(part).select(PEOPLE.names)
        with files.checked(self.folder / PERSONS) as file:
            place = self.noted(PERSONS).index(task.key)
            table = file.read_row_group(place, columns=PEOPLE.names)
        return table.replace_schema_metadata(None)

    def retry(self) -> None:
        """Take back the jobs of a sweep in which a run failed."""
        for job in parts_in(self.folder):
            if _errors_in(self.part(RUNS, job)):
                for name in self.tables:
                    (self.folder / name).unlink(missing_ok=True)
                    self.part(name, job).unlink(missing_ok=True)
        self._noted.clear()

    def remove_empty(self) -> None:
        """Remove the folders of parts if nothing is in them."""
        for name in self.tables:
            with suppress(OSError):
                (self.folder / PARTS[name]).rmdir()

    def _remove_torn(self, name: str) -> None:
        """Remove what a killed process left half-done: unfinished parts, parts in the table."""
        folder = self.folder / PARTS[name]
        files.remove_leftovers(folder)
        twice = {*self.noted(name)} if self.plan.grows else set()
        for path in folder.glob("*.parquet"):
            if path.stem in twice or not self._is_sound(path):
                for other in [name] if self.plan.grows else self.tables:
                    self.part(other, path.stem).unlink(missing_ok=True)

    def _is_sound(self, path: Path) -> bool:
        """Whether a part was written to its end; of a sweep, whether it can be read."""
        if self.plan.grows:
            return files.is_whole(path) and path.stem.count("-") == 2
        try:
            files.check_table(path)
        except files.DamagedError:  # or removed by another process
            return False
        return True


# What stands in a folder, whichever plan it is of.


def in_groups(tables: Iterable[pa.Table], rows: int) -> Iterator[list[pa.Table]]:
    """Tables a few at a time, about so many rows together."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(inner.num_rows for inner in held) >= rows:
            yield held
            held = []
    if held:
        yield held


def parts_in(folder: Path, name: str = RUNS) -> list[str]:
    """Names of the jobs whose parts of a table stand in a folder."""
    return sorted(path.stem for path in (folder / PARTS[name]).glob("[0-9a-f]*.parquet"))


def noted_in(path: Path) -> list[str]:
    """Names of the jobs in a table."""
    try:
        about = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        raise files.DamagedError(path) from None
    if JOBS not in about:
        raise StoreError(
            f"{path}: found a table that does not name its runs, as of an earlier version, allowed "
            "one that does; name another folder, or delete it"
        )
    return json.loads(about[JOBS])


def failures_in(folder: Path) -> dict[str, dict[str, Any]]:
    """The last error of every run that ever failed, by its key."""
    rows = {}
    for row in files.read_lines(folder / FAILURES)[0]:
        with suppress(KeyError):
            rows[f"{row['scenario_id']}-{row['point']}-{row['replicate']}"] = row
    return rows


def failed_in(folder: Path) -> int:
    """How many runs of a sweep's folder failed: in its table, or in its parts."""
    return sum(_errors_in(path) for path in _paths(folder))


def _errors_in(path: Path) -> int:
    """Rows with an error, from the file's footer alone."""
    with files.checked(path) as file:
        about = file.metadata
    column = about.schema.names.index("error")
    groups = (about.row_group(k) for k in range(about.num_row_groups))
    return sum(group.num_rows - group.column(column).statistics.null_count for group in groups)


def runs_in(folder: Path) -> pa.Table:
    """All finished runs of a sweep's folder, from its table or from its parts."""
    paths = _paths(folder)
    if not paths:
        raise StoreError(f"{folder}: found no finished runs, allowed the folder of a sweep")
    return redescribed(pa.concat_tables([files.read_table(path) for path in paths]))


def _paths(folder: Path) -> list[Path]:
    table = folder / RUNS
    parts = [folder / PARTS[RUNS] / f"{job}.parquet" for job in parts_in(folder)]
    return [table] if table.exists() else parts
