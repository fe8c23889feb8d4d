"""The command ``returnee allocate``."""

from __future__ import annotations

from dataclasses import dataclass

from returnee.experiments.commands.options import Counties, How, spread, usual
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """What counties may be given."""

    per_year: float = 0.0
    policy: list[str] | None = None
    factor: list[str] | None = None
    against: str = "no_support"
    maximise: str = "firms_surviving"
    replicates: int = 4
    simulated: int = 3000


def numbers(given: list[str]) -> tuple[float, ...]:
    """Numbers as they were typed."""
    try:
        return tuple(float(text) for text in given)
    except ValueError:
        raise UsageError(f"factor: found {', '.join(given)}, allowed numbers") from None


@spread("allocate")
def allocate_command(
    counties: Counties,
    asked: Asked,
    how: How = usual("results/allocate"),
) -> None:
    """Which counties a province's budget should go to, and for which policy, against giving all the same."""
    from returnee.experiments.reports.counties.allocation import Choices
    from returnee.experiments.studies.region.allocation import FACTORS, POLICIES, Offer, allocate

    factors = numbers(asked.factor) if asked.factor else FACTORS
    offer = Offer(
        asked.per_year, tuple(asked.policy or POLICIES), factors, asked.against, asked.maximise
    )
    offer.check()
    size = asked.replicates, asked.simulated
    found = allocate(counties.source(), offer, *size, **how.options)
    told = Choices(found, how.lang)
    answer(told, found.folder / "report.html", how.as_json, range(found.failures))
