"""Files of results: whole or not at all, checked when they are read, one process at a time.

What is written goes to a temporary name, with the host and the process in it, and is then renamed.
Parquet carries checksums of its pages, which are compared whenever a file is read. A folder's
lock tells other processes that it is being worked on.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, SoftFileLock, Timeout
from pydantic_core import to_json

from returnee.experiments.errors import StoreError, writing_to

NEW = ".new"  # end of temporary names
LOCK = ".lock"
SHARD = "shard-"  # beginning of the names of folders of shares
PATIENCE = 1.0  # seconds: whoever only looks at a lock holds it for a moment
DAY = 86_400.0  # seconds


class DamagedError(StoreError):
    """A file that does not hold what was written to it."""

    def __init__(self, path: Path, then: str = "delete it and give the same command again") -> None:
        super().__init__(f"{path}: found an unreadable file, allowed Parquet as written; {then}")
        self.path = path


def temporary(path: Path) -> Path:
    """Name under which this process writes a file before it is renamed."""
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}{NEW}")


def is_temporary(path: Path) -> bool:
    """Whether a file has a temporary name."""
    return path.name.startswith(".") and path.name.endswith(NEW)


def is_being_written(path: Path) -> bool:
    """Whether the process that a temporary file is named after may still be writing it."""
    rest, _, process = path.name.removesuffix(NEW).rpartition(".")
    if not process.isdigit() or int(process) == os.getpid():
        return False
    if not rest.endswith(f".{socket.gethostname()}"):
        return time.time() - path.stat().st_mtime < DAY
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that are gone left half-written."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # renamed or removed by another process
            if is_temporary(path) and not is_being_written(path):
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name for a file or folder; it takes its own name if all went well, else it goes.

    Raises StoreError: what the operating system refuses, with the file's name.
    """
    new = temporary(path)
    try:
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)  # another process may have removed it
            yield new
            os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            _remove(new)
        raise


def write_text(path: Path, text: str) -> Path:
    """Write a text file, whole or not at all."""
    with whole(path) as new:
        new.write_text(text, encoding="utf-8")
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file of any kind, whole or not at all."""
    with whole(path) as new:
        new.write_bytes(content)
    return path


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    write_text(path, json_text(content))


def json_text(content: dict[str, Any]) -> str:
    """JSON as files of results have it; manifests of many scenarios are long."""
    return to_json(content, indent=1).decode() + "\n"


def write_table(path: Path, table: pa.Table, **options: Any) -> None:
    """Write a table as Parquet, whole or not at all."""
    with whole(path) as new:
        pq.write_table(table, new, compression="zstd", write_page_checksum=True, **options)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a data frame without its index as Parquet, whole or not at all."""
    with whole(path) as new:
        to_parquet(frame, new, index=False)


def to_parquet(frame: pd.DataFrame, path: Path, index: bool | None = None) -> None:
    """Write a data frame as Parquet with checksums, in place."""
    frame.to_parquet(path, index=index, write_page_checksum=True)


@contextmanager
def table_writer(path: Path, schema: pa.Schema, **options: Any) -> Iterator[pq.ParquetWriter]:
    """Write a table piece by piece as Parquet, whole or not at all."""
    with (
        whole(path) as new,
        pq.ParquetWriter(
            new, schema, compression="zstd", write_page_checksum=True, **options
        ) as writer,
    ):
        yield writer


@contextmanager
def checked(path: Path, **options: Any) -> Iterator[pq.ParquetFile]:
    """A Parquet file whose pages are compared with their checksums."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, **options) as file:
            yield file
    except (OSError, pa.ArrowException):
        raise DamagedError(path) from None


def read_table(path: Path, columns: list[str] | None = None, **options: Any) -> pa.Table:
    """Read Parquet, comparing checksums."""
    with checked(path, **options) as file:
        return file.read(columns=columns)


def row_groups(path: Path) -> Iterator[pa.Table]:
    """Read Parquet a row group at a time, comparing checksums."""
    with checked(path) as file:
        number = file.num_row_groups
    for group in range(number):
        with checked(path) as file:
            table = file.read_row_group(group)
        yield table


def check_table(path: Path) -> None:
    """Read a Parquet file through."""
    with checked(path) as file:
        for group in range(file.num_row_groups):
            file.read_row_group(group)


def is_whole(path: Path) -> bool:
    """Whether a Parquet file was written to its end."""
    with path.open("rb") as file:
        return file.seek(0, os.SEEK_END) >= 8 and _last(file, 4) == b"PAR1"


def append_line(path: Path, row: dict[str, Any]) -> None:
    """Add a line of JSON; a line that a stop or a full disk cut off goes first."""
    line = (json.dumps(row, ensure_ascii=False) + "\n").encode()
    with writing_to(path), open(path, "a+b", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        if end and _last(file, 1) != b"\n":
            end = _last(file, end).rfind(b"\n") + 1
        file.truncate(end)
        try:
            while line:
                line = line[file.write(line) :]
        except OSError:
            file.truncate(end)
            raise


def _last(file: Any, number: int) -> bytes:
    """So many bytes at the end of a file, which has as many."""
    file.seek(-number, os.SEEK_END)
    return bytes(file.read())


def read_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Rows of a file of JSON lines, and how many lines were cut off or damaged."""
    rows, damaged = [], 0
    for line in path.read_bytes().splitlines(keepends=True) if path.is_file() else ():
        try:
            row = json.loads(line if line.endswith(b"\n") else b"")
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            damaged += 1
    return rows, damaged


def claim(folder: Path) -> FileLock:
    """Take a folder's lock, which holds until it is released or the process ends.

    Raises StoreError: one line that says who has it.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = locked(folder, PATIENCE)
    if lock is None:
        raise StoreError(
            f"{folder}: found {_holder(folder)} at work in it, allowed one at a time; "
            "wait for it, or name another folder"
        )
    return lock


def is_worked_on(folder: Path) -> bool:
    """Whether a process works on a folder, as far as its lock tells."""
    if not (folder / LOCK).exists():
        return False
    try:
        lock = locked(folder)
    except OSError:  # the folder cannot be written to
        return True
    if lock is not None:
        lock.release()
    return lock is None


def locked(folder: Path, seconds: float = 0.0) -> FileLock | None:
    """Take a folder's lock, or nothing if another process still has it after so long."""
    lock = FileLock(folder / LOCK, thread_local=False)
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return None
    if not isinstance(lock, SoftFileLock):  # whose file has its own content
        with suppress(OSError):  # of a message only; Windows does not let a locked file be written
            (folder / LOCK).write_text(
                f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8"
            )
    return lock


def _holder(folder: Path) -> str:
    try:
        lines = (folder / LOCK).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    return lines[0] if lines and lines[0].startswith("process ") else "another process"


def is_used(folder: Path) -> bool:
    """Whether a path exists and holds more than a lock, shares and what was left half-written."""
    if not folder.is_dir():
        return folder.exists()
    return any(
        path.name != LOCK and not path.name.startswith(SHARD) and not is_temporary(path)
        for path in folder.iterdir()
    )


def next_to(folder: Path) -> Path:
    """The first free sibling: ``compare-2``, ``compare-3``, …"""
    n, folder = 2, folder if folder.name else folder.absolute()
    while is_used(folder.with_name(f"{folder.name}-{n}")):
        n += 1
    return folder.with_name(f"{folder.name}-{n}")
