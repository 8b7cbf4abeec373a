"""Looking at 符号取得状況 is on record; before the 制度 asks for codes there is nothing to look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chukan.kernel.errors import NotPermitted
from fugo.actions.record_jotai import record_jotai
from tests.support.members import NOW, kinds_of
from tests.support.principals import SEIHO, machine
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-LOG-01", "KJ-MENU-08")
def test_a_look_is_on_record(world: World) -> None:
    page = record_jotai(by=machine(), most=10, now=NOW)

    assert (page.items, page.next) == ((), None)
    assert kinds_of(world) == ["fugo_jotai"]


@pytest.mark.kj("KJ-IN-20")
def test_before_the_first_day_it_is_refused() -> None:
    seiho = machine(SEIHO, shubetsu="seikatsu_hogo")
    with pytest.raises(NotPermitted) as caught:
        record_jotai(by=seiho, most=10, now=datetime(2023, 9, 30, 14, 59, tzinfo=UTC))
    assert caught.value.code == "riyo_kaishi_mae"

    assert record_jotai(by=seiho, most=10, now=datetime(2023, 9, 30, 15, 0, tzinfo=UTC)).items == ()
