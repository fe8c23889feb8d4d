"""Pieces that pages are made of: Vue templates as components, HTML, and work in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import solara

Event = Callable[[Any], None]


def _ignore(data: Any) -> None:
    """Do nothing."""


@solara.component_vue("vue/browser.vue")
def Browser(
    query: str = "",
    title: str = "",
    lang: str = "en",
    theme: str = "auto",
    file: dict[str, Any] | None = None,
    copy: dict[str, Any] | None = None,
    words: dict[str, str] | None = None,
    event_back: Event = _ignore,
) -> None:
    """Keep address, title, language and colours; hand over files; come back when the server does.

    ``event_back`` gets the address that the browser's back and forward buttons lead to.
    """


@solara.component_vue("vue/top.vue")
def Top(
    words: dict[str, str],
    county: str,
    pages: list[dict[str, str]],
    page: str,
    lang: str,
    event_go: Event = _ignore,
    event_speak: Event = _ignore,
    event_shade: Event = _ignore,
) -> None:
    """Name, pages, language and colours."""


@solara.component_vue("vue/controls.vue")
def Controls(items: list[dict[str, Any]], label: str = "", event_act: Event = _ignore) -> None:
    """Selects, buttons, tabs and files in a row; ``event_act`` gets ``{key, value}``."""


@solara.component_vue("vue/levers.vue")
def Levers(
    rooms: list[dict[str, Any]],
    values: dict[str, Any],
    words: dict[str, str],
    lang: str,
    point: list[str] | None = None,
    event_move: Event = _ignore,
) -> None:
    """Levers by group; ``event_move`` gets ``{key, value}``, None to put one back."""


@solara.component_vue("vue/chart.vue")
def Chart(spec: dict[str, Any], words: dict[str, str], event_pick: Event = _ignore) -> None:
    """A chart of `returnee.dashboard.content.drawing`, with its table, CSV and picture."""


@solara.component_vue("vue/net.vue")
def Net(
    spec: dict[str, Any], words: dict[str, str], chosen: int = -1, event_pick: Event = _ignore
) -> None:
    """People and ties month by month, of `returnee.dashboard.content.neighbours`; ``event_pick`` gets a person's id."""


def html(
    text: str, tag: str = "div", classes: Sequence[str] = (), live: bool = False
) -> solara.Element:
    """Put HTML that a template made (and escaped) on the page; if live, changes are read aloud."""
    attributes = {"role": "status", "aria-live": "polite"} if live else {}
    return solara.HTML(tag=tag, unsafe_innerHTML=text, classes=list(classes), attributes=attributes)


def box(*children: Any, classes: str = "", tag: str = "div", **attributes: Any) -> solara.Element:
    """An element with a class around others; what is None is left out."""
    inner = [child for child in children if child is not None]
    return solara.v.Html(tag=tag, class_=classes, children=inner, attributes=attributes)


def closing() -> threading.Event:
    """What is set once the page is closed; never, where there is no page as in a test."""
    from solara.server import kernel_context

    if not kernel_context.has_current_context():
        return threading.Event()
    return kernel_context.get_current_context().closed_event


def use_work(
    work: Callable[[Callable[[], bool]], None], dependencies: list[Any], wanted: bool = True
) -> None:
    """Do work in a thread whenever the dependencies change, and give up the work before.

    Work is also given up once the page is closed, or was cut off so long that it is forgotten.

    Parameters
    ----------
    work : callable
        Gets a function that says whether its result is still wanted.
    dependencies : list
    wanted : bool
        Whether to work at all.
    """

    def begin() -> Callable[[], None] | None:
        if not wanted:
            return None
        stop, gone = threading.Event(), closing()

        def is_wanted() -> bool:
            return not stop.is_set() and not gone.is_set()

        threading.Thread(target=work, args=(is_wanted,), daemon=True).start()
        return stop.set

    solara.use_effect(begin, [*dependencies, wanted])
