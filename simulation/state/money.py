"""Public money: pots, the ledger, and payments that stop when a pot is empty.

Under a cap all volumes and payments of a year are cut by one factor: what the cap leaves over what is
planned for the rest of the year, of programmes with a volume by their costs, of those that follow demand
by what was claimed last year. The factor is found in January and kept true to what was spent since.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, month_index
from returnee.simulation.state.programmes import (
    POT_EMPLOYMENT,
    POT_FUND,
    POT_INTEREST,
    POT_OF,
    POT_STARTUP,
    POT_TAX,
    POT_WORKS,
    R_PRIZE,
    RECEIPTS,
    planned_costs,
)

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


UNLIMITED = 1 << 60
LEAST_SCALE = 0.01  # a factor of 0 would hide what is claimed


@kernel
def fen(yuan: float):
    """Yuan as whole fen."""
    return int(yuan * 100.0 + 0.5)


@kernel
def pay(c: County, programme: int, amount: int):
    """Pay `amount` fen of a programme from its pot, in full or not at all.

    Returns
    -------
    bool
        Whether it was paid. What was not is added to the unpaid.
    """
    if amount <= 0:
        return True
    m, pot = month_index(c), POT_OF[programme]
    if amount > left_for(c, programme):
        c.unpaid[m, programme] += amount
        return False
    if pot == POT_TAX:  # revenue forgone needs no pot
        c.pots[pot, 1] += amount
    else:
        c.pots[pot, 0] -= amount
    c.pots[pot, 2] += amount
    c.ledger[m, programme] += amount
    c.clock.spent += amount
    return True


@kernel
def receive(c: County, f: int, receipt: int, amount: int):
    """Pay `amount` fen of a programme into firm `f`, in full or not at all.

    Parameters
    ----------
    receipt : int
        Place of the programme in `programmes.RECEIPTS`.

    Returns
    -------
    bool
        Whether it was paid.
    """
    if not pay(c, RECEIPTS[receipt], amount):
        return False
    c.receipts[f, receipt] += amount
    if receipt != R_PRIZE:
        c.clock.claims += int(amount / c.clock.scale)
    book(c, r.T_SUPPORT, amount / 100.0)
    return True


@kernel
def left_for(c: County, programme: int):
    """What can still be paid for a programme this year, fen: by its pot, and by the cap on all."""
    pot, cap = POT_OF[programme], c.policy.budget_cap
    left = UNLIMITED if pot == POT_TAX else c.pots[pot, 0]
    if cap > 0.0 and pot != POT_FUND:
        left = min(left, fen(cap * c.clock.sample) - c.clock.spent)
    return max(left, 0)


@kernel
def pay_share(c: County, programme: int, amount: int):
    """Pay as much of `amount` fen as the pot holds; return the share paid."""
    if amount <= 0:
        return 1.0
    paid = min(amount, left_for(c, programme))
    pay(c, programme, paid)
    c.unpaid[month_index(c), programme] += amount - paid
    return paid / amount


@kernel
def scaled(c: County, yuan: float):
    """What is paid of an amount under this year's cap, yuan."""
    return yuan * c.clock.scale


@kernel
def set_scale(c: County):
    """Find the factor on all volumes and payments that keeps the year within its cap."""
    clock, cap = c.clock, c.policy.budget_cap
    clock.scale = 1.0
    if cap <= 0.0:
        return
    passed = (clock.month - 1) % 12
    claims = float(clock.claims_last + clock.claims) / (12 + passed) * (12 - passed)
    planned = 100.0 * clock.sample * planned_costs(c) + claims
    left = 100.0 * clock.sample * cap - clock.spent
    clock.scale = min(max(left / max(planned, 1.0), LEAST_SCALE), 1.0)


@kernel
def carried_over(c: County):
    """Last year's spending less its cap, fen, by which this year's cap is lower.

    What banks were paid beyond the cap counts in full; of what was left, a share of the cap at most.
    """
    clock = c.clock
    if clock.month <= 1:
        return 0
    last = c.policies[clock.month - 1]
    if last.budget_cap <= 0.0:
        return 0
    cap = fen(last.budget_cap * clock.sample)
    return max(clock.spent - cap, -int(last.budget_carry_over * cap))


@kernel
def refill(c: County):
    """In January pots lapse and are filled with the year's budget."""
    policy, sample = c.policy, c.clock.sample
    c.clock.spent = carried_over(c)
    c.clock.claims_last, c.clock.claims = c.clock.claims, 0
    for pot, budget in (
        (POT_STARTUP, policy.budget_startup),
        (POT_EMPLOYMENT, policy.budget_employment),
        (POT_INTEREST, policy.budget_interest),
        (POT_WORKS, policy.budget_works),
    ):
        amount = fen(budget * sample)
        c.pots[pot, 3] += c.pots[pot, 0]
        c.pots[pot, 0] = amount
        c.pots[pot, 1] += amount
    top_up_fund(c)


@kernel
def top_up_fund(c: County):
    """In January the interest pot makes up what the fund lost, while it lasts (P140)."""
    wanted = min(c.clock.fund_capital, fen(c.policy.finance_guarantee_fund * c.clock.sample))
    lost = max(wanted - c.pots[POT_FUND, 0], 0)
    amount = min(lost, max(c.pots[POT_INTEREST, 0], 0))
    c.pots[POT_INTEREST, 0] -= amount
    c.pots[POT_INTEREST, 2] += amount
    c.pots[POT_FUND, 0] += amount
    c.pots[POT_FUND, 1] += amount


@kernel
def set_fund(c: County, yuan: float):
    """Bring the guarantee fund's capital to what the policy sets; only a change moves money.

    The fund keeps what it lost: a policy that changes the fund adds or withdraws the difference
    between the old and the new capital. What stands behind loans, by the leverage, stays until they
    are repaid.
    """
    clock = c.clock
    change = fen(yuan * clock.sample) - clock.fund_capital
    if change >= 0:
        c.pots[POT_FUND, 1] += change
    else:
        bound = int(math.ceil(clock.outstanding / c.policy.finance_leverage))
        free = max(c.pots[POT_FUND, 0] - bound, 0)
        if clock.outstanding == 0:
            clock.fund_capital += change + min(-change, free)  # what was lost is gone
        change = -min(-change, free)
        c.pots[POT_FUND, 3] -= change
    clock.fund_capital += change
    c.pots[POT_FUND, 0] += change


@kernel
def pay_loan(c: County, f: int, most: float, kind: int):
    """Firm `f` repays of its loan what is left of it, at most `most` yuan.

    Parameters
    ----------
    kind : int
        Where the money comes from: a kind of `records.TRANSACTIONS`.

    Returns
    -------
    float
        What was paid, yuan; the caller takes it from where it came.
    """
    firm, clock = c.firms[f], c.clock
    amount = min(int(math.floor(100.0 * max(most, 0.0) + 0.5)), firm.loan)
    if amount <= 0:
        return 0.0
    paid = amount / 100.0
    firm.loan -= amount
    clock.outstanding -= amount
    clock.repaid += amount
    c.now.loans_repaid += paid
    book(c, kind, paid)
    if firm.loan == 0 and firm.loan_stage != r.COMPENSATED:
        firm.loan_stage = r.REPAID
        owner = c.workers[firm.owner]
        if owner.record == r.IN_ARREARS:
            owner.record = r.CLEAN
    return paid
