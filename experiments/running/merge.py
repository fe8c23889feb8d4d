"""Make one table of the shares of a sweep."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import StoreError
from returnee.experiments.files import SHARD, DamagedError, check_table, read_table
from returnee.experiments.running.design.design import Design, design_of
from returnee.experiments.running.manifests import (
    FINISHED,
    MANIFEST,
    difference,
    read_manifest,
)
from returnee.experiments.running.plan import SweepPlan, name_of
from returnee.experiments.running.store import PARTS, POINTS, Store, parts_in


@checked_arguments
def merge(out: str | Path, folders: Sequence[str | Path] | None = None) -> Path:
    """Make one table of shares, which stay where they are.

    Parameters
    ----------
    out : path
        Folder for the table.
    folders : sequence of path, optional
        Shares, or unfinished folders of the same design; ``out/shard-*`` if left out.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    StoreError
        If they are not of one design, or runs are missing; nothing is written then.
    """
    out = Path(out)
    places = [Path(f) for f in folders] if folders else sorted(out.glob(f"{SHARD}*"))
    places = [place for place in places if place.is_dir()]
    if not places:
        raise StoreError(f"{out}: found no shares, allowed a folder with shard-1-of-N and so on")
    manifests = [_manifest(place) for place in places]
    for place, manifest in zip(places, manifests):
        different = difference(manifest, manifests[0])
        if different:
            raise StoreError(f"{place}/{MANIFEST}: {different} as in {places[0]}")
    held = {job: place for place in places for job in parts_in(place)}
    jobs = range(int(manifests[0]["jobs"]))
    missing = [number for number in jobs if name_of(number) not in held]
    if missing:
        n = int(manifests[0].get("shard", "0/0").partition("/")[2])
        shares = sorted({number % n + 1 for number in missing}) if n else []
        names = ", ".join(f"{i}/{n}" for i in shares) or f"{len(missing)} jobs"
        raise StoreError(f"{out}: found {names} unfinished, allowed all shares; run them first")
    plan = _plan(manifests[0], places[0])

    def part(name: str, job: str) -> Path:
        return held[job] / PARTS[name] / f"{job}.parquet"

    _check(plan, part)
    words = ["returnee", "merge", str(out), *(str(folder) for folder in folders or ())]
    about = {"merged": len(places), "merged_by": shlex.join(words)}
    with Store(out, plan, whole_command(manifests[0]["command"], out), about=about) as store:
        store.consolidate(part)
        store.remove_empty()
        store.status(FINISHED)
    return out


def _check(plan: SweepPlan, part: Callable[[str, str], Path]) -> None:
    """Read all parts before anything is written.

    Raises
    ------
    DamagedError
    """
    for name, jobs in plan.wanted().items():
        for job in jobs:
            try:
                check_table(part(name, job))
            except DamagedError as error:
                again = "give the command of its share again, and merge then"
                raise DamagedError(error.path, again) from None


def whole_command(command: str, out: Path) -> str:
    """The command that makes in one go what a share is part of.

    Examples
    --------
    >>> whole_command("returnee sweep d.toml --out a --shard 1/3", Path("b"))
    'returnee sweep d.toml --out b'
    """
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word in ("--shard", "--out"):
            next(words, None)
        else:
            kept.append(word)
    return shlex.join([*kept, "--out", str(out)])


def _manifest(place: Path) -> dict[str, Any]:
    if not (place / MANIFEST).is_file():
        raise StoreError(f"{place}: found no {MANIFEST}, allowed a share of a sweep")
    found = read_manifest(place)
    if found.get("kind") != SweepPlan.KIND:
        raise StoreError(f"{place}: found results of kind {found.get('kind')}, allowed a sweep")
    return found


def _plan(manifest: dict[str, Any], place: Path) -> SweepPlan:
    """The plan that a share belongs to, from what stands in it."""
    points = read_table(place / POINTS).to_pandas().drop(columns="point")
    given = dict(manifest["design"])
    if given["method"] == "table":
        given["points"] = points
    design: Design = design_of(given, str(place / MANIFEST), place)
    plan = SweepPlan(design, points)
    if plan.digest != manifest["digest"]:
        wanted = "the scenarios and sources it was run with"
        raise StoreError(
            f"{place}/{MANIFEST}: digest: found {manifest['digest']}, allowed {wanted}"
        )
    return plan
