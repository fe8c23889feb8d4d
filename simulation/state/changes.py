"""Changes of state, and all that must change with them: what ties see, stocks, the event log."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.visible import ACTIVE, GOOD, HOME, KNOWS

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


ROUNDING = 1e-9  # more than the error of any sum of logarithms here
MONTHS_MOST = 2047  # longer than a life of work and a run
LOG_YEARS = np.array([math.log1p(months / 12.0) for months in range(MONTHS_MOST + 1)])
LOG_YEARS.setflags(write=False)  # kernels hold a copy
C_2, C_3, C_4, C_5 = 1 / 2, 1 / 6, 1 / 24, 1 / 120  # of the series of exp


@kernel
def surely_above(u: float, score: float):
    """Whether `u` is surely above exp(score), found without the exponential; False leaves it open.

    For y > 0, exp(-y) < 1 / (1 + y + y^2/2 + ... + y^5/120).
    """
    y = -score - ROUNDING
    if y <= 0.0:
        return False
    series = 1.0 + y * (1.0 + y * (C_2 + y * (C_3 + y * (C_4 + y * C_5))))
    return u * series > 1.0 + ROUNDING


@kernel
def is_active(state: int):
    """Whether a career state belongs to the labour force."""
    return state != r.PRE and state != r.RETIRED


@kernel
def is_home(state: int):
    """Whether a career state is one at home."""
    return r.SEEKING <= state <= r.OWNER


@kernel
def age_of(worker: np.record, month: int):
    """Age in years."""
    return (month - worker.birth) / 12.0


@kernel
def month_index(c: County):
    """Row of this month in the monthly arrays (0 for the whole history)."""
    return max(int(c.clock.month), 0)


@kernel
def cents(yuan: float):
    """Yuan rounded to whole fen."""
    return math.floor(100.0 * yuan + 0.5) / 100.0


@kernel
def book(c: County, kind: int, yuan: float):
    """Book `yuan` (whole fen) that passed between two sectors, see `records.TRANSACTIONS`."""
    c.transactions[month_index(c), kind] += int(math.floor(100.0 * yuan + 0.5))


@kernel
def settle(c: County, i: int):
    """Bring a worker's savings and city experience forward to this month."""
    worker = c.workers[i]
    month = c.clock.month
    months = month - worker.settled
    if months <= 0:
        return
    savings = savings_after(c, worker, months)
    book(c, r.T_SAVING, savings - worker.savings)
    worker.savings = savings
    if worker.state == r.AWAY:
        worker.experience = worker.experience + months
    worker.settled = month


@kernel
def job_pay(c: County, worker: np.record):
    """Monthly own pay of someone employed at home, yuan: a firm pays less than other employers."""
    own = math.exp(np.float64(worker.log_home))
    if worker.firm >= 0:
        return c.towns[c.firms[worker.firm].township].pay * own
    return c.towns[worker.township].wage * own


@kernel
def thousandths_of_pay(worker: np.record):
    """Own pay at home relative to the township's wage in whole thousandths, to be summed."""
    return int(1000.0 * math.exp(np.float64(worker.log_home)) + 0.5)


@kernel
def share_saved(worker: np.record, behaviour: np.record):
    """Share of income that a worker saves."""
    return behaviour.money_saving_rate * worker.thrift


@kernel
def share_spent(worker: np.record, behaviour: np.record, months: int):
    """Share of savings that a worker spends over some months; less while saving up for a venture."""
    spending = behaviour.money_spending / 12.0 * months
    if worker.saves == 1:
        spending *= 1.0 - behaviour.money_saving_up
    return spending


@kernel
def savings_after(c: County, worker: np.record, months: int):
    """Savings (whole yuan) of a worker after `months` more in the present state.

    A share of income is saved, a share of savings spent: s' = (s + saved) / (1 + spent), which
    settles where both are equal.
    """
    behaviour = c.behaviour
    spending = share_spent(worker, behaviour, months)
    pay = 0.0
    if worker.state == r.AWAY:
        pay = worker.wage
    elif worker.state == r.EMPLOYED:
        pay = job_pay(c, worker)
    elif worker.state == r.FARMING:
        pay = c.facts.work_farm_income
    saved = share_saved(worker, behaviour) * pay * months
    return math.floor((worker.savings + saved) / (1.0 + spending))


@kernel
def happens(u: float, amount: float):
    """Whether an event of cumulated hazard `amount` happens: u < 1 - exp(-amount).

    Most draws need no exponential: 1 - exp(-x) lies between x - x^2/2 + x^3/6 - x^4/24 and that and x^5/120.
    """
    if u >= amount:
        return False
    if amount < 1.0:
        least = amount * (1.0 + amount * (amount * (C_3 - C_4 * amount) - C_2))
        if u < least - ROUNDING:
            return True
        square = amount * amount
        if u > least + C_5 * square * square * amount + ROUNDING:
            return False
    return u < 1.0 - math.exp(-amount)


@kernel
def log_of_years(months: int):
    """log(1 + years), by table."""
    return LOG_YEARS[min(months, MONTHS_MOST)]


@kernel
def skill_of(worker: np.record, behaviour: np.record):
    """Human capital: grows with the log of years in cities, and with training."""
    years = log_of_years(int(worker.experience))
    return behaviour.firm_skill_per_year * years + worker.trained


@kernel
def show(c: County, i: int):
    """Let ties see worker `i` as he is now."""
    worker, seen = c.workers[i], 0
    if is_active(worker.state):
        seen = 1 << ACTIVE | int(is_home(worker.state)) << HOME | int(worker.knows) << KNOWS
        if worker.state == r.OWNER and worker.firm >= 0:
            seen |= int(c.firms[worker.firm].good) << GOOD
    c.seen[i] = seen


@kernel
def log_event(c: County, i: int, state: int, before: int):
    """Append a change of state to the event log (months under policy only)."""
    clock = c.clock
    if clock.month >= 1 and clock.events < len(c.events):
        event = c.events[clock.events]
        event.worker = i
        event.month = clock.month
        event.state = state
        event.before = before
        clock.events += 1


@kernel
def enter(c: County, i: int, state: int):
    """Move worker `i` to a career state; return the state before.

    Settles savings, updates what ties see, stocks and the event log. Does not touch the firm.
    """
    settle(c, i)
    worker = c.workers[i]
    before = int(worker.state)
    if before == state:
        return before
    month = c.clock.month
    c.stock[worker.township, before] -= 1
    c.stock[worker.township, state] += 1
    c.flows[month_index(c), before, state] += 1
    log_event(c, i, state, before)
    if before == r.AWAY:
        c.clock.away_wages -= int(worker.wage)
    if state == r.AWAY:
        c.clock.away_wages += int(worker.wage)
    if before == r.EMPLOYED:
        c.towns[worker.township].employed_pay -= thousandths_of_pay(worker)
    if state == r.EMPLOYED:
        c.towns[worker.township].employed_pay += thousandths_of_pay(worker)
    worker.state = state
    worker.since = month
    show(c, i)
    count_knowledge(c, worker, int(is_active(state)) - int(is_active(before)))
    if not (r.SEEKING <= state <= r.EMPLOYED):  # a stop-gap at home leaves the city open
        worker.waits = 0
    if state == r.RETIRED:
        worker.saves = 0
    if state == r.SEEKING and worker.listed == 0:
        worker.listed = 1
        c.seekers[c.clock.seekers] = i
        c.clock.seekers += 1
    return before


@kernel
def go_away(c: County, i: int):
    """Worker `i` leaves for the city."""
    worker, month = c.workers[i], c.clock.month
    if worker.ever_away == 1:
        c.now.remigrations += 1
    else:
        c.now.departures += 1
    enter(c, i, r.AWAY)
    worker.left = month
    worker.ever_away = 1


@kernel
def count_knowledge(c: County, worker: np.record, by: int):
    """Count or discount what a worker knows, on entry or retirement."""
    if by != 0:
        for channel in range(len(c.aware)):
            if knows(worker, channel):
                c.aware[channel] += by


@kernel
def learn(c: County, i: int, channel: int):
    """Worker `i` comes to know a channel."""
    worker = c.workers[i]
    if not knows(worker, channel):
        worker.knows = int(worker.knows) | (1 << channel)
        if is_active(worker.state):
            show(c, i)
            c.aware[channel] += 1


@kernel
def knows(worker: np.record, channel: int):
    """Whether a worker knows a channel."""
    return int(worker.knows) & (1 << channel) != 0


@kernel
def count_afresh(c: County):
    """Count stocks and awareness afresh, and let ties see everybody (at the start, and in tests)."""
    c.stock[:, :] = 0
    c.aware[:] = 0
    c.clock.away_wages = 0
    for t in range(len(c.towns)):
        c.towns[t].employed_pay = 0
    for i in range(len(c.workers)):
        worker = c.workers[i]
        show(c, i)
        c.stock[worker.township, worker.state] += 1
        if worker.state == r.EMPLOYED:
            c.towns[worker.township].employed_pay += thousandths_of_pay(worker)
        if worker.state == r.AWAY:
            c.clock.away_wages += int(worker.wage)
        count_knowledge(c, worker, int(is_active(worker.state)))
