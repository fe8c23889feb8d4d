"""The command ``returnee run``."""

from __future__ import annotations

from pathlib import Path

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
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.listing import left_out_notice, size_warning
    from returnee.experiments.reports.single import RunFolder, show_run, support_json, yearly
    from returnee.experiments.running.executors import compile_first
    from returnee.experiments.running.plan import check
    from returnee.simulation import simulate

    s, read = settings, load_scenario(scenario, shell.overrides_of(set_))
    check(read, replicate, s)
    folder = results.folder if results.out else Path("results") / f"run-{read.name}"
    shell.warn(size_warning(read, shown.lang))
    shell.warn(left_out_notice(read, shown.lang))
    options = {
        "set": set_, "months": s.months, "sample": f"{s.sample:g}", "seed": s.seed,
        "replicate": replicate,
    }  # fmt: skip
    command = command_line(["run", scenario], options)
    with RunFolder(folder, read, replicate, s, command, results.as_new) as place:
        folder = place.folder
        try:
            compile_first(Bar().say)
            run = simulate(read, replicate, s.seed, s.sample, s.months)
            place.save(run, shown.lang)
        except KeyboardInterrupt:
            shell.stop(
                f"interrupted: nothing of this run was written to {folder}", shell.INTERRUPTED
            )
    Bar().say(f"written to {folder}")
    if shown.as_json:
        rows = plain_rows(yearly(run.monthly).reset_index())
        facts = {"scenario": read.name, "id": read.id, "folder": str(folder), "years": rows}
        shell.print_json({**facts, **support_json(run)})
    else:
        show_run(run, shell.console_of(), shown.lang)
