"""Gives and ends rights: with the staff record they belong to, or one that was asked for and approved."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chukan.controls.kengen.domain import Right, by_approval
from chukan.controls.kengen.models import KengenFuyo, KojinBangoToriatsukai
from chukan.controls.kengen.queries import held_rights
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction


@dataclass(frozen=True, slots=True)
class StaffInput:
    """What a registration or change of one member of staff says; where no day is left there is no right."""

    shokuin_id: str
    shimei: str
    valid_from: date
    valid_to: date
    kengen: frozenset[Right]
    kojin_bango: frozenset[str]

    def __post_init__(self) -> None:
        """Take every right from a period without a day."""
        if self.valid_from == self.valid_to:
            object.__setattr__(self, "kengen", frozenset())
            object.__setattr__(self, "kojin_bango", frozenset())


@joins_transaction
def grant_rights(*, by: Principal, zone: str, row_id: UUID, given: StaffInput, now: datetime) -> None:
    """Make the rights of one person what `given` says: what is no longer wanted ends, what is new begins.

    A right whose days change ends and begins anew: nothing given is ever rewritten. One that was approved keeps its
    days: no approval grows longer here. 根拠: KJ-AUTH-13, KJ-AUTH-14, KJ-AUTH-20.
    """
    period = (given.valid_from, given.valid_to)
    held = KengenFuyo.objects.select_for_update().filter(shokuin_id=row_id, ended_at__isnull=True)
    kept = {(row.jimu, row.action) for row in held if row.approved_by or (row.valid_from, row.valid_to) == period}
    ending = [row.id for row in held if (row.jimu, row.action) not in given.kengen & kept]
    KengenFuyo.objects.filter(id__in=ending).update(ended_at=now, ended_by=by.actor_id)
    KengenFuyo.objects.bulk_create(
        KengenFuyo(
            zone=zone,
            shokuin_id=row_id,
            jimu=jimu,
            action=action,
            valid_from=given.valid_from,
            valid_to=given.valid_to,
            granted_at=now,
            granted_by=by.actor_id,
        )
        for jimu, action in sorted(given.kengen - kept)
    )
    marks = KojinBangoToriatsukai.objects.select_for_update().filter(shokuin_id=row_id, ended_at__isnull=True)
    kept_marks = {row.jimu for row in marks if (row.valid_from, row.valid_to) == period}
    ending = [row.id for row in marks if row.jimu not in given.kojin_bango & kept_marks]
    KojinBangoToriatsukai.objects.filter(id__in=ending).update(ended_at=now, ended_by=by.actor_id)
    KojinBangoToriatsukai.objects.bulk_create(
        KojinBangoToriatsukai(
            zone=zone,
            shokuin_id=row_id,
            jimu=jimu,
            valid_from=given.valid_from,
            valid_to=given.valid_to,
            granted_at=now,
            granted_by=by.actor_id,
        )
        for jimu in sorted(given.kojin_bango - kept_marks)
    )


@joins_transaction
def end_rights(*, by: Principal, row_id: UUID, now: datetime) -> None:
    """End every right of one person, and the 個人番号取扱権限."""
    for model in (KengenFuyo, KojinBangoToriatsukai):
        model.objects.filter(shokuin_id=row_id, ended_at__isnull=True).update(ended_at=now, ended_by=by.actor_id)


@joins_transaction
def grant_approved(
    *, by: Principal, zone: str, shokuin_pk: UUID, right: Right, shinseisha: str, valid_to: date, now: datetime
) -> None:
    """Give one member of 支払基金's staff exactly the one right that somebody asked for and `by` approved.

    Raises Conflict when the person has it. 根拠: KJ-AUTH-06, KJ-AUTH-20.
    """
    if by_approval(soshiki=zone, rights=[right]) != {right}:
        raise NotPermitted("kengen_shozoku", "情報提供サーバーの権限は、支払基金の職員にだけ付与できます。")
    if right in held_rights(shokuin_pk=shokuin_pk):
        raise Conflict("kengen_ari", "この職員には、この権限がすでに付いています。依頼を差し戻してください。")
    KengenFuyo.objects.create(
        zone=zone,
        shokuin_id=shokuin_pk,
        jimu=right[0],
        action=right[1],
        valid_from=business_date_jst(now),
        valid_to=valid_to,
        granted_at=now,
        granted_by=shinseisha,
        approved_by=by.actor_id,
    )
