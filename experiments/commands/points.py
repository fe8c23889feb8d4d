"""Commands that try many settings: ``budget``, ``discover``, ``sensitivity``, ``sweep``, ``status``, ``merge``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from returnee import experiments
from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import How, Shown, Study, spread, study, usual
from returnee.experiments.defaults import MAX_RUNS
from returnee.experiments.measuring.selections import OVER_AXES, SENSITIVE
from returnee.experiments.running.progress import Bar
from returnee.experiments.studies.efforts import BudgetEffort, SensitivityEffort
from returnee.scenarios import load_scenario

if TYPE_CHECKING:
    from returnee.experiments.studies.points.discovery import Discovery

LONG = 60.0  # seconds that a plan expects, about twice those of a fast machine


@spread("budget")
def budget_command(
    per_year: float,
    maximise: str = "firms_surviving,jobs,return_quality",
    effort: BudgetEffort = BudgetEffort(),
    scenario: str = "baseline",
    how: Study = study("results/budget", sample=0.005),
) -> None:
    """Search for the mixes of levers that make the most of a yearly budget."""
    objectives = [name.strip() for name in maximise.split(",") if name.strip()]
    laid = {"effort": effort, "scenario": scenario}
    found = experiments.budget(per_year, objectives, **laid, **how.options)
    experiments.write_plain(found.folder / experiments.STORED, found)
    told = experiments.Mixes(found, how.lang)
    shell.answer(told, found.folder / "report.html", how.as_json)


@spread("discover")
def discover_command(
    folder: Path,
    scenario: str = "",
    against: str = "",
    measure: str = "firms_surviving",
    target: str = "> 0",
    method: str = "cart",
    out: Path | None = None,
    shown: Shown = Shown(),
) -> None:
    """Find out under which assumptions a policy fails its target."""
    asked = {"against": against, "measure": measure, "target": target, "method": method}
    found = experiments.discover(folder, scenario, **asked)
    told = experiments.Regions(found, shown.lang)
    told.command = command_line(["discover", folder], {"scenario": found.scenario, **asked})
    page = out or folder / page_name(found, method)
    shell.answer(told, page, shown.as_json, own=False)


def page_name(found: Discovery, method: str) -> str:
    """Name of the page of a question, so that another question has another page.

    Such as ``discover-linked-baseline-jobs-above-0.html``.
    """
    sign, value = re.findall(r"[<>]=?|[^\s<>=]+", found.target)
    words = {">": "above", ">=": "from", "<": "below", "<=": "up-to"}
    parts = [found.scenario, found.against, found.measure, words[sign], value]
    parts += [method] if method != "cart" else []
    return f"discover-{'-'.join(part for part in parts if part)}.html"


@spread("sensitivity")
def sensitivity_command(
    scenarios: list[str],
    against: str = "baseline",
    effort: SensitivityEffort = SensitivityEffort(),
    how: Study = study("results/sensitivity", sample=0.005),
) -> None:
    """Find out which assumptions decide outcomes, and whether a policy works."""
    settings = how.settings
    found = experiments.sensitivity(scenarios, against, effort=effort, **how.options)
    told = experiments.Indices(found, how.lang)
    county = load_scenario(against, how.options["overrides"]).county
    told.about = {
        "n": found.attrs["moved"], "spread": told.percent(effort.spread),
        "months": settings.months, "county": experiments.county_name(county, how.lang),
        "replicates": effort.replicates, "sample": f"{settings.sample:g}",
    }  # fmt: skip
    options = {
        "against": against, "method": effort.method, "trajectories": effort.trajectories,
        "base": effort.base, "top": effort.top, "spread": effort.spread,
        "replicates": effort.replicates, "sample": settings.sample, "months": settings.months,
        "seed": settings.seed, "over": effort.over if effort.over != "free" else None,
        "measure": list(effort.measures) if effort.measures != SENSITIVE else None, "set": how.set_,
    }  # fmt: skip
    told.command = command_line(["sensitivity", *scenarios], options)
    shell.answer(told, how.results.folder / "report.html", how.as_json)


@spread("sweep")
def sweep_command(
    design: Path,
    processes: bool | None = None,
    max_runs: int = MAX_RUNS,
    retry_failed: bool = False,
    dry_run: bool = False,
    measure: list[str] | None = None,
    how: How = usual(),
) -> None:
    """Run scenarios over a design: grid, Latin hypercube, Sobol sequence or a table of points."""
    plan = experiments.plan_of(experiments.read_design(design), max_runs)
    long = plan.runs * plan.seconds_a_run >= LONG
    where = replace(how.where, processes=long if processes is None else processes)
    where.check()
    measures = measures_of(measure, plan.design.settings.months)
    if dry_run:
        cost = experiments.cost_of(plan, where)
        text = experiments.cost_text(cost)
        shell.print_json(cost) if how.as_json else shell.say_plainly(text)
        return
    results = how.kept(Path("results") / f"sweep-{design.stem}")["results"]
    options = {"out": results.out, "workers": where.workers, "scheduler": where.scheduler}
    command = command_line(["sweep", design], options | {"measure": measure})
    figures = experiments.figures_of(plan)
    store = experiments.run(plan, figures, where, results, command, retry_failed)
    failed = shell.say_status([store.folder], how.as_json)
    write_report(store.folder, how.lang, measures)
    shell.leave(failed)


def measures_of(given: list[str] | None, months: int | None = None) -> tuple[str, ...]:
    """Measures that a report is about; refused are those that no run of so many months can have."""
    experiments.check_measures(given or (), months)
    return tuple(dict.fromkeys(given)) if given else OVER_AXES


def write_report(folder: Path, lang: str, measures: Sequence[str]) -> None:
    """Write the page of a finished sweep beside its table, and say where."""
    with shell.reporting(folder):
        page = experiments.sweep_page(folder, lang, measures)
        if page:
            Bar().say(f"report: {experiments.write_text(folder / 'report.html', page)}")


@spread("status")
def status_command(folder: Path, as_json: bool = False) -> None:
    """Show what of a folder is finished, failed and left, and how long the rest will take."""
    shell.say_status([folder], as_json)


@spread("merge")
def merge_command(
    out: Path,
    folders: list[Path] | None = None,
    measure: list[str] | None = None,
    shown: Shown = Shown(),
) -> None:
    """Make one table of the shares of a sweep, comparison, linkage experiment or validation."""
    measures = measures_of(measure)
    merged = experiments.merge(out, folders or None)
    failed = shell.say_status(merged, shown.as_json)
    found = experiments.read_manifest(merged[0])
    is_sweep = found["kind"] == experiments.SweepPlan.KIND
    if is_sweep and found["command"].startswith("returnee sweep "):
        write_report(merged[0], shown.lang, measures)
    else:
        Bar().say("for the report give the command of the shares again, without --shard")
    shell.leave(failed)
