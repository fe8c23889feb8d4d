"""Each mechanism that can be turned off changes what happens, and nothing else is needed for it."""

from __future__ import annotations

import pytest

from returnee.scenarios import Behaviour, load_scenario, walk
from returnee.simulation.run import Run, simulate

SWITCHES = [key for key, _ in walk(Behaviour) if key.startswith("structure.")]
RARE = {"structure.succession", "structure.signals"}
"""Too rare to show in so small a county: see `test_people.py` and `test_projects.py`."""


def run_with(**switches: bool) -> Run:
    given = {f"behaviour.structure.{name}": on for name, on in switches.items()}
    sooner = {"behaviour.closing.succession": 1, "behaviour.careers.idea_rate": 0.5}
    return simulate(
        load_scenario("linked", {**sooner, **given}), sample=0.002, months=12, burn_in=24
    )


@pytest.fixture(scope="module")
def on() -> Run:
    return run_with()


@pytest.mark.parametrize("key", [key for key in SWITCHES if key not in RARE])
def test_each_switch_changes_what_happens(key: str, on: Run) -> None:
    off = run_with(**{key.partition(".")[2]: False})
    assert not off.monthly.equals(on.monthly)


def test_all_are_on_by_default_and_all_can_be_off(on: Run) -> None:
    names = [key.partition(".")[2] for key in SWITCHES]
    assert run_with(**dict.fromkeys(names, True)).monthly.equals(on.monthly)
    none = run_with(**dict.fromkeys(names, False))
    assert not none.monthly.equals(on.monthly)
    assert none.monthly.firms_open.iloc[-1] > 0
