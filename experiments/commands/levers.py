"""The commands that list what there is: levers, measures, columns and scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from returnee.experiments.commands.options import JsonOption, LangOption, Language
from returnee.experiments.commands.shell import console_of, print_json
from returnee.experiments.running.progress import Bar


def levers_command(
    lang: LangOption = Language.en,
    as_json: JsonOption = False,
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Write them to a Markdown page instead."),
    ] = None,
) -> None:
    """List every lever and parameter: unit, range, default, and what the default rests on."""
    from returnee.experiments.reports import listing

    if write_doc is not None:
        from returnee.experiments.reports.parameters import write_parameters

        Bar().say(f"written: {write_parameters(write_doc)}")
    elif as_json:
        print_json(listing.levers_json())
    else:
        listing.show_levers(console_of(), lang)


def measures_command(lang: LangOption = Language.en, as_json: JsonOption = False) -> None:
    """List every measure: the columns of a sweep, and what --measure takes."""
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.measures_json())
    else:
        listing.show_measures(console_of(), lang)


def columns_command(
    write_doc: Annotated[
        Path | None,
        typer.Option("--write-doc", metavar="FILE", help="Write them to a Markdown page instead."),
    ] = None,
) -> None:
    """List every measure, and every column of the tables and files that are written."""
    from returnee.experiments.reports import columns

    if write_doc is not None:
        Bar().say(f"written: {columns.write_columns(write_doc)}")
    else:
        typer.echo(columns.document())


def scenarios_command(lang: LangOption = Language.en, as_json: JsonOption = False) -> None:
    """List the scenarios that ship and what they do.

    A file of your own builds on one of them, extends = "linked", or on several, each laid on those
    to its left: extends = ["linked", "coastal_shock"].
    """
    from returnee.experiments.reports import listing

    if as_json:
        print_json(listing.scenarios_json())
    else:
        listing.show_scenarios(console_of(), lang)
