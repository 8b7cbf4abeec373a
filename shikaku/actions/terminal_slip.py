"""Keeps what a clerk typed between two pages: sealed, in their zone, for them alone."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction, reads
from shikaku.models import TerminalSlip

TABLE: Final = "shikaku_terminal_slip"
CONTENT: Final = "content"
KOJIN_BANGO: Final = "kojin_bango"
KEPT: Final = timedelta(hours=24)


@own_transaction
def keep_slip(*, by: Principal, kind: str, content: Mapping[str, Any], kojin_bango: str = "", now: datetime) -> UUID:
    """Seal what was typed and return the random id its next page is addressed by."""
    row_id = uuid4()
    zone = by.hokensha_code or ""
    dek = get_keyring().active_dek(purpose="field", hokensha_code=zone)
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    sealed_number = None
    if kojin_bango:
        sealed_number = RowSealer(dek, table=TABLE, envelope=KOJIN_BANGO).seal(row_id, kojin_bango.encode())
    TerminalSlip.objects.create(
        id=row_id,
        hokensha_code=zone,
        actor_id=by.actor_id,
        kind=kind,
        ct_content=RowSealer(dek, table=TABLE, envelope=CONTENT).seal(row_id, plain),
        ct_kojin_bango=sealed_number,
        created_at=now,
        expires_at=now + KEPT,
    )
    return row_id


def _find(by: Principal, slip_id: UUID, kind: str, now: datetime) -> TerminalSlip:
    row = TerminalSlip.objects.filter(
        hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id, kind=kind, expires_at__gt=now
    ).first()
    if row is None:
        raise NotFound("hikae_nashi", "入力の控えがありません。登録を終えたか、期限（24時間）が過ぎています。")
    return row


def _open(by: Principal, row: TerminalSlip, envelope: str, sealed: bytes) -> bytes:
    return open_envelope(
        get_keyring(), table=TABLE, envelope=envelope, hokensha_code=by.hokensha_code, row_id=row.id, data=sealed
    )


@reads
def open_slip(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> dict[str, Any]:
    """Return what the same clerk typed; NotFound for anybody else's, another kind's or an old one."""
    row = _find(by, slip_id, kind, now)
    opened: dict[str, Any] = json.loads(_open(by, row, CONTENT, bytes(row.ct_content)))
    return opened


@reads
def open_slip_bango(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> str:
    """Return the 個人番号 typed on the slip, or ''; for the registration itself, never for a page."""
    row = _find(by, slip_id, kind, now)
    if row.ct_kojin_bango is None:
        return ""
    return _open(by, row, KOJIN_BANGO, bytes(row.ct_kojin_bango)).decode()


@own_transaction
def drop_slip(*, by: Principal, slip_id: UUID) -> None:
    """Forget the slip; its registration is done or given up."""
    TerminalSlip.objects.filter(hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id).delete()


@own_transaction
def take_slip(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> tuple[dict[str, Any], str]:
    """Return content and 個人番号 of the slip and forget it; only one of two presses gets them.

    Raises NotFound when it was taken before, is another's, or is too old. *Locks:* the slip.
    """
    row = _find(by, slip_id, kind, now)
    content: dict[str, Any] = json.loads(_open(by, row, CONTENT, bytes(row.ct_content)))
    number = b"" if row.ct_kojin_bango is None else _open(by, row, KOJIN_BANGO, bytes(row.ct_kojin_bango))
    taken, _ = TerminalSlip.objects.filter(hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id).delete()
    if not taken:
        raise NotFound("hikae_nashi", "この登録は済んでいます。結果は加入者の詳細か登録の履歴で確かめてください。")
    return content, number.decode()
