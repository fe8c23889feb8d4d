"""The county before the policy: how it starts, and the months it lives until it is settled.

The history runs under the baseline policy, or under that of the scenario which a scenario names. It is
computed once for every county, behaviour, policy of the history, seed and replicate; all policies that are
compared start from a copy of its end.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from functools import lru_cache

import numpy as np

from returnee.scenarios import Policy, Scenario, load_scenario
from returnee.scenarios.schema.layers import OWN
from returnee.scenarios.schema.own_rules import OwnRules
from returnee.scenarios.schema.scale import at_size
from returnee.simulation.engine import rules
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import rate_borrowers
from returnee.simulation.firms.founding import choose_sector, new_file
from returnee.simulation.firms.markets import price_sectors
from returnee.simulation.firms.ventures import first_customers, known_productivity
from returnee.simulation.month import live_until
from returnee.simulation.own_rules import running_under
from returnee.simulation.people.ideas import set_peak_of_ideas
from returnee.simulation.people.reviews import schedule
from returnee.simulation.start.assemble import assemble, with_room
from returnee.simulation.start.own_county import sample_of
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import count_afresh, is_home
from returnee.simulation.state.county import County
from returnee.simulation.state.draws import (
    D_REVIEW,
    D_START,
    I_FIRST_FIRM,
    I_FIRST_OWNER,
    ONLY,
    draws,
    normal,
)

BURN_IN = 60  # months of history


@kernel
def first_owners(c: County):
    """Rows of those who own a firm when the history starts, the able and the lucky first.

    Returnees and people who never left are drawn in the shares of the county file.
    """
    clock, facts = c.clock, c.facts
    wanted = int(facts.firms_per_1000 * clock.initial / 1000.0 + 0.5)
    rows, keys = np.empty(clock.initial, np.int64), np.empty(clock.initial)
    chosen, n = np.empty(wanted, np.int64), 0
    for group in range(2):
        quota = int(
            wanted
            * (facts.firms_returnee_share if group == 1 else 1.0 - facts.firms_returnee_share)
        )
        count = 0
        for i in range(len(c.workers)):
            worker = c.workers[i]
            age = (clock.month - worker.birth) / 12.0
            if not is_home(worker.state) or worker.ever_away != group:
                continue
            if facts.firms_first_owner_from <= age <= facts.firms_first_owner_to:
                u, _, _, _ = draws(clock, D_START, 0, worker.id, I_FIRST_OWNER)
                rows[count], keys[count] = (
                    i,
                    math.log(u) * math.exp(-facts.firms_first_ability * worker.ability),
                )
                count += 1
        order = np.argsort(-keys[:count])
        for k in range(min(quota, count)):
            chosen[n] = rows[order[k]]
            n += 1
    return chosen[:n]


@kernel
def start_firm(c: County, i: int):
    """Worker `i` owns an open firm of some age when the history starts."""
    worker, clock, behaviour = c.workers[i], c.clock, c.behaviour
    sector = choose_sector(c, i, 0, c.facts.firms_first_money)
    f = new_file(c, i, sector)
    firm = c.firms[f]
    u, v, _, _ = draws(clock, D_START, 0, worker.id, I_FIRST_FIRM)
    age = 1 + int(min(-c.facts.firms_first_age * math.log(u), c.facts.firms_first_age_most))
    firm.phase = r.OPEN
    firm.planned = clock.month - age
    firm.registered = firm.planned
    firm.opened = firm.planned
    firm.grant_paid = 1
    firm.capital = firm.capital_wanted
    firm.cash = math.floor(c.facts.firms_first_cash)
    firm.known = known_productivity(worker, behaviour)
    grow_old(firm, behaviour, age, v)
    firm.income = c.towns[worker.township].wage
    firm.tax_eligible = 0
    firm.company = 1 if firm.capital >= c.facts.firms_company_capital else 0
    c.markets[sector].firms += 1
    worker.firm = f
    worker.founded = 1
    worker.state = r.OWNER
    worker.since = firm.opened


@kernel
def grow_old(firm: np.record, behaviour: np.record, age: int, u: float):
    """Customers, drift (uniform draw `u`) and what the owner has learned in `age` months of sales."""
    noise, moves, drifted = behaviour.firm_shock_sd**2, 0.0, 0.0
    if behaviour.structure_persistent_shocks:
        moves = behaviour.firm_drift_sd**2
    for _ in range(age):
        firm.variance = firm.variance * noise / max(firm.variance + noise, 1e-12) + moves
        drifted = behaviour.firm_drift_kept**2 * drifted + moves
    firm.drift = math.sqrt(drifted) * normal(u)
    firm.belief = firm.luck + firm.drift
    firm.customers = 1.0 - (1.0 - first_customers(behaviour)) * math.exp(
        -age / behaviour.firm_customer_months
    )


@kernel
def open_county(c: County):
    """Firms, jobs with other employers, and first reviews, at the start of the history."""
    clock = c.clock
    clock.month = clock.first - 1
    clock.present = clock.initial
    for t in range(len(c.towns)):
        c.towns[t].present = 0
    for i in range(len(c.workers)):
        worker = c.workers[i]
        if worker.state != r.PRE:
            c.towns[worker.township].present += 1
    clock.road = c.facts.firms_road
    price_sectors(c)
    rate_borrowers(c)
    set_peak_of_ideas(c)
    owners = first_owners(c)
    ids = np.empty(len(owners), np.int64)
    for k in range(len(owners)):
        ids[k] = c.workers[owners[k]].id
    ids.sort()
    for k in range(len(ids)):
        start_firm(c, c.row_of[ids[k]])
    count_afresh(c)
    for t in range(len(c.towns)):
        town = c.towns[t]
        town.filled = c.stock[t, r.EMPLOYED]
        town.usual_slots = town.filled * c.facts.firms_first_vacant
        town.slots = int(town.usual_slots + 0.5)
        town.seeking = c.behaviour.careers_usual_seekers
        town.sought = c.stock[t, r.SEEKING]
        town.found = town.sought * (1.0 - (1.0 - town.job_chance) ** (1.0 / 3.0))
    for i in range(len(c.workers)):
        worker = c.workers[i]
        u, v, x, _ = draws(clock, D_REVIEW, clock.month, worker.id, ONLY)
        schedule(c, i, int(worker.state), u, v, x)
        if worker.state == r.SEEKING:
            worker.listed = 1
            c.seekers[clock.seekers] = i
            clock.seekers += 1


def advance(county: County, month: int, own: OwnRules | None = None) -> County:
    """Let a county live until the end of `month`, giving it more room where it needs it.

    `own`: rules of the scenario that take the place of the model's.
    """
    rules.check()
    with running_under(own, county) as model:
        live = model.of(live_until)
        while not live(county, month):
            county = with_room(county)
    if county.clock.events >= len(county.events):
        raise RuntimeError("events: found no room for the changes of a month, see most_events")
    return county


@lru_cache(maxsize=32)
def policy_named(name: str) -> Policy:
    """The first policy of a scenario that ships."""
    return load_scenario(name).policy


def policy_of_history(scenario: Scenario) -> Policy:
    """The policy under which the history of a scenario runs.

    One that ships is brought to the county's size: its amounts are per worker those of the shipped county.
    """
    if scenario.history == OWN:
        return scenario.policy
    return at_size(policy_named(scenario.history), scenario.county.labour_force)


class Histories:
    """Histories computed last, to be shared by the policies that are compared.

    Thread-safe: two threads that ask for the same history compute it once.

    Parameters
    ----------
    kept : int
        How many are kept at most.
    room : int, optional
        Bytes that those kept may take together; the one asked for last is kept in any case.
    """

    def __init__(self, kept: int = 3, room: int | None = None) -> None:
        self.kept, self.room = kept, room
        self._found: OrderedDict[tuple[object, ...], County] = OrderedDict()
        self._locks: dict[tuple[object, ...], threading.Lock] = {}
        self._guard = threading.Lock()

    def get(
        self,
        scenario: Scenario,
        seed: int,
        replicate: int,
        sample: float,
        months: int,
        burn_in: int,
    ) -> County:
        """The county at the end of its history; callers must copy before they change it."""
        sample = sample_of(scenario, sample)
        key = (scenario.world_id, seed, replicate, sample, months, burn_in)
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self._guard:
                if key in self._found:
                    self._found.move_to_end(key)
                    return self._found[key]
            county = live_history(scenario, seed, replicate, sample, months, burn_in)
            with self._guard:
                self._found[key] = county
                while len(self._found) > self.kept or (
                    self.room is not None and len(self._found) > 1 and self.held() > self.room
                ):
                    old, _ = self._found.popitem(last=False)
                    self._locks.pop(old, None)
        return county

    def held(self) -> int:
        """Bytes of the histories that are kept."""
        return sum(a.nbytes for county in self._found.values() for a in county.arrays())


def live_history(
    scenario: Scenario, seed: int, replicate: int, sample: float, months: int, burn_in: int
) -> County:
    """A new county at the end of its history (month 0), see `Histories.get`."""
    before = scenario.with_({"policy": policy_of_history(scenario)})
    county, _ = assemble(before, seed, replicate, sample, months, burn_in)
    with running_under(scenario.rules, county) as model:
        model.of(open_county)(county)
    return advance(county, 0, scenario.rules)


HISTORIES = Histories()
