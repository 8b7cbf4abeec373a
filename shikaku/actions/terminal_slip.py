"""Keeps what a clerk typed between two pages, and what came of it: sealed, in their zone, for them alone."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from chukan.kernel.crypto.data_key import DataKey
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction
from shikaku.models import TerminalSlip
from shikaku.queries.terminal_slip import ANSWER, CONTENT, KOJIN_BANGO, TABLE, SlipAnswer, answer_of, no_slip

KEPT: Final = timedelta(hours=24)
MENDED: Final = "naosu"


@own_transaction
def keep_slip(*, by: Principal, kind: str, content: Mapping[str, Any], kojin_bango: str = "", now: datetime) -> UUID:
    """Seal what was typed and return the random id its next page is addressed by."""
    return _new_slip(by, kind, content, kojin_bango, now)


@joins_transaction
def hold_slip(*, by: Principal, slip_id: UUID) -> TerminalSlip:
    """Return the slip, spent or not, and keep every other press of it waiting until the transaction ends.

    Raises NotFound when there is no such slip. *Locks:* the slip.
    """
    row = (
        TerminalSlip.objects.select_for_update()
        .filter(hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id)
        .first()
    )
    if row is None:
        raise no_slip()
    return row


@joins_transaction
def spend_slip(*, by: Principal, slip: TerminalSlip, facts: Mapping[str, Any]) -> SlipAnswer:
    """Put the answer in the place of what was typed, until the slip's own end; for whoever holds the slip.

    The 個人番号 and the content are gone with the registration itself.
    """
    slip.ct_content, slip.ct_kojin_bango = None, None
    slip.ct_answer = RowSealer(_dek(by), table=TABLE, envelope=ANSWER).seal(slip.id, _plain(facts))
    slip.save(update_fields=("ct_content", "ct_kojin_bango", "ct_answer"))
    return SlipAnswer(slip.kind, facts)


@own_transaction
def hand_on_slip(
    *, by: Principal, slip_id: UUID, content: Mapping[str, Any], kojin_bango: str, now: datetime
) -> SlipAnswer:
    """Keep what was refused on a fresh slip to be mended; the refused one leads to it, by every press.

    A slip that has its answer keeps it. Raises NotFound when there is no such slip. *Locks:* the slip.
    """
    slip = hold_slip(by=by, slip_id=slip_id)
    earlier = answer_of(by, slip)
    if earlier is not None:
        return earlier
    fresh = _new_slip(by, slip.kind, content, kojin_bango, now)
    return spend_slip(by=by, slip=slip, facts={MENDED: str(fresh)})


def _new_slip(by: Principal, kind: str, content: Mapping[str, Any], kojin_bango: str, now: datetime) -> UUID:
    row_id, dek = uuid4(), _dek(by)
    sealed_number = None
    if kojin_bango:
        sealed_number = RowSealer(dek, table=TABLE, envelope=KOJIN_BANGO).seal(row_id, kojin_bango.encode())
    TerminalSlip.objects.create(
        id=row_id,
        hokensha_code=by.hokensha_code or "",
        actor_id=by.actor_id,
        kind=kind,
        ct_content=RowSealer(dek, table=TABLE, envelope=CONTENT).seal(row_id, _plain(content)),
        ct_kojin_bango=sealed_number,
        created_at=now,
        expires_at=now + KEPT,
    )
    return row_id


def _dek(by: Principal) -> DataKey:
    return get_keyring().active_dek(purpose="field", hokensha_code=by.hokensha_code or "")


def _plain(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
