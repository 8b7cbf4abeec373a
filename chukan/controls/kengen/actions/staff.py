"""Keeps staff records together with their rights; each change is one operation-log event."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password

from chukan.controls.kengen.actions.grant import StaffInput, grant_rights
from chukan.controls.kengen.actions.staff_slip import hold_staff_slip, spend_staff_slip
from chukan.controls.kengen.domain import (
    NOT_PERMITTED_MESSAGE,
    STAFF_ADMIN,
    Right,
    by_approval,
    check_changeable,
    check_grant,
)
from chukan.controls.kengen.queries import StaffAnswer, held_rights, possible_rights_of, staff_answer_of
from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.kikan.queries import hokensha_facts
from chukan.controls.shokuin.actions.keep_staff import (
    change_shokuin,
    new_password,
    register_shokuin,
    set_first_password,
)
from chukan.controls.shokuin.domain import (
    HOKENSHA,
    IPPAN,
    SHOKUIN_ID_TAKEN,
    SYSTEM_KANRI,
    check_password,
    check_staff,
    longest_valid_to,
    normal_id,
    staff_zone,
    zone_for,
)
from chukan.controls.shokuin.queries import ShokuinRow, get_shokuin, has_system_kanri, is_shokuin_id_taken, list_shokuin
from chukan.controls.sosa_log.actions import record_sosa
from chukan.controls.sosa_log.domain import SosaKind
from chukan.kernel.clock import business_date_jst
from chukan.kernel.errors import Conflict, ErrorItem, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, outside_transaction, own_transaction

JIMU: Final = "kanri"
FILE: Final = "shokuin"
SCREEN_ID: Final = "KR-102"


def _check_admin(by: Principal) -> None:
    if not by.can(*STAFF_ADMIN):
        raise NotPermitted("kengen_nashi", NOT_PERMITTED_MESSAGE)


@outside_transaction
def register_staff(*, by: Principal, slip_id: UUID, given: StaffInput, now: datetime) -> StaffAnswer:
    """Register one 一般 member of the actor's own organisation with rights and a password for one sign-in.

    *Idempotent:* a slip is registered once; every later press returns the first answer. Raises NotPermitted for all but
    システム管理責任者, RuleBroken with every reason, Conflict for a taken 職員ID, NotFound when there is no such slip.
    """
    _check_admin(by)
    password = new_password()
    return _register_slip(
        by=by,
        zone=staff_zone(by),
        slip_id=slip_id,
        given=given,
        password=password,
        password_hash=make_password(password),
        now=now,
    )


@own_transaction
def _register_slip(
    *,
    by: Principal,
    zone: str,
    slip_id: UUID,
    given: StaffInput,
    password: str,
    password_hash: str,
    now: datetime,
) -> StaffAnswer:
    slip = hold_staff_slip(by=by, slip_id=slip_id, now=now)
    earlier = staff_answer_of(by, slip)
    if earlier is not None:
        return earlier
    row_id = _add(
        by=by,
        zone=zone,
        soshiki=by.soshiki,
        hokensha_code=by.hokensha_code,
        hokensha_shubetsu=by.hokensha_shubetsu,
        kubun=IPPAN,
        given=given,
        password_hash=password_hash,
        must_change=True,
        now=now,
    )
    answer = StaffAnswer(row_id, given.shokuin_id, given.shimei, is_new=True, password=password)
    return spend_staff_slip(by=by, slip=slip, answer=answer, now=now)


@outside_transaction
def register_staff_by_command(
    *,
    by: Principal,
    soshiki: str,
    hokensha_code: str | None,
    shokuin_id: str,
    shimei: str,
    password: str,
    kengen: frozenset[Right] | None,
    kojin_bango: frozenset[str],
    valid_from: date | None = None,
    valid_to: date | None = None,
    now: datetime,
) -> UUID:
    """Register one member of staff for set-up: `kengen` None means all rights, for the first system manager only.

    "All" is without what an approval alone gives. The password is final. Raises RuleBroken, Conflict, NotFound.
    """
    if soshiki != HOKENSHA and soshiki not in OPERATORS:
        raise RuleBroken("soshiki_fumei", "組織は " + "、".join(OPERATORS) + " のどれかで指定してください。")
    facts = None if hokensha_code is None else hokensha_facts(hokensha_code)
    shubetsu = None if facts is None else facts.hokensha_shubetsu
    on = business_date_jst(now)
    start = valid_from or on
    possible = possible_rights_of(soshiki=soshiki, hokensha_shubetsu=shubetsu, on=on)
    wanted = possible - by_approval(soshiki=soshiki, rights=possible) if kengen is None else kengen
    personal = (shokuin_id, hokensha_code or "", *shimei.split())
    errors = [ErrorItem("E207", "password", message) for message in check_password(password, personal=personal)]
    if errors:
        raise RuleBroken("password_fusei", "職員を登録できません。", errors=errors)
    return _register_by_command(
        by=by,
        zone=zone_for(soshiki=soshiki, hokensha_code=hokensha_code),
        soshiki=soshiki,
        hokensha_code=hokensha_code,
        hokensha_shubetsu=shubetsu,
        kubun=SYSTEM_KANRI if STAFF_ADMIN in wanted else IPPAN,
        given=StaffInput(
            normal_id(shokuin_id), shimei, start, valid_to or longest_valid_to(max(start, on)), wanted, kojin_bango
        ),
        password_hash=make_password(password),
        first_admin_only=kengen is None,
        now=now,
    )


@own_transaction
def _register_by_command(
    *,
    by: Principal,
    zone: str,
    soshiki: str,
    hokensha_code: str | None,
    hokensha_shubetsu: str | None,
    kubun: str,
    given: StaffInput,
    password_hash: str,
    first_admin_only: bool,
    now: datetime,
) -> UUID:
    if first_admin_only and has_system_kanri(zone=zone, on=business_date_jst(now)):
        raise Conflict(
            "kanrisha_ari", "この組織には既にシステム管理責任者がいます。ほかの職員は画面から登録してください。"
        )
    return _add(
        by=by,
        zone=zone,
        soshiki=soshiki,
        hokensha_code=hokensha_code,
        hokensha_shubetsu=hokensha_shubetsu,
        kubun=kubun,
        given=given,
        password_hash=password_hash,
        must_change=False,
        now=now,
    )


@joins_transaction
def _add(
    *,
    by: Principal,
    zone: str,
    soshiki: str,
    hokensha_code: str | None,
    hokensha_shubetsu: str | None,
    kubun: str,
    given: StaffInput,
    password_hash: str,
    must_change: bool,
    now: datetime,
) -> UUID:
    _check_rights(
        soshiki=soshiki,
        hokensha_shubetsu=hokensha_shubetsu,
        kubun=kubun,
        held=frozenset(),
        given=given,
        on=business_date_jst(now),
    )
    row_id = register_shokuin(
        by=by,
        soshiki=soshiki,
        hokensha_code=hokensha_code,
        shokuin_id=given.shokuin_id,
        shimei=given.shimei,
        kubun=kubun,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        password_hash=password_hash,
        must_change=must_change,
        now=now,
    )
    grant_rights(by=by, zone=zone, row_id=row_id, given=given, now=now)
    _record(by=by, zone_code=hokensha_code, change="registered", row_id=row_id, given=given, kubun=kubun, now=now)
    return row_id


def _check_rights(
    *, soshiki: str, hokensha_shubetsu: str | None, kubun: str, held: frozenset[Right], given: StaffInput, on: date
) -> None:
    errors = check_grant(
        soshiki=soshiki,
        kubun=kubun,
        possible=possible_rights_of(soshiki=soshiki, hokensha_shubetsu=hokensha_shubetsu, on=on),
        held=held,
        wanted=given.kengen,
        kojin_bango=given.kojin_bango,
    )
    if errors:
        raise RuleBroken("kengen_fusei", "この権限は付与できません。", errors=errors)


@own_transaction
def read_staff_list(*, by: Principal, after: str, limit: int, now: datetime) -> tuple[ShokuinRow, ...]:
    """Return the staff of the actor's own organisation; that the list was read is written down with it."""
    rows = list_shokuin(by=by, after=after, limit=limit)
    record_sosa(
        by=by,
        kind=SosaKind.STAFF_LIST,
        jimu=JIMU,
        target_file=FILE,
        result="ok",
        detail={"count": len(rows)},
        screen_id="KR-101",
        now=now,
    )
    return rows


@own_transaction
def check_input(*, by: Principal, given: StaffInput, row: ShokuinRow | None, now: datetime) -> tuple[ErrorItem, ...]:
    """Collect, before anything is stored, every reason why a registration or change would be refused."""
    on = business_date_jst(now)
    errors = list(
        check_staff(
            shokuin_id=given.shokuin_id,
            shimei=given.shimei,
            valid_from=given.valid_from,
            valid_to=given.valid_to,
            held_period=None if row is None else (row.valid_from, row.valid_to),
            on=on,
        )
    )
    if row is None and is_shokuin_id_taken(
        zone=staff_zone(by), hokensha_code=by.hokensha_code, shokuin_id=given.shokuin_id
    ):
        errors.append(ErrorItem("shokuin_id_jufuku", "shokuin_id", SHOKUIN_ID_TAKEN))
    errors += check_grant(
        soshiki=by.soshiki,
        kubun=IPPAN if row is None else row.kubun,
        possible=possible_rights_of(soshiki=by.soshiki, hokensha_shubetsu=by.hokensha_shubetsu, on=on),
        held=frozenset() if row is None else held_rights(shokuin_pk=row.id),
        wanted=given.kengen,
        kojin_bango=given.kojin_bango,
    )
    return tuple(errors)


@outside_transaction
def change_staff(
    *, by: Principal, slip_id: UUID, row_id: UUID, given: StaffInput, first_password: bool, now: datetime
) -> StaffAnswer:
    """Change one 一般 member of the own organisation; the answer has the new password when one was asked for.

    *Idempotent:* a slip changes once; every later press returns the first answer. Raises NotPermitted for oneself and
    for another システム管理責任者, NotFound outside the own organisation and when there is no such slip.
    """
    _check_admin(by)
    row = get_shokuin(by=by, row_id=row_id)
    check_changeable(by, shokuin_id=row.shokuin_id, kubun=row.kubun)
    password = new_password() if first_password else None
    return _change(
        by=by,
        zone=row.zone,
        slip_id=slip_id,
        row=row,
        given=given,
        password=password,
        password_hash=None if password is None else make_password(password),
        now=now,
    )


@own_transaction
def _change(
    *,
    by: Principal,
    zone: str,
    slip_id: UUID,
    row: ShokuinRow,
    given: StaffInput,
    password: str | None,
    password_hash: str | None,
    now: datetime,
) -> StaffAnswer:
    slip = hold_staff_slip(by=by, slip_id=slip_id, now=now)
    earlier = staff_answer_of(by, slip)
    if earlier is not None:
        return earlier
    on = business_date_jst(now)
    held = held_rights(shokuin_pk=row.id)
    _check_rights(
        soshiki=row.soshiki,
        hokensha_shubetsu=by.hokensha_shubetsu,
        kubun=row.kubun,
        held=held,
        given=given,
        on=on,
    )
    change_shokuin(
        by=by,
        row_id=row.id,
        shimei=given.shimei,
        valid_from=given.valid_from,
        valid_to=given.valid_to,
        now=now,
    )
    grant_rights(by=by, zone=zone, row_id=row.id, given=given, now=now)
    if password_hash is not None:
        set_first_password(by=by, row_id=row.id, password_hash=password_hash, now=now)
    _record(
        by=by,
        zone_code=row.hokensha_code,
        change="changed" if password_hash is None else "changed_with_password",
        row_id=row.id,
        given=given,
        kubun=row.kubun,
        now=now,
    )
    answer = StaffAnswer(row.id, row.shokuin_id, given.shimei, is_new=False, password=password)
    return spend_staff_slip(by=by, slip=slip, answer=answer, now=now)


def _record(
    *,
    by: Principal,
    zone_code: str | None,
    change: str,
    row_id: UUID,
    given: StaffInput,
    kubun: str,
    now: datetime,
) -> None:
    record_sosa(
        by=by,
        kind=SosaKind.STAFF_CHANGED,
        jimu=JIMU,
        target_file=FILE,
        targets=[str(row_id)],
        result="ok",
        detail={
            "change": change,
            "shokuin_id": given.shokuin_id,
            "kubun": kubun,
            "valid_from": given.valid_from.isoformat(),
            "valid_to": given.valid_to.isoformat(),
            "kengen": " ".join(f"{jimu}:{action}" for jimu, action in sorted(given.kengen)),
            "kojin_bango": " ".join(sorted(given.kojin_bango)),
        },
        screen_id=SCREEN_ID,
        zone=zone_code,
        now=now,
    )
