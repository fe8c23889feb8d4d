"""Incubation (创业孵化), mentors, county sites: places for young firms.

A place in an incubator spares the rent while it lasts (P117), has a mentor at hand and brings business ties;
afterwards the firm pays full rent. It has no effect of its own on survival (BH129, BH130). A firm waits at
the nearest site, and goes to the nearest that has room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.projects import INCUBATOR, MENTOR, look
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import INCUBATION, SERVICES
from returnee.simulation.state.draws import (
    D_INCUBATOR,
    D_QUEUE,
    I_MENTOR,
    I_PLACE,
    ONLY,
    draw_each,
    draws,
)
from returnee.simulation.state.programmes import G_MENTORS, PLACES_A_SITE
from returnee.simulation.state.providers import (
    MAX_SITES,
    SITES,
    nearest,
    nearest_with_room,
    sites_at_work,
)
from returnee.simulation.state.queues import A_COUNTY_SITES, A_MENTORS, A_PLACES, whole_of
from returnee.simulation.support.linkage import refer
from returnee.simulation.support.targeting import weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


MOST_PARTNERS = 30  # that are counted


@kernel
def wait_rank(c: County, firm: np.record, since: int, u: float):
    """Place of a firm in a queue: months waited, weighted by target group of the owner; `u` decides ties."""
    month, worker = c.clock.month, c.workers[firm.owner]
    return (month - since + u) * weight_of(worker, c.policy, c.towns[firm.township], month)


@kernel
def by_rank(c: County, firms: np.ndarray, sinces: np.ndarray, n: int, item: int):
    """Order in which `n` waiting firms are served."""
    owners, luck, ranks = np.empty(n, np.int64), np.empty((4, n)), np.empty(n)
    for k in range(n):
        owners[k] = c.workers[c.firms[firms[k]].owner].id
    draw_each(c.clock, D_QUEUE, c.clock.month, owners, np.full(n, item, np.int64), luck)
    for k in range(n):
        ranks[k] = -wait_rank(c, c.firms[firms[k]], sinces[k], luck[0, k])
    return np.argsort(ranks)


@kernel
def is_working(firm: np.record):
    """Whether a firm is on the way to opening, or open."""
    return firm.phase == r.PLANNED or firm.phase == r.REGISTERED or firm.phase == r.OPEN


@kernel
def rooms(c: County, funded: bool):
    """Places at each incubator site; of those that are paid for, if `funded`.

    Whole places of the sample, so rounded that they add up.
    """
    policy, clock = c.policy, c.clock
    room, total, given = np.zeros(MAX_SITES, np.int64), 0.0, 0
    for s in range(MAX_SITES):
        here = min(max(policy.incubation_places - s * PLACES_A_SITE, 0.0), float(PLACES_A_SITE))
        site = c.services[SITES + s]
        total += site.capacity if funded else here * clock.sample
        room[s] = whole_of(c, total, A_PLACES) - given
        given += room[s]
    return room


@kernel
def leave_places(c: County):
    """Firms leave whose time is over, that stopped, or for whom there is no place any more.

    Those who stay gain business ties.
    """
    clock, behaviour, room = c.clock, c.behaviour, rooms(c, False)
    for s in range(MAX_SITES):
        c.services[SITES + s].places = 0
    clock.places_used = 0
    for k in range(clock.active):
        firm = c.firms[c.active[k]]
        if firm.venue != r.INCUBATOR_PLACE:
            continue
        site = c.services[SITES + firm.site]
        over = firm.incubator_until <= clock.month or not is_working(firm)
        if over or site.places >= room[firm.site]:
            firm.venue = r.OWN
            continue
        site.places += 1
        clock.places_used += 1
        u, _, _, _ = draws(clock, D_INCUBATOR, clock.month, firm.id >> 4, ONLY)
        if firm.phase == r.OPEN and u < behaviour.firm_partner_rate / 12.0 * site.quality:
            firm.partners = min(int(firm.partners) + 1, MOST_PARTNERS)


@kernel
def free_rooms(c: County):
    """Places at each incubator site that are paid for and free."""
    free = rooms(c, True)
    for s in range(MAX_SITES):
        free[s] -= c.services[SITES + s].places
    return free


@kernel
def list_waiting(c: County, sites: int):
    """Firms that wait for a place: rows, months since when, and how many; queues by site.

    A firm waits at the nearest site.
    """
    clock = c.clock
    waiting, sinces, n = np.empty(clock.active, np.int64), np.empty(clock.active, np.int64), 0
    for s in range(MAX_SITES):
        c.services[SITES + s].queue = 0
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        since = firm.incubation_since
        if since == r.NEVER or firm.venue != r.OWN or firm.incubator_until != r.NEVER:
            continue
        if is_working(firm) and clock.month - since <= c.behaviour.support_place_patience:
            waiting[n], sinces[n] = f, since
            n += 1
            c.services[SITES + nearest(c, int(firm.township), SITES, sites)].queue += 1
    return waiting, sinces, n


@kernel
def admit(c: County):
    """Free places go to the firms that wait, by rank: at their own site, else at another."""
    clock, policy = c.clock, c.policy
    sites, room = sites_at_work(policy.incubation_places), free_rooms(c)
    waiting, sinces, n = list_waiting(c, sites)
    if room.max() <= 0:
        return
    for k in by_rank(c, waiting, sinces, n, I_PLACE):
        firm = c.firms[waiting[k]]
        town = int(firm.township)
        s = nearest_with_room(c, town, SITES, room)
        if s < 0:
            return
        room[s] -= 1
        site = c.services[SITES + s]
        firm.venue, firm.site = r.INCUBATOR_PLACE, s
        firm.incubator_until = clock.month + policy.incubation_months
        site.served += 1
        site.waited += clock.month - firm.incubation_since
        site.places += 1
        clock.places_used += 1
        c.services[SITES + nearest(c, town, SITES, sites)].queue -= 1
        if firm.mentor_since == r.NEVER:  # mentors are at hand
            firm.mentor_since = clock.month
        look(c, waiting[k], INCUBATOR)
        refer(c, firm.owner, INCUBATION)


@kernel
def assign_mentors(c: County):
    """Mentors take on young open firms that asked, by rank."""
    clock, policy, behaviour = c.clock, c.policy, c.behaviour
    room = policy.services_mentors * behaviour.support_mentees * clock.sample
    mentored, n = 0, 0
    waiting, sinces = np.empty(clock.active, np.int64), np.empty(clock.active, np.int64)
    for k in range(clock.active):
        f = c.active[k]
        firm = c.firms[f]
        if firm.phase != r.OPEN:
            continue
        if firm.mentor_until > clock.month:
            mentored += 1
        elif firm.mentor_since != r.NEVER and firm.mentor_until == r.NEVER:
            if clock.month - firm.opened <= behaviour.support_mentor_age:
                waiting[n], sinces[n] = f, firm.mentor_since
                n += 1
    free = max(whole_of(c, room * c.funded[G_MENTORS], A_MENTORS) - mentored, 0)
    for k in by_rank(c, waiting, sinces, n if free > 0 else 0, I_MENTOR)[:free]:
        c.firms[waiting[k]].mentor_until = clock.month + behaviour.support_mentoring_months
        mentored += 1
        look(c, waiting[k], MENTOR)
        refer(c, c.firms[waiting[k]].owner, SERVICES)
    clock.mentored = mentored


@kernel
def settle_sites(c: County):
    """County sites go to open firms that need one, oldest first; more than there are move out."""
    clock, used = c.clock, 0
    room = whole_of(c, clock.sites, A_COUNTY_SITES)
    for k in range(clock.active):
        firm = c.firms[c.active[k]]
        if firm.phase != r.OPEN:
            if firm.venue == r.COUNTY_SITE:
                firm.venue = r.OWN
        elif c.markets[firm.sector].needs_site == 1:
            if used < room:
                firm.venue = r.COUNTY_SITE
                used += 1
            elif firm.venue == r.COUNTY_SITE:
                firm.venue = r.OWN


@kernel
def incubate(c: County):
    """Incubators, mentors and sites in a month."""
    leave_places(c)
    admit(c)
    assign_mentors(c)
    settle_sites(c)
