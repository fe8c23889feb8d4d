"""How counties act on each other: what is assumed, and the factors that follow for each of them.

A policy moves what all firms add (S), how many are away (A) and how many come back (R), by county and
year. Beside the reference, which is the world as it is,

- prices beyond the county are (S / S_ref)^(-m / e), S summed over counties: m the share of such sales that meets
  these counties' firms, e the elasticity of demand;
- city wages are (A / A_ref)^(-w a) and the speed at which a city job is found (A / A_ref)^(-f a): a the share
  of these counties' people among those who compete for the jobs;
- of those who come back to county i, q_ij for each who comes home go to a neighbour j. What a policy does to the log of the
  rate of return is taken for what it does to a county's pull, and q_ij moves as in a logit (McFadden 1974). A
  county's factor is how many come to it, own people and neighbours', for each who would by its own rule,
  relative to the reference.

How many go to a neighbour is from the census: share x_j of j's residents is registered in another county of the
province; so many, times n, are taken to have come back there from j's neighbours, by their size L: q_ij =
n x_j L_j / sum of L_k over the neighbours k of j. With n = 1 it is a bound: most of them came to work,
to study or to marry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from returnee.experiments.errors import UsageError
from returnee.scenarios import ScenarioError, parse_override
from returnee.scenarios.schema.fields import Group, lever
from returnee.scenarios.schema.layers import Given, build
from returnee.scenarios.schema.others import Others

NAMES = tuple(Others.model_fields)
LEAST, MOST = 0.1, 10.0  # of a factor, as a scenario may hold it

# fmt: off


class Coupling(Group):
    """What is assumed of how counties act on each other."""

    outside_elasticity: float = lever(
        4, unit="elasticity", within=(0.5, 100), evidence=("BH162",),
        en="Demand beyond the county", zh="县外需求弹性",
        help=("Elasticity of demand for what counties sell beyond them: of trade between countries, as there is none for counties.",
              "县外销售的需求弹性；无县级估计，取国家间贸易弹性。"))
    outside_share: float = lever(
        0.2, unit="share", within=(0, 1), en="Customers shared", zh="共有客户比例",
        help=("Share of sales beyond the county that meets firms of these counties and no others.",
              "县外销售中只与这些县的企业相互竞争的比例。"))
    city_wage_elasticity: float = lever(
        0.3, unit="elasticity", within=(0, 2), evidence=("BH163",), bound=True,
        en="City wages", zh="城市工资弹性",
        help=("By how many per cent city wages rise for each per cent of workers that leaves: capital fixed, in the United "
              "States; in Chinese cities none was told from zero (BH165).",
              "城市劳动力每减少1%工资上升的百分比；资本不变，美国数据；中国城市的估计不能与零区分（BH165）。"))
    city_jobs_elasticity: float = lever(
        0.5, unit="elasticity", within=(0, 1), evidence=("BH164",), bound=True,
        en="Finding city jobs", zh="城市求职弹性",
        help=("By how many per cent jobs are found faster for each per cent of workers that leaves, vacancies given; between 0 and 1.",
              "岗位空缺不变时，求职者每减少1%求职加快的百分比；介于0和1之间。"))
    city_share: float = lever(
        0.3, unit="share", within=(0, 1), en="City jobs shared", zh="共有城市岗位比例",
        help=("Share of these counties' people among those who compete for their jobs in the cities.",
              "在城市与其竞争同类岗位的人中，来自这些县的比例。"))
    neighbours: float = lever(
        1, unit="×", within=(0, 10), en="Going to a neighbour", zh="改去邻县",
        help=("Share of residents registered in another county of the province who count as returned to a neighbour of "
              "their own county; 1 is a bound.",
              "户籍在本省其他县的常住人口中，视为返乡时改去邻县者的比例；1为上限。"))
    elsewhere: float = lever(
        0.03, unit="share", within=(0, 0.9), en="Registered elsewhere", zh="户籍在外县",
        help=("That share of residents where neither the census nor the table (registered_elsewhere) says.",
              "普查和表格（registered_elsewhere）均未给出时采用的该比例。"))
    tolerance: float = lever(
        0.002, unit="log points", within=(0, 1), en="Tolerance", zh="容差",
        help=("Rounds end when no factor moves by more.", "各倍数变动不超过此值即停止迭代。"))
    rounds: int = lever(
        6, unit="rounds", within=(1, 50), en="Rounds", zh="迭代轮数",
        help=("Rounds at most.", "最多迭代轮数。"))


# fmt: on


def coupling_of(given: Iterable[str]) -> Coupling:
    """Read ``KEY=VALUE`` over the defaults.

    >>> coupling_of(["city_share=0.5"]).city_share
    0.5
    """
    try:
        values = {key: Given(value, "") for key, value in map(parse_override, given)}
        return build(Coupling, "couple", values)
    except ScenarioError as error:
        raise UsageError(str(error)) from None


def changed(coupling: Coupling) -> list[str]:
    """What is not as by default, as it is typed."""
    usual = Coupling()
    return [f"{k}={v:g}" for k, v in coupling if v != getattr(usual, k)]


@dataclass(frozen=True)
class State:
    """What counties sell, have away and have come back, each of shape (counties, years); full counties."""

    supply: np.ndarray
    away: np.ndarray
    returns: np.ndarray


@dataclass(frozen=True)
class Neighbours:
    """Who is whose neighbour, and how many of those who come back go there.

    Attributes
    ----------
    groups : sequence of ndarray of int
        Counties that are each other's neighbours.
    flows : sequence of ndarray, shape (size of the group, size of the group)
        Of each group: how many go from i to j in the reference, for each who comes home to i.
    """

    groups: Sequence[np.ndarray]
    flows: Sequence[np.ndarray]


def neighbours_of(places: Sequence[str], elsewhere: np.ndarray, sizes: np.ndarray) -> Neighbours:
    """Counties of the same place are neighbours.

    `places`: of each county. `elsewhere`: share of its residents from other counties that counts. `sizes`: labour
    forces.

    >>> neighbours_of(["a", "a", "b"], np.full(3, 0.04), np.ones(3)).flows[0].tolist()
    [[0.0, 0.04], [0.04, 0.0]]
    """
    named = np.array(places)
    groups = [np.flatnonzero(named == name) for name in dict.fromkeys(places)]
    flows = []
    for group in groups:
        size = sizes[group]
        others = np.maximum(size.sum() - size, 1.0)
        flow = np.tile(elsewhere[group] * size / others, (len(group), 1))
        np.fill_diagonal(flow, 0.0)
        flows.append(flow)
    return Neighbours(groups, flows)


def coming(flows: np.ndarray, pulls: np.ndarray, returns: np.ndarray) -> np.ndarray:
    """How many come to each county of a group, own people and neighbours'.

    `flows`: as in `Neighbours`. `pulls`: log of what draws to each. `returns`: who comes back to it or instead to a neighbour.
    """
    draw = np.exp(pulls)
    parts = (flows + np.eye(len(flows))) * draw
    return returns @ (parts / parts.sum(axis=1, keepdims=True))


def shared(here: np.ndarray, reference: np.ndarray, alone: bool) -> np.ndarray:
    """All counties' sum relative to that of the reference, by county and year.

    `alone`: whether each county's change is the only one.
    """
    change = here - reference
    moved = change if alone else np.broadcast_to(change.sum(axis=0), change.shape)
    total = reference.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(total > 0.0, 1.0 + moved / total, 1.0)
    return np.clip(ratio, LEAST, MOST)


def pulls_of(here: State, reference: State, was: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a policy does to each county's pull, and who would come back by its own rule; each by county.

    `was`: the factor on returning under which they came, by county.
    """
    own = here.returns.sum(axis=1) / was
    rates = [
        np.maximum(came, 1e-9) / np.maximum(state.away.sum(axis=1), 1e-9)
        for came, state in ((own, here), (reference.returns.sum(axis=1), reference))
    ]
    moved = (own > 0.0) & (reference.returns.sum(axis=1) > 0.0)
    return np.where(moved, np.log(rates[0] / rates[1]), 0.0), own


def factors_of(
    coupling: Coupling,
    near: Neighbours,
    here: State,
    reference: State,
    was: np.ndarray,
    alone: bool,
) -> np.ndarray:
    """Factors on each county's rules by year, shape (counties, years, factors); see `NAMES`.

    `here`: the counties under the policy, with factors `was` on returning (by county). `alone`: whether each county
    adopts by itself, the others staying as in the reference.
    """
    supply, away = (
        shared(getattr(here, name), getattr(reference, name), alone) for name in ("supply", "away")
    )
    price = supply ** (-coupling.outside_share / coupling.outside_elasticity)
    wage = away ** (-coupling.city_wage_elasticity * coupling.city_share)
    jobs = away ** (-coupling.city_jobs_elasticity * coupling.city_share)
    come = returning(near, here, reference, was, alone)
    found = np.stack([price, wage, jobs, np.broadcast_to(come[:, None], price.shape)], axis=2)
    return np.clip(found, LEAST, MOST)


def returning(
    near: Neighbours, here: State, reference: State, was: np.ndarray, alone: bool
) -> np.ndarray:
    """Factor on returning to each county, the same in all years; see `drawn`."""
    pulls, own = pulls_of(here, reference, was)
    usual = reference.returns.sum(axis=1)
    found = np.ones(len(own))
    for group, flows in zip(near.groups, near.flows):
        if not alone:
            found[group] = drawn(flows, pulls[group], own[group], usual[group])
            continue
        for k, county in enumerate(group):
            only = np.arange(len(group)) == k
            pull, came = np.where(only, pulls[group], 0.0), np.where(only, own[group], usual[group])
            found[county] = drawn(flows, pull, came, usual[group])[k]
    return found


def drawn(flows: np.ndarray, pulls: np.ndarray, own: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """How many come to each county of a group for each by its own rule, over that of the reference.

    >>> drawn(np.array([[0.0, 0.1], [0.1, 0.0]]), np.log([1.2, 1.0]), np.array([12.0, 10.0]), np.full(2, 10.0)).round(3).tolist()
    [1.012, 0.985]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        now = coming(flows, pulls, own) / own
        then = coming(flows, np.zeros(len(own)), usual) / usual
        return np.where((own > 0.0) & (then > 0.0), now / then, 1.0)
