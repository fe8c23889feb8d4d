"""The command ``returnee discover``."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from experiments.options import JsonOption, LangOption, Language
from experiments.progress import Bar
from experiments.shell import console_of, print_json

DISCOVER_EXAMPLES = """Examples:

  returnee discover results/sweep-design --scenario linked --against baseline\n
  returnee discover results/sweep-design --scenario linked --measure jobs --target '>= 30000'\n
  returnee discover results/sensitivity/morris --scenario linked --against baseline --method prim
"""


class Method(StrEnum):
    """How regions are found."""

    cart = "cart"
    prim = "prim"


def discover_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a sweep.")],
    scenario: Annotated[
        str, typer.Option(help="The policy; may be left out where there is one.")
    ] = "",
    against: Annotated[
        str, typer.Option(help="Reference: the target is then of the paired difference.")
    ] = "",
    measure: Annotated[str, typer.Option(help="What the target is about.")] = "firms_surviving",
    target: Annotated[str, typer.Option(help="What it should be, as in '> 0'.")] = "> 0",
    method: Annotated[
        Method, typer.Option(help="Tree, or patient rule induction (EMA workbench).")
    ] = Method.cart,
    out: Annotated[
        Path | None, typer.Option(help="Page; discover.html in the folder if left out.")
    ] = None,
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
) -> None:
    """Find out under which assumptions a policy fails its target."""
    from experiments.discover import discover
    from experiments.discover_report import discover_page, sentences
    from experiments.findings import plain
    from experiments.study_page import write_study

    found = discover(
        folder, scenario, against=against, measure=measure, target=target, method=method.value
    )
    words = ["returnee", "discover", str(folder), "--scenario", found.scenario]
    words += ["--against", against] if against else []
    words += ["--measure", measure, "--target", target, "--method", method.value]
    page = discover_page(found, shlex.join(words), lang)
    report = write_study(out or folder / "discover.html", page)
    if as_json:
        print_json([plain(row) for row in found.frame().to_dict("records")])
    else:
        for line in sentences(found, lang):
            console_of().print(line, highlight=False)
    Bar().say(f"report: {report}")
