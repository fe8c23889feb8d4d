"""A hint to the processor to fetch a row that is needed soon.

Workers under review lie scattered over a table larger than the caches; without the hint a review
waits for memory about as long as it computes. Has no effect on results.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, config, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

LINE = 64  # bytes of a cache line
AHEAD = 8  # how many rows before its turn a row is fetched


def _emit(array_type: Any, context: Any, builder: Any, array: Any, index: Any) -> None:
    """Emit a prefetch instruction for every cache line of row `index`."""
    native = make_array(array_type)(context, builder, array)
    byte = cgutils.voidptr_t
    start = builder.ptrtoint(native.data, context.get_value_type(types.intp))
    stride = cgutils.unpack_tuple(builder, native.strides)[0]
    start = builder.add(start, builder.mul(index, stride))
    int32 = context.get_value_type(types.int32)
    hint = cgutils.get_or_insert_function(
        builder.module,
        cgutils.ir.FunctionType(cgutils.ir.VoidType(), [byte, int32, int32, int32]),
        "llvm.prefetch.p0",
    )
    row_bytes = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    for offset in range(0, max(row_bytes, 1), LINE):
        place = builder.add(start, context.get_constant(types.intp, offset))
        # read, keep in all caches, data
        flags = [context.get_constant(types.int32, flag) for flag in (0, 3, 1)]
        builder.call(hint, [builder.inttoptr(place, byte), *flags])


if config.DISABLE_JIT:

    def prefetch(array: Any, index: int) -> None:
        """Do nothing in plain Python."""

else:

    @intrinsic
    def prefetch(_context: Any, array: Any, index: Any) -> Any:
        """Fetch row `index` of an array into the caches."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            place = context.cast(builder, args[1], signature.args[1], types.intp)
            _emit(signature.args[0], context, builder, args[0], place)
            return context.get_dummy_value()

        return types.none(array, index), codegen
