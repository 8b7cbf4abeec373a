"""What a clerk left as it was follows somebody else's change; what the clerk typed stays, beside the newest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from shikaku.http.terminal_entry import CLEARED, Typed
from shikaku.http.terminal_forms import Spec
from shikaku.http.terminal_kyogo import UNTOUCHED, Kyogo, beside, seen_of, told_of
from shikaku.http.terminal_layout import Options
from shikaku.queries.rireki import RirekiLine
from shikaku.queries.versions import Version

JUSHO = Spec(name="kihon.jusho", label="住所", clearable=True)
HENKO = Spec(name="kihon.jusho_henko_ymd", label="住所の変更年月日", kind="date")
SHUTOKU = Spec(name="shikaku.shikaku_shutoku_ymd", label="資格取得年月日", kind="date")
SPECS = (JUSHO, HENKO, SHUTOKU)
BEFORE = {"kihon.jusho": "旧", "kihon.jusho_henko_ymd": "2020-04-01", "shikaku.shikaku_shutoku_ymd": "2026-04-01"}
AFTER = {**BEFORE, "kihon.jusho": "新", "kihon.jusho_henko_ymd": "2026-10-01"}


def put(typed: Typed, *, prefilled: bool = True) -> Kyogo:
    return beside(BEFORE, AFTER, typed, SPECS, Options({}, ()), prefilled=prefilled)


@pytest.mark.parametrize(
    ("text", "seen"), [("7", 7), ("", None), ("-7", None), ("７", None), ("9" * 18, int("9" * 18)), ("9" * 5000, None)]
)
def test_the_version_a_form_showed(text: str, seen: int | None) -> None:
    assert seen_of(text) == seen


class TestBeside:
    def test_a_field_left_as_it_was_follows_and_is_no_error(self) -> None:
        found = put(Typed({"kihon.jusho": "旧", "shikaku.shikaku_shutoku_ymd": "R8.4.1"}))

        assert found.typed.values == {"kihon.jusho": "新", "shikaku.shikaku_shutoku_ymd": "R8.4.1"}
        assert [(item.label, item.newest, item.typed) for item in found.items] == [("住所", "新", UNTOUCHED)]
        assert found.errors == ()

    @pytest.mark.parametrize(("text", "shown"), [("別", "別"), ("", "（空）")])
    def test_what_was_typed_stays(self, text: str, shown: str) -> None:
        found = put(Typed({"kihon.jusho": text}))

        assert found.typed.values == {"kihon.jusho": text}
        assert [item.typed for item in found.items] == [shown]
        assert [error.name for error in found.errors] == ["kihon.jusho"]

    def test_an_item_to_clear_stays_so(self) -> None:
        found = put(Typed({"kihon.jusho": "旧"}, frozenset({"kihon.jusho"})))

        assert found.typed.cleared == {"kihon.jusho"}
        assert [item.typed for item in found.items] == [CLEARED]

    def test_what_both_changed_alike_is_nothing_to_look_at(self) -> None:
        assert put(Typed({"kihon.jusho": "新"})).items == ()

    def test_a_day_that_cannot_be_read_stays(self) -> None:
        after = {**BEFORE, "shikaku.shikaku_shutoku_ymd": "2026-05-01"}

        found = beside(BEFORE, after, Typed({SHUTOKU.name: "先月"}), SPECS, Options({}, ()), prefilled=True)

        assert found.typed.values == {SHUTOKU.name: "先月"}

    def test_a_form_that_began_empty_stays_empty(self) -> None:
        found = put(Typed({}), prefilled=False)

        assert (found.typed.values, found.items, found.errors) == ({}, (), ())


VERSION = Version(
    hokensha_code="06132013",
    hihokensha_edaban=1,
    shikaku_tsuban=1,
    rireki_tsuban=2,
    shori_shubetsu_code="03",
    valid_from=None,
    valid_to=None,
    toroku_nichiji=datetime(2026, 11, 20, 0, 38, tzinfo=UTC),
    superseded_at=None,
    withdrawn=False,
    uketsuke_id=UUID(int=1),
    himozuke_bango=UUID(int=2),
    joho={},
)
LINE = RirekiLine(VERSION, "", "terminal", "見本次郎")


class TestToldOf:
    def test_today_by_the_hour(self) -> None:
        assert told_of(LINE, date(2026, 11, 20)).startswith("この加入者は 09:38 に見本次郎が変更しました。")

    def test_an_earlier_day_by_its_date(self) -> None:
        assert "R08.11.20 09:38 に" in told_of(LINE, date(2026, 11, 21))

    def test_without_a_name_by_the_way_it_came(self) -> None:
        line = replace(LINE, channel="shuyaku", accepted_by_name="")

        assert "国保情報集約システムで変更されました。" in told_of(line, date(2026, 11, 20))

    def test_without_any_origin_it_is_still_told(self) -> None:
        line = replace(LINE, channel="", accepted_by_name="")

        assert "別の操作で変更されました。" in told_of(line, date(2026, 11, 20))
        assert "別の操作で変更されました。" in told_of(None, date(2026, 11, 20))
