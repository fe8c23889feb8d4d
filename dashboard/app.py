"""The application that the server serves: one page, its parts chosen by the address."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import solara

from returnee.dashboard.pages import atlas, budget, compare, explore, learn, network, paths, sources
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import TROUBLE, Browser, Element, Top, box, html, notice
from returnee.dashboard.settings import FIRST, first_county
from returnee.dashboard.texts import FOLDER, escaped, words
from returnee.dashboard.visitor.place import Arrival, Mix, Place, address_of, arrive, saved_text
from returnee.dashboard.visitor.session import Session
from returnee.experiments.reports.document import rules_line
from returnee.experiments.words.texts import county_name
from returnee.scenarios.schema.own_rules import rules_now
from returnee.simulation.fingerprint import fingerprint

LOG = logging.getLogger("returnee.dashboard")
LONGEST = 60  # letters of an address that are said
PAGES: dict[str, Callable[[Session], Element]] = {
    "explore": explore.Explore,
    "compare": compare.Compare,
    "budget": budget.Budget,
    "paths": paths.Paths,
    "network": network.Network,
    "map": atlas.Atlas,
    "learn": learn.Learn,
    "sources": sources.Sources,
}
OPTIONS: dict[str, frozenset[str] | None] = {
    **explore.OPTIONS,
    **compare.OPTIONS,
    **budget.OPTIONS,
    **paths.OPTIONS,
    **network.OPTIONS,
    **atlas.OPTIONS,
    **learn.OPTIONS,
    **sources.OPTIONS,
}


def arrival_of(query: str) -> Arrival:
    """The place that an address asks for."""
    found = arrive(query, tuple(PAGES), explore.CHARTS, first_place(), OPTIONS)
    town = found.place.option("town", "0")
    if int(town) < len(found.place.mix.unmoved().county.townships):
        return found
    rest = {name: value for name, value in found.place.options.items() if name != "town"}
    place = found.place.but(options=MappingProxyType(rest))
    return Arrival(place, (*found.ignored, f"o.town={town}"))


def first_place() -> Place:
    """What is shown to who asks for nothing."""
    return Place(lang=FIRST["lang"], mix=Mix(county=first_county()))


def first_session(query: str) -> Session:
    """A visitor who comes with an address."""
    try:
        arrival = arrival_of(query)
    except Exception:
        LOG.exception("an address could not be read: %s", query)
        arrival = Arrival(first_place(), (f"{query[:LONGEST]} …",))
    notice = ""
    if arrival.ignored:
        parts = ", ".join(arrival.ignored)
        notice = words(arrival.place.lang)["ignored"].format(parts=parts)
    return Session(arrival, notice)


def back(session: Session, asked: Mapping[str, Any]) -> None:
    """Show the place that the browser went back to; who speaks what does not change on the way."""
    query, step = asked.get("query"), asked.get("step")
    if isinstance(query, str) and isinstance(step, int):
        here = session.place.peek()
        there = arrival_of(query).place
        session.tell()
        session.show(there.but(lang=here.lang, theme=here.theme))
        session.step.value = step


@solara.component
def Layout(children: list[Element] | None = None) -> Element:
    """Nothing around the page: no bar and no banner of the library."""
    return box(*(children or []))


@solara.component
def Page() -> None:
    """Everything in the browser's window."""
    query = solara.use_router().search or ""
    session = solara.use_memo(lambda: first_session(query), [])
    Safe(session, Window, session)


@solara.component
def Window(session: Session) -> None:
    """The bar, a page, and what only the browser can do."""
    place = session.place.value
    text = words(place.lang)
    county = place.mix.unmoved().county
    name = county_name(county, place.lang)
    solara.Style(FOLDER / "theme.css")
    Browser(
        address={"query": address_of(place), "step": session.step.value},
        title=text["title"].format(page=text["pages"][place.page], county=name),
        lang=place.lang, theme=place.theme, file=session.file.value, copy=session.copy.value,
        words=text["lost"], kept=[saved_text(mix) for mix in place.saved] if session.keeps.value else None,
        event_back=lambda asked: back(session, asked), event_restore=session.restored,
    )  # fmt: skip
    pages = [{"key": key, "label": text["pages"][key]} for key in PAGES]
    header = {"skip": text["skip"], "brand": text["brand"], "pages": text["pages_label"],
              "colours": text["colours"], "other": text["other"]}  # fmt: skip
    Top(
        words=header, county=name, pages=pages, page=place.page, lang=place.lang,
        event_go=lambda key: session.go(page=key) if key in PAGES else None,
        event_speak=lambda lang: session.go(lang="zh" if lang == "zh" else "en"),
        event_shade=lambda theme: session.go(theme="dark" if theme == "dark" else "light"),
    )  # fmt: skip
    with box(classes="page", tag="main", id="main"):
        if session.notices.value:
            notice(place.lang, *session.notices.value)
        if TROUBLE.value:
            notice(place.lang, text["broken"]["act"], wrong=True)
        Safe(session, PAGES[place.page], session).key(place.page)
        footer = [
            sources.not_for(place.lang),
            text["version"].format(version=version(), hash=fingerprint()),
            *([own_rules(place.lang)] if rules_now() else []),
        ]
        html(" · ".join(escaped(line) for line in footer), tag="footer", classes=["foot-line"])


def own_rules(lang: str) -> str:
    """That the model runs with rules of one's own: file, and what is replaced."""
    rules = rules_now()
    name = words(lang)["levers"]["own_rules"]
    colon = ": " if lang == "en" else "："
    return f"{name}{colon}{rules_line(rules, lang)}" if rules else ""


@lru_cache(maxsize=1)
def version() -> str:
    """Version of the project that is installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of("returnee")
    except PackageNotFoundError:
        return "–"
