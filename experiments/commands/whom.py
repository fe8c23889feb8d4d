"""The command ``returnee whom``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from returnee.experiments.commands.options import (
    JsonOption,
    LangOption,
    Language,
    MonthsOption,
    SampleOption,
    SeedOption,
    WorkersOption,
)
from returnee.experiments.commands.shell import (
    INTERRUPTED,
    SOME_FAILED,
    console_of,
    overrides_of,
    print_json,
    stop,
)
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

if TYPE_CHECKING:
    from returnee.experiments.running.plan import Plan
    from returnee.experiments.studies.stories.life import Pair

KEPT = 10  # replicates compared person by person unless said otherwise: about a tenth more time
REPLICATES, SAMPLE = 4, 0.05
WHOM_EXAMPLES = """Examples:

  returnee whom linked --against no_support\n
  returnee whom credit_push --replicates 20 --out results/whom\n
  returnee whom linked --against siloed --worker 1234\n
  returnee whom linked --against no_support --json --lang zh
"""


def people_kept(asked: int | None, replicates: int) -> int:
    """How many replicates are compared person by person."""
    return min(KEPT, max(replicates, 0)) if asked is None else asked


def whom_command(
    scenario: Annotated[str, typer.Argument(help="A scenario's name, or a .toml file.")],
    against: Annotated[
        str, typer.Option(help="The reference; no_support gives deadweight of all support.")
    ] = "baseline",
    worker: Annotated[
        int | None,
        typer.Option(metavar="ID", help="Tell one person's life under both, and nothing else."),
    ] = None,
    replicates: Annotated[int, typer.Option(help="Paired runs.")] = REPLICATES,
    replicate: Annotated[int, typer.Option(help="With --worker: in which pair of runs.")] = 0,
    sample: SampleOption = SAMPLE,
    months: MonthsOption = 120,
    seed: SeedOption = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="As for returnee compare."),
    ] = None,
    workers: WorkersOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to keep the runs in, and to resume from.")
    ] = None,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:
    """Say whom a policy changed: who returned, founded or survived under one and not the other."""
    from returnee.experiments.keys import Settings
    from returnee.experiments.reports.terminal import show
    from returnee.experiments.reports.whom import People, whom_json
    from returnee.experiments.running.runner import compile_first
    from returnee.experiments.studies.compare import compare, line_up
    from returnee.experiments.studies.stories.choice import stories_json
    from returnee.experiments.studies.stories.words import story_lines

    overrides, console = overrides_of(set_), console_of()
    if worker is not None:
        settings = Settings(seed, sample, months)
        plan = line_up([scenario], against, replicate + 1, settings, overrides)
        plan.check()
        compile_first(Bar().say)
        pair = pair_of(plan, worker, replicate)
        if as_json:
            print_json(stories_json(plan, {plan.compared[0]: [pair]})[plan.compared[0]][0])
        else:
            for line in story_lines(plan, plan.compared[0], pair, lang):
                console.print(Text(line))
        return
    try:
        found = compare(
            [scenario], against, replicates=replicates, sample=sample, months=months, seed=seed,
            workers=workers, overrides=overrides, out=out, progress=True, people=replicates,
        )  # fmt: skip
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    assert found.whom is not None  # people of every replicate were asked for
    if as_json:
        print_json(whom_json(found.plan, found.whom))
    else:
        show(People(found.plan, found.whom, lang).told(), console)
    if found.failures:
        raise typer.Exit(SOME_FAILED)


def pair_of(plan: Plan, worker: int, replicate: int) -> Pair:
    """One person's lives under the reference and under the compared scenario."""
    from returnee.experiments.studies.stories.life import Pair
    from returnee.experiments.studies.stories.watch import lives_of

    reference, policy = (
        lives_of(plan.scenarios[label], [worker], replicate, plan.settings)[worker]
        for label in (plan.reference, plan.compared[0])
    )
    return Pair("", 1, reference, policy)
