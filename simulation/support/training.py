"""Entrepreneurship training: places, classes, fees, and what trainees take home.

Training adds skill, more so with more hours and in smaller classes, and a certificate. The fee of a place
is the trainer's hours: fee x hours / 70 x 30 / class size. A class starts when enough people wait; people go
to the nearest centre with a place. Of the fee a share may be withheld until the trainee opens a firm; centres
that are paid on outcome admit first whoever is most likely to open one.

Before the start a course changes the plan as well: the founder knows more, thinks less well of himself, hears
what the trainer thinks, and may let the plan go before money is sunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.founding import give_up
from returnee.simulation.firms.projects import (
    HUNDREDTHS,
    IDEA,
    TRAINER,
    drops_out,
    look,
    thinks_better_of_it,
)
from returnee.simulation.firms.ventures import known_productivity
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import is_home, learn
from returnee.simulation.state.channels import TRAINING
from returnee.simulation.state.draws import (
    D_QUEUE,
    I_CLASS,
    draws,
)
from returnee.simulation.state.money import fen, pay
from returnee.simulation.state.programmes import G_TRAINING, effort, fee_of
from returnee.simulation.state.providers import (
    CENTRES,
    MAX_CENTRES,
    S_STATION,
    S_TRAINING,
    STATIONS,
    nearest,
    nearest_with_room,
    open_now,
)
from returnee.simulation.state.queues import waits_at_desk, withdraw_file
from returnee.simulation.support.linkage import refer
from returnee.simulation.support.targeting import weight_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


@kernel
def skill_from_training(policy: np.record, behaviour: np.record):
    """Skill gained: grows with hours, falls with class size (reference: 70 hours, class of 30)."""
    return (
        behaviour.support_training_gain
        * (policy.training_hours / 70.0) ** behaviour.support_hours_power
        * (30.0 / policy.training_class_size) ** behaviour.support_class_power
    )


@kernel
def withheld_share(policy: np.record):
    """Share of the fee that is paid when the trainee opens a firm (P084)."""
    if policy.linkage_training_paid_on_opening:
        return max(policy.training_outcome_pay_share, 0.5)
    return policy.training_outcome_pay_share


@kernel
def provider_of(c: County, worker: np.record):
    """Row of the provider at which a worker waits for training; -1: none."""
    policy = c.policy
    if worker.state == r.AWAY:
        stations = policy.services_destination_stations
        if stations == 0 or policy.training_during_migration_share == 0.0:
            return -1
        return STATIONS + worker.id % stations
    centres = min(int(c.facts.firms_training_centres), MAX_CENTRES)
    return CENTRES + nearest(c, int(worker.township), CENTRES, centres)


@kernel
def provider_with_place(c: County, worker: np.record, places: np.ndarray):
    """Row of the provider that has a place for a worker: a station, or the nearest centre; -1: none."""
    provider = provider_of(c, worker)
    if worker.state == r.AWAY or provider < 0 or places[provider] > 0:
        return provider if provider >= 0 and places[provider] > 0 else -1
    centre = nearest_with_room(
        c, int(worker.township), CENTRES, places[CENTRES : CENTRES + MAX_CENTRES]
    )
    return CENTRES + centre if centre >= 0 else -1


@kernel
def training_rank(c: County, i: int):
    """Place in the queue: months waited, weighted by target group; a keyed draw breaks ties."""
    worker, clock, policy = c.workers[i], c.clock, c.policy
    u, _, _, _ = draws(clock, D_QUEUE, clock.month, worker.id, I_CLASS)
    waited = clock.month - worker.training_since + u
    if worker.state == r.FOUNDING:
        waited += c.behaviour.support_likely_first * withheld_share(policy)
    return waited * weight_of(worker, policy, c.towns[worker.township], clock.month)


@kernel
def train(c: County, i: int, provider: int):
    """Worker `i` is trained, if the fee can be paid."""
    worker, clock, policy, behaviour = c.workers[i], c.clock, c.policy, c.behaviour
    service, month = c.services[provider], c.now
    fee = fee_of(policy)
    withheld = 0 if worker.state == r.OWNER else fen(fee * withheld_share(policy))
    paid = fen(fee) - withheld
    if not pay(c, G_TRAINING, paid):
        service.refused += 1
        return False
    service.spent += paid
    service.served += 1
    waited = clock.month - worker.training_since
    service.waited += waited
    month.trained += 1
    month.trained_wait += waited
    worker.certificate = clock.month
    worker.course = round(HUNDREDTHS * effort(policy))
    worker.trained += skill_from_training(policy, behaviour) * service.quality
    learn(c, i, TRAINING)
    worker.fee_withheld = withheld
    refer(c, i, TRAINING)
    if worker.state == r.FOUNDING:
        go_on_with_plan(c, worker.firm)
    return True


@kernel
def go_on_with_plan(c: County, f: int):
    """What a course does to a plan: the founder knows more, and may let it go.

    Whoever goes on takes the loan file from the centre to the desk, or drops out there.
    """
    firm, behaviour = c.firms[f], c.behaviour
    if firm.phase != r.PLANNED:
        return
    firm.known = known_productivity(c.workers[firm.owner], behaviour)
    if not behaviour.structure_signals:
        return
    firm.belief -= behaviour.support_optimism_corrected * behaviour.firm_optimism
    look(c, f, TRAINER)
    if thinks_better_of_it(c, f):
        give_up(c, f)
    elif waits_at_desk(firm) and drops_out(c, f, IDEA):
        withdraw_file(firm)


@kernel
def settle_fees(c: County):
    """The withheld part of a fee is paid when the trainee opens in time (P084), else lapses."""
    clock = c.clock
    for k in range(clock.active):
        firm = c.firms[c.active[k]]
        if firm.opened != clock.month - 1:
            continue
        worker = c.workers[firm.owner]
        if worker.fee_withheld > 0:
            if firm.opened - worker.certificate <= c.policy.training_outcome_months:
                pay(c, G_TRAINING, int(worker.fee_withheld))
            worker.fee_withheld = 0


@kernel
def still_waits(c: County, i: int):
    """Whether worker `i` still wants a place."""
    worker, month = c.workers[i], c.clock.month
    eligible = worker.state == r.AWAY or is_home(worker.state)
    return eligible and month - worker.training_since <= c.behaviour.support_training_patience


@kernel
def run_classes(c: County):
    """Training in a month: classes are filled from the queue, first by rank."""
    clock = c.clock
    settle_fees(c)
    n = clock.training_queue
    if n == 0:
        return
    for s in range(len(c.services)):
        kind = c.services[s].kind
        if kind == S_TRAINING or kind == S_STATION:
            c.services[s].queue = 0
    ranks = np.empty(n)
    for k in range(n):
        ranks[k] = -training_rank(c, c.queue[k])
        provider = provider_of(c, c.workers[c.queue[k]])
        if provider >= 0:
            c.services[provider].queue += 1
    places = free_places(c)
    for k in np.argsort(ranks):
        i = c.queue[k]
        provider = provider_with_place(c, c.workers[i], places)
        if provider >= 0 and still_waits(c, i):
            places[provider] -= 1
            c.services[provider].credit -= 1.0
            train(c, i, provider)
    keep_waiting(c)


@kernel
def free_places(c: County):
    """Places in the classes that start this month, by provider: there is a class once it can be full.

    In a sample a class is the sample's share of one; whoever waits at a centre without a class may go to
    another.
    """
    clock, behaviour = c.clock, c.behaviour
    places = np.zeros(len(c.services), np.int64)
    least = max(c.policy.training_class_size * clock.sample, 1.0)
    waiting = 0
    for k in range(MAX_CENTRES):
        waiting += c.services[CENTRES + k].queue
    for s in range(len(c.services)):
        service = c.services[s]
        kind = service.kind
        if (kind != S_TRAINING and kind != S_STATION) or not open_now(service, clock.month):
            continue
        people = waiting if kind == S_TRAINING else int(service.queue)
        full = min(least, max(1.0, behaviour.support_class_months * service.capacity))
        if min(float(int(service.credit)), float(people)) >= full:
            places[s] = int(service.credit)
    return places


@kernel
def keep_waiting(c: County):
    """Drop from the queue whoever was trained or no longer waits."""
    clock, left = c.clock, 0
    for k in range(clock.training_queue):
        i = c.queue[k]
        worker = c.workers[i]
        if worker.certificate == r.NEVER and still_waits(c, i):
            c.queue[left] = i
            left += 1
        elif worker.certificate == r.NEVER:
            worker.training_since = r.NEVER
    clock.training_queue = left
