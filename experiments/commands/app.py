"""The command ``returnee``."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated

import typer

from returnee.experiments.commands.calibrate import calibrate_command
from returnee.experiments.commands.compare import compare_command
from returnee.experiments.commands.counties.allocate import allocate_command
from returnee.experiments.commands.counties.county import county_app
from returnee.experiments.commands.counties.evaluate import evaluate_command
from returnee.experiments.commands.counties.region import region_command
from returnee.experiments.commands.hindcast import hindcast_command
from returnee.experiments.commands.levers import (
    columns_command,
    levers_command,
    measures_command,
    scenarios_command,
)
from returnee.experiments.commands.linkage import linkage_command
from returnee.experiments.commands.options import examples_of
from returnee.experiments.commands.points.budget import budget_command
from returnee.experiments.commands.points.discover import discover_command
from returnee.experiments.commands.points.sensitivity import sensitivity_command
from returnee.experiments.commands.points.sweep import merge_command, status_command, sweep_command
from returnee.experiments.commands.rules import rules_command
from returnee.experiments.commands.run import run_command
from returnee.experiments.commands.shell import OneLine
from returnee.experiments.commands.validate import validate_command
from returnee.experiments.commands.whom import whom_command

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
    linkage_command, calibrate_command, validate_command, hindcast_command, region_command,
    allocate_command, evaluate_command, whom_command, budget_command, discover_command,
    sensitivity_command, sweep_command, status_command, merge_command, run_command, compare_command,
    levers_command, rules_command, measures_command, columns_command, scenarios_command,
):  # fmt: skip
    name = command.__name__.removesuffix("_command")
    app.command(name, epilog=examples_of(name))(command)
app.add_typer(county_app, name="county")


def main() -> None:
    """Run the command with the arguments it was called with."""
    app(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    main()
