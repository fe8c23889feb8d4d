"""Knowledge spreading over a network, the same work in several workbenches.

People know up to five channels. Each month one in eight takes stock: hears of a channel that they don't know
with chance 1 - exp(-RATE k), k being how many of their ties knew it when the month began, and forgets one that
they know with chance FORGET. Ties are fixed, 27 a person on average, within blocks of 10,000 people.

The file stands alone, as workbenches want different versions of numpy and the like: ``python -m benchmarks.workbenches``
measures Returnee, and with ``--python`` the others in an environment that has them (``pip install starsim mesa-frames``).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CHANNELS, TIES, BLOCK = 5, 27, 10_000
REVIEWS, RATE, FORGET, KNOWN = 1 / 8, 0.02, 0.05, 0.05
Work = Callable[[int], float]
"""Lives so many months from the start; returns the share that knows the first channel."""


def edges_of(people: int) -> tuple[np.ndarray, np.ndarray]:
    """Both ends of every tie, each once."""
    rng = np.random.default_rng(1)
    a = np.repeat(np.arange(people), TIES // 2 + 1)[: people * TIES // 2]
    first = a // BLOCK * BLOCK
    b = first + (rng.random(len(a)) * np.minimum(BLOCK, people - first)).astype(np.int64)
    return a, b


def known_at_start(people: int) -> np.ndarray:
    """Who knows what at the start, shape (people, channels)."""
    known: np.ndarray = np.random.default_rng(2).random((people, CHANNELS)) < KNOWN
    return known


def with_returnee(people: int) -> Work:
    """Kernels over records, keyed draws; only who takes stock asks the ties."""
    from returnee.simulation.engine.compiler import kernel
    from returnee.simulation.state.draws import draws
    from returnee.simulation.state.records import CLOCK

    @kernel
    def month(clock, rows, ties, knows, then, table):
        then[:] = knows
        for i in range(len(knows)):
            u, a, b, c = draws(clock, 1, clock.month, i, 0)
            if u >= REVIEWS:
                continue
            d, e, _, _ = draws(clock, 1, clock.month, i, 1)
            counts = np.uint64(0)
            for k in range(rows[i], rows[i + 1]):
                counts += table[then[ties[k]]]
            for channel, luck in enumerate((a, b, c, d, e)):
                bit = 1 << channel
                if then[i] & bit:
                    if luck < FORGET:
                        knows[i] ^= bit
                elif luck < 1.0 - np.exp(
                    -RATE * ((counts >> np.uint64(12 * channel)) & np.uint64(4095))
                ):
                    knows[i] |= bit

    a, b = edges_of(people)
    ends, others = np.concatenate([a, b]), np.concatenate([b, a])
    ties = others[np.argsort(ends, kind="stable")].astype(np.int32)
    rows = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=people))])
    codes = np.arange(32)[:, None] >> np.arange(CHANNELS) & 1
    table = (codes.astype(np.uint64) << np.uint64(12) * np.arange(CHANNELS).astype(np.uint64)).sum(
        axis=1
    )
    start = (known_at_start(people) << np.arange(CHANNELS)).sum(axis=1).astype(np.uint8)
    clock = np.zeros(1, CLOCK).view(np.recarray)

    def live(months: int) -> float:
        knows, then = start.copy(), start.copy()
        for number in range(months):
            clock.month[0] = number + 1
            month(clock[0], rows, ties, knows, then, table)
        return float((knows & 1).mean())

    return live


def with_starsim(people: int) -> Work:
    """A module with five states over a static network, vectorised as Starsim's own modules are."""
    import starsim as ss

    a, b = edges_of(people)
    start = known_at_start(people)

    class Ties(ss.Network):
        def init_post(self, **kwargs: Any) -> None:
            super().init_post(**kwargs)
            self.append(p1=ss.uids(a), p2=ss.uids(b), beta=np.ones(len(a), np.float32))

        def step(self) -> None:
            pass

    class Knowledge(ss.Module):
        def __init__(self) -> None:
            super().__init__()
            self.define_states(*(ss.BoolState(f"knows_{k}") for k in range(CHANNELS)))
            self.takes_stock = ss.bernoulli(p=REVIEWS)
            self.luck = [ss.random(name=f"luck_{k}") for k in range(CHANNELS)]

        def init_post(self) -> None:
            super().init_post()
            for k, state in enumerate(self.channels()):
                state[:] = start[:, k]

        def channels(self) -> list[Any]:
            return [getattr(self, f"knows_{k}") for k in range(CHANNELS)]

        def step(self) -> None:
            net = self.sim.networks[0]
            due = self.takes_stock.filter()
            then = [np.asarray(state.values).copy() for state in self.channels()]
            for k, state in enumerate(self.channels()):
                ties = np.bincount(net.p1, then[k][net.p2], people)
                ties += np.bincount(net.p2, then[k][net.p1], people)
                u = self.luck[k].rvs(due)
                knew = then[k][due]
                hears = ~knew & (u < 1.0 - np.exp(-RATE * ties[due]))
                state[due] = (knew & (u >= FORGET)) | hears

    def live(months: int) -> float:
        known = Knowledge()
        sim = ss.Sim(
            n_agents=people,
            start=0,
            dur=months - 1,
            dt=1,
            modules=known,
            networks=Ties(),
            verbose=0,
        )
        sim.init()
        live.begun = time.perf_counter()  # type: ignore[attr-defined]
        sim.run()
        return float(np.asarray(sim.custom[0].knows_0.values).mean())

    return live


def with_mesa_frames(people: int) -> Work:
    """A data frame of people and one of ties, joined every month."""
    import polars as pl
    from mesa_frames import AgentSetPolars, ModelDF

    a, b = edges_of(people)
    start = known_at_start(people)
    names = [f"knows_{k}" for k in range(CHANNELS)]
    ends = {"unique_id": np.concatenate([a, b]), "tie": np.concatenate([b, a])}
    ties = pl.DataFrame(ends).sort("unique_id")

    class People(AgentSetPolars):
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            columns = {name: start[:, k] for k, name in enumerate(names)}
            self.add(pl.DataFrame({"unique_id": np.arange(people), **columns}))

        def step(self) -> None:
            rng = self.model.random
            due = rng.random(people) < REVIEWS
            people_now = self.agents
            asked = ties.filter(pl.Series(due)[ties["unique_id"]])
            counts = (
                asked.join(people_now.rename({"unique_id": "tie"}), on="tie")
                .group_by("unique_id")
                .agg(pl.col(name).sum().alias(f"{name}_ties") for name in names)
            )
            luck = pl.DataFrame({f"u_{k}": rng.random(people) for k in range(CHANNELS)})
            stock = people_now.join(counts, on="unique_id", how="left", maintain_order="left")
            stock = pl.concat([stock, luck, pl.DataFrame({"due": due})], how="horizontal")

            def then(k: int, name: str) -> Any:
                u, k_ties = pl.col(f"u_{k}"), pl.col(f"{name}_ties").fill_null(0)
                hears = u < 1.0 - (-RATE * k_ties).exp()
                forgets = pl.col(name) & (u >= FORGET)
                now = pl.when(pl.col(name)).then(forgets).otherwise(hears)
                return pl.when(pl.col("due")).then(now).otherwise(pl.col(name)).alias(name)

            stock = stock.with_columns(then(k, name) for k, name in enumerate(names))
            self.agents = stock.select("unique_id", *names)

    class Model(ModelDF):
        def __init__(self) -> None:
            super().__init__(seed=1)
            self.agents += People(self)

        def step(self) -> None:
            self.agents.do("step")

    def live(months: int) -> float:
        model = Model()
        live.begun = time.perf_counter()  # type: ignore[attr-defined]
        for _ in range(months):
            model.step()
        return float(model.get_agents_of_type(People).agents[names[0]].mean())

    return live


WORKBENCHES = {"returnee": with_returnee, "starsim": with_starsim, "mesa_frames": with_mesa_frames}


def measure(name: str, people: int, months: int, times: int = 3) -> tuple[float, float]:
    """Seconds of the months alone, the best of some runs, and the share that knows."""
    live = WORKBENCHES[name](people)
    live(2)
    seconds, share = [], 0.0
    for _ in range(times):
        live.begun = time.perf_counter()  # type: ignore[attr-defined]
        share = live(months)
        seconds.append(time.perf_counter() - live.begun)  # type: ignore[attr-defined]
    return min(seconds), share


def main() -> None:
    """Measure each workbench in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--python", help="interpreter that has the other workbenches")
    parser.add_argument("--people", type=int, default=300_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--one", choices=WORKBENCHES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(*measure(given.one, given.people, given.months))
        return
    own, base = {"returnee": sys.executable}, 0.0
    if given.python:
        own |= dict.fromkeys((name for name in WORKBENCHES if name != "returnee"), given.python)
    print(f"{given.people:,} people, {TIES} ties, {given.months} months")
    for name, python in own.items():
        size = ("--people", str(given.people), "--months", str(given.months))
        done = subprocess.run(
            [python, "-W", "ignore", __file__, "--one", name, *size], capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
        seconds, share = map(float, done.stdout.split())
        base = base or seconds
        ns = seconds / given.people / given.months * 1e9
        print(
            f"{name:<12} {seconds:8.2f} s {ns:8.0f} ns a person-month {seconds / base:7.1f} x  share {share:.3f}"
        )


if __name__ == "__main__":
    main()
