"""One act of an operator of 支払基金 releases one file, and the verification it needs is used up with it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from chukan.kernel.errors import Conflict, DomainError, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from fugo.actions.send_yokyu_file import PURPOSE, send_yokyu_file
from tests.support.fugo import (
    Line,
    delivered,
    file_confirmed,
    kikin,
    released,
    requests_made,
    sender,
    states,
    transferred,
)
from tests.support.members import NOW, asked, joined, kinds_of
from tests.support.staff import web_role
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


@pytest.fixture
def file(world: World) -> Any:
    joined(1)
    requests_made()
    return transferred()[0]


@pytest.mark.kj("KJ-FUGO-03", "KJ-FUGO-04", "KJ-LOG-02")
def test_the_act_lets_the_file_go_and_is_on_record(world: World, file: Any) -> None:
    ninsho_id = released(world, file.id)

    assert asked(world, "SELECT state, sent_by, released_at, ninsho_id FROM fugo_yokyu_file") == [
        ("soshin_chu", "SK001", NOW, ninsho_id)
    ]
    assert asked(world, "SELECT purpose, used_at, bound_hash FROM seitai_challenge WHERE id = %s", ninsho_id) == [
        (PURPOSE, NOW, sha256(file.id.bytes + bytes.fromhex(file.sha256)).digest())
    ]
    assert kinds_of(world)[-1] == "fugo_yokyu_soshin_sosa"
    line = Line()
    assert delivered(line) == 1
    assert len(line.files) == 1
    assert states(world) == ["3"]


@pytest.mark.kj("KJ-FUGO-03")
@pytest.mark.parametrize(
    "by",
    [
        kikin(soshiki="kokuho_chuokai"),
        kikin(soshiki="unyo_hoshu"),
        kikin(verbs=()),
        kikin(channel="terminal"),
        kikin(channel="system"),
    ],
)
def test_nobody_else_may(world: World, file: Any, by: Principal) -> None:
    def reached(**_given: object) -> None:
        raise AssertionError

    with as_role(world, "web"), pytest.raises(NotPermitted):
        send_yokyu_file(by=by, file_id=file.id, ninsho_id=uuid4(), consume=reached, now=NOW)

    assert asked(world, "SELECT state FROM fugo_yokyu_file") == [("soshin_machi",)]
    line = Line()
    assert delivered(line) == 0
    assert line.calls == 0


@pytest.mark.kj("KJ-FUGO-03")
def test_without_a_valid_verification_nothing_moves(world: World, file: Any) -> None:
    def refuse(**_given: object) -> None:
        raise NotPermitted("seitai_kigen", "確認の期限が切れています。")

    with as_role(world, "web"), pytest.raises(NotPermitted):
        send_yokyu_file(by=kikin(), file_id=file.id, ninsho_id=uuid4(), consume=refuse, now=NOW)

    assert asked(world, "SELECT state, ninsho_id FROM fugo_yokyu_file") == [("soshin_machi", None)]


def test_a_file_is_sent_once(world: World, file: Any) -> None:
    released(world, file.id)

    with pytest.raises(Conflict):
        released(world, file.id)


def test_an_unknown_file_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        released(world, UUID(int=7))
    assert isinstance(caught.value, DomainError)


@pytest.mark.kj("KJ-FUGO-03")
def test_the_database_knows_no_sent_file_without_a_verification(world: World, file: Any) -> None:
    with world.admin() as admin, pytest.raises(psycopg.errors.CheckViolation):
        admin.execute("UPDATE fugo_yokyu_file SET state = 'soshin_chu' WHERE id = %s", [file.id])


SENDS = "UPDATE fugo_yokyu_file SET state = 'soshin_chu', released_at = %s, sent_by = %s, ninsho_id = %s WHERE id = %s"
USE = "UPDATE seitai_challenge SET used_at = %s WHERE id = %s"


@pytest.fixture
def given(world: World, file: Any) -> UUID:
    """Return a confirmation of the file that was used up, as its act would have, and of which no act came."""
    with as_role(world, "web"):
        ninsho_id = file_confirmed(sender(), file, now=NOW)
    with world.admin() as admin:
        admin.execute(USE, [NOW, ninsho_id])
    return ninsho_id


@pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
@pytest.mark.parametrize("lie", ["none", "not used up", "of another act", "of another file", "of somebody else"])
def test_the_database_takes_no_file_as_sent_but_by_the_senders_confirmation_of_it(
    world: World, file: Any, given: UUID, lie: str
) -> None:
    spoils = {
        "not used up": "UPDATE seitai_challenge SET used_at = NULL",
        "of another act": "UPDATE seitai_challenge SET purpose = 'tameshi'",
        "of another file": "UPDATE seitai_challenge SET bound_hash = sha256('another')",
    }
    with world.admin() as admin:
        if lie in spoils:
            admin.execute(spoils[lie])
    ninsho_id = uuid4() if lie == "none" else given
    sent_by = "SK002" if lie == "of somebody else" else "SK001"

    denied = pytest.raises(psycopg.errors.CheckViolation, match="not confirmed")
    with as_role(world, "web"), web_role(world) as web, denied:
        web.execute(SENDS, [NOW, sent_by, ninsho_id, file.id])


@pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
def test_what_the_database_took_as_confirmed_stands(world: World, file: Any, given: UUID) -> None:
    with world.admin() as admin:
        admin.execute(SENDS, [NOW, "SK001", given, file.id])
        for change in ("sent_by = 'SK002'", "released_at = now()", "ninsho_id = NULL", "sha256 = repeat('0', 64)"):
            with pytest.raises(psycopg.errors.CheckViolation):
                admin.execute(f"UPDATE fugo_yokyu_file SET {change} WHERE id = %s".encode(), [file.id])
        admin.execute("UPDATE fugo_yokyu_file SET state = 'soshin_zumi', attempts = 1 WHERE id = %s", [file.id])
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            admin.execute("DELETE FROM seitai_challenge WHERE id = %s", [given])
