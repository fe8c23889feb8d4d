"""Every lever changes something down its mechanism: the first effect, never an outcome.

A row names the lever, a value, what is measured in a run, and whether it must rise (1), fall (-1)
or differ (0) against the baseline with `also` applied to both.
"""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import levers, load_scenario
from returnee.simulation.run import start
from returnee.simulation.state import records as r
from returnee.simulation.state.providers import MAX_STATIONS, STATIONS
from returnee.simulation.support.desk import months_in_process, needs_guarantor


def total(name):
    return lambda run: run.monthly[name].sum()


def last(name):
    return lambda run: run.monthly[name].iloc[-1]


def spent(programme):
    return lambda run: run.ledger[programme].sum()


def trained_workers(run):
    w = run.county.workers
    return w[w.certificate >= 1]


def new_loans(run):
    f = run.county.firms[: int(run.county.clock.firms)]
    return f[f.loan_month >= 1]


def largest_loan(run):
    return new_loans(run).loan_granted.max()


def station_courses(run):
    rows = run.county.services[STATIONS : STATIONS + MAX_STATIONS]
    return float(rows.capacity.sum())


def skill(run):
    return trained_workers(run).trained.mean()


def new_firms_with_grant(run):
    return ((run.firms.opened >= 1) & (run.firms.startup_grant > 0)).sum()


def waited_for_loans(run):
    return run.monthly.desk_wait[run.monthly.loans_number > 0].mean()


def in_venue(name):
    return lambda run: (run.firms.venue == name).sum()


def lived_in_incubator(run):
    f = run.county.firms[: int(run.county.clock.firms)]
    until = f.incubator_until[f.incubator_until != r.NEVER]
    return float(until.max())


def reach_of_remote_towns(run):
    return float(run.county.towns.reach.mean())


def trained_share(mask):
    def share(run):
        rows = trained_workers(run)
        month = rows.certificate.astype(int)
        return mask(run, rows, month).mean()

    return share


def is_woman(_run, rows, _month):
    return rows.sex == 1


def is_young(_run, rows, month):
    return (month - rows.birth) / 12.0 < 35


def is_low(_run, rows, _month):
    return rows.schooling <= 1


def is_remote(run, rows, _month):
    return run.county.towns.remote[rows.township] == 1


def has_failed(_run, rows, _month):
    return rows.failed > 0


def pot(name):
    return lambda run: run.monthly[f"pot_{name}"].iloc[0]


def prizes(run):
    return run.firms.contests.sum()


def owed(run):
    return float(run.county.firms.owed.sum())


CROWD = {"policy.training.places": 400, "behaviour.support.ask_rate": 0.5}
TALK = {"behaviour.information.post_contacts": 200}
FAIL = {"behaviour.closing.outlook_margin": 0.0}
GROWN = {"county.firms.company_capital": 60_000, "policy.training.places": 3000}
LONG = {"months": 60}
TRUSTED = {"behaviour.money.cover": 0, "policy.finance.counter_guarantee_waiver": 300_000}

ROWS = [
    ("training.places", 0, total("trained"), -1, {}),
    ("training.hours", 24, skill, -1, {}),
    ("training.class_size", 20, skill, 1, {}),
    ("training.fee", 100, spent("training"), -1, {}),
    ("training.outcome_pay_share", 0.5, spent("training"), -1, {}),
    ("training.outcome_months", 1, spent("training"), -1, LONG | {"policy.training.outcome_pay_share": 0.5}),
    ("training.during_migration_share", 0.8, station_courses, 1, {}),
    ("services.desk_days", 3, waited_for_loans, -1, LONG),
    ("services.township_posts", 0, last("aware_services"), -1, TALK),
    ("services.destination_stations", 15, spent("stations"), 1, {}),
    ("services.mass_messages", 1_000_000, last("aware_finance"), 1, {}),
    ("services.mentors", 0, last("mentored"), -1, {}),
    ("incubation.places", 0, last("incubator_places_used"), -1, {}),
    ("incubation.rent_share", 0.0, spent("rent"), -1, {}),
    ("incubation.rent_cap", 20_000, spent("rent"), 1, {}),
    ("incubation.months", 12, lived_in_incubator, -1, {}),
    ("activities.contests", 4, total("contest_entrants"), 1, LONG),
    ("activities.prize_pot", 500_000, prizes, 1, LONG | {"policy.activities.contests": 4}),
    ("activities.outreach_sessions", 200, last("aware_incubation"), 1, {}),
    ("finance.loan_cap", 100_000, lambda run: new_loans(run).loan_granted.mean(), -1, LONG),
    ("finance.first_step", 1.0, largest_loan, 1, LONG | TRUSTED),
    ("finance.renewals", 0, total("loans_renewed"), -1, LONG),
    ("finance.instalment_share", 0.0, last("loans_outstanding"), 1, LONG),
    ("finance.young_firm", 0, total("loans_asked"), -1, LONG),
    ("finance.loan_months", 12, lambda run: float((new_loans(run).loan_due - new_loans(run).loan_month).max()), -1, LONG | TRUSTED),
    ("finance.rate_spread", 0, lambda run: new_loans(run).loan_rate.mean(), -1, LONG),
    ("finance.interest_subsidy", 1.0, spent("interest_subsidy"), 1, {}),
    ("finance.guarantee_fund", 0, total("loans_number"), -1, LONG),
    ("finance.leverage", 2, total("refused_fund"), 1, LONG),
    ("finance.counter_guarantee_waiver", 0, total("refused_no_guarantor"), 1, LONG),
    ("finance.startup_grant", 0, spent("startup_grant"), -1, LONG),
    ("finance.grant_after_months", 12, new_firms_with_grant, -1, {"policy.finance.grant_needs_certificate": False}),
    ("finance.grant_needs_certificate", False, total("grants"), 1, LONG),
    ("finance.job_subsidy", 0, spent("job_subsidy"), -1, {}),
    ("finance.tax_relief", 0, spent("tax_relief"), -1, LONG),
    ("finance.tax_reach", 0.3, spent("tax_relief"), 1, LONG),
    ("finance.years", 1, spent("tax_relief"), -1, LONG),
    ("finance.grant_wait", 0, total("grants"), -1, LONG),
    ("finance.exit_tax_share", 0.0, spent("exit_compensation"), -1, LONG | FAIL),
    ("finance.exit_compensation", 0, spent("exit_compensation"), -1, LONG | FAIL),
    ("technology.extension_visits", 2000, total("visited"), 1, {}),
    ("technology.upgrade_grant", 30_000, spent("upgrade_grant"), 1, LONG | GROWN),
    ("venue.sites_land", 500, in_venue("county site"), 1, {}),
    ("venue.road_quality", 1.0, reach_of_remote_towns, 1, {}),
    ("linkage.referral", 1.0, total("referrals"), 1, {}),
    ("linkage.officers", 0, total("referrals"), -1, {"policy.linkage.referral": 1}),
    ("linkage.training_paid_on_opening", True, spent("training"), -1, {}),
    ("budget.startup", 1e6, pot("startup"), -1, {}),
    ("budget.employment", 1e6, pot("employment"), -1, {}),
    ("budget.interest", 1e5, spent("interest_subsidy"), -1, {}),
    ("budget.works", 1e6, spent("roads"), -1, {"policy.venue.road_quality": 1.0}),
    ("budget.arrears", 0.1, owed, 1, {}),
    ("budget.cap", 3e6, total("public_cost"), -1, {}),
    ("budget.carry_over", 0.0, total("public_cost"), -1, {"policy.budget.cap": 3e6}),
    ("targeting.women", 5, trained_share(is_woman), 1, CROWD),
    ("targeting.under_35", 5, trained_share(is_young), 1, CROWD),
    ("targeting.low_schooling", 5, trained_share(is_low), 1, CROWD),
    ("targeting.remote", 5, trained_share(is_remote), 1, CROWD),
    ("targeting.failed_founders", 5, trained_share(has_failed), 1, CROWD | LONG),
    ("costs.desk_digital", 5e6, spent("desk"), 1, {"policy.services.desk_days": 5}),
    ("costs.township_post", 0, spent("posts"), -1, {}),
    ("costs.station", 0, spent("stations"), -1, {}),
    ("costs.message", 0.2, spent("messages"), 1, {}),
    ("costs.mentor", 0, spent("mentors"), -1, {}),
    ("costs.incubator_site_once", 1_500_000, spent("incubator_sites"), 1, {"policy.incubation.places": 250}),
    ("costs.incubator_site", 0, spent("incubator_sites"), -1, {}),
    ("costs.contest", 0, spent("contests"), -1, {}),
    ("costs.session", 0, spent("sessions"), -1, {}),
    ("costs.visit", 0, spent("visits"), -1, {}),
    ("costs.site_land", 0, spent("sites"), -1, {"policy.venue.sites_land": 300}),
    ("costs.road", 0, spent("roads"), -1, {"policy.venue.road_quality": 1.0}),
    ("costs.case_officer", 0, spent("case_tracking"), -1, {}),
    ("costs.desk_file", 0, spent("desk"), -1, {}),
]  # fmt: skip
GATES_TESTED_AS_RULES = {
    "linkage.incubator_waives_guarantee",
    "linkage.contest_opens_credit",
    "linkage.certificate_speeds_loan",
}
CREDIT_TESTED_AS_RULES = {  # in test_credit.py
    "finance.second_step",
    "finance.second_jobs",
    "finance.full_jobs",
    "finance.loans_allowed",
}


def test_every_lever_is_tested():
    named = {key for key, *_ in ROWS} | GATES_TESTED_AS_RULES | CREDIT_TESTED_AS_RULES
    wanted = {
        lever.key.removeprefix("policy.") for lever in levers if lever.key.startswith("policy.")
    }
    assert wanted == named


@pytest.mark.parametrize(
    ("key", "value", "measure", "sign", "also"), ROWS, ids=[k[0] for k in ROWS]
)
def test_first_effect(tiny, key, value, measure, sign, also):
    also = dict(also)
    months = also.pop("months", 24)
    before = measure(tiny(also, months=months))
    after = measure(tiny({**also, f"policy.{key}": value}, months=months))
    assert np.isfinite(before) and np.isfinite(after)
    assert np.sign(after - before) == sign, (before, after)


def county_with(overrides):
    county = start(load_scenario("baseline", overrides), 0, 1, 0.01, 24, 60)
    county.clock.month = 1
    return county


def test_a_certificate_speeds_the_loan_only_where_the_gate_is_open():
    days = {"policy.services.desk_days": 30}
    for on in (False, True):
        county = county_with({**days, "policy.linkage.certificate_speeds_loan": on})
        months = {}
        for certified in (False, True):
            owner = county.workers[county.firms[0].owner]
            owner.certificate, owner.referred = (1 if certified else r.NEVER), 0
            total_months = 0
            for month in range(1, 25):
                county.clock.month = month
                total_months += months_in_process(county, 0)
            months[certified] = total_months
        assert (months[True] < months[False]) is on
        owner.certificate, owner.referred = r.NEVER, 1  # a referred file is always faster
        total_months = 0
        for month in range(1, 25):
            county.clock.month = month
            total_months += months_in_process(county, 0)
        assert total_months < months[False]


@pytest.mark.parametrize(
    ("gate", "field"),
    [("incubator_waives_guarantee", "venue"), ("contest_opens_credit", "credit_line")],
)
def test_gates_open_only_for_those_who_passed(tiny, gate, field):
    for on in (False, True):
        county = county_with({f"policy.linkage.{gate}": on})
        firm = county.firms[0]
        firm.venue, firm.credit_line = r.OWN, 0
        assert needs_guarantor(county, firm, 200_000.0)
        setattr(firm, field, 1)
        assert needs_guarantor(county, firm, 200_000.0) is not on
        assert not needs_guarantor(county, firm, 50_000.0)
