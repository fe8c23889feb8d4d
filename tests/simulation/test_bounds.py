"""No rule reads or writes beyond an array, at whatever levers and parameters are set to.

A process of its own lets tiny counties live in plain Python, which refuses such an index; see
`bounds`. In compiled code numba's checks would find the same, after another minute of compiling.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bounds
import numpy as np
import pytest
from waiting import LIMIT

from returnee.scenarios import load_scenario
from returnee.simulation import simulate

PATIENCE = 3 * LIMIT  # what it does takes most of a minute where nothing else is done
PROGRAM = str(Path(__file__).with_name("bounds.py"))


def test_no_array_is_left() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", PROGRAM],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    lived, refused = json.loads(done.stdout)
    assert lived > 900 and refused == []


def test_every_end_of_every_lever_is_tried() -> None:
    all_fit = bounds.groups(bounds.ends(), lambda group: (group, {}))
    tried = [(key, repr(value)) for group in all_fit for key, value in group.items()]
    for key, value in bounds.ends():
        assert tried.count((key, repr(value))) == bounds.TIMES


def test_an_index_beyond_an_array_is_refused() -> None:
    rule = b"@kernel\ndef last(a, i):\n    return a[i]\n"
    names: dict = {"kernel": lambda rule: rule, "AS_COMPILED": bounds.AsCompiled()}
    exec(compile(bounds.as_compiled(rule, ""), "rule", "exec"), names)  # noqa: S102
    row = np.arange(3)
    assert names["last"](row, 2) == 2
    for place in (3, -1):
        with pytest.raises(IndexError):
            names["last"](row, place)
    with pytest.raises(ValueError, match="ambiguous"):  # many at once are taken of argsort only
        names["last"](row, np.array([0, -1]))
    with pytest.raises(IndexError):
        names["AS_COMPILED"].index(np.array([0, -1]))


def test_room_for_the_firms_of_the_start() -> None:
    """The history starts with as many firms as the county says, if there are people for them."""
    many = load_scenario("no_support", {"county.firms.per_1000": 500, "county.away_share": 0})
    county = simulate(many, sample=0.002, months=1, burn_in=12).county
    assert county.clock.firms > 0.2 * county.clock.initial
    assert county.clock.firms < len(county.firms)
