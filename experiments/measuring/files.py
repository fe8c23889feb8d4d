"""How far founders' files got in a run: counts by stage, why loans were not had, months between.

Files are the ventures begun under the policy. A file is *referred* if its founder was ever handed on
from one service to the next. Files that got far had more occasions to be handed on, so the two kinds
differ in more than the referral. Stages need not follow each other: a loan is granted to who asked for
it, a firm that opens is registered, and what is mentored, granted or open at the end has opened.
"""

from __future__ import annotations

import numpy as np

from returnee.simulation.run import Run
from returnee.simulation.state import records as r
from returnee.simulation.state.programmes import R_GRANT

STAGES = (
    "planned", "trained", "loan_asked", "loan_granted", "registered", "incubated", "opened",
    "mentored", "granted", "open_at_end",
)  # fmt: skip
KINDS = ("all", "referred", "alone")
REASONS = ("not_approved", "no_guarantor", "cut", "fund_exhausted", "banks_withdrawn", "gave_up")
STEPS = ("trained", "loan_granted", "registered", "opened", "incubated", "mentored")


# Names under which figures are kept: files at a stage, loan files by reason, median months of a step.
STAGE_OF = {(kind, stage): f"files_{kind}_{stage}" for kind in KINDS for stage in STAGES}
REFUSAL_OF = {reason: f"loan_files_{reason}" for reason in REASONS}
STEP_OF = {step: f"months_to_{step}" for step in STEPS}
NAMES = (*STAGE_OF.values(), *REFUSAL_OF.values(), *STEP_OF.values())


def files_of(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the ventures begun under the policy, and what each received, fen."""
    used = int(run.county.clock.firms)
    firms = run.county.firms.view(np.ndarray)[:used]
    begun = firms["planned"] >= 1
    return firms[begun], run.county.receipts[:used][begun]


def reached(run: Run) -> dict[str, np.ndarray]:
    """Which files reached each stage, shape (files,) each."""
    firms, receipts = files_of(run)
    certificate = run.county.workers.view(np.ndarray)["certificate"][firms["owner"]]
    return {
        "planned": np.ones(len(firms), bool),
        "trained": certificate != r.NEVER,
        "loan_asked": firms["desk_since"] != r.NEVER,
        "loan_granted": firms["loan_month"] != r.NEVER,
        "registered": firms["registered"] != r.NEVER,
        "incubated": firms["incubator_until"] != r.NEVER,
        "opened": firms["opened"] != r.NEVER,
        "mentored": firms["mentor_until"] != r.NEVER,
        "granted": receipts[:, R_GRANT] > 0,
        "open_at_end": firms["phase"] == r.OPEN,
    }


def figures_of_files(run: Run) -> dict[str, float]:
    """Counts of files (full county) and median months, by the names in `NAMES`."""
    firms, _ = files_of(run)
    stages = reached(run)
    referred = run.county.workers.view(np.ndarray)["referred"][firms["owner"]] > 0
    kinds = {"all": np.ones(len(firms), bool), "referred": referred, "alone": ~referred}
    figures = {
        name: float((stages[stage] & kinds[kind]).sum()) / run.sample
        for (kind, stage), name in STAGE_OF.items()
    }
    reason, refused = firms["loan_reason"], firms["loan_stage"] == r.REFUSED
    cases = {
        "not_approved": refused & (reason == r.NOT_APPROVED),
        "no_guarantor": refused & (reason == r.NO_GUARANTOR),
        "cut": stages["loan_granted"] & (reason == r.NO_GUARANTOR),
        "fund_exhausted": refused & (reason == r.FUND_EXHAUSTED),
        "banks_withdrawn": refused & (reason == r.BANKS_WITHDRAWN),
        "gave_up": refused & (reason == r.GAVE_UP),
    }
    figures |= {name: float(cases[k].sum()) / run.sample for k, name in REFUSAL_OF.items()}
    return figures | {STEP_OF[step]: months for step, months in _months(run, stages).items()}


def _months(run: Run, stages: dict[str, np.ndarray]) -> dict[str, float]:
    """Median months of each step over the files that took it; NaN where none did.

    To training and registration from the plan, to the loan from the application, to opening from
    registration, to an incubator place and a mentor from asking.
    """
    firms, _ = files_of(run)
    names = ("planned", "desk_since", "loan_month", "registered", "opened", "incubation_since",
             "incubator_until", "mentor_since", "mentor_until")  # fmt: skip
    date = {name: firms[name].astype(int) for name in names}
    certificate = run.county.workers.view(np.ndarray)["certificate"][firms["owner"]].astype(int)
    mentoring = int(run.scenario.behaviour.support.mentoring_months)
    terms = np.unique(run.county.policies.incubation_months)
    spans = {
        "trained": np.maximum(certificate - date["planned"], 0),
        "loan_granted": date["loan_month"] - date["desk_since"],
        "registered": date["registered"] - date["planned"],
        "opened": date["opened"] - date["registered"],
        "mentored": date["mentor_until"] - mentoring - date["mentor_since"],
        # Only the month in which the place ends is kept, so the term must not have changed.
        "incubated": date["incubator_until"] - int(terms[0]) - date["incubation_since"],
    }
    known = {step: stages[step] for step in STEPS}
    # The date of the first application is lost when an open firm asks for more.
    known["loan_granted"] = stages["loan_granted"] & (date["desk_since"] <= date["loan_month"])
    if len(terms) > 1:
        known["incubated"] = np.zeros(len(firms), bool)
    return {
        step: float(np.median(spans[step][known[step]])) if known[step].any() else np.nan
        for step in STEPS
    }
