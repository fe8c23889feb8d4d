"""What became of every person in a run: one row a person, small enough to keep for many runs.

The same person has the same id, traits and luck under every policy, so rows of two runs of the same
seed and replicate are compared person by person. All counts and money are of months under the
policy only: what was paid in the history, which all policies share, is taken off.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from returnee.simulation.run import Run
from returnee.simulation.start.history import HISTORIES
from returnee.simulation.state import records as r
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import PROGRAMMES, RECEIPTS
from returnee.simulation.state.records import NEVER, OPEN

SERVED = ("training", "loan", "mentors", "incubator_sites")
PAID = tuple(PROGRAMMES[programme] for programme in RECEIPTS)
SUPPORT = (*SERVED, *PAID)
"""What reaches single persons, in the order of the bits of ``support``. Messages, cadres, stations,
sessions, the desk and visits reach people too, but nobody keeps a list of whom."""

PEOPLE = pa.schema(
    [
        ("worker", pa.int32()),
        ("sex", pa.uint8()),  # 0 male, 1 female
        ("age", pa.float32()),  # years at the start of the policy
        ("schooling", pa.uint8()),  # 0 none to 4 college
        ("township", pa.uint8()),
        ("wage", pa.float32()),  # city wage, yuan a month
        ("incumbent", pa.bool_()),  # owned a firm, open or about to open, when the policy began
        ("returns", pa.uint8()),  # times returned
        ("registrations", pa.uint8()),  # firms registered
        ("owner", pa.bool_()),  # owns an open firm at the end
        ("new", pa.bool_()),  # that firm was registered under the policy
        ("returnee", pa.bool_()),  # the owner of that firm had worked away
        ("jobs", pa.int16()),  # jobs in that firm, the owner's not counted
        ("employed", pa.bool_()),  # holds a job in a firm at the end
        ("support", pa.uint16()),  # bits of SUPPORT: what paid or served the person
        *((name, pa.int64()) for name in PAID),  # fen received by the person's firms
    ]
)
FIELDS = ("id", "sex", "birth", "schooling", "township", "wage", "state", "firm", "certificate")
UNITS = {"age": "years", "wage": "yuan/month", **dict.fromkeys(PAID, "fen")}


def people_of(run: Run) -> pa.Table:
    """Reduce a run to a row a person.

    `run`: any run; the county at its end is read, and the history it began from. Returns: columns
    of `PEOPLE`, a row for everybody who was in the labour force under the policy, ordered by id.
    Not scaled to the full county.
    """
    county, before = run.county, history_of(run)
    workers = county.workers.view(np.ndarray)
    rows = np.flatnonzero((workers["enters"] <= run.months) & (workers["retires"] > 0))
    rows = rows[np.argsort(workers["id"][rows], kind="stable")]
    people = {name: workers[name][rows] for name in FIELDS}  # the whole record is six times wider
    events = county.events.view(np.ndarray)[: int(county.clock.events)]
    home = (events["before"] == r.AWAY) & (events["state"] == r.SEEKING)
    returns = np.bincount(events["worker"][home], minlength=len(workers))
    columns = {
        **{name: people[name] for name in ("sex", "schooling", "township", "wage")},
        "worker": people["id"],
        "age": -people["birth"].astype(float) / 12.0,
        "returns": returns[rows],
        "employed": (people["state"] == r.EMPLOYED) & (people["firm"] >= 0),
        **{name: values[rows] for name, values in _of_firms(county, before).items()},
    }
    columns["support"] = columns["support"] | (people["certificate"] >= 1)
    arrays = [pa.array(np.asarray(columns[field.name])).cast(field.type) for field in PEOPLE]
    return pa.Table.from_arrays(arrays, schema=PEOPLE)


def incomes(run: Run, rows: np.ndarray) -> np.ndarray:
    """Monthly income of workers at the end, here or away, yuan; NaN for the retired."""
    c = run.county
    workers, firms = np.asarray(c.workers)[rows], np.asarray(c.firms)
    towns, state = np.asarray(c.towns)[workers["township"]], workers["state"]
    owner = np.maximum(firms["income"][workers["firm"]], 0.0)
    in_firm, at = workers["firm"] >= 0, firms["township"][workers["firm"]]
    job = np.where(in_firm, np.asarray(c.towns)["pay"][at], towns["wage"])
    job = job * np.exp(workers["log_home"].astype(float))
    earned = [
        (r.OWNER, owner), (r.EMPLOYED, job), (r.AWAY, workers["wage"]),
        (r.FARMING, float(c.facts.work_farm_income)), (r.RETIRED, np.nan),
    ]  # fmt: skip
    return np.select([state == code for code, _ in earned], [pay for _, pay in earned], 0.0)


def history_of(run: Run) -> County:
    """The county before the run's policy; computed again if it is no longer kept."""
    clock = run.county.clock
    burn_in = 1 - int(clock.first)
    return HISTORIES.get(run.scenario, run.seed, run.replicate, run.sample, run.months, burn_in)


def _of_firms(county: County, before: County) -> dict[str, np.ndarray]:
    """What firms say about their owners, by row of the owner."""
    used, old = int(county.clock.firms), int(before.clock.firms)
    firms = county.firms.view(np.ndarray)[:used]
    past = before.firms.view(np.ndarray)[:old]
    n = len(county.workers)

    def owners(which: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        chosen = None if weights is None else weights[which].astype(float)
        return np.bincount(firms["owner"][which], weights=chosen, minlength=n)

    is_open = firms["phase"] == OPEN
    is_new = is_open & (firms["registered"] >= 1)
    at_start = np.isin(past["phase"], (r.REGISTERED, OPEN))
    support = np.zeros(n, np.int64)
    for bit, name in enumerate(SUPPORT):
        if name == "loan":
            granted = firms["loan_granted"].copy()  # a loan granted, or an earlier one raised
            granted[:old] -= past["loan_granted"]
            support |= (owners(granted > 0) > 0).astype(np.int64) << bit
        elif name in _BEGUN:
            begun = firms[_BEGUN[name]] != NEVER
            begun[:old] &= past[_BEGUN[name]] == NEVER
            support |= (owners(begun) > 0).astype(np.int64) << bit
    found: dict[str, np.ndarray] = {
        "incumbent": np.bincount(past["owner"][at_start], minlength=n) > 0,
        "registrations": np.bincount(
            county.row_of[firms["id"][firms["registered"] >= 1] >> 4], minlength=n
        ),
        "owner": owners(is_open) > 0,
        "new": owners(is_new) > 0,
        "returnee": owners(is_open & (firms["returnee"] == 1)) > 0,
        "jobs": owners(is_open, firms["employees"]).astype(np.int64),
    }
    receipts = county.receipts[:used].copy()
    receipts[:old] -= before.receipts[:old]
    for k, name in enumerate(PAID):
        # Sums of whole fen below 2**53 are exact in floating point.
        found[name] = owners(receipts[:, k] != 0, receipts[:, k]).astype(np.int64)
        support |= (found[name] > 0).astype(np.int64) << SUPPORT.index(name)
    found["support"] = support
    return found


_BEGUN = {"mentors": "mentor_until", "incubator_sites": "incubator_until"}
