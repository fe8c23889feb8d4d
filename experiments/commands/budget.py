"""The command ``returnee budget``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.commands.options import (
    AsNewOption,
    JsonOption,
    LangOption,
    Language,
    LocalOption,
    MonthsOption,
    ProcessesOption,
    SampleOption,
    SchedulerOption,
    SeedOption,
    WorkersOption,
)
from returnee.experiments.commands.shell import (
    INTERRUPTED,
    console_of,
    overrides_of,
    print_json,
    reporting,
    stop,
)
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

BUDGET_EXAMPLES = """Examples:

  returnee budget --per-year 10000000\n
  returnee budget --per-year 8e6 --maximise firms_surviving,jobs --trials 400\n
  returnee budget --per-year 8e6 --lever policy.training.places --lever policy.services.mentors
"""


def budget_command(
    per_year: Annotated[
        float, typer.Option("--per-year", metavar="YUAN", help="Cap on all spending in a year.")
    ],
    maximise: Annotated[
        str, typer.Option(metavar="MEASURE,...", help="What is to be made as large as can be.")
    ] = "firms_surviving,jobs,return_quality",
    lever: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Lever to search over; may be given more than once. All of programmes and linkage if left out."),
    ] = None,
    trials: Annotated[int, typer.Option(help="Mixes to try.")] = 200,
    population: Annotated[int, typer.Option(help="Mixes in one generation.")] = 24,
    keep: Annotated[int, typer.Option(help="Mixes looked at under many assumptions.")] = 8,
    worlds: Annotated[int, typer.Option(help="Sets of assumptions.")] = 20,
    over: Annotated[
        str,
        typer.Option(metavar="ensemble|free|FILE", help="Sets of assumptions: the ensemble that ships, a .csv file of such sets, or around the values in use."),
    ] = "ensemble",
    replicates: Annotated[int, typer.Option(help="Runs of each mix.")] = 4,
    sample: SampleOption = 0.01,
    months: MonthsOption = 120,
    seed: SeedOption = 1,
    scenario: Annotated[str, typer.Option(help="Scenario the mixes are laid on.")] = "baseline",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a key in every mix; may be given more than once."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder.")] = Path("results/budget"),
    workers: WorkersOption = None,
    processes: ProcessesOption = False,
    scheduler: SchedulerOption = "",
    local_cluster: LocalOption = 0,
    as_new: AsNewOption = False,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Search for the mixes of levers that make the most of a yearly budget."""
    from returnee.experiments.files import write_text
    from returnee.experiments.numbers import plain
    from returnee.experiments.reports.budget import budget_page, sentences
    from returnee.experiments.running.executors import Where
    from returnee.experiments.studies.budget import STORED, budget, write_plain

    options = {
        "per-year": f"{per_year:.12g}", "maximise": maximise, "trials": trials,
        "population": population, "keep": keep, "worlds": worlds, "over": over,
        "replicates": replicates, "sample": sample, "months": months, "seed": seed, "scenario": scenario,
    }  # fmt: skip
    words = ["returnee", "budget"]
    words += [w for key, value in options.items() for w in (f"--{key}", str(value))]
    for name, values in (("lever", lever), ("set", set_)):
        words += [w for value in values or () for w in (f"--{name}", value)]
    measures = [name.strip() for name in maximise.split(",") if name.strip()]
    try:
        found = budget(
            per_year, measures, levers=lever or (), trials=trials, population=population,
            keep=keep, worlds=worlds, over=over, replicates=replicates, sample=sample,
            months=months, seed=seed, scenario=scenario, overrides=overrides_of(set_), out=out,
            where=Where(workers, processes, scheduler, local_cluster), progress=True,
            as_new=as_new, command=shlex.join(words),
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    write_plain(found.folder / STORED, found)
    with reporting(found.folder):
        report = write_text(found.folder / "report.html", budget_page(found, lang))
    if as_json:
        print_json([plain(row) for row in found.table.reset_index().to_dict("records")])
    else:
        for line in sentences(found, lang):
            console_of().print(line, highlight=False)
    Bar().say(f"report: {report}")
