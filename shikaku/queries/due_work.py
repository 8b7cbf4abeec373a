"""Work that waits in some sender's zone: ids only, through functions of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads


@dataclass(frozen=True, slots=True)
class DueUketsuke:
    """A 受付 somebody should take up, and whose it is."""

    uketsuke_id: UUID
    sender: str
    hokensha_code: str | None


@reads
def list_due_uketsuke(*, by: Principal, now: datetime) -> tuple[DueUketsuke, ...]:  # zone of none
    """Return files whose lease ran out or that nobody took up, unless somebody was rung for them just now."""
    return _listed("SELECT id, sender, hokensha_code FROM uketsuke_due(%s)", now)


@reads
def list_expired_uketsuke(*, by: Principal, now: datetime) -> tuple[DueUketsuke, ...]:  # zone of none
    """Return 受付 whose refused lines have been kept long enough."""
    return _listed("SELECT id, sender, hokensha_code FROM uketsuke_expired(%s)", now)


@reads
def list_unerased_uketsuke(*, by: Principal, now: datetime) -> tuple[DueUketsuke, ...]:  # zone of none
    """Return ended 受付 whose file, or the key of it, should be erased by now and is not."""
    return _listed("SELECT id, sender, hokensha_code FROM uketsuke_unerased(%s)", now)


@reads
def list_named_files(*, by: Principal, file_keys: Sequence[str]) -> frozenset[str]:  # zone of none
    """Return those of the stored files that a 受付 of any sender names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT file_key FROM uketsuke_named_files(%s::varchar[])", [list(file_keys)])
        return frozenset(row[0] for row in cursor.fetchall())


@reads
def list_uketsuke_of_files(*, by: Principal, file_keys: Sequence[str]) -> tuple[DueUketsuke, ...]:  # zone of none
    """Return the 受付 of any sender that name one of these stored files."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sender, hokensha_code FROM uketsuke_of_files(%s::varchar[])", [list(file_keys)])
        return tuple(DueUketsuke(*row) for row in cursor.fetchall())


def _listed(statement: str, now: datetime) -> tuple[DueUketsuke, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [now])
        return tuple(DueUketsuke(*row) for row in cursor.fetchall())
