"""保険者番号, 公費 numbers, 被保険者枝番."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from chukan.kernel.values.check_digits import is_ascii_digits, luhn_check_digit, passes_luhn
from chukan.kernel.values.edaban import format_edaban, is_valid_edaban, parse_edaban
from chukan.kernel.values.hokensha_bango import (
    canonical_hokensha_bango,
    is_valid_hokensha_bango,
    is_valid_hokensha_code,
)
from chukan.kernel.values.kohi import is_valid_jukyusha_bango, is_valid_kohi_futansha_bango

NOT_ASCII_DIGITS = ["", "3312001５", "3312001x", " 3312001", "33120015\n", "٣3120015"]


class TestLuhn:
    @given(st.text("0123456789", min_size=1, max_size=20))
    def test_agrees_with_the_library(self, digits: str) -> None:
        assert passes_luhn(digits) is luhn.is_valid(digits)

    @given(st.text("0123456789", min_size=1, max_size=20))
    def test_completes_every_body(self, body: str) -> None:
        assert luhn_check_digit(body) == luhn.calc_check_digit(body)
        assert passes_luhn(body + luhn_check_digit(body))

    @given(body=st.text("0123456789", min_size=7, max_size=7), at=st.integers(0, 7), shift=st.integers(1, 9))
    def test_sees_every_single_changed_digit(self, body: str, at: int, shift: int) -> None:
        number = body + luhn_check_digit(body)
        changed = number[:at] + str((int(number[at]) + shift) % 10) + number[at + 1 :]

        assert not passes_luhn(changed)

    @pytest.mark.parametrize("text", NOT_ASCII_DIGITS)
    def test_only_ascii_digits_count_as_digits(self, text: str) -> None:
        assert not is_ascii_digits(text, 8)


class TestHokenshaBango:
    @pytest.mark.parametrize("text", ["33120015", "06132013", "138057", "00138057"])
    def test_accepts_eight_digits_or_six(self, text: str) -> None:
        assert is_valid_hokensha_bango(text)

    @pytest.mark.parametrize("text", [*NOT_ASCII_DIGITS, "33120014", "138058", "3312001", "0138057"])
    def test_rejects_other_lengths_and_wrong_check_digits(self, text: str) -> None:
        assert not is_valid_hokensha_bango(text)

    def test_pads_six_digits_to_eight(self) -> None:
        assert canonical_hokensha_bango("138057") == "00138057"
        assert canonical_hokensha_bango("33120015") == "33120015"

    def test_refuses_without_repeating_the_text(self) -> None:
        with pytest.raises(ValueError, match="保険者番号") as caught:
            canonical_hokensha_bango("33120014")

        assert "33120014" not in str(caught.value)

    def test_code_is_any_eight_digits(self) -> None:
        assert is_valid_hokensha_code("00000001")
        assert not is_valid_hokensha_code("138057")
        assert not is_valid_hokensha_code("0000000１")


class TestKohi:
    @pytest.mark.parametrize("text", ["54016027", "81136244", "89131247"])
    def test_accepts_published_futansha_bango(self, text: str) -> None:
        assert is_valid_kohi_futansha_bango(text)

    @pytest.mark.parametrize("text", ["54016028", "5401602", "５4016027"])
    def test_rejects_other_futansha_bango(self, text: str) -> None:
        assert not is_valid_kohi_futansha_bango(text)

    def test_checks_jukyusha_bango_of_seven_digits(self) -> None:
        assert is_valid_jukyusha_bango("000000" + luhn_check_digit("000000"))
        assert is_valid_jukyusha_bango("123456" + luhn_check_digit("123456"))
        assert not is_valid_jukyusha_bango("0000002")
        assert not is_valid_jukyusha_bango("00000000")


class TestEdaban:
    @given(st.integers(1, 9_999_999_999))
    def test_goes_round(self, number: int) -> None:
        text = format_edaban(number)

        assert len(text) == 10
        assert parse_edaban(text) == number
        assert is_valid_edaban(text)

    def test_counts_from_one(self) -> None:
        assert format_edaban(1) == "0000000001"

    @pytest.mark.parametrize("number", [0, -1, 10_000_000_000])
    def test_has_ten_digits_at_most(self, number: int) -> None:
        with pytest.raises(ValueError, match="被保険者枝番"):
            format_edaban(number)

    @pytest.mark.parametrize("text", ["", "1", "0000000000", "000000000１", "00000000001", " 000000001", "+000000001"])
    def test_rejects_other_texts(self, text: str) -> None:
        assert not is_valid_edaban(text)
        with pytest.raises(ValueError, match="被保険者枝番"):
            parse_edaban(text)
