"""Which assumptions decide an outcome, and which decide whether a policy works?

Behaviour parameters are moved within a band around the values in use. At every point the scenarios
run in the same paired replicates; indices are taken of indicators and of policy effects (scenario
less reference), averaged over replicates. The replicates are the same at every point, so a point's
outcome has no noise of its own; how much the luck of the draw matters, more replicates show.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.defaults import MORRIS, SOBOL
from returnee.experiments.errors import ShareDone, UsageError
from returnee.experiments.files import write_frame
from returnee.experiments.keys import check_key
from returnee.experiments.measuring.measures import check_measures, labelled
from returnee.experiments.running.design.design import design_of, labels_of
from returnee.experiments.running.manifests import FINISHED, MANIFEST, read_manifest
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import SweepPlan, plan_of
from returnee.experiments.statistics.indices import draw, indices_of, problem_of
from returnee.experiments.studies.efforts import BOTH
from returnee.experiments.studies.efforts import SensitivityEffort as Effort
from returnee.experiments.studies.linkage.robust import bounds_of, parameters
from returnee.experiments.studies.points.sweep import swept
from returnee.scenarios import Lever, load_scenario, walk
from returnee.scenarios.schema.layers import MODELS

LEVEL_OF, EFFECT = "level", "effect"
INDICES = "indices.parquet"


@dataclass(frozen=True)
class Study:
    """What is looked at."""

    scenarios: tuple[str, ...]  # names or paths; the reference is not among them
    against: str  # the reference
    moved: tuple[Lever, ...]  # parameters with the values they are moved around
    bounds: np.ndarray  # shape (parameters, 2)
    measures: tuple[str, ...]
    replicates: int
    settings: RunSettings

    @property
    def keys(self) -> list[str]:
        """Keys of the parameters."""
        return [lever.key for lever in self.moved]

    def of(self, keys: Sequence[str]) -> Study:
        """The same with fewer parameters moved."""
        kept = [k for k, key in enumerate(self.keys) if key in keys]
        return replace(self, moved=tuple(self.moved[k] for k in kept), bounds=self.bounds[kept])


@checked_arguments
def sensitivity(
    scenarios: Sequence[str | Path] = ("linked",),
    against: str | Path = "baseline",
    *,
    effort: Effort = Effort(),
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(),
) -> pd.DataFrame:
    """Find which parameters decide outcomes and policy effects.

    Parameters
    ----------
    scenarios : sequence of str
        Policies whose indicators and effects are looked at.
    against : str
        The reference of the effects.
    overrides : mapping, optional
        Keys laid on every scenario.
    results : Keep
        Or its fields: out, as_new, progress, shard. With both methods a share of the second is
        made when those of the first are merged, as its parameters hinge on them.

    Returns
    -------
    DataFrame
        Columns method, scenario, target ("level" or "effect"), measure, index, key, key2, n, value,
        low, high; see `statistics.indices.indices_of`. The rows with the largest n of a method are
        the result, the others show whether it has settled. ``attrs`` has ``labels``, ``labels_zh``
        and ``units``, ``moved``, the number of parameters, as ``effects`` what `effects_over` tells
        of the points of each method, and as ``untold`` what has no index: method, scenario, target,
        measure, ``points``, and at how many of them there is an outcome (``there``).
    """
    study = study_of(scenarios, against, effort, settings, overrides or {})
    effort.check()
    about: dict[str, Any] = {**attributes(study), "moved": len(study.moved)}
    about |= {"effects": [], "untold": []}
    with tempfile.TemporaryDirectory() as temporary:
        folder = results.folder if results.out is not None else Path(temporary)
        frames: list[pd.DataFrame] = []
        for name, n in ((MORRIS, effort.trajectories), (SOBOL, effort.base)):
            if effort.method not in (name, BOTH):
                continue
            if frames:
                kept = strongest(frames[0], effort.top)
                if not kept:  # no outcome at whole trajectories, so nothing to choose by
                    break
                study = study.of(kept)
            problem = problem_of(study.keys, study.bounds)
            points = draw(name, problem, n, study.settings.seed)
            plan = _plan(name, study, points, overrides or {}, effort.max_runs)
            command = shlex.join(["returnee", "sensitivity", *study.scenarios])
            try:
                runs = swept(plan, where, _kept(results, folder / name), command)
            except ShareDone as share:
                raise ShareDone(folder, *share.folders) from None
            frame, ranges, untold = _indices(name, study, problem, points, runs)
            frames.append(frame)
            about["effects"] += ranges
            about["untold"] += untold
        found = pd.concat(frames, ignore_index=True)
        if results.out is not None:
            write_frame(folder / INDICES, found)
    found.attrs = about
    return found


def _kept(results: Keep, folder: Path) -> Keep:
    """Where the runs of a stage are kept: of a merged one there is no share left to make."""
    done = (folder / MANIFEST).is_file() and read_manifest(folder)["status"] == FINISHED
    if results.shard and results.out is None:
        raise UsageError(f"shard: found {results.shard} without a folder, allowed with --out")
    return replace(results, out=folder, shard="" if done else results.shard)


def study_of(
    scenarios: Sequence[str | Path], against: str | Path, effort: Effort, settings: RunSettings,
    overrides: Mapping[str, Any],
) -> Study:  # fmt: skip
    """What is looked at, checked; see `sensitivity`."""
    spread, measures = effort.spread, effort.measures
    if not 0.0 < spread <= 1.0:
        raise UsageError(f"spread: found {spread:g}, allowed above 0 up to 1")
    if not measures:
        raise UsageError("measures: found none, allowed one or more")
    check_measures(measures, settings.months)
    asked = tuple(dict.fromkeys(str(name) for name in scenarios if str(name) != str(against)))
    settled = load_scenario(against, dict(overrides))
    moved = tuple(_moved(effort.over, settled))
    bounds = np.array([bounds_of(lever, spread) for lever in moved])
    names = tuple(dict.fromkeys(measures))
    return Study(asked, str(against), moved, bounds, names, effort.replicates, settings)


def _moved(over: str | Sequence[str], settled: Any) -> list[Lever]:
    keys = [over] if isinstance(over, str) else list(over)
    if keys in (["free"], ["all"]):
        return parameters(settled, keys[0])
    if not keys:
        raise UsageError("over: found none, allowed free, all, or one parameter or more")
    here = {key: v for r in MODELS for key, v in walk(getattr(settled, r), f"{r}.")}
    here |= settled.rules.levers() if settled.rules else {}
    for k, key in enumerate(keys):
        check_key(key, key, "over")
        if key in keys[:k]:
            raise UsageError(f"over: {key}: found twice, allowed once")
        if key not in here or here[key].type is not float:
            raise UsageError(f"over: {key}: found no number with decimals, allowed one that has")
    return [here[key] for key in keys]


def _plan(
    method: str, study: Study, points: np.ndarray, overrides: Mapping[str, Any], max_runs: int
) -> SweepPlan:
    """The runs of one method."""
    s = study.settings
    given = {
        "scenarios": [study.against, *study.scenarios], "replicates": study.replicates,
        "months": s.months, "sample": s.sample, "seed": s.seed, "method": "table",
        "points": pd.DataFrame(points, columns=study.keys), "axes": dict(overrides),
    }  # fmt: skip
    return plan_of(design_of(given, f"sensitivity {method}"), max_runs)


def _indices(
    method: str, study: Study, problem: dict[str, Any], points: np.ndarray, runs: pd.DataFrame
) -> tuple[pd.DataFrame, list[dict[str, Any]], list[dict[str, Any]]]:
    """What the runs of one method tell: indices, `effects_over` the points, and what has no index."""
    frames, untold, found = [], [], targets_of(runs, study, len(points))
    for (scenario, target, measure), values in found.items():
        about = {"scenario": scenario, "target": target, "measure": measure}
        rows = indices_of(method, problem, points, values, study.settings.seed)
        if rows.empty:
            there = int(np.isfinite(values).sum())
            untold.append({"method": method, **about, "points": len(points), "there": there})
        for place, (name, value) in enumerate(about.items(), start=1):
            rows.insert(place, name, value)
        frames.append(rows)
    return pd.concat(frames, ignore_index=True), effects_over(method, found), untold


def effects_over(
    method: str, found: dict[tuple[str, str, str], np.ndarray]
) -> list[dict[str, Any]]:
    """Between what the policy effects lie at the points of a method, and how often above zero.

    >>> effects_over("sobol", {("linked", "effect", "jobs"): np.array([-1.0, 2.0, np.nan])})
    [{'method': 'sobol', 'scenario': 'linked', 'measure': 'jobs', 'points': 2, 'low': -1.0, 'high': 2.0, 'above': 0.5}]
    """
    effects = {k: v[np.isfinite(v)] for k, v in found.items() if k[1] == EFFECT}
    return [
        {"method": method, "scenario": scenario, "measure": measure, "points": len(ran),
         "low": float(ran.min()), "high": float(ran.max()), "above": float((ran > 0.0).mean())}
        for (scenario, _, measure), ran in effects.items() if len(ran)
    ]  # fmt: skip


def targets_of(
    runs: pd.DataFrame, study: Study, points: int
) -> dict[tuple[str, str, str], np.ndarray]:
    """Outcomes at every point: indicators, and paired effects of the scenarios on them.

    Returns: scenario, "level" or "effect", and measure, to values of shape (points,); NaN where a
    run of the point failed.
    """
    labels = labels_of((study.against, *study.scenarios))
    wide = runs.set_index(["scenario", "point", "replicate"]).sort_index()
    found = {}
    for measure in study.measures:
        column = wide[measure].unstack("replicate")
        each = {k: column.loc[k].reindex(range(points)).to_numpy(dtype=float) for k in labels}
        for label, values in each.items():
            found[label, LEVEL_OF, measure] = values.mean(axis=1)
            if label != labels[0]:
                found[label, EFFECT, measure] = (values - each[labels[0]]).mean(axis=1)
    return found


def strongest(found: pd.DataFrame, top: int) -> list[str]:
    """Parameters that move some target most, by mu* as a share of the target's largest."""
    rows = settled(found)
    rows = rows[rows["index"] == "mu_star"]
    if rows.empty:
        return []
    largest = rows.groupby(["scenario", "target", "measure"])["value"].transform("max")
    share = (rows["value"] / largest).fillna(0.0).groupby(rows["key"]).max()
    return list(share.sort_values(ascending=False, kind="stable").index[:top])


def settled(found: pd.DataFrame) -> pd.DataFrame:
    """The rows with the most trajectories or base points of each method and target."""
    groups = found.groupby(["method", "scenario", "target", "measure"])["n"]
    return found[found["n"] == groups.transform("max")]


def attributes(study: Study) -> dict[str, Any]:
    """Labels and units of measures, parameters and scenarios."""
    names = (study.against, *study.scenarios)
    read = {label: load_scenario(name) for label, name in zip(labels_of(names), names)}
    found = labelled(study.measures, read)
    for lever in study.moved:
        found["labels"][lever.key], found["labels_zh"][lever.key] = lever.en, lever.zh
        found["units"][lever.key] = lever.unit
    return found
