"""Whatever a lever is moved to: the page stands, and an answer or one line is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
import solara

from returnee.dashboard.app import Page, arrival_of
from returnee.dashboard.live import answers
from returnee.dashboard.live.answers import Answer, answer
from returnee.dashboard.live.asking import Shown, follow
from returnee.dashboard.pages import explore
from returnee.dashboard.pages.explore import act, move, save
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LEVERS, SCHOOLING, Arrival, Mix, Place, address_of
from returnee.dashboard.visitor.session import Session, say
from returnee.scenarios import ScenarioError

ENDS = [
    (key, end)
    for key, lever in LEVERS.items()
    for end in ((False, True) if lever.type is bool else (lever.low, lever.high))
]
PAIRS = [
    {"county.work.local_wage": 500, "county.work.wage_floor": 30_000},
    {"county.people.schooling_none": 1, "county.people.schooling_college": 1},
    {"county.labour_force": 5_000_000, "county.ties.kin": 50},
    {"policy.finance.grant_after_months": 36, "county.work.wage_floor": 30_000},
]


@pytest.fixture
def no_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything before the runs happen, and no run."""
    monkeypatch.setattr(answers, "cubes", lambda *args, **named: iter(()))
    monkeypatch.setattr(answers, "grown", lambda *args: None)


def place_with(moved: dict[str, Any], **changes: Any) -> Place:
    """A place with levers moved."""
    return Place(mix=Mix("linked", MappingProxyType(moved))).but(**changes)


def texts_in(widget: Any) -> Iterator[str]:
    """HTML and labels of a widget and all within it."""
    yield str(getattr(widget, "unsafe_innerHTML", "") or "")
    for item in getattr(widget, "items", None) or ():
        yield str(item.get("label", "")) if isinstance(item, dict) else ""
    for child in getattr(widget, "children", None) or ():
        if isinstance(child, str):
            yield child
        else:
            yield from texts_in(child)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_end_of_every_lever_gives_an_answer_or_one_line(no_runs: None, lang: str) -> None:
    said: dict[str, str] = {}
    for moved in (*({key: end} for key, end in ENDS), *PAIRS):
        place = place_with(moved, lang=lang)
        shown: list[Shown[Answer]] = []
        follow(0, partial(answer, place), lambda: True, shown.append)
        errors = [say(one.error, lang) for one in shown if one.error]
        assert place.mix.unmoved().county.name  # what the page needs in any case
        for line in errors:
            assert "\n" not in line and "Traceback" not in line and "override" not in line
            said[str(moved)] = line
            if lang == "zh":
                assert re.search("[\u4e00-\u9fff]", line) and "allowed" not in line
    assert any("schooling" in key for key in said) and any("wage" in key for key in said)
    assert len(said) < 35  # all others have answers


@pytest.mark.parametrize(
    "page", ["explore", "compare", "budget", "paths", "network", "learn", "sources"]
)
@pytest.mark.parametrize("query", ["county.people.schooling_none=1", "county.work.wage_floor=30000", "county.labour_force=5000000"])  # fmt: skip
def test_no_address_takes_the_page_away(
    monkeypatch: pytest.MonkeyPatch, page: str, query: str
) -> None:
    monkeypatch.setattr("returnee.dashboard.live.asking.threading.Thread.start", lambda self: None)
    saved = "saved=mine~linked~1~training.places=1500"
    router = type("Router", (), {"search": f"v=1&lang=zh&page={page}&{query}&{saved}"})()
    monkeypatch.setattr(solara, "use_router", lambda: router)
    box, drawn = solara.render(Page(), handle_error=False)
    try:
        whole = "".join(texts_in(box))
        assert "本模型" in whole and words("zh")["broken"]["page"] not in whole
    finally:
        drawn.close()


def test_beside_an_error_levers_and_buttons_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("returnee.dashboard.live.asking.threading.Thread.start", lambda self: None)
    place = place_with({"county.work.wage_floor": 30_000.0}, lang="zh")
    session = Session(Arrival(place, ()))
    box, drawn = solara.render(explore.Explore(session), handle_error=False)
    try:
        whole = "".join(texts_in(box))
        assert "打开文件" in whole
    finally:
        drawn.close()
    shown = Shown(place.asked(), error=ScenarioError("x: found 1, allowed 2"))
    box, drawn = solara.render(explore.Right(session, shown), handle_error=False)
    try:
        whole = "".join(texts_in(box))
        assert "现为1" in whole and "复制链接" in whole
    finally:
        drawn.close()


def test_saving_what_cannot_be_run_says_why() -> None:
    session = Session(Arrival(place_with({"county.people.schooling_none": 0.5}, lang="zh"), ()))
    save(session)
    assert session.place.value.saved == () and "合计" in session.notices.value[0]


@pytest.mark.parametrize("key", SCHOOLING)
@pytest.mark.parametrize("end", [0.0, 0.3, 1.0])
def test_a_share_of_schooling_can_be_moved_alone(key: str, end: float) -> None:
    session = Session(Arrival(Place(), ()))
    move(session, {"key": key, "value": end})
    mix = session.place.value.mix
    assert mix.levers[key] == end and session.notices.value
    assert sum(float(mix.levers[name]) for name in SCHOOLING) == pytest.approx(1.0, abs=1e-7)  # type: ignore[arg-type]
    mix.scenario()
    kept = arrival_of(address_of(session.place.value))
    assert kept.ignored == ()
    kept.place.mix.scenario()
    move(session, {"key": SCHOOLING[0], "value": 0.1})  # and again, from wherever it was
    session.place.value.mix.scenario()
    move(session, {"key": key, "value": None})
    assert session.place.value.mix.levers == {}


def test_moving_other_levers_fits_nothing_and_takes_the_notice_away() -> None:
    session = Session(Arrival(Place(), ()))
    move(session, {"key": SCHOOLING[1], "value": 0.5})
    move(session, {"key": "policy.training.places", "value": 1500})
    assert session.notices.value == () and len(session.place.value.mix.levers) == 6
    move(session, {"key": "none", "value": 1})
    move(session, {"key": SCHOOLING[1], "value": 7})
    assert len(session.place.value.mix.levers) == 6
    act(session, {"key": "reset", "value": True})
    assert session.place.value.mix == Mix()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_sum_that_is_wrong_names_what_to_move(lang: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Mix().moved(SCHOOLING[0], 0.5).scenario()
    line = say(caught.value, lang)
    assert all(getattr(LEVERS[key], lang).lower() in line.lower() for key in SCHOOLING)
