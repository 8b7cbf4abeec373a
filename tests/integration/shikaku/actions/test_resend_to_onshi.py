"""What オンライン資格確認 refused is sent anew: the state now, under a new number, in the person's order."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.retry import done_again
from shikaku.actions.record_onshi_kekka import record_onshi_kekka
from shikaku.actions.register_one import register_one
from shikaku.actions.resend_to_onshi import resend_refused, resend_to_onshi
from shikaku.actions.send_to_onshi import claim_telegrams
from shikaku.domain.line import TorokuLine
from shikaku.queries.resend_queue import list_resend_queue
from shikaku.queries.telegrams import build_telegrams
from tests.support.locks import waits
from tests.support.members import LATER, asked, bango, joined, known, loss
from tests.support.principals import KENPO, OTHER_KENPO, clerk
from tests.support.world import World, as_role, manage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
COMMAND = Principal(channel="command", soshiki="command", actor_id="resend_onshi", actor_name="管理コマンド")
ONSHI = Principal(channel="onshi", soshiki="onshi", actor_id="client-onshi", actor_name="client-onshi")
RELAY = system_principal(actor_id="relay")


def telegrams(world: World) -> list[tuple[Any, ...]]:
    """Return (送信番号, insurer, 被保険者枝番, order, kind, result) of every telegram in the order they were owed."""
    return asked(
        world,
        "SELECT soshin_bango, hokensha_code, hihokensha_edaban, jun, kind, shori_kekka_kubun"
        " FROM shikaku_onshi_soshin ORDER BY owed_at, himozuke_bango, jun",
    )


def shapes(world: World) -> list[tuple[Any, ...]]:
    return [row[2:] for row in telegrams(world)]


def answered(world: World, kubun: str = "9", *, at: int = -1) -> UUID:
    """Let the other side answer one telegram; return its number."""
    number: UUID = telegrams(world)[at][0]
    outcome = record_onshi_kekka(by=ONSHI, soshin_bango=number, kubun=kubun, meisai_code="OQS-12", now=LATER)
    assert outcome == "recorded"
    return number


def resent(world: World, **which: Any) -> int:
    with as_role(world, "worker"):
        return resend_refused(by=COMMAND, now=LATER, **which)


def registered(line: TorokuLine) -> None:
    register_one(by=clerk(), line=line, now=LATER)


@pytest.mark.kj("KJ-EXT-04")
class TestOneRefused:
    def test_a_new_number_comes_next_in_the_persons_order(self, world: World) -> None:
        joined(1)
        refused = answered(world)

        assert resent(world) == 1

        assert shapes(world) == [(1, 1, "shikaku", "9"), (1, 2, "shikaku", "")]
        assert len({row[0] for row in telegrams(world)}) == 2
        assert asked(world, "SELECT available_at, attempts, sent_at FROM shikaku_onshi_soshin WHERE jun = 2") == [
            (LATER, 0, None)
        ]
        assert [one.soshin_bango for one in list_resend_queue(by=COMMAND)] == []
        assert refused == telegrams(world)[0][0]

    def test_what_is_sent_is_the_state_now(self, world: World) -> None:
        joined(1)
        answered(world)
        change = known("03", 1, koshingo_kojin_bango=bango(9), kojin_bango_koshin_kubun="1")
        registered(change)  # a version, and no telegram

        resent(world)

        assert sent_next(world)["kikan"][0]["rireki_tsuban"] == 2

    def test_a_line_registered_afterwards_is_not_in_it(self, world: World) -> None:
        joined(1)
        answered(world)
        resent(world)
        registered(loss(1))

        assert sent_next(world)["kikan"][0]["shikaku"]["shikaku_soshitsu_ymd"] is None

    def test_twice_is_once(self, world: World) -> None:
        joined(1)
        refused = answered(world)

        assert [resent(world), resent(world), resent(world, soshin_bango=refused)] == [1, 0, 0]

    def test_refused_again_it_is_sent_again(self, world: World) -> None:
        joined(1)
        answered(world)
        resent(world)
        answered(world)

        assert resent(world) == 1
        assert shapes(world)[-1] == (1, 3, "shikaku", "")

    @pytest.mark.parametrize("kubun", ["1", "2", ""])
    def test_what_was_not_refused_stays_as_it_is(self, world: World, kubun: str) -> None:
        joined(1)
        if kubun:
            answered(world, kubun)

        assert resent(world) == 0

    def test_a_newer_telegram_already_carries_the_state(self, world: World) -> None:
        joined(1)
        answered(world)
        registered(loss(1))

        assert resent(world) == 0

    def test_a_newer_one_of_another_insurer_says_nothing_of_this_one(self, world: World) -> None:
        joined(1)
        answered(world)
        joined(1, by=clerk(OTHER_KENPO), now=LATER)

        assert resent(world) == 1
        assert [(row[1], row[3]) for row in telegrams(world)] == [(KENPO, 1), (OTHER_KENPO, 2), (KENPO, 3)]

    def test_where_no_period_is_left_a_deletion_is_owed(self, world: World) -> None:
        joined(1)
        registered(known("05", 1))
        answered(world)

        assert resent(world) == 1
        assert shapes(world)[-1] == (1, 3, "sakujo", "")

    def test_the_former_himozuke_of_a_corrected_number_is_deleted_anew(self, world: World) -> None:
        joined(1)
        registered(known("03", 1, koshingo_kojin_bango=bango(9), kojin_bango_koshin_kubun="2"))
        deletion = next(at for at, row in enumerate(telegrams(world)) if row[4] == "sakujo")
        answered(world, at=deletion)

        assert resent(world) == 1
        owed = asked(world, "SELECT himozuke_bango, kind FROM shikaku_onshi_soshin ORDER BY kind, jun")
        assert owed[0] == owed[1]
        assert owed[1] != owed[2]

    def test_another_member_under_the_former_himozuke_is_not_deleted(self, world: World) -> None:
        joined(1)
        registered(known("03", 1, koshingo_kojin_bango=bango(9), kojin_bango_koshin_kubun="2"))
        deletion = next(at for at, row in enumerate(telegrams(world)) if row[4] == "sakujo")
        answered(world, at=deletion)
        joined(1, now=LATER, hihokenshasho_bango="77")  # whose number it really is

        assert resent(world) == 0

    @pytest.mark.kj("KJ-LOG-01")
    def test_it_is_in_the_operation_log_with_the_refused_numbers(self, world: World) -> None:
        joined(1)
        refused = answered(world)
        resent(world)

        statement = "SELECT hokensha_code, actor_id, kind, target_file, targets FROM sosa_log_event ORDER BY id DESC"
        assert asked(world, f"{statement} LIMIT 1") == [
            (KENPO, "resend_onshi", "onshi_resent", "onshi_soshin", [str(refused)])
        ]


def sent_next(world: World) -> dict[str, Any]:
    """Return the content of the newest telegram of the first order that waits, as the sender builds it."""
    with as_role(world, "relay"), world.admin() as admin:
        admin.execute("UPDATE shikaku_onshi_soshin SET sent_at = now() WHERE shori_kekka_kubun = '9'")
        owed = claim_telegrams(by=RELAY, now=LATER, limit=1, again=False)
        built = build_telegrams(by=RELAY, zone=KENPO, owed=owed)
    content: dict[str, Any] = built[0]["naiyo"]
    return content


class TestMany:
    @pytest.fixture
    def three_refused(self, world: World) -> None:
        """Two of one insurer, one of another."""
        joined(1)
        joined(2)
        joined(3, by=clerk(OTHER_KENPO))
        for at in range(3):
            answered(world, at=at)

    @pytest.mark.usefixtures("three_refused")
    def test_of_one_insurer_or_of_all(self, world: World) -> None:
        assert resent(world, hokensha_code=OTHER_KENPO) == 1
        assert resent(world) == 2

    @pytest.mark.usefixtures("three_refused")
    def test_a_zone_reaches_its_own_only(self, world: World) -> None:
        numbers = [row[0] for row in telegrams(world)]
        with as_role(world, "worker"):
            assert resend_to_onshi(by=COMMAND, zone=OTHER_KENPO, soshin_bango=[*numbers, uuid4()], now=LATER) == 1

    def test_two_at_once_owe_one(self, world: World) -> None:
        joined(1)
        refused = answered(world)
        start, counts = threading.Barrier(2), []

        def operator() -> None:
            start.wait()
            try:
                counts.append(
                    done_again(lambda: resend_to_onshi(by=COMMAND, zone=KENPO, soshin_bango=[refused], now=LATER))
                )
            finally:
                connections.close_all()

        with as_role(world, "worker"):
            both = [threading.Thread(target=operator) for _ in range(2)]
            for one in both:
                one.start()
            for one in both:
                one.join()

        assert sorted(counts) == [0, 1]
        assert shapes(world) == [(1, 1, "shikaku", "9"), (1, 2, "shikaku", "")]

    def test_a_registration_that_was_first_is_not_followed_by_an_older_state(self, world: World) -> None:
        joined(1)
        refused = answered(world)
        counts: list[int] = []

        def operator() -> None:
            try:
                counts.append(
                    done_again(lambda: resend_to_onshi(by=COMMAND, zone=KENPO, soshin_bango=[refused], now=LATER))
                )
            finally:
                connections.close_all()

        with as_role(world, "worker"), world.admin() as admin:
            admin.autocommit = False
            row = admin.execute("SELECT himozuke_bango FROM shikaku_himozuke FOR UPDATE").fetchone()
            assert row is not None
            waiting = threading.Thread(target=operator)
            waiting.start()
            waits(world)
            admin.execute("UPDATE shikaku_himozuke SET jun = 2")
            admin.execute(
                "INSERT INTO shikaku_onshi_soshin SELECT %s, hokensha_code, hihokensha_edaban, himozuke_bango, 2, kind,"
                " as_of, owed_at, available_at, 0, NULL, '', '', NULL FROM shikaku_onshi_soshin",
                [uuid4()],
            )
            admin.commit()
            waiting.join()

        assert counts == [0]
        assert [row[1] for row in shapes(world)] == [1, 2]


class TestCommand:
    def test_one_number_then_nothing_is_left(self, world: World) -> None:
        joined(1)
        refused = answered(world)

        assert json.loads(manage("resend_onshi", "--soshin-bango", str(refused), role="worker")) == {"resent": 1}
        assert json.loads(manage("resend_onshi", "--all", role="worker")) == {"resent": 0}
        with pytest.raises(RuntimeError, match="再送待ちにありません"):
            manage("resend_onshi", "--soshin-bango", str(refused), role="worker")

    def test_another_role_is_told_which_one(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="CHUKAN_ROLE=worker"):
            manage("resend_onshi", "--hokensha", KENPO)
