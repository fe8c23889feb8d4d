"""Explore: move a lever, see the county answer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import solara

from returnee.dashboard.content import drawing, levers
from returnee.dashboard.live import long, over
from returnee.dashboard.live.answers import (
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
from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import STAGES, Stopped, cubes, share_of
from returnee.dashboard.settings import COUNTIES
from returnee.dashboard.texts import escaped, name_of, page, words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import (
    ENSEMBLE,
    LEVERS,
    MOST_SAVED,
    UNMOVED,
    Mix,
    Place,
    Unusable,
    fitting,
)
from returnee.dashboard.visitor.problems import SCHOOLING, say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Chart, Controls, Levers, box, html, use_work
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import CHARTS
from returnee.experiments.words.texts import counted, phrase
from returnee.scenarios import ScenarioError, scenario_names, walk

BREATH = 0.1  # seconds for the browser to draw the first answer before more is run
PAUSE = 0.25  # seconds before asking again when the queue is full
_stamps = itertools.count(1)


@dataclass(frozen=True)
class Shown:
    """An answer and the place it belongs to, or why there is none.

    Attributes
    ----------
    place : Place or None
    answer : Answer or None
    stamp : int
        Another one for every answer.
    busy : bool
        Whether more is on its way.
    error : str
    done, total : int
        Runs on the way to a first answer.
    queued : bool
        Whether the server has no room for this visitor's runs yet.
    """

    place: Place | None = None
    answer: Answer | None = None
    stamp: int = 0
    busy: bool = False
    error: str = ""
    done: int = 0
    total: int = 0
    queued: bool = False


def asked(place: Place) -> tuple[object, ...]:
    """What the runs depend on."""
    return place.mix.base, tuple(place.mix.overrides().items()), place.against, place.over


def answer(place: Place, wanted: Callable[[], bool], show: Callable[[Shown], None]) -> None:
    """Run, and show the answer again and again with more replicates, while it is wanted."""
    begun = False

    def step(done: int, total: int) -> None:
        if not begun and wanted():
            show(Shown(busy=True, done=done, total=total))

    try:
        lined = lined_up(place)
        sets = over.sets_of(place, [place.mix])
        while wanted():
            try:
                for plan, cube in cubes(lined, REFERENCE, wanted, step=step, sets=sets):
                    found, begun = answer_of(plan, cube), True
                    if wanted():
                        show(Shown(place, found, next(_stamps), plan.replicates < STAGES[-1]))
                    if plan.replicates == STAGES[0]:
                        time.sleep(BREATH)
                return
            except Busy:
                show(Shown(busy=True, queued=True))
                time.sleep(PAUSE)
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        show(Shown(place, error=say(error, place.lang), stamp=next(_stamps)))


@solara.component
def Explore(session: Session) -> None:
    """Levers on the left, the answer on the right."""
    place = session.place.value
    shown = solara.use_reactive(Shown())

    def show(new: Shown) -> None:
        before = shown.peek()
        if not new.busy or new.answer is not None:
            shown.value = new
        elif before.answer is None or new.queued != before.queued:  # an answer stays till the next
            shown.value = replace(new, place=before.place, answer=before.answer, stamp=before.stamp)

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
                rooms=levers.rooms(place.mix, place.lang),
                values=dict(place.mix.levers),
                words=text["levers"], lang=place.lang,
                event_move=lambda data: move(session, data),
            )  # fmt: skip


def move(session: Session, data: dict[str, Any]) -> None:
    """Move a lever, and those that must follow it."""
    place = session.place.peek()
    mix = place_moved(session, data)
    session.tell()
    if data.get("key") in SCHOOLING and mix != place.mix:
        mix = with_others(place.mix, mix, str(data["key"]))
        session.tell(words(place.lang)["problems"]["fitted"])
    session.set_mix(mix)


def with_others(before: Mix, mix: Mix, key: str) -> Mix:
    """The mix with the other shares of schooling fitted to the one moved, so that all add up to 1."""
    if key not in mix.levers:  # put back: all are
        kept = {k: v for k, v in mix.levers.items() if k not in SCHOOLING}
        return replace(mix, levers=MappingProxyType(kept))
    usual = dict(walk(before.unmoved().county, "county."))
    shares = {k: float(before.levers.get(k, usual[k].value)) for k in SCHOOLING if k != key}  # type: ignore[arg-type]
    left, sum_of = 1.0 - float(mix.levers[key]), sum(shares.values())  # type: ignore[arg-type]
    for other, share in shares.items():
        fitted = left * share / sum_of if sum_of > 0.0 else left / len(shares)
        mix = mix.moved(other, round(fitted, 9))
    return mix


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
        *county_choice(place),
        {"type": "select", "key": "base", "label": text["scenario"], "value": place.mix.base, "options": named},
        {"type": "select", "key": "against", "label": text["against"], "value": place.against, "options": [{"value": UNMOVED, "text": text["unmoved"]}, *named]},
        {"type": "select", "key": "start", "label": text["from_month"], "value": str(place.mix.start), "options": years},
        over.choice(place),
        {"type": "button", "key": "reset", "label": text["reset_all"], "disabled": not place.mix.levers},
        {"type": "file", "key": "upload", "label": text["upload"], "accept": ".toml,.csv", "most": files.MOST,
         "hint": text["upload_hint"].format(most=files.MOST // 1000)},
        {"type": "button", "key": "download", "label": text["download"]},
    ]  # fmt: skip


def county_choice(place: Place) -> list[dict[str, Any]]:
    """The control that chooses a county, where the server has more than what ships."""
    if not COUNTIES:
        return []
    options = []
    for name in ("", *COUNTIES):
        county = Mix(place.mix.base, county=name).scenario().county
        options.append(
            {"value": name, "text": county.name_zh if place.lang == "zh" else county.name}
        )
    label = words(place.lang)["explore"]["county"]
    return [{"type": "select", "key": "county", "label": label, "value": place.mix.county, "options": options}]  # fmt: skip


def act(session: Session, data: dict[str, Any]) -> None:
    """Answer a control beside the levers."""
    place = session.place.peek()
    key, value, mix = data.get("key"), data.get("value"), place.mix
    session.tell()
    if key == "base" and value in scenario_names():
        session.set_mix(replace(mix, base=value, title=""))
    elif key == "county" and value in ("", *COUNTIES):
        # The other county has its own people and places; what was moved of them stays behind.
        kept = {k: v for k, v in mix.levers.items() if not k.startswith("county.")}
        session.set_mix(replace(mix, county=value, levers=MappingProxyType(kept)))
    elif key == "against" and value in (*scenario_names(), UNMOVED):
        session.go(against=value)
    elif over.is_choice(data):
        session.go(over=value)
    elif key == "start" and str(value).isdigit():
        session.set_mix(replace(mix, start=min(max(int(str(value)), 1), 120)))
    elif key == "reset":
        session.set_mix(Mix(mix.base, county=mix.county))
    elif key == "download":
        name = mix.title or mix.base
        session.download(f"{name}.toml", files.toml_of(mix, place.lang), "application/toml")
    elif key == "upload":
        try:
            size = data.get("size")
            given = data.get("text")
            mix = files.read_upload(
                str(data.get("name")), size if isinstance(size, int) else 0,
                given if isinstance(given, str) else None, place.lang, mix.county,
            )  # fmt: skip
        except ScenarioError as error:
            session.tell(say(error, place.lang))
        else:
            session.set_mix(mix)
            session.tell(*files.opened(str(data.get("name")), mix, place.lang))


def save(session: Session) -> None:
    """Keep the mix for Compare."""
    place = session.place.peek()
    text = words(place.lang)["explore"]
    if len(place.saved) >= MOST_SAVED:
        session.tell(text["save_full"].format(n=MOST_SAVED))
        return
    try:
        stem = files.plain_title(name_of(lined_up(place)[MOVED], place.lang))
    except ScenarioError as error:
        session.tell(say(error, place.lang))
        return
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
        long.Actions(session, save)  # what was made so far can still be kept and sent
        return
    if found is None:
        html(first_line(shown, lang), live=True)
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
    below: Any = solara.use_ref(None)
    # A first answer leaves what stands further down as it was, to be there sooner.
    settled = found.plan.replicates > STAGES[0] or below.current is None or not shown.busy
    kept = solara.use_memo(
        lambda: Below(found, place) if settled else below.current, [shown.stamp, lang]
    )
    below.current = kept
    html(content.head, classes=[] if fresh else ["busy"])
    html(state_line(shown, fresh, place), live=True)
    long.Actions(session, save)
    tabs = {"type": "tabs", "key": "chart", "label": text["measure"], "value": place.chart,
            "options": [{"value": name, "text": phrase(BY_NAME[name], "tab", lang)} for name in CHARTS]}  # fmt: skip
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


def first_line(shown: Shown, lang: str) -> str:
    """How far the runs are that a first answer needs."""
    text = words(lang)
    line = text["explore"]["begin"].format(done=shown.done, total=shown.total or 2 * STAGES[0])
    line = text["busy"] if shown.queued else line
    most = shown.total or 2 * STAGES[0]
    return page("state.html.j2", lang, busy=True, done=shown.done, most=most, line=line)


def state_line(shown: Shown, fresh: bool, place: Place) -> str:
    """How many runs stand behind what is shown."""
    lang, found = place.lang, shown.answer
    assert found is not None
    n, busy = found.plan.replicates, shown.busy or not fresh
    line = over.done_line(place, n)
    if busy:
        text = words(lang)["explore"]["first" if n <= STAGES[0] else "more"]
        line = text.format(n=n, most=STAGES[-1], sample=share_of(place.mix.unmoved()))
    if not fresh:  # what stands below is an answer to what was asked before
        line = words(lang)["busy"] if shown.queued else words(lang)["explore"]["stale"]
    return page(
        "state.html.j2", lang, busy=busy, done=n if fresh else 0, most=STAGES[-1], line=line
    )
