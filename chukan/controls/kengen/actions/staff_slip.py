"""Keeps what was typed on KR-102 between two pages, and what came of it: sealed, in its zone, for its writer alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from chukan.controls.kengen.models import StaffSlip
from chukan.controls.kengen.queries import SLIP_ANSWER, SLIP_CONTENT, SLIP_TABLE, StaffAnswer, no_staff_slip
from chukan.controls.shokuin.domain import staff_zone
from chukan.kernel.crypto.data_key import FIELD
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction

KEPT: Final = timedelta(hours=24)
# 派生: long enough to press again, to reload and to sign in again; no password is kept for a day.
ANSWER_KEPT: Final = timedelta(minutes=15)


@outside_transaction
def keep_staff_slip(*, by: Principal, content: Mapping[str, Any], now: datetime) -> UUID:
    """Seal what was typed and return the random id its next page is addressed by."""
    return _keep(by=by, zone=staff_zone(by), content=content, now=now)


@own_transaction
def _keep(*, by: Principal, zone: str, content: Mapping[str, Any], now: datetime) -> UUID:
    row_id = uuid4()
    StaffSlip.objects.create(
        id=row_id,
        zone=zone,
        actor_id=by.actor_id,
        ct_content=_sealed(by, row_id, SLIP_CONTENT, content),
        created_at=now,
        expires_at=now + KEPT,
    )
    return row_id


@joins_transaction
def hold_staff_slip(*, by: Principal, slip_id: UUID, now: datetime) -> StaffSlip:
    """Return the slip, spent or not, and keep every other press of it waiting until the transaction ends.

    Raises NotFound when there is no such slip. *Locks:* the slip.
    """
    row = (
        StaffSlip.objects.select_for_update()
        .filter(zone=staff_zone(by), id=slip_id, actor_id=by.actor_id, expires_at__gt=now)
        .first()
    )
    if row is None:
        raise no_staff_slip()
    return row


@joins_transaction
def spend_staff_slip(*, by: Principal, slip: StaffSlip, answer: StaffAnswer, now: datetime) -> StaffAnswer:
    """Put the answer in the place of what was typed, for a quarter of an hour; for whoever holds the slip."""
    slip.ct_content = None
    slip.ct_answer = _sealed(by, slip.id, SLIP_ANSWER, asdict(answer) | {"row_id": str(answer.row_id)})
    slip.expires_at = now + ANSWER_KEPT
    slip.save(update_fields=("ct_content", "ct_answer", "expires_at"))
    return answer


@own_transaction
def erase_expired_staff_slips(*, by: Principal, now: datetime) -> None:  # zone of none
    """Drop what was never finished and every answer whose time is over, in every zone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kengen_drop_expired_slips(%s)", [now])


def _sealed(by: Principal, row_id: UUID, envelope: str, content: Mapping[str, Any]) -> bytes:
    key = get_keyring().active_dek(purpose=FIELD, hokensha_code=by.hokensha_code)
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return RowSealer(key, table=SLIP_TABLE, envelope=envelope).seal(row_id, plain)
