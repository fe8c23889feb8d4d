"""The county: every array of one simulated county in one bundle that kernels understand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from returnee.simulation.engine.bundle import Bundle, OneRow, looked_up


@dataclass(frozen=True, eq=False, kw_only=True)
class County(Bundle):
    """State of one county. One row per worker, firm or provider; shapes in brackets.

    What there is one of is handed out as its record: ``clock``, ``behaviour``, ``facts``, and of this
    month ``policy``, ``others`` and ``now``. Everything that changes lives in these arrays, so a copy of them is a copy of the county.
    """

    unchanged: ClassVar[tuple[str, ...]] = ("policies", "by_others", "behaviour", "facts")

    workers: np.recarray  # WORKER (workers,)
    due: np.ndarray  # int16 (workers,): month of the next review
    seen: np.ndarray  # visible.SEEN (workers,): bits that ties can see
    indptr: np.ndarray  # int32 (workers + 1,)
    ties: np.ndarray  # int32 (ties,): rows of the ties of each worker
    ids: np.ndarray  # int32 (workers,): id of each row, as in `workers`
    row_of: np.ndarray  # int32 (ids,): row of each id
    firms: np.recarray  # FIRM (room,)
    receipts: np.ndarray  # int64 (room, programmes that pay into firms): fen
    sales: np.ndarray  # float32 (room, 12): by month of the year
    profit: np.ndarray  # float32 (room, 12)
    services: np.recarray  # SERVICE (providers,)
    funded: np.ndarray  # float64 (programmes,): share of the running cost that was paid this month
    towns: np.recarray  # TOWN (townships,)
    stock: np.ndarray  # int64 (townships, states): workers by state
    aware: np.ndarray  # int64 (channels,): how many in the labour force know it
    markets: np.recarray  # MARKET (sectors,)
    yields: np.ndarray  # float64 (townships, sectors): log value added of one person, 10k yuan
    policies: np.recarray  # policy by month from 1 on; row 0 is the history's
    by_others: np.recarray  # what other counties do, by month from 1 on; row 0 is the history's
    behaviour: OneRow = OneRow()
    facts: OneRow = OneRow()
    clock: OneRow = OneRow()  # CLOCK
    months: np.recarray  # MONTH (months + 1,): row 0 collects the history
    ledger: np.ndarray  # int64 (months + 1, programmes): fen paid
    unpaid: np.ndarray  # int64 (months + 1, programmes): fen due but not paid
    transactions: np.ndarray  # int64 (months + 1, kinds): money between sectors, fen
    pots: np.ndarray  # int64 (pots, 4): balance, in, out, lapsed; fen
    flows: np.ndarray  # int64 (months + 1, states, states): moves between states
    events: np.recarray  # EVENT (room,)
    members: np.ndarray  # int32 (workers,): rows by township and id
    members_ptr: np.ndarray  # int64 (townships + 1,)
    entry_rows: np.ndarray  # int32: rows by month of entry
    retire_rows: np.ndarray  # int32: rows by month of retirement, of those who retire by the end
    calendar: np.ndarray  # int64 (2, months + 2): first entry and retirement of each month
    contact: np.ndarray  # float64 (2, months + 1): cumulated contact, same place and across
    queue: np.ndarray  # int32 (workers,): who waits for training
    cases: np.ndarray  # int32 (workers,): whose files the case officers have
    offers: np.ndarray  # int32 (workers,): for whom jobs at home are kept
    active: np.ndarray  # int32 (room,): firms that are not closed
    seekers: np.ndarray  # int32 (workers,): who seeks work at home
    recent: np.ndarray  # int32 (workers,): who returned in the last 36 months
    due_list: (
        np.ndarray
    )  # int32 (workers,): scratch, whose review is this month, then whose files are handed on
    moves: np.ndarray  # int32 (workers,): scratch
    pending: np.ndarray  # int32 (workers,): scratch, whose knowledge ties don't see yet

    @looked_up
    def policy(self):
        """Policy in force this month; the history runs under that of row 0."""
        return self.policies[max(int(self.clock.month), 0)]

    @looked_up
    def others(self):
        """What other counties do to this one this month: factors on its rules."""
        return self.by_others[max(int(self.clock.month), 0)]

    @looked_up
    def now(self):
        """Row of this month's indicators; the history collects in row 0."""
        return self.months[max(int(self.clock.month), 0)]
