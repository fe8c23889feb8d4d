"""The command ``returnee compare``, with one set of parameters or over an ensemble of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from returnee import experiments
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.whom import people_kept
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.scenarios import scenario_names


@dataclass(frozen=True)
class Compared:
    """What is compared."""

    all_: bool = False
    against: str = "baseline"
    set_: list[str] | None = None
    over: str | None = None
    sets: int | None = None
    replicates: int | None = None
    people: int | None = None


@dataclass(frozen=True)
class Papers:
    """What an office hands in, beside the report."""

    brief: Path | None = None
    tables: Path | None = None
    figures: Path | None = None

    def check(self) -> None:
        """See before anything is run that they can be written."""
        from returnee.experiments.reports.papers import files

        files.checked("--brief", self.brief, files.BRIEFS)
        files.checked("--tables", self.tables, files.TABLES)

    def write(self, found: Any, lang: str) -> list[Path]:
        """Write those that are asked for."""
        from returnee.experiments.reports.papers import files

        written = files.write_brief(found, self.brief, lang) if self.brief else []
        written += [files.write_tables(found, self.tables, lang)] if self.tables else []
        written += (
            files.write_figures(experiments.Page(found, lang).report(), self.figures)
            if self.figures
            else []
        )
        return written


@spread("compare")
def compare_command(
    scenarios: list[str] | None = None,
    compared: Compared = Compared(),
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(progress=True),
    shown: Shown = Shown(),
    papers: Papers = Papers(),
) -> None:
    """Compare scenarios with a reference: same people, same luck, many replicates."""
    if compared.all_ and scenarios:
        raise UsageError(f"--all: found scenarios named too ({scenarios[0]}), allowed one of both")
    names = scenario_names() if compared.all_ else scenarios or None
    options: dict[str, Any] = {
        "against": compared.against, "overrides": shell.overrides_of(compared.set_),
        "settings": settings, "where": where,
    }  # fmt: skip
    papers.check()
    if compared.over is not None:
        if papers != Papers():
            raise UsageError("--over: found with --brief, --tables or --figures, allowed without")
        over_sets(names, compared, options, results, shown)
    elif compared.sets is not None:
        raise UsageError(f"--sets: found {compared.sets} without --over, allowed with it")
    else:
        with_one_set(names, compared, options, results, shown, papers)


def with_one_set(
    names: list[str] | None, compared: Compared, options: Mapping[str, Any], results: Keep,
    shown: Shown, papers: Papers,
) -> None:  # fmt: skip
    """Compare under the parameters in use."""
    count = 20 if compared.replicates is None else compared.replicates
    people = people_kept(compared.people, count)
    results = replace(results, out=results.out or "results/compare")
    found = experiments.compare(names, replicates=count, people=people, results=results, **options)
    shell.warn_of(found.plan.scenarios.values(), shown.lang)
    shell.answer(
        experiments.Page(found, shown.lang), (found.folder or results.folder) / "report.html",
        shown.as_json, found.failures, lambda: papers.write(found, shown.lang),
    )  # fmt: skip


def over_sets(
    names: list[str] | None, compared: Compared, options: Mapping[str, Any], results: Keep,
    shown: Shown,
) -> None:  # fmt: skip
    """Compare in every parameter set of an ensemble."""
    within = experiments.Ensemble(str(compared.over), compared.sets)
    if compared.replicates is not None:
        options = {**options, "replicates": compared.replicates}
    results = replace(results, out=results.out or "results/compare-ensemble")
    found = experiments.compare_ensemble(names, within=within, results=results, **options)
    page = experiments.OverSets(found, shown.lang)
    shell.answer(page, found.folder / "report.html", shown.as_json, found.failures)
