"""Keeps what a clerk typed between two pages: sealed, in their zone, for them alone."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction
from shikaku.models import TerminalSlip
from shikaku.queries.terminal_slip import CONTENT, KOJIN_BANGO, TABLE, find_slip, open_envelope_of

KEPT: Final = timedelta(hours=24)


@own_transaction
def keep_slip(
    *,
    by: Principal,
    kind: str,
    content: Mapping[str, Any],
    kojin_bango: str = "",
    slip_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Seal what was typed and return the random id its next page is addressed by; `slip_id` puts a taken one back."""
    row_id = slip_id or uuid4()
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


@own_transaction
def drop_slip(*, by: Principal, slip_id: UUID) -> None:
    """Forget the slip; its registration is done or given up."""
    TerminalSlip.objects.filter(hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id).delete()


@own_transaction
def take_slip(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> tuple[dict[str, Any], str]:
    """Return content and 個人番号 of the slip and forget it; only one of two presses gets them.

    Raises NotFound when it was taken before, is another's, or is too old. *Locks:* the slip.
    """
    row = find_slip(by, slip_id, kind, now)
    content: dict[str, Any] = json.loads(open_envelope_of(by, row, CONTENT, bytes(row.ct_content)))
    number = b"" if row.ct_kojin_bango is None else open_envelope_of(by, row, KOJIN_BANGO, bytes(row.ct_kojin_bango))
    spend_slip(by=by, slip_id=slip_id)
    return content, number.decode()


@joins_transaction
def spend_slip(*, by: Principal, slip_id: UUID) -> None:
    """Forget the slip with the registration itself. Raises NotFound when it was spent before. *Locks:* the slip."""
    spent, _ = TerminalSlip.objects.filter(hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id).delete()
    if not spent:
        raise NotFound("hikae_nashi", "この登録は済んでいます。結果は加入者の詳細か登録の履歴で確かめてください。")
