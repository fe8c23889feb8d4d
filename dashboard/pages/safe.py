"""A part of a page that cannot be drawn says so in its place; all around it stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import reacton
import solara

from returnee.dashboard.pages.widgets import box, button, controls, notice
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import address_of
from returnee.dashboard.visitor.session import Session

LOG = logging.getLogger("returnee.dashboard")


@solara.component
def Safe(session: Session, part: Callable[..., Any], *args: Any) -> None:
    """A component with its arguments, or one line if drawing it fails.

    It is tried again once it is to show something else, or another place is shown. The traceback is in the
    server's log alone.
    """
    error, clear = reacton.use_exception()
    failed: Any = solara.use_ref(None)  # what was to be drawn when it failed
    place = session.place.value
    asked = (place, *(arg for arg in args if not callable(arg)))

    def again() -> None:
        failed.current = None
        clear()

    if error is not None and failed.current not in (None, asked):
        again()
        error = None
    if error is None:
        part(*args)
        return
    if failed.current is None:
        failed.current = asked
        LOG.error("a page could not be drawn: %s", address_of(place), exc_info=error)
    Broken(session, again)


@solara.component
def Broken(session: Session, again: Callable[[], None]) -> None:
    """What stands in the place of a part that could not be drawn, and ways on."""
    lang = session.place.value.lang
    text, undo = words(lang)["broken"], words(lang)["tried"]["undo"]

    def act(data: dict[str, Any]) -> None:
        if data.get("key") == "undo":
            session.undo()
        elif data.get("key") == "again":
            again()

    with box(classes="stack"):
        notice(lang, text["page"], wrong=True)
        items = [button("again", text["again"], primary=True)]
        if session.past:
            items.append(button("undo", undo))
        controls(items, act)
