import pytest

from chukan.kernel.values.check_digits import luhn_check_digit
from chukan.kernel.values.kohi import is_valid_jukyusha_bango, is_valid_kohi_futansha_bango


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
