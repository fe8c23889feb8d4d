"""A village of 200 people, month by month: who does what, and what lies on each one's scale.

The scale is the rule of returning (`returnee.simulation.people.returning`) part by part, in log odds: what can be
earned, family, ties, an own home in the city, and the rest. What somebody would found is left out of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from returnee.dashboard.content.neighbours import Neighbours, county_before, neighbours, who
from returnee.dashboard.live.answers import MOVED, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, Kept, elsewhere
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.running.options import RunSettings
from returnee.experiments.words.texts import figure, minus, percent
from returnee.scenarios import Scenario
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County

PEOPLE, MOST_EVENTS = 200, 30
YEAR = 12
LEAST = 0.005  # log odds that are shown
WEIGHED = np.dtype(
    [("state", "u1"), ("knows", "u1"), ("city", "f4"), ("job", "f4"), ("farm", "f4"), ("home", "f4"),
     ("child", "?"), ("elder", "?"), ("flat", "?"), ("far", "?"), ("jobless", "?"), ("looking", "f4"),
     ("attachment", "f4"), ("age", "f4"), ("settled", "f4"), ("due", "?")]
)  # fmt: skip
"""What is looked at: state, channels known, log incomes a month, share of ties at home, family, home in the city, whether
outside the province and without a job, log share earned while looking for one, attachment, age, log years away, and
whether the next month is one of taking stock."""
PARTS = ("income", "ties", "child", "elder", "age", "attachment", "far", "settled", "flat", "habit")
"""Parts of the log odds of returning."""


@dataclass(frozen=True, eq=False)
class Village:
    """The people, what was seen of them, shape (months + 1, people) of WEIGHED, and the weights of the scale."""

    people: Neighbours
    seen: np.ndarray
    behaviour: Any


LIVED: Kept[tuple[str, int, int], Village] = Kept(12)


def answer(place: Place, town: int, asker: Asker) -> Village:
    """The village under Explore's policy."""
    scenario = lined_up(place)[MOVED]
    (found,) = gather([lambda: _kept(scenario, 0, town)], 1, asker)
    return found


def _kept(scenario: Scenario, replicate: int, town: int) -> Village:
    key = (scenario.id, replicate, town)
    found = LIVED.get(key)
    if found is None:
        found = LIVED.put(key, elsewhere(_live, scenario, replicate, town, SMALL))
    return found


def _live(scenario: Scenario, replicate: int, town: int, settings: RunSettings) -> Village:
    people = neighbours(scenario, replicate, town, settings)
    rows = people.rows[:PEOPLE]
    county = with_policy(county_before(scenario, replicate, settings), scenario, settings.months)
    seen = np.zeros((settings.months + 1, len(rows)), WEIGHED)
    for month in range(settings.months + 1):
        if month:
            county = advance(county, month, scenario.rules)
        seen[month] = weighed(county, rows)
    return Village(people, seen, county.behaviour.copy())


def weighed(county: County, rows: np.ndarray) -> np.ndarray:
    """What lies on the scale of some people at the end of a month."""
    every, month = county.workers.view(np.ndarray), int(county.clock.month)
    workers, found = every[rows], np.zeros(len(rows), WEIGHED)
    for name in ("state", "knows", "child", "elder", "jobless", "attachment"):
        found[name] = workers[name]
    found["flat"], found["far"] = workers["city_home"], workers["destination"] == 1
    found["age"] = (month - workers["birth"].astype(int)) / YEAR
    found["settled"] = np.log1p(np.maximum(month - workers["left"].astype(int), 0) / YEAR)
    found["due"] = county.due[rows] == month + 1
    found["city"] = workers["log_wage"] + float(county.clock.log_city)
    towns = workers["township"]
    offered = workers["offer"] >= month
    wage = np.where(offered, county.towns["log_wage"][towns], county.towns["log_job"][towns])
    found["job"] = workers["log_home"] + wage
    found["farm"] = float(county.clock.log_farm)
    found["looking"] = _log_while_looking(county, month)
    away = every["state"] == r.AWAY
    for k, row in enumerate(rows):
        ties = county.ties[county.indptr[row] : county.indptr[row + 1]]
        found["home"][k] = 1.0 - away[ties].mean() if len(ties) else 0.0
    return found


def _log_while_looking(county: County, month: int) -> float:
    """Log share of the city wage earned over the months ahead by somebody who looks for a job there."""
    facts, behaviour = county.facts, county.behaviour
    start = int(facts.shock_start_month)
    shocked = 0 < start <= month < start + int(facts.shock_months)
    hiring = 1.0 - float(facts.shock_city_loss) if shocked else 1.0
    ahead = float(behaviour.returning_months_ahead)
    months = min(float(behaviour.returning_months_to_find) / max(hiring, 0.01), ahead)
    return math.log(1.0 - (1.0 - float(behaviour.returning_odd_jobs)) * months / ahead)


def parts_of(one: np.void, behaviour: Any) -> dict[str, float]:
    """Log odds of going home, part by part (`PARTS`): above zero draws home, below keeps in the city."""
    weight, scale = float(behaviour.returning_income_weight), float(behaviour.returning_nest_scale)
    job, farm = (weight * float(one[name]) / scale for name in ("job", "farm"))
    best = max(job, farm)
    at_home = scale * (best + math.log(math.exp(job - best) + math.exp(farm - best)))
    in_city = weight * (float(one["city"]) + (float(one["looking"]) if one["jobless"] else 0.0))
    older = max(float(one["age"]) - 40.0, 0.0) / 10.0
    cares = bool(one["elder"]) and float(one["age"]) > 30.0
    return {
        "income": at_home - in_city,
        "ties": float(behaviour.returning_peers_weight * one["home"]),
        "child": float(behaviour.returning_child_pull * one["child"]),
        "elder": float(behaviour.returning_elder_pull * cares),
        "age": float(behaviour.returning_age_pull * older),
        "attachment": float(behaviour.returning_attachment_sd * one["attachment"]),
        "far": float(behaviour.returning_distance * one["far"]),
        "settled": -float(behaviour.returning_settled_weight * one["settled"]),
        "flat": -float(behaviour.returning_city_home * one["flat"]),
        "habit": float(behaviour.returning_constant),
    }


def chance(one: np.void, behaviour: Any) -> float:
    """Chance that somebody away who takes stock goes home."""
    return 1.0 / (1.0 + math.exp(-sum(parts_of(one, behaviour).values())))


def deciding(found: Village, month: int) -> list[int]:
    """Who is away and weighs home in a month."""
    if month < 1:
        return []
    before = found.seen[month - 1]
    return [int(k) for k in np.flatnonzero(before["due"] & (before["state"] == r.AWAY))]


def named(found: Village, k: int, lang: str) -> str:
    """A person in a few words."""
    return f"{int(found.people.ids[k])} ({who(found.people, k, lang)})"


def decisions(found: Village, month: int, lang: str) -> list[tuple[int, str]]:
    """Who weighs home this month, and what comes of it: place in the village, and a line."""
    text = words(lang)["village"]
    told = []
    for k in deciding(found, month):
        stays = found.seen["state"][month, k] == r.AWAY
        share = percent(chance(found.seen[month - 1, k], found.behaviour), lang)
        line = text["stays" if stays else "comes"].format(person=named(found, k, lang), share=share)
        told.append((stays, k, line))
    return [(k, line) for _, k, line in sorted(told)]


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
            person = named(found, k, lang)
            lines.append(text["event"].format(person=person, what=net["comma"].join(parts)))
    return lines[:MOST_EVENTS]


def first(found: Village, month: int) -> int:
    """Whose scale is shown unless somebody is chosen: who comes home, else who weighs it, else who is away."""
    weighing = deciding(found, month)
    came = [k for k in weighing if found.seen["state"][month, k] != r.AWAY]
    away = np.flatnonzero(found.seen["state"][month] == r.AWAY)
    return int((came or weighing or away.tolist() or [0])[0])


def next_homecoming(found: Village, month: int) -> int:
    """The next month in which somebody comes home; the same month if there is none."""
    states = found.seen["state"]
    came = ((states[:-1] == r.AWAY) & (states[1:] != r.AWAY) & (states[1:] != r.RETIRED)).any(
        axis=1
    )
    later = np.flatnonzero(came)[np.flatnonzero(came) + 1 > month] + 1
    return int(later[0]) if len(later) else month


def date(month: int, lang: str) -> str:
    """A month as the network writes it."""
    text = words(lang)
    if month < 1:
        return str(text["charts"]["month_label"].format(month=month))
    return str(
        text["network"]["date"].format(year=(month - 1) // YEAR + 1, month=(month - 1) % YEAR + 1)
    )


def balance(found: Village, k: int, month: int) -> str:
    """The sum of what lies on the scale."""
    one = found.seen[max(month - 1, 0), k]
    return minus(f"{sum(parts_of(one, found.behaviour).values()):+.2f}")


def person_line(found: Village, k: int, month: int, lang: str) -> str:
    """Who somebody is, what the person does, and what comes of taking stock this month."""
    text, states = words(lang)["village"], words(lang)["paths"]["states"]
    state = r.STATES[found.seen["state"][month, k]]
    before = found.seen[max(month - 1, 0), k]
    line = text["is"].format(person=named(found, k, lang), state=states.get(state, state))
    if before["state"] != r.AWAY:
        return str(line + text["gap"] + text["at_home"])
    share = percent(chance(before, found.behaviour), lang)
    if k in deciding(found, month):
        return str(line + text["gap"] + text["decides"].format(share=share))
    return str(line + text["gap"] + text["waits"].format(share=share))


def incomes(found: Village, k: int, month: int, lang: str) -> list[tuple[str, str]]:
    """What one person may earn here and there, yuan a month."""
    text, one = words(lang)["village"], found.seen[max(month - 1, 0), k]
    return [
        (text[name], figure(math.exp(float(one[name])), "yuan/month", lang)) for name in ("city", "job", "farm")
    ]  # fmt: skip


def scale(found: Village, k: int, month: int, lang: str) -> list[tuple[str, float, str]]:
    """What lies on the scale of somebody away, heaviest first: name, weight (home above zero) and figure; none at home."""
    one = found.seen[max(month - 1, 0), k]
    if one["state"] != r.AWAY:
        return []
    text, parts = words(lang)["village"]["parts"], parts_of(one, found.behaviour)
    told = {"ties": percent(float(one["home"]), lang), "age": f"{float(one['age']):.0f}"}
    rows = [
        (text[name].format(what=told.get(name, "")), value, minus(f"{value:+.2f}"))
        for name, value in parts.items()
        if abs(value) >= LEAST
    ]
    return sorted(rows, key=lambda row: -abs(row[1]))
