"""Face checks: does the model move as theory says, before any figure is fitted?

Responses of a measure to each lever over its range, extreme conditions, thirty years without drift,
samples of different size, and seeds. What is expected stands in ``data/face.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import ShareDone
from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import BY_NAME as MEASURE
from returnee.experiments.measuring.measures import NAMES
from returnee.experiments.measuring.selections import DRIFTING, STEADY
from returnee.experiments.numbers import plain
from returnee.experiments.running.figures import horizon_of, table_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Store
from returnee.experiments.statistics.intervals import LEVEL, mean_interval
from returnee.scenarios import Scenario, load_scenario
from returnee.simulation.run import Run

# Of a step against the declared direction, and of two sets of replicates that should agree: there
# are many of each, so that at 90 % some would stand out by chance.
STRICT = 0.99
DRIFT_ALLOWED = 0.1  # relative change from one decade to the next
SCALE_ALLOWED = 0.03  # relative difference that is let pass even where it is told from zero
SD_FACTOR = 1.6  # between standard deviations of two seeds, about 99 % for 40 replicates each
BLOCK = 10
COVERED = (0.8, 0.98)  # share of 90 % intervals that should cover
SIGNS = {"up": 1.0, "down": -1.0}


@dataclass(frozen=True)
class Response:
    """One lever over its range: changes against its first value, with 90 % intervals."""

    key: str
    values: list[Any]
    measure: str
    direction: str
    changes: list[tuple[float, float, float]]
    base: float
    verdict: str
    en: str
    zh: str


@dataclass(frozen=True)
class Extreme:
    """One measure under an extreme condition, against the baseline."""

    condition_en: str
    condition_zh: str
    measure: str
    expected: str
    base: float
    level: float
    verdict: str
    why_en: str
    why_zh: str


@dataclass(frozen=True)
class Drift:
    """A measure by decade, and its relative change with a 90 % interval."""

    measure: str
    second: float
    third: float
    change: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Agreement:
    """Two sets of replicates: relative difference of means with a 99 % interval."""

    pair: str
    measure: str
    one: float
    other: float
    change: float
    low: float
    high: float
    ratio_sd: float
    verdict: str


def response_of(row: Mapping[str, Any], levels: np.ndarray, names: Sequence[str]) -> Response:
    """What a lever did.

    `row`: of ``face.toml``. `levels`: shape (values, replicates, measures). `names`: of the
    measures.
    """
    direction, changes = row["direction"], list[Any]()
    if direction == "none":
        first = np.broadcast_to(levels[:1], levels.shape)
        verdict = "holds" if np.array_equal(levels, first, equal_nan=True) else "not_zero"
        gaps, base = np.nanmax(np.abs(levels - first), axis=(1, 2)), np.nan
        changes = [(float(gap),) * 3 for gap in gaps]
    else:
        one = levels[:, :, names.index(row["measure"])]
        changes, base = [mean_interval(level - one[0]) for level in one], float(np.nanmean(one[0]))
        verdict = "shown" if direction == "open" else verdict_of(one, SIGNS[direction])
    asked = row["key"], list(row["values"]), row["measure"], direction
    return Response(*asked, changes, base, verdict, row["en"], row["zh"])


def verdict_of(values: np.ndarray, sign: float) -> str:
    """Whether paired levels move one way.

    `values`: shape (values of the lever, replicates). `sign`: 1 where they must rise, -1 where
    they must fall. Returns: ``holds``, ``no_response``, ``wrong`` or ``not_monotone``.

    >>> verdict_of(np.array([[1.0, 2.0], [2.0, 3.1], [3.0, 4.0]]), 1.0)
    'holds'
    """
    _, low, high = mean_interval(sign * (values[-1] - values[0]))
    if high < 0.0:
        return "wrong"
    for step in np.diff(values, axis=0):
        if mean_interval(sign * step, STRICT)[2] < 0.0:
            return "not_monotone"
    return "holds" if low > 0.0 else "no_response"


def extremes_of(
    row: Mapping[str, Any], base: np.ndarray, level: np.ndarray, names: Sequence[str]
) -> list[Extreme]:
    """What an extreme condition did to each measure that it names; arrays (replicates, measures)."""
    found = []
    for measure, expected in row["expect"].items():
        k = names.index(measure)
        both = np.stack([base[:, k], level[:, k]])
        if expected == "zero":
            verdict = "holds" if (both[1] == 0.0).all() else "not_zero"
        else:
            verdict = verdict_of(both, SIGNS[expected])
        told = *np.nanmean(both, axis=1).tolist(), verdict, row["why_en"], row["why_zh"]
        found.append(Extreme(row["en"], row["zh"], measure, expected, *told))
    return found


def drift_of(names: Sequence[str], decades: np.ndarray) -> list[Drift]:
    """Change between two decades, by measure; `decades` has shape (replicates, 2, measures)."""
    found = []
    for name, (second, third) in zip(names, decades.transpose(2, 1, 0)):
        mean = float(second.mean())
        change, low, high = (x / mean if mean else np.nan for x in mean_interval(third - second))
        verdict = "holds" if abs(change) <= DRIFT_ALLOWED else "differs"
        found.append(Drift(name, mean, float(third.mean()), change, low, high, verdict))
    return found


def agreement_of(pair: str, measure: str, one: np.ndarray, other: np.ndarray) -> Agreement:
    """Whether two independent sets of replicates have the same mean; of seeds also the spread."""
    welch = scipy.stats.ttest_ind(one, other, equal_var=False)
    ends = welch.confidence_interval(STRICT)
    mean = float(other.mean())
    change = float(one.mean() - mean) / mean
    low, high = float(ends.low) / mean, float(ends.high) / mean
    ratio = float(one.std(ddof=1) / other.std(ddof=1))
    agree = low <= 0.0 <= high or abs(change) <= SCALE_ALLOWED
    agree &= pair != "1 : 2" or 1.0 / SD_FACTOR <= ratio <= SD_FACTOR
    verdict = "holds" if agree else "differs"
    return Agreement(pair, measure, float(one.mean()), mean, change, low, high, ratio, verdict)


def coverage_of(seeds: np.ndarray) -> tuple[float, int]:
    """How often the interval of a block of replicates covers the mean of all others."""
    runs, hits = seeds.reshape(-1, seeds.shape[-1]), list[bool]()
    for b in range(len(runs) // BLOCK):
        chosen = np.arange(len(runs)) // BLOCK == b
        welch = scipy.stats.ttest_ind(runs[chosen], runs[~chosen], equal_var=False)
        ends = welch.confidence_interval(LEVEL)
        hits += ((ends.low <= 0.0) & (ends.high >= 0.0)).tolist()
    return float(np.mean(hits)), len(hits)


def coverage_verdict(share: float) -> str:
    """Whether intervals cover about as often as they say."""
    return "holds" if COVERED[0] <= share <= COVERED[1] else "differs"


MONTHS, REPLICATES, SAMPLE = 60, 8, 0.015
SAMPLES = ((0.02, 24), (0.1, 12), (1.0, 4))  # sample and replicates
SEEDS, SEED_REPLICATES, SEED_SAMPLE = 2, 40, 0.01
LONG, LONG_REPLICATES, LONG_SAMPLE = 360, 6, 0.02
DECADES = ((121, 240), (241, 360))
BASE = "baseline"
FILE = Path(__file__).parents[1] / "data" / "face.toml"


@lru_cache(maxsize=1)
def expectations() -> dict[str, Any]:
    """The table of what is expected, from ``data/face.toml``."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Face:
    """What the runs of the face checks show."""

    levers: Plan  # every value of every lever and every extreme condition, with the baseline
    # shape (scenarios, replicates, measures); at the end of those runs, flows by year
    levels: np.ndarray = field(repr=False)
    # shape (replicates, decades, measures); means of the thirty-year runs by member of the labour
    # force, of `DRIFTING`
    decades: np.ndarray = field(repr=False)
    # each of shape (replicates, measures); runs with the samples of `SAMPLES`, of `STEADY`
    samples: tuple[np.ndarray, ...] = field(repr=False)
    seeds: np.ndarray = field(repr=False)  # shape (seeds, replicates, measures); of `STEADY`

    @cached_property
    def responses(self) -> list[Response]:
        """One for each row of the table."""
        return [response_of(row, self._of(row), NAMES) for row in expectations()["response"]]

    @cached_property
    def extremes(self) -> list[Extreme]:
        """One for each condition and measure."""
        base = self._level(BASE)
        return [
            finding
            for k, row in enumerate(expectations()["extreme"])
            for finding in extremes_of(row, base, self._level(f"extreme {k}"), NAMES)
        ]

    @cached_property
    def drift(self) -> list[Drift]:
        """One for each measure of `DRIFTING`."""
        return drift_of(DRIFTING, self.decades)

    @cached_property
    def scale(self) -> list[Agreement]:
        """Each smaller sample against the largest, by measure of `STEADY`."""
        labels = [f"{sample:g}" for sample, _ in SAMPLES]
        return [
            agreement_of(f"{label} : {labels[-1]}", name, some[:, k], self.samples[-1][:, k])
            for label, some in zip(labels[:-1], self.samples)
            for k, name in enumerate(STEADY)
        ]  # fmt: skip

    @cached_property
    def seed_agreement(self) -> list[Agreement]:
        """One seed against the other, by measure of `STEADY`."""
        one, other = self.seeds
        return [
            agreement_of("1 : 2", name, one[:, k], other[:, k]) for k, name in enumerate(STEADY)
        ]

    @cached_property
    def coverage(self) -> tuple[float, int]:
        """How often intervals of ten replicates cover the mean of the others, and of how many."""
        return coverage_of(self.seeds)

    @property
    def findings(self) -> dict[str, list[Any]]:
        """What every kind of check found."""
        return {
            "response": self.responses, "extreme": self.extremes, "drift": self.drift,
            "scale": self.scale, "seeds": self.seed_agreement,
        }  # fmt: skip

    def verdicts(self) -> list[str]:
        """The verdict of every declared expectation."""
        rows = [row.verdict for found in self.findings.values() for row in found]
        return [*(v for v in rows if v != "shown"), coverage_verdict(self.coverage[0])]

    def plain(self) -> list[dict[str, Any]]:
        """As plain values, for JSON."""
        rows = [
            {"check": kind, **plain(asdict(row))}
            for kind, found in self.findings.items()
            for row in found
        ]
        share, n = self.coverage
        verdict = coverage_verdict(share)
        return [*rows, {"check": "coverage", "value": share, "cases": n, "verdict": verdict}]

    def _of(self, row: Mapping[str, Any]) -> np.ndarray:
        return np.stack([self._level(label_of(row, value)) for value in row["values"]])

    def _level(self, label: str) -> np.ndarray:
        return self.levels[list(self.levers.scenarios).index(label)]


def label_of(row: Mapping[str, Any], value: Any) -> str:
    """Label of one value of a response in the plan."""
    also = "".join(f", {key}={given}" for key, given in row.get("also", {}).items())
    return f"{row['key']}={value}{also}"


def line_up(base: Scenario, settings: RunSettings, replicates: int) -> Plan:
    """The plan of responses and extreme conditions; the baseline comes first."""
    found = {BASE: base}
    for row in expectations()["response"]:
        for value in row["values"]:
            values = {row["key"]: value, **row.get("also", {})}
            found[label_of(row, value)] = base.with_(values)
    for k, row in enumerate(expectations()["extreme"]):
        found[f"extreme {k}"] = base.with_(row["set"])
    return Plan(found, BASE, replicates, settings)


def decades_of(run: Run, task: Task) -> pa.Table:
    """Means of a run by decade and member of the labour force; stocks of one stay as they are."""
    names, force = list(DRIFTING), run.monthly["labour_force"]
    counted = [name for name in names if MEASURE[name].counts]
    months = run.monthly[names].assign(**run.monthly[counted].div(force, axis=0))
    means = {end: months.loc[start:end].mean() for start, end in DECADES}
    rows = pd.concat(means, names=["month", "indicator"]).rename("value").reset_index()
    return table_of(rows, run, task)


@checked_arguments
def face_checks(
    scenario: str | Path = BASE,
    overrides: Mapping[str, Any] | None = None,
    seed: int = 1,
    where: Where = Where(),
    results: Keep = Keep("results/validate-face"),
) -> Face:
    """Run all face checks, or take from the folder what is there.

    `scenario`: what is taken as the baseline. `results`: its folder holds a folder a check.
    """
    base = load_scenario(scenario, overrides or {})
    results = replace(results, progress=results.reporter)
    command = f"returnee validate {scenario} --face"
    stores, shares = dict[str, Store](), list[Path]()
    for name, (plan, measure) in plans_of(base, seed).items():
        plan.check()
        keep = replace(results, out=results.folder / name)
        try:
            stores[name] = run(plan, Tidy(measure), where, keep, command)
        except ShareDone as share:
            shares += share.folders
    if shares:
        raise ShareDone(results.folder, *shares)
    levers, long = stores["levers"], stores["long"].runs()
    assert isinstance(levers.plan, Plan)
    steady = {n: values_of(store, STEADY)[0] for n, store in stores.items() if "-" in n}
    decades = long.pivot(index=["replicate", "month"], columns="indicator", values="value")
    return Face(
        levers.plan,
        values_of(levers, NAMES),
        decades[list(DRIFTING)].to_numpy(float).reshape(-1, len(DECADES), len(DRIFTING)),
        tuple(values for name, values in steady.items() if name.startswith("sample-")),
        np.stack([values for name, values in steady.items() if name.startswith("seed-")]),
    )


def plans_of(base: Scenario, seed: int) -> dict[str, tuple[Plan, Any]]:
    """What is run for each check, and what is kept of a run, by folder."""

    def alone(replicates: int, sample: float, months: int = MONTHS, more: int = 0) -> Plan:
        return Plan({BASE: base}, BASE, replicates, RunSettings(seed + more, sample, months))

    few = {"levers": line_up(base, RunSettings(seed, SAMPLE, MONTHS), REPLICATES)}
    few |= {f"sample-{sample:g}": alone(n, sample) for sample, n in SAMPLES}
    few |= {f"seed-{k + 1}": alone(SEED_REPLICATES, SEED_SAMPLE, more=k) for k in range(SEEDS)}
    long = alone(LONG_REPLICATES, LONG_SAMPLE, LONG), decades_of
    return {**{name: (plan, horizon_of) for name, plan in few.items()}, "long": long}
