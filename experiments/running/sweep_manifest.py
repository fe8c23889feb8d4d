"""What a sweep's folder says of itself, and in what two sweeps differ."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from returnee.experiments.keys import COUNTY
from returnee.experiments.running.manifests import (
    FINGERPRINT,
    Manifest,
    counties_of,
    other_model,
)
from returnee.experiments.running.plan import SweepPlan
from returnee.experiments.words.texts import one_line

KIND = "sweep"
LONGEST = 80  # letters of a value in an error


def titles_of(manifest: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """English and Chinese title of each scenario, by label."""
    return {
        label: (
            one_line(str(about.get("title_en", label))) or label,
            one_line(str(about.get("title_zh", label))) or label,
        )
        for label, about in manifest["scenarios"].items()
    }


def manifest_of(
    plan: SweepPlan, command: str, folder: Path, more: Mapping[str, Any] | None = None
) -> Manifest:
    """Everything needed to repeat a sweep; scenarios in full, files as seen from the folder."""
    s, design = plan.design.settings, plan.design.plain()
    design["scenarios"] = [seen_from(folder, name) for name in design["scenarios"]]
    about = {
        "seed": s.seed, "sample": s.sample, "months": s.months, "burn_in": s.burn_in,
        "replicates": plan.design.replicates, "keep": plan.design.keep, "design": design,
        "points": len(plan.points), "runs": plan.runs, "jobs": plan.jobs, "digest": plan.digest,
        "counties": plan.design.counties,
        **(more or {}),
    }  # fmt: skip
    counties = counties_of(plan.points[COUNTY].unique()) if COUNTY in plan.points else []
    return Manifest(KIND, command, plan.design.read, about, counties)


def seen_from(folder: Path, name: str) -> str:
    """A scenario's file as a path from a folder, so that both can be moved together; or a name."""
    if not name.endswith(".toml"):
        return name
    try:
        return Path(os.path.relpath(Path(name).resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return name


UNCOMPARED = (".id", ".title_en", ".title_zh")
COPIES = ".county_files"
COMPARED = ("kind", FINGERPRINT, "seed", "sample", "months", "burn_in", "replicates", "keep")


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In what two manifests differ, as "key: found ..., allowed ..."; empty if in nothing.

    Examples
    --------
    >>> difference({"kind": "sweep", "seed": 1}, {"kind": "sweep", "seed": 2})
    'seed: found 1, allowed 2'
    """
    for key in COMPARED:
        if key == FINGERPRINT and key in wanted and (other := other_model(found)):
            return other
        if found.get(key) != wanted.get(key):
            return f"{key}: found {found.get(key)}, allowed {wanted.get(key)}"
    for key in ("counties", "scenarios", "design"):
        # A scenario's file may have moved or have another title; what it does is compared.
        old, new = (dict(flat(m.get(key, {}), key)) for m in (found, wanted))
        for name in sorted({*old, *new}):
            if name.endswith(UNCOMPARED) or COPIES in name or name.startswith("design.scenarios"):
                continue
            if old.get(name) != new.get(name):
                found_here, wanted_here = (_short(m.get(name)) for m in (old, new))
                return f"{name}: found {found_here}, allowed {wanted_here}"
    if found.get("digest") != wanted.get("digest"):
        return "points: found another table, allowed the one of this design"
    return ""


def _short(value: Any) -> str:
    """A value in a line: of a whole timetable of policies, its beginning."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """A nested table as dotted keys."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flat(inner, f"{prefix}.{name}")
    else:
        yield prefix, value
