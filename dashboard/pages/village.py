"""A village of 200 people, a month at a time: part of Learn."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import neighbours as net
from returnee.dashboard.content import village
from returnee.dashboard.live.asking import use_answers
from returnee.dashboard.live.runs import SMALL
from returnee.dashboard.pages.widgets import box, button, controls, failed, piece, select, working
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.session import Session

STEPS = {"year_back": -12, "month_back": -1, "month_on": 1, "year_on": 12}


@solara.component
def Village(session: Session) -> None:
    """Months, what happens in one, and one person's scale."""
    place = session.place.value
    lang, town = place.lang, net.town_of(place)
    asked = (*place.asked(), "village", town)
    shown = use_answers(asked, lambda asker: village.answer(place, town, asker), stays=True)
    if shown.error is not None:
        failed(shown, lang)
    elif shown.found is None:
        working(shown, 1, lang)
    else:
        Month(session, shown.found)


@solara.component
def Month(session: Session, found: village.Village) -> None:
    """One month of the village."""
    lang, text = session.place.value.lang, words(session.place.value.lang)["village"]
    month, person = solara.use_reactive(0), solara.use_reactive(0)

    def act(data: dict[str, Any]) -> None:
        key, value = str(data.get("key")), str(data.get("value"))
        if key in STEPS:
            month.value = min(max(month.peek() + STEPS[key], 0), SMALL.months)
        elif key == "person" and value.isdigit() and int(value) < found.seen.shape[1]:
            person.value = int(value)

    controls(
        [button(key, text[key], primary=key == "month_on") for key in STEPS], act, text["steps"]
    )
    people = [
        (str(k), f"{int(found.people.ids[k])}: {net.who(found.people, k, lang)}")
        for k in range(found.seen.shape[1])
    ]
    with box(classes="pair"):
        piece(
            "village", lang, ["card"], True, month=month.value,
            states=village.states(found, month.value, lang),
            events=village.events(found, month.value, lang),
        )  # fmt: skip
        with box(classes="card"):
            controls([select("person", text["person"], str(person.value), people)], act)
            piece("scale", lang, rows=village.scale(found, person.value, month.value, lang))
