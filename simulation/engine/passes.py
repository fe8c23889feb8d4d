"""numba's compiler with what the model needs of it: the same types and instructions, sooner.

- The passes for what rules have none of (closures, ``with``, literal unrolling) are left out, and so are the
  records that numba keeps of each pass.
- The type that an operator gives for numbers is looked up, not inferred again at every use.
- What rules call of numba's own functions goes into the same library as they, without a way in from Python.
- The garbage collector rests: it would go through millions of objects that are all in use.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from numba import _dynfunc
from numba.core import compiler, config, errors, ir, lowering, postproc, types, untyped_passes
from numba.core import typed_passes as typed
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.cpu import CPUContext
from numba.core.rewrites import rewrite_registry
from numba.core.types.functions import BaseFunction

from returnee.simulation.engine.linking import ModelLibrary

UNUSED = {  # passes without effect on rules
    untyped_passes.WithLifting,
    untyped_passes.MakeFunctionToJitFunction,
    untyped_passes.InlineInlinables,
    untyped_passes.FindLiterallyCalls,
    untyped_passes.LiteralUnroll,
    untyped_passes.LiteralPropagationSubPipelinePass,
    typed.InlineOverloads,
    typed.AnnotateTypes,
    typed.DumpParforDiagnostics,
}


class Flags(compiler.Flags):
    """numba's flags, compared by what was set: they are part of many keys."""

    SAME = hash(tuple(sorted(compiler.Flags.options)))  # numba's own hash, of the options' names

    def __hash__(self) -> int:
        return self.SAME

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Flags):
            return self is other or self._values == other._values
        return bool(super().__eq__(other))


class Lower(lowering.Lower):
    """numba's lowering, which does not write out every instruction for a message nobody reads."""

    def lower_inst(self, inst: Any) -> None:
        """Lower an instruction."""
        if isinstance(inst, ir.Assign) and not (
            isinstance(inst.value, ir.Arg) or config.DEBUG_JIT or self.context.enable_debuginfo
        ):
            self.storevar(self.lower_assign(self.typeof(inst.target.name), inst), inst.target.name)
        else:
            super().lower_inst(inst)


@register_pass(mutates_CFG=True, analysis_only=False)
class ModelLowering(typed.NativeLowering):
    """Lowers a function."""

    _name = "returnee_lowering"

    @property
    def lowering_class(self) -> type:
        """What lowers the instructions."""
        return Lower


def rewrite(kind: str, state: Any) -> None:
    """Apply numba's rewrites of a kind."""
    blocks = state.func_ir.blocks
    for rewrite_class in rewrite_registry.rewrites[kind]:
        rule = rewrite_class(state)
        waiting = list(blocks.items())
        while waiting:
            key, block = waiting.pop()
            if rule.match(state.func_ir, block, state.typemap, state.calltypes):
                blocks[key] = rule.apply()
                waiting.append((key, blocks[key]))


@register_pass(mutates_CFG=True, analysis_only=False)
class RewriteBefore(typed.FunctionPass):
    """Rewrites before types are inferred."""

    _name = "returnee_rewrite_before"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Apply them."""
        rewrite("before-inference", state)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class RewriteAfter(typed.FunctionPass):
    """Rewrites after types are inferred, which look at where variables end."""

    _name = "returnee_rewrite_after"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Apply them."""
        ends = postproc.PostProcessor(state.func_ir)
        ends.run(True)
        rewrite("after-inference", state)
        ends.remove_dels()
        return True


INSTEAD = {
    untyped_passes.GenericRewrites: RewriteBefore,
    typed.NopythonRewrites: RewriteAfter,
    typed.NativeLowering: ModelLowering,
}


class Passes(PassManager):
    """Passes one after another, without numba's records of each."""

    def _runPass(self, index: int, pss: Any, internal_state: Any) -> None:
        pss.analysis = self._analysis
        with errors.new_error_context("Pass {name}", name=pss.name()):
            pss.run_initialization(internal_state)
            pss.run_pass(internal_state)
            pss.run_finalizer(internal_state)


def makes_arrays(code: CodeType) -> bool:
    """Whether a function has closures, comprehensions or lists for arrays, which numba writes in."""
    return "array" in code.co_names or any(isinstance(c, CodeType) for c in code.co_consts)


class ModelCompiler(compiler.CompilerBase):
    """Compiles a function into a library of the model."""

    def define_pipelines(self) -> list[PassManager]:
        """The passes that rules need."""
        state = self.state
        if state.library is None:
            state.library = ModelLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
            state.library.enable_object_caching()
        state.library.entry = not state.flags.no_compile
        unused = set(UNUSED)
        if not makes_arrays(state.func_id.code):
            unused.add(untyped_passes.InlineClosureLikes)
        usual = compiler.DefaultPassBuilder.define_nopython_pipeline(state)
        passes = Passes("model")
        for kind, what in usual.passes:
            if kind not in unused:
                passes.add_pass(INSTEAD.get(kind, kind), what)
        passes.finalize()
        return [passes]


_known: dict[tuple[int, Any, tuple[Any, ...]], tuple[Any, Any]] = {}
_inferred = BaseFunction.get_call_type


def _looked_up(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """Type of a call of one of numba's own functions, looked up where its arguments are numbers."""
    if kws or not all(isinstance(a, types.Number | types.Boolean | types.Literal) for a in args):
        return _inferred(function, context, args, kws)
    key = id(function), context, tuple(args)
    found = _known.get(key)
    if found is None:  # the function is kept, so that no other takes its place in memory
        found = _known[key] = _inferred(function, context, args, kws), function
    return found[0]


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_void_p)
def _no_way_in(_self: Any, _args: Any, _kws: Any) -> Any:
    raise RuntimeError("compiled to be called by rules, not from Python")


_busy: list[Any] = []


def _get_executable(context: Any, library: Any, fndesc: Any, env: Any) -> Any:
    if getattr(library, "entry", True):
        return _USUAL["get_executable"](context, library, fndesc, env)
    address = ctypes.cast(_no_way_in, ctypes.c_void_p).value
    name = fndesc.qualname.split(".")[-1]
    return _dynfunc.make_function(fndesc.lookup_module(), name, "", address, env, (library,))


def _create_cpython_wrapper(context: Any, library: Any, *args: Any, **options: Any) -> None:
    if getattr(library, "entry", True):
        _USUAL["create_cpython_wrapper"](context, library, *args, **options)


def _create_cfunc_wrapper(_context: Any, *_args: Any) -> None:
    """Nobody calls rules from C."""


_USUAL = {
    name: getattr(CPUContext, name)
    for name in ("get_executable", "create_cpython_wrapper", "create_cfunc_wrapper")
}
_OURS = {
    "get_executable": _get_executable,
    "create_cpython_wrapper": _create_cpython_wrapper,
    "create_cfunc_wrapper": _create_cfunc_wrapper,
}


@contextmanager
def compiling(context: Any) -> Iterator[None]:
    """What numba compiles meanwhile is for rules; the compiler's lock is held."""
    if _busy:
        yield
        return
    codegen, collects = context.codegen(), gc.isenabled()
    _busy.append(context)
    gc.disable()
    _put(_OURS, _looked_up)
    codegen._library_class = ModelLibrary
    try:
        yield
    finally:
        del codegen._library_class
        _put(_USUAL, _inferred)
        _busy.clear()
        if collects:
            gc.enable()


def _put(methods: dict[str, Any], get_call_type: Any) -> None:
    for name, method in methods.items():
        setattr(CPUContext, name, method)
    BaseFunction.get_call_type = get_call_type
