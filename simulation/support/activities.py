"""Activities (创业活动): contests with prizes, and outreach sessions such as fairs and salons.

Sessions spread information. Contests bring entrants together (business ties), pay prizes, and may
open a credit line, of which winners are told (P134).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.projects import JURY, look, signal
from returnee.simulation.people.information import note
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import knows, learn
from returnee.simulation.state.channels import ACTIVITIES, FINANCE, N_CHANNELS
from returnee.simulation.state.draws import (
    D_CONTEST,
    D_SESSION,
    I_ENTRANT,
    I_UPTAKE,
    draws,
)
from returnee.simulation.state.money import fen, pay, receive, scaled
from returnee.simulation.state.programmes import (
    G_CONTESTS,
    G_SESSIONS,
    R_PRIZE,
    contest_now,
    cost_of_contest,
    cost_of_prizes,
    cost_of_sessions,
    sessions_of,
)
from returnee.simulation.state.providers import ACTIVITY
from returnee.simulation.support.linkage import refer
from returnee.simulation.support.outreach import ANYWHERE, AT_HOME, contacts, reach
from returnee.simulation.support.targeting import top_weight

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


MOST_PARTNERS = 30  # that are counted


@kernel
def hold_sessions(c: County):
    """Outreach sessions tell people at home, and those home for the festival, of channels."""
    clock, policy, behaviour = c.clock, c.policy, c.behaviour
    cost = fen(scaled(c, cost_of_sessions(c) * clock.sample))
    if cost > 0 and not pay(c, G_SESSIONS, cost):
        return
    festival = (clock.month - 1) % 12 + 1 == c.facts.work_festival_month
    service = c.services[ACTIVITY]
    number, service.credit = contacts(
        service.credit,
        scaled(c, sessions_of(policy) * behaviour.information_session_reach * clock.sample),
    )
    top = top_weight(policy)
    for k in range(number):
        u, v, _, _ = draws(clock, D_SESSION, clock.month, k, I_UPTAKE)
        if u >= behaviour.information_session_uptake * service.quality:
            continue
        i = reach(c, D_SESSION, k, -1, ANYWHERE if festival else AT_HOME, top)
        if i >= 0:
            note(c, i, int(v * N_CHANNELS), True)
    service.served += number
    service.spent += cost


@kernel
def may_enter(c: County, firm: np.record):
    """Founders and young owners who know of the contest may enter."""
    worker = c.workers[firm.owner]
    if not knows(worker, ACTIVITIES):
        return False
    if firm.phase == r.PLANNED or firm.phase == r.REGISTERED:
        return True
    return firm.phase == r.OPEN and c.clock.month - firm.opened <= c.behaviour.support_contest_age


@kernel
def entrants(c: County):
    """Rows of the firms drawn to enter a contest, at most the number of places."""
    clock, behaviour, n = c.clock, c.behaviour, 0
    files, keys = np.empty(clock.active, np.int64), np.empty(clock.active)
    for k in range(clock.active):
        f = c.active[k]
        if may_enter(c, c.firms[f]):
            u, _, _, _ = draws(clock, D_CONTEST, clock.month, c.firms[f].id >> 4, I_ENTRANT)
            files[n], keys[n] = f, u
            n += 1
    places, clock.contest_credit = contacts(
        clock.contest_credit, scaled(c, behaviour.support_entrants * clock.sample)
    )
    return files[:n][np.argsort(keys[:n])[:places]]


@kernel
def hold_contest(c: County):
    """A contest: entrants meet, the jury ranks them, winners share the prizes."""
    clock, policy, behaviour, month = c.clock, c.policy, c.behaviour, c.now
    cost = fen(scaled(c, cost_of_contest(c) * clock.sample))
    if not pay(c, G_CONTESTS, cost):
        return
    c.services[ACTIVITY].spent += cost
    entering = entrants(c)
    n = len(entering)
    if n == 0:
        return
    scores = np.empty(n)
    for k in range(n):
        firm = c.firms[entering[k]]
        scores[k] = -signal(c, entering[k], JURY)
        look(c, entering[k], JURY)
        firm.partners = min(int(firm.partners) + behaviour.support_partners_met, MOST_PARTNERS)
        refer(c, firm.owner, ACTIVITIES)
    month.contest_entrants += n
    clock.winner_credit += n * behaviour.support_winners / behaviour.support_entrants
    winners = min(int(clock.winner_credit), n)
    clock.winner_credit -= winners
    purse = cost_of_prizes(c) / behaviour.support_winners
    for k in np.argsort(scores)[:winners]:
        f = entering[k]
        c.firms[f].credit_line = 1
        if policy.linkage_contest_opens_credit:
            learn(c, c.firms[f].owner, FINANCE)
        if receive(c, f, R_PRIZE, fen(purse)):
            c.services[ACTIVITY].spent += fen(purse)
            take_prize(c, f, fen(purse))


@kernel
def take_prize(c: County, f: int, amount: int):
    """A prize of `amount` fen goes to the start, or into the till, and is income."""
    firm = c.firms[f]
    if firm.phase == r.PLANNED:
        firm.means += amount / 100.0
    else:
        firm.cash += amount / 100.0
    if firm.phase == r.OPEN:
        firm.income += amount / 100.0 / c.behaviour.firm_income_months
    else:
        c.clock.transfers += amount


@kernel
def hold_activities(c: County):
    """Activities in a month."""
    hold_sessions(c)
    if contest_now(c.clock.month, c.policy.activities_contests):
        hold_contest(c)
