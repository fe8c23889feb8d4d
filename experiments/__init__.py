"""Many runs: compare policies over replicates, keep the results, and say what they mean."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.comparison import Comparison, compare
    from experiments.errors import UsageError
    from experiments.plan import Plan, Task
    from experiments.sensitivity_study import sensitivity
    from experiments.sweeps import Where, sweep

__all__ = ["Comparison", "Plan", "Task", "UsageError", "Where", "compare", "sensitivity", "sweep"]

HOMES = {
    "Comparison": "comparison", "compare": "comparison", "UsageError": "errors", "Plan": "plan",
    "Task": "plan", "sensitivity": "sensitivity_study", "Where": "sweeps", "sweep": "sweeps",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that a command loads no more than it needs."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What is there for users, without the modules that a command has loaded."""
    return sorted(__all__)
