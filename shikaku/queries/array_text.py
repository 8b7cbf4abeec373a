"""Long arrays as one text for the database: the driver would ask about each element."""

from collections.abc import Iterable
from uuid import UUID


def uuid_array(values: Iterable[UUID]) -> str:
    """Return what `::uuid[]` reads."""
    return "{" + ",".join([value.hex for value in values]) + "}"


def bytea_array(values: Iterable[bytes]) -> str:
    """Return what `::bytea[]` reads."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"
