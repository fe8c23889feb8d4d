"""Running a page over the ensemble of parameter sets that meet the county's patterns.

Replicate k lives with set k, so that differences between replicates hold what is unknown about
behaviour as well as luck. The report has two replicates of each set and tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from returnee.dashboard.live.runs import SMALL, STAGES, Sets, share_of
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import ENSEMBLE, LEVERS, ONE_SET, Mix, Place
from returnee.experiments.errors import UsageError
from returnee.experiments.running.plan import Plan
from returnee.experiments.studies.compare_ensemble import SHIPPED, command_of
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.words.texts import label_of


def sets_of(place: Place, mixes: Iterable[Mix]) -> Sets:
    """Parameter sets by replicate; none if the page does not run over the ensemble.

    Raises
    ------
    UsageError
        If a mix moves a parameter that the sets move too.
    """
    if place.over != ENSEMBLE:
        return ()
    sets = ensemble()
    for mix in mixes:
        for key in mix.world():
            if key in sets[0]:
                text = words(place.lang)["over"]["moved"]
                raise UsageError(text.format(name=label_of(LEVERS[key], place.lang)))
    return sets


def choice(place: Place) -> dict[str, Any]:
    """The control that chooses between the parameters in use and the ensemble."""
    text = words(place.lang)["over"]
    options = [
        {"value": ONE_SET, "text": text[ONE_SET]},
        {"value": ENSEMBLE, "text": text[ENSEMBLE].format(n=len(ensemble()))},
    ]
    return {"type": "select", "key": "over", "label": text["label"], "value": place.over, "options": options}  # fmt: skip


def is_choice(data: dict[str, Any]) -> bool:
    """Whether a control asks for one or the other."""
    return data.get("key") == "over" and data.get("value") in (ONE_SET, ENSEMBLE)


def done_line(place: Place, replicates: int) -> str:
    """What stands behind an answer that is complete."""
    text = words(place.lang)
    line = text["over"]["done"] if place.over == ENSEMBLE else text["explore"]["done"]
    return str(line).format(n=replicates, sample=share_of(place.mix.unmoved()), months=SMALL.months)


def command(place: Place, plan: Plan, replicates: int = 1) -> str:
    """The command line that repeats what Explore shows over the ensemble."""
    return command_of(
        [place.mix.base], place.named(), SHIPPED, STAGES[-1], replace(plan, replicates=replicates),
        place.mix.overrides(),
    )  # fmt: skip
