"""Lessons: a guess is held against the runs; sheets for a class hold all that is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from returnee.dashboard.content import chain, village
from returnee.dashboard.content.lessons import (
    BY_KEY,
    GUESSES,
    LESSONS,
    MINUTES,
    STAGES,
    compared,
    handout,
    times,
)
from returnee.dashboard.texts import words
from returnee.experiments.reports.html import html
from returnee.experiments.statistics.effects import HIGHER, LOWER, UNCLEAR
from returnee.scenarios import load_scenario
from returnee.simulation.people.ideas import OUT_OF_REACH
from returnee.simulation.people.returning import chance_of_returning
from returnee.simulation.run import start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.county import County


def found(verdict: str) -> Any:
    effect = {"verdict": verdict, "difference": 1200.0, "low": 300.0, "high": 2100.0}
    plan = SimpleNamespace(settings=SimpleNamespace(months=120), replicates=40)
    return SimpleNamespace(by_measure={"policy": {"firms_open": effect}}, plan=plan)


@pytest.mark.parametrize(
    ("verdict", "guess"), [(HIGHER, "more"), (LOWER, "fewer"), (UNCLEAR, "same")]
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_guess_is_held_against_the_runs(verdict: str, guess: str, lang: str) -> None:
    lesson, text = BY_KEY["credit"], words(lang)["learn"]
    lines = compared(found(verdict), lesson, guess, lang)
    assert lines[-1] == text["agrees"] and "+1,200" in lines[1]
    other = next(key for key in GUESSES if key != guess)
    assert compared(found(verdict), lesson, other, lang)[-1] == text["differs"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sheets_for_a_class_hold_all_that_is_asked(lang: str) -> None:
    text = words(lang)["learn"]
    pupil, teacher = (html(handout(lang, of)) for of in (False, True))
    for lesson in LESSONS:
        assert text[lesson.key]["title"] in pupil and text[lesson.key]["question"] in pupil
        assert lesson.pillar in chain.PILLARS
        assert len(text[lesson.key]["notes"]) == 3
    assert "____" in pupil and "____" not in teacher
    assert text["notes"] in teacher and text["notes"] not in pupil
    assert len(text["stages"]) == len(STAGES) == len(MINUTES)
    assert sum(minutes for _, minutes in times(lang)) == 90


@pytest.fixture(scope="module")
def county() -> County:
    """A tiny county in which people have taken stock."""
    return advance(start(load_scenario("baseline"), 0, 1, 0.002, 12, 24), 6)


def test_the_scale_is_the_rule_of_returning(county: County) -> None:
    rows = np.flatnonzero(county.workers["state"] == r.AWAY)[:60]
    seen = village.weighed(county, rows)
    for i, one in zip(rows, seen):
        share, jobless = float(one["home"]), bool(one["jobless"])
        theirs = chance_of_returning(county, i, share, jobless, OUT_OF_REACH)
        assert village.chance(one, county.behaviour) == pytest.approx(theirs, rel=1e-4)
    assert seen["due"].any() or (county.due[rows] != 7).all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_month_of_the_village_is_told(lang: str, county: County) -> None:
    about = {"age": np.array([30]), "sex": np.array([1]), "schooling": np.array([2])}
    people = SimpleNamespace(ids=np.array([7]), about=about)
    seen = np.zeros((2, 1), village.WEIGHED)
    seen["state"], seen["due"] = [[r.AWAY], [r.FARMING]], [[True], [False]]
    seen["knows"], seen["city"], seen["home"] = [[0], [1]], np.log(4000.0), 0.5
    found = village.Village(people, seen, county.behaviour)  # type: ignore[arg-type]
    (line,) = village.events(found, 1, lang)
    assert line.startswith("7") and village.events(found, 0, lang) == []
    assert [row[1:] for row in village.states(found, 1, lang)] == [(0, 1), (1, 0)]
    assert "4,000" in village.incomes(found, 0, 1, lang)[0][1]
    scale = village.scale(found, 0, 1, lang)
    assert any("50" in name for name, *_ in scale)
    total = sum(value for _, value, _ in scale)
    assert total == pytest.approx(float(village.balance(found, 0, 1).replace("−", "-")), abs=0.02)
    ((k, decided),) = village.decisions(found, 1, lang)
    assert k == village.first(found, 1) == 0 and decided.startswith("7")
    assert village.decisions(found, 0, lang) == [] and village.next_homecoming(found, 0) == 1
    assert "7" in village.person_line(found, 0, 1, lang) and village.date(13, lang)
