"""The command ``returnee hindcast``."""

from __future__ import annotations

from pathlib import Path

from returnee.experiments.commands.options import How, spread, usual
from returnee.experiments.commands.shell import answer
from returnee.experiments.running.progress import Bar


@spread("hindcast")
def hindcast_command(
    files: Path,
    province: list[str] | None = None,
    each: int = 5,
    replicates: int = 4,
    write_doc: Path | None = None,
    how: How = usual("results/hindcast", months=60),
) -> None:
    """Start counties from the census of 2010, let them live to 2020, and compare with that census."""
    from returnee.experiments.reports.calibration.hindcast import Forecasts, write_document
    from returnee.experiments.studies.hindcast import PROVINCES, hindcast

    taken = files, province or PROVINCES, each, replicates
    found = hindcast(*taken, **how.options, say=Bar().say)
    found.figures.to_csv(found.folder / "hindcast.csv", index=False)
    if write_doc is not None:
        Bar().say(f"written: {write_document(found, write_doc)}")
    answer(Forecasts(found, how.lang), found.folder / "report.html", how.as_json)
