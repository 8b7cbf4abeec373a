"""Reads rights: those of one person on a day, those an organisation can give, and the menu they make; and slips."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from chukan.controls.kengen.domain import (
    KANO_OF_JIMU,
    NOT_PERMITTED_MESSAGE,
    SCREENS,
    Right,
    Screen,
    has_right,
    possible_rights,
)
from chukan.controls.kengen.models import KengenFuyo, StaffSlip
from chukan.controls.kikan.queries import check_kano, kano_outcome
from chukan.controls.shokuin.domain import HOKENSHA, StaffSession, staff_zone
from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotFound, NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads

TERMINAL_USE: Final = ("terminal_riyo", "terminal")
SLIP_TABLE: Final = "kengen_staff_slip"
SLIP_CONTENT: Final = "content"
SLIP_ANSWER: Final = "answer"

_RIGHTS: Final = """
SELECT jimu, action FROM kengen_fuyo
WHERE shokuin_id = %(shokuin)s AND ended_at IS NULL AND valid_from <= %(on)s AND %(on)s < valid_to
UNION ALL
SELECT jimu, NULL FROM kengen_kojin_bango_toriatsukai
WHERE shokuin_id = %(shokuin)s AND ended_at IS NULL AND valid_from <= %(on)s AND %(on)s < valid_to
"""


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do: rights per 事務, and apart from them the 事務 with 個人番号取扱権限."""

    kengen: frozenset[Right]
    kojin_bango: frozenset[str]


@reads
def list_rights(*, by: Principal, zone: str, shokuin_pk: UUID, on: date) -> Rights:
    """Return what one member of staff of the zone may do on a day; read anew at every request."""
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS, {"shokuin": shokuin_pk, "on": on})
        rows = cursor.fetchall()
    return Rights(
        kengen=frozenset((jimu, action) for jimu, action in rows if action is not None),
        kojin_bango=frozenset(jimu for jimu, action in rows if action is None),
    )


def held_rights(*, shokuin_pk: UUID) -> frozenset[Right]:
    """Return, inside the zone's transaction, every right of one person that has not been ended, whatever its days."""
    held = KengenFuyo.objects.filter(shokuin_id=shokuin_pk, ended_at__isnull=True)
    return frozenset((row.jimu, row.action) for row in held)


def principal_with_rights(*, bare: Principal, staff: StaffSession, on: date) -> Principal:
    """Return the person signed in with what that person may do today."""
    rights = list_rights(by=bare, zone=staff.zone, shokuin_pk=staff.shokuin_pk, on=on)
    return replace(bare, kengen=rights.kengen, kojin_bango_jimu=rights.kojin_bango)


def possible_rights_of(*, soshiki: str, hokensha_shubetsu: str | None, on: date) -> frozenset[Right]:
    """Return every right that an organisation can give its staff; what starts later can be given before."""
    open_jimu = frozenset(
        jimu
        for jimu, rows in KANO_OF_JIMU.items()
        if any(kano_outcome(hokensha_shubetsu or "", *row, on)[0] != "jimu_taishogai" for row in rows)
    )
    return possible_rights(soshiki=soshiki, open_jimu=open_jimu)


def check_screen(principal: Principal, screen: Screen, *, on: date) -> None:
    """Let a principal into a screen or raise NotPermitted.

    In this order: organisation and right (`kengen_nashi`), 保険者種別 and 方式 (`jimu_taishogai`), start date
    (`riyo_kaishi_mae`). 根拠: KJ-MENU-02, KJ-MENU-04, KJ-IN-20.
    """
    if not has_right(principal, screen):
        raise NotPermitted("kengen_nashi", NOT_PERMITTED_MESSAGE)
    if principal.soshiki == HOKENSHA:
        for jimu, hoshiki in (TERMINAL_USE, *screen.kano):
            check_kano(principal.hokensha_shubetsu or "", jimu, hoshiki, on)


def can_open(principal: Principal, screen: Screen, *, on: date) -> bool:
    """Tell whether a principal may open a screen today."""
    try:
        check_screen(principal, screen, on=on)
    except NotPermitted:
        return False
    return True


def screens_of(principal: Principal, *, on: date) -> tuple[Screen, ...]:
    """Return every screen a principal may open today, in menu order."""
    return tuple(screen for screen in SCREENS if can_open(principal, screen, on=on))


def menu_for(principal: Principal, *, on: date) -> Mapping[str, tuple[Screen, ...]]:
    """Return the menu: group -> the screens of it that the principal may open today, and no other. 根拠: KJ-MENU-01."""
    menu: dict[str, tuple[Screen, ...]] = {}
    for screen in screens_of(principal, on=on):
        if screen.menu_group is not None:
            menu[screen.menu_group] = (*menu.get(screen.menu_group, ()), screen)
    return menu


@dataclass(frozen=True, slots=True)
class StaffAnswer:
    """What came of a spent slip: who was registered or changed, and the password for the first sign-in, if any."""

    row_id: UUID
    shokuin_id: str
    shimei: str
    is_new: bool
    password: str | None = field(repr=False)


def no_staff_slip() -> NotFound:
    """Return the refusal of a slip that is not there, is spent, or is another's."""
    return NotFound(
        "shokuin_hikae_nashi",
        "入力の控えがありません。登録を終えたか、期限が過ぎています。登録されているかを、職員の一覧で確かめてください。",
    )


def staff_answer_of(by: Principal, row: StaffSlip) -> StaffAnswer | None:
    """Return the answer a slip holds, None while it is not spent."""
    if row.ct_answer is None:
        return None
    facts = _opened(by, row, SLIP_ANSWER, row.ct_answer)
    return StaffAnswer(
        row_id=UUID(facts["row_id"]),
        shokuin_id=facts["shokuin_id"],
        shimei=facts["shimei"],
        is_new=facts["is_new"],
        password=facts["password"],
    )


def _opened(by: Principal, row: StaffSlip, envelope: str, sealed: bytes | memoryview) -> dict[str, Any]:
    plain = open_envelope(
        get_keyring(),
        table=SLIP_TABLE,
        envelope=envelope,
        hokensha_code=by.hokensha_code,
        row_id=row.id,
        data=bytes(sealed),
    )
    opened: dict[str, Any] = json.loads(plain)
    return opened


@reads
def _find_slip(*, by: Principal, zone: str, slip_id: UUID, now: datetime) -> StaffSlip | None:
    return StaffSlip.objects.filter(zone=zone, id=slip_id, actor_id=by.actor_id, expires_at__gt=now).first()


def open_staff_slip(*, by: Principal, slip_id: UUID, now: datetime) -> dict[str, Any]:
    """Return what the same person typed. Raises NotFound for anybody else's, a spent or an old one."""
    row = _find_slip(by=by, zone=staff_zone(by), slip_id=slip_id, now=now)
    if row is None or row.ct_content is None:
        raise no_staff_slip()
    return _opened(by, row, SLIP_CONTENT, row.ct_content)


def find_staff_answer(*, by: Principal, slip_id: UUID, now: datetime) -> StaffAnswer | None:
    """Return what came of the same person's slip; None while it is not spent, and for anybody else's or an old one."""
    row = _find_slip(by=by, zone=staff_zone(by), slip_id=slip_id, now=now)
    return None if row is None else staff_answer_of(by, row)
