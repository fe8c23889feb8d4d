"""The command ``returnee hindcast``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import answer
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar


@dataclass(frozen=True)
class Held:
    """Which counties are held against the census."""

    files: Path
    province: list[str] | None = None
    each: int = 5
    replicates: int = 4
    write_doc: Path | None = None  # fmt: skip


@spread("hindcast")
def hindcast_command(
    held: Held,
    settings: RunSettings = RunSettings(months=60),
    where: Where = Where(),
    results: Keep = Keep(Path("results/hindcast"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Start counties from the census of 2010, let them live to 2020, and compare with that census."""
    from returnee.experiments.reports.calibration.hindcast import Forecasts, write_document
    from returnee.experiments.studies.hindcast import PROVINCES, hindcast

    found = hindcast(
        held.files, held.province or PROVINCES, held.each, held.replicates, settings, where,
        results, Bar().say,
    )  # fmt: skip
    found.figures.to_csv(found.folder / "hindcast.csv", index=False)
    if held.write_doc is not None:
        Bar().say(f"written: {write_document(found, held.write_doc)}")
    answer(Forecasts(found, shown.lang), found.folder / "report.html", shown.as_json)
