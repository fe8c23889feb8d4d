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
from returnee.experiments.commands.options import examples_of, said
from returnee.experiments.commands.shell import OneLine

app = typer.Typer(
    cls=OneLine,
    help=said()["returnee"]["help"],
    epilog=said()["returnee"]["exit_codes"],
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
    """Options that stand before a command; the help of the whole is in the table of options."""


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
