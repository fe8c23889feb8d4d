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
the county. Intervals: bootstrap over replicates, see `effects`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from experiments.effects import TAILS, draws_of, interval, resampled_means
from experiments.plan import Plan, Task
from experiments.stories import Pair
from experiments.whom_people import PAID, SUPPORT
from experiments.whom_store import PeopleStore

OUTCOMES = ("returned", "founded", "owner", "new_owner", "employed")
CHANGES = ("gained", "lost", "both", "neither")
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "all": ("all",),
    "sex": ("female", "male"),
    "age": ("under_30", "30_44", "45_up"),
    "schooling": ("none", "primary", "junior", "senior", "college"),
    "township": ("remote", "near"),
}
"""Groups of people, by what they were when the policy began."""
GROUPS = tuple((dimension, group) for dimension, groups in DIMENSIONS.items() for group in groups)
ANY = "any"
PROGRAMMES = (ANY, *SUPPORT)
SERVED = ("served", "founded", "founded_anyway", "open", "open_anyway",
          "yuan", "yuan_ran_anyway", "yuan_open_anyway")  # fmt: skip
AMOUNTS = ("firms", "jobs")
STEPS = ("gross", "deadweight", "lost_supported", "gained_withdrawn", "lost_withdrawn",
         "gained_others", "lost_others", "net")  # fmt: skip
SIGNS = np.array([1, -1, -1, 1, -1, 1, -1])
"""With which sign each step but the last enters the net change."""
OTHERS = ("incumbents", "newcomers", "returnees", "stayers")
"""Others by whether they owned a firm when the policy began, and by whether they had worked away."""
FEN = 100.0


@dataclass(frozen=True)
class Whom:
    """Whom the policies of a comparison changed; figures are for the full county.

    Attributes
    ----------
    replicates : int
        Paired replicates compared person by person.
    counts : DataFrame
        People by scenario, outcome, dimension, group and change (gained, lost, both, neither, net):
        mean, low, high.
    served : DataFrame
        By scenario and programme: people served, shares that would have founded or own an open firm
        anyway, yuan and its shares, each with low and high.
    waterfall : DataFrame
        By scenario, amount (firms, jobs) and step: mean, low, high.
    others : DataFrame
        What others gained and lost, by scenario, amount and kind of others.
    ratios : DataFrame
        Displacement per 100 gained, and public cost per firm, gross and net: ratio, low, high (NaN
        where it can't be told).
    pairs : mapping of str to list of Pair
        Example lives, by scenario.
    """

    replicates: int
    counts: pd.DataFrame = field(repr=False)
    served: pd.DataFrame = field(repr=False)
    waterfall: pd.DataFrame = field(repr=False)
    others: pd.DataFrame = field(repr=False)
    ratios: pd.DataFrame = field(repr=False)
    pairs: Mapping[str, list[Pair]] = field(repr=False)


@dataclass(frozen=True)
class Sums:
    """Sums over persons of one pair of runs, full county.

    Attributes
    ----------
    counts : ndarray, shape (outcomes, groups, 4)
    served : ndarray, shape (programmes, 8)
    steps : ndarray, shape (2, 8)
    others : ndarray, shape (2, 4, 2)
        Gained and lost, by amount and kind of others.
    """

    counts: np.ndarray
    served: np.ndarray
    steps: np.ndarray
    others: np.ndarray


Columns = Mapping[str, np.ndarray]


def outcomes_of(people: Columns) -> np.ndarray:
    """Whether each person has each of `OUTCOMES`, shape (outcomes, people)."""
    return np.array(
        [
            people["returns"] > 0,
            people["registrations"] > 0,
            people["owner"],
            people["new"],
            people["employed"],
        ]
    )


def groups_of(people: Columns, remote: np.ndarray) -> np.ndarray:
    """Membership of each person, shape (groups, people), in the order of `GROUPS`."""
    age, female, school = people["age"], people["sex"] == 1, people["schooling"]
    far = remote[people["township"]]
    rows = [np.ones(len(age), bool), female, ~female, age < 30, (age >= 30) & (age < 45), age >= 45]
    rows += [school == level for level in range(len(DIMENSIONS["schooling"]))]
    return np.array([*rows, far, ~far])


def sums_of(policy: Columns, reference: Columns, remote: np.ndarray, sample: float) -> Sums:
    """Compare the persons of a pair of runs.

    Parameters
    ----------
    policy, reference : mapping of str to ndarray
        Columns of `whom_people.PEOPLE`, the same persons in the same order.
    remote : ndarray of bool, shape (townships,)
    sample : float

    Returns
    -------
    Sums
    """
    ours, theirs = outcomes_of(policy), outcomes_of(reference)
    member = groups_of(policy, remote).astype(float)
    changes = np.array([ours & ~theirs, ~ours & theirs, ours & theirs, ~ours & ~theirs])
    counts = (changes.astype(float) @ member.T).transpose(1, 2, 0)
    steps, others = _waterfall(policy, reference)
    return Sums(
        counts / sample,
        _served(policy, reference) / sample,
        steps / sample,
        others / sample,
    )


def _served(policy: Columns, reference: Columns) -> np.ndarray:
    """Figures of `SERVED` by programme; money is yuan."""
    founded, founds = policy["registrations"] > 0, reference["registrations"] > 0
    ran = founds | policy["incumbent"]
    rows = []
    paid = {name: policy[name] / FEN for name in PAID}
    paid[ANY] = sum(paid.values(), np.zeros(len(founded)))
    for name in PROGRAMMES:
        bit = policy["support"] if name == ANY else policy["support"] >> SUPPORT.index(name) & 1
        got, yuan = bit > 0, paid.get(name, np.zeros(len(founded)))
        rows.append(
            [
                got.sum(),
                (got & founded).sum(),
                (got & founded & founds).sum(),
                (got & policy["owner"]).sum(),
                (got & policy["owner"] & reference["owner"]).sum(),
                yuan.sum(),
                yuan[ran].sum(),
                yuan[reference["owner"]].sum(),
            ]
        )
    return np.array(rows, float)


def _waterfall(policy: Columns, reference: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Steps of `STEPS`, and what others gained and lost, in firms and in jobs."""
    supported = policy["support"] > 0
    withdrawn = ~supported & (reference["support"] > 0)
    rest = ~supported & ~withdrawn
    returnee = policy["returnee"] | reference["returnee"]
    kinds = [policy["incumbent"], ~policy["incumbent"], returnee, ~returnee]
    steps, others = [], []
    for amount in ("owner", "jobs"):
        ours, theirs = (side[amount].astype(np.int64) for side in (policy, reference))
        gained, lost = np.maximum(ours - theirs, 0), np.maximum(theirs - ours, 0)
        steps.append(
            [
                ours[supported].sum(),
                np.minimum(ours, theirs)[supported].sum(),
                lost[supported].sum(),
                gained[withdrawn].sum(),
                lost[withdrawn].sum(),
                gained[rest].sum(),
                lost[rest].sum(),
                (ours - theirs).sum(),
            ]
        )
        others.append([[gained[rest & kind].sum(), lost[rest & kind].sum()] for kind in kinds])
    return np.array(steps, float), np.array(others, float)


def columns_of(store: PeopleStore, task: Task) -> dict[str, np.ndarray]:
    """Persons of one run as arrays."""
    table = store.read(task.key)
    return {name: table[name].to_numpy() for name in table.column_names}


def pair_sums(
    plan: Plan, store: PeopleStore
) -> tuple[dict[str, list[Sums | None]], dict[int, dict[str, dict[str, np.ndarray]]]]:
    """Sums of every pair of the kept replicates, and the persons of the first whole replicate.

    Returns
    -------
    sums : dict of str to list
        By scenario; None where a run failed or the two counties are not of the same persons.
    first : dict
        Replicate to persons by label, of the first replicate in which every run succeeded.
    """
    done, reference = store.done(), plan.scenarios[plan.reference]
    remote = np.array([town.remote for town in reference.county.townships])
    sums: dict[str, list[Sums | None]] = {label: [] for label in plan.compared}
    first: dict[int, dict[str, dict[str, np.ndarray]]] = {}
    for replicate in range(plan.settings.people):
        tasks = {k: Task(k, s.id, 0, replicate) for k, s in plan.scenarios.items()}
        there = {label: task for label, task in tasks.items() if task.key in done}
        base = columns_of(store, there[plan.reference]) if plan.reference in there else None
        keep = base is not None and len(there) == len(tasks) and not first
        kept = {plan.reference: base} if keep else {}
        for label in plan.compared:
            ours = columns_of(store, there[label]) if base is not None and label in there else None
            same = ours is not None and np.array_equal(ours["worker"], base["worker"])  # type: ignore[index]
            sums[label].append(
                sums_of(ours, base, remote, plan.settings.sample) if same else None  # type: ignore[arg-type]
            )
            if keep and same:
                kept[label] = ours
        if keep:
            first[replicate] = kept  # type: ignore[assignment]
    return sums, first


def whom_of(
    plan: Plan,
    sums: Mapping[str, list[Sums | None]],
    costs: Mapping[str, np.ndarray],
    pairs: Mapping[str, list[Pair]],
) -> Whom:
    """Means and intervals of all sums.

    Parameters
    ----------
    costs : mapping of str to ndarray, shape (replicates,)
        Public cost of every run over the horizon, yuan, by label.
    """
    frames: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("counts", "served", "waterfall", "others", "ratios")
    }
    for label in plan.compared:
        there = [k for k, found in enumerate(sums[label]) if found is not None]
        if not there:
            continue
        found = [sums[label][k] for k in there]
        draws = draws_of(len(there))
        stacks = {
            name: np.array([getattr(one, name) for one in found])
            for name in ("counts", "served", "steps", "others")
        }
        cost = costs[label][there], costs[plan.reference][there]
        for name, frame in (
            ("counts", counts_frame(stacks["counts"], draws)),
            ("served", served_frame(stacks["served"], draws)),
            ("waterfall", steps_frame(stacks["steps"], draws)),
            ("others", others_frame(stacks["others"], draws)),
            ("ratios", ratios_frame(stacks["steps"], *cost, draws)),
        ):
            frame.insert(0, "scenario", label)
            frames[name].append(frame)
    whole = {
        name: pd.concat(some, ignore_index=True) if some else pd.DataFrame({"scenario": []})
        for name, some in frames.items()
    }
    return Whom(plan.settings.people, pairs=pairs, **whole)


def _bounds(values: np.ndarray, draws: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and interval over replicates (axis 0), flat; no interval for one pair."""
    flat = values.reshape(len(values), -1)
    low, high = interval(resampled_means(flat, draws))
    if len(values) < 2:
        low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
    return {"mean": flat.mean(axis=0), "low": low, "high": high}


def counts_frame(counts: np.ndarray, draws: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.counts`; `counts` is (replicates, outcomes, groups, 4)."""
    net = counts[..., :1] - counts[..., 1:2]
    whole = np.concatenate([counts, net], axis=-1)
    index = pd.MultiIndex.from_product(
        [OUTCOMES, range(len(GROUPS)), (*CHANGES, "net")], names=["outcome", "place", "change"]
    )
    frame = pd.DataFrame(_bounds(whole, draws), index=index).reset_index()
    places = frame.pop("place").to_numpy()
    frame.insert(1, "dimension", [GROUPS[k][0] for k in places])
    frame.insert(2, "group", [GROUPS[k][1] for k in places])
    return frame


def served_frame(served: np.ndarray, draws: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.served`; `served` is (replicates, programmes, 8)."""
    at = {name: served[..., k] for k, name in enumerate(SERVED)}
    frame = pd.DataFrame({"programme": PROGRAMMES})
    for name in ("served", "founded", "open", "yuan"):
        frame[name] = at[name].mean(axis=0)
    for name, part, whole in (
        ("founded_anyway", "founded_anyway", "founded"),
        ("open_anyway", "open_anyway", "open"),
        ("yuan_ran_anyway", "yuan_ran_anyway", "yuan"),
        ("yuan_open_anyway", "yuan_open_anyway", "yuan"),
    ):
        rows = [quotient(at[part][:, k], at[whole][:, k], draws) for k in range(len(PROGRAMMES))]
        frame[[name, f"{name}_low", f"{name}_high"]] = np.array(rows)
    return frame


def steps_frame(steps: np.ndarray, draws: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.waterfall`; `steps` is (replicates, 2, 8)."""
    index = pd.MultiIndex.from_product([AMOUNTS, STEPS], names=["amount", "step"])
    return pd.DataFrame(_bounds(steps, draws), index=index).reset_index()


def others_frame(others: np.ndarray, draws: np.ndarray) -> pd.DataFrame:
    """Rows of `Whom.others`; `others` is (replicates, 2, 4, 2)."""
    index = pd.MultiIndex.from_product(
        [AMOUNTS, OTHERS, CHANGES[:2]], names=["amount", "others", "change"]
    )
    return pd.DataFrame(_bounds(others, draws), index=index).reset_index()


def ratios_frame(
    steps: np.ndarray, cost: np.ndarray, without: np.ndarray, draws: np.ndarray
) -> pd.DataFrame:
    """Rows of `Whom.ratios`.

    Parameters
    ----------
    steps : ndarray, shape (replicates, 2, 8)
    cost, without : ndarray, shape (replicates,)
        Public cost under the policy and under the reference, yuan over the horizon.
    draws : ndarray, shape (draws, replicates)
    """
    rows: list[dict[str, Any]] = []
    for k, amount in enumerate(AMOUNTS):
        at = {name: steps[:, k, j] for j, name in enumerate(STEPS)}
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
            ratio, low, high = told_quotient(above, below, draws)
            rows.append({"ratio": name, "amount": amount, "mean": ratio, "low": low, "high": high})
    return pd.DataFrame(rows)


def quotient(above: np.ndarray, below: np.ndarray, draws: np.ndarray) -> tuple[float, ...]:
    """Ratio of sums over replicates with its interval; NaN where there is nothing to divide by."""
    if below.sum() == 0.0:
        return np.nan, np.nan, np.nan
    ratio = above.sum() / below.sum()
    if len(below) < 2:
        return ratio, np.nan, np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (draws @ above) / (draws @ below)
    low, high = np.nanpercentile(spread[np.isfinite(spread)], TAILS)
    return ratio, float(low), float(high)


def told_quotient(above: np.ndarray, below: np.ndarray, draws: np.ndarray) -> tuple[float, ...]:
    """`quotient`, but NaN unless what is divided by can be told to be above zero."""
    nothing = np.nan, np.nan, np.nan
    if len(below) < 2 or np.isnan(above).any():
        return nothing
    if np.percentile(draws @ below, TAILS[0]) <= 0.0:
        return nothing
    return quotient(above, below, draws)
