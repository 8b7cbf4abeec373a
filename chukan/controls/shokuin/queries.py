"""Reads staff, accounts and sessions. Only two reads happen before the zone is known, each through a function."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.shokuin.domain import SYSTEM_KANRI, StaffSession, Times, is_valid_on, normal_id, staff_zone
from chukan.controls.shokuin.models import Account, Shokuin, ShokuinSession
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from chukan.kernel.values.kojin_bango import contains_kojin_bango

UNUSED_AFTER: Final = timedelta(days=90)
_ONE: Final = 1


def times() -> Times:
    """Return the session times of this installation."""
    return Times(
        idle_lock=settings.IDLE_LOCK,
        locked_logout=settings.LOCKED_LOGOUT,
        session_max=settings.SESSION_MAX,
        password_max_age=settings.PASSWORD_MAX_AGE,
        step_up_age=settings.STEP_UP_AGE,
    )


@dataclass(frozen=True, slots=True)
class LoginTarget:
    """The account that a typed name means, and the hash its password is compared with."""

    account_id: UUID
    zone: str
    password_hash: str

    @property
    def hokensha_code(self) -> str | None:
        """Return the insurer's code, None for an operator's account."""
        return None if self.zone in OPERATORS else self.zone

    @property
    def soshiki(self) -> str:
        """Return the organisation of the account."""
        return self.zone if self.zone in OPERATORS else "hokensha"


def find_login(*, hokensha_code: str, shokuin_id: str) -> LoginTarget | None:
    """Return the account that 保険者コード and 職員ID name, or None.

    Without a 保険者コード the 職員ID names an operator, or else the one insurer's account that has it. A 個人番号 typed
    by mistake names nobody and is not asked for: statements can be seen in the database's list of sessions.
    """
    if contains_kojin_bango(hokensha_code) or contains_kojin_bango(shokuin_id):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, zone, password FROM shokuin_find_login(%s::text, %s::text)",
            [normal_id(hokensha_code), normal_id(shokuin_id)],
        )
        found = [LoginTarget(*row) for row in cursor.fetchall()]
    operators = [target for target in found if target.hokensha_code is None]
    if len(operators) == _ONE:
        return operators[0]
    return found[0] if len(found) == _ONE else None


def hash_key(key: str) -> bytes:
    """Return what is held of a session's key."""
    return hashlib.sha256(key.encode()).digest()


def find_session(*, key: str) -> StaffSession | None:
    """Return the session of a key with what the account and the staff record say now, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM shokuin_find_session(%s::bytea)", [hash_key(key)])
        row = cursor.fetchone()
    return None if row is None else StaffSession(*row)


@reads
def is_session_live(*, by: Principal, zone: str, session_id: UUID) -> bool:
    """Tell whether a session of the zone is still live."""
    return ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True).exists()


@reads
def password_hashes(*, by: Principal, zone: str, account_id: UUID) -> tuple[str, ...]:
    """Return the present password's hash and, behind it, those of the former ones."""
    account = Account.objects.get(id=account_id)
    return (account.password, *account.former_passwords)


@dataclass(frozen=True, slots=True)
class ShokuinRow:
    """One member of staff with the account, for the own organisation's administration."""

    id: UUID
    zone: str
    soshiki: str
    hokensha_code: str | None
    shokuin_id: str
    shimei: str
    kubun: str
    account_id: UUID
    valid_from: date
    valid_to: date
    last_login_at: datetime | None
    must_change: bool
    registered_at: datetime

    def state_on(self, on: date) -> str:
        """Return 有効, 開始前 or 無効 as of a day."""
        if is_valid_on(self.valid_from, self.valid_to, on):
            return "有効"
        return "開始前" if on < self.valid_from else "無効"

    def is_unused(self, now: datetime) -> bool:
        """Tell whether nobody has signed in with it for 90 days."""
        return now - (self.last_login_at or self.registered_at) > UNUSED_AFTER


def _row(account: Account) -> ShokuinRow:
    shokuin = account.shokuin
    return ShokuinRow(
        id=shokuin.id,
        zone=shokuin.zone,
        soshiki=shokuin.soshiki,
        hokensha_code=shokuin.hokensha_code,
        shokuin_id=shokuin.shokuin_id,
        shimei=shokuin.shimei,
        kubun=shokuin.kubun,
        account_id=account.id,
        valid_from=account.valid_from,
        valid_to=account.valid_to,
        last_login_at=account.last_login,
        must_change=account.must_change,
        registered_at=shokuin.registered_at,
    )


@reads
def _list(*, by: Principal, zone: str, after: str, limit: int) -> tuple[ShokuinRow, ...]:
    found = Account.objects.select_related("shokuin").filter(zone=zone, shokuin__shokuin_id__gt=after)
    return tuple(_row(account) for account in found.order_by("shokuin__shokuin_id")[:limit])


def list_shokuin(*, by: Principal, after: str = "", limit: int = 50) -> tuple[ShokuinRow, ...]:
    """Return the staff of the actor's own organisation in the order of 職員ID, from the one behind `after`."""
    return _list(by=by, zone=staff_zone(by), after=after, limit=limit)


@reads
def _get(*, by: Principal, zone: str, row_id: UUID) -> ShokuinRow:
    account = Account.objects.select_related("shokuin").filter(zone=zone, shokuin_id=row_id).first()
    if account is None:
        raise NotFound("shokuin_nashi", "この職員は見つかりませんでした。一覧から選び直してください。")
    return _row(account)


def get_shokuin(*, by: Principal, row_id: UUID) -> ShokuinRow:
    """Return one member of staff of the actor's own organisation. Raises NotFound for all others."""
    return _get(by=by, zone=staff_zone(by), row_id=row_id)


def has_system_kanri(*, zone: str, on: date) -> bool:
    """Tell, inside the zone's transaction, whether an organisation has a システム管理責任者 who is or will be valid."""
    return Account.objects.filter(zone=zone, shokuin__kubun=SYSTEM_KANRI, valid_to__gt=on).exists()


@reads
def find_system_kanri(*, by: Principal, zone: str, shokuin_id: str, on: date) -> str | None:
    """Return the name of a システム管理責任者 whose 職員ID is valid on a day, None for everybody else."""
    found = Account.objects.filter(
        zone=zone,
        shokuin__shokuin_id=normal_id(shokuin_id),
        shokuin__kubun=SYSTEM_KANRI,
        valid_from__lte=on,
        valid_to__gt=on,
    )
    return found.values_list("shokuin__shimei", flat=True).first()


def is_shokuin_id_taken(*, zone: str, hokensha_code: str | None, shokuin_id: str) -> bool:
    """Tell, inside the zone's transaction, whether a 職員ID is in use; operators' IDs are unique among them all."""
    if Shokuin.objects.filter(zone=zone, shokuin_id=shokuin_id).exists():
        return True
    if hokensha_code is not None:
        return False
    target = find_login(hokensha_code="", shokuin_id=shokuin_id)
    return target is not None and target.hokensha_code is None
