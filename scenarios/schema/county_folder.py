"""Files of a county's folder: found, read, what they held when a scenario was made, written whole."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from returnee.scenarios.schema.errors import ScenarioError, guess, nearest, problem, show

FOLDER = Path(__file__).absolute().parents[1]
SHIPPED_COUNTIES = FOLDER / "counties"
COUNTY_TABLES = ("workers.csv", "ties.csv")
"""Files a county folder may hold beside ``county.toml``; their content is part of a scenario's id."""

Digests = tuple[tuple[str, str], ...]


def unusable(path: Path, error: OSError, allowed: str) -> ScenarioError:
    """Make the error of a file that the operating system refuses."""
    full = error.errno == errno.ENOSPC
    reason = "no space left on the disk" if full else (error.strerror or str(error)).lower()
    return problem(str(path), "", reason, allowed)


def tables_in(folder: Path) -> dict[str, bytes]:
    """Read the tables that a county's folder holds, by name."""
    found = {}
    for name in COUNTY_TABLES:
        path = folder / name
        try:
            if path.is_file():
                found[name] = path.read_bytes()
        except OSError as error:
            raise unusable(path, error, "a table that can be read") from None
    return found


def _digests(tables: dict[str, bytes]) -> Digests:
    return tuple(
        (name, hashlib.sha256(content).hexdigest()) for name, content in sorted(tables.items())
    )


def digests_of(folder: Path) -> Digests:
    """Give name and SHA-256 of each table that a county's folder holds, by name."""
    return _digests(tables_in(folder))


def county_digest(folder: Path) -> str:
    """Give sixteen hex digits of all that a county's folder holds: its facts and its tables."""
    try:
        facts = (folder / "county.toml").read_bytes()
    except OSError as error:
        raise unusable(folder / "county.toml", error, "a county that can be read") from None
    digests = [hashlib.sha256(facts).hexdigest(), *(sha for _, sha in digests_of(folder))]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:16]


def unchanged_tables(folder: Path | None, files: Digests) -> dict[str, bytes]:
    """Read the tables of a county's folder, which must be those that a scenario was made with.

    Parameters
    ----------
    folder : pathlib.Path or None
        Of the scenario.
    files : tuple of (str, str)
        Name and SHA-256 of each table then.

    Raises
    ------
    ScenarioError
        If a table was changed, is gone, or has come since.
    """
    if folder is None:
        return {}
    tables = tables_in(folder)
    then, now = dict(files), dict(_digests(tables))
    for name in COUNTY_TABLES:
        if then.get(name) != now.get(name):
            how = "is new" if name not in then else "changed" if name in now else "is gone"
            raise problem(
                str(folder / name),
                "",
                f"a file that {how} since the scenario was loaded",
                "the one that was loaded: load the scenario again",
            )
    return tables


def gbk_hint(content: bytes) -> str:
    """Say so if bytes that are not UTF-8 may be GBK, as programs in China often write."""
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (GBK, it seems: save it again as UTF-8)"


def find_county(value: Any, source: str, start: Path) -> Path:
    """Find a county by name among those that ship, or a folder by path.

    Parameters
    ----------
    value : str or pathlib.Path
        A name, or a folder named from `start`.
    source : str
        File in which it was given, for errors.
    start : pathlib.Path
        Folder of that file.

    Returns
    -------
    pathlib.Path
        The county's folder, absolute.

    Raises
    ------
    ScenarioError
        If there is no county.
    """
    allowed = "a county's name or folder"
    if isinstance(value, int) and not isinstance(value, bool):
        raise problem(source, "county", show(value), f'{allowed}, in quotes: "{value}"')
    if not isinstance(value, str | Path) or value == "":
        raise problem(source, "county", show(value), allowed)
    shipped = sorted(path.parent.name for path in SHIPPED_COUNTIES.glob("*/county.toml"))
    if value in shipped:
        return SHIPPED_COUNTIES / value
    folder = start / value
    try:
        if (folder / "county.toml").is_file():
            return folder.absolute()
    except (OSError, ValueError):
        pass
    found = show(str(value)) + guess(nearest(str(value), shipped))
    names = ", ".join(shipped)
    raise problem(source, "county", found, f"{names}, or a folder with a county.toml")


def county_label(folder: Path) -> str:
    """Name the facts of a county in errors: the full path, unless it ships."""
    shipped = folder.parent == SHIPPED_COUNTIES
    return f"{folder.name}/county.toml" if shipped else str(folder / "county.toml")


def read_toml(path: Path, label: str) -> dict[str, Any]:
    """Read TOML; a byte-order mark, as some editors write, is allowed."""
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        key = f"line {line[1]}" if line else ""
        raise problem(label, key, f"a mistake: {error}", "TOML") from None
    except UnicodeDecodeError:
        found = "text that is not UTF-8" + gbk_hint(path.read_bytes())
        raise problem(label, "", found, "TOML in UTF-8") from None
    except OSError as error:
        reason = (error.strerror or "an unreadable file").lower()
        raise problem(label, "", reason, "a TOML file") from None
    except (ValueError, RecursionError) as error:  # a name or number no file system or int takes
        raise problem(label, "", f"a mistake: {error}", "a TOML file") from None


@lru_cache(maxsize=32)
def _parsed(text: str) -> dict[str, Any]:
    """TOML as tables, which nobody may change: parsing is most of the work of reading a file."""
    return tomllib.loads(text)


@contextmanager
def written_whole(path: Path, label: str = "") -> Iterator[IO[str]]:
    """Open a text file to be written; it is there whole in the end, or what was there stays.

    Parameters
    ----------
    path : pathlib.Path
    label : str
        Its name in errors, if that is another.

    Raises
    ------
    ScenarioError
        If it cannot be written; names the file.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        try:
            with new.open("w", encoding="utf-8", newline="") as file:
                yield file
            new.replace(path)
        except OSError as error:
            raise unusable(Path(label or path), error, "a file that can be written") from None
    finally:
        with suppress(OSError):
            new.unlink()
