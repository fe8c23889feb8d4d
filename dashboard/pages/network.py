"""Network: a township's people and their ties, month by month, and one person's life."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import solara

from returnee.dashboard.content import neighbours as net
from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import Stopped, gather
from returnee.dashboard.pages.explore import asked
from returnee.dashboard.texts import name_of, page, words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.problems import say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Controls, Net, box, html, use_work
from returnee.scenarios import Scenario

REPLICATES = 8
PAUSE = 0.3
OPTIONS: dict[str, frozenset[str] | None] = {
    "town": None, "luck": frozenset(map(str, range(REPLICATES))), "person": None,
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """Who was looked at, and what was seen."""

    key: tuple[object, ...] = ()
    people: net.Neighbours | None = None
    seen: tuple[tuple[str, net.Watched], ...] = ()
    scenarios: tuple[tuple[str, Scenario], ...] = ()
    error: str = ""


def key_of(place: Place) -> tuple[object, ...]:
    """What the page depends on."""
    return *asked(place), town_of(place), place.option("luck", "0")


def town_of(place: Place) -> int:
    """Row of the township that is shown: the one asked for, as far as the county has it."""
    towns = place.mix.unmoved().county.townships
    return min(int(place.option("town", "9")), len(towns) - 1)


def answer(place: Place, wanted: Callable[[], bool], show: Callable[[Shown], None]) -> None:
    """Look at the township under both policies, while it is wanted."""
    key = key_of(place)
    town, luck = town_of(place), int(place.option("luck", "0"))
    try:
        lined = lined_up(place)
        calls = [lambda s=s: net.watch(s, luck, town) for s in lined.values()]  # type: ignore[misc]
        while wanted():
            try:
                seen = gather(calls, 1, wanted)
                break
            except Busy:
                time.sleep(PAUSE)
        else:
            return
        people = net.neighbours(lined[REFERENCE], luck, town)
    except net.NobodyThere:
        show(Shown(key, error=words(place.lang)["network"]["nobody"]))
        return
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        show(Shown(key, error=say(error, place.lang)))
        return
    if wanted():
        show(Shown(key, people, tuple(zip(lined, seen, strict=True)), tuple(lined.items())))


@solara.component
def Network(session: Session) -> None:
    """Township and luck, the picture, and a person."""
    place = session.place.value
    lang = place.lang
    shown = solara.use_reactive(Shown())
    use_work(lambda wanted: answer(place, wanted, shown.set), [key_of(place)])
    current = shown.value
    with box(classes="stack"):
        html(page("network.html.j2", lang, part="head"))
        Controls(items=choices(place), event_act=lambda data: pick(session, data))
        if current.key != key_of(place):
            line = words(lang)["working"].format(done=0, total=2)
            html(page("state.html.j2", lang, busy=True, done=0, most=2, line=line))
        elif current.error:
            html(page("notices.html.j2", lang, lines=[current.error], wrong=True))
        else:
            Found(session, current)


@solara.component
def Found(session: Session, shown: Shown) -> None:
    """The picture on the left, a person on the right."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["network"]
    people, seen, scenarios = shown.people, dict(shown.seen), dict(shown.scenarios)
    assert people is not None
    town = scenarios[REFERENCE].county.townships[town_of(place)]
    listed = net.eventful(people, seen, lang)
    known = set(people.ids.tolist())
    person = int(place.option("person", "-1"))
    if person not in known:
        person = listed[0][0] if listed else int(people.ids[0])
    spec = solara.use_memo(
        lambda: net.spec_of(
            people, seen, scenarios, town.name_zh if lang == "zh" else town.name, lang
        ),
        [shown, lang],
    )

    def choose(value: Any) -> None:
        if str(value).isdigit() and int(value) in known:
            session.choose(person=str(int(value)))

    about = {"table": words(lang)["table"], **{name: text[name] for name in ("side", "colour", "play", "pause")},
             "year": words(lang)["charts"]["year"], "month": words(lang)["charts"]["month"]}  # fmt: skip
    with box(classes="net"):
        Net(spec=spec, words=about, chosen=person, event_pick=choose)
        with box(classes="card"):
            options = [{"value": str(k), "text": f"{k}: {name}"} for k, name in listed]
            if person not in {k for k, _ in listed}:
                place_of = people.ids.tolist().index(person)
                options.insert(
                    0,
                    {"value": str(person), "text": f"{person}: {net.who(people, place_of, lang)}"},
                )
            Controls(
                items=[
                    {
                        "type": "select",
                        "key": "person",
                        "label": text["person"],
                        "value": str(person),
                        "options": options,
                    }
                ],
                event_act=lambda data: choose(data.get("value")),
            )
            lives = [
                (
                    name_of(scenarios[side], lang),
                    net.life(people, seen[side], person, scenarios[side], lang),
                )
                for side in (REFERENCE, MOVED)
            ]
            html(
                page(
                    "network.html.j2",
                    lang,
                    part="life",
                    lives=lives,
                    same=lives[0][1] == lives[1][1],
                )
            )


def choices(place: Place) -> list[dict[str, Any]]:
    """Township and luck."""
    text, towns = words(place.lang)["network"], place.mix.unmoved().county.townships
    named = [
        {"value": str(k), "text": t.name_zh if place.lang == "zh" else t.name}
        for k, t in enumerate(towns)
    ]
    lucks = [
        {"value": str(k), "text": text["luck_option"].format(n=k + 1)} for k in range(REPLICATES)
    ]
    return [
        {"type": "select", "key": "town", "label": text["town"], "value": str(town_of(place)), "options": named},
        {"type": "select", "key": "luck", "label": text["luck"], "value": place.option("luck", "0"), "options": lucks},
    ]  # fmt: skip


def pick(session: Session, data: dict[str, Any]) -> None:
    """Take a township or a luck."""
    key, value = str(data.get("key")), str(data.get("value"))
    towns = session.place.peek().mix.unmoved().county.townships
    if value in (OPTIONS.get(key) or ()) or (
        key == "town" and value in map(str, range(len(towns)))
    ):
        session.choose(**{key: value})
