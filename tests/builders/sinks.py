"""Places where a value could have been left behind, and the many ways it could be written there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import psycopg


def spellings(value: str) -> dict[str, bytes]:
    """Return how a value may stand in a table, a queue, a log or a file."""
    plain = value.encode()
    wide = value.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    # Base64 of a value inside a longer text depends on where it begins: of each alignment all characters are searched
    # that hang on the value alone. Fewer than six are met by chance.
    aligned = {f"base64+{shift}": _base64_inside(plain, shift) for shift in range(3)}
    aligned = {name: spelling for name, spelling in aligned.items() if len(spelling) >= 6}
    found = {
        "plain": plain,
        "wide": wide.encode(),
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
        "cp932": value.encode("cp932", "ignore"),
        "hex": plain.hex().encode(),
        "json": value.encode("ascii", "backslashreplace"),
        "reversed": plain[::-1],
        **aligned,
    }
    if value.isdigit() and len(value) == 12:
        found |= {
            "spaced": f"{value[:4]} {value[4:8]} {value[8:]}".encode(),
            "hyphened": f"{value[:4]}-{value[4:8]}-{value[8:]}".encode(),
            "sha256": hashlib.sha256(plain).digest(),
            "sha256 hex": hashlib.sha256(plain).hexdigest().encode(),
            "md5": hashlib.md5(plain, usedforsecurity=False).digest(),
            "bigint": int(value).to_bytes(8, "big"),
        }
    return {name: spelling for name, spelling in found.items() if len(spelling) >= 4}


def _base64_inside(plain: bytes, shift: int) -> bytes:
    """Return the characters that stand for the value alone when `shift` bytes come before it."""
    whole = base64.b64encode(b"\0" * shift + plain)
    return whole[-(-8 * shift // 6) : 8 * (shift + len(plain)) // 6]


def cells(admin: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Yield (table.column, value) of everything in the database, byte columns as their bytes."""
    columns = admin.execute(
        "SELECT table_name, column_name, udt_name FROM information_schema.columns WHERE table_schema = 'public'"
        " ORDER BY 1, ordinal_position"
    ).fetchall()
    for table, column, kind in columns:
        read = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
        for (value,) in admin.execute(f'SELECT {read} FROM "{table}" WHERE "{column}" IS NOT NULL'):
            yield f"{table}.{column}", bytes(value) if isinstance(value, bytes) else str(value).encode()


def found_in_cells(admin: psycopg.Connection, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return (where, what, how it was written) of every value that stands somewhere in the database."""
    wanted = [(name, how, spelling) for name, value in values.items() for how, spelling in spellings(value).items()]
    return [
        (place, name, how) for place, content in cells(admin) for name, how, spelling in wanted if spelling in content
    ]


def found_in_files(folder: Path, values: dict[str, str]) -> list[tuple[str, str]]:
    """Return (file, what) of every value that stands in a file under a folder, tables, indexes and WAL alike."""
    wanted = [(name, value.encode()) for name, value in values.items()]
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_socket():
            content = path.read_bytes()
            hits += [(path.relative_to(folder).as_posix(), name) for name, value in wanted if value in content]
    return hits
