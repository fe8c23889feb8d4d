"""The commands ``returnee county``."""

from __future__ import annotations

from pathlib import Path

import typer

from returnee import experiments
from returnee.experiments.commands.options import Language, examples_of, spread
from returnee.experiments.commands.shell import overrides_of, print_json, say, warn_of
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.progress import Bar
from returnee.scenarios import load_scenario

county_app = typer.Typer(
    help="Show a county, or write it out to be changed.", epilog=examples_of("county")
)


@county_app.command("show")
@spread("county")
def show_command(
    scenario: str = "baseline",
    set_: list[str] | None = None,
    lang: Language = Language.en,
    as_json: bool = False,
) -> None:
    """Print the facts of a county, its townships and sectors."""
    read = load_scenario(scenario, overrides_of(set_))
    warn_of([read], lang)
    blocks, content = experiments.county_listed, experiments.county_json
    say(lambda: blocks(read, lang), lambda: content(read), as_json)


@county_app.command("columns")
@spread("county")
def county_columns_command(as_json: bool = False) -> None:
    """Print the columns of workers.csv and ties.csv: unit, allowed values, meaning."""
    from returnee.experiments.reports.counties import county_columns

    if as_json:
        print_json(county_columns.columns_json())
    else:
        typer.echo(county_columns.document())


@county_app.command("export")
@spread("county")
def export_command(
    folder: Path,
    scenario: str = "baseline",
    set_: list[str] | None = None,
    settings: RunSettings = RunSettings(sample=0.05),
) -> None:
    """Write a county's folder: its facts, and its people and ties as tables."""
    from returnee.simulation.start.own_county import export_county

    read = load_scenario(scenario, overrides_of(set_))
    experiments.check(read, 0, settings)
    try:
        export_county(folder, read, settings.sample, settings.seed)
    except ValueError as error:
        raise error if type(error) is not ValueError else UsageError(str(error)) from None
    Bar().say(f"written to {folder}")


@county_app.command("from-census")
@spread("county")
def from_census_command(code: str, files: Path, year: int = 2020, out: Path | None = None) -> None:
    """Write the county.toml of a county of the census, with a source behind every value.

    From the census come residents by sex and age, the children who will turn 18, the labour force
    (57 % of the registered population), the share away, dependants, schooling, and farming. The rest is
    national or as in Binhai, and says so: look through what is marked as assumed, townships above all.
    """
    from returnee.scenarios.files.census import write_from_census

    folder = out or Path(code)
    write_from_census(code, files, folder, Bar().say, year)
    Bar().say(f"written to {folder}")
