"""What users give a function in Python, taken as the function declares it.

One name stands for a list of one, numpy's and pandas' values for Python's; what is of another type
is refused in one line before anything is read, run or written. Options that go together are one
object, whose fields may be given as keywords too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import lru_cache, wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from returnee.experiments.errors import UsageError, shown
from returnee.scenarios.schema.own_rules import RULES, OwnRules, reading_with, rules_now

P = ParamSpec("P")
R = TypeVar("R")
WORDS: dict[Any, str] = {
    bool: "True or False", int: "a whole number", float: "a number", str: "a text", Path: "a path",
    NoneType: "None", Sequence: "a list", Mapping: "a mapping",
}  # fmt: skip
PARAMETERS = "\n\nParameters\n----------"
OF_RULES = """
rules : str or Path, optional
    File of rules that take the place of the model's own in every scenario that is read."""
RAISES = """

Raises
------
ScenarioError, UsageError
    One line; nothing has been run or written then.
Interrupted
    If stopped; what is finished is kept."""
NUMBERS = {int: (int,), float: (int, float)}


def checked_arguments(function: Callable[P, R]) -> Callable[..., R]:
    """Have a function's arguments taken as it declares them.

    The function then raises UsageError for an argument of another type. Where a default is an
    object with options, its fields are keywords too: ``months=12`` for
    ``settings=RunSettings(months=12)``.
    """
    signature = inspect.signature(function)
    given = signature.parameters
    objects = {name: p.default for name, p in given.items() if _is_object(p.default)}
    parameters = [p for name, p in given.items() if name not in objects]
    owner: dict[str, str] = {}  # of a field; of two of the same name the first counts
    for name, default in objects.items():
        for field in fields_as_keywords(default):
            if field.name not in {*given, *owner}:
                owner[field.name] = name
                parameters.append(field)
    ruled = bool({"where", "settings"} & objects.keys())
    if ruled:
        hint, kind = str | Path | OwnRules | None, inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(RULES, kind, default=None, annotation=hint))

    @lru_cache(maxsize=1)  # when it is first called: a declaration may name what comes later
    def hints() -> dict[str, Any]:
        return get_type_hints(function)

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> R:
        rules = kwargs.pop(RULES, None) if ruled else None
        if rules is not None:
            with under_rules(rules):
                return checked(*args, **kwargs)
        bound = signature.bind(*args, **{k: v for k, v in kwargs.items() if k not in owner})
        for name, default in objects.items():
            changes = {field: value for field, value in kwargs.items() if owner.get(field) == name}
            whole = bound.arguments.get(name, default)
            if changes and _is_object(whole):
                bound.arguments[name] = replace(whole, **changes)
        for name, value in bound.arguments.items():
            bound.arguments[name] = as_declared(value, hints()[name], name)
        return function(*bound.args, **bound.kwargs)

    order = sorted(parameters, key=lambda p: p.kind)
    checked.__doc__ = described(inspect.getdoc(function) or "", objects, ruled)
    checked.__signature__ = signature.replace(parameters=order)  # type: ignore[attr-defined]
    return checked


def _is_object(value: Any) -> bool:
    """Whether a value is an object with options."""
    return is_dataclass(value) and not isinstance(value, type)


@contextmanager
def under_rules(given: Any) -> Iterator[OwnRules]:
    """Scenarios that are read meanwhile have the rules of a file, which are checked first."""
    with reading_with(given):
        from returnee.simulation.own_rules import check_rules

        rules = rules_now()
        assert rules is not None
        check_rules(rules)
        yield rules


def described(text: str, objects: Mapping[str, Any], ruled: bool = False) -> str:
    """A docstring with what many functions share: objects of options by their fields, and errors.

    Options stand below the other parameters, and errors of whatever keeps ``results`` as `RAISES`
    says, unless the docstring has them itself.
    """
    before, there, rest = text.partition(PARAMETERS)
    told = [
        f"\n{name} : {type(given).__name__}\n    Or its fields: {', '.join(f.name for f in fields(given))}."
        for name, given in objects.items()
        if there and f"\n{name} : " not in rest
    ]
    told += [OF_RULES] * (ruled and bool(there))
    inner, gap, after = rest.partition("\n\n")
    text = before + there + inner + "".join(told) + gap + after
    if "results" not in objects or "\nRaises\n" in text:
        return text
    head, examples, tail = text.partition("\n\nExamples\n")
    return head + RAISES + examples + tail


def fields_as_keywords(given: Any) -> list[inspect.Parameter]:
    """Parameters for the fields of a class of options, or of an object with their defaults."""
    found = []
    for field in fields(given):
        value = getattr(given, field.name, field.default)
        default = inspect.Parameter.empty if value is MISSING else value
        kind = inspect.Parameter.KEYWORD_ONLY
        found.append(inspect.Parameter(field.name, kind, default=default, annotation=field.type))
    return found


class Options:
    """The base of frozen dataclasses whose fields are taken as they declare them.

    What is of another type is refused.
    """

    def __post_init__(self) -> None:
        """Take every field as it is declared."""
        hints = get_type_hints(type(self))
        for field in fields(self):  # type: ignore[arg-type]
            value = as_declared(getattr(self, field.name), hints[field.name], field.name)
            object.__setattr__(self, field.name, value)


def as_declared(value: Any, hint: Any, name: str) -> Any:
    """A value as one of the types that a declaration names.

    >>> as_declared("linked", Sequence[str], "scenarios")
    ['linked']
    >>> as_declared("12", int, "months")
    Traceback (most recent call last):
    returnee.experiments.errors.UsageError: months: found '12', allowed a whole number
    """
    options = _options(hint)
    if _is_foreign(value) or isinstance(value, range):
        value = plain(value)
    for option in options:
        if _is(value, option):
            for key in value if get_origin(option) is Mapping else ():
                if not isinstance(key, str):  # those of all mappings that are taken are text
                    raise UsageError(
                        f"{name}: found the key {shown(key)}, allowed keys that are text"
                    )
            return value
    for option in options:
        if get_origin(option) is Sequence:
            inner = get_args(option)[0]
            given = list(value) if isinstance(value, Sequence | set) else [value]
            given = [value] if isinstance(value, str) else given
            if isinstance(value, Sequence | set) or any(_is(value, o) for o in _options(inner)):
                return [as_declared(one, inner, name) for one in given]
    words = [WORDS.get(get_origin(o) or o, f"a {getattr(o, '__name__', o)}") for o in options]
    told = [word for word in words if word != WORDS[NoneType]]
    raise UsageError(f"{name}: found {shown(value)}, allowed {' or '.join(told)}")


def _options(hint: Any) -> tuple[Any, ...]:
    """Types that a declaration names."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is(value: Any, option: Any) -> bool:
    """Whether a value is of a type, other than a list."""
    if option is Any:
        return True
    if isinstance(value, bool):
        return option is bool
    if option in NUMBERS:
        return isinstance(value, NUMBERS[option])
    kind = get_origin(option) or option
    return kind is not Sequence and isinstance(value, kind)


def _is_foreign(value: Any) -> bool:
    """Whether a value is numpy's or pandas'; neither need be loaded to tell."""
    return type(value).__module__.partition(".")[0] in ("numpy", "pandas")


def plain(value: Any) -> Any:
    """A value as a file would hold it: numpy's numbers and arrays, ranges and tuples too.

    >>> import numpy as np
    >>> plain({"a": np.linspace(0.0, 1.0, 3), "b": range(2), "c": np.int64(4)})
    {'a': [0.0, 0.5, 1.0], 'b': [0, 1], 'c': 4}
    """
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if _is_foreign(value) and hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple | range):
        return [plain(inner) for inner in value]
    return value
