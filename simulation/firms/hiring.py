"""Hiring: firms move part of the way to the size they want; seekers are matched, ties first.

A vacancy is filled through ties in at most the share of hires that founders report (BH057), if a tie of
the owner meets a vacancy this month; otherwise by a seeker of the township or of the nearest within
reach, and at last by somebody who works for another employer, where the firm pays more. Other employers
refill the jobs that people left, as many as local demand calls for. The local wage follows the number of
seekers (wage curve; Blanchflower and Oswald 1994).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import AHEAD, prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.ventures import luck_of_firms, open_firms
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import enter, thousandths_of_pay
from returnee.simulation.state.draws import (
    D_HIRE,
    D_MATCH,
    D_POACH,
    I_STAFF,
    I_THROUGH_TIES,
    ONLY,
    draw_each,
    draws,
)
from returnee.simulation.state.visible import HOME, fetch_ties

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def join_firm(c: County, i: int, f: int):
    """Worker `i` is hired by firm `f`."""
    worker, firm = c.workers[i], c.firms[f]
    worker.mate = firm.head
    firm.head = i
    worker.firm = f
    firm.employees += 1
    firm.payroll += thousandths_of_pay(worker)
    enter(c, i, r.EMPLOYED)


@kernel
def leave_employer(c: County, i: int):
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
    firm.payroll -= thousandths_of_pay(worker)


@kernel
def lay_off(c: County, f: int):
    """Firm `f` lays off whom it hired last."""
    i = c.firms[f].head
    leave_employer(c, i)
    enter(c, i, r.SEEKING)
    c.due[i] = c.clock.month + 1


@kernel
def change_of_staff(firm: np.record, speed: float, u: float):
    """Persons to hire (or, if negative, to lay off) this month; the fraction is left to chance.

    A person who earns and does more than the mean counts for more than one.
    """
    gap = speed * (firm.wanted - 1.0 - firm.payroll / 1000.0)
    return int(math.floor(gap + u))


@kernel
def list_vacancies(c: County):
    """Lay off, and list vacancies as firm rows in the order of a keyed draw.

    Returns
    -------
    int64 array
        A firm row per vacancy.
    """
    behaviour, firms, n, total = c.behaviour, open_firms(c), 0, 0
    luck = luck_of_firms(c, firms, D_HIRE, I_STAFF, True)
    wanted = np.zeros(len(firms), np.int64)
    for k in range(len(firms)):
        f = firms[k]
        firm = c.firms[f]
        change = change_of_staff(firm, behaviour.firm_hire_speed, luck[0, k])
        if firm.cash < 0.0:
            change = min(change, 0)
        for _ in range(min(-change, int(firm.employees))):
            lay_off(c, f)
            c.now.layoffs += 1
        if change > 0 and firm.employees + change <= behaviour.firm_most_employees:
            wanted[k] = change
            total += change
    rows, keys = np.empty(total, np.int64), np.empty(total)
    for k in range(len(firms)):
        for m in range(wanted[k]):
            rows[n], keys[n] = firms[k], luck[1, k] + 1e-3 * m
            n += 1
    return rows[np.argsort(keys)]


@kernel
def line_up(c: County):
    """Seekers by township, in the order of a keyed draw; job chances of this month.

    Returns
    -------
    pool : int64 array
        Rows of the seekers who meet a vacancy this month, township by township.
    start : int64 array, shape (townships + 1,)
    """
    clock, towns = c.clock, len(c.towns)
    rows, ids = np.empty(clock.seekers, np.int64), np.empty(clock.seekers, np.int64)
    n, left, met = 0, 0, 0
    for k in range(clock.seekers):
        if k + AHEAD < clock.seekers:
            prefetch(c.workers, c.seekers[k + AHEAD])
        i = c.seekers[k]
        worker = c.workers[i]
        if worker.state != r.SEEKING:
            worker.listed = 0
            continue
        c.seekers[left] = i
        left += 1
        if worker.since < clock.month:
            rows[n], ids[n] = i, worker.id
            n += 1
    clock.seekers = left
    luck, keys = np.empty((4, n)), np.empty(n)
    draw_each(clock, D_MATCH, clock.month, ids[:n], np.full(n, ONLY, np.int64), luck)
    for k in range(n):
        if luck[0, k] < c.behaviour.careers_job_finding:  # as in `meets_a_vacancy`
            rows[met], keys[met] = rows[k], c.workers[rows[k]].township + luck[1, k]
            met += 1
    pool = rows[:met][np.argsort(keys[:met])]
    start = np.zeros(towns + 1, np.int64)
    for k in range(met):
        start[c.workers[pool[k]].township + 1] += 1
    for t in range(towns):
        start[t + 1] += start[t]
    return pool, start


@kernel
def meets_a_vacancy(c: County, worker: np.record):
    """Whether a worker seeks a job and meets a vacancy this month."""
    if worker.state != r.SEEKING or worker.since >= c.clock.month:
        return False
    u, _, _, _ = draws(c.clock, D_MATCH, c.clock.month, worker.id, ONLY)
    return u < c.behaviour.careers_job_finding


@kernel
def seeking_tie(c: County, i: int):
    """Row of a tie of worker `i` who meets a vacancy; -1: none. The tie that has sought longest is first."""
    best, since, best_id = -1, 32000, 0
    for k in range(c.indptr[i], c.indptr[i + 1]):
        prefetch(c.workers, c.ties[k])
    for k in range(c.indptr[i], c.indptr[i + 1]):
        j = c.ties[k]
        if not int(c.seen[j]) & (1 << HOME):
            continue
        tie = c.workers[j]
        if tie.state != r.SEEKING or tie.since > since:
            continue
        if tie.since < since or tie.id < best_id:
            if meets_a_vacancy(c, tie):
                best, since, best_id = j, int(tie.since), int(tie.id)
    return best


@kernel
def take_from_pool(c: County, pool: np.ndarray, place: int, stop: int):
    """Next seeker of a township's pool who still seeks: row (-1: none), and the place after."""
    while place < stop:
        i = pool[place]
        place += 1
        if c.workers[i].state == r.SEEKING:
            return i, place
    return -1, place


@kernel
def nearest(c: County):
    """Townships by how near they are to each other: row t lists all, itself first.

    Only distances to the county seat are known; two townships are as near as those are alike. Ties
    go to the township that is nearer to the seat, then to the larger.
    """
    towns = len(c.towns)
    order, keys = np.empty((towns, towns), np.int64), np.empty(towns)
    for t in range(towns):
        for k in range(towns):  # each is put in its place among those before; there are few
            other, place = c.towns[k], k
            key = abs(other.distance - c.towns[t].distance)
            key += 1e-4 * other.distance - 1e-9 * other.present
            key = -1.0 if k == t else key
            while place > 0 and keys[place - 1] > key:
                keys[place], order[t, place] = keys[place - 1], order[t, place - 1]
                place -= 1
            keys[place], order[t, place] = key, k
    return order


@kernel
def in_reach(c: County, town: int, other: int):
    """Whether people of township `other` work in township `town`."""
    gap = abs(c.towns[town].distance - c.towns[other].distance)
    return gap <= c.behaviour.careers_commute


@kernel
def match(c: County):
    """Step 7 of the month."""
    clock, behaviour = c.clock, c.behaviour
    vacancies = list_vacancies(c)
    for t in range(len(c.towns)):
        c.towns[t].hired = 0
        c.towns[t].seekers = c.stock[t, r.SEEKING]
    pool, start = line_up(c)
    near, place = nearest(c), start[:-1].copy()
    unfilled, n = np.empty(len(vacancies), np.int64), 0
    for k in range(len(vacancies)):
        if k + AHEAD < len(vacancies):
            prefetch(c.firms, vacancies[k + AHEAD])
            fetch_ties(c, int(c.firms[vacancies[k + AHEAD // 2]].owner))
        f = vacancies[k]
        firm = c.firms[f]
        owner = c.workers[firm.owner]
        item = I_THROUGH_TIES + int(firm.employees) * 16
        u, _, _, _ = draws(clock, D_HIRE, clock.month, owner.id, item)
        i = seeking_tie(c, firm.owner) if u < behaviour.careers_referral_hiring else -1
        town = int(firm.township)
        if i < 0:
            i = from_pools(c, pool, place, start, near, town)
        if i >= 0:
            hire(c, i, f)
        else:
            unfilled[n] = f
            n += 1
    poach(c, unfilled[:n], near)
    take_kept_jobs(c)
    refill_other_jobs(c, pool, place, start)
    set_wages(c)


@kernel
def hire(c: County, i: int, f: int):
    """Seeker `i` is hired by firm `f`."""
    c.towns[c.workers[i].township].hired += 1
    join_firm(c, i, f)
    c.now.hires += 1


@kernel
def from_pools(
    c: County,
    pool: np.ndarray,
    place: np.ndarray,
    start: np.ndarray,
    near: np.ndarray,
    town: int,
):
    """A seeker of township `town`, else of the nearest within reach."""
    for t in near[town]:
        if in_reach(c, town, t):
            i, place[t] = take_from_pool(c, pool, place[t], start[t + 1])
            if i >= 0:
                return i
    return -1


@kernel
def staff_of_others(c: County):
    """Who works for other employers and looks for something better this month.

    Returns
    -------
    rows : int64 array
        Township by township, in the order of a keyed draw.
    start : int64 array, shape (townships + 1,)
    """
    clock, towns, total = c.clock, len(c.towns), 0
    for t in range(towns):
        total += c.towns[t].filled
    rows, keys, n = np.empty(total, np.int64), np.empty(total), 0
    start = np.zeros(towns + 1, np.int64)
    for t in range(towns):
        for k in range(c.members_ptr[t], c.members_ptr[t + 1]):
            i = c.members[k]
            worker = c.workers[i]
            if worker.state != r.EMPLOYED or worker.firm >= 0 or worker.since >= clock.month:
                continue
            u, v, _, _ = draws(clock, D_POACH, clock.month, worker.id, ONLY)
            if u < c.behaviour.careers_job_finding:
                rows[n], keys[n] = i, t + v
                n += 1
        start[t + 1] = n
    return rows[:n][np.argsort(keys[:n])], start


@kernel
def pays_more(c: County, town: int, other: int):
    """Whether firms of township `town` draw people from other employers of township `other`."""
    return in_reach(c, town, other) and c.towns[town].pay > c.towns[other].wage


@kernel
def poach(c: County, unfilled: np.ndarray, near: np.ndarray):
    """Vacancies that no seeker filled go to people with other employers, where the firm pays more."""
    towns, dear = len(c.towns), False
    for town in range(towns):
        for other in range(towns):
            dear = dear or pays_more(c, town, other)
    if not dear or len(unfilled) == 0:
        return
    rows, start = staff_of_others(c)
    place = start[:-1].copy()
    for f in unfilled:
        town = int(c.firms[f].township)
        for t in near[town]:
            if place[t] < start[t + 1] and pays_more(c, town, t):
                i = rows[place[t]]
                place[t] += 1
                leave_employer(c, i)
                join_firm(c, i, f)
                c.now.hires += 1
                break


@kernel
def take_kept_jobs(c: County):
    """Who came home for a job that was kept takes it as soon as it is vacant."""
    for k in range(c.clock.offers):
        i = c.offers[k]
        worker = c.workers[i]
        town = c.towns[worker.township]
        ours = worker.state == r.SEEKING and worker.offer >= c.clock.month
        if ours and town.filled < town.slots:
            worker.offer = r.NEVER
            worker.firm = -1
            enter(c, i, r.EMPLOYED)
            town.kept -= 1
            town.filled += 1
            town.hired += 1


@kernel
def refill_other_jobs(c: County, pool: np.ndarray, place: np.ndarray, start: np.ndarray):
    """Other employers hire from the township's pool up to their number of jobs."""
    for t in range(len(c.towns)):
        town = c.towns[t]
        while town.filled + town.kept < town.slots:
            i, place[t] = take_from_pool(c, pool, place[t], start[t + 1])
            if i < 0:
                break
            c.workers[i].firm = -1
            enter(c, i, r.EMPLOYED)
            town.filled += 1
            town.hired += 1


@kernel
def wage_of_town(c: County, t: int):
    """Wage in township `t`, yuan a month: the wage curve, and not below the floor."""
    facts, behaviour, town = c.facts, c.behaviour, c.towns[t]
    curve = facts.work_local_wage * (
        max(town.seeking, 0.005) / behaviour.careers_usual_seekers
    ) ** (-behaviour.careers_wage_curve)
    return max(curve, facts.work_wage_floor)


@kernel
def set_wages(c: County):
    """Wage curve, and the chance to find a job within three months, by township.

    What is smoothed is the seekers, and who found a job, not what follows from them: few people make both jump
    from month to month, and the curves are bent.
    """
    behaviour = c.behaviour
    for t in range(len(c.towns)):
        town = c.towns[t]
        home = 0
        for state in range(r.SEEKING, r.OWNER + 1):
            home += c.stock[t, state]
        share = c.stock[t, r.SEEKING] / max(home, 1)
        town.seeking += behaviour.careers_wage_step * (share - town.seeking)
        town.wage = wage_of_town(c, t)
        step = behaviour.careers_chance_step
        town.sought += step * (town.seekers - town.sought)
        town.found += step * (town.hired - town.found)
        if town.sought > 0.0:
            town.job_chance = 1.0 - (1.0 - min(town.found / town.sought, 0.95)) ** 3
