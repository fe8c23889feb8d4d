"""Rules of a file of one's own in the place of the model's: checked, compiled, and watched in plain Python."""

from __future__ import annotations

import linecache
import math
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core import config, types

from returnee.scenarios.schema.errors import guess, nearest, problem
from returnee.scenarios.schema.own_rules import LEVERS, Function, OwnRules, RulesError
from returnee.simulation.engine.compiler import SOURCE_HASH, is_compiled
from returnee.simulation.engine.variants import AS_IT_IS, Circle, Model, Variant, plain
from returnee.simulation.replaceable import Replaceable, by_name, never
from returnee.simulation.state.county import County

LONGEST = 160  # letters of a compiler's reason
NOT_A_NUMBER = "found nan, allowed a number; with NUMBA_DISABLE_JIT=1 it is told of whom and when"
RECORDS = {
    "worker": "workers", "firm": "firms", "market": "markets", "town": "towns", "policy": "policies",
    "behaviour": "behaviour", "facts": "facts", "clock": "clock",
}  # fmt: skip
NUMBERS = {"int": types.int64, "float": types.float64, "bool": types.boolean}


@lru_cache(maxsize=64)
def _checked(text: str, file: str) -> None:
    content = OwnRules(file=file, text=text).content
    known, levers = by_name(), tuple(lever.key for lever in content.levers)
    rules = [one for one in content.functions if not one.name.startswith("_")]
    if not rules:
        raise problem(file, "", "no function", "one of those that `returnee rules` lists")
    for one in rules:
        where = f"{one.name} (line {one.line})"
        if one.name not in known:
            hint = guess(nearest(one.name, known))
            allowed = "a name that `returnee rules` lists, or one with _ before it for a helper"
            raise problem(file, where, f"an unknown rule{hint}", allowed)
        if sum(other.name == one.name for other in rules) > 1:
            raise problem(file, where, "the rule twice", "each once")
        _check_arguments(one, known[one.name], levers, file, where)
    for name in set(levers) & {name for rule in known.values() for name in rule.arguments}:
        raise problem(file, LEVERS, name, "a name that is no argument of a rule")


def _check_arguments(
    one: Function, rule: Replaceable, levers: tuple[str, ...], file: str, where: str
) -> None:
    for name in one.arguments:
        if name in rule.arguments or (name in levers and rule.lever_from):
            continue
        also = f", and levers: {', '.join(levers)}" if levers and rule.lever_from else ""
        found = f"the argument {name}"
        if name in levers:
            found += ", a lever"
            also = "; it gets no levers, as it has neither c nor behaviour"
        raise problem(file, where, found, f"{', '.join(rule.arguments)}{also}")


def check_rules(rules: OwnRules) -> None:
    """Refuse functions that replace nothing, and arguments that a rule doesn't have.

    Raises
    ------
    ScenarioError
        Names the file, the function, what was found and what is allowed.
    """
    _checked(rules.text, rules.file)


def replaced_by(rules: OwnRules) -> list[str]:
    """Names of the rules that a file replaces."""
    return [one.name for one in rules.content.functions if one.name in by_name()]


class Watch:
    """Looks at what a rule returns, in plain Python."""

    def __init__(self, file: str, rule: str) -> None:
        self.file, self.rule = file, rule

    def __call__(self, value: Any) -> Any:
        """The value, if it is a number."""
        number = isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating)
        if number and not math.isnan(value):
            return value
        found = "nan" if number else f"{value!r} ({type(value).__name__})"
        whose = "".join(f", {what}" for what in of_whom(sys._getframe(1)))
        raise RulesError(f"{self.file}: {self.rule}{whose}: found {found}, allowed a number")


def of_whom(frame: FrameType | None) -> list[str]:
    """Person, firm and month for whom a rule is asked, by what its callers know."""
    found: dict[str, str] = {}
    while frame is not None and len(found) < 2:
        known = frame.f_locals
        county, worker, firm = known.get("c"), known.get("worker"), known.get("firm")
        if isinstance(county, County):
            found.setdefault("month", f"month {int(county.clock.month)}")
            if worker is None and "i" in known:
                worker = county.workers[known["i"]]
            if firm is None and "f" in known:
                firm = county.firms[known["f"]]
        if worker is not None and "id" in (worker.dtype.names or ()):
            found.setdefault("whose", f"person {int(worker.id)}")
        elif firm is not None and "id" in (firm.dtype.names or ()):
            found.setdefault("whose", f"firm {int(firm.id)} of person {int(firm.id) >> 4}")
        frame = frame.f_back
    return [found[key] for key in ("whose", "month") if key in found]


class Own(Variant):
    """The model with the rules of a file."""

    def __init__(self, rules: OwnRules) -> None:
        check_rules(rules)
        self.rules, name = rules, f"returnee_rules_{rules.digest[:16]}"
        self.file = f"<{rules.file} {rules.mark}>"
        self.functions = {
            one.name: one for one in rules.content.functions if not one.name.startswith("_")
        }
        self._module = _loaded(rules, name, self.file)
        self._asked = {}
        replaced: dict[Any, Any] = {}
        for one in self.functions.values():
            rule = by_name()[one.name]
            replaced[rule.function] = self._asked[one.name] = self._in_its_place(one, rule)
            for bound in map(plain, rule.bounds):
                arguments = bound.__code__.co_varnames[: bound.__code__.co_argcount]
                replaced[bound] = never(bound.__name__, arguments, name)
        super().__init__(f"{SOURCE_HASH} {rules.digest}", replaced, name)
        self._is_ready = False

    def _in_its_place(self, one: Function, rule: Replaceable) -> Any:
        """A function with the arguments of the model's rule that calls the file's."""
        levers = {lever.key: k for k, lever in enumerate(self.rules.content.levers)}
        given = ", ".join(
            f"{rule.lever_from}.own_{levers[name]}" if name in levers else name
            for name in one.arguments
        )
        call = f"own({given})"
        if config.DISABLE_JIT:
            lines = [f"    return watch({call})"]
        else:
            lines = [
                f"    value = float({call})",
                "    if value != value:",
                f"        raise ValueError({f'{self.rules.file}: {rule.name}: {NOT_A_NUMBER}'!r})",
                "    return value",
            ]
        found: dict[str, Any] = {
            "__name__": self._module.__name__,
            "own": vars(self._module)[one.name],
            "watch": Watch(self.rules.file, one.name),
        }
        text = "\n".join([f"def {rule.name}({', '.join(rule.arguments)}):", *lines])
        exec(compile(text, self.file, "exec"), found)  # noqa: S102
        return found[rule.name]

    def get_ready(self, county: County) -> None:
        """Before the model is compiled: refuse rules that cannot be, one line for each."""
        with self._lock:
            if self._is_ready:
                return
            if not is_compiled(self.mark):
                members = dict(numba.typeof(county).members)
                lines = [
                    line
                    for one in self.functions.values()
                    if (line := self._wrong(one, county, members))
                ]
                if lines:
                    raise RulesError(*lines)
            self._is_ready = True

    def _wrong(self, one: Function, county: County, members: dict[str, Any]) -> str:
        """Why a rule cannot be compiled; empty if it can."""
        rule = by_name()[one.name]
        where = f"{self.rules.file}: {one.name} (line {one.line})"
        hints = rule.function.__annotations__
        given = [_type_of(name, str(hints.get(name)), county, members) for name in rule.arguments]
        kinds = dict(zip(rule.arguments, given, strict=True))
        own = self.of(vars(self._module)[one.name])
        try:
            found = own.lowered(tuple(kinds.get(name, types.float64) for name in one.arguments))
        except Exception as error:  # a compiler's, of whatever type
            return f"{where}: found {reason_of(error, self.file)}, allowed what can be compiled"
        kind = types.unliteral(found.result.signature.return_type)
        if isinstance(kind, types.Number | types.Boolean) and not isinstance(kind, types.Complex):
            return ""
        return f"{where}: found that it returns {_said(kind)}, allowed a number in every case"


def _type_of(name: str, hint: str, county: County, members: dict[str, Any]) -> Any:
    if name == "c":
        return numba.typeof(county)
    if name in RECORDS:
        member = members[RECORDS[name]]
        return getattr(member, "dtype", member) if isinstance(member, types.Array) else member
    return NUMBERS[hint]


def _said(kind: Any) -> str:
    text = "nothing" if isinstance(kind, types.NoneType) else str(kind).partition("(func=")[0]
    return f"nothing in some cases ({text})" if isinstance(kind, types.Optional) else text


def reason_of(error: Exception, file: str) -> str:
    """What a compiler's message says, in a line, with the line of the file."""
    if isinstance(error, KeyError):  # what the compiler says of a record
        return f"no field {error} in a record"
    text = re.sub(r"\x1b\[[\d;]*m|(?<=County)\(\w+\)", "", str(error))  # colours, and a hash
    lines = [" ".join(line.split()) for line in text.splitlines()]
    told = [
        line
        for line in lines
        if line
        and not line.startswith(("Failed in", "During:", "File ", "- ", "<source", ">>>"))
        and not line.startswith(
            ("There are", "Overload", "raised from", "Use of unsupported NumPy")
        )
    ]
    reason = told[0] if told else type(error).__name__
    shown = next((line.removeprefix(">>> ") for line in lines if line.startswith(">>>")), "")
    if shown and "signature" in reason:
        reason = f"{reason.rstrip(':')}: {shown}"
    at = next((line for line in lines if file in line and "line " in line), "")
    line = at.rpartition("line ")[2].strip(" :).")
    reason = reason if len(reason) <= LONGEST else f"{reason[:LONGEST]} ..."
    return f"{reason} (line {line})" if line.isdigit() else reason


def _loaded(rules: OwnRules, name: str, file: str) -> ModuleType:
    """The file as a module."""
    linecache.cache[file] = (len(rules.text), None, rules.text.splitlines(keepends=True), file)
    module = ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(rules.text, file, "exec"), vars(module))  # noqa: S102
    except Exception as error:
        traceback, line = error.__traceback__, 1
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == file:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        found = " ".join(f"{type(error).__name__}: {error}".split())
        raise problem(rules.file, f"line {line}", found, "a file that can be loaded") from None
    for one in rules.content.functions:  # whatever decorates them
        function = vars(module).get(one.name)
        vars(module)[one.name] = plain(function)
    return module


_models: dict[str, Own] = {}
_lock = threading.Lock()


def model_of(rules: OwnRules | None) -> Model | Own:
    """The model with some rules; without, as it is."""
    if rules is None:
        return AS_IT_IS
    with _lock:
        found = _models.get(rules.digest)
        if found is None:
            found = _models[rules.digest] = Own(rules)
        return found


@contextmanager
def running_under(rules: OwnRules | None, county: County) -> Iterator[Model | Own]:
    """The model under which a county lives; what goes wrong in a rule is told as the rule's.

    Raises
    ------
    RulesError
        A line for each rule that cannot be compiled, or for one that returned something else than a number.
    """
    model = model_of(rules)
    if not isinstance(model, Own):
        yield model
        return
    try:
        if not config.DISABLE_JIT:
            model.get_ready(county)
        yield model
    except Circle as circle:
        names = " -> ".join(dict.fromkeys(circle.args[0]))
        raise RulesError(
            f"{model.rules.file}: found rules that call each other in a circle ({names}), allowed none"
        ) from None
    except ValueError as error:
        if NOT_A_NUMBER not in str(error):
            raise
        raise RulesError(str(error)) from None
