"""Credit: who is eligible, who applies, what banks approve, what ties lend, and what becomes of loans."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation.firms import finance, loans
from returnee.simulation.firms.founding import begin_venture, give_up, new_file, plan_of, register
from returnee.simulation.run import start
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import enter, is_active
from returnee.simulation.state.channels import FINANCE
from returnee.simulation.state.programmes import POT_FUND
from returnee.simulation.support import desk

SAMPLE, MONTHS, BURN_IN = 0.002, 18, 12
ROOM = 160  # months for which a county has rows, however few it lives
OFF = {"behaviour.structure.credit_market": False}
PENNY = 0.005


@lru_cache(maxsize=32)
def county_of(overrides=(), months=MONTHS, scenario="baseline"):
    """A tiny county after `months` (kept, so never to be changed)."""
    loaded = load_scenario(scenario, dict(overrides))
    return advance(start(loaded, 0, 1, SAMPLE, ROOM, BURN_IN), months)


def county(overrides=None, **kwargs):
    return county_of(tuple(sorted((overrides or {}).items())), **kwargs)


def copy_of(overrides=None, months=1):
    """A county of one's own, at the end of a month."""
    found = county(overrides, months=months)
    return with_policy(found, load_scenario("baseline", overrides or {}), ROOM)


def firms_of(county):
    return county.firms[: int(county.clock.firms)]


def total(county, name):
    return county.months[name][1:].sum()


def adult(county, **also):
    """Row of an active worker at home without a firm, made eligible, informed and without money."""
    workers = county.workers
    home = np.isin(workers.state, (r.SEEKING, r.FARMING))
    i = int(np.flatnonzero(home & (workers.attempts == 0))[0])
    worker = workers[i]
    worker.eligible, worker.record, worker.loans_had = 1, r.CLEAN, 0
    worker.knows = int(worker.knows) | 1 << FINANCE
    worker.savings = 0.0
    worker.settled = county.clock.month
    for name, value in also.items():
        worker[name] = value
    return i


def poor_ties(county, i):
    for j in county.ties[county.indptr[i] : county.indptr[i + 1]]:
        county.workers[j].savings = 0.0
        county.workers[j].settled = county.clock.month


def active_tie(county, i):
    ties = county.ties[county.indptr[i] : county.indptr[i + 1]]
    return int(next(j for j in ties if is_active(county.workers[j].state)))


def file_of(county, i, wanted=200_000.0, means=0.0):
    """A venture file of worker `i` with `means` yuan of own money."""
    f = new_file(county, i, int(county.towns[county.workers[i].township].best))
    firm = county.firms[f]
    firm.capital_wanted, firm.means = wanted, means
    enter(county, i, r.FOUNDING)
    county.workers[i].firm = f
    return f


def open_firm_of(county, loan=0.0, cash=0.0):
    """An open firm with a young guaranteed loan (yuan), its owner and ties without savings."""
    f = int(np.flatnonzero(firms_of(county).phase == r.OPEN)[0])
    firm, month = county.firms[f], county.clock.month
    owner = county.workers[firm.owner]
    poor_ties(county, firm.owner)
    owner.savings, owner.settled, owner.record = 0.0, month, r.CLEAN
    firm.cash = cash
    if loan:
        firm.loan_stage = r.AT_DESK
        firm.desk_since = month
        desk.grant_loan(county, f, round(100 * loan))
        firm.cash = cash
    return f


# Who is eligible, and who applies


def test_eligibility_is_fixed_per_person_in_the_share_that_is_set():
    one, two = county(), county({"policy.finance.guarantee_fund": 0})
    assert (one.workers.eligible == two.workers.eligible).all()
    assert one.workers.eligible.mean() == pytest.approx(0.6, abs=0.03)
    assert county(OFF).workers.eligible.all()


@pytest.mark.parametrize(
    "excluded",
    [
        {"eligible": 0},
        {"record": r.IN_ARREARS},
        {"record": r.DEFAULTED},
        {"loans_had": 3},
        {"knows": 0},
    ],
)
def test_who_may_not_apply_has_no_loan_in_sight(excluded):
    mine = copy_of()
    i = adult(mine)
    poor_ties(mine, i)
    worker = mine.workers[i]
    assert finance.may_apply(mine, worker)
    seen = finance.credit_in_sight(mine, worker, 0, 0.0, 300_000.0, 0.0)
    assert seen == 0.3 * 500_000.0
    for name, value in excluded.items():
        worker[name] = value
    assert not finance.may_apply(mine, worker)
    assert finance.credit_in_sight(mine, worker, 0, 0.0, 300_000.0, 0.0) == 0.0


def test_who_wants_much_asks_even_where_the_cap_is_small():
    mine = copy_of({"policy.finance.loan_cap": 100_000, "behaviour.money.visit_cost": 0})
    worker = mine.workers[adult(mine)]
    small = mine.behaviour.money_smallest_loan - 1.0
    assert finance.credit_in_sight(mine, worker, 0, 60_000.0, 300_000.0, 0.0) == 30_000.0
    assert finance.credit_in_sight(mine, worker, 0, 300_000.0 - small, 300_000.0, 0.0) == 0.0


def test_a_slow_desk_and_a_far_one_cost_more_to_apply_to():
    def cost(days, posts):
        overrides = {
            "policy.services.desk_days": days,
            "policy.services.township_posts": posts,
        }
        mine = county(overrides, months=1)
        i = adult(copy_of(overrides))
        return finance.cost_of_applying(mine, mine.workers[i])

    assert cost(20, 0) == pytest.approx(2.0 * cost(10, 0), rel=0.2)
    assert cost(20, 0) == pytest.approx(cost(20, 40) / 0.7)


def test_nobody_applies_where_it_is_not_worth_the_trouble():
    def seen(cost, lent=0.0):
        mine = copy_of({"behaviour.money.visit_cost": cost, "behaviour.money.visit_spread": 0})
        i = adult(mine, ability=-1.0)
        worker = mine.workers[i]
        sector = int(mine.towns[worker.township].best)
        return finance.credit_in_sight(mine, worker, sector, 100_000.0, 300_000.0, lent)

    assert seen(0) == 150_000.0
    assert seen(20_000) == 0.0
    assert seen(3_000) == 150_000.0
    assert seen(3_000, lent=200_000.0) == 0.0  # a tie's loan does nearly as well, without papers


def test_without_a_credit_market_whoever_knows_counts_on_a_loan():
    mine = copy_of(OFF)
    i = adult(mine, eligible=0, record=r.DEFAULTED, loans_had=9)
    worker = mine.workers[i]
    assert finance.means_in_sight(mine, worker) == 0.3 * 500_000.0
    worker.knows = 0
    assert finance.means_in_sight(mine, worker) == 0.0


def test_without_a_credit_market_there_is_no_other_credit_and_every_project_is_approved():
    off = county(OFF)
    for name in ("informal_loans", "commercial_loans", "refused_not_approved", "loans_renewed"):
        assert total(off, name) == 0
    assert not firms_of(off).informal_granted.any()
    small = {"behaviour.money.smallest_loan": 20_000}  # so that many ask
    assert total(county({**OFF, **small}), "loans_asked") > total(county(small), "loans_asked")


# What is in sight


def test_means_in_sight_count_savings_gifts_and_a_loan_of_a_tie():
    mine = copy_of()
    i = adult(mine, knows=0)
    worker = mine.workers[i]
    poor_ties(mine, i)
    assert finance.means_in_sight(mine, worker) == 0.0
    worker.savings = 50_000.0
    assert finance.means_in_sight(mine, worker) == 30_000.0
    for j in mine.ties[mine.indptr[i] : mine.indptr[i + 1]]:
        mine.workers[j].savings = 200_000.0
    given, lent, lender = finance.money_of_ties(mine, i, 0, 1e6)
    assert given > 0.0 and lent > 0.0
    assert lender in mine.ties[mine.indptr[i] : mine.indptr[i + 1]]
    assert 30_000.0 < finance.means_in_sight(mine, worker) <= 30_000.0 + given + lent


def test_ties_lend_no_more_than_a_multiple_of_income():
    overrides = {"behaviour.money.informal_chance": 1, "behaviour.money.informal_multiple": 0.1}
    mine = copy_of(overrides)
    i = adult(mine)
    for j in mine.ties[mine.indptr[i] : mine.indptr[i + 1]]:
        mine.workers[j].savings = 500_000.0
    _, lent, _ = finance.money_of_ties(mine, i, 0, 0.0)
    assert lent == pytest.approx(1.2 * finance.income_without(mine, mine.workers[i]), abs=1.0)


# Starts


def test_who_lacks_money_borrows_from_a_tie_at_registration():
    mine = copy_of({"behaviour.money.informal_chance": 1})
    i = adult(mine, ability=3.0)
    poor_ties(mine, i)
    lender = active_tie(mine, i)
    mine.workers[lender].savings = 120_000.0
    f = file_of(mine, i, wanted=100_000.0, means=15_000.0)
    register(mine, f)
    firm = mine.firms[f]
    assert firm.phase in (r.REGISTERED, r.OPEN)
    assert firm.lender == lender
    assert firm.informal == firm.informal_granted > 0
    assert mine.workers[lender].savings == pytest.approx(120_000.0 - firm.informal / 100.0)
    assert firm.cash + firm.capital == pytest.approx(15_000.0 + firm.informal / 100.0)


def test_a_start_too_small_is_given_up_and_nothing_is_borrowed_for_it():
    mine = copy_of({"behaviour.money.informal_chance": 1})
    i = adult(mine)
    poor_ties(mine, i)
    mine.workers[active_tie(mine, i)].savings = 25_000.0
    f = file_of(mine, i, wanted=200_000.0, means=30_000.0)
    register(mine, f)
    assert mine.firms[f].phase == r.ABANDONED
    assert mine.firms[f].informal_granted == 0
    assert mine.workers[i].savings == 30_000.0


def test_who_is_refused_goes_on_smaller_or_gives_up():
    mine = copy_of()
    i = adult(mine)
    poor_ties(mine, i)
    f = file_of(mine, i, wanted=100_000.0, means=30_000.0)
    mine.firms[f].loan_stage = r.AT_DESK
    desk.refuse(mine, f, r.NOT_APPROVED)
    register(mine, f)
    assert mine.firms[f].phase in (r.REGISTERED, r.OPEN)
    assert mine.firms[f].capital < 30_000.0
    assert mine.now.refused_not_approved == 1 + county(months=1).now.refused_not_approved


def test_the_founder_knows_the_project_from_the_plan_on():
    mine = copy_of()
    f = file_of(mine, adult(mine))
    assert mine.firms[f].phase == r.PLANNED
    assert mine.firms[f].known != 0.0


def test_a_loan_for_a_plan_given_up_is_repaid_at_once():
    mine = copy_of()
    f = file_of(mine, adult(mine), means=10_000.0)
    mine.firms[f].desk_since = 1
    before = int(mine.clock.outstanding)
    desk.grant_loan(mine, f, 5_000_000)
    assert mine.firms[f].means == 60_000.0
    give_up(mine, f)
    assert mine.clock.outstanding == before
    assert mine.workers[mine.firms[f].owner].savings == 10_000.0
    assert mine.workers[mine.firms[f].owner].loans_had == 1


# What banks see


def test_banks_approve_what_covers_the_instalments():
    mine = copy_of()
    f = file_of(mine, adult(mine), wanted=150_000.0, means=30_000.0)
    firm = mine.firms[f]
    firm.luck = 1.5
    assert desk.loan_served(mine, f, 100_000.0) == 100_000.0
    most = desk.loan_served(mine, f, 1e9)
    assert 100_000.0 < most < 1e8
    assert desk.loan_served(mine, f, 2e9) == pytest.approx(most, abs=10.0)
    firm.luck = -40.0
    assert desk.loan_served(mine, f, 100_000.0) == 0.0
    assert desk.loan_served(mine, f, 1_000.0) == 0.0  # below the least sum
    without = copy_of(OFF)
    g = file_of(without, adult(without), wanted=150_000.0)
    without.firms[g].luck = -40.0
    assert desk.loan_served(without, g, 100_000.0) == 100_000.0


def test_a_file_that_is_not_approved_says_so():
    mine = copy_of()
    f = file_of(mine, adult(mine), wanted=150_000.0, means=50_000.0)
    firm = mine.firms[f]
    firm.luck, firm.loan_stage, firm.loan_wanted = -40.0, r.IN_PROCESS, 10_000_000
    desk.decide_loan(mine, f)
    assert firm.loan == 0
    assert r.REASONS[firm.loan_reason] == "not approved"
    assert mine.now.refused_not_approved == 1 + county(months=1).now.refused_not_approved


def served(months=36, step=1.0, luck=-1.5):
    """What is granted to a middling project that wants 300,000 yuan, by term and first step of the cap."""
    mine = copy_of({"behaviour.money.guarantor_share": 1})
    f = file_of(mine, adult(mine), wanted=300_000.0, means=50_000.0)
    firm = mine.firms[f]
    firm.luck, firm.loan_stage, firm.loan_wanted, firm.desk_since = (
        luck,
        r.IN_PROCESS,
        30_000_000,
        1,
    )
    mine.policy.finance_loan_months, mine.policy.finance_first_step = months, step
    mine.policy.finance_second_jobs = mine.policy.finance_full_jobs = 100
    desk.decide_loan(mine, f)
    return firm.loan / 100.0


def test_banks_lend_less_where_the_project_serves_less():
    whole, short = served(), served(months=12)
    assert 0.0 < short < whole
    lucky = [served(months=12, luck=luck) for luck in (-2.0, -1.5, -1.0, -0.5)]
    assert lucky == sorted(lucky) and lucky[0] < lucky[-1]


def test_a_larger_first_step_never_lowers_what_is_lent():
    lent = [served(months=12, step=step) for step in (0.1, 0.2, 0.3, 0.5, 0.8, 1.0)]
    assert lent == pytest.approx(sorted(lent), abs=5.0)


def test_the_last_of_the_fund_is_lent_in_part():
    mine = copy_of()
    f = file_of(mine, adult(mine), wanted=150_000.0, means=50_000.0)
    firm = mine.firms[f]
    firm.luck, firm.loan_stage, firm.loan_wanted = 1.5, r.IN_PROCESS, 10_000_000
    room = mine.behaviour.money_least_loan + 1_000.0
    mine.pots[POT_FUND, 0] = (mine.clock.outstanding + 100.0 * room) / 10
    desk.decide_loan(mine, f)
    assert firm.loan == pytest.approx(100.0 * room, abs=200)


def test_ties_give_what_was_in_sight_each_in_the_same_proportion():
    mine = copy_of({"behaviour.money.family_chance": 1})
    i = adult(mine)
    poor_ties(mine, i)
    ties = mine.ties[mine.indptr[i] : mine.indptr[i + 1]]
    rich = [j for j in np.unique(ties) if is_active(mine.workers[j].state)][:3]
    for j, savings in zip(rich, (120_000.0, 220_000.0, 320_001.0), strict=True):
        mine.workers[j].savings = savings
    given, _, _ = finance.money_of_ties(mine, i, 0, 30_000.01)
    assert given == 30_000.01  # of 10,000 + 20,000 + 30,000 that they would give
    before = mine.workers.savings.copy()
    finance.take_gifts(mine, i, 0, given)
    gave = (before - mine.workers.savings)[rich]
    assert gave == pytest.approx([5_000.0, 10_000.0, 15_000.0], abs=1.0)
    assert gave.sum() == pytest.approx(given, abs=PENNY)


def test_a_venture_begins_with_the_gifts_that_were_in_sight():
    mine = copy_of({"behaviour.money.family_chance": 1})
    i = adult(mine, knows=0, savings=30_000.0)
    poor_ties(mine, i)
    for j in mine.ties[mine.indptr[i] : mine.indptr[i + 1]]:
        mine.workers[j].savings = 60_000.0
    _, wanted = plan_of(mine, i, finance.means_in_sight(mine, mine.workers[i]))
    own = min(10_000.0, wanted)
    given, _, _ = finance.money_of_ties(mine, i, 0, wanted - own)
    held = mine.workers.savings.sum()
    begin_venture(mine, i)
    firm = mine.firms[mine.workers[i].firm]
    assert firm.means == own + given > own
    assert held - mine.workers.savings.sum() == pytest.approx(firm.means, abs=PENNY)


@pytest.mark.parametrize(("jobs", "share"), [(2.9, 0.3), (3, 0.6), (5.9, 0.6), (6, 1.0), (40, 1.0)])
def test_the_cap_rises_with_the_jobs_planned(jobs, share):
    assert desk.cap_for(jobs, copy_of().policy) == share * 500_000.0


# Instalments, renewal, arrears, default


def test_half_of_a_guaranteed_loan_is_repaid_in_monthly_parts():
    mine = copy_of()
    f = open_firm_of(mine, loan=72_000.0, cash=50_000.0)
    mine.clock.month += 1
    loans.pay_instalments(mine, f)
    assert mine.firms[f].loan == 7_200_000 - 100_000
    assert mine.firms[f].cash == 49_000.0
    mine.clock.month += 2
    loans.pay_instalments(mine, f)
    assert mine.firms[f].loan == 7_200_000 - 300_000
    mine.firms[f].cash = 0.0
    mine.clock.month += 1
    loans.pay_instalments(mine, f)
    assert mine.firms[f].loan == 7_200_000 - 300_000  # behind, but not overdue before the term ends


def test_a_sound_firm_renews_up_to_three_times():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0, cash=1_000.0)
    firm = mine.firms[f]
    firm.income = 5_000.0
    for renewal in range(3):
        mine.clock.month = int(firm.loan_due)
        loans.meet_due_date(mine, f)
        assert firm.renewals == renewal + 1
        assert firm.loan_due == mine.clock.month + 36
        assert firm.loan_stage == r.GRANTED
    mine.clock.month = int(firm.loan_due)
    loans.meet_due_date(mine, f)
    assert firm.loan_stage == r.OVERDUE


def test_renewal_asks_of_the_income_what_approval_asks():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0, cash=1_000.0)
    firm = mine.firms[f]
    asked = 1.2 * loans.guaranteed_service(mine, 36_000.0, firm.loan_rate)
    assert asked < 1.2 * loans.debt_service(36_000.0, firm.loan_rate, 36)
    firm.income = asked + 0.01
    assert loans.is_renewed(mine, f)
    firm.income = asked - 0.01
    assert not loans.is_renewed(mine, f)


def test_an_unsound_firm_is_not_renewed_and_its_owner_gets_no_credit_until_it_has_paid():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0, cash=1_000.0)
    firm = mine.firms[f]
    firm.income = 100.0
    owner = mine.workers[firm.owner]
    mine.clock.month = int(firm.loan_due)
    loans.meet_due_date(mine, f)
    assert firm.loan_stage == r.OVERDUE
    assert owner.record == r.IN_ARREARS
    assert not finance.is_bankable(mine, owner)
    firm.cash = 100_000.0
    loans.pay_off(mine, f)
    assert firm.loan_stage == r.REPAID
    assert owner.record == r.CLEAN


def test_default_costs_the_owner_future_credit():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0)
    loans.default(mine, f)
    owner = mine.workers[mine.firms[f].owner]
    assert owner.record == r.DEFAULTED
    owner.eligible, owner.knows = 1, 1 << FINANCE
    assert not finance.may_apply(mine, owner)


def ended_firm_of(county, loan):
    """A firm that has ended with an overdue loan (yuan), and its former owner, who seeks work."""
    f = open_firm_of(county, loan=loan)
    firm = county.firms[f]
    firm.phase, firm.loan_stage = r.DORMANT, r.OVERDUE
    firm.loan_due = county.clock.month
    county.workers[firm.owner].state = r.SEEKING
    return f


def test_a_bank_collects_a_share_of_what_debtors_earn_above_a_bare_living():
    mine = copy_of()
    f = ended_firm_of(mine, 36_000.0)
    firm, owner = mine.firms[f], mine.workers[mine.firms[f].owner]
    loans.pay_off(mine, f)
    assert firm.loan == 3_600_000  # nothing to be had of who is out of work
    owner.state, owner.wage = r.AWAY, 5_500.0
    loans.pay_off(mine, f)
    assert firm.loan == 3_600_000 - 200_000
    owner.state = r.RETIRED  # a pension is no more than a bare living
    loans.pay_off(mine, f)
    assert firm.loan == 3_600_000 - 200_000
    firm.guarantor = i = int(np.flatnonzero(mine.workers.state == r.AWAY)[0])
    mine.workers[i].wage = 3_500.0
    loans.pay_off(mine, f)
    assert firm.loan == 3_600_000 - 300_000


def test_savings_that_the_law_leaves_are_not_taken():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0)
    firm, owner = mine.firms[f], mine.workers[mine.firms[f].owner]
    left = 6 * mine.behaviour.firm_living
    owner.savings = left + 5_000.0
    loans.repay_from_all(mine, f)
    assert owner.savings == left
    assert firm.loan == 3_100_000
    assert firm.loan_stage == r.OVERDUE


def test_the_fund_pays_a_bank_three_months_after_a_firm_has_ended_in_debt():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0)
    firm = mine.firms[f]
    firm.loan_due = mine.clock.month - 20  # a bank waits while the firm is open and pays
    firm.loan_stage = r.OVERDUE
    loans.pay_off(mine, f)
    assert firm.loan == 3_600_000
    firm.phase = r.DORMANT
    mine.workers[firm.owner].state = r.SEEKING
    loans.repay_from_all(mine, f)
    for _ in range(3):
        assert firm.loan_stage == r.OVERDUE
        loans.pay_off(mine, f)
        mine.clock.month += 1
    loans.pay_off(mine, f)
    assert firm.loan == 0
    assert firm.loan_stage == r.COMPENSATED
    assert mine.workers[firm.owner].record == r.DEFAULTED


def test_an_open_firm_pays_an_overdue_loan_from_cash_and_no_more():
    mine = copy_of()
    f = open_firm_of(mine, loan=36_000.0, cash=2_000.0)
    firm = mine.firms[f]
    firm.loan_stage, firm.income = r.OVERDUE, 9_000.0
    loans.pay_off(mine, f)
    assert firm.cash == 0.0
    assert firm.loan == 3_400_000


def test_a_loan_of_a_tie_is_repaid_with_interest_or_lost():
    mine = copy_of()
    f = open_firm_of(mine, cash=10_000.0)
    firm = mine.firms[f]
    j = int(mine.ties[mine.indptr[firm.owner]])
    lender = mine.workers[j]
    lender.savings = 0.0
    firm.lender, firm.informal, firm.informal_granted = j, 2_400_000, 2_400_000
    assert loans.interest_of_others(mine, f) == 160.0
    loans.pay_instalments(mine, f)
    assert lender.savings == pytest.approx(1_160.0, abs=PENNY)
    assert firm.informal == 2_300_000
    firm.cash = 3_000.0
    mine.workers[firm.owner].savings = 21_000.0  # of which the buffer is kept
    loans.settle_debts(mine, f)
    assert lender.savings == pytest.approx(5_160.0, abs=PENNY)
    assert firm.informal == 0
    assert mine.now.informal_lost == pytest.approx(
        19_000.0 + county(months=1).now.informal_lost, abs=PENNY
    )


@pytest.mark.parametrize(
    ("age", "eligible", "income", "lent"),
    [
        (12, 1, 20_000.0, True),
        (11, 1, 20_000.0, False),
        (12, 0, 20_000.0, False),
        (12, 1, 500.0, False),
    ],
)
def test_firms_of_a_year_borrow_from_banks_at_their_own_risk(age, eligible, income, lent):
    mine = copy_of()
    f = open_firm_of(mine, cash=1_000.0)
    firm = mine.firms[f]
    firm.capital_wanted, firm.capital, firm.income = 400_000.0, 20_000.0, income
    firm.belief, firm.opened = 1.0, mine.clock.month - age
    mine.workers[firm.owner].eligible = eligible
    finance.lend_commercially(mine)
    assert firm.commercial == (10_000_000 if lent else 0)
    assert firm.cash + firm.capital == pytest.approx(121_000.0 if lent else 21_000.0)


def test_a_banks_own_loan_that_is_lost_marks_the_owner():
    mine = copy_of()
    f = open_firm_of(mine, cash=5_000.0)
    finance.grant_commercial(mine, f, 40_000.0)
    firm = mine.firms[f]
    firm.cash = 5_000.0
    loans.settle_debts(mine, f)
    assert firm.commercial == 0
    assert mine.now.commercial_lost == 35_000.0 + county(months=1).now.commercial_lost
    assert mine.workers[firm.owner].record == r.DEFAULTED


def test_interest_money_owed_to_a_firm_that_ended_is_paid_when_the_pot_can():
    mine = copy_of()
    f = open_firm_of(mine)
    firm = mine.firms[f]
    firm.phase, firm.owed = r.CLOSED, 12_300
    mine.clock.month = 2
    loans.service_debts(mine, f)
    assert firm.owed == 12_300
    mine.clock.month = 1
    loans.service_debts(mine, f)
    assert firm.owed == 0
    assert mine.workers[firm.owner].savings == 123.0


def test_informal_credit_is_the_commoner_source():
    firms = firms_of(county())
    new = firms[(firms.planned >= 1) & (firms.registered != r.NEVER)]
    assert (new.informal_granted > 0).mean() > (new.loan_granted > 0).mean()


def test_a_loan_that_is_raised_is_repaid_from_there_on():
    mine = copy_of()
    f = open_firm_of(mine, loan=72_000.0, cash=50_000.0)
    firm = mine.firms[f]
    due = int(firm.loan_due)
    mine.clock.month += 12
    firm.loan = 6_000_000
    desk.grant_loan(mine, f, 3_600_000)
    firm.cash = 50_000.0
    assert firm.loan_due == due
    loans.pay_instalments(mine, f)
    assert firm.loan == 9_600_000
    mine.clock.month += 1
    loans.pay_instalments(mine, f)
    assert firm.loan == 9_600_000 - 200_000
