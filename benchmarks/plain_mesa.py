"""The same county as plain Mesa objects: what it costs to do without records and kernels.

Every worker, firm, service and township is an ordinary Python object with attributes; workers and
firms are Mesa agents whose ``step`` Mesa calls every month. The rules are not rewritten: with
``NUMBA_DISABLE_JIT=1`` the functions of ``simulation`` are plain Python and take these objects as
they take records. So a month does all the work of the model: the calendar, reviews, hearing from
ties, returning, careers, founding, every support service, trading, hiring, closing and accounts.
Nothing is left out, and the draws are the same, so the indicators must come out the same.

What speaks against the objects: counts over ties, stocks and pots stay numpy arrays, whose single
cells Python reads more slowly than attributes. What speaks for them: they start from a county that
is set up and has its history behind it, and they too wait in the calendar for their next review; a
model in which everybody decides every month would do several times the work.

Run by ``python -m benchmarks plain``; by hand: ``python -m benchmarks.plain_mesa STATE MONTHS``.
"""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from returnee.simulation.accounts import finish
from returnee.simulation.calendar import turn_page
from returnee.simulation.engine.bundle import OneRow
from returnee.simulation.firms.closing import close_firms
from returnee.simulation.firms.hiring import match
from returnee.simulation.firms.trading import trade
from returnee.simulation.firms.ventures import luck_of_firms
from returnee.simulation.indicators import MONTH
from returnee.simulation.month import support
from returnee.simulation.people.careers import (
    CODES,
    NOTHING,
    carry_out,
    found,
    luck_of_reviews,
    review,
)
from returnee.simulation.people.information import apply_notes
from returnee.simulation.state import records as r
from returnee.simulation.state.county import County
from returnee.simulation.state.draws import D_TRADE
from returnee.simulation.support.outreach import inform

ONE_ROW = {name for name, field in vars(County).items() if isinstance(field, OneRow)}


class RowAgent(mesa.Agent):
    """An agent with a row's fields as attributes."""

    def __init__(self, model: PlainModel, row: int, names: tuple[str, ...], values: Any) -> None:
        super().__init__(model)
        self.row = row
        self.__dict__.update(zip(names, values, strict=True))


class WorkerAgent(RowAgent):
    """A worker; a step is a look at the calendar, and a review if one is due."""

    def step(self) -> None:
        """Hear from ties, decide, and note the next review; as in ``returnee.simulation.people.careers.review_all``."""
        county, row = self.model.county, self.row
        if county.due[row] != county.clock.month:
            return
        luck = luck_of_reviews(county, np.array([row]))
        code = review(county, row, luck, 0)
        if code != NOTHING:
            county.moves[self.model.moves] = row * CODES + code
            self.model.moves += 1


class FirmAgent(RowAgent):
    """A firm; a step is a month of trade."""

    def step(self) -> None:
        """Trade if open."""
        if self.phase == r.OPEN:  # type: ignore[attr-defined]
            luck = luck_of_firms(self.model.county, np.array([self.row]), D_TRADE, 0, True)
            trade(self.model.county, self.row, *luck[:2, 0])


class Objects(SimpleNamespace):
    """What `County` hands out, over objects in place of arrays."""

    policy, now = County.policy, County.now


class PlainModel(mesa.Model):
    """The county as objects.

    Parameters
    ----------
    arrays : dict of arrays
        The fields of a ``returnee.simulation.state.county.County``.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(rng=0)
        kinds = {"workers": WorkerAgent, "firms": FirmAgent}
        self.county = Objects()
        self.moves = 0
        for name, array in arrays.items():
            fields = array.dtype.names
            if fields is None:
                value: Any = array
            elif name in kinds:
                value = [kinds[name](self, k, fields, row) for k, row in enumerate(array.tolist())]
            else:
                value = [SimpleNamespace(**dict(zip(fields, row))) for row in array.tolist()]
                value = value[0] if name in ONE_ROW else value
            setattr(self.county, name, value)

    def step(self) -> None:
        """One month, in the order of ``returnee.simulation.month``."""
        county = self.county
        clock = county.clock
        clock.month += 1
        turn_page(county)
        inform(county)
        self.moves = 0
        self.agents_by_type[WorkerAgent].do("step")
        apply_notes(county)
        found(county, carry_out(county, self.moves))
        support(county)
        for market in county.markets:
            market.supply = 0
        for row in county.active[: clock.active].tolist():
            county.firms[row].step()
        match(county)
        close_firms(county)
        finish(county)

    def indicators(self) -> np.ndarray:
        """Indicators by month, float64, shape (months + 1, indicators)."""
        return np.array(
            [[getattr(m, name) for name in MONTH.names or ()] for m in self.county.months]
        )


def main() -> None:
    """Load a county, live some months, and write seconds and indicators beside it."""
    path, months = Path(sys.argv[1]), int(sys.argv[2])
    model = PlainModel(pickle.loads(path.read_bytes()))
    begun = time.perf_counter()
    for _ in range(months):
        model.step()
    seconds = time.perf_counter() - begun
    path.with_suffix(".out").write_bytes(pickle.dumps((seconds, model.indicators())))


if __name__ == "__main__":
    main()
