"""Tiny counties in plain Python at the ends of all levers and parameters, for ``test_bounds``.

Python refuses to read or write beyond an array by itself. What it would count from an array's end, an
index below zero, is refused as well: the rules are rewritten for it as they are loaded, and so that what is no number goes
on as in compiled code. Several levers are at an end at once, in groups of which each end is in
several, so that no other hides what it does.
"""

from __future__ import annotations

import ast
import builtins
import json
import math
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from plain_rules import load_as, look_up_quickly, rules_in

PEOPLE, TOGETHER, TIMES, MONTHS = 60, 40, 2, (14, 14, 14, 40)
FEW = 3  # townships where all levers are moved: what is done for each pair of them takes half of the time
SHOCK = {"county.shock.start_month": 3}  # else a shock's strength moves nothing
LARGEST_POWER = 709.0
Values = dict[str, Any]
Fitting = Callable[[Values], tuple[Values, Values]]


class AsCompiled:
    """What rules ask for by index, as whole numbers and as logarithms, for the names in `Compiled`."""

    @staticmethod
    def index(found: Any) -> Any:
        """The index, unless it would count from the end."""
        if found.__class__ is np.ndarray:
            below = (found < 0).any()
        else:
            below = found < 0
        if below:
            raise IndexError(f"index {found} is below zero")
        return found

    @staticmethod
    def log(number: float) -> float:
        """A logarithm, also of zero and below."""
        if number > 0.0:
            return math.log(number)
        return -math.inf if number == 0.0 else math.nan

    @staticmethod
    def exp(number: float) -> float:
        return math.exp(number) if number < LARGEST_POWER else math.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(math, name)


class Compiled(ast.NodeTransformer):
    """Has a rule look at its indexes, and take numbers that are none as compiled code does."""

    def __init__(self) -> None:
        self.number = 0

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts = [self.looked_at(part) for part in node.slice.elts]
        else:
            node.slice = self.looked_at(node.slice)
        return node

    def looked_at(self, index: ast.expr) -> ast.expr:
        """The index, looked at unless it is written as a number: refused if it is below zero."""
        said = index.operand if isinstance(index, ast.UnaryOp) else index
        if isinstance(said, ast.Slice | ast.Constant):
            return index
        named = ast.Attribute(ast.Name("AS_COMPILED", ast.Load()), "index", ast.Load())
        if any(getattr(part, "attr", "") == "argsort" for part in ast.walk(index)):  # many at once
            return ast.Call(named, [index], [])
        first = index
        if not isinstance(index, ast.Name):
            self.number += 1
            index = ast.Name(f"AT_{self.number}", ast.Load())
            first = ast.NamedExpr(ast.Name(index.id, ast.Store()), first)
        is_fit = ast.Compare(first, [ast.GtE()], [ast.Constant(0)])
        return ast.IfExp(is_fit, index, ast.Call(named, [index], []))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("AS_COMPILED", ast.Load()) if node.id == "math" else node


def as_compiled(source: bytes, _path: str) -> ast.Module:
    """A file whose rules do what compiled ones do, but for what lies beyond an array."""
    tree = ast.parse(source)
    for rule in rules_in(tree):
        rule.body = [Compiled().visit(statement) for statement in rule.body]
    return ast.fix_missing_locations(tree)


def ends() -> list[tuple[str, Any]]:
    """Every lever and parameter with each value that it is tried at."""
    from returnee.scenarios.schema.fields import walk
    from returnee.scenarios.schema.layers import MODELS

    found: list[tuple[str, Any]] = []
    for room, model in MODELS.items():
        for key, lever in walk(model, f"{room}."):
            both = (False, True) if lever.type is bool else (lever.low, lever.high)
            low, high = (lever.type(value) for value in both)
            found += [(key, low), (key, high)]
            if room == "policy":
                found.append((key, {1: low, 5: high}))
    return found


def together() -> Iterator[Values]:
    """Ends that the schema takes with others only: shares of a whole, ages of parents, a wage and its floor."""
    for group in ("schooling_", "home_schooling_"):
        levels = [key for key, _ in ends() if key.startswith(f"county.people.{group}")]
        for one in dict.fromkeys(levels):
            yield {key: float(key == one) for key in levels}
    for youngest, oldest in ((15.0, 15.0), (50.0, 60.0)):
        yield {"county.people.youngest_parent": youngest, "county.people.oldest_parent": oldest}
    for jobs, farming in ((0.0, 1.0), (1.0, 0.0)):
        yield {"county.work.other_jobs": jobs, "county.work.farming": farming}
    for wage in (500.0, 30_000.0):
        yield {"county.work.local_wage": wage, "county.work.wage_floor": wage}


def groups(values: list[tuple[str, Any]], fitting: Fitting) -> Iterator[Values]:
    """Each value in `TIMES` groups, with others at random; what doesn't fit a group joins a later one."""
    for seed in range(TIMES):
        left = random.Random(seed).sample(values, len(values))
        while left:
            group: Values = {}
            rest = []
            for key, value in left:
                if len(group) < TOGETHER and key not in group:
                    group[key] = value
                else:
                    rest.append((key, value))
            group, others = fitting(group)
            yield group
            left = [*others.items(), *rest]


def taken(values: Values) -> tuple[Values, Values]:
    """The values that the schema takes together, and those that it may take with others."""
    keys, others = list(values), {}
    while not is_taken({key: values[key] for key in keys}):
        low, high = 0, len(keys)  # so many of the first are taken, and so many are not
        while high - low > 1:
            middle = (low + high) // 2
            if is_taken({key: values[key] for key in keys[:middle]}):
                low = middle
            else:
                high = middle
        key = keys.pop(low)
        if low:
            others[key] = values[key]
    return {key: values[key] for key in keys}, others


def is_taken(values: Values) -> bool:
    """Whether the schema takes the values together."""
    from returnee.scenarios import ScenarioError

    try:
        scenario_with(values)
    except ScenarioError:
        return False
    return True


def scenario_with(values: Values, townships: int = 0) -> Any:
    """The scenario that lives at the ends, in a county of a few townships if a number is given."""
    from returnee.scenarios import load_scenario

    scenario = load_scenario("linked", {**SHOCK, **values})
    return with_tables(scenario, townships=townships) if townships else scenario


def live(values: Values, months: int) -> None:
    """Let a county live with the values."""
    try:
        see(scenario_with(values, FEW), months)
    except Exception as error:
        raise AssertionError(f"with {values}") from error


def see(scenario: Any, months: int, burn_in: int = 12) -> None:
    """A county lives, and has people and rows left."""
    from returnee.simulation import simulate

    sample = PEOPLE / scenario.county.labour_force
    run = simulate(scenario, sample=sample, months=months, burn_in=burn_in)
    clock, county = run.county.clock, run.county
    assert clock.firms <= len(county.firms)  # as many as were decided on, to the row
    assert clock.events < len(county.events)
    assert (run.monthly.labour_force > 0).all()


def with_tables(scenario: Any, **rows: int) -> Any:
    """The scenario in a county with so many townships, or sectors."""
    content = scenario.county.model_dump()
    for table, number in rows.items():
        some = [dict(content[table][k % len(content[table])]) for k in range(number)]
        for k, row in enumerate(some):
            row.update(
                {name: f"{row[name]}{k}" for name in ("key", "name", "name_zh") if name in row}
            )
            row.update({name: 1.0 / number for name in ("weight", "share") if name in row})
        content[table] = some
    return scenario.with_({"county": content})


def main() -> None:
    look_up_quickly()
    load_as(as_compiled)
    builtins.AS_COMPILED = AsCompiled()  # type: ignore[attr-defined]
    from returnee.simulation.start import assemble

    assemble.SPARE_FIRMS = assemble.SPARE_EVENTS = (
        1  # tables grow often, and are never far too long
    )
    values, lived = ends(), []
    for k, group in enumerate([*together(), *groups(values, taken)]):
        live(group, MONTHS[k % len(MONTHS)])
        lived += group.items()
    linked = scenario_with({})
    for rows in ({"townships": 1}, {"sectors": 1}, {"sectors": 20}):
        see(with_tables(linked, **rows), 14)
    see(with_tables(linked, townships=100), 2)
    see(with_tables(linked, townships=1, sectors=1), 300, 300)  # generations
    print(json.dumps([len(lived), [key for key, value in values if (key, value) not in lived]]))


if __name__ == "__main__":
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root / "tests")]
    main()
