"""Firms: customers, drifting productivity, alternatives of owners, staff, sites, and what is due to them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from returnee.scenarios import load_scenario, record_of
from returnee.simulation.firms.closing import (
    alternative,
    compensate_exit,
    income_in_city,
    reason_to_stop,
)
from returnee.simulation.firms.finance import income_without
from returnee.simulation.firms.hiring import nearest, poach
from returnee.simulation.firms.markets import finds_site, price_sectors
from returnee.simulation.firms.trading import (
    drift_on,
    receive_grant,
    turn_into_company,
    update_belief,
    win_customers,
)
from returnee.simulation.firms.ventures import base_ahead, first_customers, tax_rate
from returnee.simulation.run import start
from returnee.simulation.start.assemble import assemble, with_policy
from returnee.simulation.start.history import advance, open_county
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import thousandths_of_pay

SAMPLE, MONTHS, BURN_IN = 0.005, 24, 12
OFF = {
    f"behaviour.structure.{name}": False
    for name in ("customer_base", "persistent_shocks", "local_demand")
}


@lru_cache(maxsize=32)
def county_of(overrides=(), months=MONTHS, scenario="baseline", sample=SAMPLE):
    """A tiny county after `months` (kept, so never to be changed)."""
    loaded = load_scenario(scenario, dict(overrides))
    return advance(start(loaded, 0, 1, sample, months, BURN_IN), months)


def county(overrides=None, **kwargs):
    return county_of(tuple(sorted((overrides or {}).items())), **kwargs)


def firms_of(county):
    return county.firms[: int(county.clock.firms)]


def young(county):
    """Firms that opened under the policy and are open."""
    firms = firms_of(county)
    return firms[(firms.phase == r.OPEN) & (firms.opened >= 1)]


def behaviour_of(overrides=None):
    return record_of(load_scenario("baseline", overrides or {}).behaviour)[0]


def one_firm():
    return np.zeros(1, r.FIRM).view(np.recarray)[0]


# Customers


def test_customers_come_with_sales():
    behaviour = behaviour_of()
    usual, brisk = one_firm(), one_firm()
    usual.customers = brisk.customers = first_customers(behaviour)
    assert usual.customers == pytest.approx(0.4)
    for _ in range(12):
        win_customers(usual, behaviour, 1.0)
        win_customers(brisk, behaviour, 1.5)
    assert 0.4 < usual.customers < brisk.customers < 1.0
    assert 1.0 - usual.customers == pytest.approx(0.6 * np.exp(-1.0), rel=0.06)


def test_founders_and_owners_foresee_customers():
    behaviour = behaviour_of()
    assert behaviour.firm_first_customers < base_ahead(0.4, behaviour) < 1.0
    months = np.arange(36)
    path = 1.0 - 0.6 * np.exp(-months / 12.0)
    assert base_ahead(0.4, behaviour) == pytest.approx(path.mean(), rel=0.02)
    assert base_ahead(1.0, behaviour) == 1.0


def test_young_firms_have_fewer_customers_and_smaller_staff():
    with_base, without = county(), county({"behaviour.structure.customer_base": False})
    assert (firms_of(without).customers == 1.0).all()
    mine, theirs = young(with_base), young(without)
    age = with_base.clock.month - mine.opened
    assert np.corrcoef(age, mine.customers)[0, 1] > 0.7
    assert mine.wanted.mean() < theirs.wanted.mean()


def test_few_customers_are_not_read_as_bad_luck():
    """Without monthly noise the owner finds the luck out at once, however few the customers are."""
    calm = county({"behaviour.firm.shock_sd": 0.01, "behaviour.structure.persistent_shocks": False})
    firms = young(calm)
    seasoned = firms[calm.clock.month - firms.opened >= 2]
    assert len(seasoned) and (seasoned.customers < 1.0).all()
    assert np.abs(seasoned.belief - seasoned.luck).max() < 0.03


# Drift


def test_productivity_drifts_only_with_the_switch():
    assert not firms_of(county(OFF)).drift.any()
    firms = young(county())
    age = county().clock.month - firms.opened
    assert firms.drift[age > 1].std() > 0.03


def test_owners_are_never_sure_of_a_moving_target():
    moving, still = behaviour_of(), behaviour_of({"behaviour.structure.persistent_shocks": False})
    variances = []
    for behaviour in (moving, still):
        firm = one_firm()
        firm.variance = behaviour.firm_luck_sd**2
        for _ in range(240):
            update_belief(firm, 0.0, behaviour.firm_shock_sd)
            drift_on(firm, behaviour, 0.5)
        variances.append(firm.variance)
    q, noise = moving.firm_drift_sd**2, moving.firm_shock_sd**2
    assert variances[0] == pytest.approx((q + np.sqrt(q * q + 4.0 * q * noise)) / 2.0, rel=0.01)
    assert variances[1] < variances[0] / 10


# Alternatives of owners, and reasons to stop


def test_stops_carry_their_reason():
    here = county({"behaviour.returning.home_worth": 0.0}, months=36)
    firms, months = firms_of(here), here.months[1:]
    stopped = firms[firms.stopped >= 1]
    assert (stopped.stop_reason != r.NO_STOP).all()
    assert not firms.stop_reason[firms.stopped == r.NEVER].any()
    named = months.stops_failed + months.stops_gave_up + months.stops_retired
    assert (months.stops == named).all()
    for reason, name in ((r.STOP_FAILED, "stops_failed"), (r.STOP_GAVE_UP, "stops_gave_up")):
        assert (stopped.stop_reason == reason).sum() == months[name].sum() > 0
    never = stopped[stopped.stop_reason == r.STOP_NEVER_OPENED]
    assert (never.opened == r.NEVER).all()


def test_only_who_ran_out_of_money_has_failed():
    here = county({"behaviour.returning.home_worth": 0.0}, months=36)
    firms = firms_of(here)
    failures = np.bincount(
        firms.owner[firms.stop_reason == r.STOP_FAILED], minlength=len(here.workers)
    )
    assert (here.workers.failed == failures).all()


def test_owners_with_a_better_wage_in_the_city_go_there():
    at_ease = county({"behaviour.returning.home_worth": 2.0}, months=36)
    tempted = county({"behaviour.returning.home_worth": 0.0}, months=36)
    left = [here.flows[1:, r.OWNER, r.AWAY].sum() for here in (at_ease, tempted)]
    assert left[0] == 0 < left[1]
    gave_up = [here.months[1:].stops_gave_up.sum() for here in (at_ease, tempted)]
    assert gave_up[0] < gave_up[1] and left[1] <= gave_up[1]


def test_an_owner_compares_the_best_of_home_and_city():
    here = county()
    worker = here.workers[0].copy()
    worker["log_wage"] = np.log(1e5)
    assert alternative(here, worker) == income_in_city(here, worker) < 1e5
    worker["log_wage"] = 0.0
    assert alternative(here, worker) == income_without(here, worker)


def test_nobody_gives_up_for_what_was_known_at_opening():
    here = advance(start(load_scenario("baseline"), 0, 1, SAMPLE, 12, BURN_IN), 12)
    f = int(np.flatnonzero(firms_of(here).phase == r.OPEN)[0])
    firm = here.firms[f]
    other = alternative(here, here.workers[firm.owner])
    margin = np.exp(-here.behaviour.closing_outlook_margin)
    firm.cash = 1000.0
    for promised, least in ((0.5 * other, 0.5 * other * margin), (2.0 * other, other * margin)):
        firm.opened, firm.outlook = 12, promised
        assert reason_to_stop(here, f) == r.NO_STOP
        firm.opened = 12 - here.behaviour.closing_outlook_months
        firm.outlook = 1.01 * least
        assert reason_to_stop(here, f) == r.NO_STOP
        firm.outlook = 0.99 * least
        assert reason_to_stop(here, f) == r.STOP_GAVE_UP


# Staff


def test_firms_pay_what_their_employees_earn():
    here = county(months=36)
    firms, workers = firms_of(here), here.workers
    payroll = np.zeros(len(firms), np.int64)
    for worker in workers[(workers.state == r.EMPLOYED) & (workers.firm >= 0)]:
        payroll[worker.firm] += thousandths_of_pay(worker)
    assert (firms.payroll == payroll).all()
    assert payroll.sum() > 0


def test_firms_draw_people_from_other_employers_where_they_pay_more():
    scenario = load_scenario("baseline")
    for pay in (0.8, 1.2):
        here = advance(start(scenario, 0, 1, SAMPLE, 12, BURN_IN), 6)
        here.towns.pay = pay * here.towns.wage
        vacant = np.flatnonzero(firms_of(here).phase == r.OPEN)
        elsewhere, staff = here.towns.filled.sum(), firms_of(here).employees.sum()
        poach(here, vacant, nearest(here))
        moved = firms_of(here).employees.sum() - staff
        assert moved == elsewhere - here.towns.filled.sum()
        assert bool(moved > 0) is (pay > 1.0)


def test_townships_are_near_by_distance():
    here = county()
    order = nearest(here)
    distance = here.towns.distance
    for t in range(len(distance)):
        assert order[t, 0] == t
        gaps = np.abs(distance[order[t]] - distance[t])
        assert (np.diff(gaps) > -0.01).all()


def renamed(scenario, people, order):
    """The same county with its townships in another order of rows."""
    workers, links = people
    content = scenario.county.model_dump()
    content["townships"] = [content["townships"][k] for k in order]
    workers = workers.copy()
    workers.township = np.argsort(order)[workers.township]
    return scenario.with_({"county": content}), (workers, links)


def test_hiring_does_not_depend_on_the_order_of_townships():
    """Without the services that sit in one township."""
    scenario = load_scenario("no_support")
    made, layer = assemble(scenario, 1, 0, 0.005, 14, 12)
    people = made.workers.copy(), (made.indptr.copy(), made.ties.copy(), layer)
    order = np.random.default_rng(4).permutation(len(made.towns))
    lived = []
    for world, population in ((scenario, people), renamed(scenario, people, order)):
        born, _ = assemble(world, 1, 0, 0.005, 14, 12, population)
        open_county(born)
        lived.append(advance(with_policy(advance(born, 0), world, 14), 14))
    first, second = lived
    for name in first.months.dtype.names:
        assert first.months[name] == pytest.approx(second.months[name], rel=1e-9), name
    for name in ("state", "savings", "since", "firm"):
        assert (first.workers[name] == second.workers[name]).all(), name
    assert first.towns.wage[order] == pytest.approx(second.towns.wage, rel=1e-9)


# Sites


def opened_on_sites(county):
    firms = firms_of(county)
    needing = np.flatnonzero(county.markets.needs_site)
    return (np.isin(firms.sector, needing) & (firms.opened >= 1)).sum()


def test_a_sector_that_needs_a_site_cannot_open_without_one():
    none = {"county.firms.sites_vacant": 0.0}
    built = {**none, "policy.venue.sites_land": 500, "policy.budget.works": 2e8}
    opened = [opened_on_sites(county(facts)) for facts in (none, built)]
    assert opened[0] < opened[1]
    full = start(load_scenario("baseline", none), 0, 1, SAMPLE, MONTHS, BURN_IN)
    full.clock.month = 1
    price_sectors(full)
    needs = full.markets.needs_site == 1
    assert (full.markets.site_chance[needs] == 0.0).all()
    assert (full.markets.site_chance[~needs] == 1.0).all()
    assert not any(finds_site(full, firm) for firm in firms_of(full) if needs[firm.sector])


def test_the_more_sites_are_taken_the_fewer_are_found():
    chances = []
    for vacant in (0.02, 0.1, 0.5):
        here = start(
            load_scenario("baseline", {"county.firms.sites_vacant": vacant}),
            0,
            1,
            SAMPLE,
            2,
            BURN_IN,
        )
        here.clock.month = 1
        price_sectors(here)
        chances.append(here.markets.site_chance.min())
    assert 0.0 < chances[0] < chances[1] < chances[2] < 1.0


# Taxes and what is due


def test_small_sellers_pay_less_tax():
    facts = record_of(load_scenario("baseline").county)[0]
    market = county().markets[0]
    edge = facts.firms_tax_threshold * (1.0 - market.intermediate)
    assert tax_rate(0.9 * edge, market, facts) == facts.firms_tax_below
    assert tax_rate(1.1 * edge, market, facts) == facts.firms_tax


GENEROUS = {
    "policy.finance.startup_grant": 10_000.0,
    "policy.finance.grant_needs_certificate": False,
    "policy.budget.startup": 1e8,
    "policy.budget.employment": 1e8,
    "behaviour.information.told_at_desk": 1.0,
}


def test_the_job_subsidy_is_paid_once_for_a_post():
    from returnee.simulation.state.programmes import R_JOB

    here = county(GENEROUS, months=48)
    firms = firms_of(here)
    paid = here.receipts[: len(firms), R_JOB] / 100.0
    assert (paid > 0).any()
    assert (paid[firms.opened >= 1] == 2000.0 * firms.posts_paid[firms.opened >= 1]).all()


def test_the_grant_is_for_first_firms_only():
    here = advance(start(load_scenario("baseline", GENEROUS), 0, 1, SAMPLE, 12, BURN_IN), 12)
    f = int(np.flatnonzero(firms_of(here).phase == r.OPEN)[0])
    firm, owner = here.firms[f], here.workers[here.firms[f].owner]
    owner.knows = 255
    firm.opened, firm.left_support = 12 - here.policy.finance_grant_after_months, 0
    for founded, paid in ((2, 0.0), (1, 10_000.0)):
        owner.founded, firm.grant_paid = founded, 0
        assert receive_grant(here, f) == paid


def test_a_business_that_grows_into_a_company_gets_the_upgrade_grant():
    here = advance(start(load_scenario("baseline", GENEROUS), 0, 1, SAMPLE, 12, BURN_IN), 12)
    f = int(np.flatnonzero(firms_of(here).phase == r.OPEN)[0])
    firm, owner = here.firms[f], here.workers[here.firms[f].owner]
    owner.knows, firm.capital = 255, here.facts.firms_company_capital
    for certificate, paid in ((r.NEVER, 0.0), (1, here.policy.technology_upgrade_grant)):
        owner.certificate, firm.company = certificate, 0
        assert turn_into_company(here, f) == paid
        assert firm.company == 1


def test_compensation_ends_some_years_after_registering():
    here = advance(start(load_scenario("baseline", GENEROUS), 0, 1, SAMPLE, 12, BURN_IN), 12)
    f = int(np.flatnonzero(firms_of(here).phase == r.OPEN)[0])
    firm, owner = here.firms[f], here.workers[here.firms[f].owner]
    owner.knows, firm.taxes = 255, 4000.0
    for age, paid in ((37, 0.0), (36, 2000.0)):
        firm.registered, cash = 12 - age, float(firm.cash)
        compensate_exit(here, f)
        assert firm.cash - cash == pytest.approx(paid)
