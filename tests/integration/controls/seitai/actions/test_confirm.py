"""security.md T3.3 with a software authenticator: every lie is refused, each with its own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection

from chukan.controls.seitai.actions import Options, begin, consume, finish
from chukan.controls.seitai.domain import MESSAGES, Refusal, hash_bound
from chukan.controls.shokuin.actions.keep_session import lock_session
from chukan.controls.shokuin.actions.sign_in import SignedIn
from chukan.kernel import clock
from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from tests.support.authenticator import Authenticator, registered
from tests.support.staff import an_operator, enter, web_role
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
BOUND = b"file-1" + hash_bound(b"ciphertext")


@dataclass
class Desk:
    """One operator signed in, with an authenticator."""

    world: World
    signed_in: SignedIn
    key: Authenticator
    at: datetime

    @property
    def by(self) -> Principal:
        return self.signed_in.session.principal(terminal="T-1", request_id="req")

    def begin(self, bound: bytes = BOUND, *, purpose: str = "soshin") -> Options:
        session_id = self.signed_in.session.session_id
        return begin(by=self.by, session_id=session_id, purpose=purpose, bound=bound, now=self.at)

    def finish(self, asked: Options, answer: str, *, now: datetime | None = None, by: Principal | None = None) -> UUID:
        return finish(by=by or self.by, challenge_id=asked.challenge_id, assertion_json=answer, now=now or self.at)

    def confirmed(self) -> UUID:
        asked = self.begin()
        return self.finish(asked, self.key.get(asked.options_json, count=None))


def a_desk(world: World, shokuin_id: str = "K0001", *, key: Authenticator | None = None) -> Desk:
    an_operator(shokuin_id, kengen=frozenset({("fugo", "koshin")}))
    signed_in = enter(shokuin_id, hokensha="")
    return Desk(world, signed_in, registered(shokuin_id, key), clock.now())


@pytest.fixture
def desk(world: World) -> Desk:
    return a_desk(world)


@contextmanager
def refused(refusal: Refusal) -> Iterator[None]:
    with pytest.raises(NotPermitted) as raised:
        yield
    assert raised.value.code == refusal.value
    assert raised.value.message == MESSAGES[refusal]


@own_transaction
def act(*, by: Principal, ninsho_id: UUID, purpose: str = "soshin", bound: bytes = BOUND, now: datetime) -> None:
    """Use a confirmation up as an act of an operator does: in a transaction without a zone."""
    consume(by=by, ninsho_id=ninsho_id, purpose=purpose, bound=bound, now=now)


@own_transaction
def failing_act(*, by: Principal, ninsho_id: UUID, now: datetime) -> None:
    consume(by=by, ninsho_id=ninsho_id, purpose="soshin", bound=BOUND, now=now)
    raise RuntimeError


def held(world: World, ninsho_id: UUID, columns: str) -> tuple[object, ...]:
    with world.admin() as admin:
        row = admin.execute(f"SELECT {columns} FROM seitai_challenge WHERE id = %s".encode(), [ninsho_id]).fetchone()
    assert row is not None
    return row


def log(world: World) -> list[tuple[object, ...]]:
    with world.admin() as admin:
        return admin.execute(
            "SELECT kind, result FROM sosa_log_event WHERE kind LIKE 'seitai_%' ORDER BY id"
        ).fetchall()


class TestConfirm:
    def test_a_right_answer_is_verified_and_used_once_with_its_act(self, world: World, desk: Desk) -> None:
        ninsho_id = desk.confirmed()

        act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

        verified, used, signature = held(world, ninsho_id, "verified_at, used_at, signature")
        assert (verified, used) == (desk.at, desk.at)
        assert signature
        assert log(world) == [("seitai_begun", "ok"), ("seitai_verified", "ok"), ("seitai_used", "ok")]
        with refused(Refusal.USED):
            act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

    def test_signs_exactly_what_the_act_is_bound_to(self, world: World, desk: Desk) -> None:
        asked = desk.begin(b"some file")

        nonce, challenge = held(world, asked.challenge_id, "nonce, challenge")
        assert isinstance(nonce, bytes)
        assert challenge == hash_bound(b"some file" + nonce)
        assert len(nonce) == 32

    @pytest.mark.parametrize(
        ("lie", "refusal"),
        [
            ({"is_user_verified": False}, Refusal.NO_UV),
            ({"origin": "https://evil.example"}, Refusal.WRONG_ORIGIN),
            ({"rp_id": "evil.example"}, Refusal.WRONG_RP),
            ({"is_backup_eligible": True}, Refusal.BACKUP),
            ({"credential_id": b"unknown"}, Refusal.UNKNOWN_KEY),
            ({"key": Authenticator().key}, Refusal.BAD_SIGNATURE),
        ],
    )
    def test_refuses_each_lie_with_words_of_its_own(
        self, world: World, desk: Desk, lie: dict[str, object], refusal: Refusal
    ) -> None:
        asked = desk.begin()

        with refused(refusal):
            desk.finish(asked, desk.key.get(asked.options_json, **lie))

        assert held(world, asked.challenge_id, "verified_at, refusal") == (None, refusal.value)
        assert log(world)[-1] == ("seitai_refused", "refused")

    def test_refuses_what_cannot_be_read(self, desk: Desk) -> None:
        for answer in ("", "[]", "{}", "x" * 70_000, '{"id": 1}'):
            with refused(Refusal.UNREADABLE):
                desk.finish(desk.begin(), answer)

    def test_refuses_an_answer_given_before_and_an_answer_to_another_question(self, desk: Desk) -> None:
        asked, other = desk.begin(), desk.begin()
        answer = desk.key.get(asked.options_json)
        desk.finish(asked, answer)

        with refused(Refusal.REUSED):
            desk.finish(asked, answer)
        with refused(Refusal.WRONG_CHALLENGE):
            desk.finish(other, answer)
        with refused(Refusal.WRONG_CHALLENGE):
            desk.finish(Options(uuid4(), ""), answer)

    def test_looks_at_an_answer_once(self, desk: Desk) -> None:
        asked = desk.begin()
        with refused(Refusal.NO_UV):
            desk.finish(asked, desk.key.get(asked.options_json, is_user_verified=False))

        with refused(Refusal.REUSED):
            desk.finish(asked, desk.key.get(asked.options_json))

    def test_refuses_an_answer_after_five_minutes(self, desk: Desk) -> None:
        asked = desk.begin()

        with refused(Refusal.EXPIRED):
            desk.finish(asked, desk.key.get(asked.options_json), now=desk.at + timedelta(minutes=5))

    def test_refuses_a_colleagues_key_and_a_colleagues_question(self, world: World, desk: Desk) -> None:
        other = a_desk(world, "K0002")
        asked = desk.begin()

        with refused(Refusal.OTHER_PERSON):
            desk.finish(asked, other.key.get(asked.options_json))
        asked = desk.begin()
        with refused(Refusal.OTHER_SESSION):
            other.finish(asked, other.key.get(asked.options_json))
        assert held(world, asked.challenge_id, "answered_at") == (None,)

    def test_refuses_a_counter_that_goes_back_and_one_that_stands(self, desk: Desk) -> None:
        for count, is_right in ((5, True), (6, True), (6, False), (5, False), (0, False), (7, True)):
            asked = desk.begin()
            answer = desk.key.get(asked.options_json, count=count)
            if is_right:
                desk.finish(asked, answer)
            else:
                with refused(Refusal.COUNTER_BACK):
                    desk.finish(asked, answer)

    def test_takes_an_authenticator_that_does_not_count(self, desk: Desk) -> None:
        for _ in range(2):
            asked = desk.begin()
            desk.finish(asked, desk.key.get(asked.options_json, count=0))

    def test_refuses_to_ask_somebody_without_an_authenticator_or_of_another_session(self, world: World) -> None:
        an_operator("K0001")
        desk = Desk(world, enter("K0001", hokensha=""), Authenticator(), clock.now())
        with refused(Refusal.NOT_ENROLLED):
            desk.begin()
        other = a_desk(world, "K0002")
        with refused(Refusal.OTHER_SESSION):
            begin(
                by=desk.by,
                session_id=other.signed_in.session.session_id,
                purpose="soshin",
                bound=BOUND,
                now=desk.at,
            )

    def test_refuses_an_authenticator_whose_registration_has_ended(self, world: World, desk: Desk) -> None:
        asked = desk.begin()
        with world.admin() as admin:
            admin.execute("UPDATE seitai_authenticator SET ended_at = now(), ended_by = 'x'")

        with refused(Refusal.UNKNOWN_KEY):
            desk.finish(asked, desk.key.get(asked.options_json))


class TestConsume:
    def test_refuses_one_that_is_not_this_acts(self, world: World, desk: Desk) -> None:
        ninsho_id = desk.confirmed()

        with refused(Refusal.OTHER_ACT):
            act(by=desk.by, ninsho_id=ninsho_id, bound=b"another file", now=desk.at)
        with refused(Refusal.OTHER_ACT):
            act(by=desk.by, ninsho_id=ninsho_id, purpose="shonin", now=desk.at)
        other = a_desk(world, "K0002")
        with refused(Refusal.OTHER_SESSION):
            act(by=other.by, ninsho_id=ninsho_id, now=desk.at)
        with refused(Refusal.NOT_VERIFIED):
            act(by=desk.by, ninsho_id=desk.begin().challenge_id, now=desk.at)
        with refused(Refusal.NOT_VERIFIED):
            act(by=desk.by, ninsho_id=uuid4(), now=desk.at)
        act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

    def test_is_good_for_five_minutes(self, desk: Desk) -> None:
        ninsho_id = desk.confirmed()

        with refused(Refusal.TOO_OLD):
            act(by=desk.by, ninsho_id=ninsho_id, now=desk.at + timedelta(minutes=5))
        act(by=desk.by, ninsho_id=ninsho_id, now=desk.at + timedelta(minutes=5) - timedelta(microseconds=1))

    def test_refuses_one_of_an_earlier_session_and_of_a_locked_one(self, desk: Desk) -> None:
        ninsho_id, session = desk.confirmed(), desk.signed_in.session
        lock_session(by=desk.by, zone=session.zone, session_id=session.session_id, now=desk.at)
        with refused(Refusal.OTHER_SESSION):
            act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)
        enter("K0001", hokensha="")
        with refused(Refusal.OTHER_SESSION):
            act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

    @pytest.mark.parametrize("session_id", [None, UUID(int=7)])
    def test_refuses_one_given_in_another_session_than_the_acts(self, desk: Desk, session_id: UUID | None) -> None:
        ninsho_id = desk.confirmed()

        with refused(Refusal.OTHER_SESSION):
            act(by=replace(desk.by, session_id=session_id), ninsho_id=ninsho_id, now=desk.at)
        act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

    def test_is_not_used_by_an_act_that_is_undone(self, world: World, desk: Desk) -> None:
        ninsho_id = desk.confirmed()

        with pytest.raises(RuntimeError):
            failing_act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

        assert held(world, ninsho_id, "used_at") == (None,)
        act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)

    def test_of_many_acts_at_once_one_gets_it(self, desk: Desk) -> None:
        ninsho_id, start, outcomes = desk.confirmed(), Barrier(6), []

        def run() -> None:
            start.wait()
            try:
                act(by=desk.by, ninsho_id=ninsho_id, now=desk.at)
                outcomes.append("ok")
            except NotPermitted as error:
                outcomes.append(error.code)
            finally:
                connection.close()

        threads = [Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["ok", *["seitai_shiyozumi"] * 5]


class TestTables:
    """What the database refuses whatever the code asks."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE seitai_challenge SET used_at = now()",
            "UPDATE seitai_challenge SET purpose = 'x'",
            "UPDATE seitai_challenge SET expires_at = now()",
            "UPDATE seitai_authenticator SET public_key = '\\x00'",
            "UPDATE seitai_authenticator SET registered_by_1 = 'x'",
            "DELETE FROM seitai_challenge",
            "DELETE FROM seitai_authenticator",
        ],
    )
    def test_the_web_role_may_not(self, world: World, desk: Desk, statement: str) -> None:
        desk.confirmed()
        with web_role(world) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(statement.encode())

    @pytest.mark.kj("KJ-AUTH-05")
    @pytest.mark.parametrize("given", ["answered_at", "verified_at", "used_at"])
    def test_one_begins_unanswered_whoever_writes_it(self, world: World, desk: Desk, given: str) -> None:
        copied = (
            "INSERT INTO seitai_challenge (id, zone, account_id, session_id, purpose, bound_hash, nonce, challenge,"
            " witness_1, witness_2, created_at, expires_at, refusal{given}) SELECT gen_random_uuid(), zone, account_id,"
            " session_id, purpose, bound_hash, nonce, sha256('x'), '', '', created_at, expires_at, ''{value}"
            " FROM seitai_challenge WHERE id = %s"
        )
        ninsho_id = desk.confirmed()
        with web_role(world) as web:
            web.execute("SELECT set_config('chukan.hokensha_code', 'shiharai_kikin', true)")
            with web.transaction(force_rollback=True):
                assert web.execute(copied.format(given="", value="").encode(), [ninsho_id]).rowcount == 1
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="begins unanswered"):
                web.execute(copied.format(given=f", {given}", value=", created_at").encode(), [ninsho_id])

    def test_another_zone_sees_nothing(self, world: World, desk: Desk) -> None:
        desk.confirmed()
        with web_role(world) as web:
            for zone, count in (("unyo_hoshu", 0), ("06132013", 0), ("", 0), ("shiharai_kikin", 1)):
                web.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [zone])
                for table in (b"seitai_challenge", b"seitai_authenticator"):
                    assert web.execute(b"SELECT count(*) FROM " + table).fetchone() == (count,)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE seitai_challenge SET expires_at = created_at + interval '5 minutes 1 second'",
            "UPDATE seitai_challenge SET verified_at = NULL, used_at = now()",
            "UPDATE seitai_challenge SET authenticator_id = NULL",
            "UPDATE seitai_challenge SET verified_at = expires_at",
            "UPDATE seitai_authenticator SET registered_by_2 = registered_by_1",
            "UPDATE seitai_authenticator SET slot = 3",
            "UPDATE seitai_authenticator SET zone = 'unyo_hoshu'",
        ],
    )
    def test_nobody_may(self, world: World, desk: Desk, statement: str) -> None:
        desk.confirmed()
        with world.admin() as admin, pytest.raises(psycopg.errors.IntegrityError):
            admin.execute(statement.encode())

    def test_a_person_has_two_live_ones_at_most(self, world: World, desk: Desk) -> None:
        registered("K0001", slot=2)
        with pytest.raises(IntegrityError):
            registered("K0001", slot=2)
