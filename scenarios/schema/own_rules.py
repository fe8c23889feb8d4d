"""Rules of one's own: a Python file whose functions take the place of rules of the model.

Here the file is read, not run: which functions and which levers it has is found in its text. It travels
with the scenario as text, and its content is part of the scenario's id, its name is not. No scenario
file can name one: to open somebody's scenario must not run his code.

Levers are named in the file by ``LEVERS``: default, smallest and largest value, label in English and Chinese.

>>> rules = OwnRules(file="mine.py", text='LEVERS = {"copying": (0.5, 0, 2, "copying", "模仿")}')
>>> rules.values
(('copying', 0.5),)
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import model_validator

from returnee.scenarios.schema.errors import ScenarioError, problem, show, unknown
from returnee.scenarios.schema.fields import Group, Lever

RULES = "rules"
LEVERS = "LEVERS"
MOST_LEVERS = 8
LARGEST = 200_000  # letters of a file
UNIT = "own"
ROW = '"name": (default, smallest, largest, "English", "中文")'


class RulesError(ScenarioError):
    """Rules that cannot be used, a line for each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("")
        self.args = ("\n".join(" ".join(line.split()) for line in lines),)

    def __reduce__(self) -> Any:
        return type(self), tuple(str(self).splitlines())


class Function(NamedTuple):
    """A function of a file: its name, its arguments, and the line where it stands."""

    name: str
    arguments: tuple[str, ...]
    line: int


class Content(NamedTuple):
    """What a file holds."""

    functions: tuple[Function, ...]
    levers: tuple[Lever, ...]


class OwnRules(Group):
    """A file of rules, and the values of its levers.

    Attributes
    ----------
    file : str
        Name of the file; not part of the id.
    text : str
        What it holds.
    values : tuple of (str, float)
        Each lever's name and value.
    """

    file: str
    text: str
    values: tuple[tuple[str, float], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _as_manifests_have_it(cls, given: Any) -> Any:
        """Every lever has a value; what a manifest says of the content is checked."""
        fields = dict(given)
        digest, levers = fields.pop("sha256", None), fields.pop("levers", None)
        text = str(fields.get("text", ""))
        if digest is not None and digest != digest_of(text):
            raise problem(str(fields.get("file")), "sha256", digest_of(text), str(digest))
        set_ = dict(fields.get("values", ()) if levers is None else levers)
        content = content_of(text, str(fields.get("file")))
        fields["values"] = tuple(
            (lever.key, set_.get(lever.key, lever.default)) for lever in content.levers
        )
        return fields

    @property
    def content(self) -> Content:
        """Functions and levers of the file."""
        return content_of(self.text, self.file)

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return digest_of(self.text)

    @property
    def mark(self) -> str:
        """The first eight digits of that, which pages and results show."""
        return self.digest[:8]

    @property
    def told(self) -> dict[str, Any]:
        """What the results depend on, in plain values: content and values."""
        return {"sha256": self.digest, "levers": dict(self.values)}

    def titled(self, title: str) -> str:
        """A scenario's title that says which rules it has beside others that have none."""
        return title if title.endswith(f"[{self.file}]") else f"{title} [{self.file}]"

    def levers(self) -> dict[str, Lever]:
        """Levers with the values they have, by full key: ``rules.copying``."""
        values = dict(self.values)
        return {
            f"{RULES}.{one.key}": replace(one, key=f"{RULES}.{one.key}", value=values[one.key])
            for one in self.content.levers
        }

    def with_(self, given: Mapping[str, Any], source: str) -> Self:
        """The same rules with other values of levers, by name."""
        known, values = {lever.key: lever for lever in self.content.levers}, dict(self.values)
        for name, value in given.items():
            key = f"{RULES}.{name}"
            if name not in known:
                there = [f"{RULES}.{one}" for one in known]
                if there:
                    raise unknown(source, key, there, there)
                raise problem(source, key, "an unknown key", f"none: {self.file} has no {LEVERS}")
            value = value.item() if hasattr(value, "item") else value
            lever = known[name]
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            if not fits or not lever.low <= value <= lever.high:  # type: ignore[operator]
                raise problem(source, key, show(value), lever.allowed)
            values[name] = float(value)
        return type(self)(file=self.file, text=self.text, values=tuple(values.items()))


def digest_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def rules_of(given: Any, source: str = RULES, start: Path = Path()) -> OwnRules:
    """Rules from a file, or as they are.

    Parameters
    ----------
    given : str, Path or OwnRules
    source : str
        Where they are named, for errors.
    start : Path
        Folder from which files are named.
    """
    if isinstance(given, OwnRules):
        return given
    if not isinstance(given, str | Path) or not str(given):
        raise problem(source, "", show(given), "a Python file with rules")
    path = start / given
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise problem(str(given), "", "text that is not UTF-8", "Python in UTF-8") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "an unreadable file").lower()
        raise problem(str(given), "", reason, "a Python file with rules") from None
    if len(text) > LARGEST:
        raise problem(str(given), "", f"{len(text):,} letters", f"at most {LARGEST:,}")
    text = text.replace("\r\n", "\n")
    content_of(text, path.name)  # a mistake in it is told as it is
    return OwnRules(file=path.name, text=text)


@lru_cache(maxsize=64)
def content_of(text: str, label: str) -> Content:
    """Functions and levers of a file, found without running it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        reason = getattr(error, "msg", None) or str(error)
        raise problem(label, f"line {line}", f"a mistake: {reason}", "Python") from None
    functions: list[Function] = []
    levers: tuple[Lever, ...] = ()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions.append(_function(node, label))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id == LEVERS for t in targets):
                levers = _levers(node, label)
    return Content(tuple(functions), levers)


def _function(node: ast.FunctionDef, label: str) -> Function:
    given = node.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.defaults:
        allowed = "arguments by name, without defaults and stars"
        raise problem(label, f"{node.name} (line {node.lineno})", ast.unparse(given), allowed)
    names = tuple(argument.arg for argument in (*given.posonlyargs, *given.args))
    return Function(node.name, names, node.lineno)


def _levers(node: Any, label: str) -> tuple[Lever, ...]:
    where = f"{LEVERS} (line {node.lineno})"
    try:
        table = ast.literal_eval(node.value)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise problem(label, where, "something to be computed", "{" + ROW + "}")
    if len(table) > MOST_LEVERS:
        raise problem(label, where, f"{len(table)} levers", f"at most {MOST_LEVERS}")
    return tuple(_lever(name, row, label, where) for name, row in table.items())


def _lever(name: Any, row: Any, label: str, where: str) -> Lever:
    named = isinstance(name, str) and name.isidentifier() and name.isascii()
    whole = isinstance(row, tuple | list) and len(row) == 5
    if not named or not whole or not all(isinstance(text, str) and text for text in row[3:]):
        raise problem(label, where, show({name: row} if not named else row), ROW)
    numbers = [one for one in row[:3] if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) < 3 or not numbers[1] <= numbers[0] <= numbers[2] or numbers[1] >= numbers[2]:
        raise problem(label, where, show(row), f"{ROW}, the default between the other two")
    default, low, high = map(float, numbers)
    en, zh = row[3:]
    return Lever(
        key=name, type=float, unit=UNIT, low=low, high=high, default=default, value=default,
        en=en, zh=zh, help_en=f"{en} ({label})", help_zh=f"{zh}（{label}）",
        evidence=(), basis="assumed", free=False,
    )  # fmt: skip


# Rules that hold for every scenario that is read: while a study is made with some, or in this process.


class InForce(NamedTuple):
    """Rules, and the file as it was named."""

    rules: OwnRules | None
    named: str


NONE = InForce(None, "")
_here: ContextVar[InForce | None] = ContextVar("rules", default=None)
_everywhere: list[InForce] = []


def in_force() -> InForce:
    """What scenarios are read with now."""
    return _here.get() or (_everywhere[0] if _everywhere else NONE)


def rules_now() -> OwnRules | None:
    """The rules that scenarios are read with now; None: the model's own."""
    return in_force().rules


def levers_now() -> dict[str, Lever]:
    """Levers of those rules by full key."""
    rules = rules_now()
    return {} if rules is None else rules.levers()


@contextmanager
def reading_with(given: str | Path | OwnRules | None) -> Iterator[None]:
    """Scenarios that are read meanwhile have the rules of a file; None changes nothing."""
    if given is None:
        yield
        return
    token = _here.set(_taken(given))
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def reading_with_none() -> Iterator[None]:
    """Scenarios that are read meanwhile have the model's own rules."""
    token = _here.set(NONE)
    try:
        yield
    finally:
        _here.reset(token)


def read_everywhere_with(given: str | Path | OwnRules | None) -> None:
    """All threads of this process read scenarios with the rules of a file."""
    _everywhere[:] = [] if given is None else [_taken(given)]


def _taken(given: str | Path | OwnRules) -> InForce:
    rules = rules_of(given)
    return InForce(rules, rules.file if isinstance(given, OwnRules) else str(given))
