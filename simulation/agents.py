"""Workers, firms and services as Mesa agents: views onto rows of the county, made when asked for.

A view holds no state. It reads the row at the moment it is asked, so it is never out of date, and
it cannot be written to: the rules of the month change the county, views show it. Fields of a record
that have no readable name here are there under the name in ``returnee.simulation.state.records``, with its unit.

Money, jobs and capacities are those of the simulated people, not scaled up to the full county.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import mesa

from returnee.simulation.own_rules import model_of
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import savings_after
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.programmes import POTS
from returnee.simulation.state.providers import SERVICE_KINDS

if TYPE_CHECKING:
    from returnee.simulation.model import CountyModel

# Where the numbers of agents start, so that no two agents of a model share one.
FIRST_WORKER, FIRST_FIRM = 1_000, 1_000_000_000

SEXES = ("male", "female")
IN_THE_CITIES = "in the cities"


def month_or_none(month: int) -> int | None:
    """A month of a record, or None if it has not come."""
    return None if month == r.NEVER else int(month)


class View(mesa.Agent):
    """A row of one of the county's tables as a Mesa agent.

    Attributes
    ----------
    model : CountyModel
    row : int
        Row in the table.
    unique_id : int
        The same in every month and under every policy: services from 0, workers from 1,000 (plus
        the worker's id), firms from 1,000,000,000 (plus the firm's id).
    """

    model: CountyModel
    table: ClassVar[str]
    columns: ClassVar[frozenset[str]]

    def __init__(self, model: CountyModel, row: int) -> None:
        # Mesa's own __init__ would number views by the order in which they are looked at, and 3.3
        # would keep every model that was ever looked at in memory.
        self.model = model
        self.row = row
        self.pos = None
        self.unique_id = self.number()

    @property
    def record(self) -> Any:
        """The row itself, a numpy record of the fields in ``returnee.simulation.state.records``."""
        return getattr(self.model.county, self.table)[self.row]

    def number(self) -> int:
        """Number that no other agent of the model has."""
        return self.row

    def __getattr__(self, name: str) -> Any:
        if name not in type(self).columns:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return self.record[name].item()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).columns:
            raise AttributeError(
                f"{name} belongs to the county: only the rules of a month change it"
            )
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *type(self).columns})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.row})"

    def remove(self) -> None:
        """Forget the view; the row lives on."""
        self.model.forget(self)

    def _township(self, number: int) -> str:
        towns = self.model.setting.county.townships
        return towns[number].name if number < len(towns) else IN_THE_CITIES


class MigrantWorker(View):
    """A member of the county's labour force."""

    table = "workers"
    columns = frozenset(r.WORKER.names or ())

    def number(self) -> int:
        """Number that no other agent of the model has."""
        return FIRST_WORKER + int(self.record.id)

    @property
    def state(self) -> str:
        """Career state, one of ``records.STATES``."""
        return r.STATES[self.record.state]

    @property
    def age(self) -> float:
        """Age in years."""
        return (self.model.month - int(self.record.birth)) / 12.0

    @property
    def sex(self) -> str:
        """``male`` or ``female``."""
        return SEXES[self.record.sex]

    @property
    def township(self) -> str:
        """Name of the home township."""
        return self._township(self.record.township)

    @property
    def married(self) -> bool:
        """Whether the worker is married."""
        return bool(self.record.married)

    @property
    def child(self) -> bool:
        """Whether a child is left behind."""
        return bool(self.record.child)

    @property
    def elder(self) -> bool:
        """Whether an elder needs care."""
        return bool(self.record.elder)

    @property
    def city_home(self) -> bool:
        """Whether the worker owns a home in the city."""
        return bool(self.record.city_home)

    @property
    def out_of_province(self) -> bool:
        """Whether the destination lies outside the province."""
        return bool(self.record.destination)

    @property
    def city_sector(self) -> str:
        """Name of the sector of work in the city."""
        return self.model.setting.county.city_sectors[self.record.city_sector].name

    @property
    def ever_away(self) -> bool:
        """Whether the worker has ever worked away."""
        return bool(self.record.ever_away)

    @property
    def savings(self) -> float:
        """Savings now, yuan."""
        worker = self.record
        months = self._unsettled(worker)
        if months == 0:
            return float(worker.savings)
        after = model_of(self.model.setting.rules).of(savings_after)
        return float(after(self.model.county, worker, months))

    @property
    def experience(self) -> int:
        """Months worked in cities."""
        worker = self.record
        away = self._unsettled(worker) if worker.state == r.AWAY else 0
        return int(worker.experience) + away

    def _unsettled(self, worker: Any) -> int:
        """Months since savings and experience were last brought forward."""
        return max(self.model.month - int(worker.settled), 0)

    @property
    def knows(self) -> tuple[str, ...]:
        """Channels of support that the worker knows, of ``records.CHANNELS``."""
        bits = int(self.record.knows)
        return tuple(name for k, name in enumerate(CHANNELS) if bits >> k & 1)

    @property
    def left(self) -> int | None:
        """Month of the last departure."""
        return month_or_none(self.record.left)

    @property
    def returned(self) -> int | None:
        """Month of the last return."""
        return month_or_none(self.record.returned)

    @property
    def certificate(self) -> int | None:
        """Month in which training was finished."""
        return month_or_none(self.record.certificate)

    @property
    def idea(self) -> int | None:
        """Month in which the venture idea in hand came; None without one."""
        return month_or_none(self.record.idea)

    @property
    def firm(self) -> Firm | None:
        """The worker's own firm, or the firm that employs the worker."""
        row = int(self.record.firm)
        return self.model.view(Firm, row) if row >= 0 else None

    @property
    def ties(self) -> list[MigrantWorker]:
        """The people the worker is tied to who are in the labour force, each once."""
        county = self.model.county
        rows = county.ties[county.indptr[self.row] : county.indptr[self.row + 1]]
        return [
            self.model.view(MigrantWorker, row)
            for row in dict.fromkeys(rows.tolist())
            if county.workers[row].state not in (r.PRE, r.RETIRED)
        ]


class Firm(View):
    """A firm on the register: not yet open, open, or dormant."""

    table = "firms"
    columns = frozenset(r.FIRM.names or ())

    def number(self) -> int:
        """Number that no other agent of the model has."""
        return FIRST_FIRM + int(self.record.id)

    @property
    def phase(self) -> str:
        """One of ``records.PHASES``."""
        return r.PHASES[self.record.phase]

    @property
    def age(self) -> float:
        """Years since the firm was registered."""
        return (self.model.month - int(self.record.registered)) / 12.0

    @property
    def owner(self) -> MigrantWorker:
        """Who founded the firm."""
        return self.model.view(MigrantWorker, int(self.record.owner))

    @property
    def employees(self) -> list[MigrantWorker]:
        """Who works for the firm, hired last first."""
        found, row = [], int(self.record.head)
        while row >= 0:
            found.append(self.model.view(MigrantWorker, row))
            row = int(self.model.county.workers[row].mate)
        return found

    @property
    def persons(self) -> int:
        """Persons who work in the firm, the owner included."""
        return 1 + int(self.record.employees)

    @property
    def sector(self) -> str:
        """Key of the sector in the county file."""
        return self.model.setting.county.sectors[self.record.sector].key

    @property
    def township(self) -> str:
        """Name of the township."""
        return self._township(self.record.township)

    @property
    def venue(self) -> str:
        """One of ``records.VENUES``."""
        return r.VENUES[self.record.venue]

    @property
    def returnee(self) -> bool:
        """Whether the owner had worked away."""
        return bool(self.record.returnee)

    @property
    def company(self) -> bool:
        """Whether it is a company rather than self-employed."""
        return bool(self.record.company)

    @property
    def loan(self) -> float:
        """Guaranteed loan outstanding, yuan."""
        return int(self.record.loan) / 100.0

    @property
    def loan_stage(self) -> str:
        """One of ``records.LOAN_STAGES``."""
        return r.LOAN_STAGES[self.record.loan_stage]

    @property
    def mentored(self) -> bool:
        """Whether a mentor visits the firm now."""
        return bool(self.record.mentor_until > self.model.month)

    @property
    def sales(self) -> float:
        """Sales of the last twelve months, yuan."""
        return float(self.model.county.sales[self.row].sum())

    @property
    def profit(self) -> float:
        """Profit of the last twelve months, yuan."""
        return float(self.model.county.profit[self.row].sum())

    @property
    def registered(self) -> int | None:
        """Month in which the firm was registered."""
        return month_or_none(self.record.registered)

    @property
    def opened(self) -> int | None:
        """Month in which the firm opened."""
        return month_or_none(self.record.opened)

    @property
    def stopped(self) -> int | None:
        """Month in which the firm stopped."""
        return month_or_none(self.record.stopped)


class SupportService(View):
    """A provider of support that is at work."""

    table = "services"
    columns = frozenset(r.SERVICE.names or ())

    @property
    def kind(self) -> str:
        """One of ``providers.SERVICE_KINDS``."""
        return SERVICE_KINDS[self.record.kind]

    @property
    def township(self) -> str:
        """Name of the township, or ``in the cities``."""
        return self._township(self.record.township)

    @property
    def pot(self) -> str:
        """Pot of public money that pays, one of ``programmes.POTS``."""
        return POTS[self.record.pot]

    @property
    def spent(self) -> float:
        """Public money spent so far, yuan."""
        return int(self.record.spent) / 100.0

    @property
    def mean_wait(self) -> float:
        """Months waited by those who were served, mean."""
        service = self.record
        return float(service.waited) / max(int(service.served), 1)
