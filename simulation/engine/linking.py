"""The library of the model's functions: lowered once, optimised once, where Python calls them.

numba turns every function into machine code of its own and optimises it again within each of its
callers; for a model whose month is one tree of some hundred rules that is most of the compile. Here
what is called by rules is lowered to LLVM's language and kept as text. Only a kernel that Python
calls, an entry, is linked with all that it calls, optimised as a whole and translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import llvmlite.binding as llvm
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.environment import lookup_environment

ENVIRONMENT = "_ZN08NumbaEnv"  # how the names of numba's environments begin


def linked(modules: list[Any]) -> Any:
    """One module of all: two by two, since linking takes as long as both are large."""
    while len(modules) > 1:
        for first, second in zip(modules[::2], modules[1::2], strict=False):
            first.link_in(second)
        modules = modules[::2]
    return modules[0]


class ModelLibrary(JITCodeLibrary):
    """Functions kept as text, and the libraries that they call, until somebody needs machine code."""

    def __init__(self, codegen: Any, name: str) -> None:
        super().__init__(codegen, name)
        self.entry = False  # whether Python calls it
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
        own: set[str] = set()
        modules = []
        for library in self.everything_called():
            if isinstance(library, ModelLibrary):
                modules += [llvm.parse_assembly(text) for text in library.texts]
            else:
                modules.append(library._get_module_for_linking().clone())
            if library is self:
                own = {f.name for m in modules for f in m.functions if not f.is_declaration}
                own |= {v.name for m in modules for v in m.global_variables}
        self._final_module.link_in(linked(modules))
        self._hide_all_but(own)
        self._final_module.data_layout = self._codegen._data_layout
        self._optimize_final_module()
        self._final_module.verify()
        self._finalize_final_module()
        self._set_environments()

    def serialize_using_object_code(self) -> tuple[str, str, tuple[bytes, bytes]]:
        """Machine code for the disk; beside it the names of its functions, as nobody links with an entry."""
        self._ensure_finalized()
        names = [f.name for f in self._final_module.functions if not f.is_declaration]
        empty = "\n".join(f'define void @"{name}"() {{ ret void }}' for name in names)
        code = self._get_compiled_object()
        return self.name, "object", (code, llvm.parse_assembly(empty).as_bitcode())

    def _hide_all_but(self, own: set[str]) -> None:
        """Nobody else calls the functions linked in, so that LLVM may drop what it has inlined."""
        for value in self._final_module.functions:
            if not value.is_declaration and value.name not in own:
                value.linkage = "internal"
        for value in self._final_module.global_variables:
            if not value.is_declaration and value.name not in own:
                seen = value.name.startswith(ENVIRONMENT)
                value.linkage = "linkonce_odr" if seen else "internal"

    def _set_environments(self) -> None:
        """Environments of the functions linked in, for those that use theirs."""
        for value in self._final_module.global_variables:
            environment = value.name.startswith(ENVIRONMENT) and lookup_environment(value.name)
            if environment:
                self._codegen.set_env(value.name, environment)
