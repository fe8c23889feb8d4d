"""Townships month by month: what is counted in each, under a policy and its reference, and what differs.

Paired runs are lived a month at a time and people and firms are counted by township, which changes nothing in
them. Rates are means over the 12 months before, so that single moves do not flicker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from returnee.dashboard.content import maps
from returnee.dashboard.content.maps import Mode, can_be_told
from returnee.dashboard.content.neighbours import county_before
from returnee.dashboard.content.places import Places, fitted, places_of
from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, Kept, elsewhere
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.intervals import estimate
from returnee.experiments.words.texts import county_name, plain_title, short, to
from returnee.scenarios import Scenario
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County

LUCKS = 12  # paired runs
STEP, YEAR = 3, 12  # months between two pictures; months of a mean
COUNTED: Kept[tuple[str, int], np.ndarray] = Kept(240)


class Rate(NamedTuple):
    """Something of a township that is a rate: what is counted, of how many people of the labour force."""

    key: str
    per: float
    where: Callable[[np.ndarray, np.ndarray], np.ndarray]  # of workers and firms: township of each


def _state(state: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda workers, firms: workers["township"][workers["state"] == state]


def _firms(workers: np.ndarray, firms: np.ndarray) -> np.ndarray:
    return firms["township"][firms["phase"] == r.OPEN]  # type: ignore[no-any-return]


def _returnees(workers: np.ndarray, firms: np.ndarray) -> np.ndarray:
    there = (firms["phase"] == r.OPEN) & firms["returnee"].astype(bool)
    return firms["township"][there]  # type: ignore[no-any-return]


def _jobs(workers: np.ndarray, firms: np.ndarray) -> np.ndarray:
    there = firms["phase"] == r.OPEN
    return np.repeat(firms["township"][there], firms["employees"][there])


def _aware(workers: np.ndarray, firms: np.ndarray) -> np.ndarray:
    bit = np.uint8(1 << list(CHANNELS).index("finance"))
    return workers["township"][(workers["knows"] & bit) > 0]


RATES = (
    Rate("returnee_firms", 1000.0, _returnees), Rate("firms", 1000.0, _firms), Rate("jobs", 1000.0, _jobs),
    Rate("away", 100.0, _state(r.AWAY)), Rate("aware", 100.0, _aware),
)  # fmt: skip


def count(scenario: Scenario, replicate: int) -> np.ndarray:
    """Live a run a month at a time and count by township; kept.

    Returns
    -------
    ndarray of float32, shape (rates + 1, months + 1, townships)
        The last row holds the people of the labour force.
    """
    key = (scenario.id, replicate)
    found = COUNTED.get(key)
    return (
        COUNTED.put(key, elsewhere(_count, scenario, replicate, SMALL)) if found is None else found
    )


def _count(scenario: Scenario, replicate: int, settings: RunSettings) -> np.ndarray:
    months, towns = settings.months, len(scenario.county.townships)
    county: County = with_policy(county_before(scenario, replicate, settings), scenario, months)
    counts = np.zeros((len(RATES) + 1, months + 1, towns), np.float32)
    for month in range(months + 1):
        if month:
            county = advance(county, month, scenario.rules)
        workers = county.workers.view(np.ndarray)
        workers = workers[(workers["state"] != r.PRE) & (workers["state"] != r.RETIRED)]
        firms = county.firms.view(np.ndarray)[: int(county.clock.firms)]
        for k, rate in enumerate(RATES):
            counts[k, month] = np.bincount(rate.where(workers, firms), minlength=towns)[:towns]
        counts[-1, month] = np.bincount(workers["township"], minlength=towns)[:towns]
    return counts


@dataclass(frozen=True, eq=False)
class Seen:
    """Rates by township under a policy and the reference.

    Attributes
    ----------
    rates : dict of str to ndarray
        By scenario, shape (replicates, rates, months + 1, townships).
    people : ndarray, shape (townships,)
        People of the labour force at the end, whole county.
    """

    rates: dict[str, np.ndarray]
    people: np.ndarray
    scenarios: dict[str, Scenario]
    places: Places


def answer(place: Place, asker: Asker) -> Seen:
    """Townships under Explore's policy and the reference."""
    lined = lined_up(place)
    calls = [partial(count, scenario, k) for k in range(LUCKS) for scenario in lined.values()]
    counted = gather(calls, 1, asker)
    sides = len(lined)
    every = {name: np.array(counted[k::sides]) for k, name in enumerate(lined)}
    people = every[REFERENCE][:, -1, -1].mean(axis=0) / SMALL.sample
    rates = {name: rates_of(counts) for name, counts in every.items()}
    return Seen(rates, people, lined, places_of(lined[REFERENCE]))


def rates_of(counts: np.ndarray) -> np.ndarray:
    """Counts as rates of the people of a township, means over the months of a year before.

    Parameters
    ----------
    counts : ndarray, shape (replicates, rates + 1, months + 1, townships)
    """
    sums = np.cumsum(np.pad(counts.astype(float), ((0, 0), (0, 0), (1, 0), (0, 0))), axis=2)
    last = np.arange(counts.shape[2]) + 1
    first = np.maximum(last - YEAR, 0)
    year = sums[:, :, last] - sums[:, :, first]
    per = np.array([rate.per for rate in RATES])[:, None, None]
    rates: np.ndarray = per * year[:, :-1] / np.maximum(year[:, -1:], 1e-9)
    return rates


def spec_of(found: Seen, lang: str) -> dict[str, Any]:
    """What is drawn of it, see `returnee.dashboard.content.maps`."""
    text, towns = words(lang)["atlas"], found.scenarios[REFERENCE].county.townships
    months = list(range(0, SMALL.months + 1, STEP))
    ours, theirs = (found.rates[side][:, :, months] for side in (MOVED, REFERENCE))
    told = can_be_told(ours - theirs)
    means = [theirs.mean(axis=0), ours.mean(axis=0)]
    means.append(means[1] - means[0])
    modes = [
        Mode(text["rates"][rate.key], [side[k] for side in means], told[k])
        for k, rate in enumerate(RATES)
    ]
    titles = [plain_title(found.scenarios[side], lang) for side in (REFERENCE, MOVED)]
    return maps.spec_of(
        fitted(found.places.spots), [county_name(town, lang) for town in towns], found.people, modes, months,
        [*titles, text["difference"]],
        (text["title"], text["schematic" if found.places.schematic else "mapped"]), "returnee-map", lang,
    )  # fmt: skip


def figures(found: Seen, town: int, lang: str) -> list[list[str]]:
    """A township at the end: by measure the reference, the policy, the difference and its interval."""
    rows = []
    for k, rate in enumerate(RATES):
        ours, theirs = (found.rates[side][:, k, -1, town] for side in (MOVED, REFERENCE))
        change = estimate((ours - theirs)[:, None])
        mean, low, high = (float(v[0]) for v in change[:3])
        told = words(lang)["atlas"]["told" if low > 0.0 or high < 0.0 else "untold"]
        rows.append([
            words(lang)["atlas"]["rates"][rate.key], short(theirs.mean()), short(ours.mean()),
            short(mean, "+.2g"), to(lang, short(low, "+.2g"), short(high, "+.2g")), told,
        ])  # fmt: skip
    return rows
