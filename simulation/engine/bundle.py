"""How compiled kernels see the county: one pointer instead of fifty arrays.

numba passes every array of a tuple to every function as seven arguments, which costs minutes of
compiling. Here the county is a pointer to a table of addresses and lengths; ``c.workers`` in a
kernel becomes an array over the memory at the address, without reference counts. The Python object
owns the memory and must outlive the call, which it does as the call's argument.

What there is one of, such as the clock, is declared as `OneRow` and handed out as its record, and
what is looked up, such as the policy in force, as `looked_up`: both the same in Python and in kernels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, reduce
from typing import Any, ClassVar, Self

import numba
import numpy as np
from numba.core import cgutils, config, types
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    overload_attribute,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import make_array

from returnee.simulation.engine.lines import LINE, with_rows

WORDS = 4  # per array: address and up to three lengths
POINTER_BYTES = 8


class OneRow:
    """A field of a bundle that holds an array of one row and hands out its record."""

    def __set_name__(self, _kind: type, name: str) -> None:
        self.name = name

    def __get__(self, bundle: Bundle | None, _kind: type) -> Any:
        if bundle is None:
            raise AttributeError(self.name)  # so that the field has no default
        return vars(bundle)[self.name][0]

    def __set__(self, bundle: Bundle, array: np.recarray) -> None:
        vars(bundle)[self.name] = array


@dataclass(frozen=True)
class Bundle:
    """Base of a record of C-contiguous arrays that compiled kernels take as one argument.

    ``table`` is int64 with ``WORDS`` entries per array: its address and its lengths. A copy, and what
    comes out of a pickle, has arrays and a table of its own. ``unchanged`` names fields whose records no
    kernel writes to.
    """

    unchanged: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        words: list[int] = []
        for name, array in self.by_name().items():
            if not isinstance(array, np.ndarray):
                raise TypeError(f"{name}: found a record, allowed its array; see with_arrays")
            if not (array.flags.c_contiguous and array.flags.aligned) or array.ndim >= WORDS:
                raise ValueError(f"{name}: an array of the county must be contiguous, at most 3-d")
            unused = (0,) * (WORDS - 1 - array.ndim)
            words += (array.ctypes.data, *array.shape, *unused)
        object.__setattr__(self, "table", np.array(words, np.int64))

    def arrays(self) -> list[np.ndarray]:
        """The arrays in the order of the fields."""
        return list(self.by_name().values())

    def by_name(self) -> dict[str, np.ndarray]:
        """The arrays by the names of the fields."""
        return {f.name: vars(self)[f.name] for f in fields(self)}

    def with_arrays(self, **arrays: np.ndarray) -> Self:
        """A bundle with some other arrays; it shares the rest with this one."""
        return type(self)(**{**self.by_name(), **arrays})

    def __getstate__(self) -> dict[str, np.ndarray]:
        return self.by_name()

    def __setstate__(self, state: dict[str, np.ndarray]) -> None:
        for name, array in state.items():
            # What another library unpickles may be read-only, or a map of a file.
            object.__setattr__(self, name, with_rows(array, len(array), len(array)))
        self.__post_init__()

    def __copy__(self) -> Self:
        copied = object.__new__(type(self))
        copied.__setstate__(self.__getstate__())
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()


UNCHANGED: set[types.Record] = set()  # sorts of records that no kernel writes to

Members = tuple[tuple[str, types.Array | types.Record], ...]


class BundleType(types.Type):
    """numba's type of a bundle: the name and type of every field, an array's or a record's."""

    def __init__(self, name: str, members: Members) -> None:
        self.members = members
        super().__init__(name=f"{name}({hash_of(members)})")

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two of these types equal."""
        return (self.name, self.members)


@cache
def hash_of(members: Members) -> str:
    """Short stable text that stands for the fields' types."""
    return hashlib.sha256(repr(members).encode()).hexdigest()[:12]


@cache
def type_of(kind: type[Bundle], shapes: tuple[tuple[np.dtype, int], ...]) -> BundleType:
    """Numba's type of a kind of bundle whose arrays have these elements and dimensions."""
    members = []
    for field, (dtype, ndim) in zip(fields(kind), shapes, strict=True):
        element = numba.typeof(np.empty(0, dtype)).dtype
        one = isinstance(vars(kind).get(field.name), OneRow)
        members.append((field.name, element if one else types.Array(element, ndim, "C")))
        if field.name in kind.unchanged:
            UNCHANGED.add(element)
    return BundleType(kind.__name__, tuple(members))


@typeof_impl.register(Bundle)
def typeof_bundle(value: Bundle, _context: Any) -> BundleType:
    """Type of a bundle, looked up once per object."""
    known = value.__dict__.get("numba_type")
    if known is None:
        kind: Any = type(value)
        known = type_of(kind, tuple((a.dtype, a.ndim) for a in value.arrays()))
        object.__setattr__(value, "numba_type", known)
    return known


@register_model(BundleType)
class BundleModel(models.PrimitiveModel):
    """A bundle is represented by the address of its table."""

    def __init__(self, manager: Any, bundle_type: BundleType) -> None:
        super().__init__(manager, bundle_type, cgutils.voidptr_t)


@unbox(BundleType)
def unbox_bundle(_type: BundleType, obj: Any, c: Any) -> NativeValue:
    """Take the address of the table from the Python object."""
    table = c.pyapi.object_getattr_string(obj, "table")
    native = c.unbox(types.Array(types.int64, 1, "C"), table)
    array = make_array(types.Array(types.int64, 1, "C"))(c.context, c.builder, native.value)
    address = c.builder.bitcast(array.data, cgutils.voidptr_t)
    # The object holds the table; what was taken for the array is given back, or it would never be.
    c.context.nrt.decref(c.builder, types.Array(types.int64, 1, "C"), native.value)
    c.pyapi.decref(table)
    return NativeValue(address, is_error=native.is_error)


@infer_getattr
class BundleAttributes(AttributeTemplate):
    """Types of a bundle's fields."""

    key = BundleType

    def generic_resolve(
        self, bundle_type: BundleType, name: str
    ) -> types.Array | types.Record | None:
        """Type of field `name`."""
        return dict(bundle_type.members).get(name)


@lower_getattr_generic(BundleType)
def lower_field(context: Any, builder: Any, bundle_type: BundleType, value: Any, name: str) -> Any:
    """An array, or a record, over the memory whose address and lengths stand in the table."""
    k = [member for member, _ in bundle_type.members].index(name)
    member = bundle_type.members[k][1]
    intp = context.get_value_type(types.intp)
    table = builder.bitcast(value, intp.as_pointer())

    def entry(offset: int) -> Any:
        place = context.get_constant(types.intp, WORDS * k + offset)
        loaded = builder.load(builder.gep(table, [place]))
        # No kernel changes the table, so that one load serves all uses.
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if isinstance(member, types.Record):
        return builder.inttoptr(entry(0), context.get_value_type(member))
    # An array's struct: no owner (twice nothing), items, bytes of an item, address, lengths, strides.
    itemsize = context.get_abi_sizeof(context.get_data_type(member.dtype))
    lengths = [entry(1 + d) for d in range(member.ndim)]
    strides = [intp(itemsize)]
    for length in reversed(lengths[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    items = reduce(builder.mul, lengths)
    data = builder.inttoptr(entry(0), context.get_data_type(member.dtype).as_pointer())
    array = context.get_value_type(member)(None)
    parts = (items, intp(itemsize), data, _row(builder, lengths), _row(builder, strides))
    for place, part in enumerate(parts, 2):
        array = builder.insert_value(array, part, place)
    return array


def _row(builder: Any, numbers: list[Any]) -> Any:
    """An LLVM array of numbers."""
    row = cgutils.ir.Constant(cgutils.ir.ArrayType(numbers[0].type, len(numbers)), None)
    for place, number in enumerate(numbers):
        row = builder.insert_value(row, number, place)
    return row


def looked_up(row: Callable[[Any], Any]) -> property:
    """An attribute of a bundle that `row` finds, in Python and in kernels: a decorator of methods."""
    overload_attribute(BundleType, row.__name__)(lambda self: row)
    return property(row)


# A hint to the processor to fetch a row that is needed soon.
#
# Workers under review lie scattered over a table larger than the caches; without the hint a review
# waits for memory about as long as it computes. Has no effect on results.


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
