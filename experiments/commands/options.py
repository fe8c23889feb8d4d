"""Options of the commands, and objects with options spread into a command's own.

What an option is called and said of it stands in ``data/options.toml``. Apart from what does the
work, so that the command line answers without loading the model.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, is_dataclass, replace
from enum import StrEnum
from functools import lru_cache, wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from returnee.experiments.arguments import fields_as_keywords, under_rules
from returnee.experiments.commands.shell import end_share, overrides_of
from returnee.experiments.errors import ShareDone
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.progress import Bar

FILE = Path(__file__).parents[1] / "data" / "options.toml"
ENUM: Any = StrEnum  # of words that the table names
RULES = inspect.Parameter(
    "rules", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Path | None
)


class Language(StrEnum):
    """Language of tables and reports."""

    en = "en"
    zh = "zh"


@dataclass(frozen=True)
class Shown:
    """How a command answers."""

    lang: Language = Language.en
    as_json: bool = False


@dataclass(frozen=True)
class How:
    """How a study's runs are made and kept, and how the command answers."""

    settings: RunSettings = RunSettings()
    where: Where = Where()
    results: Keep = Keep(progress=True)
    lang: Language = Language.en
    as_json: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """What every study takes."""
        return {"settings": self.settings, "where": self.where, "results": self.results}

    def kept(self, out: str | Path) -> dict[str, Any]:
        """The same, in this folder if none was named."""
        return {**self.options, "results": replace(self.results, out=self.results.out or out)}


@dataclass(frozen=True)
class Study(How):
    """The same of a study in which levers and parameters may be set."""

    set_: list[str] | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What every such study takes."""
        return {**super().options, "overrides": overrides_of(self.set_)}


def usual(out: str = "", kind: type[How] = How, **settings: Any) -> Any:
    """A command's own defaults: the folder of its results, and fields of settings."""
    return kind(RunSettings(**settings), results=Keep(Path(out) if out else None, progress=True))


def study(out: str = "", **settings: Any) -> Any:
    """The same for a `Study`."""
    return usual(out, Study, **settings)


@dataclass(frozen=True)
class Counties:
    """Which counties a command is about."""

    table: Path | None = None
    files: Path | None = None
    province: list[str] | None = None
    crowded: bool = False
    year: int = 2020

    def source(self) -> Any:
        """Where they are read from, a `returnee.experiments.studies.region.counties.Source`."""
        from returnee.experiments.studies.region.counties import Source

        return Source(self.files, tuple(self.province or ()), self.table, self.crowded, self.year)


@lru_cache(maxsize=1)
def said() -> dict[str, dict[str, Any]]:
    """What is said of options, a table for each command, and what several share as ``usual``."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def examples_of(name: str) -> str | None:
    """Examples of a command, where there are some."""
    return said().get(name, {}).get("examples")


def spread(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Have a command take objects with options as options, field by field.

    Fields of which nothing is said are left out; of two of the same name the first counts.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        taken, options = list(signature.parameters.values()), dict[str, inspect.Parameter]()
        for k, parameter in enumerate(taken, start=1):
            if is_dataclass(parameter.annotation):
                taken[k:k] = fields_of(parameter)  # which come next
            elif parameter.name not in options and (option := option_of(name, parameter)):
                options[option.name] = option
        ruled = any(parameter.annotation in (RunSettings, Where) for parameter in taken)
        if ruled and (option := option_of(name, RULES)):
            options[RULES.name] = option

        @wraps(function)
        def command(**given: Any) -> None:
            rules = given.pop(RULES.name, None) if ruled else None
            if rules is not None:
                with under_rules(rules) as own:
                    Bar().say(f"rules: {own.file} ({own.mark})")
                    command(**given)
                return
            as_json = given.get("as_json", False)
            try:
                function(**{p.name: made(p, given) for p in signature.parameters.values()})
            except ShareDone as share:
                end_share(share, as_json)

        order = list(options.values())
        command.__signature__ = signature.replace(parameters=order)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in order}
        return command

    return decorate


def made(parameter: inspect.Parameter, given: dict[str, Any]) -> Any:
    """What is given for a parameter, and taken from there; of an object, one with what is given."""
    if not is_dataclass(parameter.annotation):
        return given.pop(parameter.name, None)
    new: Any = parameter.annotation
    values = {field.name: made(field, given) for field in fields_of(parameter)}
    values = {name: value for name, value in values.items() if value is not None}
    is_new = parameter.default is parameter.empty
    return new(**values) if is_new else replace(parameter.default, **values)


def fields_of(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """Parameters for the fields of an object, with its own values as defaults."""
    hints = get_type_hints(parameter.annotation, include_extras=True)
    return [
        one.replace(annotation=hints[one.name])
        for one in fields_as_keywords(
            parameter.annotation if parameter.default is parameter.empty else parameter.default
        )
    ]


def option_of(command: str, parameter: inspect.Parameter) -> inspect.Parameter | None:
    """A parameter as an option or argument, or nothing if it is none of the command's.

    One that says itself what it is, as typer has it, stays so.
    """
    if get_origin(parameter.annotation) is Annotated:
        return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
    name, tables = parameter.name, said()
    about = tables.get(command, {}).get(name, tables["usual"].get(name, False))
    if about is False:
        return None
    about = {"help": about} if isinstance(about, str) else dict(about)
    flag = about.pop("name", f"--{name.rstrip('_').replace('_', '-')}")
    is_argument, choices = about.pop("argument", False), about.pop("choices", ())
    kind = typer.Argument(**about) if is_argument else typer.Option(flag, **about)
    type_: Any = parameter.annotation
    if choices:
        type_ = ENUM("Choice", [(choice, choice) for choice in choices])
    elif type_ == str | Path | None:  # a command line is text
        type_ = Path | None
    elif Sequence in (get_origin(type_), *map(get_origin, get_args(type_))):
        type_, parameter = list[str] | None, parameter.replace(default=None)
    hint = Annotated[type_, kind]
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hint)
