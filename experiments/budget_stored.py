"""A finished budget search as plain content, for the dashboard and for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.budget import Budget
from experiments.files import write_text
from experiments.intervals import TAILS
from simulation.fingerprint import fingerprint
from simulation.records import PROGRAMMES

STORED = "budget.json"


def plain_of(found: Budget) -> dict[str, Any]:
    """What the search found, without its runs.

    Returns
    -------
    dict
        ``mixes`` holds a dict for each mix: its levers; ``outcomes`` and ``spent`` as mean and 90 %
        range over assumptions and replicates; ``programmes``, yuan a year; ``regret``, worst and
        mean, by objective; and ``versus`` every mix by objective: mean difference, 90 % range over
        sets of assumptions, and the share of sets in which it is larger.
    """
    search, s = found.search, found.search.settings
    county = search.scenario.county
    return {
        "kind": "budget", "fingerprint": fingerprint(), "command": found.command, "cap": search.cap,
        "objectives": list(search.objectives), "base": search.base, "given": _given(search.overrides),
        "county": {"en": county.name, "zh": county.name_zh}, "sample": s.sample, "months": s.months,
        "replicates": search.replicates, "worlds": len(found.worlds), "tried": found.tried,
        "levers": search.keys, "mixes": [_mix(found, k) for k in range(len(found.mixes))],
    }  # fmt: skip


def write_plain(path: Path, found: Budget) -> Path:
    """Write the content as JSON, a line a mix."""
    content = plain_of(found)
    mixes = ",\n".join(json.dumps(mix, ensure_ascii=False) for mix in content.pop("mixes"))
    head = json.dumps(content, ensure_ascii=False)[:-1]
    return write_text(path, f'{head},\n"mixes": [\n{mixes}\n]}}\n')


def _given(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides; months of values that change become text, as JSON has no other keys."""
    return {
        key: {str(month): inner for month, inner in value.items()}
        if isinstance(value, Mapping)
        else value
        for key, value in overrides.items()
    }


def _short(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _lever(value: Any) -> bool | int | float:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return int(value) if isinstance(value, int | np.integer) else float(f"{value:.6g}")


def _mix(found: Budget, k: int) -> dict[str, Any]:
    row, names = found.table.iloc[k], found.search.objectives
    spent = np.nanmean(found.spent[k], axis=(0, 1))
    return {
        "name": str(found.table.index[k]),
        "front": bool(row["front"]),
        "levers": {key: _lever(found.mixes[key].iloc[k]) for key in found.search.keys},
        "outcomes": {
            name: [_short(row[f"{name}{end}"]) for end in ("", "_low", "_high")] for name in names
        },
        "spent": [_short(row[f"spent{end}"]) for end in ("", "_low", "_high")],
        "programmes": {name: round(v) for name, v in zip(PROGRAMMES, spent.tolist()) if v >= 0.5},
        "regret": {
            name: [_short(f(found.regret[k, :, j])) for f in (np.nanmax, np.nanmean)]
            for j, name in enumerate(names)
        },
        "versus": {str(other): _versus(found, k, j) for j, other in enumerate(found.table.index)},
    }


def _versus(found: Budget, k: int, other: int) -> dict[str, list[float | None]]:
    """Paired differences, the mean over replicates in each set of assumptions."""
    differences = np.nanmean(found.values[k] - found.values[other], axis=1)
    low, high = np.nanpercentile(differences, TAILS, axis=0)
    there = np.isfinite(differences)
    share = (differences > 0.0).sum(axis=0) / there.sum(axis=0)
    mean = np.nanmean(differences, axis=0)
    return {
        name: [_short(v[j]) for v in (mean, low, high, share)]
        for j, name in enumerate(found.search.objectives)
    }
