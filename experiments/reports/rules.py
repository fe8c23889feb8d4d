"""The rules that may be replaced: listed, shown with their source, and written as a file to start from."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from returnee.experiments.errors import UsageError
from returnee.experiments.files import write_text
from returnee.scenarios.schema.errors import guess, nearest
from returnee.scenarios.schema.own_rules import rules_of
from returnee.simulation.own_rules import check_rules, replaced_by
from returnee.simulation.replaceable import ARGUMENTS, REPLACEABLE, Replaceable, by_name

COMMAND = "returnee rules --write-doc docs/replaceable.md"
PAGE = """# Rules that can be replaced

A function of the same name in a file of one's own takes the place of a rule: see [rules of one's own](rules.md). Parameters in an equation
are those of [behaviour](parameters.md), by short names. Made from the model by `{command}`; a test checks that it is current.
"""
HEAD = '''"""Rules of my own: `returnee compare linked --rules {file}`, or rules="{file}" in Python.

A function here takes the place of the model's rule of that name; delete those that stay as they are. Arguments are
given by name: those that are not needed may be left out, and levers of LEVERS may be named. Helpers begin with _.
"""

import math

{imports}

# Name: (default, smallest, largest, English, Chinese). Set by --set rules.NAME=0.3, an axis, or the dashboard.
LEVERS = {{}}
'''


def signature(one: Replaceable) -> str:
    """A rule as it is called."""
    return f"{one.name}({', '.join(one.arguments)})"


def row_of(one: Replaceable) -> dict[str, Any]:
    """What there is to say of a rule."""
    return {
        "name": one.name, "signature": signature(one), "equation": one.equation, "says": one.says,
        "used_in": one.used_in(), "module": one.module, "levers": bool(one.lever_from),
    }  # fmt: skip


def rules_json() -> list[dict[str, Any]]:
    """All rules that may be replaced."""
    return [row_of(one) for one in REPLACEABLE]


def show_rules(console: Console) -> None:
    """A table of them."""
    table = Table(show_lines=False, pad_edge=False)
    for title in ("rule", "equation", "used in"):
        table.add_column(title, overflow="fold")
    for one in REPLACEABLE:
        table.add_row(signature(one), one.equation, ", ".join(one.used_in()))
    console.print(table)


def document() -> str:
    """The page of rules that can be replaced, in Markdown."""
    rows = [
        "| rule | what it is | equation | used in |",
        "|---|---|---|---|",
    ]
    for one in REPLACEABLE:
        equation = one.equation.replace("|", "\\|")
        used = ", ".join(f"`{name}`" for name in one.used_in())
        rows.append(f"| `{signature(one)}` | {one.says} | {equation} | {used} |")
    arguments = [f"| `{name}` | {what} |" for name, what in ARGUMENTS.items()]
    return "\n".join(
        [
            PAGE.format(command=COMMAND), *rows, "", "## Arguments", "",
            "| argument | what it is |", "|---|---|", *arguments, "",
        ]
    )  # fmt: skip


def rule_json(name: str) -> dict[str, Any]:
    """A rule with what its arguments are, and its source.

    Raises UsageError: if there is none of that name.
    """
    known = by_name()
    if name not in known:
        hint = guess(nearest(name, known))
        raise UsageError(f"rules: found {name}{hint}, allowed a name that `returnee rules` lists")
    one = known[name]
    arguments = {key: ARGUMENTS.get(key, "see below") for key in one.arguments}
    return {**row_of(one), "arguments": arguments, "source": source_of(one)}


def rule_text(found: dict[str, Any]) -> str:
    """A rule in lines."""
    wide = max(map(len, found["arguments"]))
    told = [f"  {key:<{wide}}  {what}" for key, what in found["arguments"].items()]
    levers = "it may name levers" if found["levers"] else "it gets no levers"
    head = [
        found["signature"],
        f"  {found['equation']}",
        f"  used in {', '.join(found['used_in'])}; {levers}",
    ]
    return "\n".join([*head, *told, "", f"# {found['module']}", found["source"]])


def source_of(one: Replaceable, usual: bool = False) -> str:
    """The rule's source, without decorator and annotations."""
    text = textwrap.dedent(inspect.getsource(one.function)).partition("\ndef ")[2]
    body = text[text.index("):\n") + 3 :].rstrip()
    return f"def {signature(one)}:\n{body}\n"


def write_start(path: Path, name: str | None = None) -> Path:
    """Write a file to start from: every rule, or one, as the model has it.

    Raises UsageError: if the file is there.
    """
    if path.exists():
        raise UsageError(f"write: found {path}, allowed a file that is not there")
    chosen = REPLACEABLE if name is None else (by_name()[rule_json(name)["name"]],)
    imports = sorted({line for one in chosen for line in imports_of(one)})
    head = HEAD.format(file=path.name, imports="\n".join(imports))
    parts = [head, *(f"# {one.equation}\n{source_of(one)}" for one in chosen)]
    return write_text(path, "\n\n".join(parts))


def imports_of(one: Replaceable) -> list[str]:
    """Lines that import what the source of a rule names."""
    known, source = one.function.__globals__, source_of(one)
    found = []
    for name in sorted(set(re.findall(r"\b[A-Za-z_]\w*\b", source))):
        value = known.get(name)
        if name == one.name or value is None or name in one.arguments or name == "math":
            continue
        if inspect.ismodule(value):
            package, _, last = value.__name__.rpartition(".")
            found.append(
                f"from {package} import {last} as {name}" if package else f"import {last} as {name}"
            )
        else:
            found.append(f"from {one.module} import {name}")
    return found


def checked_file(path: Path) -> dict[str, Any]:
    """What a file replaces, and its levers; refuses one that cannot be used."""
    rules = rules_of(path)
    check_rules(rules)
    return {
        "file": rules.file, **rules.told,
        "replaces": replaced_by(rules),
        "allowed": {key: lever.allowed for key, lever in rules.levers().items()},
    }  # fmt: skip


def file_text(found: dict[str, Any]) -> str:
    """That in lines."""
    levers = [f"  {key}: {allowed}" for key, allowed in found["allowed"].items()]
    return "\n".join([f"{found['file']} (SHA-256 {found['sha256']})", *found["replaces"], *levers])
