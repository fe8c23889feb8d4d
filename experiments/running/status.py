"""How far a folder of results is: finished, failed, left, and the time the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import StoreError
from returnee.experiments.files import SHARD, DamagedError, checked, is_worked_on
from returnee.experiments.running.jobs import RUNS
from returnee.experiments.running.manifests import FINISHED, MANIFEST, RUNNING, read_manifest
from returnee.experiments.running.store import PARTS, failed_in, failures_in, noted_in, parts_in

RECENT = 200  # parts from which the speed is taken
STOPPED = "stopped"  # by whatever ended the process
STAGES = ("morris", "sobol")  # folders of a sensitivity study
Counts = tuple[int, int, int | None, float]  # runs, of them failed, all if it is known, a second


@checked_arguments
def status_of(folder: str | Path) -> dict[str, Any]:
    """What of a folder is finished, failed and left.

    Returns
    -------
    dict
        ``folder``, ``kind``, ``status`` ("running", "interrupted", "finished", "without report" if
        all ran and the report could not be written, or "stopped" if the process that worked on it
        is gone), ``runs`` (None where it is not known before the end), ``finished`` (failed ones
        included), ``failed``, ``left``, ``seconds_left`` (None where it can't be told), and
        ``shares`` with the status of each folder within, if it holds shares that are not merged or
        sweeps of a study.

    Raises
    ------
    StoreError
        If it is no folder of results.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        return _of_folders(folder)
    manifest = read_manifest(folder)
    kind, status = str(manifest.get("kind")), str(manifest.get("status", FINISHED))
    if kind not in COUNTS:
        known = ", ".join(COUNTS)
        raise StoreError(f"{folder}: found results of kind {kind}, allowed {known}")
    try:
        finished, failed, total, rate = COUNTS[kind](folder, manifest)
    except StoreError:
        raise
    except (OSError, KeyError, TypeError, ValueError):
        raise StoreError(f"{folder}: found unreadable files, allowed a folder of results") from None
    if total is None and status == FINISHED:
        total = finished
    finished = finished if total is None else min(finished, total)
    left = None if total is None else total - finished
    if status == RUNNING and not is_worked_on(folder):
        status = STOPPED
    return {
        "folder": str(folder), "kind": kind, "status": status,
        "runs": total, "finished": finished, "failed": failed, "left": left,
        "seconds_left": 0.0 if left == 0 else round(left / rate, 1) if rate and left else None,
        "shares": [],
    }  # fmt: skip


def runs_of(manifest: dict[str, Any]) -> int:
    """How many runs a plan has; of a share, its own."""
    if "runs" in manifest:
        return int(manifest["runs"])
    ids = {scenario["id"] for scenario in manifest["scenarios"].values()}
    return len(ids) * int(manifest["replicates"])


def _of_folders(folder: Path) -> dict[str, Any]:
    """Status of a folder whose folders hold the runs: shares, or stages of a study."""
    shares = [path.parent for path in sorted(folder.glob(f"{SHARD}*/{MANIFEST}"))]
    stages = [folder / name for name in STAGES if _is_begun(folder / name)]
    parts = shares or stages
    if not parts:
        raise StoreError(f"{folder}: found no {MANIFEST}, allowed a folder of results")
    first = read_manifest(shares[0]) if shares else {"kind": "study"}
    each = [status_of(part) for part in parts]
    finished, failed = (sum(one[key] for one in each) for key in ("finished", "failed"))
    whole = int(first["whole"]) if shares else sum(one["runs"] for one in each)
    going = next((one["status"] for one in each if one["status"] != FINISHED), FINISHED)
    times = [one["seconds_left"] for one in each]
    return {
        "folder": str(folder), "kind": first["kind"],
        "status": "shares" if shares else going, "runs": whole,
        "finished": finished, "failed": failed, "left": whole - finished,
        "seconds_left": None if None in times else max(times), "shares": each,
    }  # fmt: skip


def _is_begun(stage: Path) -> bool:
    """Whether a stage of a study, or a share of it, has been begun."""
    return (stage / MANIFEST).is_file() or any(stage.glob(f"{SHARD}*/{MANIFEST}"))


def _sweep(folder: Path, manifest: dict[str, Any]) -> Counts:
    total = runs_of(manifest)
    try:
        if (folder / RUNS).exists():
            return _rows(folder / RUNS), failed_in(folder), total, 0.0
        counts = {path: _rows(path) for path in (folder / PARTS[RUNS]).glob("[0-9]*.parquet")}
        return sum(counts.values()), failed_in(folder), total, _rate(counts)
    except DamagedError as error:
        if error.path.exists() or not (folder / RUNS).exists():
            raise
        return _sweep(folder, manifest)  # all parts became one table in the meantime


def _rows(path: Path) -> int:
    with checked(path) as file:
        return int(file.metadata.num_rows)


def _comparison(folder: Path, manifest: dict[str, Any]) -> Counts:
    done = {*(noted_in(folder / RUNS) if (folder / RUNS).exists() else ()), *parts_in(folder)}
    failed = failures_in(folder).keys() - done
    parts = dict.fromkeys((folder / PARTS[RUNS]).glob("*.parquet"), 1)
    return len(done) + len(failed), len(failed), runs_of(manifest), _rate(parts)


def _budget(folder: Path, _: dict[str, Any]) -> Counts:
    """Runs of the steps of a search, each in a folder of its own."""
    parts = [path.parent for path in folder.glob(f"**/{MANIFEST}") if path.parent != folder]
    each = [status_of(part) for part in parts]
    return sum(one["finished"] for one in each), sum(one["failed"] for one in each), None, 0.0


COUNTS: dict[str, Callable[[Path, dict[str, Any]], Counts]] = {
    "run": lambda folder, _: (int((folder / "monthly.parquet").exists()), 0, 1, 0.0),
    "comparison": _comparison, "sweep": _sweep, "budget": _budget, "region": _sweep,
    "evaluation": _sweep,
    "calibration": _budget, "bank": _sweep,
}  # fmt: skip


def _rate(parts: dict[Path, int]) -> float:
    """Runs a second over the parts written last; 0 where it can't be told."""
    recent = sorted((path.stat().st_mtime, runs) for path, runs in parts.items())[-RECENT:]
    if len(recent) < 2 or recent[-1][0] <= recent[0][0]:
        return 0.0
    # The first part only begins the clock.
    return sum(runs for _, runs in recent[1:]) / (recent[-1][0] - recent[0][0])


def duration(seconds: float) -> str:
    """A time as a reader would say it.

    >>> duration(42), duration(200), duration(9000)
    ('42 s', '3 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def status_text(found: dict[str, Any]) -> str:
    """The status in lines for the terminal."""
    of = "" if found["runs"] is None else f" of {found['runs']:,}"
    left = "" if found["left"] is None else f", {found['left']:,} left"
    lines = [
        f"{found['folder']}: {found['kind']}, {found['status']}",
        f"  {found['finished']:,}{of} runs finished, {found['failed']:,} failed{left}",
    ]
    if found["left"] and found["seconds_left"] is not None:
        end = time.strftime("%H:%M", time.localtime(time.time() + found["seconds_left"]))
        lines.append(f"  about {duration(found['seconds_left'])} more (until {end}) at this speed")
    if (Path(found["folder"]) / RUNS).exists():
        lines.append(f"  a row for each run: {found['folder']}/{RUNS}")
    for share in found["shares"]:
        lines.append(f"  {Path(share['folder']).name}: {share['finished']:,} of {share['runs']:,}")
    return "\n".join(lines)
