"""Support as a system: waits, queues, use of places, refusals, banks, and how far files got.

Waits are means over people served and loans decided in the whole horizon. Use is of the places a
policy plans; queues and places are means of the last 12 months.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from returnee.experiments.measuring import files
from returnee.experiments.measuring.measures import LAST
from returnee.experiments.running.figures import arranged
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube, effects_on
from returnee.experiments.statistics.intervals import quotient

WAITS = {"wait_training": ("trained_wait", "trained"), "wait_loan": ("desk_wait", "loans_number")}
QUEUES = ("queue_training", "queue_desk", "queue_incubation")
REFUSED = ("refused_not_approved", "refused_no_guarantor", "refused_fund", "refused_banks")
YEARLY = (*REFUSED, "giveups", "referrals", "loans_compensated")
FIGURES: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("wait_training", "wait_loan"), ("months", -1)),
    "queue_training": ("people", -1), "queue_desk": ("files", -1), "queue_incubation": ("firms", -1),
    **dict.fromkeys(("use_training", "use_incubator", "use_mentors", "use_visits"), ("share", 0)),
    **dict.fromkeys((*REFUSED, "refused_gave_up"), ("files", -1)),
    "giveups": ("people", -1), "banks_withdrawn": ("months", -1), "loans_compensated": ("yuan", -1),
    "referrals": ("files", 0),
}  # fmt: skip
"""Figures of the table: unit and which way is better; refusals, giving up, payments to banks and
referrals are by year, `banks_withdrawn` is months of the horizon in which banks lent nothing."""
PER_YEAR = (*YEARLY, "refused_gave_up")


def support_of(cube: Cube, runs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Figures of the support system against the reference, a row each.

    Returns: scenario, measure, unit, better, and the columns of `effects.effects_of`.
    """
    years = plan.settings.months / 12.0
    found = {name: cube.levels[:, :, INDEX[name]] for name in QUEUES} | _use(cube, plan)
    found |= {name: cube.levels[:, :, INDEX[name]] / years for name in YEARLY}
    for name, (mean, weight) in WAITS.items():
        waited, served = (cube.values[:, :, INDEX[m]] for m in (mean, weight))
        found[name] = quotient((waited * served).sum(axis=-1), served.sum(axis=-1))
    gave_up = arranged(runs, plan, [files.REFUSAL_OF["gave_up"]])[..., 0]
    found["refused_gave_up"] = gave_up / years
    found["banks_withdrawn"] = (1.0 - cube.values[:, :, INDEX["banks_lending"]]).sum(axis=-1)
    rows = [(name, unit, better) for name, (unit, better) in FIGURES.items()]
    base = pd.DataFrame(rows, columns=["measure", "unit", "better"])
    frame = effects_on(np.stack([found[name] for name in FIGURES], axis=-1), base, plan)
    frame.attrs["units"] = {
        name: f"{unit} a year" if name in PER_YEAR else unit for name, (unit, _) in FIGURES.items()
    }
    return frame


def _use(cube: Cube, plan: Plan) -> dict[str, np.ndarray]:
    """Share of the planned places, mentors' firms and visits that is used."""
    months = plan.settings.months
    use: dict[str, list[np.ndarray]] = {}
    for k, scenario in enumerate(plan.scenarios.values()):
        policies = scenario.policies(months)
        mentees = scenario.behaviour.support.mentees
        places = float(np.mean([p.incubation.places for p in policies[-LAST:]]))
        mentors = float(np.mean([p.services.mentors for p in policies[-LAST:]]))
        planned = {
            "use_training": ("trained", sum(p.training.places for p in policies) / 12.0),
            "use_visits": ("visited", sum(p.technology.extension_visits for p in policies) / 12.0),
            "use_incubator": ("incubator_places_used", places),
            "use_mentors": ("mentored", mentors * mentees),
        }
        for name, (measure, places) in planned.items():
            used = quotient(cube.levels[k, :, INDEX[measure]], places)
            use.setdefault(name, []).append(used)
    return {name: np.stack(values) for name, values in use.items()}


def funnel_of(runs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """How far files got, why loans were not had, and months between stages; a row each.

    Returns: scenario, kind ("all", "referred", "alone"), measure (a stage, ``refused_`` and a
    reason, ``months_to_`` and a step), unit, better, count and reference_count (files over the
    horizon, full county), and the columns of `effects.effects_of`, for stages as a share of the
    files begun, for reasons as a share of the loan files.
    """
    of = dict(zip(files.NAMES, np.moveaxis(arranged(runs, plan, files.NAMES), -1, 0)))
    begun = {kind: of[files.STAGE_OF[kind, "planned"]] for kind in files.KINDS}
    asked = of[files.STAGE_OF["all", "loan_asked"]]
    shares = [
        (kind, stage, of[name], begun[kind]) for (kind, stage), name in files.STAGE_OF.items()
    ]
    shares += [("all", f"refused_{k}", of[name], asked) for k, name in files.REFUSAL_OF.items()]
    steps = list(files.STEP_OF.values())
    rows = [(kind, name, "share", 0) for kind, name, _, _ in shares]
    rows += [("all", name, "months", 0) for name in steps]
    levels = [quotient(count, below) for _, _, count, below in shares] + [
        of[name] for name in steps
    ]
    counts = [count for _, _, count, _ in shares] + [np.full(asked.shape, np.nan)] * len(steps)
    base = pd.DataFrame(rows, columns=["kind", "measure", "unit", "better"])
    frame = effects_on(np.stack(levels, axis=-1), base, plan)
    both = effects_on(np.stack(counts, axis=-1), base, plan)
    frame.insert(5, "reference_count", both["reference"])
    frame.insert(6, "count", both["level"])
    frame.attrs["units"] = dict.fromkeys(("reference_count", "count"), "files, full county")
    return frame
