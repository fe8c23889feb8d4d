"""The command ``returnee linkage``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from returnee.experiments.commands.options import (
    AsNewOption,
    JsonOption,
    LangOption,
    Language,
    MonthsOption,
    ProcessesOption,
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
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE, MONTHS, SEED
from returnee.experiments.errors import Interrupted
from returnee.experiments.running.progress import Bar

OUT = Path("results/linkage")
POINTS = 40  # of each robustness run behind the document
LINKAGE_EXAMPLES = """Examples:

  returnee linkage\n
  returnee linkage --cap 8000000 --out results/linkage-8m\n
  returnee linkage --robust 60\n
  returnee linkage --over ensemble --replicates 4\n
  returnee linkage --set county.away_share=0.5 --out results/linkage-half-away\n
  returnee linkage --write-doc docs/linkage.md
"""


def linkage_command(
    replicates: Annotated[
        int, typer.Option(help="Runs of each cell; five times as many for the premium.")
    ] = LINKAGE_REPLICATES,
    sample: SampleOption = LINKAGE_SAMPLE,
    months: MonthsOption = MONTHS,
    seed: SeedOption = SEED,
    workers: WorkersOption = None,
    cap: Annotated[
        float | None,
        typer.Option(metavar="YUAN", help="Cap on yearly spending of the pair that is compared; that of the siloed scenario, or 10 million, if left out."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a county or behaviour parameter in every cell; may be given more than once."),
    ] = None,
    robust: Annotated[
        int | None,
        typer.Option(metavar="N", help="Instead, find the premium at N points of the behaviour parameters, or N sets of the ensemble."),
    ] = None,
    over: Annotated[
        str,
        typer.Option(metavar="free|all|ensemble|FILE", help="With --robust: move the parameters free in calibration, or all. The parameter sets of the ensemble that ships, or of a .csv file, need no --robust."),
    ] = "free",
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Run everything and write it up in Markdown, with figures in images/ beside it."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder; results/linkage, or results/linkage-robust.")
    ] = None,
    as_new: AsNewOption = False,
    processes: ProcessesOption = False,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Find out whether linked support is better than siloed: a factorial of all programmes."""
    from returnee.experiments.studies.linkage.robust import OVER

    options: dict[str, Any] = {
        "replicates": replicates, "sample": sample, "months": months, "seed": seed,
        "workers": workers, "cap": cap, "overrides": overrides_of(set_), "as_new": as_new,
        "processes": processes, "progress": True,
    }  # fmt: skip
    try:
        if write_doc is not None:
            _document(write_doc, out or OUT, robust, options)
        elif robust is not None or over not in OVER:
            _robust(robust, over, out or robust_folder(OUT, over), options, lang, as_json)
        else:
            _factorial(out or OUT, options, lang, as_json)
    except Interrupted as interrupt:
        stop(str(interrupt), INTERRUPTED)


def robust_folder(out: Path, over: str) -> Path:
    """Where robustness runs are kept, beside the experiment."""
    return out.with_name(f"{out.name}-robust{'' if over == 'free' else '-' + Path(over).stem}")


def _factorial(out: Path, options: dict[str, Any], lang: str, as_json: bool) -> None:
    from returnee.experiments.reports.linkage.words import linkage_json
    from returnee.experiments.studies.linkage.experiment import linkage

    found = linkage(out=out, **options)
    _show(found, None, found.folder, linkage_json(found, lang) if as_json else None, lang)


def _robust(
    points: int | None, over: str, out: Path, options: dict[str, Any], lang: str, as_json: bool
) -> None:
    from returnee.experiments.reports.linkage.words import robust_json
    from returnee.experiments.studies.linkage.robust import robust

    found = robust(points, over, out=out, **options)
    _show(None, found, found.folder, robust_json(found, lang) if as_json else None, lang)


def _show(found: Any, robust: Any, folder: Path, content: Any, lang: str) -> None:
    """Write the report, print JSON or tables, and say what failed."""
    from returnee.experiments.reports.linkage.report import show_linkage, write_page

    with reporting(folder):
        report = write_page(found, robust, folder / "report.html", lang)
    if content is None:
        show_linkage(found, robust, console_of(), lang)
    else:
        print_json(content)
    Bar().say(f"report: {report}")
    if (found or robust).failures:
        raise typer.Exit(SOME_FAILED)


def _document(path: Path, out: Path, points: int | None, options: dict[str, Any]) -> None:
    """Run the experiment and its robustness, or take them from their folders, and write it up."""
    from returnee.experiments.reports.linkage.report import write_document, write_page
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.experiment import linkage
    from returnee.experiments.studies.linkage.robust import OVER, robust

    found = linkage(out=out, **options)
    fitted, free, wide = (
        robust(
            points if over == SHIPPED else points or POINTS, over,
            out=robust_folder(out, over), **options,
        )
        for over in (SHIPPED, *OVER)
    )  # fmt: skip
    write_page(found, fitted, found.folder / "report.html")
    write_document(found, fitted, free, wide, path)
    Bar().say(f"written: {path}")
