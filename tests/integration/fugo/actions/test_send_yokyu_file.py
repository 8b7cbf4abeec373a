"""One act of an operator of 支払基金 releases one file, and the verification it needs is used up with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from chukan.kernel.errors import Conflict, DomainError, NotFound, NotPermitted
from chukan.kernel.principal import Principal
from fugo.actions.send_yokyu_file import PURPOSE, send_yokyu_file
from tests.support.fugo import Line, Verified, delivered, kikin, released, requests_made, states, transferred
from tests.support.members import NOW, asked, joined, kinds_of
from tests.support.world import World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


@pytest.fixture
def file(world: World) -> Any:
    joined(1)
    requests_made()
    return transferred()[0]


@pytest.mark.kj("KJ-FUGO-03", "KJ-FUGO-04", "KJ-LOG-02")
def test_the_act_lets_the_file_go_and_is_on_record(world: World, file: Any) -> None:
    verified = released(world, file.id)

    assert asked(world, "SELECT state, sent_by, released_at FROM fugo_yokyu_file") == [("soshin_chu", "SK001", NOW)]
    assert [(purpose, bound) for _, purpose, bound in verified.used] == [
        (PURPOSE, file.id.bytes + bytes.fromhex(file.sha256))
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
    verified = Verified()
    with as_role(world, "web"), pytest.raises(NotPermitted):
        send_yokyu_file(by=by, file_id=file.id, ninsho_id=uuid4(), consume=verified, now=NOW)

    assert verified.used == []
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
    import psycopg

    with world.admin() as admin, pytest.raises(psycopg.errors.CheckViolation):
        admin.execute("UPDATE fugo_yokyu_file SET state = 'soshin_chu' WHERE id = %s", [file.id])
