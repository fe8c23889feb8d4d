"""The command ``returnee allocate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, print_json, reporting
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where


@dataclass(frozen=True)
class Asked:
    """Which counties, and what they may be given."""

    table: Path | None = None
    per_year: float = 0.0
    files: Path | None = None
    province: list[str] | None = None
    crowded: bool = False
    year: int = 2020
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
    asked: Asked,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(Path("results/allocate"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Which counties a province's budget should go to, and for which policy, against giving all the same."""
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.allocation import report, sentences, ways_table
    from returnee.experiments.reports.document import Text
    from returnee.experiments.reports.html import write_html
    from returnee.experiments.reports.terminal import show
    from returnee.experiments.studies.region.allocation import FACTORS, POLICIES, Offer, allocate
    from returnee.experiments.studies.region.counties import Source

    factors = numbers(asked.factor) if asked.factor else FACTORS
    offer = Offer(
        asked.per_year, tuple(asked.policy or POLICIES), factors, asked.against, asked.maximise
    )
    offer.check()
    source = Source(
        asked.files, tuple(asked.province or ()), asked.table, asked.crowded, asked.year
    )
    found = allocate(source, offer, asked.replicates, asked.simulated, settings, where, results)
    with reporting(found.folder):
        path = write_html(report(found, shown.lang), found.folder / "report.html")
    if shown.as_json:
        print_json({name: plain_rows(getattr(found, name)) for name in ("table", "counties")})
    else:
        show([Text(sentences(found, shown.lang), "answer"), ways_table(found, shown.lang)], console_of())  # fmt: skip
    end(path, [found.failures] if found.failures else [])
