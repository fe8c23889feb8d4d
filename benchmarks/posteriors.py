"""Two ways to a posterior on the same synthetic counties: ``python -m benchmarks.posteriors FOLDER``.

FOLDER is that of the calibration that ships (its command stands in ``docs/calibration.md``; what is
missing is run). Runs of its design are counties with known parameters, each observed with errors as assumed, and each
method learns from the others, a quarter of the counties left out at a time:

- surfaces and importance sampling, as in `returnee.experiments.studies.calibration`;
- with ``--python`` of an environment that has sbi (``pip install sbi``; it brings torch): neural posterior estimation
  by a masked autoregressive flow, on the runs of the design, which are draws of the counties' own prior.

Printed: the share of true values in 90 % intervals with its error, the least and the most of any parameter, how many
parameters have ranks that are uneven at p < 0.05, standard deviation of the posterior and error of its mean (in
coordinates, where the counties' own spread is the third), and processor seconds. Intervals that are right are not
enough: a posterior that learned nothing has them too, and its error is the counties' spread.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import kstest

FOLDS, DRAWS, EDGE = 4, 1000, 1e-6
Arrays = dict[str, np.ndarray]
Method = Callable[[Arrays, np.ndarray, np.ndarray], "list[tuple[np.ndarray, np.ndarray]]"]
"""Arrays, rows to learn from and counties to find: points and weights of each county's posterior."""


def counties_of(folder: Path) -> Arrays:
    """Runs of a calibration, its design's prior, and what is observed of every county."""
    from returnee.experiments.running.options import Keep, RunSettings, Where
    from returnee.experiments.studies.calibration import inference as by
    from returnee.experiments.studies.calibration.bank import Luck, simulate_bank
    from returnee.experiments.studies.calibration.calibrate import calibrate

    found = calibrate(waves=1, sets=200, members=0, sample=0.01, out=folder)
    observed = by.observed_of(found.targets, found.bank)
    near, around = by.first_look(found, observed)
    box, names = found.bank.box, found.bank.names
    places = by.design(around, by.size_of(0, len(names))["design"], found.settings.seed)
    settings = RunSettings(sample=0.01, seed=found.settings.seed + by.LUCK_OF_DESIGN)
    drawn = simulate_bank(box.values(places), names, found.targets, settings, Where(),
                          Keep(folder / "design"), luck=Luck(2, 1))  # fmt: skip
    bank, rng = near + drawn, np.random.default_rng(1)
    rows = np.arange(len(near), len(bank))[: by.COUNTIES]
    seen = bank.x[rows] + observed.error * rng.standard_normal((len(rows), bank.x.shape[1]))
    return {
        "points": box.unit(bank.theta), "figures": bank.x, "runs": bank.replicates, "counties": rows,
        "first": np.array(len(near)), "seen": seen, "centre": around.centre, "root": around.root,
        "value": observed.value, "error": observed.error, "low": observed.low, "high": observed.high,
    }  # fmt: skip


def by_surfaces(a: Arrays, rows: np.ndarray, found: np.ndarray) -> list[tuple[Any, Any]]:
    """As shipped."""
    from returnee.experiments.statistics.surface import fit
    from returnee.experiments.studies.calibration import coverage
    from returnee.experiments.studies.calibration.posterior import Observed, Prior, sample

    surface = fit(a["points"][rows], a["figures"][rows], a["runs"][rows])
    observed = Observed(a["value"], a["error"], a["low"], a["high"])
    told = []
    for k in found:
        seen = observed.known(a["seen"][k])
        prior = Prior(a["centre"], a["root"])
        one = sample(surface, seen, prior, 1 + int(k), coverage.DRAWS, coverage.ROUNDS)
        told.append((one.points, one.weights))
    return told


def by_sbi(a: Arrays, rows: np.ndarray, found: np.ndarray) -> list[tuple[Any, Any]]:
    """Neural posterior estimation: a flow from what is observed to coordinates in which the prior is normal."""
    import torch
    from sbi.inference import NPE

    rows, rng, d = rows[rows >= a["first"]], np.random.default_rng(2), a["points"].shape[1]
    torch.manual_seed(1)
    normal = (ndtri(np.clip(a["points"][rows], EDGE, 1 - EDGE)) - a["centre"]) @ np.linalg.inv(
        a["root"]
    ).T
    figures = a["figures"][rows]
    told = figures + a["error"] * rng.standard_normal(figures.shape)
    middle = np.nanmean(figures, axis=0)

    def features(y: np.ndarray) -> np.ndarray:
        y = np.where(np.isfinite(y), y, middle)
        side = np.where(y < a["low"], -1.0, np.where(y > a["high"], 1.0, 0.0))
        return np.where(np.isfinite(a["value"]), y, side)

    x = features(told)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-12
    learner = NPE(torch.distributions.MultivariateNormal(torch.zeros(d), torch.eye(d)), "maf",
                  show_progress_bars=False)  # fmt: skip
    learner.append_simulations(_tensor(normal), _tensor((x - mean) / spread))
    flow = learner.train(training_batch_size=50, stop_after_epochs=8, learning_rate=1e-3)
    with torch.no_grad():
        seen = _tensor((features(a["seen"][found]) - mean) / spread)
        draws = flow.sample((DRAWS,), condition=seen).numpy()
    return [
        (ndtr(a["centre"] + draws[:, k] @ a["root"].T), np.full(DRAWS, 1 / DRAWS))
        for k in range(len(found))
    ]


def _tensor(values: np.ndarray) -> Any:
    import torch

    return torch.tensor(values, dtype=torch.float32)


def judged(name: str, method: Method, a: Arrays) -> str:
    """Coverage, uniformity, sharpness and cost of a method."""
    started, counties = time.process_time(), a["counties"]
    true = a["points"][counties]
    ranks, means, spreads = (np.empty_like(true) for _ in range(3))
    for fold in range(FOLDS):
        mine = np.flatnonzero(np.arange(len(counties)) % FOLDS == fold)
        others = np.setdiff1d(np.arange(len(a["points"])), counties[mine])
        for k, (points, weights) in zip(mine, method(a, others, mine)):
            ranks[k], means[k] = weights @ (points < true[k]), weights @ points
            spreads[k] = np.sqrt(weights @ (points - means[k]) ** 2)
    held = np.abs(ranks - 0.5) < 0.45
    error = held.mean(axis=1).std(ddof=1) / np.sqrt(len(held))
    uneven = sum(kstest(column, "uniform").pvalue < 0.05 for column in ranks.T)
    each, off = held.mean(axis=0), np.sqrt(((means - true) ** 2).mean())
    return (
        f"{name}: {held.mean():.1%} ± {error:.1%} ({each.min():.1%} to {each.max():.1%}), uneven {uneven} "
        f"of {len(each)}, sd {spreads.mean():.3f}, error {off:.3f}, counties {true.std(axis=0).mean():.3f}, "
        f"{time.process_time() - started:.0f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="of the calibration, or arrays that it was made to"
    )
    parser.add_argument("--python", help="of an environment that has sbi")
    given = parser.parse_args()
    if given.folder.suffix == ".npz":
        print(judged("sbi", by_sbi, dict(np.load(given.folder))))
        return
    arrays = counties_of(given.folder)
    print(judged("surfaces", by_surfaces, arrays), flush=True)
    if given.python:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "counties.npz"
            np.savez(file, **arrays)
            words = [os.path.abspath(given.python), os.path.abspath(__file__), str(file)]
            subprocess.run(words, check=True, cwd=folder)  # where sbi leaves its logs


if __name__ == "__main__":
    main()
