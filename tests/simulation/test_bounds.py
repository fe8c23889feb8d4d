"""No kernel reads or writes beyond an array, at whatever levers and parameters are set to.

A process of its own runs tiny counties with numba's checks of bounds: every lever and parameter at
both ends, then many of them at once. Compiled with checks the model is another one to numba, so
what it compiles lies in a folder of its own and is kept like the usual.
"""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from returnee.scenarios import Scenario, ScenarioError, load_scenario
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.layers import MODELS
from returnee.simulation import simulate

PEOPLE, MANY = 150, 60
LEVERS = {
    key: (False, True) if lever.type is bool else (lever.type(lever.low), lever.type(lever.high))
    for room, model in MODELS.items()
    for key, lever in walk(model, f"{room}.")
}
Values = dict[str, Any]


def live(values: Values, months: int = 14, burn_in: int = 12) -> None:
    """A tiny county lives with these values, unless they are refused."""
    try:
        scenario = load_scenario("linked", values)
    except ScenarioError:
        return
    see(scenario, months, burn_in)


def see(scenario: Scenario, months: int, burn_in: int = 12) -> None:
    sample = PEOPLE / scenario.county.labour_force
    run = simulate(scenario, sample=sample, months=months, burn_in=burn_in)
    clock, county = run.county.clock, run.county
    assert clock.firms < len(county.firms) and clock.events < len(county.events)
    assert (run.monthly.labour_force > 0).all()


def with_tables(**rows: int) -> Scenario:
    """The scenario in a county with so many townships, or sectors."""
    scenario = load_scenario("linked")
    content = scenario.county.model_dump()
    for table, number in rows.items():
        some = [dict(content[table][k % len(content[table])]) for k in range(number)]
        for k, row in enumerate(some):
            row.update(
                {name: f"{row[name]}{k}" for name in ("key", "name", "name_zh") if name in row}
            )
            row.update({name: 1.0 / number for name in ("weight", "share") if name in row})
        content[table] = some
    return scenario.with_({"county": content})


SHOCK = {"county.shock.start_month": 3}  # else a shock's strength moves nothing
values = st.lists(st.sampled_from(sorted(LEVERS)), min_size=2, max_size=10, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries(
        {
            key: st.sampled_from(
                [*LEVERS[key], *([dict(zip((1, 5), LEVERS[key]))] if key[0] == "p" else [])]
            )
            for key in keys
        }
    )
)


@settings(max_examples=MANY, deadline=None, derandomize=True, database=None)
@given(values=values, months=st.sampled_from([6, 40]))
def many_at_once(values: Values, months: int) -> None:
    live({**SHOCK, **values}, months)


def main() -> None:
    faulthandler.enable()
    for key, ends in LEVERS.items():
        for value in ends:
            try:
                live({**SHOCK, key: value})
            except Exception as error:
                raise AssertionError(f"{key} = {value}") from error
    for rows in ({"townships": 1}, {"townships": 100}, {"sectors": 1}, {"sectors": 20}):
        see(with_tables(**rows), 14)
    live({}, 500, 600)  # generations
    many_at_once()


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_no_array_is_left() -> None:
    done = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1"},
        capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]


def test_room_for_the_firms_of_the_start() -> None:
    """The history starts with as many firms as the county says, if there are people for them."""
    many = load_scenario("no_support", {"county.firms.per_1000": 500, "county.away_share": 0})
    county = simulate(many, sample=0.002, months=1, burn_in=12).county
    assert county.clock.firms > 0.2 * county.clock.initial
    assert county.clock.firms < len(county.firms)


if __name__ == "__main__":
    main()
