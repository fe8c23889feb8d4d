"""The document on validation: what fits, what doesn't, what is assumed, what it is not for."""

from __future__ import annotations

import shlex
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from returnee.experiments.files import write_text
from returnee.experiments.reports import document
from returnee.experiments.reports.html import fill, standalone
from returnee.experiments.reports.parameters import constants, counts, tables_of
from returnee.experiments.reports.validation.charts import patterns_chart, responses_chart
from returnee.experiments.reports.validation.report import Page
from returnee.experiments.studies.face import Face
from returnee.experiments.studies.patterns import FITTED, PATTERNS, REPORT, SOFT, TESTED
from returnee.experiments.studies.validation import Validation
from returnee.experiments.studies.validation_over import ValidationOver
from returnee.experiments.words.texts import percent
from returnee.scenarios import levers, load_scenario, walk
from returnee.scenarios.schema.fields import basis_counts


class Sources(NamedTuple):
    """How many parameters of one kind are measured, bounded, fitted, or assumed."""

    name: str
    all: int
    measured: int
    bound: int
    free: int

    @property
    def assumed(self) -> int:
        """Without evidence, and not moved by calibration."""
        return self.all - self.measured - self.bound - self.free


ROOMS = {"county": "county facts", "policy": "policy levers", "behaviour": "behaviour parameters"}


def sources() -> list[Sources]:
    """Parameters by kind and their sum, counted from the schema as in the page of parameters."""
    rows = []
    for room, n in counts().items():
        free = sum(v.free and v.basis == "assumed" for v in levers if v.key.startswith(f"{room}."))
        rows.append(Sources(ROOMS[room], sum(n.values()), n["measured"], n["bound"], free))
    return [*rows, Sources("together", *(sum(column) for column in list(zip(*rows))[1:]))]


def besides() -> list[Sources]:
    """What stands beside the parameters: cells of the bundled county's tables, and constants."""
    county = load_scenario("baseline").county
    rows = chain(*(rows for _, rows in tables_of(county)))
    cells = basis_counts(lever for row in rows for _, lever in walk(row))
    known = sum(cells.values()), cells["measured"], cells["bound"], 0
    fixed = ["(assumed)" in comment for _, _, comment in constants()]
    return [
        Sources("cells of the bundled county's tables", *known),
        Sources("constants in the rules", len(fixed), fixed.count(False), 0, 0),
    ]


def facts() -> dict[str, str]:
    """Sentences of the document that need no run, to be checked against the schema."""
    rows, total = sources(), sources()[-1]
    share = percent(total.measured / total.all)
    fitted, tested, soft, told = (
        sum(p.use == use for p in PATTERNS) for use in (FITTED, TESTED, SOFT, REPORT)
    )
    sentence = (
        f"Of {total.all} defaults {total.measured} are measured ({share}); of {total.bound} more the "
        f"evidence gives a sign or a bound only, {total.free} more are moved by calibration, and "
        f"{total.assumed} are assumed."
    )
    table = "\n".join(
        f"| {r.name} | {r.all} | {r.measured} | {r.bound} | {r.free} | {r.assumed} |"
        for r in (*rows, *besides())
    )
    numbers = len({p.number for p in PATTERNS})
    patterns = (
        f"{numbers} patterns give {len(PATTERNS)} figures: {fitted} that calibration may use (C), "
        f"{tested} kept for validation (V), {soft} with a loose band (soft), and {told} that are only "
        "told (report)."
    )
    return {"sentence": sentence, "table": table, "patterns": patterns}


def write_document(found: Validation, face: Face, over: ValidationOver, path: Path) -> Path:
    """Write the document in Markdown, with its figures in ``images`` beside it.

    `found`, `over`: of all patterns, with the parameters in use and over the ensemble.
    """
    page = Page(found, face, over=over)
    figures = {"validation": patterns_chart(found), "validation-responses": responses_chart(face)}
    for name, svg in figures.items():
        write_text(path.parent / "images" / f"{name}.svg", standalone(svg))
    again = shlex.join(["returnee", "validate", "--write-doc", "docs/validation.md"])
    text = fill(
        "validation.md.j2", page=page, text=page.text, facts=facts(), again=again,
        named=document.facts("en"),
    )  # fmt: skip
    return write_text(path, text)
