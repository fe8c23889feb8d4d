"""Accounts that must hold every month, in every scenario, to the cent."""

from __future__ import annotations

import re

import numpy as np
import pytest
from checkout import ROOT

from returnee.scenarios import Behaviour, load_scenario, scenario_names, walk
from returnee.simulation.run import start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import count_afresh
from returnee.simulation.state.programmes import (
    G_CONTESTS,
    G_GUARANTEE,
    G_TAX,
    POT_INTEREST,
    POT_OF,
    POT_TAX,
    POTS,
    RECEIPTS,
)

MONTHS = 30


def open_books(county):
    """What was in the pots and out in loans when the policy started."""
    clock = county.clock
    return county.pots.copy(), int(clock.granted), int(clock.outstanding)


ALL_OFF = tuple(key for key, _ in walk(Behaviour) if key.startswith("structure."))


@pytest.mark.parametrize(
    ("name", "off"), [*((name, ()) for name in scenario_names()), ("linked", ALL_OFF)]
)
def test_identities_hold_every_month(name, off):
    given = {f"behaviour.{key}": False for key in off}
    county = start(load_scenario(name, given), 0, 1, 0.01, MONTHS, 60)
    pots = county.pots.copy()
    for month in range(1, MONTHS + 1):
        before, held, owed = county.pots.copy(), private_money(county), claims(county)
        receipts = county.receipts[: county.clock.firms].sum(axis=0)
        county = advance(county, month)
        check_heads(county, month)
        check_jobs(county)
        check_pots(county, before, month)
        check_loans(county)
        check_private_money(county, held, month)
        check_claims(county, owed, month)
        check_support(county, receipts, month)
    assert (county.pots[:, 2] >= pots[:, 2]).all()


def check_heads(county, month):
    workers, row = county.workers, county.months[month]
    counted = np.bincount(workers.state, minlength=len(r.STATES))
    assert (counted == county.stock.sum(axis=0)).all()
    assert counted[r.AWAY] == row.away
    assert counted[r.AWAY : r.RETIRED].sum() == row.labour_force
    # Nobody before 18 or after retirement is counted.
    force = (workers.enters <= month) & (workers.retires > month)
    assert force.sum() == row.labour_force


def check_jobs(county):
    workers, used = county.workers, int(county.clock.firms)
    firms = county.firms[:used]
    employed = (workers.state == r.EMPLOYED) & (workers.firm >= 0)
    per_firm = np.bincount(workers.firm[employed], minlength=used)
    assert (per_firm == firms.employees).all()
    assert not firms.employees[firms.phase != r.OPEN].any()
    owners = workers.state == r.OWNER
    assert (firms.phase[workers.firm[owners]] == r.OPEN).all()
    assert (firms.owner[workers.firm[owners]] == np.flatnonzero(owners)).all()
    elsewhere = (workers.state == r.EMPLOYED) & (workers.firm < 0)
    assert (
        np.bincount(workers.township[elsewhere], minlength=len(county.towns)) == county.towns.filled
    ).all()


def check_pots(county, before, month):
    balance, paid_in, paid_out, lapsed = (county.pots - before).T
    real = np.arange(len(POTS)) != POT_TAX
    assert (balance == paid_in - paid_out - lapsed)[real].all()
    assert (county.pots[real, 0] >= 0).all()
    paid = np.zeros(len(POTS), np.int64)
    np.add.at(paid, POT_OF, county.ledger[month])
    # The interest pot also tops up the guarantee fund (a transfer, not spending).
    top_up = paid_out[POT_INTEREST] - paid[POT_INTEREST]
    assert top_up >= 0
    paid[POT_INTEREST] += top_up
    assert (paid_out == paid).all()
    assert county.months[month].public_cost == pytest.approx(county.ledger[month].sum() / 100)


def check_loans(county):
    clock = county.clock
    firms = county.firms[: clock.firms]
    assert clock.granted == clock.outstanding + clock.repaid + clock.compensated + clock.written_off
    assert firms.loan.sum() == clock.outstanding
    assert firms.loan_granted.sum() == clock.granted
    assert (firms.loan >= 0).all()
    assert firms.commercial.sum() == clock.commercial
    for owed in (firms.commercial, firms.informal):
        assert (owed >= 0).all()
        assert not owed[np.isin(firms.phase, (r.DORMANT, r.CLOSED, r.ABANDONED))].any()
    assert (firms.informal <= firms.informal_granted).all()


def private_money(county):
    """What households and firms have, and firms owe, fen."""
    used = int(county.clock.firms)
    savings, firms = county.workers.savings, county.firms[:used]
    for held in (savings, firms.cash, firms.means):
        assert np.abs(100 * held - np.rint(100 * held)).max(initial=0.0) < 1e-3  # whole fen
    return {
        r.HOUSEHOLDS: int(np.rint(100 * savings).sum()),
        r.FIRMS: int(np.rint(100 * firms.cash).sum() + np.rint(100 * firms.means).sum()),
        r.BANKS: int(county.clock.outstanding + county.clock.commercial),
    }


def check_private_money(county, held, month):
    """What came in less what went out is what was gained, for households, firms and banks."""
    booked = county.transactions[month]
    gained = dict.fromkeys(r.SECTORS, 0)
    for amount, (_, payer, receiver, _) in zip(booked, r.TRANSACTIONS, strict=True):
        gained[payer] -= int(amount)
        gained[receiver] += int(amount)
    assert sum(gained.values()) == 0
    there = private_money(county)
    assert there[r.HOUSEHOLDS] - held[r.HOUSEHOLDS] == gained[r.HOUSEHOLDS]
    assert there[r.FIRMS] - held[r.FIRMS] == gained[r.FIRMS]
    # What banks lent and did not get back is outstanding, or written off.
    month_row = county.months[month]
    lost = round(100 * (month_row.loans_written_off + month_row.commercial_lost))
    interest = int(booked[r.T_INTEREST])
    assert there[r.BANKS] - held[r.BANKS] == interest - gained[r.BANKS] - lost
    named = [k for k in range(len(r.TRANSACTIONS)) if k != r.T_SAVING]
    assert (booked[named] >= 0).all()
    ended = np.isin(county.firms.phase, (r.DORMANT, r.CLOSED, r.ABANDONED))
    assert not county.firms.cash[ended].any()
    assert not county.firms.means[county.firms.phase != r.PLANNED].any()
    assert not county.firms.loan[county.firms.phase == r.ABANDONED].any()


def claims(county):
    """What ties and banks have lent at their own risk and not got back, fen."""
    firms = county.firms[: county.clock.firms]
    return np.array([firms.informal.sum(), firms.commercial.sum(), firms.loan.sum()])


def check_claims(county, owed, month):
    """What was lent, and not repaid, is owed or lost; by whoever lent it."""
    booked, row = county.transactions[month], county.months[month]
    ties = booked[r.T_INFORMAL_LOANS] - booked[r.T_INFORMAL_REPAID]
    ties -= round(100 * row.informal_lost)
    lent = booked[r.T_LOANS] + booked[r.T_COMMERCIAL_LOANS] - booked[r.T_COMPENSATION]
    repaid = (r.T_REPAID_BY_FIRMS, r.T_REPAID_FROM_SAVINGS, r.T_REPAID_FROM_WAGES)
    banks = lent - sum(booked[kind] for kind in repaid)
    banks -= round(100 * (row.loans_written_off + row.commercial_lost))
    gained = claims(county) - owed
    assert gained[0] == ties
    assert gained[1:].sum() == banks
    assert booked[r.T_COMPENSATION] == county.ledger[month, G_GUARANTEE]


def check_support(county, receipts, month):
    """What programmes pay into firms is what firms receive, and stands in the ledger."""
    got = county.receipts[: county.clock.firms].sum(axis=0) - receipts
    assert got.sum() == county.transactions[month, r.T_SUPPORT]
    paid = county.ledger[month, list(RECEIPTS)]
    only_to_firms = np.array(RECEIPTS) != G_CONTESTS  # a contest has running costs besides
    assert (got == paid)[only_to_firms].all()
    assert (got <= paid).all()
    relief = county.ledger[month, G_TAX]
    tax = county.transactions[month, r.T_TAX] - relief
    assert county.months[month].tax == pytest.approx(tax / 100)


def test_every_kind_of_transaction_is_booked_by_a_rule():
    """So that a kind that is added is part of the identities above, and none is left over."""
    rules = "".join(path.read_text("utf-8") for path in (ROOT / "simulation").rglob("*.py"))
    kinds = {f"T_{name.upper()}" for name, *_ in r.TRANSACTIONS}
    assert kinds == {name for name in vars(r) if name.startswith("T_")}
    assert [k for k in kinds if not re.search(rf"r\.{k}\b", rules)] == []
    assert {side for _, *sides, _ in r.TRANSACTIONS for side in sides} <= {*r.SECTORS}


def test_a_loan_for_a_venture_that_is_given_up_is_repaid_at_once():
    """Files cut for want of a guarantor are often given up; none of them leaves a debt."""
    scenario = load_scenario("baseline", {"policy.finance.counter_guarantee_waiver": 50_000})
    county = advance(start(scenario, 0, 1, 0.02, 60, 60), 60)
    firms = county.firms[: county.clock.firms]
    given_up = (firms.phase == r.ABANDONED) & (firms.loan_granted > 0)
    assert given_up.any()
    assert not firms.loan[given_up].any()
    assert (firms.loan_stage[given_up] == r.REPAID).all()


def test_nobody_is_rated_twice_for_quality():
    """Returns are at most once a person on the list, also who returns again after three years."""
    county = start(load_scenario("baseline"), 0, 1, 0.01, 60, 60)
    for month in range(1, 61):
        county = advance(county, month)
        rated = county.recent[: county.clock.recent]
        assert len(np.unique(rated)) == len(rated)


def test_what_ties_see_is_kept_up():
    county = start(load_scenario("linked"), 0, 1, 0.01, MONTHS, 60)
    county = advance(county, MONTHS)
    seen, stock = county.seen.copy(), county.stock.copy()
    aware, wages = county.aware.copy(), int(county.clock.away_wages)
    count_afresh(county)
    assert (county.seen == seen).all()
    assert (county.stock == stock).all()
    assert (county.aware == aware).all()
    assert int(county.clock.away_wages) == wages
