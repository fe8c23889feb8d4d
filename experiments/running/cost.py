"""What a sweep will take, measured on one run of it."""

from __future__ import annotations

import time
from typing import Any

from returnee.experiments.measuring.measures import NAMES, levels_of
from returnee.experiments.running.executors import workers_of
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.options import Where
from returnee.experiments.running.plan import SweepPlan
from returnee.experiments.running.status import duration
from returnee.simulation import simulate
from returnee.simulation.engine.compiler import is_compiled
from returnee.simulation.start.history import HISTORIES
from returnee.simulation.start.own_county import sample_of

PROBE = 3_000  # workers, at most, of the run that is measured
BYTES = 5.0  # a figure, compressed


def cost_of(plan: SweepPlan, where: Where) -> dict[str, Any]:
    """Size of a sweep, and the seconds it will take.

    Returns: ``seconds`` is None where the model is not compiled yet.
    """
    cluster = bool(where.scheduler)
    workers = where.local_cluster or workers_of(where.workers)
    history, run = _measured(plan) if is_compiled() else (None, None)
    seconds = None
    if history is not None and run is not None and not cluster:
        work = len(plan.histories) * history + plan.runs * run
        seconds = round(work / min(workers, plan.jobs), 1)
    return {
        "scenarios": list(plan.design.read), "points": len(plan.points),
        "replicates": plan.design.replicates, "runs": plan.runs,
        "histories": len(plan.histories), "jobs": plan.jobs, "workers": workers,
        "seconds_a_run": run, "seconds_a_history": history, "seconds": seconds,
        "megabytes": round(plan.runs * len(NAMES) * BYTES / 1e6, 1), "keep": plan.design.keep,
    }  # fmt: skip


def _measured(plan: SweepPlan) -> tuple[float, float]:
    """Seconds of a history and of a run, of the first point, scaled from a small county."""
    s, job = plan.settings, plan.job(0, Figures())
    setting = job.scenes.of(job.runs[0])
    sample = min(s.sample, PROBE / setting.county.labour_force)
    scale = sample_of(setting, s.sample) / sample_of(setting, sample)
    simulate(setting, 1, s.seed, sample, s.months, s.burn_in)  # loads what is compiled
    HISTORIES.get(setting, s.seed, 0, sample, s.months, s.burn_in)
    begun = time.perf_counter()
    levels_of(simulate(setting, 0, s.seed, sample, s.months, s.burn_in))
    run = time.perf_counter() - begun
    begun = time.perf_counter()
    HISTORIES.get(setting, s.seed, 2, sample, s.months, s.burn_in)
    return (time.perf_counter() - begun) * scale, run * scale


def of(number: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> of(1, "run"), of(2000, "run")
    ('1 run', '2,000 runs')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cost_text(cost: dict[str, Any]) -> str:
    """The plan in lines for the terminal."""
    lines = [
        f"{of(cost['runs'], 'run')}: {of(len(cost['scenarios']), 'scenario')} "
        f"({', '.join(cost['scenarios'])}), {of(cost['points'], 'point')}, "
        f"{of(cost['replicates'], 'replicate')}",
        f"  {of(cost['histories'], 'history', 'histories')} before the policy, in "
        f"{of(cost['jobs'], 'job')}",
        f"  about {cost['megabytes']:g} MB, "
        + ("and every month of every run" if cost["keep"] == "monthly" else "a row a run"),
    ]
    if cost["seconds"] is None:
        lines.append("  how long it takes shows `returnee status` once it runs")
    else:
        lines.append(
            f"  about {duration(cost['seconds'])} with {of(cost['workers'], 'worker')} "
            f"({cost['seconds_a_run']:.3f} s a run, {cost['seconds_a_history']:.3f} s a history, "
            "measured on one here)"
        )
    return "\n".join(lines)
