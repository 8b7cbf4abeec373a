"""One code per person: stored for the request that was sent, dropped and counted in every other case."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import OperationalError, connections
from structlog.testing import capture_logs

from chukan.kernel.crypto.envelope import open_envelope
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import system_principal
from chukan.kernel.retry import done_again
from chukan.kernel.values.kikanbetsu_fugo import KikanbetsuFugo
from fugo.actions.record_fugo import record_fugo
from fugo.domain.answer_matching import Received
from tests.support import index_keys
from tests.support.fugo import NWS, all_sent, brought, code_of, released, requests_made, states, transferred, tsuban_of
from tests.support.members import LATER, NOW, asked, bango, join_line, joined
from tests.support.principals import KENPO, OTHER_KENPO, SEIHO, clerk
from tests.support.world import World, as_role

AGAIN = (
    "INSERT INTO fugo_shutoku_yokyu SELECT"
    " (jsonb_populate_record(y, jsonb_build_object('shori_tsuban', uuidv7()))).* FROM fugo_shutoku_yokyu y"
)
STAMPS = ("fugo_tenso_nichiji", "fugo_soshin_nichiji", "fugo_uketsuke_nichiji", "fugo_settei_nichiji")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def sent_for(world: World, *serials: int) -> list[UUID]:
    for serial in serials:
        joined(serial)
    requests_made()
    all_sent(world)
    return [tsuban_of(world, place) for place in range(1, len(serials) + 1)]


def issues(world: World) -> list[tuple[Any, ...]]:
    return asked(
        world,
        "SELECT shori_tsuban, hakko_no, yoto, fugo_saihakko_flag, superseded_at FROM fugo_kikanbetsu_fugo"
        " ORDER BY shori_tsuban",
    )


def opened(world: World) -> list[str]:
    rows = asked(world, "SELECT id, ct_kikanbetsu_fugo FROM fugo_kikanbetsu_fugo ORDER BY shori_tsuban")
    return [
        open_envelope(
            get_keyring(),
            table="fugo_kikanbetsu_fugo",
            envelope="kikanbetsu_fugo",
            hokensha_code=None,
            row_id=row_id,
            data=bytes(sealed),
        ).decode()
        for row_id, sealed in rows
    ]


def counts(world: World) -> dict[str, int]:
    return dict(asked(world, "SELECT juryo, count FROM fugo_juryo_kazu"))


@pytest.mark.kj("KJ-FUGO-01", "KJ-FUGO-04", "KJ-ENC-02", "KJ-IN-12")
def test_the_code_of_a_sent_request_is_stored_sealed_and_stamped(world: World) -> None:
    (one,) = sent_for(world, 1)

    assert brought(world, (one, code_of(1)), now=LATER) == ["stored"]

    assert issues(world) == [(one, 1, "1", False, None)]
    assert opened(world) == [code_of(1)]
    assert states(world) == ["5"]
    stamps = asked(
        world,
        "SELECT fugo_uketsuke_nichiji, fugo_settei_nichiji, fugo_status_koshin_nichiji FROM fugo_shutoku_yokyu",
    )
    assert stamps == [(LATER, LATER, LATER)]
    dumped = asked(world, "SELECT f::text FROM fugo_kikanbetsu_fugo f") + asked(
        world, "SELECT s::text FROM sosa_log_event s"
    )
    assert all(code_of(1) not in row[0] for row in dumped)
    assert counts(world) == {"stored": 1}


@pytest.mark.kj("KJ-IN-13", "KJ-RET-16", "KJ-FUGO-01")
def test_everything_else_is_dropped_told_and_counted(world: World) -> None:
    one, two = sent_for(world, 1, 2)
    joined(3)
    requests_made()
    waiting = tsuban_of(world, 3)
    transferred(now=LATER)
    nobody = uuid4()
    brought(world, (one, code_of(1)))
    with capture_logs() as logged:
        got = brought(
            world,
            (one, code_of(1)),
            (one, code_of(7)),
            (two, code_of(1)),
            (waiting, code_of(3)),
            (nobody, code_of(4)),
            (two, code_of(2)),
            (two, code_of(2)),
            (two, code_of(8)),
        )

    assert got == [
        "same_again", "other_code", "taken", "not_sent", "no_request", "stored", "same_again", "other_code",
    ]  # fmt: skip
    assert [row[:2] for row in issues(world)] == [(one, 1), (two, 1)]
    assert opened(world) == [code_of(1), code_of(2)]
    assert counts(world) == {"stored": 2, "same_again": 2, "other_code": 2, "taken": 1, "not_sent": 1, "no_request": 1}
    warned = [one for one in logged if one["event"] == "fugo.answer.unsolicited"]
    assert [(one["log_level"], one["count"]) for one in warned] == [("warning", 5)]
    assert not any(code_of(serial) in str(warned) for serial in range(9))
    assert states(world) == ["5", "5", "2"]


@pytest.mark.kj("KJ-IN-13")
def test_a_code_for_a_request_that_has_not_gone_out_is_not_stored(world: World) -> None:
    joined(1)
    requests_made()

    assert brought(world, (tsuban_of(world), code_of(1))) == ["not_sent"]

    assert issues(world) == []
    assert states(world) == ["1"]


@pytest.mark.kj("KJ-FUGO-01")
def test_two_requests_of_one_message_never_share_a_code(world: World) -> None:
    one, two = sent_for(world, 1, 2)

    assert brought(world, (two, code_of(1)), (one, code_of(1))) == ["stored", "taken"]

    assert [row[0] for row in issues(world)] == [two]


@pytest.mark.kj("KJ-FUGO-05", "KJ-FUGO-01")
def test_a_person_with_a_code_is_only_linked_and_counted(world: World) -> None:
    (one,) = sent_for(world, 1)
    brought(world, (one, code_of(1)))

    joined(1, by=clerk(OTHER_KENPO))
    requests_made()

    assert states(world) == ["5"]
    assert asked(world, "SELECT count(*) FROM fugo_edaban_himozuke GROUP BY himozuke_bango") == [(2,)]
    assert len(transferred(now=LATER)) == 1


@pytest.mark.kj("KJ-NWS-22")
def test_the_purpose_is_that_of_all_insurers_and_widens_with_a_further_one(world: World) -> None:
    seiho = clerk(SEIHO, shubetsu="seikatsu_hogo")
    joined(1, by=clerk(OTHER_KENPO))
    requests_made()
    with world.admin() as admin:  # as if the only insurer were one whose codes serve 自己情報表示 alone
        admin.execute("UPDATE fugo_edaban_himozuke SET hokensha_code = %s", [SEIHO])
    all_sent(world)
    brought(world, (tsuban_of(world, 1, OTHER_KENPO), code_of(1)))
    assert [row[2] for row in issues(world)] == ["2"]

    joined(1)
    requests_made()

    assert [row[2] for row in issues(world)] == ["1"]
    assert seiho.hokensha_code == SEIHO
    assert join_line(1).kojin_bango == bango(1)


@pytest.mark.kj("KJ-IN-12")
def test_nobody_but_the_network_brings_codes(world: World) -> None:
    (one,) = sent_for(world, 1)
    received = [Received(one, KikanbetsuFugo.parse(code_of(1)))]
    for by in (clerk(), system_principal(actor_id="worker")):
        with as_role(world, "web"), pytest.raises(NotPermitted):
            record_fugo(by=by, received=received, now=NOW)

    assert issues(world) == []


@pytest.mark.kj("KJ-IN-12", "KJ-ZONE-04")
@pytest.mark.parametrize("role", ["worker", "kanri", "operator", "relay", "sealer", "web"])
def test_the_database_lets_no_role_at_the_table(world: World, role: str) -> None:
    with world.admin() as admin:
        admin.execute(f"SET ROLE chukan_{role}")
        for statement in (
            "SELECT 1 FROM fugo_kikanbetsu_fugo",
            "UPDATE fugo_kikanbetsu_fugo SET yoto = '1'",
            "DELETE FROM fugo_kikanbetsu_fugo",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(statement)


@pytest.mark.kj("KJ-RET-16", "KJ-FUGO-04")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fugo_kikanbetsu_fugo SET ct_kikanbetsu_fugo = 'x'",
        "UPDATE fugo_kikanbetsu_fugo SET bi_kikanbetsu_fugo = 'x'",
        "UPDATE fugo_kikanbetsu_fugo SET himozuke_bango = gen_random_uuid()",
        "UPDATE fugo_kikanbetsu_fugo SET yoto = '2'",
        "UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '4', fugo_settei_nichiji = NULL",
        "UPDATE fugo_shutoku_yokyu SET last_sent_at = now()",
        AGAIN,
    ],
)
def test_not_even_the_administrator_changes_what_is_done(world: World, statement: str) -> None:
    (one,) = sent_for(world, 1)
    brought(world, (one, code_of(1)))

    with world.admin() as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="refused"):
        admin.execute(statement.encode())


@pytest.mark.kj("KJ-FUGO-04")
@pytest.mark.parametrize("to", ["1", "3", "4", "5"])
def test_the_database_refuses_a_step_that_is_left_out(world: World, to: str) -> None:
    """From 要求受付 to anything but 転送; to 要求受付 itself it is no step and its stamps do not fit."""
    joined(1)
    requests_made()

    with world.admin() as admin, pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
        admin.execute(
            "UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = %s, fugo_tenso_nichiji = now(),"
            " fugo_soshin_nichiji = now()",
            [to],
        )


@pytest.mark.kj("KJ-FUGO-04")
def test_the_database_refuses_to_set_a_code_before_it_is_received(world: World) -> None:
    """From 送信 to 設定 in one step with every stamp, which no constraint would refuse."""
    sent_for(world, 1)

    with world.admin() as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="3 -> 5 refused"):
        admin.execute(
            "UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '5', fugo_uketsuke_nichiji = now(),"
            " fugo_settei_nichiji = now()"
        )


@pytest.mark.kj("KJ-FUGO-04")
def test_a_code_goes_over_every_step_to_set(world: World) -> None:
    (one,) = sent_for(world, 1)
    with world.admin() as admin:
        admin.execute("CREATE TABLE seen_steps (step text)")
        try:
            admin.execute(
                "CREATE FUNCTION note_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public"
                " AS $$ BEGIN INSERT INTO seen_steps VALUES (OLD.fugo_shutoku_status || NEW.fugo_shutoku_status);"
                " RETURN NEW; END $$"
            )
            admin.execute(
                "CREATE TRIGGER zz_note AFTER UPDATE ON fugo_shutoku_yokyu FOR EACH ROW EXECUTE FUNCTION note_step()"
            )
            brought(world, (one, code_of(1)))
            steps = [row[0] for row in admin.execute("SELECT step FROM seen_steps")]
        finally:
            admin.execute("DROP TRIGGER IF EXISTS zz_note ON fugo_shutoku_yokyu")
            admin.execute("DROP FUNCTION IF EXISTS note_step()")
            admin.execute("DROP TABLE seen_steps")

    assert steps == ["34", "45"]


def test_the_same_message_twice_at_once_stores_once(world: World) -> None:
    (one,) = sent_for(world, 1)
    barrier = threading.Barrier(2, timeout=20)
    told: list[str] = []

    def bring() -> None:
        barrier.wait()
        try:
            received = [Received(one, KikanbetsuFugo.parse(code_of(1)))]
            told.extend(done_again(lambda: record_fugo(by=NWS, received=received, now=NOW)))
        except OperationalError as error:
            told.append(type(error).__name__)
        finally:
            connections.close_all()

    with as_role(world, "web"):
        threads = [threading.Thread(target=bring) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

    assert sorted(told) == ["same_again", "stored"]
    assert len(issues(world)) == 1


@pytest.mark.kj("KJ-FUGO-06")
def test_a_reissue_supersedes_and_keeps_the_former(world: World) -> None:
    (one,) = sent_for(world, 1)
    brought(world, (one, code_of(1)))
    second = uuid4()
    with world.admin() as admin:  # the list of persons is another part's; the pipeline is the same
        fresh = "'fugo_shutoku_status', '1', 'fugo_saihakko_flag', true, 'yokyu_file_id', null"
        unstamped = ", ".join(f"'{name}', null" for name in STAMPS)
        admin.execute(
            "INSERT INTO fugo_shutoku_yokyu SELECT (jsonb_populate_record(y, jsonb_build_object("
            f"'shori_tsuban', %s::text, {fresh}, {unstamped}))).* FROM fugo_shutoku_yokyu y",
            [str(second)],
        )
    files = transferred(now=LATER)
    assert [file.kind for file in files] == ["shinki", "saihakko"]
    released(world, files[1].id, now=LATER)
    all_sent(world, now=LATER)

    assert brought(world, (second, code_of(1))) == ["former_code"], "the code that leaked is no new one"
    assert brought(world, (second, code_of(1, issue=2)), now=LATER + timedelta(hours=1)) == ["stored"]

    rows = asked(
        world, "SELECT hakko_no, fugo_saihakko_flag, superseded_at IS NULL FROM fugo_kikanbetsu_fugo ORDER BY 1"
    )
    assert rows == [(1, False, False), (2, True, True)]
    assert asked(world, "SELECT count(*) FROM fugo_edaban_himozuke") == [(1,)]
    assert KENPO != OTHER_KENPO


@pytest.mark.kj("KJ-FUGO-01", "KJ-ENC-07")
def test_a_code_stays_known_when_the_key_of_numbers_across_insurers_is_replaced(world: World) -> None:
    one, two = sent_for(world, 1, 2)
    assert brought(world, (one, code_of(1))) == ["stored"]
    with index_keys.whole_keys(world):
        index_keys.rotated(world, "bi_global")
        index_keys.walked(world, "bi_global")
        assert brought(world, (two, code_of(1))) == ["taken"]
        index_keys.ended(world, "bi_global")

        again = brought(world, (two, code_of(1)), (one, code_of(1)), (two, code_of(2)))

    assert again == ["taken", "same_again", "stored"]
