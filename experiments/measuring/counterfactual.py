"""Patterns that take more runs than one: without the fund, without any support, and thirty years.

A *guaranteed borrower* is who registered a firm under the policy and had a guaranteed loan for it.
*Deadweight* is the share of these persons who register one without a guarantee fund, too: the same
person meets the same luck in both runs. *Support's share* in new returnee firms compares those open
at the end with a run without any support.

*Drift* of a stock between years 10 and 30 is beyond what the pyramid makes: with n_g people of sex and
five-year age group g and s_g of them in the state, the stock that ages and sexes alone would make is
E = sum of n_g(30) s_g(10) / n_g(10) (direct standardisation), and drift is s(30) / E - 1. Firms and
loans are measured against what becomes of owners that way.
"""

from __future__ import annotations

import numpy as np

from returnee.experiments.measuring.measures import firms_surviving, ratio
from returnee.experiments.measuring.patterns import (
    FEW,
    YEAR,
    Figures,
    again,
    registered,
    states_at,
)
from returnee.scenarios import load_scenario
from returnee.simulation.run import Run
from returnee.simulation.state import records as r

NO_FUND = {"policy.finance.guarantee_fund": 0.0}
NO_SUPPORT = "no_support"
FROM, TO = 120, 360  # months between which stocks may not drift
GROUP_YEARS, GROUPS = 5, 20  # of age


def effects(run: Run) -> Figures:
    """Patterns 21 and 22: deadweight of guaranteed loans, and the share of all support."""
    without = again(run, {"policy": load_scenario(NO_SUPPORT).policy})
    return {
        "loan_deadweight": deadweight(run, again(run, NO_FUND)),
        # of new returnee firms, open at the end, those that there would not be without support
        "support_share": 1.0 - ratio(firms_surviving(without), firms_surviving(run)),
    }


def founders_of(run: Run, borrowers: bool = False) -> np.ndarray:
    """Ids of who registered a firm under the policy; of borrowers only if asked."""
    firms = registered(run)
    firms = firms[firms["registered"] >= 1]
    if borrowers:
        firms = firms[firms["loan_granted"] > 0]
    return np.unique(firms["id"] >> 4)


def deadweight(within: Run, without: Run) -> float:
    """Share of guaranteed borrowers who found without a guarantee fund, too."""
    borrowers = founders_of(within, borrowers=True)
    if len(borrowers) < FEW:
        return np.nan
    return float(np.isin(borrowers, founders_of(without)).mean())


def group_sums(run: Run, month: int, state: int) -> tuple[np.ndarray, np.ndarray]:
    """People of the labour force by sex and age, and of them those in a state; (groups,) each."""
    workers, states = np.asarray(run.county.workers), states_at(run, month)
    force = (states != r.PRE) & (states != r.RETIRED)
    age = (month - workers["birth"].astype(int)) // (YEAR * GROUP_YEARS)
    group = np.clip(age, 0, GROUPS - 1) + GROUPS * workers["sex"]
    there = force & (states == state)
    people, of = (np.bincount(group[who], minlength=2 * GROUPS) for who in (force, there))
    return people, of


def made_by_pyramid(run: Run, state: int) -> float:
    """Factor by which ages and sexes alone would change a stock from `FROM` to `TO`."""
    people, there = group_sums(run, FROM, state)
    later, _ = group_sums(run, TO, state)
    expected = (later * there / np.maximum(people, 1)).sum()
    return ratio(expected, there.sum())


def thirty_years(run: Run) -> Figures:
    """Pattern 19 for the replicate of a baseline run, which is lived on for thirty years."""
    return drift(again(run, {}, TO))


def drift(run: Run) -> Figures:
    """Change of stocks over years 10 to 30 of a run beyond what the pyramid makes."""
    months, found = run.county.months, {}
    for name, column, state in (
        ("away", "away", r.AWAY),
        ("farming", "farming", r.FARMING),
        ("firms", "firms_open", r.OWNER),
        ("loans", "loans_outstanding", r.OWNER),
    ):
        # A year around either month, so that one festival or a few loans do not decide.
        before, after = (months[column][m - YEAR + 1 : m + 1].mean() for m in (FROM, TO))
        found[f"drift_{name}"] = ratio(after, before * made_by_pyramid(run, state)) - 1.0
    return found
