"""What a policy plans to spend by programme: its levers at their unit costs, every place used.

A month's costs are those of the rules that pay them (`simulation.state.programmes`).
Running costs are exact: a month costs units a year / 12 at the unit cost; training and extension
visits fall on the months in which they are open. Training counts the whole fee of every place, also
the part that is paid when trainees open firms. Programmes whose spending follows demand (grants,
subsidies, tax relief, what the fund pays to banks) have no plan of their own and share a pot.

What is not paid is due to an empty pot or to the cap on all spending. Both are known at the end of a
month; the one with less left is taken as the reason.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube
from returnee.scenarios import Policy, Scenario, record_of
from returnee.scenarios.schema.record import table_of
from returnee.simulation.state import programmes
from returnee.simulation.state import records as r

YEAR = 12
BUDGETED = tuple(pot.key for pot in programmes.POT_TABLE if pot.budgeted)
CAP = "cap"


def planned(scenario: Scenario, months: int) -> pd.DataFrame:
    """Planned spending by month and programme, yuan, full county.

    Returns: index month 1..months, a column per programme of the ledger; NaN where spending
    follows demand.

    >>> from returnee.scenarios import load_scenario
    >>> round(planned(load_scenario("baseline"), 12)["posts"].sum())
    1000000
    """
    clock = np.zeros(1, r.CLOCK).view(np.recarray)[0]
    county = SimpleNamespace(clock=clock, facts=record_of(scenario.county)[0])
    table = np.full((months, len(programmes.PROGRAMME_TABLE)), np.nan)
    for m, county.policy in enumerate(table_of(scenario.policies(months))):
        clock.month = m + 1
        for k, programme in enumerate(programmes.PROGRAMME_TABLE):
            if programme.costs:
                # As they are written, rules take a county that is no bundle.
                rules = (getattr(cost, "py_func", cost) for cost in programme.costs)
                table[m, k] = sum(rule(county) for rule in rules)
        clock.places_built = max(clock.places_built, county.policy.incubation_places)
    index = pd.RangeIndex(1, months + 1, name="month")
    frame = pd.DataFrame(table, index=index, columns=list(programmes.PROGRAMMES))
    frame.attrs["units"] = dict.fromkeys(programmes.PROGRAMMES, "yuan")
    return frame


def budgets(scenario: Scenario, months: int) -> dict[str, np.ndarray]:
    """Yearly budget of each pot that has one, and the cap, in force in each month, yuan."""
    policies: list[Policy] = scenario.policies(months)
    names = (*BUDGETED, CAP)
    return {name: np.array([getattr(p.budget, name) for p in policies], float) for name in names}


def unpaid_by_reason(cube: Cube, plan: Plan) -> np.ndarray:
    """What was due and not paid over the horizon, by scenario, replicate, pot and reason.

    Returns: shape (scenarios, replicates, pots, 2); yuan; of the last axis the first is the cap,
    the second the empty pot.
    """
    months = plan.settings.months
    found = np.zeros((len(plan.scenarios), plan.replicates, len(programmes.POTS), 2))
    for k, scenario in enumerate(plan.scenarios.values()):
        cap = budgets(scenario, months)[CAP]
        left = cap - _spent_this_year(cube.values[k, :, INDEX["public_cost"]], cap)
        left = np.where(cap > 0.0, left, np.inf)
        for pot, name in enumerate(programmes.POTS):
            columns = [
                INDEX[f"unpaid_{p}"]
                for p, of in zip(programmes.PROGRAMMES, programmes.POT_OF)
                if of == pot
            ]
            due = cube.values[k][:, columns].sum(axis=1)
            if name == "tax":
                capped = np.ones(due.shape, bool)  # revenue forgone needs no pot
            elif name == "guarantee_fund":
                capped = np.zeros(due.shape, bool)  # banks are paid whatever the cap
            else:
                capped = left < cube.values[k, :, INDEX[f"pot_{name}"]]
            found[k, :, pot, 0] = np.where(capped, due, 0.0).sum(axis=-1)
            found[k, :, pot, 1] = np.where(capped, 0.0, due).sum(axis=-1)
    return found


def _spent_this_year(cost: np.ndarray, cap: np.ndarray) -> np.ndarray:
    """What counts against the cap at the end of each month, shape (replicates, months).

    Spending beyond a year's cap (what banks are paid) lowers the next year's.
    """
    spent = np.empty_like(cost)
    so_far = np.zeros(len(cost))
    for m in range(cost.shape[1]):
        if m % YEAR == 0:
            over = so_far - cap[m - 1] if m and cap[m - 1] > 0.0 else np.zeros(len(cost))
            so_far = np.maximum(over, 0.0)
        so_far = so_far + cost[:, m]
        spent[:, m] = so_far
    return spent


def planned_and_spent(cube: Cube, plan: Plan) -> pd.DataFrame:
    """Planned, spent and unpaid a year by scenario and programme.

    Returns: scenario, programme, pot, planned (NaN where spending follows demand), spent, unpaid:
    yuan a year, full county, means over replicates.
    """
    years = plan.settings.months / YEAR
    rows = []
    for k, (label, scenario) in enumerate(plan.scenarios.items()):
        ours = planned(scenario, plan.settings.months).sum(skipna=False) / years
        for programme, pot in zip(programmes.PROGRAMMES, programmes.POT_OF):
            both = cube.levels[k][:, [INDEX[f"spent_{programme}"], INDEX[f"unpaid_{programme}"]]]
            there = both[np.isfinite(both).all(axis=1)]
            spent, unpaid = there.mean(axis=0) / years if len(there) else (np.nan, np.nan)
            rows.append((label, programme, programmes.POTS[pot], ours[programme], spent, unpaid))
    columns = ["scenario", "programme", "pot", "planned", "spent", "unpaid"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.attrs["units"] = dict.fromkeys(columns[3:], "yuan a year")
    return frame
