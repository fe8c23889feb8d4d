"""Put a county together: policy records by month, townships, markets, and all rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from returnee.scenarios import Policy, Scenario, dtype_of, record_of
from returnee.scenarios.schema.others import Others
from returnee.scenarios.schema.own_rules import MOST_LEVERS
from returnee.simulation import indicators
from returnee.simulation.engine.lines import with_rows
from returnee.simulation.people.careers import most_events, new_files
from returnee.simulation.people.information import contact_sums
from returnee.simulation.start.own_county import population_of, sample_of, start_clock
from returnee.simulation.start.population import people
from returnee.simulation.start.ties import in_order, ties_of
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import count_afresh
from returnee.simulation.state.channels import N_CHANNELS
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import N_PROGRAMMES, POTS, RECEIPTS
from returnee.simulation.state.visible import SEEN
from returnee.simulation.support.services import provide

FIRM_ROOM = 0.05  # firm rows per worker beyond those of the start; grows when needed
EVENT_ROOM = 1.0  # events per worker at the start; grows when needed
GROWTH = 1.2  # of either
SPARE_FIRMS, SPARE_EVENTS = 200, 1000  # rows beyond those, so that small counties seldom grow

# Arrays with room to spare, and the field of the clock that says how many rows are in use.
IN_USE = {
    **dict.fromkeys(("firms", "receipts", "sales", "profit"), "firms"),
    **{name: name for name in ("active", "cases", "events", "offers", "recent", "seekers")},
    "queue": "training_queue",
}


def policy_records(scenario: Scenario, months: int) -> np.recarray:
    """Policies of the months 1..months as records; row 0 is the policy of month 1."""
    table = np.empty(months + 1, dtype_of(Policy)).view(np.recarray)
    table[:] = record_of(scenario.policy)[0]
    for change in scenario.changes:
        table[change.month :] = record_of(change.policy)[0]
    return table


def others_records(scenario: Scenario, months: int) -> np.recarray:
    """What other counties do in the months 1..months, as records; row 0 is the history's: nothing."""
    table = np.empty(months + 1, dtype_of(Others)).view(np.recarray)
    table[:] = record_of(Others())[0]
    for year, row in enumerate(scenario.others):
        table[12 * year + 1 :] = record_of(row)[0]
    return table


def behaviour_of(scenario: Scenario) -> np.recarray:
    """How people behave as a record, and the values of levers of own rules: ``own_0`` and so on."""
    usual = record_of(scenario.behaviour)
    dtype: np.dtype = usual.dtype
    fields = [(name, dtype[name]) for name in dtype.names or ()]
    fields += [(f"own_{k}", np.dtype("f8")) for k in range(MOST_LEVERS)]
    found = np.zeros(1, np.dtype(fields, align=True))
    for name in dtype.names or ():
        found[name] = usual[name]
    for k, (_, value) in enumerate(scenario.rules.values if scenario.rules else ()):
        found[f"own_{k}"] = value
    return found.view(np.recarray)


def markets_of(scenario: Scenario, home_workers: float) -> np.recarray:
    """Sectors of the county as MARKET records; demand is in yuan a month for the sample."""
    sectors = scenario.county.sectors
    markets = np.zeros(len(sectors), r.MARKET).view(np.recarray)
    for market, sector in zip(markets, sectors, strict=True):
        market.labour, market.capital = sector.labour_share, sector.capital_share
        market.capital_median, market.capital_sigma = sector.capital_median, sector.capital_sigma
        market.intermediate, market.local = sector.intermediate, sector.local
        market.demand = sector.demand * home_workers
        market.rent, market.appeal = sector.rent, sector.appeal
        market.needs_site = sector.needs_site
        market.price = 1.0
    return markets


def towns_of(scenario: Scenario) -> np.recarray:
    """Townships of the county as TOWN records."""
    towns = np.zeros(len(scenario.county.townships), r.TOWN).view(np.recarray)
    for town, township in zip(towns, scenario.county.townships, strict=True):
        town.wage = scenario.county.work.local_wage
        town.distance = township.distance_km
        town.remote = township.remote
        town.job_chance = 0.5
    return towns


def those_of(ids: np.ndarray, when: np.ndarray, first: int, last: int) -> np.ndarray:
    """Rows of those for whom ``when`` is one of the months first..last, by month and id."""
    rows = np.flatnonzero((when >= first) & (when <= last)).astype(np.int32)
    return rows[in_order(ids[rows], when[rows])]


def by_month(when: np.ndarray, rows: np.ndarray, first: int, last: int) -> np.ndarray:
    """Places in `rows` (sorted by ``when``) at which each month first..last + 1 starts."""
    return np.searchsorted(when[rows], np.arange(first, last + 2))


def assemble(
    scenario: Scenario,
    seed: int,
    replicate: int,
    sample: float,
    months: int,
    burn_in: int,
    population: tuple[np.recarray, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None,
) -> tuple[County, np.ndarray]:
    """A county at the start of its history.

    Parameters
    ----------
    scenario : Scenario
    seed, replicate : int
        Key of all draws, each below 2**32.
    sample : float
        Share of the county to simulate; the clock says that of the people there are.
    months, burn_in : int
        Months under policy and of history.
    population : tuple, optional
        Workers and ties (indptr, indices, layer) instead of drawn ones.

    Returns
    -------
    county : County
    layer : uint8 array
        Layer of each tie.
    """
    facts = record_of(scenario.county)
    clock = start_clock(seed, replicate, sample_of(scenario, sample), burn_in)
    if population is None:
        population = population_of(scenario, facts[0], clock[0], months)
    if population is None:
        workers = people(
            scenario.county, facts[0], clock[0], months, scenario.behaviour.money.thrift_sigma
        )
        indptr, ties, layer = ties_of(workers, facts[0], clock[0])
    else:
        workers, (indptr, ties, layer) = population
        clock.initial = int((workers.enters == r.NEVER).sum())
    return gather(scenario, facts, clock, months, workers, indptr, ties), layer


def gather(
    scenario: Scenario,
    facts: np.recarray,
    clock: np.recarray,
    months: int,
    workers: np.recarray,
    indptr: np.ndarray,
    ties: np.ndarray,
) -> County:
    """Allocate what belongs to a county around its people and ties."""
    first, initial = int(clock.first[0]), int(clock.initial[0])
    n = len(workers)
    home = (1 - scenario.county.away_share) * initial
    room = int((FIRM_ROOM + scenario.county.firms.per_1000 / 1000.0) * initial) + SPARE_FIRMS
    ids, township, enters, retires = (
        np.ascontiguousarray(workers[name]) for name in ("id", "township", "enters", "retires")
    )
    row_of = np.full(int(ids.max()) + 1, -1, np.int32)
    row_of[ids] = np.arange(n)
    members = in_order(ids, township).astype(np.int32)
    entries = those_of(ids, enters, first, months)
    retiring = those_of(ids, retires, first, months)
    towns = towns_of(scenario)
    county = County(
        workers=workers,
        due=np.full(n, 32000, np.int16),
        seen=np.zeros(n, SEEN),
        indptr=indptr,
        ties=with_rows(ties, len(ties), len(ties)),  # in large pages, where the system has them
        ids=ids,
        row_of=row_of,
        firms=np.zeros(room, r.FIRM).view(np.recarray),
        receipts=np.zeros((room, len(RECEIPTS)), np.int64),
        sales=np.zeros((room, 12), np.float32),
        profit=np.zeros((room, 12), np.float32),
        services=provide(scenario.county, clock[0]),
        funded=np.ones(N_PROGRAMMES),
        towns=towns,
        stock=np.zeros((len(towns), len(r.STATES)), np.int64),
        aware=np.zeros(N_CHANNELS, np.int64),
        markets=markets_of(scenario, home),
        yields=np.zeros((len(towns), len(scenario.county.sectors))),
        policies=policy_records(scenario, months),
        by_others=others_records(scenario, months),
        behaviour=behaviour_of(scenario),
        facts=facts,
        clock=clock,
        months=np.zeros(months + 1, indicators.MONTH).view(np.recarray),
        ledger=np.zeros((months + 1, N_PROGRAMMES), np.int64),
        unpaid=np.zeros((months + 1, N_PROGRAMMES), np.int64),
        transactions=np.zeros((months + 1, len(r.TRANSACTIONS)), np.int64),
        pots=np.zeros((len(POTS), 4), np.int64),
        flows=np.zeros((months + 1, len(r.STATES), len(r.STATES)), np.int64),
        events=np.zeros(int(EVENT_ROOM * n) + SPARE_EVENTS, r.EVENT).view(np.recarray),
        members=members,
        members_ptr=np.searchsorted(township[members], np.arange(len(towns) + 1)),
        entry_rows=entries,
        retire_rows=retiring,
        calendar=np.stack(
            [
                by_month(enters, entries, first, months),
                by_month(retires, retiring, first, months),
            ]
        ).astype(np.int64),
        contact=contact_sums(scenario, first, months),
        queue=np.zeros(n, np.int32),
        cases=np.zeros(n, np.int32),
        offers=np.zeros(n, np.int32),
        active=np.zeros(room, np.int32),
        seekers=np.zeros(n, np.int32),
        recent=np.zeros(n, np.int32),
        due_list=np.zeros(n, np.int32),
        moves=np.zeros(n, np.int32),
        pending=np.zeros(2 * n, np.int32),  # what was told may be forgotten, and more be heard
    )
    count_afresh(county)
    return county


def with_policy(history: County, scenario: Scenario, months: int) -> County:
    """A copy of a county at the end of its history that lives on under another policy.

    What never changes (ties, calendars, facts) is shared, the rest is copied.
    """
    shared = {
        "indptr", "ties", "ids", "row_of", "facts", "behaviour", "members", "members_ptr", "entry_rows",
        "retire_rows", "calendar", "contact",
    }  # fmt: skip
    scratch = {"due_list", "moves", "pending"}
    changed: dict[str, Any] = {}
    for name, array in history.by_name().items():
        if name in scratch:
            changed[name] = np.empty_like(array)
        elif name in IN_USE:
            changed[name] = with_rows(array, int(history.clock[IN_USE[name]]), len(array))
        elif name not in shared:
            changed[name] = with_rows(array, len(array), len(array))
    changed["policies"] = policy_records(scenario, months)
    changed["by_others"] = others_records(scenario, months)
    return history.with_arrays(**changed)


def with_room(county: County) -> County:
    """The county with more room for firms or events, where they might not find any this month."""
    clock, grown = county.clock, {}
    for names, more in (
        (("firms", "receipts", "sales", "profit", "active"), new_files(county)),
        (("events",), most_events(county)),
    ):
        used, room = int(clock[names[0]]), len(getattr(county, names[0]))
        if room - used < more:
            for name in names:
                rows = max(int(GROWTH * room), used + more)
                grown[name] = with_rows(getattr(county, name), used, rows)
    return county.with_arrays(**grown)
