"""The command ``returnee linkage``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json, reporting
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

OUT = Path("results/linkage")
POINTS = 40  # of each robustness run behind the document


@dataclass(frozen=True)
class Asked:
    """What is asked of the experiment."""

    replicates: int = LINKAGE_REPLICATES
    cap: float | None = None
    set_: list[str] | None = None
    robust: int | None = None
    over: str = "free"
    gates: bool = False  # fmt: skip
    every: bool = False
    write_doc: Path | None = None  # fmt: skip


@spread("linkage")
def linkage_command(
    asked: Asked = Asked(),
    settings: RunSettings = RunSettings(sample=LINKAGE_SAMPLE),
    where: Where = Where(),
    results: Keep = Keep(progress=True),
    shown: Shown = Shown(),
) -> None:
    """Find out whether linked support is better than siloed: a factorial of all programmes."""
    from returnee.experiments.studies.linkage.robust import OVER

    options: dict[str, Any] = {
        "replicates": asked.replicates, "cap": asked.cap, "overrides": overrides_of(asked.set_),
        "settings": settings, "where": where,
    }  # fmt: skip
    folder = Path(results.out or OUT)
    if asked.write_doc is not None:
        if results.shard:
            raise UsageError(f"shard: found {results.shard} with --write-doc, allowed without")
        _document(asked.write_doc, replace(results, out=folder), asked.robust, options)
    elif asked.robust is not None or asked.over not in OVER:
        results = replace(results, out=results.out or robust_folder(OUT, asked.over))
        _robust(asked, options | {"results": results}, shown)
    elif asked.gates or asked.every:
        _gates(asked.every, options | {"results": replace(results, out=results.out or gates_folder(OUT))}, shown)  # fmt: skip
    else:
        _factorial(options | {"results": replace(results, out=folder)}, shown)


def robust_folder(out: Path, over: str) -> Path:
    """Where robustness runs are kept, beside the experiment."""
    return out.with_name(f"{out.name}-robust{'' if over == 'free' else '-' + Path(over).stem}")


def gates_folder(out: Path) -> Path:
    """Where the runs of the parts of linkage are kept, beside the experiment."""
    return out.with_name(f"{out.name}-gates")


def _factorial(options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.words import linkage_json
    from returnee.experiments.studies.linkage.experiment import linkage

    found = linkage(**options)
    _show(found, linkage_json(found, shown.lang) if shown.as_json else None, shown.lang)


def _gates(every: bool, options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.words import gates_json
    from returnee.experiments.studies.linkage.gates import gates

    found = gates(every=every, **options)
    _show(found, gates_json(found, shown.lang) if shown.as_json else None, shown.lang)


def _robust(asked: Asked, options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.words import robust_json
    from returnee.experiments.studies.linkage.robust import robust

    found = robust(asked.robust, asked.over, **options)
    _show(found, robust_json(found, shown.lang) if shown.as_json else None, shown.lang)


def _show(found: Any, content: Any, lang: str) -> None:
    """Write the report, print JSON or tables, and say what failed."""
    from returnee.experiments.reports.linkage.report import show_linkage, write_page

    with reporting(found.folder):
        report = write_page([found], found.folder / "report.html", lang)
    if content is None:
        show_linkage(found, console_of(), lang)
    else:
        print_json(content)
    end(report, found.failures)


def _document(path: Path, results: Keep, points: int | None, options: dict[str, Any]) -> None:
    """Run the experiment and its robustness, or take them from their folders, and write it up."""
    from returnee.experiments.reports.linkage.report import write_document, write_page
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.experiment import linkage
    from returnee.experiments.studies.linkage.gates import gates
    from returnee.experiments.studies.linkage.robust import OVER, robust

    found = linkage(results=results, **options)
    links = gates(results=replace(results, out=gates_folder(results.folder)), **options)
    fitted, free, wide = (
        robust(
            points if over == SHIPPED else points or POINTS, over,
            results=replace(results, out=robust_folder(results.folder, over)), **options,
        )
        for over in (SHIPPED, *OVER)
    )  # fmt: skip
    write_page([found, fitted, links], found.folder / "report.html")
    write_document(found, fitted, free, wide, links, path)
    Bar().say(f"written: {path}")
