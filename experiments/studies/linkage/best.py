"""The mix of levers that makes the most of the money of the linkage experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.statistics.ensemble import weighted_mean
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies.efforts import BudgetEffort
from returnee.experiments.studies.linkage.design import cap_or_default
from returnee.experiments.studies.points.budget import Budget, budget, lever_value

OBJECTIVES = (MAIN, "jobs")
EFFORT = BudgetEffort(trials=96, population=16, keep=6, worlds=8, replicates=2)
SETTINGS = RunSettings(sample=0.01)


def best_mix(
    cap: float | None, overrides: Mapping[str, Any] | None, over: str, where: Where, results: Keep,
    effort: BudgetEffort = EFFORT, settings: RunSettings = SETTINGS,
) -> dict[str, Any]:  # fmt: skip
    """Levers of the mix with the most new returnee firms still open, judged in other luck than it was found in.

    `cap`: yuan a year; that of the linkage experiment if left out. `over`: the ensemble in whose
    sets the mixes of the front are judged.
    """
    found = budget(
        cap_or_default(cap), OBJECTIVES, effort=replace(effort, over=over), overrides=overrides,
        settings=settings, where=where, results=results,
    )  # fmt: skip
    return levers_of_best(found)


def levers_of_best(found: Budget) -> dict[str, Any]:
    """Levers of the best of the mixes that were judged, the usual one left out."""
    firms = mean_of(found.values[..., found.search.objectives.index(MAIN)], axis=2)
    best = int(np.nanargmax(weighted_mean(firms.T, found.weights)[:-1]))
    return {key: lever_value(found.mixes[key].iloc[best]) for key in found.search.keys}
