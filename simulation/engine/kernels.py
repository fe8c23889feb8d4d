"""A rule or kernel of the model, as Python and other rules call it.

Any may be called from Python and is compiled for that when first called; rules that it calls are only
lowered, and become machine code as part of it (`returnee.simulation.engine.linking`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types, typing
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher

from returnee.simulation.engine.passes import Flags, ModelCompiler, compiling


class _Entry(_FunctionCompiler):
    """Compiles a function with a way in from Python."""

    def compile(self, args: Any, return_type: Any) -> Any:
        """The function, and all that it calls."""
        with compiling(self.targetdescr.target_context):
            return super().compile(args, return_type)

    def _customize_flags(self, flags: Any) -> Any:
        return Flags(flags)


class _Lowering(_FunctionCompiler):
    """Lowers a function and stops."""

    def _customize_flags(self, flags: Any) -> Any:
        flags.no_compile = True
        flags.no_cpython_wrapper = True
        return Flags(flags)


class Lowered:
    """A function for some types of arguments, as its callers use it; numba finds it by this object."""

    def __init__(self, result: Any) -> None:
        self.result = result


def widened(argument: Any) -> Any:
    """The type that a rule is lowered for: whole numbers with a sign alike, whatever their size."""
    kind = types.unliteral(argument)
    signed = isinstance(kind, types.Integer) and kind.signed
    return types.int64 if signed else kind


class Kernel(CPUDispatcher):
    """A rule or kernel of the model.

    Parameters
    ----------
    py_func : function
    locals, targetoptions, pipeline_class
        As numba wants them.
    """

    fixed: Any = None  # the one signature that other rules use, if there is one

    def __init__(
        self,
        py_func: Callable[..., Any],
        locals: Any = None,
        targetoptions: Any = None,
        pipeline_class: Any = ModelCompiler,
    ) -> None:
        super().__init__(py_func, locals, targetoptions, pipeline_class)
        parts = (py_func, self.targetdescr, self.targetoptions, self.locals, pipeline_class)
        self._compiler = _Entry(*parts)
        self._lowering = _Lowering(*parts)
        self._lowered: dict[tuple[Any, ...], Lowered] = {}

    @global_compiler_lock
    def lowered(self, args: tuple[Any, ...]) -> Lowered:
        """The function for types of arguments, lowered if need be."""
        found = self._lowered.get(args)
        if found is None:
            with compiling(self.targetctx):
                result = self._lowering.compile(args, None)
            found = self._lowered[args] = Lowered(result)
            self.targetctx.insert_user_function(found, result.fndesc, [result.library])
        return found

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """How another rule calls this one."""
        signature, args = self._compiler.fold_argument_types(args, kws)
        args = tuple(widened(a) for a in args)
        found = self.lowered(self.fixed.args if self.fixed else args)
        name = self.py_func.__name__
        template = typing.make_concrete_template(
            f"CallTemplate({name})", key=name, signatures=[found.result.signature]
        )
        return template, signature, args, {}

    def get_overload(self, sig: Any) -> Lowered:
        """What the caller calls."""
        return self._lowered[tuple(sig)]
