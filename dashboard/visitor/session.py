"""What one visitor sees and has asked for, which nobody shares, and what they are told of mistakes.

Scenarios say in English what is wrong, "place: key: found this, allowed that"; a visitor reads it in
the language of the page, with the names of levers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping
from typing import Any

import solara

from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LEVERS, SCHOOLING, Arrival, Mix, Place
from returnee.experiments.words.texts import label_of

LINE = re.compile(r"(?P<where>.+?): found (?P<found>.+), allowed (?P<allowed>.+)", re.DOTALL)
OVERRIDE = re.compile(r"^override: ")


class Session:
    """One visitor's page.

    Attributes
    ----------
    place : Reactive of Place
        What is shown; the address follows it.
    step : Reactive of int
        The last step of the browser's back and forward buttons that `place` answers.
    notices : Reactive of tuple of str
        Lines shown above the page until it is changed.
    file, copy : Reactive of dict or None
        What the browser is to download, and to copy.
    """

    def __init__(self, arrival: Arrival, notice: str = "") -> None:
        self.place: solara.Reactive[Place] = solara.reactive(arrival.place)
        self.step: solara.Reactive[int] = solara.reactive(0)
        self.notices: solara.Reactive[tuple[str, ...]] = solara.reactive(
            (notice,) if notice else ()
        )
        self.file: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self.copy: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self._number = itertools.count()

    def go(self, **changes: Any) -> None:
        """Change the place."""
        self.place.value = self.place.peek().but(**changes)

    def choose(self, **options: str) -> None:
        """Change a page's own choices."""
        self.place.value = self.place.peek().choosing(**options)

    def pick(self, data: Mapping[str, Any], allowed: Mapping[str, Collection[str] | None]) -> None:
        """Take a page's own choice from a control, if it is one of those allowed."""
        key, value = str(data.get("key")), str(data.get("value"))
        if value in (allowed.get(key) or ()):
            self.choose(**{key: value})

    def set_mix(self, mix: Mix) -> None:
        """Change the policy that is explored."""
        self.go(mix=mix)

    def tell(self, *lines: str) -> None:
        """Show lines above the page, in place of those before."""
        self.notices.value = lines

    def refuse(self, error: Exception) -> None:
        """Show above the page why something was not done."""
        self.tell(say(error, self.place.peek().lang))

    def download(self, name: str, text: str, type_: str) -> None:
        """Hand a file to the browser."""
        self.file.value = {"name": name, "text": text, "type": type_, "n": next(self._number)}

    def copy_link(self, done: str) -> None:
        """Copy the address; the browser says `done`."""
        self.copy.value = {"done": done, "n": next(self._number)}


def say(error: Exception, lang: str) -> str:
    """One line for a visitor."""
    line = OVERRIDE.sub("", " ".join(str(error).split()))
    parts = LINE.fullmatch(line)
    if parts is None:
        return line
    text = words(lang)["problems"]
    where = _named(parts["where"], lang)
    found, allowed = _told(parts["found"], lang), _told(parts["allowed"], lang)
    line = str(text["line"]).format(where=where, found=found, allowed=allowed)
    if "schooling_*" in parts["where"]:
        names = text["comma"].join(label_of(LEVERS[key], lang) for key in SCHOOLING)
        line += str(text["schooling"]).format(names=names)
    return line


def _named(where: str, lang: str) -> str:
    """The place of a mistake, with the name of the lever that stands there."""
    text, key = words(lang)["problems"], where.rpartition(": ")[2]
    if key in LEVERS:
        return str(text["where"]).format(name=label_of(LEVERS[key], lang), where=where)
    return where


def _told(phrase: str, lang: str) -> str:
    """What was found or is allowed, in the visitor's language as far as it is known there."""
    for pattern, told in words(lang)["problems"]["phrases"]:
        phrase = re.sub(pattern, told, phrase)
    for key in re.findall(r"work\.\w+", phrase):
        if f"county.{key}" in LEVERS:
            phrase = phrase.replace(key, label_of(LEVERS[f"county.{key}"], lang))
    return phrase
