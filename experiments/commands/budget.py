"""The command ``returnee budget``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json, reporting
from returnee.experiments.running.options import Keep, RunSettings, Where


@dataclass(frozen=True)
class Searched:
    """What is searched over, and how thoroughly."""

    maximise: str = "firms_surviving,jobs,return_quality"
    lever: list[str] | None = None
    trials: int = 200
    population: int = 24
    keep: int = 8
    worlds: int = 20
    over: str = "ensemble"
    replicates: int = 4
    scenario: str = "baseline"
    set_: list[str] | None = None  # fmt: skip


@spread("budget")
def budget_command(
    per_year: float,
    searched: Searched = Searched(),
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(Path("results/budget"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Search for the mixes of levers that make the most of a yearly budget."""
    from returnee.experiments.files import write_text
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.budget import budget_page, sentences
    from returnee.experiments.studies.budget import STORED, Effort, budget, write_plain

    s = searched
    effort = Effort(
        s.lever or (), s.trials, s.population, s.keep, s.worlds, s.over, s.replicates
    )  # fmt: skip
    found = budget(
        per_year, [name.strip() for name in s.maximise.split(",") if name.strip()], effort=effort,
        scenario=s.scenario, overrides=overrides_of(s.set_), settings=settings, where=where,
        results=results,
    )  # fmt: skip
    write_plain(found.folder / STORED, found)
    with reporting(found.folder):
        report = write_text(found.folder / "report.html", budget_page(found, shown.lang))
    if shown.as_json:
        print_json(plain_rows(found.table.reset_index()))
    else:
        for line in sentences(found, shown.lang):
            console_of().print(line, highlight=False)
    end(report)
