"""The command ``returnee sensitivity``."""

from __future__ import annotations

from pathlib import Path

from returnee.experiments.command_line import command_line
from returnee.experiments.commands import shell
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.studies.efforts import SensitivityEffort


@spread("sensitivity")
def sensitivity_command(
    scenarios: list[str],
    against: str = "baseline",
    effort: SensitivityEffort = SensitivityEffort(),
    set_: list[str] | None = None,
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(Path("results/sensitivity"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Find out which assumptions decide outcomes, and whether a policy works."""
    from returnee.experiments.measuring.selections import SENSITIVE
    from returnee.experiments.reports.points.sensitivity import Indices
    from returnee.experiments.studies.points.sensitivity import sensitivity
    from returnee.experiments.words.texts import percent
    from returnee.scenarios import load_scenario

    lang, overrides = shown.lang, shell.overrides_of(set_)
    found = sensitivity(
        scenarios, against, effort=effort, overrides=overrides, settings=settings, where=where,
        results=results,
    )  # fmt: skip
    county = load_scenario(against, overrides).county
    about = {
        "n": found.attrs["moved"], "spread": percent(effort.spread, lang),
        "months": settings.months, "county": county.name_zh if lang == "zh" else county.name,
        "replicates": effort.replicates, "sample": f"{settings.sample:g}",
    }  # fmt: skip
    options = {
        "against": against, "method": effort.method, "trajectories": effort.trajectories,
        "base": effort.base, "top": effort.top, "spread": effort.spread,
        "replicates": effort.replicates, "sample": settings.sample, "months": settings.months,
        "seed": settings.seed, "over": effort.over if effort.over != "free" else None,
        "measure": list(effort.measures) if effort.measures != SENSITIVE else None, "set": set_,
    }  # fmt: skip
    told = Indices(found, lang)
    told.about, told.command = about, command_line(["sensitivity", *scenarios], options)
    shell.answer(told, results.folder / "report.html", shown.as_json)
