"""Support: contacts in place, jobs kept, costs by their rows, one factor under a cap, nearness; first effects."""

from __future__ import annotations

from copy import copy
from functools import lru_cache

import numpy as np
import pytest

from returnee.scenarios import Scenario, ScenarioError, load_scenario
from returnee.simulation.firms.hiring import take_kept_jobs
from returnee.simulation.firms.trading import full_rent, rent_of
from returnee.simulation.run import start
from returnee.simulation.start.assemble import assemble
from returnee.simulation.start.history import advance, policy_of_history
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_home
from returnee.simulation.state.county import County
from returnee.simulation.state.draws import D_POST, D_STATION
from returnee.simulation.state.money import left_for, scaled, set_fund, set_scale
from returnee.simulation.state.programmes import (
    G_CONTESTS,
    G_DESK,
    POT_FUND,
    POT_OF,
    POTS,
    PROGRAMMES,
    R_RENT,
    cost_of_classes,
    cost_of_desk,
    fee_of,
    planned_costs,
)
from returnee.simulation.state.providers import (
    CENTRES,
    SITES,
    nearest,
    nearest_with_room,
)
from returnee.simulation.state.queues import A_CASES, desk_days, whole_of
from returnee.simulation.support.outreach import (
    AT_HOME,
    IN_THE_CITY,
    keep_job,
    reach,
    review_offers,
)
from returnee.simulation.support.training import settle_fees

SAMPLE = 0.004


@lru_cache(maxsize=16)
def kept(name: str, overrides: tuple[tuple[str, object], ...], months: int) -> County:
    return start(load_scenario(name, dict(overrides)), 0, 1, SAMPLE, months, 12)


def county_of(
    overrides: dict[str, object] | None = None, name: str = "baseline", months: int = 24
) -> County:
    """A county of its own in its first month."""
    county = copy(kept(name, tuple((overrides or {}).items()), months))
    county.clock.month = 1
    county.clock.scale = 1.0
    return county


def test_contacts_are_with_people_who_are_where_the_provider_is() -> None:
    county = county_of()
    for decision, place in ((D_POST, AT_HOME), (D_STATION, IN_THE_CITY)):
        reached = [reach(county, decision, k, -1, place, 1.0) for k in range(50)]
        assert min(reached) >= 0
        states = county.workers.state[reached]
        there = [is_home(s) if place == AT_HOME else s == r.AWAY for s in states]
        assert all(there)


def test_a_job_is_kept_for_who_hears_of_it_and_no_more_than_fall_vacant() -> None:
    county = county_of({"behaviour.support.jobs_kept": 0.5})
    review_offers(county)
    away = np.flatnonzero(county.workers.state == r.AWAY)
    for i in away:
        keep_job(county, int(i))
    assert (county.towns.kept <= county.towns.to_keep).all() and county.towns.kept.sum() > 0
    i = int(county.offers[0])
    worker, town = county.workers[i], county.towns[county.workers[i].township]
    worker.state, town.slots = r.SEEKING, town.filled
    take_kept_jobs(county)
    assert worker.state == r.SEEKING  # none is vacant yet, and it is still kept
    filled, spared, town.slots = int(town.filled), int(town.kept), town.filled + 1
    take_kept_jobs(county)
    assert worker.state == r.EMPLOYED and worker.offer == r.NEVER
    assert (town.filled, town.kept) == (filled + 1, spared - 1)
    county.clock.month = 14
    review_offers(county)
    assert county.clock.offers == 0 and not county.towns.kept.any()


def test_without_jobs_to_keep_nothing_is_promised() -> None:
    county = county_of({"behaviour.support.jobs_kept": 0})
    review_offers(county)
    for i in np.flatnonzero(county.workers.state == r.AWAY):
        keep_job(county, int(i))
    assert county.clock.offers == 0
    assert (county.workers.offer < 1).all()


def test_fees_follow_hours_and_class_size() -> None:
    usual, dear = (
        county_of(),
        county_of({"policy.training.class_size": 20, "policy.training.hours": 35}),
    )
    assert fee_of(usual.policy) == pytest.approx(1000.0)
    assert fee_of(dear.policy) == pytest.approx(1000.0 * 0.5 * 1.5)
    usual.clock.month = dear.clock.month = 3
    assert cost_of_classes(dear) == pytest.approx(0.75 * cost_of_classes(usual))


def test_every_day_that_a_desk_gains_costs() -> None:
    costs = [
        cost_of_desk(county_of({"policy.services.desk_days": days})) for days in (30, 25, 20, 10, 3)
    ]
    assert costs[0] == 0.0 and (np.diff(costs) > 0).all()
    county = county_of()
    for paid, days in ((1.0, 20.0), (0.5, 25.0), (0.0, 30.0)):
        county.funded[G_DESK] = paid
        assert desk_days(county) == pytest.approx(days)


@pytest.mark.parametrize(("late", "paid"), [(6, True), (7, False)])
def test_the_withheld_fee_is_paid_for_an_opening_within_six_months(late: int, paid: bool) -> None:
    county = county_of({"policy.training.outcome_pay_share": 0.5})
    county.clock.month = 2 + late
    firm = county.firms[county.active[0]]
    owner = county.workers[firm.owner]
    county.workers.fee_withheld[:] = 0
    owner.certificate, owner.fee_withheld, firm.opened = 1, 50_000, 1 + late
    before = int(county.clock.spent)
    settle_fees(county)
    assert county.clock.spent - before == 50_000 * paid and owner.fee_withheld == 0


def test_a_place_in_an_incubator_is_free_of_rent_and_the_county_pays_to_the_cap() -> None:
    county = county_of()
    f = int(county.active[0])
    firm = county.firms[f]
    firm.venue, firm.site = r.INCUBATOR_PLACE, 0
    before = county.receipts[f, R_RENT]
    assert full_rent(county, firm) > 250.0 and rent_of(county, f) == pytest.approx(0.0)
    assert county.receipts[f, R_RENT] - before == 25_000  # 3,000 yuan a year
    firm.venue = r.OWN
    assert rent_of(county, f) == full_rent(county, firm)


def test_under_a_cap_one_factor_holds_for_all_the_year_and_nothing_stops_in_autumn() -> None:
    free = planned_costs(county_of())
    quiet = {"policy.finance.job_subsidy": 0, "policy.finance.startup_grant": 0}
    county = county_of({"policy.budget.cap": float(round(0.5 * free)), **quiet})
    factors, spent = [], []
    for month in range(1, 13):
        county = advance(county, month) if month > 1 else advance(fresh(county), 1)
        factors.append(float(county.clock.scale))
        spent.append(county.ledger[month].sum() / 100 / SAMPLE)
    assert min(factors) > 0.1 and max(factors) < 1.0
    steady = [PROGRAMMES.index(name) for name in ("posts", "stations", "mentors")]
    assert (county.ledger[1:13, steady] > 0).all()
    assert sum(spent) <= county.policies[1].budget_cap * 1.001


def fresh(county: County) -> County:
    county.clock.month = 0
    return county


def test_without_a_cap_nothing_is_cut_and_a_payment_is_cut_like_a_volume() -> None:
    county = county_of()
    set_scale(county)
    assert county.clock.scale == 1.0 and scaled(county, 100.0) == 100.0
    capped = county_of({"policy.budget.cap": 1e6})
    set_scale(capped)
    assert 0.0 < scaled(capped, 100.0) < 100.0
    assert left_for(capped, G_CONTESTS) >= 0


def test_a_fund_that_is_withdrawn_keeps_what_stands_behind_loans_until_they_are_repaid() -> None:
    county = county_of(name="no_support")
    clock, pot = county.clock, county.pots[POT_FUND]
    clock.fund_capital = pot[0] = 1_000_000
    clock.outstanding = 4_000_000  # at ten times the fund
    set_fund(county, 0.0)
    assert pot[0] == clock.fund_capital == 400_000
    set_fund(county, 0.0)
    assert pot[0] == 400_000
    clock.outstanding = 0
    set_fund(county, 0.0)
    assert pot[0] == clock.fund_capital == 0
    assert POTS[POT_FUND] == "guarantee_fund" and POT_FUND in POT_OF


def test_the_nearest_provider_serves_whatever_the_order_of_townships() -> None:
    def served(order: np.ndarray) -> dict[str, tuple[str, str]]:
        scenario = load_scenario("baseline")
        rows = scenario.county.townships
        turned = tuple(rows[k] for k in order)
        facts = scenario.county.model_copy(update={"townships": turned})
        county, _ = assemble(Scenario(name="turned", county=facts), 0, 1, 0.001, 1, 12)
        names = [row.name for row in turned]
        return {
            name: tuple(
                names[county.services[first + nearest(county, t, first, 3)].township]
                for first in (CENTRES, SITES)
            )
            for t, name in enumerate(names)
        }

    count = len(load_scenario("baseline").county.townships)
    usual = served(np.arange(count))
    assert served(np.arange(count)[::-1]) == usual == served(np.roll(np.arange(count), 5))
    assert len(set(usual.values())) > 1


def test_who_finds_no_room_goes_to_the_nearest_that_has_some() -> None:
    county = county_of()
    room = np.array([0, 1, 1])
    for t in range(len(county.towns)):
        k = nearest_with_room(county, t, SITES, room)
        away = [
            abs(
                county.towns[t].distance
                - county.towns[county.services[SITES + s].township].distance
            )
            for s in (1, 2)
        ]
        assert k == 1 + int(np.argmin(away))
    assert nearest_with_room(county, 0, SITES, np.zeros(3, np.int64)) == -1


def test_fractions_of_a_sample_are_kept_on_average() -> None:
    county = county_of()
    found = []
    for replicate in range(200):
        county.clock.replicate = replicate
        found.append(whole_of(county, 0.3, A_CASES))
    assert set(found) == {0, 1} and np.mean(found) == pytest.approx(0.3, abs=0.1)


def test_a_history_runs_under_the_policy_that_a_scenario_names() -> None:
    usual = load_scenario("linked")
    assert policy_of_history(usual) == load_scenario("baseline").policy
    own = usual.with_({"history": "own"})
    assert policy_of_history(own) == usual.policy
    silos = usual.with_({"history": "siloed"})
    assert policy_of_history(silos) == load_scenario("siloed").policy
    assert (
        len({s.id for s in (usual, own, silos)})
        == len({s.world_id for s in (usual, own, silos)})
        == 3
    )
    assert "history" not in usual.canonical() and silos.canonical()["history"] == "siloed"
    again = type(usual)(name="again", county_folder=usual.county_folder, **silos.canonical())
    assert again.id == silos.id
    with pytest.raises(
        ScenarioError, match=r"history: found 'linkd' \(did you mean linked\?\), allowed one of"
    ):
        usual.with_({"history": "linkd"})
