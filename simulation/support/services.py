"""Support services: which providers there are, where, and what keeps them running.

Each provider has a place, a capacity a month, opening months, a queue and the pot that pays it.
Running costs are due every month; what a pot cannot pay is missing from the capacity. Quality differs
between providers by luck: it multiplies what a course teaches, the files a desk handles, the uptake
of what posts, stations and sessions say, and the business ties made at an incubator site.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.scenarios import County as Facts
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.draws import (
    D_SERVICE,
    ONLY,
    draws,
    normal,
)
from returnee.simulation.state.money import fen, pay_share, scaled
from returnee.simulation.state.programmes import (
    DESK_DAYS_BASE,
    G_DESK,
    G_INCUBATOR,
    G_MENTORS,
    G_MESSAGES,
    G_POSTS,
    G_ROADS,
    G_SITES,
    G_STATIONS,
    G_TRACKING,
    PLACES_A_SITE,
    cost_of_building,
    cost_of_desk,
    cost_of_mentors,
    cost_of_messages,
    cost_of_places,
    cost_of_posts,
    cost_of_roads,
    cost_of_sites,
    cost_of_stations,
    cost_of_tracking,
    road_gain,
    standing_places,
)
from returnee.simulation.state.providers import (
    ALL_YEAR,
    CENTRES,
    CITIES,
    EXTENSION,
    HALL,
    IN_THE_CITIES,
    MAX_CENTRES,
    MAX_POSTS,
    MAX_SITES,
    MAX_STATIONS,
    N_SERVICES,
    POSTS,
    PROVIDERS,
    SITES,
    SPREAD,
    STATIONS,
    months_open,
    open_now,
    sites_at_work,
)
from returnee.simulation.state.queues import desk_days

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def qualities(clock: np.record, spread: float):
    """Quality of each provider: lognormal with mean 1."""
    found = np.empty(N_SERVICES)
    for k in range(N_SERVICES):
        u, _, _, _ = draws(clock, D_SERVICE, 0, k, ONLY)
        found[k] = math.exp(spread * normal(u) - 0.5 * spread * spread)
    return found


@kernel
def begun(clock: np.record):
    """What is carried over to the first month of whole people, files, visits and prizes.

    A uniform draw for each provider, then for messages, contests and their winners: what is counted in whole
    numbers is then right on average from the first month on, in however small a sample.
    """
    found = np.empty(N_SERVICES + 3)
    for k in range(N_SERVICES + 3):
        _, v, _, _ = draws(clock, D_SERVICE, 0, k, ONLY)
        found[k] = v
    return found


def provide(facts: Facts, clock: np.record) -> np.recarray:
    """The providers of a county, before any capacity is funded; the clock gets what is carried over.

    Quality is lognormal with mean 1, a keyed draw by provider, or 1 where there is one provider and
    nothing hangs on it.
    """
    services = np.zeros(N_SERVICES, r.SERVICE)
    carried = begun(clock)
    services["credit"] = carried[:N_SERVICES]
    clock.messages_credit, clock.contest_credit, clock.winner_credit = carried[N_SERVICES:]
    services["quality"] = qualities(clock, facts.firms.service_quality)
    towns = len(facts.townships)
    rows = facts.townships
    order = np.array(
        sorted(range(towns), key=lambda k: (rows[k].distance_km, -rows[k].weight, rows[k].name))
    )
    closed = ALL_YEAR & ~(1 << (facts.work.festival_month - 1))
    for group in PROVIDERS:
        some = services[group.first : group.first + group.most]
        some["kind"], some["pot"] = group.kind, group.pot
        some["opening"] = closed if group.closes else ALL_YEAR
        if not group.luck:
            some["quality"] = 1.0
        # Centres and sites stand in every few townships from the seat on; posts go round all.
        step = max(towns // group.most, 1) if group.where == SPREAD else 1
        places = order[np.arange(group.most) * step % towns]
        some["township"] = IN_THE_CITIES if group.where == CITIES else places
    return services.view(np.recarray)


@kernel
def add_capacity(service: np.record, a_year: float, month: int, most: float):
    """Add a month's share of a yearly capacity; at most `most` is carried over."""
    if a_year <= 0.0:
        service.capacity = 0.0
        service.credit = 0.0
    elif open_now(service, month):
        capacity = a_year / months_open(service) * service.funded
        service.capacity = capacity
        service.credit = min(service.credit + capacity, capacity + most)
    else:
        service.capacity = 0.0


@kernel
def charge(c: County, first: int, count: int, programme: int, due: int):
    """Book what was met of the `due` fen of a programme to `count` providers alike."""
    for k in range(count):
        paid = c.funded[programme] / c.clock.scale * due
        c.services[first + k].spent += int(paid / count)


@kernel
def run(c: County, programme: int, cost: float):
    """Pay the running cost of a programme, yuan for the full county, as far as cap and pot go.

    The share that runs is kept in ``c.funded``.

    Returns
    -------
    int
        What was due, fen.
    """
    due = fen(scaled(c, cost * c.clock.sample))
    c.funded[programme] = c.clock.scale * pay_share(c, programme, due)
    return due


@kernel
def run_stations_and_posts(c: County):
    """Pay for posts and stations; unpaid ones reach fewer people."""
    posts, stations = c.policy.services_township_posts, c.policy.services_destination_stations
    due = run(c, G_POSTS, cost_of_posts(c))
    charge(c, POSTS, posts, G_POSTS, due)
    for p in range(MAX_POSTS):
        c.services[POSTS + p].funded = c.funded[G_POSTS] if p < posts else 0.0
    due = run(c, G_STATIONS, cost_of_stations(c))
    charge(c, STATIONS, stations, G_STATIONS, due)
    for s in range(MAX_STATIONS):
        c.services[STATIONS + s].funded = c.funded[G_STATIONS] if s < stations else 0.0


@kernel
def run_desk(c: County):
    """Pay for the desk; files a month that hall and posts can handle.

    A desk that needs fewer days for a file handles more of them.
    """
    facts, clock = c.facts, c.clock
    due = run(c, G_DESK, cost_of_desk(c))
    charge(c, HALL, 1, G_DESK, due)
    days = desk_days(c)
    hall = c.services[HALL]
    hall.funded = 1.0
    files = facts.firms_hall_files * hall.quality * DESK_DAYS_BASE / days * 12.0
    add_capacity(hall, files * clock.sample, clock.month, 1.0)
    for p in range(MAX_POSTS):
        post = c.services[POSTS + p]
        files = facts.firms_post_files * DESK_DAYS_BASE / days * clock.sample
        post.capacity = files * post.quality * post.funded


@kernel
def run_training(c: County):
    """Places of this month at the centres, and through the stations at destinations."""
    policy, clock, facts = c.policy, c.clock, c.facts
    places = scaled(c, policy.training_places * clock.sample)
    a_class = policy.training_class_size * clock.sample + 1.0
    away = policy.training_during_migration_share
    stations = policy.services_destination_stations
    if stations == 0:
        away = 0.0
    centres = min(int(facts.firms_training_centres), MAX_CENTRES)
    for k in range(MAX_CENTRES):
        centre = c.services[CENTRES + k]
        centre.funded = 1.0 if k < centres else 0.0
        add_capacity(centre, places * (1.0 - away) / centres, clock.month, a_class)
    for s in range(MAX_STATIONS):
        station = c.services[STATIONS + s]
        share = away * places / max(stations, 1) if s < stations else 0.0
        add_capacity(station, share, clock.month, a_class)


@kernel
def run_incubators(c: County):
    """Pay for the sites; places that are paid for can be used.

    Sites beyond the county's stock are built once, in the month in which they are added.
    """
    places, clock = c.policy.incubation_places, c.clock
    if places > standing_places(clock, c.facts) and clock.month >= 1:
        more = places - standing_places(clock, c.facts)
        run(c, G_INCUBATOR, cost_of_building(c))
        clock.places_built = places - more * (1.0 - c.funded[G_INCUBATOR])
    places = min(places, standing_places(clock, c.facts))
    due = run(c, G_INCUBATOR, cost_of_places(c))
    paid = c.funded[G_INCUBATOR]
    charge(c, SITES, sites_at_work(places), G_INCUBATOR, due)
    for s in range(MAX_SITES):
        site = c.services[SITES + s]
        here = min(max(places - s * PLACES_A_SITE, 0.0), float(PLACES_A_SITE))
        site.funded = paid if here > 0.0 else 0.0
        site.capacity = here * clock.sample * paid


@kernel
def run_rest(c: County):
    """Pay for messages, mentors, case officers, roads and sites; visits are paid when made."""
    policy, clock = c.policy, c.clock
    run(c, G_MESSAGES, cost_of_messages(c))
    run(c, G_MENTORS, cost_of_mentors(c))
    run(c, G_TRACKING, cost_of_tracking(c))
    extension = c.services[EXTENSION]
    extension.funded = 1.0
    visits = scaled(c, policy.technology_extension_visits * clock.sample)
    add_capacity(extension, visits, clock.month, 2.0)
    run(c, G_ROADS, cost_of_roads(c))
    better = road_gain(policy, c.facts) * c.funded[G_ROADS]
    clock.road = min(policy.venue_road_quality, c.facts.firms_road + better)
    run(c, G_SITES, cost_of_sites(c))
    clock.sites = policy.venue_sites_land * clock.sample * c.funded[G_SITES]


@kernel
def fund_services(c: County):
    """Part of step 1: running costs are paid and this month's capacities set."""
    run_stations_and_posts(c)
    run_desk(c)
    run_training(c)
    run_incubators(c)
    run_rest(c)
