"""What the rules do in plain Python, as JSON on standard output, for ``test_fingerprint``.

``cover``: digests of the fingerprint's runs, and what they leave out of the rules. ``change OLD NEW``:
digests of the tiniest run, with one text replaced in the sources as they are loaded.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

COUNTIES = ("c", "county")  # what rules call it
IMPORTS = (ast.Import, ast.ImportFrom)
DECORATORS = ("kernel", "draw_kernel")
MODEL = str(Path(__file__).resolve().parents[2] / "simulation") + os.sep


class Statement(NamedTuple):
    """A statement of a rule."""

    rule: str
    text: str  # its first line
    is_first: bool


class Marks:
    """Marks before each statement of the rules, which say whether it was reached.

    Tracing lines, as coverage does, takes twice as long as the runs themselves.
    """

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.reached = builtins.REACHED = bytearray(100_000)  # type: ignore[attr-defined]

    def put(self, source: bytes) -> ast.Module:
        """A file with marks in its rules."""
        tree, lines = ast.parse(source), source.decode().splitlines()
        for rule in rules_in(tree):
            first = rule.body[ast.get_docstring(rule) is not None and len(rule.body) > 1]
            for block in blocks_of(rule):
                for statement in list(block):
                    if statement is rule.body[0] and statement is not first:
                        continue  # the docstring
                    mark = ast.parse(f"REACHED[{len(self.statements)}] = 1").body[0]
                    for part in ast.walk(mark):
                        ast.copy_location(part, statement)
                    block.insert(block.index(statement), mark)
                    text = lines[statement.lineno - 1].strip()
                    self.statements.append(Statement(rule.name, text, statement is first))
        return tree

    def missed(self) -> list[Statement]:
        """What was not reached, in the order of the sources."""
        return [one for one, hit in zip(self.statements, self.reached) if not hit]


def rules_in(tree: ast.Module) -> list[ast.FunctionDef]:
    """Functions of a file that are compiled."""
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(getattr(getattr(d, "func", d), "id", "") in DECORATORS for d in node.decorator_list)
    ]


def blocks_of(rule: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    """The rule's statements, and those under each of its conditions and loops."""
    for node in list(ast.walk(rule)):
        for name in ("body", "orelse"):
            if isinstance(block := getattr(node, name, None), list):
                yield block


class Fields(ast.NodeTransformer):
    """Has a rule look a field of a record up by its name in brackets, which Python does twice as soon."""

    OTHERS = ("shape", "size")  # what arrays have besides

    def __init__(self, tree: ast.Module) -> None:
        named = [name for node in tree.body if isinstance(node, IMPORTS) for name in node.names]
        self.modules = {name.asname or name.name for name in named}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        method = node.func
        if isinstance(method, ast.Attribute):  # of an array
            method.value = self.visit(method.value)
        node.args = [self.visit(part) for part in node.args]
        node.keywords = [self.visit(part) for part in node.keywords]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        if of in self.modules or of in COUNTIES or node.attr in self.OTHERS:
            return node
        return ast.Subscript(node.value, ast.Constant(node.attr), node.ctx)


def quick(tree: ast.Module, path: str) -> ast.Module:
    """A file whose rules look fields up quickly, but for those of the start, which take tuples too."""
    if "start" in Path(path).parts:
        return tree
    fields = Fields(tree)
    for rule in rules_in(tree):
        rule.body = [fields.visit(statement) for statement in rule.body]
    return ast.fix_missing_locations(tree)


def load_as(rewritten: Callable[[bytes, str], bytes | ast.Module]) -> None:
    """Have the sources of the model rewritten as they are loaded, and quick; nothing of it is kept."""
    loader = importlib.machinery.SourceFileLoader
    get_data, compile_source = loader.get_data, loader.source_to_code

    def read(self, path):
        if MODEL in path and path.endswith(".pyc"):
            raise FileNotFoundError(path)  # bytecode of the sources as they are
        return get_data(self, path)

    def compiled(self, data, path, **options):
        if isinstance(data, bytes) and path.startswith(MODEL):
            data = rewritten(data, path)
            data = quick(data if isinstance(data, ast.Module) else ast.parse(data), path)
        return compile_source(self, data, path, **options)

    loader.get_data, loader.source_to_code = read, compiled
    sys.dont_write_bytecode = True


def look_up_quickly() -> None:
    """Have records look for a field first, which numpy does last, and tables for a row."""
    import numpy as np

    otherwise, field, set_field = (
        np.record.__getattribute__,
        np.void.__getitem__,
        np.void.__setitem__,
    )

    def get(record: np.record, name: str) -> object:
        try:
            return field(record, name)
        except ValueError:  # no field of this name
            return otherwise(record, name)

    np.recarray.__getitem__ = np.ndarray.__getitem__  # type: ignore[method-assign]
    np.record.__getitem__ = field  # type: ignore[method-assign]
    np.record.__getattribute__ = get  # type: ignore[method-assign,assignment]
    np.record.__setattr__ = set_field  # type: ignore[method-assign,assignment]


def cover() -> dict:
    """Run the fingerprint's cases, and see what they reach."""
    marks = Marks()
    look_up_quickly()
    load_as(lambda data, path: marks.put(data))
    from returnee.simulation import fingerprint

    found, missed = dict(fingerprint.digests()), marks.missed()
    return {
        "digests": found,
        "rules": sum(one.is_first for one in marks.statements),
        "never entered": [one.rule for one in missed if one.is_first],
        "missed": [(one.rule, one.text) for one in missed],
    }


def change(old: str, new: str) -> dict:
    """Run the tiniest case with a text replaced in whichever file of the model holds it."""
    times = []

    def changed(data: bytes, path: str) -> bytes:
        if old.encode() in data:
            times.append(path)
        return data.replace(old.encode(), new.encode())

    look_up_quickly()
    load_as(changed)
    from test_fingerprint import TINIEST

    from returnee.simulation.fingerprint import run_of, table_digests

    found = table_digests(run_of(TINIEST))
    assert len(times) == 1, times
    return found


if __name__ == "__main__":
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]
    what, *texts = sys.argv[1:]
    print(json.dumps(cover() if what == "cover" else change(*texts)))
