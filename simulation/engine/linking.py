"""How kernels become machine code: each is lowered once, and optimised once, where Python calls it.

numba turns every function into machine code of its own and optimises it again within each of its
callers; for a model whose month is one tree of some hundred rules that is most of the compile. Here
a rule that is called by rules is lowered to LLVM's language and kept as text. Only a kernel that
Python calls, an entry, is linked with all that it calls, optimised as a whole and translated.
Any kernel may become an entry: it is compiled as one when Python first calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
from numba.core import cgutils, compiler, types, typing
from numba.core.codegen import JITCodeLibrary
from numba.core.dispatcher import _FunctionCompiler
from numba.core.registry import CPUDispatcher


class ModelLibrary(JITCodeLibrary):
    """Functions kept as text, and the libraries that they call, until an entry needs machine code."""

    def __init__(self, codegen: Any, name: str) -> None:
        super().__init__(codegen, name)
        self.texts: list[str] = []

    def add_ir_module(self, ir_module: Any) -> None:
        """Keep the functions of a module."""
        self._raise_if_finalized()
        self.texts.append(cgutils.normalize_ir_text(str(ir_module)))

    def add_linking_library(self, library: Any) -> None:
        """Remember what the functions call."""
        if library not in self._linking_libraries:
            self._linking_libraries.append(library)

    def everything_called(self) -> Iterator[Any]:
        """This library and all that its functions call, directly or not, each once."""
        seen, waiting = {self}, [self]
        while waiting:
            library = waiting.pop()
            yield library
            for other in library._linking_libraries if isinstance(library, ModelLibrary) else ():
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)

    def finalize(self) -> None:
        """Link, optimise and translate."""
        self._raise_if_finalized()
        self._codegen._check_llvm_bugs()
        own = set()
        for library in self.everything_called():
            if isinstance(library, ModelLibrary):
                for text in library.texts:
                    module = llvm.parse_assembly(text)
                    if library is self:
                        own |= {f.name for f in module.functions if not f.is_declaration}
                        own |= {v.name for v in module.global_variables}
                    self._final_module.link_in(module)
            else:
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        for value in (*self._final_module.functions, *self._final_module.global_variables):
            if not value.is_declaration and value.name not in own:
                value.linkage = "internal"
        self._final_module.data_layout = self._codegen._data_layout
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()


class ModelCompiler(compiler.Compiler):
    """numba's compiler, whose code goes into a library of the model."""

    def define_pipelines(self) -> list[Any]:
        """Numba's passes."""
        if self.state.library is None:
            codegen = self.state.targetctx.codegen()
            self.state.library = ModelLibrary(codegen, self.state.func_id.func_qualname)
            self.state.library.enable_object_caching()
        return super().define_pipelines()


class _Lowering(_FunctionCompiler):
    """Lowers a function and stops."""

    def _customize_flags(self, flags: Any) -> Any:
        flags.no_compile = True
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        return flags


class Lowered:
    """A function for some types of arguments, as its callers use it; stands for itself in tables."""

    def __init__(self, result: Any) -> None:
        self.result = result


class Kernel(CPUDispatcher):
    """A rule or kernel of the model."""

    def __init__(
        self,
        py_func: Callable[..., Any],
        locals: Any = None,
        targetoptions: Any = None,
        pipeline_class: Any = ModelCompiler,
    ) -> None:
        super().__init__(py_func, locals, targetoptions or {}, pipeline_class)
        self._lowering = _Lowering(
            py_func, self.targetdescr, self.targetoptions, self.locals, pipeline_class
        )
        self._lowered: dict[tuple[Any, ...], Lowered] = {}
        self.fixed: Any = None

    def lowered(self, args: tuple[Any, ...]) -> Lowered:
        """The function for types of arguments, lowered if need be."""
        found = self._lowered.get(args)
        if found is None:
            result = self._lowering.compile(args, self.fixed.return_type if self.fixed else None)
            found = self._lowered[args] = Lowered(result)
            self.targetctx.insert_user_function(found, result.fndesc, [result.library])
        return found

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """For another kernel that calls this one."""
        signature, args = self._compiler.fold_argument_types(args, kws)
        args = tuple(types.unliteral(a) for a in args)
        found = self.lowered(self.fixed.args if self.fixed else args)
        name = self.py_func.__name__
        template = typing.make_concrete_template(
            f"CallTemplate({name})", key=name, signatures=[found.result.signature]
        )
        return template, signature, args, {}

    def get_overload(self, sig: Any) -> Lowered:
        """What the caller calls."""
        return self._lowered[tuple(sig)]
