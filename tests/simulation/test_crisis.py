"""A crisis in the cities: who comes home for it, and who goes back when cities hire again."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.people.careers import hazard_of_going
from returnee.simulation.people.ideas import OUT_OF_REACH
from returnee.simulation.people.returning import (
    city_hires_since,
    log_pay_while_looking,
    months_to_find,
    settle_at_home,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import enter

SHOCK = {
    "county.shock.start_month": 13,
    "county.shock.months": 3,
    "county.shock.city_loss": 0.5,
}
CALM, WINTER = 5, 14


@pytest.fixture(scope="module")
def crisis():
    return simulate(load_scenario("baseline", SHOCK), sample=0.02, months=36)


def test_vacancies_fall_as_jobs_do(crisis):
    county = crisis.county
    facts, behaviour = county.facts, county.behaviour
    assert months_to_find(facts, behaviour, CALM, 1.0) == behaviour.returning_months_to_find == 3
    assert months_to_find(facts, behaviour, WINTER, 1.0) == behaviour.returning_months_ahead == 6
    worse = log_pay_while_looking(facts, behaviour, WINTER, 1.0)
    assert worse < log_pay_while_looking(facts, behaviour, CALM, 1.0) < 0


def test_those_who_came_for_the_crisis_leave_when_it_is_over(crisis):
    calm = simulate("baseline", sample=0.02, months=36).monthly
    hit = crisis.monthly
    assert hit.returns.loc[13] > 5 * calm.returns.loc[13]
    extra = (hit.remigrations - calm.remigrations).loc[14:24].sum()
    came = (hit.returns - calm.returns).loc[13:14].sum()
    assert 0.3 * came < extra < came


def test_work_at_home_is_a_stop_gap_for_those_who_wait():
    workers = simulate(load_scenario("baseline", SHOCK), sample=0.02, months=16).county.workers
    waiting = workers[workers["waits"] == 1]
    assert set(waiting["state"]) >= {r.SEEKING, r.EMPLOYED}
    assert set(waiting["state"]) <= {r.SEEKING, r.FARMING, r.EMPLOYED}
    assert (waiting["ever_away"] == 1).all()


def someone_waiting(crisis):
    """A copy of the county, and the row of an employee who waits."""
    county = copy.copy(crisis.county)
    month = int(county.clock.month)
    employed = np.flatnonzero(county.workers.state == r.EMPLOYED)
    i = int(employed[0])
    county.workers[i].waits = 1
    county.workers[i].returned = month
    return county, i


def test_who_waits_goes_when_a_city_job_is_found(crisis):
    county, i = someone_waiting(crisis)
    assert hazard_of_going(county, i, 0.5) >= 1 / 3
    county.workers[i].waits = 0
    assert hazard_of_going(county, i, 0.5) < 1 / 3


def test_waiting_ends(crisis):
    county, i = someone_waiting(crisis)
    worker, behaviour = county.workers[i], county.behaviour
    behaviour.returning_constant = -50.0  # nobody prefers home
    settle_at_home(county, i, 0.5, OUT_OF_REACH)
    assert worker.waits == 1
    worker.returned -= behaviour.returning_recall_months + 1
    settle_at_home(county, i, 0.5, OUT_OF_REACH)
    assert worker.waits == 0
    worker.waits, worker.returned = 1, county.clock.month
    behaviour.returning_constant = 50.0  # home wins with a city job in hand
    settle_at_home(county, i, 0.5, OUT_OF_REACH)
    assert worker.waits == 0
    worker.waits = 1
    enter(county, i, r.FARMING)
    assert worker.waits == 1
    enter(county, i, r.FOUNDING)
    assert worker.waits == 0


def test_the_city_hires_again_when_the_shock_is_over(crisis):
    facts = crisis.county.facts
    worker = crisis.county.workers[0]
    worker.returned = 13
    assert city_hires_since(facts, worker, WINTER) == 16
    worker.returned = 20
    assert city_hires_since(facts, worker, 22) == 20
    worker.returned = 5
    assert city_hires_since(facts, worker, 6) == 5
