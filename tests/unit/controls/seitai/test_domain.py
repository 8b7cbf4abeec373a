import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.seitai.domain import (
    MESSAGES,
    Models,
    Place,
    Refusal,
    Said,
    Witness,
    check_meisho,
    check_open,
    check_said,
    check_witness,
    free_slot,
    is_count_ahead,
    make_challenge,
    refused,
)

AT = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
PLACE = Place(rp_id="localhost", origins=frozenset({"http://localhost:8000"}))
CHALLENGE = bytes(range(32))
GOOD = Said(
    is_kind_right=True,
    challenge=CHALLENGE,
    origin="http://localhost:8000",
    rp_id_hash=hashlib.sha256(b"localhost").digest(),
    is_user_verified=True,
    is_backup_eligible=False,
    sign_count=8,
)


class TestMakeChallenge:
    def test_is_the_hash_of_what_is_bound_and_of_the_random_bytes(self) -> None:
        assert make_challenge(bound=b"file", nonce=bytes(32)) == hashlib.sha256(b"file" + bytes(32)).digest()

    def test_refuses_fewer_random_bytes(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            make_challenge(bound=b"file", nonce=bytes(16))


class TestCheckSaid:
    def test_believes_what_is_right(self) -> None:
        assert check_said(GOOD, place=PLACE, challenge=CHALLENGE, held_count=7) is None
        assert check_said(GOOD, place=PLACE, challenge=CHALLENGE, held_count=None) is None

    @pytest.mark.parametrize(
        ("lie", "refusal"),
        [
            ({"is_user_verified": False}, Refusal.NO_UV),
            ({"origin": "https://evil.example"}, Refusal.WRONG_ORIGIN),
            ({"origin": "http://localhost:8001"}, Refusal.WRONG_ORIGIN),
            ({"rp_id_hash": hashlib.sha256(b"evil.example").digest()}, Refusal.WRONG_RP),
            ({"challenge": bytes(32)}, Refusal.WRONG_CHALLENGE),
            ({"is_kind_right": False}, Refusal.WRONG_CHALLENGE),
            ({"is_backup_eligible": True}, Refusal.BACKUP),
            ({"sign_count": 7}, Refusal.COUNTER_BACK),
            ({"sign_count": 0}, Refusal.COUNTER_BACK),
        ],
    )
    def test_names_what_is_wrong(self, lie: dict[str, object], refusal: Refusal) -> None:
        assert check_said(replace(GOOD, **lie), place=PLACE, challenge=CHALLENGE, held_count=7) is refusal  # type: ignore[arg-type]  # bent on purpose


class TestIsCountAhead:
    def test_an_authenticator_without_a_counter_always_says_zero(self) -> None:
        assert is_count_ahead(0, 0)
        assert is_count_ahead(1, 0)
        assert not is_count_ahead(0, 1)
        assert not is_count_ahead(5, 5)


class TestCheckOpen:
    def test_is_open_for_five_minutes_and_one_answer(self) -> None:
        until = AT + timedelta(minutes=5)

        assert check_open(answered_at=None, expires_at=until, now=until - timedelta(microseconds=1)) is None
        assert check_open(answered_at=None, expires_at=until, now=until) is Refusal.EXPIRED
        assert check_open(answered_at=AT, expires_at=until, now=AT) is Refusal.REUSED


class TestModels:
    def test_any_model_in_the_demo(self) -> None:
        assert Models(frozenset({"*"})).allows("x", is_attested=False)

    def test_a_listed_model_needs_its_makers_word(self) -> None:
        listed = Models(frozenset({"01020304-0506-0708-0102-030405060708"}))

        assert listed.allows("01020304-0506-0708-0102-030405060708", is_attested=True)
        assert not listed.allows("01020304-0506-0708-0102-030405060708", is_attested=False)
        assert not listed.allows("ffffffff-0506-0708-0102-030405060708", is_attested=True)


class TestFreeSlot:
    def test_a_person_has_two(self) -> None:
        assert free_slot([]) == 1
        assert free_slot([1]) == 2
        assert free_slot([2]) == 1
        assert free_slot([1, 2]) is None


class TestCheckMeisho:
    @pytest.mark.parametrize(("meisho", "code"), [("", "E208"), (" ", "E208"), ("あ" * 41, "E207")])
    def test_refuses(self, meisho: str, code: str) -> None:
        wrong = check_meisho(meisho)
        assert wrong is not None
        assert wrong.code == code

    def test_takes_a_label(self) -> None:
        assert check_meisho("認証器 12") is None


class TestCheckWitness:
    person = UUID(int=1)
    admin = Witness(UUID(int=2), "shiharai_kikin", "SK900", "system_kanri", is_valid=True)

    def test_takes_an_administrator_of_the_organisation(self) -> None:
        assert check_witness(self.admin, person=self.person, zone="shiharai_kikin") is None

    def test_takes_one_of_shiharai_kikin_for_unyo_hoshu_and_not_the_other_way(self) -> None:
        assert check_witness(self.admin, person=self.person, zone="unyo_hoshu") is None
        other = replace(self.admin, zone="unyo_hoshu")
        assert check_witness(other, person=self.person, zone="shiharai_kikin") is not None

    @pytest.mark.parametrize(
        "wrong", [{"account_id": UUID(int=1)}, {"zone": "06132013"}, {"kubun": "ippan"}, {"is_valid": False}]
    )
    def test_refuses_everybody_else(self, wrong: dict[str, object]) -> None:
        bent = replace(self.admin, **wrong)  # type: ignore[arg-type]  # bent on purpose
        assert check_witness(bent, person=self.person, zone="shiharai_kikin") is not None


class TestRefused:
    def test_every_refusal_has_words_of_its_own(self) -> None:
        assert set(MESSAGES) == set(Refusal)
        assert len(set(MESSAGES.values())) == len(Refusal)
        assert refused(Refusal.NO_UV).code == "seitai_uv_nashi"
