"""Whether a policy's effect hangs on the share of the county that is simulated.

``python -m benchmarks.samples`` compares linked support and none in samples of 1 % to the full county, in
pairs of runs with the same luck, and prints each figure of the full county with its standard error. Shares
of fewer people take more pairs, so that each line costs about as much.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from returnee.simulation import simulate
from returnee.simulation.indicators import BY_NAME

PAIR = ("linked", "no_support")
PLAN = ((1.0, 2), (0.1, 12), (0.05, 20), (0.02, 48), (0.01, 96))  # share, pairs
MONTHS = 96
MEASURES = (
    "firms_open", "returnee_firms_open", "jobs", "registrations", "returns", "public_cost", "trained",
    "loans_number", "grants", "incubator_places_used", "mentored", "contest_entrants", "visited",
    "referrals", "aware_finance",
)  # fmt: skip


def figures(job: tuple[str, float, int]) -> list[float]:
    """Measures of one run: stocks over the last year, flows a year."""
    scenario, sample, replicate = job
    monthly = simulate(scenario, replicate, sample=sample, months=MONTHS).monthly
    flows = 12.0 * monthly[list(MEASURES)].mean()
    stocks = monthly[list(MEASURES)].iloc[-12:].mean()
    return [flows[m] if BY_NAME[m].kind == "flow" else stocks[m] for m in MEASURES]


def main() -> int:
    """Print a table for each share."""
    jobs = [(name, share, k) for share, pairs in PLAN for k in range(pairs) for name in PAIR]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = dict(zip(jobs, pool.map(figures, jobs), strict=True))
    for share, pairs in PLAN:
        levels, bare = (np.array([found[name, share, k] for k in range(pairs)]) for name in PAIR)
        print(f"\n{share:.0%} of the county, {pairs} pairs of {MONTHS} months")
        print(f"{'':24}{PAIR[0]:>14}{'± s.e.':>10}{f'less {PAIR[1]}':>18}{'± s.e.':>10}")
        for m, name in enumerate(MEASURES):
            columns = []
            for values in (levels[:, m], levels[:, m] - bare[:, m]):
                columns += [values.mean(), values.std(ddof=1) / np.sqrt(pairs)]
            level, level_error, effect, effect_error = columns
            print(
                f"{name:24}{level:14,.4g}{level_error:10,.2g}{effect:18,.4g}{effect_error:10,.2g}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
