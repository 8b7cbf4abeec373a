"""Long arrays packed as the database reads them: the driver would ask about each element, and text is twice as long."""

from collections.abc import Collection, Iterable, Sequence
from struct import pack
from typing import Final
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_UUID: Final = 2950
_BYTEA: Final = 17
_BIGINT: Final = 20
_INTEGER: Final = 23
_ONE_DIMENSION: Final = 1


class BinaryArray(bytes):
    """One array parameter, as `array_recv` reads it."""

    __slots__ = ()


class UuidArray(BinaryArray):
    """`uuid[]`."""

    __slots__ = ()


class ByteaArray(BinaryArray):
    """`bytea[]`."""

    __slots__ = ()


class BigintArray(BinaryArray):
    """`bigint[]`."""

    __slots__ = ()


class IntegerArray(BinaryArray):
    """`integer[]`."""

    __slots__ = ()


def uuid_array(values: Iterable[UUID | bytes]) -> UuidArray:
    """Return `uuid[]` of UUIDs, or of their 16 bytes."""
    return UuidArray(_of_bytes(_UUID, [value if isinstance(value, bytes) else value.bytes for value in values]))


def bytea_array(values: Iterable[bytes]) -> ByteaArray:
    """Return `bytea[]` of values that may differ in length."""
    return ByteaArray(_of_bytes(_BYTEA, list(values)))


def bigint_array(values: Collection[int]) -> BigintArray:
    """Return `bigint[]`."""
    return BigintArray(_header(_BIGINT, len(values)) + b"".join([pack("!iq", 8, value) for value in values]))


def integer_array(values: Collection[int]) -> IntegerArray:
    """Return `integer[]`."""
    return IntegerArray(_header(_INTEGER, len(values)) + b"".join([pack("!ii", 4, value) for value in values]))


def _of_bytes(element: int, values: Sequence[bytes]) -> bytes:
    lengths = {len(value) for value in values}
    if len(lengths) != 1:
        return _header(element, len(values)) + b"".join([pack("!i", len(value)) + value for value in values])
    length = pack("!i", lengths.pop())
    return _header(element, len(values)) + length + length.join(values)


def _header(element: int, count: int) -> bytes:
    if not count:
        return pack("!iii", 0, 0, element)
    return pack("!iiiii", _ONE_DIMENSION, 0, element, count, 1)


class _Packed(Dumper):
    """Hands the packed array over."""

    format = Format.BINARY

    def dump(self, obj: BinaryArray) -> Buffer:
        """Return it as it is."""
        return obj


def _register(kind: type[BinaryArray], array_oid: int) -> None:
    psycopg.adapters.register_dumper(kind, type(f"_{kind.__name__}Dumper", (_Packed,), {"oid": array_oid}))


_register(UuidArray, 2951)
_register(ByteaArray, 1001)
_register(BigintArray, 1016)
_register(IntegerArray, 1007)
