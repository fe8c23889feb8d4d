"""What is said of an answer is true of it: which levers, how many runs, what is not offered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from returnee.dashboard.live.answers import REFERENCE, Answer, answer_of, lined_up, waiting
from returnee.dashboard.live.pool import Busy
from returnee.dashboard.live.runs import STAGES, cubes
from returnee.dashboard.pages.explore import Shown, answer, first_line, state_line
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Mix, Place
from returnee.experiments.keys import Settings
from returnee.scenarios import Scenario
from returnee.simulation.state.county import County

TINY = Settings(seed=1, sample=0.002, months=12)


def answer_for(place: Place) -> Answer:
    """An answer of two tiny runs of each side."""
    return answer_of(*next(cubes(lined_up(place), REFERENCE, lambda: True, TINY, (2,))))


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
    line = state_line(Shown(place, found), False, now)
    assert words(lang)["explore"]["stale"] in line and str(STAGES[-1]) not in line
    busy = state_line(Shown(place, found, busy=True, queued=True), False, now)
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
    from returnee.dashboard.pages import explore

    full = [True, False]

    def steps(lined, reference, wanted, step, sets) -> Iterator[object]:  # type: ignore[no-untyped-def]
        if full.pop(0):
            raise Busy
        step(1, 2)
        step(2, 2)
        yield from cubes(lined, reference, wanted, TINY, (2,))

    monkeypatch.setattr(explore, "cubes", steps)
    monkeypatch.setattr(explore, "PAUSE", 0.0)
    shown: list[Shown] = []
    answer(Place(), lambda: True, shown.append)
    assert [one.queued for one in shown] == [True, False, False, False]
    assert [one.done for one in shown[1:3]] == [1, 2] and shown[-1].answer is not None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_township_without_people_in_a_run_is_said_to_be_empty(
    monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    from returnee.dashboard.content import neighbours
    from returnee.dashboard.pages import network

    settled = neighbours.county_before

    def gathered(scenario: Scenario, replicate: int) -> County:
        """Everybody lives in the first township, as the people of an own county may."""
        county = settled(scenario, replicate)
        workers = county.workers.copy()
        workers.township[:] = 0
        return county.with_arrays(workers=workers)

    monkeypatch.setattr(neighbours, "SMALL", TINY)
    monkeypatch.setattr(neighbours, "county_before", gathered)
    for kept in ("NEIGHBOURS", "WATCHED"):
        monkeypatch.setattr(neighbours, kept, neighbours.Kept(4))
    told: list[str] = []
    network.answer(Place(lang=lang), lambda: True, lambda shown: told.append(shown.error))
    assert told == [words(lang)["network"]["nobody"]]
