"""Venture ideas and the intention to follow one up.

Ideas come at rate lambda(a) = lambda_0 p exp(-(a - m)^2 / (2 s^2)) at age a: skill rises, creativity falls
(Lévesque and Minniti 2006; Liang, Wang and Lazear 2018). p is such that lambda has mean lambda_0 over the
labour force at the start. The intention follows the theory of planned
behaviour (Ajzen 1991): sigma(attitude, norm, perceived control). Attitude compares discounted streams to
retirement, with the sunk start money K on the firm's side,

    ln [ sum d^t y_venture e^(-caution) / (sum d^t y_other + K) ],

so that it falls with age whatever its sign. What each idea asks of its bearer is drawn once; it is acted
on at the first review at which the intention is above it and the money suffices (actual control). Until
then the bearer saves up; after some years the idea is let go.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms.finance import means_in_sight
from returnee.simulation.firms.founding import plan_of
from returnee.simulation.firms.ventures import (
    LEAST_INCOME,
    capital_for,
    log_city_option,
    venture_income,
)
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import age_of, happens, is_active, knows
from returnee.simulation.state.channels import N_CHANNELS
from returnee.simulation.state.draws import D_IDEA, ONLY, draws
from returnee.simulation.state.visible import GOOD, look_around, share_of

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


OUT_OF_REACH = -1e9  # log income of what cannot be had
MILLION = 1e6  # parts of a rate, so that a sum does not depend on the order of its parts


@kernel
def logistic(x: float):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


@kernel
def caution(worker: np.record, behaviour: np.record):
    """Log points of income that a worker asks for bearing the risk of a firm."""
    return behaviour.money_risk_aversion * (1.0 - behaviour.money_risk_tolerance * worker.risk)


@kernel
def log_income_at_home(c: County, worker: np.record):
    """Log of what a worker may expect at home without a firm, yuan a month."""
    town, farm = c.towns[worker.township], c.clock.log_farm
    if worker.state == r.EMPLOYED:
        return worker.log_home + log_usual_pay(c, worker)
    if worker.state == r.FARMING:
        return farm
    return max(town.log_job + worker.log_home, farm)


@kernel
def log_usual_pay(c: County, worker: np.record):
    """Log of what somebody of mean pay earns with the employer of a worker, yuan a month."""
    if worker.firm >= 0:
        return c.towns[c.firms[worker.firm].township].log_pay
    return c.towns[worker.township].log_wage


@kernel
def annuity(months: int, rate: float):
    """Present value of one yuan a month for some months, at a discount rate a year."""
    monthly = max(math.log1p(rate) / 12.0, 1e-9)  # continuously compounded
    return (1.0 - math.exp(-months * monthly)) / monthly


@kernel
def log_gain(c: County, worker: np.record, sector: int, money: float):
    """Log of the discounted income of a firm over that of the best alternative and the sunk money.

    Alternatives are work at home and leaving for the city. Sunk is what closing would not bring back.
    """
    behaviour = c.behaviour
    income, _ = venture_income(c, worker, sector, money)
    other = math.exp(max(log_income_at_home(c, worker), log_city_option(c, worker)))
    left = max(int(worker.retires) - int(c.clock.month), 1)
    sunk = (1.0 - behaviour.closing_salvage) * capital_for(c.markets[sector], money, behaviour)
    cost = other + sunk / annuity(left, behaviour.careers_discount_rate)
    return math.log(max(income, LEAST_INCOME)) - math.log(cost)


@kernel
def known_channels(worker: np.record):
    """How many channels of support a worker knows."""
    count = 0
    for channel in range(N_CHANNELS):
        if knows(worker, channel):
            count += 1
    return count


@kernel
def control(worker: np.record, behaviour: np.record):
    """Perceived control: support known, and a certificate. Money is actual control, not this."""
    value = known_channels(worker) / N_CHANNELS
    if worker.certificate != r.NEVER:
        value += behaviour.support_control_gain
    return value


@kernel
def norm(c: County, i: int):
    """What others do, as worker `i` sees it: the share of the ties whose firm does well."""
    return share_of(look_around(c, i), GOOD)


@kernel
def intention(c: County, i: int, attitude: float):
    """Chance that worker `i` would follow up a workable idea, for an attitude in log points."""
    worker, behaviour = c.workers[i], c.behaviour
    score = (
        behaviour.careers_intention_constant
        + behaviour.careers_attitude_weight * attitude
        + behaviour.careers_norm_weight * norm(c, i)
        + behaviour.careers_control_weight * control(worker, behaviour)
    )
    if worker.failed > 0:
        score += behaviour.closing_retry
    return logistic(score)


@kernel
def usual_gain(c: County, worker: np.record):
    """Log gain from a firm of the usual size in the sector that pays best in the township.

    The attitude that goes with what people say in a survey, where neither money nor caution counts.
    """
    sector = c.towns[worker.township].best
    money = c.markets[sector].capital_median / (1.0 - c.behaviour.firm_cushion)
    return log_gain(c, worker, sector, money)


@kernel
def will_to_found(c: County, i: int):
    """Intention of worker `i`, at home or away, to found a firm of the usual size (a chance)."""
    worker = c.workers[i]
    return intention(c, i, usual_gain(c, worker) - caution(worker, c.behaviour))


@kernel
def freedom_to_act(worker: np.record, behaviour: np.record, month: int):
    """Share of ideas that can be followed up: care at home falls on women (assumed)."""
    if worker.sex == 1 and (
        worker.child == 1 or (worker.elder == 1 and age_of(worker, month) > 30)
    ):
        return math.exp(-behaviour.careers_care_burden)
    return 1.0


@kernel
def share_of_peak(worker: np.record, behaviour: np.record, month: int):
    """Rate of ideas at a worker's age over that at the best age."""
    off = (age_of(worker, month) - behaviour.careers_age_of_ideas) / behaviour.careers_age_spread
    return math.exp(-0.5 * int(behaviour.structure_age_hump) * off * off)


@kernel
def set_peak_of_ideas(c: County):
    """Find the rate of ideas at the best age at which the labour force has the mean rate that is set."""
    total, people = 0, 0
    for i in range(len(c.workers)):
        worker = c.workers[i]
        if is_active(worker.state):
            people += 1
            total += int(MILLION * share_of_peak(worker, c.behaviour, int(c.clock.month)) + 0.5)
    c.clock.peak_of_ideas = c.behaviour.careers_idea_rate * MILLION * people / max(total, 1)


@kernel
def ideas_a_year(c: County, worker: np.record):
    """Rate at which venture ideas come to a worker, by age."""
    return c.clock.peak_of_ideas * share_of_peak(worker, c.behaviour, int(c.clock.month))


@kernel
def months_of_thought(c: County, worker: np.record):
    """Months since the last review in which an idea may have come: those in the present state."""
    return int(c.clock.month) - max(int(worker.heard), int(worker.since))


@kernel
def surely_no_idea(c: County, u: float, months: int):
    """Whether the draw `u` surely brings no idea, by the rate at the best age."""
    return u >= c.clock.peak_of_ideas / 12.0 * months


@kernel
def think(c: County, i: int, months: int, u: float):
    """An old idea is let go, and a new one may have come over the months (uniform draw `u`)."""
    worker, behaviour, month = c.workers[i], c.behaviour, c.clock.month
    if worker.idea != r.NEVER:
        if month - worker.idea <= behaviour.careers_idea_months:
            return
        drop_idea(worker)
    if surely_no_idea(c, u, months):
        return
    if happens(u, ideas_a_year(c, worker) / 12.0 * months):
        worker.idea = month


@kernel
def drop_idea(worker: np.record):
    """The idea in hand is let go, or has become a venture; nobody saves for it any longer."""
    worker.idea = r.NEVER
    worker.saves = 0


@kernel
def follow_up(c: County, i: int):
    """Whether worker `i` would begin the venture in mind now; else whether to save up for it.

    Whoever intends to found looks at the money. A start may be smaller than wanted, as far as it is
    still worth it by the same measure.

    Returns
    -------
    log_income : float
        Log of the income expected from the venture less caution; OUT_OF_REACH if not begun now.
    saves : int
    """
    worker, behaviour = c.workers[i], c.behaviour
    free = freedom_to_act(worker, behaviour, c.clock.month)
    asked, _, _, _ = draws(c.clock, D_IDEA, int(worker.idea), worker.id, ONLY)
    if asked >= free or asked >= free * will_to_found(c, i):
        return OUT_OF_REACH, 0
    means = means_in_sight(c, worker)
    sector, wanted = plan_of(c, i, means)
    if means < behaviour.money_minimum_start * wanted:
        return OUT_OF_REACH, 1
    fear, money = caution(worker, behaviour), min(means, wanted)
    if asked >= free * intention(c, i, log_gain(c, worker, sector, money) - fear):
        return OUT_OF_REACH, int(means < wanted)
    income, _ = venture_income(c, worker, sector, money)
    return math.log(max(income, LEAST_INCOME)) - fear, 0


@kernel
def venture_in_hand(c: County, i: int):
    """Log income, less caution, of the venture that worker `i` would begin now; OUT_OF_REACH if none.

    Notes whether the worker saves up for it.
    """
    worker = c.workers[i]
    if worker.idea == r.NEVER:
        return OUT_OF_REACH
    log_income, saves = follow_up(c, i)
    worker.saves = saves
    return log_income
