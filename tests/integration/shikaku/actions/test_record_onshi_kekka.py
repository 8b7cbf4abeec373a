"""The first 処理結果 of a telegram stands."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from chukan.kernel.principal import Principal
from shikaku.actions.record_onshi_kekka import record_onshi_kekka
from shikaku.queries.kanyusha import get_kanyusha
from tests.support.members import LATER, NOW, TODAY, asked, joined, kinds_of, row_id_of
from tests.support.principals import clerk
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)
ONSHI = Principal(channel="onshi", soshiki="onshi", actor_id="client-onshi", actor_name="client-onshi")


@pytest.fixture
def telegram(world: World) -> UUID:
    """One telegram owed."""
    joined(1)
    number: UUID = asked(world, "SELECT soshin_bango FROM shikaku_onshi_soshin")[0][0]
    return number


def answer(number: UUID, kubun: str = "1", code: str = "") -> str:
    return record_onshi_kekka(by=ONSHI, soshin_bango=number, kubun=kubun, meisai_code=code, now=LATER)


@pytest.mark.kj("KJ-EXT-04")
def test_the_result_is_bound_to_its_telegram_and_the_member_shows_it(telegram: UUID) -> None:
    assert answer(telegram, "9", "OQS-12") == "recorded"

    soshin = get_kanyusha(by=clerk(), row_id=row_id_of(1), on=TODAY, known_at=NOW).soshin
    assert soshin is not None
    assert (soshin.shori_kekka_kubun, soshin.shori_kekka_meisai_code, soshin.answered_at) == ("9", "OQS-12", LATER)


def test_the_same_again_changes_nothing_and_another_is_told_apart(world: World, telegram: UUID) -> None:
    answer(telegram)

    assert answer(telegram) == "same"
    assert answer(telegram, "9") == "other"
    assert answer(telegram, "1", "X") == "other"
    assert asked(world, "SELECT shori_kekka_kubun, shori_kekka_meisai_code FROM shikaku_onshi_soshin") == [("1", "")]


@pytest.mark.kj("KJ-EXT-03")
def test_a_telegram_we_never_sent_has_no_result(world: World) -> None:
    assert answer(uuid4()) == "unknown"

    assert "shori_kekka" not in kinds_of(world)


def test_what_was_taken_is_on_record_with_its_number(world: World, telegram: UUID) -> None:
    answer(telegram, "9")

    assert asked(world, "SELECT channel, targets FROM sosa_log_event WHERE kind = 'shori_kekka'") == [
        ("onshi", [str(telegram)])
    ]
