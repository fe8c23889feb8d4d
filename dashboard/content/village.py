"""A village of 200 people, month by month: who does what, and what lies on each one's scale.

The scale holds what the rule of returning weighs (`returnee.simulation.people.returning`): income in the city, of a
job and of farming at home, family, an own home in the city, and how many of one's ties are at home.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from returnee.dashboard.content.neighbours import Neighbours, county_before, neighbours, who
from returnee.dashboard.live.answers import MOVED, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, Kept
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.words.texts import figure, percent
from returnee.scenarios import Scenario
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County

PEOPLE, MOST_EVENTS = 200, 30
WEIGHED = np.dtype(
    [("state", "u1"), ("knows", "u1"), ("city", "f4"), ("job", "f4"), ("farm", "f4"), ("home", "f4"),
     ("child", "?"), ("elder", "?"), ("flat", "?")]
)  # fmt: skip
"""What is looked at: state, channels known, log incomes a month, share of ties at home, family, home in the city."""
LIVED: Kept[tuple[str, int, int], np.ndarray] = Kept(12)


@dataclass(frozen=True, eq=False)
class Village:
    """The people, and what was seen of them: shape (months + 1, people) of WEIGHED."""

    people: Neighbours
    seen: np.ndarray


def answer(place: Place, town: int, asker: Asker) -> Village:
    """The village under Explore's policy."""
    scenario = lined_up(place)[MOVED]
    (seen,) = gather([lambda: _kept(scenario, 0, town)], 1, asker)
    return Village(neighbours(scenario, 0, town), seen)


def _kept(scenario: Scenario, replicate: int, town: int) -> np.ndarray:
    key = (scenario.id, replicate, town)
    found = LIVED.get(key)
    return LIVED.put(key, _live(scenario, replicate, town)) if found is None else found


def _live(scenario: Scenario, replicate: int, town: int) -> np.ndarray:
    rows = neighbours(scenario, replicate, town).rows[:PEOPLE]
    county = with_policy(county_before(scenario, replicate), scenario, SMALL.months)
    seen = np.zeros((SMALL.months + 1, len(rows)), WEIGHED)
    for month in range(SMALL.months + 1):
        if month:
            county = advance(county, month, scenario.rules)
        seen[month] = weighed(county, rows)
    return seen


def weighed(county: County, rows: np.ndarray) -> np.ndarray:
    """What lies on the scale of some people this month."""
    every = county.workers.view(np.ndarray)
    workers, found = every[rows], np.zeros(len(rows), WEIGHED)
    for name in ("state", "knows", "child", "elder"):
        found[name] = workers[name]
    found["flat"] = workers["city_home"]
    found["city"] = workers["log_wage"] + float(county.clock.log_city)
    found["job"] = workers["log_home"] + county.towns["log_job"][workers["township"]]
    found["farm"] = float(county.clock.log_farm)
    away = every["state"] == r.AWAY
    for k, row in enumerate(rows):
        ties = county.ties[county.indptr[row] : county.indptr[row + 1]]
        found["home"][k] = 1.0 - away[ties].mean() if len(ties) else 0.0
    return found


def states(found: Village, month: int, lang: str) -> list[tuple[str, int, int]]:
    """How many are in each state, this month and the month before."""
    names = words(lang)["paths"]["states"]
    now, before = (found.seen["state"][max(m, 0)] for m in (month, month - 1))
    told = []
    for code, key in enumerate(r.STATES):
        counts = int((now == code).sum()), int((before == code).sum())
        if any(counts):
            told.append((str(names.get(key, key)), *counts))
    return told


def events(found: Village, month: int, lang: str) -> list[str]:
    """What happens this month: new states, and news that is heard."""
    if month < 1:
        return []
    text, names, net = (
        words(lang)["village"],
        words(lang)["paths"]["states"],
        words(lang)["network"],
    )
    now, before = found.seen[month], found.seen[month - 1]
    lines = []
    for k in range(now.shape[0]):
        parts = []
        if now["state"][k] != before["state"][k]:
            state = r.STATES[now["state"][k]]
            parts.append(text["becomes"].format(state=names.get(state, state)))
        new = int(now["knows"][k]) & ~int(before["knows"][k])
        heard = [net["channels"][name] for c, name in enumerate(CHANNELS) if new >> c & 1]
        if heard:
            parts.append(text["hears"].format(channels=net["comma"].join(heard)))
        if parts:
            person = f"{int(found.people.ids[k])} ({who(found.people, k, lang)})"
            lines.append(text["event"].format(person=person, what=net["comma"].join(parts)))
    return lines[:MOST_EVENTS]


def scale(found: Village, k: int, month: int, lang: str) -> list[tuple[str, str]]:
    """What lies on one person's scale: a name and a figure each."""
    text, one = words(lang)["village"], found.seen[month, k]
    yes, no = text["yes"], text["no"]
    incomes = [
        (text[name], figure(math.exp(float(one[name])), "yuan/month", lang)) for name in ("city", "job", "farm")
    ]  # fmt: skip
    family = [(text[name], yes if one[name] else no) for name in ("child", "elder", "flat")]
    return [*incomes, (text["home"], percent(float(one["home"]), lang)), *family]
