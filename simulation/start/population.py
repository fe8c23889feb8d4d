"""The people of the county at the start of the history, and those who will turn 18.

Margins follow the survey of migrant workers (N30-N53): age, sex, schooling, marriage, city sector
and pay. Every trait is a keyed draw by the person's id. As many turn 18 in a month as retire in it
(assumed), and an entrant takes the household of the one who retires, and is replaced in turn;
entrants are drawn ahead, so they are the same under every policy and horizon.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import betaincinv

from returnee.scenarios import County as Facts
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.start.tables import FEWEST
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import cents
from returnee.simulation.state.draws import (
    D_BODY,
    D_HOME_PAY,
    D_LIFE,
    D_MONEY,
    D_START,
    I_AWAY,
    I_CAREER,
    I_KNOWN,
    I_MEANS,
    I_TRAITS,
    ONLY,
    draws,
    normal,
)

WORKING_YEARS_MEN, WORKING_YEARS_WOMEN, ADULT = 42, 37, 18
GENERATION = 12 * WORKING_YEARS_WOMEN  # months in which nobody both enters and retires
AGE_CONCENTRATION = 2.2  # of the beta distribution of ages (assumed)
QUANTILES = 1024
AGE_AND_SCHOOLING = 0.4  # correlation of youth and schooling (assumed)
KNOWN_AT_START = 0.3  # share that knows a channel when the history starts (assumed)


@lru_cache(maxsize=16)
def age_quantiles(mean_age: float, female: float) -> np.ndarray:
    """Quantiles of the share of working life that is past, shape (QUANTILES,).

    A beta distribution whose mean gives ``mean_age`` with women retiring at 55 and men at 60.
    """
    years = (1 - female) * WORKING_YEARS_MEN + female * WORKING_YEARS_WOMEN
    mean = min(max((mean_age - ADULT) / years, 0.05), 0.95)
    a = mean * AGE_CONCENTRATION
    grid = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.asarray(betaincinv(a, AGE_CONCENTRATION - a, grid))


def margins(facts: Facts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages away and at home, and city sectors, as `returnee.simulation.start.population.draw_initial` takes them."""
    away = age_quantiles(facts.people.age_away, facts.people.female_away)
    home = age_quantiles(facts.people.age_home, facts.people.female_home)
    shares = np.array([s.share for s in facts.city_sectors])
    wages = np.array([s.wage for s in facts.city_sectors])
    relative = wages / np.average(wages, weights=shares)
    return away, home, np.column_stack([np.cumsum(shares) / shares.sum(), relative])


def people_drawn(facts: Facts, sample: float) -> int:
    """How many people a sample of the labour force has, at least 50."""
    return max(FEWEST, round(facts.labour_force * sample))


def place_people(facts: Facts, sample: float) -> tuple[np.ndarray, np.ndarray]:
    """Township and village of each initial worker: two arrays of shape (workers,)."""
    people = people_drawn(facts, sample)
    weights = np.array([t.weight for t in facts.townships])
    weights = weights / weights.sum()
    per_town = np.floor(weights * people).astype(int)
    rest = weights * people - per_town
    per_town[np.argsort(-rest, kind="stable")[: people - per_town.sum()]] += 1
    township = np.repeat(np.arange(len(weights)), per_town)
    villages = np.maximum(1, np.round(weights * facts.ties.villages * sample).astype(int))
    village = np.empty(people, np.int64)
    start = first = 0
    for size, count in zip(per_town, villages, strict=True):
        village[start : start + size] = first + np.arange(size) * count // max(size, 1)
        start, first = start + size, first + count
    return township, village


@kernel
def draw_body(
    worker: np.record,
    clock: np.record,
    facts: np.record,
    away: bool,
    ages: np.ndarray,
    city_sectors: np.ndarray,
    start: int,
    thrift_sigma: float,
):
    """Sex, age, schooling, family, ability, city job and savings of one worker.

    Parameters
    ----------
    away : bool
        Whether the worker is away at the start of the history.
    ages : float array, shape (1024,)
        Quantiles of the share of working life past.
    city_sectors : float array, shape (sectors, 2)
        Cumulative share, and wage relative to the mean.
    start : int
        Month in which the worker is first seen.
    thrift_sigma : float
        Log standard deviation of saving rates.
    """
    u, v, x, y = draws(clock, D_BODY, 0, worker.id, ONLY)
    worker.sex = 1 if u < (facts.people_female_away if away else facts.people_female_home) else 0
    years = 37.0 if worker.sex == 1 else 42.0
    entrant = worker.enters != r.NEVER
    past = ages[int(v * 1024.0)]
    months = 0 if entrant else int(past * years * 12.0)
    worker.birth = start - 216 - months
    worker.retires = worker.birth + 216 + int(years) * 12
    # Schooling: a normal copula ties it to youth.
    youth = normal(1.0 - (v if not entrant else 0.1))
    z = AGE_AND_SCHOOLING * youth + math.sqrt(1.0 - AGE_AND_SCHOOLING**2) * normal(x)
    rank = 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    level = 0
    edge = facts.people_schooling_none
    if rank > edge:
        level = 1
        edge += facts.people_schooling_primary
        if rank > edge:
            level = 2
            edge += facts.people_schooling_junior
            if rank > edge:
                level = 3
                edge += facts.people_schooling_senior
                if rank > edge:
                    level = 4
    worker.schooling = level
    draw_family(worker, clock, facts, start, y)
    draw_means(worker, clock, facts, city_sectors, thrift_sigma)


@kernel
def draw_family(worker: np.record, clock: np.record, facts: np.record, start: int, u: float):
    """Marriage, child, elder and city home, by age at month ``start``."""
    a, b, c, d = draws(clock, D_LIFE, 0, worker.id, ONLY)
    age = (start - worker.birth) / 12.0
    # The share married rises with age and averages to the survey's; an entrant's is drawn at 30.
    reach = 0.15 if 18.0 <= age < 23.0 else (0.7 if age < 28.0 else 1.1)
    if worker.enters != r.NEVER:
        reach = 1.0
    worker.married = 1 if u < min(0.97, facts.people_married * reach) else 0
    worker.child = 1 if worker.married == 1 and a < facts.people_child and age < 48.0 else 0
    worker.elder = 1 if b < facts.people_elder else 0
    worker.city_home = 1 if c < facts.people_city_home else 0
    worker.destination = 1 if d < facts.people_out_of_province else 0


@kernel
def pay_by_distance(facts: np.record, destination: int):
    """City pay at a destination relative to the mean of both."""
    mean = 1.0 + (facts.work_far_pay - 1.0) * facts.people_out_of_province
    return (facts.work_far_pay if destination == 1 else 1.0) / mean


@kernel
def log_home_pay(facts: np.record, worker: np.record, z: float):
    """Log of own pay at home relative to the township's wage, for a standard normal `z`.

    Rises with schooling as pay does in the city; the mean pay over the county's schooling is 1.
    """
    gain, sigma = facts.work_schooling_pay, facts.work_home_sigma
    mean = (
        facts.people_schooling_none * math.exp(-2.0 * gain)
        + facts.people_schooling_primary * math.exp(-gain)
        + facts.people_schooling_junior
        + facts.people_schooling_senior * math.exp(gain)
        + facts.people_schooling_college * math.exp(2.0 * gain)
    )
    return sigma * z - 0.5 * sigma * sigma + gain * (worker.schooling - 2.0) - math.log(mean)


@kernel
def draw_means(
    worker: np.record,
    clock: np.record,
    facts: np.record,
    city_sectors: np.ndarray,
    thrift_sigma: float,
):
    """Ability, tastes, city job and savings."""
    a, b, c, d = draws(clock, D_MONEY, 0, worker.id, I_TRAITS)
    worker.ability = normal(a)
    worker.risk = normal(b)
    worker.attachment = normal(c)
    e, f, g, _ = draws(clock, D_MONEY, 0, worker.id, I_MEANS)
    sector = 0
    while sector < len(city_sectors) - 1 and d > city_sectors[sector, 0]:
        sector += 1
    worker.city_sector = sector
    sigma = facts.work_wage_sigma
    schooled = facts.work_schooling_pay * (worker.schooling - 2.0)
    wage = (
        facts.work_city_wage
        * pay_by_distance(facts, int(worker.destination))
        * city_sectors[sector, 1]
        * math.exp(sigma * normal(e) - 0.5 * sigma * sigma + schooled)
    )
    worker.wage, worker.log_wage = wage, math.log(wage)
    h, _, _, _ = draws(clock, D_HOME_PAY, 0, worker.id, ONLY)
    together = facts.work_home_and_city
    worker.log_home = log_home_pay(
        facts, worker, together * normal(e) + math.sqrt(1.0 - together**2) * normal(h)
    )
    spread = facts.people_savings_sigma
    worker.thrift = math.exp(thrift_sigma * normal(g) - 0.5 * thrift_sigma * thrift_sigma)
    worker.savings = cents(
        facts.people_savings_mean * math.exp(spread * normal(f) - 0.5 * spread * spread)
        if worker.enters == r.NEVER
        else 2000.0 + 3000.0 * g
    )


@kernel
def draw_history(worker: np.record, clock: np.record, facts: np.record, away: bool, start: int):
    """Career state, city years and knowledge of one initial worker at month ``start``."""
    a, b, c, d = draws(clock, D_START, 0, worker.id, I_CAREER)
    adult = start - (worker.birth + 216)
    worker.ever_away = 1 if away or a > facts.people_never_away else 0
    stay = int(min(float(adult), -60.0 * math.log(b)))  # mean stay five years (H03)
    worker.experience = int(adult * (0.2 + 0.6 * c)) if worker.ever_away == 1 else 0
    worker.since = start - stay
    if away:
        worker.state = r.AWAY
        worker.left = worker.since
        worker.experience = max(int(worker.experience), stay)
    elif d < facts.work_other_jobs:
        worker.state = r.EMPLOYED
    elif d < facts.work_other_jobs + 0.25 * (1.0 - facts.work_other_jobs):
        worker.state = r.SEEKING
    else:
        worker.state = r.FARMING
    if not away and worker.ever_away == 1:
        worker.returned = worker.since
        worker.left = worker.since - 1
    known = 0
    e, f, g, h = draws(clock, D_START, 0, worker.id, I_KNOWN)
    i, _, _, _ = draws(clock, D_START, 0, worker.id, I_KNOWN + 1)
    for channel, u in enumerate((e, f, g, h, i)):
        if u < KNOWN_AT_START:
            known |= 1 << channel
    worker.knows = known


@kernel
def draw_initial(
    workers: np.recarray,
    clock: np.record,
    facts: np.record,
    ages_away: np.ndarray,
    ages_home: np.ndarray,
    city_sectors: np.ndarray,
    thrift_sigma: float,
):
    """Draw every initial worker; `id`, `township` and `village` are set already."""
    start = clock.first - 1
    for i in range(len(workers)):
        worker = workers[i]
        u, v, _, _ = draws(clock, D_START, 0, worker.id, I_AWAY)
        away = u < facts.away_share
        worker.enters = r.NEVER
        ages = ages_away if away else ages_home
        draw_body(worker, clock, facts, away, ages, city_sectors, start, thrift_sigma)
        # Nobody retires in the month before the history starts.
        draw_history(worker, clock, facts, away, start)
        settle_in(worker, start)
        # Households: a new one starts with each worker with a chance that gives a mean of 2.2.
        worker.household = 1 if v < 0.45 else 0


@kernel
def draw_entrants(
    workers: np.recarray,
    known: int,
    clock: np.record,
    facts: np.record,
    parents: np.ndarray,
    city_sectors: np.ndarray,
    ages: np.ndarray,
    thrift_sigma: float,
):
    """Draw the workers in rows `known`...; `parents` are the rows whose place they take."""
    for k in range(len(parents)):
        worker, parent = workers[known + k], workers[parents[k]]
        worker.enters = parent.retires
        worker.township = parent.township
        worker.village = parent.village
        worker.household = parent.household
        draw_body(worker, clock, facts, True, ages, city_sectors, int(parent.retires), thrift_sigma)
        worker.state = r.PRE
        worker.since = worker.enters
        settle_in(worker, int(worker.enters))


@kernel
def settle_in(worker: np.record, month: int):
    """Set what a worker starts with, as of `month`."""
    worker.settled = month
    worker.heard = month
    worker.firm = -1
    worker.mate = -1
    worker.offer = r.NEVER
    worker.certificate = r.NEVER
    worker.training_since = r.NEVER
    worker.idea = r.NEVER
    if worker.returned == 0:
        worker.returned = r.NEVER
    if worker.left == 0:
        worker.left = r.NEVER


def people(
    facts: Facts,
    facts_record: np.record,
    clock: np.record,
    months: int,
    thrift_sigma: float,
) -> np.recarray:
    """Every worker who is in the labour force at some time of the history or the horizon.

    Parameters
    ----------
    facts : scenarios.County
    facts_record : record
        The same facts as a record.
    clock : record
        With seed, replicate, sample and the first month of the history.
    months : int
        Last month of the horizon.
    thrift_sigma : float
        Log standard deviation of saving rates.

    Returns
    -------
    record array of WORKER, shape (workers,)
        Initial workers by id, then entrants in the order in which they turn 18.
    """
    township, village = place_people(facts, float(clock.sample))
    workers = np.zeros(len(township), r.WORKER).view(np.recarray)
    workers.id = np.arange(len(workers))
    workers.township, workers.village = township, village
    away, home, cities = margins(facts)
    draw_initial(workers, clock, facts_record, away, home, cities, thrift_sigma)
    starts = workers.household.astype(bool)
    starts[0] = True
    starts[1:] |= workers.village[1:] != workers.village[:-1]
    workers.household = np.cumsum(starts) - 1
    clock.initial = len(workers)
    return with_entrants(workers, facts_record, clock, months, cities, away, thrift_sigma)


def with_entrants(
    workers: np.recarray,
    facts_record: np.record,
    clock: np.record,
    months: int,
    cities: np.ndarray,
    ages: np.ndarray,
    thrift_sigma: float,
) -> np.recarray:
    """`workers` followed by those who turn 18 up to month ``months``, in the order of entry.

    A generation at a time, so that those who retire in it are known when it is drawn.
    """
    for start in range(int(clock.first), months + 1, GENERATION):
        stop = min(start + GENERATION - 1, months)
        retiring = np.flatnonzero((workers.retires >= start) & (workers.retires <= stop))
        parents = retiring[np.lexsort((workers.id[retiring], workers.retires[retiring]))]
        known = len(workers)
        everyone = np.zeros(known + len(parents), r.WORKER).view(np.recarray)
        everyone[:known] = workers
        everyone.id[known:] = int(workers.id.max()) + 1 + np.arange(len(parents))
        draw_entrants(everyone, known, clock, facts_record, parents, cities, ages, thrift_sigma)
        workers = everyone
    return workers
