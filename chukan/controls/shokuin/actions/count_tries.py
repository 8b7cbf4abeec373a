"""Counts tries at passwords, atomically and before the password is looked at."""

import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from chukan.controls.shokuin.domain import FILE, JIMU, normal_id
from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.crypto.data_key import AUDIT_SALT
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction

_COUNT_TRY: Final = """
INSERT INTO shokuin_login_attempt AS held (key, tries, last_try_at, paused_until)
VALUES (%(key)s, 1, %(now)s, NULL)
ON CONFLICT (key) DO UPDATE SET
  tries = CASE
    WHEN held.paused_until <= %(now)s OR (held.paused_until IS NULL AND held.last_try_at <= %(forgotten)s) THEN 1
    ELSE held.tries + 1 END,
  paused_until = CASE
    WHEN held.paused_until > %(now)s THEN held.paused_until
    WHEN held.paused_until IS NULL AND held.last_try_at > %(forgotten)s AND held.tries + 1 >= %(limit)s
      THEN %(until)s::timestamptz
    END,
  last_try_at = CASE WHEN held.paused_until > %(now)s THEN held.last_try_at ELSE %(now)s END
RETURNING tries
"""


@own_transaction
def count_try(*, by: Principal, key: str, now: datetime) -> bool:
    """Count one try against `key` before any password is looked at; tell whether it may be.

    Atomic: the counting row is the lock, so that parallel tries get one number each and no more than the limit pass.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT_TRY,
            {
                "key": key,
                "now": now,
                "forgotten": now - settings.LOGIN_PAUSE,
                "until": now + settings.LOGIN_PAUSE,
                "limit": settings.LOGIN_TRIES,
            },
        )
        (count,) = cursor.fetchone()
    return int(count) <= settings.LOGIN_TRIES


@own_transaction
def forget_tries(*, by: Principal, key: str) -> None:
    """Start counting anew after a right password."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shokuin_login_attempt SET tries = 0, paused_until = NULL WHERE key = %s", [key])


def account_key(account_id: UUID) -> str:
    """Return the name under which tries against one account are counted."""
    return f"account:{account_id}"


def typed_key(hokensha_code: str, shokuin_id: str) -> str:
    """Return the name under which tries against a name nobody has are counted; the typed text is not kept.

    The hash is keyed: a 個人番号 typed by mistake could be found from a bare one by trying all there are.
    """
    typed = f"typed\0{normal_id(hokensha_code)}\0{normal_id(shokuin_id)}"
    return "typed:" + hmac.digest(get_keyring().secret(AUDIT_SALT), typed.encode(), "sha256").hex()


@outside_transaction
def refuse_login(*, by: Principal, cause: str, now: datetime) -> None:
    """Write down that a sign-in, or a confirmation by password, was refused, and why."""
    record_sosa_alone(
        by=by,
        kind=SosaKind.LOGIN_REFUSED,
        jimu=JIMU,
        target_file=FILE,
        result="refused",
        detail={"cause": cause},
        screen_id="AU-001",
        now=now,
    )
