"""The page of every column and measure that the program writes: `docs/columns.md`.

The page is written by ``returnee columns --write-doc`` and checked by a test, which makes each file
from tiny runs and holds its columns against `FILES`, read from ``data/columns.toml``. Columns of a run's tables are described in
`returnee.simulation.columns`, measures where they are defined. Names in angle brackets stand for several:
``<measure>`` for every measure, ``<key>`` for dotted keys of levers and parameters, ``<n>`` for
numbers.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from returnee import simulation
from returnee.experiments.measuring.files import KINDS, REASONS, STAGES, STEPS
from returnee.experiments.measuring.groups import COUNTED, DIMENSIONS, PEOPLE, PEOPLE_AT_END
from returnee.experiments.measuring.measures import DERIVED, MEASURES
from returnee.experiments.measuring.people import SUPPORT
from returnee.experiments.reports.html import fill
from returnee.experiments.studies.patterns import BY_KEY as PATTERNS
from returnee.experiments.words.texts import words
from returnee.scenarios import levers
from returnee.simulation.columns import TABLES, Column
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.state.programmes import PROGRAMMES

COMMAND = "returnee columns --write-doc docs/columns.md"
TABLE = Path(__file__).parents[1] / "data" / "columns.toml"


class File(NamedTuple):
    """A file that commands write."""

    name: str  # folder, as the command calls it, and name
    module: str  # where its figures are computed
    about: str  # what a row is, or what the file holds
    columns: tuple[Column, ...]  # names of columns, or the keys at the top of a JSON file


SAID: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
"""The table of files and columns."""
FILLED = {
    "support": SUPPORT, "kinds": KINDS, "stages": STAGES, "reasons": REASONS, "steps": STEPS,
    "counted": (*(c.name for c in COUNTED), PEOPLE, PEOPLE_AT_END), "dimensions": DIMENSIONS,
}  # fmt: skip
"""Lists of names that the table of files leaves out."""


def _columns(text: str, shared: Mapping[str, str]) -> tuple[Column, ...]:
    """Columns from lines ``name | unit | meaning``; ``@`` and a name stands for those shared."""
    columns: list[Column] = []
    for line in text.strip().splitlines():
        if line.startswith("@"):
            columns += _columns(shared[line[1:]], shared)
        else:
            name, unit, meaning = (part.strip() for part in line.split("|", 2))
            for key, names in FILLED.items():
                meaning = meaning.replace(f"{{{key}}}", ", ".join(names))
            columns.append(Column(name, unit, meaning))
    return tuple(columns)


NOTES: dict[str, str] = SAID["notes"]
FILES = tuple(
    File(
        row["name"], f"returnee.{row['module']}", row["about"],
        TABLES[row["as"]] if "as" in row else _columns(row["columns"], SAID["shared"]),
    )
    for row in SAID["file"]
)  # fmt: skip
BY_FILE = {file.name: file for file in FILES}
FAMILIES = _columns("@families", SAID["shared"])
"""Names that stand beside the measures in the column ``indicator`` of tidy tables."""


def _any(names: object) -> str:
    return "(?:" + "|".join(re.escape(str(name)) for name in names) + ")"  # type: ignore[attr-defined]


@cache
def _places() -> dict[str, str]:
    """What may stand for each name in angle brackets, as patterns."""
    keys = [lever.key for lever in levers]
    return {
        **{name.removesuffix("s"): _any(names) for name, names in FILLED.items()},
        "measure": _any(m.name for m in MEASURES), "key": _any(keys), "n": r"\d+", "group": ".+",
        "paid": _any(PROGRAMMES), "pattern": _any(PATTERNS),
    }  # fmt: skip


def fits(column: Column, name: str) -> bool:
    """Whether a column's row in the page describes a column of this name.

    >>> fits(Column("rank_<n>", "share", ""), "rank_2"), fits(Column("low", "", ""), "high")
    (True, False)
    """
    return _pattern(column.name).fullmatch(name) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"<(\w+)>", lambda found: _places()[found[1]], re.escape(name)))


@cache
def _homes() -> dict[str, set[str]]:
    """Modules of the simulation that set a month's figures, by the name of the figure."""
    folder = Path(simulation.__file__).parent
    found: defaultdict[str, set[str]] = defaultdict(set)
    sets = re.compile(r"\b(?:month|now)\.(\w+)\s*[-+/*]?=(?!=)")
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        for measure in sets.findall(path.read_text(encoding="utf-8")):
            found[measure].add(".".join(["returnee.simulation", *parts]))
    return found


def home_of(measure: str) -> str:
    """Modules in which a measure is computed, from the lines that set it."""
    if measure in {m.name for m in DERIVED}:
        return "returnee.experiments.measuring.measures"
    if measure not in {m.name for m in INDICATORS}:
        return "returnee.simulation.state.money"  # of the ledger
    return ", ".join(sorted(_homes()[measure]))


def document() -> str:
    """The page, in Markdown."""
    return fill(
        "columns.md.j2", command=COMMAND, measures=MEASURES, notes=NOTES, home_of=home_of,
        meaning=_meaning, families=FAMILIES,
        tables={name: columns for name, columns in TABLES.items() if name != "monthly"},
        files=[file for file in FILES if file.columns not in TABLES.values()],
    )  # fmt: skip


def _meaning(column: Column) -> str:
    names = [words(lang)["programmes"].get(column.name, "programme") for lang in ("en", "zh")]
    return column.meaning.format(programme=" ".join(dict.fromkeys(names)))
