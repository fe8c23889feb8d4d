"""The command ``returnee linkage``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.defaults import LINKAGE_REPLICATES, LINKAGE_SAMPLE
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

if TYPE_CHECKING:
    from returnee.experiments.reports.linkage.told import Told

OUT = Path("results/linkage")
WIDE = 256  # points of the wide design behind the document
GATES = 2  # replicates of the gates behind it with the parameters in use


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
        "overrides": shell.overrides_of(asked.set_), "settings": settings, "where": where,
    }  # fmt: skip

    def kept(usual: Path) -> dict[str, Any]:
        return options | {"results": replace(results, out=results.out or usual)}

    if asked.write_doc is not None:
        if results.shard:
            raise UsageError(f"shard: found {results.shard} with --write-doc, allowed without")
        _document(asked, kept(OUT)["results"], options)
        return
    if asked.conditions is not None:
        few = kept(conditions_folder(OUT)) | {"replicates": asked.runs(1)}
        told = _conditions(asked, few, shown.lang)
    elif asked.gates or asked.every:
        told = _gates(asked, kept(gates_folder(OUT, asked.over)), shown.lang)
    elif asked.robust is not None or asked.over not in OVER:
        told = _robust(asked, kept(robust_folder(OUT, asked.over)), shown.lang)
    else:
        told = _factorial(kept(OUT), shown.lang)
    found = told.found
    shell.answer(told, found.folder / "report.html", shown.as_json, found.failures)


def robust_folder(out: Path, over: str) -> Path:
    """Where robustness runs are kept, beside the experiment."""
    return out.with_name(f"{out.name}-robust{'' if over == 'free' else '-' + Path(over).stem}")


def gates_folder(out: Path, over: str = "free") -> Path:
    """Where the runs of the parts of linkage are kept, beside the experiment."""
    return out.with_name(f"{out.name}-gates{'' if over == 'free' else '-' + Path(over).stem}")


def conditions_folder(out: Path) -> Path:
    """Where runs of assumptions on handing over are kept, beside the experiment."""
    return out.with_name(f"{out.name}-conditions")


def _factorial(options: dict[str, Any], lang: str) -> Told:
    from returnee.experiments.reports.linkage.report import Experiment
    from returnee.experiments.studies.linkage.experiment import linkage

    return Experiment(linkage(**options), lang)


def _gates(asked: Asked, options: dict[str, Any], lang: str) -> Told:
    from returnee.experiments.reports.linkage.report import Links
    from returnee.experiments.studies.linkage.gates import EACH, SETS, gates, gates_over
    from returnee.experiments.studies.linkage.robust import OVER

    options |= {"every": asked.every}
    if asked.over in OVER:
        return Links(gates(**options), lang)
    options |= {"over": asked.over, "sets": asked.robust or SETS}
    return Links(gates_over(**options | {"replicates": asked.runs(EACH)}), lang)


def _robust(asked: Asked, options: dict[str, Any], lang: str) -> Told:
    from returnee.experiments.reports.linkage.posterior import Fitted
    from returnee.experiments.reports.linkage.report import Points
    from returnee.experiments.studies.linkage.posterior import posterior
    from returnee.experiments.studies.linkage.robust import OVER, robust

    if asked.over in OVER:
        return Points(robust(asked.robust or 0, asked.over, **options), lang)
    return Fitted(posterior(over=asked.over, sets=asked.robust, **options), lang)


def _conditions(asked: Asked, options: dict[str, Any], lang: str) -> Told:
    from returnee.experiments.reports.linkage.posterior import Wide
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.conditions import conditions
    from returnee.experiments.studies.linkage.robust import OVER

    over = SHIPPED if asked.over in OVER else asked.over
    return Wide(conditions(asked.conditions or 0, over, **options), lang)


def _document(asked: Asked, results: Keep, options: dict[str, Any]) -> None:
    """Run what the document rests on, or take it from its folders, and write it up."""
    from returnee.experiments.reports.html import write_html
    from returnee.experiments.reports.linkage.report import Answered, write_document
    from returnee.experiments.reports.linkage.told import together
    from returnee.experiments.studies.compare_ensemble import SHIPPED
    from returnee.experiments.studies.linkage.best import best_mix
    from returnee.experiments.studies.linkage.conditions import conditions
    from returnee.experiments.studies.linkage.experiment import linkage
    from returnee.experiments.studies.linkage.gates import EACH, SETS, gates, gates_over
    from returnee.experiments.studies.linkage.posterior import posterior
    from returnee.experiments.studies.linkage.robust import OVER

    def kept(folder: Path) -> Keep:
        return replace(results, out=folder)

    out, over = Path(results.folder), SHIPPED if asked.over in OVER else asked.over
    once, parts = options | {"replicates": 1}, options | {"every": True}
    drawn = {"over": over, "sets": SETS, "replicates": EACH}
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
        gates_over(results=kept(gates_folder(out, over)), **parts | drawn),
        gates(results=kept(gates_folder(out)), **parts | {"replicates": GATES}),
        linkage(results=results, **options),
    )
    write_html(together(answered.parts), answered.found.folder / "report.html")
    for path in write_document(answered, asked.write_doc or out):
        Bar().say(f"written: {path}")
