"""Providers of support: their kinds, rows and numbers, and the months in which they are open.

A kind of service or a group of providers is declared by one call, which gives its code or first row;
`support.services.provide` sets them up from these tables.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state.programmes import (
    PLACES_A_SITE,
    POT_EMPLOYMENT,
    POT_FUND,
    POT_STARTUP,
)

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


ALL_YEAR = 0xFFF
IN_THE_CITIES = 255  # township of a station

# Where the providers of a group stand, from the county seat on: in every township in turn, spread
# over the townships, or in the cities.
EACH, SPREAD, CITIES = "each", "spread", "cities"


class Kind(NamedTuple):
    """A kind of service: its name in tables, and what people call it."""

    key: str
    en: str
    zh: str


class Provider(NamedTuple):
    """A group of providers.

    Attributes
    ----------
    kind : int
        Code of the kind of service.
    first, most : int
        Row of the first in County.services, and how many there can be.
    pot : int
        Code of the pot that pays.
    closes : bool
        Whether it is closed in the month of Spring Festival.
    luck : bool
        Whether quality differs between providers.
    where : str
        EACH, SPREAD or CITIES.
    """

    kind: int
    first: int
    most: int
    pot: int
    closes: bool
    luck: bool
    where: str


_kinds: list[Kind] = []
_providers: list[Provider] = []


def service_kind(key: str, en: str, zh: str) -> int:
    """Declare a kind of service; its code."""
    _kinds.append(Kind(key, en, zh))
    return len(_kinds) - 1


def providers(
    kind: int, most: int, pot: int, closes: bool = False, luck: bool = True, where: str = EACH
) -> int:
    """Declare a group of providers; the row of the first."""
    first = _providers[-1].first + _providers[-1].most if _providers else 0
    _providers.append(Provider(kind, first, most, pot, closes, luck, where))
    return first


MAX_CENTRES, MAX_POSTS, MAX_SITES, MAX_STATIONS = 20, 200, 20, 30

S_TRAINING = service_kind("training centre", "training centre", "培训机构")
S_DESK = service_kind("service desk", "service desk", "服务窗口")
S_FUND = service_kind("guarantee fund", "guarantee fund", "担保基金")
S_INCUBATOR = service_kind("incubator site", "incubator site", "孵化基地")
S_ACTIVITY = service_kind("activity programme", "activity programme", "创业活动")
S_STATION = service_kind("destination station", "station in the cities", "驻外服务站")
S_EXTENSION = service_kind("technology extension", "technology extension", "技术推广")

CENTRES = providers(S_TRAINING, MAX_CENTRES, POT_EMPLOYMENT, closes=True, where=SPREAD)
HALL = providers(S_DESK, 1, POT_STARTUP)
POSTS = providers(S_DESK, MAX_POSTS, POT_STARTUP)
FUND = providers(S_FUND, 1, POT_FUND, luck=False)
SITES = providers(S_INCUBATOR, MAX_SITES, POT_STARTUP, where=SPREAD)
ACTIVITY = providers(S_ACTIVITY, 1, POT_STARTUP)
STATIONS = providers(S_STATION, MAX_STATIONS, POT_STARTUP, closes=True, where=CITIES)
EXTENSION = providers(S_EXTENSION, 1, POT_STARTUP, closes=True, luck=False)

PROVIDERS, KIND_TABLE = tuple(_providers), tuple(_kinds)
SERVICE_KINDS = tuple(kind.key for kind in KIND_TABLE)
N_SERVICES = PROVIDERS[-1].first + PROVIDERS[-1].most


@kernel
def open_now(service: np.record, month: int):
    """Whether a provider is open in this month of the year."""
    return int(service.opening) & (1 << ((month - 1) % 12)) != 0


@kernel
def months_open(service: np.record):
    """Months of the year in which a provider is open."""
    count = 0
    for m in range(12):
        if int(service.opening) & (1 << m):
            count += 1
    return max(count, 1)


@kernel
def sites_at_work(places: float):
    """Incubator sites that hold `places` places."""
    return min(int(math.ceil(places / PLACES_A_SITE)), MAX_SITES)


@kernel
def how_near(c: County, township: int, provider: int):
    """Distance between a township and a provider as far as it is known: by those to the county seat."""
    return abs(c.towns[township].distance - c.towns[int(c.services[provider].township)].distance)


@kernel
def nearest(c: County, township: int, first: int, count: int):
    """Which of `count` providers from row `first` on is the nearest to a township; the first of equals.

    Providers are numbered from the county seat on, so that no order of townships decides.
    """
    best = 0
    for k in range(1, count):
        if how_near(c, township, first + k) < how_near(c, township, first + best):
            best = k
    return best


@kernel
def nearest_with_room(c: County, township: int, first: int, room: np.ndarray):
    """Which of the providers from row `first` on with a free place is the nearest; -1: none."""
    best = -1
    for k in range(len(room)):
        if room[k] > 0 and (
            best < 0 or how_near(c, township, first + k) < how_near(c, township, first + best)
        ):
            best = k
    return best
