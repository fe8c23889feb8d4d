"""The command ``returnee calibrate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee import experiments
from returnee.experiments.command_line import command_line
from returnee.experiments.commands.options import How, spread, usual
from returnee.experiments.commands.shell import answer, overrides_of
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import CalibrationEffort


@dataclass(frozen=True)
class Sought:
    """What is sought, and where."""

    targets: Path | None = None
    set_: list[str] | None = None
    free: list[str] | None = None
    prior: list[str] | None = None
    write_targets: Path | None = None
    write_doc: Path | None = None


@spread("calibrate")
def calibrate_command(
    scenario: str = "baseline",
    sought: Sought = Sought(),
    effort: CalibrationEffort = CalibrationEffort(),
    how: How = usual("results/calibrate", sample=0.01),
) -> None:
    """Find which parameters the targets leave, by waves of simulations over their priors."""
    s, overrides = sought, overrides_of(sought.set_)
    if s.write_targets is not None:
        targets = experiments.targets_frame(experiments.default_targets())
        table = targets.to_csv(index=False, lineterminator="\n")
        Bar().say(f"written: {experiments.write_text(s.write_targets, str(table))}")
        return
    command = command_of(scenario, sought, effort, how.settings)
    world = experiments.World(scenario, overrides, ranges_of(s.prior or []), command)
    read = experiments.read_targets(s.targets, Bar().say) if s.targets else None
    found = experiments.calibrate(world, read, effort, s.free or (), **how.options)
    if s.write_doc is not None:
        Bar().say(f"written: {experiments.Calibrated(found).write_document(s.write_doc)}")
    page = experiments.Calibrated(found, how.lang)
    answer(page, found.folder / "report.html", how.as_json)


def ranges_of(given: list[str]) -> dict[str, tuple[float, float]]:
    """Ranges that were given as KEY=LOW:HIGH."""
    found = {}
    for text in given:
        key, _, ends = text.partition("=")
        try:
            low, high = map(float, ends.split(":"))
        except ValueError:
            raise UsageError(f"prior: found {text}, allowed KEY=LOW:HIGH") from None
        found[key] = (low, high)
    return found


def command_of(
    scenario: str, sought: Sought, effort: CalibrationEffort, settings: RunSettings
) -> str:
    """The command line that repeats a calibration."""
    s, e = sought, effort
    options = {
        "targets": s.targets, "set": s.set_, "free": s.free, "prior": s.prior, "waves": e.waves,
        "sets": e.sets or None, "replicates": e.replicates, "screen": e.screen or None,
        "chosen": e.chosen if e.screen else None, "members": e.members, "sample": settings.sample,
        "months": settings.months, "seed": settings.seed,
    }  # fmt: skip
    return command_line(["calibrate", scenario], options)
