"""Linkage acts only through its mechanism: without what it links, it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate
from returnee.simulation.run import start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import knows
from returnee.simulation.state.channels import FINANCE, INCUBATION, N_CHANNELS, SERVICES, TRAINING
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import G_TRACKING
from returnee.simulation.support.linkage import AFTER, NO_CASE, refer, serve_referrals

SETTINGS = {"sample": 0.01, "months": 36}
NO_TRAINING = {"policy.training.places": 0}
REFERRAL = "policy.linkage.referral"
SMALLEST = "behaviour.money.smallest_loan"
GATES = (
    ("policy.finance.grant_needs_certificate", {"policy.finance.startup_grant": 0}),
    ("policy.linkage.certificate_speeds_loan", NO_TRAINING),
    ("policy.linkage.incubator_waives_guarantee", {"policy.incubation.places": 0}),
    ("policy.linkage.contest_opens_credit", {"policy.activities.contests": 0}),
    ("policy.linkage.training_paid_on_opening", NO_TRAINING),
)


def lived(overrides: dict[str, object]) -> County:
    """A county that starts without certificates and prizes, at the end of its months."""
    scenario = load_scenario("baseline", overrides)
    county = start(scenario, 0, 1, SETTINGS["sample"], SETTINGS["months"], 12)
    county.workers.certificate[:] = r.NEVER
    county.workers.fee_withheld[:] = 0
    county.firms.credit_line[:] = 0
    return advance(county, SETTINGS["months"])


@pytest.mark.parametrize(("gate", "without"), GATES)
def test_a_gate_does_nothing_without_what_it_leads_from(gate, without):
    ours, theirs = (lived({**without, gate: on}) for on in (False, True))
    for table in ("months", "workers"):
        one, other = getattr(ours, table), getattr(theirs, table)
        assert all(np.array_equal(one[name], other[name]) for name in one.dtype.names)


@pytest.mark.parametrize(
    ("gate", "also"),
    [
        ("policy.finance.grant_needs_certificate", {}),
        ("policy.linkage.certificate_speeds_loan", {"policy.services.desk_days": 30}),
        (
            "policy.linkage.incubator_waives_guarantee",
            {"policy.finance.counter_guarantee_waiver": 0, SMALLEST: 20_000},  # so that many ask
        ),
        ("policy.linkage.contest_opens_credit", {"policy.activities.contests": 4}),
        ("policy.linkage.training_paid_on_opening", {}),
    ],
)
def test_a_gate_does_something_with_it(gate, also):
    ours, theirs = (longer({**also, REFERRAL: 0.5, gate: on}) for on in (False, True))
    assert not ours.monthly.equals(theirs.monthly)


RUNS: dict[str, Run] = {}


def longer(overrides: dict[str, object]) -> Run:
    """A run in which every link finds something to act on; for equal levers the same."""
    scenario = load_scenario("baseline", overrides)
    if scenario.id not in RUNS:
        RUNS[scenario.id] = simulate(scenario, sample=0.1, months=60)
    return RUNS[scenario.id]


ALL_OFF = {REFERRAL: 0, **{gate: False for gate, _ in GATES}}
LOAN = {"queue_desk", "loans_granted", "loans_number", "desk_wait", "refused_no_guarantor"}
EARLIER = ["returns", "remigrations", "plans"]  # steps of the month before support
FIRST = (
    # Who gets the grant may go on in a month in which others stop.
    (
        "policy.finance.grant_needs_certificate",
        {},
        {"grants"},
        {"startup_grant", "exit_compensation"},
    ),
    (
        "policy.linkage.certificate_speeds_loan",
        {"policy.services.desk_days": 30},
        LOAN,
        {"interest_subsidy"},
    ),
    (
        "policy.linkage.incubator_waives_guarantee",
        {"policy.finance.counter_guarantee_waiver": 0},
        LOAN,
        {"interest_subsidy"},
    ),
    (
        "policy.linkage.contest_opens_credit",
        {"policy.activities.contests": 4},
        {"aware_finance", *LOAN},
        {"interest_subsidy"},
    ),
    ("policy.linkage.training_paid_on_opening", {}, {"trained", "trained_wait"}, {"training"}),
    (REFERRAL, {}, {"referrals"}, {"case_tracking"}),
)


@pytest.mark.parametrize(("link", "also", "own", "paid"), FIRST)
def test_what_a_link_changes_first_is_its_own(link, also, own, paid):
    """Of two runs, one with a single link, all is the same until the link acts, in support."""
    ours, theirs = (
        longer({**ALL_OFF, **also, link: on})
        for on in ((0, 0.9) if link == REFERRAL else (False, True))
    )
    differ = ours.monthly.ne(theirs.monthly) & ~(ours.monthly.isna() & theirs.monthly.isna())
    assert differ.to_numpy().any()
    month = differ.any(axis=1).idxmax()
    changed = set(differ.columns[differ.loc[month]])
    assert changed & own
    assert not changed & set(EARLIER)
    ledger = ours.ledger.loc[month].ne(theirs.ledger.loc[month])
    assert set(ledger.index[ledger]) <= paid


def test_referral_does_nothing_where_no_stage_is_finished():
    free = {"policy.costs.case_officer": 0}
    runs = [
        simulate(load_scenario("no_support", {**free, REFERRAL: share}), **SETTINGS)
        for share in (0, 1)
    ]
    assert runs[0].monthly["referrals"].sum() == runs[1].monthly["referrals"].sum() == 0
    assert runs[0].monthly.equals(runs[1].monthly)


def owner_of_an_open_firm(county: County) -> tuple[int, int]:
    firms = county.firms[: int(county.clock.firms)]
    for f in range(len(firms)):
        worker = county.workers[firms[f].owner]
        if firms[f].phase == r.OPEN and worker.training_since == worker.certificate == r.NEVER:
            if not county.markets[firms[f].sector].needs_site:
                return f, int(firms[f].owner)
    raise AssertionError("no firm fits")


@pytest.mark.parametrize("channel", range(N_CHANNELS))
def test_a_referral_tells_and_enters_the_next_queue_and_nothing_else(channel):
    county = start(load_scenario("baseline", {REFERRAL: 1}), 0, 1, 0.02, 12, 12)
    county.clock.month = 1
    county.funded[G_TRACKING] = 1.0
    county.clock.cases = 0
    county.workers.referred[:] = NO_CASE
    f, i = owner_of_an_open_firm(county)
    worker, firm = county.workers[i], county.firms[f]
    worker.knows = 0
    firm.mentor_since = firm.incubation_since = r.NEVER
    before_worker, before_firm = worker.copy(), firm.copy()
    pots, queue = county.pots.copy(), int(county.clock.training_queue)
    refer(county, i, channel)
    serve_referrals(county)
    following = AFTER[channel]
    assert knows(worker, following) and worker.referred == 1
    assert knows(worker, FINANCE) is (following == SERVICES)
    waits = {
        SERVICES: firm.mentor_since == 1,
        INCUBATION: firm.incubation_since == 1,
        TRAINING: int(county.clock.training_queue) == queue + 1,
    }
    assert waits.get(following, True)
    touched = {"knows", "referred", "case_since", "training_since"}
    for name in worker.dtype.names:
        assert name in touched or worker[name] == before_worker[name], name
    for name in firm.dtype.names:
        allowed = name in ("mentor_since", "incubation_since")
        assert allowed or firm[name] == before_firm[name], name
    assert (county.pots == pots).all()


def test_without_officers_paid_nothing_is_handed_on():
    county = start(load_scenario("baseline", {REFERRAL: 1}), 0, 1, 0.02, 12, 12)
    county.clock.month = 1
    county.funded[G_TRACKING] = 0.0
    _, i = owner_of_an_open_firm(county)
    county.workers.referred[:] = NO_CASE
    before = county.workers[i].copy()
    refer(county, i, TRAINING)
    serve_referrals(county)
    assert county.workers[i] == before
