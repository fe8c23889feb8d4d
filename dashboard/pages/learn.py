"""Learn: six short lessons. Each sets levers, shows what follows, and asks; words stand in the catalogues."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import solara

from returnee.dashboard.content import drawing
from returnee.dashboard.live.answers import MOVED, Answer, answer
from returnee.dashboard.live.asking import Shown, use_answers
from returnee.dashboard.pages.explore import answer_line, first_line
from returnee.dashboard.pages.widgets import (
    box,
    button,
    controls,
    failed,
    html,
    piece,
    plot,
    tabs,
)
from returnee.dashboard.texts import escaped, words
from returnee.dashboard.visitor.place import UNMOVED, Mix, Place, Timed
from returnee.dashboard.visitor.session import Session
from returnee.experiments.reports.compare import Page

THREE_YEARS = 37  # first month after three years


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    key : str
        Of its words in the catalogues.
    mix : Mix
        The policy.
    against : str
        What it is compared with.
    chart : str
        Measure that is shown.
    page : str
        Where one looks further: "explore" or "network".
    """

    key: str
    mix: Mix
    against: str
    chart: str
    page: str = "explore"


def _mix(base: str, **levers: Timed) -> Mix:
    moved = {f"policy.{key.replace('__', '.')}": value for key, value in levers.items()}
    return Mix(base, MappingProxyType(moved))


LESSONS = (
    Lesson("peers", Mix("awareness"), "baseline", "aware_finance", "network"),
    Lesson(
        "credit",
        _mix(
            "baseline", finance__counter_guarantee_waiver=300_000.0,
            finance__guarantee_fund=60_000_000.0, finance__leverage=16.0,
        ),
        UNMOVED, "firms_open",
    ),
    Lesson("waiting", _mix("baseline", services__desk_days=3.0, training__places=2000.0), UNMOVED, "firms_open"),
    Lesson("linkage", Mix("linked"), "siloed", "public_cost"),
    Lesson("crisis", Mix("coastal_shock"), "baseline", "returns"),
    Lesson(
        "fading",
        _mix(
            "baseline", finance__startup_grant={1: 12_000.0, THREE_YEARS: 0.0},
            finance__job_subsidy={1: 3000.0, THREE_YEARS: 0.0}, finance__grant_needs_certificate=False,
        ),
        UNMOVED, "firms_open",
    ),
)  # fmt: skip
BY_KEY = {lesson.key: lesson for lesson in LESSONS}
OPTIONS = {"lesson": frozenset(BY_KEY)}


def place_of(place: Place, lesson: Lesson) -> Place:
    """The place with the lesson's levers set."""
    mix = replace(lesson.mix, county=place.mix.county)
    return place.but(mix=mix, against=lesson.against, chart=lesson.chart)


@solara.component
def Learn(session: Session) -> None:
    """Choice of a lesson, its words, and its charts."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["learn"]
    lesson = BY_KEY[place.option("lesson", LESSONS[0].key)]
    there = place_of(place, lesson)
    shown = use_answers(there.asked(), lambda asker: answer(there, asker))

    def act(data: dict[str, Any]) -> None:
        if data.get("key") in ("explore", "network"):
            session.show(there.but(page=str(data["key"])))
        else:
            session.pick(data, OPTIONS)

    titles = [(k.key, f"{n}. {text[k.key]['title']}") for n, k in enumerate(LESSONS, start=1)]
    buttons = [button("explore", text["open"], primary=True)]
    if lesson.page == "network":
        buttons.append(button("network", text["open_network"]))
    with box(classes="stack"):
        html(f"<h1>{escaped(text['heading'])}</h1><p class='sentence'>{escaped(text['lead'])}</p>")
        controls([tabs("lesson", text["heading"], lesson.key, titles)], act)
        with box(classes="net guided"):
            with box(classes="stack"):
                Seen(shown, there)
            with box(classes="card"):
                number = LESSONS.index(lesson) + 1
                piece("lesson", lang, lesson=text[lesson.key], number=number)
                controls(buttons, act)


@solara.component
def Seen(shown: Shown[Answer], place: Place) -> None:
    """What follows from the lesson's levers."""
    lang, found = place.lang, shown.found
    if shown.error is not None:
        failed(shown, lang)
    elif found is None:
        html(first_line(shown, lang), live=True)
    else:
        html(answer_line(shown, place), live=True)
        html(f"<p class='sentence'>{escaped(Page(found, lang).sentence(MOVED))}</p>")
        plot(drawing.levels(found, place.chart, lang))
        plot(drawing.differences(found, place.chart, lang))
