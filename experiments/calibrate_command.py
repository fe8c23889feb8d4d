"""The command ``returnee calibrate``."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from experiments.calibrate_steps import (
    BUDGET,
    MEMBERS,
    MONTHS,
    REPLICATES,
    SAMPLE,
    SEED,
    VERIFY_REPLICATES,
    VERIFY_SAMPLE,
    Options,
)
from experiments.compare import Interrupted
from experiments.linkage_command import Language
from experiments.progress import Bar
from experiments.shell import INTERRUPTED, stop

CALIBRATE_EXAMPLES = """Examples:

  returnee calibrate\n
  returnee calibrate --targets my_county.csv --set county=my_county --out results/mine\n
  returnee calibrate --free firm.luck_sd --free closing.strike_off --budget 60\n
  returnee run results/calibrate/behaviour.toml

A calibration that was stopped goes on where it was when the same command is given again.
"""


class Method(StrEnum):
    """How the next parameter sets are chosen."""

    cma = "cma"
    tpe = "tpe"
    gp = "gp"


def calibrate_command(
    scenario: Annotated[
        str, typer.Argument(help="Scenario to start from: a name, or a .toml file.")
    ] = "baseline",
    targets: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Targets, as CSV or TOML; the patterns of the shipped county if left out."),
    ] = None,
    budget: Annotated[int, typer.Option(help="Parameter sets that the search tries.")] = BUDGET,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a lever or parameter; free ones start there. May be given more than once."),
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Move only this parameter; may be given more than once. All that are marked free if left out."),
    ] = None,
    method: Annotated[
        Method, typer.Option(help="CMA-ES, tree of Parzen estimators, or Gaussian process.")
    ] = Method.cma,
    replicates: Annotated[int, typer.Option(help="Runs of each set, the same for all.")] = REPLICATES,
    sample: Annotated[
        float, typer.Option(help="Share of the county that is simulated in the search.")
    ] = SAMPLE,
    months: Annotated[int, typer.Option(help="Months under the policy.")] = MONTHS,
    seed: Annotated[int, typer.Option(help="Seed of all draws and of the search.")] = SEED,
    members: Annotated[
        int, typer.Option("--ensemble", help="Sets to keep that meet the targets too.")
    ] = MEMBERS,
    verify_sample: Annotated[
        float, typer.Option(help="Share of the county in which the result is verified.")
    ] = VERIFY_SAMPLE,
    verify_replicates: Annotated[
        int, typer.Option(help="Runs of the result; sets of the ensemble have a quarter of it.")
    ] = VERIFY_REPLICATES,
    workers: Annotated[
        int | None, typer.Option(help="Runs at a time; all processors if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder.")] = Path("results/calibrate"),
    lang: Annotated[Language, typer.Option(help="Language.")] = Language.en,
    as_json_: Annotated[
        bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")
    ] = False,
) -> None:  # fmt: skip
    """Fit the free behaviour parameters to targets; keep every set that meets them."""
    from experiments.calibrate import calibrate
    from experiments.calibrate_files import as_json, write_files
    from experiments.calibrate_report import show, write_page
    from experiments.cli import console_of, overrides_of, print_json
    from experiments.targets import read_targets
    from scenarios import load_scenario

    overrides = overrides_of(set_)
    options = Options(
        budget, sample, replicates, method.value, members, verify_sample, verify_replicates
    )
    flags = {
        "budget": budget, "method": method.value, "replicates": replicates, "sample": sample,
        "months": months, "seed": seed, "ensemble": members, "verify-sample": verify_sample,
        "verify-replicates": verify_replicates,
    }  # fmt: skip
    command = ["returnee", "calibrate", scenario]
    command += ["--targets", str(targets)] if targets else []
    command += [word for text in set_ or () for word in ("--set", text)]
    command += [word for key in free or () for word in ("--free", key)]
    command += [word for k, value in flags.items() for word in (f"--{k}", str(value))]
    given = read_targets(targets, Bar().say) if targets else None
    read = load_scenario(scenario, overrides)
    try:
        found = calibrate(
            read, given, options, free or (), months, seed, workers, out, shlex.join(command),
            progress=True,
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    write_files(found, scenario, overrides)
    report = write_page(found, found.folder / "report.html", lang)
    if as_json_:
        print_json(as_json(found))
    else:
        show(found, console_of(), lang)
    Bar().say(f"report: {report}")
