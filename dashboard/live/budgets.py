"""Budget searches: those stored, those that visitors had made, and how one is made."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from returnee.dashboard.live.long import Watcher, turn, where
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.stored import every
from returnee.dashboard.visitor.place import LEVERS, Mix, Place, Timed, Unusable, fitting
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.running.options import Keep, RunSettings
from returnee.experiments.studies.points.budget import ALLOWED_CAP, USUAL, Effort, budget, plain_of
from returnee.experiments.studies.points.budget_search import CAP
from returnee.scenarios import load_scenario, scenario_names, walk
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.state.programmes import PROGRAMMES

PATTERN = "budget*.json"
LEAST, MOST = 1_000_000, int(ALLOWED_CAP)
EFFORT = Effort(trials=144, population=24, keep=8, worlds=10, replicates=3)
SETTINGS = RunSettings(sample=0.005, months=120)
RUNS = (EFFORT.trials + (EFFORT.keep + 1) * EFFORT.worlds) * EFFORT.replicates  # at most
KEPT = 12  # searches that are kept

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Versus:
    """A mix against another in one objective: difference, 90 % range, share of sets with more."""

    difference: float
    low: float
    high: float
    share: float

    @property
    def told(self) -> int:
        """1 for more, -1 for less, 0 if the range holds zero."""
        return 1 if self.low > 0.0 else -1 if self.high < 0.0 else 0


@dataclass(frozen=True)
class Candidate:
    """One mix of levers, and what came of it; see `returnee.experiments.studies.points.budget.plain_of`."""

    name: str
    front: bool
    levers: Mapping[str, Timed]
    outcomes: Mapping[str, Triple]
    spent: Triple
    programmes: Mapping[str, float]
    regret: Mapping[str, tuple[float, float]]
    versus: Mapping[str, Mapping[str, Versus]]


@dataclass(frozen=True)
class Searched:
    """A search: what was asked, and the mixes that came out; the last is the baseline's."""

    cap: float
    objectives: tuple[str, ...]
    base: str
    given: Mapping[str, Timed]
    command: str
    about: Mapping[str, Any]
    candidates: tuple[Candidate, ...]
    current: bool

    def best(self, objective: str) -> Candidate:
        """The mix with the highest mean, over assumptions, in an objective."""
        return max(self.candidates, key=lambda candidate: candidate.outcomes[objective][0])

    def safest(self) -> int:
        """Place of the mix that falls behind the best by least, at worst, in any objective."""
        worst = [max(worst for worst, _ in c.regret.values()) for c in self.candidates]
        return worst.index(min(worst))

    def usual(self) -> Candidate:
        """The baseline's levers under the same cap."""
        return self.candidates[-1]


FOUND: dict[int, Searched] = {}
"""Searches made on the page, for all visitors: the same budget gives the same search."""


def read(content: Mapping[str, Any]) -> Searched:
    """A search out of stored content; whoever wrote it.

    Raises
    ------
    ValueError
        If it is not what a search stores.
    """
    try:
        objectives = tuple(str(name) for name in content["objectives"])
        if not objectives or not all(name in BY_NAME for name in objectives):
            raise ValueError(f"objectives: found {objectives}, allowed measures")
        candidates = tuple(_candidate(mix, objectives) for mix in content["mixes"])
        if not candidates or candidates[-1].name != USUAL:
            raise ValueError("mixes: found none, or not the baseline's last")
        keys = ("tried", "worlds", "replicates", "months", "sample")
        return Searched(
            float(content["cap"]), objectives, str(content["base"]),
            _levers(content.get("given", {})), str(content["command"]),
            {key: float(content[key]) for key in keys}, candidates,
            content.get("fingerprint") == fingerprint(),
        )  # fmt: skip
    except (KeyError, TypeError, IndexError, Unusable) as error:
        raise ValueError(f"budget: found content that can't be read ({error})") from None


def _candidate(mix: Mapping[str, Any], objectives: tuple[str, ...]) -> Candidate:
    return Candidate(
        str(mix["name"]), bool(mix["front"]), _levers(mix["levers"]),
        {name: _numbers(mix["outcomes"][name], 3) for name in objectives},  # type: ignore[misc]
        _numbers(mix["spent"], 3),  # type: ignore[arg-type]
        {str(k): float(v) for k, v in mix["programmes"].items() if k in PROGRAMMES},
        {name: _numbers(mix["regret"][name], 2) for name in objectives},  # type: ignore[misc]
        {
            str(other): {name: Versus(*_numbers(found[name], 4)) for name in objectives}
            for other, found in mix["versus"].items()
        },
    )  # fmt: skip


def _numbers(values: Any, number: int) -> tuple[float, ...]:
    found = tuple(float("nan") if v is None else float(v) for v in values)
    if len(found) != number:
        raise ValueError(f"budget: found {len(found)} figures, allowed {number}")
    return found


def _levers(values: Mapping[str, Any]) -> dict[str, Timed]:
    """Levers and their values, each within its range."""
    return {
        key: {int(month): fitting(LEVERS[key], inner) for month, inner in value.items()}
        if isinstance(value, Mapping)
        else fitting(LEVERS[key], value)
        for key, value in values.items()
    }


def known() -> dict[int, Searched]:
    """Searches by yearly budget in whole yuan: those stored, and those that were made here."""
    found: dict[int, Searched] = {}
    for stored in every(PATTERN):
        try:
            searched = read(stored.content)
        except ValueError:
            continue
        found.setdefault(round(searched.cap), searched)
    return dict(sorted({**found, **FOUND}.items()))


def baseline_of(searched: Searched) -> dict[str, Any]:
    """Values of the baseline's levers."""
    usual = dict(walk(load_scenario(USUAL).policy, "policy."))
    return {key: usual[key].value for key in searched.usual().levers}


def can_open(searched: Searched) -> bool:
    """Whether Explore can show the search's mixes."""
    return searched.base in scenario_names()


def opened(searched: Searched, candidate: Candidate, title: str, place: Place) -> Place:
    """Explore with a mix's levers, against the baseline."""
    base = dict(walk(load_scenario(searched.base).policy, "policy."))
    moved: dict[str, Timed] = {
        key: value
        for key, value in {**searched.given, **candidate.levers, CAP: float(searched.cap)}.items()
        if key not in base or base[key].value != value
    }
    mix = Mix(searched.base, MappingProxyType(moved), title=title)
    return place.but(page="explore", mix=mix, against=USUAL)


def command_for(cap: int) -> str:
    """The command that repeats a search made on the page."""
    e, s = EFFORT, SETTINGS
    return (
        f"returnee budget --per-year {cap} --trials {e.trials} --population {e.population} --keep {e.keep} "
        f"--worlds {e.worlds} --replicates {e.replicates} --sample {s.sample:g} --months {s.months}"
    )


def search(cap: int, asker: Asker) -> Searched:
    """Search for the best mixes under a cap, and keep what is found for all visitors.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    with turn(asker), tempfile.TemporaryDirectory() as folder:
        found = budget(
            float(cap),
            effort=EFFORT,
            settings=SETTINGS,
            where=where(),
            results=Keep(Path(folder) / "search", progress=Watcher(asker, RUNS)),
        )
        FOUND[cap] = made = read(plain_of(replace(found, command=command_for(cap))))
    for oldest in list(FOUND)[:-KEPT]:
        FOUND.pop(oldest, None)
    return made
