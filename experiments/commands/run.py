"""The command ``returnee run``."""

from __future__ import annotations

from pathlib import Path

from returnee import experiments
from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.running.options import Keep, RunSettings
from returnee.experiments.running.progress import Bar
from returnee.scenarios import load_scenario


@spread("run")
def run_command(
    scenario: str,
    set_: list[str] | None = None,
    replicate: int = 0,
    settings: RunSettings = RunSettings(sample=0.05),
    results: Keep = Keep(),
    shown: Shown = Shown(),
) -> None:
    """Run one scenario once; print it by year and keep all tables."""
    from returnee.simulation import simulate

    s, read = settings, load_scenario(scenario, shell.overrides_of(set_))
    experiments.check(read, replicate, s)
    folder = results.folder if results.out else Path("results") / f"run-{read.name}"
    shell.warn_of([read], shown.lang)
    options = {
        "set": set_, "months": s.months, "sample": f"{s.sample:g}", "seed": s.seed,
        "replicate": replicate,
    }  # fmt: skip
    command = command_line(["run", scenario], options)
    with experiments.RunFolder(folder, read, replicate, s, command, results.as_new) as place:
        folder = place.folder
        try:
            experiments.compile_first(Bar().say)
            run = simulate(read, replicate, s.seed, s.sample, s.months)
            place.save(run, shown.lang)
        except KeyboardInterrupt:
            shell.stop(
                f"interrupted: nothing of this run was written to {folder}", shell.INTERRUPTED
            )
    Bar().say(f"written to {folder}")
    about = {"scenario": read.name, "id": read.id, "folder": str(folder)}
    blocks, content = experiments.run_listed, experiments.run_json
    shell.say(lambda: blocks(run, shown.lang), lambda: about | content(run), shown.as_json)
