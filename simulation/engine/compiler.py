"""The one decorator that compiles the model's rules and kernels, and the hash of their sources.

numba's cache on disk notices an edit of the file that holds a kernel, but not of the files that the
kernel calls. Machine code is therefore kept in a folder named after a hash of all sources of the
model (``returnee.simulation.engine.cache``), and a rule that was replaced while Python runs is refused
(``returnee.simulation.engine.rules``), so that an edited rule is never answered with yesterday's machine code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import config

from returnee.simulation.engine import rules
from returnee.simulation.engine.cache import (
    KernelCache,
    holds_the_model,
    kernel_folder,
)
from returnee.simulation.engine.kernels import Kernel

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
ROOMS = ("simulation", "scenarios")


def source_hash() -> str:
    """Hash of every Python source of the model (16 hexadecimal digits)."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256(f"numba {numba.__version__}".encode())
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


SOURCE_HASH = source_hash()


def is_compiled(mark: str = "") -> bool:
    """Whether the model compiled from the present sources is on disk: the first run starts at once.

    `mark`: of a model in which rules are replaced (``returnee.simulation.engine.variants``).
    """
    return config.DISABLE_JIT or holds_the_model(kernel_folder(SOURCE_HASH, mark))


def kernel(function: F) -> F:
    """Compile a rule of the model when it is first called, and keep the machine code on disk."""
    rules.hold(function.__module__)
    return compiled(function)


def compiled(function: F, mark: str = "") -> F:
    """A rule of the model, or with a mark, of one in which rules are replaced."""
    if config.DISABLE_JIT:
        return function
    made = Kernel(function, targetoptions=OPTIONS)
    made._cache = KernelCache(function, SOURCE_HASH, mark)
    return made


def by_code(name: str, rules_by_code: Sequence[Callable[..., Any]], arguments: str) -> Any:
    """A rule that calls one of several: ``name(code, ...)`` is ``rules_by_code[code](...)``.

    Compiled code cannot call a function that it finds in a table, so the choice is written out.

    Parameters
    ----------
    name : str
        What the rule is called; one of a kind.
    rules_by_code : sequence of rules
        All take the same arguments.
    arguments : str
        Names of the arguments, as they stand in a call.
    """
    last = len(rules_by_code) - 1
    lines = [f"def {name}(code, {arguments}):"]
    lines += [f"    if code == {k}: return rule_{k}({arguments})" for k in range(last)]
    lines += [f"    return rule_{last}({arguments})"]
    found: dict[str, Any] = {f"rule_{k}": rule for k, rule in enumerate(rules_by_code)}
    found["__name__"] = __name__
    exec(compile("\n".join(lines), __file__, "exec"), found)  # noqa: S102
    return kernel(found[name])


def draw_kernel(clock: np.dtype) -> Callable[[F], F]:
    """Like `kernel`, for a function of a clock and four integers that returns four floats.

    With its signature fixed it is compiled once; numba would compile it anew for every constant
    that it is called with, about fifty times.
    """
    if config.DISABLE_JIT:
        return lambda function: function

    def decorate(function: F) -> F:
        t = numba.types
        signature = t.UniTuple(t.float64, 4)(
            numba.from_dtype(clock), t.int64, t.int64, t.int64, t.int64
        )
        made: Any = compiled(function)
        made.fixed = signature
        return made

    return decorate
