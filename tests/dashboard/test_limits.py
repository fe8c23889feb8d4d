"""What one visitor can take from the others: size of runs, turns in the queue, memory, lost pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from types import MappingProxyType

import pytest

from returnee.dashboard import settings
from returnee.dashboard.app import PAGES, arrival_of, first_session
from returnee.dashboard.live.pool import LAST, Asker, Busy, Pool, Stopped, always, gather
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LEVERS, Mix, Place
from returnee.dashboard.visitor.session import say
from returnee.scenarios import ScenarioError, load_scenario
from returnee.simulation.start.history import Histories

LIMIT = 600  # seconds that only a hang takes
HUGE = "county.labour_force=4000000&county.ties.kin=50&county.ties.friends=50"


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """Put the limits back."""
    before = dict(settings.LIMITS)
    yield
    settings.LIMITS.update(before)


def test_a_link_cannot_ask_for_a_run_of_any_size() -> None:
    place = arrival_of(f"v=1&{HUGE}").place
    with pytest.raises(ScenarioError, match="found 4000000 people, allowed at most 1200000"):
        place.mix.scenario()
    with pytest.raises(ScenarioError, match="labour_force"):
        place.reference()


def test_nor_for_any_number_of_ties() -> None:
    ties = {f"county.ties.{name}": 20 for name in settings.TIES}
    Mix("linked", MappingProxyType(ties)).scenario()  # in the county that ships
    large = Mix("linked", MappingProxyType({**ties, "county.labour_force": 1_200_000}))
    with pytest.raises(ScenarioError, match="= 60, allowed a sum of at most 40 for 1200000 people"):
        large.scenario()


def test_an_address_of_too_many_parts_is_left_out_and_said() -> None:
    session = first_session("page=sources&lang=en" + "&x=1" * 400)
    assert words("en")["ignored"].partition("{")[0] in "".join(session.notices.peek())
    assert session.place.peek() == arrival_of("").place


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_was_asked_and_what_is_allowed_is_said(lang: str) -> None:
    mix = Mix().moved("county.labour_force", 4_000_000)
    with pytest.raises(ScenarioError) as caught:
        mix.scenario()
    line = say(caught.value, lang)
    assert "4000000" in line and "1200000" in line and "\n" not in line
    assert ("本服务器" in line) == (lang == "zh")


def test_the_owner_of_the_server_may_allow_more() -> None:
    mix = Mix("siloed").moved("county.labour_force", 4_000_000)
    settings.LIMITS["labour_force"] = 5_000_000
    assert mix.scenario().county.labour_force == 4_000_000


def test_saved_and_compared_scenarios_are_limited_too() -> None:
    from returnee.dashboard.content.contrast import lined_up

    place = arrival_of(
        "v=1&saved=big~linked~1~county.labour_force=4000000&compared=big,linked"
    ).place
    with pytest.raises(ScenarioError, match="labour_force"):
        lined_up(place)


def held(pool: Pool) -> tuple[threading.Event, Future[bool]]:
    """Keep a pool of one thread busy until the event is set."""
    begun, free = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return free.wait(LIMIT)

    future = pool.submit(-1, work, "holder")
    assert begun.wait(LIMIT)
    return free, future


def done_in_order(pool: Pool, calls: list[tuple[int, str, str]]) -> list[str]:
    """Names of calls, given as urgency, visitor and name, in the order in which they are done."""
    order: list[str] = []
    free, _ = held(pool)
    futures = [pool.submit(u, lambda n=n: order.append(n), v) for u, v, n in calls]  # type: ignore[misc]
    free.set()
    for future in futures:
        future.result(LIMIT)
    return order


def test_visitors_are_served_in_turn() -> None:
    calls = [(0, "a", f"a{k}") for k in range(4)] + [(0, "b", "b0"), (0, "c", "c0"), (0, "b", "b1")]
    assert done_in_order(Pool(1), calls) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_first_answers_come_before_more_of_the_same() -> None:
    calls = [(LAST, "", "warm"), (3, "a", "more"), (0, "b", "first"), (0, "a", "own first")]
    assert done_in_order(Pool(1), calls) == ["first", "own first", "more", "warm"]


def test_work_of_a_page_that_is_cut_off_waits_for_it() -> None:
    here = {"a": False}
    pool = Pool(1, is_here=lambda visitor: here.get(visitor, True))
    cut = pool.submit(0, lambda: "late", "a")
    assert pool.submit(5, lambda: "others", "b").result(LIMIT) == "others"
    assert not cut.done()
    here["a"] = True
    assert cut.result(LIMIT) == "late"


def test_work_of_a_page_that_never_comes_back_is_dropped() -> None:
    pool, gone = Pool(1, is_here=lambda visitor: visitor == "other"), threading.Event()
    ran: list[int] = []

    def look() -> bool:
        gone.set()  # nobody waits from the first look on
        return False

    with pytest.raises(Stopped):
        gather([lambda: ran.append(1)], 0, Asker(look), pool=as_visitor(pool, "a"))
    assert gone.is_set()
    assert pool.submit(0, lambda: "next", "other").result(LIMIT) == "next"
    assert ran == [] and pool.waiting() == 0


def as_visitor(pool: Pool, visitor: str) -> Pool:
    """The pool, with everything put in as one visitor's."""

    class Named(Pool):
        def submit(self, urgency, call, ignored="", wanted=always, lane=None):  # type: ignore[no-untyped-def]
            return pool.submit(urgency, call, visitor, wanted)

    return Named(1)


def test_the_queue_is_bounded_and_makes_room_for_what_is_wanted() -> None:
    pool = Pool(1, room=3)
    free, _ = held(pool)
    waiting = [pool.submit(0, lambda: None, v) for v in "abc"]
    with pytest.raises(Busy):
        pool.submit(0, lambda: None, "d")
    waiting[1].cancel()
    assert not pool.submit(0, lambda: None, "d").done()
    free.set()
    waiting[2].result(LIMIT)


def test_errors_of_work_reach_who_asked_and_leave_the_pool_alive() -> None:
    pool = Pool(1)

    def wrong() -> None:
        raise TimeoutError("own")

    with pytest.raises(TimeoutError, match="own"):
        gather([wrong], 0, Asker(), pool=pool)
    assert gather([lambda: 1, lambda: 2], 0, Asker(), pool=pool) == [1, 2]


def test_histories_are_kept_by_bytes() -> None:
    scenario = load_scenario("baseline")
    one = Histories(10)
    one.get(scenario, 1, 0, 0.002, 12, 12)
    size = one.held()
    assert size > 0
    few = Histories(10, room=int(2.5 * size))
    for replicate in range(4):
        few.get(scenario, 1, replicate, 0.002, 12, 12)
    assert size < few.held() <= 2.5 * size
    none = Histories(10, room=1)  # what was asked for last is kept all the same
    first = none.get(scenario, 1, 0, 0.002, 12, 12)
    assert none.get(scenario, 1, 0, 0.002, 12, 12) is first


def test_pages_are_known() -> None:
    assert all(arrival_of(f"v=1&page={name}&{HUGE}").place.page == name for name in PAGES)
    assert "county.labour_force" in LEVERS and isinstance(arrival_of("").place, Place)
