"""Network: a township's people and their ties, month by month, and one person's life."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import neighbours as net
from returnee.dashboard.live.answers import MOVED, REFERENCE
from returnee.dashboard.live.asking import use_answers
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import (
    Control,
    Net,
    box,
    controls,
    notice,
    piece,
    select,
    working,
)
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import Session, say
from returnee.experiments.words.texts import county_name, plain_title

OPTIONS: dict[str, frozenset[str] | None] = {
    "town": None, "luck": frozenset(map(str, range(net.REPLICATES))), "person": None,
}  # fmt: skip


@solara.component
def Network(session: Session) -> None:
    """Township and luck, the picture, and a person."""
    place = session.place.value
    lang, town, luck = place.lang, net.town_of(place), int(place.option("luck", "0"))
    asked = (*place.asked(), town, luck)
    shown = use_answers(asked, lambda asker: net.answer(place, town, luck, asker))
    with box(classes="stack"):
        piece("network", lang, part="head")
        controls(choices(place), lambda data: pick(session, data))
        if shown.error is not None:
            notice(lang, why(shown.error, lang), wrong=True)
        elif shown.found is None:
            working(shown, 2, lang)
        else:
            Safe(session, Found, session, shown.found)


@solara.component
def Found(session: Session, found: net.Seen) -> None:
    """The picture on the left, a person on the right."""
    place = session.place.value
    lang, text, charts = place.lang, words(place.lang)["network"], words(place.lang)["charts"]
    people, scenarios = found.people, found.scenarios
    listed = dict(net.eventful(people, found.seen, lang))
    known = people.ids.tolist()
    person = int(place.option("person", "-1"))
    if person not in known:
        person = next(iter(listed), known[0])
    if person not in listed:
        listed = {person: net.who(people, known.index(person), lang), **listed}
    spec = solara.use_memo(lambda: net.spec_of(found, lang), [found, lang])

    def choose(value: Any) -> None:
        if str(value).isdigit() and int(value) in known:
            session.choose(person=str(int(value)))

    about = {
        "table": words(lang)["table"], "year": charts["year"], "month": charts["month"],
        **{name: text[name] for name in ("side", "colour", "play", "pause")},
    }  # fmt: skip
    lives = [
        (plain_title(scenarios[side], lang), net.life(found, side, person, lang))
        for side in (REFERENCE, MOVED)
    ]
    with box(classes="net"):
        Net(spec=spec, words=about, chosen=person, event_pick=choose)
        with box(classes="card"):
            named = [(str(k), f"{k}: {name}") for k, name in listed.items()]
            controls(
                [select("person", text["person"], str(person), named)],
                lambda data: choose(data.get("value")),
            )
            same = lives[0][1] == lives[1][1]
            piece("network", lang, part="life", lives=lives, same=same)


def why(error: Exception, lang: str) -> str:
    """Why there is nothing to see."""
    empty = isinstance(error, net.NobodyThere)
    return str(words(lang)["network"]["nobody"]) if empty else say(error, lang)


def choices(place: Place) -> list[Control]:
    """Township and luck."""
    text, towns = words(place.lang)["network"], place.mix.unmoved().county.townships
    named = [(str(k), county_name(t, place.lang)) for k, t in enumerate(towns)]
    lucks = [(str(k), text["luck_option"].format(n=k + 1)) for k in range(net.REPLICATES)]
    return [
        select("town", text["town"], str(net.town_of(place)), named),
        select("luck", text["luck"], place.option("luck", "0"), lucks),
    ]


def pick(session: Session, data: dict[str, Any]) -> None:
    """Take a township or a luck."""
    towns = session.place.peek().mix.unmoved().county.townships
    session.pick(data, {**OPTIONS, "town": [str(k) for k in range(len(towns))]})
