"""Running a page over the ensemble of parameter sets that meet the county's patterns.

Replicate k lives with set k, so that differences between replicates hold what is unknown about
behaviour as well as luck. The report has two replicates of each set and tells the two apart.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import POOL
from returnee.dashboard.live.runs import SMALL, STAGES, Sets, share_of
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import ENSEMBLE, LEVERS, ONE_SET, Mix, Place
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.ensemble import write_page
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.progress import Reporter
from returnee.experiments.studies.compare_ensemble import (
    REPLICATES,
    SHIPPED,
    command_of,
    compare_ensemble,
)
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


def report(place: Place, progress: Reporter) -> str:
    """The report over the ensemble as one HTML page; it tells parameters from luck."""
    sets_of(place, [place.mix])
    lined = lined_up(place)
    with tempfile.TemporaryDirectory() as folder:
        found = compare_ensemble(
            [lined[MOVED]], lined[REFERENCE], replicates=REPLICATES, sample=SMALL.sample,
            months=SMALL.months, seed=SMALL.seed, workers=POOL.workers, out=Path(folder) / "runs",
            progress=progress,
        )  # fmt: skip
        found = replace(found, command=command(place, found.base, REPLICATES))
        return write_page(found, Path(folder) / "report.html", place.lang).read_text("utf-8")
