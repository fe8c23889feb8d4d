"""The command ``returnee``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from typing import Annotated

import typer

from returnee.experiments.commands.budget import BUDGET_EXAMPLES, budget_command
from returnee.experiments.commands.calibrate import CALIBRATE_EXAMPLES, calibrate_command
from returnee.experiments.commands.compare import COMPARE_EXAMPLES, compare_command
from returnee.experiments.commands.county import county_app
from returnee.experiments.commands.discover import DISCOVER_EXAMPLES, discover_command
from returnee.experiments.commands.hindcast import HINDCAST_EXAMPLES, hindcast_command
from returnee.experiments.commands.levers import (
    columns_command,
    levers_command,
    measures_command,
    scenarios_command,
)
from returnee.experiments.commands.linkage import LINKAGE_EXAMPLES, linkage_command
from returnee.experiments.commands.run import RUN_EXAMPLES, run_command
from returnee.experiments.commands.sensitivity import SENSITIVITY_EXAMPLES, sensitivity_command
from returnee.experiments.commands.shell import OneLine
from returnee.experiments.commands.sweep import (
    MERGE_EXAMPLES,
    STATUS_EXAMPLES,
    SWEEP_EXAMPLES,
    merge_command,
    status_command,
    sweep_command,
)
from returnee.experiments.commands.validate import VALIDATE_EXAMPLES, validate_command
from returnee.experiments.commands.whom import WHOM_EXAMPLES, whom_command

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


COMMANDS: dict[str, tuple[Callable[..., None], str | None]] = {
    "linkage": (linkage_command, LINKAGE_EXAMPLES),
    "calibrate": (calibrate_command, CALIBRATE_EXAMPLES),
    "validate": (validate_command, VALIDATE_EXAMPLES),
    "hindcast": (hindcast_command, HINDCAST_EXAMPLES),
    "whom": (whom_command, WHOM_EXAMPLES),
    "budget": (budget_command, BUDGET_EXAMPLES),
    "discover": (discover_command, DISCOVER_EXAMPLES),
    "sensitivity": (sensitivity_command, SENSITIVITY_EXAMPLES),
    "sweep": (sweep_command, SWEEP_EXAMPLES),
    "status": (status_command, STATUS_EXAMPLES),
    "merge": (merge_command, MERGE_EXAMPLES),
    "run": (run_command, RUN_EXAMPLES),
    "compare": (compare_command, COMPARE_EXAMPLES),
    "levers": (levers_command, None),
    "measures": (measures_command, None),
    "columns": (columns_command, None),
    "scenarios": (scenarios_command, None),
}
for name, (command, examples) in COMMANDS.items():
    app.command(name, epilog=examples)(command)
app.add_typer(county_app, name="county")


def main() -> None:
    """Run the command with the arguments it was called with."""
    app(sys.argv[1:] or ["--help"])


if __name__ == "__main__":
    main()
