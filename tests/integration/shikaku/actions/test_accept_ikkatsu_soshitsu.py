"""Loss of chosen members at once goes the way of every file."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from chukan.controls.uketsuke.actions import Accepted
from chukan.controls.uketsuke.queries import list_meisai
from chukan.kernel.errors import Invalid
from chukan.kernel.principal import Principal
from shikaku.actions import accept_ikkatsu_soshitsu as module
from shikaku.actions.accept_ikkatsu_soshitsu import accept_ikkatsu_soshitsu
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.register_one import register_one
from shikaku.queries.rireki import find_rireki
from tests.support.members import LATER, NOW, asked, joined, known, row_id_of
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def choose(*row_ids: UUID, by: Principal | None = None) -> Accepted:
    return accept_ikkatsu_soshitsu(
        by=by or clerk(), row_ids=row_ids, soshitsu_ymd=date(2026, 10, 1), jiyu="01", screen_id="HS-101", now=NOW
    )


def test_each_chosen_member_loses_on_the_day_with_a_result_of_their_own() -> None:
    joined(1)
    joined(2)
    joined(3)

    accepted = choose(row_id_of(1), row_id_of(3))
    process_toroku_file(by=clerk(), uketsuke_id=accepted.uketsuke_id, now=lambda: NOW)

    results = list_meisai(by=clerk(), row_id=accepted.uketsuke_id, notable_only=False)
    assert [(item.kubun, item.hihokensha_edaban) for item in results] == [("1", 1), ("1", 3)]
    ends = [find_rireki(by=clerk(), hihokensha_edaban=n, known_at=LATER).versions[0].valid_to for n in (1, 2, 3)]
    assert ends == [date(2026, 10, 1), None, date(2026, 10, 1)]


def test_the_same_choice_again_meets_the_members_as_they_are_then() -> None:
    joined(1)
    first = choose(row_id_of(1))
    process_toroku_file(by=clerk(), uketsuke_id=first.uketsuke_id, now=lambda: NOW)
    back = known("03", 1, shikaku_tsuban=1, shikaku={"shikaku_soshitsu_ymd": None, "shikaku_soshitsu_jiyu": None})
    register_one(by=clerk(), line=back, now=NOW)
    assert find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).versions[0].valid_to is None

    again = choose(row_id_of(1))
    process_toroku_file(by=clerk(), uketsuke_id=again.uketsuke_id, now=lambda: NOW)

    results = list_meisai(by=clerk(), row_id=again.uketsuke_id, notable_only=False)
    assert [(item.kubun, item.codes) for item in results] == [("1", ())]
    assert find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).versions[0].valid_to == date(2026, 10, 1)


def test_without_a_choice_or_beyond_the_limit_nothing_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 1)
    joined(1)
    joined(2)
    for row_ids in ((), (uuid4(),), (row_id_of(1), row_id_of(2))):
        with pytest.raises(Invalid) as refused:
            choose(*row_ids)
        assert refused.value.code == "sentaku_nashi"

    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke WHERE NOT single") == [(0,)]


@pytest.mark.kj("KJ-ZONE-01")
def test_a_member_of_another_insurer_cannot_be_chosen() -> None:
    joined(1)

    with pytest.raises(Invalid):
        choose(row_id_of(1), by=clerk(OTHER_KENPO))
