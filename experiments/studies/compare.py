"""Compare policies: the same people and the same luck under each, over replicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import UsageError
from returnee.experiments.files import write_frame
from returnee.experiments.measuring.measures import BY_NAME, labelled
from returnee.experiments.numbers import picked
from returnee.experiments.running.executors import workers_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import running
from returnee.experiments.running.store import Store
from returnee.experiments.statistics.effects import INDEX, Cube, cube_of, effects_of, ratios_of
from returnee.experiments.statistics.persons import pair_sums
from returnee.experiments.statistics.quality import Weighed, ranks_of, weighed_of
from returnee.experiments.studies.equity import equity_of
from returnee.experiments.studies.planned import planned_and_spent
from returnee.experiments.studies.stories.choice import pairs_of
from returnee.experiments.studies.support import funnel_of, support_of
from returnee.experiments.studies.whom import Whom, whom_of
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.own_rules import rules_now
from returnee.simulation.columns import Labels

# Compared when none is named; all that ship take longer (`--all`).
DEFAULT = ("no_support", "siloed", "linked", "credit_push", "space", "training_quality")
# Kept in the folder beside the runs, and in the JSON.
TABLES = ("effects", "planned", "support", "funnel", "equity", "quality_ranks")
Given = str | Path | Scenario


@dataclass(frozen=True)
class Comparison:
    """What came out of a comparison."""

    plan: Plan
    # tidy: scenario, scenario_id, point, replicate, seed, indicator, month, value (units of the full
    # county); scenarios that are the same are run, and listed, once. ``attrs`` of it and of `effects`
    # have ``units``, ``labels`` and ``labels_zh`` by measure and scenario
    runs: pd.DataFrame = field(repr=False)
    failures: list[dict[str, Any]] = field(repr=False)  # runs that failed, with their errors
    folder: Path | None  # where it is kept
    command: str  # that repeats it
    whom: Whom | None = field(default=None, repr=False)  # if people were kept

    def __post_init__(self) -> None:
        """Give the runs their labels and units."""
        self.runs.attrs = self.labelled

    @cached_property
    def labelled(self) -> dict[str, Labels]:
        """Labels and units of measures, titles of scenarios; ``attrs`` of the tables."""
        tables = labelled(BY_NAME, self.plan.scenarios)
        return {name: Labels(table) for name, table in tables.items()}

    @cached_property
    def cube(self) -> Cube:
        """The runs as an array by scenario, replicate, measure and month."""
        return cube_of(self.runs, self.plan)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Differences from the reference with intervals, see `effects.effects_of`."""
        found = effects_of(self.cube, self.plan)
        found.attrs = self.labelled
        return found

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Public cost per additional firm and job, see `effects.ratios_of`."""
        found = ratios_of(self.cube, self.plan)
        found.attrs = self.labelled
        return found

    @cached_property
    def planned(self) -> pd.DataFrame:
        """Planned, spent and unpaid by programme, see `planned.planned_and_spent`."""
        return planned_and_spent(self.cube, self.plan)

    @cached_property
    def support(self) -> pd.DataFrame:
        """Waits, queues, use, refusals and banks, see `support.support_of`."""
        return support_of(self.cube, self.runs, self.plan)

    @cached_property
    def funnel(self) -> pd.DataFrame:
        """How far founders' files got, see `support.funnel_of`."""
        return funnel_of(self.runs, self.plan)

    @cached_property
    def equity(self) -> pd.DataFrame:
        """Outcomes by group of people, see `equity.equity_of`."""
        return equity_of(self.runs, self.plan)

    @cached_property
    def weighed(self) -> Weighed:
        """Return quality under any weights of its parts."""
        return weighed_of(self.cube, self.plan)

    @cached_property
    def quality_ranks(self) -> pd.DataFrame:
        """How often each scenario has each rank over all weightings, see `quality.ranks_of`."""
        return ranks_of(self.weighed)

    def effect(self, scenario: str, measure: str) -> pd.Series:
        """The row of one scenario and measure."""
        return picked(self.effects, scenario=scenario, measure=measure).iloc[0]


@checked_arguments
def compare(
    scenarios: Sequence[Given] | None = None,
    against: Given = "baseline",
    replicates: int = 20,
    people: int = 0,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(),
) -> Comparison:
    """Run scenarios in the same replicates and compare each with a reference.

    Parameters
    ----------
    scenarios : sequence of str, Path or Scenario, optional
        Names, files or scenarios; those of `DEFAULT` if left out.
    against : str, Path or Scenario
        The reference.
    replicates : int
        Runs of each scenario; intervals narrow with its square root.
    people : int
        Replicates that are compared person by person, see `whom`.
    overrides : mapping, optional
        Dotted keys to values. ``county`` and ``behaviour`` keys apply to every scenario, ``policy``
        keys to all but the reference.

    Examples
    --------
    >>> found = compare(["no_support"], replicates=2, sample=0.002, months=12)
    >>> sorted(found.effects["scenario"].unique())
    ['no_support']
    """
    asked = list(scenarios) if scenarios is not None else list(DEFAULT)
    plan = line_up(asked, against, replicates, settings, overrides or {})
    plan = replace(plan, people=people)
    plan.check()
    command = command_of(
        asked, against, plan, overrides or {}, workers=workers_of(where.workers), people=plan.people
    )
    results = replace(results, progress=results.reporter)
    for label in plan.other_worlds:
        results.reporter.say(
            f"warning: {label} differs from {plan.reference} in the county or in behaviour, not only "
            "in policy"
        )
    with running(plan, Tidy(people=people), where, results, command) as store:
        return _found(store, plan, command, where, results)


def line_up(
    scenarios: Iterable[Given],
    against: Given,
    replicates: int,
    settings: RunSettings,
    overrides: Mapping[str, Any],
) -> Plan:
    """Read scenarios and label them; the reference comes first."""
    world = {key: value for key, value in overrides.items() if not key.startswith("policy.")}
    reference = _read(against, world)
    plan = {reference.name: reference}
    for given in scenarios:
        scenario = _read(given, overrides)
        changed = scenario.name == reference.name and scenario.id != reference.id
        stem = f"{scenario.name}_set" if changed else scenario.name
        label, n = stem, 2
        while label in plan and plan[label].id != scenario.id:
            label, n = f"{stem}_{n}", n + 1
        plan.setdefault(label, scenario)
    if len(plan) < 2:
        found = f"only the reference {reference.name}"
        raise UsageError(f"scenarios: found {found}, allowed at least one other")
    return Plan(plan, reference.name, replicates, settings)


def _read(given: Given, overrides: Mapping[str, Any]) -> Scenario:
    if not isinstance(given, Scenario):
        return load_scenario(given, overrides)
    if overrides:
        raise UsageError(
            f"overrides: found scenario {given.name} already read, allowed its name or file"
        )
    rules = rules_now()
    return given if rules is None or given.rules else given.with_({"rules": rules})


def command_of(
    scenarios: Sequence[Given],
    against: Given,
    plan: Plan,
    overrides: Mapping[str, Any],
    *,
    sets: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> str:
    """The command line that repeats a comparison; `sets`: options that say over which ensemble."""
    s = plan.settings
    options = {
        "against": name_of(against), "set": overrides, **sets, "replicates": plan.replicates,
        "sample": s.sample, "months": s.months, "seed": s.seed, **more,
    }  # fmt: skip
    return command_line(["compare", *map(name_of, scenarios)], options)


def name_of(given: Given) -> str:
    """A scenario as a command names it."""
    return given.name if isinstance(given, Scenario) else str(given)


def _found(store: Store, plan: Plan, command: str, where: Where, results: Keep) -> Comparison:
    """What came out, from the runs that the store holds."""
    folder = store.folder if results.out is not None else None
    runs, failures = store.runs(), store.failures()
    found = Comparison(plan, runs, failures, folder, command)
    if plan.people:
        sums, first = pair_sums(plan, store)
        pairs = pairs_of(plan, first, workers_of(where.workers), store.folder)
        cost = found.cube.levels[:, :, INDEX["public_cost"]]
        costs = dict(zip(plan.scenarios, cost, strict=True))
        found = replace(found, whom=whom_of(plan, sums, costs, pairs))
    if folder is not None and not runs.empty:
        for name in TABLES:
            write_frame(folder / f"{name}.parquet", getattr(found, name))
    return found
