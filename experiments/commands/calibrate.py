"""The command ``returnee calibrate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.command_line import command_line
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json, reporting
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import CalibrationEffort


@dataclass(frozen=True)
class Fitted:
    """What is fitted."""

    targets: Path | None = None
    set_: list[str] | None = None
    free: list[str] | None = None
    write_targets: Path | None = None


@spread("calibrate")
def calibrate_command(
    scenario: str = "baseline",
    fitted: Fitted = Fitted(),
    effort: CalibrationEffort = CalibrationEffort(),
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(Path("results/calibrate"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Fit the free behaviour parameters to targets; keep every set that meets them."""
    from returnee.experiments.files import write_text
    from returnee.experiments.reports.calibration import show, write_page
    from returnee.experiments.studies.calibration import files
    from returnee.experiments.studies.calibration.calibrate import calibrate
    from returnee.experiments.studies.calibration.targets import (
        default_targets,
        read_targets,
        targets_frame,
    )
    from returnee.scenarios import load_scenario

    f, overrides = fitted, overrides_of(fitted.set_)
    if f.write_targets is not None:
        table = targets_frame(default_targets()).to_csv(index=False, lineterminator="\n")
        Bar().say(f"written: {write_text(f.write_targets, str(table))}")
        return
    command = command_of(scenario, fitted, effort, settings)
    given = read_targets(f.targets, Bar().say) if f.targets else None
    read = load_scenario(scenario, overrides)
    found = calibrate(read, given, effort, f.free or (), settings, where, results, command)
    files.write_files(found, scenario, overrides)
    with reporting(found.folder):
        report = write_page(found, found.folder / "report.html", shown.lang)
    if shown.as_json:
        print_json(files.as_json(found))
    else:
        show(found, console_of(), shown.lang)
    end(report)


def command_of(
    scenario: str, fitted: Fitted, effort: CalibrationEffort, settings: RunSettings
) -> str:
    """The command line that repeats a calibration."""
    f, e = fitted, effort
    options = {
        "targets": f.targets, "set": f.set_, "free": f.free, "trials": e.trials,
        "method": e.method, "replicates": e.replicates, "sample": e.sample,
        "months": settings.months, "seed": settings.seed, "members": e.members,
        "verify-sample": e.verify_sample, "verify-replicates": e.verify_replicates,
    }  # fmt: skip
    return command_line(["calibrate", scenario], options)
