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
WIDE = 256  # points of the wide design behind the document


@dataclass(frozen=True)
class Asked:
    """What is asked of the experiment."""

    replicates: int | None = None
    cap: float | None = None
    set_: list[str] | None = None
    robust: int | None = None
    over: str = "free"
    gates: bool = False  # fmt: skip
    every: bool = False
    conditions: int | None = None
    write_doc: Path | None = None  # fmt: skip

    def runs(self, usual: int) -> int:
        """Replicates, or so many where none were asked for."""
        return usual if self.replicates is None else self.replicates


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
        "replicates": asked.runs(LINKAGE_REPLICATES), "cap": asked.cap,
        "overrides": overrides_of(asked.set_), "settings": settings, "where": where,
    }  # fmt: skip
    folder = Path(results.out or OUT)
    if asked.write_doc is not None:
        if results.shard:
            raise UsageError(f"shard: found {results.shard} with --write-doc, allowed without")
        _document(asked, replace(results, out=folder), options)
    elif asked.conditions is not None:
        results = replace(results, out=results.out or conditions_folder(OUT))
        few = {"results": results, "replicates": asked.runs(1)}
        _conditions(asked, options | few, shown)
    elif asked.gates or asked.every:
        results = replace(results, out=results.out or gates_folder(OUT, asked.over))
        _gates(asked, options | {"results": results}, shown)
    elif asked.robust is not None or asked.over not in OVER:
        results = replace(results, out=results.out or robust_folder(OUT, asked.over))
        _robust(asked, options | {"results": results}, shown)
    else:
        _factorial(options | {"results": replace(results, out=folder)}, shown)


def robust_folder(out: Path, over: str) -> Path:
    """Where robustness runs are kept, beside the experiment."""
    return out.with_name(f"{out.name}-robust{'' if over == 'free' else '-' + Path(over).stem}")


def gates_folder(out: Path, over: str = "free") -> Path:
    """Where the runs of the parts of linkage are kept, beside the experiment."""
    return out.with_name(f"{out.name}-gates{'' if over == 'free' else '-' + Path(over).stem}")


def _factorial(options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.words import linkage_json
    from returnee.experiments.studies.linkage.experiment import linkage

    found = linkage(**options)
    _show(found, linkage_json(found, shown.lang) if shown.as_json else None, shown.lang)


def _gates(asked: Asked, options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.words import gates_json
    from returnee.experiments.studies.linkage.gates import EACH, SETS, Gates, gates, gates_over
    from returnee.experiments.studies.linkage.robust import OVER

    found: Gates
    if asked.over in OVER:
        found = gates(every=asked.every, **options)
    else:
        options |= {"replicates": asked.runs(EACH), "every": asked.every}
        found = gates_over(over=asked.over, sets=asked.robust or SETS, **options)
    _show(found, gates_json(found, shown.lang) if shown.as_json else None, shown.lang)


def conditions_folder(out: Path) -> Path:
    """Where runs of assumptions on handing over are kept, beside the experiment."""
    return out.with_name(f"{out.name}-conditions")


def _robust(asked: Asked, options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.posterior import Fitted
    from returnee.experiments.reports.linkage.words import posterior_json, robust_json
    from returnee.experiments.studies.linkage.posterior import posterior
    from returnee.experiments.studies.linkage.robust import OVER, robust

    if asked.over in OVER:
        points = robust(asked.robust or 0, asked.over, **options)
        _show(points, robust_json(points, shown.lang) if shown.as_json else None, shown.lang)
        return
    found = posterior(over=asked.over, sets=asked.robust, **options)
    lines = Fitted(found, shown.lang).lines()
    _show(found, posterior_json(found, lines) if shown.as_json else None, shown.lang)


def _conditions(asked: Asked, options: dict[str, Any], shown: Shown) -> None:
    from returnee.experiments.reports.linkage.posterior import Wide
    from returnee.experiments.reports.linkage.words import conditions_json
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.conditions import conditions
    from returnee.experiments.studies.linkage.robust import OVER

    over = SHIPPED if asked.over in OVER else asked.over
    found = conditions(asked.conditions or 0, over, **options)
    lines = Wide(found, shown.lang).lines()
    _show(found, conditions_json(found, lines) if shown.as_json else None, shown.lang)


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


def _document(asked: Asked, results: Keep, options: dict[str, Any]) -> None:
    """Run what the document rests on, or take it from its folders, and write it up."""
    from returnee.experiments.reports.linkage.report import Answered, write_document, write_page
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.best import best_mix
    from returnee.experiments.studies.linkage.conditions import conditions
    from returnee.experiments.studies.linkage.experiment import linkage
    from returnee.experiments.studies.linkage.gates import EACH, gates_over
    from returnee.experiments.studies.linkage.posterior import posterior
    from returnee.experiments.studies.linkage.robust import OVER

    def kept(folder: Path) -> Keep:
        return replace(results, out=folder)

    out, over = Path(results.folder), SHIPPED if asked.over in OVER else asked.over
    once, few = options | {"replicates": 1}, options | {"replicates": EACH}
    mix = best_mix(asked.cap, options["overrides"], over, options["where"], kept(out.with_name(f"{out.name}-budget")))  # fmt: skip
    answered = Answered(
        posterior(
            over=over,
            sets=asked.robust,
            results=kept(robust_folder(out, over)),
            best=mix,
            **options,
        ),
        conditions(asked.conditions or WIDE, over, results=kept(conditions_folder(out)), **once),
        gates_over(over=over, results=kept(gates_folder(out, over)), every=True, **few),
        linkage(results=results, **options),
    )
    write_page(answered.all, answered.found.folder / "report.html")
    for path in write_document(answered, asked.write_doc or out):
        Bar().say(f"written: {path}")
