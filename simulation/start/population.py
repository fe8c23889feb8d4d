"""The people of the county at the start of the history, and those who will turn 18.

Residents' ages and sexes are those of the census pyramid where the county file has one; those of the
people away follow the survey of migrant workers (N30, N34), as do schooling, marriage, city sector and
pay (N30-N53). Every trait is a keyed draw by the person's id. Those who will turn 18 are the census's
children, cohort by cohort; who is younger than the youngest of them comes in the mean number of the
known cohorts (assumed). Each is the child of somebody 20 to 40 years older and lives in that household.
Entrants are drawn ahead, so they are the same under every policy and horizon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from returnee.scenarios import County as Facts
from returnee.scenarios.schema.county import AgeGroup
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.engine.lines import zeros
from returnee.simulation.start.tables import FEWEST
from returnee.simulation.state import records as r
from returnee.simulation.state.changes import cents
from returnee.simulation.state.channels import N_CHANNELS
from returnee.simulation.state.draws import (
    D_BODY,
    D_HOME_PAY,
    D_LIFE,
    D_MONEY,
    D_PARENT,
    D_START,
    I_AWAY,
    I_CAREER,
    I_KNOWN,
    I_KNOWN_FURTHER,
    I_MEANS,
    I_TRAITS,
    ONLY,
    draws,
    normal,
)

ADULT, OLD = 18, 60  # years between which residents are counted
LAW_CHANGES, MONTHS_A_STEP = (
    2025,
    4,
)  # retirement rises by a month every four from January 2025 (N58)
QUANTILES = 1024
PARENT_TRIES = 16
KNOWN_MONTHS = 12 * ADULT  # in which the census's children turn 18
HOME, GONE = 0, 1  # rows of the margins


class Margins(NamedTuple):
    """What people are drawn from, at home (row 0) and away (row 1).

    Attributes
    ----------
    female : float array, shape (2,)
        Shares of women.
    ages : float array, shape (2, 2, 1024)
        Quantiles of months since the 18th birthday, by place and sex.
    schooling : float array, shape (2, 5)
        Cumulative shares of the levels.
    city_sectors : float array, shape (sectors, 2)
        Cumulative share, and wage relative to the mean.
    """

    female: np.ndarray
    ages: np.ndarray
    schooling: np.ndarray
    city_sectors: np.ndarray


@lru_cache(maxsize=16)
def age_quantiles(
    mean_age: float, female: float, men: int, women: int, concentration: float
) -> np.ndarray:
    """Quantiles of months since the 18th birthday, shape (2, QUANTILES), of men and of women.

    A beta distribution of the share of working life past, whose mean gives ``mean_age`` with men and
    women retiring at the ages ``men`` and ``women``; the parameters of the distribution sum to
    ``concentration``.
    """
    years = (1 - female) * (men - ADULT) + female * (women - ADULT)
    mean = min(max((mean_age - ADULT) / years, 0.05), 0.95)
    a = mean * concentration
    grid = (np.arange(QUANTILES) + 0.5) / QUANTILES
    past = betaincinv(a, concentration - a, grid)
    return np.stack([past * 12.0 * (men - ADULT), past * 12.0 * (women - ADULT)])


def pyramid_quantiles(groups: Sequence[AgeGroup]) -> tuple[float, np.ndarray]:
    """Share of women and quantiles as `age_quantiles`, of residents aged 18 to 59 by five-year groups."""
    edges = np.array([0.0, *(12.0 * (row.age + 5 - ADULT) for row in groups)])
    grid = (np.arange(QUANTILES) + 0.5) / QUANTILES
    adult = np.array([min(row.age + 5 - ADULT, 5) / 5 for row in groups])
    counts = [np.array([getattr(row, sex) for row in groups]) * adult for sex in ("men", "women")]
    quantiles = []
    for people in counts:
        cumulative = np.concatenate([[0.0], np.cumsum(people)]) / max(people.sum(), 1e-9)
        quantiles.append(np.interp(grid, cumulative, edges))
    men, women = (float(people.sum()) for people in counts)
    return women / (men + women), np.stack(quantiles)


def margins(facts: Facts) -> Margins:
    """Make the margins of a county's people."""
    people, work = facts.people, facts.work
    retire = work.retirement_men, work.retirement_women, people.age_concentration
    women, home = people.female_home, age_quantiles(people.age_home, people.female_home, *retire)
    if facts.residents:
        women, home = pyramid_quantiles(facts.residents)
    away = age_quantiles(people.age_away, people.female_away, *retire)
    levels = ("none", "primary", "junior", "senior", "college")
    schooling = [
        [getattr(people, f"{prefix}schooling_{level}") for level in levels]
        for prefix in ("home_", "")
    ]
    shares = np.array([s.share for s in facts.city_sectors])
    wages = np.array([s.wage for s in facts.city_sectors])
    relative = wages / np.average(wages, weights=shares)
    return Margins(
        np.array([women, people.female_away]),
        np.stack([home, away]),
        np.cumsum(schooling, axis=1),
        np.column_stack([np.cumsum(shares) / shares.sum(), relative]),
    )


def entering(facts: Facts, months: int) -> tuple[np.ndarray, np.ndarray]:
    """How many turn 18 in each month from the start of the history, in the full county; share of women.

    The census's children in the order of their ages. Beyond them, and without a table of them,
    numbers that keep as many people as there are known children, or workers, a month (assumed).

    Returns
    -------
    people, women : float arrays, shape (months,)
    """
    known = min(months, KNOWN_MONTHS)
    if not facts.children:
        work, people = facts.work, facts.people
        away, home = facts.away_share, 1 - facts.away_share
        women = away * people.female_away + home * people.female_home
        years = (1 - women) * (work.retirement_men - ADULT) + women * (
            work.retirement_women - ADULT
        )
        rate = facts.labour_force / (12.0 * years)
        return np.full(months, rate), np.full(months, women)
    size = facts.labour_force * (1 - facts.away_share) / facts.adults if facts.adults else 1.0
    by_year = {row.age: (size * row.men / 60.0, size * row.women / 60.0) for row in facts.children}
    ages = [ADULT - 1 - month // 12 for month in range(KNOWN_MONTHS)]
    men, girls = np.array([by_year[age - age % 5] for age in ages]).T
    people, women = men + girls, girls / np.maximum(men + girls, 1e-9)
    rest = months - known
    return (
        np.concatenate([people[:known], np.full(rest, people.mean())]),
        np.concatenate([women[:known], np.full(rest, girls.sum() / people.sum())]),
    )


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
def month_of_retirement(birth: int, sex: int, facts: np.record):
    """Month in which somebody born in month `birth` retires, by the law of the year.

    From 2025 on who reaches the old age retires a month later for every four months since (N58).
    """
    age = facts.work_retirement_women if sex == 1 else facts.work_retirement_men
    month = birth + 12 * age
    since = month - 1 + 12 * (facts.work_first_year - LAW_CHANGES)
    return month + min(max(since // MONTHS_A_STEP + 1, 0), facts.work_retirement_rise)


@kernel
def draw_body(
    worker: np.record,
    clock: np.record,
    facts: np.record,
    m: Margins,
    place: int,
    female: float,
    start: int,
    thrift_sigma: float,
):
    """Sex, age, schooling, family, ability, city job and savings of one worker.

    Parameters
    ----------
    m : Margins
    place : int
        Row of the margins: HOME or GONE.
    female : float
        Chance to be a woman.
    start : int
        Month in which the worker is first seen.
    thrift_sigma : float
        Log standard deviation of saving rates.
    """
    u, v, x, y = draws(clock, D_BODY, 0, worker.id, ONLY)
    worker.sex = 1 if u < female else 0
    entrant = worker.enters != r.NEVER
    months = 0 if entrant else int(m.ages[place, worker.sex, int(v * 1024.0)])
    worker.birth = start - 12 * ADULT - months
    worker.retires = max(month_of_retirement(int(worker.birth), int(worker.sex), facts), start + 1)
    # Schooling: a normal copula ties it to youth.
    youth = normal(1.0 - (v if not entrant else 0.1))
    together = facts.people_youth_schooling
    z = together * youth + math.sqrt(1.0 - together**2) * normal(x)
    rank = 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
    level = 0
    while level < 4 and rank > m.schooling[place, level]:
        level += 1
    worker.schooling = level
    draw_family(worker, clock, facts, start, y)
    draw_means(worker, clock, facts, m.city_sectors, thrift_sigma)


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

    Rises with schooling as pay does in the city; the mean over the schooling of those at home is 1.
    """
    gain, sigma = facts.work_schooling_pay, facts.work_home_sigma
    mean = (
        facts.people_home_schooling_none * math.exp(-2.0 * gain)
        + facts.people_home_schooling_primary * math.exp(-gain)
        + facts.people_home_schooling_junior
        + facts.people_home_schooling_senior * math.exp(gain)
        + facts.people_home_schooling_college * math.exp(2.0 * gain)
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
    stay = int(min(float(adult), -12.0 * facts.people_stay * math.log(b)))
    worker.experience = int(adult * (0.2 + 0.6 * c)) if worker.ever_away == 1 else 0
    worker.since = start - stay
    if away:
        worker.state = r.AWAY
        worker.left = worker.since
        worker.experience = max(int(worker.experience), stay)
    elif d < facts.work_other_jobs:
        worker.state = r.EMPLOYED
    elif d < facts.work_other_jobs + facts.work_farming:
        worker.state = r.FARMING
    else:
        worker.state = r.SEEKING
    if not away and worker.ever_away == 1:
        worker.returned = worker.since
        worker.left = worker.since - 1
    known = 0
    e, f, g, h = draws(clock, D_START, 0, worker.id, I_KNOWN)
    i, _, _, _ = draws(clock, D_START, 0, worker.id, I_KNOWN + 1)
    luck = e, f, g, h, i
    for channel in range(N_CHANNELS):
        if channel < len(luck):
            u = luck[channel]
        else:
            u, _, _, _ = draws(clock, D_START, 0, worker.id, I_KNOWN_FURTHER + channel)
        if u < facts.people_known:
            known |= 1 << channel
    worker.knows = known


@kernel
def draw_initial(
    workers: np.recarray,
    clock: np.record,
    facts: np.record,
    m: Margins,
    thrift_sigma: float,
):
    """Draw every initial worker; `id`, `township` and `village` are set already."""
    start = clock.first - 1
    for i in range(len(workers)):
        worker = workers[i]
        u, v, _, _ = draws(clock, D_START, 0, worker.id, I_AWAY)
        away = u < facts.away_share
        worker.enters = r.NEVER
        worker.parent = -1
        place = GONE if away else HOME
        # Who is past the age of retirement retires when the history starts.
        draw_body(worker, clock, facts, m, place, m.female[place], start, thrift_sigma)
        draw_history(worker, clock, facts, away, start)
        settle_in(worker, start)
        # Households: a new one starts with each worker with a chance that gives a mean of 2.2.
        worker.household = 1 if v < 0.45 else 0


@kernel
def find_parent(
    births: np.ndarray,
    row_of: np.ndarray,
    taken: np.ndarray,
    clock: np.record,
    facts: np.record,
    worker: np.record,
):
    """Row of a parent of `worker`, of a fitting age and without a child yet.

    Drawn among all with a lower id, born in the months `births` by row. If no try finds one, the last
    person tried, who may be of any age.
    """
    row = -1
    for attempt in range(PARENT_TRIES):
        u, _, _, _ = draws(clock, D_PARENT, 0, worker.id, attempt)
        row = row_of[int(u * worker.id)]
        older = int(worker.birth) - int(births[row])
        fits = facts.people_youngest_parent <= older / 12.0 <= facts.people_oldest_parent
        if fits and not taken[row]:
            break
    return row


@kernel
def draw_entrants(
    workers: np.recarray,
    known: int,
    clock: np.record,
    facts: np.record,
    entry: tuple[np.ndarray, np.ndarray],
    m: Margins,
    thrift_sigma: float,
):
    """Draw the workers in rows `known`...; `entry` holds the month and the share of women of each."""
    months, women = entry
    row_of = np.empty(len(workers), np.int32)
    births = np.empty(len(workers), np.int16)
    for k in range(len(workers)):
        row_of[workers[k].id] = k
        births[k] = workers[k].birth
    taken = np.zeros(len(workers), np.bool_)
    for k in range(known, len(workers)):
        worker, month = workers[k], months[k - known]
        worker.enters = month
        draw_body(worker, clock, facts, m, GONE, women[k - known], month, thrift_sigma)
        births[k] = worker.birth
        worker.parent = find_parent(births, row_of, taken, clock, facts, worker)
        taken[worker.parent] = True
        parent = workers[worker.parent]
        worker.township = parent.township
        worker.village = parent.village
        worker.household = parent.household
        worker.state = r.PRE
        worker.since = worker.enters
        settle_in(worker, month)


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
    entry = entrants(facts, clock, months)
    everyone = zeros(len(township) + len(entry[0]), r.WORKER).view(np.recarray)
    everyone.id = np.arange(len(everyone))
    workers = everyone[: len(township)].view(np.recarray)
    workers.township, workers.village = township, village
    m = margins(facts)
    draw_initial(workers, clock, facts_record, m, thrift_sigma)
    starts = workers.household.astype(bool)
    starts[0] = True
    starts[1:] |= workers.village[1:] != workers.village[:-1]
    workers.household = np.cumsum(starts) - 1
    clock.initial = len(workers)
    draw_entrants(everyone, len(workers), clock, facts_record, entry, m, thrift_sigma)
    return everyone


def entrants(facts: Facts, clock: np.record, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Month in which each of those who turn 18 up to month ``months`` does so, and the share of women."""
    first = int(clock.first)
    people, women = entering(facts, max(months + 1 - first, 0))
    total = np.floor(np.cumsum(people) * float(clock.sample) + 0.5).astype(np.int64)
    rows = np.repeat(np.arange(len(total)), np.diff(total, prepend=0))
    return first + rows, women[rows]


def with_entrants(
    workers: np.recarray,
    facts: Facts,
    facts_record: np.record,
    clock: np.record,
    months: int,
    m: Margins,
    thrift_sigma: float,
) -> np.recarray:
    """`workers` followed by those who turn 18 up to month ``months``, in the order of entry."""
    known, entry = len(workers), entrants(facts, clock, months)
    everyone = zeros(known + len(entry[0]), r.WORKER).view(np.recarray)
    everyone[:known].view(np.uint8)[:] = workers.view(np.ndarray).view(np.uint8)
    everyone.id[known:] = int(workers.id.max()) + 1 + np.arange(len(entry[0]))
    draw_entrants(everyone, known, clock, facts_record, entry, m, thrift_sigma)
    return everyone
