"""The command ``returnee linkage``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnee import experiments
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Study, spread, study
from returnee.experiments.defaults import LINKAGE_SAMPLE
from returnee.experiments.errors import UsageError
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import SHIPPED

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
    robust: int | None = None
    over: str = "free"
    gates: bool = False
    every: bool = False
    conditions: int | None = None
    write_doc: Path | None = None

    @property
    def in_sets(self) -> bool:
        """Whether it is asked over the parameter sets of an ensemble."""
        return self.over not in experiments.OVER

    @property
    def sets_of(self) -> str:
        """The ensemble; the one that ships where none is named."""
        return self.over if self.in_sets else SHIPPED


@spread("linkage")
def linkage_command(asked: Asked = Asked(), how: Study = study(sample=LINKAGE_SAMPLE)) -> None:
    """Find out whether linked support is better than siloed: a factorial of all programmes."""
    options: dict[str, Any] = {"cap": asked.cap}
    if asked.replicates is not None:
        options["replicates"] = asked.replicates
    if asked.write_doc is None:
        told = told_of(asked, options, how)
        page = told.found.folder / "report.html"
        shell.answer(told, page, how.as_json, told.found.failures)
    elif how.results.shard:
        raise UsageError(f"shard: found {how.results.shard} with --write-doc, allowed without")
    else:
        write_up(asked, asked.write_doc, options | how.kept(OUT))


def beside(out: Path, part: str, over: str = "free") -> Path:
    """Where the runs of a part of the experiment are kept, beside it."""
    return out.with_name(f"{out.name}-{part}{'' if over == 'free' else '-' + Path(over).stem}")


def told_of(asked: Asked, options: dict[str, Any], how: Study) -> Told:
    """Run the part of the experiment that is asked for, or find it in its folder."""
    over, lang = asked.over, how.lang

    def kept(part: str, over: str = "free", **more: Any) -> dict[str, Any]:
        return options | how.kept(beside(OUT, part, over)) | more

    if asked.conditions is not None:
        points, sets = asked.conditions, asked.sets_of
        return experiments.Wide(experiments.conditions(points, sets, **kept("conditions")), lang)
    if asked.gates or asked.every:
        given = kept("gates", over, every=asked.every)
        if not asked.in_sets:
            return experiments.Links(experiments.gates(**given), lang)
        given |= {"sets": asked.robust} if asked.robust else {}
        return experiments.Links(experiments.gates_over(over=over, **given), lang)
    given = kept("robust", over)
    if asked.in_sets:
        found = experiments.posterior(over=over, sets=asked.robust, **given)
        return experiments.Fitted(found, lang)
    if asked.robust is not None:
        return experiments.Points(experiments.robust(asked.robust, over, **given), lang)
    return experiments.Experiment(experiments.linkage(**options, **how.kept(OUT)), lang)


def write_up(asked: Asked, path: Path, options: dict[str, Any]) -> None:
    """Run what the document rests on, or take it from its folders, and write it up."""
    over, results = asked.sets_of, options["results"]

    def kept(part: str, over: str = "free", **more: Any) -> dict[str, Any]:
        return (
            options | {"results": replace(results, out=beside(results.folder, part, over))} | more
        )

    search = kept("budget")["results"]
    best = experiments.best_mix(asked.cap, options["overrides"], over, options["where"], search)
    few = {name: value for name, value in kept("gates", over).items() if name != "replicates"}
    answered = experiments.Answered(
        experiments.posterior(over=over, sets=asked.robust, best=best, **kept("robust", over)),
        experiments.conditions(asked.conditions or WIDE, over, **kept("conditions", replicates=1)),
        experiments.gates_over(over=over, every=True, **few),
        experiments.gates(**kept("gates", every=True, replicates=GATES)),
        experiments.linkage(**options),
    )
    page = answered.found.folder / "report.html"
    experiments.write_html(experiments.together(answered.parts), page)
    for written in answered.write_document(path):
        Bar().say(f"written: {written}")
