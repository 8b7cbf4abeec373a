"""Registers an authenticator in the presence of two administrators, and ends one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import check_password as matches_hash
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from chukan.controls.kengen.domain import STAFF_ADMIN
from chukan.controls.seitai.actions.confirm import Asked, Options, ask, live_session, refuse, take_challenge
from chukan.controls.seitai.domain import (
    FILE,
    JIMU,
    MAX_AUTHENTICATORS,
    TOROKU,
    Refusal,
    Witness,
    check_meisho,
    check_said,
    check_witness,
    free_slot,
    hash_bound,
    refused,
)
from chukan.controls.seitai.models import SeitaiAuthenticator, SeitaiChallenge
from chukan.controls.seitai.queries import find_witness, live_keys, models, place, roots
from chukan.controls.seitai.verification import (
    Answered,
    NewKey,
    creation_options,
    read_registration,
    verify_registration,
)
from chukan.controls.shokuin.actions.count_tries import account_key, count_try, forget_tries, refuse_login, typed_key
from chukan.controls.shokuin.domain import StaffSession, staff_zone
from chukan.controls.shokuin.models import Account
from chukan.controls.shokuin.queries import find_login
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import ErrorItem, NotFound, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import outside_transaction, own_transaction, savepoint

SCREEN_ID: Final = "US-301"
_WRONG: Final = "職員IDまたはパスワードが正しくありません。立ち会う人が自分で入力してください。"
_SAME: Final = "1人目と同じ人です。別のシステム管理責任者が入力してください。"


@dataclass(frozen=True, slots=True)
class WitnessInput:
    """What one administrator who is present types."""

    shokuin_id: str
    password: str


@outside_transaction
def begin_registration(
    *, by: Principal, session: StaffSession, witnesses: Sequence[WitnessInput], now: datetime
) -> Options:
    """Confirm the two administrators by their own passwords; return what the browser makes a key with.

    Raises RuleBroken with every reason (`witness_1`, `witness_2`), NotPermitted when the person has two authenticators.
    Tries count as at sign-in.
    """
    found: list[Witness | None] = []
    errors: list[ErrorItem] = []
    for number, typed in enumerate(witnesses, start=1):
        witness, wrong = _confirm_witness(by=by, session=session, typed=typed, now=now)
        if witness is not None and witness in found:
            wrong = _SAME
        found.append(witness)
        if wrong is not None:
            errors.append(ErrorItem("tachiai_fuka", f"witness_{number}", f"{number}人目: {wrong}"))
    names = [witness.name for witness in found if witness is not None]
    if errors or len(names) != MAX_AUTHENTICATORS:
        raise RuleBroken("tachiai_fuka", "認証器を登録できません。", errors=errors)
    return _begin(by=by, zone=session.zone, session=session, witnesses=(names[0], names[1]), now=now)


def _confirm_witness(
    *, by: Principal, session: StaffSession, typed: WitnessInput, now: datetime
) -> tuple[Witness | None, str | None]:
    code = session.hokensha_code or ""
    target = find_login(hokensha_code=code, shokuin_id=typed.shokuin_id)
    key = account_key(target.account_id) if target else typed_key(code, typed.shokuin_id)
    may_try = count_try(by=by, key=key, now=now)
    right = matches_hash(typed.password, target.password_hash if target else _reference_hash())
    if target is None or not may_try or not right:
        refuse_login(by=by, cause="paused" if not may_try else "wrong", now=now)
        return None, _WRONG
    forget_tries(by=by, key=key)
    witness = find_witness(by=by, zone=target.zone, account_id=target.account_id, on=business_date_jst(now))
    return witness, check_witness(witness, person=session.account_id, zone=session.zone)


@cache
def _reference_hash() -> str:
    return make_password(secrets.token_urlsafe(24))


@own_transaction
def _begin(*, by: Principal, zone: str, session: StaffSession, witnesses: tuple[str, str], now: datetime) -> Options:
    held = live_session(by=by, session_id=session.session_id)
    keys = live_keys(by=by, zone=zone, account_id=session.account_id)
    if len(keys) >= MAX_AUTHENTICATORS:
        raise refused(Refusal.TOO_MANY)
    asked = ask(
        by=by, zone=zone, session=held, purpose=TOROKU, bound=session.account_id.bytes, witnesses=witnesses, now=now
    )
    options = creation_options(
        rp_id=place().rp_id,
        challenge=asked.challenge,
        account_id=session.account_id,
        shokuin_id=session.shokuin_id,
        shimei=session.shimei,
        keys=keys,
    )
    return Options(asked.id, options)


@outside_transaction
def finish_registration(
    *, by: Principal, challenge_id: UUID, registration_json: str, meisho: str, now: datetime
) -> UUID:
    """Register the key that an authenticator made; return the row id.

    Raises RuleBroken for a name that cannot be kept, NotPermitted with the words of its cause for everything else.
    """
    wrong = check_meisho(meisho)
    if wrong is not None:
        raise RuleBroken("ninshoki_fusei", "認証器を登録できません。", errors=[wrong])
    zone = staff_zone(by)
    asked, refusal = take_challenge(by=by, zone=zone, challenge_id=challenge_id, is_registration=True, now=now)
    if asked is None:
        raise refuse(by=by, zone=zone, challenge_id=challenge_id, refusal=refusal or Refusal.WRONG_CHALLENGE, now=now)
    answered = read_registration(registration_json)
    made, refusal = _judge(asked=asked, answered=answered, answer=registration_json)
    if made is not None and answered is not None and refusal is None:
        row_id, refusal = _keep(
            by=by, zone=zone, asked=asked, answered=answered, made=made, meisho=meisho.strip(), now=now
        )
        if row_id is not None:
            return row_id
    raise refuse(by=by, zone=zone, challenge_id=asked.id, refusal=refusal or Refusal.UNREADABLE, now=now, is_taken=True)


def _judge(*, asked: Asked, answered: Answered | None, answer: str) -> tuple[NewKey | None, Refusal | None]:
    if answered is None:
        return None, Refusal.UNREADABLE
    refusal = check_said(answered.said, place=place(), challenge=asked.challenge, held_count=None)
    if refusal is not None:
        return None, refusal
    made = verify_registration(answer, place=place(), challenge=asked.challenge, roots=roots())
    if made is None:
        return None, Refusal.BAD_SIGNATURE
    return made, None if models().allows(str(made.aaguid), is_attested=made.is_attested) else Refusal.UNKNOWN_MODEL


@own_transaction
def _keep(
    *, by: Principal, zone: str, asked: Asked, answered: Answered, made: NewKey, meisho: str, now: datetime
) -> tuple[UUID | None, Refusal | None]:
    Account.objects.select_for_update().get(id=asked.account_id)  # two registrations of one person wait for each other
    held = SeitaiAuthenticator.objects.filter(account_id=asked.account_id, ended_at__isnull=True)
    slot = free_slot(list(held.values_list("slot", flat=True)))
    if slot is None:
        return None, Refusal.TOO_MANY
    row = SeitaiAuthenticator(
        zone=zone,
        account_id=asked.account_id,
        slot=slot,
        meisho=meisho,
        credential_id=answered.credential_id,
        credential_hash=hash_bound(answered.credential_id),
        public_key=made.public_key,
        aaguid=made.aaguid,
        is_attested=made.is_attested,
        transports=list(made.transports),
        sign_count=made.sign_count,
        registered_at=now,
        registered_by_1=asked.witnesses[0],
        registered_by_2=asked.witnesses[1],
    )
    try:
        with savepoint():
            row.save(force_insert=True)
    except IntegrityError:
        return None, Refusal.ALREADY_REGISTERED
    SeitaiChallenge.objects.filter(id=asked.id).update(
        verified_at=now,
        authenticator_id=row.id,
        client_data=answered.client_data,
        authenticator_data=answered.authenticator_data,
        signature=answered.signature,
    )
    record_sosa(
        by=by,
        kind=SosaKind.SEITAI_REGISTERED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(row.id), str(asked.account_id)],
        result="ok",
        detail={"tachiai": " ".join(asked.witnesses), "aaguid": str(made.aaguid), "attested": int(made.is_attested)},
        screen_id=SCREEN_ID,
        now=now,
    )
    return row.id, None


@outside_transaction
def end_authenticator(*, by: Principal, authenticator_id: UUID, now: datetime) -> None:
    """End the registration of an authenticator: one's own, or as システム管理責任者 one of the own organisation.

    Raises NotFound for all others and for one that has ended.
    """
    _end(by=by, zone=staff_zone(by), authenticator_id=authenticator_id, now=now)


@own_transaction
def _end(*, by: Principal, zone: str, authenticator_id: UUID, now: datetime) -> None:
    row = (
        SeitaiAuthenticator.objects.select_for_update(of=("self",))
        .select_related("account__shokuin")
        .filter(id=authenticator_id, zone=zone, ended_at__isnull=True)
        .first()
    )
    if row is None or (row.account.shokuin.shokuin_id != by.actor_id and not by.can(*STAFF_ADMIN)):
        raise NotFound("ninshoki_nashi", "この認証器は見つかりませんでした。一覧から選び直してください。")
    row.ended_at, row.ended_by = now, by.actor_id
    row.save(update_fields=["ended_at", "ended_by"])
    record_sosa(
        by=by,
        kind=SosaKind.SEITAI_ENDED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(row.id), str(row.account_id)],
        result="ok",
        screen_id=SCREEN_ID,
        now=now,
    )
