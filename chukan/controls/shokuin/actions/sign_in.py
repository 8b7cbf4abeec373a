"""Signs one member of staff in."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from uuid import UUID

from django.contrib.auth.hashers import check_password as matches_hash
from django.contrib.auth.hashers import make_password

from chukan.controls.shokuin.actions.count_tries import (
    account_key,
    count_try,
    forget_tries,
    refuse_login,
    typed_key,
)
from chukan.controls.shokuin.domain import (
    FILE,
    JIMU,
    LOGIN_REFUSED_MESSAGE,
    SEITAI_SOSHIKI,
    EndReason,
    StaffSession,
    is_valid_on,
    normal_id,
)
from chukan.controls.shokuin.models import Account, ShokuinSession
from chukan.controls.shokuin.queries import LoginTarget, find_login, find_session, hash_key
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction


def _stranger(*, target: LoginTarget | None, shokuin_id: str, terminal: str, request_id: str) -> Principal:
    """Return who tries to sign in: known by name only as far as such an account exists."""
    soshiki = target.soshiki if target else "fumei"
    return Principal(
        channel="operator" if target and target.hokensha_code is None else "terminal",
        soshiki=soshiki,
        hokensha_code=target.hokensha_code if target else None,
        actor_id=normal_id(shokuin_id) if target else "fumei",
        actor_name="（ログイン前）",
        terminal=terminal,
        request_id=request_id,
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session and its key, which is held nowhere but in the browser."""

    key: str
    session: StaffSession


@outside_transaction
def sign_in(
    *, hokensha_code: str, shokuin_id: str, password: str, terminal: str, request_id: str, now: datetime
) -> SignedIn:
    """Sign one member of staff in; an older session of the same account ends.

    Raises NotAuthenticated with one message for every cause: unknown, wrong, paused, not yet or no longer valid.
    根拠: KJ-AUTH-02, KJ-AUTH-07, KJ-AUTH-08.
    """
    target = find_login(hokensha_code=hokensha_code, shokuin_id=shokuin_id)
    by = _stranger(target=target, shokuin_id=shokuin_id, terminal=terminal, request_id=request_id)
    key = account_key(target.account_id) if target else typed_key(hokensha_code, shokuin_id)
    may_try = count_try(by=by, key=key, now=now)
    # An unknown name costs the same time as a known one.
    right = matches_hash(password, target.password_hash if target else _reference_hash())
    if target is None or not may_try or not right:
        refuse_login(by=by, cause="paused" if not may_try else "wrong", now=now)
        raise NotAuthenticated("login_fuka", LOGIN_REFUSED_MESSAGE)
    session_key = secrets.token_urlsafe(32)
    opened = _open_session(
        by=by, zone=target.zone, account_id=target.account_id, key=session_key, terminal=terminal, now=now
    )
    if not opened:
        refuse_login(by=by, cause="not_valid", now=now)
        raise NotAuthenticated("login_fuka", LOGIN_REFUSED_MESSAGE)
    forget_tries(by=by, key=key)
    session = find_session(key=session_key)
    if session is None:
        raise NotAuthenticated("login_fuka", LOGIN_REFUSED_MESSAGE)
    return SignedIn(session_key, session)


@cache
def _reference_hash() -> str:
    return make_password(secrets.token_urlsafe(24))


@own_transaction
def _open_session(*, by: Principal, zone: str, account_id: UUID, key: str, terminal: str, now: datetime) -> bool:
    account = Account.objects.select_for_update(of=("self",)).select_related("shokuin").get(id=account_id)
    if not is_valid_on(account.valid_from, account.valid_to, business_date_jst(now)):
        return False
    ShokuinSession.objects.filter(account=account, ended_at__isnull=True).update(
        ended_at=now, ended_reason=EndReason.REPLACED
    )
    session = ShokuinSession.objects.create(
        zone=zone,
        account=account,
        key_hash=hash_key(key),
        terminal=terminal[:64],
        started_at=now,
        active_at=now,
        previous_login_at=account.last_login,
    )
    # Where 生体認証 is needed the password opens half a session; the sign-in is recorded when it is whole.
    is_half = account.shokuin.soshiki in SEITAI_SOSHIKI
    if not is_half:
        account.last_login = now
        account.save(update_fields=["last_login"])
    record_sosa(
        by=replace(by, actor_name=account.shokuin.shimei),
        kind=SosaKind.LOGIN_PASSWORD if is_half else SosaKind.LOGIN,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(session.id)],
        result="ok",
        screen_id="AU-001",
        now=now,
    )
    return True
