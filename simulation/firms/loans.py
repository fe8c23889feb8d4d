"""What becomes of loans: instalments, due date, renewal, arrears, default.

Of a guaranteed loan a share of the principal is repaid in monthly parts and the rest at the due date, at
which the loan of a sound firm is renewed. A bank's own loan and that of a tie are repaid in equal monthly
parts. When a firm ends, what its sale brings goes to the guaranteed loan, then to the bank's own, then to
the tie; of the last two, what is missing is lost to who lent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import book, cents, job_pay
from returnee.simulation.state.money import fen, pay, pay_loan, receive
from returnee.simulation.state.programmes import G_GUARANTEE, POT_FUND, R_INTEREST
from returnee.simulation.state.providers import FUND

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def loan_rate(c: County):
    """Interest of a guaranteed loan granted now, a year, before subsidy."""
    return c.facts.firms_lpr + c.policy.finance_rate_spread / 10_000.0


@kernel
def debt_service(principal: float, rate: float, months: int):
    """Instalment and interest of the first month, for a loan repaid in equal parts; yuan."""
    return principal / months + principal * rate / 12.0


@kernel
def borrowers_rate(c: County):
    """Interest of a guaranteed loan granted now, a year, that is left to the borrower."""
    return loan_rate(c) * (1.0 - c.policy.finance_interest_subsidy)


@kernel
def guaranteed_service(c: County, principal: float, rate: float):
    """Instalment and interest of the first month of a guaranteed loan's new term; yuan.

    Asked of the income at the grant and at each renewal alike. What is due at the end of the term is
    not: the loan of a sound firm is renewed.
    """
    policy = c.policy
    part = policy.finance_instalment_share / policy.finance_loan_months
    return principal * (part + rate / 12.0)


@kernel
def repay_from_savings(c: County, f: int, i: int, kept: float):
    """Pay the loan of firm `f` from the savings of worker `i`, of which `kept` yuan are left."""
    worker = c.workers[i]
    worker.savings -= pay_loan(c, f, worker.savings - kept, r.T_REPAID_FROM_SAVINGS)


@kernel
def exempt(behaviour: np.record):
    """Savings that the law leaves to who owes or stands guarantor: a bare living for some months; yuan."""
    return behaviour.closing_exempt_months * behaviour.firm_living


@kernel
def repay_from_all(c: County, f: int):
    """Pay the loan from cash, the owner's savings and the guarantor's above what they must be left.

    What is still owed is overdue from now on.
    """
    firm, left = c.firms[f], exempt(c.behaviour)
    firm.cash -= pay_loan(c, f, firm.cash, r.T_REPAID_BY_FIRMS)
    repay_from_savings(c, f, firm.owner, left)
    if firm.guarantor >= 0:
        repay_from_savings(c, f, firm.guarantor, left)
    if firm.loan > 0:
        repay_from_household(c, f)
    if firm.loan > 0:
        firm.loan_stage = r.OVERDUE
        firm.loan_due = c.clock.month
        owner = c.workers[firm.owner]
        if owner.record == r.CLEAN:
            owner.record = r.IN_ARREARS


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
def earnings_of(c: County, i: int):
    """Monthly income of worker `i` from a job, here or away, a firm, farming or a pension; yuan."""
    worker = c.workers[i]
    if worker.state == r.AWAY:
        return worker.wage
    if worker.state == r.EMPLOYED:
        return job_pay(c, worker)
    if worker.state == r.OWNER:
        return c.firms[worker.firm].income
    if worker.state == r.RETIRED:
        return c.behaviour.money_pension
    return c.facts.work_farm_income if worker.state == r.FARMING else 0.0


@kernel
def collected_from(c: County, i: int):
    """What a bank collects of a month's income of worker `i`: a share of what is above a bare living."""
    above = max(earnings_of(c, i) - c.behaviour.firm_living, 0.0)
    return c.behaviour.closing_debt_share * above


@kernel
def pay_tie(c: County, f: int, yuan: float, kind: int):
    """Firm `f` pays the tie who lent `yuan` (whole fen) from its cash."""
    firm = c.firms[f]
    firm.cash -= yuan
    c.workers[firm.lender].savings += yuan
    book(c, kind, yuan)


@kernel
def interest_of_others(c: County, f: int):
    """Interest of a month on a tie's loan and a bank's own, yuan; the tie's is handed over."""
    firm, behaviour = c.firms[f], c.behaviour
    interest = 0.0
    if firm.informal > 0:
        due = cents(firm.informal / 100.0 * behaviour.money_informal_rate / 12.0)
        c.workers[firm.lender].savings += due
        book(c, r.T_INFORMAL_INTEREST, due)
        interest += due
    if firm.commercial > 0:
        due = cents(firm.commercial / 100.0 * behaviour.money_commercial_rate / 12.0)
        book(c, r.T_INTEREST, due)
        interest += due
    return interest


@kernel
def repay_commercial(c: County, f: int, most: float, kind: int):
    """Firm `f` repays of a bank's own loan at most `most` yuan; what was paid, yuan."""
    firm = c.firms[f]
    amount = min(fen(max(most, 0.0)), firm.commercial)
    firm.commercial -= amount
    c.clock.commercial -= amount
    book(c, kind, amount / 100.0)
    return amount / 100.0


@kernel
def pay_instalments(c: County, f: int):
    """An open firm pays the month's parts of its loans from cash, as far as it goes."""
    firm, behaviour, month = c.firms[f], c.behaviour, c.clock.month
    if firm.loan > 0 and firm.loan_stage == r.GRANTED:
        term = max(int(firm.loan_due) - int(firm.loan_start), 1)
        passed = min((month - int(firm.loan_start)) / term, 1.0)
        scheduled = firm.loan_base * (1.0 - c.policy.finance_instalment_share * passed)
        part = min((firm.loan - scheduled) / 100.0, firm.cash)
        firm.cash -= pay_loan(c, f, part, r.T_REPAID_BY_FIRMS)
    if firm.commercial > 0:
        part = firm.commercial_base / 100.0 / behaviour.money_commercial_months
        firm.cash -= repay_commercial(c, f, min(part, firm.cash), r.T_REPAID_BY_FIRMS)
    if firm.informal > 0 and firm.cash > 0.0:
        part = firm.informal_granted / 100.0 / behaviour.money_informal_months
        amount = min(fen(min(part, firm.cash)), firm.informal)
        firm.informal -= amount
        pay_tie(c, f, amount / 100.0, r.T_INFORMAL_REPAID)


@kernel
def is_renewed(c: County, f: int):
    """Whether the loan of firm `f` is renewed at its due date: a sound firm, and banks that lend."""
    firm, policy, clock = c.firms[f], c.policy, c.clock
    if not c.behaviour.structure_credit_market or firm.phase != r.OPEN or firm.cash < 0.0:
        return False
    if clock.withdrawn == 1 or policy.finance_guarantee_fund <= 0.0:
        return False
    if int(firm.renewals) >= policy.finance_renewals:
        return False
    service = guaranteed_service(c, firm.loan / 100.0, firm.loan_rate)
    return firm.income >= c.behaviour.money_cover * service


@kernel
def renew(c: County, f: int):
    """A new term begins for what is left of the loan."""
    firm, month = c.firms[f], c.clock.month
    firm.renewals += 1
    firm.loan_base = firm.loan
    firm.loan_start = month
    firm.loan_due = month + c.policy.finance_loan_months
    c.now.loans_renewed += 1


@kernel
def meet_due_date(c: County, f: int):
    """At the end of the term the loan is renewed, or paid from cash, savings, guarantor; else overdue."""
    firm = c.firms[f]
    if firm.loan > 0 and firm.loan_stage != r.OVERDUE and firm.loan_due <= c.clock.month:
        if is_renewed(c, f):
            renew(c, f)
        else:
            repay_from_all(c, f)


@kernel
def service_debts(c: County, f: int):
    """A month of the debts of file `f`: instalments, due date, and interest money that is owed."""
    firm = c.firms[f]
    if firm.phase == r.OPEN and c.behaviour.structure_credit_market:
        pay_instalments(c, f)
    meet_due_date(c, f)
    january = (c.clock.month - 1) % 12 == 0
    if firm.owed > 0 and firm.phase >= r.DORMANT and january:
        pay_arrears(c, f)


@kernel
def pay_arrears(c: County, f: int):
    """Interest subsidy owed to a firm that has ended goes to its owner, when the pot can pay (P045)."""
    firm = c.firms[f]
    owed = firm.owed
    if receive(c, f, R_INTEREST, owed):
        firm.owed = 0
        c.workers[firm.owner].savings += owed / 100.0
        book(c, r.T_WITHDRAWAL, owed / 100.0)


@kernel
def settle_debts(c: County, f: int):
    """What is left of the loans of a firm that ends: guaranteed, then a bank's own, then the tie's.

    The owner's savings answer for a bank's loan above what the law leaves, for a tie's above the buffer;
    the rest is lost.
    """
    firm = c.firms[f]
    owner = c.workers[firm.owner]
    if firm.loan > 0:
        repay_from_all(c, f)
    if firm.commercial > 0:
        firm.cash -= repay_commercial(c, f, firm.cash, r.T_REPAID_BY_FIRMS)
        spare = owner.savings - exempt(c.behaviour)
        owner.savings -= repay_commercial(c, f, spare, r.T_REPAID_FROM_SAVINGS)
        if firm.commercial > 0:
            lost = firm.commercial
            firm.commercial = 0
            c.clock.commercial -= lost
            c.now.commercial_lost += lost / 100.0
            owner.record = r.DEFAULTED
    if firm.informal > 0:
        amount = min(fen(max(firm.cash, 0.0)), firm.informal)
        firm.informal -= amount
        pay_tie(c, f, amount / 100.0, r.T_INFORMAL_REPAID)
        amount = min(fen(max(owner.savings - c.behaviour.money_buffer, 0.0)), firm.informal)
        firm.informal -= amount
        owner.savings -= amount / 100.0
        c.workers[firm.lender].savings += amount / 100.0
        c.now.informal_lost += firm.informal / 100.0
        firm.informal = 0


@kernel
def pay_off(c: County, f: int):
    """An overdue loan is paid from income; after some months the fund pays the bank instead.

    A bank waits as long as the firm is open and pays, from its cash. Of a firm that has ended it collects
    from what the former owner and the guarantor earn.
    """
    firm, clock, behaviour = c.firms[f], c.clock, c.behaviour
    if firm.phase == r.OPEN:
        part = behaviour.closing_debt_share * max(firm.income, firm.cash)
        firm.cash -= pay_loan(c, f, min(part, firm.cash), r.T_REPAID_BY_FIRMS)
    else:
        part = collected_from(c, firm.owner)
        if firm.guarantor >= 0:
            part += collected_from(c, firm.guarantor)
        pay_loan(c, f, part, r.T_REPAID_FROM_WAGES)
    if (
        firm.loan > 0
        and firm.phase != r.OPEN
        and clock.month - firm.loan_due >= behaviour.closing_grace
    ):
        default(c, f)


@kernel
def default(c: County, f: int):
    """The fund pays its share of what is left to the bank, which writes off the rest.

    The owner gets no credit of banks any more.
    """
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
    c.workers[firm.owner].record = r.DEFAULTED
    month.loans_defaulted += left / 100.0
    month.loans_compensated += part / 100.0
    month.loans_written_off += (left - part) / 100.0
