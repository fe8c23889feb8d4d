"""Runs of a calibration: parameter sets in common replicates, kept as they are finished.

A run is one line of ``points.jsonl``: parameters, replicate, sample and the figures that it shows.
A line is written at once and whole, so that a killed process leaves finished runs and at most one
torn line, which is left out. A calibration goes on by asking for the same parameter sets in the
same order again: those that are there are not run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.coordinates import with_behaviour
from experiments.errors import StoreError, writing_to
from experiments.executors import PAUSE
from experiments.progress import Reporter
from experiments.store import MANIFEST, is_used, read_manifest, versions, write_json
from experiments.targets import Target, figures_of
from scenarios import Scenario
from simulation import simulate
from simulation.compiler import SOURCE_HASH
from simulation.history import HISTORIES

POINTS = "points.jsonl"
KIND = "calibration"
Values = Mapping[str, float]
Key = tuple[tuple[tuple[str, float], ...], int, float]


@dataclass(frozen=True)
class Frame:
    """What every run of a calibration has in common.

    Attributes
    ----------
    scenario : Scenario
        With the values in use.
    targets : tuple of Target
    seed, months : int
    """

    scenario: Scenario
    targets: tuple[Target, ...]
    seed: int
    months: int

    def figures(self, values: Values, replicate: int, sample: float) -> dict[str, float]:
        """What one run shows, see `targets.figures_of`."""
        scenario = with_behaviour(self.scenario, values)
        run = simulate(scenario, replicate, self.seed, sample, self.months)
        return figures_of(run, self.targets)


class Points:
    """Finished runs of a calibration, in a folder.

    Parameters
    ----------
    folder : Path
        New, empty, or of the same calibration.
    frame : Frame
    manifest : mapping
        What else must be the same for the calibration to go on: parameters, method and so on.
    workers : int
        Runs at a time.
    reporter : Reporter

    Raises
    ------
    StoreError
        If the folder belongs to something else or cannot be written to.
    """

    def __init__(
        self,
        folder: Path,
        frame: Frame,
        manifest: Mapping[str, Any],
        workers: int,
        reporter: Reporter,
    ) -> None:
        self.folder, self.frame, self.workers, self.reporter = folder, frame, workers, reporter
        self.manifest = {
            "kind": KIND, "versions": versions(), "source_hash": SOURCE_HASH, "seed": frame.seed,
            "months": frame.months, "scenario": frame.scenario.id,
            "targets": [asdict(target) for target in frame.targets], **manifest,
        }  # fmt: skip
        with writing_to(folder):
            self._check()
            folder.mkdir(parents=True, exist_ok=True)
            self.found = self._read()
            self.status("running")

    def _check(self) -> None:
        if not is_used(self.folder):
            return
        if not (self.folder / MANIFEST).is_file():
            raise StoreError(
                f"{self.folder}: found other files, allowed a new folder or one of this calibration"
            )
        found = read_manifest(self.folder)
        for key, value in self.manifest.items():
            if key not in ("versions", "command") and found.get(key) != value:
                shown = [str(v) if len(str(v)) < 60 else "another" for v in (found.get(key), value)]
                raise StoreError(
                    f"{self.folder}/{MANIFEST}: {key}: found {shown[0]}, allowed {shown[1]}; "
                    "--out names another folder"
                )

    def status(self, status: str) -> None:
        """Write the manifest with a status: running, interrupted, finished."""
        with writing_to(self.folder):
            write_json(self.folder / MANIFEST, {"status": status, **self.manifest})

    def _read(self) -> dict[Key, dict[str, float]]:
        """Read finished runs; a line cut off by a kill is dropped from the file."""
        path, found, whole = self.folder / POINTS, {}, 0
        if not path.is_file():
            return {}
        content = path.read_bytes()
        for line in content.splitlines(keepends=True):
            try:
                row: dict[str, Any] = json.loads(line if line.endswith(b"\n") else b"")
                key = key_of(row["values"], row["replicate"], row["sample"])
                found[key] = {k: np.nan if v is None else v for k, v in row["figures"].items()}
            except (ValueError, KeyError, TypeError, AttributeError):
                break
            whole += len(line)
        if whole < len(content):
            os.truncate(path, whole)
        return found

    def _keep(self, key: Key, figures: dict[str, float]) -> None:
        values, replicate, sample = key
        shown = {k: v if np.isfinite(v) else None for k, v in figures.items()}
        row = {
            "values": dict(values), "replicate": replicate, "sample": sample, "figures": shown,
        }  # fmt: skip
        with writing_to(self.folder), open(self.folder / POINTS, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.found[key] = figures
        self.reporter.advance()

    def figures(
        self, sets: Sequence[Values], replicates: int, sample: float, first: int = 0
    ) -> np.ndarray:
        """Figures of parameter sets, each in the same replicates; runs what is not there.

        Interrupted, it keeps runs in progress before the interrupt goes on.

        Parameters
        ----------
        sets : sequence of mapping
            Parameters by dotted key.
        replicates : int
        sample : float
        first : int
            Number of the first replicate.

        Returns
        -------
        ndarray of float, shape (sets, replicates, figures)
        """
        numbers = range(first, first + replicates)
        keys = [key_of(values, number, sample) for values in sets for number in numbers]
        self._run([key for key in dict.fromkeys(keys) if key not in self.found])
        names = [target.indicator for target in self.frame.targets]
        rows = [[self.found[key].get(name, np.nan) for name in names] for key in keys]
        return np.array(rows, dtype=float).reshape(len(sets), replicates, len(names))

    def _run(self, keys: Sequence[Key]) -> None:
        HISTORIES.kept = max(HISTORIES.kept, self.workers + 1)
        waiting, running = list(keys)[::-1], dict[Future[dict[str, float]], Key]()
        with ThreadPoolExecutor(self.workers, thread_name_prefix="point") as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < self.workers:
                        key = waiting.pop()
                        future = pool.submit(self.frame.figures, dict(key[0]), key[1], key[2])
                        running[future] = key
                    done, _ = wait(running, timeout=PAUSE, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._keep(running.pop(future), future.result())
            except KeyboardInterrupt:
                done, _ = wait(running)
                for future in done:
                    if future.exception() is None:
                        self._keep(running[future], future.result())
                raise


def key_of(values: Values, replicate: int, sample: float) -> Key:
    """What a finished run is found by."""
    return tuple(sorted((k, float(v)) for k, v in values.items())), int(replicate), float(sample)
