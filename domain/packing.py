"""Arrays for PostgreSQL in its binary form, joined from bytes: a column of a thousand values costs one call, not a thousand.

psycopg dumps a list element by element in Python; for the few types of the ledger's columns the wire format (`array_recv`:
dimensions, null flag, element type, then length and bytes of each element) is made faster by joining.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

UUID, TEXT, BYTEA, INT4, INT8, TIMESTAMPTZ = 2950, 25, 17, 23, 20, 1184
_ARRAY_OF = {UUID: 2951, TEXT: 1009, BYTEA: 1001, INT4: 1007, INT8: 1016, TIMESTAMPTZ: 1185}
POSTGRES_EPOCH = 946_684_800_000_000  # 2000-01-01T00:00Z in µs since 1970
_NULL = b"\xff\xff\xff\xff"


class Packed:
    """A one-dimensional array of one type, ready to send."""

    __slots__ = ("data",)
    element: ClassVar[int]

    def __init__(self, data: bytes) -> None:
        self.data = data


def _subclass(element: int) -> type[Packed]:
    return type(f"Packed{element}", (Packed,), {"element": element})


_CLASSES = {element: _subclass(element) for element in _ARRAY_OF}


def _dumper(element: int) -> type[Dumper]:
    class PackedDumper(Dumper):
        format = Format.BINARY
        oid = _ARRAY_OF[element]

        def dump(self, obj: Packed) -> Buffer | None:
            return obj.data

    return PackedDumper


def register(connection: Connection[Any]) -> None:
    """Let a connection send packed arrays."""
    for element, cls in _CLASSES.items():
        connection.adapters.register_dumper(cls, _dumper(element))


def _head(element: int, count: int, has_null: bool) -> bytes:
    return struct.pack(">iiiii", 1, has_null, element, count, 1) if count else struct.pack(">iii", 0, 0, element)


def uuids(values: Sequence[bytes]) -> Packed:
    """uuid[] of 16-byte values."""
    length = b"\x00\x00\x00\x10"
    return _CLASSES[UUID](_head(UUID, len(values), False) + (length + length.join(values) if values else b""))


def int4s(values: Sequence[int]) -> Packed:
    """int4[]."""
    body = b"".join([b"\x00\x00\x00\x04" + v.to_bytes(4, "big", signed=True) for v in values])
    return _CLASSES[INT4](_head(INT4, len(values), False) + body)


def instants(values: Sequence[int]) -> Packed:
    """timestamptz[] of µs since 1970."""
    body = b"".join([b"\x00\x00\x00\x08" + (v - POSTGRES_EPOCH).to_bytes(8, "big", signed=True) for v in values])
    return _CLASSES[TIMESTAMPTZ](_head(TIMESTAMPTZ, len(values), False) + body)


def texts(values: Sequence[bytes]) -> Packed:
    """text[] of UTF-8 bytes."""
    return _CLASSES[TEXT](_head(TEXT, len(values), False) + b"".join(_sized(values)))


def byteas(values: Sequence[bytes | None]) -> Packed:
    """bytea[], None being NULL."""
    return _CLASSES[BYTEA](_head(BYTEA, len(values), None in values) + b"".join(_sized(values)))


def _sized(values: Iterable[bytes | None]) -> list[bytes]:
    return [_NULL if v is None else len(v).to_bytes(4, "big") + v for v in values]
