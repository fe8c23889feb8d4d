"""Who works for whom: the list of employees of each firm."""

from __future__ import annotations

from simulation import records as r
from simulation.compiler import kernel
from simulation.state import enter


@kernel
def join_firm(c, i, f):
    """Worker `i` is hired by firm `f`."""
    worker, firm = c.workers[i], c.firms[f]
    worker.mate = firm.head
    firm.head = i
    worker.firm = f
    firm.employees += 1
    enter(c, i, r.EMPLOYED)


@kernel
def leave_employer(c, i):
    """Worker `i` gives up the job; the caller sets the new state. Takes `i` from the employees of the employer, in a firm or elsewhere."""
    worker = c.workers[i]
    f = worker.firm
    if f < 0:
        c.towns[worker.township].filled -= 1
        return
    firm = c.firms[f]
    if firm.head == i:
        firm.head = worker.mate
    else:
        k = firm.head
        while c.workers[k].mate != i:
            k = c.workers[k].mate
        c.workers[k].mate = worker.mate
    worker.mate = -1
    worker.firm = -1
    firm.employees -= 1


@kernel
def lay_off(c, f):
    """Firm `f` lays off whom it hired last."""
    i = c.firms[f].head
    leave_employer(c, i)
    enter(c, i, r.SEEKING)
    c.due[i] = c.clock[0].month + 1
