"""Projects and hand-overs: drop-outs, signals, courses before the start, case officers; first effects."""

from __future__ import annotations

import math
from copy import copy
from functools import lru_cache

import numpy as np
import pytest

from returnee.scenarios import load_scenario
from returnee.simulation.firms import projects
from returnee.simulation.run import start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import SERVICES, TRAINING
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import G_TRACKING, PROGRAMMES
from returnee.simulation.state.providers import CENTRES
from returnee.simulation.state.queues import is_in_training
from returnee.simulation.support.linkage import (
    NO_CASE,
    OPEN_CASE,
    PAST_CASE,
    close_cases,
    refer,
    room_for_cases,
    serve_referrals,
)
from returnee.simulation.support.training import go_on_with_plan, train

SAMPLE = 0.004


@lru_cache(maxsize=8)
def kept(name: str, overrides: tuple[tuple[str, object], ...], months: int) -> County:
    return start(load_scenario(name, dict(overrides)), 0, 1, SAMPLE, months, 12)


def county_of(overrides: dict[str, object] | None = None, name: str = "baseline") -> County:
    """A county of its own in its first month, with the officers paid."""
    county = copy(kept(name, tuple((overrides or {}).items()), 24))
    county.clock.month = 1
    county.clock.scale = 1.0
    county.funded[G_TRACKING] = 1.0
    return county


def plan(county: County, f: int = 0) -> tuple[int, np.record, np.record]:
    """Firm `f` made a plan of its owner's, nobody has looked at."""
    firm = county.firms[f]
    owner = county.workers[firm.owner]
    firm.phase, firm.planned, firm.signals, firm.means = r.PLANNED, 1, 0, firm.capital_wanted
    firm.loan_stage, firm.loan, firm.loan_wanted = r.NO_LOAN, 0, 0
    firm.belief, firm.variance = county.behaviour.firm_optimism, county.behaviour.firm_luck_sd**2
    owner.state, owner.referred, owner.certificate = r.FOUNDING, NO_CASE, r.NEVER
    owner.course = 100
    owner.training_since = r.NEVER
    return f, firm, owner


def dropped(county: County, stage: int) -> float:
    return float(
        np.mean([projects.drops_out(county, f, stage) for f in range(int(county.clock.firms))])
    )


def test_forms_and_days_cost_founders_and_an_officer_spares_them() -> None:
    county = county_of({"behaviour.support.handover_hazard": 0.01})
    county.workers.referred[:] = NO_CASE
    stages = range(projects.STAGES)
    there = np.mean([dropped(county, stage) for stage in stages])
    assert there == pytest.approx(1.0 - math.exp(-0.01 * 5 * 10), abs=0.12)
    county.workers.referred[:] = OPEN_CASE
    assert not any(dropped(county, stage) for stage in stages)
    easy = county_of({"behaviour.support.forms_again": 0})
    easy.workers.referred[:] = NO_CASE
    assert not any(dropped(easy, stage) for stage in stages)


def test_the_bank_sees_what_others_saw_only_where_an_officer_brings_the_file() -> None:
    county = county_of()
    f, firm, owner = plan(county)
    projects.look(county, f, projects.TRAINER)
    projects.look(county, f, projects.JURY)
    own = 1 << projects.BANK
    assert projects.seen_by_bank(county, firm) == own
    owner.referred = OPEN_CASE
    both = 1 << projects.TRAINER | 1 << projects.JURY
    assert projects.seen_by_bank(county, firm) == own | both
    off = county_of({"behaviour.structure.signals": False})
    f, firm, owner = plan(off)
    owner.referred = OPEN_CASE
    projects.look(off, f, projects.TRAINER)
    assert firm.signals == 0 and projects.seen_by_bank(off, firm) == own


def test_more_signals_miss_less() -> None:
    county = county_of()
    county.firms.course[:] = 100
    missed = {}
    for seen in (1 << projects.BANK, (1 << projects.OFFICES) - 1):
        off = []
        for f in range(int(county.clock.firms)):
            firm = county.firms[f]
            mean, spread = projects.estimate(county, f, seen)
            off.append(abs(mean - firm.known - firm.luck))
        missed[seen] = (np.mean(off), spread)
    few, many = missed.values()
    assert many[0] < few[0] and many[1] < few[1]


def test_longer_courses_in_smaller_classes_look_closer() -> None:
    few, usual, many = (errors_after(county_of(), course) for course in (50, 100, 171))
    assert few[projects.TRAINER] > usual[projects.TRAINER] > many[projects.TRAINER]
    assert few[projects.JURY] == usual[projects.JURY] == many[projects.JURY]


def errors_after(county: County, course: int) -> list[float]:
    """Errors of all offices about the plan of somebody who took a course of that effort."""
    f, firm, owner = plan(county)
    owner.course = course
    projects.look(county, f, projects.TRAINER)
    return [projects.error_of(county, firm, k) for k in range(projects.OFFICES)]


def test_what_a_trainer_saw_hangs_on_the_course_taken_not_on_those_of_today() -> None:
    county = county_of()
    i = int(np.flatnonzero(county.workers.state == r.SEEKING)[0])
    assert not (county.workers.course[county.workers.certificate == r.NEVER]).any()
    assert (county.workers.course[county.workers.certificate != r.NEVER] == 100).all()
    county.clock.scale = county.funded[:] = 1.0
    county.policy.training_hours, county.policy.training_class_size = 80, 20
    assert train(county, i, CENTRES) and county.workers[i].course == 171
    county.policy.training_hours = 35
    f, firm, owner = plan(county)
    owner.course = 171
    projects.look(county, f, projects.TRAINER)
    before = projects.error_of(county, firm, projects.TRAINER), projects.signal(county, f, 1)
    owner.course = 0  # an heir who took none
    county.policy.training_hours = 24
    assert before == (
        projects.error_of(county, firm, projects.TRAINER),
        projects.signal(county, f, 1),
    )
    assert before[0] == pytest.approx(county.behaviour.support_trainer_error / math.sqrt(1.71))


def test_a_course_corrects_optimism_and_poor_projects_stop_before_money_is_sunk() -> None:
    ends = {}
    for luck in (-2.0, 1.0):
        county = county_of({"behaviour.support.trainer_error": 0.05})
        f, firm, owner = plan(county)
        firm.luck = luck
        go_on_with_plan(county, f)
        ends[luck] = int(firm.phase)
        if luck < 0:
            assert owner.state == r.SEEKING and firm.means == 0.0 and owner.savings > 0.0
        else:
            assert firm.belief > 0 and int(firm.signals) == 1 << projects.TRAINER
    assert ends == {-2.0: r.ABANDONED, 1.0: r.PLANNED}
    off = county_of({"behaviour.structure.signals": False})
    f, firm, _ = plan(off)
    firm.luck = -2.0
    go_on_with_plan(off, f)
    assert firm.phase == r.PLANNED and firm.belief == off.behaviour.firm_optimism


def test_a_founder_waits_for_the_course_but_not_for_ever() -> None:
    county = county_of()
    _, firm, owner = plan(county)
    assert not is_in_training(county, firm)
    owner.training_since = 1
    waits = [month for month in range(1, 13) if waits_in(county, firm, month)]
    assert waits == [1, 2, 3, 4]
    owner.certificate = 2
    assert waits_in(county, firm, 2) and not waits_in(county, firm, 3)


def waits_in(county: County, firm: np.record, month: int) -> bool:
    county.clock.month = month
    return bool(is_in_training(county, firm))


def ask_for_officers(county: County, order: int = 1) -> None:
    rows = np.flatnonzero(county.workers.state == r.SEEKING)[:40]
    for i in rows[::order]:
        county.workers[i].referred = NO_CASE
        refer(county, int(i), TRAINING)


def test_a_full_officer_takes_no_more_whatever_the_order() -> None:
    taken = []
    for order in (1, -1):
        county = county_of({"policy.linkage.referral": 1, "behaviour.support.officer_load": 500})
        ask_for_officers(county, order)
        room = room_for_cases(county)
        serve_referrals(county)
        assert 0 < county.clock.cases == room < 40
        taken.append(set(county.workers.id[county.workers.referred == OPEN_CASE]))
    assert taken[0] == taken[1] and len(taken[0]) == room


def test_nobody_is_handed_on_where_no_officer_is_paid() -> None:
    county = county_of({"policy.linkage.referral": 1})
    county.funded[G_TRACKING] = 0.0
    before = county.workers.copy()
    ask_for_officers(county)
    serve_referrals(county)
    assert (county.workers == before).all() and county.clock.cases == 0


def test_a_case_is_closed_a_year_after_the_opening() -> None:
    county = county_of({"policy.linkage.referral": 1, "policy.linkage.officers": 100})
    f = int(np.flatnonzero(county.firms.phase == r.OPEN)[0])
    firm = county.firms[f]
    firm.opened = 1
    refer(county, int(firm.owner), SERVICES)
    serve_referrals(county)
    owner = county.workers[firm.owner]
    for month, expected in ((12, OPEN_CASE), (13, PAST_CASE)):
        county.clock.month = month
        close_cases(county)
        assert owner.referred == expected
    assert county.clock.cases == 0


def test_the_ceiling_hands_on_every_file_at_no_cost_and_silos_none() -> None:
    tracking = PROGRAMMES.index("case_tracking")
    busy = {"behaviour.careers.idea_rate": 0.2}
    ceiling = advance(county_of(busy, "ceiling"), 12)
    siloed = advance(county_of(busy, "siloed"), 12)
    assert ceiling.months.referrals[1:].sum() > 0 == siloed.months.referrals[1:].sum()
    assert ceiling.clock.cases < room_for_cases(ceiling)
    assert not ceiling.ledger[1:, tracking].any() and not siloed.ledger[1:, tracking].any()
    assert ceiling.policy.budget_cap == siloed.policy.budget_cap
