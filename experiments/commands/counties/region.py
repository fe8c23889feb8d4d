"""The command ``returnee region``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Counties, How, spread, usual
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """Under which policies."""

    scenario: str = "linked"
    against: str = "baseline"
    give: list[str] | None = None
    compete: bool = False
    couple: list[str] | None = None
    replicates: int = 2
    simulated: int = 3000
    shapes: Path | None = None


@spread("region")
def region_command(
    counties: Counties,
    asked: Asked,
    how: How = usual("results/region"),
) -> None:
    """Simulate many counties under a policy: what they gain in all, which of them, and what it costs."""
    from returnee.experiments.reports.counties.atlas import shapes_in
    from returnee.experiments.reports.counties.region import Gains
    from returnee.experiments.studies.region.coupling import coupling_of
    from returnee.experiments.studies.region.region import Policies, region

    shapes_in(asked.shapes)
    if asked.couple and not asked.compete:
        raise UsageError(f"couple: found {asked.couple[0]} alone, allowed with --compete")
    coupling = coupling_of(asked.couple or ()) if asked.compete else None
    policies = Policies(asked.scenario, asked.against, tuple(asked.give or ()))
    size = asked.replicates, asked.simulated
    found = region(counties.source(), policies, *size, **how.options, coupling=coupling)
    told = Gains(found, how.lang, asked.shapes)
    answer(told, found.folder / "report.html", how.as_json, range(found.failures))
