"""What a run is called with beside its scenario: checked, and turned into plain numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from returnee.scenarios import Scenario
from returnee.scenarios.schema.errors import show
from returnee.simulation.own_rules import check_rules
from returnee.simulation.state.draws import MONTH_ZERO

LARGEST_KEY = 2**32
MOST_MONTHS = 600


class Arguments(NamedTuple):
    """What a run is called with beside its scenario, as plain numbers."""

    replicate: int
    seed: int
    sample: float
    months: int
    burn_in: int


def check_arguments(
    scenario: Scenario, replicate: int, seed: int, sample: float, months: int, burn_in: int
) -> Arguments:
    """Refuse arguments that no run can have; numpy's numbers become plain ones."""
    if not isinstance(scenario, Scenario):
        raise ValueError(
            f"scenario: found {_shown(scenario)}, allowed a name, a file or a Scenario"
        )
    number = isinstance(sample, int | float | np.integer | np.floating)
    if isinstance(sample, bool) or not number or not 0.0 < sample <= 1.0:
        raise ValueError(f"sample: found {_shown(sample)}, allowed above 0 up to 1")
    if scenario.rules is not None:
        check_rules(scenario.rules)
    return Arguments(
        whole("replicate", replicate, 0, LARGEST_KEY - 1),
        whole("seed", seed, 0, LARGEST_KEY - 1),
        float(sample),
        whole("months", months, 1, MOST_MONTHS),
        whole("burn_in", burn_in, 12, MONTH_ZERO - 1),
    )


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Give `value` as a plain whole number.

    Raises
    ------
    ValueError
        If it is none, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ValueError(
            f"{name}: found {_shown(value)}, allowed a whole number from {low} to {high}"
        )
    if not low <= value <= high:
        raise ValueError(f"{name}: found {_shown(value)}, allowed {low} to {high}")
    return int(value)


def _shown(value: Any) -> str:
    return show(value.item() if isinstance(value, np.generic) else value)
