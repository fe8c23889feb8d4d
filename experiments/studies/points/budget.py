"""What a yearly budget should buy: a search, then the best mixes under many assumptions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import Interrupted, UsageError
from returnee.experiments.files import write_frame, write_text
from returnee.experiments.measuring.measures import SPENT, check_measures, labelled
from returnee.experiments.measuring.selections import OBJECTIVES
from returnee.experiments.numbers import plain
from returnee.experiments.running.manifests import FINISHED
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.statistics import ensemble as weighing
from returnee.experiments.statistics.intervals import TAILS, mean_of
from returnee.experiments.studies.compare_ensemble import Ensemble
from returnee.experiments.studies.efforts import FREE, SPREAD
from returnee.experiments.studies.efforts import BudgetEffort as Effort
from returnee.experiments.studies.ensemble import FULL, Sets
from returnee.experiments.studies.linkage.robust import hypercube, parameters
from returnee.experiments.studies.points import budget_search
from returnee.experiments.studies.points.budget_search import Search
from returnee.scenarios import load_scenario, walk
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.state.programmes import PROGRAMMES

SHARES = np.array(TAILS) / 100.0
ALLOWED_CAP = 200e6  # yuan a year
OTHER_LUCK = 1 << 20  # bit of the seed that tells the luck of the judgement from that of the search
USUAL = "baseline"


@dataclass(frozen=True)
class Budget:
    """Mixes under a cap, and how they do under many assumptions."""

    search: Search
    # A row for each kept mix, the last one the baseline's under the same cap; a column a lever
    mixes: pd.DataFrame = field(repr=False)
    sets: Sets = field(repr=False)  # of assumptions: behaviour parameters, weights and structures
    # shape (mixes, worlds, replicates, objectives); NaN where a run failed
    values: np.ndarray = field(repr=False)
    # shape (mixes, worlds, replicates, programmes); yuan a year, from the ledger
    spent: np.ndarray = field(repr=False)
    tried: int  # mixes that were tried
    folder: Path
    command: str

    @property
    def worlds(self) -> pd.DataFrame:
        """A row for each set of assumptions, a column for each behaviour parameter."""
        return pd.DataFrame(list(self.sets))

    @property
    def weights(self) -> np.ndarray:
        """How much each set of assumptions counts, shape (worlds,)."""
        return self.sets.weights

    def parts(self, mix: int, objective: int) -> weighing.Parts:
        """What a mix has more than the baseline's, split into luck, parameters and structure."""
        each = (self.values[mix] - self.values[-1])[..., objective]
        return weighing.split(each, self.weights, self.sets.structures)

    @property
    def by_programme(self) -> np.ndarray:
        """Mean spending, yuan a year, shape (mixes, programmes)."""
        return weighing.weighted_mean(mean_of(self.spent, axis=2).swapaxes(0, 1), self.weights)

    @cached_property
    def regret(self) -> np.ndarray:
        """By how much a mix falls behind the best in a world, shape (mixes, worlds, objectives).

        As a share of the objective's range over all mixes and worlds.
        """
        mean = mean_of(self.values, axis=2)
        span = np.nanmax(mean, axis=(0, 1)) - np.nanmin(mean, axis=(0, 1))
        behind: np.ndarray = np.nanmax(mean, axis=0)[None] - mean
        return behind / np.where(span > 0.0, span, 1.0)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """A row for each mix: objectives less the baseline's, on the mean over assumptions.

        Differences are taken in the same set of assumptions and the same replicate. ``_low`` and
        ``_high`` are the 90 % interval of the mean over sets of assumptions.
        """
        paired = mean_of(self.values - self.values[-1:], axis=2).swapaxes(0, 1)
        mean = weighing.weighted_mean(paired, self.weights)
        low, high = weighing.weighted_interval(paired, self.weights)
        columns: dict[str, Any] = {}
        for k, name in enumerate(self.search.objectives):
            columns |= {name: mean[:, k], f"{name}_low": low[:, k], f"{name}_high": high[:, k]}
        found = pd.DataFrame(columns, index=self.table.index)
        found.attrs = self.table.attrs
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each mix: objectives and spending with 90 % ranges, regret, and its levers.

        ``front`` says whether no other mix beats it in everything, on the mean over assumptions.
        """
        names, mixes = self.search.objectives, len(self.mixes)
        columns: dict[str, Any] = {}
        weights = np.repeat(self.weights, self.search.replicates)  # of single runs
        for k, name in enumerate(names):
            columns |= _ranged(name, self.values[..., k].reshape(mixes, -1), weights)
        columns |= _ranged("spent", self.spent.sum(axis=-1).reshape(mixes, -1), weights)
        columns["regret_worst"] = np.nanmax(self.regret, axis=(1, 2))
        mean = weighing.weighted_mean(self.regret.swapaxes(0, 1), self.weights)
        columns["regret_mean"] = np.nanmean(mean, axis=1)
        means = np.stack([columns[name] for name in names], axis=1)
        columns["front"] = budget_search.undominated(means)
        frame = pd.DataFrame(columns, index=pd.Index(names_of(mixes), name="mix"))
        found = pd.concat([frame, self.mixes.set_axis(frame.index)], axis=1)
        found.attrs = labelled(names, {})
        found.attrs["units"]["spent"] = "yuan/yr"
        return found


def names_of(mixes: int) -> list[str]:
    """Names of mixes: A, B, C, ...; the last is the baseline's.

    >>> names_of(3)
    ['A', 'B', 'baseline']
    """
    return [chr(65 + k) if k < 26 else f"A{k - 25}" for k in range(mixes - 1)] + [USUAL]


def _ranged(name: str, values: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Weighted mean and 90 % range over axis 1."""
    low, high = np.array([weighing.weighted_quantile(row, weights, SHARES) for row in values]).T
    mean = weighing.weighted_mean(values.T, weights)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


@checked_arguments
def budget(
    per_year: float,
    maximise: Sequence[str] = OBJECTIVES,
    *,
    effort: Effort = Effort(),
    scenario: str = "baseline",
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep("results/budget"),
) -> Budget:
    """Find mixes of levers that make the most of a yearly budget.

    Parameters
    ----------
    per_year : float
        Cap on all spending, yuan a year.
    maximise : sequence of str
        Measures; two or three make a front that can be seen.
    scenario : str
        Scenario whose county, behaviour and other levers hold.
    overrides : mapping, optional
        Laid on it; levers among them are not searched over.
    """
    results.unshared()
    given = dict(overrides or {})
    if not 0.0 < per_year <= ALLOWED_CAP:  # also refuses what is not a number
        allowed = f"above 0 up to {ALLOWED_CAP:,.0f} (yuan a year)"
        raise UsageError(f"per-year: found {per_year:g}, allowed {allowed}")
    check_measures(maximise, settings.months, "maximise")
    if not maximise or len(set(maximise)) < len(maximise):
        raise UsageError("maximise: found none, or one twice, allowed each measure once")
    effort.check()
    levers = tuple(budget_search.levers_of(scenario, given, effort.levers))
    found = Search(float(per_year), tuple(maximise), levers, scenario, given, effort, settings)
    if not levers:
        raise UsageError("lever: found none to search over, allowed one or more")
    sets, reporter = worlds_of(effort.over, effort.worlds, found), results.reporter
    command = command_of(found)
    with budget_search.folder_of(found, results, command) as own:
        try:
            tried = budget_search.search_mixes(own.folder, found, where, reporter)
            mixes = front_of(found, tried, effort.keep)
            keep = Keep(own.folder, False, reporter)
            judged = judge(found, mixes, pd.DataFrame(list(sets)), where, keep)
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted: what is finished is kept in {own.folder}; "
                "give the same command again to go on"
            ) from None
        best = Budget(found, mixes, sets, *judged, len(tried), own.folder, command)
        write_frame(own.folder / "front.parquet", best.table.reset_index())
        own.status(FINISHED)
    return best


def worlds_of(over: str, number: int, search: Search) -> Sets:
    """Sets of assumptions.

    Raises UsageError: if an ensemble has not so many.
    """
    if over != FREE:
        sets = Ensemble(over).read()
        if number > len(sets):
            raise UsageError(f"worlds: found {number}, allowed 1 to {len(sets)} over {over}")
        return sets.take([0], np.ones(1)) if number == 1 else sets.some(number)
    moved = parameters(search.scenario, "free")
    points = hypercube(moved, number, search.settings.seed, SPREAD)
    keys = [lever.key for lever in moved]
    rows = tuple(dict(zip(keys, point)) for point in points.tolist())
    return Sets(rows, np.full(number, 1.0 / number), (FULL,) * number)


def front_of(search: Search, tried: pd.DataFrame, keep: int) -> pd.DataFrame:
    """Mixes of the front that are judged, and the baseline's under the same cap."""
    within = tried[tried["spent"] <= search.most]
    tried = within if len(within) else tried
    means = tried[list(search.objectives)].to_numpy()
    front = np.flatnonzero(budget_search.undominated(means))
    chosen = front[budget_search.spread_out(means[front], keep)]
    usual = dict(walk(load_scenario(USUAL).policy, "policy."))
    mixes = tried[search.keys].iloc[chosen]
    mixes = pd.concat([mixes, pd.DataFrame([{key: usual[key].value for key in search.keys}])])
    return mixes.astype({lever.key: lever.type for lever in search.levers})


def judge(
    search: Search, mixes: pd.DataFrame, worlds: pd.DataFrame, where: Where, results: Keep
) -> tuple[np.ndarray, np.ndarray]:
    """Run mixes in every world: objectives and yearly spending, see `Budget`.

    In draws that had no part in the search, or the mixes would be judged by the luck that chose them.
    """
    results.reporter.say(f"{len(mixes)} mixes under {len(worlds)} sets of assumptions")
    points = mixes.merge(worlds, how="cross")
    wide = budget_search.lived(search, points, "robust", where, results, OTHER_LUCK)
    shape = len(mixes), len(worlds), search.replicates, -1
    values = wide[list(search.objectives)].to_numpy(float).reshape(shape)
    spent = wide[[m.name for m in SPENT]].to_numpy(float).reshape(shape)
    return values, spent * 12.0 / search.settings.months


def command_of(search: Search) -> str:
    """The command line that repeats a search."""
    s, e = search.settings, search.effort
    options = {
        "per-year": f"{search.cap:.12g}", "maximise": ",".join(search.objectives),
        "trials": e.trials, "population": e.population, "keep": e.keep, "worlds": e.worlds,
        "over": e.over, "replicates": e.replicates, "sample": s.sample, "months": s.months,
        "seed": s.seed, "scenario": search.base, "lever": list(e.levers), "set": search.overrides,
    }  # fmt: skip
    return command_line(["budget"], options)


# A finished budget search as plain content, for the dashboard and for other programs.


STORED = "budget.json"


def plain_of(found: Budget) -> dict[str, Any]:
    """What the search found, without its runs.

    Returns: ``mixes`` holds a dict for each mix: its levers; ``outcomes`` and ``spent`` as mean
    and 90 % range over assumptions and replicates; ``programmes``, yuan a year; ``regret``, worst
    and mean, by objective; and ``versus`` every mix by objective: mean difference, 90 % range over
    sets of assumptions, and the share of sets in which it is larger.
    """
    search, s = found.search, found.search.settings
    county = search.scenario.county
    return {
        "kind": "budget", "fingerprint": fingerprint(), "command": found.command, "cap": search.cap,
        "objectives": list(search.objectives), "base": search.base,
        "given": json.loads(json.dumps(dict(search.overrides))),  # months of values are text
        "county": {"en": county.name, "zh": county.name_zh}, "sample": s.sample, "months": s.months,
        "replicates": search.replicates, "worlds": len(found.worlds), "tried": found.tried,
        "levers": search.keys, "mixes": [_mix(found, k) for k in range(len(found.mixes))],
    }  # fmt: skip


def write_plain(path: Path, found: Budget) -> Path:
    """Write the content as JSON, a line a mix."""
    content = plain_of(found)
    mixes = ",\n".join(json.dumps(mix, ensure_ascii=False) for mix in content.pop("mixes"))
    head = json.dumps(content, ensure_ascii=False)[:-1]
    return write_text(path, f'{head},\n"mixes": [\n{mixes}\n]}}\n')


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def lever_value(value: Any) -> bool | int | float:
    """A lever's value as plain Python has it, to six digits."""
    value = plain(value)
    return value if isinstance(value, int) else float(f"{value:.6g}")


def _mix(found: Budget, k: int) -> dict[str, Any]:
    row, names = found.table.iloc[k], found.search.objectives
    spent, mean = found.by_programme[k], partial(weighing.weighted_mean, weights=found.weights)
    ends = ("", "_low", "_high")
    return {
        "name": str(found.table.index[k]), "front": bool(row["front"]),
        "levers": {key: lever_value(found.mixes[key].iloc[k]) for key in found.search.keys},
        "outcomes": {name: [_short(row[f"{name}{end}"]) for end in ends] for name in names},
        "spent": [_short(row[f"spent{end}"]) for end in ends],
        "programmes": {name: round(v) for name, v in zip(PROGRAMMES, spent.tolist()) if v >= 0.5},
        "regret": {
            name: [_short(float(f(found.regret[k, :, j]))) for f in (np.nanmax, mean)]
            for j, name in enumerate(names)
        },
        "versus": {str(other): _versus(found, k, j) for j, other in enumerate(found.table.index)},
    }  # fmt: skip


def _versus(found: Budget, k: int, other: int) -> dict[str, list[float | None]]:
    """Paired differences, the mean over replicates in each set of assumptions."""
    differences = np.nanmean(found.values[k] - found.values[other], axis=1)
    above = np.where(np.isfinite(differences), differences > 0.0, np.nan)
    columns = _ranged("", differences.T, found.weights)
    columns["share"] = weighing.weighted_mean(above, found.weights)
    told = np.stack(list(columns.values()), axis=1)
    return {name: list(map(_short, row)) for name, row in zip(found.search.objectives, told)}
