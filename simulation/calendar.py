"""The calendar: what changes with the month before anybody acts.

Pots are refilled in January, services are paid for, prices follow last month's supply, a cohort
turns 18, and people retire. A shock to the cities costs a share of those away their jobs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.closing import never_open, stop
from returnee.simulation.firms.founding import give_up
from returnee.simulation.firms.hiring import leave_employer
from returnee.simulation.firms.markets import price_sectors
from returnee.simulation.firms.succession import pass_to_heir
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import enter
from returnee.simulation.state.draws import (
    D_SHOCK,
    ONLY,
    draws,
)
from returnee.simulation.state.money import refill, set_fund, set_scale
from returnee.simulation.support.services import fund_services

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def turn_eighteen(c: County):
    """This month's cohort enters the labour force as seekers at home."""
    clock = c.clock
    place = clock.month - clock.first
    for k in range(c.calendar[0, place], c.calendar[0, place + 1]):
        i = c.entry_rows[k]
        worker = c.workers[i]
        worker.settled = clock.month
        worker.heard = clock.month - 1
        enter(c, i, r.SEEKING)
        c.due[i] = clock.month
        clock.present += 1
        c.towns[worker.township].present += 1
        c.now.entries += 1


@kernel
def retire(c: County, i: int):
    """Worker `i` retires; a firm is handed on or closed in order, a venture given up."""
    worker = c.workers[i]
    if worker.state == r.EMPLOYED:
        leave_employer(c, i)
    elif worker.state == r.OWNER:
        if not pass_to_heir(c, worker.firm):
            stop(c, worker.firm, r.STOP_RETIRED)
    elif worker.state == r.FOUNDING:
        if c.firms[worker.firm].phase == r.PLANNED:
            give_up(c, worker.firm)
        else:
            never_open(c, worker.firm)
    enter(c, i, r.RETIRED)
    c.due[i] = 32000
    c.now.retirements += 1


@kernel
def retire_all(c: County):
    """Everybody who reaches the age of retirement this month."""
    clock = c.clock
    place = clock.month - clock.first
    for k in range(c.calendar[1, place], c.calendar[1, place + 1]):
        i = c.retire_rows[k]
        if c.workers[i].state != r.RETIRED and c.workers[i].state != r.PRE:
            retire(c, i)


@kernel
def strike_cities(c: County):
    """In the first month of a shock a share of those away lose their jobs and must review at once."""
    clock, facts = c.clock, c.facts
    if facts.shock_start_month <= 0 or clock.month != facts.shock_start_month:
        return
    for i in range(len(c.workers)):
        worker = c.workers[i]
        if worker.state == r.AWAY:
            u, _, _, _ = draws(clock, D_SHOCK, clock.month, worker.id, ONLY)
            if u < facts.shock_city_loss:
                worker.jobless = 1
                c.due[i] = clock.month


@kernel
def turn_page(c: County):
    """Step 1 of the month."""
    policy, clock = c.policy, c.clock
    if (clock.month - 1) % 12 == 0 or clock.month == clock.first or clock.month == 1:
        refill(c)
    set_fund(c, policy.finance_guarantee_fund)
    set_scale(c)
    fund_services(c)
    price_sectors(c)
    turn_eighteen(c)
    retire_all(c)
    strike_cities(c)
