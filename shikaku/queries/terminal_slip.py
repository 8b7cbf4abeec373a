"""Reads what a clerk typed between two pages; the same clerk alone, while it is young."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.models import TerminalSlip

TABLE: Final = "shikaku_terminal_slip"
CONTENT: Final = "content"
KOJIN_BANGO: Final = "kojin_bango"


def find_slip(by: Principal, slip_id: UUID, kind: str, now: datetime) -> TerminalSlip:
    """Return the row in the open transaction; NotFound for anybody else's, another kind's or an old one."""
    row = TerminalSlip.objects.filter(
        hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id, kind=kind, expires_at__gt=now
    ).first()
    if row is None:
        raise NotFound("hikae_nashi", "入力の控えがありません。登録を終えたか、期限（24時間）が過ぎています。")
    return row


def open_envelope_of(by: Principal, row: TerminalSlip, envelope: str, sealed: bytes) -> bytes:
    """Return one envelope of a slip, opened."""
    return open_envelope(
        get_keyring(), table=TABLE, envelope=envelope, hokensha_code=by.hokensha_code, row_id=row.id, data=sealed
    )


@reads
def open_slip(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> dict[str, Any]:
    """Return what the same clerk typed; NotFound for anybody else's, another kind's or an old one."""
    row = find_slip(by, slip_id, kind, now)
    opened: dict[str, Any] = json.loads(open_envelope_of(by, row, CONTENT, bytes(row.ct_content)))
    return opened


@reads
def open_slip_bango(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> str:
    """Return the 個人番号 typed on the slip, or ''; for the registration itself, never for a page."""
    row = find_slip(by, slip_id, kind, now)
    if row.ct_kojin_bango is None:
        return ""
    return open_envelope_of(by, row, KOJIN_BANGO, bytes(row.ct_kojin_bango)).decode()
