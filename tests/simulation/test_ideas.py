"""Venture ideas, the intention to follow one up, saving towards it, and returning with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.people.careers import decide
from returnee.simulation.people.ideas import (
    OUT_OF_REACH,
    annuity,
    ideas_a_year,
    log_gain,
    set_peak_of_ideas,
    think,
    venture_in_hand,
    will_to_found,
)
from returnee.simulation.people.returning import chance_of_returning
from returnee.simulation.start import assemble
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import advance, live_history
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_active, savings_after
from returnee.simulation.state.channels import FINANCE

WILLING = {"behaviour.careers.intention_constant": 5.0, "behaviour.careers.care_burden": 0.0}
NOT_YET = {"behaviour.careers.idea_rate": 0.0}  # no ideas but those that a test gives


def county(values=None, months=6, sample=0.002):
    scenario = load_scenario("baseline", {**WILLING, **NOT_YET, **(values or {})})
    return simulate(scenario, sample=sample, months=months, burn_in=12).county


@pytest.fixture
def c():
    return county()


def someone(c, state, row=0):
    """Row of somebody of working age in a state."""
    month = int(c.clock.month)
    age = (month - c.workers.birth) / 12
    rows = np.flatnonzero((c.workers.state == state) & (age > 25) & (age < 45))
    return int(rows[row])


def give_idea(c, i, savings):
    worker = c.workers[i]
    worker.idea, worker.savings = c.clock.month, savings
    return worker


def without_help(c, i):
    """Ties of worker `i` have nothing to give or lend."""
    for j in c.ties[c.indptr[i] : c.indptr[i + 1]]:
        c.workers[j].savings, c.workers[j].settled = 0.0, c.clock.month


def test_ideas_come_at_the_best_age(c):
    worker, behaviour = c.workers[someone(c, r.AWAY)], c.behaviour
    c.clock.peak_of_ideas = 0.2

    def rate(age):
        worker.birth = c.clock.month - 12 * age
        return ideas_a_year(c, worker)

    assert rate(33) == pytest.approx(0.2)
    assert rate(43) == rate(23) == pytest.approx(0.2 * math.exp(-0.5))
    assert rate(58) < rate(20) < rate(33)
    behaviour.structure_age_hump = False
    assert rate(58) == rate(20) == 0.2


@pytest.mark.parametrize("hump", [True, False])
def test_as_many_ideas_come_with_the_age_hump_as_without(c, hump):
    c.behaviour.structure_age_hump = hump
    c.behaviour.careers_idea_rate = 0.1
    set_peak_of_ideas(c)
    force = [ideas_a_year(c, worker) for worker in c.workers if is_active(worker.state)]
    assert np.mean(force) == pytest.approx(0.1, rel=1e-4)
    assert c.clock.peak_of_ideas > 0.12 if hump else c.clock.peak_of_ideas == pytest.approx(0.1)


def test_ideas_come_away_too_unless_that_is_turned_off():
    for on in (True, False):
        run = county(
            {"behaviour.careers.idea_rate": 1.0, "behaviour.structure.return_to_found": on}
        )
        away = run.workers[run.workers.state == r.AWAY]
        assert (away["idea"] > away["since"]).any() == on  # came there
        home = np.isin(run.workers.state, (r.SEEKING, r.FARMING, r.EMPLOYED))
        assert (run.workers.idea[home] != r.NEVER).any()


def test_an_idea_lives_for_some_years(c):
    i = someone(c, r.FARMING)
    worker = give_idea(c, i, 0.0)
    worker.saves = 1
    worker.idea = c.clock.month - c.behaviour.careers_idea_months
    think(c, i, 6, 0.99)
    assert worker.idea != r.NEVER
    worker.idea -= 1
    think(c, i, 6, 0.99)
    assert worker.idea == r.NEVER and worker.saves == 0


def test_who_lacks_money_saves_up_and_begins_later(c):
    i = someone(c, r.FARMING)
    without_help(c, i)
    worker = give_idea(c, i, 0.0)
    worker.knows = 0
    assert venture_in_hand(c, i) == OUT_OF_REACH and worker.saves == 1
    assert venture_in_hand(c, i) == OUT_OF_REACH  # however often it is thought over
    worker.savings = 1e6
    assert venture_in_hand(c, i) > OUT_OF_REACH and worker.saves == 0


def test_a_start_may_be_smaller(c):
    """Half of the money wanted is enough, at a lower income."""
    i = someone(c, r.FARMING)
    without_help(c, i)
    worker = give_idea(c, i, 1e7)
    worker.knows = 0
    whole = venture_in_hand(c, i)
    for savings in np.arange(25_000.0, 150_000.0, 5_000.0):
        worker.savings = savings
        smaller = venture_in_hand(c, i)
        if smaller > OUT_OF_REACH:
            break
    assert OUT_OF_REACH < smaller < whole


def test_saving_up_leaves_more(c):
    worker = c.workers[someone(c, r.FARMING)]
    worker.savings = 50_000.0
    usual = savings_after(c, worker, 12)
    worker.saves = 1
    assert savings_after(c, worker, 12) > usual
    c.behaviour.money_saving_up = 0.0
    assert savings_after(c, worker, 12) == usual


def test_money_is_no_part_of_the_intention(c):
    i = someone(c, r.EMPLOYED)
    c.behaviour.careers_intention_constant = 0.0
    worker = c.workers[i]
    worker.savings = 0.0
    poor = will_to_found(c, i)
    worker.savings = 1e6
    assert will_to_found(c, i) == poor


def test_attitude_falls_with_age_whatever_its_sign(c):
    worker, sector = c.workers[someone(c, r.FARMING)], 0
    for ability in (-2.0, 4.0):
        worker.ability = ability
        gains = []
        for left in (480, 240, 120, 36, 6):
            worker.retires = c.clock.month + left
            gains.append(log_gain(c, worker, sector, 100_000.0))
        assert all(later < earlier for earlier, later in zip(gains, gains[1:]))
        assert (gains[0] > 0) == (ability > 0)


def test_leaving_again_is_an_alternative(c):
    worker = c.workers[someone(c, r.FARMING)]
    worker.log_wage = math.log(1_000.0)
    poor = log_gain(c, worker, 0, 100_000.0)
    worker.log_wage = math.log(20_000.0)
    assert log_gain(c, worker, 0, 100_000.0) < poor
    c.behaviour.returning_home_worth = 2.0
    assert log_gain(c, worker, 0, 100_000.0) > poor - 1.5


def test_annuity():
    monthly = math.log(1.1) / 12
    exact = sum(math.exp(-monthly * (month - 0.5)) for month in range(1, 121))
    assert annuity(120, 0.1) == pytest.approx(exact, rel=1e-4)
    assert annuity(120, 0.0) == pytest.approx(120)


def test_a_firm_draws_home_only_with_an_idea(c):
    i = someone(c, r.AWAY)
    worker = c.workers[i]
    worker.savings = 1e6
    without = chance_of_returning(c, i, 0.5, False, venture_in_hand(c, i))
    worker.knows = int(worker.knows) | 1 << FINANCE  # to know of loans is not enough
    assert chance_of_returning(c, i, 0.5, False, venture_in_hand(c, i)) == without
    give_idea(c, i, 1e6)
    assert chance_of_returning(c, i, 0.5, False, venture_in_hand(c, i)) > without
    worker.savings, worker.knows = 0.0, 0
    assert chance_of_returning(c, i, 0.5, False, venture_in_hand(c, i)) == without


def test_returning_with_an_idea_begins_the_venture():
    values = {"behaviour.careers.idea_rate": 0.5, "behaviour.returning.constant": 0.0}
    for on in (True, False):
        run = county({**values, "behaviour.structure.return_to_found": on}, months=12, sample=0.005)
        events = run.events[: run.clock.events]
        back = events[(events["before"] == r.AWAY) & (events["state"] == r.SEEKING)]
        began = events[(events["before"] == r.SEEKING) & (events["state"] == r.FOUNDING)]
        at_once = np.intersect1d(
            back["worker"] * 1000 + back["month"], began["worker"] * 1000 + began["month"]
        )
        assert (len(at_once) > 0) == on
        founding = run.workers[run.workers.state == r.FOUNDING]
        assert (founding["idea"] == r.NEVER).all() and (founding["saves"] == 0).all()


def test_nothing_is_decided_by_owners(c):
    assert decide(c, someone(c, r.OWNER), 0.5, 6, 0.0, 0.0, 0.0, 0.0) == 0


@pytest.mark.parametrize("ideas", [0.08, 1.0])
def test_room_grows_with_what_is_decided(ideas, monkeypatch):
    """Ideas that waited years for a loan may all be acted on in the month in which lending starts."""
    values = {
        **WILLING, "behaviour.careers.idea_rate": ideas, "policy.finance.guarantee_fund": {1: 0, 7: 6e7},
        "county.shock.start_month": 7, "county.shock.city_loss": 0.9, "behaviour.money.minimum_start": 0.4,
    }  # fmt: skip
    scenario = load_scenario("baseline", values)

    def lived(room: float, spare: int):
        for name in ("FIRM_ROOM", "EVENT_ROOM"):
            monkeypatch.setattr(assemble, name, room)
        for name in ("SPARE_FIRMS", "SPARE_EVENTS"):
            monkeypatch.setattr(assemble, name, spare)
        history = live_history(scenario, 1, 0, 0.002, 12, 24)
        return advance(with_policy(history, scenario, 12), 12)

    wide, tight = lived(3.0, 1000), lived(0.0, 1)
    assert len(tight.firms) < len(wide.firms) and len(tight.events) < len(wide.events)
    for table in ("firms", "events"):
        used = int(wide.clock[table])
        assert getattr(wide, table)[:used].tolist() == getattr(tight, table)[:used].tolist()
    assert wide.months.tolist() == tight.months.tolist()
