"""Map: townships month by month, one township's figures, and support turned towards it; counties of a region."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content import atlas, province
from returnee.dashboard.live.asking import use_answers
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import (
    Map,
    box,
    button,
    controls,
    failed,
    html,
    piece,
    select,
    tabs,
    working,
)
from returnee.dashboard.texts import escaped, words
from returnee.dashboard.visitor.place import LEVERS, fitting
from returnee.dashboard.visitor.session import Session
from returnee.experiments.words.texts import county_name

OPTIONS: dict[str, frozenset[str] | None] = {
    "town": None, "map": frozenset(("townships", "counties")), "member": None,
}  # fmt: skip
REMOTE, FAVOUR = "policy.targeting.remote", 2.0
"""The lever that turns support to remote townships, and how far the button moves it."""


@solara.component
def Atlas(session: Session) -> None:
    """Townships of the county, or counties of the region that the server was started with."""
    place = session.place.value
    text, region = words(place.lang)["atlas"], province.offered()
    which = place.option("map", "townships") if region else "townships"
    with box(classes="stack"):
        if region:
            named = [(key, text[key]) for key in ("townships", "counties")]
            controls([tabs("map", text["which"], which, named)], lambda d: session.pick(d, OPTIONS))
        if region and which == "counties":
            Region(session, region)
        else:
            Townships(session)


@solara.component
def Region(session: Session, found: province.Province) -> None:
    """Counties on the left, one of them on the right."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["atlas"]
    county = min(int(place.option("member", "0")), len(found.members) - 1)
    spec = solara.use_memo(lambda: province.spec_of(found, lang), [found, lang])

    def choose(value: Any) -> None:
        if str(value).isdigit() and int(value) < len(found.members):
            session.choose(member=str(int(value)))

    html(f"<h1>{escaped(text['region_heading'])}</h1>")
    piece(
        "lines",
        lang,
        ["card"],
        title=text["region_all"],
        note="",
        lines=province.sentences(found, lang),
    )
    with box(classes="net"):
        Map(spec=spec, words=said(lang, text["county"]), chosen=county, event_pick=choose)
        with box(classes="card"):
            names = [(str(k), name) for k, name in enumerate(province.names_of(found))]
            controls(
                [select("member", text["county"], str(county), names)],
                lambda d: choose(d.get("value")),
            )
            piece(
                "township", lang, name=names[county][1], about=province.about(found, county, lang),
                rows=province.figures(found, county, lang), first=text["region_measure"], note=text["region_noise"],
            )  # fmt: skip


def said(lang: str, of: str) -> dict[str, str]:
    """Words of a map; a place is called `of`."""
    text = words(lang)["atlas"]
    named = {name: text[name] for name in ("side", "colour", "play", "pause", "untold")}
    named |= {"table": words(lang)["table"], "month": words(lang)["charts"]["month"]}
    return named | {"place": of, "told": text["map_told"]}


@solara.component
def Townships(session: Session) -> None:
    """The map, and the township that was clicked."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["atlas"]
    asked = (*place.asked(), "atlas")
    shown = use_answers(asked, lambda asker: atlas.answer(place, asker), stays=True)
    with box(classes="stack"):
        html(f"<h1>{escaped(text['heading'])}</h1><p class='sentence'>{escaped(text['lead'])}</p>")
        if shown.error is not None:
            failed(shown, lang)
        elif shown.found is None:
            working(shown, 2 * atlas.LUCKS, lang)
        else:
            Safe(session, Found, session, shown.found)


@solara.component
def Found(session: Session, found: atlas.Seen) -> None:
    """The map on the left, a township on the right."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["atlas"]
    county = found.scenarios[atlas.REFERENCE].county
    town = min(int(place.option("town", "0")), len(county.townships) - 1)
    spec = solara.use_memo(lambda: atlas.spec_of(found, lang), [found, lang])

    def choose(value: Any) -> None:
        if str(value).isdigit() and int(value) < len(county.townships):
            session.choose(town=str(int(value)))

    def act(data: dict[str, Any]) -> None:
        if data.get("key") == "favour":
            mix = place.mix.moved(REMOTE, fitting(LEVERS[REMOTE], FAVOUR))
            session.set_mix(mix)
            session.tell(text["favoured"].format(times=f"{FAVOUR:g}"))
        elif data.get("key") in ("network", "explore"):
            session.go(page=str(data["key"]))

    one = county.townships[town]
    with box(classes="net"):
        Map(spec=spec, words=said(lang, text["town"]), chosen=town, event_pick=choose)
        with box(classes="card"):
            rows, people = atlas.figures(found, town, lang), f"{found.people[town]:,.0f}"
            about = text["about"].format(
                km=f"{one.distance_km:g}", people=people, share=f"{100 * one.weight:.3g}",
                kind=text["remote" if one.remote else "near"],
            )  # fmt: skip
            piece(
                "township", lang, name=county_name(one, lang), about=about, rows=rows,
                first=text["measure"], note=text["noise"],
            )  # fmt: skip
            can = one.remote and float(place.mix.scenario().policy.targeting.remote) < FAVOUR
            hint = "" if can else text["favour_done" if one.remote else "favour_not"]
            buttons = [
                button("favour", text["favour"], primary=True, disabled=not can, hint=hint),
                button("network", text["people"]), button("explore", text["explore"]),
            ]  # fmt: skip
            controls(buttons, act)
            if hint:
                html(f"<p class='note'>{escaped(hint)}</p>")
