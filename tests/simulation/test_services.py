"""Providers: place, capacity, quality, queue, opening months, pot; and what quality does."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.run import start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.county import County
from returnee.simulation.state.providers import (
    CENTRES,
    POSTS,
    S_STATION,
    S_TRAINING,
    SITES,
    sites_at_work,
)

SPREAD = "county.firms.service_quality"
ALIKE = {SPREAD: 0}
BUSY = {
    "policy.training.places": 3000,
    "behaviour.support.ask_rate": 0.5,
    "behaviour.information.told_at_desk": 1.0,
}


def county_of(overrides: dict[str, object], months: int = 24, sample: float = 0.02) -> County:
    scenario = load_scenario("baseline", overrides)
    return advance(start(scenario, 0, 1, sample, months, 12), months)


def test_quality_is_drawn_by_provider_and_is_luck() -> None:
    ours, theirs = (start(load_scenario("baseline"), k, 1, 0.005, 12, 12).services for k in (0, 1))
    assert (ours.quality > 0).all() and len(np.unique(ours.quality)) > 20
    assert (ours.quality != theirs.quality).any()
    assert np.mean([ours.quality.mean(), theirs.quality.mean()]) == pytest.approx(1.0, abs=0.08)
    other = start(load_scenario("no_support"), 0, 1, 0.005, 12, 12).services
    assert (ours.quality == other.quality).all()
    assert (
        start(load_scenario("baseline", ALIKE), 0, 1, 0.005, 12, 12).services.quality == 1
    ).all()


def test_a_course_teaches_as_well_as_its_centre() -> None:
    county = county_of(BUSY)
    policy = county.policies[-1]
    trained = county.workers[(county.workers.certificate >= 1) & (county.workers.destination >= 0)]
    assert len(trained) > 10
    learnt = {round(float(x), 9) for x in trained.trained}
    quality = county.services.quality[county.services.kind == S_TRAINING][:3]
    stations = county.services.quality[county.services.kind == S_STATION]
    full = 0.15 * (policy.training_hours / 70.0) ** 0.5 * (30.0 / policy.training_class_size) ** 0.3
    allowed = {round(float(full * q), 9) for q in (*quality, *stations)}
    assert learnt <= allowed and len(learnt) > 1


def test_firms_have_places_at_sites_with_room() -> None:
    run = simulate(load_scenario("baseline", BUSY), sample=0.02, months=24)
    county = run.county
    firms = county.firms[: int(county.clock.firms)]
    inside = firms[firms.venue == r.INCUBATOR_PLACE]
    by_site = np.bincount(inside.site, minlength=6)
    services = county.services[SITES : SITES + 6]
    left = services.places - by_site  # firms that stopped since the incubators' step of the month
    assert inside.size > 0 and (left >= 0).all()
    assert services.places.sum() <= 3 == sites_at_work(150) and services.places.max() <= 1
    assert services.queue.sum() / run.sample == run.monthly["queue_incubation"].iloc[-1]


def test_closed_months_hold_no_courses() -> None:
    run = simulate(load_scenario("baseline", BUSY), sample=0.02, months=24)
    festival = run.scenario.county.work.festival_month
    closed = run.monthly.index % 12 == festival % 12
    for measure in ("trained", "visited"):
        assert (run.monthly.loc[closed, measure] == 0).all()
        assert run.monthly.loc[~closed, measure].sum() > 0
    months = run.services[run.services["kind"] == "training centre"]["months_open"]
    assert (months == 11).all()


def test_spending_is_booked_to_providers() -> None:
    run = simulate("baseline", sample=0.02, months=24)
    posts = run.services[(run.services["kind"] == "service desk") & (run.services.index >= POSTS)]
    # The books of providers start with the history.
    assert posts["spent"].sum() >= run.ledger["posts"].sum() * 0.999
    centres = run.services.loc[CENTRES : CENTRES + 2]
    assert centres["spent"].sum() >= run.ledger["training"].sum() * 0.8
