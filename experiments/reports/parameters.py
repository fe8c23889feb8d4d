"""The page that lists every parameter of the model: `docs/parameters.md`, made from the schema.

The page is written by ``returnee levers --write-doc`` and checked by a test, so that it cannot drift
from the model. Constants that stand in the rules are read from their source lines.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from returnee import simulation
from returnee.experiments.files import write_text
from returnee.experiments.reports.listing import headings
from returnee.experiments.words.texts import basis_of, value_text
from returnee.scenarios import Lever, Scenario, levers, load_scenario, walk
from returnee.scenarios.schema.fields import BASES, Basis, basis_counts

CONSTANT = re.compile(r"^([A-Z][A-Z_]*(?:, [A-Z][A-Z_]*)*) = [^#]+  # (.+)$")
SOURCED = re.compile(r"\(assumed\)|\b(?:BH|[A-Z])\d{2,3}\b")
COMMAND = "returnee levers --write-doc docs/parameters.md"
HEAD = "| {} | unit | default | range | rests on | what it is |\n|---|---|---|---|---|---|\n"


def constants() -> Iterator[tuple[str, str, str]]:
    """Constants in the rules that are assumed or have a source.

    Yields `name, value, comment`: name with its module, value as Python writes it, and the comment
    on its line.
    """
    folder = Path(simulation.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = CONSTANT.match(line)
            if found is None or SOURCED.search(found[2]) is None:
                continue
            module = importlib.import_module(_module(path, folder))
            for name in found[1].split(", "):
                yield f"{path.stem}.{name}", f"{getattr(module, name):g}", found[2]


def _module(path: Path, folder: Path) -> str:
    return ".".join([simulation.__name__, *path.relative_to(folder).with_suffix("").parts])


def counts() -> dict[str, dict[Basis, int]]:
    """How many defaults of each room (policy, behaviour, county) rest on what."""
    rooms: dict[str, list[Lever]] = {}
    for lever in levers:
        rooms.setdefault(lever.key.partition(".")[0], []).append(lever)
    return {room: basis_counts(inner) for room, inner in rooms.items()}


def document() -> str:
    """The page, in Markdown."""
    rooms = {**counts(), "together": basis_counts(levers)}
    names = {basis: labels[0] for basis, labels in BASES.items()}
    table = "".join(
        f"| {room} | {sum(n.values())} | {' | '.join(str(n[basis]) for basis in BASES)} |\n"
        for room, n in rooms.items()
    )
    free = sum(lever.free for lever in levers)
    fixed = list(constants())
    parts = [
        "# Parameters\n\n"
        f"Made from the schema by `{COMMAND}`; a test checks that it is current. Ids are rows of "
        "[`evidence.csv`](../scenarios/evidence.csv). Every default has one of three labels:\n\n"
        f"- **{names['measured']}**: the rows give this value, or it follows from them by arithmetic "
        "that the text states; a test holds it against the rows.\n"
        f"- **{names['bound']}**: the rows give no more than its sign, a range or a bound; the value "
        "within is chosen.\n"
        f"- **{names['assumed']}**: no row gives it. Ids in the text are context, not its source.\n\n"
        "*free*: calibration may move it. A value other than the default is nobody's measure: pages "
        "and tables call it an own value.\n\n"
        f"| | defaults | {' | '.join(names.values())} |\n|---|---|---|---|---|\n{table}\n"
        f"{free} behaviour parameters are free."
        + (
            f" Besides, {len(fixed)} constants stand in the rules (last table).\n"
            if fixed
            else "\n"
        )
    ]
    parts += [_group(title, inner) for title, inner in _grouped()]
    parts += [_rows(title, rows) for title, rows in _tables(load_scenario("baseline"))]
    if fixed:
        rows = "".join(f"| `{name}` | {value} | {comment} |\n" for name, value, comment in fixed)
        parts.append(
            "## Constants in the rules\n\n| name | value | what it is |\n|---|---|---|\n" + rows
        )
    return "\n".join(parts)


def write_parameters(path: Path) -> Path:
    """Write the page; return its path."""
    return write_text(path, document())


def _grouped() -> list[tuple[str, list[Lever]]]:
    titles = headings("en")
    found: dict[str, list[Lever]] = {}
    for lever in levers:
        found.setdefault(lever.key.rpartition(".")[0], []).append(lever)
    return [(f"{titles[key]} (`{key}`)", inner) for key, inner in found.items()]


def _group(title: str, inner: list[Lever]) -> str:
    rows = "".join(
        f"| `{lever.key.rpartition('.')[2]}` | {lever.unit} | {value_text(lever.default)} | "
        f"{_range(lever)} | {_source(lever)} | {lever.help_en} {lever.zh} |\n"
        for lever in inner
    )
    return f"## {title}\n\n{HEAD.format('key')}{rows}"


def _range(lever: Lever) -> str:
    if lever.type is bool:
        return "yes/no"
    return f"{value_text(lever.low)}–{value_text(lever.high)}"


def _source(lever: Lever) -> str:
    basis = "**assumed**" if lever.basis == "assumed" else basis_of(lever, "en")
    return basis + (" *free*" if lever.free else "")


def _tables(baseline: Scenario) -> list[tuple[str, Any]]:
    county = baseline.county
    return [
        ("Residents (`county.residents`)", county.residents),
        ("Children (`county.children`)", county.children),
        ("Townships (`county.townships`)", county.townships),
        ("Sectors (`county.sectors`)", county.sectors),
        ("City sectors (`county.city_sectors`)", county.city_sectors),
    ]


def _name(row: Any) -> str:
    return f"{row.name} {row.name_zh}" if hasattr(row, "name") else f"{row.age}–{row.age + 4}"


def _rows(title: str, rows: Any) -> str:
    """A table of a county: a row each; the columns' units and sources below."""
    columns = [lever for _, lever in walk(rows[0])]
    head = "| name | " + " | ".join(f"`{c.key}`" for c in columns) + " |\n"
    lines = "".join(
        f"| {_name(row)} | "
        + " | ".join(value_text(lever.value) for _, lever in walk(row))
        + " |\n"
        for row in rows
    )
    notes = "".join(f"- `{c.key}` ({c.unit}; {_source(c)}): {c.help_en}\n" for c in columns)
    return f"## {title}\n\n{head}|{'---|' * (len(columns) + 1)}\n{lines}\n{notes}"
