"""What a page shows, as one value, and the same written as the address in the browser.

``?v=1&page=explore&base=linked&training.places=1500`` is the Explore page of *linked* with 1,500
training places. Keys of policy levers leave out ``policy.``. What an address asks for that is not
known or out of range is left out, and said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from returnee.dashboard.settings import COUNTIES, USUAL, check_size
from returnee.experiments.keys import BY_KEY as LEVERS
from returnee.experiments.words.texts import one_line
from returnee.scenarios import Lever, Scenario, load_scenario, scenario_names

VERSION = "1"
MONTHS = 120  # of every run on a page
MOST_MONTHS = 40  # in which one lever may change
SCHOOLING = tuple(key for key in LEVERS if key.startswith("county.people.schooling_"))
"""Shares that add up to 1."""

THEMES = ("auto", "light", "dark")
LANGUAGES = ("en", "zh")
UNMOVED = "unmoved"
ONE_SET, ENSEMBLE = "one", "ensemble"
MOST_SAVED = 12
MOST_COMPARED = 6
LONGEST_TITLE = 60
LONGEST_QUERY = 20_000
MOST_PARTS = 400
Value = bool | int | float
Timed = Value | Mapping[int, Value]
EMPTY: Mapping[str, Timed] = MappingProxyType({})
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Mix:
    """A scenario that ships, with levers moved.

    Attributes
    ----------
    base : str
        Name of a scenario that ships.
    levers : mapping
        Full key (``policy.training.places``) to value, or to months and values.
    start : int
        Month from which moved policy levers hold.
    title : str
        Given by the user; empty: named after the base.
    county : str
        Name of a county that the server was started with; empty: the scenario's own.
    """

    base: str = "linked"
    levers: Mapping[str, Timed] = field(default_factory=lambda: EMPTY)
    start: int = 1
    title: str = ""
    county: str = ""

    def __hash__(self) -> int:
        return hash((self.base, tuple(_flat(self.levers)), self.start, self.title, self.county))

    def overrides(self) -> dict[str, Any]:
        """What is laid on the base, as `load_scenario` takes it."""
        folder = {"county": str(COUNTIES[self.county])} if self.county else {}
        return folder | {
            key: {self.start: value}
            if self.start > 1 and key.startswith("policy.") and not isinstance(value, Mapping)
            else value
            for key, value in self.levers.items()
        }

    def unmoved(self) -> Scenario:
        """The base in its county, with no lever moved: it can always be read."""
        return Mix(self.base, county=self.county).scenario()

    def scenario(self) -> Scenario:
        """The scenario, checked.

        Raises
        ------
        ScenarioError
            One line, as on the command line.
        """
        return _read(self)

    def world(self) -> dict[str, Timed]:
        """Moved levers that are no policy: county and behaviour."""
        return {key: value for key, value in self.levers.items() if not key.startswith("policy.")}

    def moved(self, key: str, value: Timed | None) -> Mix:
        """The mix with a lever moved, or put back (None)."""
        kept = {k: v for k, v in self.levers.items() if k != key}
        if value is not None:
            kept[key] = value
        return replace(self, levers=MappingProxyType(kept))


def _flat(moved: Mapping[str, Timed]) -> Iterator[tuple[str, str]]:
    for key, value in sorted(moved.items()):
        yield key, written(value)


@lru_cache(maxsize=256)
def _read(mix: Mix) -> Scenario:
    scenario = load_scenario(mix.base, mix.overrides())
    check_size(scenario)
    return scenario


@dataclass(frozen=True)
class Place:
    """Everything that the address restores.

    Attributes
    ----------
    page, lang, theme : str
    mix : Mix
        The policy on Explore; Paths and Network show it too.
    against : str
        Name of the scenario that it is compared with; "unmoved": its own base.
    over : str
        "one": the parameters in use; "ensemble": the sets of the ensemble, a run each.
    chart : str
        Measure shown on Explore.
    compared : tuple of str
        On Compare: names of scenarios that ship, and titles of saved ones.
    saved : tuple of Mix
        Saved from Explore.
    options : mapping
        Choices of single pages, such as the month on Network.
    """

    page: str = "explore"
    lang: str = "en"
    theme: str = "auto"
    mix: Mix = field(default_factory=Mix)
    against: str = USUAL
    over: str = ONE_SET
    chart: str = "firms_open"
    compared: tuple[str, ...] = ("linked", "training_quality", "training_volume")
    saved: tuple[Mix, ...] = ()
    options: Mapping[str, str] = field(default_factory=lambda: NO_OPTIONS)

    def __hash__(self) -> int:
        return hash(address_of(self))

    def but(self, **changes: Any) -> Place:
        """The place with some things changed."""
        return replace(self, **changes)

    def option(self, name: str, default: str) -> str:
        """A page's own choice."""
        return self.options.get(name, default)

    def choosing(self, **options: str) -> Place:
        """The place with some of a page's own choices changed."""
        return self.but(options=MappingProxyType({**self.options, **options}))

    def named(self) -> str:
        """Name of the scenario that the policy is compared with."""
        return self.mix.base if self.against == UNMOVED else self.against

    def moves(self) -> tuple[Mix, str, str]:
        """What a visitor moves: the mix, what it is compared with, and over what."""
        return self.mix, self.against, self.over

    def asked(self) -> tuple[object, ...]:
        """What the runs of Explore depend on."""
        return self.mix.base, tuple(self.mix.overrides().items()), self.against, self.over

    def reference(self) -> Scenario:
        """What the policy is compared with: in the same world."""
        world = MappingProxyType(self.mix.world())
        return Mix(self.named(), world, county=self.mix.county).scenario()

    def mix_of(self, name: str) -> Mix:
        """A saved mix by its title, or a scenario that ships; in the county of the page."""
        for mix in self.saved:
            if mix.title == name:
                return replace(mix, county=self.mix.county)
        return Mix(name, county=self.mix.county)


def written(value: Timed) -> str:
    """A lever's value as an address writes it: ``1500``, ``true``, ``1:1000,25:1500``."""
    if isinstance(value, Mapping):
        return ",".join(f"{month}:{written(inner)}" for month, inner in sorted(value.items()))
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, int) else f"{value:.12g}"


def short(key: str) -> str:
    """A lever's key as an address writes it."""
    return key.removeprefix("policy.")


def address_of(place: Place) -> str:
    """The query that restores a place, without the question mark."""
    start = Place()
    pairs: list[tuple[str, str]] = [("v", VERSION), ("page", place.page), ("lang", place.lang)]
    if place.theme != start.theme:
        pairs.append(("theme", place.theme))
    pairs += [("base", place.mix.base), ("against", place.against)]
    if place.mix.start != 1:
        pairs.append(("start", str(place.mix.start)))
    if place.mix.title:
        pairs.append(("title", place.mix.title))
    if place.mix.county or COUNTIES:
        pairs.append(("county", place.mix.county))
    if place.over != start.over:
        pairs.append(("over", place.over))
    if place.chart != start.chart:
        pairs.append(("chart", place.chart))
    pairs += [(short(key), written(value)) for key, value in sorted(place.mix.levers.items())]
    if place.compared != start.compared:
        pairs.append(("compared", ",".join(place.compared)))
    pairs += [("saved", saved_text(mix)) for mix in place.saved]
    pairs += [(f"o.{name}", value) for name, value in sorted(place.options.items())]
    return urlencode(pairs, safe=":,~.")


def saved_text(mix: Mix) -> str:
    """A mix as an address, and a browser, keep it: title, base, start and levers."""
    moved = [f"{short(key)}={written(value)}" for key, value in sorted(mix.levers.items())]
    return "~".join([mix.title, mix.base, str(mix.start), *moved])


class Unusable(ValueError):
    """Something in an address that is left out: what it was."""


@dataclass(frozen=True)
class Arrival:
    """A place read from an address, and what was left out of it.

    Attributes
    ----------
    place : Place
    ignored : tuple of str
        ``key=value`` of each part that is not known or out of range.
    """

    place: Place
    ignored: tuple[str, ...]


def arrive(
    query: str,
    pages: tuple[str, ...],
    charts: tuple[str, ...],
    first: Place | None = None,
    options: Mapping[str, frozenset[str] | None] | None = None,
) -> Arrival:
    """Read an address.

    Parameters
    ----------
    query : str
        What stands behind the question mark; may come from anybody.
    pages, charts : tuple of str
        What can be shown.
    first : Place, optional
        Where one is without an address.
    options : mapping, optional
        Names of pages' own choices to what they may be; None: any whole number.
    """
    place = first or Place()
    moved: dict[str, Timed] = {}
    ignored: list[str] = []
    if len(query) > LONGEST_QUERY or query.count("&") >= MOST_PARTS:
        return Arrival(place, (f"{query[:40]}…",))
    for key, value in parse_qsl(
        query.removeprefix("?"), keep_blank_values=True, max_num_fields=MOST_PARTS
    ):
        try:
            place = _with_part(place, key, value, pages, charts, moved, options or {})
        except (Unusable, ValueError):
            ignored.append(f"{key}={value}"[:80])
    mix = replace(place.mix, levers=MappingProxyType(moved)) if moved else place.mix
    known = {*scenario_names(), *(saved.title for saved in place.saved)}
    compared = tuple(name for name in dict.fromkeys(place.compared) if name in known)
    ignored += [f"compared={name}"[:80] for name in place.compared if name not in known]
    compared = compared[:MOST_COMPARED] or Place().compared
    return Arrival(place.but(mix=mix, compared=compared), tuple(ignored))


def _with_part(
    place: Place,
    key: str,
    value: str,
    pages: tuple[str, ...],
    charts: tuple[str, ...],
    moved: dict[str, Timed],
    options: Mapping[str, frozenset[str] | None],
) -> Place:
    """The place with one part of an address; levers are put into `moved`."""
    allowed = {
        "v": (VERSION,), "page": pages, "lang": LANGUAGES, "theme": THEMES, "chart": charts,
        "base": scenario_names(), "against": [*scenario_names(), UNMOVED],
        "over": (ONE_SET, ENSEMBLE), "county": ("", *COUNTIES),
    }  # fmt: skip
    if key in allowed:
        if value not in allowed[key]:
            raise Unusable
        if key in ("base", "county"):
            mix = (
                replace(place.mix, base=value)
                if key == "base"
                else replace(place.mix, county=value)
            )
            return place.but(mix=mix)
        return place if key == "v" else place.but(**{key: value})
    if key == "start":
        return place.but(mix=replace(place.mix, start=_month(value)))
    if key == "title":
        return place.but(mix=replace(place.mix, title=printable(value)))
    if key == "compared":
        return place.but(compared=tuple(value.split(",")))
    if key == "saved":
        if len(place.saved) >= MOST_SAVED:
            raise Unusable
        return place.but(saved=(*place.saved, saved_of(value)))
    if key.startswith("o."):
        name = key[2:]
        if name not in options:
            raise Unusable
        choices = options[name]
        if (
            value not in choices
            if choices is not None
            else not (value.isascii() and value.isdigit() and len(value) < 10)
        ):
            raise Unusable
        return place.choosing(**{name: value})
    full = full_key(key)
    moved[full] = read_value(LEVERS[full], value)
    return place


def full_key(key: str) -> str:
    """The full key of a lever as an address writes it.

    Raises
    ------
    Unusable
        If there is no such lever.
    """
    for full in (f"policy.{key}", key):
        if full in LEVERS:
            return full
    raise Unusable(key)


def printable(title: str) -> str:
    """A title on one line."""
    return one_line(title)[:LONGEST_TITLE]


def _month(text: str) -> int:
    month = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= month <= MONTHS:
        raise Unusable(text)
    return month


def saved_of(text: str) -> Mix:
    """A mix out of `saved_text`.

    Raises
    ------
    Unusable
        If it is none, or holds what is not known or out of range.
    """
    title, base, start, *parts = text.split("~")
    if base not in scenario_names() or not title:
        raise Unusable(text)
    moved: dict[str, Timed] = {}
    for part in parts:
        key, _, value = part.partition("=")
        full = full_key(key)
        moved[full] = read_value(LEVERS[full], value)
    return Mix(base, MappingProxyType(moved), _month(start), printable(title))


def read_value(lever: Lever, text: str) -> Timed:
    """A lever's value out of an address, within its range.

    Raises
    ------
    Unusable
        If it is not a value of the lever.
    """
    if ":" in text and lever.key.startswith("policy."):
        pairs = [part.split(":") for part in text.split(",")]
        if any(len(pair) != 2 for pair in pairs) or len(pairs) > MOST_MONTHS:
            raise Unusable(text)
        return {_month(month): fitting(lever, _number(lever, value)) for month, value in pairs}
    return fitting(lever, _number(lever, text))


def _number(lever: Lever, text: str) -> Value:
    if lever.type is bool:
        if text not in ("true", "false"):
            raise Unusable(text)
        return text == "true"
    value = float(text)
    return (
        int(value) if lever.type is int and math.isfinite(value) and value == int(value) else value
    )


def fitting(lever: Lever, value: Any) -> Value:
    """The value as the lever takes it.

    Raises
    ------
    Unusable
        If it is of another type or out of range.
    """
    if lever.type is bool:
        if not isinstance(value, bool):
            raise Unusable(lever.allowed)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unusable(lever.allowed)
    if lever.type is int and value != int(value):
        raise Unusable(lever.allowed)
    if not (lever.low or 0) <= value <= (lever.high if lever.high is not None else math.inf):
        raise Unusable(lever.allowed)
    return int(value) if lever.type is int else value
