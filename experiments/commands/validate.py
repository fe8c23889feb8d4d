"""The command ``returnee validate``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.commands.options import (
    AsNewOption,
    JsonOption,
    LangOption,
    Language,
    SampleOption,
    SeedOption,
    WorkersOption,
)
from returnee.experiments.commands.shell import (
    INTERRUPTED,
    SOME_FAILED,
    console_of,
    overrides_of,
    print_json,
    reporting,
    stop,
)
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

VALIDATE_EXAMPLES = """Examples:

  returnee validate\n
  returnee validate --patterns C --set behaviour.careers.idea_rate=0.06\n
  returnee validate my_county.toml --out results/validate-mine\n
  returnee validate --face\n
  returnee validate --json > validation.json\n
  returnee validate --write-doc docs/validation.md

A validation that was stopped goes on where it was when the same command is given again.
"""


class Patterns(StrEnum):
    """Which patterns are looked at."""

    all = "all"
    C = "C"
    V = "V"


def validate_command(
    scenario: Annotated[
        str, typer.Argument(help="A scenario's name, or a .toml file.")
    ] = "baseline",
    replicates: Annotated[int, typer.Option(help="Runs of the scenario.")] = 20,
    sample: SampleOption = 0.1,
    seed: SeedOption = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a lever or parameter; may be given more than once."),
    ] = None,
    patterns: Annotated[
        Patterns,
        typer.Option(help="Those that calibration may use (C), those kept for validation (V), or all."),
    ] = Patterns.all,
    face: Annotated[
        bool,
        typer.Option("--face", help="Also look at responses to every lever, extreme conditions, thirty years, scale and seeds; takes some minutes more."),
    ] = False,
    workers: WorkersOption = None,
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Do all of it and write it up in Markdown, with figures in images/ beside it."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder.")] = Path("results/validate"),
    as_new: AsNewOption = False,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Hold a scenario against the patterns it should show; misses are shown as misses."""
    from returnee.experiments.reports.validation.document import write_document
    from returnee.experiments.reports.validation.report import show, write_page
    from returnee.experiments.studies.face import face_checks
    from returnee.experiments.studies.validation import save, validate

    overrides = overrides_of(set_)
    checks = None
    try:
        found = validate(
            scenario, replicates, sample, seed, overrides, patterns.value, workers, out, as_new,
            progress=True,
        )  # fmt: skip
        if face or write_doc is not None:
            folder = found.folder.with_name(f"{found.folder.name}-face")
            checks = face_checks(scenario, overrides, seed, workers, folder, as_new, progress=True)
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)
    save(found)
    with reporting(found.folder):
        report = write_page(found, checks, found.folder / "validation.html", lang)
    if write_doc is not None and checks is not None:
        Bar().say(f"written: {write_document(found, checks, write_doc)}")
    if as_json:
        print_json(found.plain() | ({"face": checks.plain()} if checks else {}))
    else:
        show(found, checks, console_of(), lang)
    Bar().say(f"report: {report}")
    if found.failures:
        raise typer.Exit(SOME_FAILED)
