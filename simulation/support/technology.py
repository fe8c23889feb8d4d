"""Technology extension (技术推广): visits to firms, which may take a step up in technology."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import luck_of_firms, open_firms
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, knows
from returnee.simulation.state.channels import SERVICES
from returnee.simulation.state.draws import (
    D_VISIT,
    ONLY,
)
from returnee.simulation.state.money import fen, pay
from returnee.simulation.state.programmes import G_VISITS
from returnee.simulation.state.providers import EXTENSION, open_now

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def worth_a_step(firm: np.record, value_added: float, behaviour: np.record):
    """Whether a step up in technology pays for itself and can be paid for.

    Parameters
    ----------
    value_added : float
        Yuan a month at present.
    """
    cost = behaviour.support_technology_cost
    gain = value_added * (math.exp(behaviour.support_technology_gain) - 1.0)
    return gain * behaviour.support_technology_payback > cost and firm.cash > cost


@kernel
def advise(c: County, f: int):
    """A visit to firm `f`: it may take a step."""
    firm, clock, behaviour, month = c.firms[f], c.clock, c.behaviour, c.now
    month.visited += 1
    if firm.technology >= behaviour.support_technology_levels:
        return
    share = 1.0 - c.markets[firm.sector].intermediate
    if not worth_a_step(firm, c.sales[f, (clock.month - 2) % 12] * share, behaviour):
        return
    cost = cents(behaviour.support_technology_cost)
    firm.cash -= cost
    book(c, r.T_EQUIPMENT, cost)
    firm.technology = int(firm.technology) + 1
    month.upgrades += 1


@kernel
def drawn_firms(c: County, visits: float):
    """Open firms with the lowest keyed draws: more than `visits`, unless there are not as many."""
    cut = 2.0 * (visits + 10.0) / max(c.clock.active, 1)
    firms = open_firms(c)
    luck = luck_of_firms(c, firms, D_VISIT, ONLY, False)
    files, keys = np.empty(len(firms), np.int64), np.empty(len(firms))
    while True:
        n = 0
        for k in range(len(firms)):
            f, u = firms[k], luck[0, k]
            if u < cut and not knows(c.workers[c.firms[f].owner], SERVICES):
                u += c.behaviour.support_known_first
            if u < cut:
                files[n], keys[n] = f, u
                n += 1
        if n >= visits or cut >= 1.0 + c.behaviour.support_known_first:
            return files, keys, n
        cut *= 4.0


@kernel
def extend(c: County):
    """Extension visits of a month: those who know the services come first, by a keyed draw."""
    policy, service = c.policy, c.services[EXTENSION]
    if service.credit < 1.0 or not open_now(service, c.clock.month):
        return
    files, keys, n = drawn_firms(c, service.credit)
    for k in np.argsort(keys[:n]):
        cost = fen(policy.costs_visit)
        if service.credit < 1.0 or not pay(c, G_VISITS, cost):
            break
        service.credit -= 1.0
        service.served += 1
        service.spent += cost
        advise(c, files[k])
