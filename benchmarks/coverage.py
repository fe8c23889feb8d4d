"""How often a page's interval holds the full county's answer: ``python -m benchmarks.coverage``.

Policies are compared as the dashboard does it, in 40 pairs of runs of its small county, and in pairs of runs
of the whole county, whose mean is the answer. `PAIRS` and `MEASURES` were drawn up before anything was run:
policies that ship against today's, others against each other, and four mixes of three levers, drawn
by `DRAW`. Each is asked `ASKED` times with another seed. Printed are the shares of answers that lie within
the intervals, by pair and by measure; at least nine in ten should.

Runs of the whole county take minutes: ``--full`` makes them and writes ``benchmarks/full_county.csv``, from which
they are read otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from returnee.dashboard.live.answers import Answer, answer_of
from returnee.dashboard.live.runs import SMALL, STAGES, lived, make_room, monthly_of
from returnee.experiments.keys import BY_KEY as LEVERS
from returnee.experiments.measuring.measures import levels_over
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube, effects_of
from returnee.experiments.statistics.samples import made_wider
from returnee.scenarios import Scenario, load_scenario
from returnee.simulation.fingerprint import fingerprint

MOVED = (
    "training.places", "services.township_posts", "services.desk_days", "services.mentors",
    "incubation.places", "activities.outreach_sessions", "finance.guarantee_fund",
    "finance.startup_grant", "linkage.referral", "budget.cap",
)  # fmt: skip
DRAW = np.random.default_rng(16)
FILE = Path(__file__).parent / "full_county.csv"
COLUMNS = ["scenario", "run", "measure", "level", "fingerprint"]
FULL = 2  # runs of the whole county
FIRST = 5  # seed; the factors of `samples.wider` come from seeds 3 and 4
ASKED = 1  # times, each with a seed of its own
REACH = 0.9
MEASURES = (
    "firms_open", "firms_surviving", "jobs", "returns", "return_quality", "rural_income",
    "public_cost", "county_cost", "net_cost", "aware_finance", "loans_number", "queue_training",
)  # fmt: skip
PAIRS = (
    *((name, "baseline") for name in (
        "no_support", "linked", "siloed", "credit_push", "awareness", "space", "targeted",
        "draw0", "draw1", "draw2", "draw3",
    )),
    ("linked", "siloed"), ("linked", "credit_push"), ("siloed", "no_support"),
    ("coastal_linked", "coastal_shock"),
)  # fmt: skip
NAMES = tuple(dict.fromkeys(name for pair in PAIRS for name in pair))


def mixes() -> Iterator[dict[str, float]]:
    """Three levers at values drawn within their ranges."""
    for _ in range(4):
        chosen = [f"policy.{name}" for name in DRAW.choice(MOVED, 3, replace=False)]
        yield {key: _within(key, DRAW.random()) for key in chosen}


def _within(key: str, u: float) -> float:
    lever = LEVERS[key]
    assert lever.low is not None and lever.high is not None
    value = lever.low + u * (lever.high - lever.low)
    return int(value) if lever.type is int else float(value)


MIXES = tuple(mixes())


def scenario_of(name: str) -> Scenario:
    """One that ships, or one of the mixes."""
    if name.startswith("draw"):
        return load_scenario("baseline", MIXES[int(name[-1])])
    return load_scenario(name)


def full_runs() -> None:
    """Live the runs of the whole county that `FILE` lacks; a row a scenario, run and measure."""
    kept = pd.read_csv(FILE) if FILE.is_file() else pd.DataFrame(columns=COLUMNS)
    kept = kept[kept["fingerprint"] == fingerprint()]
    there, whole = set(zip(kept["scenario"], kept["run"])), replace(SMALL, sample=1.0)
    for k in range(FULL):
        for name in NAMES:
            if (name, k) in there:
                continue
            figures = monthly_of(lived(scenario_of(name), k, whole)).astype(float)
            levels = levels_over(figures)[[INDEX[m] for m in MEASURES]]
            rows = [(name, k, m, v, fingerprint()) for m, v in zip(MEASURES, levels.tolist())]
            kept = pd.concat([kept, pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True)
            kept.to_csv(FILE, index=False, lineterminator="\n")
            print(f"{name}, run {k + 1} of {FULL}", flush=True)


def answers(
    settings: RunSettings, replicates: int, levels: dict[str, list[np.ndarray]]
) -> Iterator[tuple[tuple[str, str], Answer]]:
    """What a page says of every pair; levels of the runs are put into `levels`."""
    make_room()  # policies of one world share their histories
    scenarios = {name: scenario_of(name) for name in NAMES}
    figures = {
        name: np.array([monthly_of(lived(of, k, settings)) for k in range(replicates)])
        for name, of in scenarios.items()
    }
    places = [INDEX[m] for m in MEASURES]
    for name, runs in figures.items():
        levels.setdefault(name, []).extend(levels_over(runs.astype(float))[:, places])
    for pair in PAIRS:
        policy, reference = pair
        plan = Plan({k: scenarios[k] for k in pair}, reference, replicates, settings)
        yield pair, answer_of(plan, Cube(np.array([figures[policy], figures[reference]]), pair))


def off(levels: dict[str, list[np.ndarray]], full: pd.DataFrame) -> pd.DataFrame:
    """By how much the small county misses levels of the whole one, a share, with standard errors.

    `levels`: by scenario, of all small runs. The luck of a whole county is that of a small one by
    the square root of its share of the people.
    """
    rows = []
    for m, name in enumerate(MEASURES):
        shares, errors = [], []
        for scenario, runs in levels.items():
            small, whole = np.array(runs)[:, m], full[scenario, name].dropna()
            parts = small.var(ddof=1) * (1.0 / len(small) + SMALL.sample / len(whole))
            if whole.mean() > 0.0:
                shares.append(small.mean() / whole.mean() - 1.0)
                errors.append(np.sqrt(parts) / whole.mean())
        if shares:
            rows.append((name, np.mean(shares), np.mean(errors)))
    return pd.DataFrame(rows, columns=["measure", "bias", "error"]).round(4)


def held(found: Answer, pair: tuple[str, str], full: pd.DataFrame) -> dict[str, bool]:
    """Of which measures the interval holds the full county's answer.

    `full`: levels by run (rows) and scenario and measure (columns); runs are paired.
    """
    effects = effects_of(found.made, found.plan)
    effects = effects.assign(**made_wider(effects, SMALL.sample))  # as on a page
    rows, kept = effects.set_index("measure"), {}
    for name in MEASURES:
        true = float((full[pair[0], name] - full[pair[1], name]).mean())
        low, high = (float(rows.loc[name, side]) for side in ("low", "high"))
        kept[name] = low - 1e-9 <= true <= high + 1e-9
    return kept


def main() -> int:
    """Print shares held; 1 if they are fewer than should be."""
    if "--full" in sys.argv[1:]:
        full_runs()
    stored = pd.read_csv(FILE)
    if set(stored["fingerprint"]) != {fingerprint()}:
        print("full_county.csv is of another model: remake it with --full", file=sys.stderr)
        return 2
    full = stored.pivot(index="run", columns=["scenario", "measure"], values="level")
    rows: list[tuple[str, str, bool]] = []
    levels: dict[str, list[np.ndarray]] = {}
    for seed in range(FIRST, FIRST + ASKED):
        for pair, found in answers(replace(SMALL, seed=seed), STAGES[-1], levels):
            kept = held(found, pair, full)
            rows += [(" / ".join(pair), name, there) for name, there in kept.items()]
    table = pd.DataFrame(rows, columns=["pair", "measure", "held"])
    for by in ("pair", "measure"):
        print(f"\n{table.groupby(by, sort=False)['held'].mean().map('{:.0%}'.format).to_string()}")
    print(f"\nLevels of the small county, off by\n{off(levels, full).to_string(index=False)}")
    share = float(table["held"].mean())
    print(f"\n{share:.1%} of {len(table)} answers lie within the intervals, wanted {REACH:.0%}")
    return 0 if share >= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
