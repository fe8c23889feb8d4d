"""The command ``returnee compare``, with one set of parameters or over an ensemble of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.whom import people_kept
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.scenarios import scenario_names

COMPARE_EXAMPLES = """Examples:

  returnee compare\n
  returnee compare linked --against siloed --replicates 40\n
  returnee compare baseline --set policy.training.places=2000\n
  returnee compare linked --set 'policy.linkage.referral={1 = 0.1, 25 = 0.9}'\n
  returnee compare --over ensemble\n
  returnee compare --json > found.json

With --json: scenarios (effects and cost ratios of each), and as rows planned (spending by programme), support (waits,
queues, refusals), funnel (founders' files by stage), equity (outcomes by group of people), and quality_ranks (ranks
over all weightings of the return quality index).

A comparison that was stopped goes on where it was when the same command is given again.
"""


@dataclass(frozen=True)
class Compared:
    """What is compared."""

    all_: Annotated[bool, typer.Option("--all", help="Compare all scenarios that ship.")] = False
    against: Annotated[str, typer.Option(help="The reference.")] = "baseline"
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Set a lever or parameter; may be given more than once. policy keys apply to the "
            "compared scenarios and not to the reference; county and behaviour keys apply to all.",
        ),
    ] = None
    over: Annotated[
        str | None,
        typer.Option(
            metavar="ensemble|FILE",
            help="Compare in every parameter set of the ensemble that ships, or of a .csv file.",
        ),
    ] = None
    sets: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="With --over: so many sets, far from each other; all if left out."
        ),
    ] = None
    replicates: Annotated[
        int | None,
        typer.Option(help="Paired runs of each scenario: 20; with --over 2 of each set."),
    ] = None
    people: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Replicates that are compared person by person (whom a policy changed); at most "
            "10 if left out, 0 for none.",
        ),
    ] = None  # fmt: skip


@spread(out="Folder; results/compare, or results/compare-ensemble.")
def compare_command(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Names or .toml files; the main ones if left out.")
    ] = None,
    compared: Compared = Compared(),
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(progress=True),
    shown: Shown = Shown(),
) -> None:
    """Compare scenarios with a reference: same people, same luck, many replicates."""
    if compared.all_ and scenarios:
        raise UsageError(f"--all: found scenarios named too ({scenarios[0]}), allowed one of both")
    names = scenario_names() if compared.all_ else scenarios or None
    options: dict[str, Any] = {
        "against": compared.against, "overrides": shell.overrides_of(compared.set_),
        "settings": settings, "where": where,
    }  # fmt: skip
    if compared.over is not None:
        _over(names, compared, options, results, shown)
        return
    if compared.sets is not None:
        raise UsageError(f"--sets: found {compared.sets} without --over, allowed with it")
    _compare(names, compared, options, results, shown)


def _compare(
    names: list[str] | None, compared: Compared, options: Mapping[str, Any], results: Keep,
    shown: Shown,
) -> None:  # fmt: skip
    from returnee.experiments.reports.compare import as_json as comparison_json
    from returnee.experiments.reports.compare import show_comparison, write_report
    from returnee.experiments.reports.listing import left_out_notice, size_warning
    from returnee.experiments.studies.compare import compare

    folder = Path(results.out or "results/compare")
    count = 20 if compared.replicates is None else compared.replicates
    people = people_kept(compared.people, count)
    results = replace(results, out=folder)
    found = compare(names, replicates=count, people=people, results=results, **options)
    lang = shown.lang
    for notice in (size_warning, left_out_notice):
        shell.warn(next(filter(None, (notice(s, lang) for s in found.plan.scenarios.values())), ""))
    folder = found.folder or folder
    with shell.reporting(folder):
        report = write_report(found, folder / "report.html", lang)
    if shown.as_json:
        shell.print_json(comparison_json(found, lang))
    else:
        show_comparison(found, shell.console_of(), lang)
    shell.end(report, found.failures)


def _over(
    names: list[str] | None, compared: Compared, options: Mapping[str, Any], results: Keep,
    shown: Shown,
) -> None:  # fmt: skip
    """Compare in every parameter set of an ensemble."""
    from returnee.experiments.reports.ensemble import as_json, show, write_page
    from returnee.experiments.studies.compare_ensemble import REPLICATES, Ensemble, compare_ensemble

    count = REPLICATES if compared.replicates is None else compared.replicates
    results = replace(results, out=results.out or "results/compare-ensemble")
    within = Ensemble(str(compared.over), compared.sets)
    found = compare_ensemble(names, within=within, replicates=count, results=results, **options)
    with shell.reporting(found.folder):
        report = write_page(found, found.folder / "report.html", shown.lang)
    if shown.as_json:
        shell.print_json(as_json(found, shown.lang))
    else:
        show(found, shell.console_of(), shown.lang)
    shell.end(report, found.failures)
