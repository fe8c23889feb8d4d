"""The command ``returnee validate``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from returnee import experiments
from returnee.experiments.commands.options import How, spread, usual
from returnee.experiments.commands.shell import answer, overrides_of
from returnee.experiments.errors import ShareDone, UsageError
from returnee.experiments.running.options import Keep
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import SHIPPED

OVER_SAMPLE = 0.02  # of the county in each set of an ensemble, at most


@dataclass(frozen=True)
class Held:
    """What is held against the patterns."""

    replicates: int = 20
    set_: list[str] | None = None
    patterns: str = "all"
    face: bool = False
    over: str | None = None
    sets: int | None = None
    write_doc: Path | None = None


@spread("validate")
def validate_command(
    scenario: str = "baseline",
    held: Held = Held(),
    how: How = usual("results/validate", sample=0.05),
) -> None:
    """Hold a scenario against the patterns it should show; misses are shown as misses."""
    if held.sets is not None and held.over is None:
        raise UsageError(f"--sets: found {held.sets} without --over, allowed with it")
    whole = held.write_doc is not None
    face, over = held.face or whole, held.over or (SHIPPED if whole else None)
    settings = how.settings
    given: dict[str, Any] = {"overrides": overrides_of(held.set_), "where": how.where}
    of_patterns = given | {"patterns": held.patterns}

    def beside(folder: Path, name: str) -> Keep:
        return replace(how.results, out=folder.with_name(f"{folder.name}-{name}"))

    def checks(folder: Path) -> Any:
        kept = beside(folder, "face")
        return experiments.face_checks(scenario, seed=settings.seed, results=kept, **given)

    try:
        found = experiments.validate(
            scenario, held.replicates, settings=settings, results=how.results, **of_patterns
        )
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
        kept = beside(found.folder, "ensemble")
        over_sets = experiments.validate_over(
            scenario, over=over, sets=held.sets, settings=less, results=kept, **of_patterns
        )
    experiments.save(found)
    if held.write_doc is not None:
        document = experiments.Judged(found, faced, over=over_sets).write_document(held.write_doc)
        Bar().say(f"written: {document}")
    page = experiments.Judged(found, faced, how.lang, over_sets)
    answer(page, found.folder / "validation.html", how.as_json, found.failures)
