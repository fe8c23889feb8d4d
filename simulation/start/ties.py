"""The social graph: who is tied to whom, in four layers.

Members of a household are all tied. A household is tied to about eleven kin households (W01), most
of them near in the village, some elsewhere in the township (small world: Watts and Strogatz 1998).
A person has about seven friends (W02) of near age in the village, some elsewhere; a few people have
many. Fellows are ties between people of one township at the same destination. Ties are symmetric
and fixed; those to people not yet or no longer in the labour force lie idle. Children take over the
household and kin ties of their parents.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from returnee.simulation.engine.compiler import kernel
from returnee.simulation.state import records as r
from returnee.simulation.state.draws import (
    D_FELLOW,
    D_FRIEND,
    D_KIN,
    I_FELLOW,
    I_FELLOW_NUMBER,
    I_FRIEND,
    I_FRIEND_NUMBER,
    I_KIN,
    I_KIN_NUMBER,
    draws,
)

Found = tuple[np.ndarray, np.ndarray]  # pairs of rows, and the layer of each

TRIES = 8
LAYER_BIT = 29  # a tie's layer stands above its row while rows are compressed


class Traits(NamedTuple):
    """What ties depend on, by row: columns of their own, as small as the caches."""

    id: np.ndarray
    household: np.ndarray
    township: np.ndarray
    job: np.ndarray  # twice the city sector, plus the destination
    enters: np.ndarray
    retires: np.ndarray
    parent: np.ndarray


def traits_of(workers: np.recarray) -> Traits:
    """The columns of `workers` that ties depend on."""
    kinds = (np.int32, np.int32, np.uint8, np.int16, np.int16, np.int16, np.int32)
    traits = Traits(*(np.empty(len(workers), kind) for kind in kinds))
    take_traits(workers, *traits)
    return traits


@kernel
def take_traits(
    workers: np.recarray,
    ids: np.ndarray,
    household: np.ndarray,
    township: np.ndarray,
    job: np.ndarray,
    enters: np.ndarray,
    retires: np.ndarray,
    parent: np.ndarray,
):
    """Fill the columns of `Traits` in one pass over the workers."""
    for i in range(len(workers)):
        worker = workers[i]
        ids[i], household[i], township[i] = worker.id, worker.household, worker.township
        job[i] = 2 * int(worker.city_sector) + int(worker.destination)
        enters[i], retires[i], parent[i] = worker.enters, worker.retires, worker.parent


@kernel
def add_tie(pairs: np.ndarray, layers: np.ndarray, n: int, a: int, b: int, layer: int):
    """Append the tie a-b to `pairs` and `layers`, unless it ties one to oneself.

    Returns the new count. Ties beyond the room are only counted, so that the caller can make room and begin again.
    """
    if a == b:
        return n
    if n < len(pairs):
        pairs[n, 0] = a
        pairs[n, 1] = b
        layers[n] = layer
    return n + 1


@kernel
def tie_households(
    found: Found,
    n: int,
    traits: Traits,
    clock: np.record,
    facts: np.record,
    village: tuple[int, int],
    town: tuple[int, int],
):
    """Household and kin ties of the households of a village of a town, (first, last + 1) row each.

    `heads` of households are the rows where the household number changes.
    """
    start, stop = village
    town_start, town_stop = town
    pairs, layers = found
    ids, household = (
        traits.id,
        traits.household,
    )  # an array taken out of a tuple in a loop is counted anew
    heads = np.empty(stop - start + 1, np.int64)
    count = 0
    for i in range(start, stop):
        if i == start or household[i] != household[i - 1]:
            heads[count] = i
            count += 1
    heads[count] = stop
    for h in range(count):
        for i in range(heads[h], heads[h + 1]):
            for j in range(i + 1, heads[h + 1]):
                n = add_tie(pairs, layers, n, i, j, r.HOUSEHOLD)
        wanted = int(facts.ties_kin + 0.5)
        forward = wanted // 2
        u, _, _, _ = draws(clock, D_KIN, 0, ids[heads[h]], I_KIN_NUMBER)
        if wanted % 2 == 1 and u < 0.5:
            forward += 1
        for k in range(forward):
            a, b, _, _ = draws(clock, D_KIN, 0, ids[heads[h]], I_KIN + k)
            if a < facts.ties_rewiring:  # kin elsewhere in the township
                other = town_start + int(b * (town_stop - town_start))
                n = add_tie(pairs, layers, n, heads[h], other, r.KIN)
                continue
            g = (h + k + 1) % count
            size, other_size = heads[h + 1] - heads[h], heads[g + 1] - heads[g]
            for m in range(size):
                n = add_tie(pairs, layers, n, heads[h] + m, heads[g] + m % other_size, r.KIN)
    return n


@kernel
def tie_friends(
    found: Found,
    n: int,
    traits: Traits,
    clock: np.record,
    facts: np.record,
    by_age: np.ndarray,
    town: tuple[int, int],
):
    """Friends near in age of the people `by_age` (rows of one village, oldest first) of a town."""
    start, size = town[0], town[1] - town[0]
    pairs, layers = found
    ids = traits.id
    for k in range(len(by_age)):
        i = by_age[k]
        a, b, c, _ = draws(clock, D_FRIEND, 0, ids[i], I_FRIEND_NUMBER)
        wanted = int(facts.ties_friends + 0.5)
        forward = wanted // 2
        if wanted % 2 == 1 and a < 0.5:
            forward += 1
        if b < facts.ties_hubs:
            forward += facts.ties_hub_friends
        for m in range(forward):
            u, v, _, _ = draws(clock, D_FRIEND, 0, ids[i], I_FRIEND + m)
            if m >= 4 or u < facts.ties_rewiring:
                n = add_tie(pairs, layers, n, i, start + int(v * size), r.FRIEND)
            elif k - m - 1 >= 0:
                n = add_tie(pairs, layers, n, i, by_age[k - m - 1], r.FRIEND)
    return n


@kernel
def tie_fellows(
    found: Found,
    n: int,
    traits: Traits,
    clock: np.record,
    facts: np.record,
    town_start: np.ndarray,
    town_stop: np.ndarray,
):
    """Ties between people of one township at the same destination and in like work."""
    wanted = int(facts.ties_fellows + 0.5)
    pairs, layers = found
    ids, township, job = traits.id, traits.township, traits.job
    for i in range(len(ids)):
        forward = wanted // 2
        a, _, _, _ = draws(clock, D_FELLOW, 0, ids[i], I_FELLOW_NUMBER)
        if wanted % 2 == 1 and a < 0.5:
            forward += 1
        start = town_start[township[i]]
        size = town_stop[township[i]] - start
        for m in range(forward):
            for attempt in range(TRIES):
                u, _, _, _ = draws(clock, D_FELLOW, 0, ids[i], I_FELLOW + m * TRIES + attempt)
                j = start + int(u * size)
                unlike = job[i] ^ job[j]
                # The last try takes another sector at the same destination, too.
                if unlike == 0 or (attempt == TRIES - 1 and unlike & 1 == 0):
                    n = add_tie(pairs, layers, n, i, j, r.FELLOW)
                    break
    return n


@kernel
def tie_successors(found: Found, n: int, traits: Traits, successor: np.ndarray):
    """Children are tied to their parents, and kin and household ties pass on to them, and so on.

    Who turns 18 is tied to those of the parent's ties who are in the labour force in the same years,
    and to their children.
    """
    before = n
    pairs, layers = found
    parents, enters, retires = traits.parent, traits.enters, traits.retires
    for i in range(len(successor)):
        parent = parents[i]
        if parent >= 0 and retires[parent] > enters[i]:
            n = add_tie(pairs, layers, n, parent, i, r.HOUSEHOLD)
    for k in range(before):
        if layers[k] > r.KIN:
            continue
        first, second = int(pairs[k, 0]), int(pairs[k, 1])
        if successor[first] < 0 and successor[second] < 0:
            continue
        a = first
        while a >= 0:
            b = second
            while b >= 0:
                later = a != first or b != second
                if later and retires[a] > enters[b] and retires[b] > enters[a]:
                    n = add_tie(pairs, layers, n, a, b, layers[k])
                b = int(successor[b])
            a = int(successor[a])
    return n


@kernel
def to_csr(pairs: np.ndarray, layers: np.ndarray, n: int, rows: int):
    """Compressed rows of an undirected list of ties.

    Returns
    -------
    indptr : int32 array, shape (rows + 1,)
    indices : int32 array, shape (2 n,)
    layer : uint8 array, shape (2 n,)
    """
    indptr = np.zeros(rows + 1, np.int32)
    for k in range(n):
        indptr[pairs[k, 0] + 1] += 1
        indptr[pairs[k, 1] + 1] += 1
    for i in range(rows):
        indptr[i + 1] += indptr[i]
    place = indptr[:-1].copy()
    indices = np.empty(2 * n, np.int32)
    for k in range(n):
        a, b, mark = pairs[k, 0], pairs[k, 1], int(layers[k]) << LAYER_BIT
        indices[place[a]] = b | mark
        place[a] += 1
        indices[place[b]] = a | mark
        place[b] += 1
    layer = np.empty(2 * n, np.uint8)
    for k in range(2 * n):
        layer[k] = indices[k] >> LAYER_BIT
        indices[k] &= (1 << LAYER_BIT) - 1
    return indptr, indices, layer


@kernel
def all_ties(
    found: Found,
    traits: Traits,
    clock: np.record,
    facts: np.record,
    villages: np.ndarray,
    by_age: tuple[np.ndarray, np.ndarray],
    towns: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
):
    """Fill the `found` pairs and layers as far as they go; return how many ties there are.

    Parameters
    ----------
    villages : int64 array, shape (villages + 1,)
        First row of each village among the initial workers.
    by_age : tuple of two int64 arrays
        Rows by village, oldest first, entrants included; first place of each village.
    towns : int64 array, shape (villages,)
        Township of each village.
    bounds : tuple of two int64 arrays
        First and last + 1 row of each township.
    """
    n = 0
    age_order, age_ptr = by_age
    town_start, town_stop = bounds
    for v in range(len(villages) - 1):
        village, town = (villages[v], villages[v + 1]), (town_start[towns[v]], town_stop[towns[v]])
        n = tie_households(found, n, traits, clock, facts, village, town)
    for v in range(len(villages) - 1):
        rows, town = (
            age_order[age_ptr[v] : age_ptr[v + 1]],
            (town_start[towns[v]], town_stop[towns[v]]),
        )
        n = tie_friends(found, n, traits, clock, facts, rows, town)
    return tie_fellows(found, n, traits, clock, facts, town_start, town_stop)


def ties_of(
    workers: np.recarray, facts: np.record, clock: np.record
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Build the social graph of a drawn population.

    Parameters
    ----------
    workers : record array of WORKER
        Initial workers ordered by village and household, then entrants.
    facts, clock : records

    Returns
    -------
    indptr, indices, layer : see `to_csr`
    """
    initial, traits = int(clock.initial), traits_of(workers)
    village = workers.village[:initial].astype(np.int64)
    villages = np.searchsorted(village, np.arange(village.max() + 2))
    towns = traits.township[villages[:-1].clip(0, initial - 1)].astype(np.int64)
    everyones = np.ascontiguousarray(workers.village)
    by_age = in_order(traits.id, np.ascontiguousarray(workers.birth), everyones)
    age_ptr = np.searchsorted(everyones[by_age], np.arange(village.max() + 2))
    township = traits.township[:initial]
    town_ids = np.arange(int(township.max()) + 1)
    town_start = np.searchsorted(township, town_ids)
    town_stop = np.searchsorted(township, town_ids, side="right")
    mean_degree = float(facts.ties_kin + facts.ties_friends + facts.ties_fellows)
    room = int(len(workers) * (mean_degree + facts.ties_hub_friends * facts.ties_hubs + 6)) + 1000
    successor = successors(traits.parent, initial)
    while True:
        found = np.empty((room, 2), np.int32), np.empty(room, np.uint8)
        n = all_ties(
            found,
            traits,
            clock,
            facts,
            villages,
            (by_age, age_ptr),
            towns,
            (town_start, town_stop),
        )
        if n <= room:
            n = tie_successors(found, n, traits, successor)
        if n <= room:
            return to_csr(*found, n, len(workers))
        room = n


def in_order(*keys: np.ndarray) -> np.ndarray:
    """Rows sorted by the last of the `keys`, then by the one before, and so on: `numpy.lexsort`, quicker.

    Small integers are sorted by counting, and a first key that rises already needs no sorting.
    """
    first, *others = keys
    if len(others) > 0 and (first[1:] > first[:-1]).all():
        first, *others = others
    rows = np.argsort(first, kind="stable")
    for key in others:
        rows = rows[np.argsort(key[rows], kind="stable")]
    return rows


def passed_on(
    pairs: np.ndarray, layers: np.ndarray, workers: np.recarray, initial: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ties and their layers, followed by those that children take over."""
    n, traits = len(pairs), traits_of(workers)
    successor = successors(traits.parent, initial)
    total = tie_successors((pairs, layers), n, traits, successor)
    pairs = np.concatenate([pairs, np.empty((total - n, 2), np.int32)])
    layers = np.concatenate([layers, np.empty(total - n, np.uint8)])
    tie_successors((pairs, layers), n, traits, successor)
    return pairs, layers


def successors(parent: np.ndarray, initial: int) -> np.ndarray:
    """Row of the child of each worker who turns 18 later, or -1; shape (workers,)."""
    successor = np.full(len(parent), -1, np.int32)
    children = np.arange(initial, len(parent))[::-1]  # the first of several stays
    successor[parent[children]] = children
    return successor
