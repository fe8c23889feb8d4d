"""From what the waves leave to a posterior, tests of it, and a weighted ensemble.

1. A first posterior, from surfaces fitted to the sets that the waves left.
2. A design around it: a normal of its mean and `WIDER` times its covariance, run under fresh luck.
3. The posterior, from surfaces fitted to both; the luck of a run counts as that of a whole county.
4. Coverage: runs of the design as synthetic counties (`coverage`).
5. Variants without one mechanism, on the first sets of the design, and their weights (`structure`).
6. Draws of every variant, as many as its weight asks for, run once more under luck of their own in a
   larger sample, for all patterns that a run shows, those kept for validation too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import qmc

from returnee.experiments.files import read_table, write_text
from returnee.experiments.running.jobs import RUNS
from returnee.experiments.statistics.surface import Surface, fit
from returnee.experiments.studies.calibration import structure
from returnee.experiments.studies.calibration.bank import Bank, Luck, simulate_bank
from returnee.experiments.studies.calibration.coverage import Coverage, Simulated, coverage
from returnee.experiments.studies.calibration.identify import Misfit, identified, misfit
from returnee.experiments.studies.calibration.posterior import (
    EDGE,
    Emulates,
    Observed,
    Posterior,
    Prior,
    log_likelihood,
    sample,
)
from returnee.experiments.studies.calibration.predictive import Predicted, bands_of, predicted
from returnee.experiments.studies.calibration.priors import Box
from returnee.experiments.studies.calibration.targets import INSIDE, Target
from returnee.experiments.studies.calibration.waves import SEEN, plausible_by
from returnee.experiments.studies.ensemble import FULL, STRUCTURE, WEIGHT
from returnee.scenarios.files.editor import toml_of
from returnee.simulation.fingerprint import fingerprint

if TYPE_CHECKING:
    from returnee.experiments.studies.calibration.calibrate import Calibration, Runner

WIDER = 1.5  # covariance of the design, times that of the first posterior
DESIGN, LEAST_DESIGN = 12, 40  # runs of the design for each parameter, and at least
COUNTIES = 200  # of them as synthetic counties, at most
VARIED = 1  # sets for each parameter in which a variant is run
LARGER, CHECKED = 2.0, 2  # sample and runs in which draws are looked at once more
LUCK_OF_DESIGN, LUCK_OF_DRAWS = 1000, 2000  # added to the seed
LEAST_MISSED = 0.05  # of the variance around a surface that is not luck, at least
LEAST_WEIGHT = 0.01  # a variant below ships no draw
FEWEST = 2  # draws of any other
TRIES = 300  # subsets of draws, of which that most like the posterior is taken
ENSEMBLE, ORIGIN, COVERAGE, IDENTIFIED, FORETOLD, VARIANTS, PATTERNS = (
    "ensemble.csv", "ensemble.toml", "coverage.csv", "identified.csv", "foretold.csv", "variants.csv",
    "patterns.csv",
)  # fmt: skip


def observed_of(targets: tuple[Target, ...], bank: Bank) -> Observed:
    """What is known of targets: their centres, or only bounds; nothing of one that few sets show."""
    rows = np.array([(t.centre, t.sd, t.low, t.high) for t in targets])
    bounded = np.array([t.aim == INSIDE for t in targets])
    centre, sd, low, high = rows.T.copy()
    centre[np.isfinite(bank.x).mean(axis=0) < SEEN] = np.nan
    bounded &= np.isfinite(centre)
    return Observed(
        np.where(bounded, np.nan, centre), sd,
        np.where(bounded, low, np.nan), np.where(bounded, high, np.nan),
    )  # fmt: skip


def surface_of(bank: Bank) -> Surface:
    """The surface of a bank, for single runs."""
    return fit(bank.box.unit(bank.theta), bank.x, bank.replicates)


def of_a_county(surface: Surface, bank: Bank) -> Surface:
    """The surface with luck as a whole county has it, a run's times the share that was simulated."""
    there = np.isfinite(bank.x_var)
    luck = np.where(there, bank.x_var, 0.0) * bank.replicates[:, None]
    luck = luck.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    missed = np.maximum(surface.noise - luck, LEAST_MISSED * surface.noise)
    luck = np.minimum(luck, surface.noise - LEAST_MISSED * surface.noise)
    return surface.quieter((missed + luck * bank.sample) / surface.noise)


def design(prior: Prior, number: int, seed: int) -> np.ndarray:
    """Coordinates of Sobol points of a normal prior, shape (number, d)."""
    power = int(np.ceil(np.log2(max(number, 2))))
    drawn = qmc.Sobol(len(prior.centre), seed=np.random.default_rng(seed)).random_base2(power)
    return prior.points(ndtri(np.clip(drawn[:number], EDGE, 1.0 - EDGE)))


def like_the_whole(posterior: Posterior, number: int, rng: np.random.Generator) -> np.ndarray:
    """So few draws whose means and spreads are most like the posterior's, shape (number, d)."""
    spread = np.sqrt(np.diag(posterior.covariance))
    best, least = posterior.drawn(number, rng), np.inf
    for _ in range(TRIES):
        some = posterior.drawn(number, rng)
        off = (((some.mean(axis=0) - posterior.mean) / spread) ** 2).sum()
        if number > 2:
            off += ((some.std(axis=0) / spread - 1.0) ** 2).sum()
        if off < least:
            best, least = some, off
    return best


def shared_out(weights: Mapping[str, float], number: int) -> dict[str, int]:
    """Draws of each variant: as many as its weight asks for, few of every one that counts at all."""
    kept = {name: w for name, w in weights.items() if w >= LEAST_WEIGHT}
    total = sum(kept.values())
    return {name: max(FEWEST, round(number * w / total)) for name, w in kept.items()}


def ensemble_frame(
    posteriors: Mapping[str, Posterior], surfaces: Mapping[str, Emulates], observed: Observed,
    bank: Bank, number: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """The ensemble: ``weight``, ``structure`` and parameters, the likeliest of the full model first."""
    rng = np.random.default_rng(seed)
    weights = structure.weights(posteriors)
    counts = shared_out(weights, number)
    total, frames = sum(weights[name] for name in counts), []
    for name, count in counts.items():
        points = like_the_whole(posteriors[name], count, rng)
        points = points[
            np.argsort(-log_likelihood(surfaces[name], observed, points), kind="stable")
        ]
        frame = pd.DataFrame(bank.box.values(points), columns=bank.names)
        frame.insert(0, WEIGHT, weights[name] / total / count)
        frame.insert(1, STRUCTURE, name)
        frames.append(frame)
    order = sorted(range(len(frames)), key=lambda k: frames[k][STRUCTURE].iloc[0] != FULL)
    return pd.concat([frames[k] for k in order], ignore_index=True)


@dataclass(frozen=True)
class Inference:
    """A posterior, and what was found of it.

    Attributes
    ----------
    bank : Bank
        Sets that the surfaces are fitted to: those that the waves left, and the design.
    posteriors : dict of str to Posterior
        By variant; the full model first.
    identified, variants : DataFrame
        What the targets teach; the weight of each variant.
    predicted : Predicted
        What the draws show of every target and pattern, run anew.
    coverage : Coverage
    misfit : Misfit
    ensemble : DataFrame
        The draws that ship: ``weight``, ``structure`` and parameters.
    runs : int
        Made for all this, waves included.
    """

    bank: Bank
    posteriors: dict[str, Posterior] = field(repr=False)
    identified: pd.DataFrame = field(repr=False)
    variants: pd.DataFrame = field(repr=False)
    predicted: Predicted = field(repr=False)
    coverage: Coverage
    misfit: Misfit
    ensemble: pd.DataFrame = field(repr=False)
    runs: int

    @property
    def posterior(self) -> Posterior:
        """Of the full model."""
        return self.posteriors[FULL]

    @property
    def correlation(self) -> np.ndarray:
        """Of the parameters' coordinates in the posterior, shape (d, d)."""
        cover = self.posterior.covariance
        spread = np.sqrt(np.diag(cover))
        found: np.ndarray = cover / np.outer(spread, spread)
        return found

    @property
    def effective(self) -> float:
        """Effective number of the draws that ship."""
        return float(1.0 / (self.ensemble[WEIGHT] ** 2).sum())


def size_of(members: int, d: int) -> dict[str, int]:
    """Runs of each step."""
    return {
        "design": max(DESIGN * d, LEAST_DESIGN),
        "variants": VARIED * d * (len(structure.variants()) - 1),
        "draws": members * CHECKED,
    }


def first_look(found: Calibration, observed: Observed) -> tuple[Bank, Prior]:
    """Sets that the waves left in, and around what they leave the prior of the design."""
    box, seed = found.bank.box, found.settings.seed
    last = found.bank.wave == found.bank.wave.max()
    near = found.bank.only(last | plausible_by(found.left.judges)(box.unit(found.bank.theta)))
    surface = of_a_county(surface_of(near), near)
    first = sample(surface, observed, Prior.flat(len(box.names)), seed)
    return near, Prior.around(first.points, first.weights, WIDER)


def infer(found: Calibration, runner: Runner) -> Inference:
    """Make the posterior of what the waves of a calibration left."""
    box, targets, say = found.bank.box, found.targets, runner.results.reporter.say
    d, seed, observed = len(box.names), found.settings.seed, observed_of(targets, found.bank)
    near, around = first_look(found, observed)
    wave = int(found.bank.wave.max()) + 1
    places = design(around, size_of(0, d)["design"], seed)
    drawn = _run(runner, box.values(places), box.names, "design", LUCK_OF_DESIGN, Luck(wave, 1))
    bank = near + drawn
    points, whole = box.unit(bank.theta), surface_of(bank)
    surface = of_a_county(whole, bank)
    surfaces: dict[str, Emulates] = {FULL: surface}
    for name, switches in structure.variants().items():
        if switches:
            surfaces[name] = _changed(runner, surface, drawn, name, switches)
    posteriors = {
        name: sample(one, observed, Prior.flat(d), seed) for name, one in surfaces.items()
    }
    say("coverage on synthetic counties")
    counties = np.arange(len(near), len(bank))[:COUNTIES]
    covered = coverage(box.names, Simulated(points, bank.x, bank.replicates), counties, observed, around, seed,
                       lambda unit: box.unit(box.values(unit)))  # fmt: skip
    posterior = posteriors[FULL]
    frame = ensemble_frame(posteriors, surfaces, observed, bank, runner.effort.members, seed)
    variants = _variants(posteriors, frame)
    done = Inference(
        bank, posteriors, identified(surface, observed, posterior, box.names, targets), variants,
        shown(runner, frame, box), covered, misfit(surface, observed, around, posterior, targets, seed), frame,
        int(found.bank.replicates.sum()) + sum(size_of(len(frame), d).values()),
    )  # fmt: skip
    write(done, found)
    return done


def _run(
    runner: Runner, theta: np.ndarray, names: list[str], folder: str, other_luck: int, luck: Luck,
    switches: Mapping[str, bool] = MappingProxyType({}), sample: float = 0.0,
) -> Bank:  # fmt: skip
    """Run sets in a folder of their own, in a world with some mechanisms turned off."""
    settings = replace(runner.settings, seed=runner.settings.seed + other_luck,
                       sample=sample or runner.settings.sample)  # fmt: skip
    keep = replace(runner.results, out=runner.results.folder / folder)
    world = replace(runner.world, overrides={**runner.world.overrides, **switches})
    return simulate_bank(theta, names, runner.targets, settings, runner.where, keep, world, luck)


def _changed(
    runner: Runner, surface: Surface, drawn: Bank, name: str, switches: Mapping[str, bool]
) -> Emulates:
    """The surface of a variant, from the first sets of the design in the same luck."""
    some = drawn.only(np.arange(len(drawn)) < VARIED * len(drawn.names))
    unit, names = some.box.unit(some.theta), some.names
    other = _run(runner, some.theta, names, f"variant-{name}", LUCK_OF_DESIGN, Luck(0, 1), switches)
    return structure.changed(surface, unit, some.x, other.x)


def _variants(posteriors: Mapping[str, Posterior], ensemble: pd.DataFrame) -> pd.DataFrame:
    """A row a variant: evidence, weight, and how many draws of it ship."""
    weights = structure.weights(posteriors)
    draws = ensemble[STRUCTURE].value_counts()
    return pd.DataFrame(
        {
            "structure": list(posteriors),
            "log_evidence": [p.log_evidence for p in posteriors.values()],
            "weight": list(weights.values()),
            "effective": [p.effective for p in posteriors.values()],
            "draws": [int(draws.get(name, 0)) for name in posteriors],
        }
    )


def shown(runner: Runner, ensemble: pd.DataFrame, box: Box) -> Predicted:
    """What the draws show of targets and patterns, in luck of their own."""
    larger = min(1.0, LARGER * runner.settings.sample)
    bands, rows, weights = bands_of(runner.targets), [], []
    names = [band.name for band in bands]
    for name, switches in structure.variants().items():
        some = ensemble[ensemble[STRUCTURE] == name]
        if not len(some):
            continue
        folder = f"draws-{name}"
        _run(runner, some[box.names].to_numpy(float), box.names, folder, LUCK_OF_DRAWS,
             Luck(0, CHECKED), switches, larger)  # fmt: skip
        runs = read_table(runner.results.folder / folder / RUNS).to_pandas()
        rows.append(runs.groupby("point")[names].mean().to_numpy(float))
        weights.append(some[WEIGHT].to_numpy(float))
    return predicted(bands, np.concatenate(rows), np.concatenate(weights))


def write(done: Inference, found: Calibration) -> None:
    """Write the tables of a posterior and the ensemble into the calibration's folder."""
    tables = {
        COVERAGE: done.coverage.frame(), IDENTIFIED: done.identified, FORETOLD: done.misfit.frame,
        VARIANTS: done.variants, PATTERNS: done.predicted.frame, ENSEMBLE: done.ensemble,
    }  # fmt: skip
    for name, frame in tables.items():
        text = frame.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        write_text(found.folder / name, text)
    write_text(found.folder / ORIGIN, origin_toml(done, found))


def origin_toml(done: Inference, found: Calibration) -> str:
    """From which model, targets and command the ensemble came."""
    head = {
        "fingerprint": fingerprint(), "command": found.command, "scenario": found.scenario.id,
        "seed": found.settings.seed, "months": found.settings.months,
        "sample": found.settings.sample, "sets": len(done.ensemble), "runs": done.runs,
        "effective_sets": round(done.effective, 1), "coverage": round(done.coverage.share, 3),
        "coverage_error": round(done.coverage.error, 3),
        "synthetic_counties": len(done.coverage.ranks),
    }  # fmt: skip
    structures = {name: float(f"{w:.3g}") for name, w in
                  zip(done.variants["structure"], done.variants["weight"])}  # fmt: skip
    bands = {t.indicator: {"low": t.low, "high": t.high} for t in found.targets}
    note = "Where ensemble.csv comes from; written by returnee calibrate."
    return toml_of({**head, "structures": structures, "targets": bands}, head=[note])
