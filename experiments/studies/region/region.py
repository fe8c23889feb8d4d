"""A region: many counties under a policy and under a reference, in the same luck.

Gains are differences between the two, by county and in all. Luck is of about the same size in every
county for each worker, as as many are simulated in each: its variance is pooled over counties, so
that few replicates do (a county's interval has the degrees of freedom of all). Counties have luck of
their own, so that the variance of their sum is the sum of their variances.

How far counties differ beyond luck is the variance of their gains for each 1,000 workers less that
of luck (the method of moments; DerSimonian and Laird, Control. Clin. Trials 7, 1986, 177-188).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.files import whole
from returnee.experiments.measuring.measures import BY_NAME, NAMES, years_of
from returnee.experiments.measuring.selections import COST, MAIN
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.manifests import INPUTS, keep_county
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import running
from returnee.experiments.running.store import runs_in
from returnee.experiments.statistics.intervals import moments_of, pooled, sum_of
from returnee.experiments.studies.region.competition import (
    KEPT,
    POLICY,
    REFERENCE,
    Competition,
    CoupledPlan,
    adopters_of,
    compete,
)
from returnee.experiments.studies.region.counties import (
    THIRDS,
    LeftOut,
    Member,
    Source,
    in_county,
    policies_of,
    read_counties,
    rules_of,
    thirds_of,
)
from returnee.experiments.studies.region.coupling import Coupling, changed
from returnee.experiments.studies.region.plan import RegionPlan
from returnee.scenarios import load_scenario

TOLD = (MAIN, "firms_open", "jobs", "returns", "return_quality", "rural_income", COST)
GROUPED = ("away_share", "work.farming", "labour_force", "people.out_of_province")
"""Facts of counties by whose thirds gains are told."""
PER = 1000.0  # workers


@dataclass(frozen=True)
class Policies:
    """What the counties of a region are given.

    Attributes
    ----------
    scenario : str
        Policy of counties that no row and no rule gives another; a name or a file.
    against : str
        The reference, the same in all counties.
    give : sequence of str
        Rules such as ``credit_push=away_share:highest``.
    """

    scenario: str = "linked"
    against: str = "baseline"
    give: Sequence[str] = ()


@dataclass(frozen=True)
class Region:
    """What a region gains.

    Attributes
    ----------
    members : list of Member
    left_out : list of (str, str, str)
        Code and name of counties that could not be simulated, and why.
    given : Policies
        What was asked for.
    policies : dict of str to str
        Of each county, by code.
    plan : RegionPlan
    runs : DataFrame
        A row a run: county (code), scenario_id, replicate, error, and a column for each measure (level of the run,
        full county).
    failures : int
        Runs that failed.
    folder : Path
    command : str
    competition : Competition or None
        Where counties were coupled; all else takes them apart.
    """

    members: list[Member]
    left_out: list[LeftOut]
    given: Policies
    policies: dict[str, str]
    plan: RegionPlan
    runs: pd.DataFrame = field(repr=False)
    failures: int
    folder: Path
    command: str
    competition: Competition | None = None

    def levels(self, label: str) -> np.ndarray:
        """Levels under the policy of one label, by county; NaN where a run failed.

        Returns: shape (replicates, counties, measures), full county.
        """
        return self.plan.levels(self.runs, label)

    @cached_property
    def forces(self) -> np.ndarray:
        """Labour force of each county, shape (counties,)."""
        worlds = (self.plan.counties[m.code][REFERENCE] for m in self.members)
        return np.array([s.county.labour_force for s in worlds], float)

    def facts(self, key: str) -> np.ndarray:
        """A fact of each county, shape (counties,)."""
        return np.array([m.fact(self.plan.counties[m.code][REFERENCE], key) for m in self.members])

    @cached_property
    def counties(self) -> pd.DataFrame:
        """Gains by county: a row a county and measure of `TOLD`, flows by year.

        Columns code, county, province, city, policy, labour_force, simulated, measure, reference,
        gain, low, high (90 %, luck pooled over counties), per_1000, low_1000, high_1000 workers, and lon and lat of a table.
        """
        return counties_of(self)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Sums over counties of measures that count: measure, reference, gain, low, high."""
        return totals_of(self)

    @cached_property
    def spill(self) -> pd.DataFrame:
        """What counties do to each other, see `Competition.spread`; empty where they were not coupled."""
        names = [name for name in TOLD if BY_NAME[name].counts]
        return pd.DataFrame() if self.competition is None else self.competition.spread(names)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Gains for each 1,000 workers by third of a fact: fact, third, low_end, high_end, counties, gain, low, high, cost."""
        return groups_of(self)


@checked_arguments
def region(
    source: Source,
    policies: Policies = Policies(),
    replicates: int = 2,
    simulated: int = 3000,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(),
    coupling: Coupling | None = None,
) -> Region:
    """Run every county of a region under its policy and under the reference.

    `source`: which counties. `policies`: what they are given. `replicates`: paired runs of each
    county. `simulated`: workers in each county. `settings`, `where`, `results`: of the runs;
    the sample is that which simulates so many workers. `coupling`: what is assumed of how counties
    act on each other; they are taken apart if None.
    """
    say = results.reporter.say
    rules = rules_of(policies.give)
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="returnee-region-")))
        members, left = read_counties(source, root, say)
        read = {name: load_scenario(name) for name in named(members, policies, rules)}
        worlds = {m.code: in_county(read[policies.against], m) for m in members}
        given = policies_of(members, worlds, policies.scenario, rules)
        cells = {
            m.code: {REFERENCE: worlds[m.code], POLICY: in_county(read[given[m.code]], m)}
            for m in members
        }
        kind, measure = (RegionPlan, Figures()) if coupling is None else (CoupledPlan, KEPT)
        plan = kind(cells, read, replicates, simulated, settings)
        if isinstance(plan, CoupledPlan):
            adopters_of(plan)
        if left:
            say(f"{len(left)} counties left out; the report says why")
        command = command_of(source, policies, plan, coupling)
        store = stack.enter_context(running(plan, measure, where, results, command))
        runs = runs_in(store.folder).to_pandas()
        runs.insert(0, "county", np.array(list(cells))[runs["point"]])
        coupled = None
        if coupling is not None and isinstance(plan, CoupledPlan):
            coupled = compete(plan, members, coupling, where, store.folder, results)
        found = Region(
            members,
            left,
            policies,
            given,
            plan,
            runs,
            int(runs["error"].notna().sum()) + (coupled.failures if coupled else 0),
            store.folder,
            command,
            coupled,
        )
        if results.out is not None:
            keep(found)
    return found


def named(members: Sequence[Member], policies: Policies, rules: Sequence[Any]) -> list[str]:
    """Names of all policies that occur."""
    asked = [policies.against, policies.scenario, *(r.policy for r in rules)]
    return list(dict.fromkeys([*asked, *(m.policy for m in members if m.policy)]))


def command_of(
    source: Source, policies: Policies, plan: RegionPlan, coupling: Coupling | None
) -> str:
    """The command that repeats it."""
    s = plan.settings
    words = ["region", *([source.table] if source.table else []), *(["--crowded"] * source.crowded)]
    options = {
        "files": source.files, "province": list(source.province), "year": source.year,
        "scenario": policies.scenario, "against": policies.against, "give": list(policies.give),
        "replicates": plan.replicates, "simulated": plan.simulated, "months": s.months, "seed": s.seed,
        "couple": changed(coupling) if coupling else [],
    }  # fmt: skip
    words += ["--compete"] * (coupling is not None)
    return command_line(words, options)


def keep(found: Region) -> None:
    """Write tables beside the runs, and each county's folder."""
    for name in ("counties", "totals", "groups"):
        with whole(found.folder / f"{name}.csv") as new:
            getattr(found, name).to_csv(new, index=False)
    if found.competition is not None:
        for name, table in (("spill", found.spill), ("factors", found.competition.by_year)):
            with whole(found.folder / f"{name}.csv") as new:
                table.to_csv(new, index=False)
    for member in found.members:
        if member.province:  # of the census: made for this study
            with whole(found.folder / INPUTS / member.code / "county.toml") as new:
                shutil.copyfile(member.folder / "county.toml", new)
        else:
            keep_county(member.folder, found.folder)


def gains_of(found: Region, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Gains and levels of the reference, flows by year: shape (replicates, counties, measures)."""
    at = [NAMES.index(name) for name in names]
    years = np.array([years_of(BY_NAME[name].kind, found.plan.settings.months) for name in names])
    policy, reference = (found.levels(label)[..., at] / years for label in (POLICY, REFERENCE))
    return policy - reference, reference


def scales_of(found: Region, names: Sequence[str]) -> np.ndarray:
    """What a measure is divided by to be for each 1,000 workers: shape (counties, measures)."""
    counts = np.array([BY_NAME[name].counts for name in names])
    return np.where(counts, found.forces[:, None] / PER, 1.0)


def counties_of(found: Region) -> pd.DataFrame:
    """See `Region.counties`."""
    gains, reference = gains_of(found, TOLD)
    scales = scales_of(found, TOLD)
    mean, low, high = pooled(gains / scales)
    base = moments_of(reference)[0]
    rows = []
    for k, member in enumerate(found.members):
        force = int(found.forces[k])
        spot = [float(member.more.get(key, np.nan) or np.nan) for key in ("lon", "lat")]
        head = (member.code, member.name, member.province, member.city, found.policies[member.code],
                force, min(found.plan.simulated, force))  # fmt: skip
        for j, name in enumerate(TOLD):
            per = mean[k, j], low[k, j], high[k, j]
            rows.append((*head, name, base[k, j], *(scales[k, j] * v for v in per), *per, *spot))
    columns = ["code", "county", "province", "city", "policy", "labour_force", "simulated", "measure", "reference",
               "gain", "low", "high", "per_1000", "low_1000", "high_1000", "lon", "lat"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def totals_of(found: Region) -> pd.DataFrame:
    """See `Region.totals`."""
    names = [name for name in TOLD if BY_NAME[name].counts]
    gains, reference = gains_of(found, names)
    mean, low, high = sum_of(gains)
    rows = zip(names, moments_of(reference)[0].sum(axis=0), mean, low, high)
    return pd.DataFrame(rows, columns=["measure", "reference", "gain", "low", "high"])


def groups_of(found: Region) -> pd.DataFrame:
    """See `Region.groups`."""
    names = (MAIN, COST)
    gains, _ = gains_of(found, names)
    asked = dict.fromkeys([*GROUPED, *(rule.fact for rule in rules_of(found.given.give))])
    rows = []
    for fact in asked:
        values = found.facts(fact)
        thirds = thirds_of(values)
        if len(np.unique(thirds[thirds >= 0])) < 2:  # all counties alike
            continue
        for third in np.unique(thirds[thirds >= 0]):
            mine = thirds == third
            scale = found.forces[mine].sum() / PER
            (gain, cost), (low, _), (high, _) = sum_of(gains[:, mine]) / scale
            ends = values[mine].min(), values[mine].max()
            rows.append((fact, THIRDS[third], *ends, int(mine.sum()), gain, low, high, cost))
    columns = ["fact", "third", "low_end", "high_end", "counties", "gain", "low", "high", "cost"]
    return pd.DataFrame(rows, columns=columns)
