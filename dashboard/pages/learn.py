"""Learn: lessons in steps (guess, run, compare, why, exercise); words stand in the catalogues."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import chain, drawing, lessons
from returnee.dashboard.content.lessons import BY_KEY, GUESSES, LESSONS, STAGES, Lesson, place_of
from returnee.dashboard.live.answers import MOVED, REFERENCE, Answer, answer
from returnee.dashboard.live.asking import Shown, use_answers
from returnee.dashboard.pages.explore import Uncertain, answer_line, first_line
from returnee.dashboard.pages.safe import Safe
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
        elif key == "scale":
            session.place.value = there.choosing(village="1")
        elif key in ("handout", "teacher"):
            made = html_of(lessons.handout(lang, key == "teacher"))
            session.download(f"returnee-{key}-{lang}.html", made, "text/html")
        elif key == "lesson" and value in BY_KEY:
            session.choose(lesson=value, **progress(data))
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
            Safe(session, Stage, session, shown, there, lesson, stage, guess, act)
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
                notes_of, times = text[lesson.key]["notes"], lessons.times(lang)
                piece("notes", lang, ["card"], notes=notes_of, times=times)


def progress(data: dict[str, Any]) -> dict[str, str]:
    """The step and the guess that a browser has kept of a lesson; its beginning, if it has none that is known."""
    guess, stage = str(data.get("guess", "")), str(data.get("stage", "0"))
    if guess not in OPTIONS["guess"] or stage not in OPTIONS["stage"]:
        return {"stage": "0", "guess": ""}
    return {"stage": stage, "guess": guess}


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
        elif lesson.page == "village":
            buttons.append(button("scale", text["to_village"]))
        controls(buttons, act)
    elif shown.error is not None:
        failed(shown, lang)
    elif shown.found is None:
        html(first_line(shown, lang), live=True)
    else:
        html(answer_line(shown, there), live=True)
        Seen(session, shown.found, there, lesson, name, guess, act)


@solara.component
def Seen(
    session: Session, found: Answer, place: Place, lesson: Lesson, name: str, guess: str, act: Any
) -> None:  # fmt: skip
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
        if lesson.because == "village":
            controls([button("scale", text["to_village"], primary=True)], act)
            plot(drawing.differences(found, place.chart, lang))
        elif lesson.because == "split":
            Uncertain(session, found, place)
        else:
            Chained(found, place, lesson)
        if lesson.because == "worth":
            piece("worth", lang, rows=chain.worth(found, lang))


@solara.component
def Chained(found: Answer, place: Place, lesson: Lesson) -> None:
    """The chain of support, of one kind and step at a time."""
    pillar = solara.use_reactive(lesson.pillar)
    step = solara.use_reactive(chain.CHAINS[lesson.pillar][-2])
    names = [plain_title(found.plan.scenarios[k], place.lang) for k in (MOVED, REFERENCE)]
    steps = chain.CHAINS[pillar.value]
    at = step.value if step.value in steps else steps[-2]
    ChainOf(
        chain=chain.view(found, pillar.value, at, place.lang, names),
        event_choose=lambda key: pillar.set(key) if key in chain.PILLARS else None,
        event_pick=lambda key: step.set(key) if key in chain.STEPS else None,
    )  # fmt: skip
