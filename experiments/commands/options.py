"""Options that several commands share, and objects with options spread into a command's own.

Apart from what does the work, so that the command line answers without loading the model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from returnee.experiments.commands.shell import end_share
from returnee.experiments.errors import ShareDone


class Language(StrEnum):
    """Language of tables and reports."""

    en = "en"
    zh = "zh"


LangOption = Annotated[Language, typer.Option(help="Language.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a lever or parameter; may be given more than once. `returnee levers` lists them.",
    ),
]
PROCESSES = typer.Option("--processes", help="Use processes, not threads.")
SCHEDULER = typer.Option(metavar="ADDRESS", help="Use the Dask cluster of this scheduler.")
LOCAL = typer.Option("--local-cluster", metavar="N", help="Start a Dask cluster of N processes.")
SHARD = typer.Option(
    metavar="i/N",
    help="Do one share of N, as a job of an array; `returnee merge` joins them. Not for searches "
    "(calibrate, budget, sensitivity), where what is run next hinges on what came out before.",
)
AS_NEW = typer.Option("--as-new", help="Write to a new folder beside one of another plan.")
# Of the objects with options that functions take too; fields that are not here are left out.
USUAL: dict[str, Any] = {
    "sample": Annotated[float, typer.Option(help="Share of the county that is simulated.")],
    "months": Annotated[int, typer.Option(help="Months under the policy.")],
    "seed": Annotated[int, typer.Option(help="Seed of all draws.")],
    "workers": Annotated[
        int | None, typer.Option(help="Runs at a time; all processors if left out.")
    ],
    "processes": Annotated[bool, PROCESSES],
    "scheduler": Annotated[str, SCHEDULER],
    "local_cluster": Annotated[int, LOCAL],
    "out": Annotated[Path | None, typer.Option(help="Folder.")],
    "as_new": Annotated[bool, AS_NEW],
    "shard": Annotated[str, SHARD],
}


@dataclass(frozen=True)
class Shown:
    """How a command answers."""

    lang: LangOption = Language.en
    as_json: JsonOption = False


def spread(**words: str | None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Have a command take objects with options as options, field by field.

    `words`: help of a usual option, where it is another; None leaves the option out.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        parameters: list[inspect.Parameter] = []
        objects: dict[str, inspect.Parameter] = {}
        for name, parameter in signature.parameters.items():
            if is_dataclass(parameter.annotation):
                objects[name] = parameter
                parameters += options_of(parameter, words)
            else:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

        @wraps(function)
        def command(**given: Any) -> None:
            for name, parameter in objects.items():
                names = [option.name for option in options_of(parameter, words)]
                values = {field: given.pop(field) for field in names}
                given[name] = (
                    parameter.annotation(**values)
                    if parameter.default is inspect.Parameter.empty
                    else replace(parameter.default, **values)
                )
            try:
                function(**given)
            except ShareDone as share:
                end_share(share, given["shown"].as_json)

        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def options_of(
    parameter: inspect.Parameter, words: dict[str, str | None]
) -> list[inspect.Parameter]:
    """The options that stand for one object."""
    whole = parameter.annotation
    hints, found = get_type_hints(whole, include_extras=True), []
    for field in fields(whole):
        own = _is_option(hints[field.name])
        hint = hints[field.name] if own else USUAL.get(field.name)
        if hint is None or (not own and words.get(field.name, "") is None):
            continue
        if not own and (help_ := words.get(field.name)):
            hint = Annotated[get_args(hint)[0], typer.Option(help=help_)]
        default = field.default
        if parameter.default is not inspect.Parameter.empty:
            default = getattr(parameter.default, field.name)
        if default is MISSING:
            default = inspect.Parameter.empty
        kind = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(field.name, kind, default=default, annotation=hint))
    return found


def _is_option(hint: Any) -> bool:
    return any(type(word).__module__.startswith("typer") for word in get_args(hint)[1:])
