"""What one visitor sees and has asked for, which nobody shares, and what they are told of mistakes.

Scenarios say in English what is wrong, "place: key: found this, allowed that"; a visitor reads it in
the language of the page, with the names of levers.
"""

from __future__ import annotations

import itertools
import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import solara

from returnee.dashboard.texts import words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import LEVERS, MOST_SAVED, SCHOOLING, Arrival, Mix, Place
from returnee.experiments.errors import UsageError
from returnee.experiments.words.texts import label_of
from returnee.scenarios import ScenarioError

MOST_STEPS = 100  # that can be undone
MOST_TRIED = 30
LINE = re.compile(r"(?P<where>.+?): found (?P<found>.+), allowed (?P<allowed>.+)", re.DOTALL)
OVERRIDE = re.compile(r"^override: ")


@dataclass(frozen=True)
class Tried:
    """A policy that was tried, and what came of it, in both languages.

    Attributes
    ----------
    asked : tuple
        Mix, reference and behaviour, as `Place.moves` has them.
    move, found : mapping of str to str
        What was moved last, and the answer, by language.
    """

    asked: tuple[Mix, str, str]
    move: Mapping[str, str]
    found: Mapping[str, str]


class Session:
    """One visitor's page.

    Attributes
    ----------
    place : Reactive of Place
        What is shown; the address follows it.
    step : Reactive of int
        The last step of the browser's back and forward buttons that `place` answers.
    past, future : list
        What was asked before, and what was undone; see `Place.moves`.
    tried : Reactive of tuple of Tried
        Policies whose answers were seen, the last one first.
    keeps : Reactive of bool or None
        Whether the browser keeps scenarios; None until it has said so.
    notices : Reactive of tuple of str
        Lines shown above the page until it is changed.
    file, copy : Reactive of dict or None
        What the browser is to download, and to copy.
    moved : int
        The last move of a lever, as the browser numbers them.
    """

    def __init__(self, arrival: Arrival, notice: str = "") -> None:
        self.place: solara.Reactive[Place] = solara.reactive(arrival.place)
        self.step: solara.Reactive[int] = solara.reactive(0)
        self.notices: solara.Reactive[tuple[str, ...]] = solara.reactive(
            (notice,) if notice else ()
        )
        self.file: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self.copy: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self.past: list[tuple[Mix, str, str]] = []
        self.future: list[tuple[Mix, str, str]] = []
        self.tried: solara.Reactive[tuple[Tried, ...]] = solara.reactive(())
        self.keeps: solara.Reactive[bool | None] = solara.reactive(None)
        self.moved = 0
        self._number = itertools.count()

    def go(self, **changes: Any) -> None:
        """Change the place."""
        self.show(self.place.peek().but(**changes))

    def show(self, now: Place) -> None:
        """Show another place; what was asked before can be had back by `undo`."""
        before = self.place.peek()
        if now.moves() != before.moves():
            self.past = [*self.past, before.moves()][-MOST_STEPS:]
            self.future = []
        self.place.value = now

    def undo(self) -> None:
        """Take back the last change of what is asked."""
        if self.past:
            self.future.append(self.place.peek().moves())
            self._ask(self.past.pop())

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.future:
            self.past.append(self.place.peek().moves())
            self._ask(self.future.pop())

    def _ask(self, moves: tuple[Mix, str, str]) -> None:
        mix, against, over = moves
        self.tell()
        self.place.value = self.place.peek().but(mix=mix, against=against, over=over)

    def note(self, tried: Tried) -> None:
        """Remember a policy and its answer; one that was tried before moves to the front."""
        rest = [one for one in self.tried.peek() if one.asked != tried.asked]
        self.tried.value = (tried, *rest)[:MOST_TRIED]

    def keep(self, mix: Mix) -> None:
        """Keep a scenario under its title, in place of one of the same title."""
        rest = [one for one in self.place.peek().saved if one.title != mix.title]
        self.go(saved=(*rest, mix)[-MOST_SAVED:])

    def restored(self, kept: object) -> None:
        """Take what the browser has kept; None if it can't keep anything."""
        self.keeps.value = isinstance(kept, list)
        if isinstance(kept, list):
            have = {mix.title for mix in self.place.peek().saved}
            found = [mix for mix in files.kept_mixes(kept) if mix.title not in have]
            if found:
                saved = (*self.place.peek().saved, *found)[:MOST_SAVED]
                self.place.value = self.place.peek().but(saved=saved)

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

    def download(self, name: str, content: str | bytes, type_: str) -> None:
        """Hand a file to the browser; bytes are coded on the way."""
        coded = isinstance(content, bytes)
        text = b64encode(content).decode() if isinstance(content, bytes) else content
        file = {"name": name, "text": text, "type": type_, "coded": coded}
        self.file.value = {**file, "n": next(self._number)}

    def copy_link(self, done: str) -> None:
        """Copy the address; the browser says `done`."""
        self.copy.value = {"done": done, "n": next(self._number)}


def say(error: Exception, lang: str) -> str:
    """One line for a visitor; what no visitor can mend is in the server's log alone."""
    if not isinstance(error, UsageError | ScenarioError):
        return str(words(lang)["broken"]["answer"])
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
