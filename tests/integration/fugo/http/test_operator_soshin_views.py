"""IP-101 to IP-103: one file, one confirmation bound to it, one sending; everything else is refused with its words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from chukan.controls.seitai.domain import MESSAGES, Refusal
from chukan.kernel import clock
from chukan.kernel.storage import store
from tests.support.authenticator import Authenticator, registered
from tests.support.fugo import Line, brought, code_of, delivered, tsuban_of
from tests.support.fugo_desk import LOOKS, SOSHIN, asked_ip_001, desk, sender, sent_with, waiting_file
from tests.support.members import asked, bango
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
JUSHIN, KIROKU = "/unyo/fugo/jushin/", "/unyo/fugo/kiroku/"


@pytest.fixture
def file(world: World) -> Any:
    """One file with the requests of two persons, waiting."""
    return waiting_file(world, 1, 2)


def state(world: World) -> tuple[str, object]:
    """Return what the only file is in, and which confirmation was used for it."""
    ((found, ninsho_id),) = asked(world, "SELECT state, ninsho_id FROM fugo_yokyu_file")
    return found, ninsho_id


def nothing_happened(world: World) -> bool:
    """Tell whether the file waits as before, no confirmation was used up, and nothing goes by itself."""
    line = Line()
    with as_role(world, "worker"):
        delivered(line, now=clock.now())
    used = asked(world, "SELECT count(*) FROM seitai_challenge WHERE used_at IS NOT NULL")
    return state(world) == ("soshin_machi", None) and used == [(0,)] and line.calls == 0


def refusals(world: World) -> list[tuple[str, list[str], str]]:
    """Return who was refused the sending of what, and why."""
    return [
        (actor, targets, detail)
        for actor, targets, detail in asked(
            world,
            "SELECT actor_id, targets, (convert_from(body, 'UTF8')::jsonb) -> 'detail' ->> 'code' FROM sosa_log_event"
            " WHERE kind = 'fugo_yokyu_soshin_sosa' AND result = 'refused' ORDER BY id",
        )
    ]


class TestChoosing:
    def test_empty_it_says_so(self, world: World) -> None:
        assert "送信を待つ要求ファイルは0件です。" in desk().get(SOSHIN).content.decode()

    @pytest.mark.kj("KJ-FUGO-07")
    def test_the_file_is_shown_with_the_hash_of_what_lies_in_the_store_and_no_number(
        self, world: World, file: Any
    ) -> None:
        client = desk()

        listed, text = (client.get(address).content.decode() for address in (SOSHIN, f"{SOSHIN}{file.id}/"))

        assert f'href="{SOSHIN}{file.id}/"' in listed
        assert store().sealed_sha256(file.object_key) in text
        assert "2人" in text
        assert "一致" in text
        assert "生体認証へ進む" in text
        for hidden in (bango(1), bango(2), "見本　太郎"):
            assert hidden not in listed + text

    def test_an_unknown_file_is_not_found(self, world: World) -> None:
        assert desk().get(f"{SOSHIN}{uuid4()}/").status_code == 404

    def test_ip_001_says_exactly_what_will_be_sent(self, world: World, file: Any) -> None:
        client, _ = sender()

        text = client.post(f"{SOSHIN}{file.id}/ninsho/").content.decode()

        for said in (str(file.id), file.sha256, "2人", "新規", "生体認証をして送信する"):
            assert said in text


class TestSending:
    @pytest.mark.kj("KJ-FUGO-03", "KJ-LOG-02", "KJ-AUTH-05")
    def test_a_confirmed_file_goes_and_who_sent_it_is_on_record(self, world: World, file: Any) -> None:
        client, key = sender()
        question = asked_ip_001(client, file.id)

        answer = sent_with(client, file.id, key, question)

        assert (answer.status_code, answer["Location"]) == (303, f"{SOSHIN}{file.id}/kekka/")
        assert state(world) == ("soshin_chu", question.challenge_id)
        assert asked(world, "SELECT used_at IS NOT NULL FROM seitai_challenge") == [(True,)]
        assert asked(
            world,
            "SELECT actor_id, targets, screen_id FROM sosa_log_event"
            " WHERE kind = 'fugo_yokyu_soshin_sosa' AND result = 'ok'",
        ) == [("K0001", [str(file.id)], "IP-001")]
        assert "送信の操作を受け付けました。" in client.get(answer["Location"]).content.decode()
        line = Line()
        with as_role(world, "worker"):
            assert delivered(line, now=clock.now()) == 1
        told = client.get(answer["Location"]).content.decode()
        assert "住基ネットが要求ファイルを受け取りました。" in told
        assert "試験の認証器" in told

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    @pytest.mark.parametrize(
        ("bent", "refusal"),
        [
            ({"is_user_verified": False}, Refusal.NO_UV),
            ({"origin": "https://mihon.example"}, Refusal.WRONG_ORIGIN),
            ({"rp_id": "mihon.example"}, Refusal.WRONG_RP),
        ],
    )
    def test_a_confirmation_that_does_not_hold_is_refused_with_its_words(
        self, world: World, file: Any, bent: dict[str, object], refusal: Refusal
    ) -> None:
        client, key = sender()

        answer = sent_with(client, file.id, key, asked_ip_001(client, file.id), **bent)

        assert answer.status_code == 422
        assert MESSAGES[refusal] in answer.content.decode()
        assert nothing_happened(world)
        assert refusals(world) == [("K0001", [str(file.id)], refusal.value)]

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_another_persons_authenticator_is_refused(self, world: World, file: Any) -> None:
        client, _ = sender()
        desk("K0002")
        other = registered("K0002")

        answer = sent_with(client, file.id, other, asked_ip_001(client, file.id))

        assert MESSAGES[Refusal.OTHER_PERSON] in answer.content.decode()
        assert nothing_happened(world)

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_another_persons_question_is_refused(self, world: World, file: Any) -> None:
        first, _ = sender("K0001")
        second, key = sender("K0002")
        question = asked_ip_001(first, file.id)

        answer = sent_with(second, file.id, key, question)

        assert answer.status_code == 422
        assert nothing_happened(world)

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_an_expired_question_is_refused(self, world: World, file: Any) -> None:
        client, key = sender()
        question = asked_ip_001(client, file.id)
        with world.admin() as admin:
            admin.execute(
                "UPDATE seitai_challenge SET created_at = created_at - interval '6 minutes',"
                " expires_at = expires_at - interval '6 minutes'"
            )

        answer = sent_with(client, file.id, key, question)

        assert MESSAGES[Refusal.EXPIRED] in answer.content.decode()
        assert nothing_happened(world)

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_a_confirmation_of_another_file_is_refused(self, world: World, file: Any) -> None:
        other = waiting_file(world, 3)
        client, key = sender()
        question = asked_ip_001(client, other.id)

        answer = sent_with(client, file.id, key, question)

        assert MESSAGES[Refusal.OTHER_ACT] in answer.content.decode()
        assert asked(world, "SELECT DISTINCT state FROM fugo_yokyu_file") == [("soshin_machi",)]

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_one_confirmation_sends_one_file_once(self, world: World, file: Any) -> None:
        client, key = sender()
        question = asked_ip_001(client, file.id)
        sent_with(client, file.id, key, question)
        used = state(world)

        again = sent_with(client, file.id, key, question)

        assert again.status_code == 409
        assert "この要求ファイルは送信待ちではありません。" in again.content.decode()
        assert state(world) == used
        assert asked(world, "SELECT count(*) FROM sosa_log_event WHERE kind = 'seitai_used'") == [(1,)]

    @pytest.mark.kj("KJ-FUGO-03")
    def test_a_form_without_an_answer_is_refused(self, world: World, file: Any) -> None:
        client, _ = sender()

        answer = client.post(f"{SOSHIN}{file.id}/jikko/")

        assert answer.status_code == 422
        assert MESSAGES[Refusal.NOT_VERIFIED] in answer.content.decode()
        assert nothing_happened(world)

    def test_without_an_authenticator_it_says_how_to_get_one(self, world: World, file: Any) -> None:
        answer = desk().post(f"{SOSHIN}{file.id}/ninsho/")

        assert answer.status_code == 422
        assert MESSAGES[Refusal.NOT_ENROLLED] in answer.content.decode()


class TestAFileThatChanged:
    @staticmethod
    def spoil(file: Any) -> None:
        (path,) = Path(settings.CHUKAN_HOME, "objects").rglob(file.object_key.rpartition("/")[2])
        path.chmod(0o600)
        path.write_bytes(path.read_bytes() + b"x")

    @pytest.mark.kj("KJ-FUGO-03")
    def test_before_it_is_looked_at_it_cannot_be_sent(self, world: World, file: Any) -> None:
        self.spoil(file)
        client, _ = sender()

        shown = client.get(f"{SOSHIN}{file.id}/").content.decode()
        answer = client.post(f"{SOSHIN}{file.id}/ninsho/")

        assert "保管中のファイルが、作成したときと違います。" in shown
        assert "生体認証へ進む" not in shown
        assert answer.status_code == 409
        assert "送信していません。" in answer.content.decode()
        assert nothing_happened(world)

    @pytest.mark.kj("KJ-FUGO-03", "KJ-LOG-02")
    def test_between_the_confirmation_and_the_sending_it_is_refused(self, world: World, file: Any) -> None:
        client, key = sender()
        question = asked_ip_001(client, file.id)
        self.spoil(file)

        answer = sent_with(client, file.id, key, question)

        assert answer.status_code == 409
        assert "保管中のファイルが、作成したときと違います。" in answer.content.decode()
        assert nothing_happened(world)
        assert refusals(world) == [("K0001", [str(file.id)], "yokyu_file_fuitchi")]

    @pytest.mark.kj("KJ-FUGO-03", "KJ-AUTH-05")
    def test_another_file_under_the_same_number_is_another_act(self, world: World, file: Any) -> None:
        client, key = sender()
        question = asked_ip_001(client, file.id)
        with store().create("fugo_yokyu") as writer:
            writer.write(b"shori_tsuban,kojin_bango\r\n")
            stored = writer.close()
        with world.admin() as admin:
            admin.execute(
                "UPDATE fugo_yokyu_file SET object_key = %s, sha256 = %s",
                [stored.key, store().sealed_sha256(stored.key)],
            )

        answer = sent_with(client, file.id, key, question)

        assert answer.status_code == 422
        assert MESSAGES[Refusal.OTHER_ACT] in answer.content.decode()
        assert nothing_happened(world)

    def test_a_file_that_went_leads_to_its_result(self, world: World, file: Any) -> None:
        client, key = sender()
        sent_with(client, file.id, key, asked_ip_001(client, file.id))

        text = client.get(f"{SOSHIN}{file.id}/").content.decode()

        assert "このファイルは送信できません。" in text
        assert f'href="{SOSHIN}{file.id}/kekka/"' in text


class TestWhoMaySend:
    @pytest.mark.kj("KJ-AUTH-06", "KJ-FUGO-03")
    @pytest.mark.parametrize("tail", ["", "ninsho/", "jikko/", "kekka/"])
    def test_one_who_only_looks_does_not_come_in(self, world: World, file: Any, tail: str) -> None:
        client = desk(kengen=LOOKS)
        registered("K0001")
        ask = client.get if tail in {"", "kekka/"} else client.post

        assert ask(f"{SOSHIN}{file.id}/{tail}").status_code == 403
        assert nothing_happened(world)

    def test_a_file_that_was_not_sent_has_no_result(self, world: World, file: Any) -> None:
        answer = desk().get(f"{SOSHIN}{file.id}/kekka/")

        assert answer["Location"] == f"{SOSHIN}{file.id}/"


class TestJushin:
    def test_it_says_that_codes_come_by_themselves(self, world: World) -> None:
        text = desk(kengen=LOOKS).get(JUSHIN).content.decode()

        assert "機関別符号は自動で届きます。受信の操作は要りません。" in text
        assert "直近7日に届いた符号は0件です。" in text

    @pytest.mark.kj("KJ-FUGO-07", "KJ-IN-13")
    def test_what_came_is_counted_by_word_and_day(self, world: World, file: Any) -> None:
        client, key = sender()
        sent_with(client, file.id, key, asked_ip_001(client, file.id))
        with as_role(world, "worker"):
            delivered(Line(), now=clock.now())
        tsuban = tsuban_of(world)
        brought(world, (tsuban, code_of(1)), now=clock.now())
        brought(world, (tsuban, code_of(1)), (uuid4(), code_of(9)), now=clock.now())

        context = client.get(JUSHIN).context

        (day,) = context["days"]
        assert (day.came, day.stored, day.again, day.suspect) == (3, 1, 1, 1)
        assert {row.text: row.counts[0] for row in context["came"] if row.counts[0]} == {
            "受け付けた": 1,
            "同じ符号をもう一度受けた": 1,
            "要求のない処理通番に符号が来た": 1,
        }


class TestKiroku:
    def test_empty_it_says_so(self, world: World) -> None:
        assert "送信の記録は0件です。" in desk(kengen=LOOKS).get(KIROKU).content.decode()

    @pytest.mark.kj("KJ-LOG-02")
    def test_a_sending_says_who_with_what_which_file_when_and_how_it_ended(self, world: World, file: Any) -> None:
        client, key = sender()
        waiting_file(world, 3)
        sent_with(client, file.id, key, asked_ip_001(client, file.id))

        answer = client.get(KIROKU)

        (row,) = answer.context["rows"]
        assert (row.sent_by, row.ninsho.shimei, row.ninsho.meisho) == ("K0001", "試験次郎", "試験の認証器")
        assert (row.file.id, row.file.sha256, row.file.state_text) == (file.id, file.sha256, "送信中")
        assert clock.now() - row.ninsho.verified_at < timedelta(minutes=1)
        assert str(file.id) in answer.content.decode()


def test_example_an_authenticator_nobody_registered_is_refused(world: World, file: Any) -> None:
    client, _ = sender()
    stranger = Authenticator()

    answer = sent_with(client, file.id, stranger, asked_ip_001(client, file.id))

    assert isinstance(file.id, UUID)
    assert MESSAGES[Refusal.UNKNOWN_KEY] in answer.content.decode()
    assert nothing_happened(world)
