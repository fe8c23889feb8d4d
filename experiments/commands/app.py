"""The command ``returnee``."""

from __future__ import annotations

import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from returnee.experiments.commands.budget import BUDGET_EXAMPLES, budget_command
from returnee.experiments.commands.calibrate import CALIBRATE_EXAMPLES, calibrate_command
from returnee.experiments.commands.discover import DISCOVER_EXAMPLES, discover_command
from returnee.experiments.commands.ensemble import OverOption, SetsOption, compare_over
from returnee.experiments.commands.linkage import LINKAGE_EXAMPLES, linkage_command
from returnee.experiments.commands.options import (
    AsNewOption,
    JsonOption,
    LangOption,
    Language,
    MonthsOption,
    ProcessesOption,
    SampleOption,
    SeedOption,
    SetOption,
    WorkersOption,
)
from returnee.experiments.commands.sensitivity import SENSITIVITY_EXAMPLES, sensitivity_command
from returnee.experiments.commands.shell import (
    INTERRUPTED,
    SOME_FAILED,
    OneLine,
    console_of,
    overrides_of,
    print_json,
    reporting,
    stop,
)
from returnee.experiments.commands.sweep import (
    MERGE_EXAMPLES,
    STATUS_EXAMPLES,
    SWEEP_EXAMPLES,
    merge_command,
    status_command,
    sweep_command,
)
from returnee.experiments.commands.validate import VALIDATE_EXAMPLES, validate_command
from returnee.experiments.commands.whom import WHOM_EXAMPLES, people_kept, whom_command
from returnee.experiments.errors import Interrupted, UsageError
from returnee.experiments.numbers import plain
from returnee.experiments.running.progress import Bar
from returnee.scenarios import load_scenario, scenario_names

OVERVIEW = """Simulate a county from which many people work away, and compare policies that
support those who return to found firms.

Examples:

  returnee scenarios\n
  returnee run baseline --months 60\n
  returnee compare linked siloed --replicates 40\n
  returnee compare baseline --set policy.training.places=2000\n
  returnee levers --lang zh
"""
RUN_EXAMPLES = """Examples:

  returnee run baseline\n
  returnee run my_policy.toml --out results/mine --months 60\n
  returnee run baseline --set policy.finance.loan_cap=300000 --set county.shock.start_month=13
"""
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
COUNTY_EXAMPLES = """Examples:

  returnee county show\n
  returnee county export my_county\n
  returnee county show --set county=my_county --json\n
  returnee county columns
"""

EXIT_CODES = """Exit codes: 0 done; 1 done, but some runs failed; 2 something in the command, a
file or a folder is wrong, which is told in one line; 130 interrupted (what is finished is kept)."""

app = typer.Typer(
    cls=OneLine,
    help=OVERVIEW,
    epilog=EXIT_CODES,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def say_version(asked: bool) -> None:
    """Say the version and leave, if asked."""
    if asked:
        typer.echo(f"returnee {metadata.version('returnee')}")
        raise typer.Exit


@app.callback()
def with_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Options that stand before a command; the help of the whole is `OVERVIEW`."""


county_app = typer.Typer(
    help="Show a county, or write it out to be changed.", epilog=COUNTY_EXAMPLES
)
app.add_typer(county_app, name="county")
app.command("linkage", epilog=LINKAGE_EXAMPLES)(linkage_command)
app.command("calibrate", epilog=CALIBRATE_EXAMPLES)(calibrate_command)
app.command("validate", epilog=VALIDATE_EXAMPLES)(validate_command)
app.command("whom", epilog=WHOM_EXAMPLES)(whom_command)
app.command("budget", epilog=BUDGET_EXAMPLES)(budget_command)
app.command("discover", epilog=DISCOVER_EXAMPLES)(discover_command)
app.command("sensitivity", epilog=SENSITIVITY_EXAMPLES)(sensitivity_command)
app.command("sweep", epilog=SWEEP_EXAMPLES)(sweep_command)
app.command("status", epilog=STATUS_EXAMPLES)(status_command)
app.command("merge", epilog=MERGE_EXAMPLES)(merge_command)

CompareSet = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a lever or parameter; may be given more than once. policy keys apply to the "
        "compared scenarios and not to the reference; county and behaviour keys apply to all.",
    ),
]
ScenarioOption = Annotated[
    str, typer.Option(help="Scenario whose county is meant: a name or a file.")
]


@app.command("run", epilog=RUN_EXAMPLES)
def run_command(
    scenario: Annotated[str, typer.Argument(help="A scenario's name, or a .toml file.")],
    set_: SetOption = None,
    months: MonthsOption = 120,
    sample: SampleOption = 0.1,
    seed: SeedOption = 1,
    replicate: Annotated[
        int, typer.Option(help="Which luck: runs with the same number are paired.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder; results/run-SCENARIO if left out.")
    ] = None,
    as_new: AsNewOption = False,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:
    """Run one scenario once; print it by year and keep all tables."""
    from returnee.experiments.keys import Settings, check
    from returnee.experiments.reports.listing import size_warning
    from returnee.experiments.reports.single import RunFolder, show_run, support_json, yearly
    from returnee.experiments.running.runner import compile_first
    from returnee.simulation import simulate

    overrides = overrides_of(set_)
    read = load_scenario(scenario, overrides)
    settings = Settings(seed, sample, months)
    check(read, replicate, settings)
    folder = out or Path("results") / f"run-{read.name}"
    warn(size_warning(read, lang))
    options = {"months": months, "sample": f"{sample:g}", "seed": seed, "replicate": replicate}
    command = shlex.join(
        ["returnee", "run", scenario]
        + [word for text in set_ or () for word in ("--set", text)]
        + [word for key, value in options.items() for word in (f"--{key}", str(value))]
    )
    with RunFolder(folder, read, replicate, settings, command, as_new) as place:
        folder = place.folder
        try:
            compile_first(Bar().say)
            run = simulate(read, replicate, seed, sample, months)
            place.save(run, lang)
        except KeyboardInterrupt:
            stop(f"interrupted: nothing of this run was written to {folder}", INTERRUPTED)
    Bar().say(f"written to {folder}")
    if as_json:
        years = yearly(run.monthly).reset_index()
        rows = [plain(row) for row in years.to_dict("records")]
        facts = {"scenario": read.name, "id": read.id, "folder": str(folder), "years": rows}
        print_json({**facts, **support_json(run)})
    else:
        show_run(run, console_of(), lang)


@app.command("compare", epilog=COMPARE_EXAMPLES)
def compare_command(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Names or .toml files; the main ones if left out.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Compare all scenarios that ship.")] = False,
    against: Annotated[str, typer.Option(help="The reference.")] = "baseline",
    set_: CompareSet = None,
    over: OverOption = None,
    sets: SetsOption = None,
    replicates: Annotated[
        int | None,
        typer.Option(help="Paired runs of each scenario: 20; with --over 2 of each set."),
    ] = None,
    sample: SampleOption = 0.05,
    months: MonthsOption = 120,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder; results/compare, or results/compare-ensemble.")
    ] = None,
    as_new: AsNewOption = False,
    processes: ProcessesOption = False,
    people: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Replicates that are compared person by person (whom a policy changed); at most "
            "10 if left out, 0 for none.",
        ),
    ] = None,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:
    """Compare scenarios with a reference: same people, same luck, many replicates."""
    from returnee.experiments.reports.compare import as_json as comparison_json
    from returnee.experiments.reports.compare import show_comparison, write_report
    from returnee.experiments.reports.listing import size_warning
    from returnee.experiments.studies.compare import compare

    if all_ and scenarios:
        raise UsageError(f"--all: found scenarios named too ({scenarios[0]}), allowed one of both")
    options: dict[str, Any] = {
        "against": against, "sample": sample, "months": months, "seed": seed, "workers": workers,
        "overrides": overrides_of(set_), "as_new": as_new, "processes": processes,
    }  # fmt: skip
    names = scenario_names() if all_ else scenarios or None
    if over is not None:
        compare_over(names, out, replicates, lang, as_json, over=over, sets=sets, **options)
        return
    if sets is not None:
        raise UsageError(f"--sets: found {sets} without --over, allowed with it")
    folder = out or Path("results/compare")
    count = 20 if replicates is None else replicates
    try:
        found = compare(
            names,
            replicates=count,
            out=folder,
            progress=True,
            people=people_kept(people, count),
            **options,
        )
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    warn(next(filter(None, (size_warning(s, lang) for s in found.plan.scenarios.values())), ""))
    folder = found.folder or folder
    with reporting(folder):
        report = write_report(found, folder / "report.html", lang)
    if as_json:
        print_json(comparison_json(found, lang))
    else:
        show_comparison(found, console_of(), lang)
    Bar().say(f"report: {report}")
    if found.failures:
        raise typer.Exit(SOME_FAILED)


@app.command("levers")
def levers_command(
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Write them to a Markdown page instead."),
    ] = None,
) -> None:
    """List every lever and parameter: unit, range, default and source."""
    from returnee.experiments.reports import listing

    if write_doc is not None:
        from returnee.experiments.reports.parameters import write_parameters

        Bar().say(f"written: {write_parameters(write_doc)}")
    elif as_json:
        print_json(listing.levers_json())
    else:
        listing.show_levers(console_of(), lang)


@app.command("measures")
def measures_command(lang: LangOption = Language.en, as_json: JsonOption = False) -> None:
    """List every measure: the columns of a sweep, and what --measure takes."""
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.measures_json())
    else:
        listing.show_measures(console_of(), lang)


@app.command("columns")
def columns_command(
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Write them to a Markdown page instead."),
    ] = None,
) -> None:
    """List every measure, and every column of the tables and files that are written."""
    from returnee.experiments.reports import columns

    if write_doc is not None:
        Bar().say(f"written: {columns.write_columns(write_doc)}")
    else:
        typer.echo(columns.document())


@app.command("scenarios")
def scenarios_command(lang: LangOption = Language.en, as_json: JsonOption = False) -> None:
    """List the scenarios that ship and what they do.

    A file of your own builds on one of them, extends = "linked", or on several, each laid on those
    to its left: extends = ["linked", "coastal_shock"].
    """
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.scenarios_json())
    else:
        listing.show_scenarios(console_of(), lang)


@county_app.command("show")
def show_command(
    scenario: ScenarioOption = "baseline",
    set_: SetOption = None,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:
    """Print the facts of a county, its townships and sectors."""
    from returnee.experiments.reports import listing

    read = load_scenario(scenario, overrides_of(set_))
    warn(listing.size_warning(read, lang))
    if as_json:
        print_json(listing.county_json(read))
    else:
        listing.show_county(read, console_of(), lang)


@county_app.command("columns")
def county_columns_command(as_json: JsonOption = False) -> None:
    """Print the columns of workers.csv and ties.csv: unit, allowed values, meaning."""
    from returnee.experiments.reports import county_columns

    if as_json:
        print_json(county_columns.columns_json())
    else:
        typer.echo(county_columns.document())


@county_app.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write.")],
    scenario: ScenarioOption = "baseline",
    set_: SetOption = None,
    sample: SampleOption = 0.1,
    seed: SeedOption = 1,
) -> None:
    """Write a county's folder: its facts, and its people and ties as tables."""
    from returnee.experiments.keys import Settings, check
    from returnee.simulation.start.own_county import export_county

    read = load_scenario(scenario, overrides_of(set_))
    check(read, 0, Settings(seed, sample))
    try:
        export_county(folder, read, sample, seed)
    except ValueError as error:
        raise error if type(error) is not ValueError else UsageError(str(error)) from None
    Bar().say(f"written to {folder}")


def warn(text: str) -> None:
    """Say a line on standard error, if there is one to say."""
    if text:
        Bar().say(text)


def main() -> None:
    """Run the command with the arguments it was called with."""
    app(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    main()
