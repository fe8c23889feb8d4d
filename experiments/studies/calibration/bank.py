"""A bank of simulations: what parameter sets show of the targets, and how much of it is luck.

Every set has replicates of its own luck, so that luck is as independent between sets as it is
between counties; the figures of a set are means over its replicates, with the variance of that mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.arguments import Options
from returnee.experiments.command_line import command_line
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.errors import UsageError
from returnee.experiments.files import read_table, write_table
from returnee.experiments.keys import BY_KEY as LEVERS
from returnee.experiments.keys import Task
from returnee.experiments.running.design.design import design_of
from returnee.experiments.running.jobs import RUNS, Job, Tables, rows_of
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import SweepPlan, plan_of
from returnee.experiments.running.run import running
from returnee.experiments.studies.calibration.priors import Box, box_of
from returnee.experiments.studies.calibration.targets import Target, figures_of
from returnee.experiments.studies.patterns import BY_KEY, SINGLE
from returnee.scenarios import Scenario, load_scenario
from returnee.simulation.indicators import BY_NAME as INDICATORS
from returnee.simulation.run import Run

ABOUT = b"returnee.bank"
SPREAD = " ±²"  # after a target: the variance of its mean by luck


@dataclass(frozen=True)
class Aimed:
    """What is kept of a run: every pattern that a run shows, and what else targets name."""

    targets: tuple[Target, ...]

    @property
    def names(self) -> list[str]:
        """Patterns and indicators."""
        return list(dict.fromkeys((*SINGLE, *(t.indicator for t in self.targets))))

    def of(self, run: Run, task: Task) -> np.ndarray:
        """Figures of one run."""
        found = figures_of(run, self.targets)
        return np.array([found[name] for name in self.names], dtype=float)

    def tables(self, job: Job, kept: Sequence[Any], errors: Sequence[str | None]) -> Tables:
        """A row a run."""
        told = [BY_KEY.get(name) or INDICATORS[name] for name in self.names]
        return {RUNS: rows_of(job, kept, errors, told)}


@dataclass(frozen=True)
class BankPlan(SweepPlan):
    """Parameter sets, each in replicates of its own."""

    figures: tuple[str, ...] = ()
    common: bool = False  # whether all sets meet the same luck instead

    KIND = "bank"

    @property
    def order(self) -> np.ndarray:
        """Point, scenario and replicate of every run; the replicates of a point are its own."""
        order = super().order
        if self.common:
            return order
        own = order.copy()
        own[:, 2] += own[:, 0] * self.design.replicates
        return own

    def described(self, table: pa.Table) -> pa.Table:
        """As the parts are."""
        return table

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> Any:
        """With the figures that are kept, by which plans differ too."""
        return super().manifest(command, folder, {**more, "figures": list(self.figures)})


@dataclass(frozen=True)
class Bank:
    """Parameter sets and what they show.

    Attributes
    ----------
    box : Box
        The parameters and where they may lie; `names` are their dotted keys.
    theta : ndarray, shape (n, d)
        Parameters.
    targets : list of str
        Patterns or indicators.
    x : ndarray, shape (n, t)
        Means over replicates; NaN where none shows the figure.
    x_var : ndarray, shape (n, t)
        Variance of those means by luck; NaN where fewer than two replicates show the figure.
    wave : ndarray of int, shape (n,)
        In which wave a set was run, from 1.
    replicates : ndarray of int, shape (n,)
        Runs of each set.
    sample : float
        Share of the county that was simulated.
    """

    box: Box
    theta: np.ndarray = field(repr=False)
    targets: list[str]
    x: np.ndarray = field(repr=False)
    x_var: np.ndarray = field(repr=False)
    wave: np.ndarray = field(repr=False)
    replicates: np.ndarray = field(repr=False)
    sample: float = 1.0

    @property
    def names(self) -> list[str]:
        """Dotted keys of the parameters."""
        return self.box.names

    def __len__(self) -> int:
        return len(self.theta)

    def __add__(self, other: Bank) -> Bank:
        """Both, one below the other."""
        if (self.names, self.targets) != (other.names, other.targets):
            raise UsageError("bank: found other parameters or targets, allowed the same in both")
        rows = ("theta", "x", "x_var", "wave", "replicates")
        joined: dict[str, Any] = {
            r: np.concatenate([getattr(self, r), getattr(other, r)]) for r in rows
        }
        return replace(self, **joined)

    def only(self, keep: np.ndarray) -> Bank:
        """Some of the sets."""
        rows = ("theta", "x", "x_var", "wave", "replicates")
        return replace(self, **{r: getattr(self, r)[keep] for r in rows})

    def write(self, path: str | Path) -> Path:
        """As a table: a row a set, a column for each parameter, figure and variance of a figure."""
        columns = {
            "wave": self.wave, "replicates": self.replicates,
            **dict(zip(self.names, self.theta.T)), **dict(zip(self.targets, self.x.T)),
            **{f"{name}{SPREAD}": column for name, column in zip(self.targets, self.x_var.T)},
        }  # fmt: skip
        ends = np.transpose([self.box.lows, self.box.highs]).tolist()
        about = {
            "ranges": dict(zip(self.names, ends)), "targets": self.targets, "sample": self.sample,
        }  # fmt: skip
        table = pa.table(columns).replace_schema_metadata({ABOUT: json.dumps(about).encode()})
        write_table(Path(path), table)
        return Path(path)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read what `write` wrote."""
        table = read_table(Path(path))
        if ABOUT not in (table.schema.metadata or {}):
            raise UsageError(f"{path}: found another table, allowed one of a bank")
        about = json.loads(table.schema.metadata[ABOUT])
        box, targets = box_of(list(about["ranges"]), about["ranges"]), about["targets"]

        def columns(keys: Sequence[str]) -> np.ndarray:
            return np.array([table[key].to_numpy() for key in keys], float).reshape(len(keys), -1).T

        wave, replicates = (table[key].to_numpy() for key in ("wave", "replicates"))
        x, x_var = columns(targets), columns([f"{t}{SPREAD}" for t in targets])
        theta = columns(box.names)
        return cls(box, theta, targets, x, x_var, wave, replicates, about["sample"])


@dataclass(frozen=True)
class World(Options):
    """What the sets are laid on.

    Attributes
    ----------
    scenario : str or Path
        Name or file: county and policy.
    overrides : mapping
        Dotted keys to values.
    ranges : mapping
        Ranges (low, high) of parameters whose prior is not the schema's.
    command : str
        The command that repeats it.
    """

    scenario: str | Path = "baseline"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    def read(self) -> Scenario:
        """The scenario."""
        return load_scenario(self.scenario, dict(self.overrides))

    def box(self, names: Sequence[str]) -> Box:
        """The box of some parameters."""
        return box_of(names, self.ranges)


@dataclass(frozen=True)
class Luck:
    """How often sets are run, and with which luck.

    Attributes
    ----------
    wave : int
        Which is noted with the sets.
    replicates : int
        Runs of a set.
    common : bool
        All sets meet the same luck, for differences between them.
    """

    wave: int = 1
    replicates: int = 2
    common: bool = False


def simulate_bank(
    points: np.ndarray,
    names: Sequence[str],
    targets: Sequence[Target],
    settings: RunSettings = RunSettings(sample=0.01),
    where: Where = Where(),
    keep: Keep = Keep(),
    world: World = World(),
    luck: Luck = Luck(),
) -> Bank:
    """Run parameter sets, or read those that a folder holds already.

    `points`: shape (n, d); values of the parameters `names`. `settings`, `where`, `keep`: as of any
    plan; a stopped bank goes on in its folder.
    """
    measure = Aimed(tuple(targets))
    plan = bank_plan(points, names, measure, settings, world, luck)
    command = world.command or command_line(["calibrate", str(world.scenario)], {})
    with running(plan, measure, where, keep, command) as store:
        runs: pd.DataFrame = read_table(store.folder / RUNS).to_pandas()
    there, n = [t.indicator for t in targets], len(points)
    values = runs.sort_values(["point", "replicate"])[there].to_numpy(float)
    x, x_var = mean_and_variance(values.reshape(n, luck.replicates, len(there)))
    whole = np.asarray(points, float), there, x, x_var
    return Bank(world.box(names), *whole, np.full(n, luck.wave), np.full(n, luck.replicates),
                settings.sample)  # fmt: skip


def bank_plan(
    points: np.ndarray, names: Sequence[str], measure: Aimed, settings: RunSettings,
    world: World, luck: Luck,
) -> BankPlan:  # fmt: skip
    """The runs of a bank."""
    table = pd.DataFrame(
        {key: column.astype(LEVERS[key].type) for key, column in zip(names, np.asarray(points).T)}
    )
    given = {
        "scenarios": [world.scenario], "replicates": luck.replicates, "months": settings.months,
        "sample": settings.sample, "seed": settings.seed, "method": "table", "points": table,
        "axes": {k: v for k, v in world.overrides.items() if k not in table},
    }  # fmt: skip
    plan = plan_of(design_of(given, "calibrate"), MAX_RUNS)
    return BankPlan(plan.design, plan.points, tuple(measure.names), luck.common)


def mean_and_variance(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over replicates (second axis), and their variance; NaN where there is none.

    >>> mean_and_variance(np.array([[[1.0], [3.0]], [[2.0], [np.nan]]]))
    (array([[2.],
           [2.]]), array([[ 1.],
           [nan]]))
    """
    there = np.isfinite(values)
    count = there.sum(axis=1)
    filled = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=1) / count
        square = np.where(there, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
        variance = square / (count - 1) / count
    return mean, np.where(count > 1, variance, np.nan)
