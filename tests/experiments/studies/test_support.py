"""Support as a system: plans and spending, pots that don't suffice, and founders' files."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from returnee import Comparison, compare
from returnee.experiments.measuring.files import (
    KINDS,
    REASONS,
    STAGE_OF,
    STAGES,
    figures_of_files,
    reached,
)
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.reports.sections.support import Support
from returnee.experiments.reports.single import services_of, stages_of
from returnee.experiments.statistics.effects import INDEX
from returnee.experiments.studies.planned import planned, unpaid_by_reason
from returnee.experiments.studies.support import FIGURES
from returnee.experiments.words.texts import words
from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate
from returnee.simulation.state.programmes import PROGRAMMES

WITHIN = {
    "loan_granted": "loan_asked", "opened": "registered", "mentored": "opened",
    "granted": "opened", "open_at_end": "opened",
}  # fmt: skip

SAMPLE, MONTHS = 0.03, 24
RUNNING = (
    "desk", "posts", "stations", "messages", "mentors", "incubator_sites", "sessions", "sites",
    "roads", "case_tracking",
)  # fmt: skip
AMPLE = {f"policy.budget.{pot}": 1e8 for pot in ("startup", "employment", "interest", "works")}
MUCH = {
    **AMPLE,
    "policy.services.desk_days": {1: 20, 13: 7},
    "policy.incubation.places": {1: 150, 7: 250},
    "policy.technology.extension_visits": 2000,
    "policy.venue.sites_land": 50,
    "policy.services.mentors": 100,
    "policy.venue.road_quality": 0.7,
    "policy.linkage.referral": 0.9,
}
POOR = {"policy.budget.startup": 500_000}


@lru_cache(maxsize=8)
def run_of(overrides: str) -> Run:
    given: dict[str, Any] = {"much": MUCH, "poor": POOR, "nothing": {}}[overrides]
    return simulate(load_scenario("baseline", given), sample=SAMPLE, months=MONTHS)


@pytest.fixture(scope="module")
def poor() -> Comparison:
    capped = load_scenario("baseline", {"policy.budget.cap": 2_000_000})
    short = load_scenario("baseline", POOR)
    return compare([capped, short], replicates=2, sample=0.005, months=MONTHS)


def test_running_costs_are_as_planned_where_pots_suffice() -> None:
    run = run_of("much")
    plan = planned(run.scenario, MONTHS)
    assert float(run.unpaid[list(RUNNING)].to_numpy().sum()) == 0.0
    for programme in RUNNING:
        assert plan[programme].sum() > 0.0
        # Amounts are paid in whole fen of the sample.
        assert run.ledger[programme].to_numpy() == pytest.approx(
            plan[programme].to_numpy(), abs=0.03 / SAMPLE
        ), programme


def test_visits_that_are_all_made_cost_what_is_planned() -> None:
    run = run_of("much")
    one = run.scenario.policy.costs.visit / SAMPLE
    gap = planned(run.scenario, MONTHS)["visits"].sum() - run.ledger["visits"].sum()
    assert abs(gap) <= 3 * one  # what is carried over from before, and to after


def test_a_plan_is_the_most_that_places_can_cost() -> None:
    run = run_of("nothing")
    plan = planned(run.scenario, MONTHS)
    assert plan["training"].sum() == 2 * 1000 * 1000
    assert plan["contests"].sum() == 2 * (200_000 + 150_000)
    assert run.ledger["contests"].sum() <= plan["contests"].sum() + 1.0
    assert list(plan.columns) == list(PROGRAMMES)
    assert [name for name in plan if plan[name].isna().all()] == [
        "rent", "startup_grant", "job_subsidy", "interest_subsidy", "guarantee", "tax_relief",
        "exit_compensation", "upgrade_grant",
    ]  # fmt: skip


def test_sites_are_built_once() -> None:
    later = {1: 150, 3: 250, 5: 200, 7: 300}
    scenario = load_scenario("baseline", {"policy.incubation.places": later})
    plan = planned(scenario, 12)["incubator_sites"]
    running = np.array([150, 150, 250, 250, 200, 200, *[300] * 6]) / 50 * 200_000 / 12
    built = plan.to_numpy() - running
    assert built == pytest.approx([0, 0, 600_000, 0, 0, 0, 300_000, 0, 0, 0, 0, 0], abs=1e-6)


def test_what_a_small_pot_cannot_pay_is_unpaid() -> None:
    run = run_of("poor")
    plan = planned(run.scenario, MONTHS)
    both = run.ledger + run.unpaid
    assert run.unpaid["posts"].sum() > 0.0
    for programme in ("posts", "stations", "messages", "mentors", "incubator_sites"):
        assert both[programme].to_numpy() == pytest.approx(
            plan[programme].to_numpy(), abs=0.03 / SAMPLE
        )


def test_reasons_add_up_to_what_is_unpaid(poor: Comparison) -> None:
    reasons = unpaid_by_reason(poor.cube, poor.plan)
    total = poor.cube.levels[:, :, INDEX["unpaid"]]
    assert reasons.sum(axis=(2, 3)) == pytest.approx(total, rel=1e-9, abs=1e-6)
    reference, capped, short = reasons.sum(axis=(1, 2))
    assert capped[0] > 0.9 * capped.sum() > 0.0
    assert short[0] == 0.0 and short[1] > reference.sum()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_says_that_a_pot_cannot_pay(poor: Comparison, lang: str) -> None:
    section = Spending(poor, lang)
    said = " ".join(section.remarks())
    words = section.words["pots"]["startup"]
    budget = {"en": "the budget is 500,000", "zh": "预算为50.00万元"}[lang]
    assert words in said and budget in said
    cap = {"en": "the cap can't pay", "zh": "支出上限不足以支付"}[lang]
    assert said.count(cap) == 1
    below = [remark for _, cells in section.programmes() for cell in cells for remark in cell.below]
    assert any(remark.startswith(("unpaid", "未付")) for remark in below)


def test_the_table_of_plans_matches_the_ledger(poor: Comparison) -> None:
    frame = poor.planned
    assert frame.attrs["units"]["spent"] == "yuan a year"
    years = MONTHS / 12.0
    for k, label in enumerate(poor.plan.scenarios):
        cost = np.nanmean(poor.cube.levels[k, :, INDEX["public_cost"]]) / years
        assert frame[frame["scenario"] == label]["spent"].sum() == pytest.approx(cost)


def test_a_file_in_a_stage_was_in_the_stage_that_holds_it() -> None:
    stages = reached(simulate("baseline", sample=SAMPLE, months=48))
    assert list(stages) == list(STAGES)
    for inner, outer in WITHIN.items():
        assert stages[inner].any() and not (stages[inner] & ~stages[outer]).any()
    assert all(stages["planned"])


def test_files_handed_on_and_others_are_all_files() -> None:
    run = run_of("nothing")
    counts = figures_of_files(run)
    for stage in STAGES:
        every, referred, alone = (counts[STAGE_OF[kind, stage]] for kind in KINDS)
        assert every == pytest.approx(referred + alone)
    files = run.files
    kept = {
        "loan_granted": files["loan_granted"].notna(), "opened": files["opened"].notna(),
        "incubated": files["incubated"], "granted": files["granted"],
        "open_at_end": files["phase"] == "OPEN",
    }  # fmt: skip
    for stage, there in kept.items():
        assert counts[STAGE_OF["all", stage]] == pytest.approx(there.sum() / SAMPLE)
    gave_up = (files["loan_stage"] == "refused") & (files["loan_reason"] == "gave up waiting")
    assert counts["loan_files_gave_up"] == pytest.approx(gave_up.sum() / SAMPLE)
    asked, granted = files["loan_asked"], files["loan_granted"]
    assert counts["months_to_loan_granted"] == (granted - asked).median()


def test_a_funnel_is_shares_of_the_ventures_begun(small: Comparison) -> None:
    frame = small.funnel[small.funnel["scenario"] == "linked"]
    every = frame[frame["kind"] == "all"].set_index("measure")
    assert every.loc["planned", "level"] == 1.0
    for inner, outer in WITHIN.items():
        assert every.loc[inner, "count"] <= every.loc[outer, "count"]
        assert every.loc[inner, "level"] <= every.loc[outer, "level"]
    assert {f"refused_{reason}" for reason in REASONS} <= set(every.index)


def test_waits_are_means_over_those_served() -> None:
    found = compare(["linked"], replicates=2, sample=0.02, months=MONTHS)
    frame = found.support
    assert list(frame[frame["scenario"] == "linked"]["measure"]) == list(FIGURES)
    waited, served = (found.cube.of("linked", name) for name in ("trained_wait", "trained"))
    each = [float(w @ s / s.sum()) for w, s in zip(waited, served) if s.sum() > 0]
    row = frame[(frame["scenario"] == "linked") & (frame["measure"] == "wait_training")].iloc[0]
    assert each and row["level"] == pytest.approx(np.mean(each))
    withdrawn = frame[frame["measure"] == "banks_withdrawn"].set_index("scenario")
    months = (1.0 - found.cube.of("linked", "banks_lending")).sum(axis=1).mean()
    assert withdrawn.loc["linked", "level"] == pytest.approx(months)


def test_one_run_lists_its_providers_and_files() -> None:
    run = run_of("nothing")
    services, stages = services_of(run), stages_of(run)
    assert services.loc["training centre", "places"] == 3
    assert services["served"].sum() == pytest.approx(run.services["served"].sum())
    kinds = words("zh")["services"]["kinds"]
    assert set(services.index) <= set(kinds)
    assert stages.loc["planned", "all"] == pytest.approx(len(run.files) / SAMPLE)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_table_has_a_cell_for_every_scenario(small: Comparison, lang: str) -> None:
    section = Support(small, lang)
    for lines in (section.rows(), section.stages(), section.by_referral(), section.reasons()):
        assert lines and all(len(cells) == 3 for _, cells in lines)
    assert "<svg" in section.queues_chart() and "<svg" in section.funnel_chart()


def test_json_has_the_sections(small: Comparison) -> None:
    from returnee.experiments.reports.compare import SECTIONS, Page

    found = json.loads(json.dumps(Page(small).as_json(), allow_nan=False))
    for name in SECTIONS:
        assert len(found[name]) == len(getattr(small, name))
