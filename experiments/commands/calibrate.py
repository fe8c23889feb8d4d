"""The command ``returnee calibrate``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from returnee.experiments.commands.options import (
    JsonOption,
    LangOption,
    Language,
    MonthsOption,
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
from returnee.experiments.defaults import (
    CALIBRATION_REPLICATES,
    CALIBRATION_SAMPLE,
    CALIBRATION_TRIALS,
    ENSEMBLE_MEMBERS,
    MONTHS,
    SEED,
    VERIFY_REPLICATES,
    VERIFY_SAMPLE,
)
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

if TYPE_CHECKING:
    from returnee.experiments.studies.calibration.steps import Options

CALIBRATE_EXAMPLES = """Examples:

  returnee calibrate\n
  returnee calibrate --write-targets my_county.csv\n
  returnee calibrate --targets my_county.csv --set county=my_county --out results/mine\n
  returnee calibrate --free behaviour.firm.luck_sd --free behaviour.closing.strike_off --trials 60\n
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
    trials: Annotated[int, typer.Option(help="Parameter sets that the search tries.")] = CALIBRATION_TRIALS,
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
    replicates: Annotated[int, typer.Option(help="Runs of each set, the same for all.")] = CALIBRATION_REPLICATES,
    sample: Annotated[
        float, typer.Option(help="Share of the county that is simulated in the search.")
    ] = CALIBRATION_SAMPLE,
    months: MonthsOption = MONTHS,
    seed: Annotated[int, typer.Option(help="Seed of all draws and of the search.")] = SEED,
    members: Annotated[
        int, typer.Option(help="Sets to keep that meet the targets too.")
    ] = ENSEMBLE_MEMBERS,
    verify_sample: Annotated[
        float, typer.Option(help="Share of the county in which the result is verified.")
    ] = VERIFY_SAMPLE,
    verify_replicates: Annotated[
        int, typer.Option(help="Runs of the result; sets of the ensemble have a quarter of it.")
    ] = VERIFY_REPLICATES,
    write_targets: Annotated[
        Path | None,
        typer.Option("--write-targets", metavar="FILE", help="Only write the shipped targets as CSV, to be changed."),
    ] = None,
    workers: WorkersOption = None,
    out: Annotated[Path, typer.Option(help="Folder.")] = Path("results/calibrate"),
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Fit the free behaviour parameters to targets; keep every set that meets them."""
    from returnee.experiments.files import write_text
    from returnee.experiments.reports.calibration import show, write_page
    from returnee.experiments.studies.calibration import files
    from returnee.experiments.studies.calibration.calibrate import calibrate
    from returnee.experiments.studies.calibration.steps import Options
    from returnee.experiments.studies.calibration.targets import (
        default_targets,
        read_targets,
        targets_frame,
    )
    from returnee.scenarios import load_scenario

    if write_targets is not None:
        table = targets_frame(default_targets()).to_csv(index=False, lineterminator="\n")
        Bar().say(f"written: {write_text(write_targets, str(table))}")
        return
    overrides = overrides_of(set_)
    options = Options(
        trials, sample, replicates, method.value, members, verify_sample, verify_replicates
    )
    command = command_of(scenario, targets, set_ or (), free or (), options, months, seed)
    given = read_targets(targets, Bar().say) if targets else None
    read = load_scenario(scenario, overrides)
    try:
        found = calibrate(
            read, given, options, free or (), months, seed, workers, out, command,
            progress=True,
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    files.write_files(found, scenario, overrides)
    with reporting(found.folder):
        report = write_page(found, found.folder / "report.html", lang)
    if as_json:
        print_json(files.as_json(found))
    else:
        show(found, console_of(), lang)
    Bar().say(f"report: {report}")


def command_of(
    scenario: str, targets: Path | None, sets: Sequence[str], free: Sequence[str],
    options: Options, months: int, seed: int,
) -> str:  # fmt: skip
    """The command line that repeats a calibration."""
    o = options
    flags = {
        "trials": o.trials, "method": o.method, "replicates": o.replicates, "sample": o.sample,
        "months": months, "seed": seed, "members": o.members, "verify-sample": o.verify_sample,
        "verify-replicates": o.verify_replicates,
    }  # fmt: skip
    words = ["returnee", "calibrate", scenario]
    words += ["--targets", str(targets)] if targets else []
    words += [word for text in sets for word in ("--set", text)]
    words += [word for key in free for word in ("--free", key)]
    words += [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    return shlex.join(words)
