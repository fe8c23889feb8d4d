"""What the factorial says: effects alone and last, Shapley values, interactions, and the premium.

With y(S) the outcome when the set S of factors is on and n factors:

- alone: y({i}) - y(nothing); last: y(all) - y(all but i).
- Shapley value (Shapley 1953, Contributions to the Theory of Games II, 307-317):
  sum over S without i of |S|! (n-|S|-1)! / n! [y(S + i) - y(S)]; the values sum to
  y(all) - y(nothing), the joint effect.
- interaction of i and j (second-order factorial contrast; Box, Hunter and Hunter 2005, ch. 5, as a
  difference of differences): mean over the settings of the other factors of
  y(ij) - y(i) - y(j) + y(neither).
- linkage premium: y(all, linked) - y(all, siloed), both under the same cap on spending; beside it the
  ceiling, y(all, perfect hand-over) - y(all, siloed).

All are linear in y: a row of weights over the 64 cells each, applied replicate by replicate before
anything is averaged; intervals as in `intervals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import pandas as pd

from returnee.experiments.measuring import selections
from returnee.experiments.numbers import picked
from returnee.experiments.statistics.effects import verdicts
from returnee.experiments.statistics.intervals import estimate, ratio_interval
from returnee.experiments.statistics.samples import widened
from returnee.experiments.studies.linkage import design
from returnee.simulation.state.programmes import PROGRAMMES

OUTCOMES, COST = selections.OF_LINKAGE, selections.COST
SPENT = tuple(f"spent_{name}" for name in PROGRAMMES)
KEPT = (*OUTCOMES, COST, *SPENT)
MILLION = 1e6
ROUNDING = 1e-11  # of the largest level: what sums of weights may be off by


@dataclass(frozen=True)
class Contrast:
    """A linear function of the cells."""

    # alone, last, last_linked, shapley, shapley_linked, joint, joint_linked, main, interaction
    kind: str
    # what it is about; empty where nothing
    factor: str
    other: str
    weights: np.ndarray  # shape (64,)


def between(plus: int, minus: int) -> np.ndarray:
    """Weights of the difference between two cells, shape (64,)."""
    weights = np.zeros(design.CELLS)
    weights[plus] += 1.0
    weights[minus] -= 1.0
    return weights


def shapley(factor: int, n: int, cells: int = design.CELLS) -> np.ndarray:
    """Weights of a factor's Shapley value among the first `n` factors, the others off.

    Returns: shape (cells,).
    """
    weights, bit = np.zeros(cells), 1 << factor
    for cell in range(1 << n):
        if not cell & bit:
            size = cell.bit_count()
            share = factorial(size) * factorial(n - size - 1) / factorial(n)
            weights[cell | bit] += share
            weights[cell] -= share
    return weights


def contrast(*factors: int) -> np.ndarray:
    """Weights of the factorial contrast of one factor, or of two; shape (64,)."""
    cells = np.arange(design.CELLS)
    signs = np.prod([np.where(cells >> factor & 1, 1.0, -1.0) for factor in factors], axis=0)
    return signs * 2.0 ** (len(factors) - len(design.FACTORS))


def contrasts() -> list[Contrast]:
    """Every contrast that is reported."""
    n, found = len(design.PILLARS), list[Contrast]()
    nothing, siloed, linked = design.NOTHING, design.SILOED, design.LINKED
    for k, factor in enumerate(design.FACTORS):
        bit = 1 << k
        of = {"alone": between(bit, nothing)}
        if factor != design.LINKAGE:
            of |= {"last": between(siloed, siloed ^ bit), "shapley": shapley(k, n)}
        of |= {"last_linked": between(linked, linked ^ bit), "shapley_linked": shapley(k, n + 1)}
        of["main"] = contrast(k)
        found += [Contrast(kind, factor, "", weights) for kind, weights in of.items()]
        others = enumerate(design.FACTORS[k + 1 :], start=k + 1)
        found += [Contrast("interaction", factor, other, contrast(k, j)) for j, other in others]
    whole = {"joint": siloed, "joint_linked": linked}
    return found + [Contrast(kind, "", "", between(c, nothing)) for kind, c in whole.items()]


def effects_of(
    values: np.ndarray, names: tuple[str, ...] = (*OUTCOMES, COST), sample: float = 1.0
) -> pd.DataFrame:
    """Every contrast of every measure.

    `values`: shape (64, replicates, measures); replicates in which a cell is missing are left out.
    `names`: of the measures. Returns: kind, factor, other, measure, value, low, high, p_higher,
    verdict, and for Shapley values share, share_low, share_high of the joint effect (missing where
    the joint effect cannot be told from zero).
    """
    whole = values[:, np.isfinite(values).all(axis=(0, 2))]
    listed = contrasts()
    if not whole.shape[1]:
        raise ValueError("no replicate in which every cell has run")
    each = np.einsum("cs,srm->rcm", np.array([c.weights for c in listed]), whole)
    each[np.abs(each) < ROUNDING * np.abs(whole).max(axis=(0, 1))] = 0.0
    mean, low, high, chance, _ = widened(estimate(each), names, sample)
    share = np.full((3, *mean.shape), np.nan)
    for k, c in enumerate(listed):
        if c.kind.startswith("shapley"):
            joint = [d.kind for d in listed].index(c.kind.replace("shapley", "joint"))
            whole = np.where((low[joint] > 0.0) | (high[joint] < 0.0), mean[joint], np.nan)
            shares = mean[k] / whole, *ratio_interval(each[:, k], each[:, joint])
            share[:, k] = np.where(np.isfinite(whole), shares, np.nan)
    told = {
        "value": mean, "low": low, "high": high, "p_higher": chance, "verdict": verdicts(low, high),
        **dict(zip(("share", "share_low", "share_high"), share)),
    }  # fmt: skip
    about = {name: [getattr(c, name) for c in listed] for name in ("kind", "factor", "other")}
    frames = [
        pd.DataFrame({**about, "measure": name, **{key: at[:, m] for key, at in told.items()}})
        for m, name in enumerate(names)
    ]
    return pd.concat(frames, ignore_index=True)


def premium_of(
    siloed: np.ndarray, linked: np.ndarray, nothing: np.ndarray, sample: float = 1.0
) -> pd.DataFrame:
    """Linked less siloed support, in all and per million yuan a year.

    `siloed`, `linked`, `nothing`: shape (replicates, measures); columns are `OUTCOMES` and the
    public cost, yuan a year; replicates with a missing value are left out. Returns: one row a
    measure, the public cost last. ``per_million`` is what each million yuan a year buys beyond no
    support when linked, less what it buys when siloed.
    """
    stacked = np.stack([siloed, linked, nothing], axis=1)
    stacked = stacked[np.isfinite(stacked).all(axis=(1, 2))]
    if not len(stacked):
        raise ValueError("no replicate in which every cell of the premium has run")
    middle, each = stacked.mean(axis=0), stacked[:, 1] - stacked[:, 0]
    gap = widened(estimate(each), (*OUTCOMES, COST), sample)
    of_each = (each > 0).mean(axis=0) + 0.5 * (each == 0).mean(axis=0)
    rate = estimate(_rates(stacked))
    return pd.DataFrame(
        {
            "measure": (*OUTCOMES, COST), "nothing": middle[2], "siloed": middle[0],
            "linked": middle[1], "difference": gap.mean, "low": gap.low, "high": gap.high,
            "p_higher": gap.p_higher, "replicates_higher": of_each, "per_million": rate.mean,
            "per_million_low": rate.low, "per_million_high": rate.high,
            "per_million_p_higher": rate.p_higher, "pairs": len(stacked),
            "verdict": verdicts(gap.low, gap.high),
            "per_million_verdict": verdicts(rate.low, rate.high),
        }
    )  # fmt: skip


def _rates(stacked: np.ndarray) -> np.ndarray:
    """What a million yuan a year buys more when linked, by replicate; the mean is that of the means.

    With gain a and cost b beyond no support, the ratio of means R = A / B has the linear part
    R + (a_r - R b_r) / B in replicate r (see `intervals`). None for the cost itself, and none
    where a cost can't be told from nothing.

    `stacked`: shape (replicates, 3, measures); siloed, linked, nothing; the cost last.
    """
    gains = stacked[:, :2] - stacked[:, 2:]
    spent = gains[..., -1:] / MILLION
    mean, low, high, *_ = estimate(spent)
    if len(stacked) > 1:
        mean = np.where((low > 0.0) | (high < 0.0), mean, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(mean != 0.0, gains.mean(axis=0) / mean, np.nan)
        each = ratio + (gains - ratio * spent) / mean
    rates: np.ndarray = each[:, 1] - each[:, 0]
    rates[..., -1] = np.nan
    return rates


def premiums_of(values: np.ndarray, plan: design.Factorial) -> pd.DataFrame:
    """The premium at the main cap, at the other caps, and without a cap; and the ceiling.

    `values`: shape (scenarios, replicates, measures); in the order of the plan; columns are
    `OUTCOMES` and the public cost. Returns: as `premium_of`, with ``basis``: capped, uncapped, cap
    x 0.6, ..., and ceiling (under the main cap) and ceiling_uncapped, where ``linked`` is a
    perfect hand-over.
    """
    at = dict(zip(plan.scenarios, values))
    cells = design.NOTHING, design.LINKED, design.SILOED
    nothing, linked, siloed = map(design.label_of_cell, cells)
    capped, joined, perfect = map(design.capped_label, ("siloed", "linked", "ceiling"))
    pairs: dict[str, tuple[str, ...]] = {"capped": (capped, joined), "uncapped": (siloed, linked)}
    for share in design.OTHER_CAPS:
        both = (design.capped_label(name, share) for name in ("siloed", "linked"))
        pairs[f"cap x {share:g}"] = tuple(both)
    pairs |= {"ceiling": (capped, perfect), "ceiling_uncapped": (siloed, "ceiling")}
    found = {
        basis: premium_of(at[one], at[other], at[nothing], plan.settings.sample)
        for basis, (one, other) in pairs.items()
    }
    return pd.concat(found, names=["basis"]).reset_index("basis").reset_index(drop=True)


def spending_gap(premiums: pd.DataFrame, basis: str) -> float:
    """By which share linked support spends more than siloed support."""
    row = picked(premiums, basis=basis, measure=COST).iloc[0]
    return float(row["difference"] / row["siloed"]) if row["siloed"] else np.nan
