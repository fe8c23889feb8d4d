"""What ``returnee compare --over`` does: compare in every parameter set of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from returnee.experiments.commands.shell import (
    INTERRUPTED,
    SOME_FAILED,
    console_of,
    print_json,
    reporting,
    stop,
)
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

OUT = Path("results/compare-ensemble")
OverOption = Annotated[
    str | None,
    typer.Option(metavar="ensemble|FILE", help="Compare in every parameter set of the ensemble that ships, or of a .csv file."),
]  # fmt: skip
SetsOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="With --over: so many sets, far from each other; all if left out."),
]  # fmt: skip


def compare_over(
    scenarios: Sequence[str] | None,
    out: Path | None,
    replicates: int | None,
    lang: str,
    json: bool,
    **options: Any,
) -> None:
    """Run, write the report, and print it; see `compare_ensemble.compare_ensemble`."""
    from returnee.experiments.reports.ensemble import as_json, show, write_page
    from returnee.experiments.studies.compare_ensemble import REPLICATES, compare_ensemble

    try:
        found = compare_ensemble(
            scenarios, replicates=REPLICATES if replicates is None else replicates,
            out=out or OUT, progress=True, **options,
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    with reporting(found.folder):
        report = write_page(found, found.folder / "report.html", lang)
    if json:
        print_json(as_json(found, lang))
    else:
        show(found, console_of(), lang)
    Bar().say(f"report: {report}")
    if found.failures:
        raise typer.Exit(SOME_FAILED)
