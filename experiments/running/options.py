"""Options as objects: what a run is called with, where runs are made, where they are kept.

Apart from what does the work, so that the command line answers without loading it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.arguments import Options
from returnee.experiments.defaults import BURN_IN
from returnee.experiments.errors import UsageError, check_range
from returnee.experiments.running.progress import Bar, Reporter

MOST = 1024  # workers


@dataclass(frozen=True)
class RunSettings(Options):
    """What every run of a plan is called with.

    Attributes
    ----------
    seed : int
        Key of all draws, with the replicate.
    sample : float
        Share of the county that is simulated; figures are for the full county.
    months : int
        Months under the policy.
    burn_in : int
        Months of history before it.
    """

    seed: int = 1
    sample: float = 0.02
    months: int = 120
    burn_in: int = BURN_IN


@dataclass(frozen=True)
class Where(Options):
    """With what runs are made; results do not depend on it.

    Attributes
    ----------
    workers : int or None
        Runs at a time; as many as there are processors if None.
    processes : bool
        Use processes instead of threads.
    scheduler : str
        Address of a Dask scheduler.
    local_cluster : int
        Processes of a Dask cluster that is started here; 0 for none.
    """

    workers: int | None = None
    processes: bool = False
    scheduler: str = ""
    local_cluster: int = 0

    @property
    def is_cluster(self) -> bool:
        """Whether runs are made by a Dask cluster."""
        return bool(self.scheduler or self.local_cluster)

    def check(self) -> None:
        """Refuse what cannot be done at once."""
        if self.workers is not None:
            check_range("workers", self.workers, 1, MOST)
        if not 0 <= self.local_cluster <= MOST:
            raise UsageError(f"local-cluster: found {self.local_cluster}, allowed 1 to {MOST}")
        if self.scheduler and self.local_cluster:
            raise UsageError("scheduler: found a local cluster too, allowed one of the two")


@dataclass(frozen=True)
class Share:
    """Which share of how many, for array jobs.

    >>> share_of("2/8")
    Share(number=2, of=8)
    """

    number: int = 1
    of: int = 1


def share_of(text: str) -> Share:
    """Read ``"2/8"``; nothing is the whole."""
    if not text:
        return Share()
    first, _, last = text.partition("/")
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise UsageError(f"shard: found {text}, allowed i/N with i from 1 to N, as in 2/8")
    return Share(int(first), int(last))


@dataclass(frozen=True)
class Keep(Options):
    """Where results are kept, and what is shown meanwhile.

    Attributes
    ----------
    out : path or None
        Folder to keep the runs in, and to resume from.
    as_new : bool
        Write to a new folder beside `out` if that holds another plan.
    progress : bool or Reporter
        Show progress on standard error.
    shard : str
        ``"2/8"`` does the second of eight shares, in a folder of its own inside `out`; a study then
        ends with `ShareDone`, as there is nothing to tell before the shares are merged.
    """

    out: str | Path | None = None
    as_new: bool = False
    progress: bool | Reporter = False
    shard: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type, and shares that there are not."""
        super().__post_init__()
        share_of(self.shard)

    @property
    def reporter(self) -> Reporter:
        """What is told of progress."""
        if isinstance(self.progress, Reporter):
            return self.progress
        return Bar() if self.progress else Reporter()

    @property
    def folder(self) -> Path:
        """The folder, where one was named."""
        return Path(self.out or "")

    def unshared(self) -> None:
        """Refuse a share, where what is run next hinges on what came out before."""
        if self.shard:
            raise UsageError(
                f"shard: found {self.shard}, allowed none in a search, as what is run next hinges on "
                "what came out before; a cluster (--scheduler) takes the runs of every step"
            )
