"""Calibration as inference: screening of all priors, then waves of history matching.

What is not known is in the priors of the schema; what is, in the targets. A screening tells which
parameters the targets feel; waves of simulations cut away what cannot be. What is left, and the bank
of all simulations, is what a posterior is made from. See `screening`, `waves` and `bank`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import UsageError
from returnee.experiments.files import write_text
from returnee.experiments.running.executors import workers_of
from returnee.experiments.running.folders import OwnFolder
from returnee.experiments.running.manifests import FINISHED, Manifest
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.status import duration
from returnee.experiments.studies.calibration import priors, screening, waves
from returnee.experiments.studies.calibration.bank import (
    Aimed,
    Bank,
    Luck,
    World,
    bank_plan,
    simulate_bank,
)
from returnee.experiments.studies.calibration.inference import Inference, infer, size_of
from returnee.experiments.studies.calibration.targets import (
    Target,
    default_targets,
    refuse_contradictions,
)
from returnee.experiments.studies.calibration.waves import Left
from returnee.experiments.studies.efforts import CalibrationEffort
from returnee.scenarios import Scenario

SETS, FEWEST = 10, 5  # sets of a wave for each parameter: usual, and at least
SHRINKS = 0.8  # a wave that leaves more than this of what was left is the last
EMULATED = 3.0  # seconds for each target and wave, about
BANK, LEFT, WAVES, EMULATORS, SCREENING = (
    "bank.parquet", "left.csv", "waves.csv", "emulators.csv", "screening.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """What the waves of a calibration leave."""

    scenario: Scenario
    targets: tuple[Target, ...]
    bank: Bank  # every set of every wave
    left: Left = field(repr=False)  # what is left of the box, and what tells it
    waves: pd.DataFrame = field(repr=False)  # a row a wave: sets, runs, and what it leaves
    emulators: pd.DataFrame = field(repr=False)  # a row a wave and target: how well it was emulated
    screening: pd.DataFrame | None = field(repr=False)
    inference: Inference | None = field(repr=False)  # of draws of what is left, if they are wanted
    settings: RunSettings
    folder: Path
    command: str

    @property
    def kept(self) -> pd.DataFrame:
        """Parameter sets that are spread evenly over what is left, a row each."""
        return pd.DataFrame(self.bank.box.values(self.left.unit), columns=self.bank.names)


@checked_arguments
def calibrate(
    world: World = World(),
    targets: Sequence[Target] | None = None,
    effort: CalibrationEffort = CalibrationEffort(),
    free: Sequence[str] = (),
    settings: RunSettings = RunSettings(sample=0.01),
    where: Where = Where(),
    results: Keep = Keep("results/calibrate"),
) -> Calibration:
    """Find what parameters the targets leave.

    Parameters
    ----------
    targets : sequence of Target, optional
        `targets.default_targets` if left out.
    free : sequence of str
        Parameters to move; if empty those that a screening chooses, or that are marked free.
    settings : RunSettings
        Or its fields: seed, sample, months; a wave has the seed after that of the one before.
    """
    results.unshared()
    where.check()
    aims = tuple(targets or default_targets())
    refuse_contradictions(aims)
    asked = list(free) or (list(priors.uncertain()) if effort.screen else priors.free())
    box = world.box(priors.moved_in(world.read(), asked, world.ranges))
    runner = Runner(world, aims, effort, settings, where, results)
    cost = runner.cost(box)
    with runner.folder(box) as folder:
        results.reporter.say(cost)
        runner, table = replace(runner, results=replace(results, out=folder.folder)), None
        if effort.screen:
            table = runner.screen(box)
            box = world.box(screening.chosen(table, effort.chosen))
        found = replace(runner.match(box), screening=table)
        if effort.members:
            found = replace(found, inference=infer(found, runner))
        folder.status(FINISHED)
    return found


class Folder(OwnFolder):
    """The folder of a calibration; a longer one goes on where a shorter one ended."""

    COMPARED = (*OwnFolder.COMPARED, "seed", "sample", "months", "targets", "free", "ranges",
                "sets", "replicates", "screen", "chosen", "scenario")  # fmt: skip


@dataclass(frozen=True)
class Runner:
    """The runs of a calibration, one after the other."""

    world: World
    targets: tuple[Target, ...]
    effort: CalibrationEffort
    settings: RunSettings
    where: Where
    results: Keep

    def folder(self, box: priors.Box) -> Folder:
        """Where all of it is kept."""
        e, s, scenario = self.effort, self.settings, self.world.read()
        about = {
            "scenario": scenario.id, "seed": s.seed, "sample": s.sample, "months": s.months,
            "free": box.names,
            "targets": [asdict(t) for t in self.targets],
            "ranges": {key: list(ends) for key, ends in self.world.ranges.items()},
            "sets": e.sets, "replicates": e.replicates, "screen": e.screen, "chosen": e.chosen,
        }  # fmt: skip
        manifest = Manifest("calibration", self.world.command, {scenario.name: scenario}, about)
        return Folder(self.results.folder, manifest, self.results.as_new)

    def cost(self, box: priors.Box) -> str:
        """What is to be done and how long it will take; what cannot be done is refused."""
        e, d = self.effort, len(box.names)
        moved = min(d, e.chosen) if e.screen else d
        sets = self.sets(moved)
        if sets < FEWEST * moved:
            raise UsageError(
                f"sets: found {sets}, allowed {FEWEST * moved} or more for {moved} parameters"
            )
        one = box.values(box.sobol(1)), box.names, Aimed(self.targets)
        plan = bank_plan(*one, self.settings, self.world, Luck(replicates=e.replicates))
        workers = self.where.local_cluster or workers_of(self.where.workers)
        first, later = e.screen * (d + 1), e.waves * sets * e.replicates
        after = size_of(e.members, moved) if e.members else {}
        seconds = (first + later + sum(after.values())) * plan.seconds_a_run / workers
        seconds += e.waves * len(self.targets) * EMULATED
        before = f"{first:,} runs of a screening of {d} parameters, then " if e.screen else ""
        posterior = (
            f", then a posterior from {after['design']:,} runs, {after['variants']:,} of variants "
            f"of the model and {after['draws']:,} of its draws" if after else ""
        )  # fmt: skip
        return (
            f"{before}up to {e.waves} waves of {sets} sets of {moved} parameters in {e.replicates} "
            f"runs each, {later:,} runs{posterior}: about {duration(seconds)} with {workers} workers, and "
            "longer the first time"
        )

    def sets(self, moved: int) -> int:
        """Parameter sets of a wave."""
        return self.effort.sets or SETS * moved

    def simulate(self, unit: np.ndarray, box: priors.Box, seed: int, luck: Luck) -> Bank:
        """A bank of coordinates, in a folder of its own."""
        name = f"wave-{luck.wave}" if luck.wave else "screening"
        keep = replace(self.results, out=self.results.folder / name)
        settings = replace(self.settings, seed=seed)
        return simulate_bank(box.values(unit), box.names, self.targets, settings, self.where, keep,
                             self.world, luck)  # fmt: skip

    def screen(self, box: priors.Box) -> pd.DataFrame:
        """Which parameters the targets feel, the most felt first."""
        unit = screening.trajectories(box, self.effort.screen, self.settings.seed)
        bank = self.simulate(unit, box, self.settings.seed, Luck(0, 1, common=True))
        found = screening.screened(box, self.targets, screening.effects(unit, bank.x))
        write_csv(self.results.folder / SCREENING, found)
        return found

    def match(self, box: priors.Box) -> Calibration:
        """Waves, until what is left stops shrinking."""
        say, sets = self.results.reporter.say, self.sets(len(box.names))
        left, bank, rows, frames = Left(box.sobol(max(waves.FIRST, sets))), None, [], []
        for wave in range(1, self.effort.waves + 1):
            seed, before = self.settings.seed + wave, left.fraction
            luck = Luck(wave, self.effort.replicates)
            one = self.simulate(left.unit[:sets], box, seed, luck)
            bank = one if bank is None else bank + one
            near = (bank.wave == wave) | waves.plausible_by(left.judges)(box.unit(bank.theta))
            judge = waves.judge_of(bank.only(near), self.targets)
            left = left.less(judge, seed, max(waves.PLACES, sets))
            rows.append({"wave": wave, "sets": len(one), "emulated_from": int(near.sum()),
                         "targets": len(judge.targets), "fraction": left.fraction})  # fmt: skip
            frames.append(waves.quality(judge).assign(wave=wave))
            say(f"wave {wave}: {left.fraction:.2g} of the box is left")
            if left.fraction > SHRINKS * before:
                break
        assert bank is not None
        found = Calibration(
            self.world.read(), self.targets, bank, left, pd.DataFrame(rows),
            pd.concat(frames, ignore_index=True), None, None, self.settings, self.results.folder,
            self.world.command,
        )  # fmt: skip
        bank.write(found.folder / BANK)
        write_csv(found.folder / WAVES, found.waves)
        write_csv(found.folder / EMULATORS, found.emulators)
        write_csv(found.folder / LEFT, found.kept)
        return found


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table."""
    write_text(path, frame.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
