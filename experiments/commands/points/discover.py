"""The command ``returnee discover``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from returnee.experiments.command_line import command_line
from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import answer

if TYPE_CHECKING:
    from returnee.experiments.studies.points.discovery import Discovery


def page_name(found: Discovery, method: str) -> str:
    """Name of the page of a question, so that another question has another page.

    Such as ``discover-linked-baseline-jobs-above-0.html``.
    """
    sign, value = re.findall(r"[<>]=?|[^\s<>=]+", found.target)
    words = {">": "above", ">=": "from", "<": "below", "<=": "up-to"}
    parts = [found.scenario, found.against, found.measure, words[sign], value]
    parts += [method] if method != "cart" else []
    return f"discover-{'-'.join(part for part in parts if part)}.html"


@dataclass(frozen=True)
class Question:
    """What is asked of a sweep."""

    scenario: str = ""
    against: str = ""
    measure: str = "firms_surviving"
    target: str = "> 0"
    method: str = "cart"


@spread("discover")
def discover_command(
    folder: Path, question: Question = Question(), out: Path | None = None, shown: Shown = Shown()
) -> None:
    """Find out under which assumptions a policy fails its target."""
    from returnee.experiments.reports.points.discovery import Regions
    from returnee.experiments.studies.points.discovery import discover

    q = question
    found = discover(
        folder, q.scenario, against=q.against, measure=q.measure, target=q.target,
        method=q.method,
    )  # fmt: skip
    options = {
        "scenario": found.scenario, "against": q.against, "measure": q.measure,
        "target": q.target, "method": q.method,
    }  # fmt: skip
    told = Regions(found, shown.lang)
    told.command = command_line(["discover", folder], options)
    answer(told, out or folder / page_name(found, q.method), shown.as_json, own=False)
