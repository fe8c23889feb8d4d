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
from contextlib import contextmanager, nullcontext
from functools import partial
from types import CodeType
from typing import Any

from llvmlite.ir import Constant, IntType
from llvmlite.ir.instructions import LoadInstr, StoreInstr
from numba import _dynfunc
from numba.core import (
    cgutils,
    compiler,
    config,
    errors,
    ir,
    lowering,
    postproc,
    transforms,
    types,
    untyped_passes,
)
from numba.core import typed_passes as typed
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.cpu import CPUContext
from numba.core.rewrites import rewrite_registry
from numba.core.types.functions import BaseFunction
from numba.np.arrayobj import fix_integer_index, load_item, store_item

from returnee.simulation.engine.bundle import UNCHANGED
from returnee.simulation.engine.linking import ModelLibrary

DATA, SHAPE = 4, 5  # places in numba's struct of an array
UNUSED = {  # passes without effect on rules
    untyped_passes.WithLifting,
    untyped_passes.MakeFunctionToJitFunction,
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


def tell(builder: Any, kind: type, what: str, unchanged: bool = False) -> None:
    """Tell LLVM what the last instruction of a kind loads or stores: what else it is told of lies elsewhere.

    A field of one sort of record and a number of an array never share memory with another field. A
    load of what no rule ever changes may be made once for many uses.
    """
    last = next((i for i in reversed(builder.block.instructions) if isinstance(i, kind)), None)
    if last is None:
        return
    module, zero = builder.module, Constant(IntType(64), 0)
    root = module.add_metadata(["returnee"])
    node = module.add_metadata([what, root, zero])
    last.set_metadata("tbaa", module.add_metadata([node, node, zero]))
    if unchanged:
        last.set_metadata("invariant.load", module.add_metadata([]))


def tell_field(builder: Any, kind: type, record: Any, field: str) -> None:
    """Tell of a field of a record."""
    if isinstance(record, types.Record) and not isinstance(record.typeof(field), types.NestedArray):
        what = f"{field} of {record.size} bytes, {len(record.fields)} fields"
        tell(builder, kind, what, kind is LoadInstr and record in UNCHANGED)


def tell_item(builder: Any, kind: type, array: Any) -> None:
    """Tell of an item of an array without gaps, which is no column of records."""
    if isinstance(array.dtype, types.Number | types.Boolean):
        tell(builder, kind, f"items of {array.dtype}")


class Lower(lowering.Lower):
    """numba's lowering, which writes instructions out for a message only if there is an error."""

    def lower_block(self, block: Any) -> None:
        """Lower a block."""
        self.pre_block(block)
        try:
            for inst in block.body:
                self.loc = inst.loc
                self.lower_inst(inst)
        except Exception:
            error = partial(errors.LoweringError, loc=self.loc)
            what = 'lowering "{inst}" at {loc}'
            with errors.new_error_context(what, inst=inst, loc=self.loc, errcls_=error):
                raise
        self.post_block(block)

    def lower_inst(self, inst: Any) -> None:
        """Lower an instruction."""
        noted = config.DEBUG_JIT or self.context.enable_debuginfo
        if isinstance(inst, ir.Assign) and not (noted or isinstance(inst.value, ir.Arg)):
            value = self.lower_assign(self.typeof(inst.target.name), inst)
            if getattr(inst.value, "op", "") == "getattr":
                kind = self.typeof(inst.value.value.name)
                tell_field(self.builder, LoadInstr, kind, inst.value.attr)
            self.storevar(value, inst.target.name)
        elif isinstance(inst, ir.SetAttr):
            super().lower_inst(inst)
            tell_field(self.builder, StoreInstr, self.typeof(inst.target.name), inst.attr)
        elif isinstance(inst, ir.Del) and not noted:
            self.delvar(inst.value)
        else:
            super().lower_inst(inst)

    def lower_getitem(self, resty: Any, expr: Any, value: Any, index: Any, signature: Any) -> Any:
        """An element of an array, straight from its place."""
        array, where = signature.args
        if not self._is_place(array, where):
            return super().lower_getitem(resty, expr, value, index, signature)
        place = self._place(value, index, array, where)
        found = load_item(self.context, self.builder, array, place)
        tell_item(self.builder, LoadInstr, array)
        return self.context.cast(self.builder, found, signature.return_type, resty)

    def lower_setitem(self, target_var: Any, index_var: Any, value_var: Any, signature: Any) -> Any:
        """Put a number in its place."""
        array, where, kind = signature.args
        numbers = types.Number | types.Boolean
        if not (
            self._is_place(array, where)
            and isinstance(array.dtype, numbers)
            and isinstance(types.unliteral(kind), numbers)
        ):
            return super().lower_setitem(target_var, index_var, value_var, signature)
        value = self._cast_var(value_var, array.dtype)
        place = self._place(target_var, index_var, array, where)
        store_item(self.context, self.builder, array, value, place)
        tell_item(self.builder, StoreInstr, array)
        return None

    def _is_place(self, array: Any, where: Any) -> bool:
        """Whether an index is one whole number for each dimension, of which no check is wanted."""
        if self.context.enable_boundscheck:
            return False
        if not isinstance(array, types.Array) or array.layout != "C":
            return False
        kinds = where.types if isinstance(where, types.BaseTuple) else (where,)
        return len(kinds) == array.ndim and all(isinstance(k, types.Integer) for k in kinds)

    def _place(self, array_var: Any, index_var: Any, array: Any, where: Any) -> Any:
        """Address of an element; a negative index counts from the end."""
        builder = self.builder
        value = self._cast_var(array_var, array)
        index = self._cast_var(index_var, where)
        if isinstance(where, types.BaseTuple):
            kinds, indices = where.types, cgutils.unpack_tuple(builder, index, len(where))
        else:
            kinds, indices = (where,), [index]
        lengths = cgutils.unpack_tuple(builder, builder.extract_value(value, SHAPE), array.ndim)
        row = None
        for kind, one, length in zip(kinds, indices, lengths, strict=True):
            fixed = fix_integer_index(self.context, builder, kind, one, length)
            row = fixed if row is None else builder.add(builder.mul(row, length), fixed)
        return builder.gep(builder.extract_value(value, DATA), [row])


BORROWED = ("getattr", "getitem", "static_getitem", "cast")


def owns_arrays(state: Any) -> bool:
    """Whether a function makes or hands out what references are counted of; what it is given its caller holds."""

    def is_counted(kind: Any) -> bool:
        return bool(state.targetctx.data_model_manager[kind].contains_nrt_meminfo())

    return is_counted(state.return_type) or any(
        is_counted(state.typemap[inst.target.name])
        and not isinstance(inst.value, ir.Arg | ir.Global | ir.FreeVar | ir.Var)
        and getattr(inst.value, "op", "") not in BORROWED
        for block in state.func_ir.blocks.values()
        for inst in block.find_insts(ir.Assign)
    )


@register_pass(mutates_CFG=True, analysis_only=False)
class ModelLowering(typed.NativeLowering):
    """Lowers a function."""

    _name = "returnee_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower it; without counts of references where all arrays are the county's."""
        if not state.library.entry and not owns_arrays(state):
            state.targetctx.enable_nrt = False
        return bool(super().run_pass(state))

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
        """Apply them, to expressions that make arrays."""
        if not any(
            isinstance(sig.return_type, types.Array)
            for expr, sig in state.calltypes.items()
            if sig is not None and getattr(expr, "op", "") not in ("getitem", "static_getitem")
        ) and not any(isinstance(t, types.StringLiteral) for t in state.typemap.values()):
            return False
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
        passes = PassManager("model")
        for kind, what in usual.passes:
            if kind not in unused:
                passes.add_pass(INSTEAD.get(kind, kind), what)
        passes.finalize()
        return [passes]


_known: dict[tuple[int, Any, tuple[Any, ...]], tuple[Any, Any]] = {}


def _looked_up(function: Any, context: Any, args: Any, kws: Any) -> Any:
    """Type of a call of one of numba's own functions, looked up where its arguments are numbers."""
    if kws or not all(isinstance(a, types.Number | types.Boolean | types.Literal) for a in args):
        return _USUAL[BaseFunction, "get_call_type"](function, context, args, kws)
    key = id(function), context, tuple(args)
    found = _known.get(key)
    if found is None:  # the function is kept, so that no other takes its place in memory
        found = _known[key] = (
            _USUAL[BaseFunction, "get_call_type"](function, context, args, kws),
            function,
        )
    return found[0]


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_void_p)
def _no_way_in(_self: Any, _args: Any, _kws: Any) -> Any:
    raise RuntimeError("compiled to be called by rules, not from Python")


_busy: list[Any] = []


def _is_called_from_python(library: Any, fndesc: Any) -> bool:
    """Whether Python may call it: an entry, or what is neither a rule nor numba's own."""
    return getattr(library, "entry", True) or not fndesc.modname.startswith("numba.")


def _get_executable(context: Any, library: Any, fndesc: Any, env: Any) -> Any:
    if _is_called_from_python(library, fndesc):
        return _USUAL[CPUContext, "get_executable"](context, library, fndesc, env)
    address = ctypes.cast(_no_way_in, ctypes.c_void_p).value
    name = fndesc.qualname.split(".")[-1]
    return _dynfunc.make_function(fndesc.lookup_module(), name, "", address, env, (library,))


def _create_cpython_wrapper(
    context: Any, library: Any, fndesc: Any, *args: Any, **options: Any
) -> None:
    if _is_called_from_python(library, fndesc):
        _USUAL[CPUContext, "create_cpython_wrapper"](context, library, fndesc, *args, **options)


def _create_cfunc_wrapper(_context: Any, *_args: Any) -> None:
    """Nobody calls rules from C."""


def _run_pass(manager: Any, _index: int, each: Any, state: Any) -> None:
    """Run a pass, without numba's records of it."""
    each.analysis = manager._analysis
    with errors.new_error_context("Pass {name}", name=each.name()):
        each.run_initialization(state)
        each.run_pass(state)
        each.run_finalizer(state)


def _order_blocks(processor: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
    """Order blocks and find where variables end; what lives where is asked for by generators only."""
    function = processor.func_ir
    if function.is_generator:
        _USUAL[postproc.PostProcessor, "run"](processor, emit_dels, extend_lifetimes)
        return
    function.blocks = transforms.canonicalize_cfg(function.blocks)
    function.variable_lifetime = postproc.VariableLifetime(function.blocks)
    function.generator_info = None
    if emit_dels:
        processor._insert_var_dels(extend_lifetimes=extend_lifetimes)


_OURS: dict[tuple[type, str], Any] = {
    (BaseFunction, "get_call_type"): _looked_up,
    (CPUContext, "get_executable"): _get_executable,
    (CPUContext, "create_cpython_wrapper"): _create_cpython_wrapper,
    (CPUContext, "create_cfunc_wrapper"): _create_cfunc_wrapper,
    (PassManager, "_runPass"): _run_pass,
    (postproc.PostProcessor, "run"): _order_blocks,
    (errors.WarningsFixer, "catch_warnings"): lambda *_, **__: nullcontext(),
    (types.Record, "__repr__"): lambda record: record.name,  # in messages that are seldom shown
}
_USUAL = {(owner, name): getattr(owner, name) for owner, name in _OURS}


@contextmanager
def compiling(context: Any) -> Iterator[None]:
    """What numba compiles meanwhile is for rules; the compiler's lock is held."""
    if _busy:
        yield
        return
    codegen, collects = context.codegen(), gc.isenabled()
    _busy.append(context)
    gc.disable()
    _put(_OURS)
    codegen._library_class = ModelLibrary
    try:
        yield
    finally:
        del codegen._library_class
        _put(_USUAL)
        _busy.clear()
        if collects:
            gc.enable()


def _put(methods: dict[tuple[type, str], Any]) -> None:
    for (owner, name), method in methods.items():
        setattr(owner, name, method)
