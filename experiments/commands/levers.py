"""The commands that list what there is: levers, measures, columns and scenarios."""

from __future__ import annotations

from pathlib import Path

import typer

from returnee import experiments
from returnee.experiments.commands.options import Language, spread
from returnee.experiments.commands.shell import say
from returnee.experiments.running.progress import Bar


@spread("levers")
def levers_command(
    lang: Language = Language.en, as_json: bool = False, write_doc: Path | None = None
) -> None:
    """List every lever and parameter: unit, range, default, and what the default rests on."""
    if write_doc is not None:
        from returnee.experiments.reports import parameters

        Bar().say(f"written: {experiments.write_text(write_doc, parameters.document())}")
    else:
        say(lambda: experiments.levers_listed(lang), experiments.levers_json, as_json)


@spread("measures")
def measures_command(lang: Language = Language.en, as_json: bool = False) -> None:
    """List every measure: the columns of a sweep, and what --measure takes."""
    say(lambda: experiments.measures_listed(lang), experiments.measures_json, as_json)


@spread("columns")
def columns_command(write_doc: Path | None = None) -> None:
    """List every measure, and every column of the tables and files that are written."""
    from returnee.experiments.reports import columns

    if write_doc is not None:
        Bar().say(f"written: {experiments.write_text(write_doc, columns.document())}")
    else:
        typer.echo(columns.document())


@spread("scenarios")
def scenarios_command(lang: Language = Language.en, as_json: bool = False) -> None:
    """List the scenarios that ship and what they do.

    A file of your own builds on one of them, extends = "linked", or on several, each laid on those
    to its left: extends = ["linked", "coastal_shock"].
    """
    say(lambda: experiments.scenarios_listed(lang), experiments.scenarios_json, as_json)
