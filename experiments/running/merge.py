"""Make one table of the shares of a sweep or a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import StoreError
from returnee.experiments.files import SHARD, DamagedError, append_line, check_table, read_table
from returnee.experiments.running import manifests as papers
from returnee.experiments.running.design.design import Design, design_of
from returnee.experiments.running.jobs import MONTHLY, RUNS, Measure
from returnee.experiments.running.options import RunSettings, share_of
from returnee.experiments.running.plan import Batch, ByNumber, Plan, Runs, SweepPlan, name_of
from returnee.experiments.running.store import FAILURES, PARTS, POINTS, Store, failures_in, parts_in
from returnee.scenarios.schema.own_rules import reading_with

BY_NAME = ("region", "evaluation")
"""Kinds whose plans are made of files that a share does not hold; their jobs are known by number."""


@checked_arguments
def merge(out: str | Path, folders: Sequence[str | Path] | None = None) -> list[Path]:
    """Make one table of shares, which stay where they are.

    Parameters
    ----------
    out : path
        Folder for the table; or one that holds several folders with shares, each with its table.
    folders : sequence of path, optional
        Shares, or unfinished folders of the same design; ``out/shard-*`` if left out.

    Returns
    -------
    list of Path
        The folder, or folders, with a table.

    Raises
    ------
    StoreError
        If they are not of one plan, or runs are missing; nothing is written then.
    """
    out = Path(out)
    places = [Path(f) for f in folders] if folders else sorted(out.glob(f"{SHARD}*"))
    places = [place for place in places if place.is_dir()]
    if not places and not folders:
        inner = sorted({path.parent for path in out.glob(f"*/{SHARD}*") if path.is_dir()})
        if inner:
            return [folder for one in inner for folder in merge(one)]
    if not places:
        raise StoreError(f"{out}: found no shares, allowed a folder with shard-1-of-N and so on")
    manifests = {place: _manifest(place) for place in places}
    with reading_with(papers.rules_in(next(iter(manifests.values())))):
        return _merged(out, manifests, folders)


def _merged(
    out: Path, manifests: dict[Path, dict[str, Any]], folders: Sequence[str | Path] | None
) -> list[Path]:
    """Make one table of shares whose scenarios are read as they were."""
    places, first = list(manifests), next(iter(manifests.values()))
    kind = first["kind"]
    for place, manifest in manifests.items():
        if other := papers.other_model(manifest):
            raise StoreError(f"{place}/{papers.MANIFEST}: {other}")
        if different := _different(manifest, first):
            raise StoreError(f"{place}/{papers.MANIFEST}: {different} as in {places[0]}")
    missing = (_left_of_plan if kind == Plan.KIND else _left_of_sweep)(manifests)
    if missing:
        raise StoreError(f"{out}: found {missing} unfinished, allowed all shares; run them first")
    plan: Runs = {SweepPlan.KIND: _sweep, Plan.KIND: _plan}.get(kind, _named)(first, places[0])
    _check(plan, places)
    words = ["returnee", "merge", str(out), *(str(folder) for folder in folders or ())]
    about = {"merged": len(places), "merged_by": shlex.join(words)}
    if "whole" in first and kind != SweepPlan.KIND:
        about["runs"] = first["whole"]
    with Store(out, plan, whole_command(first["command"], out), about=about) as store:
        store.consolidate(lambda name: _parts(places, name))
        for place in places if plan.grows else ():
            for row in failures_in(place).values():
                append_line(out / FAILURES, row)
        store.remove_empty()
        store.status(papers.FINISHED)
    return [out]


def _different(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """In what two shares are not of one plan; empty if in nothing."""
    if wanted["kind"] == SweepPlan.KIND:
        return papers.difference(found, wanted)
    told = papers.differs(found, wanted, (*papers.COMPARED, "replicates", "people", "reference"))
    if not told and found.get("digest") != wanted.get("digest"):
        told = "runs: found those of another plan, allowed the same"
    return told


def _parts(places: Sequence[Path], name: str) -> dict[str, Path]:
    """The files of a table by job."""
    return {
        job: place / PARTS[name] / f"{job}.parquet"
        for place in places
        for job in parts_in(place, name)
    }


def _left_of_sweep(manifests: Mapping[Path, dict[str, Any]]) -> str:
    """Which shares lack jobs, or how many jobs; any folder may hold a job."""
    first = next(iter(manifests.values()))
    held = {job for place in manifests for job in parts_in(place)}
    missing = [number for number in range(int(first["jobs"])) if name_of(number) not in held]
    n = share_of(first.get("shard", "")).of
    shares = sorted({number % n + 1 for number in missing}) if "shard" in first else []
    return ", ".join(f"{i}/{n}" for i in shares) or (f"{len(missing)} jobs" if missing else "")


def _left_of_plan(manifests: Mapping[Path, dict[str, Any]]) -> str:
    """Which shares are not finished; runs that failed are tried again when all is resumed."""
    done, n = set(), 0
    for place, manifest in manifests.items():
        share = share_of(manifest.get("shard", ""))
        n = n or share.of
        if "shard" not in manifest or share.of != n:
            found = manifest.get("shard", "nothing")
            raise StoreError(
                f"{place}/{papers.MANIFEST}: shard: found {found}, allowed shares i/{n}"
            )
        there = len({*parts_in(place), *failures_in(place)})
        if manifest.get("status") == papers.FINISHED and there >= manifest["runs"]:
            done.add(share.number)
    return ", ".join(f"{i}/{n}" for i in range(1, n + 1) if i not in done)


def _check(plan: Runs, places: Sequence[Path]) -> None:
    """Read all parts before anything is written."""
    for name in plan.wanted():
        for path in _parts(places, name).values():
            try:
                check_table(path)
            except DamagedError as error:
                again = "give the command of its share again, and merge then"
                raise DamagedError(error.path, again) from None


def whole_command(command: str, out: Path) -> str:
    """The command that makes in one go what a share is part of.

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
    if not (place / papers.MANIFEST).is_file():
        raise StoreError(f"{place}: found no {papers.MANIFEST}, allowed a share")
    found = papers.read_manifest(place)
    kinds = SweepPlan.KIND, Plan.KIND, *BY_NAME
    if found.get("kind") not in kinds:
        allowed = " or ".join(f"a {kind}" for kind in kinds)
        raise StoreError(f"{place}: found results of kind {found.get('kind')}, allowed {allowed}")
    return found


def _plan(manifest: dict[str, Any], place: Path) -> Plan:
    """The scenarios and settings that a share of a comparison belongs to."""
    settings = RunSettings(*(manifest[key] for key in ("seed", "sample", "months", "burn_in")))
    reference, n, people = (manifest[key] for key in ("reference", "replicates", "people"))
    scenarios = {label: papers.scenario_in(place, label) for label in manifest["scenarios"]}
    return Plan(scenarios, reference, n, settings, people)


def _sweep(manifest: dict[str, Any], place: Path) -> SweepPlan:
    """The plan that a share of a sweep belongs to, from what stands in it."""
    points = read_table(place / POINTS).to_pandas().drop(columns="point")
    given = dict(manifest["design"])
    if given["method"] == "table":
        given["points"] = points
    design: Design = design_of(given, str(place / papers.MANIFEST), place)
    plan = SweepPlan(design, points)
    if plan.digest != manifest["digest"]:
        wanted = "the scenarios and sources it was run with"
        raise StoreError(
            f"{place}/{papers.MANIFEST}: digest: found {manifest['digest']}, allowed {wanted}"
        )
    return plan


@dataclass(frozen=True)
class Named(ByNumber):
    """Jobs of a plan by name alone, to join what shares made of it."""

    found: dict[str, Any]  # manifest of a share
    tables: tuple[str, ...]

    def wanted(self) -> dict[str, Sequence[str]]:
        """Every job in every table."""
        names = [name_of(number) for number in range(int(self.found["jobs"]))]
        return dict.fromkeys(self.tables, names)

    def batches(self, names: Iterator[str], workers: int, measure: Measure) -> Iterator[Batch]:
        """None: shares made them."""
        return iter(())

    def manifest(self, command: str, folder: Path, more: Mapping[str, Any]) -> papers.Manifest:
        """That of the share, of the whole."""
        made = papers.Manifest(self.found["kind"], command, {}, more)
        apart = {"shard", "whole", *papers.OF_A_SESSION}
        kept = {key: value for key, value in self.found.items() if key not in apart}
        made.content = kept | {"command": command} | dict(more)
        return made

    def differs(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        """In settings or counties."""
        return papers.differs(found, wanted, (*papers.COMPARED, "digest", "jobs"))

    @property
    def digest(self) -> str:
        """That of the plan."""
        return str(self.found["digest"])


def _named(manifest: dict[str, Any], place: Path) -> Named:
    """The jobs that a share of many counties belongs to."""
    tables = tuple(name for name in (MONTHLY, RUNS) if parts_in(place, name))
    return Named(manifest, tables)
