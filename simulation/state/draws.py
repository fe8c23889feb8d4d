"""Keyed random numbers: Philox4x32-10.

A draw is a function of (seed, replicate, decision, month, agent, item) and of nothing else, so a
person meets the same luck under every policy, whatever the others do and in whatever order they
are asked.

Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3",
SC '11; constants and known-answer vectors from the authors' Random123 library.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from returnee.simulation.engine.compiler import draw_kernel, kernel
from returnee.simulation.state.records import CLOCK

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
UNIT = 2.0**-32
BLOCK = 64  # agents for whom draws are made at a time
MONTH_ZERO = 4096  # added to the month, so that months before the policy have a counter too

NORMAL = ndtri((np.arange(4096) + 0.5) / 4096)
NORMAL.setflags(write=False)  # kernels hold a copy

_decisions: dict[int, str] = {}
_items: dict[int, list[tuple[range, str]]] = {}


def decision(number: int, what: str) -> int:
    """Register what is decided by draws under a number: the third word of the counter.

    Raises
    ------
    ValueError
        If the number is taken.
    """
    if number in _decisions:
        raise ValueError(f"decision {number}: found {what!r}, taken by {_decisions[number]!r}")
    _decisions[number] = what
    _items[number] = []
    return number


def item(decision: int, number: int, what: str) -> int:
    """Register one of the draws of a decision under a number: the fourth word of the counter."""
    return items(decision, range(number, number + 1), what)


def items(decision: int, numbers: range, what: str) -> int:
    """Register draws of a decision that are numbered on; the first number.

    Raises
    ------
    ValueError
        If one of the numbers is taken.
    """
    for other, by in _items[decision]:
        few, many = sorted((numbers, other), key=len)
        if any(number in many for number in few):
            raise ValueError(f"{_decisions[decision]}: found {what!r}, taken by {by!r}")
    _items[decision].append((numbers, what))
    return numbers.start


ONLY = 0  # item of a decision that has one draw
ATTEMPTS = 16  # ventures of a founder, numbered from 0
CHANNELS_MOST = 16  # channels of support there is room for; those after the fifth draw one by one
MANY = 2**16

# What is decided by draws. Never renumber: results depend on it. The agent is the person, unless said
# otherwise, and the month the present one, or 0 for what is drawn once in a life.
D_BODY = decision(1, "sex, age and schooling")
D_LIFE = decision(2, "family and destination")
D_MONEY = decision(3, "ability, tastes, city job and savings")
I_TRAITS = item(D_MONEY, 0, "ability, risk tolerance, attachment, city sector")
I_MEANS = item(D_MONEY, 1, "wage, savings, thrift")
D_START = decision(4, "where the history starts")
I_CAREER = item(D_START, 0, "career so far")
I_KNOWN = items(D_START, range(1, 3), "the first five channels known")
I_AWAY = item(D_START, 3, "away or at home")
I_FIRST_OWNER = item(D_START, 4, "who owns a firm")
I_FIRST_FIRM = item(D_START, 5, "age of that firm")
I_KNOWN_FURTHER = items(D_START, range(16, 16 + CHANNELS_MOST), "a further channel known")
D_KIN = decision(6, "kin")
I_KIN_NUMBER = item(D_KIN, 0, "how many kin households")
I_KIN = items(D_KIN, range(1, MANY), "which kin household")
D_FRIEND = decision(7, "friends")
I_FRIEND_NUMBER = item(D_FRIEND, 0, "how many friends")
I_FRIEND = items(D_FRIEND, range(1, MANY), "which friend")
D_FELLOW = decision(8, "fellow workers")
I_FELLOW_NUMBER = item(D_FELLOW, 0, "how many fellows")
I_FELLOW = items(D_FELLOW, range(1, MANY), "which fellow, by try")
D_FIRM = decision(9, "capital wanted, and luck of a firm: by attempt")
D_REVIEW = decision(10, "next review, and the move")
D_HEAR = decision(11, "what is heard, forgotten and thought of at a review")
I_HEARD = item(D_HEAR, 0, "the first four channels")
I_IDEAS = item(D_HEAR, 1, "the fifth channel, an idea, training, a job")
I_HEARD_FURTHER = items(D_HEAR, range(16, 16 + CHANNELS_MOST), "a further channel")
D_MESSAGE = decision(12, "messages: the agent is the contact")
D_POST = decision(13, "talks at posts: the agent is the contact")
D_STATION = decision(14, "talks at stations: the agent is the contact")
D_SESSION = decision(15, "outreach sessions: the agent is the contact")
REACH_TRIES = 24  # draws for one contact until the target group is met
for _contact in (D_MESSAGE, D_POST, D_STATION, D_SESSION):
    I_REACH = items(_contact, range(0, 2 * REACH_TRIES, 2), "who is reached, by try")
    I_UPTAKE = item(_contact, 1, "whether it takes, and of which channel")
D_VENTURE = decision(19, "taste for a sector: by attempt and sector")
D_FAMILY = decision(20, "family money: by tie; the month is the attempt")
D_GUARANTOR = decision(21, "guarantors: by tie; the month is the attempt")
D_FOUNDING = decision(22, "on the way to a firm")
I_REGISTER = items(D_FOUNDING, range(ATTEMPTS), "registering, and opening later: by attempt")
I_TOLD = items(D_FOUNDING, range(16, 16 + ATTEMPTS), "the first four channels told of: by attempt")
I_TOLD_FIFTH = items(D_FOUNDING, range(32, 32 + ATTEMPTS), "the fifth channel told of: by attempt")
I_ASKS = items(D_FOUNDING, range(48, 48 + ATTEMPTS), "asks for training: by attempt")
I_TOLD_FURTHER = items(
    D_FOUNDING, range(64, 64 + ATTEMPTS * CHANNELS_MOST), "a further channel told of: by attempt"
)
D_QUEUE = decision(23, "queues")
I_CLASS = item(D_QUEUE, 0, "place in the queue for training")
I_GIVE_UP = item(D_QUEUE, 1, "gives up at the desk")
I_DAYS = item(D_QUEUE, 2, "rounds the days of a file to months")
I_DESK = item(D_QUEUE, 3, "place in the queue at the desk")
I_PLACE = item(D_QUEUE, 4, "place in the queue for an incubator")
I_MENTOR = item(D_QUEUE, 5, "place in the queue for a mentor")
D_REFERRAL = decision(24, "handing on: by channel")
D_CONTEST = decision(25, "contests")
I_ENTRANT = item(D_CONTEST, 0, "who enters")
D_VISIT = decision(26, "extension visits")
D_TRADE = decision(27, "sales and drift of the month: by attempt")
D_HIRE = decision(28, "hiring")
I_STAFF = items(D_HIRE, range(ATTEMPTS), "change of staff: by attempt")
I_THROUGH_TIES = items(D_HIRE, range(16, 16 * MANY, 16), "hires through ties: by employees")
D_MATCH = decision(29, "place of a seeker in the line")
D_CLOSE = decision(30, "stopping: by attempt")
D_SHOCK = decision(31, "who loses the city job in a shock")
D_INCUBATOR = decision(32, "business ties made at a site")
D_SERVICE = decision(33, "quality of a provider: the agent is its row")
D_IDEA = decision(45, "what it takes to follow up an idea: the month is that in which it came")
D_RECALL = decision(46, "whether one who waits for the city settles at home")
D_CREDIT = decision(50, "as a borrower")
I_ELIGIBLE = item(D_CREDIT, 0, "whether banks deal with the person, and the cost of a visit")
D_SIGNAL = decision(34, "error of who looks at a project: by attempt and office")
D_HANDOVER = decision(60, "drops out at a hand-over: by attempt and stage")
D_CASE = decision(61, "which files the case officers take: by channel")
D_CAPACITY = decision(62, "rounds what a sample has of something to whole ones")
I_SHARED = item(D_CAPACITY, 0, "of the whole county: the agent is what")
I_OFFERS = item(D_CAPACITY, 1, "jobs kept in a township: the agent is its first member")
D_HOME_PAY = decision(40, "own pay in a job at home")
D_PARENT = decision(41, "parent of someone who turns 18: by try")
D_SUCCESSION = decision(42, "handing on a firm")
I_HANDS_ON = item(D_SUCCESSION, 0, "whether a retiring owner hands the firm on")
I_HEIR = item(D_SUCCESSION, 1, "who of the household takes it")
D_POACH = decision(55, "who is hired from another employer")
D_SITE = decision(56, "finding a site: by attempt")
D_OWN = decision(70, "own rules: any item")


@kernel
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
):
    """Philox4x32-10: ten rounds on a counter of four 32-bit words under a key of two.

    Parameters
    ----------
    c0, c1, c2, c3, k0, k1 : uint64
        Words of counter and key, each below 2**32.

    Returns
    -------
    tuple of four uint64, each below 2**32
    """
    for _ in range(10):
        p0 = M0 * c0
        p1 = M1 * c2
        c0 = (p1 >> HALF) ^ c1 ^ k0
        c2 = (p0 >> HALF) ^ c3 ^ k1
        c1 = p1 & LOW
        c3 = p0 & LOW
        k0 = (k0 + W0) & LOW
        k1 = (k1 + W1) & LOW
    return c0, c1, c2, c3


@draw_kernel(CLOCK)
def draws(clock: np.record, decision: int, month: int, agent: int, item: int):
    """Four uniform draws in (0, 1) for one decision of one agent in one month.

    Parameters
    ----------
    clock : record with fields ``seed`` and ``replicate``
    decision : int
        One of the ``D_`` constants.
    month : int
        Month of the decision, from -4096 on.
    agent : int
        Id of the person or provider (not the row).
    item : int
        Which of several draws of the same decision, one of the ``I_`` constants and what is counted on.

    Returns
    -------
    tuple of four float
    """
    a, b, c, d = philox(
        np.uint64(agent),
        np.uint64(month + MONTH_ZERO),
        np.uint64(decision),
        np.uint64(item),
        np.uint64(clock.seed),
        np.uint64(clock.replicate),
    )
    return (
        (float(a) + 0.5) * UNIT,
        (float(b) + 0.5) * UNIT,
        (float(c) + 0.5) * UNIT,
        (float(d) + 0.5) * UNIT,
    )


@kernel
def draw_each(
    clock: np.record,
    decision: int,
    month: int,
    agents: np.ndarray,
    items: np.ndarray,
    luck: np.ndarray,
):
    """What `draws` gives for each of some agents, in a third of the time: several at a time.

    The rounds of `philox` are written out, as only loops without calls are turned into vector code.

    Parameters
    ----------
    agents, items : int64 arrays
        Ids, and which of the draws of the decision.
    luck : float64 array, shape (4, agents)
        To be filled.
    """
    when, what = np.uint64(month + MONTH_ZERO) & LOW, np.uint64(decision) & LOW
    first, second = np.uint64(clock.seed) & LOW, np.uint64(clock.replicate) & LOW
    for k in range(luck.shape[1]):
        a, b, c, d = np.uint64(agents[k]) & LOW, when, what, np.uint64(items[k]) & LOW
        k0, k1 = first, second
        for _ in range(10):
            p0, p1 = M0 * a, M1 * c
            a, b, c, d = (p1 >> HALF) ^ b ^ k0, p1 & LOW, (p0 >> HALF) ^ d ^ k1, p0 & LOW
            k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
        luck[0, k] = (float(a) + 0.5) * UNIT
        luck[1, k] = (float(b) + 0.5) * UNIT
        luck[2, k] = (float(c) + 0.5) * UNIT
        luck[3, k] = (float(d) + 0.5) * UNIT


@kernel
def normal(u: float):
    """Standard normal deviate for a uniform ``u`` (one of 4,096 equally likely values)."""
    return NORMAL[int(u * 4096.0)]
