"""Whether a policy's effect hangs on the share of the county that is simulated.

``python -m benchmarks.samples`` compares linked support and none in samples of 1 % to the full county, in
pairs of runs with the same luck, and prints each figure of the full county with its standard error. Shares
of fewer people take more pairs, so that each line costs about as much. With ``--write`` it also writes by how much
samples miss the levels of the full county, for all measures, where `returnee.experiments.statistics.samples`
reads it.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from returnee.experiments.keys import Task
from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.running.figures import horizon_of
from returnee.experiments.statistics.samples import FILE
from returnee.simulation import simulate

PAIR = ("linked", "no_support")
PLAN = ((1.0, 4), (0.1, 12), (0.05, 20), (0.02, 48), (0.01, 96))  # share, pairs
MONTHS = 96
NAMES = tuple(measure.name for measure in MEASURES)
SHOWN = (
    "firms_open", "returnee_firms_open", "firms_surviving", "jobs", "registrations", "returns", "public_cost",
    "trained", "loans_number", "grants", "incubator_places_used", "mentored", "contest_entrants", "visited",
    "referrals", "aware_finance",
)  # fmt: skip


def figures(job: tuple[str, float, int]) -> list[float]:
    """Measures of one run: stocks over the last year, flows a year."""
    scenario, sample, replicate = job
    run = simulate(scenario, replicate, sample=sample, months=MONTHS)
    found = horizon_of(run, Task(scenario, "", 0, replicate)).to_pandas()
    values = found.set_index("indicator")["value"]
    flows = {measure.name for measure in MEASURES if measure.kind == "flow"}
    return [float(values.get(n, np.nan)) * (12.0 / MONTHS if n in flows else 1.0) for n in NAMES]


def biases(levels: dict[float, np.ndarray]) -> pd.DataFrame:
    """By how much each sample misses the full county, as a share of its level, with standard error."""
    whole, rows = levels[1.0], []
    for share, values in levels.items():
        for m, name in enumerate(NAMES):
            some, all_ = (v[:, m][np.isfinite(v[:, m])] for v in (values, whole))
            if share == 1.0 or min(len(some), len(all_)) < 2 or all_.mean() == 0.0:
                continue
            parts = [v.var(ddof=1) / len(v) for v in (some, all_)]
            error = np.sqrt(sum(parts)) / abs(all_.mean())
            rows.append((share, name, some.mean() / all_.mean() - 1.0, error))
    return pd.DataFrame(rows, columns=["sample", "measure", "bias", "error"]).round(4)


def main() -> int:
    """Print a table for each share; write what samples miss if asked for."""
    jobs = [(name, share, k) for share, pairs in PLAN for k in range(pairs) for name in PAIR]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(figures, jobs), strict=True))
    linked = {}
    for share, pairs in PLAN:
        levels, bare = (np.array([found[name, share, k] for k in range(pairs)]) for name in PAIR)
        linked[share] = levels
        print(f"\n{share:.0%} of the county, {pairs} pairs of {MONTHS} months")
        print(f"{'':24}{PAIR[0]:>14}{'± s.e.':>10}{f'less {PAIR[1]}':>18}{'± s.e.':>10}")
        for name in SHOWN:
            m, columns = NAMES.index(name), []
            for values in (levels[:, m], levels[:, m] - bare[:, m]):
                columns += [values.mean(), values.std(ddof=1) / np.sqrt(pairs)]
            level, level_error, effect, effect_error = columns
            print(
                f"{name:24}{level:14,.4g}{level_error:10,.2g}{effect:18,.4g}{effect_error:10,.2g}"
            )
    if "--write" in sys.argv[1:]:
        biases(linked).to_csv(FILE, index=False, lineterminator="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
