"""Whom a policy changed: paired runs compared person by person.

For a person and an outcome x (1 or 0; or jobs in the person's firm), with p under the policy and f
under the reference, max(p - f, 0) is *gained*, max(f - p, 0) *lost*, min(p, f) *both*. So gained less
lost is the paired difference of the outcome, to the unit.

**Deadweight**: of those whom a programme paid or served under the policy, the share who founded, or
own an open firm at the end, under the reference too. Only against a reference without the
programme is it what the programme could have left alone.

**Waterfall**: everybody belongs to one of three: *supported* (paid or served under the policy),
*withdrawn* (under the reference only), *others* (under neither; they can lose or gain only through
markets, queues, pots and ties). Over all persons

    net = gross - deadweight - lost by the supported
          + gained - lost by the withdrawn + gained - lost by others

where gross is x of the supported and deadweight what they would have anyway. **Displacement** is
what others lost less what others gained, per 100 that the supported gained less lost: some gains
and losses of others are mere reshuffling (another firm gets the customer), which is no loss to
the county. Intervals: over replicates, see `intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics import persons
from returnee.experiments.statistics.intervals import interval, ratio_interval
from returnee.experiments.studies.stories.life import Pair


@dataclass(frozen=True)
class Whom:
    """Whom the policies of a comparison changed; figures are for the full county."""

    replicates: int  # paired replicates compared person by person
    # people by scenario, outcome, dimension, group and change (gained, lost, both, neither, net):
    # mean, low, high
    counts: pd.DataFrame = field(repr=False)
    # by scenario and programme: people served, shares that would have founded or own an open firm
    # anyway, yuan and its shares, each with low and high
    served: pd.DataFrame = field(repr=False)
    # by scenario, amount (firms, jobs) and step: mean, low, high
    waterfall: pd.DataFrame = field(repr=False)
    # what others gained and lost, by scenario, amount and kind of others
    others: pd.DataFrame = field(repr=False)
    # displacement per 100 gained, and public cost per firm, gross and net: ratio, low, high (NaN
    # where it can't be told)
    ratios: pd.DataFrame = field(repr=False)
    pairs: Mapping[str, list[Pair]] = field(repr=False)  # example lives, by scenario


def whom_of(
    plan: Plan,
    sums: Mapping[str, list[persons.Sums | None]],
    costs: Mapping[str, np.ndarray],
    pairs: Mapping[str, list[Pair]],
) -> Whom:
    """Means and intervals of all sums.

    `costs`: shape (replicates,); public cost of every run over the horizon, yuan, by label.
    """
    frames: dict[str, list[pd.DataFrame]] = {}
    for label in plan.compared:
        there = [k for k, found in enumerate(sums[label]) if found is not None]
        if not there:
            continue
        found = [sums[label][k] for k in there]
        counts, served, steps, others = (
            np.array([getattr(one, name) for one in found])
            for name in ("counts", "served", "steps", "others")
        )
        cost = costs[label][there], costs[plan.reference][there]
        for name, frame in (
            ("counts", counts_frame(counts)), ("served", served_frame(served)),
            ("waterfall", bounds_frame(steps, amount=persons.AMOUNTS, step=persons.STEPS)),
            ("others", bounds_frame(
                others, amount=persons.AMOUNTS, others=persons.OTHERS, change=persons.CHANGES[:2]
            )),
            ("ratios", ratios_frame(steps, *cost)),
        ):  # fmt: skip
            frame.insert(0, "scenario", label)
            frames.setdefault(name, []).append(frame)
    none = [pd.DataFrame({"scenario": []})]
    names = ("counts", "served", "waterfall", "others", "ratios")
    whole = {name: pd.concat(frames.get(name, none), ignore_index=True) for name in names}
    return Whom(plan.people, pairs=pairs, **whole)


def bounds_frame(values: np.ndarray, **names: Sequence[Any]) -> pd.DataFrame:
    """Mean and interval over replicates (axis 0), a row for each of the names of the other axes.

    There is no interval of one pair.
    """
    flat = values.reshape(len(values), -1)
    low, high = interval(flat)
    index = pd.MultiIndex.from_product(list(names.values()), names=list(names))
    frame = pd.DataFrame({"mean": flat.mean(axis=0), "low": low, "high": high}, index=index)
    return frame.reset_index()


def counts_frame(counts: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.counts`; `counts` is (replicates, outcomes, groups, 4)."""
    net = counts[..., :1] - counts[..., 1:2]
    whole, places = np.concatenate([counts, net], axis=-1), range(len(persons.GROUPS))
    frame = bounds_frame(
        whole, outcome=persons.OUTCOMES, place=places, change=(*persons.CHANGES, "net")
    )
    groups = [persons.GROUPS[k] for k in frame.pop("place")]
    frame.insert(1, "dimension", [dimension for dimension, _ in groups])
    frame.insert(2, "group", [group for _, group in groups])
    return frame


def served_frame(served: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.served`; `served` is (replicates, programmes, 8)."""
    at = {name: served[..., k] for k, name in enumerate(persons.SERVED)}
    frame = pd.DataFrame({"programme": persons.PROGRAMMES})
    for name in ("served", "founded", "open", "yuan"):
        frame[name] = at[name].mean(axis=0)
    for name in ("founded_anyway", "open_anyway", "yuan_ran_anyway", "yuan_open_anyway"):
        whole = at[name.partition("_")[0]]
        rows = [quotient(part, all_) for part, all_ in zip(at[name].T, whole.T)]
        shares = np.clip(np.array(rows), 0.0, 1.0)  # a part of a whole is never outside
        frame[[name, f"{name}_low", f"{name}_high"]] = shares
    return frame


def ratios_frame(steps: np.ndarray, cost: np.ndarray, without: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.ratios`.

    `steps`: shape (replicates, 2, 8). `cost`, `without`: shape (replicates,); public cost under
    the policy and under the reference, yuan over the horizon.
    """
    rows: list[dict[str, Any]] = []
    for k, amount in enumerate(persons.AMOUNTS):
        at = {name: steps[:, k, j] for j, name in enumerate(persons.STEPS)}
        own = at["gross"] - at["deadweight"]
        displaced = 100.0 * (at["lost_others"] - at["gained_others"])
        for name, above, below in (
            ("displacement", displaced, own - at["lost_supported"]),
            ("displacement_gross", 100.0 * at["lost_others"], own),
            ("cost_gross", cost, at["gross"]),
            ("cost_gained", cost - without, own),
            ("cost_own", cost - without, own - at["lost_supported"]),
            ("cost_net", cost - without, at["net"]),
        ):
            ratio, low, high = told_quotient(above, below)
            rows.append({"ratio": name, "amount": amount, "mean": ratio, "low": low, "high": high})
    return pd.DataFrame(rows)


def quotient(above: np.ndarray, below: np.ndarray) -> tuple[float, ...]:
    """Ratio of sums over replicates with its interval; NaN where there is nothing to divide by."""
    if below.sum() == 0.0:
        return np.nan, np.nan, np.nan
    low, high = ratio_interval(above, below).tolist()
    return float(above.sum() / below.sum()), low, high


def told_quotient(above: np.ndarray, below: np.ndarray) -> tuple[float, ...]:
    """`quotient`, but NaN unless what is divided by can be told to be above zero."""
    nothing = np.nan, np.nan, np.nan
    if len(below) < 2 or np.isnan(above).any():
        return nothing
    return quotient(above, below) if interval(below)[0] > 0.0 else nothing
