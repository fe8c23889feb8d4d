"""Compare: two to six policies beside each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import solara

from returnee.dashboard.content.contrast import (
    DIMENSIONS,
    GROUPED,
    RANKED,
    Contrast,
    answer,
    asked,
    forgotten,
    versus,
    without,
)
from returnee.dashboard.content.facts import short_name, tab_name
from returnee.dashboard.live.answers import Answer
from returnee.dashboard.live.asking import Shown, use_answers
from returnee.dashboard.live.runs import STAGES, share_of
from returnee.dashboard.pages.papers import Papers
from returnee.dashboard.pages.safe import Safe
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
from returnee.dashboard.texts import escaped, words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import MOST_COMPARED, Mix, Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import CHARTS, GAINS
from returnee.experiments.words.texts import phrase, plain_title
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import ScenarioError, scenario_names

OPTIONS = {
    "gain": frozenset(GAINS), "measure": frozenset(GROUPED), "dimension": frozenset(DIMENSIONS),
    "gap": frozenset(CHARTS), "versus": frozenset(scenario_names()),
}  # fmt: skip


@solara.component
def Compare(session: Session) -> None:
    """Choice of scenarios, and everything about their differences."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["compare"]
    several = any(name != versus(place) for name in place.compared)
    shown = use_answers(asked(place) if several else None, lambda asker: answer(place, asker))
    with box(classes="stack"):
        html(f"<h1>{text['heading']}</h1>")
        with box(classes="card"):
            html(f"<p>{escaped(text['lead'])}</p>")
            controls(choices(place), lambda data: act(session, data), text["heading"])
        if not several:
            notice(lang, text["none"])
        elif shown.error is not None:
            failed(shown, lang)
        else:
            State(shown, place)
            if shown.found is not None:
                Safe(session, Found, session, shown.found)
            else:
                html("", classes=["outline"])
        Kept(session)


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
    """Ranks among those that spend alike, differences, what differs, frontier, who gains, quality."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["compare"]
    section = report_words(lang)["equity"]
    content = solara.use_memo(lambda: Contrast(found, lang), [found, lang])
    gain, measure, dimension, gap = (
        place.option("gain", GAINS[0]), place.option("measure", GROUPED[2]),
        place.option("dimension", "schooling"), place.option("gap", CHARTS[0]),
    )  # fmt: skip

    def pick(data: dict[str, Any]) -> None:
        session.pick(data, OPTIONS)

    compared = [content.names[k] for k in found.plan.compared]
    reference = content.names[found.plan.reference]
    Papers(session)
    ranked = solara.use_memo(content.ranks_alike, [found, lang])
    heads = [short_name(name, lang) for name in RANKED]
    piece(
        "ranks", lang, ["card"], rows=ranked, heads=heads, lines=content.spending_lines(),
    )  # fmt: skip
    with box(classes="stack"):
        views = [(name, tab_name(name, lang)) for name in CHARTS]
        controls([tabs("gap", text["gap_label"], gap, views)], pick)
        plot(content.gaps(gap))
    piece("matrix", lang, ["card"], rows=content.rows(), names=compared, reference=reference)
    with box(classes="trio"):
        for spec in solara.use_memo(content.multiples, [found, lang]):
            plot(spec)
    piece(
        "differ", lang, ["card"], described=content.described(), names=list(content.names.values()),
        rows=content.lever_rows(),
    )  # fmt: skip
    with box(classes="pair"):
        with box(classes="stack"):
            gains = [(name, phrase(BY_NAME[name], "tab", lang)) for name in GAINS]
            controls([tabs("gain", text["gain"], gain, gains)], pick)
            plot(content.frontier(gain))
        with box(classes="card"):
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


@solara.component
def Kept(session: Session) -> None:
    """Scenarios that the browser keeps: compare, open, delete, export, import."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["kept"]

    def act_on(data: dict[str, Any]) -> None:
        key, value = data.get("key"), str(data.get("value"))
        here = session.place.peek()
        named = {mix.title: mix for mix in here.saved}
        session.tell()
        if key == "export":
            session.download(
                "returnee-scenarios.json", files.exported(here.saved), "application/json"
            )
        elif key == "import":
            try:
                mixes = files.imported(data, lang)
            except ScenarioError as error:
                session.refuse(error)
                return
            for mix in mixes:
                session.keep(mix)
            session.tell(text["imported"].format(names=text["comma"].join(m.title for m in mixes)))
        elif key == "show" and value in named:
            mix = replace(named[value], county=here.mix.county)
            session.go(mix=mix, page="explore")
        elif key == "delete" and value in named:
            session.show(forgotten(here, value))

    with box(classes="card", tag="section", **{"aria-label": text["heading"]}):
        note = text["off" if session.keeps.value is False else "note"]
        html(f"<h2>{escaped(text['heading'])}</h2><p class='note'>{escaped(note)}</p>")
        if not place.saved:
            html(f"<p>{escaped(text['none'])}</p>")
        for mix in place.saved:
            with box(classes="toolbar kept"):
                html(f"<b>{escaped(mix.title)}</b>")
                items = [
                    button("show", text["show"], value=mix.title),
                    button("delete", text["delete"].format(name=mix.title), value=mix.title),
                ]
                controls(items, act_on, mix.title)
        items = [
            button("export", text["export"], disabled=not place.saved),
            {"type": "file", "key": "import", "label": text["import"], "accept": ".json", "most": files.MOST},
        ]  # fmt: skip
        controls(items, act_on, text["heading"])


def choices(place: Place) -> list[Control]:
    """Reference, scenarios chosen, and how to add others."""
    text = words(place.lang)["compare"]
    titles = {name: plain_title(Mix(name).scenario(), place.lang) for name in scenario_names()}
    reference = versus(place)
    known = (*titles, *(mix.title for mix in place.saved))
    rest = [name for name in known if name not in place.compared and name != reference]
    adding = [("", text["choose"]), *((name, titles.get(name, name)) for name in rest)]
    chosen = {name: titles.get(name, name) for name in place.compared if name != reference}
    return [
        select("versus", text["against"], reference, titles.items()),
        over_choice(place),
        select("add", text["add"], "", adding, disabled=len(chosen) >= MOST_COMPARED),
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
    if key == "versus" and value in scenario_names():
        session.choose(versus=value)
    elif is_over(data):
        session.go(over=value)
    elif key == "add" and value in known:
        session.go(compared=tuple(dict.fromkeys((*place.compared, value)))[-MOST_COMPARED:])
    elif key == "remove" and value in known:
        session.show(without(place, value))
    elif key == "upload":
        try:
            mix = files.received(data, place)
        except ScenarioError as error:
            session.refuse(error)
            return
        session.keep(mix)
        compared = tuple(dict.fromkeys((*place.compared, mix.title)))[-MOST_COMPARED:]
        session.go(compared=compared)
        session.tell(*files.opened(str(data.get("name")), mix, place.lang))
