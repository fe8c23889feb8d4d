"""Where a provincial budget should go: which counties, which policy, how much of it.

Every county is run under every policy at some multiples of its amounts, and under the reference. Half of the
replicates choose, the other half, in other luck, judge what was chosen. Before choosing, the gain of a
county for each worker is drawn towards that of all counties under the same policy by the share of
its spread that is luck (empirical Bayes; Efron and Morris, J. Am. Stat. Assoc. 70, 1975, 311-319), so
that luck of a county is not taken for need.

``greedy`` gives the next yuan where it gains most, step by step along each county's efficient options;
``search`` solves the whole choice, at most one option a county under the cap, by linear programming; ``alike`` gives all counties the same option, the best that fits. The regret of each is
what the best of them gains more, in the luck that judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import UsageError
from returnee.experiments.files import whole
from returnee.experiments.measuring.measures import BY_NAME, NAMES, check_measures
from returnee.experiments.measuring.selections import COST, MAIN
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import running
from returnee.experiments.running.store import runs_in
from returnee.experiments.statistics.intervals import beyond_luck, moments_of, sum_of
from returnee.experiments.studies.region.counties import (
    LeftOut,
    Member,
    Source,
    in_county,
    read_counties,
)
from returnee.experiments.studies.region.plan import RegionPlan
from returnee.experiments.studies.region.region import PER, REFERENCE
from returnee.scenarios import load_scenario

POLICIES = ("linked", "siloed", "credit_push", "space")
FACTORS = (0.25, 0.5, 1.0, 2.0)
LEAST = 4  # replicates: two choose, two judge
NOTHING = -1


@dataclass(frozen=True)
class Offer:
    """What counties may be given.

    Attributes
    ----------
    per_year : float
        Yuan a year for all counties together, beyond what the reference costs.
    policies : sequence of str
    factors : sequence of float
        Multiples of the amounts of each policy.
    against : str
        What counties have that are given nothing.
    measure : str
        What is to be as large as can be; one that counts.
    """

    per_year: float
    policies: Sequence[str] = POLICIES
    factors: Sequence[float] = FACTORS
    against: str = "no_support"
    measure: str = MAIN

    def check(self) -> None:
        """Refuse what cannot be asked for."""
        check_measures([self.measure])
        if not BY_NAME[self.measure].counts or self.measure == COST:
            raise UsageError(
                f"measure: found {self.measure}, allowed one that counts, such as {MAIN}"
            )
        if not self.per_year > 0.0:
            raise UsageError(f"per-year: found {self.per_year:g}, allowed above 0")
        if not self.policies:
            raise UsageError("policy: found none, allowed at least one")
        if not self.factors or not all(0.0 < factor <= 20.0 for factor in self.factors):
            found = ", ".join(f"{factor:g}" for factor in self.factors) or "none"
            raise UsageError(f"factor: found {found}, allowed above 0 to 20")

    @property
    def options(self) -> list[tuple[str, float]]:
        """Policy and multiple of every option."""
        return [(policy, factor) for policy in self.policies for factor in self.factors]


@dataclass(frozen=True)
class Allocation:
    """Who is given what under a budget, three ways, and what comes of it in other luck.

    Attributes
    ----------
    members : list of Member
    left_out : list of (str, str, str)
    offer : Offer
    plan : RegionPlan
    gains, costs : ndarray, shape (replicates, counties, options)
        Policy less reference, full county, by year where it is a flow. The first half of the replicates chooses.
    failures : int
    folder : Path
    command : str
    """

    members: list[Member]
    left_out: list[LeftOut]
    offer: Offer
    plan: RegionPlan
    gains: np.ndarray = field(repr=False)
    costs: np.ndarray = field(repr=False)
    failures: int
    folder: Path
    command: str

    @property
    def forces(self) -> np.ndarray:
        """Labour force of each county."""
        worlds = (self.plan.counties[m.code][REFERENCE] for m in self.members)
        return np.array([s.county.labour_force for s in worlds], float)

    @cached_property
    def expected(self) -> tuple[np.ndarray, np.ndarray]:
        """Gains and costs that choose, shape (counties, options): of the first half, drawn together."""
        half = len(self.gains) // 2
        scale = self.forces[:, None] / PER
        return tuple(  # type: ignore[return-value]
            drawn_together(values[:half] / scale) * scale for values in (self.gains, self.costs)
        )

    @cached_property
    def chosen(self) -> dict[str, np.ndarray]:
        """Option of each county by way of choosing; `NOTHING` for those given none."""
        gains, costs = self.expected
        cap = self.offer.per_year
        return {
            "greedy": greedy(gains, costs, cap),
            "search": search(gains, costs, cap),
            "alike": alike(gains, costs, cap),
        }

    def judged(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gain and cost of a choice in the luck that judges, each shape (replicates, counties)."""
        half = len(self.gains) // 2
        return tuple(at(values[half:], chosen) for values in (self.gains, self.costs))  # type: ignore[return-value]

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a way of choosing: counties given something, gain, cost, gain over ``alike``, regret."""
        judged = {way: self.judged(chosen) for way, chosen in self.chosen.items()}
        best = max(float(sum_of(gain)[0]) for gain, _ in judged.values())
        rows = []
        for way, (gain, cost) in judged.items():
            mean, low, high = sum_of(gain)
            more = sum_of(gain - judged["alike"][0])
            counties = int((self.chosen[way] != NOTHING).sum())
            spent = sum_of(cost)[0]
            rows.append((way, counties, mean, low, high, spent, *more, best - mean))
        columns = ["way", "counties", "gain", "low", "high", "cost", "more", "more_low", "more_high", "regret"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def counties(self) -> pd.DataFrame:
        """A row a county: what each way gives it, and gain and cost as expected by ``search``."""
        gains, costs = self.expected
        rows = []
        for k, member in enumerate(self.members):
            given = {
                way: label_of(self.offer, int(chosen[k])) for way, chosen in self.chosen.items()
            }
            option = int(self.chosen["search"][k])
            gain, cost = (0.0, 0.0) if option == NOTHING else (gains[k, option], costs[k, option])
            rows.append({"code": member.code, "county": member.name, "city": member.city, "labour_force": int(self.forces[k]), **given, "gain": gain, "cost": cost})  # fmt: skip
        return pd.DataFrame(rows)

    @cached_property
    def curve(self) -> pd.DataFrame:
        """What ``greedy`` is expected to gain as the budget grows: cost and gain after each step."""
        steps = steps_of(*self.expected)
        cost, gain = np.cumsum([s[1] for s in steps]), np.cumsum([s[2] for s in steps])
        return pd.DataFrame({"cost": np.append(0.0, cost), "gain": np.append(0.0, gain)})


def label_of(offer: Offer, option: int) -> str:
    """Policy and multiple of an option, as tables name it; empty for nothing."""
    if option == NOTHING:
        return ""
    policy, factor = offer.options[option]
    return policy if factor == 1.0 else f"{policy} x {factor:g}"


def drawn_together(values: np.ndarray) -> np.ndarray:
    """Means of units over runs, drawn to the mean of all units by the share of their spread that is luck.

    `values`: shape (runs, units, options), for each worker. Returns: shape (units, options).
    """
    mean = moments_of(values)[0]
    if len(values) < 2 or mean.shape[0] < 3:
        return mean
    share = np.nan_to_num(beyond_luck(values)[1], nan=0.0)
    return mean + share * (np.nanmean(mean, axis=0) - mean)


def at(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Values of the chosen options, shape (replicates, counties); 0 where nothing is given."""
    picked = np.take_along_axis(values, np.maximum(chosen, 0)[None, :, None], axis=2)[..., 0]
    return np.where(chosen == NOTHING, 0.0, picked)


Step = tuple[float, float, float, int, int]
"""Gain a yuan, cost and gain of a step, county and the option it leads to."""


def steps_of(gains: np.ndarray, costs: np.ndarray) -> list[Step]:
    """Steps along every county's efficient options, the most gain a yuan first.

    An option is efficient if no mixture of others, nothing among them, gains as much for less.
    """
    found: list[Step] = []
    for k, (gain, cost) in enumerate(zip(gains, costs)):
        here, spent = 0.0, 0.0
        while True:
            better = np.flatnonzero((gain > here + 1e-9) & (cost > spent))
            if not len(better):
                break
            rates = (gain[better] - here) / (cost[better] - spent)
            option = int(better[np.argmax(rates)])
            found.append((float(rates.max()), cost[option] - spent, gain[option] - here, k, option))
            here, spent = gain[option], cost[option]
    return sorted(found, reverse=True)


def greedy(gains: np.ndarray, costs: np.ndarray, cap: float) -> np.ndarray:
    """Options step by step while the budget lasts; a county whose step does not fit stays where it is.

    `gains`, `costs`: shape (counties, options).

    >>> greedy(np.array([[4.0, 6.0], [3.0, 9.0]]), np.array([[1.0, 3.0], [1.0, 4.0]]), 5.0).tolist()
    [0, 1]
    """
    chosen, left = free(gains, costs), cap
    left -= float(at(costs[None], chosen).sum())
    stuck: set[int] = set()
    for _, cost, _, county, option in steps_of(gains, costs):
        if county in stuck or chosen[county] != NOTHING and costs[county, chosen[county]] <= 0.0:
            continue
        if cost <= left:
            chosen[county] = option
            left -= cost
        else:
            stuck.add(county)
    return chosen


def free(gains: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Options that gain something and cost nothing, the most gaining of each county."""
    worth = np.where((costs <= 0.0) & (gains > 0.0), gains, -np.inf)
    best = worth.argmax(axis=1)
    return np.where(np.isfinite(worth.max(axis=1)), best, NOTHING)


def search(gains: np.ndarray, costs: np.ndarray, cap: float) -> np.ndarray:
    """The best choice of at most one option a county under the cap, by linear programming.

    In the solution one county at most is given parts of options; it is given the best one that still
    fits, so that the choice gains less than the best by a step of one county at most.

    >>> search(np.array([[4.0, 6.0], [3.0, 9.0]]), np.array([[1.0, 3.0], [1.0, 4.0]]), 5.0).tolist()
    [0, 1]
    """
    n, options = gains.shape
    one = sparse.kron(sparse.eye_array(n), np.ones((1, options)))
    rows = sparse.vstack([one, sparse.csr_array(costs.reshape(1, -1) / cap)])
    found = linprog(
        -gains.ravel() / max(np.abs(gains).max(), 1e-9), A_ub=rows, b_ub=np.append(np.ones(n), 1.0), bounds=(0, 1)
    )  # fmt: skip
    if found.x is None:
        return np.full(n, NOTHING)
    parts = found.x.reshape(n, options)
    chosen = np.where(parts.max(axis=1) > 1.0 - 1e-6, parts.argmax(axis=1), NOTHING)
    for k in np.flatnonzero(((parts > 1e-6) & (parts < 1.0 - 1e-6)).any(axis=1)):
        left = cap - float(at(costs[None], chosen).sum())
        worth = np.where(costs[k] <= left, gains[k], -np.inf)
        chosen[k] = worth.argmax() if worth.max() > 0.0 else NOTHING
    return chosen


def alike(gains: np.ndarray, costs: np.ndarray, cap: float) -> np.ndarray:
    """The one option that gains most if all counties are given it and the budget suffices."""
    total = np.where(costs.sum(axis=0) <= cap, gains.sum(axis=0), -np.inf)
    option = int(total.argmax()) if total.max() > 0.0 else NOTHING
    return np.full(len(gains), option)


@checked_arguments
def allocate(
    source: Source,
    offer: Offer,
    replicates: int = LEAST,
    simulated: int = 3000,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(),
) -> Allocation:
    """Run every county under every option, and choose under the budget.

    `source`: which counties. `offer`: what they may be given. `replicates`: an even number of runs of each, from 4; half
    choose, half judge. `simulated`: workers in each county. `settings`, `where`, `results`: of the
    runs.
    """
    offer.check()
    if replicates < LEAST or replicates % 2:
        raise UsageError(f"replicates: found {replicates}, allowed an even number from {LEAST}")
    say = results.reporter.say
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="returnee-region-")))
        members, left = read_counties(source, root, say)
        read = {name: load_scenario(name) for name in (offer.against, *offer.policies)}
        cells = {}
        for member in members:
            cells[member.code] = {REFERENCE: in_county(read[offer.against], member)} | {
                label_of(offer, k): in_county(read[policy], member, factor)
                for k, (policy, factor) in enumerate(offer.options)
            }
        plan = RegionPlan(cells, read, replicates, simulated, settings)
        command = command_of(source, offer, plan)
        store = stack.enter_context(running(plan, Figures(), where, results, command))
        runs = runs_in(store.folder).to_pandas()
        runs.insert(0, "county", np.array(list(cells))[runs["point"]])
        found = Allocation(
            members, left, offer, plan, *effects_of(plan, runs, offer),
            int(runs["error"].notna().sum()), store.folder, command,
        )  # fmt: skip
        if results.out is not None:
            for name in ("table", "counties", "curve"):
                with whole(store.folder / f"{name}.csv") as new:
                    getattr(found, name).to_csv(new, index=False)
    return found


def effects_of(plan: RegionPlan, runs: pd.DataFrame, offer: Offer) -> tuple[np.ndarray, np.ndarray]:
    """Gains and costs a year of every option, each shape (replicates, counties, options)."""
    at_ = [NAMES.index(name) for name in (offer.measure, COST)]
    years = plan.settings.months / 12.0
    flow = np.array([BY_NAME[name].kind == "flow" for name in (offer.measure, COST)])
    reference = plan.levels(runs, REFERENCE)[..., at_]
    labels = [label_of(offer, k) for k in range(len(offer.options))]
    policies = np.stack([plan.levels(runs, label)[..., at_] for label in labels], axis=2)
    effects = (policies - reference[:, :, None]) / np.where(flow, years, 1.0)
    return effects[..., 0], effects[..., 1]


def command_of(source: Source, offer: Offer, plan: RegionPlan) -> str:
    """The command that repeats it."""
    s = plan.settings
    words = [
        "allocate",
        *([source.table] if source.table else []),
        *(["--crowded"] * source.crowded),
    ]
    options = {
        "per-year": f"{offer.per_year:.10g}", "files": source.files, "province": list(source.province),
        "year": source.year, "policy": list(offer.policies), "factor": list(offer.factors),
        "against": offer.against, "maximise": offer.measure, "replicates": plan.replicates,
        "simulated": plan.simulated, "months": s.months, "seed": s.seed,
    }  # fmt: skip
    return command_line(words, options)
