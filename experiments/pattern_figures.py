"""How each pattern is counted in one run, as the statistics behind it define it.

The register is tracked by cohort: a firm counts from its registration to the month in which it is
struck off, whether or not it ever opened. With d_a firms struck off at age a of n_a at risk, the
product limit S(t) = prod over a <= t of (1 - d_a / n_a) (Kaplan and Meier, J. Am. Stat. Assoc. 53,
1958) gives a year's hazard 1 - S(12 k) / S(12 (k - 1)). Firms registered in the history enter late
(at their age when the policy starts), so n_a counts those seen at age a only.
"""

from __future__ import annotations

import numpy as np

from experiments.measures import kaplan_meier
from simulation import records as r
from simulation.careers import will_to_found
from simulation.compiler import kernel
from simulation.run import Run

YEAR = 12
FEW = 20  # cases below which nothing is said
OLDEST = 84  # months of age to which hazards are counted
LARGE = 100  # persons
FIVE_YEARS = 60
Figures = dict[str, float]


def share(part: np.ndarray) -> float:
    """Mean of a column; NaN for fewer than `FEW` rows."""
    return float(part.mean()) if len(part) >= FEW else np.nan


def ratio(above: float, below: float) -> float:
    """A quotient; NaN where nothing stands below."""
    return float(above / below) if below else np.nan


def registered(run: Run) -> np.ndarray:
    """Records of all firms ever registered."""
    rows = np.asarray(run.county.firms)[: int(run.county.clock[0].firms)]
    return rows[rows["registered"] != r.NEVER]


def survival(entry: np.ndarray, age: np.ndarray, ended: np.ndarray, oldest: int) -> np.ndarray:
    """Product limit with late entry.

    Parameters
    ----------
    entry, age : ndarray of int, shape (firms,)
        Months of age at which a firm is first seen, and at which it ends or is last seen.
    ended : ndarray of bool, shape (firms,)
        Whether the end was seen.
    oldest : int
        Months.

    Returns
    -------
    ndarray of float, shape (oldest + 1,)
        Share that lives longer than 0..oldest months; NaN from the first age at which fewer than
        `FEW` firms are at risk.

    Examples
    --------
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
    rows, first = registered(run), int(run.county.clock[0].first)
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
    for years, value in zip(
        (3, 5), kaplan_meier(spans, struck[new], (3 * YEAR, 5 * YEAR)) if new.any() else (np.nan,) * 2
    ):  # fmt: skip
        found[f"registered_{years}_years"] = value
    found["operating_year_1"] = share(operating(rows, run.months))
    return found


def operating(rows: np.ndarray, months: int) -> np.ndarray:
    """Whether each firm that turns one year old under the policy has opened and goes on."""
    day = rows["registered"].astype(int) + YEAR
    rows, day = rows[(day >= 1) & (day <= months)], day[(day >= 1) & (day <= months)]
    opened = (rows["opened"] != r.NEVER) & (rows["opened"] <= day)
    return opened & ((rows["stopped"] == r.NEVER) | (rows["stopped"] > day))


def firms_open(run: Run) -> Figures:
    """Patterns 3, 4 and 9 among firms open at the end: persons, margin and cash."""
    c = run.county
    used = int(c.clock[0].firms)
    firms = np.asarray(c.firms)[:used]
    which = np.flatnonzero(firms["phase"] == r.OPEN)
    firms = firms[which]
    persons = 1.0 + firms["employees"]
    company, returnee = firms["company"] == 1, firms["returnee"] == 1
    sales, profit = (
        c.sales[which].sum(axis=1, dtype=float),
        c.profit[which].sum(axis=1, dtype=float),
    )
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

    Parameters
    ----------
    run : Run
    firms : structured ndarray, shape (firms,)
    sales : ndarray of float, shape (firms,)
        Of the last 12 months, yuan.

    Returns
    -------
    ndarray of float, shape (firms,)
        Yuan a month.
    """
    c = run.county
    policy, behaviour, facts = c.policies[-1], c.behaviour[0], c.facts[0]
    markets, towns = np.asarray(c.markets)[firms["sector"]], np.asarray(c.towns)[firms["township"]]
    rent = markets["rent"].copy()
    relief = np.minimum(policy.incubation_rent_share * rent, policy.incubation_rent_cap / 12.0)
    rent -= np.where(firms["venue"] == r.INCUBATOR_PLACE, relief, 0.0)
    rent *= np.where(firms["venue"] == r.COUNTY_SITE, behaviour.support_site_rent, 1.0)
    subsidised = firms["loan_stage"] == r.GRANTED
    paid = 1.0 - policy.finance_interest_subsidy * policy.budget_arrears * subsidised
    interest = firms["loan"] / 100.0 * firms["loan_rate"] / 12.0 * paid
    lived = np.clip(run.months - firms["opened"].astype(int) + 1, 1, YEAR)
    tax = facts.firms_tax * (1.0 - markets["intermediate"]) * sales / lived
    return firms["employees"] * towns["pay"] + rent + interest + tax + behaviour.firm_living


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
    channels = (("support", r.SERVICES), ("tax", r.FINANCE), ("training", r.TRAINING))
    for name, channel in channels:
        known = knows >> channel & 1
        found[f"aware_{name}"] = share(known[owners])
        gaps.append(found[f"aware_{name}"] - share(known[others]))
    found["aware_gap"] = float(np.mean(gaps))
    return found


def moves(run: Run) -> Figures:
    """Patterns 6, 7, 8 and 10: returns, their season, starts, and leaving again."""
    months = run.county.months[1:]
    returns, away = months["returns"], months["away"]
    starts = months["returnee_registrations"].sum()
    years, total = run.months / YEAR, returns.sum()
    festival = int(run.county.facts[0].work_festival_month)
    month = np.arange(run.months) % YEAR + 1  # of the year
    season = (festival - month) % YEAR <= 2
    whole = run.months - run.months % YEAR
    enough = total >= FEW and whole > 0
    return {
        "return_rate": ratio(total / years, away.mean()),
        "start_rate": ratio(starts / years, away.mean()),
        "starts_per_return": ratio(starts, total) if enough else np.nan,
        "festival_share": ratio(returns[:whole][season[:whole]].sum(), returns[:whole].sum())
        if enough
        else np.nan,
        "repeat_migration": left_again(run),
    }


def left_again(run: Run) -> float:
    """Share of returns followed by leaving within five years, by the product limit.

    Whoever retires, or is at home in the last month, is censored.
    """
    spans, left, _ = stays(run)
    if len(spans) < FEW or run.months <= FIVE_YEARS:
        return np.nan
    return 1.0 - kaplan_meier(spans.astype(float), left, (FIVE_YEARS,))[0]


def stays(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stays at home after a return under the policy.

    Returns
    -------
    spans : ndarray of int, shape (returns,)
        Months at home, to leaving, retirement or the last month.
    left : ndarray of bool, shape (returns,)
        Whether the stay ended by leaving.
    begun : ndarray of int, shape (returns,)
        Month of the return.
    """
    events = np.asarray(run.county.events)[: int(run.county.clock[0].events)]
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
    number, repaid = months["loans_number"].sum(), months["loans_repaid"].sum()
    return {
        "loan_mean": ratio(months["loans_granted"].sum(), number) if number >= FEW else np.nan,
        "loan_recovery": ratio(repaid, repaid + months["loans_defaulted"].sum()),
    }


def founders(run: Run) -> Figures:
    """Pattern 13: sex and age of returnees who register a firm under the policy."""
    rows = registered(run)
    rows = rows[(rows["registered"] >= 1) & (rows["returnee"] == 1)]
    owners = np.asarray(run.county.workers)[rows["owner"]]
    age = (rows["registered"].astype(int) - owners["birth"]) / YEAR
    return {"founders_male": share(owners["sex"] == 0), "founders_age": share(age)}


@kernel
def intentions_at_home(c):
    """Sum of the chances that home workers without a firm would found, and their number."""
    total, people = 0.0, 0
    for i in range(len(c.workers)):
        state = c.workers[i].state
        if state == r.SEEKING or state == r.FARMING or state == r.EMPLOYED:
            total += will_to_found(c, i)
            people += 1
    return total, people


def intentions(run: Run) -> Figures:
    """Pattern 14: who would found at the end, and who registers a firm in a year."""
    total, people = intentions_at_home(run.county)
    months = run.county.months[1:]
    at_home = (months["seeking"] + months["farming"] + months["employed"]).mean()
    rate = ratio(months["registrations"].sum() * YEAR / run.months, at_home)
    return {"intention": ratio(total, people), "founding_rate": rate}
