"""Search for mixes of levers under a spending cap: NSGA-II, a generation at a time.

Deb, Pratap, Agarwal and Meyarivan, IEEE Trans. Evol. Comput. 6, 2002, 182-197, as in optuna. Every
mix of a generation runs in the same paired replicates, as a sweep of its own, so a search that is
stopped goes on within the generation it was in. The model's own cap holds spending down; the mixes
that ship are tried first.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.design import design_of
from experiments.errors import StoreError, UsageError, writing_to
from experiments.linkage_design import CAP_KEY as CAP
from experiments.linkage_design import EQUAL
from experiments.plan import Settings
from experiments.progress import Reporter, Together
from experiments.store import MANIFEST, is_used, next_to, read_manifest, versions, write_json
from experiments.sweep_plan import plan_of
from experiments.sweeps import Where, frame_of, run_plan
from scenarios import Lever, Scenario, load_scenario, walk
from simulation.compiler import SOURCE_HASH

GROUPS = (
    "training", "services", "incubation", "activities", "finance", "technology", "venue", "linkage",
)  # fmt: skip
SHIPPED = (
    "baseline", "linked", "siloed", "credit_push", "space", "training_volume", "training_quality",
    "awareness", "no_support",
)  # fmt: skip
SPENT = "spent"  # yuan a year, from the ledger
JOURNAL = "search.journal"
KIND = "budget"


@dataclass(frozen=True)
class Search:
    """What is searched for.

    Attributes
    ----------
    cap : float
        Yuan a year.
    objectives : tuple of str
        Measures, to be made as large as can be.
    levers : tuple of Lever
    base : str
        Scenario whose county, behaviour and other levers hold.
    overrides : mapping
        Laid on it.
    trials, population : int
        Mixes tried, and in one generation.
    replicates : int
    settings : Settings
    """

    cap: float
    objectives: tuple[str, ...]
    levers: tuple[Lever, ...]
    base: str
    overrides: Mapping[str, Any]
    trials: int
    population: int
    replicates: int
    settings: Settings

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

    def plain(self) -> dict[str, Any]:
        """What tells searches apart; more trials go on from fewer."""
        s = self.settings
        return {
            "kind": KIND, "source_hash": SOURCE_HASH, "cap": self.cap, "seed": s.seed,
            "sample": s.sample, "months": s.months, "replicates": self.replicates,
            "objectives": list(self.objectives), "levers": self.keys,
            "population": self.population, "scenario": self.scenario.id,
        }  # fmt: skip


def levers_of(base: str, overrides: Mapping[str, Any], named: Sequence[str] = ()) -> list[Lever]:
    """Levers that are searched over: those named, or all that programmes and linkage have.

    Raises
    ------
    UsageError
    """
    everything = dict(walk(load_scenario(base, dict(overrides)).policy, "policy."))
    usual = [lever for key, lever in everything.items() if key.split(".")[1] in GROUPS]
    for key in named:
        if key not in everything or key == CAP:
            raise UsageError(f"lever: found {key}, allowed a policy key of `returnee levers`")
    kept = [everything[key] for key in named] if named else usual
    return [lever for lever in kept if lever.key not in overrides]


def claim(folder: Path, search: Search, command: str, as_new: bool) -> Path:
    """Take a folder for a search: a new one, or one of the same search.

    Raises
    ------
    StoreError
    """
    wanted = search.plain()
    if is_used(folder):
        found = read_manifest(folder) if (folder / MANIFEST).is_file() else {}
        different = [key for key in wanted if found.get(key) != wanted[key]]
        if different and as_new:
            folder = next_to(folder)
        elif different:
            key = different[0] if found else "kind"
            raise StoreError(
                f"{folder}: {key}: found {found.get(key)}, allowed {wanted[key]}; "
                "--as-new writes to a new folder beside it"
            )
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        about = {"command": command, "versions": versions(), "status": "running"}
        write_json(folder / MANIFEST, {**wanted, **about})
    return folder


def finish(folder: Path) -> None:
    """Say in the manifest that the search is done."""
    write_json(folder / MANIFEST, {**read_manifest(folder), "status": "finished"})


def _distribution(lever: Lever) -> Any:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if lever.type is bool:
        return CategoricalDistribution([False, True])
    if lever.type is int:
        return IntDistribution(int(lever.low or 0), int(lever.high or 0))
    return FloatDistribution(float(lever.low or 0), float(lever.high or 0))


def distributions_of(search: Search) -> dict[str, Any]:
    """Ranges of the levers, as optuna takes them."""
    return {lever.key: _distribution(lever) for lever in search.levers}


def open_study(folder: Path, search: Search) -> Any:
    """The optuna study of a folder, with the shipped mixes waiting in a new one."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    place = str(folder / JOURNAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = JournalStorage(JournalFileBackend(place, lock_obj=JournalFileOpenLock(place)))
        study = optuna.create_study(
            storage=storage, study_name="budget", load_if_exists=True,
            directions=["maximize"] * len(search.objectives),
        )  # fmt: skip
    if not study.get_trials(deepcopy=False):
        for name in SHIPPED:
            shipped = dict(walk(load_scenario(name).policy, "policy."))
            mix = {key: shipped[key].value for key in search.keys}
            study.enqueue_trial(mix, skip_if_exists=True)
    return study


def search_mixes(
    folder: Path, search: Search, where: Where | None, reporter: Reporter
) -> pd.DataFrame:
    """Try mixes until there are as many as asked for.

    Returns
    -------
    DataFrame
        A row for each mix that ran: levers, the mean of each objective, and ``spent``, yuan a year;
        the index is the trial.
    """
    import optuna

    study, state = open_study(folder, search), optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(state.RUNNING,)):
        if trial.params.keys() != set(search.keys):  # stopped while it was drawn
            study.tell(trial.number, state=state.FAIL)
    told = study.get_trials(deepcopy=False, states=(state.COMPLETE, state.FAIL))
    runs = search.trials * search.replicates
    with closing(Together(reporter, runs, min(len(told) * search.replicates, runs))) as whole:
        _generations(folder, search, study, where, whole)
    done = study.get_trials(deepcopy=False, states=(state.COMPLETE,))
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
    folder: Path, search: Search, study: Any, where: Where | None, reporter: Reporter
) -> None:
    """Try a generation after the other, going on within the one that was stopped."""
    import optuna

    distributions, state = distributions_of(search), optuna.trial.TrialState
    while True:
        told = study.get_trials(deepcopy=False, states=(state.COMPLETE, state.FAIL))
        if len(told) >= search.trials:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study.sampler = optuna.samplers.NSGAIISampler(
                population_size=search.population, seed=search.settings.seed + len(told),
                constraints_func=lambda trial: (trial.user_attrs.get(SPENT, 0.0) - search.most,),
            )  # fmt: skip
        wanted = min(search.population, search.trials - len(told))
        running = study.get_trials(deepcopy=False, states=(state.RUNNING,))
        for _ in range(wanted - len(running)):
            study.ask(distributions)
        running = study.get_trials(deepcopy=False, states=(state.RUNNING,))
        running = sorted(running, key=lambda trial: trial.number)[:wanted]
        mixes = pd.DataFrame([trial.params for trial in running])[search.keys]
        place = folder / "search" / f"{running[0].number:06d}"
        means = outcomes(place, search, mixes, where, reporter)
        for trial, (*values, spent) in zip(running, means.tolist()):
            if np.isfinite([*values, spent]).all():
                optuna.trial.Trial(study, trial._trial_id).set_user_attr(SPENT, spent)
                study.tell(trial.number, values)
            else:
                study.tell(trial.number, state=state.FAIL)


def outcomes(
    folder: Path, search: Search, mixes: pd.DataFrame, where: Where | None, reporter: Reporter
) -> np.ndarray:
    """Means of the objectives and of yearly spending, shape (mixes, objectives + 1).

    NaN where a run failed.
    """
    plan = plan_of(design_of(design_for(search, mixes), "budget"))
    runs = frame_of(run_plan(plan, folder, "", where, reporter).folder)
    wide = runs.set_index(["point", "replicate"]).sort_index()
    wide[SPENT] = wide["public_cost"] * 12.0 / search.settings.months
    values = wide[[*search.objectives, SPENT]].to_numpy(dtype=float)
    means: np.ndarray = values.reshape(len(mixes), search.replicates, -1).mean(axis=1)
    return means


def design_for(search: Search, points: pd.DataFrame, luck: int = 0) -> dict[str, Any]:
    """The design that runs mixes, and perhaps worlds, under the cap.

    Parameters
    ----------
    search : Search
    points : DataFrame
    luck : int
        Bits that change in the seed, for draws that had no part in the search.
    """
    s = search.settings
    return {
        "scenarios": [search.base], "replicates": search.replicates, "months": s.months,
        "sample": s.sample, "seed": s.seed ^ luck, "method": "table", "points": points,
        "axes": {**search.overrides, CAP: search.cap},
    }  # fmt: skip


def undominated(values: np.ndarray) -> np.ndarray:
    """Which rows no other row beats: at least as good in all columns and better in one.

    Examples
    --------
    >>> undominated(np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 4.0]])).tolist()
    [True, True, False]
    """
    at_least = (values[:, None] >= values[None]).all(axis=2)
    better = (values[:, None] > values[None]).any(axis=2)
    beaten = np.asarray((at_least & better).any(axis=0))
    return ~beaten


def spread_out(values: np.ndarray, number: int) -> list[int]:
    """Rows that stand for all: the best of each column, then always the one farthest from them.

    Examples
    --------
    >>> spread_out(np.array([[0.0, 9.0], [1.0, 8.9], [5.0, 5.0], [9.0, 0.0]]), 3)
    [3, 0, 2]
    """
    span = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(span > 0.0, span, 1.0)
    chosen = list(dict.fromkeys(int(k) for k in values.argmax(axis=0)))[:number]
    while len(chosen) < min(number, len(values)):
        distance = np.linalg.norm(scaled[:, None] - scaled[chosen], axis=2).min(axis=1)
        distance[chosen] = -1.0
        chosen.append(int(distance.argmax()))
    return chosen
