"""One month in the life of the county."""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.accounts import finish
from returnee.simulation.calendar import turn_page
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.closing import close_firms
from returnee.simulation.firms.finance import lend_commercially
from returnee.simulation.firms.founding import prepare
from returnee.simulation.firms.hiring import match
from returnee.simulation.firms.trading import trade_all
from returnee.simulation.people.careers import act, most_events, new_files, take_decisions
from returnee.simulation.people.information import apply_notes
from returnee.simulation.support.activities import hold_activities
from returnee.simulation.support.desk import banks_decide, handle_files
from returnee.simulation.support.incubation import incubate
from returnee.simulation.support.linkage import serve_referrals
from returnee.simulation.support.outreach import inform
from returnee.simulation.support.technology import extend
from returnee.simulation.support.training import run_classes

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def clear_history(c: County):
    """Months of the history share one row of every monthly table, cleared before each."""
    if c.clock.month < 1:
        c.months[0] = c.months[-1]
        c.ledger[0, :] = 0
        c.unpaid[0, :] = 0
        c.transactions[0, :] = 0


@kernel
def support(c: County):
    """Step 5 of the month: every service works its queue."""
    run_classes(c)
    banks_decide(c)
    handle_files(c)
    lend_commercially(c)
    prepare(c)
    incubate(c)
    hold_activities(c)
    apply_notes(c)
    extend(c)
    serve_referrals(c)


@kernel
def decide(c: County):
    """The first half of a month: everybody sees its start, and decides."""
    c.clock.month += 1
    clear_history(c)
    turn_page(c)  # 1 calendar
    inform(c)  # 2 information
    take_decisions(c)  # 3 returning, 4 careers at home


@kernel
def live(c: County):
    """The second half: decisions are carried out, and what follows from them."""
    act(c)  # 3 returning, 4 careers at home
    support(c)  # 5 support
    trade_all(c)  # 6 trading
    match(c)  # 7 hiring
    close_firms(c)  # 8 closing
    finish(c)  # 9 accounts


@kernel
def has_room(c: County):
    """Whether there are rows enough for the new firms and the events of what has been decided."""
    firms = len(c.firms) - c.clock.firms >= new_files(c)
    return firms and len(c.events) - c.clock.events >= most_events(c)


@kernel
def live_until(c: County, month: int):
    """Live until the end of `month`, or until room is short; return whether `month` was reached.

    Room is short in the middle of a month, when it is known who founds.
    """
    while c.clock.month < month or c.clock.decided == 1:
        if c.clock.decided == 0:
            decide(c)
        if not has_room(c):
            return False
        live(c)
    return True
