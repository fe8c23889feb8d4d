"""Explore: move a lever, see the county answer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara

from dashboard import drawing, files, levers, long, over
from dashboard.answers import (
    MOVED,
    REFERENCE,
    Answer,
    answer_of,
    command,
    facts,
    in_words,
    lined_up,
    pots,
    spending,
    waiting,
)
from dashboard.place import ENSEMBLE, LEVERS, MOST_SAVED, UNMOVED, Mix, Place, Unusable, fitting
from dashboard.pool import Busy
from dashboard.runs import SMALL, STAGES, Stopped, cubes
from dashboard.session import Session
from dashboard.texts import escaped, name_of, page, words
from dashboard.widgets import Chart, Controls, Levers, box, html, use_work
from experiments.texts import counted
from scenarios import ScenarioError, scenario_names

CHARTS = ("firms_open", "jobs", "returns", "return_quality", "aware_finance", "public_cost")
BREATH = 0.1  # seconds for the browser to draw the first answer before more is run
PAUSE = 0.25  # seconds before asking again when the queue is full
_stamps = itertools.count(1)


@dataclass(frozen=True)
class Shown:
    """An answer and the place it belongs to, or why there is none."""

    place: Place | None = None
    answer: Answer | None = None
    stamp: int = 0
    busy: bool = False
    error: str = ""


def asked(place: Place) -> tuple[object, ...]:
    """What the runs depend on."""
    return place.mix.base, tuple(place.mix.overrides().items()), place.against, place.over


def answer(place: Place, wanted: Callable[[], bool], show: Callable[[Shown], None]) -> None:
    """Run, and show the answer again and again with more replicates, while it is wanted."""
    try:
        lined = lined_up(place)
        sets = over.sets_of(place, [place.mix])
        while wanted():
            try:
                for plan, cube in cubes(lined, REFERENCE, wanted, sets=sets):
                    found = answer_of(plan, cube)
                    if wanted():
                        show(Shown(place, found, next(_stamps), plan.replicates < STAGES[-1]))
                    if plan.replicates == STAGES[0]:
                        time.sleep(BREATH)
                return
            except Busy:
                show(Shown(busy=True))
                time.sleep(PAUSE)
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        show(Shown(place, error=" ".join(str(error).split()), stamp=next(_stamps)))


@solara.component
def Explore(session: Session) -> None:
    """Levers on the left, the answer on the right."""
    place = session.place.value
    shown = solara.use_reactive(Shown())

    def show(new: Shown) -> None:
        shown.value = (
            Shown(shown.peek().place, shown.peek().answer, shown.peek().stamp, True)
            if new.busy and new.answer is None
            else new
        )

    use_work(lambda wanted: answer(place, wanted, show), [asked(place)])
    with box(classes="split"):
        Side(session)
        with box(classes="stack"):
            Right(session, shown.value)


@solara.component
def Side(session: Session) -> None:
    """Scenario, files and levers."""
    place, text = session.place.value, words(session.place.value.lang)
    is_open = solara.use_reactive(False)
    with box(
        classes="side" + ("" if is_open.value else " shut"),
        tag="section",
        **{"aria-label": text["levers"]["show"]},
    ):
        with box(classes="drawer"):
            label = text["levers"]["hide" if is_open.value else "show"]
            Controls(
                items=[{"type": "button", "key": "open", "label": label}],
                event_act=lambda _: is_open.set(not is_open.value),
            )
        with box(classes="inner"):
            with box(classes="stack card", tag="div"):
                Controls(
                    items=choices(place),
                    label=text["explore"]["scenario"],
                    event_act=lambda data: act(session, data),
                )
            Levers(
                rooms=levers.rooms(place.mix.base, place.lang),
                values=dict(place.mix.levers),
                words=text["levers"], lang=place.lang,
                event_move=lambda data: session.set_mix(place_moved(session, data)),
            )  # fmt: skip


def place_moved(session: Session, data: dict[str, Any]) -> Mix:
    """The mix after a lever was moved; values out of range stay out."""
    mix, key = session.place.peek().mix, str(data.get("key"))
    if key not in LEVERS:
        return mix
    value = data.get("value")
    try:
        return mix.moved(key, None if value is None else fitting(LEVERS[key], value))
    except Unusable:
        return mix


def choices(place: Place) -> list[dict[str, Any]]:
    """Controls above the levers."""
    text = words(place.lang)["explore"]
    named = [
        {"value": name, "text": name_of(Mix(name).scenario(), place.lang)}
        for name in scenario_names()
    ]
    years = [
        {"value": str(12 * k + 1), "text": text["year_option"].format(year=k + 1)} for k in range(9)
    ]
    return [
        {"type": "select", "key": "base", "label": text["scenario"], "value": place.mix.base, "options": named},
        {"type": "select", "key": "against", "label": text["against"], "value": place.against, "options": [{"value": UNMOVED, "text": text["unmoved"]}, *named]},
        {"type": "select", "key": "start", "label": text["from_month"], "value": str(place.mix.start), "options": years},
        over.choice(place),
        {"type": "button", "key": "reset", "label": text["reset_all"], "disabled": not place.mix.levers},
        {"type": "file", "key": "upload", "label": text["upload"], "accept": ".toml,.csv", "most": files.MOST,
         "hint": text["upload_hint"].format(most=files.MOST // 1000)},
        {"type": "button", "key": "download", "label": text["download"]},
    ]  # fmt: skip


def act(session: Session, data: dict[str, Any]) -> None:
    """Answer a control beside the levers."""
    place = session.place.peek()
    key, value, mix = data.get("key"), data.get("value"), place.mix
    session.tell()
    if key == "base" and value in scenario_names():
        session.set_mix(replace(mix, base=value, title=""))
    elif key == "against" and value in (*scenario_names(), UNMOVED):
        session.go(against=value)
    elif over.is_choice(data):
        session.go(over=value)
    elif key == "start" and str(value).isdigit():
        session.set_mix(replace(mix, start=min(max(int(str(value)), 1), 120)))
    elif key == "reset":
        session.set_mix(Mix(mix.base))
    elif key == "download":
        name = mix.title or mix.base
        session.download(f"{name}.toml", files.toml_of(mix, place.lang), "application/toml")
    elif key == "upload":
        try:
            size = data.get("size")
            given = data.get("text")
            mix = files.read_upload(
                str(data.get("name")), size if isinstance(size, int) else 0,
                given if isinstance(given, str) else None, place.lang,
            )  # fmt: skip
        except ScenarioError as error:
            session.tell(str(error))
        else:
            session.set_mix(mix)
            session.tell(words(place.lang)["files"]["opened"].format(name=str(data.get("name"))))


def save(session: Session) -> None:
    """Keep the mix for Compare."""
    place = session.place.peek()
    text = words(place.lang)["explore"]
    if len(place.saved) >= MOST_SAVED:
        session.tell(text["save_full"].format(n=MOST_SAVED))
        return
    stem = files.plain_title(name_of(lined_up(place)[MOVED], place.lang))
    taken = {mix.title for mix in place.saved} | set(scenario_names())
    title = next(
        t for k in itertools.count(1) if (t := stem if k == 1 else f"{stem} ({k})") not in taken
    )
    saved = replace(place.mix, title=title)
    compared = tuple(dict.fromkeys((*place.compared, title)))[-MOST_SAVED:]
    session.go(saved=(*place.saved, saved), compared=compared)
    session.tell(text["saved"].format(title=title))


@solara.component
def Right(session: Session, shown: Shown) -> None:
    """The answer: figures, sentence, charts, money, waiting."""
    place = session.place.value
    lang = place.lang
    found = shown.answer
    fresh = shown.place is not None and asked(shown.place) == asked(place)
    if shown.error and fresh:
        html(page("notices.html.j2", lang, lines=[shown.error], wrong=True))
        return
    if found is None:
        html(
            page(
                "state.html.j2",
                lang,
                busy=True,
                done=0,
                most=STAGES[-1],
                line=words(lang)["working"].format(done=0, total=2 * STAGES[-1]),
            )
        )
        return
    Found(session, shown, found, fresh)


@solara.component
def Found(session: Session, shown: Shown, found: Answer, fresh: bool) -> None:
    """An answer, page by page; what was shown stays, paler, while a newer one is on its way."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["explore"]
    content = solara.use_memo(
        lambda: Content(found, place, shown.stamp), [shown.stamp, lang, place.chart]
    )
    below = solara.use_ref(None)
    # A first answer leaves what stands further down as it was, to be there sooner.
    settled = found.plan.replicates > STAGES[0] or below.current is None or not shown.busy
    kept = solara.use_memo(
        lambda: Below(found, place) if settled else below.current, [shown.stamp, lang]
    )
    below.current = kept
    html(content.head, classes=[] if fresh else ["busy"])
    html(state_line(shown, fresh, place))
    long.Actions(session, save)
    tabs = {"type": "tabs", "key": "chart", "label": text["measure"], "value": place.chart,
            "options": [{"value": name, "text": words(lang)["views"][name]} for name in CHARTS]}  # fmt: skip
    Controls(
        items=[tabs],
        event_act=lambda data: session.go(chart=data["value"]) if data["value"] in CHARTS else None,
    )
    table = {"table": words(lang)["table"]}
    with box(classes="pair"):
        Chart(spec=content.levels, words=table)
        Chart(spec=content.differences, words=table)
    with box(classes="pair"):
        Chart(spec=kept.spending, words=table)
        with box(classes="stack"):
            html(kept.money, classes=["card"])
            html(kept.waiting, classes=["card"])
    html(
        f"<h2>{escaped(text['repeat'])}</h2><pre tabindex='0'>{escaped(kept.command)}</pre>",
        classes=["card"],
    )


class Content:
    """Everything that an answer shows, made once for each answer and language."""

    def __init__(self, found: Answer, place: Place, stamp: int) -> None:
        lang, start = place.lang, place.mix.start
        text, sets = words(lang)["explore"], place.over == ENSEMBLE
        same = found.plan.scenarios[MOVED].id == found.plan.scenarios[REFERENCE].id
        sentence = text["same"] if same else in_words(found, lang)
        years = counted(found.plan.settings.months / 12.0, "year", lang)
        self.head = page(
            "answer.html.j2",
            lang,
            facts=facts(found, lang, sets=sets),
            sentence=sentence,
            years=years,
        )
        self.levels = drawing.levels(found, place.chart, lang, start, stamp)
        self.differences = drawing.differences(found, place.chart, lang, start, sets)


class Below:
    """What stands under the charts: spending, pots, waiting and the command."""

    def __init__(self, found: Answer, place: Place) -> None:
        lang, text = place.lang, words(place.lang)["explore"]
        spent = spending(found, lang)
        titles = {
            label: name_of(scenario, lang) for label, scenario in found.plan.scenarios.items()
        }
        self.spending = drawing.bars(
            text["spending"], spent["names"],
            [
                {"name": titles[REFERENCE], "colour": "reference", "data": spent["reference"]},
                {"name": titles[MOVED], "colour": "policy", "data": spent["level"]},
            ],
            lang, "spending", "yuan",
        )  # fmt: skip
        self.money = page("money.html.j2", lang, pots=pots(found, lang))
        self.waiting = page("waiting.html.j2", lang, rows=waiting(found, lang))
        repeat = over.command if place.over == ENSEMBLE else command
        self.command = repeat(place, found.plan)


def state_line(shown: Shown, fresh: bool, place: Place) -> str:
    """How many runs stand behind what is shown."""
    lang, found = place.lang, shown.answer
    assert found is not None
    n, busy = found.plan.replicates, shown.busy or not fresh
    line = over.done_line(place, n)
    if busy:
        text = words(lang)["explore"]["first" if n <= STAGES[0] else "more"]
        line = text.format(n=n, most=STAGES[-1], sample=f"{100 * SMALL.sample:g}")
    return page(
        "state.html.j2", lang, busy=busy, done=n if fresh else 0, most=STAGES[-1], line=line
    )
