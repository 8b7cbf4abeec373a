from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django.fixtures import Settings

from chukan.controls.seitai.actions import Options, begin, finish
from chukan.controls.seitai.actions.enrol import (
    WitnessInput,
    begin_registration,
    end_authenticator,
    finish_registration,
)
from chukan.controls.seitai.domain import MESSAGES, Refusal
from chukan.controls.seitai.queries import list_own_authenticators
from chukan.controls.shokuin.actions.sign_in import SignedIn
from chukan.kernel import clock
from chukan.kernel.errors import NotFound, NotPermitted, RuleBroken
from chukan.kernel.principal import Principal
from tests.support.authenticator import MODEL, Authenticator, Maker, registered
from tests.support.principals import KENPO
from tests.support.staff import PASSWORD, a_staff, an_operator, enter
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
ADMIN_RIGHTS = frozenset({("kanri", "koshin")})
BOTH = (WitnessInput("K9001", PASSWORD), WitnessInput("K9002", PASSWORD))


@dataclass
class Desk:
    """One person at a desk of 支払基金, and two administrators beside."""

    signed_in: SignedIn

    @property
    def by(self) -> Principal:
        return self.signed_in.session.principal(terminal="T-1", request_id="req")

    def begin(self, witnesses: tuple[WitnessInput, ...] = BOTH) -> Options:
        return begin_registration(by=self.by, session=self.signed_in.session, witnesses=witnesses, now=clock.now())

    def finish(self, asked: Options, answer: str, *, meisho: str = "認証器 1") -> UUID:
        return finish_registration(
            by=self.by, challenge_id=asked.challenge_id, registration_json=answer, meisho=meisho, now=clock.now()
        )

    def register(self, key: Authenticator) -> UUID:
        asked = self.begin()
        return self.finish(asked, key.create(asked.options_json))


@pytest.fixture
def desk(world: World) -> Desk:
    for admin in ("K9001", "K9002"):
        an_operator(admin, kengen=ADMIN_RIGHTS)
    an_operator("K0001", kengen=frozenset({("fugo", "koshin")}))
    return Desk(enter("K0001", hokensha=""))


@contextmanager
def refused(refusal: Refusal) -> Iterator[None]:
    with pytest.raises(NotPermitted) as raised:
        yield
    assert (raised.value.code, raised.value.message) == (refusal.value, MESSAGES[refusal])


class TestBeginRegistration:
    def test_names_every_witness_who_will_not_do(self, desk: Desk) -> None:
        a_staff("S0001")
        for witnesses, fields in (
            ((WitnessInput("K9001", "wrong"), BOTH[1]), {"witness_1"}),
            ((BOTH[0], WitnessInput("nobody", PASSWORD)), {"witness_2"}),
            ((BOTH[0], BOTH[0]), {"witness_2"}),
            ((WitnessInput("K0001", PASSWORD), BOTH[1]), {"witness_1"}),
            ((WitnessInput("S0001", PASSWORD), WitnessInput("", "")), {"witness_1", "witness_2"}),
            ((BOTH[0],), set()),
        ):
            with pytest.raises(RuleBroken) as raised:
                desk.begin(witnesses)
            assert {item.pointer for item in raised.value.errors} == fields

    def test_counts_tries_at_an_administrators_password(self, desk: Desk) -> None:
        for _ in range(5):
            with pytest.raises(RuleBroken):
                desk.begin((WitnessInput("K9001", "wrong"), BOTH[1]))

        with pytest.raises(RuleBroken) as raised:
            desk.begin()
        assert [item.pointer for item in raised.value.errors] == ["witness_1"]

    def test_stops_at_two(self, desk: Desk) -> None:
        desk.register(Authenticator())
        desk.register(Authenticator())

        with refused(Refusal.TOO_MANY):
            desk.begin()


class TestFinishRegistration:
    @pytest.mark.kj("KJ-AUTH-04")
    def test_keeps_the_key_and_who_was_present(self, world: World, desk: Desk) -> None:
        key = Authenticator()

        row_id = desk.register(key)

        (row,) = list_own_authenticators(by=desk.by)
        assert (row.id, row.meisho, row.aaguid, row.slot) == (row_id, "認証器 1", MODEL, 1)
        assert row.registered_by == ("shiharai_kikin/K9001", "shiharai_kikin/K9002")
        with world.admin() as admin:
            held = admin.execute("SELECT public_key, credential_id FROM seitai_authenticator").fetchone()
            kinds = admin.execute("SELECT kind FROM sosa_log_event WHERE kind LIKE 'seitai%' ORDER BY id").fetchall()
        assert held is not None
        assert bytes(held[1]) == key.credential_id
        assert kinds == [("seitai_begun",), ("seitai_registered",)]
        session_id = desk.signed_in.session.session_id
        asked = begin(by=desk.by, session_id=session_id, purpose="x", bound=b"x", now=clock.now())
        answer = key.get(asked.options_json, count=None)
        finish(by=desk.by, challenge_id=asked.challenge_id, assertion_json=answer, now=clock.now())

    @pytest.mark.parametrize(
        ("lie", "refusal"),
        [
            ({"is_user_verified": False}, Refusal.NO_UV),
            ({"origin": "https://evil.example"}, Refusal.WRONG_ORIGIN),
            ({"rp_id": "evil.example"}, Refusal.WRONG_RP),
            ({"is_backup_eligible": True}, Refusal.BACKUP),
        ],
    )
    def test_refuses_each_lie(self, desk: Desk, lie: dict[str, object], refusal: Refusal) -> None:
        asked = desk.begin()

        with refused(refusal):
            desk.finish(asked, Authenticator().create(asked.options_json, **lie))
        assert list_own_authenticators(by=desk.by) == ()

    def test_refuses_what_is_signed_by_another_key_and_what_is_no_answer(self, desk: Desk) -> None:
        asked, other = desk.begin(), desk.begin()
        answer = Authenticator().create(asked.options_json)

        with refused(Refusal.WRONG_CHALLENGE):
            desk.finish(other, answer)
        with refused(Refusal.UNREADABLE):
            desk.finish(desk.begin(), "{}")
        desk.finish(asked, answer)
        with refused(Refusal.REUSED):
            desk.finish(asked, answer)

    def test_refuses_a_key_that_is_registered(self, desk: Desk) -> None:
        key = Authenticator()
        desk.register(key)

        with refused(Refusal.ALREADY_REGISTERED):
            desk.register(key)

    def test_a_question_asked_without_witnesses_registers_nothing(self, desk: Desk) -> None:
        registered("K0001")
        session_id = desk.signed_in.session.session_id
        asked = begin(by=desk.by, session_id=session_id, purpose="soshin", bound=b"x", now=clock.now())
        creation = desk.begin()
        bent = creation.options_json

        with refused(Refusal.WRONG_CHALLENGE):
            desk.finish(asked, Authenticator().create(bent))

    def test_refuses_a_name_that_cannot_be_kept_and_takes_the_answer_again(self, desk: Desk) -> None:
        asked = desk.begin()
        answer = Authenticator().create(asked.options_json)
        with pytest.raises(RuleBroken):
            desk.finish(asked, answer, meisho=" ")

        desk.finish(asked, answer)


class TestModels:
    """A list of models counts only with the word of a maker that is trusted."""

    maker = Maker()

    @pytest.fixture
    def listed(self, settings: Settings, tmp_path: Path) -> None:
        path = tmp_path / "roots.pem"
        path.write_bytes(self.maker.root)
        settings.SEITAI_MODELS = [str(MODEL)]
        settings.SEITAI_ROOTS = str(path)

    def test_takes_a_listed_model_its_maker_vouches_for(self, desk: Desk, listed: None) -> None:
        desk.register(Authenticator(maker=self.maker))

        (row,) = list_own_authenticators(by=desk.by)
        assert row.is_attested

    def test_refuses_an_unknown_model_and_one_that_only_says_so_itself(self, desk: Desk, listed: None) -> None:
        for key in (Authenticator(maker=self.maker, model=uuid4()), Authenticator()):
            with refused(Refusal.UNKNOWN_MODEL):
                desk.register(key)

    def test_refuses_the_word_of_a_maker_nobody_knows(self, desk: Desk, listed: None) -> None:
        with refused(Refusal.BAD_SIGNATURE):
            desk.register(Authenticator(maker=Maker()))


class TestEndAuthenticator:
    def test_the_person_and_an_administrator_can_and_nobody_else(self, world: World, desk: Desk) -> None:
        first, second = desk.register(Authenticator()), desk.register(Authenticator())
        an_operator("K0002", kengen=frozenset({("fugo", "koshin")}))
        a_staff("S0001", hokensha=KENPO)
        for stranger in (enter("K0002", hokensha=""), enter("S0001")):
            by = stranger.session.principal(terminal="T", request_id="r")
            with pytest.raises(NotFound):
                end_authenticator(by=by, authenticator_id=first, now=clock.now())

        end_authenticator(by=desk.by, authenticator_id=first, now=clock.now())
        admin = Principal(
            channel="operator", soshiki="shiharai_kikin", actor_id="K9001", actor_name="x", kengen=ADMIN_RIGHTS
        )
        end_authenticator(by=admin, authenticator_id=second, now=clock.now())

        assert list_own_authenticators(by=desk.by) == ()
        with pytest.raises(NotFound):
            end_authenticator(by=desk.by, authenticator_id=first, now=clock.now())
        desk.register(Authenticator())
