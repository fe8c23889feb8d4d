"""What ties see of each other: standing, and the channels of support that are known.

Nobody tells ties of a change. Each worker shows a few bits, `County.seen`; whoever needs to know how many
ties are at home, or know a channel, looks at them. What is learned or forgotten at a review shows when
everybody has decided (`information.apply_notes`), all else at once. Several bits are counted at a time, in
lanes of one integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from returnee.simulation.engine.bundle import prefetch
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.engine.lines import LINE
from returnee.simulation.state.channels import N_CHANNELS

if TYPE_CHECKING:
    from returnee.simulation.state.county import County


# Bits of County.seen: in the labour force, at home, owner whose firm does well, and one for each channel.
ACTIVE, HOME, GOOD, KNOWS = range(4)
BITS = KNOWS + N_CHANNELS
SEEN = np.min_scalar_type(2**BITS - 1)

# Lanes of counts: as many ties as a lane has room for are summed at once, and lanes of even and of odd
# bits are kept apart from then on, twice as wide.
WIDTH = 63 // (BITS + BITS % 2)
AT_ONCE = 2**WIDTH - 1
MOST_TIES = 2 ** (2 * WIDTH) - 1
EVEN_LANES = sum(AT_ONCE << WIDTH * bit for bit in range(0, BITS, 2))
LANES = np.array(
    [sum((seen >> bit & 1) << WIDTH * bit for bit in range(BITS)) for seen in range(2**BITS)]
)


@kernel
def fetch_ties(c: County, i: int):
    """Fetch the ties of worker `i` into the caches before it is that worker's turn."""
    first, last = c.indptr[i], c.indptr[i + 1]
    for place in range(first, last, LINE // 4):
        prefetch(c.ties, place)
    prefetch(c.ties, last - 1)


@kernel
def look_around(c: County, i: int):
    """How many ties of worker `i` show each bit, to be read by `count_of` and `share_of`.

    Returns
    -------
    even, odd : int
        Counts of even and of odd bits, in lanes.
    """
    even, odd = 0, 0
    k, last = c.indptr[i], c.indptr[i + 1]
    while k < last:
        stop, total = min(k + AT_ONCE, last), 0
        for place in range(k, stop):
            total += int(LANES[c.seen[np.uint32(c.ties[place])]])
        even += total & EVEN_LANES
        odd += (total >> WIDTH) & EVEN_LANES
        k = stop
    return even, odd


@kernel
def count_of(around: tuple[int, int], bit: int):
    """How many ties show a bit, out of what `look_around` found."""
    return (around[bit & 1] >> (WIDTH * (bit - (bit & 1)))) & MOST_TIES


@kernel
def share_of(around: tuple[int, int], bit: int):
    """Share of the ties in the labour force that show a bit, out of what `look_around` found."""
    return count_of(around, bit) / max(count_of(around, ACTIVE), 1)
