"""History matching: the box of priors less what cannot be, wave by wave.

Vernon, Goldstein and Bower, Bayesian Analysis 5, 2010, 619-670; for models with luck Andrianakis et
al., PLoS Comput. Biol. 11, 2015, e1003968. The implausibility of parameters for a target is

    I = distance of the emulated mean from the target / root of the sum of four variances:

of the emulator, of luck (of one county in full: that of a run times the share simulated), of the
observation, and of the discrepancy (both `Target`'s). What has its second largest I below `CUT` (three
standard deviations hold 95 % of any distribution with one peak: Pukelsheim, Am. Stat. 48, 1994, 88-91)
stays. Each wave is run in what the waves before left, under fresh luck, and emulated there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from returnee.experiments.errors import UsageError
from returnee.experiments.statistics.emulators import Emulator, emulator, log_variances
from returnee.experiments.studies.calibration.bank import Bank
from returnee.experiments.studies.calibration.targets import Target, distances

CUT = 3.0
RANK = 2  # of the implausibility that counts: the second largest
SEEN = 0.5  # share of the sets that must show a figure for it to be emulated
DIGITS = 3  # of an implausibility, so that every machine decides alike
FIRST = 2**14  # places of the whole box
PLACES = 1024  # of what is left, after any wave
WALK = 50  # steps of a walk
Predicate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Judge:
    """What one wave says of parameters."""

    targets: tuple[Target, ...]  # those that are emulated
    means: tuple[Emulator, ...] = field(repr=False)
    luck: tuple[Emulator, ...] = field(repr=False)  # of the log of the variance of one run
    share: float  # of the county that was simulated
    sets: int

    def variances(self, unit: np.ndarray, k: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The mean of a target, and the four variances that its distance is held against."""
        target = self.targets[k]
        mean, unsure = self.means[k].predict(unit)
        luck = np.exp(np.minimum(self.luck[k].mean(unit), 50.0)) * self.share
        return mean, {
            "emulator": unsure, "simulation": luck,
            "observation": np.full(len(unit), target.observation_sd**2),
            "discrepancy": np.full(len(unit), target.discrepancy_sd**2),
        }  # fmt: skip

    def implausibility(self, unit: np.ndarray, k: int) -> np.ndarray:
        """Of one target at coordinates, shape (n,)."""
        mean, parts = self.variances(unit, k)
        away = distances([self.targets[k]], mean[:, None])[:, 0]
        found: np.ndarray = np.round(away / np.sqrt(sum(parts.values())), DIGITS)
        return found

    def all(self, unit: np.ndarray) -> np.ndarray:
        """Of every target, shape (n, targets)."""
        columns = [self.implausibility(unit, k) for k in range(len(self.targets))]
        return np.array(columns).reshape(len(self.targets), len(unit)).T

    def holds(self, unit: np.ndarray) -> np.ndarray:
        """Whether the second largest implausibility is below the cut, shape (n,)."""
        beyond = np.zeros(len(unit), dtype=int)
        for k in range(len(self.targets)):
            at = np.flatnonzero(beyond < RANK)  # what is out already is not looked at again
            beyond[at] += self.implausibility(unit[at], k) >= CUT
        return beyond < RANK


def judge_of(bank: Bank, targets: Sequence[Target]) -> Judge:
    """Emulate every target of some sets."""
    unit, runs = bank.box.unit(bank.theta), int(bank.replicates[0])
    told, means, luck = [], [], []
    for target in targets:
        k = bank.targets.index(target.indicator)
        shown = np.isfinite(bank.x[:, k])
        sure = shown & np.isfinite(bank.x_var[:, k])
        if shown.mean() < SEEN or sure.sum() < 0.5 * shown.sum():
            continue
        square = bank.x_var[sure, k] * runs
        logs, unsure = log_variances(square, runs, (1e-3 * target.sd) ** 2)
        spread = emulator(unit[sure], logs, np.full(len(logs), unsure))
        noise = np.exp(spread.mean(unit[shown])) / runs
        told.append(target)
        luck.append(spread)
        means.append(emulator(unit[shown], bank.x[shown, k], noise))
    return Judge(tuple(told), tuple(means), tuple(luck), bank.sample, len(bank))


def judges_of(bank: Bank, targets: Sequence[Target]) -> list[Judge]:
    """A judge for each wave: of its sets, and of earlier ones that the waves before leave in."""
    found: list[Judge] = []
    for wave in np.unique(bank.wave):
        some = bank.only(bank.wave <= wave)
        inside = (some.wave == wave) | plausible_by(found)(bank.box.unit(some.theta))
        found.append(judge_of(some.only(inside), targets))
    return found


def plausible_by(judges: Sequence[Judge]) -> Predicate:
    """Whether all judges leave coordinates in."""

    def predicate(unit: np.ndarray) -> np.ndarray:
        held = np.asarray(((unit >= 0.0) & (unit <= 1.0)).all(axis=1))
        for judge in reversed(judges):
            held[held] = judge.holds(unit[held])
        return held

    return predicate


@dataclass(frozen=True)
class Left:
    """What some waves leave of the box."""

    unit: np.ndarray = field(repr=False)  # coordinates spread evenly over it, shape (n, d)
    fraction: float = 1.0  # of the box
    judges: tuple[Judge, ...] = field(default=(), repr=False)

    def less(self, judge: Judge, seed: int, number: int = PLACES) -> Left:
        """What one more wave leaves: the places it leaves, and walks from them to so many.

        The fraction is multiplied by the share of places that stay. Raises UsageError: if nothing
        is left, naming targets that contradict each other.
        """
        judges = (*self.judges, judge)
        if not self.judges:
            refuse_contradictions(judge, self.unit[:: max(len(self.unit) // PLACES // 4, 1)])
        held = self.unit[judge.holds(self.unit)]
        share = len(held) / len(self.unit)
        start = held if len(held) else climbed(judges, self.unit, seed)
        unit = held[:number] if len(held) >= number else walked(start, judges, number, seed)
        return Left(unit, self.fraction * (share or 0.5 / len(self.unit)), judges)


def walked(start: np.ndarray, judges: Sequence[Judge], number: int, seed: int) -> np.ndarray:
    """So many places of what is left, by walks from some of it that stay inside.

    The moves are those of differential evolution (ter Braak, Stat. Comput. 16, 2006, 239-249).
    """
    rng, inside, d = np.random.default_rng(seed), plausible_by(judges), start.shape[1]
    at = start[rng.integers(len(start), size=number)]
    for step in range(WALK):
        a, b = (at[rng.permutation(number)] for _ in range(2))
        scale = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2.0 * d) * rng.uniform(0.5, 1.0)
        moved = at + scale * (a - b) + rng.normal(0.0, 0.02, at.shape)
        take = inside(moved)
        at[take] = moved[take]
    return at


def climbed(judges: Sequence[Judge], unit: np.ndarray, seed: int) -> np.ndarray:
    """Places that are left, sought from those of `unit` that are least far from it."""
    rng, inside = np.random.default_rng(seed), plausible_by(judges)
    worst = _worst(judges, unit)
    for _ in range(WALK):
        best = unit[np.argsort(worst, kind="stable")[:64]]
        held = inside(best)
        if held.any():
            return best[held]
        a, b = best[rng.integers(64, size=1024)], best[rng.integers(64, size=1024)]
        moved = a + rng.uniform(0.0, 1.0, (1024, 1)) * (b - a) + rng.normal(0, 0.05, a.shape)
        unit = np.concatenate([best, np.clip(moved, 0.0, 1.0)])
        worst = _worst(judges, unit)
    out = judges[-1].all(best) >= CUT
    least = out[int(out.sum(axis=1).argmin())]
    raise UsageError(_nowhere([t.indicator for t, o in zip(judges[-1].targets, least) if o]))


def _worst(judges: Sequence[Judge], unit: np.ndarray) -> np.ndarray:
    """The second largest implausibility of any wave, with a little of the others."""
    found = [np.sort(judge.all(unit), axis=1) for judge in judges]
    return np.max([rows[:, -RANK] + 0.01 * rows.mean(axis=1) for rows in found], axis=0)


def refuse_contradictions(judge: Judge, unit: np.ndarray) -> None:
    """Refuse a target that no place of the box meets, and two that none meets together.

    The second largest implausibility alone would let one of them be missed, wherever that is.
    Raises UsageError: one line that names them.
    """
    met = judge.all(unit) < CUT
    never = ~np.asarray(met.any(axis=0))
    names = [t.indicator for t in judge.targets]
    if never.any():
        raise UsageError(_nowhere([name for name, out in zip(names, never) if out]))
    a, b = np.nonzero(np.triu(met.T.astype(int) @ met.astype(int) == 0, 1))
    if len(a):
        raise UsageError(_nowhere([names[a[0]], names[b[0]]]))


def _nowhere(names: Sequence[str]) -> str:
    return (
        f"targets: found {' and '.join(names)}, which no parameters in the box meet"
        f"{' together' if len(names) > 1 else ''}, allowed targets that do not contradict each "
        "other; leave one out, free other parameters, or widen it"
    )


def quality(judge: Judge) -> pd.DataFrame:
    """A row a target: how well it is emulated."""
    rows = [
        {"target": t.indicator, "explained": e.explained, "missed": e.missed,
         "missed_sd": e.missed / t.sd, "within_two_sd": e.within, "widened": e.widened}
        for t, e in zip(judge.targets, judge.means)
    ]  # fmt: skip
    return pd.DataFrame(rows)
