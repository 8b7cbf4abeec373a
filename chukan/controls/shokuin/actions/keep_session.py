"""Keeps, locks, unlocks and ends sessions, and confirms the person again before one sensitive act."""

import secrets
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password as matches_hash

from chukan.controls.shokuin.actions.count_tries import account_key, count_try, forget_tries, refuse_login
from chukan.controls.shokuin.domain import FILE, JIMU, PASSWORD_REFUSED_MESSAGE, EndReason, StaffSession, Times
from chukan.controls.shokuin.models import ShokuinSession
from chukan.controls.shokuin.queries import hash_key, password_hashes
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotAuthenticated
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction


@own_transaction
def touch_session(*, by: Principal, zone: str, session_id: UUID, now: datetime) -> None:
    """Note that the person did something; polling is not that."""
    ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True, locked_at__isnull=True).update(active_at=now)


@own_transaction
def lock_session(*, by: Principal, zone: str, session_id: UUID, now: datetime) -> None:
    """Lock a session until the password is given again. Idempotent: a locked one stays as it is."""
    changed = ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True, locked_at__isnull=True).update(
        locked_at=now, step_up_at=None
    )
    if changed:
        record_sosa(by=by, kind=SosaKind.LOCK, jimu=JIMU, target_file=FILE, result="ok", screen_id="AU-004", now=now)


@joins_transaction
def admit_session(*, by: Principal, session_id: UUID, key: str, now: datetime) -> None:
    """Make half a session whole, under a new key: 生体認証 has been given beside the password. 根拠: KJ-AUTH-04.

    Raises NotAuthenticated when it has ended meanwhile or is whole already.
    """
    session = (
        ShokuinSession.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(id=session_id, ended_at__isnull=True, seitai_at__isnull=True)
        .first()
    )
    if session is None:
        raise NotAuthenticated("login_nashi", "ログインし直してください。")
    session.seitai_at, session.active_at, session.key_hash = now, now, hash_key(key)
    session.save(update_fields=["seitai_at", "active_at", "key_hash"])
    session.account.last_login = now
    session.account.save(update_fields=["last_login"])
    record_sosa(
        by=by,
        kind=SosaKind.LOGIN,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(session.id)],
        result="ok",
        screen_id="AU-002",
        now=now,
    )


@own_transaction
def end_session(*, by: Principal, zone: str, session_id: UUID, reason: EndReason, now: datetime) -> None:
    """End a session for good. Idempotent: an ended one stays as it is."""
    changed = ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True).update(
        ended_at=now, ended_reason=reason, step_up_at=None
    )
    if changed:
        record_sosa(
            by=by,
            kind=SosaKind.LOGOUT,
            jimu=JIMU,
            target_file=FILE,
            targets=[str(session_id)],
            result="ok",
            detail={"reason": str(reason)},
            now=now,
        )


@outside_transaction
def confirm_password(*, by: Principal, session: StaffSession, password: str, now: datetime) -> None:
    """Check the password of the person signed in, within the same five tries as at sign-in.

    Raises NotAuthenticated when it is wrong; the session ends when the tries are used up.
    """
    key = account_key(session.account_id)
    may_try = count_try(by=by, key=key, now=now)
    right = matches_hash(password, password_hashes(by=by, zone=session.zone, account_id=session.account_id)[0])
    if not may_try:
        end_session(by=by, zone=session.zone, session_id=session.session_id, reason=EndReason.TOO_MANY_TRIES, now=now)
    if not may_try or not right:
        refuse_login(by=by, cause="paused" if not may_try else "wrong", now=now)
        raise NotAuthenticated("password_fuitchi", PASSWORD_REFUSED_MESSAGE, pointer="password")
    forget_tries(by=by, key=key)


@outside_transaction
def unlock_session(*, by: Principal, session: StaffSession, password: str, now: datetime) -> None:
    """Unlock by password and let the person go on in the same place. Raises NotAuthenticated."""
    confirm_password(by=by, session=session, password=password, now=now)
    _unlock(by=by, zone=session.zone, session_id=session.session_id, now=now)


@own_transaction
def _unlock(*, by: Principal, zone: str, session_id: UUID, now: datetime) -> None:
    ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True).update(locked_at=None, active_at=now)
    record_sosa(by=by, kind=SosaKind.UNLOCK, jimu=JIMU, target_file=FILE, result="ok", screen_id="AU-004", now=now)


@outside_transaction
def step_up(*, by: Principal, session: StaffSession, password: str, now: datetime) -> str:
    """Confirm the person again before one sensitive act; return the session's new key. Raises NotAuthenticated."""
    confirm_password(by=by, session=session, password=password, now=now)
    key = secrets.token_urlsafe(32)
    _mark_step_up(by=by, zone=session.zone, session_id=session.session_id, key=key, now=now)
    return key


@own_transaction
def _mark_step_up(*, by: Principal, zone: str, session_id: UUID, key: str, now: datetime) -> None:
    ShokuinSession.objects.filter(id=session_id, ended_at__isnull=True).update(
        step_up_at=now, active_at=now, key_hash=hash_key(key)
    )
    record_sosa(by=by, kind=SosaKind.STEP_UP, jimu=JIMU, target_file=FILE, result="ok", now=now)


@own_transaction
def consume_step_up(*, by: Principal, zone: str, session_id: UUID, times: Times, now: datetime) -> bool:
    """Use up a fresh confirmation; tell whether there was one. One confirmation opens one act."""
    used = ShokuinSession.objects.filter(
        id=session_id,
        ended_at__isnull=True,
        locked_at__isnull=True,
        step_up_at__gt=now - times.step_up_age,
        step_up_at__lte=now,
    ).update(step_up_at=None)
    return used == 1
