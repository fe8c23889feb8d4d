"""Paths: where careers lead, what became of founders, and how long firms live, under two policies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import solara

from returnee.dashboard.content.careers import COHORTS, KINDS, REPLICATES, Lives, Pair, answer
from returnee.dashboard.live.answers import MOVED, REFERENCE
from returnee.dashboard.live.asking import use_answers
from returnee.dashboard.live.runs import SMALL, share_of
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import (
    Control,
    box,
    controls,
    failed,
    piece,
    plot,
    state,
    tabs,
    working,
)
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.session import Session

OPTIONS = {"cohort": frozenset(COHORTS), "kind": frozenset(KINDS)}


@solara.component
def Paths(session: Session) -> None:
    """Choice of cohort, flows under reference and policy, founders, survival."""
    place = session.place.value
    shown = use_answers(place.asked(), lambda asker: answer(place, asker))
    with box(classes="stack"):
        piece("paths", place.lang, part="head")
        if shown.error is not None:
            failed(shown, place.lang)
        elif shown.found is None:
            working(shown, 2 * REPLICATES, place.lang)
        else:
            Safe(session, Found, session, shown.found)


@solara.component
def Found(session: Session, found: Pair) -> None:
    """Everything about the careers of one pair of scenarios."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["paths"]
    lives = solara.use_memo(lambda: Lives(found, lang), [found, lang])
    cohort, kind = place.option("cohort", COHORTS[0]), place.option("kind", KINDS[0])

    def choice(key: str, value: str, names: dict[str, str], among: Iterable[str]) -> Control:
        return tabs(key, text[f"choose_{key}"], value, [(k, names[k]) for k in among])

    def pick(data: dict[str, Any]) -> None:
        session.pick(data, OPTIONS)

    share = share_of(place.mix.unmoved())
    state(lang, text["runs"].format(n=REPLICATES, sample=share, months=SMALL.months))
    controls([choice("cohort", cohort, text["cohorts"], COHORTS)], pick)
    with box(classes="pair"):
        for label in (REFERENCE, MOVED):
            plot(lives.flows(label, cohort))
    plot(lives.moved(cohort))
    with box(classes="pair"):
        plot(lives.fates())
        names = [lives.titles[REFERENCE], lives.titles[MOVED]]
        piece("paths", lang, ["card"], part="spells", rows=lives.spells(), names=names)
    controls([choice("kind", kind, text["kinds"], KINDS)], pick)
    with box(classes="pair"):
        plot(lives.survival(kind))
        plot(lives.hazard(kind))
