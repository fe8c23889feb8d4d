"""Learn: six short lessons. Each sets levers, shows what follows, and asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import solara

from returnee.dashboard.content import drawing
from returnee.dashboard.content.lessons import BY_KEY, LESSONS, Lesson
from returnee.dashboard.live.answers import in_words
from returnee.dashboard.pages.explore import Shown, answer, asked, first_line, state_line
from returnee.dashboard.texts import escaped, page, words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Chart, Controls, box, html, use_work

OPTIONS = {"lesson": frozenset(BY_KEY)}


def place_of(place: Place, lesson: Lesson) -> Place:
    """The place with the lesson's levers set."""
    mix = replace(lesson.mix, county=place.mix.county)
    return place.but(mix=mix, against=lesson.against, chart=lesson.chart)


@solara.component
def Learn(session: Session) -> None:
    """Choice of a lesson, its words, and its charts."""
    place = session.place.value
    text = words(place.lang)["learn"]
    lesson = BY_KEY[place.option("lesson", LESSONS[0].key)]
    there = place_of(place, lesson)
    shown = solara.use_reactive(Shown())

    def show(new: Shown) -> None:
        if new.answer is not None or new.error or shown.peek().answer is None:
            shown.value = new

    def act(data: dict[str, Any]) -> None:
        key, value = data.get("key"), str(data.get("value"))
        if key == "lesson" and value in BY_KEY:
            session.choose(lesson=value)
        elif key in ("explore", "network"):
            session.place.value = there.but(page=str(key))

    use_work(lambda wanted: answer(there, wanted, show), [asked(there)])
    fresh = shown.value.place is not None and asked(shown.value.place) == asked(there)
    tabs = [
        {"value": k.key, "text": f"{n}. {text[k.key]['title']}"}
        for n, k in enumerate(LESSONS, start=1)
    ]
    buttons = [{"type": "button", "key": "explore", "label": text["open"], "primary": True}]
    if lesson.page == "network":
        buttons.append({"type": "button", "key": "network", "label": text["open_network"]})
    with box(classes="stack"):
        html(f"<h1>{escaped(text['heading'])}</h1><p class='sentence'>{escaped(text['lead'])}</p>")
        Controls(
            items=[
                {
                    "type": "tabs",
                    "key": "lesson",
                    "label": text["heading"],
                    "value": lesson.key,
                    "options": tabs,
                }
            ],
            event_act=act,
        )
        with box(classes="net guided"):
            with box(classes="stack"):
                Seen(shown.value if fresh else Shown(), there)
            with box(classes="card"):
                html(
                    page(
                        "lesson.html.j2",
                        place.lang,
                        lesson=text[lesson.key],
                        number=LESSONS.index(lesson) + 1,
                    )
                )
                Controls(items=buttons, event_act=act)


@solara.component
def Seen(shown: Shown, place: Place) -> None:
    """What follows from the lesson's levers."""
    lang = place.lang
    if shown.error:
        html(page("notices.html.j2", lang, lines=[shown.error], wrong=True))
        return
    found = shown.answer
    if found is None:
        html(first_line(shown, lang), live=True)
        return
    table = {"table": words(lang)["table"]}
    html(state_line(shown, True, place), live=True)
    html(f"<p class='sentence'>{escaped(in_words(found, lang))}</p>")
    Chart(spec=drawing.levels(found, place.chart, lang), words=table)
    Chart(spec=drawing.differences(found, place.chart, lang), words=table)
