"""A changed or corrected 個人番号, and what a stale sender may not overwrite."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from chukan.kernel.errors import Conflict, RuleBroken
from shikaku.actions.register_one import Registered, register_one
from shikaku.domain.line import TorokuLine
from shikaku.models import OnshiSoshin
from shikaku.queries.rireki import find_rireki
from tests.integration.shikaku.actions.test_register_one import NOW, NUMBER, new_member
from tests.support.principals import KENPO, OTHER_KENPO, clerk

RIGHT = "234567890121"
LATER = NOW + timedelta(hours=1)


def amend(**changes: object) -> TorokuLine:
    values: dict[str, object] = {"shori_shubetsu_code": "03", "hokensha_code": KENPO, "hihokensha_edaban": 1}
    return TorokuLine(**{**values, **changes})  # type: ignore[arg-type]


def change(number: str, kubun: str, *, now: datetime = LATER) -> Registered:
    return register_one(by=clerk(), line=amend(koshingo_kojin_bango=number, kojin_bango_koshin_kubun=kubun), now=now)


def himozuke(number: str) -> UUID:
    return find_rireki(by=clerk(), kojin_bango=number, known_at=LATER + timedelta(days=1)).himozuke_bango


def telegrams() -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [KENPO])
        rows = list(OnshiSoshin.objects.order_by("owed_at", "soshin_bango").values_list("himozuke_bango", "kind"))
        cursor.execute("SELECT set_config('chukan.hokensha_code', '', false)")
    return rows


@pytest.mark.django_db(transaction=True)
class TestNumbers:
    @pytest.mark.kj("KJ-SHI-05")
    def test_after_a_change_both_numbers_lead_to_the_person(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        before = himozuke(NUMBER)

        change(RIGHT, "1")

        assert himozuke(NUMBER) == himozuke(RIGHT) == before

    def test_a_corrected_number_moves_the_person_and_no_longer_leads_there(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        before = himozuke(NUMBER)

        change(RIGHT, "2")

        after = himozuke(RIGHT)
        assert after != before
        with pytest.raises(Exception, match="kanyusha_nashi"):
            himozuke(NUMBER)
        assert telegrams() == [(before, "shikaku"), (before, "sakujo"), (after, "shikaku")]

    def test_a_mistaken_change_taken_back_frees_the_mistaken_number_for_its_owner(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        mine = himozuke(NUMBER)
        change(RIGHT, "1")

        change(NUMBER, "2", now=LATER + timedelta(minutes=1))

        assert himozuke(NUMBER) == mine
        other = clerk(OTHER_KENPO)
        shikaku = {**new_member().shikaku, "hokensha_bango": OTHER_KENPO}
        owner = new_member(hokensha_code=OTHER_KENPO, shikaku=shikaku, kojin_bango=RIGHT)
        register_one(by=other, line=owner, now=LATER)
        found = find_rireki(by=other, kojin_bango=RIGHT, known_at=LATER + timedelta(days=1))
        assert found.himozuke_bango != mine

    def test_a_former_number_stops_leading_when_it_turns_out_wrong(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        change(RIGHT, "1")
        change(NUMBER, "1", now=LATER + timedelta(minutes=1))

        change("345678901234", "2", now=LATER + timedelta(minutes=2))

        with pytest.raises(Exception, match="kanyusha_nashi"):
            himozuke(NUMBER)

    def test_the_own_number_in_an_identifier_is_refused_though_the_line_came_without_it(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)

        with pytest.raises(RuleBroken) as refused:
            register_one(by=clerk(), line=amend(shikaku={"hihokenshasho_bango": "1234-5678-9018"}), now=LATER)

        assert [(error.code, error.pointer) for error in refused.value.errors] == [
            ("E215", "shikaku/hihokenshasho_bango")
        ]


@pytest.mark.django_db(transaction=True)
class TestIfMatch:
    def test_only_one_of_two_who_saw_the_same_version_may_write(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        barrier, outcomes = threading.Barrier(2), []

        def write(address: str) -> None:
            line = amend(kihon={"jusho": address, "jusho_henko_ymd": "2026-11-01"})
            barrier.wait()
            try:
                register_one(by=clerk(), line=line, if_match=1, now=LATER)
                outcomes.append("ok")
            except Conflict as conflict:
                outcomes.append(conflict.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=write, args=(f"見本県{number}",)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["kyogo", "ok"]


@pytest.mark.django_db(transaction=True)
def test_amending_an_older_period_does_not_bring_back_an_old_address() -> None:
    register_one(
        by=clerk(),
        line=replace(new_member(), shikaku={**new_member().shikaku, "shikaku_soshitsu_ymd": "2026-06-01"}),
        now=NOW,
    )
    again = new_member(shori_shubetsu_code="02")
    kihon = {**again.kihon, "jusho": "見本県新市2-2"}
    shikaku = {**again.shikaku, "shikaku_shutoku_ymd": "2026-08-01"}
    register_one(by=clerk(), line=replace(again, kihon=kihon, shikaku=shikaku), now=NOW + timedelta(minutes=1))

    register_one(by=clerk(), line=amend(shori_shubetsu_code="05", shikaku_tsuban=1), now=LATER)

    third = replace(again, shikaku={**again.shikaku, "shikaku_shutoku_ymd": "2026-11-10"}, kihon={**again.kihon})
    del third.kihon["jusho"]  # type: ignore[attr-defined]
    register_one(
        by=clerk(),
        line=amend(shori_shubetsu_code="04", shikaku={"shikaku_soshitsu_ymd": "2026-11-01"}),
        now=LATER + timedelta(minutes=1),
    )
    register_one(by=clerk(), line=third, now=LATER + timedelta(minutes=2))
    known = datetime(2026, 12, 1, tzinfo=UTC)
    newest = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=known).versions[-1]
    assert newest.joho["kihon"]["jusho"] == "見本県新市2-2"
