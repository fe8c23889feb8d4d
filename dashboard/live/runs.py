"""Runs in memory: the small paired runs from which every page answers.

A history is lived once for every world and replicate, and the figures of a run are kept, so that a
moved lever costs one run of the policy a replicate and nothing for the reference.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from returnee.dashboard.live.children import ORDERS
from returnee.dashboard.live.pool import HERE, Asker, gather
from returnee.experiments.measuring.chains import counts_of
from returnee.experiments.measuring.groups import figures_by_group, names_of
from returnee.experiments.measuring.measures import DERIVED, MEASURES
from returnee.experiments.measuring.people import people_of
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube
from returnee.scenarios import Scenario
from returnee.simulation import Run
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.run import FEN, start
from returnee.simulation.start.history import HISTORIES, advance
from returnee.simulation.start.own_county import sample_of
from returnee.simulation.state.programmes import PROGRAMMES

SMALL = RunSettings(seed=1, sample=0.01, months=120)
"""What a page's runs are called with, unless it says otherwise."""

YEAR = 12
STAGES = (1, 4, 12, 24, 40)
"""Replicates after which a page shows what it knows."""

KEPT_HISTORIES = 400  # in a process
ROOM_OF_HISTORIES = 512_000_000  # bytes; about 2 MB each at a hundredth of the county that ships
KEPT_FIGURES = 2400  # about 60 kB each
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
Sets = Sequence[Mapping[str, float]]  # parameter sets, one a replicate


PERSON = np.dtype(
    [
        ("worker", "i4"), ("support", "u2"), ("jobs", "i2"), ("founded", "u1"), ("owner", "u1"),
        ("incumbent", "u1"), ("returnee", "u1"),
    ]
)  # fmt: skip
"""What is kept of a person: columns of `people.PEOPLE`; founded: firms registered."""


class Figures(NamedTuple):
    """What is kept of a run.

    Attributes
    ----------
    monthly : ndarray
        Measures by month.
    groups : ndarray
        Counts by group of people.
    chains : ndarray
        Counts by step of support, in the order of `chains.NAMES`.
    persons : ndarray of PERSON
        Everybody of the labour force, by id.
    """

    monthly: np.ndarray
    groups: np.ndarray
    chains: np.ndarray
    persons: np.ndarray


class Kept(Generic[K, T]):
    """Values used last, by key; safe to share between threads."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._found: OrderedDict[K, T] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: K) -> T | None:
        """The value, or None if it is not kept."""
        with self._guard:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key]

    def put(self, key: K, value: T) -> T:
        """Keep a value, and drop those used longest ago."""
        with self._guard:
            self._found[key] = value
            self._found.move_to_end(key)
            while len(self._found) > self.room:
                self._found.popitem(last=False)
        return value

    def halve(self) -> None:
        """Drop the half that was used longest ago."""
        with self._guard:
            for _ in range(len(self._found) // 2):
                self._found.popitem(last=False)


FIGURES: Kept[tuple[str, int, RunSettings], Figures] = Kept(KEPT_FIGURES)
MONTHLY: Kept[tuple[str, int, RunSettings], np.ndarray] = Kept(400)
REDUCED: Kept[tuple[str, str, int, RunSettings], Any] = Kept(400)
LIVED_LAST: Kept[tuple[str, int, RunSettings], Run] = Kept(4)  # in the process that lived them
VARIANTS: Kept[tuple[Any, ...], Scenario] = Kept(KEPT_FIGURES)


def make_room(share: float = 1.0) -> None:
    """Have the histories that visitors share kept, up to a limit, of which this process has a share."""
    HISTORIES.kept, HISTORIES.room = KEPT_HISTORIES, int(share * ROOM_OF_HISTORIES)


def lived(scenario: Scenario, replicate: int, settings: RunSettings = SMALL) -> Run:
    """One run, as `simulate` lives it; in a child process it gives way between years.

    Raises
    ------
    GaveWay
    """
    s = settings
    county = start(scenario, replicate, s.seed, s.sample, s.months, s.burn_in)
    states = county.workers.state.copy()
    for month in range(YEAR, s.months + YEAR, YEAR):
        ORDERS.look()
        county = advance(county, min(month, s.months), scenario.rules)
    share = float(county.clock.sample)
    return Run(scenario, county, replicate, s.seed, share, s.months, states)


def share_of(scenario: Scenario) -> str:
    """Per cent of the county that a page's run lives; a county with its own people has all of them."""
    return f"{100 * sample_of(scenario, SMALL.sample):.3g}"


def figures_of(run: Run) -> Figures:
    """What is kept of a run, without a table on the way."""
    by_group = figures_by_group(run)
    groups = np.array([by_group[name] for name in names_of(run.scenario.county)])
    return Figures(monthly_of(run), groups, counts_of(run), persons_of(run))


def persons_of(run: Run) -> np.ndarray:
    """Everybody of the labour force of a run, a record of `PERSON` each."""
    table = people_of(run)
    persons = np.zeros(table.num_rows, PERSON)
    for name in PERSON.names or ():
        persons[name] = table["registrations" if name == "founded" else name].to_numpy()
    return persons


def monthly_of(run: Run) -> np.ndarray:
    """Measures of a run by month, full-county units; those of the whole run stand at its end.

    Returns
    -------
    ndarray of float32, shape (measures, months)
        In the order of `measures.MEASURES`. Survival is left out (NaN): it would take long.
    """
    scale = 1.0 / run.sample
    figures = np.full((len(MEASURES), run.months), np.nan, np.float32)
    rows = run.county.months.view(np.ndarray)[1:]  # fields of a recarray take longer
    for k, indicator in enumerate(INDICATORS):
        figures[k] = rows[indicator.name] * (scale if indicator.counts else 1.0)
    for prefix, table in (("spent", run.county.ledger), ("unpaid", run.county.unpaid)):
        for k, name in enumerate(PROGRAMMES):
            figures[INDEX[f"{prefix}_{name}"]] = table[1:, k] * (scale / FEN)
    for measure in DERIVED:
        if measure.of:
            figures[INDEX[measure.name], -1] = measure.of(run)
    return figures


def live_history(scenario: Scenario, replicate: int, settings: RunSettings) -> None:
    """Have the history lived and kept from which runs begin."""
    s = settings
    HISTORIES.get(scenario, s.seed, replicate, s.sample, s.months, s.burn_in)


def monthly_lived(scenario: Scenario, replicate: int, settings: RunSettings) -> np.ndarray:
    """Measures by month of a run that is lived; the run is kept for what else is asked of it."""
    key = (scenario.id, replicate, settings)
    return monthly_of(LIVED_LAST.put(key, lived(scenario, replicate, settings)))


def figures_lived(scenario: Scenario, replicate: int, settings: RunSettings) -> Figures:
    """Figures of a run that is lived, unless it was a moment ago."""
    run = LIVED_LAST.get((scenario.id, replicate, settings))
    return figures_of(run or lived(scenario, replicate, settings))


def elsewhere(work: Callable[..., T], *args: Any) -> T:
    """Have a function of a module done in the child process of this thread, if it has one."""
    return work(*args) if HERE.child is None else HERE.child.do(work, *args)


def kept_figures(scenario: Scenario, replicate: int, settings: RunSettings) -> Figures:
    """Figures of a run, lived if they are not kept."""
    key = (scenario.id, replicate, settings)
    found = FIGURES.get(key)
    if found is None:
        found = FIGURES.put(key, elsewhere(figures_lived, scenario, replicate, settings))
    return found


def kept_monthly(scenario: Scenario, replicate: int, settings: RunSettings) -> np.ndarray:
    """Measures by month of a run, lived if they are not kept: there sooner than all of its figures."""
    key = (scenario.id, replicate, settings)
    whole, found = FIGURES.get(key), MONTHLY.get(key)
    if whole is not None:
        return whole.monthly
    if found is None:
        found = MONTHLY.put(key, elsewhere(monthly_lived, scenario, replicate, settings))
    return found


@dataclass(frozen=True)
class Lived:
    """A call for `gather`: figures of a run, where the history of its replicate is kept.

    Attributes
    ----------
    whole : bool
        All figures, or those by month alone.
    """

    scenario: Scenario
    replicate: int
    settings: RunSettings
    whole: bool = True

    def __call__(self) -> object:
        """Live the run, if its figures are not kept."""
        kept = kept_figures if self.whole else kept_monthly
        return kept(self.scenario, self.replicate, self.settings)

    @property
    def lane(self) -> int:
        """Runs of a replicate begin from the same history."""
        return self.replicate

    def is_kept(self) -> bool:
        """Whether the figures are kept already."""
        key = (self.scenario.id, self.replicate, self.settings)
        return FIGURES.get(key) is not None or not (self.whole or MONTHLY.get(key) is None)


def variant(scenario: Scenario, replicate: int, sets: Sets = ()) -> Scenario:
    """The scenario of a replicate: itself, or with the parameter set of that replicate."""
    if not sets:
        return scenario
    moved = sets[replicate % len(sets)]
    key = (scenario.id, *moved.items())
    return VARIANTS.get(key) or VARIANTS.put(key, scenario.with_(moved))


def cubes(
    scenarios: Mapping[str, Scenario],
    reference: str,
    asker: Asker,
    settings: RunSettings = SMALL,
    stages: Sequence[int] = (),
    sets: Sets = (),
    soon: bool = False,
) -> Iterator[tuple[Plan, Cube]]:
    """Paired runs of scenarios, again and again with more replicates.

    With parameter sets, replicate k lives with set k under every scenario: the runs of
    ``returnee compare --over ensemble --replicates 1``. There are as many sets as replicates. If `soon`, the
    first stage comes as soon as it can: with all figures of its runs (`kept_of`) only if they are kept.

    Yields
    ------
    plan, cube
        After each of `stages`, or else of a page's; a cube holds all replicates up to there.
    """
    for urgency, replicates in enumerate(stages or STAGES):
        variants = [[variant(s, k, sets) for k in range(replicates)] for s in scenarios.values()]
        whole = urgency > 0 or not soon
        calls = [
            Lived(variants[i][k], k, settings, whole)
            for k in range(replicates)
            for i in range(len(scenarios))
        ]
        gather([call for call in calls if not call.is_kept()], urgency, asker)
        values = [
            [kept_monthly(s, k, settings) for k, s in enumerate(of_one)] for of_one in variants
        ]
        yield Plan(scenarios, reference, replicates, settings), Cube(np.array(values), tuple(scenarios))  # fmt: skip


def kept_of(plan: Plan, sets: Sets = ()) -> list[list[Figures]]:
    """Figures of all runs of a plan, by scenario and replicate."""
    return [
        [kept_figures(variant(scenario, k, sets), k, plan.settings) for k in range(plan.replicates)]
        for scenario in plan.scenarios.values()
    ]


def are_kept(plan: Plan, sets: Sets = ()) -> bool:
    """Whether all figures of the runs of a plan are kept."""
    return all(
        FIGURES.get((variant(scenario, k, sets).id, k, plan.settings)) is not None
        for scenario in plan.scenarios.values()
        for k in range(plan.replicates)
    )


def group_runs(plan: Plan, sets: Sets = ()) -> pd.DataFrame:
    """Counts by group of all runs of a plan as a tidy table, as a comparison keeps them."""
    frames = []
    for label, scenario in plan.scenarios.items():
        names = names_of(scenario.county)
        for replicate in range(plan.replicates):
            varied = variant(scenario, replicate, sets)
            values = kept_figures(varied, replicate, plan.settings).groups
            row = {"scenario": label, "scenario_id": scenario.id, "replicate": replicate}
            frames.append(pd.DataFrame({"indicator": names, "value": values, **row}))
    return pd.concat(frames, ignore_index=True)


def reduced(
    name: str, scenario: Scenario, replicate: int, settings: RunSettings, reduce: Callable[[Run], T]
) -> T:
    """What a page needs of a run, kept under a name; the run is lived if it is not."""
    key = (name, scenario.id, replicate, settings)
    found = REDUCED.get(key)
    if found is None:
        found = REDUCED.put(key, elsewhere(_reduced, scenario, replicate, settings, reduce))
    return found  # type: ignore[no-any-return]


def _reduced(
    scenario: Scenario, replicate: int, settings: RunSettings, reduce: Callable[[Run], T]
) -> T:
    return reduce(lived(scenario, replicate, settings))
