"""Runs of a calibration: parameter sets in common replicates, kept as they are finished.

A run is one line of ``points.jsonl``: parameters, replicate, sample and the figures that it shows.
A killed process leaves finished runs and at most one line that was cut off, which is removed. A
calibration goes on by asking for the same parameter sets in the same order again: those that are
there are not run. At the end lines stand in the order they were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from returnee.experiments.files import append_line, read_lines, write_text
from returnee.experiments.running.executors import execute, pool_of
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.jobs import StoppedError, check_source
from returnee.experiments.running.manifests import FINISHED, Manifest
from returnee.experiments.running.options import Keep, Where
from returnee.experiments.studies.calibration.targets import Target, figures_of
from returnee.scenarios import Scenario
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import SOURCE_HASH

POINTS = "points.jsonl"
KIND = "calibration"
Values = Mapping[str, float]
Key = tuple[tuple[tuple[str, float], ...], int, float]


@dataclass(frozen=True)
class Frame:
    """What every run of a calibration has in common."""

    scenario: Scenario  # with the values in use
    targets: tuple[Target, ...]
    seed: int
    months: int

    def figures(self, values: Values, replicate: int, sample: float) -> dict[str, float]:
        """What one run shows, see `targets.figures_of`."""
        scenario = self.scenario.with_(values)
        run = simulate(scenario, replicate, self.seed, sample, self.months)
        return figures_of(run, self.targets)


@dataclass(frozen=True)
class Point:
    """One run of a calibration, as work for any worker."""

    frame: Frame
    key: Key
    source_hash: str = SOURCE_HASH

    def do(self, is_stopped: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """What the run shows."""
        check_source(self.source_hash)
        if is_stopped():
            raise StoppedError
        values, replicate, sample = self.key
        return self.frame.figures(dict(values), replicate, sample)


class Points(OwnFolder):
    """Finished runs of a calibration, in a folder; see `OwnFolder`.

    `about`: what else must be the same for the calibration to go on: parameters, method and so on.
    `results`: folder that is new, empty, or of the same calibration. `command`: the command that
    repeats it.
    """

    def __init__(
        self, frame: Frame, about: Mapping[str, Any], where: Where, results: Keep, command: str = ""
    ) -> None:
        self.frame, self.where, self.reporter = frame, where, results.reporter
        self.found: dict[Key, dict[str, float]] = {}
        self._asked: dict[Key, None] = {}
        wanted = {
            "seed": frame.seed, "months": frame.months,
            "targets": [asdict(target) for target in frame.targets], **about,
        }  # fmt: skip
        self.COMPARED = ("kind", "fingerprint", *wanted)
        scenarios = {frame.scenario.name: frame.scenario}
        super().__init__(results.folder, Manifest(KIND, command, scenarios, wanted), results.as_new)

    def _begin(self) -> None:
        self.found = self._read()
        super()._begin()

    def finish(self) -> None:
        """Put the lines in the order they were asked for, and say that all is done."""
        rest = sorted(self.found.keys() - self._asked.keys())
        rows = [_row(key, self.found[key]) for key in (*self._asked, *rest)]
        self._rewrite(rows)
        self.status(FINISHED)

    def _rewrite(self, rows: Sequence[Mapping[str, Any]]) -> None:
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_text(self.folder / POINTS, lines)

    def _read(self) -> dict[Key, dict[str, float]]:
        """Read finished runs; lines that a stop or a full disk cut off are removed."""
        path, found = self.folder / POINTS, {}
        rows, damaged = read_lines(path)
        for row in rows:
            try:
                key = key_of(row["values"], row["replicate"], row["sample"])
                found[key] = {k: np.nan if v is None else v for k, v in row["figures"].items()}
            except (ValueError, KeyError, TypeError, AttributeError):
                damaged += 1
        if damaged:
            self._rewrite([_row(key, figures) for key, figures in found.items()])
            self.reporter.say(f"{path}: {damaged} damaged lines removed; their runs are made again")
        return found

    def _keep(self, point: Point, figures: dict[str, float]) -> None:
        append_line(self.folder / POINTS, _row(point.key, figures))
        self.found[point.key] = figures
        self.reporter.advance()

    def figures(
        self, sets: Sequence[Values], replicates: int, sample: float, first: int = 0
    ) -> np.ndarray:
        """Figures of parameter sets, each in the same replicates; runs what is not there.

        Interrupted, it keeps runs in progress before the interrupt goes on.

        `sets`: parameters by dotted key. `first`: number of the first replicate. Returns: shape
        (sets, replicates, figures).
        """
        numbers = range(first, first + replicates)
        keys = [key_of(values, number, sample) for values in sets for number in numbers]
        self._asked |= dict.fromkeys(keys)
        self._run([key for key in dict.fromkeys(keys) if key not in self.found])
        names = [target.indicator for target in self.frame.targets]
        rows = [[self.found[key].get(name, np.nan) for name in names] for key in keys]
        return np.array(rows, dtype=float).reshape(len(sets), replicates, len(names))

    def _run(self, keys: Sequence[Key]) -> None:
        if keys:
            batches = ((Point(self.frame, key),) for key in keys)
            execute(batches, pool_of(self.where, self.reporter.say), self._keep)


def key_of(values: Values, replicate: int, sample: float) -> Key:
    """What a finished run is found by."""
    return tuple(sorted((k, float(v)) for k, v in values.items())), int(replicate), float(sample)


def _row(key: Key, figures: Mapping[str, float]) -> dict[str, Any]:
    """A line of the file."""
    values, replicate, sample = key
    shown = {k: v if np.isfinite(v) else None for k, v in figures.items()}
    return {"values": dict(values), "replicate": replicate, "sample": sample, "figures": shown}
