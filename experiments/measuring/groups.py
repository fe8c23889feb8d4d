"""Groups of people, and what is counted by group in a run.

A person is in one group of each dimension: sex, age, schooling, place (townships that the county
calls remote, and others), township. What happens to a person counts by the age at that time; the
founder of a firm that is still open counts by the age at registration, so that survivors are some of
those who registered. Counts add up over the groups of a dimension to the county's figure.

Who is in the labour force depends on births alone, so every policy has the same people in a group.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from returnee.experiments.measuring.people import incomes
from returnee.scenarios import County as Facts
from returnee.simulation.accounts import HALF, STAYING_MONTHS
from returnee.simulation.run import Run
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import FINANCE

DIMENSIONS = ("sex", "age", "schooling", "place", "township")
SEXES = ("male", "female")
AGES = ("under_30", "30_to_44", "45_and_over")
AGE_LIMITS = (30, 45)  # years at which the second and third age group begin
SCHOOLING = ("none", "primary", "junior", "senior", "college")
PLACES = ("near", "remote")
Codes = dict[str, np.ndarray]  # number of the group by dimension, shape (people,) each


class Counted(NamedTuple):
    """Something counted by group."""

    name: str  # name of the indicator that is its total over groups, or its mean for the index
    unit: str  # of the count, full county
    per: float  # reported for this many people of the group: 1,000, or 1 as a share; 0: as it is
    # whether it happens over the horizon, and is reported by year; else it is at the end
    flow: bool


COUNTED = (
    Counted("returns", "people", 1000.0, True),
    Counted("returnee_registrations", "firms", 1000.0, True),
    Counted("firms_surviving", "firms", 1000.0, False),
    Counted("jobs", "jobs", 1000.0, False),
    Counted("aware_finance", "people", 1.0, False),
    Counted("return_quality", "index 0-100", 0.0, False),
)
PEOPLE, PEOPLE_AT_END = "people", "people_at_end"
QUALITY = ("productive", "income", "staying", "skill", "enterprise")


def groups_of(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Keys of the groups of a county by dimension; those of townships are their names."""
    townships = tuple(town.name for town in facts.townships)
    return dict(zip(DIMENSIONS, (SEXES, AGES, SCHOOLING, PLACES, townships)))


def name_of(counted: str, dimension: str, group: str) -> str:
    """Name under which a figure of a group is kept, such as ``returns_by_sex_female``."""
    return f"{counted}_by_{dimension}_{group}"


def names_of(facts: Facts) -> list[str]:
    """Names of all figures by group of a county."""
    kept = (*(counted.name for counted in COUNTED), PEOPLE, PEOPLE_AT_END)
    found = [(dimension, group) for dimension, some in groups_of(facts).items() for group in some]
    return [name_of(counted, *group) for counted in kept for group in found]


def codes_of(run: Run, rows: np.ndarray, months: np.ndarray | int) -> Codes:
    """Groups of some workers, in some month each.

    `rows`: shape (people,); rows of the workers. `months`: shape (people,); when their age is
    taken.
    """
    workers = run.county.workers.view(np.ndarray)
    remote = np.array([town.remote for town in run.scenario.county.townships], dtype=int)
    township = workers["township"][rows]
    return {
        "sex": workers["sex"][rows],
        "age": np.digitize((months - workers["birth"][rows].astype(int)) / 12.0, AGE_LIMITS),
        "schooling": workers["schooling"][rows],
        "place": remote[township],
        "township": township,
    }


def figures_by_group(run: Run) -> dict[str, float]:
    """Everything that is kept by group of a run, full-county units, by name."""
    county, end = run.county, run.months
    workers, firms = county.workers.view(np.ndarray), county.firms.view(np.ndarray)
    firms = firms[: int(county.clock.firms)]
    events = county.events.view(np.ndarray)[: int(county.clock.events)]
    back = (events["before"] == r.AWAY) & (events["state"] == r.SEEKING)
    state = workers["state"]
    present = np.flatnonzero((state != r.PRE) & (state != r.RETIRED))
    employed = np.flatnonzero((state == r.EMPLOYED) & (workers["firm"] >= 0))
    aware = present[workers["knows"][present] >> FINANCE & 1 == 1]
    new = firms[(firms["registered"] >= 1) & (firms["returnee"] == 1)]
    founders = codes_of(run, run.county.row_of[new["id"] >> 4], new["registered"].astype(int))
    still = new["phase"] == r.OPEN
    people = {
        "returns": codes_of(run, events["worker"][back], events["month"][back].astype(int)),
        "returnee_registrations": founders,
        "firms_surviving": {name: codes[still] for name, codes in founders.items()},
        "jobs": codes_of(run, employed, end),
        "aware_finance": codes_of(run, aware, end),
        PEOPLE_AT_END: codes_of(run, present, end),
    }
    groups = groups_of(run.scenario.county)
    figures = {
        name_of(counted, dimension, group): value / run.sample
        for counted, codes in people.items()
        for dimension, keys in groups.items()
        for group, value in zip(keys, np.bincount(codes[dimension], minlength=len(keys)).tolist())
    }
    return figures | _mean_people(run, groups) | _quality(run, groups)


def _mean_people(run: Run, groups: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """People in the labour force by group, mean over the months of the run."""
    workers = run.county.workers.view(np.ndarray)
    first = np.maximum(workers["enters"].astype(int), 1)
    last = np.minimum(workers["retires"].astype(int) - 1, run.months)
    rows = np.flatnonzero(last >= first)
    first, last = first[rows], last[rows]
    codes = codes_of(run, rows, run.months)
    scale = 1.0 / (run.months * run.sample)
    figures = {}
    for dimension, keys in groups.items():
        if dimension == "age":
            turns = workers["birth"][rows].astype(int)
            begin, end = (np.array(edge) * 12 for edge in ((0, *AGE_LIMITS), (*AGE_LIMITS, 200)))
            # Months of each person (rows) in each age group (columns).
            low = np.maximum(first[:, None], turns[:, None] + begin)
            high = np.minimum(last[:, None], turns[:, None] + end - 1)
            months = np.maximum(high - low + 1, 0).sum(axis=0)
        else:
            months = np.bincount(codes[dimension], last - first + 1, len(keys))
        for group, value in zip(keys, months.tolist()):
            figures[name_of(PEOPLE, dimension, group)] = value * scale
    return figures


def _quality(run: Run, groups: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """The return quality index by group at the end: the rules of `returnee.simulation.accounts` by row.

    Of the five parts that count by default.
    """
    rows = run.county.recent[: int(run.county.clock.recent)]
    parts, asked = _parts(run, rows)
    codes = codes_of(run, rows, run.months)
    weights = run.scenario.behaviour.quality
    given = np.array([getattr(weights, name) for name in QUALITY])
    figures = {}
    for dimension, keys in groups.items():
        sums = np.array(
            [np.bincount(codes[dimension], part, minlength=len(keys)) for part in parts.T]
        )
        people = np.bincount(codes[dimension], minlength=len(keys))
        long_back = np.bincount(codes[dimension], asked, minlength=len(keys))
        means = sums / np.maximum(people, 1)
        means[QUALITY.index("staying")] = sums[QUALITY.index("staying")] / np.maximum(long_back, 1)
        index = 100.0 * given @ means / max(given.sum(), 1e-9)
        for group, value in zip(keys, np.where(people > 0, index, np.nan).tolist()):
            figures[name_of("return_quality", dimension, group)] = value
    return figures


def _parts(run: Run, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Parts of the index by person, shape (people, 5), and who is asked about staying."""
    county = run.county
    workers = county.workers.view(np.ndarray)[rows]
    state, in_firm = workers["state"], workers["firm"] >= 0
    firm = county.firms.view(np.ndarray)[np.maximum(workers["firm"], 0)]
    owner, employed = state == r.OWNER, state == r.EMPLOYED
    farming = state == r.FARMING
    home = (state >= r.SEEKING) & (state <= r.OWNER)
    asked = run.months - workers["returned"].astype(int) >= STAYING_MONTHS
    income = np.where(home, incomes(run, rows), 0.0)
    skilled = (workers["schooling"] <= 2) | ~in_firm | (firm["company"] == 1)
    parts = [
        np.select([owner | employed, farming], [1.0, HALF]),
        np.floor(1000.0 * np.minimum(income / workers["wage"], 1.0) + 0.5) / 1000.0,
        (home & asked).astype(float),
        np.select(
            [owner, employed, farming],
            [np.ones(len(rows)), np.where(skilled, 1.0, HALF), workers["schooling"] <= 1],
        ),
        (owner | (employed & in_firm & (firm["returnee"] == 1))).astype(float),
    ]
    return np.stack(parts, axis=1), asked
