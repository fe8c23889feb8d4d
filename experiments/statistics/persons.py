"""Counts of whom a policy changed, of one pair of runs: a person compared with the same person.

Terms and equations: see `whom`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from returnee.experiments.keys import Task
from returnee.experiments.measuring.people import PAID, SUPPORT
from returnee.experiments.running.jobs import PERSONS
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.store import Store
from returnee.simulation.start.own_county import sample_of

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
class Sums:
    """Sums over persons of one pair of runs, full county."""

    counts: np.ndarray  # shape (outcomes, groups, 4)
    served: np.ndarray  # shape (programmes, 8)
    steps: np.ndarray  # shape (2, 8)
    others: np.ndarray  # shape (2, 4, 2); Gained and lost, by amount and kind of others


Columns = Mapping[str, np.ndarray]


def outcomes_of(people: Columns) -> np.ndarray:
    """Whether each person has each of `OUTCOMES`, shape (outcomes, people)."""
    happened = people["returns"] > 0, people["registrations"] > 0
    return np.array([*happened, people["owner"], people["new"], people["employed"]])


def groups_of(people: Columns, remote: np.ndarray) -> np.ndarray:
    """Membership of each person, shape (groups, people), in the order of `GROUPS`."""
    age, female, school = people["age"], people["sex"] == 1, people["schooling"]
    far = remote[people["township"]]
    rows = [np.ones(len(age), bool), female, ~female, age < 30, (age >= 30) & (age < 45), age >= 45]
    rows += [school == level for level in range(len(DIMENSIONS["schooling"]))]
    return np.array([*rows, far, ~far])


def sums_of(policy: Columns, reference: Columns, remote: np.ndarray, sample: float) -> Sums:
    """Compare the persons of a pair of runs.

    `policy`, `reference`: columns of `whom_people.PEOPLE`, the same persons in the same order.
    `remote`: shape (townships,).
    """
    ours, theirs = outcomes_of(policy), outcomes_of(reference)
    member = groups_of(policy, remote).astype(float)
    changes = np.array([ours & ~theirs, ~ours & theirs, ours & theirs, ~ours & ~theirs])
    counts = (changes.astype(float) @ member.T).transpose(1, 2, 0)
    steps, others = waterfall(policy, reference)
    return Sums(
        counts / sample, _served(policy, reference) / sample, steps / sample, others / sample
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
        begun, still = got & founded, got & policy["owner"]
        people = got, begun, begun & founds, still, still & reference["owner"]
        money = yuan, yuan[ran], yuan[reference["owner"]]
        rows.append([each.sum() for each in (*people, *money)])
    return np.array(rows, float)


def waterfall(policy: Columns, reference: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the persons of a pair, of the sample: steps of `STEPS`, and what others gained and lost, in firms and in jobs."""
    supported = policy["support"] > 0
    withdrawn = ~supported & (reference["support"] > 0)
    rest = ~supported & ~withdrawn
    returnee = policy["returnee"] | reference["returnee"]
    kinds = [policy["incumbent"], ~policy["incumbent"], returnee, ~returnee]
    steps, others = [], []
    for amount in ("owner", "jobs"):
        ours, theirs = (side[amount].astype(np.int64) for side in (policy, reference))
        gained, lost = np.maximum(ours - theirs, 0), np.maximum(theirs - ours, 0)
        parts = [side[supported] for side in (ours, np.minimum(ours, theirs), lost)]
        parts += [change[which] for which in (withdrawn, rest) for change in (gained, lost)]
        steps.append([part.sum() for part in (*parts, ours - theirs)])
        others.append([[gained[rest & kind].sum(), lost[rest & kind].sum()] for kind in kinds])
    return np.array(steps, float), np.array(others, float)


def columns_of(store: Store, task: Task) -> dict[str, np.ndarray]:
    """Persons of one run as arrays."""
    table = store.persons(task)
    return {name: table[name].to_numpy() for name in table.column_names}


def pair_sums(
    plan: Plan, store: Store
) -> tuple[dict[str, list[Sums | None]], dict[int, dict[str, dict[str, np.ndarray]]]]:
    """Sums of every pair of the kept replicates, and the persons of the first whole replicate.

    Returns `sums`: by scenario; None where a run failed or the two counties are not of the same
    persons. Returns `first`: replicate to persons by label, of the first replicate in which every
    run succeeded.
    """
    done, reference = store.done(PERSONS), plan.scenarios[plan.reference]
    sample = sample_of(reference, plan.settings.sample)
    remote = np.array([town.remote for town in reference.county.townships])
    sums: dict[str, list[Sums | None]] = {label: [] for label in plan.compared}
    first: dict[int, dict[str, dict[str, np.ndarray]]] = {}
    for replicate in range(plan.people):
        tasks = {label: Task(label, s.id, 0, replicate) for label, s in plan.scenarios.items()}
        there = {label: task for label, task in tasks.items() if task.key in done}
        base = columns_of(store, there[plan.reference]) if plan.reference in there else {}
        kept = {plan.reference: base}
        for label in plan.compared:
            ours = columns_of(store, there[label]) if base and label in there else {}
            same = bool(ours) and np.array_equal(ours["worker"], base["worker"])
            sums[label].append(sums_of(ours, base, remote, sample) if same else None)
            if same and not first and len(there) == len(tasks):
                kept[label] = ours
        if base and not first and len(there) == len(tasks):
            first[replicate] = kept
    return sums, first
