"""Do counties compete? A policy in counties one by one, in half of them, and in all, in the same luck.

Counties stay runs of their own. What they do to each other goes in as factors on rules that are there (see
`coupling`), by county and year, and the factors follow from what the runs before them gave: a fixed point,
round by round, until no factor moves any more. The first round takes counties apart.

``alone``: each adopting county by itself, the others as in the reference. ``half``: every second of the
adopting counties, in their order. ``together``: all of them. The spill-over ratio of a measure is the sum of gains of those
that adopt together over the sum of their gains alone (Fieller's interval).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.errors import UsageError
from returnee.experiments.files import read_table
from returnee.experiments.measuring.measures import BY_NAME, NAMES, YEAR, years_of
from returnee.experiments.running import manifests
from returnee.experiments.running.jobs import MONTHLY
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.running.run import running
from returnee.experiments.running.store import runs_in
from returnee.experiments.statistics.intervals import mean_of, ratio_of_sums, sum_of
from returnee.experiments.studies.region import coupling as c
from returnee.experiments.studies.region.counties import Member
from returnee.experiments.studies.region.plan import ByYear, YearlyPlan
from returnee.scenarios import Scenario
from returnee.scenarios.schema.others import Others

REFERENCE, POLICY = "reference", "policy"
ALONE, HALF, TOGETHER = WORLDS = "alone", "half", "together"
STATE = ("value_added", "away", "returns")
"""What counties act on each other by, a year; in the order of `coupling.State`."""
KEPT = ByYear(measures=STATE)
SPILT = "registered_elsewhere"
"""Column of a table, or fact of the census: share of residents registered in another county of the province."""


class CoupledPlan(YearlyPlan):
    """A plan of a region, with what counties act on each other by."""

    def check(self) -> None:
        """Refuse what no run can have, and less than a year."""
        super().check()
        if self.settings.months < YEAR:
            raise UsageError(
                f"months: found {self.settings.months}, allowed {YEAR} or more where counties compete"
            )

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> manifests.Manifest:
        """What repeats the plan."""
        return super().manifest(command, folder, {**more, "yearly": list(STATE)})


@dataclass(frozen=True)
class Competition:
    """What a policy gains in counties one by one, in half of them and in all.

    Attributes
    ----------
    coupling : Coupling
    codes : list of str
        Of the counties.
    adopters : dict of str to ndarray of bool
        Who adopts, by world.
    levels : dict of str to ndarray, shape (replicates, counties, measures)
        Of the reference, of the policy where counties are apart, and of each world; flows by year.
    factors : dict of str to ndarray, shape (counties, years, factors)
        Under which each world's last runs were made; see `coupling.NAMES`.
    moved : list of float
        Largest move of the log of a factor that the runs of each round ask for.
    failures : int
    """

    coupling: c.Coupling
    codes: list[str]
    adopters: dict[str, np.ndarray]
    levels: dict[str, np.ndarray] = field(repr=False)
    factors: dict[str, np.ndarray] = field(repr=False)
    moved: list[float]
    failures: int = 0

    @property
    def settled(self) -> bool:
        """Whether the last round asked for no other factors."""
        return self.moved[-1] <= self.coupling.tolerance

    def gains(self, world: str, names: Sequence[str]) -> np.ndarray:
        """Gains over the reference, shape (replicates, counties, measures)."""
        at = [NAMES.index(name) for name in names]
        gained: np.ndarray = self.levels[world][..., at] - self.levels[REFERENCE][..., at]
        return gained

    def spread(self, names: Sequence[str]) -> pd.DataFrame:
        """A row a world with several adopters and a measure.

        Columns world, measure, adopters, alone and gain of all that adopt with their bounds, ratio, low, high; others,
        others_gain, others_low, others_high: of those that do not adopt, together; per_adopter: the same for
        each adopting county.
        """
        rows = []
        alone = self.gains(ALONE, names)
        for world in (HALF, TOGETHER):
            mine, gains = self.adopters[world], self.gains(world, names)
            ratio = ratio_of_sums(gains[:, mine], alone[:, mine])
            single, both, rest = (
                sum_of(some) for some in (alone[:, mine], gains[:, mine], gains[:, ~mine])
            )
            counts = int(mine.sum()), int((~mine).sum())
            for k, name in enumerate(names):
                left = rest[:, k] if counts[1] else np.full(3, np.nan)
                rows.append(
                    (world, name, counts[0], *single[:, k], *both[:, k], *ratio[:, k], counts[1], *left, left[0] / counts[0])
                )  # fmt: skip
        columns = [
            "world", "measure", "adopters", "alone", "alone_low", "alone_high", "gain", "gain_low", "gain_high",
            "ratio", "low", "high", "others", "others_gain", "others_low", "others_high", "per_adopter",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """Factors: world, code, year, and a column for each."""
        parts = []
        for world, factors in self.factors.items():
            n, years, _ = factors.shape
            part = pd.DataFrame(factors.reshape(n * years, -1), columns=c.NAMES)
            part.insert(0, "year", np.tile(np.arange(1, years + 1), n))
            part.insert(0, "code", np.repeat(self.codes, years))
            part.insert(0, "world", world)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)


def by_policy(scenario: Scenario, factors: np.ndarray) -> Scenario:
    """A scenario under factors, shape (years, factors)."""
    rows = tuple(Others(**dict(zip(c.NAMES, map(float, row)))) for row in factors)
    fields = {key: getattr(scenario, key) for key in type(scenario).model_fields}
    return type(scenario)(**fields | {"others": rows})


def adopters_of(plan: YearlyPlan) -> dict[str, np.ndarray]:
    """Who adopts in each world: counties whose policy is not the reference's."""
    every = np.array([s[POLICY].id != s[REFERENCE].id for s in plan.counties.values()])
    if every.sum() < 2:
        raise UsageError(
            f"compete: found {every.sum()} counties with another policy than the reference's, allowed two or more"
        )
    second = np.zeros(len(every), bool)
    second[np.flatnonzero(every)[::2]] = True
    return {ALONE: every, HALF: second, TOGETHER: every}


def neighbours_in(
    members: Sequence[Member], sizes: np.ndarray, coupling: c.Coupling
) -> c.Neighbours:
    """Counties of one city are neighbours; those of which no city is known are all."""
    found = np.array([float(m.more.get(SPILT, np.nan)) for m in members])
    shares = coupling.neighbours * np.where(np.isfinite(found), found, coupling.elsewhere)
    return c.neighbours_of([f"{m.province} {m.city}" for m in members], shares, sizes)


def state_of(plan: YearlyPlan, folder: Path) -> dict[str, c.State]:
    """What counties did in the runs of a folder, by label; means over replicates."""
    rows = read_table(folder / MONTHLY).to_pandas()
    values = [mean_of(plan.yearly(rows, name)) for name in STATE]
    labels = list(next(iter(plan.counties.values())))
    return {label: c.State(*(v[:, k] for v in values)) for k, label in enumerate(labels)}


def levels_in(plan: YearlyPlan, folder: Path) -> tuple[dict[str, np.ndarray], int]:
    """Levels by label, flows by year, and how many runs failed."""
    runs = runs_in(folder).to_pandas()
    runs.insert(0, "county", np.array(list(plan.counties))[runs["point"]])
    years = np.array([years_of(BY_NAME[name].kind, plan.settings.months) for name in NAMES])
    labels = list(next(iter(plan.counties.values())))
    found = {label: plan.levels(runs, label) / years for label in labels}
    return found, int(runs["error"].notna().sum())


def compete(
    plan: CoupledPlan,
    members: Sequence[Member],
    coupling: c.Coupling,
    where: Where,
    folder: Path,
    keep: Keep,
) -> Competition:
    """Couple the counties of a plan that has been run.

    `plan`: with the reference and the policy of each county, whose runs are in `folder`; rounds are kept
    in folders inside.
    """
    say = keep.reporter.say
    adopters = adopters_of(plan)
    sizes = np.array([s[REFERENCE].county.labour_force for s in plan.counties.values()], float)
    near = neighbours_in(members, sizes, coupling)
    first = state_of(plan, folder)
    reference = first[REFERENCE]
    states = {
        world: c.State(*(
            np.where(mine[:, None], getattr(first[POLICY], name), getattr(reference, name))
            for name in c.State.__annotations__
        ))
        for world, mine in adopters.items()
    }  # fmt: skip
    ones = np.ones((*reference.supply.shape, len(c.NAMES)))
    factors, failures = dict.fromkeys(WORLDS, ones), 0
    moved: list[float] = []
    levels, _ = levels_in(plan, folder)
    for round_ in range(1, coupling.rounds + 1):
        wanted = asked_by(coupling, near, states, reference, factors)
        if moved:  # by the runs of the round before
            moved[-1] = largest_move(wanted, factors)
            say(f"round {round_ - 1}: factors move by {moved[-1]:.4f} at most")
            if moved[-1] <= coupling.tolerance:
                break
        factors = wanted
        coupled = with_factors(plan, adopters, factors)
        say(f"round {round_} of {coupling.rounds} at most: each alone, every second, all together")
        inside = folder / f"round-{round_}"
        with running(coupled, KEPT, where, Keep(inside, progress=keep.progress)) as store:
            states = state_of(coupled, store.folder)
            found, failures = levels_in(coupled, store.folder)
        levels |= found
        moved.append(np.nan)
    else:
        moved[-1] = largest_move(asked_by(coupling, near, states, reference, factors), factors)
    return Competition(coupling, list(plan.counties), adopters, levels, factors, moved, failures)


def asked_by(
    coupling: c.Coupling, near: c.Neighbours, states: Mapping[str, c.State], reference: c.State,
    factors: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:  # fmt: skip
    """Factors that follow from what counties did, by world; `factors` are those under which they did it."""
    at = c.NAMES.index("returning")
    return {
        world: c.factors_of(
            coupling, near, states[world], reference, factors[world][:, 0, at], world == ALONE
        )
        for world in WORLDS
    }


def largest_move(new: Mapping[str, np.ndarray], old: Mapping[str, np.ndarray]) -> float:
    """By how much the log of a factor differs at most."""
    return max(float(np.abs(np.log(new[world] / old[world])).max()) for world in new)


def with_factors(
    plan: CoupledPlan, adopters: Mapping[str, np.ndarray], factors: Mapping[str, np.ndarray]
) -> CoupledPlan:
    """The plan of a round: each county in each world; one that does not adopt alone lives as together."""
    cells = {}
    for k, (code, given) in enumerate(plan.counties.items()):
        cells[code] = {
            world: by_policy(given[POLICY if adopters[world][k] else REFERENCE], factors[world][k])
            for world in (TOGETHER, HALF)
        }
        cells[code][ALONE] = (
            by_policy(given[POLICY], factors[ALONE][k])
            if adopters[ALONE][k]
            else cells[code][TOGETHER]
        )
    return CoupledPlan(cells, plan.policies, plan.replicates, plan.simulated, plan.settings)
