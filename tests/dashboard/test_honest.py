"""What is said of an answer is true of it: which levers, how many runs, what is not offered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from returnee.dashboard.content import neighbours
from returnee.dashboard.content.facts import waiting
from returnee.dashboard.live import answers, asking
from returnee.dashboard.live.answers import (
    REFERENCE,
    Answer,
    answer,
    answer_of,
    lined_up,
)
from returnee.dashboard.live.asking import Shown, follow
from returnee.dashboard.live.pool import Asker, Busy
from returnee.dashboard.live.runs import STAGES, cubes
from returnee.dashboard.pages.explore import answer_line, first_line
from returnee.dashboard.pages.network import why
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Mix, Place
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import Scenario
from returnee.simulation.state.county import County

TINY = RunSettings(seed=1, sample=0.002, months=12)


def answer_for(place: Place) -> Answer:
    """An answer of two tiny runs of each side."""
    return answer_of(*next(cubes(lined_up(place), REFERENCE, Asker(), TINY, (2,))))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_waits_for_what_is_not_offered(lang: str) -> None:
    none = words(lang)["explore"]["not_offered"]
    for mix, against, here, there in (
        (Mix("linked"), "no_support", False, True), (Mix("no_support"), "linked", True, False),
        (Mix("no_support"), "no_support", True, True),
    ):  # fmt: skip
        for _, reference, level, difference, side in waiting(
            answer_for(Place(mix=mix, against=against)), lang
        ):
            assert (reference == none) == there and (level == none) == here
            assert difference == "–" and side == ""


def test_what_is_offered_on_both_sides_is_compared() -> None:
    rows = waiting(answer_for(Place(mix=Mix("linked"), against="baseline")), "en")
    assert all(difference != "–" and reference != "not offered" for _, reference, _, difference, _ in rows)  # fmt: skip
    late = Mix("no_support", {"policy.training.places": {7: 500}})  # offered from some month on
    assert waiting(answer_for(Place(mix=late, against="baseline")), "en")[0][2] != "not offered"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_answer_to_what_was_asked_before_is_said_to_be_one(lang: str) -> None:
    place = Place(lang=lang)
    found = answer_for(place)
    now = place.but(mix=place.mix.moved("policy.training.places", 1500))
    line = answer_line(Shown(place.asked(), found, fresh=False), now)
    assert words(lang)["explore"]["stale"] in line and str(STAGES[-1]) not in line
    busy = answer_line(Shown(place.asked(), found, fresh=False, busy=True, queued=True), now)
    assert words(lang)["busy"] in busy


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_way_to_a_first_answer_is_shown(lang: str) -> None:
    line = first_line(Shown(busy=True, done=3, total=8), lang)
    assert 'value="3"' in line and 'max="8"' in line
    assert "value=" not in first_line(Shown(), lang)  # a bar that moves by itself
    assert words(lang)["busy"] in first_line(Shown(busy=True, queued=True), lang)


def test_runs_of_a_first_answer_are_counted_and_a_full_queue_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = [True, False]

    def steps(lined, reference, asker, **ignored) -> Iterator[object]:  # type: ignore[no-untyped-def]
        if full.pop(0):
            raise Busy
        asker.step(1, 2)
        asker.step(2, 2)
        yield from cubes(lined, reference, asker, TINY, (2,))

    monkeypatch.setattr(answers, "cubes", steps)
    monkeypatch.setattr(answers, "STAGES", (2,))
    monkeypatch.setattr(asking, "PAUSE", 0.0)
    shown: list[Shown[Answer]] = []
    follow("place", lambda asker: answer(Place(), asker), lambda: True, shown.append)
    assert [one.queued for one in shown] == [True, False, False, False]
    assert [one.done for one in shown[1:3]] == [1, 2] and shown[-1].found is not None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_township_without_people_in_a_run_is_said_to_be_empty(
    monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    settled = neighbours.county_before

    def gathered(scenario: Scenario, replicate: int, settings: RunSettings) -> County:
        """Everybody lives in the first township, as the people of an own county may."""
        county = settled(scenario, replicate, settings)
        workers = county.workers.copy()
        workers.township[:] = 0
        return county.with_arrays(workers=workers)

    monkeypatch.setattr(neighbours, "SMALL", TINY)
    monkeypatch.setattr(neighbours, "county_before", gathered)
    for kept in ("NEIGHBOURS", "WATCHED"):
        monkeypatch.setattr(neighbours, kept, neighbours.Kept(4))
    shown: list[Shown[neighbours.Seen]] = []
    look = partial(neighbours.answer, Place(lang=lang), 9, 0)
    follow("town", look, lambda: True, shown.append)
    assert shown[-1].error is not None
    assert why(shown[-1].error, lang) == words(lang)["network"]["nobody"]
