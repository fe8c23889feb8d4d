"""Stored results: those of ``--results DIR``, else the small ones that ship with the dashboard.

They are text (JSON and CSV) that commands of `experiments` write; nothing is unpickled.
"""

from __future__ import annotations

import csv
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from returnee.dashboard.settings import RESULTS
from returnee.scenarios.schema.county_folder import FOLDER
from returnee.simulation.fingerprint import fingerprint

SHIPPED = Path(__file__).parents[1] / "data"
EVIDENCE = FOLDER / "evidence.csv"


class Stored(NamedTuple):
    """Content of a stored result.

    Attributes
    ----------
    content : Any
    current : bool
        Whether it comes from the model that is running.
    """

    content: Any
    current: bool


def stored(name: str) -> Stored | None:
    """A JSON file by name, looked for in the folder given and its folders, then among those shipped."""
    for path in _places(name):
        found = _read(path)
        if found is not None:
            return found
    return None


def every(pattern: str) -> list[Stored]:
    """All JSON files of a name pattern in the folder given and its folders; else those shipped."""
    folder = RESULTS.get("folder")
    for places in ([] if folder is None else [folder, *sorted(folder.glob("*/"))], [SHIPPED]):
        found = [_read(path) for place in places for path in sorted(place.glob(pattern))]
        if any(found):
            return [one for one in found if one is not None]
    return []


def _read(path: Path) -> Stored | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    return Stored(content, content.get("fingerprint") == fingerprint())


def _places(name: str) -> list[Path]:
    folder = RESULTS.get("folder")
    given = [] if folder is None else [folder / name, *sorted(folder.glob(f"*/{name}"))]
    return [*given, SHIPPED / name]


@lru_cache(maxsize=1)
def evidence() -> dict[str, dict[str, str]]:
    """Rows of the evidence by id; empty where the documents are not installed."""
    try:
        with EVIDENCE.open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}
    except OSError:
        return {}
