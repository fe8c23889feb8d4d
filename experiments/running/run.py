"""Make the runs of a plan that a folder does not hold yet: one way for every study."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from returnee.experiments.errors import Interrupted, ShareDone, UsageError
from returnee.experiments.files import SHARD
from returnee.experiments.running.executors import (
    Pool,
    compile_first,
    execute,
    pool_of,
    try_out,
)
from returnee.experiments.running.jobs import Done, Job, Measure
from returnee.experiments.running.manifests import FINISHED, with_out
from returnee.experiments.running.options import Keep, Where, share_of
from returnee.experiments.running.plan import Runs
from returnee.experiments.running.progress import Reporter
from returnee.experiments.running.store import Store


@contextmanager
def running(
    plan: Runs, measure: Measure, where: Where, keep: Keep, command: str = "", retry: bool = False
) -> Iterator[Store]:
    """Make the runs of a plan; the folder stays taken while what came out is worked on.

    `measure`: what is kept of a run. `keep`: a temporary folder if it names none. `command`: the
    command that repeats the plan. `retry`: try runs of a sweep again that failed. Raises
    Interrupted: if stopped; what is finished is kept. Raises ShareDone: if a share was asked for
    and is made. Raises StoreError: if the folder cannot be used.
    """
    share, reporter = share_of(keep.shard), keep.reporter
    plan.check()
    where.check()
    if keep.shard and keep.out is None:
        raise UsageError(f"shard: found {keep.shard} without a folder, allowed with --out")
    with ExitStack() as stack:
        folder = keep.folder
        if keep.out is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="returnee-"))
            folder = Path(name) / "runs"
        mine, about = list(plan.names), {}
        if keep.shard:
            folder = folder / f"{SHARD}{share.number}-of-{share.of}"
            about = {"shard": keep.shard, "whole": plan.total(mine), "digest": plan.digest}
            mine = plan.share(share)
            about["runs"] = plan.total(mine)
            command = command and shlex.join(
                [*shlex.split(with_out(command, keep.folder)), "--shard", keep.shard]
            )
        # A cluster is asked before anything is written.
        pool = pool_of(where, reporter.say)
        stack.callback(pool.close)
        store = stack.enter_context(Store(folder, plan, command, keep.as_new, about))
        try:
            if retry:
                store.retry()
            _fill(store, mine, measure, pool, where, reporter)
            if not keep.shard:
                store.consolidate()
                store.remove_empty()
                yield store
        except KeyboardInterrupt:
            if plan.grows and not keep.shard:
                store.consolidate()
            if keep.out is None:
                raise
            kept = plan.total(sorted(store.done() & {*plan.names}))
            raise Interrupted(
                f"interrupted: {kept} of {plan.total(plan.names)} runs are kept in "
                f"{store.folder}; give the same command again to go on"
            ) from None
        store.status(FINISHED)
    if keep.shard:
        raise ShareDone(keep.folder, store.folder)


def run(
    plan: Runs, measure: Measure, where: Where, keep: Keep, command: str = "", retry: bool = False
) -> Store:
    """Make the runs of a plan that a folder does not hold yet; see `running`."""
    with running(plan, measure, where, keep, command, retry) as store:
        return store


def _fill(
    store: Store, mine: list[str], measure: Measure, pool: Pool, where: Where, reporter: Reporter
) -> None:
    """Make what is left."""
    plan = store.plan
    if not plan.grows:
        store.check()
    left = store.left(mine)

    def take(job: Job, done: Done) -> None:
        store.add(job, done)
        for _ in job.runs:
            reporter.advance()

    def names() -> Iterator[str]:
        for name in store.in_turn(left) if not plan.grows else left:
            if store.has(name):  # another process did it
                for _ in range(plan.size(name)):
                    reporter.advance()
            else:
                yield name

    if left:
        try_out(plan.models)
        if not where.is_cluster:
            compile_first(reporter.say, plan.models)
    with reporter:
        total = plan.total(mine)
        reporter.begin(total, total - plan.total(left))
        if left:
            execute(plan.batches(names(), pool.workers, measure), pool, take)
