"""Which lives are told: of each kind the person most like the median of that kind.

Among all persons of a kind in the first paired replicate, the one whose age, schooling and city wage
lie nearest to the kind's medians (distances in units of the spread between quartiles, added up); of
equals the lowest id. Nobody is picked by hand, and the same runs give the same persons.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.files import write_json
from returnee.experiments.measuring.people import PAID
from returnee.experiments.running.plan import Plan
from returnee.experiments.studies.stories.life import LIFE, Life, Pair
from returnee.experiments.studies.stories.watch import lives_of
from returnee.experiments.studies.stories.words import story_lines
from returnee.simulation.fingerprint import fingerprint

FILE = "stories.json"
KINDS = ("founded_only", "survived_only", "lost", "displaced", "deadweight")
SIDES = ("reference", "policy")
LIKENESS = ("age", "schooling", "wage")
Columns = Mapping[str, np.ndarray]


def members(policy: Columns, reference: Columns) -> dict[str, np.ndarray]:
    """Who is of each kind, as booleans over persons.

    ``founded_only``: registered a firm only under the policy; ``survived_only``: registered one under
    both, and owns an open one at the end only under the policy; ``lost``: owns an open firm at the
    end only under the reference, supported under either; ``displaced``: the same, supported under
    neither; ``deadweight``: was paid under the policy and owns an open firm at the end under both.
    """
    founded, founds = policy["registrations"] > 0, reference["registrations"] > 0
    missing = reference["owner"] & ~policy["owner"]
    supported = (policy["support"] > 0) | (reference["support"] > 0)
    paid = np.any([policy[name] > 0 for name in PAID], axis=0)
    return {
        "founded_only": founded & ~founds,
        "survived_only": founded & founds & policy["owner"] & ~reference["owner"],
        "lost": missing & supported,
        "displaced": missing & ~supported,
        "deadweight": paid & policy["owner"] & reference["owner"],
    }


def most_like(people: Columns, which: np.ndarray) -> int:
    """Id of the person nearest to the medians of those in `which` (at least one)."""
    distance = np.zeros(int(which.sum()))
    for name in LIKENESS:
        values = people[name][which].astype(float)
        low, high = np.percentile(values, (25, 75))
        distance += np.abs(values - np.median(values)) / max(high - low, 1e-9 + (high == low))
    return int(people["worker"][which][np.argmin(distance)])


def chosen(policy: Columns, reference: Columns) -> dict[str, tuple[int, int]]:
    """By kind, the id of the example and of how many it is one; kinds without anybody are left out."""
    found = members(policy, reference)
    return {
        kind: (most_like(policy, found[kind]), int(found[kind].sum()))
        for kind in KINDS
        if found[kind].any()
    }


def pairs_of(
    plan: Plan, first: Mapping[int, Mapping[str, Columns]], workers: int, folder: Path | None
) -> dict[str, list[Pair]]:
    """Example lives of every compared scenario, from the folder or by living the runs again.

    `first`: persons by label of one replicate, see `whom.pair_sums`. `workers`: runs at a time.
    `folder`: where ``stories.json`` is kept.
    """
    for replicate, people in first.items():
        base = people[plan.reference]
        wanted = {k: chosen(people[k], base) for k in plan.compared if k in people}
        key = _key(plan, replicate, wanted)
        kept = _read(folder, key)
        if kept is not None:
            return kept
        ids = {label: [worker for worker, _ in kinds.values()] for label, kinds in wanted.items()}
        ids[plan.reference] = sorted({worker for some in ids.values() for worker in some})
        lived = partial(_lived, plan, replicate)
        with ThreadPoolExecutor(workers) as pool:
            told = dict(zip(ids, pool.map(lived, ids, ids.values()), strict=True))
        pairs = {
            label: [
                Pair(kind, number, told[plan.reference][worker], told[label][worker])
                for kind, (worker, number) in kinds.items()
            ]
            for label, kinds in wanted.items()
        }
        if folder is not None:
            write_json(folder / FILE, {**key, "stories": stories_json(plan, pairs)})
        return pairs
    return {}


def _lived(plan: Plan, replicate: int, label: str, ids: list[int]) -> dict[int, Life]:
    return lives_of(plan.scenarios[label], ids, replicate, plan.settings)


def stories_json(plan: Plan, pairs: Mapping[str, list[Pair]]) -> dict[str, Any]:
    """Lives and their words in both languages, as plain values by scenario."""
    return {
        label: [
            {
                "kind": pair.kind,
                "candidates": pair.candidates,
                **{side: asdict(getattr(pair, side)) for side in SIDES},
                "words": {lang: story_lines(plan, label, pair, lang) for lang in ("en", "zh")},
            }  # fmt: skip
            for pair in some
        ]
        for label, some in pairs.items()
    }


def _key(plan: Plan, replicate: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What stories depend on, as JSON would give it back."""
    s = plan.settings
    ids = {label: scenario.id for label, scenario in plan.scenarios.items()}
    key = {
        "fingerprint": fingerprint(), "seed": s.seed, "sample": s.sample, "months": s.months,
        "replicate": replicate, "reference": ids[plan.reference],
        "scenarios": {label: ids[label] for label in wanted}, "chosen": wanted,
    }  # fmt: skip
    return json.loads(json.dumps(key))


def _read(folder: Path | None, key: Mapping[str, Any]) -> dict[str, list[Pair]] | None:
    """Stories of the same runs that were told before."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8")) if folder else {}
        if any(found.get(name) != value for name, value in key.items()):
            return None
        return {
            label: [
                Pair(
                    one["kind"],
                    one["candidates"],
                    *(LIFE.validate_python(one[side]) for side in SIDES),
                )
                for one in some
            ]
            for label, some in found["stories"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None
