"""One person by screen or message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from chukan.kernel.errors import RuleBroken
from shikaku.actions.register_one import register_one
from shikaku.domain.line import TorokuLine
from shikaku.queries.rireki import find_rireki
from tests.support.principals import KENPO, OTHER_KENPO, clerk

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NUMBER = "123456789018"


def new_member(**changes: object) -> TorokuLine:
    values: dict[str, object] = {
        "shori_shubetsu_code": "01",
        "hokensha_code": KENPO,
        "kojin_bango": NUMBER,
        "kihon": {
            "shimei_kenmen": "見本　太郎",
            "shimei_kenmen_kana": "ミホン　タロウ",
            "seibetsu1": "1",
            "seinengappi": "1980-04-01",
            "jusho": "見本県見本市1-1",
            "kanyusha_kubun_code": "01",
        },
        "shikaku": {
            "hokensha_bango": KENPO,
            "hihokenshasho_kigo": "100",
            "hihokenshasho_bango": "1",
            "edaban": "00",
            "shikaku_shutoku_ymd": "2026-04-01",
            "honnin_kazoku_kubun": "1",
        },
    }
    return TorokuLine(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
class TestRegisterOne:
    @pytest.mark.kj("KJ-SHI-01", "KJ-IN-05")
    def test_new_member_gets_the_first_edaban_and_stands_in_the_history(self) -> None:
        registered = register_one(by=clerk(), line=new_member(), now=NOW)

        assert registered.hihokensha_edaban == 1
        assert registered.shikaku_tsuban == 1
        assert registered.shori_kekka_kubun == "1"
        found = find_rireki(by=clerk(), hihokensha_edaban=1, known_at=NOW)
        assert [version.joho["kihon"]["shimei_kenmen"] for version in found.versions] == ["見本　太郎"]

    @pytest.mark.kj("KJ-SHI-04")
    def test_the_same_number_at_another_insurer_is_the_same_person(self) -> None:
        register_one(by=clerk(), line=new_member(), now=NOW)
        other = clerk(OTHER_KENPO)
        shikaku = {**new_member().shikaku, "hokensha_bango": OTHER_KENPO}
        register_one(by=other, line=new_member(hokensha_code=OTHER_KENPO, shikaku=shikaku), now=NOW)

        here = find_rireki(by=clerk(), kojin_bango=NUMBER, known_at=NOW)
        there = find_rireki(by=other, kojin_bango=NUMBER, known_at=NOW)

        assert here.himozuke_bango == there.himozuke_bango

    def test_a_refused_line_leaves_nothing_behind(self) -> None:
        with pytest.raises(RuleBroken) as refused:
            register_one(by=clerk(), line=new_member(kojin_bango="123456789012"), now=NOW)

        assert [error.code for error in refused.value.errors] == ["E206"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM uketsuke_uketsuke")
            assert cursor.fetchone()[0] == 0
