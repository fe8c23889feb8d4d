"""Projects: their quality, which nobody sees whole, the signals that offices have of it, and hand-overs.

The quality of a project is what its firm's log productivity will be: what the founder knows, ability and
skill, and what nobody knows, the luck of the draw. An office that looks at a project sees it with an
error. Signals x_k = quality + e_k with e_k ~ N(0, s_k^2) are pooled with what is known of all projects,
N(m, s^2), by their precisions (Bayes): the mean is (m / s^2 + sum x_k / s_k^2) / (1 / s^2 + sum 1 / s_k^2).
Longer courses in smaller classes look closer: s_k / sqrt(effort), with the effort of the course that the
founder took, whatever courses are like by now. The founder hears what is seen, too, and
updates what he believes of his luck.

A project goes from the idea to the plan, to the money, to the opening, and through its first year. Where it
passes from one office to the next, forms are asked again and days go by, and a founder drops out with chance
1 - exp(-d x forms x days). A case officer hands the file on: no form is asked twice, and the bank sees what
the other offices saw. Nothing else differs between support that is linked and support that is not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import income_without, project_income
from returnee.simulation.firms.trading import update_belief
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import happens
from returnee.simulation.state.draws import D_HANDOVER, D_SIGNAL, draws, normal

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


BANK, TRAINER, MENTOR, INCUBATOR, JURY = range(
    5
)  # who has looked at a project: bits of `firm.signals`
OFFICES = len(r.OFFICES)
IDEA, PLAN, FUNDED, OPENED = range(4)  # the stage that is over when a project is handed over
STAGES = 4
HUNDREDTHS = 100.0


@kernel
def error_of(c: County, firm: np.record, k: int):
    """Standard deviation of the error with which office `k` sees a project, log points."""
    behaviour = c.behaviour
    if k == BANK:
        return behaviour.support_bank_error
    if k == TRAINER:
        return behaviour.support_trainer_error / math.sqrt(firm.course / HUNDREDTHS)
    if k == MENTOR:
        return behaviour.support_mentor_error
    if k == INCUBATOR:
        return behaviour.support_incubator_error
    return behaviour.support_jury_error


@kernel
def signal(c: County, f: int, k: int):
    """What office `k` sees of project `f`: its quality and an error, the same whenever it looks."""
    firm = c.firms[f]
    item = 16 * int(firm.attempt) + k
    u, _, _, _ = draws(c.clock, D_SIGNAL, 0, firm.id >> 4, item)
    return firm.known + firm.luck + error_of(c, firm, k) * normal(u)


@kernel
def look(c: County, f: int, k: int):
    """Office `k` looks at project `f`, and tells the founder what it thinks before the firm opens."""
    firm = c.firms[f]
    if not c.behaviour.structure_signals or int(firm.signals) & (1 << k) != 0:
        return
    firm.signals = int(firm.signals) | (1 << k)
    if k == TRAINER:
        firm.course = c.workers[firm.owner].course
    if firm.phase == r.PLANNED or firm.phase == r.REGISTERED:
        update_belief(firm, signal(c, f, k) - firm.known, error_of(c, firm, k))


@kernel
def recall_course(c: County, f: int):
    """A founder who took a course with the idea in mind has heard what the trainer thinks of it."""
    firm = c.firms[f]
    since = firm.planned - c.workers[firm.owner].certificate
    if since <= c.behaviour.careers_idea_months:
        look(c, f, TRAINER)


@kernel
def seen_by_bank(c: County, firm: np.record):
    """Offices whose signals the bank sees, as bits: its own; all, if a case officer brings the file."""
    if c.behaviour.structure_signals and c.workers[firm.owner].referred == 1:
        return int(firm.signals) | (1 << BANK)
    return 1 << BANK


@kernel
def estimate(c: County, f: int, seen: int):
    """Log productivity of project `f` that follows from the signals in the bits `seen`.

    Returns
    -------
    mean, sd : float
        Log points.
    """
    behaviour = c.behaviour
    spread = behaviour.firm_ability_gain**2 + behaviour.firm_luck_sd**2
    precision = 1.0 / max(spread, 1e-6)
    total = precision * behaviour.firm_scale
    for k in range(OFFICES):
        if seen & (1 << k):
            weight = 1.0 / max(error_of(c, c.firms[f], k), 1e-3) ** 2
            precision += weight
            total += weight * signal(c, f, k)
    return total / precision, 1.0 / math.sqrt(precision)


@kernel
def hazard_of_dropping_out(c: County, f: int):
    """Hazard that the founder of project `f` drops out at a hand-over: forms again, and days."""
    behaviour = c.behaviour
    asked = behaviour.support_forms_again * behaviour.support_handover_days
    return behaviour.support_handover_hazard * asked


@kernel
def drops_out(c: County, f: int, stage: int):
    """Whether the founder of project `f` drops out as it is handed over after `stage`.

    A project with a case officer is handed over with its forms.
    """
    firm = c.firms[f]
    worker = c.workers[firm.owner]
    if worker.referred == 1:
        return False
    u, _, _, _ = draws(c.clock, D_HANDOVER, 0, worker.id, STAGES * int(firm.attempt) + stage)
    return happens(u, hazard_of_dropping_out(c, f))


@kernel
def income_believed(c: County, f: int):
    """Income that the founder of a planned firm expects with the money asked for, yuan a month."""
    firm, behaviour = c.firms[f], c.behaviour
    money = min(firm.means + firm.loan_wanted / 100.0, firm.capital_wanted)
    return project_income(c, f, firm.known + firm.belief, money * (1.0 - behaviour.firm_cushion))


@kernel
def thinks_better_of_it(c: County, f: int):
    """Whether a founder who has heard what others think of the plan lets it go before money is sunk."""
    other = income_without(c, c.workers[c.firms[f].owner])
    return income_believed(c, f) < other * math.exp(-c.behaviour.closing_outlook_margin)
