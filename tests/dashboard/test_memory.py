"""A server that lasts: memory within a bound, first views from one start to the next, limits by address."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from returnee.dashboard.guard import TOO_MANY, Bucket, Guard
from returnee.dashboard.live import memory
from returnee.dashboard.live.memory import Views
from returnee.dashboard.live.runs import PERSON, Figures, Kept
from returnee.dashboard.visitor.place import Arrival, Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import load_scenario

TINY = RunSettings(seed=1, sample=0.002, months=2)


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Views:
    monkeypatch.setattr(memory, "cache_root", lambda: tmp_path)
    monkeypatch.setattr(memory, "fingerprint", lambda: "f")
    monkeypatch.setattr(memory, "FIGURES", Kept(10))
    return Views([load_scenario("baseline")], 2, TINY)


def test_first_views_are_there_at_the_next_start(views: Views) -> None:
    assert not views.load() and not views.store()
    for n, key in enumerate(views.keys):
        memory.FIGURES.put(
            key, Figures(np.full((2, 2), n), np.ones(3), np.ones(1), np.zeros(2, PERSON))
        )
    assert views.store()
    for key in views.keys:
        memory.FIGURES.put(key, None)  # type: ignore[arg-type]
    assert views.load()
    assert memory.FIGURES.get(views.keys[1]).monthly.tolist() == [[1, 1], [1, 1]]  # type: ignore[union-attr]
    assert views.path is not None
    views.path.write_bytes(b"PK damaged")
    assert not views.load()


def test_memory_above_the_bound_drops_half(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Kept[int, int] = Kept(10)
    for n in range(10):
        kept.put(n, n)
    monkeypatch.setattr(memory, "FIGURES", kept)
    monkeypatch.setattr(memory, "resident", lambda: 5)
    assert not memory.keep_within(5) and kept.get(0) == 0
    assert memory.keep_within(4)
    assert kept.get(1) is None and kept.get(9) == 9
    assert memory.resident() == 5


def test_an_address_asks_only_so_often() -> None:
    bucket = Bucket(2.0, 1.0)
    assert [bucket.takes("a", 0.0) for _ in range(3)] == [True, True, False]
    assert bucket.takes("b", 0.0) and bucket.takes("a", 2.5)


def test_an_address_has_only_so_many_pages_open() -> None:
    async def pages(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)

    async def opened(guard: Guard) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        async def receive() -> dict[str, Any]:
            return {}

        scope = {"type": "websocket", "path": "/jupyter/api/kernels/k/channels", "client": ("10.0.0.1", 1),
                 "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost")]}  # fmt: skip
        await asyncio.gather(*(guard(scope, receive, send) for _ in range(3)))  # type: ignore[arg-type]
        return said

    guard = Guard(pages, {}, most=2)
    with ThreadPoolExecutor(1) as apart:  # the browser's tests may have a loop in this thread
        said = apart.submit(asyncio.run, opened(guard)).result()
    assert [message["code"] for message in said] == [TOO_MANY]
    assert not guard.open


def test_bytes_are_coded_on_the_way_to_the_browser() -> None:
    session = Session(Arrival(Place(), ()))
    session.download("a.docx", b"\x00\xff", "x/y")
    file = session.file.value
    assert file is not None and file["coded"] and b64decode(file["text"]) == b"\x00\xff"
