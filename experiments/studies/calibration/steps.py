"""The steps of a calibration, each over runs that may be finished already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import check
from returnee.experiments.running.progress import Reporter
from returnee.experiments.statistics.coordinates import Coordinate, values_at
from returnee.experiments.statistics.intervals import mean_of
from returnee.experiments.studies.calibration import identify
from returnee.experiments.studies.calibration.ensemble import Bands, sample_around, well_spread
from returnee.experiments.studies.calibration.points import Frame, Points
from returnee.experiments.studies.calibration.search import check_method
from returnee.experiments.studies.calibration.targets import Target, distances
from returnee.experiments.studies.efforts import CalibrationEffort

DIGITS = 3  # of the parameters of the result
LOCAL = 2  # times the replicates, for derivatives
OTHER_LUCK = 10_000  # first replicate of the verification; the search has those from 0
NEAR = 50  # points that the simulation error is pooled over
Z = 1.645  # bands are widened by the 90 % interval of simulation error


def check_options(options: CalibrationEffort, frame: Frame) -> None:
    """Refuse what no calibration can have."""
    limits = {
        "trials": (options.trials, 1, 1_000_000), "replicates": (options.replicates, 2, 1000),
        "members": (options.members, 0, 1000),
        "verify_replicates": (options.verify_replicates, 2, 1000),
    }  # fmt: skip
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise UsageError(f"{name}: found {value}, allowed {low} to {high}")
    check_method(options.method)
    for sample in (options.sample, options.verify_sample):
        check(frame.scenario, options.replicates, RunSettings(frame.seed, sample, frame.months))


def means(figures: np.ndarray) -> np.ndarray:
    """Means over replicates (last axis but one); NaN where fewer than half can show the figure."""
    count = np.isfinite(figures).sum(axis=-2)
    return np.where(2 * count >= figures.shape[-2], mean_of(figures, axis=-2), np.nan)


def spread(figures: np.ndarray) -> np.ndarray:
    """Standard deviations over replicates (last axis but one); 0 where fewer than two are there."""
    there = np.isfinite(figures)
    apart = figures - mean_of(figures, axis=-2)[..., None, :]
    square = np.where(there, apart**2, 0.0).sum(axis=-2)
    return np.sqrt(square / np.maximum(there.sum(axis=-2) - 1, 1))


def loss_of(targets: Sequence[Target], figures: np.ndarray) -> Any:
    """Sum of squared distances, over the last axis."""
    return (distances(targets, figures) ** 2).sum(axis=-1)


def pull_of(points: np.ndarray) -> Any:
    """What a search adds to the loss for leaving the values in use: sum of (x / `PRIOR`)^2.

    Without it, parameters that the targets say nothing about would end anywhere. It is the prior of
    `returnee.experiments.studies.calibration.identify`, so that the least sum is the most probable set.

    `points`: shape (..., parameters).
    """
    return ((points / identify.PRIOR) ** 2).sum(axis=-1)


class Calibrator:
    """The steps of a calibration, over its finished runs."""

    def __init__(
        self,
        points: Points,
        axes: tuple[Coordinate, ...],
        options: CalibrationEffort,
        reporter: Reporter,
    ) -> None:
        self.points, self.axes, self.options, self.reporter = points, axes, options, reporter
        self.targets = points.frame.targets
        self.tried: list[np.ndarray] = []
        self.figures: list[np.ndarray] = []

    def sets(self, points: np.ndarray) -> list[dict[str, float]]:
        """Parameters at points."""
        return [values_at(self.axes, point) for point in points]

    def run(self, points: np.ndarray, replicates: int = 0) -> np.ndarray:
        """Figures at points, shape (points, replicates, targets)."""
        replicates = replicates or self.options.replicates
        return self.points.figures(self.sets(points), replicates, self.options.sample)

    def response(self, centre: np.ndarray, replicates: int) -> identify.Response:
        """Each parameter moved alone."""
        moved = identify.one_at_a_time(self.axes, centre)
        return identify.Response(self.axes, self.targets, moved, self.run(moved, replicates))

    def losses(self, points: np.ndarray) -> np.ndarray:
        """Losses at points of the search, with the pull towards the values in use."""
        figures = self.run(points)
        self.tried += list(points)
        self.figures += list(figures)
        return loss_of(self.targets, means(figures)) + pull_of(points)

    @property
    def all_losses(self) -> np.ndarray:
        """Losses at all points of the search so far, with the pull."""
        found: np.ndarray = loss_of(self.targets, means(np.array(self.figures)))
        return found + pull_of(np.array(self.tried))

    def report(self, number: int) -> None:
        """Say how far the search has come."""
        losses = self.all_losses
        k = int(losses.argmin())
        found = sum(t.holds(v) for t, v in zip(self.targets, means(self.figures[k])))
        self.reporter.say(
            f"{number} of {self.options.trials} sets: least loss {losses[k]:.3g}, "
            f"{found} of {len(self.targets)} targets in band"
        )

    def error(self) -> np.ndarray:
        """Standard deviation of a figure over replicates, pooled over the sets that fit best."""
        figures = np.array(self.figures)
        order = np.argsort(loss_of(self.targets, means(figures)), kind="stable")[:NEAR]
        return np.sqrt((spread(figures[order]) ** 2).mean(axis=0))


def out_of_reach(first: identify.Response, warn: Reporter) -> None:
    """Name targets that no parameter moves: an error for one that is missed, else a line."""
    now = means(first.figures[0])
    for target in first.unmoved():
        value = now[list(first.targets).index(target)]
        if np.isfinite(value) and not target.holds(value):
            raise UsageError(
                f"targets: {target.indicator}: found {value:.4g}, which no free parameter moves, "
                f"allowed {target.low:.4g} to {target.high:.4g}; "
                "leave it out or free other parameters"
            )
        warn.say(f"targets: {target.indicator}: no free parameter is seen to move it")


def ensemble_of(
    steps: Calibrator,
    centre: np.ndarray,
    best: dict[str, float],
    identified: identify.Identification,
    error: np.ndarray,
) -> tuple[list[dict[str, float]], np.ndarray, int]:
    """Sets that meet the targets, verified, well spread: parameters, figures, and how many met."""
    options = steps.options
    if not options.members:
        return [], np.empty((0, len(steps.targets))), 0
    steps.reporter.say("sets that meet the targets too")
    widened = Z * error / np.sqrt(options.replicates)
    bands = Bands(steps.targets, widened, means(identified.response.figures[0]))
    tried = np.array(steps.tried)
    from_search = tried[bands.hold(means(np.array(steps.figures)))]
    around = sample_around(
        centre, identified, bands, lambda points: means(steps.run(points)),
        2 * options.members, 10 * options.members, steps.points.frame.seed,
    )  # fmt: skip
    rows = np.concatenate([centre[None], around, from_search])
    rows = rows[well_spread(rows, 2 * options.members)]
    sets = [best, *steps.sets(rows[1:])]
    replicates = options.member_replicates
    figures = steps.points.figures(sets, replicates, options.verify_sample, OTHER_LUCK)
    # Errors of a mean shrink with people and replicates.
    people = options.sample / options.verify_sample
    bands = Bands(steps.targets, Z * error * np.sqrt(people / replicates), means(figures[0]))
    held = np.flatnonzero(bands.hold(means(figures)))
    order = [held[k] for k in well_spread(rows[held], len(held))] if len(held) else []
    return [sets[k] for k in order], means(figures)[order], len(around) + len(from_search)
