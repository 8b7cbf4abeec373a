import pytest
from hypothesis import given
from hypothesis import strategies as st

from chukan.kernel.values.edaban import format_edaban, is_valid_edaban, parse_edaban


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
