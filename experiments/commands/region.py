"""The command ``returnee region``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, print_json, reporting
from returnee.experiments.running.options import Keep, RunSettings, Where


@dataclass(frozen=True)
class Asked:
    """Which counties, under which policies."""

    table: Path | None = None
    files: Path | None = None
    province: list[str] | None = None
    crowded: bool = False
    year: int = 2020
    scenario: str = "linked"
    against: str = "baseline"
    give: list[str] | None = None
    replicates: int = 2
    simulated: int = 3000
    shapes: Path | None = None


@spread("region")
def region_command(
    asked: Asked,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(Path("results/region"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Simulate many counties under a policy: what they gain in all, which of them, and what it costs."""
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.atlas import shapes_in
    from returnee.experiments.reports.document import Text
    from returnee.experiments.reports.html import write_html
    from returnee.experiments.reports.region import groups_table, report, sentences, totals_table
    from returnee.experiments.reports.terminal import show
    from returnee.experiments.studies.region.region import Policies, Source, region

    shapes_in(asked.shapes)
    source = Source(
        asked.files, tuple(asked.province or ()), asked.table, asked.crowded, asked.year
    )
    policies = Policies(asked.scenario, asked.against, tuple(asked.give or ()))
    found = region(source, policies, asked.replicates, asked.simulated, settings, where, results)
    with reporting(found.folder):
        path = write_html(report(found, shown.lang, asked.shapes), found.folder / "report.html")
    if shown.as_json:
        tables = ("totals", "groups", "counties")
        print_json({name: plain_rows(getattr(found, name)) for name in tables})
    else:
        lang = shown.lang
        show([Text(sentences(found, lang), "answer"), totals_table(found, lang), groups_table(found, lang)], console_of())  # fmt: skip
    end(path, [found.failures] if found.failures else [])
