"""Many runs: compare policies over replicates, keep the results, and say what they mean."""

from experiments.compare import Comparison, compare
from experiments.errors import UsageError
from experiments.plan import Plan, Task
from experiments.sensitivity import sensitivity
from experiments.sweep import Where, sweep

__all__ = ["Comparison", "Plan", "Task", "UsageError", "Where", "compare", "sensitivity", "sweep"]
