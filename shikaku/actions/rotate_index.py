"""Replaces a key of blind indexes or search tokens in three steps, none of which sees a person (ADR 0020).

Started: look-ups ask by both keys. Switched: hashes are made with the new one. Ended, after `reindex_rows`: nobody
asks by the former. 根拠: KJ-ENC-06, KJ-ENC-07.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from chukan.controls.kikan.queries import list_hokensha
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crypto.data_key import BI_GLOBAL, KeyState
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import Conflict, Invalid
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from shikaku.actions.walk_persons import wait_until_noticed
from shikaku.models import ReindexJob

_UNHASHED: Final = "SELECT shikaku_count_unhashed(%s)"


@dataclass(frozen=True, slots=True)
class IndexRotated:
    """The key that makes the hashes now."""

    key_id: int


@outside_transaction
def rotate_index(
    *, by: Principal, kind: str, hokensha_code: str | None, pause: Callable[[], None], now: Callable[[], datetime]
) -> IndexRotated:
    """Let a new key make the hashes of a kind; look-ups ask by both until `end_index`.

    *Idempotent:* broken off, it goes on; between the switch and the end it makes no further key. Raises KeyUnavailable
    and Invalid when the kind is an insurer's and none is named, or the other way round.
    """
    if (kind == BI_GLOBAL) != (hokensha_code is None):
        raise Invalid(
            "kagi_no_hokensha", "bi_global には保険者を付けず、ほかの鍵には付けてください。", pointer="hokensha"
        )
    if start_index(by=by, kind=kind, hokensha_code=hokensha_code, now=now()):
        wait_until_noticed(now(), pause, now)
        switch_index(by=by, kind=kind, hokensha_code=hokensha_code, now=now())
    get_keyring().forget()
    return IndexRotated(get_keyring().index_keys(kind, hokensha_code).active.key_id)


@own_transaction
def start_index(*, by: Principal, kind: str, hokensha_code: str | None, now: datetime) -> bool:
    """Make the new key, by which look-ups ask and with which nothing is written; one that is there already stays.

    Returns whether there is a key to switch to.
    """
    keyring = get_keyring()
    keyring.forget()
    other = keyring.index_keys(kind, hokensha_code).other
    if other is not None:
        return other.state is KeyState.PRE
    key = keyring.start_index_key(purpose=kind, hokensha_code=hokensha_code)
    _record(by, kind, hokensha_code, "start", key.key_id, now)
    return True


@own_transaction
def switch_index(*, by: Principal, kind: str, hokensha_code: str | None, now: datetime) -> None:
    """Let the key that was started make the hashes; called when every process asks by it."""
    key_id = get_keyring().switch_index_key(purpose=kind, hokensha_code=hokensha_code)
    if key_id is not None:
        _record(by, kind, hokensha_code, "switch", key_id, now)


@own_transaction
def end_index(*, by: Principal, kind: str, hokensha_code: str | None, now: datetime) -> IndexRotated:
    """Destroy the former key. *Idempotent.* Raises Conflict as long as a row may need it.

    A row across insurers that no sealed number explains is such a row: it is counted and never dropped.
    """
    keyring = get_keyring()
    keyring.forget()
    keys = keyring.index_keys(kind, hokensha_code)
    if keys.other is not None:
        if keys.other.state is not KeyState.DECRYPT_ONLY or _waiting(kind, hokensha_code, keys.active.key_id):
            raise Conflict("sakuin_no_nokori", "索引値の作り直しが終わっていません。reindex_rows を実行してください。")
        if kind == BI_GLOBAL and (left := _unhashed(keys.active.key_id)):
            raise Conflict(
                "setsumei_no_nai_sakuin",
                f"どの加入者の個人番号からも作れない索引値が{left}件あります。前の鍵は残します。"
                "この件数を添えて、開発元に連絡してください。",
            )
        former = keyring.end_index_key(purpose=kind, hokensha_code=hokensha_code)
        _record(by, kind, hokensha_code, "end", former or 0, now)
    return IndexRotated(keys.active.key_id)


def _waiting(kind: str, hokensha_code: str | None, key_id: int) -> bool:
    """Tell whether the walk of an insurer is not done; of all insurers where the hashes are across them."""
    owed = [one.hokensha_code for one in list_hokensha()] if hokensha_code is None else [hokensha_code]
    done = ReindexJob.objects.filter(kind=kind, key_id=key_id, finished_at__isnull=False)
    return bool(set(owed) - set(done.values_list("hokensha_code", flat=True)))


def _unhashed(key_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNHASHED, [key_id])
        return int(cursor.fetchone()[0])


def _record(by: Principal, kind: str, hokensha_code: str | None, step: str, key_id: int, now: datetime) -> None:
    record_sosa(
        by=by,
        kind=SosaKind.KEY_ROTATED,
        jimu="kanri",
        target_file="暗号鍵",
        targets=(hokensha_code or kind,),
        result="ok",
        detail={"kind": kind, "step": step, "key_id": key_id},
        now=now,
    )
