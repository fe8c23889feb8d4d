"""Outreach: messages, and talks at posts and stations, that tell people of support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.people.information import note
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    is_active,
    is_home,
)
from returnee.simulation.state.channels import N_CHANNELS
from returnee.simulation.state.draws import (
    D_MESSAGE,
    D_POST,
    D_STATION,
    I_REACH,
    I_UPTAKE,
    REACH_TRIES,
    draws,
)
from returnee.simulation.state.programmes import G_MESSAGES
from returnee.simulation.state.providers import POSTS, STATIONS, open_now
from returnee.simulation.support.targeting import top_weight, weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


OFFER_MONTHS = 12  # a job offer passed on by a station is remembered that long (assumed)


@kernel
def reach(c: County, decision: int, contact: int, town: int, top: float):
    """Row of the person whom one contact reaches in a township (-1: anywhere); -1: nobody.

    People are tried until one is in the labour force and passes the targeting weights.
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
        worker = c.workers[i]
        if not is_active(worker.state):
            continue
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
    for k in range(number):
        u, v, _, _ = draws(clock, D_MESSAGE, clock.month, k, I_UPTAKE)
        if u < behaviour.information_message_uptake:
            i = reach(c, D_MESSAGE, k, -1, top)
            if i >= 0:
                note(c, i, int(v * N_CHANNELS), True)


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
            i = reach(c, D_POST, contact, int(post.township), top)
            if i >= 0 and is_home(c.workers[i].state):
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
            i = reach(c, D_STATION, contact, -1, top)
            if i < 0 or c.workers[i].state != r.AWAY:
                continue
            u, v, x, _ = draws(clock, D_STATION, clock.month, contact, I_UPTAKE)
            if u < behaviour.information_station_uptake * station.quality:
                note(c, i, int(v * N_CHANNELS), True)
            if x < c.towns[c.workers[i].township].job_chance:
                c.workers[i].offer = clock.month + OFFER_MONTHS
            station.served += 1


@kernel
def inform(c: County):
    """Part of step 2: services spread the word. What ties say is heard at the review."""
    send_messages(c)
    talk_at_posts(c)
    talk_at_stations(c)
