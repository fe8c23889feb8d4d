"""Whether the rules are still those of the source files.

A rule or a constant that is replaced while Python runs (``returnee.simulation.people.returning.home_pull = mine``)
would reach some kernels and not others, depending on what is compiled already, and the results
would carry the fingerprint of a model that did not make them. Such a change is refused. To try another
rule, give it in a file (``returnee.simulation.own_rules``), or edit the model's in a checkout: its results then
have a fingerprint of their own.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np

MODEL = "returnee.simulation"
BESIDE = ("returnee.experiments.",)
CONSTANTS = (bool, int, float, str, tuple)

_holding = {f"{MODEL}.state.records"}  # modules of rules, and of the constants that rules read
_known: dict[str, dict[str, Any]] = {}


def hold(module: str) -> None:
    """A module has rules, to be remembered once it is loaded."""
    if module.startswith((f"{MODEL}.", *BESIDE)):
        _holding.add(module)


def remember() -> None:
    """Take what the modules of rules that are new hold now for their own."""
    for module in _holding - set(_known):
        _known[module] = {
            name: value
            for name, value in vars(sys.modules[module]).items()
            if not name.startswith("__") and _is_rule(value)
        }


def _is_rule(value: Any) -> bool:
    if isinstance(value, CONSTANTS + (np.ndarray, np.generic)):
        return True
    return callable(value) and not isinstance(value, type | ModuleType)


def check() -> None:
    """Refuse to go on with rules or constants that are not those of the sources.

    Raises
    ------
    ValueError
        Names the first that was replaced.
    """
    for module, known in _known.items():
        now = vars(sys.modules[module])
        for name, value in known.items():
            found = now.get(name)
            if found is not value and not _equal(found, value):
                file = module.removeprefix("returnee.").replace(".", "/") + ".py"
                raise ValueError(
                    f"{module}.{name}: found a replacement, allowed the model's own; to try "
                    f"another rule, give it in a file (rules=FILE), or edit {file}, which gives its "
                    "results a fingerprint of their own"
                )


def _equal(found: Any, value: Any) -> bool:
    return isinstance(value, CONSTANTS) and type(found) is type(value) and found == value
