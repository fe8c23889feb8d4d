"""The command ``returnee``."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer

from returnee.experiments.commands import (
    calibrate,
    compare,
    hindcast,
    levers,
    linkage,
    points,
    rules,
    run,
    validate,
    whom,
)
from returnee.experiments.commands.counties import allocate, county, evaluate, region
from returnee.experiments.commands.options import examples_of
from returnee.experiments.commands.shell import OneLine

OVERVIEW = """Simulate a county from which many people work away, and compare policies that
support those who return to found firms.

Examples:

  returnee scenarios\n
  returnee run baseline --months 60\n
  returnee compare linked siloed --replicates 40\n
  returnee compare baseline --set policy.training.places=2000\n
  returnee levers --lang zh
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


for command in (  # in the order in which the help has them
    linkage.linkage_command, calibrate.calibrate_command, validate.validate_command,
    hindcast.hindcast_command, region.region_command, allocate.allocate_command,
    evaluate.evaluate_command, whom.whom_command, points.budget_command, points.discover_command,
    points.sensitivity_command, points.sweep_command, points.status_command, points.merge_command,
    run.run_command, compare.compare_command, levers.levers_command, rules.rules_command,
    levers.measures_command, levers.columns_command, levers.scenarios_command,
):  # fmt: skip
    name = command.__name__.removesuffix("_command")
    app.command(name, epilog=examples_of(name))(command)
app.add_typer(county.county_app, name="county")


def main() -> None:
    """Run the command with the arguments it was called with."""
    app(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    main()
