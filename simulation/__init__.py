"""How one county lives through a month, and one run."""

from simulation import rules
from simulation.run import Run, simulate

rules.remember()

__all__ = ["Run", "simulate"]
