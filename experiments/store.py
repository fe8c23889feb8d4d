"""A folder of results: what was run, what came out, what failed.

Every finished run is written at once, to a temporary name that is then renamed, as
``parts/<scenario id>-<point>-<replicate>.parquet``; at the end the parts become one tidy table,
``runs.parquet``, whose footer lists the runs it holds. What a killed process leaves is therefore
whole runs, and resuming is the plan minus what is there.
"""

from __future__ import annotations

import json
import os
import platform
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.errors import StoreError, writing_to
from experiments.measures import SCHEMA
from experiments.plan import Key, Plan, Task
from simulation.compiler import SOURCE_HASH
from simulation.exchange import sample_of

RUNS, MANIFEST, FAILURES, PARTS = "runs.parquet", "manifest.json", "failures.jsonl", "parts"
NEW = ".new"  # end of temporary names
KEYS = b"returnee.runs"
PARTS_AT_ONCE = 64
CATEGORIES = ["scenario", "scenario_id", "indicator"]
PACKAGES = ("numpy", "numba", "mesa", "returnee")


def versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


def manifest_of(plan: Plan, command: str) -> dict[str, Any]:
    """Everything needed to repeat a plan; scenarios in full."""
    s = plan.settings
    return {
        "kind": "comparison",
        "command": command,
        "versions": versions(),
        "source_hash": SOURCE_HASH,
        "seed": s.seed,
        "replicates": plan.replicates,
        "sample": s.sample,
        "months": s.months,
        "burn_in": s.burn_in,
        "reference": plan.reference,
        "scenarios": {
            label: {
                "id": scenario.id,
                "title_en": scenario.title_en,
                "title_zh": scenario.title_zh,
                "share": sample_of(scenario, s.sample),  # of the people there are
                **scenario.canonical(),
            }
            for label, scenario in plan.scenarios.items()
        },
    }


def temporary(path: Path) -> Path:
    """Name under which this process writes a file before it is renamed."""
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}{NEW}")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON to a temporary name and rename it."""
    new = temporary(path)
    new.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(new, path)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet, whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    frame.to_parquet(temporary, index=False)
    os.replace(temporary, path)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a folder's manifest.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise StoreError(f"{path}: found an unreadable file, allowed a manifest in JSON")
    return found


def is_used(folder: Path) -> bool:
    """Whether a path exists and is not an empty folder."""
    return folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))


def next_to(folder: Path) -> Path:
    """The first free sibling: ``compare-2``, ``compare-3``, …"""
    n, folder = 2, folder if folder.name else folder.absolute()
    while is_used(folder.with_name(f"{folder.name}-{n}")):
        n += 1
    return folder.with_name(f"{folder.name}-{n}")


class Store:
    """Results of one plan in one folder.

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

    def __init__(self, folder: Path, plan: Plan, command: str = "", as_new: bool = False) -> None:
        self.plan, self.manifest = plan, manifest_of(plan, command)
        with writing_to(folder):
            difference = self.difference(folder) if is_used(folder) else ""
            if difference and as_new:
                folder, difference = next_to(folder), ""
            if difference:
                raise StoreError(f"{difference}; --as-new writes to a new folder beside it")
        self.folder = folder
        with writing_to(folder):
            (folder / PARTS).mkdir(parents=True, exist_ok=True)
            self._sweep()
            self.status("running")

    def difference(self, folder: Path) -> str:
        """In what a folder's plan differs from this one, in one line; empty if in nothing."""
        if not (folder / MANIFEST).is_file():
            return f"{folder}: found other files, allowed a new folder or results of this plan"
        found = read_manifest(folder)
        for key in ("kind", "source_hash", "seed", "sample", "months", "burn_in"):
            if found.get(key) != self.manifest[key]:
                return f"{folder}/{MANIFEST}: {key}: found {found.get(key)}, allowed {self.manifest[key]}"
        old, new = (
            {label: str(s.get("id")) for label, s in m.get("scenarios", {}).items()}
            for m in (found, self.manifest)
        )
        if old != new:
            return f"{folder}/{MANIFEST}: scenarios: found {_names(old, new)}, allowed {_names(new, old)}"
        return ""

    def status(self, status: str) -> None:
        """Write the manifest with a status: running, interrupted, finished."""
        with writing_to(self.folder):
            write_json(self.folder / MANIFEST, {"status": status, **self.manifest})

    def done(self) -> set[Key]:
        """Keys of all finished runs."""
        return {*self._consolidated(), *self._parts()}

    def add(self, task: Task, table: pa.Table) -> None:
        """Keep a finished run."""
        path = self._part(task.key)
        new = path.with_suffix(".new")
        with writing_to(self.folder):
            try:
                pq.write_table(table, new, compression="zstd")
                os.replace(new, path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise

    def fail(self, task: Task, error: str) -> None:
        """Keep a failed run's error; the run is tried again when the plan is resumed."""
        row = {
            "scenario": task.scenario, "scenario_id": task.scenario_id, "point": task.point,
            "replicate": task.replicate, "source_hash": task.key[3], "error": error,
        }  # fmt: skip
        with writing_to(self.folder), open(self.folder / FAILURES, "a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def failures(self) -> list[dict[str, Any]]:
        """The last error of every run of the plan that failed and has not succeeded since."""
        path, rows = self.folder / FAILURES, {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                row = json.loads(line)
                rows[row["scenario_id"], row["point"], row["replicate"], row["source_hash"]] = row
            except (ValueError, KeyError):
                continue  # a line cut off when the process was killed
        done = self.done()
        return [row for key, row in rows.items() if key not in done]

    def consolidate(self) -> None:
        """Make one table of all parts, then remove them."""
        parts = self._parts()
        path = self.folder / RUNS
        if not parts and path.exists():
            self._remove_parts(parts)
            return
        keys = [*self._consolidated(), *sorted(parts, key=lambda key: (key[2], key[0]))]
        noted = {KEYS: json.dumps(keys).encode()}
        new = path.with_name(f".{RUNS}.new")
        with writing_to(self.folder):
            try:
                with pq.ParquetWriter(new, SCHEMA.with_metadata(noted), compression="zstd") as out:
                    for table in self._tables(parts):
                        out.write_table(table.replace_schema_metadata(noted))
                os.replace(new, path)
            except OSError:
                new.unlink(missing_ok=True)
                raise
            self._remove_parts(parts)

    def runs(self) -> pd.DataFrame:
        """The tidy table of all finished runs of the plan."""
        try:
            table = pq.read_table(self.folder / RUNS, read_dictionary=CATEGORIES)
        except (OSError, pa.ArrowException):
            raise StoreError(
                f"{self.folder / RUNS}: found an unreadable file, allowed Parquet"
            ) from None
        frame: pd.DataFrame = table.to_pandas()
        return frame[frame["replicate"] < self.plan.replicates]

    def _remove_parts(self, parts: Iterable[Key]) -> None:
        for key in parts:
            self._part(key).unlink(missing_ok=True)
        with suppress(OSError):  # what else is in it is swept at the next start
            (self.folder / PARTS).rmdir()

    def _tables(self, parts: Iterable[Key]) -> Iterator[pa.Table]:
        if (self.folder / RUNS).exists():
            old = pq.ParquetFile(self.folder / RUNS)
            for group in range(old.num_row_groups):
                yield old.read_row_group(group)
        paths = [self._part(key) for key in sorted(parts, key=lambda key: (key[2], key[0]))]
        for first in range(0, len(paths), PARTS_AT_ONCE):
            few = paths[first : first + PARTS_AT_ONCE]
            yield pa.concat_tables([pq.read_table(path) for path in few])

    def _part(self, key: Key) -> Path:
        return self.folder / PARTS / f"{key[0]}-{key[1]}-{key[2]}.parquet"

    def _parts(self) -> set[Key]:
        folder = self.folder / PARTS
        names = [path.stem.split("-") for path in folder.glob("*.parquet")]
        return {(name[0], int(name[1]), int(name[2]), SOURCE_HASH) for name in names}

    def _consolidated(self) -> list[Key]:
        path = self.folder / RUNS
        if not path.exists():
            return []
        try:
            noted = (pq.read_schema(path).metadata or {})[KEYS]
        except (OSError, pa.ArrowException, KeyError):
            raise StoreError(
                f"{path}: found an unreadable file, allowed Parquet of this plan"
            ) from None
        return [(i, int(p), int(r), h) for i, p, r, h in json.loads(noted)]

    def _sweep(self) -> None:
        """Remove what a killed process left half-done: unfinished parts, parts in the table."""
        twice = set(self._consolidated())
        for path in (self.folder / PARTS).iterdir():
            if path.suffix != ".parquet" or not is_whole(path):
                path.unlink()
        for key in self._parts() & twice:
            self._part(key).unlink()


def is_whole(path: Path) -> bool:
    """Whether a Parquet file was written to its end."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() < 8:
            return False
        file.seek(-4, os.SEEK_END)
        return file.read() == b"PAR1"


def _names(some: dict[str, str], others: dict[str, str]) -> str:
    differing = [f"{label} ({some[label]})" for label in some if some[label] != others.get(label)]
    return ", ".join(differing) or "none of them"
