"""Programmes of the public ledger: which pot pays them, what pillar they belong to, names, and costs.

A pot, a pillar or a programme is declared by one call, which gives the code that rules know it by; all
lists of them are read off these tables. The order of the calls is that of the codes.

A cost is a month's, in yuan for the full county: units x price. It is a rule of whatever hands out
``policy``, ``facts`` and ``clock``, so the same rule serves the county of a run, which pays the sample's
share, and the plan of spending. Classes and visits are paid one by one; their cost, that of all places,
serves the plan only. Programmes without costs follow demand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from returnee.simulation.engine.compiler import kernel

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


Cost = Callable[[Any], Any]

MONTHS = 12.0  # of a year
OPEN_MONTHS = 11.0  # in which there are classes and visits: all but that of Spring Festival
PLACES_A_SITE = 50  # of an incubator
DESK_DAYS_BASE, DESK_DAYS_DIGITAL = 20.0, 3.0  # working days of a loan file, on paper and at best
DESK_DAYS_SLOWEST = 30.0  # with the staff that the hall has in any case


class Pot(NamedTuple):
    """A pot of public money; one that is budgeted is filled in January and lapses."""

    key: str
    en: str
    zh: str
    budgeted: bool = False


class Pillar(NamedTuple):
    """A group of programmes, called like its group of levers, and its colour in charts."""

    key: str
    colour: str


class Programme(NamedTuple):
    """A programme of the ledger.

    Attributes
    ----------
    key : str
        Name of its columns.
    pillar : str
    pot : int
        Code of the pot that pays.
    en, zh : str
        What people call it.
    costs : tuple of rules
        What a month costs, see the module; empty where spending follows demand.
    """

    key: str
    pillar: str
    pot: int
    en: str
    zh: str
    costs: tuple[Cost, ...] = ()


_pots: list[Pot] = []
_pillars: dict[str, Pillar] = {}
_programmes: list[Programme] = []
_receipts: list[int] = []


def pot(key: str, en: str, zh: str, budgeted: bool = False) -> int:
    """Declare a pot; its code."""
    _pots.append(Pot(key, en, zh, budgeted))
    return len(_pots) - 1


def pillar(key: str, colour: str) -> str:
    """Declare a pillar; its key."""
    _pillars[key] = Pillar(key, colour)
    return key


def programme(key: str, pillar: str, pot: int, en: str, zh: str, *costs: Cost) -> int:
    """Declare a programme; its code."""
    _programmes.append(Programme(key, _pillars[pillar].key, pot, en, zh, costs))
    return len(_programmes) - 1


def paid_into_firms(programme: int) -> int:
    """Declare that firms receive a programme; its column of County.receipts."""
    _receipts.append(programme)
    return len(_receipts) - 1


@kernel
def class_share(facts: np.record, month: int):
    """Share of a year's classes and visits that falls on a month."""
    if (month - 1) % 12 + 1 == facts.work_festival_month:
        return 0.0
    return 1.0 / OPEN_MONTHS


@kernel
def effort(policy: np.record):
    """Hours of a trainer for each trainee, relative to 70 in a class of 30."""
    return policy.training_hours / 70.0 * 30.0 / policy.training_class_size


@kernel
def fee_of(policy: np.record):
    """Fee of one place: what a trainer's hours cost."""
    return policy.training_fee * effort(policy)


@kernel
def classes_in(policy: np.record, facts: np.record, month: int):
    """The whole fee of every place of a month."""
    return policy.training_places * class_share(facts, month) * fee_of(policy)


def cost_of_classes(c: County) -> Any:
    """The whole fee of every place."""
    return classes_in(c.policy, c.facts, c.clock.month)


@kernel
def digital_share(policy: np.record):
    """How far the desk is digital, by the working days that it needs."""
    return max(DESK_DAYS_BASE - policy.services_desk_days, 0.0) / (
        DESK_DAYS_BASE - DESK_DAYS_DIGITAL
    )


@kernel
def cost_of_desk(c: County):
    """Running the digital desk, and staff for the files it handles beyond the slowest."""
    quicker = DESK_DAYS_BASE / c.policy.services_desk_days - DESK_DAYS_BASE / DESK_DAYS_SLOWEST
    staff = c.facts.firms_hall_files * max(quicker, 0.0) * c.policy.costs_desk_file
    return c.policy.costs_desk_digital * digital_share(c.policy) / MONTHS + staff


@kernel
def cost_of_posts(c: County):
    """Running the township posts."""
    return c.policy.services_township_posts * c.policy.costs_township_post / MONTHS


@kernel
def cost_of_stations(c: County):
    """Running the stations in the cities."""
    return c.policy.services_destination_stations * c.policy.costs_station / MONTHS


@kernel
def cost_of_messages(c: County):
    """Sending mass messages."""
    return c.policy.services_mass_messages * c.policy.costs_message / MONTHS


@kernel
def cost_of_mentors(c: County):
    """Paying mentors."""
    return c.policy.services_mentors * c.policy.costs_mentor / MONTHS


@kernel
def cost_of_places(c: County):
    """Running the incubator sites, by their places."""
    return c.policy.incubation_places / PLACES_A_SITE * c.policy.costs_incubator_site / MONTHS


@kernel
def standing_places(clock: np.record, facts: np.record):
    """Incubator places there are: the county's, and what was built."""
    return max(clock.places_built, facts.firms_incubator_places)


@kernel
def cost_of_building(c: County):
    """Building incubator sites beyond those that stand, once."""
    more = max(c.policy.incubation_places - standing_places(c.clock, c.facts), 0.0)
    return more / PLACES_A_SITE * c.policy.costs_incubator_site_once


@kernel
def contest_now(month: int, contests: int):
    """Whether a contest is held in this month of the year: they are spread over the year."""
    for k in range(contests):
        if (month - 1) % 12 == (k + 1) * 12 // (contests + 1) - 1:
            return True
    return False


@kernel
def cost_of_contest(c: County):
    """Holding a contest, in the months in which there is one."""
    if contest_now(c.clock.month, c.policy.activities_contests):
        return c.policy.costs_contest
    return 0.0


@kernel
def cost_of_prizes(c: County):
    """Prizes of a contest, in the months in which there is one."""
    if contest_now(c.clock.month, c.policy.activities_contests):
        return c.policy.activities_prize_pot
    return 0.0


@kernel
def sessions_of(policy: np.record):
    """Outreach sessions a month."""
    return policy.activities_outreach_sessions / MONTHS


@kernel
def cost_of_sessions(c: County):
    """Holding outreach sessions."""
    return sessions_of(c.policy) * c.policy.costs_session


@kernel
def visits_in(policy: np.record, facts: np.record, month: int):
    """Extension visits to firms in a month."""
    return policy.technology_extension_visits * class_share(facts, month)


def cost_of_visits(c: County) -> Any:
    """Extension visits to firms, all of a month's made."""
    return visits_in(c.policy, c.facts, c.clock.month) * c.policy.costs_visit


@kernel
def cost_of_sites(c: County):
    """Renting land for county sites."""
    return c.policy.venue_sites_land * c.policy.costs_site_land / MONTHS


@kernel
def road_gain(policy: np.record, facts: np.record):
    """Road quality that the policy adds to the county's."""
    return max(policy.venue_road_quality - facts.firms_road, 0.0)


@kernel
def cost_of_roads(c: County):
    """Better roads."""
    return road_gain(c.policy, c.facts) * c.policy.costs_road / MONTHS


@kernel
def officers_at_work(policy: np.record):
    """Case officers, by the share of finished stages that they are to hand on."""
    return policy.linkage_referral * policy.linkage_officers


@kernel
def cost_of_tracking(c: County):
    """Paying the case officers."""
    return officers_at_work(c.policy) * c.policy.costs_case_officer / MONTHS


@kernel
def planned_costs(c: County):
    """What the programmes with a volume cost from this month to the end of the year, yuan.

    Programmes that follow demand come on top; see `money.set_scale`.
    """
    monthly = cost_of_desk(c) + cost_of_posts(c) + cost_of_stations(c) + cost_of_messages(c)
    monthly += cost_of_mentors(c) + cost_of_places(c) + cost_of_sessions(c) + cost_of_sites(c)
    monthly += cost_of_roads(c) + cost_of_tracking(c)
    total = cost_of_building(c)
    for month in range((c.clock.month - 1) % 12 + 1, 13):
        total += monthly + classes_in(c.policy, c.facts, month)
        total += visits_in(c.policy, c.facts, month) * c.policy.costs_visit
        if contest_now(month, c.policy.activities_contests):
            total += c.policy.costs_contest + c.policy.activities_prize_pot
    return total


POT_STARTUP = pot("startup", "start-up pot", "创业资金", budgeted=True)
POT_EMPLOYMENT = pot("employment", "employment pot", "就业补助资金", budgeted=True)
POT_INTEREST = pot("interest", "interest pot", "贴息资金", budgeted=True)
POT_WORKS = pot("works", "works pot", "场地建设资金", budgeted=True)
POT_FUND = pot("guarantee_fund", "guarantee fund", "担保基金")
POT_TAX = pot("tax", "tax relief (no pot)", "税收减免（无资金池）")

TRAINING = pillar("training", "#0072B2")
SERVICES = pillar("services", "#D55E00")
INCUBATION = pillar("incubation", "#009E73")
ACTIVITIES = pillar("activities", "#CC79A7")
FINANCE = pillar("finance", "#E69F00")
TECHNOLOGY = pillar("technology", "#56B4E9")
VENUE = pillar("venue", "#999999")

# Interest and the guarantee fund are never paid from the employment pot (P140). Tax relief is revenue
# forgone, not paid from a pot.
G_TRAINING = programme(
    "training", TRAINING, POT_EMPLOYMENT, "training", "创业培训", cost_of_classes
)
G_DESK = programme("desk", SERVICES, POT_STARTUP, "desk", "办事窗口", cost_of_desk)
G_POSTS = programme("posts", SERVICES, POT_STARTUP, "township posts", "乡镇服务点", cost_of_posts)
G_STATIONS = programme(
    "stations", SERVICES, POT_STARTUP, "stations in the cities", "驻外服务站", cost_of_stations
)
G_MESSAGES = programme(
    "messages", SERVICES, POT_STARTUP, "mass messages", "群发短信", cost_of_messages
)
G_MENTORS = programme("mentors", SERVICES, POT_STARTUP, "mentors", "创业导师", cost_of_mentors)
G_INCUBATOR = programme(
    "incubator_sites", INCUBATION, POT_STARTUP, "incubator sites", "孵化基地",
    cost_of_places, cost_of_building,
)  # fmt: skip
G_RENT = programme("rent", INCUBATION, POT_STARTUP, "rent relief", "租金补贴")
G_CONTESTS = programme(
    "contests", ACTIVITIES, POT_STARTUP, "contests and prizes", "大赛与奖金",
    cost_of_contest, cost_of_prizes,
)  # fmt: skip
G_SESSIONS = programme(
    "sessions", ACTIVITIES, POT_STARTUP, "outreach sessions", "宣讲活动", cost_of_sessions
)
G_GRANT = programme("startup_grant", FINANCE, POT_STARTUP, "start-up grant", "一次性创业补贴")
G_JOB = programme("job_subsidy", FINANCE, POT_EMPLOYMENT, "job subsidy", "带动就业补贴")
G_INTEREST = programme("interest_subsidy", FINANCE, POT_INTEREST, "interest subsidy", "贷款贴息")
G_GUARANTEE = programme("guarantee", FINANCE, POT_FUND, "guarantee fund", "担保基金")
G_TAX = programme("tax_relief", FINANCE, POT_TAX, "tax relief (forgone)", "税收减免（少收）")
G_EXIT = programme("exit_compensation", FINANCE, POT_EMPLOYMENT, "exit compensation", "退出补偿")
G_VISITS = programme(
    "visits", TECHNOLOGY, POT_STARTUP, "extension visits", "技术指导", cost_of_visits
)
G_UPGRADE = programme("upgrade_grant", TECHNOLOGY, POT_STARTUP, "upgrade grant", "升级补贴")
G_SITES = programme("sites", VENUE, POT_WORKS, "county sites", "创业用地", cost_of_sites)
G_ROADS = programme("roads", VENUE, POT_WORKS, "roads", "道路", cost_of_roads)
G_TRACKING = programme(
    "case_tracking", SERVICES, POT_STARTUP, "case officers", "个案专员", cost_of_tracking
)

R_GRANT = paid_into_firms(G_GRANT)
R_JOB = paid_into_firms(G_JOB)
R_INTEREST = paid_into_firms(G_INTEREST)
R_TAX = paid_into_firms(G_TAX)
R_RENT = paid_into_firms(G_RENT)
R_PRIZE = paid_into_firms(G_CONTESTS)
R_UPGRADE = paid_into_firms(G_UPGRADE)
R_EXIT = paid_into_firms(G_EXIT)

POT_TABLE, PROGRAMME_TABLE = tuple(_pots), tuple(_programmes)
POTS = tuple(row.key for row in POT_TABLE)
PROGRAMMES = tuple(row.key for row in PROGRAMME_TABLE)
N_PROGRAMMES = len(PROGRAMMES)
POT_OF = np.array([row.pot for row in PROGRAMME_TABLE])  # by programme
POT_OF.setflags(write=False)  # kernels hold a copy
RECEIPTS = tuple(_receipts)  # programmes by column of County.receipts
PILLARS = {  # programmes of each pillar
    key: tuple(row.key for row in PROGRAMME_TABLE if row.pillar == key) for key in _pillars
}
COLOURS = {row.key: row.colour for row in _pillars.values()}  # of pillars
