"""Pieces that pages are made of: Vue templates as components, controls, HTML, and what is said of runs."""

from __future__ import annotations

import logging
from collections import UserDict, UserList
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import solara
from reacton.core import get_render_context

from returnee.dashboard.live.asking import Shown
from returnee.dashboard.live.runs import SMALL, share_of
from returnee.dashboard.texts import page, words
from returnee.dashboard.visitor.place import ENSEMBLE, ONE_SET, Place
from returnee.dashboard.visitor.session import say
from returnee.experiments.studies.ensemble import ensemble

LOG = logging.getLogger("returnee.dashboard")
Event = Callable[[Any], None]
Control = dict[str, Any]
Element: TypeAlias = "solara.Element[Any]"


TROUBLE: solara.Reactive[bool] = solara.reactive(False)
"""Whether what the visitor did last failed; each page in a browser has its own."""


def _ignore(data: Any) -> None:
    """Do nothing."""


def vue(path: str, *values: str) -> Callable[[Callable[..., None]], Callable[..., Element]]:
    """Make a component out of a Vue template; its events change the page in one pass, whatever they change.

    Parameters
    ----------
    path : str
    *values : str
        Arguments that hold values alone, and many: the library need not look through them for elements.
    """

    def made_of(described: Callable[..., None]) -> Callable[..., Element]:
        made = solara.component_vue(path, to_json=dict.fromkeys(values, _bare))(described)

        @wraps(described)
        def make(**given: Any) -> Element:
            for name in values:
                whole = UserDict if isinstance(given[name], dict) else UserList
                given[name] = whole(given[name])
            events = {
                name: _at_once(act) for name, act in given.items() if name.startswith("event_")
            }
            return made(**given | events)

        return make

    return made_of


def _bare(value: Any, widget: Any) -> Any:
    return getattr(value, "data", value)


def _at_once(act: Event) -> Event:
    page = get_render_context()

    def acted(data: Any) -> None:
        with page:
            try:
                act(data)
                TROUBLE.value = False
            except Exception:  # said on the page, which stays
                LOG.exception("what a visitor did failed: %s", data)
                TROUBLE.value = True

    return acted


@vue("../vue/browser.vue")
def Browser(
    address: dict[str, Any],
    title: str = "",
    lang: str = "en",
    theme: str = "auto",
    file: dict[str, Any] | None = None,
    copy: dict[str, Any] | None = None,
    words: dict[str, str] | None = None,
    kept: list[str] | None = None,
    event_back: Event = _ignore,
    event_restore: Event = _ignore,
) -> None:
    """Keep address, title, language and colours; hand over files; come back when the server does.

    ``address`` has the query of what is shown and the last step back or forward that it answers;
    ``event_back`` gets both of the place that the browser's buttons lead to,
    ``event_restore`` the scenarios that it has kept, None where it keeps nothing.
    """


@vue("../vue/top.vue")
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


@vue("../vue/controls.vue")
def Controls(items: list[Control], label: str = "", event_act: Event = _ignore) -> None:
    """Selects, buttons, tabs and files in a row; ``event_act`` gets ``{key, value}``."""


@vue("../vue/levers.vue", "rooms")
def Levers(
    rooms: list[dict[str, Any]],
    main: list[str],
    values: dict[str, Any],
    words: dict[str, str],
    lang: str,
    point: list[str] | None = None,
    event_move: Event = _ignore,
) -> None:
    """Main levers, and all by group; ``event_move`` gets ``{key, value}``, None to put one back."""


@vue("../vue/chain.vue", "chain")
def ChainOf(
    chain: dict[str, Any], event_choose: Event = _ignore, event_pick: Event = _ignore
) -> None:
    """Steps of support of `returnee.dashboard.content.chain`.

    ``event_choose`` gets the kind of support, ``event_pick`` the step.
    """


@vue("../vue/chart.vue", "spec")
def Chart(spec: dict[str, Any], words: dict[str, str], event_pick: Event = _ignore) -> None:
    """A chart of `returnee.dashboard.content.drawing`, with its table, CSV and picture."""


@vue("../vue/net.vue", "spec")
def Net(
    spec: dict[str, Any], words: dict[str, str], chosen: int = -1, event_pick: Event = _ignore
) -> None:
    """People and ties month by month, of `returnee.dashboard.content.neighbours`; ``event_pick`` gets a person's id."""


@vue("../vue/map.vue", "spec")
def Map(
    spec: dict[str, Any], words: dict[str, str], chosen: int = -1, event_pick: Event = _ignore
) -> None:
    """Places coloured by a figure, month by month, of `returnee.dashboard.content.atlas`; ``event_pick`` gets a place's id."""


@vue("../vue/lesson.vue")
def LessonBar(
    lessons: list[dict[str, str]],
    lesson: str,
    stages: list[str],
    stage: int,
    guess: str,
    guesses: list[str],
    klass: bool,
    words: dict[str, str],
    event_act: Event = _ignore,
) -> None:
    """Lessons and the steps of one; keys move, and progress stays in the browser; ``event_act`` gets ``{key, value}``."""


def html(text: str, tag: str = "div", classes: Sequence[str] = (), live: bool = False) -> Element:
    """Put HTML that a template made (and escaped) on the page; if live, changes are read aloud."""
    attributes = {"role": "status", "aria-live": "polite"} if live else {}
    made: Element = solara.HTML(
        tag=tag, unsafe_innerHTML=text, classes=list(classes), attributes=attributes
    )
    return made


def box(*children: Any, classes: str = "", tag: str = "div", **attributes: Any) -> Element:
    """An element with a class around others; what is None is left out."""
    inner = [child for child in children if child is not None]
    return solara.v.Html(tag=tag, class_=classes, children=inner, attributes=attributes)


def controls(items: list[Control], act: Event, label: str = "") -> Element:
    """Controls in a row, and what answers them."""
    made: Element = Controls(items=items, label=label, event_act=act)
    return made


def button(key: str, label: str, **more: Any) -> Control:
    """A button for `Controls`."""
    return {"type": "button", "key": key, "label": label, **more}


def select(
    key: str, label: str, value: str, options: Iterable[tuple[str, str]], **more: Any
) -> Control:
    """A choice out of values and their names, for `Controls`."""
    listed = [{"value": one, "text": text} for one, text in options]
    return {"type": "select", "key": key, "label": label, "value": value, "options": listed, **more}


def tabs(key: str, label: str, value: str, options: Iterable[tuple[str, str]]) -> Control:
    """Values and their names beside each other, for `Controls`."""
    return select(key, label, value, options, type="tabs")


def piece(
    template: str, lang: str, classes: Sequence[str] = (), live: bool = False, **content: Any
) -> Element:
    """A piece of the page out of a template, see `html`."""
    return html(page(f"{template}.html.j2", lang, **content), classes=classes, live=live)


def plot(spec: dict[str, Any], pick: Event = _ignore) -> Element:
    """A chart with its words."""
    made: Element = Chart(spec=spec, words={"table": words(spec["lang"])["table"]}, event_pick=pick)
    return made


def notice(lang: str, *lines: str, wrong: bool = False) -> Element:
    """Lines that stand out."""
    return piece("notices", lang, lines=lines, wrong=wrong)


def failed(shown: Shown[Any], lang: str, line: str = "{error}") -> Element:
    """Why there is no answer."""
    assert shown.error is not None
    return notice(lang, line.format(error=say(shown.error, lang)), wrong=True)


def state(lang: str, line: str, done: int = 0, most: int = 0, live: bool = False) -> Element:
    """How far runs are; there are no more to come if `most` is 0."""
    return html(state_line(lang, line, done, most), live=live)


def state_line(lang: str, line: str, done: int = 0, most: int = 0) -> str:
    """HTML of `state`."""
    return page("state.html.j2", lang, busy=most > 0, done=done, most=most, line=line)


def working(shown: Shown[Any], runs: int, lang: str) -> Element:
    """How far the runs are that an answer needs, in all `runs`."""
    total, text = shown.total or runs, words(lang)
    line = text["busy"] if shown.queued else text["working"].format(done=shown.done, total=total)
    return state(lang, line, shown.done, total)


def over_choice(place: Place) -> Control:
    """The choice between the parameters in use and the ensemble."""
    text = words(place.lang)["over"]
    named = [(ONE_SET, text[ONE_SET]), (ENSEMBLE, text[ENSEMBLE].format(n=len(ensemble())))]
    return select("over", text["label"], place.over, named)


def is_over(data: dict[str, Any]) -> bool:
    """Whether a control asks for one or the other."""
    return data.get("key") == "over" and data.get("value") in (ONE_SET, ENSEMBLE)


def done_line(place: Place, replicates: int) -> str:
    """What stands behind an answer that is complete."""
    text = words(place.lang)
    line = text["over"]["done"] if place.over == ENSEMBLE else text["explore"]["done"]
    return str(line).format(n=replicates, sample=share_of(place.mix.unmoved()), months=SMALL.months)
