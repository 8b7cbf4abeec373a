"""一括再発行: a permission is used up, then the persons of a list are extracted and asked for anew, block by block.

The requests go the way of all others: file, operator, 住基ネット, answer. 根拠: KJ-FUGO-06, KJ-DUAL-06, KJ-DUAL-07.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from django.db import connection

from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.binary_arrays import uuid_array
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction
from chukan.kernel.turns import Turns
from chukan.kernel.values.uuid7 import uuid7_bytes
from chukan.settings import limits
from fugo.actions.register_saihakko import LIST_SCREEN
from fugo.actions.saihakko_rows import hold_list, note_list
from fugo.domain.saihakko import HIMOZUKE_NASHI, KIND, YOKYU_CHU, Act, State, check_handler, check_state, payload_of
from fugo.domain.shutoku_yokyu import Person, decide_reissue
from fugo.models import SaihakkoList
from fugo.queries.saihakko import FIRST, Candidate, list_candidates, list_to_extract

_TAKE: Final = "SELECT fugo_saihakko_take(%s, %s, %s, %s::text[], %s::bigint[], %s::text[], %s, %s)"
Now = Callable[[], datetime]


class UsePermission(Protocol):
    """Uses a permission of others up, in the transaction of the act it is for, or raises NotPermitted."""

    def __call__(
        self, *, by: Principal, shonin_id: UUID, kind: str, payload: Mapping[str, str | int], now: datetime
    ) -> None:
        """Use it up for exactly this payload; it is gone then."""


class CompletePermission(Protocol):
    """Closes a permission whose act is over, in the transaction that ends it."""

    def __call__(self, *, by: Principal, shonin_id: UUID, now: datetime) -> None:
        """Close it."""


@own_transaction
def execute_saihakko(
    *, by: Principal, list_id: UUID, baitai_id: str, use_permission: UsePermission, now: datetime
) -> None:
    """Use the permission of a list up: from now on it is extracted, and its requests are made by themselves.

    Raises NotPermitted without a permission, for another medium, a second time, after its end and for anybody but who
    asked for it; NotFound; Conflict. *Locks:* the list.
    """
    check_handler(by)
    row = hold_list(by=by, list_id=list_id)
    if row.shonin_id is None:
        raise NotPermitted("shonin_nashi", "この操作の承認がありません。依頼して、承認を受けてから実行してください。")
    payload = payload_of(list_id=row.id, kensu=row.taisho_count, baitai_id=baitai_id)
    use_permission(by=by, shonin_id=row.shonin_id, kind=KIND, payload=payload, now=now)
    check_state(Act.EXECUTE, State(row.state))
    row.state, row.executed_at, row.executed_by = State.SHONIN_ZUMI, now, by.actor_id
    row.write_until = now + limits.FUGO_WRITE_WITHIN
    row.save(update_fields=["state", "executed_at", "executed_by", "write_until"])
    note_list(
        by=by, kind=SosaKind.SAIHAKKO_JIKKO, row=row, screen_id=LIST_SCREEN, now=now, shonin_id=str(row.shonin_id)
    )


@outside_transaction
def extract_saihakko(
    *, by: Principal, complete_permission: CompletePermission, now: Now, block: int = limits.FUGO_SAIHAKKO_BLOCK
) -> int:
    """Extract every list whose permission was used and make its requests; return how many lists were finished.

    A process that dies leaves whole blocks behind it, and the next one goes on after them. *Idempotent:* nobody stands
    in a list twice or has two open requests. A list that fails keeps no other waiting; its error is raised at the end.
    """
    turns = Turns("fugo.saihakko_list.failed")
    finished = sum(
        turns.take(list_id, partial(_extract, by, list_id, complete_permission, now, block)) or 0
        for list_id in list_to_extract(by=by)
    )
    turns.end()
    return finished


def _extract(by: Principal, list_id: UUID, complete_permission: CompletePermission, now: Now, block: int) -> bool:
    while extract_block(by=by, list_id=list_id, block=block, now=now()):
        pass
    return finish_extract(by=by, list_id=list_id, complete_permission=complete_permission, now=now())


def _held(list_id: UUID) -> SaihakkoList | None:
    return SaihakkoList.objects.select_for_update(skip_locked=True).filter(id=list_id, state=State.SHONIN_ZUMI).first()


@own_transaction
def extract_block(*, by: Principal, list_id: UUID, block: int, now: datetime) -> bool:
    """Extract the next persons of a list and make their requests; False when there are none left or others do it.

    *Locks:* the list, then persons in the order of 紐付番号.
    """
    row = _held(list_id)
    if row is None:
        return False
    found = list_candidates(by=by, list_id=list_id, after=row.extracted_to or FIRST, most=block)
    if not found:
        return False
    requested = _take(list_id, found, now)
    row.extracted_to = found[-1].himozuke_bango
    row.requested_count += requested
    row.left_out_count += len(found) - requested
    row.save(update_fields=["extracted_to", "requested_count", "left_out_count"])
    return True


def _take(list_id: UUID, found: Sequence[Candidate], now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            [
                list_id,
                uuid_array(uuid7_bytes(len(found))),
                uuid_array([one.himozuke_bango for one in found]),
                [one.hokensha_code for one in found],
                [one.hihokensha_edaban for one in found],
                [_left_out(one) for one in found],
                YOKYU_CHU,
                now,
            ],
        )
        return int(cursor.fetchone()[0])


def _left_out(one: Candidate) -> str:
    """Return why a person gets no request, '' when they get one."""
    person = Person(linked=one.hokensha_code is not None, has_fugo=True, has_open_request=one.has_open_request)
    if not decide_reissue(person):
        return YOKYU_CHU
    return "" if person.linked else HIMOZUKE_NASHI


@own_transaction
def finish_extract(*, by: Principal, list_id: UUID, complete_permission: CompletePermission, now: datetime) -> bool:
    """取得指示: all persons of a list are extracted and asked for; False when others do it or some are left.

    *Locks:* the list.
    """
    row = _held(list_id)
    if row is None or list_candidates(by=by, list_id=list_id, after=row.extracted_to or FIRST, most=1):
        return False
    row.state, row.instructed_at = State.SHIJI, now
    row.save(update_fields=["state", "instructed_at"])
    if row.shonin_id is not None:
        complete_permission(by=by, shonin_id=row.shonin_id, now=now)
    note_list(
        by=by,
        kind=SosaKind.SAIHAKKO_SHIJI,
        row=row,
        screen_id="",
        now=now,
        yokyu=row.requested_count,
        yokyu_nashi=row.left_out_count,
    )
    return True
