"""What fails, in drawing a page or in what a visitor does, is one line on a page that stays."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import solara

from returnee.dashboard import app
from returnee.dashboard.pages import widgets
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import TROUBLE, button, controls
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Arrival, Place
from returnee.dashboard.visitor.session import Session, say
from returnee.experiments.errors import UsageError

LANGS = ("en", "zh")
WRONG = "<b>boom</b>"


def every(widget: Any) -> Iterator[Any]:
    """A widget and all within it."""
    yield widget
    for child in getattr(widget, "children", None) or ():
        if not isinstance(child, str):
            yield from every(child)


def told(widget: Any) -> str:
    """All HTML in a widget."""
    return "".join(str(getattr(w, "unsafe_innerHTML", "") or "") for w in every(widget))


def click(widget: Any, key: str) -> None:
    """Click a button of `Controls`."""
    (found,) = [w for w in every(widget) if key in [i.get("key") for i in getattr(w, "items", None) or ()]]  # fmt: skip
    found.vue_act({"key": key})


@solara.component
def Bad(session: Session) -> None:
    """Can't be drawn until another measure is chosen."""
    if session.place.value.chart != "jobs":
        raise KeyError(WRONG)
    widgets.html("as it is")


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_that_cannot_be_drawn_says_so_among_what_stays(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lang: str
) -> None:
    monkeypatch.setitem(app.PAGES, "sources", Bad)
    router = type("Router", (), {"search": f"v=1&page=sources&lang={lang}"})()
    monkeypatch.setattr(solara, "use_router", lambda: router)
    with caplog.at_level(logging.ERROR, "returnee.dashboard"):
        box, drawn = solara.render(app.Page(), handle_error=False)
    try:
        said = told(box)
        assert words(lang)["broken"]["page"] in said.replace("&#39;", "'")
        assert "boom" not in said and "Traceback" not in said
        assert any(getattr(w, "pages", None) for w in every(box))  # the bar
        assert words(lang)["not_for"][:20] in said  # the foot of the page
        assert any(r.exc_info and "page=sources" in r.getMessage() for r in caplog.records)
    finally:
        drawn.close()


def test_it_is_drawn_again_once_another_place_is_shown_or_the_last_change_is_undone() -> None:
    session = Session(Arrival(Place(chart="jobs"), ()))
    box, drawn = solara.render(Safe(session, Bad, session), handle_error=False)
    try:
        assert "as it is" in told(box)
        session.go(chart="returns")
        assert "as it is" not in told(box)
        click(box, "again")
        assert "as it is" not in told(box) and words("en")["broken"]["again"]
        session.go(chart="jobs")
        assert "as it is" in told(box)
        session.set_mix(session.place.value.mix.moved("policy.training.places", 2000))
        session.go(chart="returns")
        click(box, "undo")
        assert not session.past
    finally:
        drawn.close()


def test_nothing_is_lost_when_what_a_visitor_does_fails(caplog: pytest.LogCaptureFixture) -> None:
    fails = [True]

    def act(data: Any) -> None:
        if fails[0]:
            raise KeyError(WRONG)

    @solara.component
    def Face() -> None:  # noqa: N802
        controls([button("go", "Go")], act)

    box, drawn = solara.render(Face(), handle_error=False)
    try:
        click(box, "go")
        assert TROUBLE.value and any(r.exc_info for r in caplog.records)
        fails[0] = False
        click(box, "go")
        assert not TROUBLE.value
    finally:
        drawn.close()


def test_an_address_that_cannot_be_read_leads_to_the_first_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any) -> None:
        raise KeyError(WRONG)

    monkeypatch.setattr(app, "arrive", fail)
    session = app.first_session("x=" + 200 * "y")
    assert session.place.value.page == "explore" and "x=yy" in session.notices.value[0]
    assert len(session.notices.value[0]) < 200


def test_a_township_that_the_county_does_not_have_is_left_out_and_said() -> None:
    found = app.arrival_of("page=network&o.town=99&o.luck=2")
    assert found.ignored == ("o.town=99",) and dict(found.place.options) == {"luck": "2"}
    assert app.arrival_of("o.town=3").ignored == ()


@pytest.mark.parametrize("lang", LANGS)
def test_what_no_visitor_can_mend_is_not_shown(lang: str) -> None:
    assert say(KeyError("labels"), lang) == words(lang)["broken"]["answer"]
    assert say(UsageError("x: found 1, allowed 2"), lang) != words(lang)["broken"]["answer"]
