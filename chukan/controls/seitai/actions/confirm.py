"""Asks for one confirmation by an authenticator, verifies the answer, and uses it up with the act it is for."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from chukan.controls.seitai.domain import (
    CHALLENGE_AGE,
    FILE,
    JIMU,
    NONCE_BYTES,
    TOROKU,
    Refusal,
    check_open,
    check_said,
    hash_bound,
    make_challenge,
    refused,
)
from chukan.controls.seitai.models import SeitaiAuthenticator, SeitaiChallenge
from chukan.controls.seitai.queries import live_keys, place
from chukan.controls.seitai.verification import Answered, read_assertion, request_options, verify_assertion
from chukan.controls.shokuin.domain import staff_zone
from chukan.controls.shokuin.models import ShokuinSession
from chukan.controls.sosa_log.actions import record_sosa, record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction

SCREEN_ID: Final = "IP-001"


@dataclass(frozen=True, slots=True)
class Options:
    """What the page needs: which confirmation is asked for, and what the browser is given (JSON of WebAuthn)."""

    challenge_id: UUID
    options_json: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A confirmation that is asked for, taken for its one answer."""

    id: UUID
    account_id: UUID
    purpose: str
    challenge: bytes
    witnesses: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Held:
    id: UUID
    account_id: UUID
    public_key: bytes
    sign_count: int


@outside_transaction
def begin(*, by: Principal, session_id: UUID, purpose: str, bound: bytes, now: datetime) -> Options:
    """Ask the person signed in for one confirmation of one act; return what the browser is given.

    `bound` is what the act is about, byte for byte. Raises NotPermitted when no authenticator is registered.
    根拠: KJ-AUTH-05.
    """
    return _begin(by=by, zone=staff_zone(by), session_id=session_id, purpose=purpose, bound=bound, now=now)


@own_transaction
def _begin(*, by: Principal, zone: str, session_id: UUID, purpose: str, bound: bytes, now: datetime) -> Options:
    session = live_session(by=by, session_id=session_id)
    keys = live_keys(by=by, zone=zone, account_id=session.account_id)
    if not keys:
        raise refused(Refusal.NOT_ENROLLED)
    asked = ask(by=by, zone=zone, session=session, purpose=purpose, bound=bound, now=now)
    return Options(asked.id, request_options(rp_id=place().rp_id, challenge=asked.challenge, keys=keys))


@joins_transaction
def live_session(*, by: Principal, session_id: UUID) -> ShokuinSession:
    """Return the live, unlocked session of the actor. Raises NotPermitted when it is not that person's."""
    session = (
        ShokuinSession.objects.select_related("account__shokuin")
        .filter(id=session_id, ended_at__isnull=True, locked_at__isnull=True, account__shokuin__shokuin_id=by.actor_id)
        .first()
    )
    if session is None:
        raise refused(Refusal.OTHER_SESSION)
    return session


@joins_transaction
def ask(
    *,
    by: Principal,
    zone: str,
    session: ShokuinSession,
    purpose: str,
    bound: bytes,
    now: datetime,
    witnesses: tuple[str, str] = ("", ""),
) -> Asked:
    """Store a new confirmation to be asked for: good for one answer within five minutes."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    challenge = make_challenge(bound=bound, nonce=nonce)
    row = SeitaiChallenge.objects.create(
        zone=zone,
        account_id=session.account_id,
        session=session,
        purpose=purpose,
        bound_hash=hash_bound(bound),
        nonce=nonce,
        challenge=challenge,
        witness_1=witnesses[0],
        witness_2=witnesses[1],
        created_at=now,
        expires_at=now + CHALLENGE_AGE,
    )
    record_sosa(
        by=by,
        kind=SosaKind.SEITAI_BEGUN,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(row.id)],
        result="ok",
        detail={"purpose": purpose} | ({"tachiai": " ".join(witnesses)} if witnesses[0] else {}),
        screen_id=SCREEN_ID,
        now=now,
    )
    return Asked(row.id, row.account_id, purpose, challenge, witnesses)


@outside_transaction
def finish(*, by: Principal, challenge_id: UUID, assertion_json: str, now: datetime) -> UUID:
    """Verify the answer of an authenticator; return the number of the confirmation, verified and not yet used.

    An answer is looked at once: after a refusal a new confirmation has to be asked for. Raises NotPermitted with the
    words of its cause. 根拠: KJ-AUTH-04, KJ-AUTH-05.
    """
    zone = staff_zone(by)
    asked, wrong = take_challenge(by=by, zone=zone, challenge_id=challenge_id, now=now)
    if asked is None:
        raise refuse(by=by, zone=zone, challenge_id=challenge_id, refusal=wrong or Refusal.WRONG_CHALLENGE, now=now)
    answered = read_assertion(assertion_json)
    held, refusal = _judge(by=by, zone=zone, asked=asked, answered=answered, answer=assertion_json)
    if held is not None and answered is not None and refusal is None:
        counted = _keep(by=by, zone=zone, asked=asked, held=held, answered=answered, now=now)
        if counted:
            return asked.id
        refusal = Refusal.COUNTER_BACK
    raise refuse(by=by, zone=zone, challenge_id=asked.id, refusal=refusal or Refusal.UNREADABLE, now=now, is_taken=True)


@own_transaction
def take_challenge(
    *, by: Principal, zone: str, challenge_id: UUID, is_registration: bool = False, now: datetime
) -> tuple[Asked | None, Refusal | None]:
    """Take a challenge for its one answer, or tell why it cannot be answered."""
    row = (
        SeitaiChallenge.objects.select_for_update(of=("self",))
        .select_related("session", "account__shokuin")
        .filter(id=challenge_id)
        .first()
    )
    # A key is registered by an answer to a question two administrators were present at, and by no other.
    if row is None or is_registration != (row.purpose == TOROKU):
        return None, Refusal.WRONG_CHALLENGE
    session = row.session
    if row.account.shokuin.shokuin_id != by.actor_id or session.ended_at is not None or session.locked_at is not None:
        return None, Refusal.OTHER_SESSION
    wrong = check_open(answered_at=row.answered_at, expires_at=row.expires_at, now=now)
    if wrong is not None:
        return None, wrong
    row.answered_at = now
    row.save(update_fields=["answered_at"])
    witnesses = (row.witness_1, row.witness_2)
    return Asked(row.id, row.account_id, row.purpose, bytes(row.challenge), witnesses), None


def _judge(
    *, by: Principal, zone: str, asked: Asked, answered: Answered | None, answer: str
) -> tuple[_Held | None, Refusal | None]:
    if answered is None:
        return None, Refusal.UNREADABLE
    held = _find_key(by=by, zone=zone, credential_id=answered.credential_id)
    # What is signed is looked at first: an answer made elsewhere has the words of that, whosever key it is.
    count = held.sign_count if held is not None and held.account_id == asked.account_id else None
    refusal = check_said(answered.said, place=place(), challenge=asked.challenge, held_count=count)
    if refusal is not None:
        return held, refusal
    if held is None:
        return None, Refusal.UNKNOWN_KEY
    if held.account_id != asked.account_id:
        return held, Refusal.OTHER_PERSON
    return held, verify_assertion(
        answer, place=place(), challenge=asked.challenge, public_key=held.public_key, held_count=held.sign_count
    )


@own_transaction
def _find_key(*, by: Principal, zone: str, credential_id: bytes) -> _Held | None:
    row = SeitaiAuthenticator.objects.filter(
        zone=zone, credential_hash=hash_bound(credential_id), ended_at__isnull=True
    ).first()
    return None if row is None else _Held(row.id, row.account_id, bytes(row.public_key), row.sign_count)


@own_transaction
def _keep(*, by: Principal, zone: str, asked: Asked, held: _Held, answered: Answered, now: datetime) -> bool:
    count = answered.said.sign_count
    # The condition, not what was read before, decides between two answers at once.
    ahead = Q(sign_count__lt=count) | (Q(sign_count=0) if count == 0 else Q(pk__isnull=True))
    counted = SeitaiAuthenticator.objects.filter(ahead, id=held.id, ended_at__isnull=True).update(
        sign_count=count, last_used_at=now
    )
    if counted != 1:
        return False
    SeitaiChallenge.objects.filter(id=asked.id).update(
        verified_at=now,
        authenticator_id=held.id,
        client_data=answered.client_data,
        authenticator_data=answered.authenticator_data,
        signature=answered.signature,
    )
    record_sosa(
        by=by,
        kind=SosaKind.SEITAI_VERIFIED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(asked.id), str(held.id)],
        result="ok",
        detail={"purpose": asked.purpose},
        screen_id=SCREEN_ID,
        now=now,
    )
    return True


@outside_transaction
def refuse(
    *, by: Principal, zone: str, challenge_id: UUID, refusal: Refusal, now: datetime, is_taken: bool = False
) -> NotPermitted:
    """Write down that an answer was refused and why; return the error with the words of the cause."""
    if is_taken:
        mark_refused(by=by, zone=zone, challenge_id=challenge_id, refusal=refusal)
    _record_refusal(by=by, challenge_id=challenge_id, refusal=refusal, now=now)
    return refused(refusal)


@outside_transaction
def _record_refusal(*, by: Principal, challenge_id: UUID, refusal: Refusal, now: datetime) -> None:
    record_sosa_alone(
        by=by,
        kind=SosaKind.SEITAI_REFUSED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(challenge_id)],
        result="refused",
        detail={"cause": refusal.value},
        screen_id=SCREEN_ID,
        now=now,
    )


@own_transaction
def mark_refused(*, by: Principal, zone: str, challenge_id: UUID, refusal: Refusal) -> None:
    """Note with a challenge why its answer was refused."""
    SeitaiChallenge.objects.filter(id=challenge_id, verified_at__isnull=True).update(refusal=refusal.value)


@joins_transaction
def consume(*, by: Principal, ninsho_id: UUID, purpose: str, bound: bytes, now: datetime) -> None:
    """Use one confirmation up, in the transaction of the act it is for. 根拠: KJ-AUTH-05.

    It must be verified within the last five minutes, unused, of the same person in the same live session, for this
    purpose and bound to exactly these bytes. Raises NotPermitted with the words of its cause.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seitai_consume(%s::uuid, %s::text, %s::text, %s::text, %s::bytea,"
            " %s::timestamptz, %s::timestamptz, %s::uuid)",
            [
                ninsho_id,
                staff_zone(by),
                by.actor_id,
                purpose,
                hash_bound(bound),
                now,
                now - CHALLENGE_AGE,
                by.session_id,
            ],
        )
        (outcome,) = cursor.fetchone()
    if outcome != "ok":
        error = refused(Refusal(outcome))
        # The act is undone with this refusal; that it was refused stays.
        error.after_undo = partial(_record_refusal, by=by, challenge_id=ninsho_id, refusal=Refusal(outcome), now=now)
        raise error
    record_sosa(
        by=by,
        kind=SosaKind.SEITAI_USED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(ninsho_id)],
        result="ok",
        detail={"purpose": purpose},
        screen_id=SCREEN_ID,
        now=now,
    )
