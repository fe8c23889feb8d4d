"""People: own pay at home, ages and sexes, who turns 18, retirement by law, moving, and succession."""

from __future__ import annotations

import numpy as np
import pytest

from returnee.scenarios import load_scenario, record_of
from returnee.simulation import calendar
from returnee.simulation.people.careers import hazard_of_going, hazard_of_leaving, leaves
from returnee.simulation.people.returning import chance_of_returning, returns, utility_of_city
from returnee.simulation.run import start
from returnee.simulation.start.assemble import assemble
from returnee.simulation.start.population import entering, margins, month_of_retirement
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import (
    count_afresh,
    happens,
    job_pay,
    surely_above,
    thousandths_of_pay,
)
from returnee.simulation.state.visible import HOME, look_around, share_of

SAMPLE = 0.004


def county_of(overrides=None, months=12, sample=SAMPLE):
    """A county with its people, before the history."""
    return assemble(load_scenario("baseline", overrides or {}), 1, 0, sample, months, 60)[0]


@pytest.fixture(scope="module")
def people():
    return county_of(sample=0.01)


def lived():
    """A county a year on, whose behaviour may be changed."""
    county = start(load_scenario("baseline"), 0, 1, 0.001, 12, 12)
    return county.with_arrays(behaviour=county.by_name()["behaviour"].copy())


def initial(county):
    return county.workers[: int(county.clock.initial)]


def ages_in_years(county):
    return (county.clock.first - 1 - initial(county).birth.astype(int)) / 12


def test_people_differ_in_what_they_could_earn_at_home(people):
    home = initial(people)[initial(people).state != r.AWAY]
    assert np.exp(home.log_home).mean() == pytest.approx(1, abs=0.03)
    rest = home.log_home - 0.06 * home.schooling, home.log_wage - 0.06 * home.schooling
    assert np.corrcoef(*rest)[0, 1] == pytest.approx(0.45, abs=0.1)  # the sector adds to city pay
    assert home.log_home[home.schooling == 4].mean() > home.log_home[home.schooling == 1].mean()


def test_without_spread_everybody_earns_the_wage_of_the_township():
    county = county_of({"county.work.home_sigma": 0.0, "county.work.schooling_pay": 0.0})
    np.testing.assert_allclose(county.workers.log_home, 0, atol=1e-12)


def test_pay_follows_what_somebody_could_earn(people):
    i = int(np.argmax(initial(people).log_home))
    worker, town = people.workers[i], people.towns[people.workers[i].township]
    kept = worker.firm
    worker.firm = -1
    assert job_pay(people, worker) == pytest.approx(town.wage * np.exp(worker.log_home))
    worker.firm = kept


def test_residents_have_the_ages_and_sexes_of_the_census(people):
    workers, age = initial(people), ages_in_years(people)
    home = workers.state != r.AWAY
    assert age[home].mean() == pytest.approx(41.8, abs=0.6)
    assert (age[home] < 30).mean() == pytest.approx(0.173, abs=0.02)
    assert workers.sex[home].mean() == pytest.approx(0.499, abs=0.025)
    assert age[~home].mean() == pytest.approx(39.0, abs=0.7)  # N30
    assert workers.sex[~home].mean() == pytest.approx(0.305, abs=0.03)  # N34
    assert home.mean() == pytest.approx(1 - 0.396, abs=0.02)


def test_those_at_home_have_the_schooling_of_the_census_and_those_away_of_the_survey(people):
    workers = initial(people)
    home = workers.state != r.AWAY
    for place, wanted in ((home, (0.076, 0.248, 0.445, 0.154, 0.077)),
                          (~home, (0.008, 0.138, 0.521, 0.175, 0.158))):  # fmt: skip
        found = np.bincount(workers.schooling[place], minlength=5) / place.sum()
        np.testing.assert_allclose(found, wanted, atol=0.035)


def test_home_workers_farm_and_work_as_the_census_says(people):
    home = initial(people)[initial(people).state != r.AWAY]
    assert (home.state == r.FARMING).mean() == pytest.approx(0.356, abs=0.03)
    assert (home.state == r.EMPLOYED).mean() == pytest.approx(0.4, abs=0.03)


def test_a_county_without_a_pyramid_keeps_its_means(tmp_path):
    facts = load_scenario("baseline", {"county.residents": [], "county.children": []}).county
    m = margins(facts)
    assert m.female[0] == facts.people.female_home
    ages = 18 + m.ages[0].mean(axis=1) / 12
    mean = (1 - m.female[0]) * ages[0] + m.female[0] * ages[1]
    assert mean == pytest.approx(facts.people.age_home, abs=0.05)
    numbers, women = entering(facts, 600)
    assert np.ptp(numbers) == 0 and np.ptp(women) == 0 and 0 < women[0] < 1


def test_those_who_turn_18_are_the_children_of_the_census():
    facts = load_scenario("baseline").county
    numbers, women = entering(facts, 600)
    few = load_scenario("baseline", {"county.labour_force": 6850}).county
    assert entering(few, 600)[0] == pytest.approx(numbers / 100)  # the table tells the shape
    numbers = numbers * facts.adults / (facts.labour_force * (1 - facts.away_share))
    assert numbers.sum() == pytest.approx(entering(facts, 600)[0].sum(), rel=0.002)
    by_age = {row.age: row for row in facts.children}
    assert numbers[:36].sum() == pytest.approx(0.6 * (by_age[15].men + by_age[15].women))
    for age, first in ((10, 36), (5, 96), (0, 156)):
        row, months = by_age[age], slice(first, first + 60)
        assert numbers[months].sum() == pytest.approx(row.men + row.women)
        assert women[months] == pytest.approx(row.women / (row.men + row.women))
    assert np.ptp(numbers[216:]) == 0  # stationary beyond the known children
    assert numbers[216] == pytest.approx(numbers[:216].mean())
    county = county_of(months=12)
    later = county.workers[int(county.clock.initial) :]
    assert len(later) == pytest.approx(numbers[:72].sum() * float(county.clock.sample), abs=1)
    assert abs(later.sex.mean() - women[:72].mean()) < 0.1


def test_entrants_are_children_of_a_household_of_the_village():
    county = county_of(months=60)
    first = int(county.clock.initial)
    children, parents = county.workers[first:], county.workers[county.workers.parent[first:]]
    for same in ("household", "village", "township"):
        assert (children[same] == parents[same]).all()
    gap = (children.birth.astype(int) - parents.birth) / 12
    assert np.mean((gap >= 20) & (gap <= 40)) > 0.98
    tied = 0
    for row in range(first, len(county.workers)):
        worker, parent = county.workers[row], county.workers[row].parent
        ties = county.ties[county.indptr[row] : county.indptr[row + 1]]
        tied += parent in ties or county.workers[parent].retires <= worker.enters
    assert tied == len(children)


def test_entrants_are_the_same_under_every_horizon():
    short, long = county_of(months=6), county_of(months=60)
    n = len(short.workers)
    assert len(long.workers) > n
    for name in ("birth", "sex", "enters", "parent", "wage", "log_home"):
        assert (short.workers[name] == long.workers[name][:n]).all()


@pytest.mark.parametrize(
    ("reached", "later"),
    [(-1, 0), (0, 1), (3, 1), (4, 2), (139, 35), (140, 36), (143, 36), (500, 36)],
)
def test_retirement_ages_rise_from_2025(reached, later):
    """`reached`: month since January 2025 in which the old age of retirement is reached."""
    facts = record_of(load_scenario("baseline").county)[0]
    january_2025 = 1 - 12 * (facts.work_first_year - 2025)
    for sex, age in ((0, 60), (1, 55)):
        birth = january_2025 + reached - 12 * age
        assert month_of_retirement(birth, sex, facts) == january_2025 + reached + later
    level = load_scenario("baseline", {"county.work.retirement_rise": 0}).county
    assert month_of_retirement(-720, 0, record_of(level)[0]) == 0


def test_the_young_leave_and_women_less():
    county = lived()
    behaviour = county.behaviour
    home = np.flatnonzero(county.workers.state == r.FARMING)
    i = int(home[0])
    worker = county.workers[i]
    kept = worker.copy()
    worker.ever_away = 0

    def hazard(age, sex=0):
        worker.birth, worker.sex = county.clock.month - 12 * age, sex
        return float(hazard_of_leaving(county, i, 0.5))

    assert hazard(18) > hazard(22) > hazard(25) > hazard(30)
    assert hazard(18) / hazard(28) == pytest.approx(np.exp(behaviour.careers_leave_youth), rel=0.01)
    assert hazard(24, 1) == pytest.approx(hazard(24) * np.exp(-behaviour.careers_leave_women))
    behaviour.careers_leave_youth = 0.0
    assert hazard(18) == hazard(30)
    county.workers[i] = kept


@pytest.mark.parametrize("amount", [1e-6, 1e-4, 0.01, 0.3, 0.99, 1.0, 2.5, 40.0])
def test_events_happen_with_the_chance_of_their_hazard(amount):
    chance = -np.expm1(-amount)
    for u in (
        chance * np.array([0.0, 0.5, 0.9, 0.999, 1 - 1e-6, 1 + 1e-6, 1.001, 1.1, 2.0])
    ).tolist():
        assert happens(u, amount) == (u < chance)


@pytest.mark.parametrize("score", [-60.0, -9.0, -3.0, -0.5, -1e-3, 0.0, 0.4, 3.0])
def test_what_is_surely_above_is_above(score):
    assert not surely_above(float(np.exp(score)), score)
    if score < -0.1:
        assert surely_above(min(1.01 * float(np.exp(min(score, -0.1))) + 0.9, 1.0), score)
    for u in np.linspace(0.0, 1.0, 101).tolist():
        assert not surely_above(u, score) or u > np.exp(score)


def test_bounds_decide_as_the_chances_do():
    """Whether somebody goes or returns does not depend on how cheaply that is found."""
    county = lived()
    rng, moves = np.random.default_rng(1), 0
    for i, worker in enumerate(county.workers):
        u, share = float(rng.random() ** 4), share_of(look_around(county, i), HOME)
        if worker.state == r.AWAY:
            assert returns(county, i, share, u, -1e9)[0] == (
                u < chance_of_returning(county, i, share, worker.jobless == 1, -1e9)
            )
            moves += returns(county, i, share, u, -1e9)[0]
        elif r.SEEKING <= worker.state <= r.EMPLOYED:
            assert leaves(county, i, share, u, 6) == happens(
                u, hazard_of_going(county, i, share) * 6
            )
            moves += leaves(county, i, share, u, 6)
    assert moves > 20


def test_destinations_differ_in_pay_and_distance(people):
    workers = people.workers
    far = workers.destination == 1
    facts, behaviour = people.facts, people.behaviour
    worker = workers[0]
    utility = []
    for worker.destination in (0, 1):
        utility.append(utility_of_city(people, worker, 12))
    assert utility[0] - utility[1] == pytest.approx(behaviour.returning_distance)
    ratio = workers.wage[far].mean() / workers.wage[~far].mean()
    assert ratio == pytest.approx(facts.work_far_pay, abs=0.05)
    assert workers.wage.mean() == pytest.approx(facts.work_city_wage, rel=0.06)


@pytest.fixture
def owners():
    """A county with an owner who has somebody at home in the household, and their rows."""
    county = lived()
    county.clock.month = 1
    workers = county.workers
    for i in np.flatnonzero(workers.state == r.OWNER):
        ties = county.ties[county.indptr[i] : county.indptr[i + 1]]
        kin = workers[ties]
        able = (kin.household == workers[i].household) & np.isin(
            kin.state, (r.SEEKING, r.FARMING, r.EMPLOYED)
        )
        if able.any() and (kin.retires[able] > 1).all():
            return county, int(i), set(ties[able].tolist())
    raise AssertionError("no owner with a household")


def test_a_retiring_owner_hands_the_firm_on(owners):
    county, i, household = owners
    county.behaviour.closing_succession = 1.0
    f = int(county.workers[i].firm)
    money = county.firms[f].cash, county.firms[f].capital, county.firms[f].loan
    books, staff = county.transactions.copy(), int(county.firms[f].employees)
    failed, key = int(county.workers[i].failed), int(county.firms[f].id)
    calendar.retire(county, i)
    firm = county.firms[f]
    heir = county.workers[firm.owner]
    assert firm.phase == r.OPEN and int(firm.owner) in household and firm.id == key
    assert heir.state == r.OWNER and heir.firm == f and firm.returnee == heir.ever_away
    assert (firm.cash, firm.capital, firm.loan) == money
    assert staff - 1 <= firm.employees <= staff  # the heir may have worked there
    saved = county.transactions - books
    saved[:, r.T_SAVING] = 0
    assert not saved.any()
    assert county.workers[i].state == r.RETIRED and county.workers[i].failed == failed
    assert county.months[1].handed_on == 1 and county.months[1].stops == 0
    before = county.seen.copy(), county.stock.copy(), county.towns.employed_pay.copy()
    count_afresh(county)
    for kept, now in zip(before, (county.seen, county.stock, county.towns.employed_pay)):
        assert (kept == now).all()


@pytest.mark.parametrize("off", ["switch", "chance"])
def test_without_succession_the_firm_closes_and_has_not_failed(owners, off):
    county, i, _ = owners
    county.behaviour.closing_succession = 0.0 if off == "chance" else 1.0
    county.behaviour.structure_succession = off != "switch"
    f, failed = int(county.workers[i].firm), int(county.workers[i].failed)
    calendar.retire(county, i)
    assert county.firms[f].phase == r.DORMANT and county.firms[f].stop_reason == r.STOP_RETIRED
    assert county.workers[i].failed == failed and county.months[1].handed_on == 0


def test_pay_of_the_employed_is_kept_up():
    county = lived()
    employed = county.workers[county.workers.state == r.EMPLOYED]
    for t, town in enumerate(county.towns):
        there = employed[employed.township == t]
        assert town.employed_pay == sum(thousandths_of_pay(worker) for worker in there)
