"""Accounts: the month's stocks and means, the return quality index, and the Gini of incomes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.people.returning import RECENT_MONTHS
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_active, is_home, job_pay, month_index
from returnee.simulation.state.channels import ACTIVITIES, FINANCE, INCUBATION, SERVICES, TRAINING
from returnee.simulation.state.programmes import (
    G_TAX,
    N_PROGRAMMES,
    POT_EMPLOYMENT,
    POT_FUND,
    POT_INTEREST,
    POT_OF,
    POT_STARTUP,
    POT_WORKS,
)
from returnee.simulation.state.providers import HALL, MAX_SITES, SITES
from returnee.simulation.state.visible import HOME

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


STAYING_MONTHS = 12
LASTING_MONTHS = 36
# Columns of what those who returned score, the sums of all.
PRODUCTIVE, INCOME, SKILL, ENTERPRISE, STEADY, PAY, DEBT, FAMILY = range(8)
PARTS = 8
HALF = 0.5
INCOME_CLASSES = 200
CLASS_WIDTH = 250.0  # yuan a month


@kernel
def income_of(c: County, i: int):
    """Monthly income of a worker at home, yuan."""
    worker = c.workers[i]
    if worker.state == r.OWNER:
        return max(c.firms[worker.firm].income, 0.0)
    if worker.state == r.EMPLOYED:
        return job_pay(c, worker)
    if worker.state == r.FARMING:
        return c.facts.work_farm_income
    return 0.0


@kernel
def productive(worker: np.record):
    """In productive work: a job or an opened firm counts in full, farming by half (assumed)."""
    if worker.state == r.EMPLOYED or worker.state == r.OWNER:
        return 1.0
    return HALF if worker.state == r.FARMING else 0.0


@kernel
def at_skill_level(c: County, worker: np.record):
    """Working at one's skill level (assumed scale, by schooling).

    Owners always; employees in full up to junior school, with more schooling in full only in a
    company or with another employer, else by half; farmers in full up to primary school only.
    """
    if worker.state == r.OWNER:
        return 1.0
    if worker.state == r.EMPLOYED:
        if worker.schooling <= 2 or worker.firm < 0 or c.firms[worker.firm].company == 1:
            return 1.0
        return HALF
    return 1.0 if worker.state == r.FARMING and worker.schooling <= 1 else 0.0


@kernel
def in_enterprise(c: County, worker: np.record):
    """Owner of an opened firm, or with a job in a returnee firm."""
    if worker.state == r.OWNER:
        return 1.0
    if worker.state == r.EMPLOYED and worker.firm >= 0:
        return 1.0 if c.firms[worker.firm].returnee == 1 else 0.0
    return 0.0


@kernel
def free_of_debt(c: County, worker: np.record, income: float):
    """One less what is owed to banks and ties over a year's income; 0 from a year's income on."""
    if worker.firm < 0 or worker.state == r.EMPLOYED:
        return 1.0
    firm = c.firms[worker.firm]
    owed = (firm.loan + firm.informal + firm.commercial) / 100.0
    if owed <= 0.0:
        return 1.0
    return 1.0 - min(owed / max(12.0 * income, 1.0), 1.0)


@kernel
def thousandths(value: float):
    """Whole thousandths, so that a sum does not depend on the order of its parts."""
    return math.floor(1000.0 * value + 0.5)


@kernel
def rate_returns(c: County):
    """The parts of the return quality index, over everybody who returned in 36 months.

    Whoever has left again scores zero in every part. Staying is asked of those who returned at
    least 12 months ago, a child at home of those who left one behind. Two parts look at others than
    those who returned of late and are counted once a year, see `rate_firms` and `rate_failed`.
    """
    clock, month, left = c.clock, c.now, 0
    parts, stayed, asked, parents = np.zeros(PARTS), 0, 0, 0
    for k in range(clock.recent):
        if k + AHEAD < clock.recent:
            prefetch(c.workers, c.recent[k + AHEAD])
        i = c.recent[k]
        worker = c.workers[i]
        if clock.month - worker.returned > RECENT_MONTHS or worker.state == r.RETIRED:
            continue
        c.recent[left] = i
        left += 1
        home = is_home(worker.state)
        if clock.month - worker.returned >= STAYING_MONTHS:
            asked += 1
            stayed += 1 if home else 0
        parents += worker.child
        if home:
            rate_at_home(c, i, parts)
    clock.recent = left
    n = max(left, 1)
    month.quality_productive = parts[PRODUCTIVE] / n
    month.quality_income = parts[INCOME] / 1000.0 / n
    month.quality_staying = stayed / max(asked, 1)
    month.quality_skill = parts[SKILL] / n
    month.quality_enterprise = parts[ENTERPRISE] / n
    month.quality_steady = parts[STEADY] / 1000.0 / n
    month.quality_pay = parts[PAY] / n
    month.quality_debt = parts[DEBT] / 1000.0 / n
    month.quality_family = parts[FAMILY] / max(parents, 1)
    month.quality_lasting = clock.lasting
    month.quality_second = clock.second
    month.return_quality = weighed_quality(month, c.behaviour)


@kernel
def rate_at_home(c: County, i: int, parts: np.ndarray):
    """Add what someone at home scores in each part."""
    worker, income = c.workers[i], income_of(c, i)
    parts[PRODUCTIVE] += productive(worker)
    parts[INCOME] += thousandths(min(income / worker.wage, 1.0))
    parts[SKILL] += at_skill_level(c, worker)
    parts[ENTERPRISE] += in_enterprise(c, worker)
    if worker.state == r.EMPLOYED or worker.state == r.OWNER:
        held = (c.clock.month - worker.since) / STAYING_MONTHS
        parts[STEADY] += thousandths(min(held, 1.0))
    parts[PAY] += 1.0 if income >= c.facts.work_wage_floor else 0.0
    parts[DEBT] += thousandths(free_of_debt(c, worker, income))
    parts[FAMILY] += worker.child


@kernel
def weighed_quality(month: np.record, b: np.record):
    """Return quality index, 0 to 100: the weighted mean of its parts."""
    total = (
        b.quality_productive + b.quality_income + b.quality_staying
        + b.quality_skill + b.quality_enterprise
        + b.quality_steady + b.quality_pay + b.quality_debt
        + b.quality_family + b.quality_lasting + b.quality_second
    )  # fmt: skip
    scored = (
        b.quality_productive * month.quality_productive
        + b.quality_income * month.quality_income
        + b.quality_staying * month.quality_staying
        + b.quality_skill * month.quality_skill
        + b.quality_enterprise * month.quality_enterprise
        + b.quality_steady * month.quality_steady
        + b.quality_pay * month.quality_pay
        + b.quality_debt * month.quality_debt
        + b.quality_family * month.quality_family
        + b.quality_lasting * month.quality_lasting
        + b.quality_second * month.quality_second
    )
    return 100.0 * scored / max(total, 1e-9)


@kernel
def rate_firms(c: County):
    """Share of returnee firms registered three to four years ago that are open and pay tax."""
    month, firms, lasting = c.clock.month, 0, 0
    for f in range(c.clock.firms):
        firm = c.firms[f]
        age = month - firm.registered
        if firm.registered == r.NEVER or firm.returnee == 0:
            continue
        if LASTING_MONTHS <= age < LASTING_MONTHS + 12:
            firms += 1
            lasting += 1 if firm.phase == r.OPEN and firm.taxes > 0.0 else 0
    return lasting / max(firms, 1)


@kernel
def rate_failed(c: County):
    """Share of those at home whose firm stopped who prepare or own a firm again."""
    failed, again = 0, 0
    for i in range(len(c.workers)):
        if not int(c.seen[i]) & (1 << HOME):
            continue
        worker = c.workers[i]
        if worker.failed > 0:
            failed += 1
            again += 1 if worker.state == r.FOUNDING or worker.state == r.OWNER else 0
    return again / max(failed, 1)


@kernel
def gini_at_home(c: County):
    """Gini coefficient of monthly incomes at home, from income classes of 250 yuan."""
    counts = np.zeros(INCOME_CLASSES)
    for i in range(len(c.workers)):
        if int(c.seen[i]) & (1 << HOME):
            k = min(int(income_of(c, i) / CLASS_WIDTH), INCOME_CLASSES - 1)
            counts[k] += 1.0
    people, income = 0.0, 0.0
    for k in range(INCOME_CLASSES):
        people += counts[k]
        income += counts[k] * (k + 0.5)
    if people == 0.0:
        return 0.0
    area, below = 0.0, 0.0
    for k in range(INCOME_CLASSES):
        share = counts[k] * (k + 0.5) / income
        area += counts[k] / people * (2.0 * below + share)
        below += share
    return 1.0 - area


@kernel
def count_people(c: County, pay_in_firms: float):
    """Stocks of workers by state, awareness, and income per resident.

    Residents are the labour force at home and the people not in the labour force, who are as many as
    when the policy starts: children and elders stay when a worker leaves. Income is wages, farming,
    owners' incomes (grants included), interest from founders, remittances, and support paid to those
    without an open firm; that of registered households counts the whole pay of members away instead
    of remittances.
    """
    month, facts, clock = c.now, c.facts, c.clock
    by_state = np.zeros(len(r.STATES))
    wages, home_wage = 0.0, 0.0
    for t in range(len(c.towns)):
        home = 0.0
        for state in range(len(r.STATES)):
            by_state[state] += c.stock[t, state]
            if is_home(state):
                home += c.stock[t, state]
        wages += c.towns[t].wage * c.towns[t].employed_pay / 1000.0
        home_wage += c.towns[t].wage * home
    month.away = by_state[r.AWAY]
    month.seeking = by_state[r.SEEKING]
    month.farming = by_state[r.FARMING]
    month.employed = by_state[r.EMPLOYED]
    month.founders = by_state[r.FOUNDING]
    month.owners = by_state[r.OWNER]
    for state in range(len(r.STATES)):
        if is_active(state):
            month.labour_force += by_state[state]
    month.home = month.labour_force - month.away
    month.local_wage = home_wage / max(month.home, 1.0)
    force = max(month.labour_force, 1.0)
    month.aware_training = c.aware[TRAINING] / force
    month.aware_services = c.aware[SERVICES] / force
    month.aware_incubation = c.aware[INCUBATION] / force
    month.aware_activities = c.aware[ACTIVITIES] / force
    month.aware_finance = c.aware[FINANCE] / force
    wages -= (1.0 - facts.firms_pay) * pay_in_firms
    earned = wages + facts.work_farm_income * by_state[r.FARMING]
    earned += month.owner_income + clock.transfers / 100.0
    earned += c.transactions[month_index(c), r.T_INFORMAL_INTEREST] / 100.0
    clock.transfers = 0
    if clock.month < 1:
        clock.dependants = facts.work_dependants * month.home
    tell_incomes(c, earned)


@kernel
def tell_incomes(c: County, earned: float):
    """Three incomes a head and year, residents' consumption, and the county's price index.

    Parameters
    ----------
    earned : float
        What was earned at home this month, owners' income and support included; yuan.
    """
    month, facts, clock = c.now, c.facts, c.clock
    remitted = facts.work_remittance * clock.away_wages
    residents = max(month.home + clock.dependants, 1.0)
    registered = max(month.labour_force + clock.dependants, 1.0)
    clock.spending = earned * (1.0 - c.behaviour.money_saving_rate) + remitted
    month.consumption = clock.spending
    month.rural_income = 12.0 * (earned + remitted) / residents
    month.household_income = 12.0 * (earned + clock.away_wages) / registered
    month.price_index = price_index(c)
    month.real_income = month.rural_income / month.price_index


@kernel
def price_index(c: County):
    """Paasche price index of what residents consume; 1 where county markets balance.

    With q sold in the county at price p of each sector, and what else residents spend at a constant
    price, the index is S / (S - sum of q (p - 1)), S what is spent.
    """
    worth, quantity = 0.0, 0.0
    for s in range(len(c.markets)):
        worth += c.markets[s].supply * c.markets[s].price
        quantity += c.markets[s].supply
    spent = max(c.clock.spending, worth)
    if spent <= 0.0:
        return 1.0
    return spent / (spent - worth + quantity)


@kernel
def count_firms(c: County):
    """Stocks of firms and jobs, and the sum of owners' incomes.

    Returns
    -------
    float
        What employees of firms would earn with other employers, yuan.
    """
    month, clock = c.now, c.clock
    ratio, income, pay, opened = 0.0, 0.0, 0.0, 0
    for k in range(clock.active):
        if k + AHEAD < clock.active:
            prefetch(c.workers, c.firms[c.active[k + AHEAD]].owner)
        firm = c.firms[c.active[k]]
        if firm.phase == r.OPEN:
            opened += 1
            month.jobs += firm.employees
            pay += math.floor(firm.payroll / 1000.0 * c.towns[firm.township].wage)
            earned = math.floor(max(firm.income, 0.0))
            income += earned
            if firm.returnee == 1:
                month.returnee_firms_open += 1
                month.returnee_jobs += firm.employees
                ratio += math.floor(1000.0 * earned / c.workers[firm.owner].wage)
            month.firms_registered += 1
        elif firm.phase == r.REGISTERED:
            month.firms_registered += 1
        elif firm.phase == r.DORMANT:
            month.firms_registered += 1
            month.firms_dormant += 1
    month.firms_open = opened
    month.owner_income = income  # the sum; count_people uses it, finish makes it a mean
    month.owner_income_ratio = ratio / 1000.0 / max(month.returnee_firms_open, 1.0)
    return pay


@kernel
def finish(c: County):
    """Step 9 of the month: stocks, means and money."""
    clock, month, m = c.clock, c.now, month_index(c)
    count_people(c, count_firms(c))
    month.owner_income /= max(month.firms_open, 1.0)
    if (clock.month - 1) % 12 == 11 or clock.gini == 0.0:
        clock.gini = gini_at_home(c)
        clock.lasting = rate_firms(c)
        clock.second = rate_failed(c)
    rate_returns(c)
    month.gini = clock.gini
    month.trained_wait /= max(month.trained, 1.0)
    month.desk_wait /= max(month.loans_number, 1.0)
    month.queue_training = clock.training_queue
    month.queue_desk = c.services[HALL].queue
    month.queue_incubation = 0.0
    for s in range(MAX_SITES):
        month.queue_incubation += c.services[SITES + s].queue
    month.incubator_places_used = clock.places_used
    month.mentored = clock.mentored
    month.banks_lending = 1.0 - clock.withdrawn
    month.loans_outstanding = clock.outstanding / 100.0
    month.guarantee_fund = c.pots[POT_FUND, 0] / 100.0
    month.pot_startup = c.pots[POT_STARTUP, 0] / 100.0
    month.pot_employment = c.pots[POT_EMPLOYMENT, 0] / 100.0
    month.pot_interest = c.pots[POT_INTEREST, 0] / 100.0
    month.pot_works = c.pots[POT_WORKS, 0] / 100.0
    tell_public_money(c, m)


@kernel
def county_share(facts: np.record, pot: int):
    """Share of a pot that is the county's own money."""
    if pot == POT_STARTUP:
        return facts.shares_startup
    if pot == POT_EMPLOYMENT:
        return facts.shares_employment
    if pot == POT_INTEREST:
        return facts.shares_interest
    if pot == POT_WORKS:
        return facts.shares_works
    return facts.shares_fund if pot == POT_FUND else facts.shares_tax


@kernel
def tell_public_money(c: County, m: int):
    """What support costs in all and the county, what comes back as taxes, and the fund's capital.

    Net cost is what was paid out less taxes that firms paid; relief is part of neither, being taxes
    that were not paid. The fund's capital could earn the loan prime rate.
    """
    month, facts = c.now, c.facts
    for programme in range(N_PROGRAMMES):
        paid = c.ledger[m, programme] / 100.0
        month.public_cost += paid
        month.county_cost += paid * county_share(facts, POT_OF[programme])
        month.unpaid += c.unpaid[m, programme] / 100.0
    month.net_cost = month.public_cost - c.ledger[m, G_TAX] / 100.0 - month.tax
    month.fund_capital = c.clock.fund_capital / 100.0
    month.fund_cost = month.fund_capital * facts.firms_lpr / 12.0
