"""The commands ``returnee sweep``, ``returnee status`` and ``returnee merge``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import JsonOption, Shown, spread
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.running.progress import Bar

LONG = 60.0  # seconds that a plan expects, about twice those of a fast machine
SWEEP_EXAMPLES = """Examples:

  returnee sweep design.toml --dry-run\n
  returnee sweep design.toml\n
  returnee sweep design.toml --shard 2/8\n
  returnee sweep design.toml --local-cluster 4\n
  returnee sweep design.toml --scheduler tcp://node1:8786

A design names scenarios and what is varied: a list is swept, a scalar is fixed.

  scenarios = ["baseline", "linked"]\n
  replicates = 5\n
  [axes]\n
  policy.training.places = [500, 1500]\n
  behaviour.firm.luck_sd = {low = 0.2, high = 0.4, steps = 3}

A sweep that was stopped goes on where it was when the same command is given again.
"""
STATUS_EXAMPLES = """Examples:

  returnee status results/sweep-design
"""
MERGE_EXAMPLES = """Examples:

  returnee merge results/sweep-design\n
  returnee merge results/compare\n
  returnee merge results/all node1/results node2/results
"""


MeasureOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MEASURE",
        help="Column of the report; may be given more than once. firms_surviving, jobs, "
        "return_quality and public_cost if left out.",
    ),
]


def measures_of(given: list[str] | None, months: int | None = None) -> tuple[str, ...]:
    """Measures that a report is about; refused are those that no run of so many months can have."""
    from returnee.experiments.measuring.measures import check_horizon, check_measure
    from returnee.experiments.measuring.selections import OVER_AXES

    for name in given or ():
        check_measure(name)
    if months is not None:
        check_horizon(given or (), months)
    return tuple(dict.fromkeys(given)) if given else OVER_AXES


def write_report(folder: Path, lang: str, measures: Sequence[str]) -> None:
    """Write the page of a finished sweep beside its table, and say where."""
    from returnee.experiments.files import write_text
    from returnee.experiments.reports.sweep import sweep_page

    with shell.reporting(folder):
        page = sweep_page(folder, lang, measures)
        if page:
            Bar().say(f"report: {write_text(folder / 'report.html', page)}")


@dataclass(frozen=True)
class Swept:
    """What of a design is done."""

    processes: Annotated[
        bool | None,
        typer.Option(
            "--processes/--threads",
            help="Processes start a second later and then use the processors better; if left out, "
            "processes where there is half a minute of work or more.",
        ),
    ] = None
    max_runs: Annotated[int, typer.Option(help="Refuse more runs than this.")] = MAX_RUNS
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try runs again that failed.")
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and what it will take; run nothing.")
    ] = False
    measure: MeasureOption = None


@spread(processes=None, out="Folder; results/sweep-DESIGN if left out.")
def sweep_command(
    design: Annotated[Path, typer.Argument(help="A design file (TOML).")],
    swept: Swept = Swept(),
    where: Where = Where(),
    results: Keep = Keep(progress=True),
    shown: Shown = Shown(),
) -> None:
    """Run scenarios over a design: grid, Latin hypercube, Sobol sequence or a table of points."""
    from returnee.experiments.running.cost import cost_of, cost_text
    from returnee.experiments.running.design.design import read_design
    from returnee.experiments.running.plan import plan_of
    from returnee.experiments.running.run import run
    from returnee.experiments.studies.sweep import figures_of

    plan = plan_of(read_design(design), swept.max_runs)
    long = plan.runs * plan.seconds_a_run >= LONG
    where = replace(where, processes=long if swept.processes is None else swept.processes)
    where.check()
    measures = measures_of(swept.measure, plan.design.settings.months)
    if swept.dry_run:
        cost = cost_of(plan, where)
        shell.print_json(cost) if shown.as_json else shell.say_plainly(cost_text(cost))
        return
    results = replace(results, out=results.out or Path("results") / f"sweep-{design.stem}")
    command = command_of(design, swept, where, results)
    store = run(plan, figures_of(plan), where, results, command, swept.retry_failed)
    failed = shell.say_status([store.folder], shown.as_json)
    write_report(store.folder, shown.lang, measures)
    if failed:
        raise typer.Exit(shell.SOME_FAILED)


def command_of(design: Path, swept: Swept, where: Where, results: Keep) -> str:
    """The command line that repeats a sweep."""
    options = {
        "out": results.out, "workers": where.workers, "scheduler": where.scheduler,
        "measure": swept.measure,
    }  # fmt: skip
    return command_line(["sweep", design], options)


def status_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of results.")],
    as_json: JsonOption = False,
) -> None:
    """Show what of a folder is finished, failed and left, and how long the rest will take."""
    shell.say_status([folder], as_json)


@spread()
def merge_command(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the one table.")],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER]...", help="Shares; DIR/shard-* if left out."),
    ] = None,
    measure: MeasureOption = None,
    shown: Shown = Shown(),
) -> None:
    """Make one table of the shares of a sweep, comparison, linkage experiment or validation."""
    from returnee.experiments.running.manifests import read_manifest
    from returnee.experiments.running.merge import merge
    from returnee.experiments.running.plan import SweepPlan

    measures = measures_of(measure)
    merged = merge(out, folders or None)
    failed = shell.say_status(merged, shown.as_json)
    if read_manifest(merged[0])["kind"] == SweepPlan.KIND:
        write_report(merged[0], shown.lang, measures)
    else:
        Bar().say("for the report give the command of the shares again, without --shard")
    if failed:
        raise typer.Exit(shell.SOME_FAILED)
