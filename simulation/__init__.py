"""How one county lives through a month, and one run."""

from returnee.simulation.engine import rules
from returnee.simulation.run import Run, simulate

rules.remember()

__all__ = ["Run", "simulate"]
