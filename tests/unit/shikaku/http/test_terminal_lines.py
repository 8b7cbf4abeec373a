"""What is typed becomes a line: converted, never cleared by silence, never echoed."""

from __future__ import annotations

import pytest

from chukan.kernel.errors import ErrorItem
from shikaku.domain.items import ITEMS
from shikaku.http.terminal_forms import Spec
from shikaku.http.terminal_lines import (
    Unreadable,
    canonical,
    check_twice,
    field_errors,
    line_of,
    read_items,
    typed_form,
    without_numbers,
)

JUSHO = Spec(name="kihon.jusho", label="住所", clearable=True)
HENKO = Spec(name="kihon.jusho_henko_ymd", label="住所の変更年月日", kind="date")
SHUTOKU = Spec(name="shikaku.shikaku_shutoku_ymd", label="資格取得年月日", kind="date")
HELD = {"kihon.jusho": "見本県旧町1", "kihon.jusho_henko_ymd": "2020-04-01"}


class TestCanonical:
    @pytest.mark.parametrize("typed", ["R8.4.1", "20260401", "２０２６／４／１", "令和8年4月1日", "2026-04-01"])
    def test_every_form_of_a_day_is_the_same_day(self, typed: str) -> None:
        assert canonical(ITEMS["shikaku", "shikaku_shutoku_ymd"], typed) == "2026-04-01"

    def test_a_day_that_does_not_exist_is_not_read(self) -> None:
        with pytest.raises(Unreadable):
            canonical(ITEMS["shikaku", "shikaku_shutoku_ymd"], "20260431")

    def test_digits_lose_width_and_hyphens(self) -> None:
        assert canonical(ITEMS["kihon", "yubin_bango"], "１００−０００１") == "1000001"

    def test_names_stay_as_typed(self) -> None:
        assert canonical(ITEMS["kihon", "shimei_kenmen_kana"], "ﾐﾎﾝ ﾀﾛｳ") == "ﾐﾎﾝ ﾀﾛｳ"

    def test_an_amount_is_a_number(self) -> None:
        assert canonical(ITEMS["tokutei_shippei", "jiko_futan_gendogaku"], "１０,０００") == 10_000

    @pytest.mark.parametrize("typed", ["9" * 9, "9" * 5000, "1.5"])
    def test_what_is_no_amount_is_not_read(self, typed: str) -> None:
        with pytest.raises(Unreadable):
            canonical(ITEMS["tokutei_shippei", "jiko_futan_gendogaku"], typed)


def test_a_held_day_stands_in_its_field_as_clerks_write_it() -> None:
    assert typed_form(ITEMS["shikaku", "shikaku_shutoku_ymd"], "2026-04-01") == "R08.04.01"


class TestReadItems:
    def test_only_what_differs_is_sent(self) -> None:
        reading = read_items([JUSHO], {"kihon.jusho": "見本県旧町1"}, held=HELD)

        assert reading.groups == {}

    def test_a_change_is_sent_with_its_day(self) -> None:
        typed = {"kihon.jusho": "見本県新町2", "kihon.jusho_henko_ymd": "R8.4.1"}

        reading = read_items([JUSHO, HENKO], typed, held=HELD)

        assert reading.groups == {"kihon": {"jusho": "見本県新町2", "jusho_henko_ymd": "2026-04-01"}}

    def test_a_change_on_the_day_of_the_one_before_is_sent_too(self) -> None:
        typed = {"kihon.jusho": "見本県新町2", "kihon.jusho_henko_ymd": "20200401"}

        reading = read_items([JUSHO, HENKO], typed, held=HELD)

        assert reading.groups["kihon"]["jusho_henko_ymd"] == "2020-04-01"

    def test_an_emptied_field_clears_nothing_and_names_the_button(self) -> None:
        reading = read_items([JUSHO], {"kihon.jusho": ""}, held=HELD)

        assert reading.groups == {}
        assert "この項目を消す" in reading.errors[0].message

    def test_a_field_that_may_not_be_empty_asks_for_a_value_and_shows_the_held_one_again(self) -> None:
        held = {"shikaku.shikaku_shutoku_ymd": "2026-04-01"}

        reading = read_items([SHUTOKU], {SHUTOKU.name: ""}, held=held)

        assert [error.message for error in reading.errors] == ["資格取得年月日は空にできません。値を入力してください。"]
        assert reading.shown_again == {SHUTOKU.name: "R08.04.01"}
        assert read_items([JUSHO], {"kihon.jusho": ""}, held=HELD).shown_again == {}

    def test_the_button_clears(self) -> None:
        reading = read_items([JUSHO], {"kihon.jusho": "x"}, held=HELD, cleared=frozenset({"kihon.jusho"}))

        assert reading.groups == {"kihon": {"jusho": None}}

    def test_an_unreadable_day_becomes_a_pointer_for_the_rules(self) -> None:
        reading = read_items([SHUTOKU], {"shikaku.shikaku_shutoku_ymd": "たぶん四月"})

        assert reading.unreadable == ["shikaku/shikaku_shutoku_ymd"]


def test_a_line_carries_an_element_only_when_something_was_typed() -> None:
    reading = read_items(
        [Spec(name="sho.0.kofu_ymd", label="交付年月日"), Spec(name="korei.0.kofu_ymd", label="交付年月日")],
        {"sho.0.kofu_ymd": "20260401"},
    )

    line = line_of(reading, shori_shubetsu_code="03", hokensha_code="06132013", hihokensha_edaban=1)

    assert line.sho == ({"kofu_ymd": "2026-04-01"},)
    assert line.korei == ()


class TestCheckTwice:
    def test_equal_entries_pass_in_any_width(self) -> None:
        assert check_twice({"kojin_bango": "1234 5678 9018", "kojin_bango_again": "１２３４５６７８９０１８"}) == []

    def test_a_missing_second_entry_is_asked_for(self) -> None:
        assert check_twice({"kojin_bango": "123456789018"})[0].name == "kojin_bango_again"

    def test_no_message_holds_a_number(self) -> None:
        found = check_twice({"kojin_bango": "123456789018", "kojin_bango_again": "123456789019"})

        assert len(found) == 1
        assert "12345678901" not in found[0].message


def test_a_violation_without_a_field_belongs_to_the_page() -> None:
    items = [ErrorItem("E208", "kihon/jusho", "a"), ErrorItem("E203", "shikaku_tsuban", "b")]

    assert [error.name for error in field_errors(items, [JUSHO])] == ["kihon.jusho", ""]


@pytest.mark.kj("KJ-UI-04")
def test_free_text_and_codes_do_not_give_a_number_back() -> None:
    typed = {"kihon.jusho": "番地 123456789018", "kihon.mibun": "123456789018", "shikaku.hihokenshasho_bango": "101"}

    assert without_numbers(typed) == {"kihon.jusho": "", "kihon.mibun": "", "shikaku.hihokenshasho_bango": "101"}
