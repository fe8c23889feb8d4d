"""The command ``returnee calibrate``."""

from __future__ import annotations

from pathlib import Path

from returnee import experiments
from returnee.experiments.command_line import command_line
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import UsageError
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import CalibrationEffort


@spread("calibrate")
def calibrate_command(
    scenario: str = "baseline",
    targets: Path | None = None,
    free: list[str] | None = None,
    prior: list[str] | None = None,
    write_targets: Path | None = None,
    write_doc: Path | None = None,
    effort: CalibrationEffort = CalibrationEffort(),
    how: Study = study("results/calibrate", sample=0.01),
) -> None:
    """Find which parameters the targets leave, by waves of simulations over their priors."""
    if write_targets is not None:
        table = experiments.targets_frame(experiments.default_targets())
        text = str(table.to_csv(index=False, lineterminator="\n"))
        Bar().say(f"written: {experiments.write_text(write_targets, text)}")
        return
    e, s, options = effort, how.settings, how.options
    asked = {
        "targets": targets, "set": how.set_, "free": free, "prior": prior, "waves": e.waves,
        "sets": e.sets or None, "replicates": e.replicates, "screen": e.screen or None,
        "chosen": e.chosen if e.screen else None, "members": e.members, "sample": s.sample,
        "months": s.months, "seed": s.seed,
    }  # fmt: skip
    command, overrides = command_line(["calibrate", scenario], asked), options.pop("overrides")
    world = experiments.World(scenario, overrides, ranges_of(prior or []), command)
    read = experiments.read_targets(targets, Bar().say) if targets else None
    found = experiments.calibrate(world, read, effort, free or (), **options)
    if write_doc is not None:
        Bar().say(f"written: {experiments.Calibrated(found).write_document(write_doc)}")
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
