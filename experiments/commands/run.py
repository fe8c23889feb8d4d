"""The command ``returnee run``."""

from __future__ import annotations

from pathlib import Path

from returnee import experiments
from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.running.progress import Bar
from returnee.scenarios import load_scenario


@spread("run")
def run_command(scenario: str, replicate: int = 0, how: Study = study(sample=0.05)) -> None:
    """Run one scenario once; print it by year and keep all tables."""
    from returnee.simulation import simulate

    s, read = how.settings, load_scenario(scenario, how.options["overrides"])
    experiments.check(read, replicate, s)
    results = how.kept(Path("results") / f"run-{read.name}")["results"]
    shell.warn_of([read], how.lang)
    options = {
        "set": how.set_, "months": s.months, "sample": f"{s.sample:g}", "seed": s.seed,
        "replicate": replicate,
    }  # fmt: skip
    command = command_line(["run", scenario], options)
    kept = results.folder, read, replicate, s, command, results.as_new
    with experiments.RunFolder(*kept) as place:
        folder = place.folder
        try:
            experiments.compile_first(Bar().say)
            run = simulate(read, replicate, s.seed, s.sample, s.months)
            place.save(run, how.lang)
        except KeyboardInterrupt:
            shell.stop(
                f"interrupted: nothing of this run was written to {folder}", shell.INTERRUPTED
            )
    Bar().say(f"written to {folder}")
    about = {"scenario": read.name, "id": read.id, "folder": str(folder)}
    blocks, content = experiments.run_listed, experiments.run_json
    shell.say(lambda: blocks(run, how.lang), lambda: about | content(run), how.as_json)
