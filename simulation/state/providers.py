"""Providers of support: their rows, numbers, and months in which they are open."""

from __future__ import annotations

import math

from returnee.simulation.engine.compiler import kernel

# Rows of County.services.
TRAINING, MAX_CENTRES = 0, 6
HALL = TRAINING + MAX_CENTRES
POSTS, MAX_POSTS = HALL + 1, 40
FUND = POSTS + MAX_POSTS
SITES, MAX_SITES, PLACES_A_SITE = FUND + 1, 6, 50
ACTIVITY = SITES + MAX_SITES
STATIONS, MAX_STATIONS = ACTIVITY + 1, 15
EXTENSION = STATIONS + MAX_STATIONS
N_SERVICES = EXTENSION + 1

# Entries of County.funded.
FUNDED_MESSAGES, FUNDED_MENTORS, FUNDED_DIGITAL, FUNDED_TRACKING = range(4)

ALL_YEAR = 0xFFF
IN_THE_CITIES = 255  # township of a station


@kernel
def open_now(service, month):
    """Whether a provider is open in this month of the year."""
    return int(service.opening) & (1 << ((month - 1) % 12)) != 0


@kernel
def months_open(service):
    """Months of the year in which a provider is open."""
    count = 0
    for m in range(12):
        if int(service.opening) & (1 << m):
            count += 1
    return max(count, 1)


@kernel
def sites_at_work(places):
    """Incubator sites that hold `places` places."""
    return min(int(math.ceil(places / PLACES_A_SITE)), MAX_SITES)
