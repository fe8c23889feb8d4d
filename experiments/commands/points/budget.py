"""The command ``returnee budget``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.studies.efforts import BudgetEffort


@dataclass(frozen=True)
class Laid:
    """What mixes are laid on."""

    scenario: str = "baseline"
    set_: list[str] | None = None


@spread("budget")
def budget_command(
    per_year: float,
    maximise: str = "firms_surviving,jobs,return_quality",
    effort: BudgetEffort = BudgetEffort(),
    laid: Laid = Laid(),
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(Path("results/budget"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Search for the mixes of levers that make the most of a yearly budget."""
    from returnee.experiments.reports.points.budget import Mixes
    from returnee.experiments.studies.points.budget import STORED, budget, write_plain

    found = budget(
        per_year, [name.strip() for name in maximise.split(",") if name.strip()], effort=effort,
        scenario=laid.scenario, overrides=shell.overrides_of(laid.set_), settings=settings, where=where,
        results=results,
    )  # fmt: skip
    write_plain(found.folder / STORED, found)
    shell.answer(Mixes(found, shown.lang), found.folder / "report.html", shown.as_json)
