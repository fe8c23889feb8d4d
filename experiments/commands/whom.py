"""The command ``returnee whom``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

if TYPE_CHECKING:
    from returnee.experiments.running.plan import Plan
    from returnee.experiments.studies.stories.life import Pair

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
    from returnee.experiments.reports.terminal import show
    from returnee.experiments.reports.whom import People
    from returnee.experiments.studies.compare import compare

    if looked.worker is not None:
        tell(scenario, looked, looked.worker, settings, shown)
        return
    n = looked.replicates
    found = compare(
        [scenario], looked.against, n, n, overrides_of(looked.set_), settings, where, results
    )
    assert found.whom is not None  # people of every replicate were asked for
    told = People((found.plan, found.whom), shown.lang)
    if shown.as_json:
        print_json(told.as_json())
    else:
        show(told.printed(), console_of())
    end(None, found.failures)


def tell(scenario: str, looked: Looked, worker: int, settings: RunSettings, shown: Shown) -> None:
    """Tell one person's life under both policies."""
    from returnee.experiments.running.executors import compile_first
    from returnee.experiments.studies.compare import line_up
    from returnee.experiments.studies.stories.choice import stories_json
    from returnee.experiments.studies.stories.words import story_lines

    overrides = overrides_of(looked.set_)
    plan = line_up([scenario], looked.against, looked.replicate + 1, settings, overrides)
    plan.check()
    compile_first(Bar().say)
    pair, label = pair_of(plan, worker, looked.replicate), plan.compared[0]
    if shown.as_json:
        print_json(stories_json(plan, {label: [pair]})[label][0])
    else:
        for line in story_lines(plan, label, pair, shown.lang):
            console_of().print(Text(line))


def pair_of(plan: Plan, worker: int, replicate: int) -> Pair:
    """One person's lives under the reference and under the compared scenario."""
    from returnee.experiments.studies.stories.life import Pair
    from returnee.experiments.studies.stories.watch import lives_of

    reference, policy = (
        lives_of(plan.scenarios[label], [worker], replicate, plan.settings)[worker]
        for label in (plan.reference, plan.compared[0])
    )
    return Pair("", 1, reference, policy)
