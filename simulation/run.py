"""One run: a scenario, a replicate, and the tables that come out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.own_rules import OwnRules
from returnee.simulation.columns import UNITS, Labels
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.start.arguments import check_arguments
from returnee.simulation.start.assemble import with_policy
from returnee.simulation.start.history import BURN_IN, HISTORIES, advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import POTS, PROGRAMMES, R_GRANT, RECEIPTS
from returnee.simulation.state.providers import SERVICE_KINDS

HEADLINES = ["away", "returns", "firms_open", "jobs", "return_quality", "rural_income"]
FEN = 100.0


def start(
    scenario: Scenario, replicate: int, seed: int, sample: float, months: int, burn_in: int
) -> County:
    """The county at the end of its history, about to live under the scenario's policy."""
    a = check_arguments(scenario, replicate, seed, sample, months, burn_in)
    history = HISTORIES.get(scenario, a.seed, a.replicate, a.sample, a.months, a.burn_in)
    return with_policy(history, scenario, a.months)


def simulate(
    scenario: Scenario | str,
    replicate: int = 0,
    seed: int = 1,
    sample: float = 0.05,
    months: int = 120,
    burn_in: int = BURN_IN,
    rules: str | Path | OwnRules | None = None,
) -> Run:
    """Let one county live under a scenario.

    Parameters
    ----------
    scenario : Scenario or str
        A scenario, its name, or the path of its file.
    replicate, seed : int
        Key of all draws; runs with the same key are paired, person by person.
    sample : float
        Share of the county that is simulated, at least 50 people; figures are reported for the full
        county, scaled by the people there are.
    months : int
        Months under the policy.
    burn_in : int
        Months of history before it, under the baseline policy.
    rules : str or Path, optional
        File of rules that take the place of the model's own, see ``docs/rules.md``.

    Returns
    -------
    Run

    Raises
    ------
    ScenarioError
        If the scenario is not valid.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> run = simulate("baseline", sample=0.002, months=12)
    >>> run.monthly.index[-1]
    12
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    if rules is not None:
        scenario = scenario.with_({"rules": rules})
    a = check_arguments(scenario, replicate, seed, sample, months, burn_in)
    county = start(scenario, *a)
    states = county.workers.state.copy()
    county = advance(county, a.months, scenario.rules)
    share = float(county.clock.sample)
    return Run(scenario, county, a.replicate, a.seed, share, a.months, states)


def labelled(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """The frame with the units of its columns in ``attrs``."""
    frame.attrs["units"] = Labels((name, UNITS[table][name]) for name in frame.columns)
    return frame


def month_or_none(months: np.ndarray) -> pd.arrays.IntegerArray:
    """Months as nullable integers; a month that has not come is missing."""
    return pd.arrays.IntegerArray(months.astype(np.int32), months == r.NEVER)


def looked_at(signals: np.ndarray) -> np.ndarray:
    """Names of the offices that have looked at each project, joined by commas."""
    sets = [
        ", ".join(name for k, name in enumerate(r.OFFICES) if bits >> k & 1)
        for bits in range(1 << len(r.OFFICES))
    ]
    named: np.ndarray = np.array(sets)[signals]
    return named


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What one county lived through, as tables for the full county (made when asked for).

    Attributes
    ----------
    scenario : Scenario
    county : County
        The arrays at the end of the run.
    replicate, seed, months : int
        What the run was called with.
    sample : float
        People simulated as a share of the labour force.
    """

    scenario: Scenario
    county: County
    replicate: int
    seed: int
    sample: float
    months: int
    states_at_start: np.ndarray

    def __repr__(self) -> str:
        rules = f", rules={self.scenario.rules.file!r}" if self.scenario.rules else ""
        return (
            f"Run({self.scenario.name!r}{rules}, replicate={self.replicate}, seed={self.seed}, "
            f"sample={self.sample:g}, months={self.months})"
        )

    def _repr_html_(self) -> str:
        """For notebooks: some indicators at the end of each year."""
        last = [*range(12, self.months + 1, 12)] or [self.months]
        table = self.monthly.loc[last, HEADLINES].to_html(float_format="{:,.4g}".format)
        return f"<p><code>{escape(repr(self))}</code></p>{table}"

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """Indicators by month (index 1...); units in ``attrs["units"]``."""
        rows = self.county.months[1:]
        scale = 1.0 / self.sample
        columns = {i.name: rows[i.name] * (scale if i.counts else 1.0) for i in INDICATORS}
        index = pd.RangeIndex(1, self.months + 1, name="month")
        return labelled(pd.DataFrame(columns, index=index), "monthly")

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """Public spending by month and programme, yuan, full county."""
        return self._yuan(self.county.ledger, "ledger")

    @cached_property
    def unpaid(self) -> pd.DataFrame:
        """What was due and not paid, by month and programme, yuan, full county."""
        return self._yuan(self.county.unpaid, "unpaid")

    @cached_property
    def files(self) -> pd.DataFrame:
        """How far each founder's file got: every venture begun under the policy, by stage and date.

        Index is the firm's id; a date that has not come is missing.
        """
        used = int(self.county.clock.firms)
        rows = self.county.firms[:used].view(np.recarray)
        keep = rows.planned >= 1
        rows, receipts = rows[keep], self.county.receipts[:used][keep] / FEN
        owners = self.county.workers[rows.owner]
        dates = {
            "planned": rows.planned,
            "trained": owners.certificate,
            "loan_asked": rows.desk_since,
            "loan_taken_up": rows.desk_done,
            "loan_granted": rows.loan_month,
            "registered": rows.registered,
            "incubation_asked": rows.incubation_since,
            "opened": rows.opened,
            "mentor_asked": rows.mentor_since,
            "mentored_until": rows.mentor_until,
            "stopped": rows.stopped,
            "closed": rows.closed,
        }
        frame = pd.DataFrame(
            {
                "owner": owners.id,
                "returnee": rows.returnee.astype(bool),
                "referred": owners.referred.astype(bool),
                **{name: month_or_none(months) for name, months in dates.items()},
                "incubated": rows.incubator_until != r.NEVER,
                "contest_won": rows.credit_line.astype(bool),
                "loan_stage": np.array(r.LOAN_STAGES)[rows.loan_stage],
                "loan_reason": np.array(r.REASONS)[rows.loan_reason],
                "signals": looked_at(rows.signals),
                "dropped_out": rows.left_support.astype(bool),
                "granted": receipts[:, R_GRANT] > 0,
                "phase": np.array(r.PHASES)[rows.phase],
            },
            index=pd.Index(rows.id, name="firm"),
        )
        return labelled(frame.sort_index(), "files")

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """Money between households, firms, banks, government and others by month, yuan, full county.

        Who pays whom by column: `returnee.simulation.state.records.TRANSACTIONS`. Savings, cash and loans change by
        these and nothing else.
        """
        return self._yuan(self.county.transactions, "transactions")

    def _yuan(self, fen: np.ndarray, table: str) -> pd.DataFrame:
        index = pd.RangeIndex(1, self.months + 1, name="month")
        names = [name for name in UNITS[table] if name != index.name]
        frame = pd.DataFrame(fen[1:] / (FEN * self.sample), index=index, columns=names)
        return labelled(frame, table)

    @cached_property
    def workers(self) -> pd.DataFrame:
        """Everybody who was in the labour force under the policy, at the end; index is the id."""
        rows = self.county.workers
        rows = rows[(rows.enters <= self.months) & (rows.retires > 0)]
        firms = self.county.firms
        frame = pd.DataFrame(
            {
                "state": np.array(r.STATES)[rows.state],
                "since": rows.since,
                "sex": np.array(["male", "female"])[rows.sex],
                "age": (self.months - rows.birth.astype(int)) / 12.0,
                "schooling": rows.schooling,
                "township": np.array([t.name for t in self.scenario.county.townships])[
                    rows.township
                ],
                "remote": np.array([t.remote for t in self.scenario.county.townships])[
                    rows.township
                ],
                "village": rows.village,
                "household": rows.household,
                "married": rows.married.astype(bool),
                "child": rows.child.astype(bool),
                "elder": rows.elder.astype(bool),
                "city_home": rows.city_home.astype(bool),
                "out_of_province": rows.destination.astype(bool),
                "ability": rows.ability.astype(float),
                "risk": rows.risk.astype(float),
                "city_sector": np.array([s.name for s in self.scenario.county.city_sectors])[
                    rows.city_sector
                ],
                "city_wage": rows.wage,
                "home_pay": self.county.towns.wage[rows.township]
                * np.exp(rows.log_home.astype(float)),
                "savings": rows.savings,
                "saves": rows.saves.astype(bool),
                "idea": month_or_none(rows.idea),
                "experience": rows.experience,
                "ever_away": rows.ever_away.astype(bool),
                "returned": month_or_none(rows.returned),
                "certificate": month_or_none(rows.certificate),
                "attempts": rows.attempts,
                "registered": rows.founded,
                "failed": rows.failed,
                "eligible": rows.eligible.astype(bool),
                "credit_record": np.array(r.CREDIT_RECORDS)[rows.record],
                "loans_had": rows.loans_had,
                "firm": pd.arrays.IntegerArray(
                    np.where(rows.firm >= 0, firms.id[rows.firm], 0), rows.firm < 0
                ),
                **{
                    f"knows_{name}": (rows.knows >> k & 1).astype(bool)
                    for k, name in enumerate(CHANNELS)
                },
            },
            index=pd.Index(rows.id, name="worker"),
        )
        return labelled(frame.sort_index(), "workers")

    @cached_property
    def firms(self) -> pd.DataFrame:
        """Every firm ever registered; index is the firm's id."""
        used = int(self.county.clock.firms)
        keep = self.county.firms.registered[:used] != r.NEVER
        rows = self.county.firms[:used][keep]
        receipts = self.county.receipts[:used][keep] / FEN
        sectors = np.array([s.key for s in self.scenario.county.sectors])
        towns = np.array([t.name for t in self.scenario.county.townships])
        frame = pd.DataFrame(
            {
                "owner": self.county.workers.id[rows.owner],
                "founder": rows.id >> 4,
                "attempt": rows.attempt,
                "sector": sectors[rows.sector],
                "township": towns[rows.township],
                "returnee": rows.returnee.astype(bool),
                "company": rows.company.astype(bool),
                "planned": rows.planned,
                "registered": rows.registered,
                "opened": month_or_none(rows.opened),
                "stopped": month_or_none(rows.stopped),
                "stop_reason": np.array(r.STOP_REASONS)[rows.stop_reason],
                "closed": month_or_none(rows.closed),
                "phase": np.array(r.PHASES)[rows.phase],
                "persons": 1 + rows.employees.astype(int),
                "customers": rows.customers,
                "sales": self.county.sales[:used][keep].sum(axis=1),
                "profit": self.county.profit[:used][keep].sum(axis=1),
                "capital": rows.capital,
                "cash": rows.cash,
                "owner_income": rows.income,
                "venue": np.array(r.VENUES)[rows.venue],
                "technology": rows.technology,
                "partners": rows.partners,
                "loan": rows.loan_granted / FEN,
                "loan_outstanding": rows.loan / FEN,
                "renewals": rows.renewals,
                "informal": rows.informal_granted / FEN,
                "informal_outstanding": rows.informal / FEN,
                "commercial": rows.commercial_granted / FEN,
                "commercial_outstanding": rows.commercial / FEN,
                "loan_stage": np.array(r.LOAN_STAGES)[rows.loan_stage],
                "loan_reason": np.array(r.REASONS)[rows.loan_reason],
                **{PROGRAMMES[programme]: receipts[:, k] for k, programme in enumerate(RECEIPTS)},
            },
            index=pd.Index(rows.id, name="firm"),
        )
        return labelled(frame.sort_index(), "firms")

    @cached_property
    def services(self) -> pd.DataFrame:
        """Providers with a place, capacity, queue, use and waiting, at the end."""
        rows = self.county.services
        used = (rows.capacity > 0) | (rows.served > 0) | (rows.funded > 0)
        rows = rows[used]
        towns = [t.name for t in self.scenario.county.townships]
        frame = pd.DataFrame(
            {
                "kind": np.array(SERVICE_KINDS)[rows.kind],
                "place": [towns[t] if t < len(towns) else "in the cities" for t in rows.township],
                "pot": np.array(POTS)[rows.pot],
                "capacity": rows.capacity / self.sample,
                "funded": rows.funded,
                "queue": rows.queue / self.sample,
                "places_used": rows.places / self.sample,
                "served": rows.served / self.sample,
                "refused": rows.refused / self.sample,
                "mean_wait": rows.waited / np.maximum(rows.served, 1),
                "spent": rows.spent / (FEN * self.sample),
                "quality": rows.quality,
                "months_open": [int(o).bit_count() for o in rows.opening],
            },
            index=pd.Index(np.flatnonzero(used), name="service"),
        )
        return labelled(frame, "services")

    @cached_property
    def paths(self) -> pd.DataFrame:
        """Career paths: a row per spell of a worker in a state; the first starts at month 0."""
        events = self.county.events[: int(self.county.clock.events)].view(np.recarray)
        ids = self.county.workers.id
        seen = np.flatnonzero((self.states_at_start != r.PRE) & (self.states_at_start != r.RETIRED))
        worker = np.concatenate([ids[seen], ids[events.worker]])
        begin = np.concatenate([np.zeros(len(seen), int), events.month])
        state = np.concatenate([self.states_at_start[seen], events.state])
        order = np.lexsort((np.arange(len(worker)), begin, worker))
        worker, begin, state = worker[order], begin[order], state[order]
        last = np.append(worker[1:] != worker[:-1], True)
        end = np.where(last, self.months, np.append(begin[1:], 0))
        frame = pd.DataFrame(
            {"worker": worker, "state": np.array(r.STATES)[state], "from": begin, "to": end}
        )
        # A spell that began and ended in the same month was passed through, not lived in.
        frame = frame[(frame["from"] < frame["to"]) | last].reset_index(drop=True)
        return labelled(frame, "paths")

    @cached_property
    def flows(self) -> np.ndarray:
        """Moves between career states by month, shape (months, states, states), full county."""
        return self.county.flows[1:] / self.sample
