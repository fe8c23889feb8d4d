"""The command ``returnee region``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Counties, Shown, spread
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where


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
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(Path("results/region"), progress=True),
    shown: Shown = Shown(),
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
    found = region(
        counties.source(),
        policies,
        asked.replicates,
        asked.simulated,
        settings,
        where,
        results,
        coupling,
    )
    told = Gains(found, shown.lang, asked.shapes)
    answer(told, found.folder / "report.html", shown.as_json, range(found.failures))
