"""Succession: a firm whose owner retires goes to somebody of the household, with all that belongs to it.

Capital, till, loans and staff stay with the firm, so that no money changes hands; the firm keeps its id,
which names the founder. What an owner knows and can do is the heir's from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.hiring import leave_employer
from returnee.simulation.firms.ventures import known_productivity
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import enter
from returnee.simulation.state.draws import D_SUCCESSION, I_HANDS_ON, I_HEIR, draws

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def can_take_over(c: County, i: int, j: int):
    """Whether worker `j` is of owner `i`'s household, at home, without a venture, and not retiring now."""
    owner, other = c.workers[i], c.workers[j]
    if other.household != owner.household or other.retires <= c.clock.month:
        return False
    return other.state == r.SEEKING or other.state == r.FARMING or other.state == r.EMPLOYED


@kernel
def find_heir(c: County, i: int):
    """Row of who takes over from owner `i`, by keyed draws; -1 if there is nobody."""
    month, heir, best = c.clock.month, -1, 2.0
    for k in range(c.indptr[i], c.indptr[i + 1]):
        j = c.ties[k]
        if j != heir and can_take_over(c, i, j):
            u, _, _, _ = draws(c.clock, D_SUCCESSION, month, c.workers[j].id, I_HEIR)
            if u < best:
                heir, best = j, u
    return heir


@kernel
def chance_of_handing_on(c: County, f: int):
    """Chance that firm `f`, whose owner retires, is handed on where there is an heir."""
    return c.behaviour.closing_succession


@kernel
def pass_to_heir(c: County, f: int):
    """Pass firm `f`, whose owner retires, to an heir of the household; whether that was done.

    The caller moves the old owner to another state.
    """
    firm = c.firms[f]
    i = firm.owner
    owner = c.workers[i]
    if not c.behaviour.structure_succession or firm.phase != r.OPEN:
        return False
    u, _, _, _ = draws(c.clock, D_SUCCESSION, c.clock.month, owner.id, I_HANDS_ON)
    if u >= chance_of_handing_on(c, f):
        return False
    j = find_heir(c, i)
    if j < 0:
        return False
    take_over(c, f, j)
    c.now.handed_on += 1
    return True


@kernel
def take_over(c: County, f: int, j: int):
    """Worker `j` takes firm `f` over from its owner."""
    firm = c.firms[f]
    i = firm.owner
    owner, heir = c.workers[i], c.workers[j]
    if heir.state == r.EMPLOYED:
        leave_employer(c, j)
    firm.known += known_productivity(heir, c.behaviour) - known_productivity(owner, c.behaviour)
    firm.owner = j
    firm.returnee = heir.ever_away
    if firm.guarantor == j:
        firm.guarantor = -1
    owner.firm = -1
    heir.firm = f
    enter(c, j, r.OWNER)
    c.due[j] = 32000
