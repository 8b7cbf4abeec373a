"""Answers a repeated request with its first answer: the answer is kept in the transaction of the work itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import connection

from chukan.controls.setsuzoku.domain import lock_number
from chukan.controls.setsuzoku.models import Idempotency
from chukan.kernel.crypto.data_key import FIELD
from chukan.kernel.crypto.envelope import RowSealer, open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from chukan.settings import limits

_TABLE: Final = "setsuzoku_idempotency"
_ENVELOPE: Final = "kotae"
KEPT_ERRORS: Final = frozenset({409, 422})


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and bytes of an answer; `replayed` when it was given before."""

    status: int
    body: bytes
    content_type: str = "application/json"
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a repeat is known by: client, path, key, and the comparison value of what was sent."""

    client_id: str
    path: str
    key: str
    fingerprint: bytes


@own_transaction
def answer_once(
    *, by: Principal, repeat: Repeat, work: Callable[[], Answer], now: datetime, zone: str | None = None
) -> Answer:
    """Return the first answer to this key, or do the work and keep its answer in the same transaction.

    *Idempotent:* by (client, path, key). *Locks:* that triple, before anything else; a crash releases it with the
    work undone. Raises: Conflict `shorichu` while the first still runs, RuleBroken `idempotency_mismatch`.
    """
    _lock(repeat)
    held = _find(by, repeat)
    if held is not None:
        return held
    answer = work()
    if 200 <= answer.status < 300:  # noqa: PLR2004  # 2xx
        _keep(by, repeat, answer, now)
    return answer


@own_transaction
def keep_refusal(*, by: Principal, repeat: Repeat, answer: Answer, now: datetime) -> None:
    """Keep a 409 or 422 that the work ended with, after its transaction was rolled back.

    A repeat that was answered in between keeps its own answer.
    """
    if answer.status not in KEPT_ERRORS:
        return
    _lock(repeat)
    if _find(by, repeat) is None:
        _keep(by, repeat, answer, now)


def _lock(repeat: Repeat) -> None:
    number = lock_number(repeat.client_id, repeat.path, repeat.key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise Conflict("shorichu", "同じ Idempotency-Key の要求を処理しています。少し待ってから送ってください。")


def _find(by: Principal, repeat: Repeat) -> Answer | None:
    row = Idempotency.objects.filter(
        sender=by.sender, client_id=repeat.client_id, path=repeat.path, key=repeat.key
    ).first()
    if row is None:
        return None
    if bytes(row.fingerprint) != repeat.fingerprint:
        raise RuleBroken(
            "idempotency_mismatch",
            "同じ Idempotency-Key で前と違う内容が送られました。"
            "新しい内容には新しい Idempotency-Key を付けてください。",
        )
    body = open_envelope(
        get_keyring(),
        table=_TABLE,
        envelope=_ENVELOPE,
        hokensha_code=row.hokensha_code,
        row_id=row.id,
        data=bytes(row.ct_answer),
    )
    return Answer(row.status, body, row.content_type, replayed=True)


def _keep(by: Principal, repeat: Repeat, answer: Answer, now: datetime) -> None:
    key = get_keyring().active_dek(purpose=FIELD, hokensha_code=by.hokensha_code)
    row_id = uuid4()
    plain = replace(answer, replayed=False)
    Idempotency.objects.create(
        id=row_id,
        sender=by.sender or "",
        hokensha_code=by.hokensha_code,
        client_id=repeat.client_id,
        path=repeat.path,
        key=repeat.key,
        fingerprint=repeat.fingerprint,
        status=plain.status,
        content_type=plain.content_type,
        ct_answer=RowSealer(key, table=_TABLE, envelope=_ENVELOPE).seal(row_id, plain.body),
        answered_at=now,
        expires_at=now + timedelta(days=limits.IDEMPOTENCY_DAYS),
    )
