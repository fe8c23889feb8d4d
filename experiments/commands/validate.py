"""The command ``returnee validate``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from returnee import experiments
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import ShareDone, UsageError
from returnee.experiments.running.options import Keep
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import SHIPPED

OVER_SAMPLE = 0.02  # of the county in each set of an ensemble, at most


@spread("validate")
def validate_command(
    scenario: str = "baseline",
    replicates: int = 20,
    patterns: str = "all",
    face: bool = False,
    over: str | None = None,
    sets: int | None = None,
    write_doc: Path | None = None,
    how: Study = study("results/validate", sample=0.05),
) -> None:
    """Hold a scenario against the patterns it should show; misses are shown as misses."""
    if sets is not None and over is None:
        raise UsageError(f"--sets: found {sets} without --over, allowed with it")
    if write_doc is not None:
        face, over = True, over or SHIPPED
    settings, options = how.settings, {**how.options, "patterns": patterns}

    def beside(folder: Path, name: str) -> Keep:
        return replace(how.results, out=folder.with_name(f"{folder.name}-{name}"))

    def checks(folder: Path) -> Any:
        kept, changes = beside(folder, "face"), how.options["overrides"]
        return experiments.face_checks(scenario, changes, settings.seed, how.where, kept)

    try:
        found = experiments.validate(scenario, replicates, **options)
    except ShareDone as share:
        if not face:
            raise
        Bar().say(str(share))
        try:
            checks(share.out)
        except ShareDone as more:
            raise ShareDone(more.out, *share.folders, *more.folders) from None
    faced, over_sets = checks(found.folder) if face else None, None
    if over is not None:
        less = replace(settings, sample=min(settings.sample, OVER_SAMPLE))
        options |= {"settings": less, "results": beside(found.folder, "ensemble")}
        over_sets = experiments.validate_over(scenario, over=over, sets=sets, **options)
    experiments.save(found)
    if write_doc is not None:
        document = experiments.Judged(found, faced, over=over_sets).write_document(write_doc)
        Bar().say(f"written: {document}")
    page = experiments.Judged(found, faced, how.lang, over_sets)
    answer(page, found.folder / "validation.html", how.as_json, found.failures)
