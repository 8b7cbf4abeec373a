"""Loss of chosen members at once goes the way of every file."""

from __future__ import annotations

import threading
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection

from chukan.controls.uketsuke.queries import list_meisai
from chukan.kernel.errors import Invalid
from chukan.kernel.principal import Principal
from shikaku.actions import accept_ikkatsu_soshitsu as module
from shikaku.actions.accept_ikkatsu_soshitsu import accept_ikkatsu_soshitsu
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.actions.register_one import register_one
from shikaku.actions.terminal_slip import keep_slip
from shikaku.queries.rireki import find_rireki
from shikaku.queries.terminal_slip import open_slip
from tests.support.members import LATER, NOW, asked, joined, known, row_id_of
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)


def a_slip(by: Principal | None = None) -> UUID:
    return keep_slip(by=by or clerk(), kind="ikkatsu", content={"rows": []}, now=NOW)


def choose(*row_ids: UUID, by: Principal | None = None, slip: UUID | None = None) -> UUID:
    """Return the id of the 受付."""
    answer = accept_ikkatsu_soshitsu(
        by=by or clerk(),
        slip_id=slip or a_slip(by),
        row_ids=row_ids,
        soshitsu_ymd=date(2026, 10, 1),
        jiyu="01",
        screen_id="HS-101",
        now=NOW,
    )
    return UUID(answer.facts["uketsuke_id"])


def work_off(world: World, uketsuke_id: UUID) -> None:
    with as_role(world, "worker"):
        process_toroku_file(by=clerk(), uketsuke_id=uketsuke_id, now=lambda: NOW)


def stored() -> int:
    """Return how many keys of files there are."""
    return sum(path.is_file() for path in (settings.CHUKAN_HOME / "keys" / "files").iterdir())


def test_each_chosen_member_loses_on_the_day_with_a_result_of_their_own(world: World) -> None:
    joined(1)
    joined(2)
    joined(3)

    accepted = choose(row_id_of(1), row_id_of(3))
    work_off(world, accepted)

    results = list_meisai(by=clerk(), row_id=accepted, notable_only=False)
    assert [(item.kubun, item.hihokensha_edaban) for item in results] == [("1", 1), ("1", 3)]
    ends = [find_rireki(by=clerk(), hihokensha_edaban=n, known_at=LATER).versions[0].valid_to for n in (1, 2, 3)]
    assert ends == [date(2026, 10, 1), None, date(2026, 10, 1)]


def test_the_same_choice_again_meets_the_members_as_they_are_then(world: World) -> None:
    joined(1)
    first = choose(row_id_of(1))
    work_off(world, first)
    back = known("03", 1, shikaku_tsuban=1, shikaku={"shikaku_soshitsu_ymd": None, "shikaku_soshitsu_jiyu": None})
    register_one(by=clerk(), line=back, now=NOW)
    assert find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).versions[0].valid_to is None

    again = choose(row_id_of(1))
    work_off(world, again)

    results = list_meisai(by=clerk(), row_id=again, notable_only=False)
    assert [(item.kubun, item.codes) for item in results] == [("1", ())]
    assert find_rireki(by=clerk(), hihokensha_edaban=1, known_at=LATER).versions[0].valid_to == date(2026, 10, 1)


def test_a_second_press_gets_the_first_answer_and_leaves_no_file(world: World) -> None:
    joined(1)
    slip = a_slip()
    first, kept = choose(row_id_of(1), slip=slip), stored()

    assert choose(row_id_of(1), slip=slip) == first
    assert stored() == kept
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke WHERE NOT single") == [(1,)]


def test_of_two_presses_at_once_one_is_accepted_and_the_other_waits_for_its_answer(world: World) -> None:
    joined(1)
    slip, row_id, before = a_slip(), row_id_of(1), stored()
    answers: list[UUID] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait()
        try:
            answers.append(choose(row_id, slip=slip))
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert len(answers) == 2
    assert len(set(answers)) == 1
    assert stored() == before + 1
    assert asked(world, "SELECT count(*) FROM uketsuke_uketsuke WHERE NOT single") == [(1,)]


def test_what_is_refused_leaves_the_slip_as_it_was() -> None:
    slip = a_slip()
    with pytest.raises(Invalid):
        choose(uuid4(), slip=slip)

    assert open_slip(by=clerk(), slip_id=slip, kind="ikkatsu", now=NOW) == {"rows": []}


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
