"""Fit the free behaviour parameters to targets, and keep every set that meets them.

In turn: each parameter alone is moved from the values in use (which targets can be met at all);
a search for the least loss; each parameter alone is moved from the best (what is identified); sets
around the best that meet the targets too; the best and these once more, with other luck, in a
larger sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import Interrupted
from returnee.experiments.numbers import rounded
from returnee.experiments.running.executors import compile_first
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.statistics.coordinates import Coordinate, coordinates, point_of, values_at
from returnee.experiments.studies.calibration import steps as stepwise
from returnee.experiments.studies.calibration.identify import Identification, Response
from returnee.experiments.studies.calibration.points import Frame, Points
from returnee.experiments.studies.calibration.search import search
from returnee.experiments.studies.calibration.targets import Target, default_targets
from returnee.experiments.studies.efforts import CalibrationEffort as Options
from returnee.scenarios import Scenario


@dataclass(frozen=True)
class Calibration:
    """What came out of a calibration.

    Attributes
    ----------
    frame : Frame
    options : Options
    axes : tuple of Coordinate
    first : Response
        Around the values in use.
    tried : ndarray, shape (trials, parameters)
        Points of the search, in order; the first is the start.
    losses : ndarray, shape (trials,)
        With the pull towards the values in use, see `calibrate_steps.pull_of`.
    identified : Identification
        At the best point.
    best : dict of str to float
        The result, rounded to `DIGITS` significant digits.
    verified : ndarray, shape (verify_replicates, targets)
        Figures of the result in the sample for verification.
    members : list of dict
        The ensemble; the result comes first.
    member_figures : ndarray, shape (members, targets)
        Means over replicates, in the sample for verification.
    held, proposed : int
        Sets that met the targets in the search sample, and of them in the sample for verification.
    folder : Path
    command : str
    """

    frame: Frame
    options: Options
    axes: tuple[Coordinate, ...]
    first: Response = field(repr=False)
    tried: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    identified: Identification = field(repr=False)
    best: dict[str, float]
    verified: np.ndarray = field(repr=False)
    members: list[dict[str, float]] = field(repr=False)
    member_figures: np.ndarray = field(repr=False)
    proposed: int
    held: int
    folder: Path
    command: str

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets."""
        return self.frame.targets

    @cached_property
    def fit(self) -> np.ndarray:
        """Figures of the result, means over replicates, shape (targets,)."""
        return stepwise.means(self.verified)

    @cached_property
    def fit_error(self) -> np.ndarray:
        """Standard errors of `fit`; NaN where fewer than two runs show the figure."""
        shown = np.isfinite(self.verified).sum(axis=0)
        found: np.ndarray = stepwise.spread(self.verified) / np.sqrt(np.maximum(shown, 1))
        return np.where(shown > 1, found, np.nan)

    @property
    def in_band(self) -> np.ndarray:
        """Whether each target is met, shape (targets,)."""
        return np.array([t.holds(v) for t, v in zip(self.targets, self.fit)])

    @property
    def loss(self) -> float:
        """Loss of the result in the sample for verification, without any pull."""
        return stepwise.loss_of(self.targets, self.fit)


@checked_arguments
def calibrate(
    scenario: Scenario,
    targets: Sequence[Target] | None = None,
    options: Options = Options(),
    free: Sequence[str] = (),
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep("results/calibrate"),
    command: str = "",
) -> Calibration:
    """Fit free behaviour parameters to targets.

    Parameters
    ----------
    scenario : Scenario
        County, policy and the values to start from.
    targets : sequence of Target, optional
        `targets.default_targets` if left out.
    options : Options
        Or its fields.
    free : sequence of str
        Parameters to move; all that are marked free if empty.
    settings : RunSettings
        Or its fields seed (of all draws, and of the search) and months; the sample is that of
        `options`.
    where : Where
        Or its fields: workers, processes, scheduler, local_cluster.
    results : Keep
        Or its fields: out, as_new, progress.
    command : str
        The command that repeats it.

    Raises
    ------
    ScenarioError, UsageError
        One line; a target that is missed and that no parameter moves is told after the first runs.
    Interrupted
        If stopped; what is finished is kept.
    """
    results.unshared()
    where.check()
    frame = Frame(scenario, tuple(targets or default_targets()), settings.seed, settings.months)
    stepwise.check_options(options, frame)
    axes = coordinates(scenario, free)
    results = replace(results, progress=results.reporter)
    reporter = results.reporter
    about: Mapping[str, Any] = {"free": [axis.key for axis in axes], **vars(options)}
    with Points(frame, about, where, results, command) as points:
        steps = stepwise.Calibrator(points, axes, options, reporter)
        try:
            if not where.is_cluster:
                compile_first(reporter.say)
            with reporter:
                reporter.begin(expected(options, len(axes)), len(points.found))
                found = _steps(steps, command)
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted: {len(points.found)} runs are kept in {points.folder}; "
                "give the same command again to go on"
            ) from None
        points.finish()
    return found


def expected(options: Options, parameters: int) -> int:
    """About how many runs a calibration takes."""
    pass_ = 1 + 2 * parameters
    search_runs = (pass_ + options.trials + stepwise.LOCAL * pass_) * options.replicates
    members = 3 * options.members * options.replicates + options.members * options.member_replicates
    return search_runs + members + options.verify_replicates


def _steps(steps: stepwise.Calibrator, command: str) -> Calibration:
    """First pass, search, derivatives, ensemble, verification."""
    options, axes, points = steps.options, steps.axes, steps.points
    first = steps.response(np.zeros(len(axes)), options.replicates)
    stepwise.out_of_reach(first, steps.reporter)
    seed = points.frame.seed
    tried = search(axes, options.method, seed, options.trials, steps.losses, steps.report)
    losses = steps.all_losses
    best = {
        key: rounded(value, stepwise.DIGITS)
        for key, value in values_at(axes, tried[int(losses.argmin())]).items()
    }
    centre = point_of(axes, best)
    steps.reporter.say("what the targets identify")
    local = steps.response(centre, stepwise.LOCAL * options.replicates)
    half = np.array([target.half for target in steps.targets])
    error = steps.error()
    identified = Identification(local, error / half / np.sqrt(options.replicates))
    verified = points.figures(
        [best], options.verify_replicates, options.verify_sample, stepwise.OTHER_LUCK
    )[0]  # fmt: skip
    members, figures, proposed = stepwise.ensemble_of(steps, centre, best, identified, error)
    return Calibration(
        points.frame, options, axes, first, tried, losses, identified, best, verified,
        members[: options.members], figures[: options.members], proposed, len(members),
        points.folder, command,
    )  # fmt: skip
