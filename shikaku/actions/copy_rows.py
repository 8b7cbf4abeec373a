"""Rows as binary COPY reads them, packed here because the driver would ask about each value."""

from collections.abc import Sequence
from struct import Struct
from typing import Final

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"

NULL: Final = b"\xff\xff\xff\xff"
TRUE, FALSE = b"\0\0\0\x01\x01", b"\0\0\0\x01\0"
# A value is its length and itself; these take both.
LENGTH: Final = Struct("!i").pack
INTEGER: Final = Struct("!ii").pack
BIGINT: Final = Struct("!iq").pack
UUID_BYTES: Final = Struct("!i16s").pack


def binary_copy(rows: Sequence[bytes]) -> bytes:
    """Return what goes through `COPY … FROM STDIN (FORMAT binary)` for these rows."""
    return b"".join((_SIGNATURE, *rows, _TRAILER))


def text(value: str) -> bytes:
    """Return one text value."""
    raw = value.encode()
    return LENGTH(len(raw)) + raw
