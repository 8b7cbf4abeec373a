"""Reads what a clerk typed between two pages, or what came of it; the same clerk alone, while it is young."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
ANSWER: Final = "answer"


@dataclass(frozen=True, slots=True)
class SlipAnswer:
    """What came of a spent slip, for the page that says so; no 個人番号 and nothing that was typed."""

    kind: str
    facts: Mapping[str, Any]


def no_slip() -> NotFound:
    """Return the refusal of a slip that is not there, is spent, or is another's."""
    return NotFound("hikae_nashi", "入力の控えがありません。登録を終えたか、期限（24時間）が過ぎています。")


def find_slip(by: Principal, slip_id: UUID, kind: str, now: datetime) -> TerminalSlip:
    """Return the row in the open transaction; NotFound for anybody else's, another kind's, a spent or an old one."""
    row = TerminalSlip.objects.filter(
        hokensha_code=by.hokensha_code,
        id=slip_id,
        actor_id=by.actor_id,
        kind=kind,
        ct_answer__isnull=True,
        expires_at__gt=now,
    ).first()
    if row is None:
        raise no_slip()
    return row


def open_envelope_of(by: Principal, row: TerminalSlip, envelope: str, sealed: bytes | memoryview | None) -> bytes:
    """Return one envelope of a slip, opened; nothing when there is none."""
    if sealed is None:
        return b""
    return open_envelope(
        get_keyring(), table=TABLE, envelope=envelope, hokensha_code=by.hokensha_code, row_id=row.id, data=bytes(sealed)
    )


def answer_of(by: Principal, row: TerminalSlip) -> SlipAnswer | None:
    """Return the answer a slip holds, None while it is not spent."""
    if row.ct_answer is None:
        return None
    return SlipAnswer(row.kind, json.loads(open_envelope_of(by, row, ANSWER, row.ct_answer)))


@reads
def open_slip(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> dict[str, Any]:
    """Return what the same clerk typed; NotFound for anybody else's, another kind's, a spent or an old one."""
    row = find_slip(by, slip_id, kind, now)
    opened: dict[str, Any] = json.loads(open_envelope_of(by, row, CONTENT, row.ct_content))
    return opened


@reads
def open_slip_bango(*, by: Principal, slip_id: UUID, kind: str, now: datetime) -> str:
    """Return the 個人番号 typed on the slip, or ''; for the registration itself, never for a page."""
    row = find_slip(by, slip_id, kind, now)
    return open_envelope_of(by, row, KOJIN_BANGO, row.ct_kojin_bango).decode()


@reads
def find_answer(*, by: Principal, slip_id: UUID, kinds: Collection[str], now: datetime) -> SlipAnswer | None:
    """Return what came of the same clerk's slip; None while it is not spent, and for anybody else's or an old one."""
    row = TerminalSlip.objects.filter(
        hokensha_code=by.hokensha_code, id=slip_id, actor_id=by.actor_id, kind__in=kinds, expires_at__gt=now
    ).first()
    return None if row is None else answer_of(by, row)
