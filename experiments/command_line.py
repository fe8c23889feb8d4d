"""Command lines that repeat what was done, as manifests and reports keep them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from returnee.scenarios.schema.own_rules import in_force


def toml_of(value: Any) -> str:
    """A value as ``--set`` takes it.

    >>> toml_of({1: 1000, 25: True})
    '{1 = 1000, 25 = true}'
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {toml_of(v)}" for k, v in value.items()) + "}"
    return str(value)


def command_line(words: Iterable[object], options: Mapping[str, Any]) -> str:
    """The command line that repeats a study.

    `words`: the command, and what it is given without a name. `options`: options by name, in
    order, and the rules in force at last. Of a list each value is given, of a mapping each key with its value, as ``--set`` takes
    them; None and what is empty is left out.

    >>> command_line(["compare", "linked"], {"set": {"county": "binhai"}, "seed": 1, "out": None})
    'returnee compare linked --set county=binhai --seed 1'
    >>> command_line(["calibrate"], {"free": ["a", "b"]})
    'returnee calibrate --free a --free b'
    """
    found = ["returnee", *map(str, words)]
    for name, value in {**options, "rules": in_force().named}.items():
        if isinstance(value, Mapping):
            values: list[Any] = [f"{key}={toml_of(inner)}" for key, inner in value.items()]
        elif isinstance(value, list | tuple):
            values = list(value)
        else:
            values = [] if value is None or value == "" else [value]
        for one in values:
            found += [f"--{name}", str(one)]
    return shlex.join(found)
