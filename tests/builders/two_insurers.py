"""Two insurers with a row in every table, written through the product's own doors and actions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.test import Client

from chukan.controls.kengen.actions import keep_staff_slip
from chukan.controls.seitai.actions import begin
from chukan.controls.shokuin.queries import find_session, list_shokuin
from chukan.controls.shonin.queries import list_irai
from chukan.kernel import clock
from chukan.kernel.errors import RuleBroken
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.register_one import register_one
from shikaku.actions.reseal_rows import begin_reseal
from shikaku.actions.terminal_slip import keep_slip
from shikaku.models import ReindexJob
from shikaku.queries.rireki import find_row_id
from tests.builders.files import Sent, send_file
from tests.builders.lines import NOT_YET, file_text, known, kojin_bango, line, message
from tests.support.authenticator import registered
from tests.support.fugo import requests_made
from tests.support.machines import Machine, new_machine
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.staff import a_staff, browser
from tests.support.world import World, as_role

STAFF_SLIP: dict[str, object] = {
    "row": None,
    "typed": {
        "shokuin_id": "S0100",
        "shimei": "試験太郎",
        "valid_from": "20260401",
        "valid_to": "20270401",
        "kengen": [],
        "kojin_bango": [],
        "first_password": False,
    },
}
SLIP: dict[str, object] = {
    "row": None,
    "tsuban": None,
    "seen": None,
    "values": {},
    "cleared": [],
    "errors": [],
    "keikoku": [],
}
REGISTER = "/api/v1/itaku/kanyusha"


@dataclass(frozen=True)
class Insurer:
    """One insurer's people, rows and ways in."""

    code: str
    machine: Machine
    browser: Client
    row_id: UUID
    slip: UUID
    file: Sent
    held: Sent
    staff_row: UUID
    staff_slip: UUID
    irai: UUID


def seed_insurer(world: World, code: str, start: int) -> Insurer:
    """Give one insurer staff, a system, people, a changed number, files, a slip, a case, a job.

    One file has a refused line, one is held.
    """
    with as_role(world, "kanri"):
        staff_id = a_staff(
            f"S{start:04d}",
            hokensha=code,
            kengen=frozenset({(jimu, verb) for jimu in ("shikaku", "kanri") for verb in ("shokai", "koshin")}),
            kojin_bango=frozenset({"shikaku"}),
        )
    seed_irai(world, code, first=staff_id, second=f"T{start:04d}")
    machine = new_machine(world, hokensha=(code,))
    answer = machine.post(REGISTER, message(start, hokensha=code), key=f"seed-{start}")
    assert answer.status_code == 201, answer.content
    by, now = clerk(code), clock.now()
    change = known(
        "03",
        hokensha=code,
        edaban=1,
        koshingo_kojin_bango=kojin_bango(start + 50),
        kojin_bango_koshin_kubun="1",
    )
    register_one(by=by, line=line(change), now=now)
    slip = keep_slip(
        by=replace(by, actor_id=staff_id),
        kind="toroku",
        content=SLIP,
        kojin_bango=kojin_bango(start + 60),
        now=now,
    )
    staff_slip = keep_staff_slip(by=replace(by, actor_id=staff_id), content=STAFF_SLIP, now=now)
    with as_role(world, "worker"):
        requests_made()
        bad = message(start + 2, hokensha=code, shikaku={"shikaku_shutoku_ymd": NOT_YET})
        file = send_file(file_text([message(start + 1, hokensha=code), bad]), by=by, now=now)
        losses = [known("04", hokensha=code, edaban=n, shikaku={"shikaku_soshitsu_ymd": "2026-10-01"}) for n in (1, 2)]
        held = send_file(file_text(losses), by=by, now=now)
        begin_reseal(by=by, run=uuid4(), now=now)
        _begun_walk(by=by, now=now)
    taken = replace(line(change), koshingo_kojin_bango=kojin_bango(start + 1))
    with suppress(RuleBroken):
        register_one(by=by, line=taken, now=now)
    client = browser(staff_id, hokensha=code)
    _confirm_once(by, client, staff_id)
    return Insurer(
        code=code,
        machine=machine,
        browser=client,
        row_id=find_row_id(by=by, hihokensha_edaban=1),
        slip=slip,
        file=file,
        held=held,
        staff_row=next(row.id for row in list_shokuin(by=by) if row.shokuin_id == staff_id),
        staff_slip=staff_slip,
        irai=list_irai(by=by, limit=1, now=now)[0].id,
    )


def _confirm_once(by: Principal, client: Client, staff_id: str) -> None:
    """Give a person an authenticator and ask for one confirmation: no insurer's screen does so yet."""
    registered(staff_id, zone=by.hokensha_code or "")
    session = find_session(key=client.cookies[settings.SESSION_COOKIE_NAME].value)
    assert session is not None
    who = replace(by, actor_id=staff_id)
    begin(by=who, session_id=session.session_id, purpose="seed", bound=b"seed", now=clock.now())


# 承認 is 支払基金's by rule; the walls are an insurer's too, so that its rows are written past the rule.
_IRAI = """
INSERT INTO shonin_irai (id, zone, kind, payload, payload_hash, riyu, hitsuyo_ninzu, shinseisha_id, state, created_at,
                         expires_at, used_by)
SELECT gen_random_uuid(), zone, 'baitai', '{}', sha256(zone::bytea), 'x', 1, id, 'irai', now(),
       now() + interval '1 day', '' FROM shokuin_shokuin WHERE zone = %(zone)s AND shokuin_id = %(first)s
"""
_NINSHO = """
INSERT INTO seitai_challenge (id, zone, account_id, session_id, purpose, bound_hash, nonce, challenge, witness_1,
  witness_2, created_at, expires_at, refusal, authenticator_id)
SELECT gen_random_uuid(), i.zone, a.id, n.id, 'shonin', sha256(uuid_send(i.id) || i.payload_hash), uuid_send(i.id),
  sha256(uuid_send(i.id)), '', '', now(), now() + interval '5 minutes', '', k.id
FROM shonin_irai i JOIN shokuin_shokuin s ON s.zone = i.zone AND s.shokuin_id = %(second)s
JOIN shokuin_account a ON a.shokuin_id = s.id JOIN shokuin_session n ON n.account_id = a.id
JOIN seitai_authenticator k ON k.account_id = a.id WHERE i.zone = %(zone)s
"""
_USED = """
UPDATE seitai_challenge SET answered_at = now(), verified_at = now(), used_at = now()
WHERE zone = %(zone)s AND purpose = 'shonin'
"""
_SHONIN = """
INSERT INTO shonin_shonin (id, zone, irai_id, shinseisha_id, payload_hash, shoninsha_id, handan, comment, ninsho_id, at)
SELECT gen_random_uuid(), i.zone, i.id, i.shinseisha_id, i.payload_hash, s.id, 'shonin', '', c.id, now()
FROM shonin_irai i JOIN shokuin_shokuin s ON s.zone = i.zone AND s.shokuin_id = %(second)s
JOIN seitai_challenge c ON c.zone = i.zone AND c.purpose = 'shonin' WHERE i.zone = %(zone)s
"""
_BAITAI = """
INSERT INTO shonin_baitai (id, zone, baitai_id, shurui, irai_id, registered_at)
SELECT gen_random_uuid(), zone, 'USB-001', 'usb', id, now() FROM shonin_irai WHERE zone = %(zone)s
"""


def seed_irai(world: World, code: str, *, first: str, second: str) -> None:
    """Give one zone a 依頼, a decision and a medium."""
    with as_role(world, "kanri"):
        a_staff(second, hokensha=code)
    browser(second, hokensha=code)
    registered(second, zone=code)
    with world.admin() as admin, admin.transaction():  # one moment: a decision is of the time of its confirmation
        for statement in (_IRAI, _NINSHO, _USED, _SHONIN, _BAITAI):
            admin.execute(statement, {"zone": code, "first": first, "second": second})


def seed_two(world: World) -> tuple[Insurer, Insurer]:
    """Return two insurers, neither of which knows the other's people."""
    return seed_insurer(world, KENPO, 1000), seed_insurer(world, OTHER_KENPO, 2000)


@own_transaction
def _begun_walk(*, by: Principal, now: datetime) -> None:
    """Leave a walk as it stands while a key of an index is replaced: the key itself outlasts a test and stays."""
    ReindexJob.objects.create(
        hokensha_code=by.hokensha_code or "", kind="bi_zone", run=uuid4(), key_id=1, started_at=now
    )
