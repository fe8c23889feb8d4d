"""Information: workers learn of the channels of support, one by one, and forget them.

Mass messages, cadres at township posts and stations in the cities reach people drawn from lists;
ties that know a channel pass it on when they meet. What ties pass on between two reviews is drawn
at the review: with k knowing ties and an amount of contact X since, a channel is learned with
chance 1 - exp(-rate k X). Contact between home and away ties is rare but for Spring Festival.
Everybody sees what others knew when the month began.
"""

from __future__ import annotations

import numpy as np

from scenarios import Scenario
from simulation import records as r
from simulation.compiler import kernel
from simulation.philox import D_MESSAGE, D_POST, D_STATION, draws
from simulation.services import FUNDED_MESSAGES, POSTS, STATIONS, open_now
from simulation.state import (
    age_of,
    happens,
    is_active,
    is_home,
    knows,
    policy_now,
    settle,
    shift_peers,
)

TRIES = 8  # draws for one contact until the target group is met
OFFER_MONTHS = 12  # a job offer passed on by a station is remembered that long (assumed)


def contact_sums(scenario: Scenario, first: int, months: int) -> np.ndarray:
    """Contact cumulated up to each month, shape (2, months - first + 2).

    Row 0: ties at the same place; row 1: ties between home and away. Column ``m - first + 1`` holds
    the sum up to and including month ``m``.
    """
    information = scenario.behaviour.information
    month = np.arange(first, months + 1)
    festival = (month - 1) % 12 + 1 == scenario.county.work.festival_month
    across = information.cross_contact * np.where(festival, information.festival_contact, 1.0)
    same = np.ones(len(month))
    return np.concatenate([np.zeros((2, 1)), np.cumsum([same, across], axis=1)], axis=1)


@kernel
def hazard_of_hearing(knowing, share_same, same, across, rate):
    """Cumulated hazard of hearing of a channel from ties.

    Parameters
    ----------
    knowing : int
        Ties that know the channel.
    share_same : float
        Share of the ties at the same place (home or away).
    same, across : float
        Contact since the last review with ties at the same place, and elsewhere.
    rate : float
        Chance a month that a knowing tie at the same place passes the channel on.
    """
    return rate * knowing * (share_same * same + (1.0 - share_same) * across)


@kernel
def is_used(c, worker, channel):
    """Whether a worker makes use of a channel and so does not forget it."""
    if channel == r.TRAINING:
        return worker.training_since != r.NEVER
    if worker.state != r.FOUNDING and worker.state != r.OWNER:
        return False
    firm = c.firms[worker.firm]
    if channel == r.SERVICES:
        return firm.mentor_until != r.NEVER or firm.loan > 0
    if channel == r.INCUBATION:
        return firm.venue == r.INCUBATOR_PLACE
    if channel == r.ACTIVITIES:
        return firm.credit_line == 1
    return firm.loan > 0 or firm.loan_stage == r.AT_DESK or firm.loan_stage == r.IN_PROCESS


@kernel
def note(c, i, channel, gain):
    """Worker `i` learns (or forgets) a channel; the ties will see it after `apply_notes`."""
    worker, clock = c.workers[i], c.clock[0]
    bit = 1 << channel
    if (int(worker.knows) & bit != 0) != gain and clock.pending < len(c.pending):
        worker.knows = int(worker.knows) ^ bit
        c.pending[clock.pending] = (i * 8 + channel) if gain else -(i * 8 + channel) - 1
        clock.pending += 1


@kernel
def apply_notes(c):
    """Let the ties see what was noted."""
    for k in range(c.clock[0].pending):
        code = int(c.pending[k])
        by = 1
        if code < 0:
            code, by = -code - 1, -1
        shift_peers(c, code // 8, r.P_KNOW + code % 8, by)
        c.aware[code % 8] += by
    c.clock[0].pending = 0


@kernel
def take_stock(c, i, luck):
    """What worker `i` heard from ties, and forgot, since the last review.

    Parameters
    ----------
    luck : tuple of N_CHANNELS float
        A uniform draw for each channel.
    """
    settle(c, i)
    worker, clock, behaviour = c.workers[i], c.clock[0], c.behaviour[0]
    month, peers = clock.month, c.peers[i]
    months = month - worker.heard
    now, then = month - clock.first + 1, worker.heard - clock.first + 1
    same = c.contact[0, now] - c.contact[0, then]
    across = c.contact[1, now] - c.contact[1, then]
    share = peers[r.P_HOME] / max(int(peers[r.P_ACTIVE]), 1)
    if worker.state == r.AWAY:
        share = 1.0 - share
    lost = behaviour.information_forget_rate * months
    for channel, u in enumerate(luck):
        if knows(worker, channel):
            if happens(u, lost) and not is_used(c, worker, channel):
                note(c, i, channel, False)
        elif peers[r.P_KNOW + channel] > 0:
            heard = hazard_of_hearing(
                peers[r.P_KNOW + channel], share, same, across, behaviour.information_tie_rate
            )
            if happens(u, heard):
                note(c, i, channel, True)
    worker.heard = month


@kernel
def weight_of(worker, policy, town, month):
    """Product of the targeting weights of the groups that a worker belongs to."""
    weight = 1.0
    if worker.sex == 1:
        weight *= policy.targeting_women
    if age_of(worker, month) < 35.0:
        weight *= policy.targeting_under_35
    if worker.schooling <= 1:
        weight *= policy.targeting_low_schooling
    if town.remote == 1:
        weight *= policy.targeting_remote
    if worker.failed > 0:
        weight *= policy.targeting_failed_founders
    return weight


@kernel
def top_weight(policy):
    """Largest weight that anybody can have."""
    return (
        max(policy.targeting_women, 1.0)
        * max(policy.targeting_under_35, 1.0)
        * max(policy.targeting_low_schooling, 1.0)
        * max(policy.targeting_remote, 1.0)
        * max(policy.targeting_failed_founders, 1.0)
    )


@kernel
def reach(c, decision, contact, town, top):
    """Row of the person whom one contact reaches in a township (-1: anywhere); -1: nobody.

    People are tried until one is in the labour force and passes the targeting weights.
    """
    clock, policy = c.clock[0], policy_now(c)
    for attempt in range(TRIES):
        u, v, _, _ = draws(clock, decision, clock.month, contact, 2 * attempt)
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
def contacts(credit, expected):
    """Whole number of contacts out of an expected number, carrying the rest over."""
    total = credit + expected
    whole = int(total)
    return whole, total - whole


@kernel
def send_messages(c):
    """Each mass message tells one person, anywhere, of one channel."""
    clock, policy, behaviour = c.clock[0], policy_now(c), c.behaviour[0]
    number, clock.messages_credit = contacts(
        clock.messages_credit,
        policy.services_mass_messages / 12.0 * clock.sample * c.funded[FUNDED_MESSAGES],
    )
    top = top_weight(policy)
    for k in range(number):
        u, v, _, _ = draws(clock, D_MESSAGE, clock.month, k, 1)
        if u < behaviour.information_message_uptake:
            i = reach(c, D_MESSAGE, k, -1, top)
            if i >= 0:
                note(c, i, int(v * r.N_CHANNELS), True)


@kernel
def talk_at_posts(c):
    """Cadres at township posts talk to people who are at home in their township."""
    clock, policy, behaviour = c.clock[0], policy_now(c), c.behaviour[0]
    top = top_weight(policy)
    for p in range(policy.services_township_posts):
        post = c.services[POSTS + p]
        number, post.credit = contacts(
            post.credit, behaviour.information_post_contacts * clock.sample * post.funded
        )
        for k in range(number):
            contact = p * 4096 + k
            u, v, _, _ = draws(clock, D_POST, clock.month, contact, 1)
            if u >= behaviour.information_post_uptake * post.quality:
                continue
            i = reach(c, D_POST, contact, int(post.township), top)
            if i >= 0 and is_home(c.workers[i].state):
                note(c, i, int(v * r.N_CHANNELS), True)


@kernel
def talk_at_stations(c):
    """Stations in the cities tell people away of a channel, and of jobs at home."""
    clock, policy, behaviour = c.clock[0], policy_now(c), c.behaviour[0]
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
            u, v, x, _ = draws(clock, D_STATION, clock.month, contact, 1)
            if u < behaviour.information_station_uptake * station.quality:
                note(c, i, int(v * r.N_CHANNELS), True)
            if x < c.towns[c.workers[i].township].job_chance:
                c.workers[i].offer = clock.month + OFFER_MONTHS
            station.served += 1


@kernel
def inform(c):
    """Part of step 2: services spread the word. What ties say is heard at the review."""
    send_messages(c)
    talk_at_posts(c)
    talk_at_stations(c)
