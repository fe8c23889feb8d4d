"""How thoroughly studies look: what is searched over or moved, how often, and with how many runs.

Apart from what does the work, so that the command line answers without loading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from returnee.experiments import defaults
from returnee.experiments.arguments import Options
from returnee.experiments.errors import UsageError, check_range
from returnee.experiments.measuring.selections import SENSITIVE

SHIPPED = "ensemble"  # parameter sets that ship
FREE = "free"  # sets of assumptions around the values in use
BOTH = "both"
METHODS = (defaults.MORRIS, defaults.SOBOL, BOTH)
SPREAD = 0.1  # of a parameter's allowed range, either way


@dataclass(frozen=True)
class BudgetEffort(Options):
    """What is searched over, and how thoroughly; `returnee budget --help` says more."""

    levers: Sequence[str] = ()  # policy keys; all of programmes and linkage if left out
    # mixes to try, and in one generation
    trials: int = 200
    population: int = 24
    keep: int = 8  # mixes of the front that are looked at under many assumptions
    worlds: int = 20  # sets of assumptions: members of the ensemble, far from each other
    # "ensemble", the sets that ship, or the path of a CSV file of such sets; or "free": points of a
    # Latin hypercube over what is free in calibration, `SPREAD` of its range either way
    over: str = SHIPPED
    replicates: int = 4  # runs of each mix

    def check(self) -> None:
        """Refuse what cannot be done, before anything is run."""
        for label, least in (("trials", 1), ("population", 2), ("keep", 1), ("worlds", 1)):
            check_range(label, getattr(self, label), least, 100_000)
        if self.over not in (FREE, SHIPPED) and not self.over.lower().endswith(".csv"):
            raise UsageError(f"over: found {self.over}, allowed {SHIPPED}, {FREE}, or a .csv file")


@dataclass(frozen=True)
class SensitivityEffort(Options):
    """How parameters are moved, and how thoroughly; `returnee sensitivity --help` says more."""

    # behaviour parameters that are "free" in calibration, "all", or keys; numbers that are not whole
    over: str | Sequence[str] = "free"
    method: str = BOTH  # "morris" screens, "sobol" shares out variance, "both" that of the `top`
    trajectories: int = 20  # of Morris; each takes a run more than there are parameters
    base: int = 64  # points of Sobol, a power of two; each takes twice the parameters and two more
    top: int = 6  # parameters kept after screening
    spread: float = SPREAD  # share of a parameter's allowed range by which it is moved either way
    measures: Sequence[str] = SENSITIVE
    replicates: int = 2  # runs of each scenario at each point
    max_runs: int = defaults.MAX_RUNS  # more are refused

    def check(self) -> None:
        """Refuse what cannot be done, before anything is run."""
        if self.method not in METHODS:
            raise UsageError(f"method: found {self.method}, allowed {', '.join(METHODS)}")
        check_range("trajectories", self.trajectories, 2, 100_000)
        if not 2 <= self.base <= 2**20 or self.base & (self.base - 1):
            raise UsageError(f"base: found {self.base}, allowed a power of two from 2")
        check_range("top", self.top, 1, 100)


@dataclass(frozen=True)
class CalibrationEffort(Options):
    """How a calibration is run; `returnee calibrate --help` says more."""

    waves: int = 4  # at most; one that leaves most of what was left is the last
    sets: int = 0  # parameter sets of a wave; ten for each parameter if 0
    replicates: int = 2  # runs of each set, each with its own luck
    screen: int = (
        0  # trajectories of a screening of all that has a prior, before the waves; 0: none
    )
    chosen: int = 30  # parameters that a screening leaves to be moved
    members: int = (
        defaults.ENSEMBLE_MEMBERS
    )  # draws of the posterior that are kept; 0: none is made

    def __post_init__(self) -> None:
        """Refuse what is of another type, or out of range."""
        super().__post_init__()
        limits = {"waves": (1, 20), "sets": (0, 100_000), "replicates": (2, 1000),
                  "screen": (0, 1000), "chosen": (1, 1000), "members": (0, 1000)}  # fmt: skip
        for name, (low, high) in limits.items():
            check_range(name, getattr(self, name), low, high)
