"""Paths: careers of a cohort, what became of founders, and how long firms live."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import solara

from returnee.dashboard.content.careers import COHORTS, KINDS, Careers, Lives, careers_of
from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up
from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import SMALL, Stopped, gather, reduced, share_of
from returnee.dashboard.pages.explore import asked
from returnee.dashboard.texts import name_of, page, words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.problems import say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Chart, Controls, box, html, use_work

REPLICATES = 12
PAUSE = 0.3
OPTIONS = {"cohort": frozenset(COHORTS), "kind": frozenset(KINDS)}


@dataclass(frozen=True)
class Shown:
    """How far the runs are, and what they say."""

    place: Place | None = None
    done: int = 0
    found: dict[str, list[Careers]] | None = None
    titles: tuple[tuple[str, str, str], ...] = ()
    error: str = ""


def answer(place: Place, wanted: Callable[[], bool], show: Callable[[Shown], None]) -> None:
    """Live the runs and reduce them, while they are wanted."""
    try:
        lined = lined_up(place)
        calls = [
            lambda s=s, k=k: reduced("careers", s, k, SMALL, careers_of)  # type: ignore[misc]
            for s in lined.values()
            for k in range(REPLICATES)
        ]
        while wanted():
            try:
                found = gather(calls, 1, wanted, lambda done: show(Shown(place, done)))
                break
            except Busy:
                time.sleep(PAUSE)
        else:
            return
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        show(Shown(place, error=say(error, place.lang)))
        return
    halves = {label: found[k * REPLICATES : (k + 1) * REPLICATES] for k, label in enumerate(lined)}
    titles = tuple((label, name_of(s, "en"), name_of(s, "zh")) for label, s in lined.items())
    show(Shown(place, len(calls), halves, titles))


@solara.component
def Paths(session: Session) -> None:
    """Choice of cohort, flows under reference and policy, founders, survival."""
    place = session.place.value
    lang = place.lang
    shown = solara.use_reactive(Shown())
    use_work(lambda wanted: answer(place, wanted, shown.set), [asked(place)])
    current = shown.value
    fresh = current.place is not None and asked(current.place) == asked(place)
    with box(classes="stack"):
        html(page("paths.html.j2", lang, part="head"))
        if fresh and current.error:
            html(page("notices.html.j2", lang, lines=[current.error], wrong=True))
        elif not fresh or current.found is None:
            done = current.done if fresh else 0
            line = words(lang)["working"].format(done=done, total=2 * REPLICATES)
            html(page("state.html.j2", lang, busy=True, done=done, most=2 * REPLICATES, line=line))
        else:
            Found(session, current)


@solara.component
def Found(session: Session, shown: Shown) -> None:
    """Everything about the careers of one pair of scenarios."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["paths"]
    assert shown.found is not None
    titles = {label: zh if lang == "zh" else en for label, en, zh in shown.titles}
    lives = Lives(dict(shown.found), titles, lang)
    cohort, kind = place.option("cohort", COHORTS[0]), place.option("kind", KINDS[0])
    table = {"table": words(lang)["table"]}

    def pick(data: dict[str, Any]) -> None:
        key, value = str(data.get("key")), str(data.get("value"))
        if value in OPTIONS.get(key, ()):
            session.choose(**{key: value})

    def tabs(key: str, value: str, options: dict[str, str]) -> dict[str, Any]:
        shown_options = [{"value": k, "text": v} for k, v in options.items()]
        return {
            "type": "tabs",
            "key": key,
            "label": text[f"choose_{key}"],
            "value": value,
            "options": shown_options,
        }

    share = share_of(place.mix.unmoved())
    note = text["runs"].format(n=REPLICATES, sample=share, months=SMALL.months)
    html(page("state.html.j2", lang, busy=False, done=0, most=1, line=note))
    Controls(
        items=[tabs("cohort", cohort, {k: text["cohorts"][k] for k in COHORTS})], event_act=pick
    )
    with box(classes="pair"):
        for label in (REFERENCE, MOVED):
            Chart(spec=lives.flows(label, cohort), words=table)
    with box(classes="pair"):
        Chart(spec=lives.fates(), words=table)
        html(
            page("paths.html.j2", lang, part="spells", rows=lives.spells(), names=[titles[REFERENCE], titles[MOVED]]),
            classes=["card"],
        )  # fmt: skip
    Controls(items=[tabs("kind", kind, {k: text["kinds"][k] for k in KINDS})], event_act=pick)
    with box(classes="pair"):
        Chart(spec=lives.survival(kind), words=table)
        Chart(spec=lives.hazard(kind), words=table)
