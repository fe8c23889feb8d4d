"""The command ``returnee whom``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee import experiments
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.commands.shell import leave, say
from returnee.experiments.running.progress import Bar

if TYPE_CHECKING:
    from returnee.experiments.running.plan import Plan

KEPT = 10  # replicates compared person by person unless said otherwise: about a tenth more time
REPLICATES, SAMPLE = 4, 0.02


def people_kept(asked: int | None, replicates: int) -> int:
    """How many replicates are compared person by person."""
    return min(KEPT, max(replicates, 0)) if asked is None else asked


@spread("whom")
def whom_command(
    scenario: str,
    against: str = "baseline",
    worker: int | None = None,
    replicates: int = REPLICATES,
    replicate: int = 0,
    how: Study = study(sample=SAMPLE),
) -> None:
    """Say whom a policy changed: who returned, founded or survived under one and not the other."""
    if worker is not None:
        compared = [scenario], against, replicate + 1, how.settings, how.options["overrides"]
        tell(experiments.line_up(*compared), worker, replicate, how)
        return
    found = experiments.compare([scenario], against, replicates, replicates, **how.options)
    told = experiments.People(found, how.lang)
    say(told.printed, told.as_json, how.as_json)
    leave(len(found.failures))


def tell(plan: Plan, worker: int, replicate: int, how: Study) -> None:
    """Tell one person's life under both policies."""
    plan.check()
    experiments.compile_first(Bar().say)
    label = plan.compared[0]
    lives = (
        experiments.lives_of(plan.scenarios[name], [worker], replicate, plan.settings)[worker]
        for name in (plan.reference, label)
    )
    pair = experiments.Pair("", 1, *lives)
    say(
        lambda: [experiments.Text(experiments.story_lines(plan, label, pair, how.lang))],
        lambda: experiments.stories_json(plan, {label: [pair]})[label][0],
        how.as_json,
    )
