"""Support services: which providers there are, where, and what keeps them running.

Each provider has a place, a capacity a month, opening months, a queue and the pot that pays it.
Running costs are due every month; what a pot cannot pay is missing from the capacity. Quality differs
between providers by luck: it multiplies what a course teaches, the files a desk handles, the uptake
of what posts, stations and sessions say, and the business ties made at an incubator site.
"""

from __future__ import annotations

import math

import numpy as np

from returnee.scenarios import County as Facts
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.draws import D_SERVICE, draws, normal
from returnee.simulation.state.money import fen, pay_share
from returnee.simulation.state.providers import (
    ACTIVITY,
    ALL_YEAR,
    EXTENSION,
    FUND,
    FUNDED_DIGITAL,
    FUNDED_MENTORS,
    FUNDED_MESSAGES,
    FUNDED_TRACKING,
    HALL,
    IN_THE_CITIES,
    MAX_CENTRES,
    MAX_POSTS,
    MAX_SITES,
    MAX_STATIONS,
    N_SERVICES,
    PLACES_A_SITE,
    POSTS,
    SITES,
    STATIONS,
    TRAINING,
    months_open,
    open_now,
    sites_at_work,
)

DESK_DAYS_BASE, DESK_DAYS_DIGITAL = 20.0, 3.0


@kernel
def qualities(clock, spread):
    """Quality of each provider: lognormal with mean 1."""
    found = np.empty(N_SERVICES)
    for k in range(N_SERVICES):
        u, _, _, _ = draws(clock, D_SERVICE, 0, k, 0)
        found[k] = math.exp(spread * normal(u) - 0.5 * spread * spread)
    return found


def provide(facts: Facts, clock: np.record) -> np.recarray:
    """The providers of a county, before any capacity is funded.

    Quality is lognormal with mean 1, a keyed draw by provider; the guarantee fund and the extension,
    of which there is one each and on which nothing hangs, have 1.
    """
    services = np.zeros(N_SERVICES, r.SERVICE)
    services["quality"] = qualities(clock, facts.firms.service_quality)
    services["quality"][[FUND, EXTENSION]] = 1.0
    towns = len(facts.townships)
    order = np.argsort([t.distance_km for t in facts.townships], kind="stable")
    closed = ALL_YEAR & ~(1 << (facts.work.festival_month - 1))
    kinds = (
        (TRAINING, MAX_CENTRES, r.S_TRAINING, r.POT_EMPLOYMENT, closed),
        (HALL, 1, r.S_DESK, r.POT_STARTUP, ALL_YEAR),
        (POSTS, MAX_POSTS, r.S_DESK, r.POT_STARTUP, ALL_YEAR),
        (FUND, 1, r.S_FUND, r.POT_FUND, ALL_YEAR),
        (SITES, MAX_SITES, r.S_INCUBATOR, r.POT_STARTUP, ALL_YEAR),
        (ACTIVITY, 1, r.S_ACTIVITY, r.POT_STARTUP, ALL_YEAR),
        (STATIONS, MAX_STATIONS, r.S_STATION, r.POT_STARTUP, closed),
        (EXTENSION, 1, r.S_EXTENSION, r.POT_STARTUP, closed),
    )
    for first, count, kind, pot, opening in kinds:
        some = services[first : first + count]
        some["kind"], some["pot"], some["opening"] = kind, pot, opening
        # Centres and sites stand in every few townships from the seat on; posts go round all.
        step = max(towns // count, 1) if kind in (r.S_TRAINING, r.S_INCUBATOR) else 1
        places = order[np.arange(count) * step % towns]
        some["township"] = IN_THE_CITIES if kind == r.S_STATION else places
    return services.view(np.recarray)


@kernel
def add_capacity(service, a_year, month, most):
    """Add a month's share of a yearly capacity; at most `most` is carried over."""
    if a_year <= 0.0:
        service.capacity = 0.0
        service.credit = 0.0
    elif open_now(service, month):
        service.capacity = a_year / months_open(service) * service.funded
        service.credit = min(service.credit + service.capacity, service.capacity + most)
    else:
        service.capacity = 0.0


@kernel
def charge(c, first, count, paid, cost):
    """Book `cost` fen, of which the share `paid` was met, to `count` providers alike."""
    for k in range(count):
        c.services[first + k].spent += int(paid * cost / count)


@kernel
def run_stations_and_posts(c):
    """Pay for posts and stations; unpaid ones reach fewer people."""
    policy, sample = c.policy, c.clock.sample
    posts, stations = policy.services_township_posts, policy.services_destination_stations
    cost = fen(posts * policy.costs_township_post / 12.0 * sample)
    paid = pay_share(c, r.G_POSTS, cost)
    charge(c, POSTS, posts, paid, cost)
    for p in range(MAX_POSTS):
        c.services[POSTS + p].funded = paid if p < posts else 0.0
    cost = fen(stations * policy.costs_station / 12.0 * sample)
    paid = pay_share(c, r.G_STATIONS, cost)
    charge(c, STATIONS, stations, paid, cost)
    for s in range(MAX_STATIONS):
        c.services[STATIONS + s].funded = paid if s < stations else 0.0


@kernel
def run_desk(c):
    """Pay for the digital desk; files a month that hall and posts can handle.

    A desk that needs fewer days for a file handles more of them.
    """
    policy, facts, clock = c.policy, c.facts, c.clock
    digital = max(DESK_DAYS_BASE - policy.services_desk_days, 0.0) / (
        DESK_DAYS_BASE - DESK_DAYS_DIGITAL
    )
    cost = fen(policy.costs_desk_digital * digital / 12.0 * clock.sample)
    c.funded[FUNDED_DIGITAL] = pay_share(c, r.G_DESK, cost)
    charge(c, HALL, 1, c.funded[FUNDED_DIGITAL], cost)
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
def desk_days(c):
    """Working days a loan file takes; a digital desk that is not paid for is as slow as before."""
    policy = c.policy
    days = policy.services_desk_days
    if days < DESK_DAYS_BASE:
        days = DESK_DAYS_BASE - (DESK_DAYS_BASE - days) * c.funded[FUNDED_DIGITAL]
    return days


@kernel
def run_training(c):
    """Places of this month at the centres, and through the stations at destinations."""
    policy, clock, facts = c.policy, c.clock, c.facts
    places = policy.training_places * clock.sample
    away = policy.training_during_migration_share
    stations = policy.services_destination_stations
    if stations == 0:
        away = 0.0
    centres = min(int(facts.firms_training_centres), MAX_CENTRES)
    for k in range(MAX_CENTRES):
        centre = c.services[TRAINING + k]
        centre.funded = 1.0 if k < centres else 0.0
        add_capacity(centre, places * (1.0 - away) / centres, clock.month, 3.0)
    for s in range(MAX_STATIONS):
        station = c.services[STATIONS + s]
        share = away * places / max(stations, 1) if s < stations else 0.0
        add_capacity(station, share, clock.month, 3.0)


@kernel
def run_incubators(c):
    """Pay for the sites; places that are paid for can be used.

    Sites beyond the county's stock are built once, in the month in which they are added.
    """
    policy, clock, facts = c.policy, c.clock, c.facts
    places = policy.incubation_places
    standing = max(c.clock.places_built, facts.firms_incubator_places)
    if places > standing and clock.month >= 1:
        sites = (places - standing) / PLACES_A_SITE
        pay_share(c, r.G_INCUBATOR, fen(sites * policy.costs_incubator_site_once * clock.sample))
        c.clock.places_built = places
    cost = fen(places / PLACES_A_SITE * policy.costs_incubator_site / 12.0 * clock.sample)
    paid = pay_share(c, r.G_INCUBATOR, cost)
    charge(c, SITES, sites_at_work(places), paid, cost)
    for s in range(MAX_SITES):
        site = c.services[SITES + s]
        here = min(max(places - s * PLACES_A_SITE, 0.0), float(PLACES_A_SITE))
        site.funded = paid if here > 0.0 else 0.0
        site.capacity = here * clock.sample * paid


@kernel
def run_rest(c):
    """Pay for messages, mentors, the extension, roads, sites and case tracking."""
    policy, clock, facts = c.policy, c.clock, c.facts
    sample = clock.sample
    messages = policy.services_mass_messages * policy.costs_message / 12.0 * sample
    c.funded[FUNDED_MESSAGES] = pay_share(c, r.G_MESSAGES, fen(messages))
    mentors = policy.services_mentors * policy.costs_mentor / 12.0 * sample
    c.funded[FUNDED_MENTORS] = pay_share(c, r.G_MENTORS, fen(mentors))
    tracking = policy.linkage_referral * policy.costs_case_tracking / 12.0 * sample
    c.funded[FUNDED_TRACKING] = pay_share(c, r.G_TRACKING, fen(tracking))
    extension = c.services[EXTENSION]
    extension.funded = 1.0
    add_capacity(extension, policy.technology_extension_visits * sample, clock.month, 2.0)
    better = max(policy.venue_road_quality - facts.firms_road, 0.0)
    paid = pay_share(c, r.G_ROADS, fen(better * policy.costs_road / 12.0 * sample))
    c.clock.road = min(policy.venue_road_quality, facts.firms_road + better * paid)
    sites = policy.venue_sites_land * policy.costs_site_land / 12.0 * sample
    c.clock.sites = policy.venue_sites_land * sample * pay_share(c, r.G_SITES, fen(sites))


@kernel
def fund_services(c):
    """Part of step 1: running costs are paid and this month's capacities set."""
    run_stations_and_posts(c)
    run_desk(c)
    run_training(c)
    run_incubators(c)
    run_rest(c)
