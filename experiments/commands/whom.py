"""The command ``returnee whom``."""

from __future__ import annotations

from dataclasses import dataclass

from returnee import experiments
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import leave, overrides_of, say
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

KEPT = 10  # replicates compared person by person unless said otherwise: about a tenth more time
REPLICATES, SAMPLE = 4, 0.02


def people_kept(asked: int | None, replicates: int) -> int:
    """How many replicates are compared person by person."""
    return min(KEPT, max(replicates, 0)) if asked is None else asked


@dataclass(frozen=True)
class Looked:
    """Whose lives are compared."""

    against: str = "baseline"
    worker: int | None = None
    replicates: int = REPLICATES
    replicate: int = 0
    set_: list[str] | None = None


@spread("whom")
def whom_command(
    scenario: str,
    looked: Looked = Looked(),
    settings: RunSettings = RunSettings(sample=SAMPLE),
    where: Where = Where(),
    results: Keep = Keep(progress=True),
    shown: Shown = Shown(),
) -> None:
    """Say whom a policy changed: who returned, founded or survived under one and not the other."""
    if looked.worker is not None:
        tell(scenario, looked, looked.worker, settings, shown)
        return
    n = looked.replicates
    found = experiments.compare(
        [scenario], looked.against, n, n, overrides_of(looked.set_), settings, where, results
    )
    told = experiments.People(found, shown.lang)
    say(told.printed, told.as_json, shown.as_json)
    leave(len(found.failures))


def tell(scenario: str, looked: Looked, worker: int, settings: RunSettings, shown: Shown) -> None:
    """Tell one person's life under both policies."""
    overrides = overrides_of(looked.set_)
    plan = experiments.line_up(
        [scenario], looked.against, looked.replicate + 1, settings, overrides
    )
    plan.check()
    experiments.compile_first(Bar().say)
    label, months = plan.compared[0], plan.settings
    lives = (
        experiments.lives_of(plan.scenarios[name], [worker], looked.replicate, months)[worker]
        for name in (plan.reference, label)
    )
    pair = experiments.Pair("", 1, *lives)
    say(
        lambda: [experiments.Text(experiments.story_lines(plan, label, pair, shown.lang))],
        lambda: experiments.stories_json(plan, {label: [pair]})[label][0],
        shown.as_json,
    )
