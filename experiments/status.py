"""How far a folder of results is: finished, failed, left, and the time the rest will take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.errors import StoreError
from experiments.store import KEYS, MANIFEST, PARTS, RUNS, read_manifest
from experiments.sweep_parts import failed_in
from experiments.sweep_store import SHARD, is_worked_on

RECENT = 200  # parts from which the speed is taken
KINDS = ("sweep", "comparison")


def status_of(folder: Path) -> dict[str, Any]:
    """What of a folder is finished, failed and left.

    Returns
    -------
    dict
        ``folder``, ``kind``, ``status`` ("running", "interrupted", "finished", "without report" if
        all ran and the report could not be written, or "stopped" if the process that ran a sweep is
        gone), ``runs``, ``finished`` (failed ones included), ``failed``,
        ``left``, ``seconds_left`` (None where it can't be told), and ``shares`` with the status of
        each, if the folder holds shares that are not merged.

    Raises
    ------
    StoreError
        If it is no folder of a sweep or a comparison.
    """
    shares = sorted(folder.glob(f"{SHARD}*/{MANIFEST}"))
    if shares and not (folder / MANIFEST).exists():
        return _of_shares(folder, [path.parent for path in shares])
    if not (folder / MANIFEST).is_file():
        raise StoreError(f"{folder}: found no {MANIFEST}, allowed a folder of results")
    manifest = read_manifest(folder)
    if manifest.get("kind") not in KINDS:
        raise StoreError(
            f"{folder}: found results of kind {manifest.get('kind')}, allowed a sweep or comparison"
        )
    try:
        found = _sweep(folder, manifest) if manifest["kind"] == "sweep" else _comparison(folder)
        total = runs_of(manifest)
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        raise StoreError(f"{folder}: found unreadable files, allowed a folder of results") from None
    finished, failed, rate = found
    finished = min(finished, total)
    left = total - finished
    status = manifest.get("status", "running")
    if status == "running" and manifest["kind"] == "sweep" and not is_worked_on(folder):
        status = "stopped"
    return {
        "folder": str(folder), "kind": manifest["kind"], "status": status,
        "runs": total, "finished": finished, "failed": failed, "left": left,
        "seconds_left": round(left / rate, 1) if rate and left else (0.0 if not left else None),
        "shares": [],
    }  # fmt: skip


def runs_of(manifest: dict[str, Any]) -> int:
    """How many runs a plan has; of a share, its own."""
    if "runs" in manifest:
        return int(manifest["runs"])
    ids = {scenario["id"] for scenario in manifest["scenarios"].values()}
    return len(ids) * int(manifest["replicates"])


def _of_shares(folder: Path, shares: list[Path]) -> dict[str, Any]:
    each = [status_of(share) for share in shares]
    whole = int(read_manifest(shares[0])["whole"])
    summed = {key: sum(one[key] for one in each) for key in ("finished", "failed")}
    left = whole - summed["finished"]
    times = [one["seconds_left"] for one in each]
    return {
        "folder": str(folder), "kind": "sweep", "status": "shares", "runs": whole, **summed,
        "left": left, "seconds_left": None if None in times else max(times), "shares": each,
    }  # fmt: skip


def _sweep(folder: Path, manifest: dict[str, Any]) -> tuple[int, int, float]:
    """Finished, failed, and runs a second."""
    if (folder / RUNS).exists():
        return pq.read_metadata(folder / RUNS).num_rows, failed_in(folder), 0.0
    parts = list((folder / PARTS).glob("[0-9]*.parquet"))
    counts = {path: pq.read_metadata(path).num_rows for path in parts}
    return sum(counts.values()), failed_in(folder), _rate(counts)


def _comparison(folder: Path) -> tuple[int, int, float]:
    done = 0
    if (folder / RUNS).exists():
        import json

        done = len(json.loads((pq.read_schema(folder / RUNS).metadata or {})[KEYS]))
    parts = dict.fromkeys((folder / PARTS).glob("*.parquet"), 1)
    return done + len(parts), 0, _rate(parts)


def _rate(parts: dict[Path, int]) -> float:
    """Runs a second over the parts written last; 0 where it can't be told."""
    recent = sorted((path.stat().st_mtime, runs) for path, runs in parts.items())[-RECENT:]
    if len(recent) < 2 or recent[-1][0] <= recent[0][0]:
        return 0.0
    # The first part only begins the clock.
    return sum(runs for _, runs in recent[1:]) / (recent[-1][0] - recent[0][0])


def duration(seconds: float) -> str:
    """A time as a reader would say it.

    Examples
    --------
    >>> duration(42), duration(200), duration(9000)
    ('42 s', '3 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def status_text(found: dict[str, Any]) -> str:
    """The status in lines for the terminal."""
    lines = [
        f"{found['folder']}: {found['status']}",
        f"  {found['finished']:,} of {found['runs']:,} runs finished, {found['failed']:,} failed, "
        f"{found['left']:,} left",
    ]
    if found["left"] and found["seconds_left"] is not None:
        end = time.strftime("%H:%M", time.localtime(time.time() + found["seconds_left"]))
        lines.append(f"  about {duration(found['seconds_left'])} more (until {end}) at this speed")
    if (Path(found["folder"]) / RUNS).exists():
        lines.append(f"  a row for each run: {found['folder']}/{RUNS}")
    for share in found["shares"]:
        lines.append(f"  {Path(share['folder']).name}: {share['finished']:,} of {share['runs']:,}")
    return "\n".join(lines)
