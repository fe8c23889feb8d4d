"""What becomes of a guaranteed loan: due date, arrears, default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, job_pay
from returnee.simulation.state.money import pay, pay_loan
from returnee.simulation.state.programmes import G_GUARANTEE, POT_FUND
from returnee.simulation.state.providers import FUND

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def repay_from_savings(c: County, f: int, i: int, kept: float):
    """Pay the loan of firm `f` from the savings of worker `i`, of which `kept` yuan are left."""
    worker = c.workers[i]
    worker.savings -= pay_loan(c, f, worker.savings - kept, r.T_REPAID_FROM_SAVINGS)


@kernel
def repay_from_all(c: County, f: int):
    """Pay the loan from cash, the owner's savings and the guarantor's, as far as they go."""
    firm = c.firms[f]
    firm.cash -= pay_loan(c, f, firm.cash, r.T_REPAID_BY_FIRMS)
    repay_from_savings(c, f, firm.owner, 0.0)
    if firm.guarantor >= 0:
        repay_from_savings(c, f, firm.guarantor, 0.0)
    if firm.loan > 0:
        repay_from_household(c, f)
    if firm.loan > 0:
        firm.loan_stage = r.OVERDUE
        firm.loan_due = min(int(firm.loan_due), int(c.clock.month))


@kernel
def repay_from_household(c: County, f: int):
    """The owner's household adds its savings above the buffer."""
    firm, buffer = c.firms[f], c.behaviour.money_buffer
    i = firm.owner
    for k in range(c.indptr[i], c.indptr[i + 1]):
        j = c.ties[k]
        if c.workers[j].household == c.workers[i].household and firm.loan > 0:
            repay_from_savings(c, f, j, buffer)


@kernel
def wage_of(c: County, i: int):
    """Monthly pay of worker `i` from a job, here or away, yuan."""
    worker = c.workers[i]
    if worker.state == r.AWAY:
        return worker.wage
    if worker.state == r.EMPLOYED:
        return job_pay(c, worker)
    if worker.state == r.RETIRED or worker.state == r.OWNER:
        return 0.0
    return c.facts.work_farm_income


@kernel
def meet_due_date(c: County, f: int):
    """The principal is due at the end of the term: from cash, savings, guarantor; else overdue."""
    firm = c.firms[f]
    if firm.loan > 0 and firm.loan_stage != r.OVERDUE and firm.loan_due <= c.clock.month:
        repay_from_all(c, f)


@kernel
def pay_off(c: County, f: int):
    """An overdue loan is paid from income; after some months the fund pays the bank instead.

    A bank waits as long as the firm is open and pays.
    """
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    if firm.phase == r.OPEN:
        part = max(behaviour.closing_debt_share * firm.income, 0.5 * firm.cash)
        firm.cash -= pay_loan(c, f, part, r.T_REPAID_BY_FIRMS)
    else:
        part = wage_of(c, firm.owner)
        if firm.guarantor >= 0:
            part += wage_of(c, firm.guarantor)
        pay_loan(c, f, behaviour.closing_debt_share * part, r.T_REPAID_FROM_WAGES)
    if (
        firm.loan > 0
        and firm.phase != r.OPEN
        and clock.month - firm.loan_due >= behaviour.closing_grace
    ):
        default(c, f)


@kernel
def default(c: County, f: int):
    """The fund pays its share of what is left to the bank; the bank writes off the rest."""
    firm, clock, month = c.firms[f], c.clock, c.now
    left = firm.loan
    part = min(int(c.facts.firms_fund_share * left), c.pots[POT_FUND, 0])
    pay(c, G_GUARANTEE, part)
    book(c, r.T_COMPENSATION, part / 100.0)
    c.services[FUND].spent += part
    clock.compensated += part
    clock.compensated_year += part
    clock.written_off += left - part
    clock.outstanding -= left
    firm.loan = 0
    firm.loan_stage = r.COMPENSATED
    month.loans_defaulted += left / 100.0
    month.loans_compensated += part / 100.0
    month.loans_written_off += (left - part) / 100.0
