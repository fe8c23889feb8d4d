"""Search for mixes of levers under a spending cap: NSGA-II, a generation at a time.

Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evol. Comput. 6, 2002, 182-197, as in optuna. Every
mix of a generation runs in the same paired replicates, as a sweep of its own. What is tried next
depends on nothing but the seed and what came out so far, so a search that was stopped is replayed
over its finished sweeps and goes on as if it had never been stopped. The model's own cap holds
spending down; the mixes that ship are tried first.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.errors import UsageError
from returnee.experiments.measuring.selections import SEARCHED_GROUPS, TRIED_FIRST
from returnee.experiments.running.design.design import design_of
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.manifests import Manifest
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import plan_of
from returnee.experiments.running.progress import Reporter, Together
from returnee.experiments.studies.efforts import BudgetEffort
from returnee.experiments.studies.ensemble import well_spread
from returnee.experiments.studies.linkage.design import CAP_KEY as CAP
from returnee.experiments.studies.linkage.design import EQUAL
from returnee.experiments.studies.points.sweep import swept
from returnee.scenarios import Lever, Scenario, load_scenario, walk

SPENT = "spent"  # yuan a year, from the ledger
KIND = "budget"


@dataclass(frozen=True)
class Search:
    """What is searched for."""

    cap: float  # yuan a year
    objectives: tuple[str, ...]  # measures, to be made as large as can be
    levers: tuple[Lever, ...]
    base: str  # scenario whose county, behaviour and other levers hold
    overrides: Mapping[str, Any]  # laid on it
    effort: BudgetEffort
    settings: RunSettings

    @property
    def most(self) -> float:
        """Realised spending, yuan a year, beyond which a mix is worse than any that keeps the cap."""
        return self.cap * (1.0 + EQUAL)

    @property
    def keys(self) -> list[str]:
        """Keys of the levers."""
        return [lever.key for lever in self.levers]

    @property
    def scenario(self) -> Scenario:
        """What the mixes are laid on."""
        return load_scenario(self.base, {**self.overrides, CAP: float(self.cap)})

    @property
    def replicates(self) -> int:
        """Runs of each mix."""
        return self.effort.replicates


def levers_of(base: str, overrides: Mapping[str, Any], named: Sequence[str] = ()) -> list[Lever]:
    """Levers that are searched over: those named, or all that programmes and linkage have."""
    everything = dict(walk(load_scenario(base, dict(overrides)).policy, "policy."))
    usual = [lever for key, lever in everything.items() if key.split(".")[1] in SEARCHED_GROUPS]
    for key in named:
        if key not in everything or key == CAP:
            raise UsageError(f"lever: found {key}, allowed a policy key of `returnee levers`")
    kept = [everything[key] for key in named] if named else usual
    return [lever for lever in kept if lever.key not in overrides]


class BudgetFolder(OwnFolder):
    """The folder of a search; see `OwnFolder`."""

    COMPARED = (*OwnFolder.COMPARED, "cap", "seed", "sample", "months", "replicates", "objectives",
                "levers", "population")  # fmt: skip


def folder_of(search: Search, results: Keep, command: str = "") -> BudgetFolder:
    """Where a search is kept."""
    scenario, s, e = search.scenario, search.settings, search.effort
    about = {
        "cap": search.cap, "seed": s.seed, "sample": s.sample, "months": s.months,
        "replicates": search.replicates, "objectives": list(search.objectives),
        "levers": search.keys, "population": e.population, "trials": e.trials,
    }  # fmt: skip
    manifest = Manifest(KIND, command, {scenario.name: scenario}, about)
    return BudgetFolder(results.folder, manifest, results.as_new)


def _distribution(lever: Lever) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if lever.type is bool:
        return CategoricalDistribution([False, True])
    if lever.type is int:
        return IntDistribution(int(lever.low or 0), int(lever.high or 0))
    return FloatDistribution(float(lever.low or 0), float(lever.high or 0))


def new_study(search: Search) -> Any:
    """An optuna study with the shipped mixes waiting, in memory: its draws depend on the seed alone."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.NSGAIISampler(
        population_size=search.effort.population, seed=search.settings.seed,
        constraints_func=lambda trial: (trial.user_attrs.get(SPENT, 0.0) - search.most,),
    )  # fmt: skip
    study = optuna.create_study(directions=["maximize"] * len(search.objectives), sampler=sampler)
    for name in TRIED_FIRST:
        shipped = dict(walk(load_scenario(name).policy, "policy."))
        mix = {key: shipped[key].value for key in search.keys}
        study.enqueue_trial(mix, skip_if_exists=True)
    return study


def search_mixes(folder: Path, search: Search, where: Where, reporter: Reporter) -> pd.DataFrame:
    """Try mixes until there are as many as asked for.

    Returns: a row for each mix that ran: levers, the mean of each objective, and ``spent``, yuan a
    year; the index is the trial.
    """
    import optuna

    runs = search.effort.trials * search.replicates
    with warnings.catch_warnings(), closing(Together(reporter, runs, 0)) as whole:
        warnings.simplefilter("ignore")  # of what optuna calls experimental
        study = new_study(search)
        _generations(folder, search, study, where, whole)
    done = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    rows = [
        {**t.params, **dict(zip(search.objectives, t.values)), SPENT: t.user_attrs[SPENT]}
        for t in done
    ]
    frame = pd.DataFrame(rows, index=[t.number for t in done])
    if frame.empty:
        raise UsageError(
            f"budget: found no mix that ran, allowed levers that go together; see {folder}/search"
        )
    return frame


def _generations(
    folder: Path, search: Search, study: Any, where: Where, reporter: Reporter
) -> None:
    """Try a generation after the other; those that were tried before are read."""
    from optuna.trial import TrialState

    distributions = {lever.key: _distribution(lever) for lever in search.levers}
    trials, population = search.effort.trials, search.effort.population
    keep = Keep(folder / "search", progress=reporter)
    for first in range(0, trials, population):
        asked = [study.ask(distributions) for _ in range(min(population, trials - first))]
        mixes = pd.DataFrame([trial.params for trial in asked])[search.keys]
        wide = lived(search, mixes, f"{first:06d}", where, keep)
        wide[SPENT] = wide["public_cost"] * 12.0 / search.settings.months
        runs = wide[[*search.objectives, SPENT]].to_numpy(dtype=float)
        means = runs.reshape(len(mixes), search.replicates, -1).mean(axis=1)
        for trial, (*values, spent) in zip(asked, means.tolist()):
            if np.isfinite([*values, spent]).all():
                trial.set_user_attr(SPENT, spent)
                study.tell(trial, values)
            else:  # a run failed
                study.tell(trial, state=TrialState.FAIL)


def lived(
    search: Search, points: pd.DataFrame, name: str, where: Where, results: Keep, luck: int = 0
) -> pd.DataFrame:
    """Runs of mixes, and perhaps worlds, under the cap, by point and replicate.

    `luck`: bits that change in the seed, for draws that had no part in the search.
    """
    s = search.settings
    given = {
        "scenarios": [search.base], "replicates": search.replicates, "months": s.months,
        "sample": s.sample, "seed": s.seed ^ luck, "method": "table", "points": points,
        "axes": {**search.overrides, CAP: search.cap},
    }  # fmt: skip
    plan = plan_of(design_of(given, "budget"))
    place = results.folder / f"{name}-{plan.digest}"  # with more trials there are other mixes
    runs = swept(plan, where, replace(results, out=place))
    return runs.set_index(["point", "replicate"]).sort_index()


def undominated(values: np.ndarray) -> np.ndarray:
    """Which rows no other row beats: at least as good in all columns and better in one.

    >>> undominated(np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 4.0]])).tolist()
    [True, True, False]
    """
    at_least = (values[:, None] >= values[None]).all(axis=2)
    better = (values[:, None] > values[None]).any(axis=2)
    return ~np.asarray((at_least & better).any(axis=0))


def spread_out(values: np.ndarray, number: int) -> list[int]:
    """Rows that stand for all: the best of each column, then always the one farthest from them.

    >>> spread_out(np.array([[0.0, 9.0], [1.0, 8.9], [5.0, 5.0], [9.0, 0.0]]), 3)
    [3, 0, 2]
    """
    span = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(span > 0.0, span, 1.0)
    return well_spread(scaled, number, list(dict.fromkeys(values.argmax(axis=0).tolist())))
