"""Budget: the best mixes of levers for a yearly budget, from a stored search or one made now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import solara

from returnee.dashboard.content.budget_views import Views
from returnee.dashboard.live.budgets import (
    LEAST,
    MOST,
    RUNS,
    Searched,
    can_open,
    known,
    opened,
    search,
)
from returnee.dashboard.live.runs import Stopped
from returnee.dashboard.texts import page, words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.problems import say
from returnee.dashboard.visitor.session import Session
from returnee.dashboard.widgets import Chart, Controls, box, html, use_work
from returnee.experiments.words.texts import figure
from returnee.simulation.fingerprint import fingerprint

OPTIONS: dict[str, frozenset[str] | None] = {"yearly": None, "mix": None, "pair": None}
USUAL_BUDGET = 18_000_000  # what the shipped search may spend


@dataclass(frozen=True)
class Job:
    """A search that a visitor asked for, and how far it is.

    Attributes
    ----------
    number : int
        Counts what was asked for.
    cap : int
        Yuan a year.
    done, total : int
        Runs; a total of 0 means that others come first.
    running : bool
    error : str
    """

    number: int = 0
    cap: int = USUAL_BUDGET
    done: int = 0
    total: int = RUNS
    running: bool = False
    error: str = ""


def perform(session: Session, job: solara.Reactive[Job], wanted: Callable[[], bool]) -> None:
    """Make the search that a job names, and show it."""
    begun = job.peek()

    def is_on() -> bool:
        """Whether it is still wanted; a page that was told to stop takes a moment to say so."""
        return wanted() and job.peek().number == begun.number

    def step(done: int, total: int) -> None:
        if is_on():
            job.value = replace(begun, done=done, total=total)

    try:
        found = search(begun.cap, is_on, step)
        if is_on():
            job.value = replace(begun, running=False)
            session.choose(yearly=str(begun.cap), mix=str(found.safest()))
    except Stopped:
        return
    except Exception as error:  # shown in its place; the page stays alive
        lang = session.place.peek().lang
        line = words(lang)["budget"]["failed"].format(error=say(error, lang))
        if is_on():
            job.value = replace(begun, running=False, error=line)


def chosen_of(place: Place, searches: dict[int, Searched]) -> int | None:
    """The yearly budget that is shown: the one asked for, or the one nearest to it."""
    asked = int(place.option("yearly", str(USUAL_BUDGET)))
    return min(searches, key=lambda cap: abs(cap - asked), default=None)


@solara.component
def Budget(session: Session) -> None:
    """Choice of budget, the front, and the chosen mix."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["budget"]
    job = solara.use_reactive(Job())
    use_work(lambda wanted: perform(session, job, wanted), [job.value.number], job.value.running)
    searches = known()
    cap = chosen_of(place, searches)
    with box(classes="stack"):
        html(page("budget.html.j2", lang, part="head", words=text))
        with box(classes="card"), box(classes="stack"):
            Controls(
                items=choices(place, searches, cap, job.value), label=text["heading"],
                event_act=lambda data: act(session, job, data),
            )  # fmt: skip
            if job.value.running or job.value.error:
                Progress(job.value, lang)
        if cap is None:
            html(page("notices.html.j2", lang, lines=[text["none"]], wrong=False))
            return
        asked = int(place.option("yearly", str(cap)))
        missing = asked not in searches and not job.value.running
        lines = [text["unknown"].format(yuan=yuan(asked, lang))] if missing else []
        if place.mix.county:
            lines.append(text["other_county"])
        if not searches[cap].current:
            lines.append(text["older"].format(hash=fingerprint()))
        if lines:
            html(page("notices.html.j2", lang, lines=lines, wrong=False))
        Found(session, searches[cap])


@solara.component
def Progress(job: Job, lang: str) -> None:
    """How far a search is, or why there is none."""
    text = words(lang)["budget"]
    if job.running:
        line = text["running"].format(yuan=yuan(job.cap, lang), done=job.done, total=job.total)
        line = line if job.total else text["wait"]
        html(page("state.html.j2", lang, busy=True, done=job.done, most=max(job.total, 1), line=line))  # fmt: skip
    elif job.error:
        html(page("notices.html.j2", lang, lines=[job.error], wrong=True))


@solara.component
def Found(session: Session, found: Searched) -> None:
    """The front, and everything about the mix that is chosen."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["budget"]
    views = solara.use_memo(lambda: Views(found, lang), [found, lang])
    chosen = min(int(place.option("mix", str(found.safest()))), len(found.candidates) - 1)
    pair = min(int(place.option("pair", "0")), len(views.pairs) - 1)
    candidate, table = found.candidates[chosen], {"table": words(lang)["table"]}

    def pick(data: dict[str, Any]) -> None:
        key, value = str(data.get("key")), str(data.get("value"))
        most = {"mix": len(found.candidates), "pair": len(views.pairs)}.get(key, 0)
        if value.isascii() and value.isdigit() and int(value[:9]) < most:
            session.choose(**{key: value})
        elif key == "explore" and can_open(found):
            title = text["opened_title"].format(mix=views.name(candidate), yuan=views.yuan(found.cap))  # fmt: skip
            session.place.value = opened(found, candidate, title, session.place.peek())

    with box(classes="net"):
        with box(classes="stack"):
            Controls(items=shown_choices(views, chosen, pair), event_act=pick)
            Chart(
                spec=views.front(pair, chosen), words=table,
                event_pick=lambda key: pick({"key": "mix", "value": key}),
            )  # fmt: skip
        with box(classes="card"):
            short = views.in_short(candidate)
            html(page("lines.html.j2", lang, title=text["short"], note="", lines=short))
    with box(classes="card"):
        html(page("budget.html.j2", lang, part="mix", words=text, name=views.name(candidate),
                  rows=views.outcomes(candidate)))  # fmt: skip
        button = {"type": "button", "key": "explore", "label": text["open"], "primary": True}
        if not can_open(found):
            button |= {"disabled": True, "hint": text["no_open"]}
        Controls(items=[button], event_act=pick)
    with box(classes="pair"):
        Chart(spec=views.spending(candidate), words=table)
        html(page("budget.html.j2", lang, part="levers", words=text, rows=views.levers(candidate)), classes=["card"])  # fmt: skip
    with box(classes="trio"):
        for objective in found.objectives:
            Chart(spec=views.differences(objective), words=table)
    about = text["about"].format(
        kept=len(found.candidates) - 1, sample=f"{100 * found.about['sample']:g}",
        **{key: int(found.about[key]) for key in ("tried", "worlds", "replicates", "months")},
    )  # fmt: skip
    html(page("budget.html.j2", lang, part="from", words=text, about=about, command=found.command), classes=["card"])  # fmt: skip


def yuan(value: float, lang: str) -> str:
    """An amount of money."""
    return figure(value, "yuan", lang, digits=3)


def shown_choices(views: Views, chosen: int, pair: int) -> list[dict[str, Any]]:
    """Which mix, and which two objectives."""
    text = views.text
    mixes = [{"value": str(k), "text": views.name(c)} for k, c in enumerate(views.found.candidates)]
    pairs = [
        {"value": str(k), "text": text["pair_option"].format(x=views.label(x), y=views.label(y))}
        for k, (x, y) in enumerate(views.pairs)
    ]
    return [
        {"type": "select", "key": "mix", "label": text["which"], "value": str(chosen), "options": mixes},
        {"type": "select", "key": "pair", "label": text["pair"], "value": str(pair), "options": pairs},
    ]  # fmt: skip


def choices(
    place: Place, searches: dict[int, Searched], cap: int | None, job: Job
) -> list[dict[str, Any]]:
    """Which budget, and a search for another one."""
    text, lang = words(place.lang)["budget"], place.lang
    stored = [
        {"value": str(k), "text": text["yearly_option"].format(yuan=yuan(k, lang))}
        for k in searches
    ]
    asked = min(max(int(place.option("yearly", str(cap or USUAL_BUDGET))), LEAST), MOST)
    items: list[dict[str, Any]] = []
    if cap is not None:
        items.append({"type": "select", "key": "yearly", "label": text["yearly"], "value": str(cap), "options": stored})  # fmt: skip
    scale = text["scale"]
    items.append({
        "type": "number", "key": "own", "label": text["own"], "low": LEAST / scale,
        "high": MOST / scale, "step": "any", "value": asked / scale,
    })  # fmt: skip
    if job.running:
        items.append({"type": "button", "key": "cancel", "label": text["cancel"]})
    else:
        items.append({"type": "button", "key": "search", "label": text["search"]})
    return items


def act(session: Session, job: solara.Reactive[Job], data: dict[str, Any]) -> None:
    """Answer a control of the choice."""
    key, value = data.get("key"), data.get("value")
    place = session.place.peek()
    text = words(place.lang)["budget"]
    session.tell()
    if key == "yearly" and str(value) in {str(cap) for cap in known()}:
        session.choose(yearly=str(value), mix=str(known()[int(str(value))].safest()))
    elif key == "own" and isinstance(value, int | float):
        asked = round(float(value) * text["scale"]) if abs(value) < 1e9 else MOST + 1
        if LEAST <= asked <= MOST:
            session.choose(yearly=str(asked))
        else:
            line = text["out_of_range"].format(
                found=f"{value:g}", least=yuan(LEAST, place.lang), most=yuan(MOST, place.lang)
            )
            session.tell(line)
    elif key == "search" and not job.peek().running:
        asked = int(place.option("yearly", str(chosen_of(place, known()) or USUAL_BUDGET)))
        asked = min(max(asked, LEAST), MOST)
        job.value = Job(job.peek().number + 1, asked, running=True)
    elif key == "cancel":
        job.value = Job(job.peek().number + 1)
