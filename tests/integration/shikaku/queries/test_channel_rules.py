"""By which way an insurer may register is decided by dated data."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chukan.kernel.errors import NotPermitted
from chukan.kernel.principal import Principal
from shikaku.queries.channel_rules import check_channel
from tests.support.members import NOW
from tests.support.principals import SEIHO, clerk, machine, shuyaku

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.kj("KJ-IN-02", "KJ-IN-20")
@pytest.mark.parametrize("by", [clerk(), machine(), shuyaku()], ids=["terminal", "server_api", "shuyaku"])
def test_the_ways_of_an_insurer_are_open(by: Principal) -> None:
    check_channel(by=by, now=NOW)


@pytest.mark.kj("KJ-IN-02", "KJ-IN-03")
@pytest.mark.parametrize(
    "by",
    [
        machine("00138057", shubetsu="shichoson_kokuho"),
        replace(clerk(), channel="operator"),
        replace(clerk(), hokensha_shubetsu="nazo"),
        replace(clerk(), hokensha_shubetsu=None),
    ],
    ids=["shichoson_by_itself", "operator", "unknown_type", "no_type"],
)
def test_every_other_way_is_closed(by: Principal) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_channel(by=by, now=NOW)
    assert refused.value.code == "jimu_taishogai"


@pytest.mark.kj("KJ-IN-20")
def test_before_its_day_a_way_is_not_open_yet() -> None:
    by = machine(SEIHO, shubetsu="seikatsu_hogo")
    with pytest.raises(NotPermitted) as refused:
        check_channel(by=by, now=datetime(2015, 1, 1, tzinfo=UTC))
    assert refused.value.code in {"riyo_kaishi_mae", "jimu_taishogai"}
