"""First effects that other files do not test: on returning, intention, sector, productivity and income."""

from __future__ import annotations

from copy import copy
from functools import lru_cache

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation.firms import trading
from returnee.simulation.firms.founding import choose_sector, new_file, open_firm
from returnee.simulation.firms.hiring import change_of_staff, set_wages
from returnee.simulation.people.ideas import will_to_found
from returnee.simulation.people.returning import OUT_OF_REACH, chance_of_returning
from returnee.simulation.run import start
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_home
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import G_EXIT, G_INTEREST, POT_EMPLOYMENT, POT_OF, POTS
from returnee.simulation.state.visible import GOOD
from returnee.simulation.support.activities import hold_contest, take_prize
from returnee.simulation.support.services import begun
from returnee.simulation.support.technology import advise
from returnee.simulation.support.training import still_waits


@lru_cache(maxsize=4)
def kept(overrides: tuple[tuple[str, object], ...]) -> County:
    return start(load_scenario("baseline", dict(overrides)), 0, 1, 0.004, 24, 12)


def county_of(overrides: dict[str, object] | None = None) -> County:
    """A county of its own in its first month, with everything paid."""
    county = copy(kept(tuple((overrides or {}).items())))
    county.clock.month = 1
    county.clock.scale = county.funded[:] = 1.0
    return county


def adults(county: County, home: bool) -> np.ndarray:
    """Rows of those from 25 to 50 who are at home, or away."""
    age = (1 - county.workers.birth) / 12.0
    there = [is_home(s) if home else s == r.AWAY for s in county.workers.state]
    return np.flatnonzero(np.array(there) & (age > 25) & (age < 50))


def an_open_firm(county: County) -> tuple[int, np.record]:
    f = int(np.flatnonzero(county.firms.phase == r.OPEN)[0])
    return f, county.firms[f]


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({"child": 1}, 1),
        ({"elder": 1}, 1),
        ({"attachment": 1.0}, 1),
        ({"birth": -12 * 48}, 1),
        ({"city_home": 1}, -1),
        ({"left": -120}, -1),
        ({"log_wage": 9.5}, -1),
        ({"log_home": 0.5}, 1),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_draws_home_and_what_keeps_away(change: dict[str, float], sign: int) -> None:
    county = county_of()
    i = int(adults(county, home=False)[0])
    worker = county.workers[i]
    worker.child = worker.elder = worker.city_home = 0
    worker.attachment, worker.log_home, worker.log_wage = 0.0, 0.0, 8.6
    worker.birth, worker.left = -12 * 36, 0
    before = chance_of_returning(county, i, 0.5, False, OUT_OF_REACH)
    for name, value in change.items():
        worker[name] = value
    assert np.sign(chance_of_returning(county, i, 0.5, False, OUT_OF_REACH) - before) == sign


def test_ties_at_home_draw_home() -> None:
    county = county_of()
    i = int(adults(county, home=False)[0])
    chances = [chance_of_returning(county, i, share, False, OUT_OF_REACH) for share in (0.0, 1.0)]
    assert chances[0] < chances[1]


def test_norm_support_known_and_a_certificate_raise_the_intention() -> None:
    county = county_of()
    i = int(adults(county, home=True)[0])
    worker = county.workers[i]
    worker.knows, worker.certificate = 0, r.NEVER
    ties = county.ties[county.indptr[i] : county.indptr[i + 1]]
    county.seen[ties] |= 1 << GOOD
    county.seen[ties] ^= 1 << GOOD
    wills = [will_to_found(county, i)]
    county.seen[ties] |= 1 << GOOD
    wills.append(will_to_found(county, i))
    worker.knows = 31
    wills.append(will_to_found(county, i))
    worker.certificate = 1
    wills.append(will_to_found(county, i))
    assert (np.diff(wills) > 0.0).all()


def test_training_changes_the_sector_that_is_chosen() -> None:
    county = county_of()
    rows = adults(county, home=True)
    money = 1.5 * max(county.markets.capital_median)

    def chosen() -> np.ndarray:
        return np.array([choose_sector(county, int(i), 0, money) for i in rows])

    before = chosen()
    county.workers.trained += 0.5
    after = chosen()
    moved = before != after
    assert 0 < moved.sum() < len(rows)
    labour = county.markets.labour  # the more hands a sector takes, the more a good founder gains
    assert labour[after[moved]].mean() > labour[before[moved]].mean()


def test_a_step_in_technology_pays_on_the_sectors_share_of_value_added() -> None:
    took = {}
    for intermediate in (0.2, 0.8):
        county = county_of()
        f, firm = an_open_firm(county)
        behaviour = county.behaviour
        gain = np.expm1(behaviour.support_technology_gain) * behaviour.support_technology_payback
        sales = behaviour.support_technology_cost / gain / 0.5  # pays if half of it is value added
        county.sales[f] = sales
        county.markets[firm.sector].intermediate = intermediate
        firm.cash, firm.technology = 1e6, 0
        advise(county, f)
        took[intermediate] = int(firm.technology)
    assert took == {0.2: 1, 0.8: 0}


def test_what_makes_a_firm_productive() -> None:
    county = county_of()
    behaviour = county.behaviour
    _, firm = an_open_firm(county)
    firm.technology = firm.partners = 0
    firm.mentor_until = r.NEVER
    plain = trading.productivity(firm, behaviour, 1)
    for name, value in (("technology", 1), ("partners", 5)):
        firm[name] = value
        assert trading.productivity(firm, behaviour, 1) > plain
        firm[name] = 0
    firm.mentor_until = 6
    during, afterwards = (trading.productivity(firm, behaviour, m) - plain for m in (5, 6))
    assert during == pytest.approx(behaviour.support_mentoring_gain)
    assert 0.0 < afterwards < during


def test_ability_has_convex_returns_and_skill_counts() -> None:
    from returnee.simulation.firms.ventures import known_productivity

    county = county_of()
    worker, known = county.workers[0], []
    for ability in (0.0, 1.0, 2.0):
        worker.ability = ability
        known.append(known_productivity(worker, county.behaviour))
    assert np.diff(known)[1] > np.diff(known)[0] > 0.0
    worker.trained += 0.5
    assert known_productivity(worker, county.behaviour) > known[-1]


def test_an_owners_income_starts_at_what_is_expected_and_prizes_are_income() -> None:
    county = county_of()
    i = int(adults(county, home=True)[0])
    f = new_file(county, i, 0)
    firm = county.firms[f]
    county.workers[i].firm, firm.phase, firm.capital = f, r.REGISTERED, 100_000.0
    open_firm(county, f)
    expected = trading.expected_income(county, f)
    assert firm.income == expected != 0.0
    take_prize(county, f, 1_200_000)
    assert firm.income - expected == pytest.approx(12_000 / county.behaviour.firm_income_months)


def test_grants_are_income() -> None:
    incomes = []
    for grant in (0.0, 10_000.0):
        county = county_of(
            {"policy.finance.startup_grant": grant, "policy.finance.grant_needs_certificate": False}
        )
        f, firm = an_open_firm(county)
        owner = county.workers[firm.owner]
        owner.knows, owner.founded, firm.grant_paid, firm.left_support = 255, 1, 0, 0
        firm.opened = 1 - county.policy.finance_grant_after_months
        county.pots[:, 0] = 10**12
        county.sales[:], county.profit[:] = 0.0, 0.0
        trading.trade(county, f, 0.5, 0.5)
        incomes.append(float(firm.income))
    months = county.behaviour.firm_income_months
    assert incomes[1] - incomes[0] == pytest.approx(10_000.0 / months)


def test_staff_moves_part_of_the_way() -> None:
    firm = np.zeros(1, r.FIRM).view(np.recarray)[0]
    firm.wanted = 11.0
    moved = [change_of_staff(firm, 0.2, u) for u in np.linspace(0.0, 0.999, 50)]
    assert np.mean(moved) == pytest.approx(2.0, abs=0.1)


def test_a_contest_brings_business_ties_and_a_look_of_the_jury() -> None:
    from returnee.simulation.firms.projects import JURY

    county = county_of({"policy.activities.contests": 6})
    county.clock.contest_credit = 5.0
    county.pots[:, 0] = 10**12
    partners = county.firms.partners.copy()
    hold_contest(county)
    entered = county.firms.partners > partners
    assert entered.sum() >= 5 and (county.firms.signals[entered] & (1 << JURY)).all()


def test_who_waits_too_long_for_a_course_waits_no_more() -> None:
    county = county_of()
    i = int(adults(county, home=True)[0])
    county.workers[i].training_since = 1
    patience = int(county.behaviour.support_training_patience)
    waits = []
    for month in (1 + patience, 2 + patience):
        county.clock.month = month
        waits.append(bool(still_waits(county, i)))
    assert waits == [True, False]


def test_exits_are_compensated_from_the_employment_pot_and_interest_is_not() -> None:
    assert POT_OF[G_EXIT] == POT_EMPLOYMENT != POT_OF[G_INTEREST]
    assert POTS[POT_OF[G_INTEREST]] == "interest"


def test_the_luck_of_a_month_moves_no_price() -> None:
    supplied, sold = set(), set()
    for luck in (0.1, 0.5, 0.9):
        county = county_of()
        f, firm = an_open_firm(county)
        county.markets.supply[:] = 0
        trading.trade(county, f, luck, 0.5)
        supplied.add(int(county.markets[firm.sector].supply))
        sold.add(float(county.sales[f, 0]))
    assert len(supplied) == 1 and len(sold) == 3


def test_what_is_counted_in_whole_numbers_starts_with_a_part_begun() -> None:
    county = county_of()
    parts = []
    for replicate in range(50):
        county.clock.replicate = replicate
        parts.append(begun(county.clock))
    found = np.array(parts)
    assert (found >= 0.0).all() and (found < 1.0).all()
    assert found.mean(axis=0) == pytest.approx(0.5, abs=0.2)


def test_few_seekers_move_wages_and_chances_slowly() -> None:
    county = county_of()
    step, town = county.behaviour.careers_wage_step, county.towns[0]
    town.seeking, town.sought, town.found = 0.05, 10.0, 2.0
    town.seekers, town.hired, county.stock[0, r.SEEKING] = 0, 0, 0
    set_wages(county)
    assert town.seeking == pytest.approx(0.05 * (1.0 - step))
    assert town.job_chance == pytest.approx(1.0 - 0.8**3)  # nobody sought, so nothing is learned
    town.seekers, town.hired = 10, 0
    set_wages(county)
    assert town.job_chance < 1.0 - 0.8**3
