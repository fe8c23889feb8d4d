"""A village of 200 people, a month at a time: part of Learn."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import neighbours as net
from returnee.dashboard.content import village
from returnee.dashboard.live.asking import use_answers
from returnee.dashboard.live.runs import SMALL
from returnee.dashboard.pages.widgets import (
    box,
    button,
    controls,
    failed,
    html,
    piece,
    select,
    working,
)
from returnee.dashboard.texts import escaped, words
from returnee.dashboard.visitor.session import Session

STEPS = {"year_back": -12, "month_back": -1, "month_on": 1, "year_on": 12}
LISTED = 8  # of those who weigh home in a month


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
    month, person = solara.use_reactive(1), solara.use_reactive(-1)
    weighing = village.decisions(found, month.value, lang)
    shown = person.value if person.value >= 0 else village.first(found, month.value)

    def act(data: dict[str, Any]) -> None:
        key, value = str(data.get("key")), str(data.get("value"))
        if key in STEPS:
            month.value = min(max(month.peek() + STEPS[key], 0), SMALL.months)
        elif key == "next":
            month.value = village.next_homecoming(found, month.peek())
            person.value = -1
        elif key == "person" and value.isdigit() and int(value) < found.seen.shape[1]:
            person.value = int(value)

    steps = [button(key, text[key], primary=key == "month_on") for key in STEPS]
    ahead = village.next_homecoming(found, month.value) > month.value
    controls([*steps, button("next", text["next"], disabled=not ahead)], act, text["steps"])
    first = [k for k, _ in weighing]
    rest = [k for k in range(found.seen.shape[1]) if k not in first]
    people = [(str(k), village.named(found, k, lang)) for k in (*first, *rest)]
    with box(classes="pair"):
        with box(classes="stack"):
            piece(
                "village", lang, ["card"], True, date=village.date(month.value, lang),
                states=village.states(found, month.value, lang),
                events=village.events(found, month.value, lang),
            )  # fmt: skip
        with box(classes="card"):
            html(f"<h2>{escaped(text['weigh'].format(n=len(weighing)))}</h2>")
            if weighing:
                listed = [
                    button("person", line, value=str(k)) for k, line in weighing[:LISTED]
                ]  # fmt: skip
                controls(listed, act, text["weigh"].format(n=len(weighing)))
            more = len(weighing) - LISTED
            if more > 0:
                html(f"<p class='note'>{escaped(text['rest'].format(n=more))}</p>")
            controls([select("person", text["person"], str(shown), people)], act)
            rows = village.scale(found, shown, month.value, lang)
            piece(
                "scale", lang, line=village.person_line(found, shown, month.value, lang),
                incomes=village.incomes(found, shown, month.value, lang), rows=rows,
                most=max((abs(row[1]) for row in rows), default=1.0), sum=village.balance(found, shown, month.value),
            )  # fmt: skip
