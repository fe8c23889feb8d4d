"""Loans in life stories: what is told of them is what the record holds, whenever they were asked for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from returnee.experiments.measuring.people import SUPPORT, history_of, people_of
from returnee.experiments.studies.stories.life import LOAN, OTHER_LOANS, Event, Life
from returnee.experiments.studies.stories.watch import _loan as events_of_loan
from returnee.experiments.studies.stories.watch import lives_in
from returnee.experiments.studies.stories.words import people_words, sentence
from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate
from returnee.simulation.state import records as r

TOLD = ("loan_granted", "loan_cut", "loan_raised", "loan_raised_less")
MONTH = 30


@pytest.fixture(scope="module")
def run() -> Run:
    short = load_scenario("linked", {"policy.finance.guarantee_fund": 10_000_000})
    return simulate(short, sample=0.05, months=48)


@pytest.fixture(scope="module")
def lives(run: Run) -> dict[int, Life]:
    """Lives of everybody in the labour force with a loan file that moved under the policy."""
    firms, workers = run.county.firms[: int(run.county.clock.firms)], run.county.workers
    owners = np.unique(firms.owner[(firms.desk_since >= 1) | (firms.loan_month >= 1)])
    return lives_in(run, workers.id[owners[workers.retires[owners] > 0]].tolist())


def test_the_yuan_told_are_the_loans_of_the_record(run: Run, lives: dict[int, Life]) -> None:
    events = [event for life in lives.values() for event in life.events]
    told = sum(event.detail["yuan"] for event in events if event.kind in TOLD)
    granted = run.county.clock.granted - history_of(run).clock.granted
    assert told == granted / 100.0 > 0.0
    assert {"loan_asked", "loan_asked_open", "loan_granted"} <= {event.kind for event in events}


def test_open_firms_ask_after_opening_and_others_before(lives: dict[int, Life]) -> None:
    for life in lives.values():
        is_open = "firm" in life.person
        for event in life.events:
            is_open = is_open or event.kind == "opened"
            assert event.kind not in ("loan_asked_open", "raise_asked") or is_open
            is_open = is_open and event.kind != "stopped"


def test_who_was_lent_to_counts_as_served(run: Run, lives: dict[int, Life]) -> None:
    people = people_of(run).to_pandas().set_index("worker")
    lent = set(people.index[people["support"].to_numpy() >> SUPPORT.index("loan") & 1 > 0])
    assert lent == {w for w, life in lives.items() if {e.kind for e in life.events} & set(TOLD)}


Fields = dict[str, int]
OPEN: Fields = {"opened": 10, "phase": r.OPEN}
LENT: Fields = {**OPEN, "loan": 90, "loan_granted": 200, "loan_stage": r.GRANTED, "desk_since": 8}
AT_DESK: Fields = {"loan_stage": r.AT_DESK, "desk_since": MONTH - 2, "loan_wanted": 5_000_000}
IN_PROCESS: Fields = {**AT_DESK, "loan_stage": r.IN_PROCESS}
REFUSED: Fields = {**AT_DESK, "loan_stage": r.REFUSED, "loan_reason": r.FUND_EXHAUSTED}
LEFT: Fields = {**REFUSED, "loan_reason": r.GAVE_UP}
MORE: Fields = {**AT_DESK, **OPEN, "loan": 700, "loan_granted": 900, "loan_stage": r.GRANTED}
KEPT: Fields = {**LENT, "desk_since": MONTH - 2}
SHORT: Fields = {"loan_reason": r.NO_GUARANTOR}


def record(fields: Fields) -> Any:
    """A row of a firm in preparation that never asked for a loan, with some fields changed."""
    firm = np.zeros(1, r.FIRM)[0]
    never = dict.fromkeys(("desk_since", "stopped", "opened"), r.NEVER)
    for name, value in {**never, **fields}.items():
        firm[name] = value
    return firm


@pytest.mark.parametrize(
    ("past", "now", "kinds"),
    [
        (OPEN, OPEN, []),
        ({}, AT_DESK, ["loan_asked"]),
        (OPEN, {**OPEN, **AT_DESK}, ["loan_asked_open"]),
        ({**OPEN, **REFUSED, "desk_since": 5}, {**OPEN, **AT_DESK}, ["loan_asked_open"]),
        (AT_DESK, IN_PROCESS, []),
        (IN_PROCESS, REFUSED, ["loan_refused"]),
        (IN_PROCESS, {**REFUSED, "loan_reason": r.NOT_APPROVED}, ["loan_refused"]),
        ({}, {"informal_granted": 5_000_000}, ["tie_lent"]),
        ({}, {"commercial_granted": 5_000_000}, ["bank_lent"]),
        (LENT, {**LENT, "renewals": 1}, ["loan_renewed"]),
        (OPEN, {**OPEN, **REFUSED}, ["loan_asked_open", "loan_refused"]),
        (AT_DESK, LEFT, ["loan_given_up"]),
        (AT_DESK, {**LEFT, "phase": r.ABANDONED}, ["loan_withdrawn"]),
        ({**OPEN, **AT_DESK}, {**OPEN, **LEFT, "stopped": MONTH}, ["loan_withdrawn"]),
        ({**OPEN, **AT_DESK}, MORE, ["loan_granted"]),
        ({**OPEN, **AT_DESK}, {**MORE, **SHORT}, ["loan_cut"]),
        (LENT, {**LENT, **AT_DESK}, ["raise_asked"]),
        ({**LENT, **IN_PROCESS}, MORE, ["loan_raised"]),
        (LENT, {**MORE, **SHORT}, ["raise_asked", "loan_raised_less"]),
        ({**LENT, **IN_PROCESS}, {**KEPT, "loan_reason": r.BANKS_WITHDRAWN}, ["raise_refused"]),
        ({**LENT, **AT_DESK}, {**KEPT, "loan_reason": r.GAVE_UP}, ["raise_given_up"]),
        ({**LENT, **AT_DESK}, {**KEPT, "loan_stage": r.REPAID, "loan": 0}, ["loan_repaid"]),
        (LENT, {**LENT, "loan_stage": r.OVERDUE}, ["loan_overdue"]),
        ({**LENT, "loan_stage": r.OVERDUE}, {**LENT, "loan_stage": r.COMPENSATED, "loan": 0},
         ["loan_compensated"]),
    ],
)  # fmt: skip
def test_what_happens_to_a_loan_file(past: Fields, now: Fields, kinds: list[str]) -> None:
    events = events_of_loan(record(past), record(now), MONTH)
    assert [kind for kind, _ in events] == kinds
    for kind, detail in events:
        if kind in TOLD:
            assert detail["waited"] == 2
            assert detail["yuan"] == (now["loan_granted"] - past.get("loan_granted", 0)) / 100.0


def test_every_event_of_a_loan_has_its_sentence() -> None:
    detail = {"yuan": 50_000.0, "waited": 2, "reason": r.REASONS[r.NO_GUARANTOR]}
    for kind in (*LOAN, *OTHER_LOANS, "loan_renewed"):
        en, zh = (sentence(Event(3, kind, detail), lang) for lang in ("en", "zh"))
        assert kind in people_words("en")["events"] and en.endswith(".") and zh.endswith("。")
        assert not re.search(r"[A-Za-z{}]", zh) and not re.search(r"[{}\u4e00-\u9fff]", en)
    kinds = (*LOAN, *OTHER_LOANS, "loan_renewed")
    sentences = [sentence(Event(3, kind, detail), "en") for kind in kinds]
    assert len(set(sentences)) == len(kinds)
