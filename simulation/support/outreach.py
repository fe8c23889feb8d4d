"""Outreach: messages, and talks at posts and stations, that tell people of support.

A contact is with somebody who is where the provider is: posts talk to people at home, stations to people
away. A station also passes on jobs with employers at home. A job that is passed on is kept for that person,
who has it on coming home within a year; no more jobs are promised than fall vacant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.people.information import note
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import N_CHANNELS
from returnee.simulation.state.draws import (
    D_CAPACITY,
    D_MESSAGE,
    D_POST,
    D_STATION,
    I_OFFERS,
    I_REACH,
    I_UPTAKE,
    REACH_TRIES,
    draw_each,
    draws,
)
from returnee.simulation.state.programmes import G_MESSAGES
from returnee.simulation.state.providers import POSTS, STATIONS, open_now
from returnee.simulation.state.visible import ACTIVE, HOME
from returnee.simulation.support.targeting import top_weight, weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


ANYWHERE, AT_HOME, IN_THE_CITY = range(3)  # where those are whom a contact is meant for


@kernel
def is_there(seen: int, place: int):
    """Whether somebody in the labour force, of whom this is seen, is where a provider is."""
    home = seen >> HOME & 1 == 1
    return seen >> ACTIVE & 1 == 1 and (place == ANYWHERE or home == (place == AT_HOME))


@kernel
def reach(c: County, decision: int, contact: int, town: int, place: int, top: float):
    """Row of the person whom one contact reaches in a township (-1: anywhere); -1: nobody.

    People are tried until one is in the place and passes the targeting weights.
    """
    clock, policy = c.clock, c.policy
    for attempt in range(REACH_TRIES):
        u, v, _, _ = draws(clock, decision, clock.month, contact, I_REACH + 2 * attempt)
        if town < 0:
            i = c.row_of[int(u * clock.present)]
        else:
            present = c.towns[town].present
            if present == 0:
                return -1
            i = c.members[c.members_ptr[town] + int(u * present)]
        if not is_there(int(c.seen[i]), place):
            continue
        worker = c.workers[i]
        if v * top < weight_of(worker, policy, c.towns[worker.township], clock.month):
            return i
    return -1


@kernel
def contacts(credit: float, expected: float):
    """Whole number of contacts out of an expected number, carrying the rest over."""
    total = credit + expected
    whole = int(total)
    return whole, total - whole


@kernel
def send_messages(c: County):
    """Each mass message tells one person, anywhere, of one channel."""
    clock, policy, behaviour = c.clock, c.policy, c.behaviour
    number, clock.messages_credit = contacts(
        clock.messages_credit,
        policy.services_mass_messages / 12.0 * clock.sample * c.funded[G_MESSAGES],
    )
    top = top_weight(policy)
    luck = np.empty((4, number))
    draw_each(
        clock, D_MESSAGE, clock.month, np.arange(number), np.full(number, I_UPTAKE, np.int64), luck
    )
    for k in range(number):
        if luck[0, k] < behaviour.information_message_uptake:
            i = reach(c, D_MESSAGE, k, -1, ANYWHERE, top)
            if i >= 0:
                note(c, i, int(luck[1, k] * N_CHANNELS), True)


@kernel
def talk_at_posts(c: County):
    """Cadres at township posts talk to people who are at home in their township."""
    clock, policy, behaviour = c.clock, c.policy, c.behaviour
    top = top_weight(policy)
    for p in range(policy.services_township_posts):
        post = c.services[POSTS + p]
        number, post.credit = contacts(
            post.credit, behaviour.information_post_contacts * clock.sample * post.funded
        )
        for k in range(number):
            contact = p * 4096 + k
            u, v, _, _ = draws(clock, D_POST, clock.month, contact, I_UPTAKE)
            if u >= behaviour.information_post_uptake * post.quality:
                continue
            i = reach(c, D_POST, contact, int(post.township), AT_HOME, top)
            if i >= 0:
                note(c, i, int(v * N_CHANNELS), True)


@kernel
def talk_at_stations(c: County):
    """Stations in the cities tell people away of a channel, and of jobs at home."""
    clock, policy, behaviour = c.clock, c.policy, c.behaviour
    top = top_weight(policy)
    for s in range(policy.services_destination_stations):
        station = c.services[STATIONS + s]
        if not open_now(station, clock.month):
            continue
        number, station.credit = contacts(
            station.credit, behaviour.information_station_contacts * clock.sample * station.funded
        )
        for k in range(number):
            contact = s * 65536 + k
            i = reach(c, D_STATION, contact, -1, IN_THE_CITY, top)
            if i < 0:
                continue
            u, v, x, _ = draws(clock, D_STATION, clock.month, contact, I_UPTAKE)
            if u < behaviour.information_station_uptake * station.quality:
                note(c, i, int(v * N_CHANNELS), True)
            if x < behaviour.support_offer_chance:
                keep_job(c, i)
            station.served += 1


@kernel
def keep_job(c: County, i: int):
    """A job in the township of worker `i` is kept for a return, if there is one to be had."""
    worker, clock = c.workers[i], c.clock
    town = c.towns[worker.township]
    if worker.offer >= clock.month or town.kept >= town.to_keep or clock.offers >= len(c.offers):
        return
    worker.offer = clock.month + c.behaviour.support_offer_months
    town.kept += 1
    c.offers[clock.offers] = i
    clock.offers += 1


@kernel
def is_kept(c: County, worker: np.record):
    """Whether a job is still kept for somebody: until the time is up, or until there is other work."""
    if worker.offer < c.clock.month:
        return False
    return worker.state == r.AWAY or worker.state == r.SEEKING


@kernel
def review_offers(c: County):
    """Jobs whose time is up are free again; so many of those that fall vacant may be kept for returns."""
    clock, behaviour, left = c.clock, c.behaviour, 0
    for t in range(len(c.towns)):
        town = c.towns[t]
        town.kept, town.to_keep = 0, 0
        if c.members_ptr[t] == c.members_ptr[t + 1]:
            continue
        vacant = behaviour.careers_separation * town.filled * behaviour.support_offer_months
        first = c.workers[c.members[c.members_ptr[t]]].id
        u, _, _, _ = draws(clock, D_CAPACITY, 0, first, I_OFFERS)
        town.to_keep = int(behaviour.support_jobs_kept * vacant + u)
    for k in range(clock.offers):
        i = c.offers[k]
        worker = c.workers[i]
        if is_kept(c, worker):
            c.towns[worker.township].kept += 1
            c.offers[left] = i
            left += 1
        else:
            worker.offer = r.NEVER
    clock.offers = left


@kernel
def inform(c: County):
    """Part of step 2: services spread the word. What ties say is heard at the review."""
    review_offers(c)
    send_messages(c)
    talk_at_posts(c)
    talk_at_stations(c)
