"""Keeps the records of staff and their accounts; the rights of a person are another room's."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from chukan.controls.shokuin.actions.count_tries import account_key
from chukan.controls.shokuin.domain import (
    FORMER_PASSWORDS,
    SHOKUIN_ID_TAKEN,
    EndReason,
    check_staff,
    zone_for,
)
from chukan.controls.shokuin.models import Account, Shokuin, ShokuinSession
from chukan.controls.shokuin.queries import is_shokuin_id_taken
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, NotFound, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction


def new_password() -> str:
    """Return a password made by chance, for the first sign-in."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


@joins_transaction
def register_shokuin(
    *,
    by: Principal,
    soshiki: str,
    hokensha_code: str | None,
    shokuin_id: str,
    shimei: str,
    kubun: str,
    valid_from: date,
    valid_to: date,
    password_hash: str,
    must_change: bool,
    now: datetime,
) -> UUID:
    """Register one member of staff with the one account of that person; return the row id.

    Raises RuleBroken with every reason, Conflict when the 職員ID is taken. 根拠: KJ-AUTH-01.
    """
    on = business_date_jst(now)
    errors = check_staff(
        shokuin_id=shokuin_id, shimei=shimei, valid_from=valid_from, valid_to=valid_to, held_period=None, on=on
    )
    if errors:
        raise RuleBroken("shokuin_fusei", "職員を登録できません。", errors=errors)
    zone = zone_for(soshiki=soshiki, hokensha_code=hokensha_code)
    if is_shokuin_id_taken(zone=zone, hokensha_code=hokensha_code, shokuin_id=shokuin_id):
        raise Conflict("shokuin_id_jufuku", SHOKUIN_ID_TAKEN, pointer="shokuin_id")
    shokuin = Shokuin.objects.create(
        zone=zone,
        soshiki=soshiki,
        hokensha_code=hokensha_code,
        shokuin_id=shokuin_id,
        shimei=shimei.strip(),
        kubun=kubun,
        registered_at=now,
        registered_by=by.actor_id,
    )
    Account.objects.create(
        zone=zone,
        shokuin=shokuin,
        valid_from=valid_from,
        valid_to=valid_to,
        confirmed_on=max(valid_from, on),
        password=password_hash,
        password_changed_at=now,
        must_change=must_change,
    )
    return shokuin.id


@joins_transaction
def change_shokuin(
    *, by: Principal, row_id: UUID, shimei: str, valid_from: date, valid_to: date, now: datetime
) -> None:
    """Change name and validity of one member of staff; a session ends by itself when the validity does."""
    on = business_date_jst(now)
    account = (
        Account.objects.select_for_update(of=("self",)).select_related("shokuin").filter(shokuin_id=row_id).first()
    )
    if account is None:
        raise NotFound("shokuin_nashi", "この職員は見つかりませんでした。一覧から選び直してください。")
    errors = check_staff(
        shokuin_id=account.shokuin.shokuin_id,
        shimei=shimei,
        valid_from=valid_from,
        valid_to=valid_to,
        held_period=(account.valid_from, account.valid_to),
        on=on,
    )
    if errors:
        raise RuleBroken("shokuin_fusei", "職員を変更できません。", errors=errors)
    if (valid_from, valid_to) != (account.valid_from, account.valid_to):
        account.valid_from, account.valid_to = valid_from, valid_to
        account.confirmed_on = max(valid_from, on)
        account.save(update_fields=["valid_from", "valid_to", "confirmed_on"])
    if shimei.strip() != account.shokuin.shimei:
        account.shokuin.shimei = shimei.strip()
        account.shokuin.save(update_fields=["shimei"])


@dataclass(frozen=True, slots=True)
class EndedShokuin:
    """A member of staff whose account is over: since when, and how many sessions ended with it."""

    row_id: UUID
    valid_to: date
    sessions: int


@joins_transaction
def end_shokuin(*, by: Principal, shokuin_id: str, now: datetime) -> EndedShokuin:
    """End the account of one member of staff of the transaction's zone from this moment, and every session of it.

    *Idempotent:* one that has ended keeps its 無効日. *Locks:* the account. Raises NotFound. 根拠: KJ-AUTH-08.
    """
    on = business_date_jst(now)
    account = Account.objects.select_for_update(of=("self",)).filter(shokuin__shokuin_id=shokuin_id).first()
    if account is None:
        raise NotFound("shokuin_nashi", "この職員IDは、この組織に登録されていません。職員IDを確かめてください。")
    if account.valid_to > on:
        account.valid_from, account.valid_to = min(account.valid_from, on), on
        account.save(update_fields=["valid_from", "valid_to"])
    sessions = ShokuinSession.objects.filter(account=account, ended_at__isnull=True).update(
        ended_at=now, ended_reason=EndReason.ACCOUNT_ENDED, step_up_at=None
    )
    return EndedShokuin(account.shokuin_id, account.valid_to, sessions)


@joins_transaction
def set_first_password(*, by: Principal, row_id: UUID, password_hash: str, now: datetime) -> None:
    """Give one member of staff a password for one sign-in; it must be changed there, and live sessions end."""
    account = Account.objects.select_for_update(of=("self",)).filter(shokuin_id=row_id).first()
    if account is None:
        raise NotFound("shokuin_nashi", "この職員は見つかりませんでした。一覧から選び直してください。")
    account.former_passwords = [account.password, *account.former_passwords][:FORMER_PASSWORDS]
    account.password, account.password_changed_at, account.must_change = password_hash, now, True
    account.save(update_fields=["former_passwords", "password", "password_changed_at", "must_change"])
    ShokuinSession.objects.filter(account=account, ended_at__isnull=True).update(
        ended_at=now, ended_reason=EndReason.REPLACED, step_up_at=None
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shokuin_login_attempt SET tries = 0, paused_until = NULL WHERE key = %s", [account_key(account.id)]
        )
