"""The command ``returnee validate``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import answer, overrides_of
from returnee.experiments.errors import ShareDone, UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

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
    write_doc: Path | None = None  # fmt: skip


@spread("validate")
def validate_command(
    scenario: str = "baseline",
    held: Held = Held(),
    settings: RunSettings = RunSettings(sample=0.05),
    where: Where = Where(),
    results: Keep = Keep(Path("results/validate"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Hold a scenario against the patterns it should show; misses are shown as misses."""
    from returnee.experiments.reports.validation.document import write_document
    from returnee.experiments.reports.validation.report import Page
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.face import face_checks
    from returnee.experiments.studies.validation import save, validate
    from returnee.experiments.studies.validation_over import validate_over

    if held.sets is not None and held.over is None:
        raise UsageError(f"--sets: found {held.sets} without --over, allowed with it")
    overrides, checks = overrides_of(held.set_), None
    face, whole = held.face or held.write_doc is not None, None
    over = held.over or (SHIPPED if held.write_doc is not None else None)
    try:
        found = validate(
            scenario, held.replicates, held.patterns, overrides, settings, where, results
        )
    except ShareDone as share:
        if not face:
            raise
        Bar().say(str(share))
        try:
            face_checks(scenario, overrides, settings.seed, where, beside(results, share.out))
        except ShareDone as more:
            raise ShareDone(more.out, *share.folders, *more.folders) from None
    if face:
        checks = face_checks(
            scenario, overrides, settings.seed, where, beside(results, found.folder)
        )
    if over is not None:
        whole = validate_over(
            scenario, over=over, sets=held.sets, patterns=held.patterns, overrides=overrides,
            settings=replace(settings, sample=min(settings.sample, OVER_SAMPLE)), where=where,
            results=replace(results, out=found.folder.with_name(f"{found.folder.name}-ensemble")),
        )  # fmt: skip
    save(found)
    if held.write_doc is not None and checks and whole:
        Bar().say(f"written: {write_document(found, checks, whole, held.write_doc)}")
    page = Page(found, checks, shown.lang, whole)
    answer(page, found.folder / "validation.html", shown.as_json, found.failures)


def beside(results: Keep, folder: Path) -> Keep:
    """Where face checks are kept, beside a validation."""
    return replace(results, out=folder.with_name(f"{folder.name}-face"))
