"""Runs in child processes: a crash ends nothing else, and what is less urgent gives way."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pipe
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from waiting import LIMIT

from returnee.dashboard.content import atlas, neighbours, village
from returnee.dashboard.live import children, long, runs
from returnee.dashboard.live.children import Child, Ended, GaveWay, Orders
from returnee.dashboard.live.pool import HERE, Asker, Pool, gather
from returnee.dashboard.live.runs import Lived, figures_lived, lived, monthly_lived
from returnee.dashboard.visitor.place import Place
from returnee.dashboard.visitor.session import say
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import load_scenario
from returnee.simulation import simulate

TINY = RunSettings(sample=0.002, months=30, burn_in=12)


@pytest.fixture
def pool() -> Iterator[Pool]:
    """One thread with a process of its own."""
    made = Pool(1)
    made.have_children()
    yield made
    made.end()


def test_a_run_that_ends_its_process_ends_nothing_else(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "TRIES", 1)
    monkeypatch.setattr(runs, "FIGURES", runs.Kept(9))
    scenario = load_scenario("linked")
    (there,) = gather([Lived(scenario, 0, TINY)], 0, Asker(), pool)
    here = figures_lived(scenario, 0, TINY)
    assert isinstance(there, runs.Figures)
    for ours, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    def crash() -> None:
        assert HERE.child is not None
        HERE.child.do(os._exit, 3)

    with pytest.raises(Ended) as ended:
        gather([crash], 0, Asker(), pool)
    assert "推演进程中途终止" in say(ended.value, "zh")
    assert gather([lambda: HERE.child and HERE.child.do(os.getpid)], 0, Asker(), pool) != [None]
    assert runs.HERE.child is None and pool.children[0].pid != os.getpid()


def test_no_page_lives_a_history_in_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def there(work: Any, *args: Any) -> Any:
        asked.append(work.__name__)
        return SimpleNamespace(people=work.__name__)

    for module, kept in ((neighbours, "WATCHED"), (village, "LIVED"), (atlas, "COUNTED")):
        monkeypatch.setattr(module, "elsewhere", there)
        monkeypatch.setattr(module, "county_before", None)
        monkeypatch.setattr(module, kept, runs.Kept(1))
    assert neighbours.answer(Place(), 0, 0, Asker()).people == "_watch"
    assert village.answer(Place(), 0, Asker()).people == "_live"
    atlas.count(load_scenario("linked"), 0)
    assert asked == ["_watch", "_watch", "_live", "_count"]


def test_long_work_of_a_server_is_done_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not long.where().processes
    monkeypatch.setattr(long.POOL, "children", [Child()])
    assert long.where().processes


def test_a_run_has_the_rules_of_its_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = SimpleNamespace(rules="own")
    county = SimpleNamespace(workers=SimpleNamespace(state=np.zeros(1)), clock=SimpleNamespace(sample=1))  # fmt: skip
    given = []
    monkeypatch.setattr(runs, "start", lambda *args: county)
    monkeypatch.setattr(runs, "advance", lambda *args: given.append(args[2:]) or county)
    lived(scenario, 0, TINY)  # type: ignore[arg-type]
    assert set(given) == {("own",)}


def test_errors_of_a_child_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Pipe()
    child = Child()
    child._process, child._pipe = object(), ours
    threading.Thread(target=Orders().follow, args=(theirs,), daemon=True).start()
    with pytest.raises(FileNotFoundError):
        child.do(os.stat, "/no such file")
    child.give_way()  # nothing is done: nobody is told
    assert child.do(abs, -3) == 3


def test_a_run_gives_way_between_years(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Pipe()
    orders = Orders()
    monkeypatch.setattr(runs, "ORDERS", orders)
    scenario = load_scenario("baseline")
    whole, parts = simulate(scenario, 1, 1, 0.002, 30, 12), lived(scenario, 1, TINY)
    np.testing.assert_array_equal(whole.county.months, parts.county.months)
    orders.pipe, orders.number = theirs, 7
    ours.send(6)  # meant a run before
    assert np.isfinite(monthly_lived(scenario, 1, TINY)).any()
    ours.send(7)
    with pytest.raises(GaveWay):
        lived(scenario, 1, TINY)


class Told(Child):
    """A child that only notes that it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def give_way(self) -> None:
        """Note it."""
        self.told.set()


@pytest.mark.parametrize("way", ["less urgent", "not wanted"])
def test_what_is_less_urgent_or_not_wanted_gives_way_and_is_done_later_if_it_is_wanted(
    way: str,
) -> None:
    pool, child, begun, wanted = Pool(1), Told(), threading.Event(), [True]
    pool.children = [child]
    order: list[str] = []

    def slow() -> None:
        begun.set()
        if not order:
            assert child.told.wait(LIMIT)
            raise GaveWay
        order.append("slow")

    later = pool.submit(3 if way == "less urgent" else 0, slow, "a", lambda: wanted[0])
    assert begun.wait(LIMIT)
    wanted[0] = way == "less urgent"
    pool.submit(0, lambda: order.append("first"), "b").result(LIMIT)
    last = pool.submit(5, lambda: order.append("last"), "b")
    last.result(LIMIT)
    assert order == (["first", "slow", "last"] if wanted[0] else ["first", "last"])
    assert later.cancelled() != wanted[0]


def test_runs_that_nobody_waits_for_give_way_wherever_they_are() -> None:
    pool, told, wanted = Pool(2), [Told(), Told()], [True]
    pool.children = list(told)
    begun = [threading.Event(), threading.Event()]

    def slow(lane: int) -> None:
        begun[lane].set()
        assert told[lane].told.wait(LIMIT)
        raise GaveWay

    for lane in range(2):
        pool.submit(0, partial(slow, lane), "a", lambda: wanted[0], lane)
        assert begun[lane].wait(LIMIT)
    wanted[0] = False
    assert pool.submit(0, lambda: "first", "b", lane=0).result(LIMIT) == "first"
    assert all(child.told.wait(LIMIT) for child in told)


def test_runs_of_a_lane_are_done_in_one_thread() -> None:
    pool = Pool(2)
    names = [
        pool.submit(0, lambda: threading.current_thread().name, lane=k).result(LIMIT)
        for k in range(4)
    ]
    assert names == ["county-0", "county-1"] * 2
