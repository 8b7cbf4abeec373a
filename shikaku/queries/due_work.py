"""Work that waits in some sender's zone: ids only, through functions of the database."""

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
    """Return files whose lease ran out or that nobody took up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sender, hokensha_code FROM uketsuke_due(%s)", [now])
        return tuple(DueUketsuke(*row) for row in cursor.fetchall())


@reads
def list_expired_uketsuke(*, by: Principal, now: datetime) -> tuple[DueUketsuke, ...]:  # zone of none
    """Return 受付 whose refused lines have been kept long enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sender, hokensha_code FROM uketsuke_expired(%s)", [now])
        return tuple(DueUketsuke(*row) for row in cursor.fetchall())
