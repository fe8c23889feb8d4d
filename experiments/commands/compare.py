"""The command ``returnee compare``, with one set of parameters or over an ensemble of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from returnee import experiments
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.commands.whom import people_kept
from returnee.experiments.errors import UsageError
from returnee.scenarios import scenario_names


@dataclass(frozen=True)
class Compared:
    """What is compared."""

    all_: bool = False
    against: str = "baseline"
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
    how: Study = study(),
    papers: Papers = Papers(),
) -> None:
    """Compare scenarios with a reference: same people, same luck, many replicates."""
    if compared.all_ and scenarios:
        raise UsageError(f"--all: found scenarios named too ({scenarios[0]}), allowed one of both")
    options: dict[str, Any] = {
        "scenarios": scenario_names() if compared.all_ else scenarios or None,
        "against": compared.against,
    }  # fmt: skip
    if compared.replicates is not None:
        options["replicates"] = compared.replicates
    papers.check()
    if compared.over is not None:
        if papers != Papers():
            raise UsageError("--over: found with --brief, --tables or --figures, allowed without")
        within = experiments.Ensemble(compared.over, compared.sets)
        kept = how.kept("results/compare-ensemble")
        over = experiments.compare_ensemble(within=within, **options, **kept)
        page = experiments.OverSets(over, how.lang)
        shell.answer(page, over.folder / "report.html", how.as_json, over.failures)
        return
    if compared.sets is not None:
        raise UsageError(f"--sets: found {compared.sets} without --over, allowed with it")
    people, kept = (
        people_kept(compared.people, options.get("replicates", 20)),
        how.kept("results/compare"),
    )
    found = experiments.compare(people=people, **options, **kept)
    shell.warn_of(found.plan.scenarios.values(), how.lang)
    shell.answer(
        experiments.Page(found, how.lang), (found.folder or kept["results"].folder) / "report.html",
        how.as_json, found.failures, lambda: papers.write(found, how.lang),
    )  # fmt: skip
