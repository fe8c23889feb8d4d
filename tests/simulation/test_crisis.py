"""A crisis in the cities: who comes home for it, and who goes back when cities hire again."""

from __future__ import annotations

import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.people.returning import log_pay_while_looking, months_to_find
from returnee.simulation.state import records as r

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
    assert months_to_find(facts, CALM) == 3
    assert months_to_find(facts, WINTER) == 6
    worse = log_pay_while_looking(facts, behaviour, WINTER)
    assert worse < log_pay_while_looking(facts, behaviour, CALM) < 0


def test_those_who_came_for_the_crisis_leave_when_it_is_over(crisis):
    calm = simulate("baseline", sample=0.02, months=36).monthly
    hit = crisis.monthly
    assert hit.returns.loc[13] > 5 * calm.returns.loc[13]
    extra = (hit.remigrations - calm.remigrations).loc[14:24].sum()
    came = (hit.returns - calm.returns).loc[13:14].sum()
    assert 0.3 * came < extra < came


def test_only_seekers_wait_for_the_city(crisis):
    workers = crisis.county.workers
    waiting = workers[workers["waits"] == 1]
    assert len(waiting) > 0
    assert set(waiting["state"]) == {r.SEEKING}
    assert (waiting["ever_away"] == 1).all()
