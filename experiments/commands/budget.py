"""The command ``returnee budget``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json, reporting
from returnee.experiments.running.options import Keep, RunSettings, Where

BUDGET_EXAMPLES = """Examples:

  returnee budget --per-year 10000000\n
  returnee budget --per-year 8e6 --maximise firms_surviving,jobs --trials 400\n
  returnee budget --per-year 8e6 --lever policy.training.places --lever policy.services.mentors
"""


@dataclass(frozen=True)
class Searched:
    """What is searched over, and how thoroughly."""

    maximise: Annotated[
        str, typer.Option(metavar="MEASURE,...", help="What is to be made as large as can be.")
    ] = "firms_surviving,jobs,return_quality"
    lever: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Lever to search over; may be given more than once. All of programmes and linkage if left out.",
        ),
    ] = None
    trials: Annotated[int, typer.Option(help="Mixes to try.")] = 200
    population: Annotated[int, typer.Option(help="Mixes in one generation.")] = 24
    keep: Annotated[int, typer.Option(help="Mixes looked at under many assumptions.")] = 8
    worlds: Annotated[int, typer.Option(help="Sets of assumptions.")] = 20
    over: Annotated[
        str,
        typer.Option(
            metavar="ensemble|free|FILE",
            help="Sets of assumptions: the ensemble that ships, a .csv file of such sets, or around the values in use.",
        ),
    ] = "ensemble"
    replicates: Annotated[int, typer.Option(help="Runs of each mix.")] = 4
    scenario: Annotated[str, typer.Option(help="Scenario the mixes are laid on.")] = "baseline"
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a key in every mix; may be given more than once."),
    ] = None  # fmt: skip


@spread(shard=None)
def budget_command(
    per_year: Annotated[
        float, typer.Option("--per-year", metavar="YUAN", help="Cap on all spending in a year.")
    ],
    searched: Searched = Searched(),
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(Path("results/budget"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Search for the mixes of levers that make the most of a yearly budget."""
    from returnee.experiments.files import write_text
    from returnee.experiments.numbers import plain
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
        print_json([plain(row) for row in found.table.reset_index().to_dict("records")])
    else:
        for line in sentences(found, shown.lang):
            console_of().print(line, highlight=False)
    end(report)
