"""A sample of people with their ties, and what each is and knows in every month, under two policies.

The people are those of one township; paired runs hold the same people, ties and luck. A run is lived
a month at a time to look at them, which changes nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, Kept, elsewhere
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.running.options import RunSettings
from returnee.experiments.words.texts import county_name, plain_title
from returnee.scenarios import Scenario
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import HISTORIES, advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County

REPLICATES = 8
MOST_PEOPLE, MOST_TIES = 400, 1500
SEED = 7
GONE = 9  # code of those who are not in the labour force
STATES = (r.AWAY, r.SEEKING, r.FARMING, r.EMPLOYED, r.FOUNDING, r.OWNER)
COLOURS = ("c6", "c4", "c2", "c0", "c3", "c1")
FEW = 2  # channels of support up to which somebody knows few
LISTED = 40


class NobodyThere(ValueError):
    """Nobody of a township is among the people of a run."""


@dataclass(frozen=True)
class Neighbours:
    """People of a township, where they are drawn, and their ties among each other.

    Attributes
    ----------
    rows, ids : ndarray of int, shape (people,)
    spots : ndarray of float, shape (people, 2)
    ties : list of (int, int)
        Places in `rows`.
    about : dict of str to ndarray
        Age, sex and schooling at the start.
    """

    rows: np.ndarray
    ids: np.ndarray
    spots: np.ndarray
    ties: list[tuple[int, int]]
    about: dict[str, np.ndarray]


@dataclass(frozen=True)
class Watched:
    """What was seen of some people in a run.

    Attributes
    ----------
    people : Neighbours
    states : ndarray of uint8, shape (months + 1, people)
        Career states; month 0 is the end of the history.
    knows : ndarray of uint8, shape (months + 1, people)
        Bits by channel of support.
    firms : ndarray of int, shape (months + 1, people)
        Sector of the own firm, -1 for none.
    persons : ndarray of int, shape (months + 1, people)
        Who works in it, owner included.
    """

    people: Neighbours
    states: np.ndarray
    knows: np.ndarray
    firms: np.ndarray
    persons: np.ndarray


NEIGHBOURS: Kept[tuple[str, int, int], Neighbours] = Kept(24)
WATCHED: Kept[tuple[str, int, int], Watched] = Kept(24)


def county_before(scenario: Scenario, replicate: int, s: RunSettings) -> County:
    """The county at the end of its history; not to be changed."""
    return HISTORIES.get(scenario, s.seed, replicate, s.sample, s.months, s.burn_in)


def neighbours(
    scenario: Scenario, replicate: int, township: int, settings: RunSettings
) -> Neighbours:
    """People of a township and their ties; the history is lived here, so that this is for runs, not for pages."""
    key = (scenario.world_id, replicate, township)
    return NEIGHBOURS.get(key) or NEIGHBOURS.put(
        key, _neighbours(county_before(scenario, replicate, settings), township)
    )


def _neighbours(county: County, township: int) -> Neighbours:
    workers = county.workers.view(np.ndarray)
    there = (workers["state"] != r.PRE) & (workers["state"] != r.RETIRED)
    rows = np.flatnonzero(there & (workers["township"] == township))
    # The villages that come first, whole: ties run within villages.
    rows = rows[np.lexsort((workers["id"][rows], workers["village"][rows]))][:MOST_PEOPLE]
    if not len(rows):
        raise NobodyThere
    place = {int(row): k for k, row in enumerate(rows)}
    pairs = {
        (min(k, place[other]), max(k, place[other]))
        for row, k in place.items()
        for other in county.ties[county.indptr[row] : county.indptr[row + 1]].tolist()
        if other in place and other != row
    }
    ties = sorted(pairs)
    if len(ties) > MOST_TIES:
        kept = np.random.default_rng(SEED).choice(len(ties), MOST_TIES, replace=False)
        ties = [ties[k] for k in np.sort(kept)]
    graph = nx.Graph(ties)
    graph.add_nodes_from(range(len(rows)))
    spots = nx.spring_layout(graph, seed=SEED, iterations=60)
    drawn = np.array([spots[k] for k in range(len(rows))])
    low, high = np.percentile(drawn, (3, 97), axis=0)
    drawn = 1000.0 * (np.clip(drawn, low - 0.2, high + 0.2) - low) / np.maximum(high - low, 1e-9)
    about = {
        "age": -workers["birth"][rows].astype(int) // 12, "sex": workers["sex"][rows],
        "schooling": workers["schooling"][rows],
    }  # fmt: skip
    return Neighbours(rows, workers["id"][rows], drawn, ties, about)


def watch(scenario: Scenario, replicate: int, township: int) -> Watched:
    """Live a run a month at a time and look at the people of a township."""
    key = (scenario.id, replicate, township)
    return WATCHED.get(key) or WATCHED.put(
        key, elsewhere(_watch, scenario, replicate, township, SMALL)
    )


def _watch(scenario: Scenario, replicate: int, township: int, settings: RunSettings) -> Watched:
    people, months = neighbours(scenario, replicate, township, settings), settings.months
    county = with_policy(county_before(scenario, replicate, settings), scenario, months)
    shape = (months + 1, len(people.rows))
    states, knows = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    firms, persons = np.full(shape, -1, np.int8), np.zeros(shape, np.int16)
    for month in range(months + 1):
        if month:
            county = advance(county, month, scenario.rules)
        workers = county.workers.view(np.ndarray)[people.rows]
        states[month], knows[month] = workers["state"], workers["knows"]
        own = np.flatnonzero(workers["state"] == r.OWNER)
        records = county.firms.view(np.ndarray)[workers["firm"][own]]
        firms[month, own], persons[month, own] = records["sector"], 1 + records["employees"]
    return Watched(people, states, knows, firms, persons)


@dataclass(frozen=True, eq=False)
class Seen:
    """A township under a policy and the reference: its people, and what was seen by scenario."""

    town: int
    people: Neighbours
    seen: dict[str, Watched]
    scenarios: dict[str, Scenario]


def town_of(place: Place) -> int:
    """Row of the township that is shown: the one asked for, as far as the county has it."""
    towns = place.mix.unmoved().county.townships
    return min(int(place.option("town", "9")), len(towns) - 1)


def answer(place: Place, town: int, luck: int, asker: Asker) -> Seen:
    """A township under Explore's policy and the reference, in one replicate.

    Raises
    ------
    NobodyThere
        If nobody of the township is among the people of the run.
    """
    lined = lined_up(place)
    calls = [partial(watch, scenario, luck, town) for scenario in lined.values()]
    seen = gather(calls, 1, asker)
    by_side = dict(zip(lined, seen, strict=True))
    return Seen(town, by_side[REFERENCE].people, by_side, lined)


def spec_of(found: Seen, lang: str) -> dict[str, Any]:
    """What ``vue/net.vue`` draws."""
    people, seen, scenarios = found.people, found.seen, found.scenarios
    town = scenarios[REFERENCE].county.townships[found.town]
    text = words(lang)["network"]
    codes = np.full(len(r.STATES), GONE)
    codes[list(STATES)] = np.arange(len(STATES))
    sides = (REFERENCE, MOVED)
    frames = []
    for side in sides:
        known = np.array([int(b).bit_count() for b in range(256)])[seen[side].knows]
        shares = np.where(known == 0, 0, np.where(known <= FEW, 1, 2))
        state = codes[seen[side].states]
        frames.append((_text(state), _text(np.where(state == GONE, GONE, shares))))
    listed = [
        {
            "id": int(people.ids[k]), "x": round(float(people.spots[k, 0])), "y": round(float(people.spots[k, 1])),
            "about": who(people, k, lang), "frames": [[modes[0][k], modes[1][k]] for modes in frames],
        }
        for k in range(len(people.ids))
    ]  # fmt: skip
    states = words(lang)["paths"]["states"]
    kinds = [
        {"name": states[r.STATES[s]], "colour": c, "big": s in (r.FOUNDING, r.OWNER)}
        for s, c in zip(STATES, COLOURS, strict=True)
    ]
    knowing = [
        {"name": name, "colour": c, "big": False}
        for name, c in zip(text["knowing"], ("faint", "c5", "c1"), strict=True)
    ]
    return {
        "title": text["title"].format(town=county_name(town, lang), n=len(listed)), "note": text["note"].format(ties=len(people.ties)),
        "people": listed, "links": [list(pair) for pair in people.ties], "months": SMALL.months,
        "month_label": words(lang)["charts"]["month_label"], "sides": [plain_title(scenarios[s], lang) for s in sides],
        "modes": [{"name": text["by_state"], "kinds": kinds}, {"name": text["by_knowledge"], "kinds": knowing}],
    }  # fmt: skip


def _text(codes: np.ndarray) -> list[str]:
    """A string of one letter a month for each person."""
    return ["".join(chr(48 + int(c)) for c in column) for column in codes.T]


def who(people: Neighbours, k: int, lang: str) -> str:
    """A person in a few words."""
    text = words(lang)["network"]
    return str(text["who"]).format(
        sex=text["sexes"][int(people.about["sex"][k])], age=int(people.about["age"][k]),
        schooling=text["schooling"][int(people.about["schooling"][k])],
    )  # fmt: skip


def eventful(people: Neighbours, seen: Mapping[str, Watched], lang: str) -> list[tuple[int, str]]:
    """Ids and words of people whose lives differ or who own a firm, those who differ most first."""
    ours, theirs = seen[MOVED].states, seen[REFERENCE].states
    differ = (ours != theirs).sum(axis=0) + 200 * (
        (ours == r.OWNER).any(axis=0) != (theirs == r.OWNER).any(axis=0)
    )
    order = np.argsort(-differ, kind="stable")[:LISTED]
    return [(int(people.ids[k]), who(people, k, lang)) for k in order if differ[k] > 0]


def life(found: Seen, side: str, person: int, lang: str) -> list[str]:
    """What was seen of one person under a scenario, in words: states, channels heard of, firms."""
    seen, sectors = found.seen[side], found.scenarios[side].county.sectors
    text, states = words(lang)["network"], words(lang)["paths"]["states"]
    k = int(np.flatnonzero(found.people.ids == person)[0])
    lines = [text["begins"].format(state=_state(int(seen.states[0, k]), states, text))]
    for month in range(1, len(seen.states)):
        date = text["date"].format(year=(month - 1) // 12 + 1, month=(month - 1) % 12 + 1)
        parts = []
        if seen.states[month, k] != seen.states[month - 1, k]:
            state = int(seen.states[month, k])
            if state == r.OWNER and seen.firms[month, k] >= 0:
                sector = sectors[int(seen.firms[month, k])]
                parts.append(text["opens"].format(sector=county_name(sector, lang)))
            else:
                parts.append(text["becomes"].format(state=_state(state, states, text)))
        new = int(seen.knows[month, k]) & ~int(seen.knows[month - 1, k])
        heard = [text["channels"][name] for c, name in enumerate(CHANNELS) if new >> c & 1]
        if heard:
            parts.append(text["hears"].format(channels=text["comma"].join(heard)))
        if parts:
            lines.append(f"{date}{text['colon']}{text['comma'].join(parts)}{text['stop']}")
    end = int(seen.states[-1, k])
    if end == r.OWNER:
        lines.append(text["ends_owner"].format(persons=int(seen.persons[-1, k])))
    else:
        lines.append(text["ends"].format(state=_state(end, states, text)))
    return lines


def _state(state: int, states: Mapping[str, str], text: Mapping[str, Any]) -> str:
    return str(states.get(r.STATES[state], text["gone"]))
