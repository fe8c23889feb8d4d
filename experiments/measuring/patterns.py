"""How each pattern is counted in one run, as the statistics behind it define it.

The register is tracked by cohort: a firm counts from its registration to the month in which it is
struck off, whether or not it ever opened. With d_a firms struck off at age a of n_a at risk, the
product limit S(t) = prod over a <= t of (1 - d_a / n_a) (Kaplan and Meier, J. Am. Stat. Assoc. 53,
1958) gives a year's hazard 1 - S(12 k) / S(12 (k - 1)). Firms registered in the history enter late
(at their age when the policy starts), so n_a counts those seen at age a only.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.measuring.measures import kaplan_meier, loan_recovery, ratio
from returnee.experiments.measuring.people import incomes
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.own_rules import model_of
from returnee.simulation.people.ideas import intention, usual_gain
from returnee.simulation.people.returning import RECENT_MONTHS
from returnee.simulation.run import Run
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import FINANCE, SERVICES, TRAINING
from returnee.simulation.state.draws import D_SHOCK, ONLY, draws
from returnee.simulation.state.programmes import R_GRANT
from returnee.simulation.state.providers import ACTIVITY

YEAR = 12
FEW = 20  # cases below which nothing is said
OLDEST = 84  # months of age to which hazards are counted
LARGE = 100  # persons
FIVE_YEARS = 60
FOLLOWED = 36  # months after a return within which a start counts
OLDEST_RESIDENT = 59  # years
Figures = dict[str, float]


def share(part: np.ndarray) -> float:
    """Mean of a column; NaN for fewer than `FEW` rows."""
    return float(part.mean()) if len(part) >= FEW else np.nan


def registered(run: Run) -> np.ndarray:
    """Records of all firms ever registered."""
    rows = np.asarray(run.county.firms)[: int(run.county.clock.firms)]
    return rows[rows["registered"] != r.NEVER]


def survival(entry: np.ndarray, age: np.ndarray, ended: np.ndarray, oldest: int) -> np.ndarray:
    """Product limit with late entry.

    `entry`, `age`: shape (firms,); months of age at which a firm is first seen, and at which it
    ends or is last seen. `ended`: shape (firms,); whether the end was seen. `oldest`: months.
    Returns: shape (oldest + 1,); share that lives longer than 0..oldest months; NaN from the first
    age at which fewer than `FEW` firms are at risk.

    >>> age, ended = np.repeat([6, 12], 20), np.repeat([True, False], 20)
    >>> survival(np.zeros(40, int), age, ended, 12)[[5, 6, 12]].tolist()
    [1.0, 0.5, 0.5]
    """
    deaths = np.bincount(age[ended], minlength=oldest + 1)[: oldest + 1]
    gone = np.cumsum(np.bincount(age, minlength=oldest + 2))[: oldest + 1]
    come = np.cumsum(np.bincount(entry, minlength=oldest + 2))[: oldest + 1]
    # At risk at age a: seen before a, or from birth, and not gone before a.
    seen = np.concatenate([come[:1], come[:-1]])
    at_risk = seen - np.concatenate([[0], gone[:-1]])
    enough = np.cumsum(at_risk < FEW) == 0
    hazard = np.where(enough, deaths / np.maximum(at_risk, 1), np.nan)
    return np.cumprod(1.0 - hazard)


def register(run: Run) -> Figures:
    """Patterns 1, 2 and 12: hazards and survival on the register, and whether firms operate."""
    rows, first = registered(run), int(run.county.clock.first)
    born = rows["registered"].astype(int)
    struck = rows["closed"] != r.NEVER
    end = np.where(struck, rows["closed"], run.months).astype(int)
    # Ages of the firms that the history starts with are drawn, not lived; they don't count.
    seen = (born >= first) & (end >= 1)
    entry = np.maximum(-born[seen], 0)
    alive = survival(entry, (end - born)[seen], struck[seen], OLDEST)
    hazard = 1.0 - alive[YEAR::YEAR] / alive[:-YEAR:YEAR]
    found = {f"hazard_year_{k}": hazard[k - 1] for k in (1, 2, 3)}
    found["hazard_years_4_7"] = 1.0 - (alive[OLDEST] / alive[3 * YEAR]) ** 0.25
    new = born >= 1
    spans = (end - born)[new].astype(float)
    three, five = kaplan_meier(spans, struck[new], (3 * YEAR, 5 * YEAR))
    found |= {"registered_3_years": three, "registered_5_years": five}
    return {**found, "operating_year_1": share(operating(rows, run.months))}


def operating(rows: np.ndarray, months: int) -> np.ndarray:
    """Whether each firm that turns one year old under the policy has opened and goes on."""
    day = rows["registered"].astype(int) + YEAR
    rows, day = rows[(day >= 1) & (day <= months)], day[(day >= 1) & (day <= months)]
    opened = (rows["opened"] != r.NEVER) & (rows["opened"] <= day)
    return opened & ((rows["stopped"] == r.NEVER) | (rows["stopped"] > day))


def firms_open(run: Run) -> Figures:
    """Patterns 3, 4 and 9 among firms open at the end: persons, margin and cash."""
    c = run.county
    firms = np.asarray(c.firms)[: int(c.clock.firms)]
    which = np.flatnonzero(firms["phase"] == r.OPEN)
    firms = firms[which]
    persons = 1.0 + firms["employees"]
    company, returnee = firms["company"] == 1, firms["returnee"] == 1
    sales, profit = (rows[which].sum(axis=1, dtype=float) for rows in (c.sales, c.profit))
    out = outlay(run, firms, sales)
    few = len(firms) < FEW
    return {
        "persons_self_employed": share(persons[~company]),
        "persons_company": share(persons[company]),
        "firms_over_100": share(persons > LARGE),
        "net_margin": np.nan if few else ratio(profit.sum(), sales.sum()),
        "cash_months": np.nan if few else float(np.median(firms["cash"] / out)),
        "jobs_per_founder": share(persons[returnee] - 1.0),
    }


def outlay(run: Run, firms: np.ndarray, sales: np.ndarray) -> np.ndarray:
    """A month's outlay of open firms: wages, rent, interest and tax after relief, and living.

    `firms`: shape (firms,). `sales`: shape (firms,); of the last 12 months, yuan. Returns: shape
    (firms,); yuan a month.
    """
    c = run.county
    policy, behaviour, facts = c.policies[-1], c.behaviour, c.facts
    markets, towns = np.asarray(c.markets)[firms["sector"]], np.asarray(c.towns)[firms["township"]]
    rent = markets["rent"].copy()
    relief = policy.incubation_rent_share * rent
    rent -= np.where(firms["venue"] == r.INCUBATOR_PLACE, relief, 0.0)
    rent *= np.where(firms["venue"] == r.COUNTY_SITE, behaviour.support_site_rent, 1.0)
    subsidised = firms["loan_stage"] == r.GRANTED
    paid = 1.0 - policy.finance_interest_subsidy * policy.budget_arrears * subsidised
    interest = firms["loan"] / 100.0 * firms["loan_rate"] / 12.0 * paid
    owed = firms["informal"] * behaviour.money_informal_rate
    owed = owed + firms["commercial"] * behaviour.money_commercial_rate
    interest += owed / 100.0 / 12.0
    sold = sales / np.clip(run.months - firms["opened"].astype(int) + 1, 1, YEAR)
    rate = np.where(sold >= facts.firms_tax_threshold, facts.firms_tax, facts.firms_tax_below)
    tax = rate * (1.0 - markets["intermediate"]) * sold
    return firms["payroll"] / 1000.0 * towns["pay"] + rent + interest + tax + behaviour.firm_living


def awareness(run: Run) -> Figures:
    """Pattern 5: what returnee owners know, and by how much fewer others know it, at the end.

    The survey's three policies are taken as three channels: support as services, tax as finance
    (relief is one of its levers), training as training.
    """
    w = np.asarray(run.county.workers)
    knows, state = w["knows"], w["state"]
    owners = (state == r.OWNER) & (w["ever_away"] == 1)
    others = (state != r.OWNER) & (state != r.FOUNDING) & (state != r.PRE) & (state != r.RETIRED)
    found, gaps = {}, []
    for name, channel in (("support", SERVICES), ("tax", FINANCE), ("training", TRAINING)):
        known = knows >> channel & 1
        found[f"aware_{name}"] = share(known[owners])
        gaps.append(found[f"aware_{name}"] - share(known[others]))
    found["aware_gap"] = float(np.mean(gaps))
    return found


def moves(run: Run) -> Figures:
    """Patterns 6, 7 and 10: returns, their season, starts, and leaving again within five years.

    Leaving is counted by the product limit: whoever retires, or is at home in the last month, is
    censored.
    """
    months = run.county.months[1:]
    returns, away = months["returns"], months["away"]
    starts = months["returnee_registrations"].sum()
    years, total = run.months / YEAR, returns.sum()
    festival = int(run.county.facts.work_festival_month)
    month = np.arange(run.months) % YEAR + 1  # of the year
    season = (festival - month) % YEAR <= 2
    whole = run.months - run.months % YEAR
    spans, left, _ = stays(run)
    few = len(spans) < FEW or run.months <= FIVE_YEARS
    leave = np.nan if few else 1.0 - kaplan_meier(spans.astype(float), left, (FIVE_YEARS,))[0]
    share_then = ratio(returns[:whole][season[:whole]].sum(), returns[:whole].sum())
    return {
        "return_rate": ratio(total / years, away.mean()),
        "start_rate": ratio(starts / years, away.mean()),
        "festival_share": share_then if total >= FEW else np.nan,
        "repeat_migration": leave,
    }


def registers_after_return(run: Run) -> float:
    """Pattern 8: share of returns after which the person registers a firm within 36 months.

    Over the returns that were followed for so long.
    """
    events = np.asarray(run.county.events)[: int(run.county.clock.events)]
    back = (events["before"] == r.AWAY) & (events["state"] != r.RETIRED)
    back &= events["month"] <= run.months - FOLLOWED
    worker, month = events["worker"][back].astype(np.int64), events["month"][back].astype(int)
    firms, span = registered(run), run.months + FOLLOWED
    firms = firms[firms["registered"] >= 1]
    founder = np.asarray(run.county.row_of)[firms["id"] >> 4].astype(np.int64)
    starts = np.sort(founder * span + firms["registered"])
    first = np.searchsorted(starts, worker * span + month)
    last = np.searchsorted(starts, worker * span + month + FOLLOWED, side="right")
    return share(last > first)


def stays(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stays at home after a return under the policy.

    Returns `spans`: shape (returns,); months at home, to leaving, retirement or the last month.
    Returns `left`: shape (returns,); whether the stay ended by leaving. Returns `begun`: shape
    (returns,); month of the return.
    """
    events = np.asarray(run.county.events)[: int(run.county.clock.events)]
    after, before = events["state"], events["before"]
    back = (before == r.AWAY) & (after != r.RETIRED)
    kept = back | (after == r.AWAY) | (after == r.RETIRED)
    events, back = events[kept], back[kept]
    order = np.argsort(events["worker"], kind="stable")  # the log is in order of months
    worker, month = events["worker"][order], events["month"][order].astype(int)
    back, state = back[order], events["state"][order]
    followed = np.append(worker[1:] == worker[:-1], False)
    end = np.where(followed, np.append(month[1:], 0), run.months)
    gone = followed & (np.append(state[1:], 0) == r.AWAY)
    return (end - month)[back], gone[back], month[back]


def loans(run: Run) -> Figures:
    """Pattern 11: mean loan, and repaid principal as a share of repaid and defaulted."""
    months = run.county.months[1:]
    number = months["loans_number"].sum()
    mean = ratio(months["loans_granted"].sum(), number) if number >= FEW else np.nan
    return {"loan_mean": mean, "loan_recovery": loan_recovery(run)}


def founders(run: Run) -> Figures:
    """Patterns 13 and 20: sex and age of returnees who register a firm, and loans of all who do."""
    rows = registered(run)
    rows = rows[rows["registered"] >= 1]
    borrowed = rows["loan_granted"] > 0
    rows = rows[rows["returnee"] == 1]
    # Who founded each firm, whoever owns it now.
    owners = np.asarray(run.county.workers)[np.asarray(run.county.row_of)[rows["id"] >> 4]]
    age = (rows["registered"].astype(int) - owners["birth"]) / YEAR
    sessions = int(run.county.services.served[ACTIVITY])
    files = np.asarray(run.county.firms)[: int(run.county.clock.firms)]
    loans = int((files["loan_granted"] > 0).sum())
    return {
        "founders_male": share(owners["sex"] == 0),
        "founders_age": share(age),
        "founders_with_loan": share(borrowed),
        "loans_per_advised": 100.0 * ratio(loans, sessions),
    }


@kernel
def stated_by_returnees(c):
    """Sum of the stated intentions of people at home without a firm who came back of late, and their number.

    What people say in a survey is the intention without money and without caution.
    """
    total, people = 0.0, 0
    for i in range(len(c.workers)):
        worker = c.workers[i]
        if worker.state == r.SEEKING or worker.state == r.FARMING or worker.state == r.EMPLOYED:
            if c.clock.month - worker.returned <= RECENT_MONTHS:
                total += intention(c, i, usual_gain(c, worker))
                people += 1
    return total, people


def intentions(run: Run) -> Figures:
    """Pattern 14: who says they would found at the end, and who registers a firm in a year."""
    stated = model_of(run.scenario.rules).of(stated_by_returnees)
    total, people = stated(run.county)
    months = run.county.months[1:]
    at_home = (months["seeking"] + months["farming"] + months["employed"]).mean()
    rate = ratio(months["registrations"].sum() * YEAR / run.months, at_home)
    return {"intention": ratio(total, people), "founding_rate": rate}


def residents(run: Run) -> Figures:
    """Patterns 17 and 18: residents aged 18 to 59, and the share of farmers, as the policy starts.

    The retired count as residents; farmers are a share of farmers, employees and owners.
    """
    workers, state = np.asarray(run.county.workers), run.states_at_start
    age = -workers["birth"].astype(int) / YEAR
    here = (state != r.PRE) & (state != r.AWAY) & (age >= 18) & (age < OLDEST_RESIDENT + 1)
    farming, others = state == r.FARMING, (state == r.EMPLOYED) | (state == r.OWNER)
    return {
        "residents_age": share(age[here]),
        "residents_under_30": share(age[here] < 30),
        "residents_women": share(workers["sex"][here] == 1),
        "farming_share": share(farming[farming | others]),
    }


def stops(run: Run) -> Figures:
    """Pattern 23: why open firms stopped under the policy, and who retired and handed the firm on."""
    rows = registered(run)
    rows = rows[(rows["stopped"] >= 1) & (rows["opened"] != r.NEVER)]
    reason = rows["stop_reason"]
    codes = {"failed": r.STOP_FAILED, "gave_up": r.STOP_GAVE_UP, "retired": r.STOP_RETIRED}
    found = {f"stops_{name}": share(reason == code) for name, code in codes.items()}
    retired = float((reason == r.STOP_RETIRED).sum())
    handed = float(run.county.months["handed_on"][1:].sum())
    return {**found, "handed_on": ratio(handed, handed + retired)}


# Patterns 15 and 16: what shows only where two runs with the same luck are compared.
#
# People and firms keep their ids under every policy, so that the same persons are followed in both.


OTHERWISE = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "paired.toml").read_text(encoding="utf-8")
)
CRISIS = OTHERWISE["crisis"]
CRISIS_MONTH, CRISIS_MONTHS = CRISIS["county.shock.start_month"], 36
TWO_YEARS = 24
COHORTS = {"early": (36, 60), "late": (96, 120)}  # months since opening, at the end


def paired(run: Run) -> Figures:
    """Patterns 15 and 16 for the replicate of a baseline run.

    `run`: of 120 months or more, for both parts of pattern 15.
    """
    bare, relief, grant = (again(run, OTHERWISE[name]) for name in ("bare", "relief", "grant"))
    return {
        "tax_relief_effect": tax_relief_effect(bare, relief),
        "grant_fade": grant_fade(bare, grant),
        **crisis(again(run, CRISIS, CRISIS_MONTHS)),
    }


def again(run: Run, values: Mapping[str, Any], months: int | None = None) -> Run:
    """The same replicate under other values."""
    scenario = run.scenario.with_(values)
    return simulate(scenario, run.replicate, run.seed, run.sample, months or run.months)


def both(one: Run, other: Run) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the firms that opened under the policy in both runs, in the same order."""
    rows = [firms[firms["opened"] >= 1] for firms in (registered(one), registered(other))]
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


def grant_fade(bare: Run, grant: Run) -> float:
    """Gain in income of those who got the grant 3 to 5 years ago, less that of 8 to 10 years ago.

    The same persons are followed in both runs, whatever they do at the end.
    """
    without, within = both(bare, grant)
    receipts = grant.county.receipts[: int(grant.county.clock.firms), R_GRANT]
    paid = np.asarray(grant.county.firms)["id"][: len(receipts)][receipts > 0]
    got = np.isin(within["id"], paid)
    age = grant.months - within["opened"].astype(int)
    gains = []
    for young, old in COHORTS.values():
        asked = got & (age >= young) & (age < old)
        a, b = incomes(bare, without["owner"][asked]), incomes(grant, within["owner"][asked])
        there = np.isfinite(a) & np.isfinite(b)
        enough = there.sum() >= FEW
        gains.append(ratio(b[there].mean(), a[there].mean()) - 1.0 if enough else np.nan)
    return gains[0] - gains[1]


@kernel
def who_is_hit(c, month, part, hit):
    """Fill `hit` with who loses the job in a shock, as the model draws it."""
    for i in range(len(c.workers)):
        u, _, _, _ = draws(c.clock, D_SHOCK, month, c.workers[i].id, ONLY)
        hit[i] = u < part


def states_at(run: Run, month: int) -> np.ndarray:
    """Career state of every worker at the end of a month, shape (workers,)."""
    events = np.asarray(run.county.events)[: int(run.county.clock.events)]
    events = events[events["month"] <= month]
    state = run.states_at_start.copy()
    state[events["worker"]] = events["state"]  # the last event of a worker counts
    return state


def crisis(run: Run) -> Figures:
    """Pattern 16: of those laid off who comes home at once, and of these who leaves in a year."""
    events = np.asarray(run.county.events)[: int(run.county.clock.events)]
    state = states_at(run, CRISIS_MONTH - 1)
    hit = np.zeros(len(state), dtype=np.bool_)
    who_is_hit(run.county, CRISIS_MONTH, float(run.county.facts.shock_city_loss), hit)
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
