"""The command ``returnee sensitivity``."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.commands.options import (
    AsNewOption,
    JsonOption,
    LangOption,
    Language,
    LocalOption,
    MonthsOption,
    ProcessesOption,
    SampleOption,
    SchedulerOption,
    SeedOption,
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
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

SENSITIVITY_EXAMPLES = """Examples:

  returnee sensitivity linked\n
  returnee sensitivity linked siloed --method both --top 6 --base 128\n
  returnee sensitivity linked --over behaviour.firm.luck_sd --over behaviour.firm.scale\n
  returnee sensitivity credit_push --measure firms_surviving --measure loans_defaulted
"""


class Method(StrEnum):
    """How sensitivity is measured."""

    morris = "morris"
    sobol = "sobol"
    both = "both"


def sensitivity_command(
    scenarios: Annotated[list[str], typer.Argument(help="Policies whose effect is looked at.")],
    against: Annotated[str, typer.Option(help="The reference of the effects.")] = "baseline",
    method: Annotated[
        Method, typer.Option(help="Screening, shares of variance, or one after the other.")
    ] = Method.both,
    over: Annotated[
        list[str] | None,
        typer.Option(metavar="free|all|KEY", help="Parameters to move: those free in calibration, all, or keys; may be given more than once."),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="Indicator; may be given more than once."),
    ] = None,
    trajectories: Annotated[int, typer.Option(help="Of the screening.")] = 20,
    base: Annotated[int, typer.Option(help="Base points of the shares, a power of two.")] = 64,
    top: Annotated[int, typer.Option(help="Parameters kept after screening.")] = 6,
    spread: Annotated[
        float, typer.Option(help="Share of a parameter's range by which it is moved either way.")
    ] = 0.1,
    replicates: Annotated[int, typer.Option(help="Runs of each scenario at each point.")] = 2,
    sample: SampleOption = 0.01,
    months: MonthsOption = 120,
    seed: SeedOption = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a key in every scenario; may be given more than once."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder.")] = Path("results/sensitivity"),
    workers: WorkersOption = None,
    processes: ProcessesOption = False,
    scheduler: SchedulerOption = "",
    local_cluster: LocalOption = 0,
    as_new: AsNewOption = False,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Find out which assumptions decide outcomes, and whether a policy works."""
    from returnee.experiments.files import write_text
    from returnee.experiments.numbers import plain
    from returnee.experiments.reports.sensitivity import sensitivity_page, sentences
    from returnee.experiments.running.executors import Where
    from returnee.experiments.studies.sensitivity import MEASURES, sensitivity, settled
    from returnee.experiments.words.texts import percent
    from returnee.scenarios import load_scenario

    named = over or ["free"]
    overrides = overrides_of(set_)
    try:
        found = sensitivity(
            scenarios, against, over=named[0] if len(named) == 1 else named, method=method.value,
            trajectories=trajectories, base=base, top=top, spread=spread,
            measures=measure or MEASURES, replicates=replicates, sample=sample, months=months,
            seed=seed, overrides=overrides, out=out, progress=True, as_new=as_new,
            where=Where(workers, processes, scheduler, local_cluster),
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    county = load_scenario(against, overrides).county
    about = {
        "n": found.attrs["moved"], "spread": percent(spread, lang), "months": months,
        "county": county.name_zh if lang == "zh" else county.name, "replicates": replicates,
        "sample": f"{sample:g}",
    }  # fmt: skip
    options = {
        "against": against, "method": method.value, "trajectories": trajectories, "base": base,
        "top": top, "spread": spread, "replicates": replicates, "sample": sample,
        "months": months, "seed": seed,
    }  # fmt: skip
    words = ["returnee", "sensitivity", *scenarios]
    words += [w for key, value in options.items() for w in (f"--{key}", str(value))]
    for name, values in (("over", over), ("measure", measure), ("set", set_)):
        words += [w for value in values or () for w in (f"--{name}", value)]
    with reporting(out):
        page = sensitivity_page(found, about, shlex.join(words), lang)
        report = write_text(out / "report.html", page)
    if as_json:
        print_json([plain(row) for row in settled(found).to_dict("records")])
    else:
        for line in sentences(found, lang):
            console_of().print(line, highlight=False)
    Bar().say(f"report: {report}")
