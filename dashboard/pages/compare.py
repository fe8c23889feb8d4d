"""Compare: two to six policies beside each other."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content.contrast import (
    DIMENSIONS,
    GROUPED,
    Contrast,
    answer,
    asked,
    without,
)
from returnee.dashboard.live.answers import Answer
from returnee.dashboard.live.asking import Shown, use_answers
from returnee.dashboard.live.runs import STAGES, share_of
from returnee.dashboard.pages.papers import Papers
from returnee.dashboard.pages.widgets import (
    Control,
    box,
    button,
    controls,
    done_line,
    failed,
    html,
    is_over,
    notice,
    over_choice,
    piece,
    plot,
    select,
    state,
    tabs,
)
from returnee.dashboard.texts import words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import ENSEMBLE, MOST_SAVED, UNMOVED, Mix, Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import GAINS
from returnee.experiments.words.texts import phrase, plain_title
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import ScenarioError, scenario_names

OPTIONS = {
    "gain": frozenset(GAINS), "measure": frozenset(GROUPED), "dimension": frozenset(DIMENSIONS),
}  # fmt: skip


@solara.component
def Compare(session: Session) -> None:
    """Choice of scenarios, and everything about their differences."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["compare"]
    several = any(name != place.named() for name in place.compared)
    shown = use_answers(asked(place) if several else None, lambda asker: answer(place, asker))
    with box(classes="stack"):
        html(f"<h1>{text['heading']}</h1>")
        with box(classes="card"):
            controls(choices(place), lambda data: act(session, data), text["heading"])
        if not several:
            notice(lang, text["none"])
        elif shown.error is not None:
            failed(shown, lang)
        else:
            State(shown, place)
            if shown.found is not None:
                Found(session, shown.found)


@solara.component
def State(shown: Shown[Answer], place: Place) -> None:
    """How many runs stand behind what is shown."""
    lang, text, n = place.lang, words(place.lang), 0
    if shown.found is not None:
        n = shown.found.plan.replicates
    if n == STAGES[-1]:
        state(lang, done_line(place, n), live=True)
        return
    line = text["busy"] if shown.queued else text["compare"]["running"].format(
        n=n, most=STAGES[-1], sample=share_of(place.mix.unmoved())
    )  # fmt: skip
    state(lang, line, n, STAGES[-1], live=True)


@solara.component
def Found(session: Session, found: Answer) -> None:
    """Table, charts, frontier, who gains, quality."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["compare"]
    section, sets = report_words(lang)["equity"], place.over == ENSEMBLE
    content = solara.use_memo(lambda: Contrast(found, lang, sets), [found, lang, sets])
    gain, measure, dimension = (
        place.option("gain", GAINS[0]), place.option("measure", GROUPED[2]), place.option("dimension", "schooling"),
    )  # fmt: skip

    def pick(data: dict[str, Any]) -> None:
        session.pick(data, OPTIONS)

    compared = [content.names[k] for k in found.plan.compared]
    reference = content.names[found.plan.reference]
    Papers(session)
    piece("matrix", lang, ["card"], rows=content.rows(), names=compared, reference=reference)
    with box(classes="trio"):
        for spec in solara.use_memo(content.multiples, [found, lang]):
            plot(spec)
    with box(classes="pair"):
        with box(classes="stack"):
            gains = [(name, phrase(BY_NAME[name], "tab", lang)) for name in GAINS]
            controls([tabs("gain", text["gain"], gain, gains)], pick)
            plot(content.frontier(gain))
        with box(classes="card"):
            alike = content.spending_lines()
            piece("lines", lang, title=text["equal"], note=text["equal_note"], lines=alike)
            piece("lines", lang, title=text["worth"], note="", lines=content.ratios())
    with box(classes="stack"):
        html(f"<h2>{text['who']}</h2>")
        measures = [(name, section["measures"][name]) for name in GROUPED]
        dimensions = [(name, section["dimensions"][name]) for name in DIMENSIONS]
        items = [
            select("measure", text["measure"], measure, measures),
            select("dimension", text["dimension"], dimension, dimensions),
        ]
        controls(items, pick)
        plot(content.who_gains(measure, dimension))
    plot(solara.use_memo(content.ranks, [found, lang]))


def choices(place: Place) -> list[Control]:
    """Reference, scenarios chosen, and how to add others."""
    text = words(place.lang)["compare"]
    titles = {name: plain_title(Mix(name).scenario(), place.lang) for name in scenario_names()}
    reference = place.named()
    known = (*titles, *(mix.title for mix in place.saved))
    rest = [name for name in known if name not in place.compared and name != reference]
    adding = [("", text["choose"]), *((name, titles.get(name, name)) for name in rest)]
    chosen = {name: titles.get(name, name) for name in place.compared if name != reference}
    return [
        select("against", text["against"], reference, titles.items()),
        over_choice(place),
        select("add", text["add"], "", adding, disabled=len(chosen) >= MOST_SAVED),
        {"type": "file", "key": "upload", "label": words(place.lang)["explore"]["upload"], "accept": ".toml,.csv", "most": files.MOST},
        *(button("remove", f"{title} ×", value=name, hint=text["remove"].format(name=title))
          for name, title in chosen.items()),
    ]  # fmt: skip


def act(session: Session, data: dict[str, Any]) -> None:
    """Answer a control of the choice."""
    place = session.place.peek()
    key, value = data.get("key"), str(data.get("value"))
    known = {*scenario_names(), *(mix.title for mix in place.saved)}
    session.tell()
    if key == "against" and value in scenario_names() and value != UNMOVED:
        session.go(against=value)
    elif is_over(data):
        session.go(over=value)
    elif key == "add" and value in known:
        session.go(compared=tuple(dict.fromkeys((*place.compared, value)))[-MOST_SAVED:])
    elif key == "remove" and value in known:
        session.place.value = without(place, value)
    elif key == "upload":
        try:
            mix = files.received(data, place)
        except ScenarioError as error:
            session.refuse(error)
            return
        kept = [m for m in place.saved if m.title != mix.title][-MOST_SAVED + 1 :]
        compared = tuple(dict.fromkeys((*place.compared, mix.title)))[-MOST_SAVED:]
        session.go(saved=(*kept, mix), compared=compared)
        session.tell(*files.opened(str(data.get("name")), mix, place.lang))
