"""The commands that list what there is: levers, measures, columns and scenarios."""

from __future__ import annotations

from pathlib import Path

import typer

from returnee.experiments.commands.options import Language, spread
from returnee.experiments.commands.shell import console_of, print_json
from returnee.experiments.running.progress import Bar


@spread("levers")
def levers_command(
    lang: Language = Language.en, as_json: bool = False, write_doc: Path | None = None
) -> None:
    """List every lever and parameter: unit, range, default, and what the default rests on."""
    from returnee.experiments.reports import listing

    if write_doc is not None:
        from returnee.experiments.files import write_text
        from returnee.experiments.reports import parameters

        Bar().say(f"written: {write_text(write_doc, parameters.document())}")
    elif as_json:
        print_json(listing.levers_json())
    else:
        listing.show_levers(console_of(), lang)


@spread("measures")
def measures_command(lang: Language = Language.en, as_json: bool = False) -> None:
    """List every measure: the columns of a sweep, and what --measure takes."""
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.measures_json())
    else:
        listing.show_measures(console_of(), lang)


@spread("columns")
def columns_command(write_doc: Path | None = None) -> None:
    """List every measure, and every column of the tables and files that are written."""
    from returnee.experiments.files import write_text
    from returnee.experiments.reports import columns

    if write_doc is not None:
        Bar().say(f"written: {write_text(write_doc, columns.document())}")
    else:
        typer.echo(columns.document())


@spread("scenarios")
def scenarios_command(lang: Language = Language.en, as_json: bool = False) -> None:
    """List the scenarios that ship and what they do.

    A file of your own builds on one of them, extends = "linked", or on several, each laid on those
    to its left: extends = ["linked", "coastal_shock"].
    """
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.scenarios_json())
    else:
        listing.show_scenarios(console_of(), lang)
