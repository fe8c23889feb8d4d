"""Budget: the best mixes of levers for a yearly budget, from a stored search or one made now."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content.budget_views import Views
from returnee.dashboard.live.asking import Job, Shown, use_job
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
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import (
    Control,
    box,
    button,
    controls,
    failed,
    notice,
    piece,
    plot,
    select,
    state,
)
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.words.texts import yuan
from returnee.simulation.fingerprint import fingerprint

OPTIONS: dict[str, frozenset[str] | None] = {"yearly": None, "mix": None, "pair": None}
USUAL_BUDGET = 18_000_000  # what the shipped search may spend


def perform(session: Session, job: Job, asker: Asker) -> Searched:
    """Make the search that a job names, and show it."""
    cap: int = job.of
    found = search(cap, asker)
    if asker.wanted():
        session.choose(yearly=str(cap), mix=str(found.safest()))
    return found


def chosen_of(place: Place, searches: dict[int, Searched]) -> int | None:
    """The yearly budget that is shown: the one asked for, or the one nearest to it."""
    asked = int(place.option("yearly", str(USUAL_BUDGET)))
    return min(searches, key=lambda cap: abs(cap - asked), default=None)


@solara.component
def Budget(session: Session) -> None:
    """Choice of budget, the front, and the chosen mix."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["budget"]
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    shown = use_job(job, lambda begun, asker: perform(session, begun, asker))
    searches = known()
    cap = chosen_of(place, searches)
    with box(classes="stack"):
        piece("budget", lang, part="head", words=text)
        with box(classes="card"), box(classes="stack"):
            items = choices(place, searches, cap, shown.busy)
            controls(items, lambda data: act(session, job, data), text["heading"])
            Progress(shown, job.value, lang)
        if cap is None:
            notice(lang, text["none"])
            return
        asked = int(place.option("yearly", str(cap)))
        missing = asked not in searches and not shown.busy
        lines = [text["unknown"].format(yuan=yuan(asked, lang))] if missing else []
        if place.mix.county:
            lines.append(text["other_county"])
        if not searches[cap].current:
            lines.append(text["older"].format(hash=fingerprint()))
        if lines:
            notice(lang, *lines)
        Safe(session, Found, session, searches[cap])


@solara.component
def Progress(shown: Shown[Searched], job: Job | None, lang: str) -> None:
    """How far a search is, or why there is none."""
    text = words(lang)["budget"]
    if shown.error is not None:
        failed(shown, lang, text["failed"])
    elif job is not None and shown.busy:
        total = shown.total or RUNS
        line = text["running"].format(yuan=yuan(job.of, lang), done=shown.done, total=total)
        state(lang, text["wait"] if shown.queued else line, shown.done, total)


@solara.component
def Found(session: Session, found: Searched) -> None:
    """The front, and everything about the mix that is chosen."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["budget"]
    views = solara.use_memo(lambda: Views(found, lang), [found, lang])
    chosen = min(int(place.option("mix", str(found.safest()))), len(found.candidates) - 1)
    pair = min(int(place.option("pair", "0")), len(views.pairs) - 1)
    candidate = found.candidates[chosen]
    allowed = {
        "mix": [str(k) for k in range(len(found.candidates))],
        "pair": [str(k) for k in range(len(views.pairs))],
    }

    def pick(data: dict[str, Any]) -> None:
        if data.get("key") == "explore" and can_open(found):
            title = text["opened_title"].format(mix=views.name(candidate), yuan=yuan(found.cap, lang))  # fmt: skip
            session.place.value = opened(found, candidate, title, session.place.peek())
        else:
            session.pick(data, allowed)

    with box(classes="net"):
        with box(classes="stack"):
            controls(shown_choices(views, chosen, pair), pick)
            plot(views.front(pair, chosen), lambda key: pick({"key": "mix", "value": key}))
        with box(classes="card"):
            piece("lines", lang, title=text["short"], note="", lines=views.in_short(candidate))
    with box(classes="card"):
        rows = views.outcomes(candidate)
        piece("budget", lang, part="mix", words=text, name=views.named(candidate), rows=rows)
        closed = {} if can_open(found) else {"disabled": True, "hint": text["no_open"]}
        controls([button("explore", text["open"], primary=True, **closed)], pick)
    with box(classes="pair"):
        plot(views.spending(candidate))
        moved = views.levers(candidate)
        piece("budget", lang, ["card"], part="levers", words=text, rows=moved)
    with box(classes="trio"):
        for objective in found.objectives:
            plot(views.differences(objective))
    about = text["about"].format(
        kept=len(found.candidates) - 1, sample=f"{100 * found.about['sample']:g}",
        **{key: int(found.about[key]) for key in ("tried", "worlds", "replicates", "months")},
    )  # fmt: skip
    piece("budget", lang, ["card"], part="from", words=text, about=about, command=found.command)


def shown_choices(views: Views, chosen: int, pair: int) -> list[Control]:
    """Which mix, and which two objectives."""
    text = views.text
    mixes = [(str(k), views.named(c)) for k, c in enumerate(views.found.candidates)]
    pairs = [
        (str(k), text["pair_option"].format(x=views.label(x), y=views.label(y)))
        for k, (x, y) in enumerate(views.pairs)
    ]
    return [
        select("mix", text["which"], str(chosen), mixes),
        select("pair", text["pair"], str(pair), pairs),
    ]


def choices(
    place: Place, searches: dict[int, Searched], cap: int | None, busy: bool
) -> list[Control]:
    """Which budget, and a search for another one."""
    text, lang = words(place.lang)["budget"], place.lang
    stored = [(str(k), text["yearly_option"].format(yuan=yuan(k, lang))) for k in searches]
    asked = min(max(int(place.option("yearly", str(cap or USUAL_BUDGET))), LEAST), MOST)
    scale = text["scale"]
    return [
        *([select("yearly", text["yearly"], str(cap), stored)] if cap is not None else []),
        {"type": "number", "key": "own", "label": text["own"], "low": LEAST / scale,
         "high": MOST / scale, "step": "any", "value": asked / scale},
        button("cancel", text["cancel"]) if busy else button("search", text["search"]),
    ]  # fmt: skip


def act(session: Session, job: solara.Reactive[Job | None], data: dict[str, Any]) -> None:
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
    elif key == "search":
        asked = int(place.option("yearly", str(chosen_of(place, known()) or USUAL_BUDGET)))
        asked = min(max(asked, LEAST), MOST)
        job.value = Job("search", asked)
    elif key == "cancel":
        job.value = None
