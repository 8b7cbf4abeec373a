import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from chukan.kernel.values.check_digits import is_ascii_digits, luhn_check_digit, passes_luhn

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
