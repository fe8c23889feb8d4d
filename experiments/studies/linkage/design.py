"""The factorial design of the linkage experiment: six factors, each on or off, and a spending cap.

Five pillars (training, services, incubation, activities, finance) stand as in ``baseline`` or, off,
as in ``no_support``; linkage stands as in ``linked`` or, off, as in ``siloed``. Which levers a
factor moves is read from those files: a lever that differs between linked and siloed belongs to
linkage, wherever it stands (the grant's certificate is such a gate); any other lever that differs
between baseline and no support belongs to the pillar of its group. Technology belongs to services,
whose channel leads to it; venue is the same in both files and stays. Pots stay at the baseline.

A cell is numbered by its factors: bit k is set where ``FACTORS[k]`` is on.

Beside the premium stands the ceiling: all pillars, linked as in ``ceiling``, where every file is handed on
at no cost. What linking gives can't be more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from returnee.experiments.errors import UsageError, wrong
from returnee.experiments.keys import Task
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.scenarios import Scenario, load_scenario, walk
from returnee.simulation.state.channels import CHANNELS

PILLARS = CHANNELS
LINKAGE = "linkage"
FACTORS = (*PILLARS, LINKAGE)
GROUP_OF = {**{factor: factor for factor in FACTORS}, "technology": "services"}
CELLS = 1 << len(FACTORS)
NOTHING, SILOED, LINKED = 0, CELLS // 2 - 1, CELLS - 1
DEFAULT_CAP = 10_000_000.0
OTHER_CAPS = (0.6, 0.8)  # further caps, as shares of the main one
EXTRA = 5  # times as many replicates for the cells that the premium rests on
EQUAL = 0.02  # spendings closer than this count as equal
CAP_KEY = "policy.budget.cap"
Levels = dict[str, dict[str, tuple[Any, Any]]]


@lru_cache(maxsize=1)
def levels() -> Levels:
    """Levers that each factor moves: key to value when off and when on."""
    names = ("baseline", "no_support", "siloed", "linked")
    base, off, siloed, linked = ({k: v.value for k, v in walk(load_scenario(n))} for n in names)
    found: Levels = {factor: {} for factor in FACTORS}
    for key, value in base.items():
        group = key.split(".")[1]
        if not key.startswith("policy.") or group == "budget":
            continue
        if siloed[key] != linked[key]:
            found[LINKAGE][key] = siloed[key], linked[key]
        elif off[key] != value and group in GROUP_OF and group != LINKAGE:
            found[GROUP_OF[group]][key] = off[key], value
    return found


def is_on(cell: int, factor: str) -> bool:
    """Whether a factor is on in a cell.

    >>> is_on(3, "services"), is_on(3, "linkage")
    (True, False)
    """
    return bool(cell >> FACTORS.index(factor) & 1)


def cell_of(*factors: str) -> int:
    """Number of the cell in which just these factors are on."""
    return sum(1 << FACTORS.index(factor) for factor in factors)


def label_of_cell(cell: int) -> str:
    """Label of a cell in results: its factors, or ``nothing``."""
    return "+".join(factor for factor in FACTORS if is_on(cell, factor)) or "nothing"


def capped_label(support: str, share: float = 1.0) -> str:
    """Label of all pillars, siloed, linked or ceiling, under a share of the main cap; 0: no cap."""
    return f"{support}, cap x {share:g}" if share else support


@lru_cache(maxsize=1)
def of_ceiling() -> dict[str, Any]:
    """Levers in which a perfect hand-over differs from linked support, and their values."""
    linked, ceiling = (
        walk(load_scenario(name).policy, "policy.") for name in ("linked", "ceiling")
    )
    there = {key: lever.value for key, lever in linked}
    return {key: lever.value for key, lever in ceiling if lever.value != there[key]}


def check_world(overrides: Mapping[str, Any]) -> None:
    """Refuse overrides of policy, which the design sets.

    Raises UsageError: names the first such key.
    """
    for key in overrides:
        if key.partition(".")[0] == "policy":
            raise wrong("override", key, "a policy key", "county and behaviour keys")


def cap_or_default(cap: float | None) -> float:
    """The cap given, else that of the siloed scenario, else `DEFAULT_CAP`; yuan a year.

    Raises UsageError: if it is not above 0.
    """
    if cap is None:
        return load_scenario("siloed").policy.budget.cap or DEFAULT_CAP
    if not 0.0 < cap <= 200e6:  # also refuses what is not a number
        raise UsageError(f"cap: found {cap:g}, allowed above 0 up to 2e+08 (yuan a year)")
    return cap


def read_cell(cell: int, moved: Levels, world: Mapping[str, Any], cap: float = 0.0) -> Scenario:
    """The scenario of a cell, in a county and behaviour that may be overridden."""
    changes = {
        key: values[is_on(cell, factor)]
        for factor, levers in moved.items()
        for key, values in levers.items()
    }
    return load_scenario("baseline", {**world, **changes, CAP_KEY: float(cap)})


def capped_trio(world: Mapping[str, Any], cap: float) -> dict[str, Scenario]:
    """All pillars under a cap: siloed, linked, and linked with a perfect hand-over."""
    moved = levels()
    siloed, linked = (read_cell(cell, moved, world, cap) for cell in (SILOED, LINKED))
    return {"siloed": siloed, "linked": linked, "ceiling": linked.with_(of_ceiling())}


@dataclass(frozen=True)
class Factorial(Plan):
    """A plan whose points are cells; those of the premium have more replicates than the rest."""

    # replicates of the cells that are not in `often`; `replicates` is that of the others
    fewer: int = 1
    often: frozenset[str] = frozenset()  # labels of the cells that the premium rests on

    def tasks(self) -> list[Task]:
        """List every run, replicate by replicate; the point is the place of its cell."""
        return [
            Task(label, scenario.id, point, replicate)
            for replicate in range(self.replicates)
            for point, (label, scenario) in enumerate(self.scenarios.items())
            if replicate < self.fewer or label in self.often
        ]


def factorial(
    cap: float, replicates: int, settings: RunSettings, world: Mapping[str, Any]
) -> Factorial:
    """The plan of the experiment: 64 cells, all pillars under caps, siloed and linked, and the ceiling.

    `cap`: yuan a year. `replicates`: of every cell; the cells of the premium have `EXTRA` times as
    many. `world`: overrides of county and behaviour.
    """
    check_world(world)
    moved = levels()
    scenarios = {label_of_cell(cell): read_cell(cell, moved, world) for cell in range(CELLS)}
    capped = (1.0, *OTHER_CAPS)
    trios = {share: capped_trio(world, cap * share) for share in (*capped, 0.0)}
    shown = [(name, share) for share in capped for name in ("siloed", "linked")]
    shown += [("ceiling", 1.0), ("ceiling", 0.0)]
    beside = {capped_label(name, share): trios[share][name] for name, share in shown}
    often = {label_of_cell(cell) for cell in (NOTHING, SILOED, LINKED)} | {"ceiling"}
    often |= {capped_label(name) for name in trios[1.0]}
    return Factorial(
        {**scenarios, **beside}, label_of_cell(NOTHING), EXTRA * replicates, settings,
        fewer=replicates, often=frozenset(often),
    )  # fmt: skip
