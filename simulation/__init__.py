"""How one county lives through a month, and one run."""

from simulation.run import Run, simulate

__all__ = ["Run", "simulate"]
