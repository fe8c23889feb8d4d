"""Compare: two to six policies beside each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara

from returnee.dashboard.content.contrast import (
    DIMENSIONS,
    GROUPED,
    Contrast,
    lined_up,
    without,
)
from returnee.dashboard.live import over
from returnee.dashboard.live.answers import Answer, answer_of
from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import SMALL, STAGES, Stopped, cubes, group_runs, share_of
from returnee.dashboard.texts import name_of, page, words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import ENSEMBLE, MOST_SAVED, UNMOVED, Mix, Place
from returnee.dashboard.visitor.problems import say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Chart, Controls, box, html, use_work
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import GAINS
from returnee.experiments.words.texts import phrase
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import ScenarioError, scenario_names

PAUSE = 0.3
OPTIONS = {
    "gain": frozenset(GAINS), "measure": frozenset(GROUPED), "dimension": frozenset(DIMENSIONS),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """How far the runs are, and what they say."""

    place: Place | None = None
    answer: Answer | None = None
    done: int = 0
    total: int = 0
    busy: bool = True
    error: str = ""


def asked(place: Place) -> tuple[object, ...]:
    """What the runs depend on."""
    return place.named(), tuple(place.mix_of(name) for name in place.compared), place.over


def answer(place: Place, wanted: Callable[[], bool], show: Callable[[Shown], None]) -> None:
    """Run all scenarios, and show what is known after each stage while it is wanted."""
    last = Shown(place)

    def step(done: int, total: int) -> None:
        if wanted() and (done % 8 == 0 or done == total):
            show(replace(last, done=done, total=total))

    try:
        scenarios, reference = lined_up(place)
        sets = over.sets_of(place, [place.mix_of(name) for name in scenarios])
        while wanted() and len(scenarios) > 1:
            try:
                for plan, cube in cubes(scenarios, reference, wanted, SMALL, STAGES, step, sets):
                    found = answer_of(plan, cube, group_runs(plan, sets))
                    last = Shown(place, found, busy=plan.replicates < STAGES[-1])
                    if wanted():
                        show(last)
                return
            except Busy:
                time.sleep(PAUSE)
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        show(Shown(place, busy=False, error=say(error, place.lang)))


@solara.component
def Compare(session: Session) -> None:
    """Choice of scenarios, and everything about their differences."""
    place = session.place.value
    text = words(place.lang)["compare"]
    shown = solara.use_reactive(Shown())
    use_work(lambda wanted: answer(place, wanted, shown.set), [asked(place)])
    with box(classes="stack"):
        html(f"<h1>{text['heading']}</h1>")
        with box(classes="card"):
            Controls(
                items=choices(place),
                label=text["heading"],
                event_act=lambda data: act(session, data),
            )
        if not [name for name in place.compared if name != place.named()]:
            html(page("notices.html.j2", place.lang, lines=[text["none"]], wrong=False))
            return
        current = shown.value
        if current.error:
            html(page("notices.html.j2", place.lang, lines=[current.error], wrong=True))
            return
        fresh = current.place is not None and asked(current.place) == asked(place)
        html(state_line(current, fresh, place), live=True)
        if current.answer is not None and fresh:
            Found(session, current.answer)


def state_line(shown: Shown, fresh: bool, place: Place) -> str:
    """How many runs stand behind what is shown."""
    lang, text = place.lang, words(place.lang)
    n = shown.answer.plan.replicates if shown.answer and fresh else 0
    if n == STAGES[-1]:
        line = over.done_line(place, n)
    else:
        line = text["compare"]["running"].format(
            n=n, most=STAGES[-1], sample=share_of(place.mix.unmoved())
        )
    return page("state.html.j2", lang, busy=n < STAGES[-1], done=n, most=STAGES[-1], line=line)


@solara.component
def Found(session: Session, found: Answer) -> None:
    """Table, charts, frontier, who gains, quality."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["compare"]
    sets = place.over == ENSEMBLE
    content = solara.use_memo(lambda: Contrast(found, lang, sets), [found, lang, sets])
    compared = [content.names[k] for k in found.plan.compared]
    table = {"table": words(lang)["table"]}
    gain, measure, dimension = (
        place.option("gain", GAINS[0]), place.option("measure", GROUPED[2]), place.option("dimension", "schooling"),
    )  # fmt: skip
    html(
        page("matrix.html.j2", lang, rows=content.rows(), names=compared, reference=content.names[found.plan.reference]),
        classes=["card"],
    )  # fmt: skip
    multiples = solara.use_memo(content.multiples, [found, lang])
    with box(classes="trio"):
        for spec in multiples:
            Chart(spec=spec, words=table)
    with box(classes="pair"):
        with box(classes="stack"):
            Controls(
                items=[_tabs("gain", text["gain"], gain, {k: phrase(BY_NAME[k], "tab", lang) for k in GAINS})],
                event_act=lambda d: pick(session, d),
            )
            Chart(spec=content.frontier(gain), words=table)
        with box(classes="card"):
            html(
                page(
                    "lines.html.j2",
                    lang,
                    title=text["equal"],
                    note=text["equal_note"],
                    lines=content.spending_lines(),
                )
            )
            html(page("lines.html.j2", lang, title=text["worth"], note="", lines=content.ratios()))
    section = report_words(lang)["equity"]
    with box(classes="stack"):
        items = [
            {"type": "select", "key": "measure", "label": text["measure"], "value": measure,
             "options": [{"value": k, "text": section["measures"][k]} for k in GROUPED]},
            {"type": "select", "key": "dimension", "label": text["dimension"], "value": dimension,
             "options": [{"value": k, "text": section["dimensions"][k]} for k in DIMENSIONS]},
        ]  # fmt: skip
        html(f"<h2>{text['who']}</h2>")
        Controls(items=items, event_act=lambda d: pick(session, d))
        Chart(spec=content.who_gains(measure, dimension), words=table)
    Chart(spec=solara.use_memo(content.ranks, [found, lang]), words=table)


def _tabs(key: str, label: str, value: str, options: dict[str, str]) -> dict[str, Any]:
    return {"type": "tabs", "key": key, "label": label, "value": value,
            "options": [{"value": k, "text": v} for k, v in options.items()]}  # fmt: skip


def pick(session: Session, data: dict[str, Any]) -> None:
    """Take a choice of what is shown."""
    key, value = str(data.get("key")), str(data.get("value"))
    if value in OPTIONS.get(key, ()):
        session.choose(**{key: value})


def choices(place: Place) -> list[dict[str, Any]]:
    """Reference, scenarios chosen, and how to add others."""
    text = words(place.lang)["compare"]
    titles = {name: name_of(Mix(name).scenario(), place.lang) for name in scenario_names()}
    reference = place.named()
    rest = [
        name
        for name in (*titles, *(mix.title for mix in place.saved))
        if name not in place.compared and name != reference
    ]
    adding = [
        {"value": "", "text": text["choose"]},
        *({"value": name, "text": titles.get(name, name)} for name in rest),
    ]
    chosen = [name for name in place.compared if name != reference]
    return [
        {"type": "select", "key": "against", "label": text["against"], "value": reference,
         "options": [{"value": name, "text": title} for name, title in titles.items()]},
        over.choice(place),
        {"type": "select", "key": "add", "label": text["add"], "value": "", "options": adding, "disabled": len(chosen) >= MOST_SAVED},
        {"type": "file", "key": "upload", "label": words(place.lang)["explore"]["upload"], "accept": ".toml,.csv", "most": files.MOST},
        *({"type": "button", "key": "remove", "value": name, "label": f"{titles.get(name, name)} ×",
           "hint": text["remove"].format(name=titles.get(name, name))} for name in chosen),
    ]  # fmt: skip


def act(session: Session, data: dict[str, Any]) -> None:
    """Answer a control of the choice."""
    place = session.place.peek()
    key, value = data.get("key"), str(data.get("value"))
    known = {*scenario_names(), *(mix.title for mix in place.saved)}
    session.tell()
    if key == "against" and value in scenario_names() and value != UNMOVED:
        session.go(against=value)
    elif over.is_choice(data):
        session.go(over=value)
    elif key == "add" and value in known:
        session.go(compared=tuple(dict.fromkeys((*place.compared, value)))[-MOST_SAVED:])
    elif key == "remove" and value in known:
        session.place.value = without(place, value)
    elif key == "upload":
        size, given = data.get("size"), data.get("text")
        try:
            mix = files.read_upload(
                str(data.get("name")), size if isinstance(size, int) else 0,
                given if isinstance(given, str) else None, place.lang, place.mix.county,
            )  # fmt: skip
        except ScenarioError as error:
            session.tell(say(error, place.lang))
            return
        kept = [m for m in place.saved if m.title != mix.title][-MOST_SAVED + 1 :]
        compared = tuple(dict.fromkeys((*place.compared, mix.title)))[-MOST_SAVED:]
        session.go(saved=(*kept, mix), compared=compared)
        session.tell(*files.opened(str(data.get("name")), mix, place.lang))
