"""Learn: lessons in steps (guess, run, compare, why, exercise); words stand in the catalogues."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import chain, drawing, lessons
from returnee.dashboard.content.lessons import BY_KEY, GUESSES, LESSONS, STAGES, Lesson, place_of
from returnee.dashboard.live.answers import MOVED, REFERENCE, Answer, answer
from returnee.dashboard.live.asking import Shown, use_answers
from returnee.dashboard.pages.explore import answer_line, first_line
from returnee.dashboard.pages.village import Village
from returnee.dashboard.pages.widgets import (
    ChainOf,
    LessonBar,
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
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports.compare import Page
from returnee.experiments.reports.html import html as html_of
from returnee.experiments.words.texts import phrase, plain_title

OPTIONS = {
    "lesson": frozenset(BY_KEY), "stage": frozenset(map(str, range(len(STAGES)))),
    "guess": frozenset(GUESSES), "class": frozenset("01"), "notes": frozenset("01"),
    "village": frozenset("01"),
}  # fmt: skip


@solara.component
def Learn(session: Session) -> None:
    """Lessons, or the village."""
    lang = session.place.value.lang
    if session.place.value.option("village", "0") == "0":
        Lessons(session)
        return
    text = words(lang)["village"]
    with box(classes="stack"):
        html(f"<h1>{escaped(text['open'])}</h1>")
        controls([button("village", text["close"], value="0")], lambda d: session.pick(d, OPTIONS))
        Village(session)


@solara.component
def Lessons(session: Session) -> None:
    """Lessons and steps above, one step below."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["learn"]
    lesson = BY_KEY[place.option("lesson", LESSONS[0].key)]
    guess, stage = place.option("guess", ""), int(place.option("stage", "0"))
    stage = stage if guess else 0
    there = place_of(place, lesson)
    shown = use_answers(there.asked(), lambda asker: answer(there, asker))

    def act(data: dict[str, Any]) -> None:
        key, value = data.get("key"), str(data.get("value"))
        if key in ("explore", "network"):
            session.place.value = there.but(page=str(key))
        elif key in ("handout", "teacher"):
            made = html_of(lessons.handout(lang, key == "teacher"))
            session.download(f"returnee-{key}-{lang}.html", made, "text/html")
        elif key == "lesson" and value in BY_KEY:
            session.choose(lesson=value, stage="0", guess="")
        else:
            session.pick(data, OPTIONS)

    listed = [
        {"key": k.key, "title": f"{n}. {text[k.key]['title']}"} for n, k in enumerate(LESSONS, 1)
    ]
    with box(classes="stack"):
        with box(classes="stack class-hidden"):
            lead = escaped(text["lead"])
            html(f"<h1>{escaped(text['heading'])}</h1><p class='sentence'>{lead}</p>")
        LessonBar(
            lessons=listed, lesson=lesson.key, stages=text["stages"], stage=stage, guess=guess,
            guesses=list(GUESSES), klass=place.option("class", "0") == "1", words=text["bar"],
            event_act=act,
        )  # fmt: skip
        with box(classes="card class-screen", tag="section", **{"aria-live": "polite"}):
            Stage(session, shown, there, lesson, stage, guess, act)
        notes = place.option("notes", "0") == "1"
        label = text["hide_notes" if notes else "show_notes"]
        with box(classes="class-hidden"):
            items = [
                button("notes", label, value="0" if notes else "1"),
                button("handout", text["handout"]), button("teacher", text["teacher"]),
                button("village", words(lang)["village"]["open"], value="1"),
            ]  # fmt: skip
            controls(items, act)
            if notes:
                times = list(zip(text["stages"], lessons.MINUTES))
                piece("notes", lang, ["card"], notes=text[lesson.key]["notes"], times=times)


@solara.component
def Stage(
    session: Session, shown: Shown[Answer], there: Place, lesson: Lesson, stage: int, guess: str, act: Any
) -> None:  # fmt: skip
    """One step of a lesson."""
    lang, text = there.lang, words(there.lang)["learn"]
    own, name = text[lesson.key], STAGES[stage]
    if name == "predict":
        piece("predict", lang, lesson=own, measure=phrase(BY_NAME[lesson.chart], "short", lang))
        named = [(key, f"{n}. {text['guesses'][key]}") for n, key in enumerate(GUESSES, start=1)]
        controls([tabs("guess", text["your_guess"], guess, named)], act)
    elif name == "exercise":
        piece("exercise", lang, lesson=own)
        buttons = [button("explore", text["open"], primary=True)]
        if lesson.page == "network":
            buttons.append(button("network", text["open_network"]))
        controls(buttons, act)
    elif shown.error is not None:
        failed(shown, lang)
    elif shown.found is None:
        html(first_line(shown, lang), live=True)
    else:
        html(answer_line(shown, there), live=True)
        Seen(shown.found, there, lesson, name, guess)


@solara.component
def Seen(found: Answer, place: Place, lesson: Lesson, name: str, guess: str) -> None:
    """What the runs show, at one of the steps that show them."""
    lang, text = place.lang, words(place.lang)["learn"]
    if name == "run":
        plot(drawing.levels(found, place.chart, lang))
    elif name == "compare":
        lines = lessons.compared(found, lesson, guess, lang)
        piece("lines", lang, title=text["stages"][2], note="", lines=lines)
        plot(drawing.differences(found, place.chart, lang))
        sentence = escaped(Page(found, lang).sentence(MOVED))
        html(f"<p class='sentence'>{sentence}</p>")
    else:
        html(f"<p class='sentence'>{escaped(text[lesson.key]['why'])}</p>")
        pillar = solara.use_reactive(lesson.pillar)
        step = solara.use_reactive(chain.CHAINS[lesson.pillar][-2])
        names = [plain_title(found.plan.scenarios[k], lang) for k in (MOVED, REFERENCE)]
        at = (
            step.value
            if step.value in chain.CHAINS[pillar.value]
            else chain.CHAINS[pillar.value][-2]
        )
        ChainOf(
            chain=chain.view(found, pillar.value, at, lang, names),
            event_choose=lambda key: pillar.set(key) if key in chain.PILLARS else None,
            event_pick=lambda key: step.set(key) if key in chain.STEPS else None,
        )  # fmt: skip
