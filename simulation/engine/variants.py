"""The model with some rules replaced: copies of the rules that call those, directly or not.

A rule finds what it calls by name among the globals of its module. A copy has the same code and other
globals, in which the names stand for copies. Rules that call nothing replaced stay the same objects, and with them
what was compiled of them; nobody who holds the model's own rules sees anything of the copies.
"""

from __future__ import annotations

import dis
import threading
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

from returnee.simulation.engine.compiler import compiled

Rule = Any  # a function, or a `Kernel` of one
MODEL = "returnee."


def plain(rule: Rule) -> Any:
    """The function as written in Python."""
    return getattr(rule, "py_func", rule)


def names_in(code: CodeType) -> Iterator[str]:
    """Globals that a function looks up, in functions inside of it too."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def called_by(rule: Rule, own: str = MODEL) -> dict[str, Rule]:
    """Rules that a rule calls, by the name under which it knows them."""
    function = plain(rule)
    found = {}
    for name in dict.fromkeys(names_in(function.__code__)):
        value = function.__globals__.get(name)
        inner = plain(value)
        if isinstance(inner, FunctionType) and str(inner.__module__).startswith((MODEL, own)):
            found[name] = value
    return found


class Circle(Exception):
    """Rules that call each other in a circle; the names, in order."""


class Variant:
    """A model in which some rules are replaced.

    Parameters
    ----------
    mark : str
        What tells it from other models, part of the key of machine code.
    replaced : mapping
        Functions as written, to those that take their place. A function that takes a place, and what is of its
        module, gets the model's own rule where it names one that is replaced; that in turn calls what is replaced.
    module : str
        Name of the module of those functions.
    """

    def __init__(self, mark: str, replaced: Mapping[Any, Any], module: str) -> None:
        self.mark, self.module = mark, module
        self._replaced = dict(replaced)
        self._made: dict[Any, Rule] = {}
        self._usual: dict[Any, Rule] = {}
        self._globals: dict[tuple[int, bool], dict[str, Any]] = {}
        self._busy: list[tuple[Any, Any]] = []
        self._lock = threading.RLock()

    def of(self, rule: Rule) -> Rule:
        """What stands for a rule in this model: the rule itself where nothing that it calls is replaced."""
        with self._lock:
            return self._of(rule)

    def _of(self, rule: Rule) -> Rule:
        function = plain(rule)
        if function not in self._made:
            new = self._replaced.get(function)
            self._made[function] = self._copy(rule if new is None else new, function)
        return self._made[function]

    def usual(self, rule: Rule) -> Rule:
        """The model's own rule where it is replaced, calling what is replaced elsewhere."""
        function = plain(rule)
        if function not in self._replaced:
            return self._of(rule)
        if function not in self._usual:
            self._usual[function] = self._copy(rule, function)
        return self._usual[function]

    def _copy(self, rule: Rule, at: Any) -> Rule:
        """A rule with copies of what it calls; itself if there are none."""
        function = plain(rule)
        if (at, function) in self._busy:
            first = self._busy.index((at, function))
            raise Circle([one.__name__ for one, _ in self._busy[first:]])
        mine = function.__module__ == self.module
        self._busy.append((at, function))
        try:
            called = called_by(rule, self.module)
            copies = {n: self.usual(one) if mine else self._of(one) for n, one in called.items()}
        finally:
            self._busy.pop()
        if not mine and all(copies[name] is one for name, one in called.items()):
            return rule
        return compiled(self._with(function, copies, mine), self.mark)

    def _with(self, function: Any, copies: Mapping[str, Rule], mine: bool) -> Callable[..., Any]:
        """A function that knows copies under some names."""
        key = id(function.__globals__), mine
        known = self._globals.setdefault(key, dict(function.__globals__))
        known.update(copies)
        code, name = function.__code__, function.__name__
        new = FunctionType(code, known, name, function.__defaults__, function.__closure__)
        new.__dict__.update(function.__dict__)
        new.__doc__, new.__module__ = function.__doc__, function.__module__
        new.__qualname__, new.__annotations__ = function.__qualname__, function.__annotations__
        return new


class Model:
    """The model as it is."""

    mark = ""

    def of(self, rule: Rule) -> Rule:
        """The rule."""
        return rule


AS_IT_IS = Model()
