"""Is linked support better than siloed? The factorial experiment that answers the question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.files import write_frame
from returnee.experiments.numbers import picked
from returnee.experiments.running.figures import horizon_of, values_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import run
from returnee.experiments.running.store import Ran
from returnee.experiments.studies.linkage import design
from returnee.experiments.studies.linkage.effects import (
    COST,
    KEPT,
    OUTCOMES,
    effects_of,
    premiums_of,
)

COLUMNS = len((*OUTCOMES, COST))


@dataclass(frozen=True)
class Linkage(Ran):
    """What came out of the linkage experiment."""

    plan: design.Factorial
    cap: float  # on the spending of the capped pair, yuan a year
    # shape (cells, replicates, measures), in the order of the plan; of `KEPT`, flows by year
    values: np.ndarray = field(repr=False)

    @cached_property
    def cells(self) -> np.ndarray:
        """Outcomes and public cost of the factorial, shape (64, replicates, 7)."""
        return self.values[: design.CELLS, : self.plan.fewer, :COLUMNS]

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Contrasts of the 64 cells, see `linkage_effects.effects_of`."""
        return effects_of(self.cells, sample=self.plan.settings.sample)

    @cached_property
    def premiums(self) -> pd.DataFrame:
        """The linkage premium, see `linkage_effects.premiums_of`."""
        return premiums_of(self.values[..., :COLUMNS], self.plan)

    def premium(self, measure: str, basis: str = "capped") -> pd.Series:
        """The row of one measure."""
        return picked(self.premiums, basis=basis, measure=measure).iloc[0]

    def effect(self, kind: str, factor: str, measure: str, other: str = "") -> pd.Series:
        """The row of one contrast and measure."""
        return self._rows[kind, factor, other, measure]

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], pd.Series]:
        """Rows of `effects`, of which a report asks for many."""
        keys = self.effects[["kind", "factor", "other", "measure"]].itertuples(index=False)
        return {tuple(key): self.effects.iloc[k] for k, key in enumerate(keys)}


@checked_arguments
def linkage(
    replicates: int = LINKAGE_REPLICATES,
    cap: float | None = None,
    overrides: Mapping[str, Any] | None = None,
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep("results/linkage"),
) -> Linkage:
    """Run the factorial experiment over four pillars, finance and linkage.

    Parameters
    ----------
    replicates : int
        Runs of each cell; the cells of the premium have five times as many.
    cap : float, optional
        On the spending of the capped pair, yuan a year; that of the siloed scenario, or 10 million
        where it has none, if left out.
    overrides : mapping, optional
        Dotted county and behaviour keys to values; they hold in every cell.
    """
    world = dict(overrides or {})
    design.check_world(world)
    cap = design.cap_or_default(cap)
    plan = design.factorial(cap, replicates, settings, world)
    command = command_of(plan.fewer, settings, cap, world)
    store = run(plan, Tidy(horizon_of), where, results, command)
    found = Linkage(*store.ran(command), cap, values_of(store, KEPT))
    write_frame(store.folder / "effects.parquet", found.effects)
    write_frame(store.folder / "premiums.parquet", found.premiums)
    return found


def command_of(
    replicates: int, settings: RunSettings, cap: float, world: Mapping[str, Any], *more: object
) -> str:
    """The command line that repeats an experiment."""
    options = {
        "replicates": replicates, "sample": settings.sample, "months": settings.months,
        "seed": settings.seed, "cap": f"{cap:.10g}", "set": world,
    }  # fmt: skip
    return command_line(["linkage", *more], options)
