import pytest

from chukan.kernel.values.hokensha_bango import (
    canonical_hokensha_bango,
    is_valid_hokensha_bango,
    is_valid_hokensha_code,
)

NOT_ASCII_DIGITS = ["", "3312001５", "3312001x", " 3312001", "33120015\n", "٣3120015"]


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
