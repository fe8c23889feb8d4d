"""Patterns 15 and 16: what shows only where two runs with the same luck are compared.

People and firms keep their ids under every policy, so that the same persons are followed in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.pattern_figures import FEW, YEAR, Figures, ratio, registered, share, stays
from scenarios import Scenario
from scenarios.fields import Group
from simulation import records as r
from simulation import simulate
from simulation.compiler import kernel
from simulation.philox import D_SHOCK, draws
from simulation.run import Run

# Neither relief nor grant; each of them alone, as high as the levers go.
BARE = {"policy.finance.tax_relief": 0.0, "policy.finance.startup_grant": 0.0}
RELIEF = {**BARE, "policy.finance.tax_relief": 24_000.0, "policy.finance.tax_reach": 0.3}
GRANT = {
    **BARE, "policy.finance.startup_grant": 12_000.0, "policy.finance.grant_after_months": 0,
    "policy.finance.grant_needs_certificate": False,
}  # fmt: skip
# As in the winter of 2008/09: in the month before the festival half of those away lose their jobs;
# cities hire again after three months (H05-H07; the wage is assumed).
CRISIS_MONTH, CRISIS_MONTHS = 13, 36
CRISIS = {
    "county.shock.start_month": CRISIS_MONTH, "county.shock.months": 3,
    "county.shock.city_loss": 0.5, "county.shock.city_wage": 0.9,
}  # fmt: skip
TWO_YEARS = 24
COHORTS = {"early": (36, 60), "late": (96, 120)}  # months since opening, at the end


def with_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """A scenario in which some parameters are otherwise, in every policy that it has.

    Parameters
    ----------
    scenario : Scenario
    values : mapping of str to number
        By full key, such as ``policy.finance.tax_relief``.
    """
    for key, value in values.items():
        room, *path = key.split(".")
        changed: dict[str, Any] = {room: _put(getattr(scenario, room), path, value)}
        if room == "policy":
            changed["changes"] = tuple(
                change.model_copy(update={"policy": _put(change.policy, path, value)})
                for change in scenario.changes
            )
        # Not model_copy: a copy would keep the hashes of the old values.
        fields = {name: getattr(scenario, name) for name in Scenario.model_fields}
        scenario = Scenario.model_construct(**{**fields, **changed})
    return scenario


def _put(group: Group, path: list[str], value: Any) -> Group:
    old = getattr(group, path[0])
    inner = type(old)(value) if len(path) == 1 else _put(old, path[1:], value)
    return group.model_copy(update={path[0]: inner})


def paired(run: Run) -> Figures:
    """Patterns 15 and 16 for the replicate of a baseline run.

    Parameters
    ----------
    run : Run
        Of 120 months or more, for both parts of pattern 15.
    """
    bare = again(run, BARE)
    return {
        "tax_relief_effect": tax_relief_effect(bare, again(run, RELIEF)),
        "grant_fade": grant_fade(bare, again(run, GRANT)),
        **crisis(again(run, CRISIS, CRISIS_MONTHS)),
    }


def again(run: Run, values: Mapping[str, Any], months: int | None = None) -> Run:
    """The same replicate under other values."""
    scenario = with_values(run.scenario, values)
    return simulate(scenario, run.replicate, run.seed, run.sample, months or run.months)


def both(one: Run, other: Run) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the firms that opened under the policy in both runs, in the same order."""
    rows = []
    for run in (one, other):
        firms = registered(run)
        rows.append(firms[firms["opened"] >= 1])
    _, a, b = np.intersect1d(rows[0]["id"], rows[1]["id"], return_indices=True)
    return rows[0][a], rows[1][b]


def open_after(firms: np.ndarray, months: int) -> np.ndarray:
    """Whether each firm was still open so many months after opening."""
    age = firms["stopped"].astype(int) - firms["opened"]
    return (firms["stopped"] == r.NEVER) | (age > months)


def tax_relief_effect(bare: Run, relief: Run) -> float:
    """Change of the share of loss-making starters that are open after two years.

    Among firms eligible for relief, the third with the lowest productivity is taken as the
    loss-makers: the least able and lucky earn less than a wage and pay next to no tax.
    """
    without, within = both(bare, relief)
    asked = (within["tax_eligible"] == 1) & (without["opened"] <= bare.months - TWO_YEARS)
    without, within = without[asked], within[asked]
    if len(without) < 3 * FEW:
        return np.nan
    productivity = without["known"] + without["luck"]
    poor = productivity <= np.quantile(productivity, 1 / 3)
    return share(open_after(within[poor], TWO_YEARS)) - share(open_after(without[poor], TWO_YEARS))


def incomes(run: Run, rows: np.ndarray) -> np.ndarray:
    """Monthly income of workers at the end, here or away, yuan; NaN for the retired."""
    c = run.county
    workers, firms = np.asarray(c.workers)[rows], np.asarray(c.firms)
    towns, state = np.asarray(c.towns)[workers["township"]], workers["state"]
    owner = np.maximum(firms["income"][workers["firm"]], 0.0)
    job = np.where(workers["firm"] >= 0, towns["pay"], towns["wage"])
    earned = [
        (r.OWNER, owner), (r.EMPLOYED, job), (r.AWAY, workers["wage"]),
        (r.FARMING, float(c.facts[0].work_farm_income)), (r.RETIRED, np.nan),
    ]  # fmt: skip
    return np.select([state == code for code, _ in earned], [pay for _, pay in earned], 0.0)


def grant_fade(bare: Run, grant: Run) -> float:
    """Gain in income of those who got the grant 3 to 5 years ago, less that of 8 to 10 years ago.

    The same persons are followed in both runs, whatever they do at the end.
    """
    without, within = both(bare, grant)
    receipts = grant.county.receipts[: int(grant.county.clock[0].firms), r.R_GRANT]
    paid = np.asarray(grant.county.firms)["id"][: len(receipts)][receipts > 0]
    got = np.isin(within["id"], paid)
    age = grant.months - within["opened"].astype(int)
    gains = []
    for young, old in COHORTS.values():
        asked = got & (age >= young) & (age < old)
        a, b = incomes(bare, without["owner"][asked]), incomes(grant, within["owner"][asked])
        there = np.isfinite(a) & np.isfinite(b)
        gain = ratio(b[there].mean(), a[there].mean()) - 1.0 if there.sum() >= FEW else np.nan
        gains.append(gain)
    return gains[0] - gains[1]


@kernel
def who_is_hit(c, month, part, hit):
    """Fill `hit` with who loses the job in a shock, as the model draws it."""
    for i in range(len(c.workers)):
        u, _, _, _ = draws(c.clock[0], D_SHOCK, month, c.workers[i].id, 0)
        hit[i] = u < part


def crisis(run: Run) -> Figures:
    """Pattern 16: of those laid off who comes home at once, and of these who leaves in a year."""
    events = np.asarray(run.county.events)[: int(run.county.clock[0].events)]
    before = events[events["month"] < CRISIS_MONTH]
    state = run.states_at_start.copy()
    state[before["worker"]] = before["state"]  # the last event of a worker counts
    hit = np.zeros(len(state), dtype=np.bool_)
    who_is_hit(run.county, CRISIS_MONTH, float(run.county.facts[0].shock_city_loss), hit)
    hit &= state == r.AWAY
    then = events[events["month"] == CRISIS_MONTH]
    came = np.zeros(len(state), dtype=np.bool_)
    came[then["worker"][(then["before"] == r.AWAY) & (then["state"] != r.RETIRED)]] = True
    spans, left, begun = stays(run)
    winter = begun == CRISIS_MONTH
    return {
        "crisis_come": share(came[hit]),
        "crisis_leave": share(left[winter] & (spans[winter] <= YEAR)),
    }
