"""A request holds a 事務 and numbers in their form; anything else about a person is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.errors import Invalid
from pmh.domain.irai import IKKATSU_MAX, check_ikkatsu, check_ikken, check_jimu_kubun

NUMBER = "123456789018"
ASCII_NUMBERS = st.text("0123456789", min_size=12, max_size=12)
NOT_A_NUMBER = [
    "", "12345678901", "1234567890189", "12345678901a", " 12345678901", "123456789018\n",
    "１２３４５６７８９０１８", "１23456789018", "٣" * 12, "見本　花子", None, 123456789018, True, ["123456789018"],
    {"kojin_bango": NUMBER},
]  # fmt: skip  # one line a kind


class TestJimuKubun:
    @pytest.mark.kj("KJ-PMH-07")
    @pytest.mark.parametrize("value", ["01", "02", "03"])
    def test_the_three_are_taken(self, value: str) -> None:
        assert check_jimu_kubun(value) == value

    @pytest.mark.kj("KJ-PMH-07")
    @pytest.mark.parametrize("value", ["", "04", "1", "001", "０１", 1, None, ["01"], {"01": 1}])
    def test_no_other_is(self, value: object) -> None:
        with pytest.raises(Invalid) as refused:
            check_jimu_kubun(value)
        assert (refused.value.code, refused.value.pointer) == ("jimu_kubun_fusei", "jimu_kubun")


class TestOne:
    @pytest.mark.kj("KJ-EXT-07")
    @given(ASCII_NUMBERS)
    def test_comes_back_as_it_was_whatever_its_check_digit(self, number: str) -> None:
        assert check_ikken(number) == number

    @pytest.mark.kj("KJ-IN-10")
    @pytest.mark.parametrize("value", NOT_A_NUMBER)
    def test_what_has_not_the_form_is_refused_and_not_repeated(self, value: object) -> None:
        with pytest.raises(Invalid) as refused:
            check_ikken(value)
        assert (refused.value.code, refused.value.pointer) == ("kojin_bango_fusei", "kojin_bango")
        assert value in ("", None) or str(value) not in refused.value.message


class TestMany:
    @pytest.mark.kj("KJ-EXT-07")
    @given(st.lists(ASCII_NUMBERS, max_size=20))
    def test_come_back_in_their_order_repeats_included(self, numbers: list[str]) -> None:
        assert list(check_ikkatsu(numbers)) == numbers

    @pytest.mark.kj("KJ-IN-10")
    def test_every_place_that_is_none_is_named(self) -> None:
        with pytest.raises(Invalid) as refused:
            check_ikkatsu([NUMBER, "見本　花子", NUMBER, None])
        assert [(item.code, item.pointer) for item in refused.value.errors] == [
            ("kojin_bango_fusei", "kojin_bango/1"),
            ("kojin_bango_fusei", "kojin_bango/3"),
        ]

    def test_a_thousand_are_taken_and_no_more(self) -> None:
        assert len(check_ikkatsu([NUMBER] * IKKATSU_MAX)) == IKKATSU_MAX
        with pytest.raises(Invalid) as refused:
            check_ikkatsu([NUMBER] * (IKKATSU_MAX + 1))
        assert refused.value.code == "kensu_okisugi"

    @pytest.mark.parametrize("value", [NUMBER, None, 5, {"a": NUMBER}])
    def test_what_is_no_list_is_refused(self, value: object) -> None:
        with pytest.raises(Invalid) as refused:
            check_ikkatsu(value)
        assert refused.value.code == "kojin_bango_fusei"
