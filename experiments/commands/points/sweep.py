"""The commands ``returnee sweep``, ``returnee status`` and ``returnee merge``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.running.progress import Bar

LONG = 60.0  # seconds that a plan expects, about twice those of a fast machine


def measures_of(given: list[str] | None, months: int | None = None) -> tuple[str, ...]:
    """Measures that a report is about; refused are those that no run of so many months can have."""
    from returnee.experiments.measuring.measures import check_measures
    from returnee.experiments.measuring.selections import OVER_AXES

    check_measures(given or (), months)
    return tuple(dict.fromkeys(given)) if given else OVER_AXES


def write_report(folder: Path, lang: str, measures: Sequence[str]) -> None:
    """Write the page of a finished sweep beside its table, and say where."""
    from returnee.experiments.files import write_text
    from returnee.experiments.reports.points.sweep import sweep_page

    with shell.reporting(folder):
        page = sweep_page(folder, lang, measures)
        if page:
            Bar().say(f"report: {write_text(folder / 'report.html', page)}")


@dataclass(frozen=True)
class Swept:
    """What of a design is done."""

    processes: bool | None = None
    max_runs: int = MAX_RUNS
    retry_failed: bool = False
    dry_run: bool = False
    measure: list[str] | None = None


@spread("sweep")
def sweep_command(
    design: Path,
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
    from returnee.experiments.studies.points.sweep import figures_of

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
    options = {"out": results.out, "workers": where.workers, "scheduler": where.scheduler}
    command = command_line(["sweep", design], options | {"measure": swept.measure})
    store = run(plan, figures_of(plan), where, results, command, swept.retry_failed)
    failed = shell.say_status([store.folder], shown.as_json)
    write_report(store.folder, shown.lang, measures)
    if failed:
        raise typer.Exit(shell.SOME_FAILED)


@spread("status")
def status_command(folder: Path, as_json: bool = False) -> None:
    """Show what of a folder is finished, failed and left, and how long the rest will take."""
    shell.say_status([folder], as_json)


@spread("merge")
def merge_command(
    out: Path,
    folders: list[Path] | None = None,
    measure: list[str] | None = None,
    shown: Shown = Shown(),
) -> None:
    """Make one table of the shares of a sweep, comparison, linkage experiment or validation."""
    from returnee.experiments.running.manifests import read_manifest
    from returnee.experiments.running.merge import merge
    from returnee.experiments.running.plan import SweepPlan

    measures = measures_of(measure)
    merged = merge(out, folders or None)
    failed = shell.say_status(merged, shown.as_json)
    found = read_manifest(merged[0])
    if found["kind"] == SweepPlan.KIND and found["command"].startswith("returnee sweep "):
        write_report(merged[0], shown.lang, measures)
    else:
        Bar().say("for the report give the command of the shares again, without --shard")
    if failed:
        raise typer.Exit(shell.SOME_FAILED)
