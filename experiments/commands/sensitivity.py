"""The command ``returnee sensitivity``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from returnee.experiments.command_line import command_line
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, overrides_of, print_json, reporting
from returnee.experiments.running.options import Keep, RunSettings, Where


class Method(StrEnum):
    """How sensitivity is measured."""

    morris = "morris"
    sobol = "sobol"
    both = "both"


@dataclass(frozen=True)
class Studied:
    """What is looked at, and how thoroughly."""

    against: str = "baseline"
    method: Method = Method.both
    over: list[str] | None = None
    measure: list[str] | None = None
    trajectories: int = 20
    base: int = 64
    top: int = 6
    spread: float = 0.1
    replicates: int = 2
    set_: list[str] | None = None  # fmt: skip


@spread("sensitivity")
def sensitivity_command(
    scenarios: list[str],
    studied: Studied = Studied(),
    settings: RunSettings = RunSettings(sample=0.005),
    where: Where = Where(),
    results: Keep = Keep(Path("results/sensitivity"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """Find out which assumptions decide outcomes, and whether a policy works."""
    from returnee.experiments.files import write_text
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.sensitivity import sensitivity_page, sentences
    from returnee.experiments.studies.sensitivity import SENSITIVE, Effort, sensitivity, settled
    from returnee.experiments.words.texts import percent
    from returnee.scenarios import load_scenario

    named, lang = studied.over or ["free"], shown.lang
    overrides = overrides_of(studied.set_)
    effort = Effort(
        named[0] if len(named) == 1 else named, studied.method.value, studied.trajectories,
        studied.base, studied.top, studied.spread, studied.measure or SENSITIVE, studied.replicates,
    )  # fmt: skip
    found = sensitivity(
        scenarios, studied.against, effort=effort, overrides=overrides, settings=settings,
        where=where, results=results,
    )  # fmt: skip
    county = load_scenario(studied.against, overrides).county
    about = {
        "n": found.attrs["moved"], "spread": percent(studied.spread, lang),
        "months": settings.months, "county": county.name_zh if lang == "zh" else county.name,
        "replicates": studied.replicates, "sample": f"{settings.sample:g}",
    }  # fmt: skip
    with reporting(results.folder):
        page = sensitivity_page(found, about, command_of(scenarios, studied, settings), lang)
        report = write_text(results.folder / "report.html", page)
    if shown.as_json:
        print_json(plain_rows(settled(found)))
    else:
        for line in sentences(found, lang):
            console_of().print(line, highlight=False)
    end(report)


def command_of(scenarios: Sequence[str], studied: Studied, settings: RunSettings) -> str:
    """The command line that repeats a study."""
    s = studied
    options = {
        "against": s.against, "method": s.method.value, "trajectories": s.trajectories,
        "base": s.base, "top": s.top, "spread": s.spread, "replicates": s.replicates,
        "sample": settings.sample, "months": settings.months, "seed": settings.seed,
        "over": s.over, "measure": s.measure, "set": s.set_,
    }  # fmt: skip
    return command_line(["sensitivity", *scenarios], options)
