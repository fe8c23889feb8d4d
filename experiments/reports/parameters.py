"""The page that lists every parameter of the model: `docs/parameters.md`, made from the schema.

The page is written by ``returnee levers --write-doc`` and checked by a test, so that it cannot drift
from the model. Constants that stand in the rules are read from their source lines.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from returnee import simulation
from returnee.experiments.reports.html import fill
from returnee.experiments.reports.listing import headings
from returnee.experiments.words.texts import basis_of, value_text
from returnee.scenarios import County, levers, load_scenario, walk
from returnee.scenarios.schema.fields import BASES, Basis, basis_counts

CONSTANT = re.compile(r"^([A-Z][A-Z_]*(?:, [A-Z][A-Z_]*)*) = [^#]+  # (.+)$")
SOURCED = re.compile(r"\(assumed\)|\b(?:BH|[A-Z])\d{2,3}\b")
COMMAND = "returnee levers --write-doc docs/parameters.md"


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
            parts = path.relative_to(folder).with_suffix("").parts
            module = importlib.import_module(".".join([simulation.__name__, *parts]))
            for name in found[1].split(", "):
                yield f"{path.stem}.{name}", f"{getattr(module, name):g}", found[2]


def counts() -> dict[str, dict[Basis, int]]:
    """How many defaults of each room (policy, behaviour, county) rest on what."""
    by_room = groupby(levers, lambda lever: lever.key.partition(".")[0])
    return {room: basis_counts(inner) for room, inner in by_room}


def document() -> str:
    """The page, in Markdown."""
    titles, by = headings("en"), groupby(levers, lambda lever: lever.key.rpartition(".")[0])
    grouped = [(f"{titles[key]} (`{key}`)", list(inner)) for key, inner in by]
    return fill(
        "parameters.md.j2", command=COMMAND, names={basis: said[0] for basis, said in BASES.items()},
        rooms={**counts(), "together": basis_counts(levers)}, fixed=list(constants()),
        free=sum(lever.free for lever in levers), groups=grouped, value=value_text, walk=walk,
        basis_of=basis_of, tables=tables_of(load_scenario("baseline").county),
    )  # fmt: skip


def tables_of(county: County) -> list[tuple[str, Any]]:
    """Tables of a county, each with its title."""
    names = ("residents", "children", "townships", "sectors", "city_sectors")
    titles = [f"{name.capitalize().replace('_', ' ')} (`county.{name}`)" for name in names]
    return [(title, getattr(county, name)) for title, name in zip(titles, names)]
