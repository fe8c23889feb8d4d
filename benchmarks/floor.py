"""The least that a month can take: ``python -m benchmarks floor``.

Two floors stand beside the measured time. *Memory*: the bytes that must move in a month over the bandwidth of a
copy. *Computing*: a county so small that all of it lies in the second cache waits for no memory, so what it takes a
worker-month is what the rules themselves take. How much they do is counted in plain Python: statements, and calls of
exp and log, of the same rules with the same draws.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from benchmarks.figures import SEED, Row, best, in_turns, run_python, sample_of, warm
from returnee import simulation
from returnee.scenarios import load_scenario
from returnee.simulation.run import start
from returnee.simulation.start.history import BURN_IN, advance

SIZES = 30_000, 300_000
IN_CACHE = 3_000  # workers whose county takes about 1.5 MB
COUNTED = (
    0.002,
    12,
    12,
)  # sample, months and months of history of the county that is counted in plain Python
TURNS = 5
LINE = 64  # bytes that move together
IN_BULK = (
    "draw_each",
    "philox",
    "list_due",
    "look_around",
    "fetch_ties",
)  # many at a time, in few instructions
RULES = Path(simulation.__file__).parent


def bandwidth(megabytes: int = 512) -> float:
    """Bytes a second that one core reads and writes: a copy of more than the caches hold."""
    source = np.ones(megabytes * 2**17)
    target = np.empty_like(source)
    return 2 * source.nbytes / best(lambda: np.copyto(target, source), 5)


def lines(array: np.ndarray) -> int:
    """Bytes that move when a row is read: whole cache lines."""
    row = array.nbytes // len(array)
    return LINE * -(-row // LINE)


def bytes_moved(workers: int) -> float:
    """Bytes that a worker-month moves at least.

    The row of everybody whose review is due, and that of every firm that is not closed with its owner's, are
    read and written once, ties are read, and the months of the next reviews are looked through.
    """
    county = start(load_scenario("baseline"), 0, SEED, sample_of(workers), 12, BURN_IN)
    people, moved = int(county.clock.initial), 0
    for month in range(1, 13):
        due, firms = int(np.sum(county.due == month)), int(county.clock.active)
        ties = len(county.ties) / len(county.workers) * county.ties.itemsize
        moved += county.due.nbytes + due * (2 * lines(county.workers) + ties)
        moved += 2 * firms * (lines(county.firms) + lines(county.workers))
        county = advance(county, month)
    return moved / 12 / people


def count_here() -> None:
    """Print what the rules of a small county do, for a worker-month (in plain Python)."""
    sample, months, history = COUNTED
    county = start(load_scenario("baseline"), 0, SEED, sample, months, history)
    counts: Counter[str] = Counter()
    known: dict[CodeType, bool] = {}

    def is_rule(code: CodeType) -> bool:
        file = Path(code.co_filename)
        ours = file.is_relative_to(RULES) and not file.is_relative_to(RULES / "engine")
        return ours and code.co_name not in IN_BULK

    def enter(frame: FrameType, _event: str, _arg: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if code not in known:
            known[code] = is_rule(code)
        counts["rules"] += known[code]
        return line if known[code] else None

    def line(_frame: FrameType, event: str, _arg: Any) -> Callable[..., Any]:
        counts["statements"] += event == "line"
        return line

    def called(_frame: FrameType, event: str, arg: Any) -> None:
        counts["logs"] += event == "c_call" and arg in (math.exp, math.log, math.log1p)

    sys.settrace(enter)
    sys.setprofile(called)
    county = advance(county, months)
    sys.setprofile(None)
    sys.settrace(None)
    lived = int(county.clock.initial) * months
    print(json.dumps({name: count / lived for name, count in counts.items()}))


def floor() -> Iterator[Row]:
    """What a month must move and compute, beside what it takes."""
    warm()
    scenario, speed = load_scenario("baseline"), bandwidth()
    sizes = (IN_CACHE, *SIZES)
    alone, *measured = in_turns([(scenario, sample_of(workers)) for workers in sizes], TURNS)
    what = f"{IN_CACHE:,} workers, in the cache: computing, ns a worker-month"
    yield Row(what, f"{alone:.1f}")
    for workers, taken in zip(SIZES, measured, strict=True):
        moved = bytes_moved(workers)
        note = f"{moved:.0f} bytes a worker-month at {speed / 1e9:.1f} GB/s"
        yield Row(
            f"{workers:,} workers: measured",
            f"{taken:.1f}",
            "",
            "",
            f"{taken / alone:.2f} x computing",
        )
        yield Row("   floor by memory", f"{moved / speed * 1e9:.1f}", "", "", note)
    command = "from benchmarks.floor import count_here; count_here()"
    counted = json.loads(run_python("-c", command, NUMBA_DISABLE_JIT="1"))
    note = f"{alone / counted['statements']:.2f} ns each; {', '.join(IN_BULK)} left out"
    yield Row("statements of rules a worker-month", f"{counted['statements']:.1f}", "", "", note)
    yield Row("   calls of rules", f"{counted['rules']:.1f}")
    yield Row("   exponentials and logarithms", f"{counted['logs']:.2f}")
